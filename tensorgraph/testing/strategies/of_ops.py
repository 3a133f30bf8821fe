"""What an operation takes, drawn from the domains in its record."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

try:
    from hypothesis import register_random, strategies as st
    from hypothesis.extra import numpy as hnp
except ImportError as error:
    raise ImportError(
        "tg.testing.strategies needs hypothesis, which is in the extra 'test':"
        " pip install 'tensorgraph-engine[test]'"
    ) from error

from tensorgraph import random
from tensorgraph.engine.arrays import Array
from tensorgraph.engine.domain import Boolean, Domain, Integer, Real, Simplex
from tensorgraph.engine.op import Op
from tensorgraph.errors import ArgumentError, listing
from tensorgraph.testing.ops.op_calls import APART, record_of
from tensorgraph.testing.plain_arrays import read_only

Shape = tuple[int, ...]


class _Default:
    """The default generator, under the names of Python's: hypothesis knows it weakly."""

    def seed(self, seed: int) -> None:
        random.seed(seed)

    def getstate(self) -> Any:
        return random.default_generator().state

    def setstate(self, state: Any) -> None:
        random.default_generator().state = state


_DEFAULT = _Default()
register_random(_DEFAULT)


def arrays(
    domain: Domain,
    shape: Shape,
    dtype: Any = np.float64,
    *,
    unique: bool = False,
    extreme: bool = False,
) -> st.SearchStrategy[Array]:
    """Return a strategy for read-only arrays of numbers in a domain.

    Args:
        domain: what numbers there are.
        shape: of the arrays.
        dtype: of real numbers; integers are int64.
        unique: whether no two real numbers are equal, nor so close that a small step would make
            them: for what sorts, or looks for the largest.
        extreme: whether real numbers may be as tiny and as huge as the domain and the dtype have
            them, such as 4e-222. Else they are 0, or of a size between 1e-6 and 1e6, if the domain
            has any such.

    Raises:
        ArgumentError: the domain holds no number of this dtype, or too few that differ.

    Example:
        >>> from hypothesis import given
        >>> import tensorgraph as tg
        >>> @given(tg.testing.strategies.arrays(tg.Real(0.5, 3.0), (2, 3)))
        ... def test_roots(x):
        ...     assert (tg.sqrt(x) * tg.sqrt(x) - x).max() < 1e-15
        >>> test_roots()
    """
    if isinstance(domain, Integer):
        drawn = hnp.arrays(np.int64, shape, elements=st.integers(domain.low, domain.high - 1))
    elif isinstance(domain, Boolean):
        drawn = hnp.arrays(np.bool_, shape)
    elif isinstance(domain, Simplex):
        drawn = hnp.arrays(dtype, shape, elements=_numbers(Real(0.125, 1.0), dtype, extreme))
        drawn = drawn.map(_summing_to_one)
    elif unique:
        numbers = _far_apart(domain, math.prod(shape))
        drawn = hnp.arrays(dtype, shape, elements=numbers, unique=True, fill=st.nothing())
    else:
        drawn = hnp.arrays(dtype, shape, elements=_numbers(domain, dtype, extreme))
    return drawn.map(read_only)


