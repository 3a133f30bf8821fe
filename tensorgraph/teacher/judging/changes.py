"""What may go wrong at one edge of a backward pass, by the kind of its operation.

Each kind of operation has few: its rule left out, taken at another value, of another function, with
a product turned round. Whether a change explains what somebody has, its numbers tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tensorgraph.engine.graph import Node
from tensorgraph.teacher.judging.activations import (
    OF_RESULT,
    SLOPES,
    Activation,
    across,
    activations,
    forms,
)
from tensorgraph.teacher.judging.change import Change
from tensorgraph.teacher.judging.known_numbers import KnownNumbers
from tensorgraph.teacher.judging.names import Names
from tensorgraph.teacher.judging.operations import (
    ADD,
    CONV,
    CONV_TRANSPOSE,
    DIVIDE,
    EINSUM,
    FLIP,
    GETITEM,
    LOG_SOFTMAX,
    MATMUL,
    MATRIX_TRANSPOSE,
    MULTIPLY,
    PERMUTE_DIMS,
    RESHAPE,
    ROLL,
    SOFTMAX,
)
from tensorgraph.teacher.judging.passes import At, Changed, DoesNotFit, Pass
from tensorgraph.teacher.judging.recording import Edge, Recording

MOST_VALUES = 60
"""So many values are tried in the place of another."""


class Finder:
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
        self.recording, self.names, self._numbers = recording, names, numbers
        self.values: dict[str, Any] = {}
        """Arrays that may have been taken for others, by name."""
        for place, name in names.called.items():
            value = recording.values.get(place)
            if value is not None and np.any(value) and np.ndim(value):
                self.values[name] = value
        for name, value in constants.items():
            if np.any(value):
                self.values.setdefault(name, value)
        self._named = list(self.values.items())[:MOST_VALUES]
        self._begun: dict[Edge, list[Activation]] = {}
        for found in activations(recording):
            self._begun.setdefault(found.edges[0], []).append(found)

    def at(self, edge: Edge, base: Pass) -> Iterator[Change]:
        """Yield what may be wrong at an edge."""
        node, _ = edge
        if node.op.family == "elementwise":
            yield from self._elementwise(edge)
        if node.op in (SOFTMAX, LOG_SOFTMAX):
            yield from self._across(edge)
        for found in self._begun.get(edge, ()):
            yield from self._whole_activation(found)
        if node.op is MATMUL:
            yield from self._product(edge)
        elif node.op in (CONV, CONV_TRANSPOSE, EINSUM):
            yield from self._convolution(edge)
        elif node.op.family == "reduce":
            yield from self._reduction(edge)
        elif node.op.family == "shape":
            yield from self._moved(edge)
        elif node.op.family == "index":
            yield from self._indexed(edge)
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
            for other, value in self._alike(right, node.shape):
                text = f"the {what} of {name} in {grad} is that of {other}, where {told} is meant"
                yield Change("value", f"saved {k}", text, with_saved(k, value), 1.45)
        for other, value in self._alike(out, node.shape) if name in OF_RESULT else ():
            text = f"the derivative of {name} in {grad} is that of {other}, where {at} is meant"
            with np.errstate(all="ignore"):
                form = _product(OF_RESULT[name](value))
            yield Change("value", "result of another", text, _on_g(form), 1.45)
        if name in ("relu", "maximum", "where"):
            for other, value in self._alike(x, x.shape):
                text = f"the mask of {name} in {grad} is that of {other}, where {of} is meant"
                yield Change("value", "mask of another", text, _times((value > 0) * 1.0), 1.5)

    def _whole_activation(self, found: Activation) -> Iterator[Change]:
        """Yield what may be wrong at an activation that is made of several operations."""
        x, out = self.recording.values[found.x], self.recording.values[found.out]
        of, at = self.names.of(found.x), self.names.of(found.out)
        grad = self.names.gradient_of(found.x)
        if found.axis is not None:
            every = across(found.name, out, found.axis, grad)
        else:
            every = forms(found.name, x, out, of, at, grad, SLOPES[found.name](x))
        nothing = {edge: _nothing for edge in found.edges[1:]}
        nameless = 0.0 if found.out in self.names.called else 0.07
        for kind, key, text, form, cost in every:
            rule = _from(found.out, form)
            yield Change(kind, f"{found.name} {key}", text, rule, cost - 0.02 + nameless, nothing)
        if found.axis is None:
            for other, value in self._alike(out, out.shape):
                text = f"the derivative of {found.name} in {grad} is taken at {other}, where {at}"
                with np.errstate(all="ignore"):
                    slope = OF_RESULT[found.name](value)
                rule = _from(found.out, _product(slope))
                yield Change("value", "another", f"{text} is meant", rule, 1.45, nothing)

    def _masked(self, edge: Edge) -> Iterator[Change]:
        """Yield what may be wrong where one array is multiplied with another."""
        node, i = edge
        k = 1 - i
        other = self.recording.of(node.parents[k])
        grad, told = self.names.gradient_of(node.parents[i]), self._told(node.parents[k])
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
                _times((zeros == 0) * 1.0), 1.2,
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
                    _times(-x / y), 1.3,
                )  # fmt: skip
        for name, value in self._alike(other, np.shape(other)):
            if node.op is MULTIPLY:
                yield Change(
                    "wrong mask" if is_mask else "value", "another",
                    f"{name} stands in {grad} where {told} is meant", _times(value), 1.5,
                )  # fmt: skip

    def _scaled_operand(self, edge: Edge) -> Iterator[Change]:
        """Yield what may be wrong where something is multiplied or divided by a number."""
        node, i = edge
        if node.op not in (MULTIPLY, DIVIDE) or len(node.parents) != 2:
            return
        other = node.parents[1 - i]
        value = self.recording.of(other)
        if np.size(value) != 1 and np.shape(value) == ():
            return
        told = self._told(other)
        grad = self.names.gradient_of(node.parents[i])
        word = "division by" if node.op is DIVIDE else "factor"
        yield Change("factor", "skip", f"the {word} {told} is missing in {grad}", _same, 1.1)
        if np.size(value) == 1 and node.op is DIVIDE and i == 0:
            text = f"{grad} is multiplied by {told}, it is to be divided by it"
            yield Change("factor", "inverse", text, lambda at: at.g * float(value), 1.2)

    def _across(self, edge: Edge) -> Iterator[Change]:
        """Yield that only the diagonal of a Jacobian was used, or the sum of another axis."""
        node, _ = edge
        grad, axis = self.names.gradient_of(node.parents[0]), node.static["axis"]
        axis = axis[0] if isinstance(axis, tuple) else axis
        for kind, key, text, form, cost in across(
            node.op.name, self.recording.values[node], axis, grad
        ):
            yield Change(kind, key, text, _on_g(form), cost)

    def _product(self, edge: Edge) -> Iterator[Change]:
        node, i = edge
        k = 1 - i
        other = self.recording.of(node.parents[k])
        right = self._told(node.parents[k])
        grad = self.names.gradient_of(node.parents[i])
        if np.ndim(other) < 2 or np.ndim(self.recording.operand(edge)) < 2:
            return
        came = self.names.gradient_of(node)
        yield Change(
            "transpose", "other",
            f"a transpose is missing in {grad}: {right} stands where {right}ᵀ is meant",
            with_saved(k, np.swapaxes(other, -1, -2)), 1.1,
        )  # fmt: skip
        yield Change(
            "transpose", "g",
            f"a transpose is missing or too many in {grad}: {came} stands the other way round",
            lambda at: at.usual(np.swapaxes(at.g, -1, -2)), 1.3,
        )  # fmt: skip
        yield Change(
            "transpose", "order", f"the factors of {grad} stand in the wrong order",
            lambda at: (
                np.matmul(np.swapaxes(other, -1, -2), at.g) if i == 0
                else np.matmul(at.g, np.swapaxes(other, -1, -2))
            ), 1.3,
        )  # fmt: skip
        yield Change(
            "transpose", "result", f"{grad} is transposed",
            lambda at: np.swapaxes(at.usual(), -1, -2), 1.2,
        )  # fmt: skip
        yield Change(
            "product", "elementwise",
            f"an elementwise product stands in {grad} where a matrix product is meant",
            lambda at: at.g * other, 1.3,
        )  # fmt: skip
        for name, value in self._named:
            if value is not other and np.ndim(value) == np.ndim(other):
                told = f"{name} stands in {grad} where {right} is meant"
                yield Change("value", "another", told, with_saved(k, value), 1.3)

    def _convolution(self, edge: Edge) -> Iterator[Change]:
        node, i = edge
        grad = self.names.gradient_of(node.parents[i])
        for k, kept in enumerate(node.saved[:-1]):
            if kept is None or np.ndim(kept) < 3:
                continue
            axes = tuple(range(2, np.ndim(kept)))
            told = self._told(node.parents[k])
            yield Change(
                "flip", "saved",
                f"{told} is used the wrong way round along its spatial axes in {grad}"
                " (flipped, or not flipped)",
                with_saved(k, np.flip(kept, axes)), 1.1,
            )  # fmt: skip
            for name, value in self._alike(kept, np.shape(kept)):
                told = f"{name} stands in {grad} where {self._told(node.parents[k])} is meant"
                yield Change("value", "another", told, with_saved(k, value), 1.4)
        if np.ndim(self.recording.operand(edge)) > 2:
            yield Change(
                "flip", "result", f"{grad} is the wrong way round along its spatial axes",
                lambda at: np.flip(at.usual(), tuple(range(2, at.usual().ndim))), 1.2,
            )  # fmt: skip

    def _reduction(self, edge: Edge) -> Iterator[Change]:
        node, _ = edge
        x, grad = self.recording.operand(edge), self.names.gradient_of(node.parents[0])
        axes = node.static.get("axis")
        kept = node.static.get("keepdims", False)

        def spread(at: At) -> Any:
            g = at.g
            if not kept and axes is not None and np.ndim(g) < x.ndim:
                g = np.expand_dims(g, axes)
            return np.broadcast_to(g, x.shape)

        name = node.op.name
        if name in ("max", "min"):
            told = f"the mask of {name} is missing in {grad}: only the {name} gets the gradient"
            yield Change("mask", "spread", told, spread, 1.1)
        elif name in ("mean", "var", "std", "logsumexp", "norm", "prod"):
            told = f"the derivative of {name} is missing in {grad}"
            if name == "mean":
                told = f"the 1 / n of the mean is missing in {grad}"
            yield Change("mean" if name == "mean" else "derivative", "spread", told, spread, 1.1)

    def _moved(self, edge: Edge) -> Iterator[Change]:
        node, _ = edge
        grad = self.names.gradient_of(node.parents[0])
        shape = node.parents[0].shape
        if node.op is RESHAPE:
            for order, told in (("F", "by columns"), ("T", "transposed first")):
                yield Change(
                    "shape", f"reshape {order}",
                    f"{grad} is brought to its shape {told}: elements stand in the wrong places",
                    (lambda at: at.g.reshape(shape, order="F")) if order == "F"
                    else (lambda at: at.g.T.reshape(shape)), 1.2,
                )  # fmt: skip
        elif node.op in (PERMUTE_DIMS, MATRIX_TRANSPOSE, FLIP, ROLL):
            told = f"{grad} is not put back: {node.op.name} of the forward pass is not undone"
            yield Change("transpose", "skip", told, _same, 1.1)

    def _indexed(self, edge: Edge) -> Iterator[Change]:
        node, i = edge
        if node.op is not GETITEM or i != 0:
            return
        grad, shape = self.names.gradient_of(node.parents[0]), node.parents[0].shape
        arrays = iter([self.recording.of(p) for p in node.parents[1:]])
        key = tuple(next(arrays) if part == "array" else part for part in node.static["key"])

        def overwritten(at: At) -> Any:
            out = np.zeros(shape)
            out[key] = at.g
            return out

        def once(at: At) -> Any:
            out, count = at.usual(), np.zeros(shape)
            np.add.at(count, key, 1.0)
            return out / np.maximum(count, 1)

        yield Change(
            "overwritten", "last",
            f"{grad} is overwritten where an index occurs more than once; it adds up",
            overwritten, 1.1,
        )  # fmt: skip
        yield Change("mean", "once", f"{grad} is averaged where an index recurs", once, 1.4)

    def _of_another_gradient(self, edge: Edge, base: Pass) -> Iterator[Change]:
        """Yield that the gradient of something else was taken for the one that comes to a node."""
        node, i = edge
        if node.op not in (MATMUL, ADD, CONV, EINSUM) and node not in self.names.called:
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
        for name, value in self._named:
            if np.shape(value) == np.shape(own):
                told = f"{name} is used in {parent} where {right} is meant"
                rule = _of(np.asarray(value, float))
                yield Change("value", "g", told, rule, 1.4, as_written=True)

    # ----------------------------------------------------------------------------------- parts

    def _told(self, parent: Any) -> str:
        """Return what an operand is called, constant or not."""
        if (type(parent) is Node or _is_leaf(parent)) and parent in self.names.called:
            return self.names.called[parent]
        value = self.recording.of(parent)
        if np.ndim(value) == 0:
            return self.number(float(value))
        for name, known in self.values.items():
            if np.shape(known) == np.shape(value) and np.array_equal(known, value):
                return name
        for name, known in self.values.items():
            if np.size(known) == np.size(value) and np.shape(known)[::-1] == np.shape(value):
                if np.array_equal(np.transpose(known), value):
                    return f"{name}ᵀ"
        return self.names.of(parent)

    def number(self, value: float) -> str:
        """Return what a number is called."""
        known = self._numbers.recognised(abs(value), 1e-9)
        return known[0].text if known else f"{abs(value):.6g}"

    def _alike(self, right: Any, shape: tuple[int, ...]) -> Iterator[tuple[str, Any]]:
        """Yield other values that could stand for one, repeated along axes if need be."""
        for name, value in self._named:
            if value is right or np.ndim(value) != len(shape) or not len(shape):
                continue
            if all(n in (1, m) for n, m in zip(np.shape(value), shape, strict=True)):
                yield name, value


def _is_leaf(parent: Any) -> bool:
    return hasattr(parent, "_requires_grad")


def _same(at: At) -> Any:
    return at.g


def _of(g: Any) -> Changed:
    return lambda at: at.usual(g)


def _times(slope: Any) -> Changed:
    return lambda at: at.g * slope


def with_saved(k: int, value: Any) -> Changed:
    """Return a rule that finds another value where it looks for what was saved."""

    def rule(at: At) -> Any:
        saved: Sequence[Any] = at.edge[0].saved
        if k >= len(saved) or saved[k] is None:
            raise DoesNotFit
        return at.usual(saved=[*saved[:k], value, *saved[k + 1 :]])

    return rule


def _slope(node: Node, i: int) -> Any:
    """Return the derivative of an elementwise operation, by its own rule."""
    rule = dict(node.plan.rules)[i]
    with np.errstate(all="ignore"):
        return np.asarray(rule(np.ones(node.shape), node.saved, node, i))


def _on_g(form: Callable[[Any], Any]) -> Changed:
    return lambda at: form(at.g)


def _from(out: Node, form: Callable[[Any], Any]) -> Changed:
    return lambda at: form(at.before.grads[out])


def _nothing(at: At) -> Any:
    node, i = at.edge
    return np.zeros(node.parents[i].shape)


def _product(slope: Any) -> Callable[[Any], Any]:
    return lambda g: g * slope
