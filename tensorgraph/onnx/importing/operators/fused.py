"""Operators that onnxruntime's optimizer makes of several: products, activations, norms at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import OnnxError
from tensorgraph.onnx.importing.operators.elementwise import gelu
from tensorgraph.onnx.importing.operators.normalization import (
    layer_normalization,
    rms_normalization,
)
from tensorgraph.onnx.importing.operators.products import conv, gemm
from tensorgraph.onnx.importing.operators.recurrent import ACTIVATIONS
from tensorgraph.onnx.importing.table import MICROSOFT, WEIGHT_AND_BIAS, operator
from tensorgraph.onnx.importing.values import Floats, Ints

_ACTIVATIONS: dict[str, tuple[Callable[..., Any], float | None, float | None]] = {
    **ACTIVATIONS,
    "clip": (lambda x, a, b: ops.clip(x, min=a, max=b), -np.inf, np.inf),
    "selu": (lambda x, a, b: b * ops.elu(x, alpha=a), 1.67326319217681884765625,
             1.05070102214813232421875),
}  # fmt: skip


def _activated(x: Any, name: str, numbers: tuple[float | None, ...]) -> Any:
    """Return what an activation makes of x; its own numbers may be left out."""
    if not name:
        return x
    if name.lower() not in _ACTIVATIONS:
        raise OnnxError(f"activation {name!r}; known are {', '.join(_ACTIVATIONS)}")
    function, *standard = _ACTIVATIONS[name.lower()]
    given = [*numbers, None, None]
    return function(x, *(s if n is None else n for n, s in zip(given, standard, strict=False)))


@operator("FusedConv", domain=MICROSOFT, weights=WEIGHT_AND_BIAS)
def _fused_conv(
    x: Any, weight: Any, bias: Any = None, added: Any = None, *, activation: str = "",
    activation_params: Floats | None = None, auto_pad: str = "NOTSET",
    dilations: Ints | None = None, group: int = 1, kernel_shape: Ints | None = None,
    pads: Ints | None = None, strides: Ints | None = None,
) -> Any:  # fmt: skip
    y = conv(x, weight, bias, auto_pad=auto_pad, dilations=dilations, group=group, pads=pads,
             strides=strides)  # fmt: skip
    return _activated(y if added is None else y + added, activation, activation_params or ())


@operator("FusedGemm", domain=MICROSOFT, weights=WEIGHT_AND_BIAS)
def _fused_gemm(
    a: Any, b: Any, c: Any = None, *, activation: str = "", activation_alpha: float | None = None,
    activation_beta: float | None = None, activation_gamma: float | None = None,
    alpha: float = 1.0, beta: float = 1.0, transA: int = 0, transB: int = 0,
) -> Any:  # fmt: skip
    y = gemm(a, b, c, alpha=alpha, beta=beta, transA=transA, transB=transB)
    second = activation_gamma if activation.lower() == "selu" else activation_beta
    return _activated(y, activation, (activation_alpha, second))


def _turned(x: Any, last: int, batch: int) -> Any:
    """Return a factor with its first axis behind the batch, and with its last two exchanged."""
    if batch:
        x = ops.moveaxis(x, 0, ndim_of(x) - 2)
    return ops.matrix_transpose(x) if last and ndim_of(x) > 1 else x


@operator("FusedMatMul", "TransposeMatMul", domain=MICROSOFT, weights={0: "weight", 1: "weight"})
def _fused_matmul(
    a: Any, b: Any, *, alpha: float = 1.0, transA: int = 0, transB: int = 0, transBatchA: int = 0,
    transBatchB: int = 0,
) -> Any:  # fmt: skip
    y = ops.matmul(_turned(a, transA, transBatchA), _turned(b, transB, transBatchB))
    return y if alpha == 1 else alpha * y


# ------------------------------------------------------------------------------------ activations


operator("Gelu", domain=MICROSOFT)(gelu)


@operator("BiasGelu", domain=MICROSOFT, weights={1: "bias"})
def _bias_gelu(x: Any, bias: Any) -> Any:
    return gelu(x + bias)


@operator("FastGelu", domain=MICROSOFT, weights={1: "bias"})
def _fast_gelu(x: Any, bias: Any = None) -> Any:
    return gelu(x if bias is None else x + bias, approximate="tanh")


@operator("QuickGelu", domain=MICROSOFT)
def _quick_gelu(x: Any, *, alpha: float = 1.702) -> Any:
    return x * ops.sigmoid(alpha * x)


# ------------------------------------------------------------------------------------------ norms


def _with_sum(normal: Any, total: Any) -> tuple[Any, None, None, Any]:
    """Return the four results of a norm of a sum: mean and deviation nobody takes in inference."""
    return normal, None, None, total


@operator(
    "SkipLayerNormalization", domain=MICROSOFT, weights={2: "weight", 3: "bias", 4: "bias_of_sum"}
)
def _skip_layer_normalization(
    x: Any, skip: Any, scale: Any, shift: Any = None, bias: Any = None, *, epsilon: float = 1e-12
) -> Any:
    total = x + skip if bias is None else x + skip + bias
    return _with_sum(layer_normalization(total, scale, shift, epsilon=epsilon, n_outputs=1), total)


@operator(
    "SkipSimplifiedLayerNormalization", domain=MICROSOFT, weights={2: "weight", 3: "bias_of_sum"}
)
def _skip_rms_normalization(
    x: Any, skip: Any, scale: Any, bias: Any = None, *, epsilon: float = 1e-12
) -> Any:
    total = x + skip if bias is None else x + skip + bias
    return _with_sum(rms_normalization(total, scale, epsilon=epsilon), total)


_EMBEDDED = {2: "word", 3: "position", 4: "segment", 5: "weight", 6: "bias"}


@operator("EmbedLayerNormalization", domain=MICROSOFT, weights=_EMBEDDED)
def _embed_layer_normalization(
    ids: Any, segments: Any, words: Any, positions: Any, kinds: Any, scale: Any, shift: Any,
    mask: Any = None, places: Any = None, *, epsilon: float = 1e-12, mask_index_type: int = 0,
) -> Any:  # fmt: skip
    batch, steps = shape_of(ids)
    total = ops.take(words, ids, axis=0)
    where = positions[:steps] if places is None else ops.take(positions, places, axis=0)
    total = total + where
    if segments is not None:
        total = total + ops.take(kinds, segments, axis=0)
    y = layer_normalization(total, scale, shift, epsilon=epsilon, n_outputs=1)
    counted = np.zeros(batch, np.int32)
    if mask is not None:
        counted = ops.astype(ops.sum(mask, axis=1), dtype=np.int32)
    return y, counted, total
