"""What may go wrong at one edge of a backward pass, by the kind of its operation.

Each kind of operation has few: its rule left out, taken at another value, of another function, with
a product turned round. Whether a change explains what somebody has, its numbers tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from tensorgraph.engine.graph import Node
from tensorgraph.teacher.judging.activations import (
    OF_RESULT,
    SHORT,
    SLOPES,
    Activation,
    activations,
    forms,
)
from tensorgraph.teacher.judging.change import Change
from tensorgraph.teacher.judging.composites import Composite, composites, forms as of_composite
from tensorgraph.teacher.judging.known_numbers import KnownNumbers
from tensorgraph.teacher.judging.mixing_changes import Mixing
from tensorgraph.teacher.judging.names import Names
from tensorgraph.teacher.judging.normalising import across, of_labels, standardised
from tensorgraph.teacher.judging.operations import (
    ADD,
    CONV,
    CONV_TRANSPOSE,
    DIVIDE,
    EINSUM,
    LOG_SOFTMAX,
    MATMUL,
    MULTIPLY,
    SOFTMAX,
)
from tensorgraph.teacher.judging.other_rules import times, with_saved
from tensorgraph.teacher.judging.passes import At, Changed, Pass
from tensorgraph.teacher.judging.recording import Edge, Recording


class Finder(Mixing):
    """Finds what may be wrong at edges.

    Args:
        recording: the graph.
        names: what its places are called.
        constants: other arrays of the caller's, by name.
        numbers: what numbers are called.
    """

    def __init__(
        self,
        recording: Recording,
        names: Names,
        constants: Mapping[str, Any],
        numbers: KnownNumbers,
    ) -> None:
        super().__init__(recording, names, constants, numbers)
        self._begun: dict[Edge, list[Activation]] = {}
        for found in activations(recording):
            self._begun.setdefault(found.edges[0], []).append(found)
        known = {
            each.out: (SHORT.get(each.name, each.name), each.x)
            for some in self._begun.values()
            for each in some
        }
        names.functions |= known
        self._made: dict[Edge, list[Composite]] = {}
        for made in composites(recording, names):
            if made.out not in known:
                self._made.setdefault(made.edges[0], []).append(made)

    def at(self, edge: Edge, base: Pass) -> Iterator[Change]:
        """Yield what may be wrong at an edge."""
        node, _ = edge
        if node.op.family == "elementwise":
            yield from self._elementwise(edge)
        if node.op in (SOFTMAX, LOG_SOFTMAX):
            yield from self._across(edge, base)
        for found in self._begun.get(edge, ()):
            yield from self._whole_activation(found, base)
        for made in self._made.get(edge, ()):
            yield from self._composite(made)
        if node.op is MATMUL:
            yield from self.product(edge)
        elif node.op in (CONV, CONV_TRANSPOSE, EINSUM):
            yield from self.convolution(edge)
        elif node.op.family == "reduce":
            yield from self.reduction(edge)
        elif node.op.family == "shape":
            yield from self.moved(edge)
        elif node.op.family == "index":
            yield from self.indexed(edge)
        yield from self._of_another_gradient(edge, base)

    # ------------------------------------------------------------------------------ by families

    def _elementwise(self, edge: Edge) -> Iterator[Change]:
        node, i = edge
        x, out = self.recording.operand(edge), self.recording.values[node]
        name, parent = node.op.name, node.parents[i]
        variables = [
            p for k, p in enumerate(node.parents) if k != i and np.ndim(self.recording.of(p))
        ]
        if variables and name in ("multiply", "divide"):
            yield from self._masked(edge)
            return
        if np.shape(x) != node.shape and name not in ("where", "maximum"):
            yield from self._scaled_operand(edge)
            return
        if name in ("add", "subtract", "negative", "positive"):
            return
        if name in ("multiply", "divide"):
            yield from self._scaled_operand(edge)
            return
        of, grad = self.names.of(parent), self.names.gradient_of(parent)
        at = self.names.called.get(node) or f"{name}({of})"
        slope = _slope(node, i)
        for kind, key, text, form, cost in forms(name, x, out, of, at, grad, slope):
            yield Change(kind, key, text, _on_g(form), cost)
        for k, kept in enumerate(node.saved or ()):
            if kept is None or np.shape(kept) != node.shape:
                continue
            right = out if k == len(node.parents) else self.recording.of(node.parents[k])
            told = self.names.of(node if k == len(node.parents) else node.parents[k])
            what = "mask" if name in ("relu", "maximum", "where") else "derivative"
            for other, value in self.alike(right, node.shape):
                text = f"the {what} of {name} in {grad} is that of {other}, where {told} is meant"
                yield Change("value", f"saved {k}", text, with_saved(k, value), 1.45)
        for other, value in self.alike(out, node.shape) if name in OF_RESULT else ():
            text = f"the derivative of {name} in {grad} is that of {other}, where {at} is meant"
            with np.errstate(all="ignore"):
                form = _product(OF_RESULT[name](value))
            yield Change("value", "result of another", text, _on_g(form), 1.45)
        if name in ("relu", "maximum", "where"):
            for other, value in self.alike(x, x.shape):
                text = f"the mask of {name} in {grad} is that of {other}, where {of} is meant"
                yield Change("value", "mask of another", text, times((value > 0) * 1.0), 1.5)

    def _whole_activation(self, found: Activation, base: Pass) -> Iterator[Change]:
        """Yield what may be wrong at an activation that is made of several operations."""
        x, out = self.recording.values[found.x], self.recording.values[found.out]
        of, at = self.names.of(found.x), self.names.of(found.out)
        grad = self.names.gradient_of(found.x)
        if found.name == "norm":
            every = standardised(x, out, found.axis, grad, at)
        elif found.axis is not None:
            every = across(found.name, x, out, found.axis, of, grad)
        else:
            every = forms(found.name, x, out, of, at, grad, SLOPES[found.name](x))
        nothing = {edge: _nothing for edge in found.edges[1:]}
        nameless = 0.0 if found.out in self.names.called else 0.07
        for kind, key, text, form, cost in every:
            rule = _from(found.out, form)
            yield Change(kind, f"{found.name} {key}", text, rule, cost - 0.02 + nameless, nothing)
        if found.name in ("softmax", "log_softmax"):
            share = out if found.name == "softmax" else np.exp(out)
            for kind, key, text, g, cost in of_labels(share, base.grads[found.x], found.axis, grad):
                yield Change(kind, key, text, _instead(g), cost, nothing)
        if found.axis is None:
            for other, value in self.alike(out, out.shape):
                text = f"the derivative of {found.name} in {grad} is taken at {other}, where {at}"
                with np.errstate(all="ignore"):
                    slope = OF_RESULT[found.name](value)
                rule = _from(found.out, _product(slope))
                yield Change("value", "another", f"{text} is meant", rule, 1.45, nothing)

    def _composite(self, made: Composite) -> Iterator[Change]:
        """Yield what may be wrong at a function that is made of several operations."""
        of, at = self.names.of(made.x), self.names.of(made.out)
        nothing = {edge: _nothing for edge in made.edges[1:]}
        for kind, key, text, form, cost in of_composite(
            made, of, at, self.names.gradient_of(made.x)
        ):
            yield Change(kind, ("composite", key), text, _from(made.out, form), cost, nothing)

    def _masked(self, edge: Edge) -> Iterator[Change]:
        """Yield what may be wrong where one array is multiplied with another."""
        node, i = edge
        k = 1 - i
        other = self.recording.of(node.parents[k])
        grad, told = self.names.gradient_of(node.parents[i]), self.told(node.parents[k])
        zeros = np.asarray(other)
        is_mask = bool(np.isin(zeros, (0, 1)).all()) and bool((zeros == 0).any())
        is_mask = is_mask and type(node.parents[k]) is not Node
        what = f"the mask {told}" if is_mask else f"the factor {told}"
        yield Change(
            "mask" if is_mask else "factor", "skip", f"{what} is missing in {grad}",
            lambda at: at.g, 1.0,
        )  # fmt: skip
        if is_mask:
            yield Change(
                "wrong mask", "upside down",
                f"the mask {told} in {grad} is upside down: 1 − {told}",
                times((zeros == 0) * 1.0), 1.2,
            )  # fmt: skip
        if node.op is DIVIDE:
            yield Change(
                "derivative", "inverse", f"{grad} is multiplied by {told}, it is divided by it",
                lambda at: at.g * at.before.recording.of(at.edge[0].parents[k]), 1.3,
            )  # fmt: skip
            if i == 1:
                x = self.recording.of(node.parents[0])
                y = self.recording.operand(edge)
                yield Change(
                    "derivative", "power", f"the square is missing in {grad}: −x / y²",
                    times(-x / y), 1.3,
                )  # fmt: skip
        if node.op is not MULTIPLY:
            return
        with np.errstate(all="ignore"):
            inverse = 1 / np.asarray(other, float)
        told_so = f"{grad} is divided by {told}, it is to be multiplied by it"
        yield Change("derivative", "inverse", told_so, times(inverse), 1.4)
        kind = "wrong mask" if is_mask else "value"
        for name, value in self.alike(other, np.shape(other)):
            text = f"{name} stands in {grad} where {told} is meant"
            yield Change(kind, f"another {name}", text, times(value), 1.5)
        for way, name, value in self.near(node, other, np.shape(other)):
            text = f"{name} stands in {grad} where {told} is meant"
            yield Change(kind, ("another", way), text, times(value), 1.52)

    def _scaled_operand(self, edge: Edge) -> Iterator[Change]:
        """Yield what may be wrong where something is multiplied or divided by a number."""
        node, i = edge
        if node.op not in (MULTIPLY, DIVIDE) or len(node.parents) != 2:
            return
        other = node.parents[1 - i]
        value = self.recording.of(other)
        if np.size(value) != 1 and np.shape(value) == ():
            return
        told = self.told(other)
        grad = self.names.gradient_of(node.parents[i])
        word = "division by" if node.op is DIVIDE else "factor"
        yield Change("factor", "skip", f"the {word} {told} is missing in {grad}", _same, 1.1)
        if np.size(value) == 1 and node.op is DIVIDE and i == 0:
            text = f"{grad} is multiplied by {told}, it is to be divided by it"
            yield Change("factor", "inverse", text, lambda at: at.g * float(value), 1.2)

    def _across(self, edge: Edge, base: Pass) -> Iterator[Change]:
        """Yield that only the diagonal of a Jacobian was used, or the sum of another axis."""
        node, _ = edge
        grad, axis = self.names.gradient_of(node.parents[0]), node.static["axis"]
        axis = axis[0] if isinstance(axis, tuple) else axis
        x, out, of = self.recording.operand(edge), self.recording.values[node], node.parents[0]
        for kind, key, text, form, cost in across(
            node.op.name, x, out, axis, self.names.of(of), grad
        ):
            yield Change(kind, key, text, _on_g(form), cost)
        share = out if node.op is SOFTMAX else np.exp(out)
        came = base.grads[node.parents[0]]
        for kind, key, text, g, cost in of_labels(share, came, axis, grad):
            yield Change(kind, key, text, _instead(g), cost)

    def _of_another_gradient(self, edge: Edge, base: Pass) -> Iterator[Change]:
        """Yield that the gradient of something else was taken for the one that comes to a node."""
        node, i = edge
        if node.op not in (MATMUL, ADD, MULTIPLY, CONV, EINSUM) and node not in self.names.called:
            return
        own = base.grads[node]
        parent, right = self.names.gradient_of(node.parents[i]), self.names.gradient_of(node)
        for place, g in base.grads.items():
            if place is node or place not in self.names.called or g is own:
                continue
            if type(place) is not Node or place is node.parents[i] or np.ndim(g) != np.ndim(own):
                continue
            if type(node.parents[i]) is Node and node in base.useful(place):
                continue  # that one is made of this one
            told = f"{self.names.gradient_of(place)} is used in {parent} where {right} is meant"
            yield Change("gradient", f"g of {self.names.of(place)}", told, _of(g), 1.25)
        for way, place in self.roles.near(node):
            if place not in base.grads or np.shape(base.grads[place]) != np.shape(own):
                continue
            if all(step == "taken by" for step, *_ in way):
                told = f"{self.names.gradient_of(place)} is used in {parent} where {right} is meant"
                yield Change("gradient", ("g", way), told, _of_place(place), 1.28)
        for name, value in self.named:
            if np.shape(value) == np.shape(own):
                told = f"{name} is used in {parent} where {right} is meant"
                rule = _of(np.asarray(value, float))
                yield Change("value", "g", told, rule, 1.4, as_written=True)


def _same(at: At) -> Any:
    return at.g


def _of(g: Any) -> Changed:
    return lambda at: at.usual(g)


def _instead(g: Any) -> Changed:
    return lambda at: g


def _of_place(place: Any) -> Changed:
    return lambda at: at.usual(at.gradient_of(place))


def _slope(node: Node, i: int) -> Any:
    """Return the derivative of an elementwise operation, by its own rule."""
    rule = dict(node.plan.rules)[i]
    with np.errstate(all="ignore"):
        return np.asarray(rule(np.ones(node.shape), node.saved, node, i))


def _on_g(form: Callable[[Any], Any]) -> Changed:
    return lambda at: form(at.g)


def _from(out: Node, form: Callable[[Any], Any]) -> Changed:
    return lambda at: form(at.gradient_of(out))


def _nothing(at: At) -> Any:
    node, i = at.edge
    return np.zeros(node.parents[i].shape)


def _product(slope: Any) -> Callable[[Any], Any]:
    return lambda g: g * slope
