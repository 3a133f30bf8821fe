"""From graphs to programs, and to the modules in which the nodes of a file lie."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import Any

from tensorgraph.errors import OnnxError
from tensorgraph.onnx.importing.graph import Declared, Graph, Node, all_inputs, needed
from tensorgraph.onnx.importing.part import Part
from tensorgraph.onnx.importing.program import Path, Program, Step

MAX_PARTS = 100_000
"""In how many modules the nodes of a file may lie."""


@dataclass
class _Places:
    """The places of values by name, while a program is made."""

    number: dict[str, int] = field(default_factory=lambda: {"": 0})

    def of(self, name: str) -> int:
        return self.number.setdefault(name, len(self.number))

    def all_of(self, names: Iterable[str]) -> tuple[int, ...]:
        return tuple(map(self.of, names))

    def of_results(self, names: Iterable[str]) -> tuple[int, ...]:
        """Return where results go: those that nobody wants, which have no name, too."""
        return tuple(self.of(name or f"\0{len(self.number)}") for name in names)


class Builder:
    """Makes the program of a model, and the modules in it.

    Args:
        constants: the arrays that are no state, by the names of values.
        weights: where in the model the tensors that are state are, likewise.
    """

    def __init__(self, constants: Mapping[str, Any], weights: Mapping[str, Path]) -> None:
        self._constants, self._weights = constants, weights

    def build(self, model: Part, graph: Graph) -> Program:
        """Return the program of a model, and give the model its parts."""
        nodes = needed(graph)
        self._last: dict[str, int] = {}
        self._parts = 0
        for i, node in enumerate(nodes):
            self._last.update(dict.fromkeys(all_inputs(node), i))
        self._last.update(dict.fromkeys(graph.output_names, len(nodes)))
        return self._part(model, (), nodes, 0, graph.input_names, graph.output_names)

    def _part(
        self, module: Part, path: Path, nodes: Sequence[Node], start: int, inputs: Sequence[str],
        outputs: Sequence[str],
    ) -> Program:  # fmt: skip
        """Return the program of one module, whose nodes are those from ``start`` on."""
        depth = len(path)
        calls: list[tuple[Any, list[str], list[str], str]] = []
        at = start
        for child, group in groupby(nodes, key=lambda node: node.path[depth : depth + 1]):
            run = list(group)
            if child:
                calls.append(self._child(module, path, child[0], run, at))
            else:
                calls += [self._own(module, node) for node in run]
            at += len(run)
        _in_order(module, [call[0] for call in calls if type(call[0]) is str])
        return self._program(calls, inputs, outputs, path)

    def _child(
        self, module: Part, path: Path, name: str, nodes: Sequence[Node], start: int
    ) -> tuple[str, list[str], list[str], str]:
        """Make a module of nodes that follow one another; return how it is called."""
        part = vars(module).get(name)
        attribute = name
        if type(part) is not Part or part.program is not None:  # other nodes lie in between
            attribute = free_name(name, vars(module))
            part = vars(module)[attribute] = Part()
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise OnnxError(f"the nodes lie in more than {MAX_PARTS} modules")
        inner = (*path, attribute)
        made = {value for node in nodes for value in node.outputs if value}
        stop = start + len(nodes)
        taken = dict.fromkeys(value for node in nodes for value in all_inputs(node) if value)
        inputs = [
            value for value in taken
            if value not in made
            and value not in self._constants
            and self._weights.get(value, ())[: len(inner)] != inner
        ]  # fmt: skip
        outputs = [
            value for node in nodes for value in node.outputs
            if value and self._last.get(value, -1) >= stop
        ]  # fmt: skip
        within = [
            Node(n.kind, n.name, n.operator, n.inputs, n.outputs, n.attributes,
                 (*inner, *n.path[len(inner):]))
            for n in nodes
        ]  # fmt: skip
        part.program = self._part(part, inner, within, start, inputs, outputs)
        part.kinds = tuple(
            dict.fromkeys(node.kind for node in nodes if len(node.path) == len(inner))
        )
        return attribute, inputs, outputs, f"part {name!r}"

    def _own(self, module: Part | None, node: Node) -> tuple[Any, list[str], list[str], str]:
        """Return how a node is called."""
        outputs = list(node.outputs)
        label = f"node {node.name!r} ({node.kind})" if node.name else f"a node {node.kind}"
        if node.operator.module is not None and module is not None:
            attribute = free_name(node.kind, vars(module))
            vars(module)[attribute] = node.operator.module(**node.attributes)
            return attribute, list(node.inputs), outputs, label
        graphs = {k: v for k, v in node.attributes.items() if isinstance(v, Graph)}
        if not graphs:
            function = node.operator.function
            if node.attributes:
                function = partial(function, **node.attributes)
            return function, list(node.inputs), outputs, label
        captured = list(dict.fromkeys(n for g in graphs.values() for n in g.captured()))
        programs = {k: self._inner(graph, captured) for k, graph in graphs.items()}
        function = partial(
            node.operator.function, **node.attributes | programs, captured=len(captured)
        )
        return function, [*node.inputs, *captured], outputs, label

    def _inner(self, graph: Graph, captured: Sequence[str]) -> Program:
        """Return the program of a graph in a node: its inputs come first, then what it captures."""
        calls = [self._own(None, node) for node in needed(graph)]
        inputs = [*graph.input_names, *captured]
        return self._program(calls, inputs, graph.output_names, None, graph.outputs)

    def _program(
        self, calls: Sequence[tuple[Any, list[str], list[str], str]], inputs: Sequence[str],
        outputs: Sequence[str], path: Path | None, declared: Sequence[Declared] = (),
    ) -> Program:  # fmt: skip
        places = _Places()
        places.all_of(inputs)
        given = {*inputs, *(name for call in calls for name in call[2])}
        taken = dict.fromkeys(name for call in calls for name in call[1])
        from_around = [name for name in [*taken, *outputs] if name and name not in given]
        constants = dict.fromkeys(n for n in from_around if n in self._constants)
        weights = dict.fromkeys(n for n in from_around if n in self._weights)
        places.all_of([*constants, *weights])
        fixed = len(places.number)
        steps: list[Step] = []
        for function, needs, makes, _ in calls:
            steps.append((function, places.all_of(needs), places.of_results(makes), ()))
        results = places.all_of(outputs)
        return Program(
            len(inputs), [self._constants[name] for name in constants],
            [self._weights[name][len(path or ()) :] for name in weights],
            len(places.number), _freeing(steps, fixed, results), [call[3] for call in calls],
            results, declared,
        )  # fmt: skip


def _in_order(module: Part, called: Sequence[str]) -> None:
    """Let the attributes of a module stand in the order in which they are called."""
    attributes = vars(module)
    own = set(called)
    others = [n for n, v in attributes.items() if type(v) is Part and n not in own]
    for name in [*called, *others]:
        attributes[name] = attributes.pop(name)


def _freeing(steps: Sequence[Step], fixed: int, results: tuple[int, ...]) -> list[Step]:
    """Return steps that let go of what nobody reads after them."""
    kept, freeing = set(results), []
    for function, taken, makes, _ in reversed(steps):
        dead = {i for i in (*taken, *makes) if i >= fixed} - kept
        kept |= dead
        freeing.append((function, taken, makes, tuple(sorted(dead))))
    return freeing[::-1]


def free_name(name: str, taken: Any) -> str:
    """Return a name for an attribute that is not taken yet.

    Of names with numbers there are no gaps: the first free one is found by halving.
    """

    def free(n: int) -> bool:
        unique = f"{name}_{n}" if n > 1 else name
        return unique not in taken and not hasattr(Part, unique)

    n = 1
    while not free(n):
        n *= 2
    low, high = n // 2, n
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if free(middle) else (middle, high)
    return f"{name}_{high}" if high > 1 else name
