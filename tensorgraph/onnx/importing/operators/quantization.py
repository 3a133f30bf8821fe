"""Quantised arithmetic: whole numbers that stand for real ones, by a scale and a zero point."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import OnnxError
from tensorgraph.onnx.importing.arrays import dtype_of
from tensorgraph.onnx.importing.narrow import NARROW, Narrow, as_narrow
from tensorgraph.onnx.importing.operators.products import conv
from tensorgraph.onnx.importing.table import MICROSOFT, operator
from tensorgraph.onnx.importing.values import Ints, axis_of


def _along(setting: Any, x: Any, axis: int, block_size: int) -> Any:
    """Return scales or zero points as they stand beside x: one, one for each place, or blocks."""
    if setting is None or ndim_of(setting) == 0 or shape_of(setting) == (1,) != shape_of(x):
        return setting if setting is None else ops.reshape(setting, shape=())
    axis = axis_of(axis, ndim_of(x))
    if ndim_of(setting) == 1 and not block_size:
        return ops.reshape(setting, shape=(-1, *(1,) * (ndim_of(x) - 1 - axis)))
    if block_size:
        setting = ops.repeat(setting, repeats=block_size, axis=axis)
        return setting[(*(slice(None),) * axis, slice(0, shape_of(x)[axis]))]
    return setting


def quantised(
    x: Any, scale: Any, zero: Any, dtype: Any, ends: tuple[int, int] | None = None
) -> Any:
    """Return the nearest whole numbers of a dtype, or between two, that stand for real ones."""
    low, high = ends or (np.iinfo(dtype).min, np.iinfo(dtype).max)
    y = ops.round(x / scale)
    y = y if zero is None else y + ops.astype(zero, dtype=y.dtype)
    return ops.astype(ops.clip(y, min=low, max=high), dtype=dtype)


@operator("QuantizeLinear", domain=MICROSOFT, settings=(1, 2))
@operator("QuantizeLinear", settings=(1, 2))
def quantize_linear(
    x: Any, scale: Any, zero: Any = None, *, axis: int = 1, block_size: int = 0,
    output_dtype: int = 0, precision: int = 0, saturate: int = 1,
    narrow: tuple[Narrow | None, ...] = (None, None, None),
) -> Any:  # fmt: skip
    """Return whole numbers, or such of few digits, that stand for real ones."""
    few = narrow[2] if zero is not None else NARROW.get(output_dtype)
    dtype = np.dtype(np.uint8)
    if zero is not None:
        dtype = zero.dtype
    elif output_dtype:
        dtype = dtype_of(output_dtype, "QuantizeLinear: the result")
    if dtype.kind not in "iu" and few is None:
        raise OnnxError(f"QuantizeLinear to {dtype}, which are no whole numbers")
    scale, zero = (_along(one, x, axis, block_size) for one in (scale, zero))
    if dtype.kind == "f" and few is not None:
        y = x / scale if zero is None else x / scale + zero
        return as_narrow(y, few, saturate)
    return quantised(x, scale, zero, dtype, few.range if few else None)


@operator("DequantizeLinear", domain=MICROSOFT, settings=(1, 2))
@operator("DequantizeLinear", settings=(1, 2))
def dequantize_linear(
    x: Any, scale: Any, zero: Any = None, *, axis: int = 1, block_size: int = 0,
    output_dtype: int = 0,
) -> Any:  # fmt: skip
    """Return the real numbers that whole ones stand for."""
    dtype = scale.dtype if not output_dtype else dtype_of(output_dtype, "DequantizeLinear")
    scale, zero = (_along(one, x, axis, block_size) for one in (scale, zero))
    y = ops.astype(x, dtype=scale.dtype)
    y = y if zero is None else y - ops.astype(zero, dtype=scale.dtype)
    y = y * scale
    return y if y.dtype == dtype else ops.astype(y, dtype=dtype)


@operator("DynamicQuantizeLinear")
def dynamic_quantize_linear(x: Any) -> tuple[Any, Any, Any]:
    """Return whole numbers that stand for x, their scale and their zero point."""
    zero = np.asarray(0, x.dtype)
    low, high = ops.minimum(ops.min(x), zero), ops.maximum(ops.max(x), zero)
    scale = (high - low) / 255
    safe = ops.where(ops.equal(scale, 0), np.asarray(1, x.dtype), scale)
    point = ops.clip(ops.round(zero - low / safe), min=0, max=255)
    whole = ops.astype(point, dtype=np.uint8)
    return quantised(x, safe, whole, np.uint8), safe, whole


def _shifted(x: Any, zero: Any, axis: int) -> Any:
    """Return whole numbers less their zero point, in 32 bits."""
    y = ops.astype(x, dtype=np.int32)
    if zero is None:
        return y
    zero = ops.astype(zero, dtype=np.int32)
    if ndim_of(zero) == 1 and shape_of(zero) != (1,):
        shape = [1] * ndim_of(x)
        shape[axis] = -1
        zero = ops.reshape(zero, shape=tuple(shape))
    return y - zero


@operator("MatMulInteger", settings=(2, 3))
def matmul_integer(a: Any, b: Any, a_zero: Any = None, b_zero: Any = None) -> Any:
    """Return the product of whole numbers less their zero points, in 32 bits."""
    rows = -2 if ndim_of(a) > 1 else -1
    return ops.matmul(_shifted(a, a_zero, rows), _shifted(b, b_zero, -1))


@operator("QLinearMatMul", settings=(1, 2, 4, 5, 6, 7))
def _qlinear_matmul(
    a: Any, a_scale: Any, a_zero: Any, b: Any, b_scale: Any, b_zero: Any, scale: Any, zero: Any
) -> Any:
    rows = ops.reshape(a_scale, shape=(-1, 1)) if ndim_of(a_scale) == 1 else a_scale
    each = ops.astype(rows * b_scale, dtype=np.float32)
    real = ops.astype(matmul_integer(a, b, a_zero, b_zero), dtype=np.float32) * each
    return quantised(real, ops.astype(scale, dtype=np.float32), zero, zero.dtype)


@operator("ConvInteger", settings=(2, 3))
def _conv_integer(
    x: Any, w: Any, x_zero: Any = None, w_zero: Any = None, *, auto_pad: str = "NOTSET",
    dilations: Ints | None = None, group: int = 1, kernel_shape: Ints | None = None,
    pads: Ints | None = None, strides: Ints | None = None,
) -> Any:  # fmt: skip
    told = {"auto_pad": auto_pad, "dilations": dilations, "group": group, "pads": pads,
            "strides": strides}  # fmt: skip
    return _exact(_shifted(x, x_zero, 0), _shifted(w, w_zero, 0), told)


def _exact(x: Any, w: Any, told: dict[str, Any]) -> Any:
    """Convolve whole numbers, of which no sum leaves what float64 holds exactly."""
    y = conv(ops.astype(x, dtype=np.float64), ops.astype(w, dtype=np.float64), **told)
    return ops.astype(y, dtype=np.int32)


@operator("QLinearConv", settings=(1, 2, 4, 5, 6, 7))
def _qlinear_conv(
    x: Any, x_scale: Any, x_zero: Any, w: Any, w_scale: Any, w_zero: Any, scale: Any, zero: Any,
    bias: Any = None, *, auto_pad: str = "NOTSET", dilations: Ints | None = None, group: int = 1,
    kernel_shape: Ints | None = None, pads: Ints | None = None, strides: Ints | None = None,
) -> Any:  # fmt: skip
    told = {"auto_pad": auto_pad, "dilations": dilations, "group": group, "pads": pads,
            "strides": strides}  # fmt: skip
    whole = _exact(_shifted(x, x_zero, 0), _shifted(w, w_zero, 0), told)
    by_channel = (-1, *(1,) * (ndim_of(whole) - 2))
    if bias is not None:
        whole = whole + ops.reshape(bias, shape=by_channel)
    each = x_scale * w_scale
    each = ops.reshape(each, shape=by_channel) if ndim_of(each) == 1 and each.size > 1 else each
    real = ops.astype(whole, dtype=np.float32) * each
    return quantised(real, scale, zero, zero.dtype)
