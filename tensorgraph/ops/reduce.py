"""Reductions along axes: sums, means, extrema, norms.

``axis`` is ``None`` (all axes), one axis or a tuple; ``keepdims=True`` keeps reduced axes as 1.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from tensorgraph.arguments import scalar
from tensorgraph.engine.domain import Boolean
from tensorgraph.engine.notation import reduction
from tensorgraph.engine.op import OpFunction, register
from tensorgraph.engine.rule import NONDIFF
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import ArgumentError, AxisError
from tensorgraph.ops._axes import Axes, inverse, kept, length, one_axis, some_axes
from tensorgraph.ops.arithmetic import abs_kernel, equal, where
from tensorgraph.ops.shape import broadcast_to, concat, flip, permute_dims, reshape, stack

__all__ = [
    "all", "any", "argmax", "argmin", "cumulative_sum", "max", "mean", "min", "norm", "prod",
    "std", "sum", "var",
]  # fmt: skip


def _axes(x: Any, *, axis: Any, keepdims: bool) -> dict[str, Any]:
    return {"axis": some_axes(axis, ndim_of(x)), "keepdims": bool(keepdims)}


def _filled_axes(x: Any, *, axis: Any, keepdims: bool) -> dict[str, Any]:
    """Normalise, and refuse an empty reduction that has no neutral element."""
    static = _axes(x, axis=axis, keepdims=keepdims)
    if length(shape_of(x), static["axis"]) == 0:
        raise AxisError(f"an empty axis has no extremum (shape {shape_of(x)}, axis {axis})")
    return static


def spread(value: Any, shape: tuple[int, ...], axis: Axes) -> Any:
    """Return a reduction's result (or gradient) repeated along the axes that it lost."""
    if len(axis) < len(shape):
        value = value.reshape(kept(shape, axis))
    return broadcast_to(value, shape=shape)


