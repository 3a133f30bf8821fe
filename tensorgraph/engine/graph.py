"""The recorded graph: nodes, and walking them by creation number.

Edges run from a node to its parents: other nodes, leaf tensors, or constants kept as they were
given. A node never refers to an intermediate tensor, so dropping a tensor drops its array unless
a gradient rule saved it, and there are no reference cycles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from operator import attrgetter
from typing import Any

from tensorgraph.engine.modes import Call
from tensorgraph.engine.op import Op, Plan

next_number = count().__next__
"""Gives each node its creation number."""

_creation = attrgetter("seq")


class Node:
    """One recorded operation: what was done, to what, and what its gradient rules will need.

    Args:
        op: the operation.
        static: its static parameters.
        parents: where its operands come from: nodes, leaf tensors, or constants.
        plan: which rules the node will run, and what these need.
        values: the operands as arrays, and last the result; kept is what the plan asks for.
        call: the call of a module that it runs in.
    """

    __slots__ = (
        "__weakref__",
        "call",
        "dtype",
        "hooks",
        "line",
        "op",
        "parents",
        "plan",
        "saved",
        "seq",
        "shape",
        "static",
    )

    def __init__(
        self,
        op: Op,
        static: dict[str, Any],
        parents: tuple[Any, ...],
        plan: Plan,
        values: Sequence[Any],
        call: Call | None,
    ) -> None:
        self.op, self.static, self.parents, self.plan = op, static, parents, plan
        saved: Any = [None] * len(values) if plan.keep else ()
        for i in plan.keep:
            saved[i] = values[i]
        self.saved = saved
        """Arrays by operand position, the result last; ``None`` once released."""
        out = values[-1]
        self.shape, self.dtype = out.shape, out.dtype
        self.seq = next_number()
        """Creation number: a parent's is always smaller, so it is the topological order."""
        self.call = call
        self.line: str | None = None
        self.hooks: tuple[Callable[[Any], Any], ...] = ()

    @property
    def scope(self) -> str:
        """Path and class of the module that it ran in; empty outside of all modules."""
        return "" if self.call is None else self.call.scope

    def __repr__(self) -> str:
        where = f" at {self.line}" if self.line else ""
        return f"<node {self.seq} {self.op.name} {self.shape} {self.dtype}{where}>"


def interpret(
    nodes: Iterable[Node],
    leaf: Callable[[Node, int], Any],
    step: Callable[[Node, list[Any]], Any],
) -> dict[Node, Any]:
    """Run a recorded graph again, by another meaning of its operations.

    Args:
        nodes: what is run, oldest first, as :func:`ancestors` returns it.
        leaf: ``leaf(node, i)`` returns what stands for an operand that is no node of these.
        step: ``step(node, operands)`` returns what stands for the node's result.

    Returns:
        What stands for the result of each node.
    """
    values: dict[Node, Any] = {}
    for node in nodes:
        operands = [
            values[parent] if type(parent) is Node and parent in values else leaf(node, i)
            for i, parent in enumerate(node.parents)
        ]
        values[node] = step(node, operands)
    return values


def mark() -> int:
    """Take the next creation number: nodes so far have smaller ones, nodes to come larger ones."""
    return next_number()


def reachable(roots: Iterable[Node], after: int = -1) -> tuple[list[Node], list[Any]]:
    """Return all nodes that the roots depend on, newest first, and what these take from outside.

    From outside come leaves, and the nodes up to the creation number ``after``, which are not
    walked past.
    """
    stack = list(roots)
    nodes = stack.copy()
    seen: set[Any] = set(stack)
    inputs = []
    while stack:
        node = stack.pop()
        parents = node.parents
        for i, _ in node.plan.rules:
            parent = parents[i]
            if parent in seen:
                continue
            seen.add(parent)
            if type(parent) is Node and parent.seq > after:
                nodes.append(parent)
                stack.append(parent)
            else:
                inputs.append(parent)
    nodes.sort(key=_creation, reverse=True)
    return nodes, inputs


def ancestors(roots: Iterable[Node]) -> list[Node]:
    """Return all nodes that lead to the roots, also where no gradient flows; oldest first."""
    stack = list(roots)
    seen = set(stack)
    while stack:
        for parent in stack.pop().parents:
            if type(parent) is Node and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=_creation)


def leading_to(nodes: list[Node], targets: Iterable[Any]) -> set[Any]:
    """Return the places where a gradient is of use: targets, and the nodes that lead to one.

    Args:
        nodes: the nodes to choose from, newest first.
        targets: nodes and leaves.
    """
    useful = set(targets)
    for node in reversed(nodes):
        if any(node.parents[i] in useful for i, _ in node.plan.rules):
            useful.add(node)
    return useful
