"""The softmax family: stable kernels, and the losses whose gradient is A − Y.

At infinite logits the ops take the limit in which tied elements share evenly: a row of equal
infinities gives the uniform distribution, a single +inf a one-hot one. Rows always sum to 1.

Values and derivatives of both orders are within 4 ulp, however certain a class is: 1 − A is made of
the others. A term e^(x − max) can be no more exact than x − max, which is rounded: it may be off by
half an ulp more for each unit of that. Where terms cancel, an ulp of the largest counts: log Σ eˣ
near 0, A − Y of targets that are no classes, the second derivative of softmax at A = ½.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.engine.arrays import as_array, host_values, is_foreign
from tensorgraph.engine.domain import Integer, Simplex
from tensorgraph.engine.notation import function
from tensorgraph.engine.op import OpFunction, register
from tensorgraph.engine.rule import NONDIFF
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.engine.summation import add_up
from tensorgraph.errors import ShapeError
from tensorgraph.ops._axes import Axes, kept, one_axis, some_axes
from tensorgraph.ops.activation import sigmoid, sigmoid_kernel, sigmoid_slope, softplus
from tensorgraph.ops.arithmetic import abs_kernel
from tensorgraph.ops.index import check_labels, one_hot, take_along_axis
from tensorgraph.ops.reduce import in_single, spread, sum
from tensorgraph.ops.shape import expand_dims, squeeze
from tensorgraph.ops.transcendental import POSITIVE, exp

__all__ = [
    "class_cross_entropy", "log_softmax", "logsumexp", "minus_mean", "minus_share",
    "sigmoid_cross_entropy", "sigmoid_minus", "softmax", "softmax_cross_entropy",
    "softmax_minus_one_hot",
]  # fmt: skip

# ---------------------------------------------------------------------- what gradients are made of


def _like(y: Any, other: Any) -> Any:
    """Return y, integers in the other's dtype: with those NumPy would compute in float64."""
    if not (hasattr(y, "dtype") and hasattr(other, "dtype")):
        return y  # Python's numbers take the other's dtype by themselves
    whole = y.dtype.kind in "iub" and other.dtype.kind in "fc"
    return y.astype(other.dtype) if whole else y


def _by_half(weights: Any, axis: Any) -> tuple[Any, Any]:
    """Return the sum of weights over axes, and which weight is more than half of it, if any is."""
    total = add_up(weights, axis=axis, keepdims=True)
    most = np.greater(weights.real, 0.5 * total.real)
    return total, most if is_foreign(most) or most.any() else None


def _minus_mean_kernel(y: Any, weights: Any, *, axis: Any) -> Any:
    y = _like(y, weights)
    total, most = _by_half(weights, axis)
    if most is not None:
        y = y - add_up(np.where(most, y, 0), axis=axis, keepdims=True)
    return y - add_up(weights * y, axis=axis, keepdims=True) / total


def _minus_share_kernel(y: Any, weights: Any, *, axis: Any) -> Any:
    y = _like(y, weights)
    total, most = _by_half(weights, axis)
    out = y - weights * (add_up(y, axis=axis, keepdims=True) / total)
    if most is None:
        return out
    others = [add_up(np.where(most, 0, part), axis=axis, keepdims=True) for part in (weights, y)]
    return np.where(most, (y * others[0] - weights * others[1]) / total, out)


def _weighted_axes(y: Any, weights: Any, *, axis: Any) -> dict[str, Any]:
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


def _shifted(x: Any, axis: Any) -> tuple[Any, Any]:
    """Return x − max(x) and max(x), axes kept; where the maximum is ±inf, its own elements at 0."""
    x = as_array(x)
    if x.dtype.kind not in "fc":
        x = x.astype(np.float64)
    largest = np.maximum.reduce(x.real, axis=axis, keepdims=True, initial=-np.inf)
    shifted = x - largest
    if type(x) is not np.ndarray or not np.isfinite(largest).all():
        shifted = np.where(x == largest, shifted.dtype.type(0), shifted)
    return shifted, largest


