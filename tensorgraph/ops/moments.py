"""Centring, spread and length, and what else normalisation layers are made of.

Squares are taken where they fit: where a sum of them would leave the range, x is divided first by a
power of two as large as its largest element. Values and derivatives are within 4 ulp, or, where
terms cancel (x − mean; the second derivatives of lengths), 4 ulp of the largest term. Second
derivatives at subnormal numbers have the few digits that a subnormal divisor has.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorgraph.arguments import number, scalar
from tensorgraph.engine.arrays import as_array, is_foreign
from tensorgraph.engine.notation import enclosed
from tensorgraph.engine.op import Op, OpFunction, register
from tensorgraph.engine.rule import LINEAR, Rule
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.engine.summation import add_up
from tensorgraph.ops import _lowerings
from tensorgraph.ops._axes import Axes, SomeAxes, kept, length, some_axes
from tensorgraph.ops._batching import Operand, Static, along as along_axes, elementwise
from tensorgraph.ops._blocks import highest
from tensorgraph.ops.arithmetic import abs_kernel, equal, square, where
from tensorgraph.ops.reduce import all_finite, along, divisor, in_single, mean, mean_kernel, sum
from tensorgraph.ops.transcendental import sqrt

__all__ = ["affine", "center", "norm", "rms", "rms_slope", "std", "std_slope", "unit", "var"]


def _floating(x: Any) -> Any:
    """Return x as an array in which squares can be added up: integers would overflow."""
    x = as_array(x)
    return x if x.dtype.kind in "fc" else x.astype(np.float64)


def _axes(x: Any, *, axis: SomeAxes, keepdims: bool) -> dict[str, Any]:
    return {"axis": some_axes(axis, ndim_of(x)), "keepdims": bool(keepdims)}


# --------------------------------------------------------------------------------------- centring


def _centred_axes(x: Any, *, axis: SomeAxes) -> dict[str, Any]:
    return {"axis": some_axes(axis, ndim_of(x))}


def _center_kernel(x: Any, *, axis: Any = None) -> Any:
    x = _floating(x)
    centred = x - mean_kernel(x, axis=axis, keepdims=True)
    # What rounding has left of a large mean is small, so that its own mean is right; and where all
    # elements are equal, it is what each of them is off by.
    left = add_up(centred, axis=axis, keepdims=True) / length(x.shape, axis)
    if not (is_foreign(left) or all_finite(left)):
        left = mean_kernel(centred, axis=axis, keepdims=True)
        left = np.where(np.isfinite(left), left, 0)
    centred -= left
    return centred


center = register(
    "center",
    in_single(_center_kernel),
    {"x": lambda g, axis: g - mean(g, axis=axis, keepdims=True)},
    family="fused",
    jvp={"x": LINEAR},
    batch=along_axes("axis"),
    lowering=_lowerings.center,
    symbol="x − μ",
    body=lambda x, *, axis: x - mean(x, axis=axis, keepdims=True),
    prepare=_centred_axes,
    code="""
        centred = x - np.mean(x, axis=axis, keepdims=True)
        return centred - np.mean(centred, axis=axis, keepdims=True)
    """,
    facts={"zero_sum": "axis"},
    doc="""Return x − mean(x) over `axis`, exact to rounding also where the mean is large.

    >>> tg.center([1.0, 3.0, 5.0])
    tensor([-2.,  0.,  2.])
    """,
)


# ------------------------------------------------------------------------------- spread and length


_LEAST = {char: np.finfo(char).tiny / np.finfo(char).eps for char in "fdFD"}
"""Below this, terms of a sum of squares may have been too small to be numbers."""


def _squares(x: Any, axis: Any, keepdims: bool = True, least: bool = True) -> tuple[Any, Any]:
    """Return Σ (x / scale)² over axes, and scale: 1, or powers of 2 that keep the sums in range.

    Args:
        x: an array of floating-point numbers.
        axis: what to add up over.
        keepdims: whether these axes stay, with length 1.
        least: whether sums that are too small matter, or those that are too large alone.
    """
    total = add_up(x * x, axis=axis, keepdims=keepdims)
    if _in_range(total, least):
        return total, 1
    largest = highest(abs_kernel(x).real, axis, 0)
    scale = np.ldexp(np.copysign(1, largest), np.frexp(largest)[1] - 1)
    if not least:
        scale = np.maximum(scale, 1)
    scaled = x / scale
    total = add_up(scaled * scaled, axis=axis, keepdims=keepdims)
    return total, scale if keepdims else np.squeeze(scale, axis=axis)


def _in_range(total: Any, least: bool) -> bool:
    """Return whether sums of squares are known to have lost nothing: none is large, or small."""
    if is_foreign(total) or total.size == 0:
        return False
    real = total.real
    if least and not np.minimum.reduce(real, axis=None) >= _LEAST[total.dtype.char]:
        return False
    return bool(np.maximum.reduce(real, axis=None) < np.inf)


def _moments(x: Any, *, axis: SomeAxes, correction: float, keepdims: bool) -> dict[str, Any]:
    static = _axes(x, axis=axis, keepdims=keepdims)
    return {**static, "correction": scalar(correction, "correction")}


def _spread_axes(x: Any, *, axis: SomeAxes, correction: float = 0) -> dict[str, Any]:
    return {**_centred_axes(x, axis=axis), "correction": scalar(correction, "correction")}


def _freedom(shape: tuple[int, ...], axis: Axes, correction: float) -> float:
    """Return n − correction, but never less than 0: then nothing is known of the variance."""
    return max(length(shape, axis) - correction, 0)


def _scaled_variance(x: Any, axis: Any, correction: float, keepdims: bool) -> tuple[Any, Any]:
    """Return Σ((x − mean) / scale)² / (n − correction), and scale."""
    total, scale = _squares_of_centred(x, axis, keepdims)
    # Where neither spread nor elements are left, this is 0 / 0.
    return total / _freedom(x.shape, axis, correction), scale


def _squares_of_centred(x: Any, axis: Any, keepdims: bool) -> tuple[Any, Any]:
    """Return what ``_squares`` does, of x − mean(x)."""
    if type(x) is np.ndarray:
        # Whatever has left the range on the way, the total has too.
        count = length(x.shape, axis)
        centred = np.asarray(x - add_up(x, axis=axis, keepdims=True) / count)
        left = add_up(centred, axis=axis, keepdims=keepdims)
        total = add_up(np.square(centred, out=centred), axis=axis, keepdims=keepdims)
        # What rounding has left of the mean, or a little less where that is as good as nothing.
        left *= left / count
        if _in_range(total, True):
            most = np.maximum.reduce(left.real, axis=None)
            if most <= 0.25 * np.minimum.reduce(total.real, axis=None):
                return total - left, 1
    return _squares(_center_kernel(x, axis=axis), axis, keepdims)


def _var_kernel(x: Any, *, axis: Any = None, correction: float = 0, keepdims: bool = False) -> Any:
    variance, scale = _scaled_variance(_floating(x), axis, correction, keepdims)
    return variance if type(scale) is int else variance * scale * scale


def _std_kernel(x: Any, *, axis: Any = None, correction: float = 0, keepdims: bool = False) -> Any:
    variance, scale = _scaled_variance(_floating(x), axis, correction, keepdims)
    return _root(variance, scale)


def _root(square: Any, scale: Any) -> Any:
    """Return √square · scale, where a scale of 1 is an int."""
    return np.sqrt(square) if type(scale) is int else np.sqrt(square) * scale


def _length(size: Any, x: Any, axis: Axes) -> Any:
    """Return the length or spread of each x, put back beside it; 1 where it is 0."""
    size = size.reshape(kept(shape_of(x), axis))
    return where(equal(size, 0), 1, size)


def _unit_kernel(x: Any, *, axis: Any = None) -> Any:
    x = _floating(x)
    total, scale = _squares(x, axis)
    length_ = np.sqrt(total)
    if type(scale) is int:  # and no length 0
        return x / length_  # so that of a single number it is exactly its sign
    return (x / scale) / np.where(np.equal(length_, 0), 1, length_)


def _unit_rule(g: Any, x: Any, out: Any, axis: Axes) -> Any:
    # ‖x‖ = √n · rms(x), and a root mean square is never too large.
    size = rms(x, axis=axis, eps=0, keepdims=True)
    zero = equal(size, 0)
    across = g - out * sum(g * out, axis=axis, keepdims=True)
    across = across / divisor(math.sqrt(length(shape_of(x), axis)), g)
    return where(zero, 0, across / where(zero, 1, size))


unit: OpFunction = register(
    "unit",
    in_single(_unit_kernel),
    {"x": _unit_rule},
    family="fused",
    jvp={"x": _unit_rule},
    batch=along_axes("axis"),
    lowering=_lowerings.unit,
    symbol="x / ‖x‖",
    body=lambda x, *, axis: x / _length(norm(x, axis=axis), x, axis),
    prepare=_centred_axes,
    doc="""Return x / ‖x‖ over `axis`, of any magnitude; 0, with derivative 0, where x is 0.

    >>> tg.unit([3.0, -4.0])
    tensor([ 0.6, -0.8])
    """,
)


def _var_rule(g: Any, x: Any, axis: Axes, correction: float) -> Any:
    shape = shape_of(x)
    share = 2 * g / divisor(_freedom(shape, axis, correction), g)
    # The mean is differentiated too: it drops out at first order only.
    return along(share, shape, axis) * center(x, axis=axis)


def _std_slope_kernel(x: Any, *, axis: Any = None, correction: float = 0) -> Any:
    root = math.sqrt(_freedom(shape_of(x), axis, correction))
    return np.divide(_unit_kernel(_center_kernel(x, axis=axis), axis=axis), root)


def _std_slope_rule(g: Any, x: Any, axis: Axes, correction: float) -> Any:
    centred = center(x, axis=axis)
    share = g / divisor(math.sqrt(_freedom(shape_of(x), axis, correction)), g)
    return center(_unit_rule(share, centred, unit(centred, axis=axis), axis), axis=axis)


def _std_slope_body(x: Any, *, axis: Axes, correction: float) -> Any:
    size = _length(std(x, axis=axis, correction=correction), x, axis)
    return center(x, axis=axis) / (_freedom(shape_of(x), axis, correction) * size)


var = register(
    "var",
    in_single(_var_kernel),
    {"x": _var_rule},
    family="reduce",
    lowering=_lowerings.var,
    prepare=_moments,
    facts={"nonnegative": True},
    doc="""Return the variance over `axis`, Σ(x − mean)² / (n − correction).

    With no more elements than the correction it is infinite, or NaN where all are equal, as
    NumPy's and PyTorch's.

    >>> tg.var([1.0, 3.0], correction=1)
    tensor(2.)
    """,
)
std_slope: OpFunction = register(
    "std_slope",
    in_single(_std_slope_kernel),
    {"x": _std_slope_rule},
    family="fused",
    jvp={"x": _std_slope_rule},
    batch=along_axes("axis"),
    lowering=_lowerings.std_slope,
    symbol="std′",
    body=_std_slope_body,
    prepare=_spread_axes,
    doc="""Return (x − mean) / ((n − correction) · std) over `axis`, the derivative of std.

    It is 0, with derivative 0, where all elements are equal.

    >>> tg.std_slope([1.0, 3.0]).round(3)
    tensor([-0.5,  0.5])
    """,
)
std: OpFunction = register(
    "std",
    in_single(_std_kernel),
    {
        "x": lambda g, x, axis, correction: (
            along(g, shape_of(x), axis) * std_slope(x, axis=axis, correction=correction)
        )
    },
    family="reduce",
    lowering=_lowerings.std,
    prepare=_moments,
    facts={"nonnegative": True},
    doc="""Return the standard deviation, √var; its derivative is 0 where all elements are equal.

    The derivative is that of x − mean as it is rounded: where that is subnormal, so are its digits.

    >>> tg.std([1.0, 3.0])
    tensor(1.)
    """,
)


def _norm_kernel(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    return _root(*_squares(_floating(x), axis, keepdims))


def _norm_rule(g: Any, x: Any, axis: Axes) -> Any:
    return along(g, shape_of(x), axis) * unit(x, axis=axis)


norm: OpFunction = register(
    "norm",
    in_single(_norm_kernel),
    {"x": _norm_rule},
    family="reduce",
    lowering=_lowerings.norm,
    symbol="‖x‖",
    notation=enclosed("‖‖"),
    prepare=_axes,
    facts={"nonnegative": True},
    code="np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))",
    doc="""Return the Euclidean length √Σx² over `axis`, without overflow; its derivative at 0 is 0.

    So is the second one there, which has no value: of ‖x‖² write `tg.vecdot(x, x)`.

    >>> tg.norm([3.0, 4.0])
    tensor(5.)
    """,
)


def _check_rms(x: Any, *, axis: SomeAxes, eps: float, keepdims: bool) -> dict[str, Any]:
    return {
        "axis": some_axes(axis, ndim_of(x)),
        "eps": number(eps, "eps", 0),
        "keepdims": bool(keepdims),
    }


def _rms_kernel(x: Any, *, axis: Any = None, eps: float = 0.0, keepdims: bool = False) -> Any:
    x = _floating(x)
    total, scale = _squares(x, axis, keepdims, least=not eps)
    square = total / length(x.shape, axis)
    if eps:
        square += eps if type(scale) is int else eps / scale / scale
    return _root(square, scale)


def _rms_rule(g: Any, x: Any, out: Any, axis: Axes, eps: float) -> Any:
    shape = shape_of(x)
    if not eps:
        return along(g, shape, axis) * rms_slope(x, axis=axis)
    # x / out is of ordinary size, where g / out may leave the range.
    ratio = x / out.reshape(kept(shape, axis))
    return along(g / divisor(length(shape, axis), g), shape, axis) * ratio


def _rms_slope_kernel(x: Any, *, axis: Any = None) -> Any:
    return np.divide(_unit_kernel(x, axis=axis), math.sqrt(length(shape_of(x), axis)))


def _rms_slope_rule(g: Any, x: Any, axis: Axes) -> Any:
    share = g / divisor(math.sqrt(length(shape_of(x), axis)), g)
    return _unit_rule(share, x, unit(x, axis=axis), axis)


rms_slope: OpFunction = register(
    "rms_slope",
    in_single(_rms_slope_kernel),
    {"x": _rms_slope_rule},
    family="fused",
    jvp={"x": _rms_slope_rule},
    batch=along_axes("axis"),
    lowering=_lowerings.rms_slope,
    symbol="RMS′",
    body=lambda x, *, axis: x / _length(rms(x, axis=axis), x, axis) / length(shape_of(x), axis),
    prepare=_centred_axes,
    doc="""Return x / (n · rms(x)) over `axis`, the derivative of rms; 0 where x is 0.

    >>> tg.rms_slope([3.0, -4.0]).round(3)
    tensor([ 0.424, -0.566])
    """,
)
rms: OpFunction = register(
    "rms",
    in_single(_rms_kernel),
    {"x": _rms_rule},
    family="fused",
    batch=along_axes("axis"),
    lowering=_lowerings.rms,
    symbol="RMS",
    body=lambda x, *, axis, eps, keepdims: sqrt(
        mean(square(x), axis=axis, keepdims=keepdims) + eps
    ),
    prepare=_check_rms,
    facts={"nonnegative": True},
    doc="""Return the root mean square √(mean(x²) + eps) over `axis`; its derivative at 0 is 0.

    Of a centred x it is the standard deviation.

    >>> tg.rms([1.0, -7.0])
    tensor(5.)
    """,
)


# ------------------------------------------------------------------------------ scale and shift


def _affine_kernel(x: Any, scale: Any, shift: Any) -> Any:
    out = np.multiply(x, scale, dtype=np.result_type(x, scale, shift))
    out += shift
    return out


def _affine_body(x: Any, scale: Any, shift: Any) -> Any:
    return x * scale + shift


def _scaled(op: Op, size: int, operands: Sequence[Operand], static: Static) -> Any:
    x, *others = operands
    return elementwise(op, size, [Operand(x.spread(size), True), *others], static)


_AFFINE_SLOPES: dict[str, Rule] = {
    "x": lambda g, scale: g * scale,
    "scale": lambda g, x: g * x,
    "shift": lambda g: g,
}
"""Rules of both directions."""

affine = register(
    "affine",
    _affine_kernel,
    _AFFINE_SLOPES,
    family="fused",
    jvp=_AFFINE_SLOPES,
    batch=_scaled,
    symbol="a·x + b",
    body=_affine_body,
    lowering=_affine_body,
    doc="""Return x · scale + shift, each of which is repeated along axes that it does not have.

    >>> tg.affine([[1.0, 2.0]], [2.0, 3.0], 0.5)
    tensor([[2.5, 6.5]])
    """,
)
