"""The softmax family: stable kernels, and the losses whose gradient is A − Y.

At infinite logits the ops take the limit in which tied elements share evenly: a row of equal
infinities gives the uniform distribution, a single +inf a one-hot one. Rows always sum to 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.engine.arrays import as_array, host_values, is_foreign
from tensorgraph.engine.domain import Integer, Simplex
from tensorgraph.engine.notation import function
from tensorgraph.engine.op import register
from tensorgraph.engine.rule import NONDIFF
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import ShapeError
from tensorgraph.ops._axes import Axes, kept, one_axis, some_axes
from tensorgraph.ops.activation import sigmoid, softplus
from tensorgraph.ops.arithmetic import abs_kernel
from tensorgraph.ops.index import check_labels, one_hot, take_along_axis
from tensorgraph.ops.reduce import in_single, spread, sum
from tensorgraph.ops.shape import expand_dims, squeeze
from tensorgraph.ops.transcendental import exp

__all__ = [
    "class_cross_entropy", "log_softmax", "logsumexp", "sigmoid_cross_entropy", "softmax",
    "softmax_cross_entropy", "softmax_minus_one_hot",
]  # fmt: skip


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


def _logsumexp_kernel(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    shifted, largest = _shifted(x, axis)
    total = np.log(np.add.reduce(np.exp(shifted), axis=axis, keepdims=True)) + largest
    return total if keepdims else np.squeeze(total, axis=axis)


def _softmax_kernel(x: Any, *, axis: Any = -1) -> Any:
    weights = np.exp(_shifted(x, axis)[0])
    weights /= np.add.reduce(weights, axis=axis, keepdims=True)
    return weights


def _log_softmax_kernel(x: Any, *, axis: Any = -1) -> Any:
    shifted, _ = _shifted(x, axis)
    return shifted - np.log(np.add.reduce(np.exp(shifted), axis=axis, keepdims=True))


def _reduced(x: Any, *, axis: Any, keepdims: bool) -> dict[str, Any]:
    return {"axis": some_axes(axis, ndim_of(x)), "keepdims": bool(keepdims)}


def _normalised(x: Any, *, axis: Any) -> dict[str, Any]:
    return {"axis": some_axes(axis, ndim_of(x))}


def _logsumexp_rule(g: Any, x: Any, axis: Axes) -> Any:
    return spread(g, shape_of(x), axis) * softmax(x, axis=axis)


def _softmax_rule(g: Any, out: Any, axis: Axes) -> Any:
    weighted = g * out
    return weighted - out * weighted.sum(axis=axis, keepdims=True)


def _log_softmax_rule(g: Any, out: Any, axis: Axes) -> Any:
    return g - exp(out) * g.sum(axis=axis, keepdims=True)


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


def _like_logits(targets: Any, logits: Any) -> Any:
    """Return targets, integers in the logits' dtype: with those NumPy would compute in float64."""
    if not (hasattr(targets, "dtype") and hasattr(logits, "dtype")):
        return targets  # Python's numbers take the other's dtype by themselves
    whole = targets.dtype.kind in "iub" and logits.dtype.kind in "fc"
    return targets.astype(logits.dtype) if whole else targets


def _cross_entropy_kernel(logits: Any, targets: Any, *, axis: Any = -1) -> Any:
    terms = np.multiply(_like_logits(targets, logits), _log_softmax_kernel(logits, axis=axis))
    # A target of 0 counts for nothing, also where its logit is −inf: 0 · ∞ is 0 here.
    impossible = np.isnan(terms) & np.equal(targets, 0)
    if is_foreign(impossible) or impossible.any():
        terms = np.where(impossible, terms.dtype.type(0), terms)
    return -np.add.reduce(terms, axis=axis)


def _per_class(g: Any, logits: Any, axis: int) -> Any:
    """Return the gradient of a loss per example, with the class axis put back."""
    return g.reshape(kept(shape_of(logits), (axis,)))


def _cross_entropy_by_logits(g: Any, logits: Any, targets: Any, axis: int) -> Any:
    total = targets.sum(axis=axis, keepdims=True)
    return _per_class(g, logits, axis) * (softmax(logits, axis=axis) * total - targets)


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
    total = np.log(np.add.reduce(np.exp(shifted), axis=axis))
    return total - shifted[_class_key(shifted, labels, axis)]


def _class_key(logits: Any, labels: Any, axis: int) -> tuple[Any, ...]:
    """Return the key that picks each example's own class; raise if it is not one."""
    labels = as_array(labels)
    check_labels(host_values(labels), logits.shape[axis])
    grid = [
        np.arange(n, like=labels).reshape(-1, *(1,) * k) for k, n in enumerate(labels.shape[::-1])
    ][::-1]
    return (*grid[:axis], labels, *grid[axis:])


def _softmax_minus_one_hot_kernel(logits: Any, labels: Any, *, axis: int) -> Any:
    difference = _softmax_kernel(logits, axis=axis)
    difference[_class_key(difference, labels, axis)] -= 1
    return difference


softmax_minus_one_hot = register(
    "softmax_minus_one_hot",
    _softmax_minus_one_hot_kernel,
    {
        "logits": lambda g, logits, axis: _softmax_rule(g, softmax(logits, axis=axis), (axis,)),
        "labels": NONDIFF,
    },
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
    targets = _like_logits(targets, logits)
    # In this order a small loss, that of a right answer, is not lost beside a large logit.
    linear = np.maximum(logits, 0) - np.multiply(logits, targets)
    loss = linear + np.log1p(np.exp(-abs_kernel(logits)))
    infinite = np.isinf(logits)
    if is_foreign(infinite) or np.any(infinite):
        # ∞ − ∞·y: certain and right costs 0, anything else is infinite.
        right = np.equal(targets, np.greater(logits, 0))
        loss = np.where(infinite, np.where(right, 0, np.inf), loss).astype(loss.dtype)
    return loss


sigmoid_cross_entropy = register(
    "sigmoid_cross_entropy",
    in_single(_binary_kernel),
    {
        "logits": lambda g, logits, targets: g * (sigmoid(logits) - targets),
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
