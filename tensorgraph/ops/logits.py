"""The softmax family: stable kernels, and what their gradients are made of.

At infinite logits the ops take the limit in which tied elements share evenly: a row of equal
infinities gives the uniform distribution, a single +inf a one-hot one. Rows always sum to 1.

Values and derivatives of both orders are within 4 ulp, however certain a class is: 1 − A is made of
the others. A term e^(x − max) can be no more exact than x − max, which is rounded: it may be off by
half an ulp more for each unit of that, and in the gradient of log softmax, made of its result, by
an ulp. Where terms cancel, an ulp of the largest counts: log Σ eˣ near 0, the second derivative of
softmax at A = ½.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.engine.arrays import as_array
from tensorgraph.engine.notation import function
from tensorgraph.engine.op import OpFunction, register
from tensorgraph.engine.rule import MULTILINEAR
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.engine.summation import BLOCK, add_up
from tensorgraph.ops import _lowerings
from tensorgraph.ops._axes import Axes, SomeAxes, some_axes
from tensorgraph.ops._batching import along as along_axes
from tensorgraph.ops._blocks import highest, over
from tensorgraph.ops.reduce import all_finite, along, in_single, sum
from tensorgraph.ops.transcendental import POSITIVE, exp

__all__ = ["log_softmax", "logsumexp", "minus_mean", "minus_share", "softmax"]

# ---------------------------------------------------------------------- what gradients are made of


def in_dtype_of(y: Any, other: Any) -> Any:
    """Return y, integers in the other's dtype: with those NumPy would compute in float64."""
    if not (hasattr(y, "dtype") and hasattr(other, "dtype")):
        return y  # Python's numbers take the other's dtype by themselves
    whole = y.dtype.kind in "iub" and other.dtype.kind in "fc"
    return y.astype(other.dtype) if whole else y


def _minus_mean_kernel(y: Any, weights: Any, *, axis: Any) -> Any:
    y = in_dtype_of(y, weights)
    shares = weights / add_up(weights, axis=axis, keepdims=True)
    terms = shares * y
    out = _into(terms, np.subtract, y, add_up(terms, axis=axis, keepdims=True))
    # What rounding has left of the mean: nothing where one share rounds to 1, and there this is
    # what all the others add.
    terms = _into(shares, np.multiply, shares, out)
    out -= add_up(terms, axis=axis, keepdims=True)
    return out


def _minus_share_kernel(y: Any, weights: Any, *, axis: Any) -> Any:
    y = in_dtype_of(y, weights)
    shares = weights / add_up(weights, axis=axis, keepdims=True)
    terms = shares * add_up(y, axis=axis, keepdims=True)
    out = _into(terms, np.subtract, y, terms)
    # What is left of the sum goes where the largest share is, for there y − w Σ y cancels.
    out -= _into(shares, np.multiply, shares, add_up(out, axis=axis, keepdims=True))
    return out


def _into(temporary: Any, function: np.ufunc, x: Any, y: Any) -> Any:
    """Return f(x, y), in the place of an array that is not needed any more, if it fits there."""
    fits = type(temporary) is np.ndarray and np.result_type(x, y) == temporary.dtype
    return function(x, y, out=temporary) if fits else function(x, y)


def _weighted_axes(y: Any, weights: Any, *, axis: SomeAxes) -> dict[str, Any]:
    return {"axis": some_axes(axis, ndim_of(y))}


def _by_weights(g: Any, y: Any, weights: Any, axis: Axes) -> Any:
    share = sum(g, axis=axis, keepdims=True) / sum(weights, axis=axis, keepdims=True)
    return -(share * minus_mean(y, weights, axis=axis))


minus_mean: OpFunction = register(
    "minus_mean",
    in_single(_minus_mean_kernel),
    {
        "y": lambda g, weights, axis: minus_share(g, weights, axis=axis),
        "weights": _by_weights,
    },
    family="fused",
    jvp={"y": MULTILINEAR},
    batch=along_axes("axis"),
    lowering=_lowerings.minus_mean,
    domain={"weights": POSITIVE},
    body=lambda y, weights, *, axis: (
        y - sum(weights * y, axis=axis, keepdims=True) / sum(weights, axis=axis, keepdims=True)
    ),
    prepare=_weighted_axes,
    doc="""Return y − Σ w y / Σ w over `axis`, of the shape of the weights w.

    Where one weight outdoes all the others together, y is taken from its element there, so that
    what the others add is not lost beside it: times softmax's weights, it is softmax's gradient.

    >>> tg.minus_mean([0.0, 8.0], [0.75, 0.25], axis=0)
    tensor([-2.,  6.])
    """,
)
minus_share: OpFunction = register(
    "minus_share",
    in_single(_minus_share_kernel),
    {
        "y": lambda g, weights, axis: minus_mean(g, weights, axis=axis),
        "weights": lambda g, y, weights, axis: _by_weights(y, g, weights, axis),
    },
    family="fused",
    jvp={"y": MULTILINEAR},
    batch=along_axes("axis"),
    lowering=_lowerings.minus_share,
    domain={"weights": POSITIVE},
    body=lambda y, weights, *, axis: (
        y - weights * (sum(y, axis=axis, keepdims=True) / sum(weights, axis=axis, keepdims=True))
    ),
    prepare=_weighted_axes,
    doc="""Return y − w Σ y / Σ w over `axis`, of the shape of the weights w.

    It is the adjoint of `minus_mean`, and as exact where one weight outdoes all the others
    together. With softmax's weights it is the gradient of log softmax.

    >>> tg.minus_share([0.0, 8.0], [0.75, 0.25], axis=0)
    tensor([-6.,  6.])
    """,
)

# ----------------------------------------------------------------------------------------- softmax


