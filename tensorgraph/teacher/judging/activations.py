"""What may stand where the derivative of an activation is meant.

An activation may be one operation, or several: ``1 / (1 + exp(−Z))``, ``exp(Z) / sum(exp(Z))``. It
is known by its values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph.engine.graph import Node
from tensorgraph.engine.op import REGISTRY
from tensorgraph.teacher.judging.names import bracketed
from tensorgraph.teacher.judging.recording import Edge, Recording

FARTHEST = 12
"""An activation is made of no more operations."""

Form = tuple[str, str, str, Callable[[Any], Any], float]
"""What is wrong (one word), a key, a text, what then comes of a gradient, and a cost."""


@dataclass(frozen=True, eq=False)
class Activation:
    """A value that is computed from another, element by element or along an axis."""

    name: str
    """The function: ``sigmoid``, ``softmax``."""
    x: Any
    """The place of what it takes."""
    out: Node
    edges: tuple[Edge, ...]
    """By which the gradient comes to what it takes."""
    axis: Any = None
    """Along which it normalises; several for some norms."""


def sigmoid(z: Any) -> Any:
    """Return 1 / (1 + exp(−z))."""
    return 1 / (1 + np.exp(-z))


def softmax(z: Any, axis: int) -> Any:
    """Return the softmax along an axis."""
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


PLAIN: dict[str, Callable[[Any], Any]] = {
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0.0),
}
SLOPES: dict[str, Callable[[Any], Any]] = {
    "sigmoid": lambda z: sigmoid(z) * (1 - sigmoid(z)),
    "tanh": lambda z: 1 - np.tanh(z) ** 2,
    "relu": lambda z: (z > 0) * 1.0,
}
"""The derivative of each, at what it takes."""
OF_RESULT: dict[str, Callable[[Any], Any]] = {
    "sigmoid": lambda a: a * (1 - a),
    "tanh": lambda a: 1 - a**2,
    "relu": lambda a: (a > 0) * 1.0,
}
"""The derivative of each, by its result."""

SHORT = {"sigmoid": "σ"}
"""What formulas call them, where that is shorter."""

KNOWN = tuple(REGISTRY[name] for name in (*PLAIN, "softmax", "log_softmax"))
"""Those that are one operation."""


def activations(recording: Recording) -> list[Activation]:
    """Return the activations of a graph that are made of several operations."""
    found: list[Activation] = []
    for node in recording.nodes:
        value = recording.values[node]
        if node.op in KNOWN or np.size(value) < 2:
            continue
        if not np.ptp(value) > 0:
            continue
        kinds = _possible(value)
        if kinds:
            found += _made_of(recording, node, kinds)
    return found


def _possible(value: Any) -> list[tuple[str, Any]]:
    """Return what a value may be the result of."""
    low, high = float(value.min()), float(value.max())
    found: list[tuple[str, Any]] = [
        ("norm", axis) for axis in norm_axes(value.ndim) if _is_standardised(value, axis)
    ]
    if low >= 0 and high <= 1:
        found.append(("sigmoid", None))
        found += [
            ("softmax", axis) for axis in range(value.ndim)
            if value.shape[axis] > 1
            and np.allclose(value.sum(axis=axis), 1, rtol=1e-9, atol=0)
        ]  # fmt: skip
    if low >= -1 and high <= 1:
        found.append(("tanh", None))
    if low == 0:
        found.append(("relu", None))
    if high <= 0:
        found += [
            ("log_softmax", axis) for axis in range(value.ndim)
            if value.shape[axis] > 1
            and np.allclose(np.exp(value).sum(axis=axis), 1, rtol=1e-9, atol=0)
        ]  # fmt: skip
    return found


def norm_axes(ndim: int) -> list[Any]:
    """Return the axes that norms go over: one, all but the first, all but the second."""
    several = [tuple(a for a in range(ndim) if a != k) for k in (0, 1) if ndim > 2]
    return [*range(ndim), *several]


def _is_standardised(value: Any, axis: Any) -> bool:
    """Return whether the mean along axes is 0, and the variance 1 but for an epsilon."""
    if np.prod([value.shape[a] for a in np.atleast_1d(axis)]) < 3:
        return False
    square = np.mean(value**2, axis=axis)
    return bool(
        np.abs(value.mean(axis=axis)).max() < 1e-9 and 0.5 < square.min() <= square.max() < 1 + 1e-9
    )


def _standardised(x: Any, value: Any, axis: Any) -> Any:
    """Return x less its mean along axes, in the unit in which it comes nearest to a value."""
    rest = x - x.mean(axis=axis, keepdims=True)
    with np.errstate(all="ignore"):
        unit = (rest * value).sum(axis=axis, keepdims=True) / (rest**2).sum(
            axis=axis, keepdims=True
        )
    return rest * unit


def _made_of(recording: Recording, out: Node, kinds: list[tuple[str, Any]]) -> Iterator[Activation]:
    """Yield what a value is the activation of: of what is nearest, if of several."""
    value = recording.values[out]
    inside = _leading_to(out)
    for place in inside[1:]:
        x = recording.values[place]
        if np.shape(x) != np.shape(value) or np.array_equal(x, value):
            continue
        for name, axis in kinds:
            with np.errstate(all="ignore"):
                told = _result(name, axis, x, value)
            if np.allclose(told, value, rtol=1e-9, atol=1e-12):
                edges = tuple(e for e in recording.takers[place] if e[0] in inside)
                yield Activation(name, place, out, edges, axis)
                if axis is None:
                    return


def _leading_to(out: Node) -> list[Any]:
    """Return the places that a value is computed from, the nearest first."""
    inside: dict[Any, None] = {out: None}
    for place in (waiting := [out]):
        for i, _ in place.plan.rules:
            parent = place.parents[i]
            if parent not in inside and len(inside) <= FARTHEST:
                inside[parent] = None
                if type(parent) is Node:
                    waiting.append(parent)
    return list(inside)


def _result(name: str, axis: Any, x: Any, value: Any) -> Any:
    """Return a function of x; where softmax gives 0, something is masked."""
    if axis is None:
        return PLAIN[name](x)
    if name == "norm":
        return _standardised(x, value, axis)
    if name == "softmax":
        return softmax(np.where(value == 0, -np.inf, x), axis)
    return np.log(softmax(x, axis))


def forms(name: str, x: Any, out: Any, of: str, at: str, grad: str, slope: Any) -> Iterator[Form]:
    """Yield what may stand for the derivative of an elementwise function.

    Args:
        name: of the function.
        x: what it takes.
        out: its result.
        of: what that is called.
        at: what its result is called.
        grad: what the gradient is called.
        slope: its derivative.
    """
    z, a = bracketed(of), bracketed(at)
    masks = name in ("relu", "clip", "minimum", "where", "maximum")
    f = "relu" if name == "maximum" else name
    missing = f"the mask of {f} is missing" if masks else f"the derivative of {f} is missing"
    yield (
        "mask" if masks else "derivative", "skip",
        f"{missing} in {grad}: what comes to {at} is passed on as it is", lambda g: g, 1.0,
    )  # fmt: skip
    yield (
        "factor", "no g", f"the gradient that comes to {at} is missing in {grad}: the derivative of"
        f" {f} stands there alone", lambda g: slope + 0 * g, 1.3,
    )  # fmt: skip
    yield (
        "extra derivative", "twice", f"the derivative of {f} is applied twice in {grad}",
        lambda g: g * slope * slope, 1.3,
    )  # fmt: skip
    kind = "wrong mask" if masks else "wrong derivative"
    meant = f"the mask [{of} > 0]" if masks else f"the derivative of {f}"
    yield kind, "out", f"{at} stands in {grad} where {meant} is meant", _times(out), 1.3
    yield kind, "x", f"{of} stands in {grad} where {meant} is meant", _times(x), 1.4
    told = f"the mask of {f} in {grad} is upside down: it keeps what is to be 0"
    yield "wrong mask", "upside down", told, _times((x <= 0) * 1.0), 1.4
    if np.any(x == 0):
        yield "wrong mask", "upside down, 0 not", told, _times((x < 0) * 1.0), 1.42
    yield (
        "wrong mask", "of g",
        f"the mask of {f} in {grad} is taken from the gradient that comes in,"
        f" d{at} > 0, where {of} > 0 is meant",
        lambda g: g * (g > 0), 1.4,
    )  # fmt: skip
    yield "wrong derivative", "inverse", f"{grad} is divided by the derivative of {f}, it is to be"\
        " multiplied by it", _over(slope), 1.5  # fmt: skip
    with np.errstate(all="ignore"):
        for other, of_x in SLOPES.items():
            of_out = OF_RESULT[other]
            if other != name and not (masks and other == "relu"):
                told = f"the derivative of {other} stands in {grad}, where that of {f} is meant"
                yield "wrong derivative", other, told, _times(of_out(out)), 1.4
                yield "wrong derivative", f"{other} of x", told, _times(of_x(x)), 1.4
                continue
            told = f"the derivative of {f} in {grad} is taken at {at}, where {of} is meant"
            yield "value", "again", told, _times(of_x(out)), 1.4
            if other != "relu":
                form = {"sigmoid": "{0} (1 − {0})", "tanh": "1 − {0}²"}[other]
                told = (
                    f"the derivative of {f} in {grad} is taken at {of} where {at} is meant:"
                    f" you have {form.format(z)}, it is {form.format(a)}"
                )
                yield "value", "of x", told, _times(of_out(x)), 1.1
        if name == "tanh":
            told = f"the square is missing in the derivative of tanh in {grad}: 1 − {a}²"
            yield "wrong derivative", "no square", told, _times(1 - out), 1.3
            told = f"a sign is wrong in the derivative of tanh in {grad}: it is 1 − {a}²"
            yield "wrong derivative", "sign", told, _times(1 + out**2), 1.4
            told = f"the 1 is missing in the derivative of tanh in {grad}: it is 1 − {a}²"
            yield "wrong derivative", "no one", told, _times(out**2), 1.5
        if name in ("square", "power"):
            told = f"the factor {of} is missing in {grad}: it is in the derivative of {at}"
            yield "factor", "no x", told, _times(slope / x), 1.3
        if name == "sigmoid":
            told = f"the factor {at} is missing in the derivative of sigmoid in {grad}:"
            yield "wrong derivative", "half", f"{told} {a} (1 − {a})", _times(1 - out), 1.4
            told = f"a sign is wrong in the derivative of sigmoid in {grad}: {a} (1 − {a})"
            yield "wrong derivative", "sign", told, _times(out * (1 + out)), 1.5
            told = f"a square is too many in the derivative of sigmoid in {grad}: {a} (1 − {a})"
            yield "wrong derivative", "square", told, _times(1 - out**2), 1.5


def _times(slope: Any) -> Callable[[Any], Any]:
    return lambda g: g * slope


def _over(slope: Any) -> Callable[[Any], Any]:
    return lambda g: g / slope


def extra_slopes(x: Any, name: str) -> list[tuple[str, Any]]:
    """Return the derivatives of activations, taken at a value, and at what it is of as a result."""
    with np.errstate(all="ignore"):
        found = [
            (f"σ′({name})", SLOPES["sigmoid"](x)),
            (f"{name} (1 − {name})", x * (1 - x)),
            (f"1 − {name}²", 1 - x**2),
            (f"tanh′({name})", SLOPES["tanh"](x)),
            (f"[{name} > 0]", (x > 0) * 1.0),
            (name, x),
        ]
        for axis in (0, -1) if np.ndim(x) > 1 else ():
            a = softmax(x, axis)
            found.append((f"A (1 − A), with A = softmax({name}),", a * (1 - a)))
    return found
