"""Sums in fixed order, and arrays in flat vectors: the plan of what processes send each other."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tensorgraph.distributed.flat_vectors import Layout
from tensorgraph.distributed.ordered_sum import OrderedSum, share, shares, spans_of, splits

counts = st.integers(1, 70)


@given(counts, st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_the_sum_is_the_same_whoever_adds(count, size, seed):
    terms = np.random.default_rng(seed).normal(size=(count, 3)) * 10.0 ** np.arange(0, 9, 3)
    alone = OrderedSum(count)
    for i in range(count):
        alone.add((i, i + 1), [terms[i].copy()])
    together = OrderedSum(count)
    for own in shares(count, size):
        part = OrderedSum(count)
        for i in own:
            part.add((i, i + 1), [terms[i].copy()])
        assert [span for span, _ in part.parts] == spans_of(count, own)
        for span, arrays in part.parts:
            together.add(span, arrays)
    assert np.array_equal(alone.total[0], together.total[0])
    exact = [float(sum(map(Fraction, column))) for column in terms.T]
    depth = count.bit_length()
    bound = depth * np.finfo(float).eps * np.abs(terms).sum(axis=0)
    assert (np.abs(alone.total[0] - exact) <= bound).all()


@given(counts)
def test_each_sum_is_of_two_that_stand_side_by_side(count):
    found = splits(count)
    assert len(found) == count - 1
    assert all(start < middle < stop for (start, stop), middle in found.items())


@given(st.integers(0, 70), st.integers(1, 9))
def test_everything_is_done_once_and_by_as_many_hands(count, size):
    all_of_it = [i for own in shares(count, size) for i in own]
    assert all_of_it == list(range(count))
    lengths = [len(share(count, rank, size)) for rank in range(size)]
    assert max(lengths) - min(lengths) <= 1


def test_a_process_sends_one_part_where_the_numbers_are_powers_of_two():
    assert [spans_of(8, own) for own in shares(8, 4)] == [[(0, 2)], [(2, 4)], [(4, 6)], [(6, 8)]]


dtypes = st.sampled_from(["float16", "float32", "float64"])
likes = st.lists(st.tuples(st.lists(st.integers(0, 4), max_size=3).map(tuple), dtypes), max_size=9)


@given(likes, st.integers(0, 2**32 - 1))
def test_arrays_come_back_from_flat_vectors(kinds, seed):
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=shape).astype(dtype) for shape, dtype in kinds]
    layout = Layout(arrays)
    vectors = layout.zeros()
    for i, array in enumerate(arrays):
        layout.put(vectors, i, array, 0.5)
        layout.add(vectors, i, array / 2)
    for i, array in enumerate(arrays):
        back = layout.taken(vectors, i)
        assert back.dtype == array.dtype and np.array_equal(back, array)
    assert sum(map(len, vectors)) == sum(array.size for array in arrays)
    assert all(dtype in (np.float32, np.float64) for dtype in layout.dtypes)


@given(likes, st.integers(1, 60))
def test_pieces_cover_the_vectors_and_no_array_is_in_two(kinds, nbytes):
    layout = Layout([np.zeros(shape, dtype) for shape, dtype in kinds])
    pieces = list(layout.pieces(nbytes))
    assert sorted(i for *_, held in pieces for i in held) == list(range(len(kinds)))
    for k, place, held in pieces:
        whole = [layout.places[i] for i in held]
        assert {vector for vector, _ in whole} == {k}
        assert place == slice(whole[0][1].start, whole[-1][1].stop)
    for k, size in enumerate(layout.sizes):
        ends = [(place.start, place.stop) for vector, place, _ in pieces if vector == k]
        assert ends[0][0] == 0 and ends[-1][1] == size
        assert all(one[1] == two[0] for one, two in pairwise(ends))


def test_half_precision_is_summed_in_single():
    layout = Layout([np.zeros(1, np.float16)])
    vectors = layout.zeros()
    for _ in range(4096):
        layout.add(vectors, 0, np.ones(1, np.float16))
    assert layout.taken(vectors, 0) == [4096]


def test_an_empty_sum_has_no_total():
    with pytest.raises(ValueError):
        OrderedSum(2).total  # noqa: B018