def shifted_by_max(x: Any, axis: Any) -> tuple[Any, Any, bool]:
    """Return x − max(x), max(x), axes kept, and whether the maxima are known to be finite.

    Where a maximum is ±inf, its own elements are at 0.
    """
    x = as_array(x)
    if x.dtype.kind not in "fc":
        x = x.astype(np.float64)
    if type(x) is np.ndarray and x.size:
        largest = np.maximum.reduce(x.real, axis=axis, keepdims=True)
        shifted = x - largest
        if all_finite(largest):
            return shifted, largest, True
    else:
        largest = highest(x.real, axis, -np.inf)
        shifted = x - largest
    return np.where(x == largest, shifted.dtype.type(0), shifted), largest, False


def log_total(shifted: Any, finite: bool, axis: Any, keepdims: bool = True) -> Any:
    """Return log Σ e^shifted, whose largest terms are 1.

    If there is but one of those, the others may be small and would be rounded away beside it.
    """
    terms = np.exp(shifted)
    top = np.equal(shifted.real, 0)
    if finite and shifted.dtype.kind == "f":
        rest = add_up(_without(terms, top), axis=axis, keepdims=keepdims)
        if np.count_nonzero(top) == rest.size:  # there is one in each
            return np.log1p(rest)
        terms = np.exp(shifted)
    total = add_up(terms, axis=axis, keepdims=keepdims)
    rest = add_up(terms - top, axis=axis, keepdims=keepdims)
    return np.where(np.less(total.real, 2), np.log1p(rest), np.log(total))


def _without(terms: Any, top: Any) -> Any:
    """Return terms, with 0 in the places of those that are 1."""
    if terms.size > BLOCK:
        terms[top] = 0  # a few elements
        return terms
    terms -= top
    return terms


def _logsumexp_kernel(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    shifted, largest, finite = shifted_by_max(x, axis)
    total = log_total(shifted, finite, axis) + largest
    return total if keepdims else np.squeeze(total, axis=axis)


def _softmax_kernel(x: Any, *, axis: Any = -1) -> Any:
    weights = over(np.exp, shifted_by_max(x, axis)[0])
    weights /= add_up(weights, axis=axis, keepdims=True)
    return weights


def log_softmax_kernel(x: Any, *, axis: Any = -1) -> Any:
    shifted, _, finite = shifted_by_max(x, axis)
    shifted -= log_total(shifted, finite, axis)
    return shifted


def _reduced(x: Any, *, axis: SomeAxes, keepdims: bool) -> dict[str, Any]:
    return {"axis": some_axes(axis, ndim_of(x)), "keepdims": bool(keepdims)}


def _normalised(x: Any, *, axis: SomeAxes) -> dict[str, Any]:
    return {"axis": some_axes(axis, ndim_of(x))}


def _logsumexp_rule(g: Any, x: Any, axis: Axes) -> Any:
    return along(g, shape_of(x), axis) * softmax(x, axis=axis)


def softmax_rule(g: Any, out: Any, axis: Axes) -> Any:
    return out * minus_mean(g, out, axis=axis)


def _log_softmax_rule(g: Any, out: Any, axis: Axes) -> Any:
    # What e^out is off by alike in all elements, their sum is too, by which weights are divided.
    return minus_share(g, exp(out), axis=axis)


_SHIFTED = """
    top = np.max(x, axis=axis, keepdims=True)
    with np.errstate(invalid="ignore"):
        shifted = np.where(x == top, 0, x - top)"""
_LOGSUMEXP = f"""{_SHIFTED}
    total = np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axis=axis)
"""
_SOFTMAX = f"""{_SHIFTED}
    weights = np.exp(shifted)
    return weights / np.sum(weights, axis=axis, keepdims=True)
"""
_LOG_SOFTMAX = f"""{_SHIFTED}
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))
"""

logsumexp = register(
    "logsumexp",
    in_single(_logsumexp_kernel),
    {"x": _logsumexp_rule},
    family="reduce",
    lowering=_lowerings.logsumexp,
    prepare=_reduced,
    notation=function("log Σ exp", r"\log \sum \exp"),
    code=_LOGSUMEXP,
    doc="""Return log Σ eˣ over `axis` without overflow; −inf for nothing.

    >>> tg.logsumexp([1000.0, 1000.0]).round(3)
    tensor(1000.693)
    """,
)
softmax = register(
    "softmax",
    in_single(_softmax_kernel),
    {"x": softmax_rule},
    family="fused",
    jvp={"x": softmax_rule},
    batch=along_axes("axis"),
    lowering=_lowerings.softmax,
    body=lambda x, *, axis: exp(x) / sum(exp(x), axis=axis, keepdims=True),
    facts={"positive": True, "sums_to_one": "axis"},
    prepare=_normalised,
    notation=function(),
    code=_SOFTMAX,
    letter="A",
    doc="""Return eˣ / Σ eˣ along `axis`, without overflow: positive, and its sum there is 1.

    >>> tg.softmax([1000.0, 1000.0])
    tensor([0.5, 0.5])
    """,
)
log_softmax = register(
    "log_softmax",
    in_single(log_softmax_kernel),
    {"x": _log_softmax_rule},
    family="fused",
    jvp={"x": lambda g, out, axis: minus_mean(g, exp(out), axis=axis)},
    batch=along_axes("axis"),
    lowering=_lowerings.log_softmax,
    body=lambda x, *, axis: x - logsumexp(x, axis=axis, keepdims=True),
    prepare=_normalised,
    notation=function("log softmax"),
    code=_LOG_SOFTMAX,
    doc="""Return x − log Σ eˣ along `axis`, the logarithm of softmax, without overflow.

    >>> tg.log_softmax([1000.0, 1000.0]).round(3)
    tensor([-0.693, -0.693])
    """,
)
