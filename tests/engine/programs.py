"""Random graphs against the reference, and case by case: what the tests of programs are made of.

The graphs are those of ``tg.testing.strategies``; ``interpreted`` runs one by ``duals``.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import tensorgraph as tg
from tensorgraph.testing.strategies.random_graphs.choices import Shape
from tensorgraph.testing.strategies.random_graphs.graph import RandomGraph
from tensorgraph.testing.strategies.random_graphs.growing import Growing
from tensorgraph.testing.strategies.random_graphs.kinds import APART, KINDS, Kind, options
from tests.ops import duals
from tests.ops.duals import STEP, Dual


def reference(kind: Kind) -> Any:
    """Return what a kind computes, of duals."""
    known = getattr(duals, kind.name, None)
    return known or duals.by_scalars(kind.run.op.ref)


def interpreted(graph: RandomGraph, leaves: Sequence[Dual]) -> Dual:
    """Return the total, computed by the reference from these leaves."""
    values = [*leaves, *map(duals.constant, graph.constants)]
    for step in graph.steps:
        operands = (values[i] for i in step.args)
        values.append(reference(step.kind)(*operands, **step.static))
    total = duals.constant(0.0)
    for i, w in graph.weights.items():
        total = total + duals.sum(values[i] * w)
    return total


@dataclass(frozen=True)
class Derivatives:
    """The total of a graph, its gradient by each leaf, and the Hessian times a vector."""

    value: float
    gradient: list[Any]
    product: list[Any]


def exact_derivatives(graph: RandomGraph, vector: Sequence[Any]) -> Derivatives:
    """Return the reference's derivatives, element by element."""
    gradient = [np.empty(x.shape) for x in graph.leaves]
    product = [np.empty(x.shape) for x in graph.leaves]
    value = 0.0
    duals = [Dual(x + 0j, v + 0j) for x, v in zip(graph.leaves, vector, strict=True)]
    for k, leaf in enumerate(graph.leaves):
        for place in np.ndindex(leaf.shape):
            bumped = np.array(leaf, dtype=complex)
            bumped[place] += 1j * STEP
            total = interpreted(graph, [*duals[:k], Dual(bumped, duals[k].b), *duals[k + 1 :]])
            value = float(total.a.real)
            gradient[k][place] = total.a.imag / STEP
            product[k][place] = total.b.imag / STEP
    return Derivatives(value, gradient, product)


def engine_derivatives(graph: RandomGraph, vector: Sequence[Any]) -> Derivatives:
    """Return the engine's derivatives: one backward pass, and one through that."""
    leaves = graph.tensors()
    total = graph(*leaves)
    gradient = tg.gradients(total, leaves, create_graph=True)
    slope = sum(((g * v).sum() for g, v in zip(gradient, vector, strict=True)), tg.tensor(0.0))
    if slope.requires_grad:
        product = [h.numpy() for h in tg.gradients(slope, leaves)]
    else:
        product = [np.zeros(x.shape) for x in leaves]
    return Derivatives(total.item(), [g.numpy() for g in gradient], product)


# ---------------------------------------------------------------------------- a systematic grid

GRID_SHAPES: tuple[Shape, ...] = ((), (1,), (3,), (2, 3), (3, 3), (3, 2), (1, 3), (2, 1), (2, 1, 3))
PATTERNS = ("leaves", "inner", "reused", "constant", "tied")
UNDEFINED_ON_KINKS = {
    "atan2", "hypot_slope", "norm", "rms", "rms_slope", "std", "std_slope", "unit",
}  # fmt: skip


def defined_on_ties(kind: Kind) -> bool:
    """Whether it is defined, and documented, exactly on its kinks."""
    return kind.name not in UNDEFINED_ON_KINKS and hasattr(duals, kind.name)


def grid(kind: str, limit: int) -> list[RandomGraph]:
    """Return programs with one step of a kind: each shape, parameter and use of operands.

    At most ``limit`` combinations of shapes and parameters are tried for each pattern of use.
    """
    rng = np.random.default_rng(sum(kind.encode()))
    cases = [
        (shapes, static)
        for shapes in itertools.product(GRID_SHAPES, repeat=KINDS[kind].arity)
        for static in options(KINDS[kind], shapes)
    ]
    found = []
    for pattern in PATTERNS:
        chosen = rng.permutation(len(cases))[:limit]
        found += [
            graph
            for k in sorted(chosen)
            if (graph := _single(KINDS[kind], *cases[k], pattern, rng)) is not None
        ]
    return found


