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
    ],
    "GroupNorm": [
        LayerCase(lambda dtype: nn.GroupNorm(2, 4, dtype=dtype), ((3, 4),)),
        LayerCase(lambda dtype: nn.GroupNorm(3, 3, dtype=dtype), ((2, 3, 2, 1),)),
    ],
    "LayerNorm": [
        LayerCase(lambda dtype: nn.LayerNorm(3, dtype=dtype), ((4, 3),)),
        LayerCase(lambda dtype: nn.LayerNorm((3, 2), dtype=dtype), ((2, 3, 2),)),
    ],
    "RMSNorm": [
        LayerCase(lambda dtype: nn.RMSNorm(3, dtype=dtype), ((4, 3),)),
        LayerCase(lambda dtype: nn.RMSNorm((3, 2), dtype=dtype), ((2, 3, 2),)),
    ],
    "Dropout": [LayerCase(lambda dtype: nn.Dropout(keep_prob=0.6), ((4, 3),))],
    "Embedding": [
        LayerCase(
            lambda dtype: nn.Embedding(5, 2, dtype=dtype), (), (np.array([[3, 1], [1, 0]]),), None
        )
    ],
    "Linear": [
        LayerCase(lambda dtype: nn.Linear(3, 2, dtype=dtype), ((4, 3),)),
        LayerCase(lambda dtype: nn.Linear(3, 2, bias=False, dtype=dtype), ((2, 2, 3),)),
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
    ],
    **{
        name: [
            LayerCase(
                lambda dtype, n=name: getattr(nn, n)(2, 2, dtype=dtype), shapes, modes=(True,)
            )
        ]
        for name, shapes in {
            "RNNCell": ((4, 2), (4, 2)),
            "GRUCell": ((4, 2), (4, 2)),
            "LSTMCell": ((4, 2),),
            "RNN": ((2, 3, 2), (2, 2)),
            "GRU": ((2, 3, 2), (2, 2)),
            "LSTM": ((2, 3, 2),),
        }.items()
    },
    "Conv1d": [
        LayerCase(lambda dtype: nn.Conv1d(2, 3, 2, dtype=dtype), ((2, 2, 4),)),
        LayerCase(
            lambda dtype: nn.Conv1d(2, 2, 3, padding=((2, 0),), groups=2, bias=False, dtype=dtype),
            ((2, 2, 3),),
        ),
    ],
    "Conv2d": [
        LayerCase(lambda dtype: nn.Conv2d(2, 3, (2, 1), padding=1, dtype=dtype), ((2, 2, 3, 2),)),
        LayerCase(
            lambda dtype: nn.Conv2d(1, 2, 2, stride=2, padding="same", dtype=dtype),
            ((2, 1, 3, 4),),
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
        ]
        for name, shape in {
            "MaxPool1d": (2, 2, 5),
            "AvgPool1d": (2, 2, 5),
            "MaxPool2d": (2, 2, 5, 4),
            "AvgPool2d": (2, 2, 5, 4),
        }.items()
    },
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
