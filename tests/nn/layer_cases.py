"""One list of example layers, from which the tests of all layers are made: see test_layers.py."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph import nn


@dataclass(frozen=True)
class LayerCase:
    """A layer, and what it is called with."""

    make: Callable[[str], nn.Module]
    """Makes the layer for parameters of a dtype, ``"float32"`` or ``"float64"``."""
    shapes: tuple[tuple[int, ...], ...]
    """The shapes of its floating-point inputs."""
    rest: tuple[Any, ...] = ()
    """Further arguments, such as indices or masks, after those."""
    batch_axis: int | None = 0
    """Along which inputs hold independent examples in evaluation; None if nothing of the kind."""
    modes: tuple[bool, ...] = (True, False)
    """The values of ``training`` in which derivatives are checked."""

    def inputs(self, dtype: str = "float64", seed: int = 0) -> list[Any]:
        """Return inputs drawn from N(0, 1)."""
        rng = np.random.default_rng(seed)
        return [rng.standard_normal(shape).astype(dtype) for shape in self.shapes]


def batch_norm(dtype: str, axis: int) -> nn.BatchNorm:
    """Return a layer that has seen data: its running statistics are not those of the start."""
    layer = nn.BatchNorm(2, axis, dtype=dtype)
    layer.running_mean.assign(np.array([0.5, -1.5], dtype))
    layer.running_var.assign(np.array([0.25, 3.0], dtype))
    return layer


LAYERS: dict[str, list[LayerCase]] = {
    "BatchNorm": [
        LayerCase(lambda dtype: batch_norm(dtype, 1), ((4, 2),)),
        LayerCase(lambda dtype: batch_norm(dtype, 0), ((2, 4),), batch_axis=1),
        LayerCase(lambda dtype: batch_norm(dtype, 1), ((2, 2, 2, 1),)),
        LayerCase(lambda dtype: batch_norm(dtype, -1), ((2, 3, 2),)),
        LayerCase(lambda dtype: nn.BatchNorm(2, affine=False, dtype=dtype), ((4, 2),)),
    ],
    "WeightNorm": [
        LayerCase(lambda dtype: nn.WeightNorm(nn.Linear(3, 2, dtype=dtype)), ((4, 3),)),
        LayerCase(lambda dtype: nn.WeightNorm(nn.Conv1d(2, 3, 2, dtype=dtype)), ((2, 2, 4),)),
    ],
    "SpectralNorm": [
        LayerCase(lambda dtype: nn.SpectralNorm(nn.Linear(3, 2, dtype=dtype)), ((4, 3),)),
        LayerCase(lambda dtype: nn.SpectralNorm(nn.Conv1d(2, 3, 2, dtype=dtype)), ((2, 2, 4),)),
    ],
    "GroupNorm": [
        LayerCase(lambda dtype: nn.GroupNorm(2, 4, dtype=dtype), ((3, 4),)),
        LayerCase(lambda dtype: nn.GroupNorm(3, 3, dtype=dtype), ((2, 3, 2, 1),)),
    ],
    "InstanceNorm": [
        LayerCase(lambda dtype: nn.InstanceNorm(3), ((2, 3, 4),)),
        LayerCase(lambda dtype: nn.InstanceNorm(2, affine=True, dtype=dtype), ((2, 2, 2, 3),)),
    ],
    "LayerNorm": [
        LayerCase(lambda dtype: nn.LayerNorm(3, dtype=dtype), ((4, 3),)),
        LayerCase(lambda dtype: nn.LayerNorm((3, 2), dtype=dtype), ((2, 3, 2),)),
        LayerCase(lambda dtype: nn.LayerNorm(3, affine=False), ((4, 3),)),
        LayerCase(lambda dtype: nn.LayerNorm(3, bias=False, dtype=dtype), ((4, 3),)),
    ],
    "RMSNorm": [
        LayerCase(lambda dtype: nn.RMSNorm(3, dtype=dtype), ((4, 3),)),
        LayerCase(lambda dtype: nn.RMSNorm((3, 2), dtype=dtype), ((2, 3, 2),)),
        LayerCase(lambda dtype: nn.RMSNorm(3, affine=False), ((4, 3),)),
    ],
    "Dropout": [LayerCase(lambda dtype: nn.Dropout(keep_prob=0.6), ((4, 3),))],
    "Embedding": [
        LayerCase(
            lambda dtype: nn.Embedding(5, 2, dtype=dtype), (), (np.array([[3, 1], [1, 0]]),), None
        ),
        LayerCase(
            lambda dtype: nn.Embedding(5, 2, dtype=dtype, padding_idx=1),
            (),
            (np.array([[3, 1], [1, 0]]),),
            None,
        ),
    ],
    "EmbeddingBag": [
        LayerCase(
            lambda dtype, mode=mode: nn.EmbeddingBag(5, 2, mode, dtype=dtype, padding_idx=0),
            (),
            (np.array([[3, 1, 1], [1, 0, 4]]),),
            None,
        )
        for mode in ("sum", "mean", "max")
    ],
    "Linear": [
        LayerCase(lambda dtype: nn.Linear(3, 2, dtype=dtype), ((4, 3),)),
        LayerCase(lambda dtype: nn.Linear(3, 2, bias=False, dtype=dtype), ((2, 2, 3),)),
    ],
    "Bilinear": [
        LayerCase(lambda dtype: nn.Bilinear(3, 2, 4, dtype=dtype), ((4, 3), (4, 2))),
        LayerCase(
            lambda dtype: nn.Bilinear(2, 3, 1, bias=False, dtype=dtype), ((2, 3, 2), (2, 3, 3))
        ),
    ],
    "PReLU": [
        LayerCase(lambda dtype: nn.PReLU(dtype=dtype), ((4, 3),)),
        LayerCase(lambda dtype: nn.PReLU(3, 0.1, dtype=dtype), ((2, 3, 2, 2),)),
    ],
    "CosineSimilarity": [
        LayerCase(lambda dtype: nn.CosineSimilarity(), ((4, 3), (4, 3))),
        LayerCase(lambda dtype: nn.CosineSimilarity(axis=-1), ((2, 3, 2), (2, 1, 2))),
    ],
    "PairwiseDistance": [
        LayerCase(lambda dtype, p=p: nn.PairwiseDistance(p), ((4, 3), (4, 3))) for p in (1, 2, 3.5)
    ],
    "MultiTask": [
        LayerCase(
            lambda dtype: nn.MultiTask(
                nn.Sequential(nn.Linear(3, 4, dtype=dtype), nn.Tanh()),
                {"a": nn.Linear(4, 2, dtype=dtype), "b": nn.Linear(4, 1, dtype=dtype)},
            ),
            ((4, 3),),
        )
    ],
    "MultiHeadAttention": [
        LayerCase(
            lambda dtype: nn.MultiHeadAttention(4, 2, causal=True, dtype=dtype),
            ((2, 3, 4),),
            modes=(True,),
        ),
        LayerCase(
            lambda dtype: nn.MultiHeadAttention(2, 1, bias=False, dtype=dtype),
            ((2, 2, 2), (2, 3, 2)),
            (None, np.array([[True, False, True], [False] * 3])),
            batch_axis=None,
            modes=(True,),
        ),
        LayerCase(
            lambda dtype: nn.MultiHeadAttention(
                4, 2, key_features=3, value_features=2, dropout=0.25, dtype=dtype
            ),
            ((2, 2, 4), (2, 3, 3), (2, 3, 2)),
        ),
    ],
    "SinusoidalPositionalEncoding": [
        LayerCase(lambda dtype: nn.SinusoidalPositionalEncoding(3), ((2, 4, 3),))
    ],
    "LearnedPositionalEncoding": [
        LayerCase(lambda dtype: nn.LearnedPositionalEncoding(4, 3, dtype=dtype), ((2, 4, 3),))
    ],
    **{
        f"Transformer{kind}Layer": [
            LayerCase(
                lambda dtype, kind=kind: getattr(nn, f"Transformer{kind}Layer")(
                    2, 1, hidden_features=1, norm_first=True, dropout=0, dtype=dtype
                ),
                shapes,
            ),
            LayerCase(
                lambda dtype, kind=kind: getattr(nn, f"Transformer{kind}Layer")(
                    3,
                    3,
                    hidden_features=1,
                    activation=nn.Tanh(),
                    dropout=0.25 * (kind == "Encoder"),
                    dtype=dtype,
                ),
                tuple((*shape[:2], 3) for shape in shapes),
            ),
        ]
        for kind, shapes in {"Encoder": ((2, 2, 2),), "Decoder": ((2, 2, 2), (2, 2, 2))}.items()
    },
    **{
        f"Transformer{kind}": [
            LayerCase(
                lambda dtype, kind=kind: getattr(nn, f"Transformer{kind}")(
                    1, 2, 1, hidden_features=1, norm_first=True, dropout=0, dtype=dtype
                ),
                shapes,
            )
        ]
        for kind, shapes in {"Encoder": ((2, 2, 2),), "Decoder": ((2, 2, 2), (2, 2, 2))}.items()
    },
    **{
        name: [
            LayerCase(
                lambda dtype, n=name: getattr(nn, n)(2, 2, dtype=dtype), shapes, modes=(True,)
            ),
            LayerCase(
                lambda dtype, n=name: getattr(nn, n)(2, 2, bias=False, dtype=dtype),
                shapes,
                modes=(True,),
            ),
            *(several if len(shapes[0]) == 3 else ()),
        ]
        for name, shapes in {
            "RNNCell": ((4, 2), (4, 2)),
            "GRUCell": ((4, 2), (4, 2)),
            "LSTMCell": ((4, 2),),
            "RNN": ((2, 3, 2), (2, 2)),
            "GRU": ((2, 3, 2), (2, 2)),
            "LSTM": ((2, 3, 2),),
        }.items()
        for several in [
            [
                LayerCase(
                    lambda dtype, n=name: getattr(nn, n)(
                        1,
                        1,
                        num_layers=2,
                        bidirectional=True,
                        dropout=0.25 * (n == "RNN"),
                        dtype=dtype,
                    ),
                    ((2, 2, 1),),
                    (None, np.array([2, 1])),
                    batch_axis=None,
                ),
            ]
        ]
    },
    "Conv1d": [
        LayerCase(lambda dtype: nn.Conv1d(2, 3, 2, dtype=dtype), ((2, 2, 4),)),
        LayerCase(
            lambda dtype: nn.Conv1d(2, 2, 3, padding=((2, 0),), groups=2, bias=False, dtype=dtype),
            ((2, 2, 3),),
        ),
        LayerCase(
            lambda dtype: nn.Conv1d(1, 2, 3, padding=1, padding_mode="reflect", dtype=dtype),
            ((2, 1, 4),),
        ),
    ],
    "Conv2d": [
        LayerCase(lambda dtype: nn.Conv2d(2, 3, (2, 1), padding=1, dtype=dtype), ((2, 2, 3, 2),)),
        LayerCase(
            lambda dtype: nn.Conv2d(1, 2, 2, stride=2, padding="same", dtype=dtype),
            ((2, 1, 3, 4),),
        ),
    ],
    "Conv3d": [
        LayerCase(
            lambda dtype: nn.Conv3d(1, 2, (1, 2, 2), padding=(0, 1, 0), dtype=dtype),
            ((2, 1, 2, 2, 3),),
        ),
    ],
    "ConvTranspose3d": [
        LayerCase(
            lambda dtype: nn.ConvTranspose3d(1, 2, (1, 2, 2), stride=2, dtype=dtype),
            ((2, 1, 1, 2, 2),),
        ),
    ],
    "ConvTranspose1d": [
        LayerCase(lambda dtype: nn.ConvTranspose1d(2, 3, 2, dtype=dtype), ((2, 2, 3),)),
        LayerCase(
            lambda dtype: nn.ConvTranspose1d(
                2, 4, 3, stride=2, padding="same", groups=2, bias=False, dtype=dtype
            ),
            ((2, 2, 2),),
        ),
    ],
    "ConvTranspose2d": [
        LayerCase(
            lambda dtype: nn.ConvTranspose2d(
                2, 1, (2, 3), stride=2, padding=1, output_padding=(1, 0), dtype=dtype
            ),
            ((2, 2, 2, 2),),
        ),
    ],
    **{
        name: [
            LayerCase(lambda dtype, n=name: getattr(nn, n)(2), (shape,)),
            LayerCase(lambda dtype, n=name: getattr(nn, n)(3, stride=2, padding=1), (shape,)),
            LayerCase(lambda dtype, n=name: getattr(nn, n)(2, padding=1, ceil_mode=True), (shape,)),
            *more[name[:3]],
        ]
        for name, shape in {
            "MaxPool1d": (2, 2, 5),
            "AvgPool1d": (2, 2, 5),
            "MaxPool2d": (2, 2, 5, 4),
            "AvgPool2d": (2, 2, 5, 4),
            "MaxPool3d": (2, 1, 3, 4, 3),
            "AvgPool3d": (2, 1, 3, 4, 3),
        }.items()
        for more in [
            {
                "Max": [
                    LayerCase(
                        lambda dtype, n=name: getattr(nn, n)(2, dilation=2, padding=1, stride=1),
                        (shape,),
                    ),
                    LayerCase(
                        lambda dtype, n=name: getattr(nn, n)(2, return_indices=True), (shape,)
                    ),
                ],
                "Avg": [
                    LayerCase(
                        lambda dtype, n=name: getattr(nn, n)(
                            3, 2, 1, ceil_mode=True, count_include_pad=True
                        ),
                        (shape,),
                    )
                ],
            }
        ]
    },
    **{
        name: [
            LayerCase(
                lambda dtype, n=name: getattr(nn, n)(2),
                (shape,),
                (np.arange(np.prod(shape)).reshape(shape) % int(np.prod(shape[2:])),),
                batch_axis=None,
            )
        ]
        for name, shape in {
            "MaxUnpool1d": (2, 2, 3),
            "MaxUnpool2d": (2, 1, 2, 2),
            "MaxUnpool3d": (1, 1, 1, 2, 2),
        }.items()
    },
    "AdaptiveAvgPool": [
        LayerCase(lambda dtype: nn.AdaptiveAvgPool(2), ((2, 2, 5),)),
        LayerCase(lambda dtype: nn.AdaptiveAvgPool((3, None)), ((2, 1, 5, 2),)),
    ],
    "AdaptiveMaxPool": [
        LayerCase(lambda dtype: nn.AdaptiveMaxPool(2), ((2, 2, 5),)),
        LayerCase(lambda dtype: nn.AdaptiveMaxPool((3, 1)), ((2, 1, 5, 2),)),
    ],
    **{
        name: [LayerCase(lambda dtype, n=name: getattr(nn, n)((1, (0, 2))), ((2, 1, 3, 3),))]
        for name in ("ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad")
    },
    "Upsample": [
        LayerCase(lambda dtype: nn.Upsample(scale=2), ((2, 2, 3),)),
        LayerCase(lambda dtype: nn.Upsample((5, 2), mode="linear"), ((2, 1, 3, 3),)),
        LayerCase(lambda dtype: nn.Upsample(4, mode="cubic", align_corners=True), ((2, 1, 3, 2),)),
    ],
    "PixelShuffle": [LayerCase(lambda dtype: nn.PixelShuffle(2), ((2, 4, 2, 3),))],
    "PixelUnshuffle": [LayerCase(lambda dtype: nn.PixelUnshuffle(2), ((2, 1, 4, 2),))],
    "ChannelShuffle": [LayerCase(lambda dtype: nn.ChannelShuffle(2), ((2, 4, 3),))],
    "Unfold": [
        LayerCase(lambda dtype: nn.Unfold(2), ((2, 2, 4),)),
        LayerCase(lambda dtype: nn.Unfold(2, stride=2, padding=1, dilation=2), ((2, 1, 4),)),
    ],
    "Fold": [LayerCase(lambda dtype: nn.Fold((3, 3), 2, dilation=2, padding=1), ((2, 4, 9),))],
    **{
        name: [LayerCase(lambda dtype, n=name: getattr(nn, n)(), ((2, 3, 2, 2),))]
        for name in ("GlobalAvgPool", "GlobalMaxPool", "Flatten", "Identity")
    },
    "Sequential": [
        LayerCase(
            lambda dtype: nn.Sequential(
                nn.Linear(3, 4, dtype=dtype), nn.Tanh(), nn.Linear(4, 2, dtype=dtype)
            ),
            ((4, 3),),
        )
    ],
}

PARAMETERS = {"Threshold": (0.1, -1.0)}
"""Those without which a layer of an activation is not made."""

ACTIVATIONS = [
    name
    for name, value in vars(nn).items()
    if inspect.isclass(value) and issubclass(value, nn.Activation) and value is not nn.Activation
]
LAYERS |= {
    name: [LayerCase(lambda dtype, n=name: getattr(nn, n)(*PARAMETERS.get(n, ())), ((3, 4),))]
    for name in ACTIVATIONS
}

WITHOUT_FORWARD = {"Module", "Activation", "ModuleList", "ModuleDict"}
"""Classes of ``tg.nn`` that compute nothing by themselves."""

CASES = {f"{name}-{i}": case for name, cases in LAYERS.items() for i, case in enumerate(cases)}