def _single(
    kind: Kind, shapes: Sequence[Shape], static: dict[str, Any], pattern: str, rng: Any
) -> RandomGraph | None:
    """Return the graph with one step of ``kind``; ``None`` where the pattern does not apply."""
    reused = pattern == "reused"
    if (reused and len(set(shapes)) > 1) or (pattern == "constant" and kind.arity == 1):
        return None
    if pattern == "tied" and (kind.kinks is None or not defined_on_ties(kind)):
        return None
    intervals = [kind.interval(i) or (-1.5, 1.5) for i in range(kind.arity)]
    if reused:
        intervals = [(max(low for low, _ in intervals), min(high for _, high in intervals))]
    for _ in range(20):
        if pattern == "tied":
            # Halves: they tie, and some kinks lie on one, as at 0.
            lows = [0 if interval[0] <= 0 else 1 for interval in intervals]
            values = [rng.integers(k, 3, s) / 2 for k, s in zip(lows, shapes, strict=False)]
        else:
            values = [rng.uniform(*iv, s) for iv, s in zip(intervals, shapes, strict=False)]
        operands = values * kind.arity if reused else values
        if pattern == "tied" or kind.distance(operands, static) >= APART:
            break
    else:
        return None
    constant = int(rng.integers(kind.arity)) if pattern == "constant" else None
    leaves = [v for i, v in enumerate(values) if i != constant]
    growing = Growing(leaves, [v for i, v in enumerate(values) if i == constant])
    args = [0] * kind.arity if reused else list(range(len(values)))
    if constant is not None:
        args = [i - (i > constant) for i in args]
        args[constant] = len(leaves)
    if pattern == "inner" and not (kind.kinks or kind.domain):
        args = [growing.put(KINDS["sin"], [i]) for i in args]
    elif pattern == "inner":
        args = [growing.put(KINDS["positive"], [i]) for i in args]
    result = growing.put(kind, args, static)
    # A smooth bend after it, so that the gradient which arrives has a gradient itself.
    growing.put(KINDS["sin"], [result])
    return growing.finish(rng)


# ------------------------------------------------------------------------------ transformations


def without_dead_code(graph: RandomGraph) -> RandomGraph:
    """Return the graph without the steps that are never used."""
    moved: dict[int, int] = {i: i for i in range(graph.offset)}
    steps = []
    for i, step in enumerate(graph.steps, graph.offset):
        if i not in graph.dead:
            moved[i] = graph.offset + len(steps)
            steps.append(replace(step, args=tuple(moved[k] for k in step.args)))
    weights = {moved[i]: w for i, w in graph.weights.items()}
    return RandomGraph(graph.leaves, graph.constants, tuple(steps), weights)


def with_split_leaves(graph: RandomGraph) -> tuple[RandomGraph, list[int]]:
    """Return the graph with a leaf of its own for every use of a leaf, and whose copy each is."""
    owners: list[int] = []
    uses: list[tuple[int, ...]] = []
    fresh = -1

    def use(i: int) -> int:
        nonlocal fresh
        if i >= len(graph.leaves):
            return i
        owners.append(i)
        fresh -= 1
        return fresh + 1

    uses = [tuple(use(i) for i in step.args) for step in graph.steps]
    sinks = {use(i): w for i, w in graph.weights.items()}
    grown = len(owners) - len(graph.leaves)

    def moved(i: int) -> int:
        return -1 - i if i < 0 else i + grown

    steps = tuple(
        replace(step, args=tuple(map(moved, args)))
        for step, args in zip(graph.steps, uses, strict=True)
    )
    return (
        RandomGraph(
            tuple(graph.leaves[i] for i in owners),
            graph.constants,
            steps,
            {moved(i): w for i, w in sinks.items()},
            frozenset(i + grown for i in graph.dead),
        ),
        owners,
    )
