"""Quantised layers that onnxruntime writes: what the layer does, between whole numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.engine.shapes import ndim_of
from tensorgraph.errors import OnnxError
from tensorgraph.onnx.importing.operators.elementwise import flat_softmax
from tensorgraph.onnx.importing.operators.pooling import average_pool, global_average_pool
from tensorgraph.onnx.importing.operators.quantization import (
    dequantize_linear,
    dynamic_quantize_linear,
    matmul_integer,
    quantize_linear,
)
from tensorgraph.onnx.importing.operators.shapes import concat
from tensorgraph.onnx.importing.table import MICROSOFT, operator
from tensorgraph.onnx.importing.values import Ints

_OF_TWO = (1, 2, 4, 5, 6, 7)
"""The places of scales and zero points of an operator of two values."""


@operator("QLinearAdd", domain=MICROSOFT, settings=_OF_TWO)
def _qlinear_add(
    a: Any, a_scale: Any, a_zero: Any, b: Any, b_scale: Any, b_zero: Any, scale: Any,
    zero: Any = None,
) -> Any:  # fmt: skip
    y = dequantize_linear(a, a_scale, a_zero) + dequantize_linear(b, b_scale, b_zero)
    return quantize_linear(y, scale, zero)


@operator("QLinearMul", domain=MICROSOFT, settings=_OF_TWO)
def _qlinear_mul(
    a: Any, a_scale: Any, a_zero: Any, b: Any, b_scale: Any, b_zero: Any, scale: Any,
    zero: Any = None,
) -> Any:  # fmt: skip
    y = dequantize_linear(a, a_scale, a_zero) * dequantize_linear(b, b_scale, b_zero)
    return quantize_linear(y, scale, zero)


@operator("QLinearWhere", domain=MICROSOFT, settings=(2, 3, 5, 6, 7, 8))
def _qlinear_where(
    condition: Any, a: Any, a_scale: Any, a_zero: Any, b: Any, b_scale: Any, b_zero: Any,
    scale: Any, zero: Any,
) -> Any:  # fmt: skip
    real = dequantize_linear(a, a_scale, a_zero), dequantize_linear(b, b_scale, b_zero)
    return quantize_linear(ops.where(condition, *real), scale, zero)


@operator("QLinearConcat", domain=MICROSOFT, settings=(0, 1))
def _qlinear_concat(scale: Any, zero: Any, *parts: Any, axis: int) -> Any:
    each = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    return quantize_linear(concat(*(dequantize_linear(*one) for one in each), axis=axis), scale,
                           zero)  # fmt: skip


@operator("QLinearSigmoid", domain=MICROSOFT, settings=(1, 2, 3, 4))
def _qlinear_sigmoid(x: Any, x_scale: Any, x_zero: Any, scale: Any, zero: Any = None) -> Any:
    return quantize_linear(ops.sigmoid(dequantize_linear(x, x_scale, x_zero)), scale, zero)


@operator("QLinearLeakyRelu", domain=MICROSOFT, settings=(1, 2, 3, 4))
def _qlinear_leaky_relu(
    x: Any, x_scale: Any, x_zero: Any, scale: Any, zero: Any = None, *, alpha: float = 0.01
) -> Any:
    y = ops.leaky_relu(dequantize_linear(x, x_scale, x_zero), slope=alpha)
    return quantize_linear(y, scale, zero)


@operator("QLinearSoftmax", domain=MICROSOFT, settings=(1, 2, 3, 4))
def _qlinear_softmax(
    x: Any, x_scale: Any, x_zero: Any, scale: Any, zero: Any = None, *, axis: int = -1,
    opset: int,
) -> Any:  # fmt: skip
    function = ops.softmax if opset >= 13 else flat_softmax
    return quantize_linear(function(dequantize_linear(x, x_scale, x_zero), axis=axis), scale, zero)


def _with_channels_first(channels_last: int, name: str) -> None:
    if channels_last:
        raise OnnxError(f"{name} with the channels last is not known")


@operator("QLinearGlobalAveragePool", domain=MICROSOFT, settings=(1, 2, 3, 4))
def _qlinear_global_average_pool(
    x: Any, x_scale: Any, x_zero: Any, scale: Any, zero: Any = None, *, channels_last: int = 0
) -> Any:
    _with_channels_first(channels_last, "QLinearGlobalAveragePool")
    y = global_average_pool(dequantize_linear(x, x_scale, x_zero))
    return quantize_linear(y, scale, zero)


@operator("QLinearAveragePool", domain=MICROSOFT, settings=(1, 2, 3, 4))
def _qlinear_average_pool(
    x: Any, x_scale: Any, x_zero: Any, scale: Any, zero: Any = None, *, kernel_shape: Ints,
    auto_pad: str = "NOTSET", ceil_mode: int = 0, channels_last: int = 0,
    count_include_pad: int = 0, pads: Ints | None = None, strides: Ints | None = None,
) -> Any:  # fmt: skip
    _with_channels_first(channels_last, "QLinearAveragePool")
    y = average_pool(
        dequantize_linear(x, x_scale, x_zero), kernel_shape=kernel_shape, auto_pad=auto_pad,
        ceil_mode=ceil_mode, count_include_pad=count_include_pad, pads=pads, strides=strides,
    )  # fmt: skip
    return quantize_linear(y, scale, zero)


# --------------------------------------------------------------------------------------- products


def _factor(x: Any, turned: int) -> Any:
    return ops.matrix_transpose(x) if turned else x


@operator("QGemm", domain=MICROSOFT, settings=(1, 2, 4, 5, 7, 8))
def _qgemm(
    a: Any, a_scale: Any, a_zero: Any, b: Any, b_scale: Any, b_zero: Any, c: Any = None,
    scale: Any = None, zero: Any = None, *, alpha: float = 1.0, transA: int = 0, transB: int = 0,
) -> Any:  # fmt: skip
    whole = matmul_integer(_factor(a, transA), _factor(b, transB), a_zero, b_zero)
    whole = whole if c is None else whole + c
    y = ops.astype(whole, dtype=np.float32) * (alpha * a_scale * b_scale)
    return y if scale is None else quantize_linear(y, scale, zero)


@operator("MatMulIntegerToFloat", domain=MICROSOFT, settings=(2, 3, 4, 5))
def _matmul_integer_to_float(
    a: Any, b: Any, a_scale: Any, b_scale: Any, a_zero: Any = None, b_zero: Any = None,
    bias: Any = None,
) -> Any:  # fmt: skip
    rows = ops.reshape(a_scale, shape=(-1, 1)) if ndim_of(a_scale) == 1 else a_scale
    product = ops.astype(matmul_integer(a, b, a_zero, b_zero), dtype=a_scale.dtype)
    y = product * (rows * b_scale)
    return y if bias is None else y + bias


@operator("DynamicQuantizeMatMul", domain=MICROSOFT, settings=(2, 3))
def _dynamic_quantize_matmul(
    a: Any, b: Any, b_scale: Any, b_zero: Any = None, bias: Any = None
) -> Any:
    whole, scale, zero = dynamic_quantize_linear(a)
    return _matmul_integer_to_float(whole, b, scale, b_scale, zero, b_zero, bias)