def _log_total(shifted: Any, axis: Any, keepdims: bool = True) -> Any:
    """Return log Σ e^shifted, whose largest terms are 1.

    If there is but one of those, the others may be small and would be rounded away beside it.
    """
    terms = np.exp(shifted)
    total = add_up(terms, axis=axis, keepdims=keepdims)
    logarithm = np.log(total)
    near = np.less(total.real, 2)
    if is_foreign(near) or near.any():
        rest = add_up(terms - np.equal(shifted.real, 0), axis=axis, keepdims=keepdims)
        logarithm = np.where(near, np.log1p(rest), logarithm)
    return logarithm


def _logsumexp_kernel(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    shifted, largest = _shifted(x, axis)
    total = _log_total(shifted, axis) + largest
    return total if keepdims else np.squeeze(total, axis=axis)


def _softmax_kernel(x: Any, *, axis: Any = -1) -> Any:
    weights = np.exp(_shifted(x, axis)[0])
    weights /= add_up(weights, axis=axis, keepdims=True)
    return weights


def _log_softmax_kernel(x: Any, *, axis: Any = -1) -> Any:
    shifted, _ = _shifted(x, axis)
    return shifted - _log_total(shifted, axis)


def _reduced(x: Any, *, axis: Any, keepdims: bool) -> dict[str, Any]:
    return {"axis": some_axes(axis, ndim_of(x)), "keepdims": bool(keepdims)}


def _normalised(x: Any, *, axis: Any) -> dict[str, Any]:
    return {"axis": some_axes(axis, ndim_of(x))}


def _logsumexp_rule(g: Any, x: Any, axis: Axes) -> Any:
    return spread(g, shape_of(x), axis) * softmax(x, axis=axis)


def _softmax_rule(g: Any, out: Any, axis: Axes) -> Any:
    return out * minus_mean(g, out, axis=axis)


def _log_softmax_rule(g: Any, x: Any, axis: Axes) -> Any:
    return minus_share(g, softmax(x, axis=axis), axis=axis)


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
    {"x": _softmax_rule},
    family="fused",
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
    in_single(_log_softmax_kernel),
    {"x": _log_softmax_rule},
    family="fused",
    body=lambda x, *, axis: x - logsumexp(x, axis=axis, keepdims=True),
    prepare=_normalised,
    notation=function("log softmax"),
    code=_LOG_SOFTMAX,
    doc="""Return x − log Σ eˣ along `axis`, the logarithm of softmax, without overflow.

    >>> tg.log_softmax([1000.0, 1000.0]).round(3)
    tensor([-0.693, -0.693])
    """,
)

# ----------------------------------------------------------------------------------- cross-entropy


def _check_distributions(logits: Any, targets: Any, *, axis: Any) -> dict[str, Any]:
    if shape_of(logits) != shape_of(targets):
        labels = ndim_of(targets) == ndim_of(logits) - 1
        hint = "; for class labels write tg.class_cross_entropy(logits, labels)" if labels else ""
        raise ShapeError(
            f"logits of shape {shape_of(logits)} and target distributions of shape"
            f" {shape_of(targets)} must have the same shape{hint}"
        )
    return {"axis": one_axis(axis, ndim_of(logits))}


def _cross_entropy_kernel(logits: Any, targets: Any, *, axis: Any = -1) -> Any:
    terms = np.multiply(_like(targets, logits), _log_softmax_kernel(logits, axis=axis))
    # A target of 0 counts for nothing, also where its logit is −inf: 0 · ∞ is 0 here.
    impossible = np.isnan(terms) & np.equal(targets, 0)
    if is_foreign(impossible) or impossible.any():
        terms = np.where(impossible, terms.dtype.type(0), terms)
    return -add_up(terms, axis=axis)


