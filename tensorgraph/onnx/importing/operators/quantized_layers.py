"""Quantised layers that onnxruntime writes: what the layer does, between whole numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import OnnxError
from tensorgraph.onnx.importing.operators.elementwise import flat_softmax
from tensorgraph.onnx.importing.operators.fused_attention import attention
from tensorgraph.onnx.importing.operators.pooling import average_pool, global_average_pool
from tensorgraph.onnx.importing.operators.quantization import (
    dequantize_linear,
    dynamic_quantize_linear,
    matmul_integer,
    quantize_linear,
)
from tensorgraph.onnx.importing.operators.recurrent import Names, Numbers, lstm_of
from tensorgraph.onnx.importing.operators.shapes import concat
from tensorgraph.onnx.importing.table import MICROSOFT, operator
from tensorgraph.onnx.importing.values import Ints, allowed

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


# ------------------------------------------------------------------------------ layers with weights


def _of_columns(setting: Any) -> Any:
    """Return scales or zero points as they stand beside (directions, inputs, columns)."""
    return ops.reshape(setting, shape=(shape_of(setting)[0], 1, -1))


def _by_columns(whole: Any, scale: Any, zero: Any) -> Any:
    """Return the matrices that whole numbers stand for, the columns of each as rows."""
    real = ops.astype(whole, dtype=np.int32) - ops.astype(_of_columns(zero), dtype=np.int32)
    y = ops.astype(real, dtype=np.float32) * _of_columns(scale)
    return ops.matrix_transpose(y)


def _seen(x: Any) -> Any:
    """Return the nearest of 256 numbers between the ends of all of x."""
    return dequantize_linear(*dynamic_quantize_linear(x))


@operator("DynamicQuantizeLSTM", domain=MICROSOFT, weights={3: "bias"}, settings=(8, 9, 10, 11))
def _dynamic_quantize_lstm(
    x: Any, w: Any, r: Any, b: Any, lengths: Any, h: Any, c: Any, p: Any, w_scale: Any,
    w_zero: Any, r_scale: Any, r_zero: Any, *, activation_alpha: Numbers = None,
    activation_beta: Numbers = None, activations: Names = None, clip: float | None = None,
    direction: str = "forward", hidden_size: int | None = None, input_forget: int = 0,
) -> Any:  # fmt: skip
    w, r = _by_columns(w, w_scale, w_zero), _by_columns(r, r_scale, r_zero)
    told = activations, activation_alpha, activation_beta, clip
    return lstm_of(x, w, r, b, lengths, (h, c), p, told, direction, input_forget, 0, _seen)


@operator("QAttention", domain=MICROSOFT, weights={2: "bias"}, settings=(3, 4, 6, 7))
def _qattention(
    x: Any, weight: Any, bias: Any, x_scale: Any, weight_scale: Any, mask: Any = None,
    x_zero: Any = None, weight_zero: Any = None, past: Any = None, *, num_heads: int,
    do_rotary: int = 0, mask_filter_value: float = -10000.0, past_present_share_buffer: int = 0,
    scale: float | None = None, unidirectional: int = 0,
) -> Any:  # fmt: skip
    if do_rotary:
        raise OnnxError("QAttention with do_rotary is not known")
    return attention(
        dequantize_linear(x, x_scale, x_zero), dequantize_linear(weight, weight_scale, weight_zero),
        bias, mask, past, num_heads=num_heads, mask_filter_value=mask_filter_value, scale=scale,
        unidirectional=unidirectional,
    )  # fmt: skip


def _unpacked(data: Any, bits: int, count: int) -> Any:
    """Return ``count`` numbers of few bits for each row of bytes, of which the lowest are first."""
    shifts = np.arange(0, 8, bits, dtype=np.uint8)
    each = ops.bitwise_right_shift(ops.expand_dims(data, axis=-1), shifts)
    low = ops.bitwise_and(each, np.uint8(2**bits - 1))
    return ops.reshape(low, shape=(*shape_of(data)[:-1], -1))[..., :count]


@operator("MatMulNBits", domain=MICROSOFT, weights={5: "bias"}, settings=(2, 3, 4))
def _matmul_of_bits(
    x: Any, whole: Any, scales: Any, zeros: Any = None, order: Any = None, bias: Any = None, *,
    K: int, N: int, accuracy_level: int = 0, bits: int = 4, block_size: int,
    weight_prepacked: int = 0,
) -> Any:  # fmt: skip
    if order is not None or weight_prepacked or bits not in (2, 4, 8):
        raise OnnxError("MatMulNBits with g_idx or prepacked weights, or not of 2, 4 or 8 bits")
    blocks = -(-K // block_size)
    allowed((N, blocks, block_size))
    q = ops.astype(_unpacked(ops.reshape(whole, shape=(N, blocks, -1)), bits, block_size),
                   dtype=x.dtype)  # fmt: skip
    zero: Any = np.asarray(2 ** (bits - 1), x.dtype)
    if zeros is not None:
        rows = ops.reshape(zeros, shape=(N, -1))
        rows = _unpacked(rows, bits, blocks) if zeros.dtype == np.uint8 else rows
        zero = ops.astype(ops.reshape(rows, shape=(N, blocks, 1)), dtype=x.dtype)
    weight = (q - zero) * ops.reshape(scales, shape=(N, blocks, 1))
    matrix = ops.reshape(weight, shape=(N, blocks * block_size))[:, :K]
    y = ops.matmul(x, ops.matrix_transpose(matrix))
    return y if bias is None else y + bias
