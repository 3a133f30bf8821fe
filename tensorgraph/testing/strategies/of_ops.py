"""What an operation takes, drawn from the domains in its record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from tensorgraph.engine.domain import Boolean, Domain, Integer, Real, Simplex
from tensorgraph.engine.op import Op
from tensorgraph.errors import ArgumentError
from tensorgraph.testing.numeric.checked_function import Array
from tensorgraph.testing.ops.op_calls import APART, record_of

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


def arrays(domain: Domain, shape: Shape, dtype: Any = np.float64) -> st.SearchStrategy[Array]:
    """Return a strategy for read-only arrays of numbers in a domain.

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
        drawn = hnp.arrays(dtype, shape, elements=_numbers(Real(0.125, 1.0), dtype))
        drawn = drawn.map(_summing_to_one)
    else:
        drawn = hnp.arrays(dtype, shape, elements=_numbers(domain, dtype))
    return drawn.map(_read_only)


def inputs(
    op: Op | Callable[..., Any],
    shapes: Sequence[Shape] | None = None,
    *,
    dtype: Any = np.float64,
    max_side: int = 3,
    min_side: int = 0,
) -> st.SearchStrategy[tuple[Array, ...]]:
    """Return a strategy for the inputs of an operation, drawn from the domains in its record.

    Numbers stay away from the points that a domain avoids. Shapes broadcast together, from no axes
    up to two, if the operation is elementwise; give them for any other.

    Args:
        op: what ``tg.op`` returned.
        shapes: one shape for each input.
        dtype: of real numbers; integers are int64.
        max_side: the largest length of an axis.
        min_side: the smallest.

    Raises:
        ArgumentError: no shapes for an operation that is not elementwise, or too few or many.

    Example:
        >>> from hypothesis import given
        >>> import tensorgraph as tg
        >>> cube = tg.op("cube", lambda x: x**3, {"x": lambda g, x: g * 3 * x * x})
        >>> @given(tg.testing.strategies.inputs(cube))
        ... def test_cube(inputs):
        ...     tg.testing.gradcheck(cube, *inputs, order=2)
        >>> test_cube()
    """
    record = record_of(op)
    if shapes is None:
        if record.family != "elementwise":
            raise ArgumentError(
                f"strategies.inputs: {record.name} is not elementwise, its inputs may not have any"
                " shapes; give one for each: shapes=[(2, 3), (3,)]"
            )
        together = hnp.mutually_broadcastable_shapes(
            num_shapes=record.arity, max_dims=2, min_side=min_side, max_side=max_side
        )
        return together.flatmap(lambda found: _tuples(record, found.input_shapes, dtype))
    if len(shapes) < record.arity or (len(shapes) > record.arity and not record.starred):
        raise ArgumentError(
            f"strategies.inputs: {record.name} has {record.arity} inputs, {len(shapes)} shapes"
            " were given"
        )
    return _tuples(record, shapes, dtype)


def _tuples(op: Op, shapes: Sequence[Shape], dtype: Any) -> st.SearchStrategy[tuple[Array, ...]]:
    names = [op.inputs[min(i, op.arity - 1)] for i in range(len(shapes))]
    return st.tuples(
        *(
            arrays(op.domain.get(name, Real()), tuple(shape), dtype)
            for name, shape in zip(names, shapes, strict=True)
        )
    )


def _numbers(domain: Real, dtype: Any) -> st.SearchStrategy[float]:
    """Return a strategy for the numbers of a domain, made of the intervals between avoided points.

    Nothing is drawn and thrown away, so arrays of any size can be drawn, also where a point to
    avoid is one that hypothesis likes to draw.

    Raises:
        ArgumentError: the domain holds no number of this dtype.
    """
    kind = np.dtype(dtype)
    edges = sorted(domain.avoid)
    lows = [domain.low, *(np.nextafter(point + APART, np.inf) for point in edges)]
    highs = [*(np.nextafter(point - APART, -np.inf) for point in edges), domain.high]
    between = [
        _inside(max(low, domain.low), min(high, domain.high), kind)
        for low, high in zip(lows, highs, strict=True)
    ]
    parts = [_floats(low, high, kind) for low, high in between if low <= high]
    if not parts:
        raise ArgumentError(
            f"strategies: no number of {kind} lies in {domain}, {APART:g} from what it avoids;"
            " widen the domain"
        )
    return st.one_of(parts)


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


def _read_only(array: Array) -> Array:
    array = np.asarray(array)
    array.flags.writeable = False
    return array
