"""Running results along an axis: products, extrema, log-sums, and what their gradients are.

``cumulative_sum`` stands among the reductions.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, SupportsIndex

import numpy as np

from tensorgraph.engine.arrays import is_foreign, placed
from tensorgraph.engine.op import OpFunction, register
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.rule import NONDIFF
from tensorgraph.engine.shapes import shape_of
from tensorgraph.errors import ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._axes import from_list, part
from tensorgraph.ops._blocks import floating
from tensorgraph.ops.arithmetic import equal, where
from tensorgraph.ops.index import take_along_axis
from tensorgraph.ops.joining import concat
from tensorgraph.ops.reduce import HALF, given_axis, in_single
from tensorgraph.ops.shape import flip
from tensorgraph.ops.transcendental import exp

__all__ = [
    "cumulative_max", "cumulative_max_place", "cumulative_min", "cumulative_prod",
    "linear_recurrence", "logcumsumexp",
]  # fmt: skip


def shifted(x: Any, axis: int, first: float) -> Any:
    """Return x moved one place along an axis, with a number at its start."""
    shape = shape_of(x)
    if not shape[axis]:
        return x
    start = placed(np.full((*shape[:axis], 1, *shape[axis + 1 :]), first, x.dtype), x)
    return concat([start, part(x, axis, None, -1)], axis=axis)


WIDE = 128
"""Elements: so many side by side are computed faster one place after the other."""


def _is_wide(x: Any, axis: int) -> bool:
    """Return whether many elements of NumPy's array stand at each place of an axis."""
    return type(x) is np.ndarray and x.size >= WIDE * x.shape[axis] > 0


def _accumulated(function: np.ufunc, x: Any, axis: int) -> Any:
    """Return what a function of two makes of the elements so far, along an axis.

    A device's arrays know that of sums and products only; of others it is computed in log₂ n
    passes, each over twice as many terms as that before.
    """
    if _is_wide(x, axis):
        y = np.array(np.moveaxis(x, axis, 0), order="C")
        for before, now in pairwise(y):
            function(before, now, out=now)
        return np.moveaxis(y, 0, axis)
    if not is_foreign(x):
        return function.accumulate(x, axis=axis)
    y, step = np.moveaxis(x, axis, 0), 1
    while step < len(y):
        y = np.concatenate([y[:step], function(y[step:], y[:-step])])
        step *= 2
    return np.moveaxis(y, 0, axis)


def _linear_recurrence_kernel(x: Any, factors: Any, *, axis: Any = None) -> Any:
    """Compute it place by place, or in log₂ n passes, each over twice as many as that before."""
    dtype = np.result_type(x, factors)
    wide = np.dtype(np.float32) if dtype == HALF else dtype
    if _is_wide(x, axis) and type(factors) is np.ndarray:
        y, a = (np.array(np.moveaxis(v, axis, 0), wide, order="C") for v in (x, factors))
        for (before, now), factor in zip(pairwise(y), a[1:], strict=True):
            now += np.where(np.equal(before, 0), 0, factor * before)
        return np.moveaxis(y, 0, axis).astype(dtype, copy=False)
    y, a = (np.moveaxis(v.astype(wide), axis, 0) for v in (x, factors))
    step = 1
    while step < len(y):
        # A product of factors may be infinite where nothing is multiplied with it.
        more = np.where(np.equal(y[:-step], 0), 0, a[step:] * y[:-step])
        y = np.concatenate([y[:step], y[step:] + more])
        a = np.concatenate([a[:step], a[step:] * a[:-step]])
        step *= 2
    return np.moveaxis(y, 0, axis).astype(dtype, copy=False)


def _check_recurrence(x: Any, factors: Any, *, axis: SupportsIndex | None) -> dict[str, Any]:
    if shape_of(x) != shape_of(factors):
        raise ShapeError(
            f"linear_recurrence takes factors of x's shape {shape_of(x)}, not {shape_of(factors)};"
            " write tg.broadcast_to(factors, x.shape)"
        )
    return given_axis(x, axis=axis)


def _behind(g: Any, factors: Any, axis: int) -> Any:
    """Return λₖ = gₖ + aₖ₊₁ λₖ₊₁, the same recurrence from the end."""
    back = shifted(flip(factors, axis=axis), axis, 0.0)
    return flip(linear_recurrence(flip(g, axis=axis), back, axis=axis), axis=axis)


_RECURRENCE = """
    y, a = np.moveaxis(np.array(x, float), axis, 0), np.moveaxis(factors, axis, 0)
    for k in range(1, len(y)):
        y[k] += a[k] * y[k - 1]
    return np.moveaxis(y, 0, axis)
"""

linear_recurrence: OpFunction = register(
    "linear_recurrence",
    _linear_recurrence_kernel,
    {
        "x": lambda g, factors, axis: _behind(g, factors, axis),
        "factors": lambda g, out, factors, axis: (
            _behind(g, factors, axis) * shifted(out, axis, 0.0)
        ),
    },
    family="reduce",
    shape=lambda x, factors, *, axis: x.shape,
    dtype=lambda x, factors, *, axis: np.result_type(x.dtype, factors.dtype),
    prepare=_check_recurrence,
    code=_RECURRENCE,
    doc="""Return yₖ = xₖ + factorsₖ · yₖ₋₁ along `axis`, y₋₁ = 0; the first factor does not count.

    Where few stand side by side it is computed in log₂ n passes over all terms. A moving average of
    weight β is that of (1 − β)·x and β.

    >>> tg.linear_recurrence([1.0, 1.0, 1.0], [0.0, 0.5, 0.5])
    tensor([1.  , 1.5 , 1.75])
    """,
)


