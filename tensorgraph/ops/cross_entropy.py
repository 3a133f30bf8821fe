"""Cross-entropies from logits, and their gradient A − Y.

Values and derivatives of both orders are within 4 ulp, however certain a class is: 1 − A is made of
the others. Where terms cancel, as in A − Y of targets that are no classes, an ulp of the largest
counts; a term e^(x − max) is as exact as in the softmax family.
"""

from __future__ import annotations

from typing import Any, SupportsIndex

import numpy as np

from tensorgraph.engine.arrays import as_array, host_values, is_foreign
from tensorgraph.engine.dispatch import dispatch
from tensorgraph.engine.domain import Integer, Simplex
from tensorgraph.engine.op import register
from tensorgraph.engine.rule import NONDIFF, Rule
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.engine.summation import add_up
from tensorgraph.errors import ShapeError
from tensorgraph.ops import _lowerings
from tensorgraph.ops._axes import kept, one_axis
from tensorgraph.ops._batching import along, leading
from tensorgraph.ops._blocks import floating, over
from tensorgraph.ops.activation import sigmoid, sigmoid_kernel, sigmoid_slope, softplus
from tensorgraph.ops.arithmetic import abs_kernel
from tensorgraph.ops.index import check_labels, one_hot, take_along_axis
from tensorgraph.ops.logits import (
    in_dtype_of,
    log_softmax,
    log_softmax_kernel,
    log_total,
    minus_share,
    shifted_by_max,
    softmax,
    softmax_rule,
)
from tensorgraph.ops.reduce import all_finite, in_single, sum
from tensorgraph.ops.shape import expand_dims, squeeze

__all__ = [
    "class_cross_entropy", "sigmoid_cross_entropy", "sigmoid_minus", "softmax_cross_entropy",
    "softmax_minus_one_hot",
]  # fmt: skip


def _check_distributions(logits: Any, targets: Any, *, axis: SupportsIndex) -> dict[str, Any]:
    if shape_of(logits) != shape_of(targets):
        labels = ndim_of(targets) == ndim_of(logits) - 1
        hint = "; for class labels write tg.class_cross_entropy(logits, labels)" if labels else ""
        raise ShapeError(
            f"logits of shape {shape_of(logits)} and target distributions of shape"
            f" {shape_of(targets)} must have the same shape{hint}"
        )
    return {"axis": one_axis(axis, ndim_of(logits))}


def _cross_entropy_kernel(logits: Any, targets: Any, *, axis: Any = -1) -> Any:
    terms = np.multiply(in_dtype_of(targets, logits), log_softmax_kernel(logits, axis=axis))
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
    jvp={
        "logits": lambda g, logits, targets, axis: (
            -sum(g * minus_share(targets, softmax(logits, axis=axis), axis=axis), axis=axis)
        ),
        "targets": lambda g, logits, axis: -sum(g * log_softmax(logits, axis=axis), axis=axis),
    },
    batch=along("axis"),
    lowering=_lowerings.softmax_cross_entropy,
    domain={"targets": Simplex()},
    body=lambda logits, targets, *, axis: -sum(targets * log_softmax(logits, axis=axis), axis=axis),
    prepare=_check_distributions,
    doc="""Return −Σ Y log softmax(Z) along `axis`, for target distributions Y.

    The gradient by Z is softmax(Z) · ΣY − Y, which is A − Y where Y sums to 1.

    >>> tg.softmax_cross_entropy([0.0, 0.0], [0.5, 0.5]).round(3)
    tensor(0.693)
    """,
)


def _check_classes(logits: Any, labels: Any, *, axis: SupportsIndex) -> dict[str, Any]:
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
    shifted, _, finite = shifted_by_max(logits, axis)
    return log_total(shifted, finite, axis, False) - shifted[_class_key(shifted, labels, axis)]


def _class_key(logits: Any, labels: Any, axis: int) -> tuple[Any, ...]:
    """Return the key that picks each example's own class; raise if it is not one."""
    labels = as_array(labels)
    check_labels(host_values(labels), logits.shape[axis])
    last = labels.ndim - 1
    grid = [np.arange(n, like=labels) for n in labels.shape]
    if last > 0:  # each along its own axis
        grid = [rows.reshape(-1, *(1,) * (last - i)) for i, rows in enumerate(grid)]
    return (*grid[:axis], labels, *grid[axis:])


