"""Whole programs as data: built at random or case by case, run by the engine or by the reference.

A program is a list of steps; a step names a kind of operation, the earlier values it takes, and
static parameters. Every value that nothing uses is weighted at random and summed into one number,
so that no step is dead unless it is meant to be.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

import tensorgraph as tg
from tests.ops import duals
from tests.ops.duals import STEP, Dual
from tests.ops.program_steps import APART, KINDS, Kind, Shape, options


@dataclass(frozen=True)
class Step:
    """One instruction: a kind, the positions of its operands among the values, parameters."""

    kind: str
    args: tuple[int, ...]
    static: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Program:
    """Values 0 … are the leaves, then the constants, then one for each step."""

    leaves: tuple[Any, ...]
    constants: tuple[Any, ...]
    steps: tuple[Step, ...]
    weights: dict[int, Any]
    """By position: what each value that nothing live uses is weighted with in the total."""
    dead: frozenset[int] = frozenset()
    """Positions of values that are computed and never used."""

    def __str__(self) -> str:
        given = [f"leaf {x.tolist()}" for x in self.leaves]
        given += [f"constant {x.tolist()}" for x in self.constants]
        lines = [f"v{i} = {text}" for i, text in enumerate(given)]
        for i, step in enumerate(self.steps, len(lines)):
            static = [f"{key}={value!r}" for key, value in step.static.items()]
            args = ", ".join([f"v{k}" for k in step.args] + static)
            lines.append(f"v{i} = {step.kind}({args}){' # dead' * (i in self.dead)}")
        total = " + ".join(f"sum(v{i} * {w.tolist()})" for i, w in self.weights.items())
        return "\n".join([*lines, f"total = {total}"])

    __repr__ = __str__

    @property
    def offset(self) -> int:
        return len(self.leaves) + len(self.constants)


def values_of(
    program: Program, leaves: Sequence[Any], tap: Callable[[int, Any], Any] | None = None
) -> list[Any]:
    """Run the steps with the engine on these leaves; return all values.

    ``tap(position, value)``, where given, sees each step's value and may return another.
    """
    dtype = leaves[0].dtype if leaves else np.dtype(float)
    values = [*leaves, *(c.astype(dtype) for c in program.constants)]
    return resume(program, values, tap)


def resume(
    program: Program, values: Sequence[Any], tap: Callable[[int, Any], Any] | None = None
) -> list[Any]:
    """Run the steps for which there is no value yet; return all values."""
    values = list(values)
    for step in program.steps[len(values) - program.offset :]:
        value = KINDS[step.kind].engine(*(values[i] for i in step.args), **step.static)
        values.append(value if tap is None else tap(len(values), value))
    return values


def total_of(program: Program, values: Sequence[Any]) -> Any:
    """Return the weighted sum of a run's values."""
    parts = [(values[i] * w.astype(values[i].dtype)).sum() for i, w in program.weights.items()]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def engine(program: Program, *leaves: Any) -> Any:
    """Return the total, computed by the engine from these leaves."""
    return total_of(program, values_of(program, leaves))


def interpreted(program: Program, leaves: Sequence[Dual]) -> Dual:
    """Return the total, computed by the reference from these leaves."""
    values = [*leaves, *map(duals.constant, program.constants)]
    for step in program.steps:
        operands = (values[i] for i in step.args)
        values.append(KINDS[step.kind].reference(*operands, **step.static))
    total = duals.constant(0.0)
    for i, w in program.weights.items():
        total = total + duals.sum(values[i] * w)
    return total


@dataclass(frozen=True)
class Derivatives:
    """The total of a program, its gradient by each leaf, and the Hessian times a vector."""

    value: float
    gradient: list[Any]
    product: list[Any]


def exact_derivatives(program: Program, vector: Sequence[Any]) -> Derivatives:
    """Return the reference's derivatives, element by element."""
    gradient = [np.empty(x.shape) for x in program.leaves]
    product = [np.empty(x.shape) for x in program.leaves]
    value = 0.0
    duals = [Dual(x + 0j, v + 0j) for x, v in zip(program.leaves, vector, strict=True)]
    for k, leaf in enumerate(program.leaves):
        for place in np.ndindex(leaf.shape):
            bumped = np.array(leaf, dtype=complex)
            bumped[place] += 1j * STEP
            total = interpreted(program, [*duals[:k], Dual(bumped, duals[k].b), *duals[k + 1 :]])
            value = float(total.a.real)
            gradient[k][place] = total.a.imag / STEP
            product[k][place] = total.b.imag / STEP
    return Derivatives(value, gradient, product)


