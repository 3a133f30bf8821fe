"""What a program does one after the other: loops, products, calls of kernels, checks.

Each reads buffers and writes one. Arrays are elements in memory (:class:`Stored`) or a formula for
each element (:class:`Computed`) until a statement needs them in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from tensorgraph.compiler.c_functions import EXPENSIVE
from tensorgraph.compiler.loops.memory_order import order_of, permuted_strides
from tensorgraph.compiler.loops.scalars import (
    ZERO,
    Buffer,
    Index,
    Place,
    Scalar,
    Shape,
    axis,
    load,
    loads_of,
    parts_of,
    scalar,
)
from tensorgraph.engine.op import Op
from tensorgraph.symbolic.expr import Expr


def given(e: Expr, parts: Iterable[Expr] = ()) -> Buffer:
    """Return the memory of an array that a program is given, in which others lie end to end."""
    return Buffer(e.shape, e.dtype, "array", name=e.name, parts=map(given, parts))


def strides_of(shape: Shape) -> tuple[int, ...]:
    """Return how many elements apart the neighbours along each axis lie, of a C-ordered array."""
    strides, n = [], 1
    for length in reversed(shape):
        strides.append(n)
        n *= length
    return tuple(reversed(strides))


class Stored:
    """An array in memory: a buffer, or a view of one."""

    def __init__(
        self, buffer: Buffer, shape: Shape, offset: int = 0, strides: Sequence[int] | None = None
    ) -> None:
        self.buffer, self.shape, self.offset = buffer, tuple(shape), offset
        given = strides_of(self.shape) if strides is None else strides
        self.strides = tuple(0 if n == 1 else s for n, s in zip(self.shape, given, strict=True))

    @classmethod
    def new(cls, dtype: Any, shape: Shape, order: Sequence[int]) -> Stored:
        """Return new memory for an array, with its axes in this order."""
        buffer = Buffer(tuple(shape[d] for d in order), dtype)
        return cls(buffer, shape, 0, permuted_strides(strides_of(buffer.shape), order))

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of its elements."""
        return self.buffer.dtype

    @property
    def is_contiguous(self) -> bool:
        """Whether its elements lie one after the other, in C order."""
        expected = strides_of(self.shape)
        return all(
            n == 1 or a == b for n, a, b in zip(self.shape, self.strides, expected, strict=True)
        )

    @property
    def reach(self) -> range | None:
        """From where to where its elements stand in the buffer."""
        return Index(self.offset, self.strides).reach(self.shape)

    def place(self, places: Sequence[Index]) -> Index:
        """Return where an element stands in the buffer."""
        return sum((p * s for p, s in zip(places, self.strides, strict=True)), Index(self.offset))

    def at(self, places: Sequence[Index]) -> Scalar:
        """Return an element, given its place in each axis."""
        return load(self.buffer, self.place(places))


class Computed:
    """An array that is nowhere: a formula of each element, over one variable for each axis."""

    def __init__(self, shape: Shape, formula: Scalar) -> None:
        self.shape, self.formula = tuple(shape), formula

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of its elements."""
        return self.formula.dtype

    def at(self, places: Sequence[Index]) -> Scalar:
        """Return an element, given its place in each axis."""
        return moved(self.formula, places)

    def size(self) -> tuple[int, bool]:
        """Return how many parts its formula has, and whether one of them is expensive."""
        parts = [x for x in parts_of(self.formula) if x.op not in ("constant", "number", "load")]
        return len(parts), any(x.op in EXPENSIVE for x in parts)


Array = Stored | Computed


def order_in_memory(array: Array) -> tuple[int, ...]:
    """Return the order of an array's axes in memory, or that of what it is computed of."""
    if isinstance(array, Stored):
        return order_of(array.shape, [Index(0, array.strides)])
    return order_of(array.shape, [place.index for place in loads_of(array.formula)])


@dataclass(frozen=True, eq=False)
class Number:
    """A number of Python's, known when the program runs."""

    kept: Stored


def moved(formula: Scalar, places: Sequence[Index]) -> Scalar:
    """Return a formula with other places in place of its variables."""
    if all(p == axis(d) for d, p in enumerate(places)):
        return formula
    return rewritten(formula, lambda index: through(index, places))


def through(index: Index, places: Sequence[Index]) -> Index:
    """Return an index of variables, with places for these."""
    total = Index(index.offset, (), index.gathered)
    for d, step in enumerate(index.steps):
        total = total + places[d] * step
    return total


def rewritten(formula: Scalar, change: Callable[[Index], Index]) -> Scalar:
    """Return a formula with other indices; what these gather is rewritten before."""
    new: dict[Scalar, Scalar] = {}

    def put(index: Index) -> Index:
        gathered = tuple((new[value], step) for value, step in index.gathered)
        return change(Index(index.offset, index.steps, gathered))

    stack = [formula]
    while stack:
        x = stack[-1]
        missing = [y for y in x.args if y not in new]
        if missing:
            stack.extend(missing)
            continue
        stack.pop()
        if x.op == "load":
            new[x] = load(x.extra.buffer, put(x.extra.index))
        elif x.op == "index":
            place = put(x.extra)
            new[x] = scalar("index", (v for v, _ in place.gathered), x.dtype, place)
        elif x.args:
            new[x] = scalar(x.op, (new[y] for y in x.args), x.dtype, x.extra)
        else:
            new[x] = x
    return new[formula]