def inputs(
    op: Op | Callable[..., Any] | None = None,
    shapes: Sequence[Shape] | None = None,
    *,
    signature: str | None = None,
    batch: int = 0,
    labels: Mapping[str | int, str] | None = None,
    unique: bool = False,
    extreme: bool = False,
    dtype: Any = np.float64,
    max_side: int = 3,
    min_side: int | None = None,
) -> st.SearchStrategy[tuple[Array, ...]]:
    """Return a strategy for the inputs of an operation, drawn from the domains in its record.

    Numbers stay away from the points that a domain avoids. Shapes broadcast together, from no axes
    up to two, if the operation is elementwise; for any other, and for functions that are no
    operations, a signature says how they depend on one another, or they are given.

    Args:
        op: what ``tg.op`` returned; without one, inputs are any real numbers.
        shapes: one shape for each input.
        signature: names the axes of each input, as NumPy's generalised ufuncs do, and axes of one
            name have one length: ``"(n,d),(m,d)"``. A number stands for a length: ``"(n,3)"``.
        batch: so many axes at most come before those in the signature; they broadcast together.
        labels: for inputs that hold classes, by name or position, the axis that these are places
            of: ``{"labels": "k"}``.
        unique: whether no two real numbers of an input tie, as in :func:`arrays`.
        extreme: whether numbers may be tiny and huge, as there.
        dtype: of real numbers; integers are int64.
        max_side: the largest length of an axis.
        min_side: the smallest: by default 1 in a signature, 0 for an elementwise operation.

    Raises:
        ArgumentError: neither shapes nor a signature for an operation that is not elementwise, or
            too few or many; a signature that cannot be read; labels of an axis that is not there.

    Example:
        >>> from hypothesis import given
        >>> import tensorgraph as tg
        >>> cube = tg.op("cube", lambda x: x**3, {"x": lambda g, x: g * 3 * x * x})
        >>> @given(tg.testing.strategies.inputs(cube))
        ... def test_cube(inputs):
        ...     tg.testing.gradcheck(cube, *inputs, order=2)
        >>> test_cube()
        >>> @given(tg.testing.strategies.inputs(signature="(n,d),(m,d)"))
        ... def test_products_of_all_pairs(inputs):
        ...     tg.testing.gradcheck(lambda x, y: x @ y.mT, *inputs)
        >>> test_products_of_all_pairs()
    """
    record = None if op is None else record_of(op)
    drawn = _Drawn(record, dtype, unique, extreme)
    if signature is not None:
        named = Signature(signature)
        drawn.check_count(len(named.axes), f"the signature names {len(named.axes)}")
        marked = {drawn.position(key): axis for key, axis in (labels or {}).items()}
        for axis in marked.values():
            named.check_axis(axis)
        together = hnp.mutually_broadcastable_shapes(
            signature=named.text,
            max_dims=batch,
            min_side=1 if min_side is None else min_side,
            max_side=max_side,
        )
        return together.flatmap(
            lambda found: drawn.tuples(
                found.input_shapes,
                {i: named.length(axis, found.input_shapes) for i, axis in marked.items()},
            )
        )
    if shapes is None:
        if record is None or record.family != "elementwise":
            raise ArgumentError(
                f"strategies.inputs: {drawn.name} is not elementwise, its inputs may not have any"
                " shapes; give one for each: shapes=[(2, 3), (3,)], or name their axes:"
                ' signature="(n,d),(d)"'
            )
        together = hnp.mutually_broadcastable_shapes(
            num_shapes=record.arity, max_dims=2, min_side=min_side or 0, max_side=max_side
        )
        return together.flatmap(lambda found: drawn.tuples(found.input_shapes, {}))
    drawn.check_count(len(shapes), f"{len(shapes)} shapes were given")
    return drawn.tuples(shapes, {})


@dataclass(frozen=True)
class _Drawn:
    """What inputs are drawn for, and what numbers."""

    op: Op | None
    dtype: Any
    unique: bool
    extreme: bool

    @property
    def name(self) -> str:
        return "a function" if self.op is None else self.op.name

    def check_count(self, count: int, told: str) -> None:
        if self.op is None or count == self.op.arity or (count > self.op.arity and self.op.starred):
            return
        raise ArgumentError(f"strategies.inputs: {self.name} has {self.op.arity} inputs, {told}")

    def position(self, key: str | int) -> int:
        """Return the position of an input that is told by name or position."""
        known = () if self.op is None else self.op.inputs
        if isinstance(key, int) or key in known:
            return key if isinstance(key, int) else known.index(key)
        raise ArgumentError(
            f"strategies.inputs: {self.name} has no input {key!r}"
            + (f", but {listing(list(known))}" if known else "; tell its position: {1: 'k'}")
        )

    def tuples(
        self, shapes: Sequence[Shape], classes: Mapping[int, int]
    ) -> st.SearchStrategy[tuple[Array, ...]]:
        """Return a strategy for inputs of these shapes, some of which hold so many classes."""
        parts = []
        for i, shape in enumerate(shapes):
            domain: Domain = Real()
            if i in classes:
                domain = Integer(0, max(classes[i], 1))
            elif self.op is not None:
                domain = self.op.domain.get(self.op.inputs[min(i, self.op.arity - 1)], Real())
            parts.append(
                arrays(domain, tuple(shape), self.dtype, unique=self.unique, extreme=self.extreme)
            )
        return st.tuples(*parts)


class Signature:
    """The axes of inputs by name, as in ``"(n,d),(m,d)"``; what follows ``->`` does not matter."""

    def __init__(self, signature: str) -> None:
        given = signature.partition("->")[0].replace(" ", "")
        if not re.fullmatch(r"\([\w,?]*\)(,\([\w,?]*\))*", given):
            raise ArgumentError(
                f"strategies.inputs: the signature {signature!r} cannot be read; write the axes of"
                ' each input in brackets: "(n,d),(m,d)"'
            )
        self.axes = [part.split(",") if part else [] for part in re.findall(r"\(([^)]*)\)", given)]
        self.text = f"{given}->()"

    def check_axis(self, axis: str) -> None:
        """Raise if no input has an axis of this name."""
        if not any(axis in axes for axes in self.axes):
            raise ArgumentError(
                f"strategies.inputs: labels are places of the axis {axis!r}, which is none of"
                f" {self.text.removesuffix('->()')}"
            )

    def length(self, axis: str, shapes: Sequence[Shape]) -> int:
        """Return how long an axis is in shapes that were drawn."""
        found = zip(self.axes, shapes, strict=True)
        lengths = (s[axes.index(axis) - len(axes)] for axes, s in found if axis in axes)
        return int(next(lengths))