def _softmax_minus_one_hot_kernel(logits: Any, labels: Any, *, axis: int) -> Any:
    weights = over(np.exp, shifted_by_max(logits, axis)[0])
    key = _class_key(weights, labels, axis)
    # What is left of 1 without the own class is the share of the others.
    own = weights[key]
    weights[key] = 0
    others = add_up(weights, axis=axis, keepdims=True)
    total = others + own.reshape(others.shape)
    weights /= total
    weights[key] = -(others / total).reshape(own.shape)
    return weights


def _difference_rule(g: Any, logits: Any, axis: int) -> Any:
    return softmax_rule(g, softmax(logits, axis=axis), (axis,))


softmax_minus_one_hot = register(
    "softmax_minus_one_hot",
    in_single(_softmax_minus_one_hot_kernel),
    {"logits": _difference_rule, "labels": NONDIFF},
    family="fused",
    jvp={"logits": _difference_rule},
    batch=along("axis"),
    lowering=_lowerings.softmax_minus_one_hot,
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
    difference = dispatch(softmax_minus_one_hot.op, (logits, labels), {"axis": axis})
    return _per_class(g, logits, axis) * difference


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
    jvp={
        "logits": lambda g, logits, labels, axis: sum(
            g * softmax_minus_one_hot(logits, labels, axis=axis), axis=axis
        )
    },
    batch=along("axis"),
    lowering=_lowerings.class_cross_entropy,
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
    logits = floating(logits)
    targets = in_dtype_of(targets, logits)
    # Of a right answer nothing is left here but the logarithm, which is small beside the logit.
    loss = logits * _less_target(np.greater(logits, 0), targets, logits)
    loss += over(np.log1p, over(np.exp, over(np.negative, abs_kernel(logits))))
    if is_foreign(loss) or not all_finite(loss):
        # ∞ − ∞·y: certain and right costs 0, anything else is infinite.
        right = np.equal(targets, np.greater(logits, 0))
        limit = np.where(right, loss.dtype.type(0), loss.dtype.type(np.inf))
        loss = np.where(np.isinf(logits), limit, loss)
    return loss


def _less_target(positive: Any, targets: Any, logits: Any) -> Any:
    """Return 1 where a logit is positive, else 0, minus its target."""
    return np.subtract(positive, targets, dtype=np.result_type(logits, targets))


def _sigmoid_minus_kernel(logits: Any, targets: Any) -> Any:
    logits = floating(logits)
    targets = in_dtype_of(targets, logits)
    if is_foreign(logits) or np.result_type(logits).kind == "c":
        return (1 - targets) * sigmoid_kernel(logits) - targets * sigmoid_kernel(-logits)
    # σ(z) is s = σ(−|z|) below 0 and 1 − s above: that 1 minus a target of 1 leaves nothing.
    small = over(np.exp, over(np.negative, np.abs(logits)))
    small /= 1 + small
    above = np.logical_not(np.signbit(logits))
    return _less_target(above, targets, logits) - np.copysign(small, logits)


_MINUS_SLOPES: dict[str, Rule] = {
    "logits": lambda g, logits: g * sigmoid_slope(logits),
    "targets": lambda g: -g,
}
"""Rules of both directions: each element depends on its own ones alone."""

sigmoid_minus = register(
    "sigmoid_minus",
    in_single(_sigmoid_minus_kernel),
    _MINUS_SLOPES,
    family="fused",
    jvp=_MINUS_SLOPES,
    batch=leading,
    lowering=_lowerings.sigmoid_minus,
    symbol="A − Y",
    body=lambda logits, targets: sigmoid(logits) - targets,
    prepare=_check_same_shape,
    doc="""Return σ(Z) − Y, exact where both are 1: the gradient of the binary cross-entropy.

    >>> tg.sigmoid_minus([0.0, 0.0], [0.0, 1.0])
    tensor([ 0.5, -0.5])
    """,
)

_BINARY_SLOPES: dict[str, Rule] = {
    "logits": lambda g, logits, targets: g * sigmoid_minus(logits, targets),
    "targets": lambda g, logits: -(g * logits),
}

sigmoid_cross_entropy = register(
    "sigmoid_cross_entropy",
    in_single(_binary_kernel),
    _BINARY_SLOPES,
    family="fused",
    jvp=_BINARY_SLOPES,
    batch=leading,
    lowering=_lowerings.sigmoid_cross_entropy,
    body=lambda logits, targets: softplus(logits) - logits * targets,
    prepare=_check_same_shape,
    doc="""Return log(1 + e^Z) − Z·Y, the binary cross-entropy of sigmoid(Z) against Y.

    The gradient by Z is A − Y, with A = sigmoid(Z).

    >>> tg.sigmoid_cross_entropy([0.0, 1e4], [1.0, 1.0]).round(3)
    tensor([0.693, 0.   ])
    """,
)