# ------------------------------------------------------------------------------------ statements


@dataclass(eq=False)
class Loop:
    """Stores a value for each place of a grid, or combines those that fall on the same place."""

    kind: ClassVar[str] = "loops"
    dims: Shape
    """How far each variable runs; none runs but to 1."""
    value: Scalar
    out: Buffer
    at: Index
    combine: str | None = None
    """How values are combined that fall on one place: ``"add"``, ``"maximum"`` and so on."""
    onto: bool = False
    """Whether values are added to what is there, and several may fall on one place."""
    last: bool = False
    """Whether it overwrites what the program is given, which all others have read before."""

    def reads(self) -> list[Buffer]:
        """Return the buffers that it reads."""
        return list(dict.fromkeys(place.buffer for place in self.loads()))

    def loads(self) -> list[Place]:
        """Return the places that it reads, also those that tell where it stores."""
        return loads_of(self.value, *(value for value, _ in self.at.gathered))


def is_for_blas(e: Expr) -> bool:
    """Return whether BLAS can multiply the operands of an operation: real numbers of one dtype."""
    return e.dtype.name in ("float32", "float64") and {x.dtype for x in e.args} == {e.dtype}


@dataclass(eq=False)
class Product:
    """A matrix product, or one for each place along leading axes."""

    kind: ClassVar[str] = "product"
    x: Stored
    y: Stored
    out: Buffer
    last: bool = False

    def reads(self) -> list[Buffer]:
        """Return the buffers that it reads."""
        return [view.buffer for view in self.views()]

    def views(self) -> list[Stored]:
        """Return the arrays that it reads."""
        return [self.x, self.y]


@dataclass(eq=False)
class Convolution:
    """The derivative of Σ y[n, o, p] · w[o, c, k] · x[n, c, stride · p + dilation · k] by one.

    Nothing is between the elements of each in memory. In x, which is padded, and in y the batch
    is last there.
    """

    kind: ClassVar[str] = "convolution"
    op: Op
    x: Stored
    w: Stored
    y: Stored
    made: Stored
    """Which of the three it makes."""
    windows: Buffer
    """Memory for the windows of some rows of y, laid out as a matrix."""
    rows: int
    """How many rows these are."""
    stride: Shape
    dilation: Shape
    groups: int
    last: bool = field(default=False, init=False)

    @property
    def out(self) -> Buffer:
        """The memory of what it makes."""
        return self.made.buffer

    def reads(self) -> list[Buffer]:
        """Return the buffers that it reads."""
        return [view.buffer for view in self.views()]

    def views(self) -> list[Stored]:
        """Return the arrays that it reads."""
        return [v for v in (self.x, self.w, self.y) if v is not self.made]


@dataclass(eq=False)
class Call:
    """An operation whose kernel runs as it is, on arrays."""

    kind: ClassVar[str] = "kernel"
    op: Op
    operands: tuple[Any, ...]
    """Arrays, numbers, and expressions that stand for sources of random numbers."""
    static: dict[str, Any]
    out: Buffer
    last: bool = False

    def reads(self) -> list[Buffer]:
        """Return the buffers that it reads."""
        return [view.buffer for view in self.views()]

    def views(self) -> list[Stored]:
        """Return the arrays that it reads."""
        arrays = [x.kept if isinstance(x, Number) else x for x in self.operands]
        return [x for x in arrays if isinstance(x, Stored)]

    @property
    def buffers(self) -> list[Buffer]:
        """The memory that it works on."""
        return [*self.reads(), self.out]


@dataclass(eq=False)
class Draw:
    """Random numbers, drawn by C from NumPy's own source."""

    kind: ClassVar[str] = "draw"
    op: Op
    generator: int
    """Which of the dataflow's generators."""
    numbers: tuple[float, ...]
    out: Buffer
    last: bool = field(default=False, init=False)

    def reads(self) -> list[Buffer]:
        """Return the buffers that it reads."""
        return []

    @property
    def buffers(self) -> list[Buffer]:
        """The memory that it works on."""
        return [self.out]


@dataclass(eq=False)
class Check:
    """Leaves the program where a boolean is false."""

    kind: ClassVar[str] = "check"
    holds: Buffer
    code: int
    out: Buffer | None = field(default=None, init=False)
    last: bool = field(default=False, init=False)

    def reads(self) -> list[Buffer]:
        """Return the buffers that it reads."""
        return [self.holds]

    @property
    def buffers(self) -> list[Buffer]:
        """The memory that it works on."""
        return [self.holds]


Statement = Loop | Product | Convolution | Call | Draw | Check


def loop_over(
    shape: Shape,
    value: Scalar,
    out: Buffer,
    at: Index,
    combine: str | None = None,
    onto: bool = False,
) -> Loop:
    """Return a loop over an array's axes, without those of length 1, in their order in memory.

    What is stored is stored in order; what is combined is read in order.
    """
    deciding = [at] if combine is None else [place.index for place in loads_of(value)]
    places = [ZERO] * len(shape)
    dims: list[int] = []
    for d in order_of(shape, deciding):
        if shape[d] != 1:
            places[d] = axis(len(dims))
            dims.append(shape[d])
    whole = load(out, at)
    where = moved(whole, places).extra.index
    return Loop(tuple(dims), moved(value, places), out, where, combine, onto)
