"""What may stand where the derivative of a function is meant that normalises along an axis.

Softmax and its logarithm, the gradient that a cross-entropy has of the logits, and norms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tensorgraph.teacher.judging.activations import Form, norm_axes


def across(name: str, x: Any, out: Any, axis: int, of: str, grad: str) -> Iterator[Form]:
    """Yield what may stand for the derivative of softmax, or of its logarithm.

    Args:
        name: of the function.
        x: what it takes.
        out: its result.
        axis: along which it normalises.
        of: what is called what it takes.
        grad: what the gradient is called.
    """
    axis %= out.ndim
    whole = name == "softmax"
    yield ("derivative", "skip", f"the derivative of {name} is missing in {grad}", lambda g: g, 1.0)
    told = (
        f"the cross terms of {name} are missing in {grad}: each output depends on all inputs of"
        " its sample, not on its own alone"
    )
    share = out if whole else np.exp(out)
    yield "cross terms", "diagonal", told, _times(share * (1 - share) if whole else 1 - share), 1.05
    if whole:
        told = f"{told} (the sum over axis {axis} is left out)"
        yield "cross terms", "no sum", told, _times(out), 1.1
        told = f"a mean over axis {axis} stands in the derivative of {name} in {grad}, it is a sum"
        yield "mean", "mean", told, lambda g: out * (g - (g * out).mean(axis, keepdims=True)), 1.2
        told = f"the gradient is not multiplied by {name} in the sum of its derivative in {grad}"
        yield "factor", "no share", told, lambda g: out * (g - g.sum(axis, keepdims=True)), 1.2
        told = f"{name} is missing before the bracket of its derivative in {grad}: P (g − Σ g P)"
        yield "factor", "bare", told, lambda g: g - (g * out).sum(axis, keepdims=True), 1.2
        told = f"a sign is wrong in the derivative of {name} in {grad}: P (g − Σ g P)"
        yield "sign", "sign", told, lambda g: out * (g + (g * out).sum(axis, keepdims=True)), 1.2
        told = f"the gradient is missing in the sum of the derivative of {name} in {grad}"
        yield "factor", "no g", told, lambda g: out * (g - 1), 1.3
        told = f"{of} stands in the derivative of {name} in {grad} where the result is meant"
        for key, first, second in (("both", x, x), ("first", x, out), ("second", out, x)):
            yield "value", f"x {key}", told, _by_jacobian(first, second, axis), 1.25
        told = f"a square is wrong in the derivative of {name} in {grad}"
        yield "wrong derivative", "square", told, _times(1 - out**2), 1.5
    for other in range(out.ndim):
        if other != axis:
            told = f"the sum in the derivative of {name} in {grad} is over axis {other}, not {axis}"
            yield "axis", f"axis {other}", told, _softmax_rule(whole, share, other), 1.2
    told = f"the derivative of {name} is applied twice in {grad}"
    rule = _softmax_rule(whole, share, axis)
    yield "extra derivative", "twice", told, lambda g: rule(rule(g)), 1.3


def of_labels(
    share: Any, came: Any, axis: int, grad: str
) -> Iterator[tuple[str, str, str, Any, float]]:
    """Yield what may stand where the gradient of a cross-entropy is meant, P less the labels.

    Args:
        share: P, the result of softmax.
        came: the gradient of its logits.
        axis: that of the classes.
        grad: what the gradient is called.
    """
    with np.errstate(all="ignore"):
        weight = np.median(came / share, axis=axis, keepdims=True)
        if share.shape[axis] == 2:  # of two classes, the label's own is negative
            weight = np.max(came / share, axis=axis, keepdims=True)
        labels = share - came / weight
        off = np.abs(labels - np.round(labels)).max(initial=0.0)
        labels = np.round(labels)
    if not off < 1e-6 or labels.min() < 0 or not (labels.sum(axis=axis) == 1).all():
        return
    told = f"the label's 1 is added in {grad} where it is to be subtracted: P − Y"
    yield "value", "labels added", told, weight * (share + labels), 1.05
    told = f"1 is subtracted everywhere in {grad}, not in the place of each label alone: P − Y"
    yield "value", "labels everywhere", told, weight * (share - 1), 1.05
    told = f"the entry of each label is set to 1 in {grad}; 1 is to be subtracted there (−=): P − Y"
    yield "value", "labels set", told, weight * np.where(labels == 1, 1.0, share), 1.1
    told = f"the label's 1 is not subtracted in {grad}: it is P − Y"
    yield "value", "no labels", told, weight * share, 1.1
    told = f"{grad} is there in the place of each label alone: P − Y has all classes"
    yield "some elements", "labels alone", told, weight * (share - labels) * labels, 1.1


def standardised(x: Any, out: Any, axis: Any, grad: str, at: str) -> Iterator[Form]:
    """Yield what may stand for the derivative of a norm: that of x̂ = (x − mean) / std.

    It is (g − mean(g) − x̂ mean(g x̂)) / std.
    """
    rest = x - x.mean(axis=axis, keepdims=True)
    unit = np.sqrt(
        (out**2).mean(axis=axis, keepdims=True) / (rest**2).mean(axis=axis, keepdims=True)
    )
    n = np.prod([x.shape[a] for a in np.atleast_1d(axis)])

    def mean(g: Any, over: Any = axis) -> Any:
        return g.mean(axis=over, keepdims=True)

    yield "derivative", "skip", f"the derivative of the norm is missing in {grad}", lambda g: g, 1.1
    told = f"the division by the standard deviation is missing in {grad}"
    yield "factor", "no std", told, lambda g: g - mean(g) - out * mean(g * out), 1.1
    told = f"{grad} is divided by the variance, it is to be divided by the standard deviation"
    yield (
        "factor", "variance", told,
        lambda g: unit**2 * (g - mean(g) - out * mean(g * out)), 1.2,
    )  # fmt: skip
    told = f"the paths through the mean and the variance are missing in {grad}"
    yield "part", "constants", told, lambda g: unit * g, 1.1
    told = f"the path through the mean is missing in {grad}"
    yield "part", "no mean", told, lambda g: unit * (g - out * mean(g * out)), 1.1
    told = f"the path through the variance is missing in {grad}"
    yield "part", "no variance", told, lambda g: unit * (g - mean(g)), 1.1
    told = f"{at} is missing in the path through the variance in {grad}"
    yield "factor", "no out", told, lambda g: unit * (g - mean(g) - mean(g * out)), 1.2
    told = f"{at} is missing in the mean of the path through the variance in {grad}"
    yield "factor", "no out inside", told, lambda g: unit * (g - mean(g) - out * mean(g)), 1.2
    told = f"sums stand in {grad} where means are meant: a division by {n} is missing"
    yield "mean", "sums", told, lambda g: unit * (g - n * mean(g) - n * out * mean(g * out)), 1.2
    for a, b, which in ((1, -1, "variance"), (-1, 1, "mean"), (-1, -1, "mean and the variance")):
        told = f"the path through the {which} has the wrong sign in {grad}"
        yield "sign", f"sign of {which}", told, _signed(unit, out, a, b, mean), 1.2
    for other in norm_axes(x.ndim):
        if other == axis:
            continue
        told = f"of the {{}} in {grad} the mean is over axis {other}, it is to be over {axis}"
        for which, a, b in (("mean", other, axis), ("variance", axis, other), ("", other, other)):
            path = f"path through the {which}" if which else "paths through mean and variance"
            form = _over_axes(unit, out, a, b, mean)
            yield "axis", f"axis {other} {which}", told.format(path), form, 1.2


def _signed(unit: Any, out: Any, a: int, b: int, mean: Callable[..., Any]) -> Callable[[Any], Any]:
    return lambda g: unit * (g - a * mean(g) - b * out * mean(g * out))


def _over_axes(
    unit: Any, out: Any, first: Any, second: Any, mean: Callable[..., Any]
) -> Callable[[Any], Any]:
    return lambda g: unit * (g - mean(g, first) - out * mean(g * out, second))


def _softmax_rule(whole: bool, share: Any, axis: int) -> Callable[[Any], Any]:
    if whole:
        return lambda g: share * (g - (g * share).sum(axis=axis, keepdims=True))
    return lambda g: g - share * g.sum(axis=axis, keepdims=True)


def _by_jacobian(first: Any, second: Any, axis: int) -> Callable[[Any], Any]:
    return lambda g: first * (g - (g * second).sum(axis, keepdims=True))


def _times(slope: Any) -> Callable[[Any], Any]:
    return lambda g: g * slope
