"""What names parts of arrays: axes, keys of indexing, shapes that broadcast, einsum's letters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tensorgraph.arguments import integer, to_shape, whole
from tensorgraph.engine.arrays import Array
from tensorgraph.errors import ArgumentError
from tensorgraph.testing.strategies.literals import literal, made

Shape = tuple[int, ...]
LETTERS = "ijkl"
ROWS = hnp.array_shapes(max_dims=2, max_side=3)
TOGETHER = st.sampled_from([(), (1,), (2,), (2, 1), (1, 2)])
"""Shapes of which all broadcast with each other."""


def axis(
    shape: int | Sequence[int], *, none: bool = True, several: bool = True
) -> st.SearchStrategy[int | tuple[int, ...] | None]:
    """Return a strategy for the ``axis`` of a reduction: numbers from both ends, tuples, ``None``.

    Args:
        shape: of an array, or the number of its axes.
        none: whether ``None``, which stands for all axes, is drawn.
        several: whether tuples of axes are drawn, the empty one and negative ones too.

    Raises:
        ArgumentError: an array without axes, if only its axes may be drawn.

    Example:
        >>> import numpy as np
        >>> from hypothesis import given
        >>> import tensorgraph as tg
        >>> @given(tg.testing.strategies.axis((2, 3)))
        ... def test_sums(axis):
        ...     x = np.ones((2, 3))
        ...     assert (tg.sum(x, axis=axis) == np.sum(x, axis=axis)).all()
        >>> test_sums()
    """
    ndim = _ndim(shape, "strategies.axis")
    choices: list[st.SearchStrategy[Any]] = []
    if ndim:
        choices += [st.integers(0, ndim - 1), st.integers(-ndim, -1)]
    if none:
        choices.append(st.none())
    if several:
        choices.append(hnp.valid_tuple_axes(ndim))
    if not choices:
        raise ArgumentError(
            "strategies.axis: an array of shape () has no axis; allow none=True or several=True,"
            " or draw for a shape with axes"
        )
    return st.one_of(choices)


def index(
    shape: int | Sequence[int], *, advanced: bool = True, newaxis: bool = True
) -> st.SearchStrategy[Any]:
    """Return a strategy for keys that an array of a shape takes: ``x[key]``.

    They are integers, slices with steps of either sign, ``...``, ``None``, arrays of integers that
    name an element twice, masks, and all of these together.

    Args:
        shape: of the array.
        advanced: whether arrays of integers and masks are drawn.
        newaxis: whether ``None`` is drawn.

    Example:
        >>> import numpy as np
        >>> from hypothesis import given
        >>> import tensorgraph as tg
        >>> @given(tg.testing.strategies.index((2, 3)))
        ... def test_items(key):
        ...     x = np.arange(6.0).reshape(2, 3)
        ...     assert np.array_equal(tg.tensor(x)[key].numpy(), x[key])
        >>> test_items()
    """
    sizes = to_shape(shape, "strategies.index")
    basic = _basic_keys(sizes, newaxis)
    if not advanced:
        return basic
    mixed = _mixed_keys(sizes, newaxis).filter(lambda key: _is_taken(sizes, key))
    rows = [_integers(sizes[0], ROWS)] if sizes and sizes[0] else []
    return st.one_of(basic, *rows, _masks(sizes), mixed)


class EinsumSpec(NamedTuple):
    """A contraction: its letters, and operands that fit."""

    subscripts: str
    operands: list[Array]

    def __repr__(self) -> str:
        return f"tg.einsum({', '.join(map(literal, (self.subscripts, *self.operands)))})"


def einsum_spec(
    *, max_operands: int = 3, max_side: int = 3, ellipsis: bool = True, repeated: bool = True
) -> st.SearchStrategy[EinsumSpec]:
    """Return a strategy for contractions: ``subscripts`` of einsum, and ``operands`` that fit.

    Letters may be summed over, kept, permuted, and occur several times in one operand (a diagonal);
    axes of length 1 stretch. Operands are float64.

    Args:
        max_operands: how many operands at most.
        max_side: the longest axis.
        ellipsis: whether ``...`` is drawn.
        repeated: whether a letter may occur twice in one operand.

    Example:
        >>> import numpy as np
        >>> from hypothesis import given
        >>> import tensorgraph as tg
        >>> @given(tg.testing.strategies.einsum_spec())
        ... def test_contractions(spec):
        ...     subscripts, operands = spec
        ...     expected = np.einsum(subscripts, *operands)
        ...     assert np.allclose(tg.einsum(subscripts, *operands), expected)
        >>> test_contractions()
    """
    most = whole(max_operands, "strategies.einsum_spec: max_operands", 1)
    side = whole(max_side, "strategies.einsum_spec: max_side", 1)
    # All that belongs to a letter or an operand is drawn with it: what can go, goes as a whole.
    # Nothing depends on what was drawn before, so the strategies are made once: drawing is quick.
    letter = st.tuples(st.sampled_from(LETTERS), st.integers(0, 4).map(lambda n: n == 4))
    letters = st.lists(letter, max_size=3, unique_by=None if repeated else lambda drawn: drawn[0])
    dots = st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 3))
    term = st.tuples(letters, st.none() | dots if ellipsis else st.none())
    kept = st.tuples(st.lists(st.sampled_from(LETTERS), unique=True), st.integers(0, 2))
    return made(
        _einsum_spec,
        st.lists(term, min_size=1, max_size=most),
        st.tuples(*[st.integers(1, side)] * len(LETTERS)),
        st.tuples(*[st.integers(1, min(side, 2))] * 2),
        st.none() | kept,
        st.integers(0, 2**32 - 1),
    )


def broadcastable(
    n: int = 2, *, min_dims: int = 0, max_dims: int = 3, min_side: int = 1, max_side: int = 3
) -> st.SearchStrategy[tuple[Shape, ...]]:
    """Return a strategy for ``n`` shapes that broadcast together.

    Args:
        n: how many shapes.
        min_dims: the smallest number of axes.
        max_dims: the largest.
        min_side: the shortest axis; 0 for empty arrays, too.
        max_side: the longest.

    Example:
        >>> import numpy as np
        >>> from hypothesis import given
        >>> import tensorgraph as tg
        >>> @given(tg.testing.strategies.broadcastable(2))
        ... def test_shapes(shapes):
        ...     x, y = map(np.zeros, shapes)
        ...     assert tg.add(x, y).shape == np.broadcast_shapes(*shapes)
        >>> test_shapes()
    """
    drawn = hnp.mutually_broadcastable_shapes(
        num_shapes=whole(n, "strategies.broadcastable: n", 1),
        min_dims=min_dims,
        max_dims=whole(max_dims, "strategies.broadcastable: max_dims", min_dims),
        min_side=min_side,
        max_side=whole(max_side, "strategies.broadcastable: max_side", min_side),
    )
    return drawn.map(lambda found: found.input_shapes)


# --------------------------------------------------------------------------------------- helpers


def _einsum_spec(
    terms: Sequence[tuple[Any, Any]], lengths: Shape, batch: Shape, kept: Any, seed: int
) -> EinsumSpec:
    """Return a contraction.

    Args:
        terms: of each operand the letters, and whether that axis is 1; then ``None``, or where dots
            stand, for how many axes, and which of these are 1, as bits.
        lengths: of each letter's axis.
        batch: lengths of the axes that dots stand for.
        kept: ``None``, or the letters of the result, and where dots stand there.
        seed: of the numbers.
    """
    sizes = dict(zip(LETTERS, lengths, strict=True))
    rng = np.random.default_rng(seed)
    left, operands = [], []
    for drawn, dots in terms:
        names = [c for c, _ in drawn]
        # An axis of length 1 stretches, if another operand has more.
        shape = [1 if one and names.count(c) == 1 else sizes[c] for c, one in drawn]
        if dots is not None:
            at, count, ones = dots
            wide = [1 if ones >> i & 1 else n for i, n in enumerate(batch[:count])]
            names[at:at], shape[at:at] = ["..."], wide[::-1]
        left.append("".join(names))
        operands.append(np.asarray(np.round(rng.standard_normal(shape), 2)))
    subscripts = ",".join(left)
    if kept is not None:
        letters, at = kept
        result = [c for c in letters if c in subscripts]
        if "..." in subscripts:
            result.insert(at, "...")
        subscripts += "->" + "".join(result)
    return EinsumSpec(subscripts, operands)


def _ndim(shape: int | Sequence[int], what: str) -> int:
    """Return how many axes: the number itself, or the length of a shape."""
    if isinstance(shape, (tuple, list)):
        return len(to_shape(shape, what))
    return whole(integer(shape, f"{what}: the number of axes, or a shape,"), what)


def _basic_keys(shape: Shape, newaxis: bool) -> st.SearchStrategy[Any]:
    single = [_entries(shape[0])] if shape else []
    every = st.tuples(*map(_entries, shape))
    anything: Any = hnp.basic_indices(shape, allow_newaxis=newaxis)  # type: ignore[call-overload]
    return st.one_of(*single, every, anything)


def _entries(n: int) -> st.SearchStrategy[int | slice]:
    """Return a strategy for what stands in a key for one axis."""
    ends = st.none() | st.integers(-n, n)
    steps = st.none() | st.sampled_from([-1, 2, -2, 3])
    slices = st.builds(slice, ends, ends, steps)
    return st.one_of(slices, st.integers(0, n - 1), st.integers(-n, -1)) if n else slices


def _integers(n: int, shape: Any) -> st.SearchStrategy[Array]:
    """Return a strategy for arrays of positions along an axis, from both ends."""
    return hnp.arrays(np.int64, shape, elements=st.integers(-n, n - 1))


def _masks(shape: Shape) -> st.SearchStrategy[Array]:
    """Return a strategy for boolean arrays that cover some leading axes."""
    return st.one_of([hnp.arrays(bool, shape[:covered]) for covered in range(len(shape) + 1)])


def _mixed_keys(shape: Shape, newaxis: bool) -> st.SearchStrategy[Any]:
    """Return a strategy for keys of integers, slices, arrays, masks, None and an ellipsis."""
    entries = [
        st.one_of(_integers(n, TOGETHER) if n else _entries(n), hnp.arrays(bool, n), _entries(n))
        for n in shape
    ]
    places = st.integers(0, len(shape))
    return st.builds(
        _mixed_key,
        st.tuples(*entries),
        places,
        st.none() | places,
        st.lists(places, max_size=2 if newaxis else 0),
    )


def _mixed_key(entries: Sequence[Any], count: int, tail: int | None, new: Sequence[int]) -> Any:
    """Return a key of the first entries.

    Args:
        entries: for each axis.
        count: how many of them are taken.
        tail: how many full slices follow an ellipsis; ``None`` for no ellipsis.
        new: where ``None`` is put.
    """
    key = list(entries[:count])
    if tail is not None:
        key += [..., *[slice(None)] * min(tail, len(entries) - count)]
    for place in new:
        key.insert(place, None)
    return tuple(key)


def _is_taken(shape: Shape, key: Any) -> bool:
    """Return whether NumPy takes a key: its masks and arrays may not broadcast together."""
    try:
        np.empty(shape)[key]
    except IndexError:
        return False
    return True
