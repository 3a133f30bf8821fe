"""Promises of memory: calls leave none behind, and what is saved is needed."""

from __future__ import annotations

import gc
import tracemalloc
from collections import deque
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from tensorgraph.compiler.things_read import looked
from tensorgraph.engine.graph import Node, ancestors, reachable
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.contents import walk
from tensorgraph.nn.module import Module
from tensorgraph.ops import OPS
from tensorgraph.testing.modules.subject import Subject, placed, seeded, tensors_of
from tensorgraph.testing.ops.requirements import is_read
from tensorgraph.testing.promises import NotAsked

STEPS = 4
"""In each of so many steps must memory grow to be said to grow."""
FIRST = 4
"""What so many first steps leave behind is kept for the next ones."""
PER_NODE = 512
"""Bytes for each operation that may come and go: NumPy keeps small blocks for later."""


def memory_does_not_grow(subject: Subject) -> None:
    """Steps of forward and backward let go of what they made, without the garbage collector."""
    f = subject.fresh(training=subject.modes[0])
    leaves = subject.given()

    def step() -> None:
        returned = subject.called_again(f, subject.variables(leaves))
        results = tensors_of(returned)
        if results:
            sum((r.sum() for r in results[1:]), results[0].sum()).backward()
        if isinstance(f, Module):
            for parameter in f.parameters():
                parameter.grad = None

    nodes = len(ancestors([r.node for r in _results(subject, f) if r.node is not None]))
    with seeded(0):
        before = _containers(f)
        objects, size = growth(step)
        longer = [
            f"{place}, a {type(thing).__name__}, becomes longer with each call"
            for place, (thing, length) in before.items()
            if len(thing) >= length + FIRST + STEPS
        ]
    if longer or objects or size > PER_NODE * (nodes + 8):
        told = longer or _held(f)
        if not told and objects:
            told = [f"{objects} more: is there a cycle of references, such as a function in forward"
                    " that calls itself?"]  # fmt: skip
        raise AssertionError(
            f"each step leaves memory behind, {size:,} bytes, with the garbage collector off"
            + "".join(f"\n{line}" for line in told)
        )


def _results(subject: Subject, f: Callable[..., Any]) -> list[Tensor]:
    return tensors_of(subject.tensors(f, subject.variables(subject.given())))


def growth(step: Callable[[], None]) -> tuple[int, int]:
    """Return by how many objects and how many bytes memory grows in each step."""
    was_on, was_tracing = gc.isenabled(), tracemalloc.is_tracing()
    gc.disable()
    try:
        if not was_tracing:
            tracemalloc.start()
        objects, sizes = [], []
        for k in range(FIRST + STEPS):
            step()
            if k >= FIRST - 1:
                # What was made since it is off is young, and little beside all there is.
                objects.append(len(gc.get_objects(generation=0)))
                sizes.append(tracemalloc.get_traced_memory()[0])
        return tuple(min(b - a for a, b in pairwise(c)) for c in (objects, sizes))  # type: ignore[return-value]
    finally:
        if not was_tracing:
            tracemalloc.stop()
        if was_on:
            gc.enable()


def _containers(f: Callable[..., Any]) -> dict[str, tuple[Any, int]]:
    """Return the containers that a function reads or a module holds, and how long they are."""
    found = {name: thing for name, thing in looked(f, []).containers if name}
    if isinstance(f, Module):
        for inside in walk(f):
            if isinstance(inside.value, Module):
                dot = f"{inside.place}." if inside.place else ""
                held = vars(inside.value).items()
                found |= {placed(dot + name, None): thing for name, thing in held}
    kinds = (list, dict, set, deque)
    named = {id(thing): name for name, thing in found.items() if isinstance(thing, kinds)}
    return {name: (found[name], len(found[name])) for name in named.values()}


def _held(f: Callable[..., Any]) -> list[str]:
    """Say which attributes of a module hold results with their graphs."""
    if not isinstance(f, Module):
        return []
    return [
        f"{placed('.'.join(filter(None, (path, name))), None)} holds a result with its graph; keep"
        " the numbers, y.numpy(), or y.detach()"
        for path, inside in f.named_modules()
        for name, value in vars(inside).items()
        if type(value) is Tensor and not value.is_leaf
    ]


def saved_values_are_needed(subject: Subject) -> None:
    """What operations declared elsewhere save for their gradients is read by these."""
    f = subject.fresh(training=subject.modes[0])
    variables = subject.variables(subject.given())
    results = tensors_of(subject.tensors(f, variables))
    nodes, leaves = reachable([r.node for r in results if r.node is not None])
    foreign = {n.op.name: n for n in nodes if n.op.name not in OPS and n.op.family != "random"}
    wanted = [x for x in leaves if type(x) is Tensor]
    for node in foreign.values():
        for k, value in enumerate(node.saved):
            if value is not None and not is_read(node, k, wanted, results):
                what = node.op.operand_name(k) if k < len(node.parents) else "its result"
                raise AssertionError(
                    f"{node.op.name}{_at(node)} saves {what}, which no gradient reads: a rule names"
                    " what it does not use"
                )
    if not foreign:
        raise NotAsked("there are no operations of your own")


def _at(node: Node) -> str:
    return f" in {node.scope}" if node.scope else ""