def _per_class(g: Any, logits: Any, axis: int) -> Any:
    """Return the gradient of a loss per example, with the class axis put back."""
    return g.reshape(kept(shape_of(logits), (axis,)))


def _cross_entropy_by_logits(g: Any, logits: Any, targets: Any, axis: int) -> Any:
    weights = softmax(logits, axis=axis)
    return -(_per_class(g, logits, axis) * minus_share(targets, weights, axis=axis))


softmax_cross_entropy = register(
    "softmax_cross_entropy",
    in_single(_cross_entropy_kernel),
    {
        "logits": _cross_entropy_by_logits,
        "targets": lambda g, logits, axis: (
            -(_per_class(g, logits, axis) * log_softmax(logits, axis=axis))
        ),
    },
    family="fused",
    domain={"targets": Simplex()},
    body=lambda logits, targets, *, axis: -sum(targets * log_softmax(logits, axis=axis), axis=axis),
    prepare=_check_distributions,
    doc="""Return −Σ Y log softmax(Z) along `axis`, for target distributions Y.

    The gradient by Z is softmax(Z) · ΣY − Y, which is A − Y where Y sums to 1.

    >>> tg.softmax_cross_entropy([0.0, 0.0], [0.5, 0.5]).round(3)
    tensor(0.693)
    """,
)


def _check_classes(logits: Any, labels: Any, *, axis: Any) -> dict[str, Any]:
    shape, axis = shape_of(logits), one_axis(axis, ndim_of(logits))
    if shape_of(labels) != shape[:axis] + shape[axis + 1 :]:
        same = shape_of(labels) == shape
        hint = "; for distributions write tg.softmax_cross_entropy(logits, targets)" if same else ""
        raise ShapeError(
            f"logits of shape {shape} with classes along axis {axis} need labels of shape"
            f" {shape[:axis] + shape[axis + 1 :]}, not {shape_of(labels)}{hint}"
        )
    return {"axis": axis}


def _class_cross_entropy_kernel(logits: Any, labels: Any, *, axis: Any = -1) -> Any:
    shifted, _ = _shifted(logits, axis)
    return _log_total(shifted, axis, False) - shifted[_class_key(shifted, labels, axis)]


def _class_key(logits: Any, labels: Any, axis: int) -> tuple[Any, ...]:
    """Return the key that picks each example's own class; raise if it is not one."""
    labels = as_array(labels)
    check_labels(host_values(labels), logits.shape[axis])
    grid = [
        np.arange(n, like=labels).reshape(-1, *(1,) * k) for k, n in enumerate(labels.shape[::-1])
    ][::-1]
    return (*grid[:axis], labels, *grid[axis:])


def _softmax_minus_one_hot_kernel(logits: Any, labels: Any, *, axis: int) -> Any:
    weights = np.exp(_shifted(logits, axis)[0])
    key = _class_key(weights, labels, axis)
    # What is left of 1 without the own class is the share of the others.
    own = weights[key]
    weights[key] = 0
    others = add_up(weights, axis=axis)
    total = others + own
    weights /= np.expand_dims(total, axis)
    weights[key] = -(others / total)
    return weights


def _difference_rule(g: Any, logits: Any, axis: int) -> Any:
    return _softmax_rule(g, softmax(logits, axis=axis), (axis,))


softmax_minus_one_hot = register(
    "softmax_minus_one_hot",
    in_single(_softmax_minus_one_hot_kernel),
    {"logits": _difference_rule, "labels": NONDIFF},
    family="fused",
    symbol="A − Y",
    domain={"labels": Integer()},
    body=lambda logits, labels, *, axis: (
        softmax(logits, axis=axis)
        - one_hot(labels, num_classes=shape_of(logits)[axis], axis=axis, dtype=logits.dtype)
    ),
    prepare=_check_classes,
    doc="""Return softmax(Z) − Y for one-hot labels Y: the gradient of the cross-entropy.

    >>> tg.softmax_minus_one_hot([[0.0, 0.0]], [1], axis=1)
    tensor([[ 0.5, -0.5]])
    """,
)


