"""Where a gradient becomes zero: the operations to blame, found from a place towards the loss.

Nothing is known here of any single operation. An elementwise one is to blame where it is given a
gradient that is not 0 and passes on one that is. For others, what they pass on of random gradients,
and with random operands, tells apart a gradient whose terms cancel, an operand that is 0, and
elements that are not used at all.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.float_warnings import quiet
from tensorgraph.engine.graph import Node
from tensorgraph.engine.rule import ZERO
from tensorgraph.teacher.explaining.run_again import Array, Edge, Gradients, Rerun, like, rms

SLOPE, WORD, OPERAND, CANCELS, UNUSED, OPPOSED, UNDERFLOW = (
    "slope", "word", "operand", "cancels", "unused", "opposed", "underflow"
)  # fmt: skip
"""Why an operation passes on nothing: its derivative is 0 at these values; it is 0 everywhere by
declaration; another operand is 0; the terms of a sum cancel; the elements are not used. Of a place:
its uses pass on gradients that cancel. What is passed on is too small for its dtype."""

MOST_TURNS = 6
"""So often what was found is taken away to look for what lies behind it."""


@dataclass(eq=False)
class Blame:
    """An operation that lets no gradient through, and for which elements."""

    edge: Edge
    why: str
    mask: Array
    """The elements it is to blame for: of the result, if it is elementwise, else of the operand."""
    of: int
    """How many elements were asked about there."""
    other: int = -1
    """The operand that is 0, for which it is to blame."""
    behind: int = 0
    """How many causes have to be taken away until this one counts."""

    @property
    def node(self) -> Node:
        """The operation."""
        return self.edge.node

    @property
    def count(self) -> int:
        """How many elements it is to blame for."""
        return int(self.mask.sum())


@dataclass(frozen=True)
class Verdict:
    """All that keeps a gradient from a place."""

    blames: list[Blame]
    reached: int
    """How many elements have a gradient once all of them let it through."""
    asked: int


@quiet
def blames(rerun: Rerun, found: Gradients, place: Any, mask: Array) -> Verdict:
    """Return what is to blame that the gradient at some elements of a place is 0.

    What is found is taken away, by passing on random numbers there, until a gradient arrives: so
    what is told is true, and what lies behind it is told too.
    """
    all_found: list[Blame] = []
    instead: dict[Edge, Array] = {}
    let_through: list[Hashable] = []
    left, gradients = mask, found
    for turn in range(MOST_TURNS):
        new = _first_blames(rerun, gradients, place, left)
        for blame in new:
            blame.behind = turn
            instead[blame.edge] = _let_through(rerun, gradients, blame, instead)
        all_found += sorted(new, key=lambda blame: -blame.count / max(blame.mask.size, 1))
        if not new or all(blame.why is OPPOSED for blame in new):
            break
        let_through += [(blame.edge, blame.mask.shape, blame.mask.tobytes()) for blame in new]
        gradients = found.once_more(tuple(let_through), instead)
        g = gradients.at.get(place)
        if g is None:
            break
        left = left & (to_host(g) == 0)
        if not left.any():
            break
    asked = int(mask.sum())
    return Verdict(all_found, asked - int(left.sum()), asked)


def _let_through(
    rerun: Rerun, gradients: Gradients, blame: Blame, before: dict[Edge, Array]
) -> Array:
    """Return what an edge would pass on if it did not stop what it is to blame for."""
    passed = np.array(before.get(blame.edge, gradients.passed[blame.edge]))
    where = np.ones(passed.shape, bool)
    if blame.mask.shape == passed.shape:
        where = blame.mask
    return np.where(where & (passed == 0), like(passed), passed)


def _first_blames(rerun: Rerun, gradients: Gradients, place: Any, mask: Array) -> list[Blame]:
    """Return those that come first on the way from a place to the loss."""
    found: list[Blame] = []
    pending: dict[Any, Array] = {}
    queue: list[tuple[int, Node]] = []

    def ask(at: Any, elements: Array) -> None:
        opposed = None
        for edge in rerun.consumers.get(at, ()):
            if edge not in gradients.passed:  # no gradient comes that far
                continue
            passed = to_host(gradients.passed[edge])
            if np.any(passed[elements]):
                opposed = Blame(edge, OPPOSED, elements & (passed != 0), int(elements.sum()))
                continue
            further = _look(rerun, gradients, edge, elements, found)
            if further is not None and further.any():
                node = edge.node
                if node not in pending:
                    pending[node] = further
                    heappush(queue, (node.seq, node))
                else:
                    pending[node] = pending[node] | further
        if opposed is not None:
            found.append(opposed)

    ask(place, mask)
    while queue:
        _, node = heappop(queue)
        ask(node, pending.pop(node))
    return found


def _look(
    rerun: Rerun, gradients: Gradients, edge: Edge, mask: Array, found: list[Blame]
) -> Array | None:
    """Take in what an edge is to blame for, and return the elements of the result to ask about."""
    node = edge.node
    g = to_host(gradients.at[node])
    if node.op.rule_word(edge.i) is ZERO:
        found.append(Blame(edge, WORD, mask, int(mask.sum())))
        return None
    if edge in gradients.cancelled:
        found.append(Blame(edge, CANCELS, mask, int(mask.sum())))
        return None
    if node.op.family == "elementwise":
        return _look_at_elements(rerun, edge, mask, g, found)
    influenced = _influenced(rerun, edge, mask)
    if not influenced.any():
        other = _culprit(rerun, edge, mask) if g.any() else None
        if other in (None, edge.i, len(node.parents)):
            found.append(Blame(edge, UNUSED, mask, int(mask.sum())))
        else:
            found.append(Blame(edge, OPERAND, mask, int(mask.sum()), other))
        return None
    if not g[influenced].any():
        return influenced
    return _look_at_terms(rerun, edge, mask, influenced, g, found)


def _look_at_elements(rerun: Rerun, edge: Edge, mask: Array, g: Array, found: list[Blame]) -> Array:
    """Blame an elementwise operation where it is given a gradient and passes on none."""
    elements = np.broadcast_to(mask, g.shape)
    made = np.broadcast_to(to_host(rerun.by_rule(edge, g)), g.shape)
    killed = elements & (g != 0) & (made == 0)
    if killed.any():
        other = _zero_operand(rerun, edge, killed)
        why = SLOPE if other is None else OPERAND
        if np.broadcast_to(to_host(rerun.by_rule(edge, like(g))), g.shape)[killed].all():
            why = UNDERFLOW
        count = int(elements.sum())
        found.append(Blame(edge, why, killed, count, -1 if other is None else other))
    alive = elements & (made != 0)
    if alive.any() and mask.shape != g.shape:  # summed over axes it is 0 all the same
        found.append(Blame(edge, CANCELS, mask, int(mask.sum())))
    return elements & (g == 0)


def _look_at_terms(
    rerun: Rerun, edge: Edge, mask: Array, influenced: Array, g: Array, found: list[Blame]
) -> Array | None:
    """Blame an operation that mixes elements: its operands, or the terms it adds."""
    size = rms(g)
    by_random = to_host(rerun.passed(edge, like(g, size)))
    stopped = mask & (by_random == 0)
    count = int(mask.sum())
    if stopped.any():
        if to_host(rerun.passed(edge, like(g)))[stopped].all():
            found.append(Blame(edge, UNDERFLOW, stopped, count))
            return None
        other = _culprit(rerun, edge, stopped)
        why = SLOPE if other in (None, edge.i, len(edge.node.parents)) else OPERAND
        found.append(Blame(edge, why, stopped, count, -1 if other is None else other))
    rest = mask & (by_random != 0)
    if not rest.any():
        return None
    zeros = influenced & (g == 0)
    if zeros.any():
        filled = np.asarray(np.where(zeros, like(g, size), g), g.dtype)
        if to_host(rerun.passed(edge, filled))[rest].any():
            return zeros
    found.append(Blame(edge, CANCELS, rest, count))
    return None


def _culprit(rerun: Rerun, edge: Edge, stopped: Array) -> int | None:
    """Return the operand which, were it another one, would let a gradient through."""
    node = edge.node
    operands = [*rerun.operands[node], rerun.values[node]]
    order = [k for k in range(len(operands)) if k != edge.i] + [edge.i]
    for k in order:
        value = operands[k]
        kind = getattr(value, "dtype", np.dtype(float)).kind
        if kind not in "fb":
            continue
        other = np.ones_like(value) if kind == "b" else like(value)
        with np.errstate(all="ignore"):
            made = to_host(rerun.passed(edge, like(rerun.values[node]), {k: other}))
        if made[stopped].all():
            return k
    return None


def _zero_operand(rerun: Rerun, edge: Edge, killed: Array) -> int | None:
    """Return the other operand, if it is 0 wherever an elementwise operation stops a gradient."""
    for k, value in enumerate(rerun.operands[edge.node]):
        if k != edge.i and getattr(value, "dtype", np.dtype(float)).kind in "fiub":
            there = np.broadcast_to(to_host(np.asarray(value)), killed.shape)[killed]
            if not there.any() and _lets_through(rerun, edge, k, killed):
                return k
    return None


def _lets_through(rerun: Rerun, edge: Edge, k: int, killed: Array) -> bool:
    """Return whether an elementwise operation passes on gradients if an operand is another one."""
    node = edge.node
    other = np.ones_like(np.asarray(rerun.operands[node][k]))
    if other.dtype.kind == "f":
        other = like(other)
    made = to_host(rerun.by_rule(edge, like(rerun.values[node]), {k: other}))
    return bool(np.broadcast_to(made, killed.shape)[killed].all())


def _influenced(rerun: Rerun, edge: Edge, mask: Array) -> Array:
    """Return the elements of a result that some elements of an operand have an influence on."""
    node = edge.node
    everything = np.ones(node.shape, bool)
    if mask.all() and rerun.values[node].size and not _chooses(rerun, edge):
        return everything
    if node.op.recomputes:
        return everything
    operands = list(rerun.operands[node])
    value = np.asarray(to_host(operands[edge.i]))
    step = like(value, 1e-2 * (rms(value[np.isfinite(value)]) or 1.0))  # -inf in a mask
    operands[edge.i] = np.asarray(np.where(mask, value + step, value), value.dtype)
    with np.errstate(all="ignore"):
        moved = to_host(np.asarray(node.op.compute(operands, node.static)))
    changed: Array = moved != to_host(rerun.values[node])
    return changed


def _chooses(rerun: Rerun, edge: Edge) -> bool:
    return edge.node.op.family == "index"
