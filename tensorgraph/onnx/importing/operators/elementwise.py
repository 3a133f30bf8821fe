"""Operators of single elements: arithmetic, comparison, functions, activations, dtypes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import OnnxError
from tensorgraph.onnx.importing.arrays import TEXT, dtype_of
from tensorgraph.onnx.importing.narrow import NARROW, Narrow, as_narrow
from tensorgraph.onnx.importing.table import enter_all, operator
from tensorgraph.onnx.importing.values import is_float, number

enter_all({
    "Abs": ops.abs, "Acos": ops.acos, "Acosh": ops.acosh, "Asin": ops.asin, "Asinh": ops.asinh,
    "Atan": ops.atan, "Atanh": ops.atanh, "BitwiseAnd": ops.bitwise_and,
    "BitwiseNot": ops.bitwise_invert, "BitwiseOr": ops.bitwise_or, "BitwiseXor": ops.bitwise_xor,
    "Ceil": ops.ceil, "Cos": ops.cos, "Cosh": ops.cosh, "Erf": ops.erf, "Exp": ops.exp,
    "Floor": ops.floor, "HardSwish": ops.hardswish, "IsNaN": ops.isnan, "Log": ops.log,
    "Mish": ops.mish,
    "Neg": ops.negative, "Not": ops.logical_not, "Reciprocal": ops.reciprocal, "Relu": ops.relu,
    "Round": ops.round, "Sigmoid": ops.sigmoid, "Sign": ops.sign, "Sin": ops.sin, "Sinh": ops.sinh,
    "Softplus": ops.softplus, "Softsign": ops.softsign, "Sqrt": ops.sqrt, "Tan": ops.tan,
    "Tanh": ops.tanh,
})  # fmt: skip


def _divide(x: Any, y: Any) -> Any:
    if is_float(x):
        return ops.divide(x, y)
    return _toward_zero(x, y)


def _toward_zero(x: Any, y: Any) -> Any:
    """Divide whole numbers as C does."""
    if x.dtype.kind == "u":
        return ops.floor_divide(x, y)
    rest = ops.fmod(x, y)
    return ops.floor_divide(x - rest, y)


def _power(x: Any, y: Any) -> Any:
    return ops.astype(ops.power(x, y), dtype=x.dtype)


def _equal(x: Any, y: Any) -> Any:
    return np.equal(x, y).astype(bool) if x.dtype == TEXT else ops.equal(x, y)


_COMPARED = {"Equal": _equal, "Greater": ops.greater, "Less": ops.less}
_OF_TWO = {
    "Add": ops.add, "And": ops.logical_and, "Div": _divide, "Mul": ops.multiply,
    "Or": ops.logical_or, "Pow": _power, "Sub": ops.subtract, "Xor": ops.logical_xor, **_COMPARED,
}  # fmt: skip


def _with_old_broadcasting(function: Any) -> Any:
    """Return a function of two operands as the first opsets had it."""

    def apply(x: Any, y: Any, *, broadcast: int = 0, axis: int | None = None) -> Any:
        if broadcast and axis is not None:  # y's axes are x's from this one on
            behind = ndim_of(x) - axis % max(ndim_of(x), 1) - ndim_of(y)
            y = ops.reshape(y, shape=(*shape_of(y), *(1,) * behind))
        return function(x, y)

    return apply


for _name, _function in _OF_TWO.items():
    _bounds = (0, 1) if _name in _COMPARED else ()  # of which there is no gradient
    operator(_name, since=1, settings=_bounds)(_with_old_broadcasting(_function))
    operator(_name, since=7, settings=_bounds)(_function)

operator("GreaterOrEqual", settings=(0, 1))(ops.greater_equal)
operator("LessOrEqual", settings=(0, 1))(ops.less_equal)


@operator("Mod")
def _mod(x: Any, y: Any, *, fmod: int = 0) -> Any:
    return ops.fmod(x, y) if fmod else ops.remainder(x, y)


@operator("BitShift")
def _bit_shift(x: Any, y: Any, *, direction: str) -> Any:
    left = direction == "LEFT"
    return ops.bitwise_left_shift(x, y) if left else ops.bitwise_right_shift(x, y)


def _folded(function: Any, inputs: tuple[Any, ...]) -> Any:
    total = inputs[0]
    for other in inputs[1:]:
        total = function(total, other)
    return total


@operator("Sum")
def _sum(*inputs: Any) -> Any:
    return _folded(ops.add, inputs)


@operator("Max")
def _max(*inputs: Any) -> Any:
    return _folded(ops.maximum, inputs)


@operator("Min")
def _min(*inputs: Any) -> Any:
    return _folded(ops.minimum, inputs)


@operator("Mean")
def _mean(*inputs: Any) -> Any:
    return _folded(ops.add, inputs) / len(inputs)


@operator("Where")
def _where(condition: Any, x: Any, y: Any) -> Any:
    if x.dtype == TEXT:
        return np.where(np.asarray(condition), x, y)
    return ops.where(condition, x, y)


@operator("Identity")
def identity(x: Any) -> Any:
    """Return a value as it is."""
    return x


@operator("IsInf")
def _is_inf(x: Any, *, detect_negative: int = 1, detect_positive: int = 1) -> Any:
    found = ops.isinf(x)
    if not detect_negative:
        found = ops.logical_and(found, x > 0)
    if not detect_positive:
        found = ops.logical_and(found, x < 0)
    return found


# ------------------------------------------------------------------------------------ activations


@operator("LeakyRelu")
def _leaky_relu(x: Any, *, alpha: float = 0.01) -> Any:
    return ops.leaky_relu(x, slope=alpha)


@operator("PRelu", weights={1: "weight"})
def _prelu(x: Any, slope: Any) -> Any:
    if ndim_of(slope) == 1 and ndim_of(x) > 2 and shape_of(slope)[0] == shape_of(x)[1]:
        if shape_of(slope)[0] != shape_of(x)[-1]:  # of the channels, as the first opsets had it
            slope = ops.reshape(slope, shape=(-1, *(1,) * (ndim_of(x) - 2)))
    return ops.where(x < 0, x * slope, x)


@operator("Elu")
def _elu(x: Any, *, alpha: float = 1.0) -> Any:
    return ops.elu(x, alpha=alpha)


@operator("Celu")
def _celu(x: Any, *, alpha: float = 1.0) -> Any:
    return ops.celu(x, alpha)


@operator("Selu", since=1)
def _selu(x: Any, *, alpha: float = 1.6732, gamma: float = 1.0507) -> Any:
    return gamma * ops.elu(x, alpha=alpha)


@operator("Selu", since=6)
def _exact_selu(
    x: Any, *, alpha: float = 1.67326319217681884765625, gamma: float = 1.05070102214813232421875
) -> Any:
    return gamma * ops.elu(x, alpha=alpha)


@operator("HardSigmoid")
def hard_sigmoid(x: Any, *, alpha: float = 0.2, beta: float = 0.5) -> Any:
    """Return a line between 0 and 1."""
    return ops.clip(x * _like(alpha, x) + _like(beta, x), min=0.0, max=1.0)


@operator("ThresholdedRelu")
def _thresholded_relu(x: Any, *, alpha: float = 1.0) -> Any:
    return ops.where(x > alpha, x, _like(0, x))


@operator("Shrink")
def _shrink(x: Any, *, bias: float = 0.0, lambd: float = 0.5) -> Any:
    y = ops.where(x < -lambd, x + bias, ops.where(x > lambd, x - bias, _like(0, x)))
    return ops.astype(y, dtype=x.dtype)


@operator("Gelu")
def gelu(x: Any, *, approximate: str = "none") -> Any:
    """Return x Φ(x), or with ``"tanh"`` what approximates it."""
    if approximate == "none":
        return ops.gelu(x)
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * (x * x * x))
    return 0.5 * x * (1 + ops.tanh(inner))


@operator("Swish")
def _swish(x: Any, *, alpha: float = 1.0) -> Any:
    return ops.silu(x) if alpha == 1 else x * ops.sigmoid(alpha * x)


@operator("Clip", since=1)
def _clip_between(x: Any, *, min: float | None = None, max: float | None = None) -> Any:
    return _clip(x, min, max)


@operator("Clip", since=11, settings=(1, 2))
def _clip(x: Any, low: Any = None, high: Any = None) -> Any:
    if low is None and high is None:
        return x
    return ops.clip(x, min=low, max=high)


@operator("Affine")
def _affine(x: Any, *, alpha: float = 1.0, beta: float = 0.0) -> Any:
    return x * alpha + beta


@operator("ScaledTanh")
def _scaled_tanh(x: Any, *, alpha: float, beta: float) -> Any:
    return alpha * ops.tanh(beta * x)


@operator("ParametricSoftplus")
def _parametric_softplus(x: Any, *, alpha: float, beta: float) -> Any:
    return alpha * ops.softplus(beta * x)


# ----------------------------------------------------------------------------------------- dtypes


def _like(value: float, x: Any) -> Any:
    """Return a number in the dtype of a value, beside which it does not widen it."""
    return np.asarray(value, x.dtype)


def cast(x: Any, dtype: Any) -> Any:
    """Return a value in another dtype; text and numbers are read and written."""
    if dtype == TEXT:
        return _written(np.asarray(x))
    if x.dtype == TEXT:
        texts = [str(text) for text in np.asarray(x).reshape(-1)]
        try:
            return np.array([float(t) for t in texts]).astype(dtype).reshape(x.shape)
        except ValueError as error:
            raise OnnxError(f"Cast: {error}") from None
    if dtype.kind == "b":
        return ops.not_equal(x, 0) if x.dtype.kind != "b" else x
    return x if x.dtype == dtype else ops.astype(x, dtype=dtype)


def _written(x: Any) -> Any:
    texts = np.empty(x.size, object)
    texts[:] = [
        np.format_float_positional(v, trim="-")
        if x.dtype.kind == "f" and np.isfinite(v)
        else str(v)
        for v in x.reshape(-1)
    ]
    return texts.reshape(x.shape)


@operator("Cast")
def _cast(x: Any, *, to: Any, saturate: int = 1, round_mode: str = "up") -> Any:
    code = int(to)
    if code in NARROW and x.dtype != TEXT:
        return as_narrow(x, NARROW[code], saturate, round_mode)
    return cast(x, dtype_of(code, "Cast: the result"))


@operator("CastLike")
def _cast_like(
    x: Any, like: Any, *, saturate: int = 1, round_mode: str = "up",
    narrow: tuple[Narrow | None, ...],
) -> Any:  # fmt: skip
    if narrow[1] is not None:
        return as_narrow(x, narrow[1], saturate, round_mode)
    return cast(x, like.dtype)


@operator("BitCast")
def _bit_cast(x: Any, *, to: int, narrow: tuple[Narrow | None, ...]) -> Any:
    if to in NARROW or narrow[0] is not None:
        raise OnnxError("BitCast of a dtype that is held in a wider one")
    return np.array(x).view(dtype_of(to, "BitCast: the result"))


@operator("Softmax", since=1)
def flat_softmax(x: Any, *, axis: int = 1) -> Any:
    """Return the softmax of all axes from one on as if they were one."""
    return _over_the_rest(ops.softmax, x, axis)


@operator("Softmax", since=13)
def _softmax(x: Any, *, axis: int = -1) -> Any:
    return ops.softmax(x, axis=axis)


@operator("LogSoftmax", since=1)
def _flat_log_softmax(x: Any, *, axis: int = 1) -> Any:
    return _over_the_rest(ops.log_softmax, x, axis)


@operator("LogSoftmax", since=13)
def _log_softmax(x: Any, *, axis: int = -1) -> Any:
    return ops.log_softmax(x, axis=axis)


def _hard_rows(x: Any, axis: int = -1) -> Any:
    n = shape_of(x)[axis]
    places = ops.argmax(x, axis=axis)
    return ops.one_hot(places, num_classes=n, axis=axis, dtype=x.dtype)


@operator("Hardmax", since=1)
def _flat_hardmax(x: Any, *, axis: int = 1) -> Any:
    return _over_the_rest(_hard_rows, x, axis)


@operator("Hardmax", since=13)
def _hardmax(x: Any, *, axis: int = -1) -> Any:
    return _hard_rows(x, axis)


def _over_the_rest(function: Any, x: Any, axis: int) -> Any:
    """Apply a function to all axes from one on as if they were one, as the first opsets did."""
    shape = shape_of(x)
    axis = axis + len(shape) if axis < 0 else axis
    if axis == len(shape) - 1:
        return function(x, axis=-1)
    rows = ops.reshape(x, shape=(*shape[:axis], math.prod(shape[axis:])))
    return ops.reshape(function(rows, axis=-1), shape=shape)


def setting(value: Any, what: str, default: float) -> float:
    """Return a number that may be left out."""
    return default if value is None else number(value, what)