def as_leaves(program: Program, dtype: Any = None) -> list[Any]:
    return [tg.tensor(x, dtype=dtype, requires_grad=True) for x in program.leaves]


def engine_derivatives(program: Program, vector: Sequence[Any]) -> Derivatives:
    """Return the engine's derivatives: one backward pass, and one through that."""
    leaves = as_leaves(program)
    total = engine(program, *leaves)
    gradient = tg.gradients(total, leaves, create_graph=True)
    slope = sum(((g * v).sum() for g, v in zip(gradient, vector, strict=True)), tg.tensor(0.0))
    if slope.requires_grad:
        product = [h.numpy() for h in tg.gradients(slope, leaves)]
    else:
        product = [np.zeros(x.shape) for x in leaves]
    return Derivatives(total.item(), [g.numpy() for g in gradient], product)


# ------------------------------------------------------------------------------ building programs


class Builder:
    """Grows a program step by step, knowing every value, so that each stays in its domain."""

    def __init__(self, leaves: Sequence[Any], constants: Sequence[Any] = ()) -> None:
        self.leaves = tuple(map(np.asarray, leaves))
        self.constants = tuple(map(np.asarray, constants))
        self.values = [*leaves, *constants]
        self.steps: list[Step] = []
        self.dead: set[int] = set()

    def shape(self, i: int) -> Shape:
        return self.values[i].shape

    def candidates(self, kind: str, allowed: Sequence[int]) -> list[tuple[int, ...]]:
        """Return the operands that fit a kind by their shapes; empty ones (slices) do not."""
        by_shape: dict[Shape, list[int]] = {}
        for i in allowed:
            if 0 not in self.shape(i):
                by_shape.setdefault(self.shape(i), []).append(i)
        return [
            args
            for shapes in itertools.product(by_shape, repeat=KINDS[kind].arity)
            if options(kind, shapes)
            for args in itertools.product(*(by_shape[s] for s in shapes))
        ]

    def put(self, kind: str, args: Sequence[int], static: dict[str, Any] | None = None) -> int:
        """Append a step as it is; return the position of its value."""
        static = {} if static is None else static
        operands = [duals.constant(self.values[i]) for i in args]
        self.values.append(np.asarray(KINDS[kind].reference(*operands, **static).real))
        self.steps.append(Step(kind, tuple(args), static))
        return len(self.values) - 1

    def put_safely(self, kind: str, args: Sequence[int], static: dict[str, Any]) -> int:
        """Append a step with its operands squashed into the domain, and its result made tame.

        Where it would come too close to a kink, a smooth step takes its place.
        """
        args = [self._within(i, KINDS[kind].interval(k)) for k, i in enumerate(args)]
        if KINDS[kind].distance([self.values[i] for i in args], static) < APART:
            return self.put("sin", args[:1])
        position = self.put(kind, args, static)
        if np.abs(self.values[position]).max(initial=0) > 3:
            position = self.put("tanh", [position])
        return position

    def _within(self, i: int, interval: tuple[float, float] | None) -> int:
        if interval is None:
            return i
        low, high = interval
        if np.all((low <= self.values[i]) & (self.values[i] <= high)):
            return i
        return self.put("into", [i], {"low": low, "high": high})

    def finish(self, rng: np.random.Generator, also: Sequence[int] = ()) -> Program:
        """Weigh every value that nothing live uses, and those given."""
        offset = len(self.leaves) + len(self.constants)
        used = {i for k, s in enumerate(self.steps, offset) if k not in self.dead for i in s.args}
        sinks = [i for i in range(len(self.values)) if i in also or i not in used | self.dead]
        weights = {i: rng.uniform(0.5, 1.5, self.shape(i)) for i in sinks}
        return Program(
            self.leaves, self.constants, tuple(self.steps), weights, frozenset(self.dead)
        )


SHAPES: tuple[Shape, ...] = (
    (),
    (1,),
    (2,),
    (3,),
    (2, 3),
    (3, 2),
    (1, 3),
    (2, 1),
    (3, 3),
    (2, 1, 3),
)