def in_single(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``kernel`` computing float16 in float32, as NumPy does: sums of squares overflow."""

    @wraps(kernel)
    def single_kernel(x: Any, *others: Any, **static: Any) -> Any:
        if getattr(x, "dtype", None) != np.float16:
            return kernel(x, *others, **static)
        return kernel(x.astype(np.float32), *others, **static).astype(np.float16)

    return single_kernel


# ------------------------------------------------------------------------------ sums and products


def _sum_kernel(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    # This is np.sum, without its way there.
    return np.add.reduce(x, axis=axis, keepdims=keepdims)  # type: ignore[call-overload]


sum = register(
    "sum",
    _sum_kernel,
    {"x": lambda g, x_shape, axis: spread(g, x_shape, axis)},
    family="reduce",
    prepare=_axes,
    notation=reduction("Σ", r"\sum"),
    facts={"sign_of": ("x",)},
    doc="""Return the sum over `axis`; 0 for nothing.

    >>> tg.sum([[1.0, 2.0], [3.0, 4.0]], axis=0)
    tensor([4., 6.])
    """,
)


def _mean_rule(g: Any, x_shape: tuple[int, ...], axis: Axes) -> Any:
    return spread(g / length(x_shape, axis), x_shape, axis)


def _mean_kernel(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    return _sum_kernel(x, axis=axis, keepdims=keepdims) / length(shape_of(x), axis)


mean = register(
    "mean",
    in_single(_mean_kernel),
    {"x": _mean_rule},
    family="reduce",
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
        return np.ones(shape_of(x), dtype=x.dtype, like=x)
    if n % 2:
        x = concat([x, np.ones((*shape_of(x)[:-1], 1), dtype=x.dtype, like=x)], axis=-1)
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


prod = register(
    "prod",
    lambda x, *, axis=None, keepdims=False: np.prod(x, axis=axis, keepdims=keepdims),
    {"x": _prod_rule},
    family="reduce",
    prepare=_axes,
    notation=reduction("Π", r"\prod"),
    facts={"sign_of": ("x",)},
    doc="""Return the product over `axis`; 1 for nothing. The gradient is exact at zeros too.

    >>> tg.prod([[1.0, 2.0], [3.0, 4.0]], axis=0)
    tensor([3., 8.])
    """,
)


def _one_axis(x: Any, *, axis: Any) -> dict[str, Any]:
    if axis is None:
        if ndim_of(x) != 1:
            raise ArgumentError(f"axis must be given for a tensor with {ndim_of(x)} axes")
        axis = 0
    return {"axis": one_axis(axis, ndim_of(x))}


cumulative_sum: OpFunction = register(
    "cumulative_sum",
    lambda x, *, axis=None: np.cumsum(x, axis=axis),
    {"x": lambda g, axis: flip(cumulative_sum(flip(g, axis=axis), axis=axis), axis=axis)},
    family="reduce",
    shape=lambda x, *, axis: x.shape,
    prepare=_one_axis,
    code="np.cumsum(x, axis=axis)",
    doc="""Return the running sum along `axis`.

    >>> tg.cumulative_sum([1, 2, 3])
    tensor([1, 3, 6])
    """,
)


# ----------------------------------------------------------------------------------------- extrema


def _extremum_rule(g: Any, x: Any, out: Any, axis: Axes) -> Any:
    shape = shape_of(x)
    ties = equal(x, out.reshape(kept(shape, axis)))
    # g may or may not have kept the reduced axes.
    share = g.reshape(kept(shape, axis)) / ties.sum(axis=axis, keepdims=True)
    return where(ties, share, 0)


max = register(
    "max",
    lambda x, *, axis=None, keepdims=False: np.max(x, axis=axis, keepdims=keepdims),
    {"x": _extremum_rule},
    family="reduce",
    prepare=_filled_axes,
    notation=reduction("max"),
    facts={"moved": True},
    doc="""Return the largest element over `axis`; tied ones share the gradient evenly.

    >>> tg.max([[1.0, 2.0], [3.0, 4.0]], axis=1)
    tensor([2., 4.])
    """,
)
min = register(
    "min",
    lambda x, *, axis=None, keepdims=False: np.min(x, axis=axis, keepdims=keepdims),
    {"x": _extremum_rule},
    family="reduce",
    prepare=_filled_axes,
    notation=reduction("min"),
    facts={"moved": True},
    doc="""Return the smallest element over `axis`; tied ones share the gradient evenly.

    >>> tg.min([[1.0, 2.0], [3.0, 4.0]], axis=1)
    tensor([1., 3.])
    """,
)


def _arg_axis(x: Any, *, axis: Any, keepdims: bool) -> dict[str, Any]:
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
    symbol="∀",
    prepare=_axes,
    doc="""Return whether all elements over `axis` are true.

    >>> tg.all([[True, False], [True, True]], axis=1)
    tensor([False,  True])
    """,
)

# ------------------------------------------------------------------------------- spread and length


def _moments(x: Any, *, axis: Any, correction: float, keepdims: bool) -> dict[str, Any]:
    static = _axes(x, axis=axis, keepdims=keepdims)
    return {**static, "correction": scalar(correction, "correction")}


def _var_kernel(x: Any, *, axis: Any = None, correction: float = 0, keepdims: bool = False) -> Any:
    centred = x - _mean_kernel(x, axis=axis, keepdims=True)
    total = np.sum(centred * centred, axis=axis, keepdims=keepdims)
    return total / (length(shape_of(x), axis) - correction)


def _std_kernel(x: Any, *, axis: Any = None, correction: float = 0, keepdims: bool = False) -> Any:
    return np.sqrt(_var_kernel(x, axis=axis, correction=correction, keepdims=keepdims))


def _deviation(x: Any, axis: Axes, correction: float) -> Any:
    """Return (x − mean) / (n − correction), half the derivative of the variance."""
    # The mean is differentiated too: it drops out at first order only.
    return (x - mean(x, axis=axis, keepdims=True)) / (length(shape_of(x), axis) - correction)


def _var_rule(g: Any, x: Any, axis: Axes, correction: float) -> Any:
    return spread(2 * g, shape_of(x), axis) * _deviation(x, axis, correction)


def _std_rule(g: Any, x: Any, out: Any, axis: Axes, correction: float) -> Any:
    flat = equal(out, 0)
    slope = where(flat, 0, g / where(flat, 1, out))
    return spread(slope, shape_of(x), axis) * _deviation(x, axis, correction)


var = register(
    "var",
    in_single(_var_kernel),
    {"x": _var_rule},
    family="reduce",
    prepare=_moments,
    facts={"nonnegative": True},
    doc="""Return the variance over `axis`, Σ(x − mean)² / (n − correction).

    >>> tg.var([1.0, 3.0], correction=1)
    tensor(2.)
    """,
)
std = register(
    "std",
    in_single(_std_kernel),
    {"x": _std_rule},
    family="reduce",
    prepare=_moments,
    facts={"nonnegative": True},
    doc="""Return the standard deviation, √var; its derivative is 0 where all elements are equal.

    >>> tg.std([1.0, 3.0])
    tensor(1.)
    """,
)


def _norm_kernel(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    largest = np.max(abs_kernel(np.real(x)), axis=axis, keepdims=True, initial=0)
    # Divided by its largest element, x neither overflows nor vanishes when squared.
    scale = np.where((largest > 0) & (largest < np.inf), largest, 1).astype(largest.dtype)
    scaled = x / scale
    length_ = np.sqrt(np.sum(scaled * scaled, axis=axis, keepdims=True)) * scale
    return length_ if keepdims else np.squeeze(length_, axis=axis)


def _norm_rule(g: Any, x: Any, out: Any, axis: Axes) -> Any:
    # x / out lies in [−1, 1]; g / out could overflow where x is tiny.
    length_ = out.reshape(kept(shape_of(x), axis))
    zero = equal(length_, 0)
    return spread(g, shape_of(x), axis) * where(zero, 0, x / where(zero, 1, length_))


norm = register(
    "norm",
    in_single(_norm_kernel),
    {"x": _norm_rule},
    family="reduce",
    symbol="‖x‖",
    prepare=_axes,
    facts={"nonnegative": True},
    code="np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))",
    doc="""Return the Euclidean length √Σx² over `axis`, without overflow; its derivative at 0 is 0.

    >>> tg.norm([3.0, 4.0])
    tensor(5.)
    """,
)