_USUAL = (1e-6, 1e6)
"""The sizes of numbers that people meet, besides 0."""


def _numbers(domain: Real, dtype: Any, extreme: bool) -> st.SearchStrategy[float]:
    """Return a strategy for the numbers of a domain, made of the intervals between avoided points.

    Nothing is drawn and thrown away, so arrays of any size can be drawn, also where a point to
    avoid is one that hypothesis likes to draw. What comes first is what failures shrink to: 0, then
    positive numbers.

    Raises:
        ArgumentError: the domain holds no number of this dtype.
    """
    kind = np.dtype(dtype)
    between = _between(domain, kind)
    if not between:
        raise ArgumentError(
            f"strategies: no number of {kind} lies in {domain}, {APART:g} from what it avoids;"
            " widen the domain"
        )
    usual = [] if extreme else [part for low, high in between for part in _usual(low, high, kind)]
    parts = sorted(usual or between, key=lambda part: (part != (0.0, 0.0), part[1] <= 0))
    return st.one_of([_floats(low, high, kind) for low, high in parts])


def _between(domain: Real, kind: np.dtype[Any]) -> list[tuple[float, float]]:
    """Return the intervals of a domain between what it avoids, by their ends in a dtype."""
    edges = sorted(domain.avoid)
    lows = [domain.low, *(np.nextafter(point + APART, np.inf) for point in edges)]
    highs = [*(np.nextafter(point - APART, -np.inf) for point in edges), domain.high]
    between = [
        _inside(max(low, domain.low), min(high, domain.high), kind)
        for low, high in zip(lows, highs, strict=True)
    ]
    return [(low, high) for low, high in between if low <= high]


def _usual(low: float, high: float, kind: np.dtype[Any]) -> list[tuple[float, float]]:
    """Return the parts of an interval that hold 0, and numbers of usual sizes."""
    least, most = max(_USUAL[0], float(np.finfo(kind).smallest_normal)), _USUAL[1]
    wanted = [(0.0, 0.0), (least, most), (-most, -least)]
    cut = [_inside(max(low, a), min(high, b), kind) for a, b in wanted]
    return [(a, b) for a, b in cut if a <= b]


def _far_apart(domain: Real, count: int) -> st.SearchStrategy[float]:
    """Return a strategy for multiples of a power of two, of which a domain holds plenty.

    Raises:
        ArgumentError: the domain does not hold so many numbers that are apart.
    """
    low, high = max(domain.low, -_USUAL[1]), min(domain.high, _USUAL[1])
    step = 2.0 ** min(0, math.floor(math.log2(max((high - low) / (4 * max(count, 1)), 2.0**-60))))
    parts = [
        (math.ceil(a / step), math.floor(b / step))
        for a, b in _between(Real(low, high, domain.avoid), np.dtype(np.float64))
    ]
    parts = [(a, b) for a, b in parts if a <= b]
    if step < APART or sum(b - a + 1 for a, b in parts) < count:
        raise ArgumentError(
            f"strategies: {domain} does not hold {count} numbers that are {APART:g} apart; widen"
            " the domain, or draw smaller arrays"
        )
    parts.sort(key=lambda part: (not part[0] <= 0 <= part[1], part[1] < 0))
    return st.one_of([st.integers(a, b) for a, b in parts]).map(lambda k: k * step)


def _inside(low: float, high: float, kind: np.dtype[Any]) -> tuple[float, float]:
    """Return the least and the greatest finite number of a dtype in an interval."""
    limit = np.finfo(kind).max
    least, greatest = (kind.type(np.clip(end, -limit, limit)) for end in (low, high))
    # The bounds as this dtype has them, not outside the interval.
    with np.errstate(over="ignore", under="ignore"):
        if float(least) < low:
            least = np.nextafter(least, kind.type(np.inf))
        if float(greatest) > high:
            greatest = np.nextafter(greatest, kind.type(-np.inf))
    return float(least), float(greatest)


def _floats(low: float, high: float, kind: np.dtype[Any]) -> st.SearchStrategy[float]:
    tiny = float(np.finfo(kind).smallest_normal)
    subnormal = any(0 < abs(end) < tiny for end in (low, high))  # else they are left out
    width: Any = 8 * kind.itemsize
    return st.floats(low, high, width=width, allow_subnormal=subnormal)


def _summing_to_one(array: Array) -> Array:
    return np.asarray(array / array.sum(axis=-1, keepdims=True)) if array.ndim else array / array