@st.composite
def programs(draw: st.DrawFn, max_steps: int = 10, dead: bool = True) -> Program:
    """Draw a program with several leaves, fan-out, and now and then a dead branch."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1), label="seed of the values"))
    shapes = draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3))
    constants = draw(st.lists(st.sampled_from(SHAPES), max_size=1))
    builder = Builder(
        [rng.uniform(-1.5, 1.5, s) for s in shapes], [rng.uniform(-1.5, 1.5, s) for s in constants]
    )
    for _ in range(draw(st.integers(1, max_steps))):
        kind = draw(st.sampled_from(list(KINDS)))
        unused = dead and draw(st.integers(0, 7)) == 0
        allowed = [i for i in range(len(builder.values)) if unused or i not in builder.dead]
        candidates = builder.candidates(kind, allowed)
        if not candidates:
            continue
        args = draw(st.sampled_from(candidates))
        static = draw(st.sampled_from(options(kind, tuple(map(builder.shape, args)))))
        before = len(builder.values)
        builder.put_safely(kind, args, static)
        if unused:
            builder.dead |= set(range(before, len(builder.values)))
    # The first leaf always counts, so that every total needs a gradient.
    return builder.finish(rng, also=[0])


# ---------------------------------------------------------------------------- a systematic grid

GRID_SHAPES: tuple[Shape, ...] = ((), (1,), (3,), (2, 3), (3, 3), (3, 2), (1, 3), (2, 1), (2, 1, 3))
PATTERNS = ("leaves", "inner", "reused", "constant", "tied")


def grid(kind: str, limit: int) -> list[Program]:
    """Return programs with one step of a kind: each shape, parameter and use of operands.

    At most ``limit`` combinations of shapes and parameters are tried for each pattern of use.
    """
    rng = np.random.default_rng(sum(kind.encode()))
    cases = [
        (shapes, static)
        for shapes in itertools.product(GRID_SHAPES, repeat=KINDS[kind].arity)
        for static in options(kind, shapes)
    ]
    found = []
    for pattern in PATTERNS:
        chosen = rng.permutation(len(cases))[:limit]
        found += [
            program
            for k in sorted(chosen)
            if (program := _single(KINDS[kind], *cases[k], pattern, rng)) is not None
        ]
    return found


def _single(
    kind: Kind, shapes: Sequence[Shape], static: dict[str, Any], pattern: str, rng: Any
) -> Program | None:
    """Return the program with one step of ``kind``; ``None`` where the pattern does not apply."""
    reused = pattern == "reused"
    if (reused and len(set(shapes)) > 1) or (pattern == "constant" and kind.arity == 1):
        return None
    if pattern == "tied" and (kind.kinks is None or not kind.ties):
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
    builder = Builder(leaves, [v for i, v in enumerate(values) if i == constant])
    args = [0] * kind.arity if reused else list(range(len(values)))
    if constant is not None:
        args = [i - (i > constant) for i in args]
        args[constant] = len(leaves)
    if pattern == "inner" and not (kind.kinks or kind.domain):
        args = [builder.put("sin", [i]) for i in args]
    elif pattern == "inner":
        args = [builder.put("positive", [i]) for i in args]
    result = builder.put(kind.name, args, static)
    # A smooth bend after it, so that the gradient which arrives has a gradient itself.
    builder.put("sin", [result])
    return builder.finish(rng)


# ------------------------------------------------------------------------------ transformations


def without_dead_code(program: Program) -> Program:
    """Return the program without the steps that are never used."""
    moved: dict[int, int] = {i: i for i in range(program.offset)}
    steps = []
    for i, step in enumerate(program.steps, program.offset):
        if i not in program.dead:
            moved[i] = program.offset + len(steps)
            steps.append(replace(step, args=tuple(moved[k] for k in step.args)))
    weights = {moved[i]: w for i, w in program.weights.items()}
    return Program(program.leaves, program.constants, tuple(steps), weights)


def with_split_leaves(program: Program) -> tuple[Program, list[int]]:
    """Return the program with a leaf of its own for every use of a leaf, and whose copy each is."""
    owners: list[int] = []
    uses: list[tuple[int, ...]] = []
    fresh = -1

    def use(i: int) -> int:
        nonlocal fresh
        if i >= len(program.leaves):
            return i
        owners.append(i)
        fresh -= 1
        return fresh + 1

    uses = [tuple(use(i) for i in step.args) for step in program.steps]
    sinks = {use(i): w for i, w in program.weights.items()}
    grown = len(owners) - len(program.leaves)

    def moved(i: int) -> int:
        return -1 - i if i < 0 else i + grown

    steps = tuple(
        replace(step, args=tuple(map(moved, args)))
        for step, args in zip(program.steps, uses, strict=True)
    )
    return (
        Program(
            tuple(program.leaves[i] for i in owners),
            program.constants,
            steps,
            {moved(i): w for i, w in sinks.items()},
            frozenset(i + grown for i in program.dead),
        ),
        owners,
    )
