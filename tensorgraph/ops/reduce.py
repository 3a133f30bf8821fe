"""Reductions along axes: sums, means, products, extrema.

``axis`` is ``None`` (all axes), one axis or a tuple; ``keepdims=True`` keeps reduced axes as 1.
"""

from __future__ import annotations

from cmath import isfinite
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, SupportsIndex

import numpy as np

from tensorgraph.engine.arrays import as_array, is_foreign, placed
from tensorgraph.engine.dispatch import dispatch
from tensorgraph.engine.domain import Boolean, Integer
from tensorgraph.engine.notation import reduction, relation
from tensorgraph.engine.op import Op, OpFunction, register
from tensorgraph.engine.rule import LINEAR, NONDIFF
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.engine.summation import add_up
from tensorgraph.errors import ArgumentError, AxisError
from tensorgraph.ops._axes import Axes, SomeAxes, inverse, kept, length, one_axis, some_axes
from tensorgraph.ops._batching import Operand, flat_or_along
from tensorgraph.ops.arithmetic import where
from tensorgraph.ops.joining import concat, stack
from tensorgraph.ops.shape import broadcast_to, flip, permute_dims, reshape

__all__ = [
    "all", "any", "argmax", "argmin", "cumulative_sum", "max", "mean", "min", "prod", "same",
    "sum",
]  # fmt: skip


HALF = np.dtype(np.float16)


def _axes(x: Any, *, axis: SomeAxes, keepdims: bool) -> dict[str, Any]:
    return {"axis": some_axes(axis, ndim_of(x)), "keepdims": bool(keepdims)}


def _filled_axes(x: Any, *, axis: SomeAxes, keepdims: bool) -> dict[str, Any]:
    """Normalise, and refuse an empty reduction that has no neutral element."""
    static = _axes(x, axis=axis, keepdims=keepdims)
    if length(shape_of(x), static["axis"]) == 0:
        raise AxisError(f"an empty axis has no extremum (shape {shape_of(x)}, axis {axis})")
    return static


def spread(value: Any, shape: tuple[int, ...], axis: Axes) -> Any:
    """Return a reduction's result (or gradient) repeated along the axes that it lost."""
    return dispatch(broadcast_to.op, (along(value, shape, axis),), {"shape": shape})


def along(value: Any, shape: tuple[int, ...], axis: Axes) -> Any:
    """Return a reduction's result (or gradient), as it is multiplied with what was reduced."""
    return value.reshape(kept(shape, axis)) if len(axis) < len(shape) else value