def _cumulative_prod_rule(g: Any, x: Any, out: Any, axis: int) -> Any:
    # Without a division: what stands before, times what the gradients behind carry back.
    return shifted(out, axis, 1.0) * _behind(g, x, axis)


cumulative_prod = register(
    "cumulative_prod",
    in_single(lambda x, *, axis=None: np.cumprod(x, axis=axis)),
    {"x": _cumulative_prod_rule},
    family="reduce",
    shape=lambda x, *, axis: x.shape,
    prepare=given_axis,
    code="np.cumprod(x, axis=axis)",
    doc="""Return the running product along `axis`; its gradient is exact at zeros too.

    Behind a product that overflows the gradient does so too.

    >>> tg.cumulative_prod([1, 2, 3])
    tensor([1, 2, 6])
    """,
)


def _logcumsumexp_kernel(x: Any, *, axis: Any = None) -> Any:
    x = floating(x)
    if np.iscomplexobj(x):
        return np.log(np.cumsum(np.exp(x), axis=axis))
    return _accumulated(np.logaddexp, x, axis)


def _difference(x: Any, y: Any) -> Any:
    """Return x − y, and 0 where both are one infinity."""
    alike = equal(x, y)
    return where(alike, 0, x - where(alike, 0, y))


def _logcumsumexp_rule(g: Any, x: Any, out: Any, axis: int) -> Any:
    # e^(out before − out) lies between 0 and 1: the recurrence neither overflows nor cancels.
    shrinking = exp(_difference(shifted(out, axis, 0.0), out))
    return exp(_difference(x, out)) * _behind(g, shrinking, axis)


logcumsumexp = register(
    "logcumsumexp",
    in_single(_logcumsumexp_kernel),
    {"x": _logcumsumexp_rule},
    family="reduce",
    shape=lambda x, *, axis: x.shape,
    dtype=lambda x, *, axis: x.dtype if x.dtype.kind == "f" else np.dtype(np.float64),
    prepare=given_axis,
    code="np.logaddexp.accumulate(x, axis=axis)",
    doc="""Return log Σ eˣ of the elements so far along `axis`, without overflow.

    >>> tg.logcumsumexp([1000.0, 1000.0]).round(3)
    tensor([1000.   , 1000.693])
    """,
)


def _place_kernel(x: Any, *, axis: Any = None, least: bool = False) -> Any:
    best = _accumulated(np.minimum if least else np.maximum, x, axis)
    before = np.moveaxis(best, axis, 0)[:-1]
    now = np.moveaxis(x, axis, 0)
    # Where the best changes; the first NaN is one, and stays it.
    fresh = np.not_equal(now[1:], before) & np.equal(now[1:], np.moveaxis(best, axis, 0)[1:])
    if now.dtype.kind == "f":
        fresh = fresh | (np.isnan(now[1:]) & ~np.isnan(before))
    places = np.arange(1, len(now), like=x).reshape(-1, *(1,) * (now.ndim - 1))
    rest = fresh * 0 if len(now) < 2 else _accumulated(np.maximum, np.where(fresh, places, 0), 0)
    first = np.zeros((min(len(now), 1), *now.shape[1:]), np.intp, like=x)
    return np.moveaxis(np.concatenate([first, rest]).astype(np.intp), 0, axis)


def _check_place(x: Any, *, axis: SupportsIndex | None, least: bool) -> dict[str, Any]:
    return {**given_axis(x, axis=axis), "least": bool(least)}


_PLACE = """
    rows = np.moveaxis(np.asarray(x), axis, -1)
    picked = np.zeros(rows.shape, np.intp)
    for index in np.ndindex(rows.shape):
        sofar = rows[index[:-1]][: index[-1] + 1]
        picked[index] = np.argmin(sofar) if least else np.argmax(sofar)
    return np.moveaxis(picked, -1, axis)
"""

cumulative_max_place = register(
    "cumulative_max_place",
    _place_kernel,
    {"x": NONDIFF},
    family="reduce",
    shape=lambda x, *, axis, least: x.shape,
    dtype=lambda x, *, axis, least: np.dtype(np.intp),
    prepare=_check_place,
    code=_PLACE,
    doc="""Return where along `axis` the first largest element so far stands, or the `least` one.

    A NaN counts as that, the first of them.

    >>> tg.cumulative_max_place([1.0, 3.0, 2.0, 3.0])
    tensor([0, 1, 1, 1])
    """,
)


def _running(x: Any, axis: SupportsIndex | None, least: bool) -> Any:
    x = from_list(x)
    axis = given_axis(x, axis=axis)["axis"]
    return take_along_axis(x, cumulative_max_place(x, axis=axis, least=least), axis=axis)


@with_leads
def cumulative_max(x: AnyArray, axis: SupportsIndex | None = None) -> AnyArray:
    """Return the largest element so far along ``axis``; the first of tied ones gets the gradient.

    From a NaN on it is NaN. The places are those of ``tg.cumulative_max_place``.

    Example:
        >>> import tensorgraph as tg
        >>> tg.cumulative_max(tg.tensor([1.0, 3.0, 2.0]))
        tensor([1., 3., 3.])
    """
    return _running(x, axis, least=False)


@with_leads
def cumulative_min(x: AnyArray, axis: SupportsIndex | None = None) -> AnyArray:
    """Return the smallest element so far along ``axis``; the first of tied ones gets the gradient.

    Example:
        >>> import tensorgraph as tg
        >>> tg.cumulative_min(tg.tensor([2.0, 3.0, 1.0]))
        tensor([2., 2., 1.])
    """
    return _running(x, axis, least=True)
