"""What normalisation layers are made of: centring, a root mean square, a scale and a shift."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.arguments import number
from tensorgraph.engine.arrays import as_array
from tensorgraph.engine.op import register
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.ops._axes import Axes, kept, length, some_axes
from tensorgraph.ops.arithmetic import equal, square, where
from tensorgraph.ops.reduce import in_single, mean
from tensorgraph.ops.transcendental import sqrt

__all__ = ["affine", "center", "rms"]


def _floating(x: Any) -> Any:
    """Return x as an array in which squares can be added up: integers would overflow."""
    x = as_array(x)
    return x if x.dtype.kind in "fc" else x.astype(np.float64)


def _centred_axes(x: Any, *, axis: Any) -> dict[str, Any]:
    return {"axis": some_axes(axis, ndim_of(x))}


def _center_kernel(x: Any, *, axis: Any = None) -> Any:
    x = _floating(x)
    count = length(x.shape, axis)
    centred = x - np.add.reduce(x, axis=axis, keepdims=True) / count
    # Where the mean is large, a sum of float32 is off by more than the elements differ. What is
    # left of the mean is small, so that its own sum is right.
    centred -= np.add.reduce(centred, axis=axis, keepdims=True) / count
    return centred


center = register(
    "center",
    in_single(_center_kernel),
    {"x": lambda g, axis: g - mean(g, axis=axis, keepdims=True)},
    family="fused",
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


def _check_rms(x: Any, *, axis: Any, eps: float, keepdims: bool) -> dict[str, Any]:
    return {
        "axis": some_axes(axis, ndim_of(x)),
        "eps": number(eps, "eps", 0),
        "keepdims": bool(keepdims),
    }


def _rms_kernel(x: Any, *, axis: Any = None, eps: float = 0.0, keepdims: bool = False) -> Any:
    x = _floating(x)
    squares = np.square(x).sum(axis=axis, keepdims=keepdims)
    return np.sqrt(squares / length(x.shape, axis) + eps)


def _rms_rule(g: Any, x: Any, out: Any, axis: Axes, eps: float) -> Any:
    shape = shape_of(x)
    root = out if eps else where(equal(out, 0), 1, out)
    return x * (g / (length(shape, axis) * root)).reshape(kept(shape, axis))


rms = register(
    "rms",
    in_single(_rms_kernel),
    {"x": _rms_rule},
    family="fused",
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


def _affine_kernel(x: Any, scale: Any, shift: Any) -> Any:
    out = np.multiply(x, scale, dtype=np.result_type(x, scale, shift))
    out += shift
    return out


affine = register(
    "affine",
    _affine_kernel,
    {
        "x": lambda g, scale: g * scale,
        "scale": lambda g, x: g * x,
        "shift": lambda g: g,
    },
    family="fused",
    symbol="a·x + b",
    body=lambda x, scale, shift: x * scale + shift,
    doc="""Return x · scale + shift, each of which is repeated along axes that it does not have.

    >>> tg.affine([[1.0, 2.0]], [2.0, 3.0], 0.5)
    tensor([[2.5, 6.5]])
    """,
)
