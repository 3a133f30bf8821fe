"""Formulas of single elements: what a loop's body computes, and from which places in memory.

Formulas are interned, as expressions of whole arrays are: equal ones are one object, which is what
finds a value that two statements of a loop have in common.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from tensorgraph.engine.locks import free, in_forked_child

Shape = tuple[int, ...]

_TABLE: WeakValueDictionary[Any, Scalar] = WeakValueDictionary()
_LOCK = threading.RLock()
in_forked_child(lambda: free(_LOCK))


class Scalar:
    """A formula: a constant, a number given at run time, an element in memory, or a function.

    ``op`` is ``"constant"``, ``"number"``, ``"load"``, ``"index"``, ``"cast"``, or the name of a
    function of :mod:`tensorgraph.compiler.c_functions`.
    """

    __slots__ = ("__weakref__", "args", "dtype", "extra", "op")

    op: str
    args: tuple[Scalar, ...]
    dtype: np.dtype[Any]
    extra: Any
    """A constant's value, a number's place, a load's :class:`Place`, an index's :class:`Index`."""

    def __repr__(self) -> str:
        return f"<{self.op} {self.dtype} {self.extra or ''}{list(self.args) or ''}>"


def scalar(op: str, args: Iterable[Scalar], dtype: Any, extra: Any = None) -> Scalar:
    """Return the formula of these parts."""
    args, dtype = tuple(args), np.dtype(dtype)
    told = (type(extra), repr(extra)) if isinstance(extra, (bool, int, float)) else extra
    key = (op, tuple(map(id, args)), dtype, told)
    with _LOCK:
        found = _TABLE.get(key)
        if found is None:
            found = object.__new__(Scalar)
            found.op, found.args, found.dtype, found.extra = op, args, dtype, extra
            _TABLE[key] = found
        return found


def constant(value: Any, dtype: Any) -> Scalar:
    """Return a number that is known, rounded to a dtype."""
    return scalar("constant", (), dtype, np.dtype(dtype).type(value).item())


def cast(x: Scalar, dtype: Any) -> Scalar:
    """Return a value in another dtype."""
    dtype = np.dtype(dtype)
    if x.dtype == dtype:
        return x
    if x.op == "constant":
        with np.errstate(all="ignore"):
            return constant(x.dtype.type(x.extra).astype(dtype), dtype)
    return scalar("cast", (x,), dtype)


# --------------------------------------------------------------------------------------- indices


@dataclass(frozen=True)
class Index:
    """offset + Σ steps[d]·i_d + Σ step·value: a place that changes with the variables of loops."""

    offset: int = 0
    steps: tuple[int, ...] = ()
    """How far it moves with each loop's variable; no zeros at the end."""
    gathered: tuple[tuple[Scalar, int], ...] = ()
    """Values of arrays that it moves with, such as labels, each with a step."""

    def __add__(self, other: Index) -> Index:
        a, b = self.steps, other.steps
        n = max(len(a), len(b))
        a, b = a + (0,) * (n - len(a)), b + (0,) * (n - len(b))
        total = tuple(x + y for x, y in zip(a, b, strict=True))
        return Index(self.offset + other.offset, _stripped(total), self.gathered + other.gathered)

    def __mul__(self, factor: int) -> Index:
        if factor == 0:
            return ZERO
        steps = tuple(x * factor for x in self.steps)
        gathered = tuple((value, step * factor) for value, step in self.gathered)
        return Index(self.offset * factor, steps, gathered)

    def plus(self, offset: int) -> Index:
        """Return the place so much further on."""
        return Index(self.offset + offset, self.steps, self.gathered)

    def reach(self, dims: Shape) -> range | None:
        """Return from where to where it moves, as variables run so far; nobody knows if gathered.

        Example:
            >>> Index(20, (4, 1)).reach((2, 3))
            range(20, 27)
        """
        if self.gathered:
            return None
        ways = [step * (n - 1) for step, n in zip(self.steps, dims, strict=False)]
        low, high = (sum(pick(way, 0) for way in ways) for pick in (min, max))
        return range(self.offset + low, self.offset + high + 1)

    def step(self, d: int) -> int:
        """Return how far it moves with a loop's variable."""
        return self.steps[d] if d < len(self.steps) else 0


def _stripped(steps: tuple[int, ...]) -> tuple[int, ...]:
    while steps and steps[-1] == 0:
        steps = steps[:-1]
    return steps


ZERO = Index()


def axis(d: int, step: int = 1) -> Index:
    """Return the variable of a loop, times a step."""
    return Index(0, (0,) * d + (step,)) if step else ZERO


def axes(shape: Shape) -> list[Index]:
    """Return the place in each axis of an array, by the variables of loops over all of them.

    An axis of length 1 has but one place, which moves with no variable.
    """
    return [ZERO if n == 1 else axis(d) for d, n in enumerate(shape)]


def index_value(place: Index, dtype: Any = np.int64) -> Scalar:
    """Return a place as a number to compute with."""
    if not place.steps and not place.gathered:
        return constant(place.offset, dtype)
    parts = tuple(value for value, _ in place.gathered)
    return cast(scalar("index", parts, np.int64, place), dtype)


# ---------------------------------------------------------------------------------------- memory


class Buffer:
    """Memory for the elements of an array, C-contiguous.

    ``kind`` is ``"array"`` (given by the caller), ``"output"``, ``"constant"``, ``"temporary"`` or
    ``"result"`` (of a kernel of NumPy's, known when it has run).
    """

    __slots__ = ("dtype", "kind", "name", "parts", "shape", "size", "value")

    def __init__(
        self,
        shape: Shape,
        dtype: Any,
        kind: str = "temporary",
        value: Any = None,
        name: str | None = None,
        parts: Iterable[Buffer] = (),
    ) -> None:
        self.shape, self.kind, self.value, self.name = tuple(shape), kind, value, name
        self.parts = tuple(parts)
        """What lies end to end in it, as people know it."""
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self.size = math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Its size in bytes."""
        return self.size * self.dtype.itemsize

    def touched(self, reach: range | None) -> tuple[Buffer, ...]:
        """Return the parts that elements from here to there belong to; itself, if to all."""
        if not self.parts or reach is None:
            return (self,)
        ends = accumulate(part.size for part in self.parts)
        found = tuple(
            part
            for part, end in zip(self.parts, ends, strict=True)
            if reach.start < end and end - part.size < reach.stop
        )
        return (self,) if found == self.parts else found

    def __repr__(self) -> str:
        return f"<{self.kind} {self.dtype}{list(self.shape)}>"


@dataclass(frozen=True, slots=True)
class Place:
    """An element of a buffer."""

    buffer: Buffer
    index: Index


def load(buffer: Buffer, index: Index) -> Scalar:
    """Return the value of an element of a buffer."""
    parts = tuple(value for value, _ in index.gathered)
    return scalar("load", parts, buffer.dtype, Place(buffer, index))


def parts_of(*roots: Scalar | None) -> Iterator[Scalar]:
    """Yield the formulas that others are made of, themselves too, each once."""
    seen: set[Scalar] = set()
    stack = [root for root in roots if root is not None]
    while stack:
        x = stack.pop()
        if x not in seen:
            seen.add(x)
            yield x
            stack.extend(x.args)


def loads_of(*roots: Scalar | None) -> list[Place]:
    """Return the elements in memory that formulas read."""
    return [x.extra for x in parts_of(*roots) if x.op == "load"]