def in_single(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``kernel`` computing float16 in float32, as NumPy does: sums of squares overflow."""

    @wraps(kernel)
    def single_kernel(x: Any, *others: Any, **static: Any) -> Any:
        if getattr(x, "dtype", None) != HALF:
            return kernel(x, *others, **static)
        return kernel(x.astype(np.float32), *others, **static).astype(HALF)

    return single_kernel


def all_finite(x: Any) -> bool:
    """Return whether NumPy's array, or a scalar, holds neither NaN nor ±inf."""
    # A finite sum says so at once; one that is not may have overflowed.
    total = np.add.reduce(x, axis=None) if type(x) is np.ndarray else x
    return isfinite(total) or bool(np.isfinite(x).all())


# ------------------------------------------------------------------------------ sums and products


sum = register(
    "sum",
    add_up,
    {"x": lambda g, x_shape, axis: spread(g, x_shape, axis)},
    family="reduce",
    jvp={"x": LINEAR},
    combine=np.add,
    prepare=_axes,
    notation=reduction("Σ", r"\sum"),
    facts={"sign_of": ("x",)},
    doc="""Return the sum over `axis`; 0 for nothing.

    It is as exact along any axis as along the last, where NumPy adds in pairs: off by some 10 units
    in the last place of Σ|x| at worst. float16 is added up in float32.

    >>> tg.sum([[1.0, 2.0], [3.0, 4.0]], axis=0)
    tensor([4., 6.])
    """,
)


def divisor(count: float, x: Any) -> Any:
    """Return a number of elements to divide x by; it may be more than float16 can hold."""
    return np.float32(count) if x.dtype == HALF else count


def _mean_rule(g: Any, x_shape: tuple[int, ...], axis: Axes) -> Any:
    return spread(g / divisor(length(x_shape, axis), g), x_shape, axis)


def mean_kernel(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Return Σ x / n, also where the sum leaves the range."""
    count = length(shape_of(x), axis)
    result = add_up(x, axis=axis, keepdims=keepdims) / count
    if count and not (is_foreign(result) or all_finite(result)):
        within = add_up(x / count, axis=axis, keepdims=keepdims)
        ends = (end(x, axis=axis, keepdims=keepdims) for end in (np.min, np.max))
        result = np.where(np.isfinite(result), result, np.clip(within, *ends))
    return result


mean = register(
    "mean",
    in_single(mean_kernel),
    {"x": _mean_rule},
    family="reduce",
    jvp={"x": LINEAR},
    prepare=_axes,
    notation=reduction("mean"),
    facts={"averaged": True},
    doc="""Return the mean over `axis`; NaN for nothing.

    >>> tg.mean([[1.0, 2.0], [3.0, 4.0]], axis=0)
    tensor([2., 3.])
    """,
)


def _product_of_others(x: Any) -> Any:
    """Return, for each element of the last axis, the product of all the others.

    A tree of pairwise products: no division, so it is exact at zeros and at every order.
    """
    n = shape_of(x)[-1]
    if n == 1:
        return placed(np.ones(shape_of(x), x.dtype), x)
    if n % 2:
        x = concat([x, placed(np.ones((*shape_of(x)[:-1], 1), x.dtype), x)], axis=-1)
    left, right = x[..., 0::2], x[..., 1::2]
    others = _product_of_others(left * right)
    both = stack([others * right, others * left], axis=-1)
    return both.reshape(shape_of(x))[..., :n]


def _prod_rule(g: Any, x: Any, axis: Axes) -> Any:
    shape = shape_of(x)
    if 0 in shape or not axis:
        return spread(g, shape, axis)
    others = tuple(i for i in range(len(shape)) if i not in axis)
    order = (*others, *axis)
    rows = reshape(
        permute_dims(x, axes=order), shape=(*(shape[i] for i in others), length(shape, axis))
    )
    products = _product_of_others(rows).reshape(tuple(shape[i] for i in order))
    return spread(g, shape, axis) * permute_dims(products, axes=inverse(order))


def _prod_kernel(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    result = np.prod(x, axis=axis, keepdims=keepdims)
    if result.dtype.kind != "f" or is_foreign(result) or result.size == 0:
        return result
    sizes, tiny = np.abs(result), np.finfo(result.dtype).tiny
    if np.minimum.reduce(sizes, axis=None) >= tiny and np.maximum.reduce(sizes, axis=None) < np.inf:
        return result
    # Products of the first factors may have left the range in which that of all lies.
    return _scaled_product(as_array(x), some_axes(axis, ndim_of(x))).reshape(result.shape)


def _scaled_product(x: Any, axis: Axes) -> Any:
    """Return products over axes, pair by pair, of fractions and their powers of two apart."""
    rest = tuple(i for i in range(x.ndim) if i not in axis)
    factors = np.transpose(x, (*axis, *rest)).reshape(-1, *(x.shape[i] for i in rest))
    fractions, powers = np.frexp(factors)
    powers = np.sum(powers, axis=0, dtype=np.int64)
    while len(fractions) > 1:
        odd, pairs = fractions[len(fractions) // 2 * 2 :], fractions[1::2]
        fractions, more = np.frexp(fractions[: 2 * len(pairs) : 2] * pairs)
        powers += np.sum(more, axis=0, dtype=np.int64)
        fractions = np.concatenate([fractions, odd])
    most = 2 * np.finfo(x.dtype).maxexp + np.finfo(x.dtype).nmant
    return np.ldexp(fractions[0], np.clip(powers, -2 * most, 2 * most).astype(np.intc))


prod = register(
    "prod",
    in_single(_prod_kernel),
    {"x": _prod_rule},
    family="reduce",
    combine=np.multiply,
    prepare=_axes,
    notation=reduction("Π", r"\prod"),
    facts={"sign_of": ("x",)},
    doc="""Return the product over `axis`; 1 for nothing. The gradient is exact at zeros too.

    The product may lie in the range of numbers where those of some of its factors do not; a
    subnormal one costs digits. For its gradient also the products of neighbouring pairs, fours and
    so on must lie in it.

    >>> tg.prod([[1.0, 2.0], [3.0, 4.0]], axis=0)
    tensor([3., 8.])
    """,
)


def given_axis(x: Any, *, axis: SupportsIndex | None) -> dict[str, Any]:
    if axis is None:
        if ndim_of(x) != 1:
            raise ArgumentError(f"axis must be given for a tensor with {ndim_of(x)} axes")
        axis = 0
    return {"axis": one_axis(axis, ndim_of(x))}


_WIDER = {"e": np.float32, "f": np.float64}
"""In which dtype numbers are added one by one."""


def _cumulative_sum_kernel(x: Any, *, axis: Any = None) -> Any:
    wider = _WIDER.get(as_array(x).dtype.char)
    return np.cumsum(x, axis=axis) if wider is None else np.cumsum(x, axis, wider).astype(x.dtype)


cumulative_sum: OpFunction = register(
    "cumulative_sum",
    _cumulative_sum_kernel,
    {"x": lambda g, axis: flip(cumulative_sum(flip(g, axis=axis), axis=axis), axis=axis)},
    family="reduce",
    jvp={"x": LINEAR},
    shape=lambda x, *, axis: x.shape,
    prepare=given_axis,
    code="np.cumsum(x, axis=axis)",
    doc="""Return the running sum along `axis`.

    Terms are added one by one, those of float32 in float64 and those of float16 in float32, so that
    rounding does not grow with their number. float64 has nothing wider: the n-th of its sums may be
    off by n units in the last place of Σ|x|.

    >>> tg.cumulative_sum([1, 2, 3])
    tensor([1, 3, 6])
    """,
)


# ----------------------------------------------------------------------------------------- extrema


def _same_kernel(x: Any, y: Any) -> Any:
    same = np.equal(x, y)
    unknown = np.isnan(y) if np.result_type(y).kind in "fc" else np.False_
    if is_foreign(unknown) or unknown.any():
        same = same | (np.isnan(x) & unknown)
    return same


same = register(
    "same",
    _same_kernel,
    {"x": NONDIFF, "y": NONDIFF},
    ref=lambda x, y: x == y or (x != x and y != y),
    domain={"x": Integer(), "y": Integer()},
    notation=relation("="),
    code="(x == y) | ((x != x) & (y != y))",
    facts={"binary": True},
    doc="""Return where x equals y, or both are NaN: where x is what y was chosen as.

    >>> tg.same([1.0, float("nan")], float("nan"))
    tensor([False,  True])
    """,
)


def _extremum_rule(g: Any, x: Any, out: Any, axis: Axes) -> Any:
    shape = shape_of(x)
    ties = same(x, out.reshape(kept(shape, axis)))
    # g may or may not have kept the reduced axes.
    share = g.reshape(kept(shape, axis)) / ties.sum(axis=axis, keepdims=True)
    return where(ties, share, 0)


max = register(
    "max",
    lambda x, *, axis=None, keepdims=False: np.max(x, axis=axis, keepdims=keepdims),
    {"x": _extremum_rule},
    family="reduce",
    combine=np.maximum,
    prepare=_filled_axes,
    notation=reduction("max"),
    facts={"moved": True},
    doc="""Return the largest element over `axis`; tied ones share the gradient evenly.

    NaN where one is: those share it then.

    >>> tg.max([[1.0, 2.0], [3.0, 4.0]], axis=1)
    tensor([2., 4.])
    """,
)
min = register(
    "min",
    lambda x, *, axis=None, keepdims=False: np.min(x, axis=axis, keepdims=keepdims),
    {"x": _extremum_rule},
    family="reduce",
    combine=np.minimum,
    prepare=_filled_axes,
    notation=reduction("min"),
    facts={"moved": True},
    doc="""Return the smallest element over `axis`; tied ones share the gradient evenly.

    NaN where one is: those share it then.

    >>> tg.min([[1.0, 2.0], [3.0, 4.0]], axis=1)
    tensor([1., 3.])
    """,
)


def _places(op: Op, size: int, operands: Sequence[Operand], static: dict[str, Any]) -> Any:
    if static["axis"] is not None or not static["keepdims"]:
        return flat_or_along(op, size, operands, static)
    ones = (1,) * operands[0].ndim
    return flat_or_along(op, size, operands, {**static, "keepdims": False}).reshape((size, *ones))


def _arg_axis(x: Any, *, axis: SupportsIndex | None, keepdims: bool) -> dict[str, Any]:
    static = {
        "axis": None if axis is None else one_axis(axis, ndim_of(x)),
        "keepdims": bool(keepdims),
    }
    _filled_axes(x, axis=axis, keepdims=keepdims)
    return static


argmax = register(
    "argmax",
    lambda x, *, axis=None, keepdims=False: np.argmax(x, axis=axis, keepdims=keepdims),
    {"x": NONDIFF},
    family="reduce",
    batch=_places,
    prepare=_arg_axis,
    doc="""Return the position of the first largest element along `axis` (of the flat tensor).

    >>> tg.argmax([[1.0, 2.0], [4.0, 3.0]], axis=1)
    tensor([1, 0])
    """,
)
argmin = register(
    "argmin",
    lambda x, *, axis=None, keepdims=False: np.argmin(x, axis=axis, keepdims=keepdims),
    {"x": NONDIFF},
    family="reduce",
    batch=_places,
    prepare=_arg_axis,
    doc="""Return the position of the first smallest element along `axis` (of the flat tensor).

    >>> tg.argmin([[1.0, 2.0], [4.0, 3.0]], axis=1)
    tensor([0, 1])
    """,
)
any = register(
    "any",
    lambda x, *, axis=None, keepdims=False: np.any(x, axis=axis, keepdims=keepdims),
    {"x": NONDIFF},
    domain={"x": Boolean()},
    family="reduce",
    combine=np.logical_or,
    symbol="∃",
    prepare=_axes,
    doc="""Return whether any element over `axis` is true.

    >>> tg.any([[True, False], [False, False]], axis=1)
    tensor([ True, False])
    """,
)
all = register(
    "all",
    lambda x, *, axis=None, keepdims=False: np.all(x, axis=axis, keepdims=keepdims),
    {"x": NONDIFF},
    domain={"x": Boolean()},
    family="reduce",
    combine=np.logical_and,
    symbol="∀",
    prepare=_axes,
    doc="""Return whether all elements over `axis` are true.

    >>> tg.all([[True, False], [True, True]], axis=1)
    tensor([False,  True])
    """,
)
