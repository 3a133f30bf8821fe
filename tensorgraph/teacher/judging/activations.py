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
    axis: int | None = None
    """Along which it normalises."""


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


def _possible(value: Any) -> list[tuple[str, int | None]]:
    """Return what a value may be the result of."""
    low, high = float(value.min()), float(value.max())
    found: list[tuple[str, int | None]] = []
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


def _made_of(
    recording: Recording, out: Node, kinds: list[tuple[str, int | None]]
) -> Iterator[Activation]:
    """Yield what a value is the activation of: of what is nearest, if of several."""
    value = recording.values[out]
    inside: dict[Any, None] = {out: None}
    waiting = [out]
    for node in waiting:
        for i, _ in node.plan.rules:
            place = node.parents[i]
            if place in inside or len(inside) > FARTHEST:
                continue
            inside[place] = None
            x = recording.values[place]
            for name, axis in kinds if np.shape(x) == np.shape(value) else ():
                with np.errstate(all="ignore"):
                    if axis is None:
                        told = PLAIN[name](x)
                    else:
                        told = softmax(x, axis)
                        told = np.log(told) if name == "log_softmax" else told
                if np.allclose(told, value, rtol=1e-9, atol=1e-12) and place is not out:
                    if np.array_equal(x, value):
                        continue  # it is no function of that, but that itself
                    edges = tuple(e for e in recording.takers[place] if e[0] in inside)
                    yield Activation(name, place, out, edges, axis)
                    if axis is None:
                        return
            if type(place) is Node:
                waiting.append(place)


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
    masks = name in ("relu", "clip", "minimum", "where", "maximum")
    f = "relu" if name == "maximum" else name
    missing = f"the mask of {f} is missing" if masks else f"the derivative of {f} is missing"
    yield (
        "mask" if masks else "derivative", "skip",
        f"{missing} in {grad}: what comes to {at} is passed on as it is", lambda g: g, 1.0,
    )  # fmt: skip
    yield (
        "extra derivative", "twice", f"the derivative of {f} is applied twice in {grad}",
        lambda g: g * slope * slope, 1.3,
    )  # fmt: skip
    kind = "wrong mask" if masks else "wrong derivative"
    meant = f"the mask [{of} > 0]" if masks else f"the derivative of {f}"
    yield kind, "out", f"{at} stands in {grad} where {meant} is meant", _times(out), 1.3
    yield kind, "x", f"{of} stands in {grad} where {meant} is meant", _times(x), 1.4
    yield (
        "wrong mask", "upside down",
        f"the mask of {f} in {grad} is upside down: it keeps what is to be 0",
        _times((x <= 0) * 1.0), 1.4,
    )  # fmt: skip
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
                    f" you have {form.format(of)}, it is {form.format(at)}"
                )
                yield "value", "of x", told, _times(of_out(x)), 1.1
        if name == "tanh":
            told = f"the square is missing in the derivative of tanh in {grad}: 1 − {at}²"
            yield "wrong derivative", "no square", told, _times(1 - out), 1.3
            told = f"a sign is wrong in the derivative of tanh in {grad}: it is 1 − {at}²"
            yield "wrong derivative", "sign", told, _times(1 + out**2), 1.4
            told = f"the 1 is missing in the derivative of tanh in {grad}: it is 1 − {at}²"
            yield "wrong derivative", "no one", told, _times(out**2), 1.5
        if name == "sigmoid":
            told = f"the factor {at} is missing in the derivative of sigmoid in {grad}:"
            yield "wrong derivative", "half", f"{told} {at} (1 − {at})", _times(1 - out), 1.4
            told = f"a sign is wrong in the derivative of sigmoid in {grad}: {at} (1 − {at})"
            yield "wrong derivative", "sign", told, _times(out * (1 + out)), 1.5
            told = f"a square is too many in the derivative of sigmoid in {grad}: {at} (1 − {at})"
            yield "wrong derivative", "square", told, _times(1 - out**2), 1.5


def across(name: str, out: Any, axis: int, grad: str) -> Iterator[Form]:
    """Yield what may stand for the derivative of softmax, or of its logarithm."""
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
        told = f"a square is wrong in the derivative of {name} in {grad}"
        yield "wrong derivative", "square", told, _times(1 - out**2), 1.5
    for other in range(out.ndim):
        if other != axis:
            told = f"the sum in the derivative of {name} in {grad} is over axis {other}, not {axis}"
            yield "axis", f"axis {other}", told, _softmax_rule(whole, share, other), 1.2
    told = f"the derivative of {name} is applied twice in {grad}"
    rule = _softmax_rule(whole, share, axis)
    yield "extra derivative", "twice", told, lambda g: rule(rule(g)), 1.3


def _softmax_rule(whole: bool, share: Any, axis: int) -> Callable[[Any], Any]:
    if whole:
        return lambda g: share * (g - (g * share).sum(axis=axis, keepdims=True))
    return lambda g: g - share * g.sum(axis=axis, keepdims=True)


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
