"""Arrays stand in memory in the order of what they are made of, and are found there."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.compiler.loops.memory_order import order_of, permuted_strides, reshaped_strides
from tensorgraph.compiler.loops.scalars import Index
from tensorgraph.compiler.loops.statements import Stored
from tests.compiler.test_c_programs import array, runner, values
from tests.machine.needs import needs

SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)


def split_anew(data, shape):
    """Draw another shape of as many elements."""
    left, new = math.prod(shape), []
    while left > 1:
        n = data.draw(st.sampled_from([n for n in range(1, left + 1) if left % n == 0]))
        new.append(n)
        left //= n
    return (*new, 1)[: data.draw(st.integers(len(new), len(new) + 1))]


@given(SHAPES, st.data())
def test_strides_of_another_shape_are_numpys(shape, data):
    order = data.draw(st.permutations(range(len(shape))))
    stored = Stored.new(np.float64, shape, order)
    x = np.arange(math.prod(shape), dtype=float)
    x = np.lib.stride_tricks.as_strided(x, shape, [8 * s for s in stored.strides])
    new = split_anew(data, shape)
    strides = reshaped_strides(stored.shape, stored.strides, new)
    anew = x.reshape(new)
    assert (strides is not None) == np.shares_memory(anew, x)
    if strides is not None:
        expected = [s // 8 if n != 1 else 0 for n, s in zip(new, anew.strides, strict=True)]
        assert [s if n != 1 else 0 for n, s in zip(new, strides, strict=True)] == expected


@given(st.permutations(range(4)))
def test_an_array_is_stored_in_the_order_of_what_it_is_made_of(order):
    shape = (2, 3, 4, 5)
    stored = Stored.new(np.float64, shape, order)
    assert order_of(shape, [Index(7, tuple(stored.strides))]) == tuple(order)
    assert permuted_strides([1, 2, 3, 4], order) == [order.index(d) + 1 for d in range(4)]


def test_the_largest_arrays_decide_and_then_most_of_them():
    turned, straight, small = Index(0, (1, 3)), Index(0, (4, 1)), Index(0, (1,))
    assert order_of((3, 4), [turned, straight]) == (0, 1)
    assert order_of((3, 4), [turned, turned.plus(1), straight]) == (1, 0)
    assert order_of((3, 4), [turned, small, small]) == (1, 0)
    assert order_of((3, 4), []) == (0, 1)


@needs("cc")
@pytest.mark.parametrize(
    "f",
    [
        lambda x: tg.tanh(tg.permute_dims(x, (1, 2, 0))) @ tg.permute_dims(x, (1, 0, 2))[:, :, :1],
        lambda x: tg.exp(tg.permute_dims(x, (2, 0, 1))).sum(axis=1),
        lambda x: tg.exp(tg.permute_dims(x, (2, 0, 1))).sum(axis=(0, 2), keepdims=True) + x[:, :3],
        lambda x: tg.exp(tg.permute_dims(x, (2, 1, 0))).reshape(-1),
        lambda x: tg.sin(tg.exp(tg.permute_dims(x, (2, 0, 1))).reshape(15, 4) + 1) @ x[0],
        lambda x: tg.pad(tg.exp(tg.permute_dims(x, (2, 0, 1))), ((1, 0), (0, 2), (0, 0))) * 2,
        lambda x: tg.exp(tg.permute_dims(x, (2, 0, 1))) + x.reshape(5, 3, 4),
        lambda x: tg.cumulative_sum(tg.exp(tg.permute_dims(x, (2, 0, 1))), axis=1),
    ],
)
def test_whatever_is_made_of_turned_arrays_is_right(f):
    x = array(3, 4, 5)
    held = values(x)
    (found,) = runner([x], [f(x)])([held], (), ())
    np.testing.assert_allclose(found, f(tg.tensor(held)).numpy(), rtol=1e-12)
