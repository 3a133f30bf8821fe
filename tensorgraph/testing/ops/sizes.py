"""Arrays of all sizes against their own pieces: an example is the same among many as among few.

A few examples stand for many. They are repeated, so that what they give alone is known of each of
their repetitions, at the cost of one call. The examples of an elementwise operation are elements;
of another, the axes along which it treats examples by themselves are found by trying.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.engine.domain import Real
from tensorgraph.engine.op import Op
from tensorgraph.testing.ops.op_calls import Case, bound, draw
from tensorgraph.testing.ops.orders import Orders, orders, random_projection

PERIOD = 97
"""Elements that are repeated: a prime, so that no block of memory is like the next."""
PIECE = 13
"""Elements of the pieces that they are compared with."""
MOST = 64
"""Choices of axes that are tried at most."""
Shape = tuple[int, ...]

SMALL: tuple[Shape, ...] = (
    (), (1,), (4,), (2, 3), (2, 1, 4), (2, 3, 2, 4), (1, 2, 3, 1, 2), (2, 1, 2, 1, 2, 2), (31,),
)  # fmt: skip
LARGE: tuple[Shape, ...] = ((131,), (5, 211), (3, 5, 7, 23), (12_347,), (131_101,))
"""Shapes of whole arrays: of all numbers of axes, and beyond the sizes at which kernels change."""
COUNTS = (150, 1_100, 11_000, 140_000)
"""About how many elements inputs are made to have, of an operation that is not elementwise."""

Layout = Callable[[Array], Array]
LAYOUTS: dict[str, Layout] = {
    "": lambda x: x,
    ", in Fortran's order": lambda x: np.asarray(x, order="F"),
    ", with gaps in memory": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
}
MANY_UNUSUAL = 20_000
"""Elements, some of which are infinite or the like: no more of them are tried."""
IN_MANY_LAYOUTS: frozenset[Shape] = frozenset(((2, 3, 2, 4), (3, 5, 7, 23)))

Room = Callable[[Array, Array], Array]
"""Returns how far numbers may be from those expected, given those and all of the array alone."""


@dataclass(frozen=True)
class Examples:
    """A call on examples that do not influence one another."""

    case: Case
    inputs: tuple[str, ...]
    """What messages call the inputs."""
    axes: tuple[int | None, ...]
    """Along which each input holds the examples; None if all of them share it."""
    result_axis: int
    """Along which the results hold them."""

    @property
    def count(self) -> int:
        """How many examples there are."""
        found = zip(self.case.inputs, self.axes, strict=True)
        return next(int(np.shape(x)[a]) for x, a in found if a is not None)

    @cached_property
    def whole(self) -> Orders:
        """What the call gives of all examples once."""
        return orders(self.case, random_projection(0))

    @cached_property
    def _projections(self) -> dict[tuple[str, int], tuple[Array, int | None]]:
        """What the results and gradients of all examples are projected on, and along which axis."""
        values = [
            ("result", k, value, self.result_axis) for k, value in enumerate(self.whole.values)
        ]
        slopes = [
            ("gradient", k, self.case.inputs[i], self.axes[i])
            for k, i in enumerate(self.case.floating)
        ]
        project = random_projection(0)
        return {
            (what, k): (project(what, k, like), axis) for what, k, like, axis in (*values, *slopes)
        }

    def of(self, index: Array, layout: Layout = LAYOUTS[""]) -> Orders:
        """Return what the call gives of examples that are taken again and again.

        Args:
            index: the number of each example taken; of an elementwise operation, of any shape.
            layout: changes how the inputs stand in memory.
        """
        inputs = zip(self.case.inputs, self.axes, strict=True)
        changed = {
            k: layout(np.asarray(np.take(x, index, a)))
            for k, (x, a) in enumerate(inputs)
            if a is not None
        }

        def projection(what: str, k: int, _: Array) -> Array:
            projected, axis = self._projections[what, k]
            return projected if axis is None else np.asarray(projected.take(index, axis))

        return orders(self.case.with_inputs(changed), projection)

    def expected(self, index: Array, times: int = 1) -> Orders:
        """Return what follows from each example alone; each is taken ``times`` if any is shared."""
        axes = [self.axes[k] for k in self.case.floating]

        def slopes(found: list[Array]) -> list[Array]:
            return [
                g * g.dtype.type(times) if axis is None else g.take(index, axis)
                for g, axis in zip(found, axes, strict=True)
            ]

        return Orders(
            [value.take(index, self.result_axis) for value in self.whole.values],
            slopes(self.whole.first),
            slopes(self.whole.second),
        )

    def compare(
        self, index: Array, room: Room, told: str = "", layout: Layout = LAYOUTS[""]
    ) -> None:
        """Raise if many examples give something else than each of them does among a few.

        Args:
            index: the number of each example that is taken.
            room: how far the numbers may be off.
            told: what to say besides of the arrays.
            layout: changes how the inputs stand in memory.
        """
        times = max(index.size // self.count, 1)
        slack = max(times / 64, 1.0) if None in self.axes else 1.0  # many gradients are added up
        names = [self.inputs[k] for k in self.case.floating]
        expected = self.expected(index, times)
        try:
            found = self.of(index, layout)
        except Exception as error:  # what works for a few examples works for others
            why = str(error).partition("\n")[0]
            raise AssertionError(
                f"{self._told(index)}{told}: {type(error).__name__}: {why}; if what it computes of"
                ' one element depends on others, or on the shape, say so: family="fused"'
            ) from error
        arrays = zip(found.told(names), expected.told(names), self.whole.told(names), strict=True)
        for (what, array), (_, right), (_, whole) in arrays:
            if array.shape != right.shape:
                raise AssertionError(
                    f"{self._told(index)}{told}: {what} has shape {array.shape}, not {right.shape}"
                )
            if np.array_equal(array, right, equal_nan=array.dtype.kind == "f"):
                continue
            at = worst(array, right, room(right, whole) * slack)
            if at is not None:
                raise AssertionError(
                    f"{self._told(index)}{told}: {what} is {array[at]!s} at index {at}, but"
                    f" {right[at]!s} follows from the same example among {self.count}"
                )

    def _told(self, index: Array) -> str:
        kinds = {np.asarray(value).dtype.name: None for value in self.case.inputs}
        shape = "×".join(map(str, index.shape)) or "1"
        return f"{self.case.name}, given {shape} examples of {' and '.join(kinds)}"


def worst(found: Array, expected: Array, room: Array) -> tuple[int, ...] | None:
    """Return where numbers are farthest out of the room they are given; None if nowhere."""
    with np.errstate(all="ignore"):
        off = np.abs(np.subtract(found, expected, dtype=np.float64))
        same = (found == expected) | ((found != found) & (expected != expected))
        out = np.where(same | (off <= room), 0.0, np.nan_to_num(off / room, nan=np.inf))
    if not out.size or not out.any():
        return None
    return tuple(int(n) for n in np.unravel_index(int(np.argmax(out)), out.shape))


def a_few_ulps(expected: Array, whole: Array) -> Array:
    """Leave room for one kernel that computes several elements at once, and one that does not."""
    if expected.dtype.kind != "f":
        return np.zeros(expected.shape)
    known = np.abs(whole[np.isfinite(whole)])
    typical = float(np.median(known)) if known.size else 0.0
    room: Array = 4 * np.spacing(np.abs(expected)) + 4 * np.finfo(expected.dtype).eps * typical
    return room


def rounding(expected: Array, whole: Array) -> Array:
    """Leave room for the rounding of sums of numbers like the largest."""
    if expected.dtype.kind != "f":
        return np.zeros(expected.shape)
    sizes = (np.abs(a[np.isfinite(a)]).max(initial=0.0) for a in (expected, whole))
    return np.full(expected.shape, 64 * float(np.finfo(expected.dtype).eps) * float(max(sizes)))


# ---------------------------------------------------------------------------------- elementwise

TINY_AND_HUGE = np.array(
    [0.0, -0.0, 1e-300, -1e-300, 1e-30, -1e-30, 1e-9, -1e-9, 88, -88, 700, -700, 1e3, -1e3, 1e30,
     -1e30]
)  # fmt: skip
"""Among other numbers, for kernels that ask whether any is large."""
NOT_FINITE = np.array([np.nan, np.inf, -np.inf, 0.0, 1e3])
"""For kernels that ask whether all are finite."""
_NONE = np.zeros(0)


def elements(
    op: Op,
    static: dict[str, Any],
    dtype: Any = np.float64,
    unusual: Array = _NONE,
    cases: Sequence[Case] = (),
) -> Examples:
    """Return a call of an elementwise operation, each of whose elements is an example.

    Args:
        op: the operation.
        static: its static parameters.
        dtype: of its real inputs.
        unusual: numbers that some of those are.
        cases: calls to take the elements from; if there are none, they are drawn from the domain.
    """
    rng = np.random.default_rng(PERIOD)
    inputs = (
        _elements_of(cases)
        if cases
        else [draw(op.domain.get(name, Real()), (PERIOD,), rng) for name in op.inputs]
    )
    for k, x in enumerate(inputs):
        if x.dtype.kind == "f":
            if unusual.size:
                x = np.where(rng.random(PERIOD) < 0.6, x, rng.choice(unusual, PERIOD))
            with np.errstate(all="ignore"):
                inputs[k] = x.astype(dtype)
    case = Case(op.name, bound(op, static), tuple(inputs))
    return Examples(case, op.inputs, (0,) * op.arity, 0)


def _elements_of(cases: Sequence[Case]) -> list[Array]:
    """Return the elements of the operands of some calls, again and again."""
    parts = [[x.reshape(-1) for x in np.broadcast_arrays(*case.inputs)] for case in cases]
    return [np.resize(np.concatenate(each), PERIOD) for each in zip(*parts, strict=True)]


def check_elements(
    drawn: Callable[..., Examples], shapes: Sequence[Shape] = (*SMALL, *LARGE)
) -> None:
    """An element gives the same in arrays of all sizes, numbers of axes, layouts and neighbours.

    Args:
        drawn: returns elements of a ``dtype``, some of them ``unusual``.
        shapes: of the arrays.
    """
    usual = (_NONE, "")
    others = ((TINY_AND_HUGE, ", some of them tiny or huge"), (NOT_FINITE, ", some not finite"))
    for dtype, (unusual, told) in itertools.product((np.float64, np.float32), (usual, *others)):
        examples = drawn(dtype=dtype, unusual=unusual)
        for start in range(0, 0 if told else PERIOD, PIECE):
            examples.compare(np.arange(start, min(start + PIECE, PERIOD)), a_few_ulps)
        for turn, shape in enumerate(shapes):
            if told and (len(shape) > 2 or math.prod(shape) > MANY_UNUSUAL):
                continue
            # Turned, so that no place in memory always has the same element.
            numbers = np.resize((np.arange(PERIOD) + turn * PIECE) % PERIOD, shape)
            many = shape in IN_MANY_LAYOUTS and not told
            for layout in LAYOUTS if many else ("",):
                examples.compare(numbers, a_few_ulps, told + layout, LAYOUTS[layout])


# ------------------------------------------------------------------------------ other operations


def check_counts(op: Op, case: Case, counts: Sequence[int] = COUNTS) -> bool:
    """An example gives the same among many as among few; return whether there are such."""
    found = list(found_axes(op, case)) if all(map(np.size, case.inputs)) else []
    for examples in found:
        size = max(map(np.size, case.inputs))
        for count in counts:
            times = -(-count // size)
            numbers = np.tile(np.arange(examples.count), times)
            examples.compare(numbers, rounding)
    return bool(found)


def found_axes(op: Op, case: Case) -> Iterator[Examples]:
    """Yield the axes along which a call treats examples by themselves, found by trying.

    Each is tried with one example after the other: what comes out, and the gradient by what belongs
    to that example, must be what they are among the others.
    """
    shapes = [np.shape(value) for value in case.inputs]
    inputs = tuple(op.operand_name(i) for i in range(len(shapes)))
    try:
        results = orders(case, random_projection(0), second=False).values
    except Exception:  # whatever it is, other checks tell of it
        return
    for axis in range(min((value.ndim for value in results), default=0)):
        counts = {value.shape[axis] for value in results}
        if len(counts) == 1 and (count := counts.pop()) > 1:
            places = [[None, *(a for a, n in enumerate(shape) if n == count)] for shape in shapes]
            # Where several fit, the one in which the most inputs belong to the examples.
            choices = sorted(itertools.product(*places), key=lambda c: c.count(None))
            tried = (
                Examples(case, inputs, axes, axis) for axes in choices[:MOST] if {*axes} != {None}
            )
            if (found := next((e for e in tried if _alone(e)), None)) is not None:
                yield found


def _alone(examples: Examples) -> bool:
    """Return whether each example gives by itself what it gives among the others."""
    try:
        for k in range(examples.count):
            index = np.array([k])
            found, expected = examples.of(index), examples.expected(index)
            own = [
                a is not None for i, a in enumerate(examples.axes) if i in examples.case.floating
            ]
            alike = all(map(_close, found.values, expected.values)) and all(
                _close(g, e)
                for g, e, is_own in zip(found.first, expected.first, own, strict=True)
                if is_own
            )
            if not alike:
                return False
        examples.of(np.tile(np.arange(examples.count), 2))  # there may be more of them
    except Exception:  # static parameters that fit one shape alone
        return False
    return True


def _close(found: Array, expected: Array) -> bool:
    return found.shape == expected.shape and np.allclose(
        found, expected, rtol=1e-6, atol=1e-12, equal_nan=True
    )