def _class_cross_entropy_rule(g: Any, logits: Any, labels: Any, axis: int) -> Any:
    return _per_class(g, logits, axis) * softmax_minus_one_hot(logits, labels, axis=axis)


def _class_cross_entropy_body(logits: Any, labels: Any, *, axis: int) -> Any:
    chosen = take_along_axis(
        log_softmax(logits, axis=axis), expand_dims(labels, axis=axis), axis=axis
    )
    return -squeeze(chosen, axis=axis)


class_cross_entropy = register(
    "class_cross_entropy",
    in_single(_class_cross_entropy_kernel),
    {"logits": _class_cross_entropy_rule, "labels": NONDIFF},
    family="fused",
    domain={"labels": Integer()},
    body=_class_cross_entropy_body,
    prepare=_check_classes,
    doc="""Return −log softmax(Z)[label] along `axis`, for integer class labels.

    The gradient by Z is A − Y, with A = softmax(Z) and Y the one-hot labels.

    >>> tg.class_cross_entropy([[0.0, 0.0]], [1]).round(3)
    tensor([0.693])
    """,
)


def _check_same_shape(logits: Any, targets: Any) -> dict[str, Any]:
    if shape_of(logits) != shape_of(targets):
        raise ShapeError(
            f"logits of shape {shape_of(logits)} and targets of shape {shape_of(targets)} must"
            " have the same shape"
        )
    return {}


def _binary_kernel(logits: Any, targets: Any) -> Any:
    targets = _like(targets, logits)
    # Of a right answer nothing is left here but the logarithm, which is small beside the logit.
    above, below = np.maximum(logits, 0), np.maximum(np.negative(logits), 0)
    linear = above * (1 - targets) + below * targets
    loss = linear + np.log1p(np.exp(-abs_kernel(logits)))
    infinite = np.isinf(logits)
    if is_foreign(infinite) or np.any(infinite):
        # ∞ − ∞·y: certain and right costs 0, anything else is infinite.
        right = np.equal(targets, np.greater(logits, 0))
        loss = np.where(infinite, np.where(right, 0, np.inf), loss).astype(loss.dtype)
    return loss


def _sigmoid_minus_kernel(logits: Any, targets: Any) -> Any:
    targets = _like(targets, logits)
    right, wrong = sigmoid_kernel(logits), sigmoid_kernel(np.negative(logits))
    return (1 - targets) * right - targets * wrong


sigmoid_minus = register(
    "sigmoid_minus",
    in_single(_sigmoid_minus_kernel),
    {
        "logits": lambda g, logits: g * sigmoid_slope(logits),
        "targets": lambda g: -g,
    },
    family="fused",
    symbol="A − Y",
    body=lambda logits, targets: sigmoid(logits) - targets,
    prepare=_check_same_shape,
    doc="""Return σ(Z) − Y, exact where both are 1: the gradient of the binary cross-entropy.

    >>> tg.sigmoid_minus([0.0, 0.0], [0.0, 1.0])
    tensor([ 0.5, -0.5])
    """,
)

sigmoid_cross_entropy = register(
    "sigmoid_cross_entropy",
    in_single(_binary_kernel),
    {
        "logits": lambda g, logits, targets: g * sigmoid_minus(logits, targets),
        "targets": lambda g, logits: -(g * logits),
    },
    family="fused",
    body=lambda logits, targets: softplus(logits) - logits * targets,
    prepare=_check_same_shape,
    doc="""Return log(1 + e^Z) − Z·Y, the binary cross-entropy of sigmoid(Z) against Y.

    The gradient by Z is A − Y, with A = sigmoid(Z).

    >>> tg.sigmoid_cross_entropy([0.0, 1e4], [1.0, 1.0]).round(3)
    tensor([0.693, 0.   ])
    """,
)
