"""Sums over alignments, step by step, against what their bodies say and paths one by one."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.errors import ShapeError
from tensorgraph.nn.losses._alignments import carried, reached
from tensorgraph.testing import check_op, gradcheck

SHAPES = [(1, 1), (3, 1), (1, 4), (4, 5), (2, 3, 2), (2, 2, 3, 4), (0, 2, 3), (2, 3, 0)]


def given_to(shape, seed=0):
    rng = np.random.default_rng(seed)
    over = rng.random((*shape[:-2], shape[-1])) < 0.5
    return rng.normal(size=shape), over, rng.uniform(0.1, 1, (*shape[:-1], 3, shape[-1]))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("reverse", [False, True])
def test_what_is_carried_is_checked_as_an_op(shape, reverse):
    x, _, weights = given_to(shape)
    if shape[-2] > 1:
        check_op(carried, x, weights, reverse=reverse)
    else:  # nothing is carried over one step, whatever the weights
        np.testing.assert_array_equal(carried(x, weights, reverse=reverse), np.zeros(shape))


@pytest.mark.parametrize("reverse", [False, True])
def test_one_direction_is_the_adjoint_of_the_other(reverse):
    x, _, weights = given_to((2, 5, 4))
    y = np.random.default_rng(1).normal(size=x.shape)
    there, back = (carried(v, weights, reverse=r) for v, r in ((x, reverse), (y, not reverse)))
    np.testing.assert_allclose((there * y).sum(), (back * x).sum(), rtol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_reached_is_what_its_body_says(shape):
    emitted, over, _ = given_to(shape)
    found, expected = reached(emitted, over), reached.op.body(emitted, over)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 99), st.booleans())
def test_it_is_the_sum_over_paths(steps, places, seed, ruled_out):
    emitted, over, _ = given_to((steps, places), seed)
    if ruled_out:
        emitted[seed % steps, seed % places] = -np.inf
    totals = np.zeros((steps, places))
    for path in product(range(places), repeat=steps):
        goes = [(b - a, over[b]) for a, b in pairwise(path)]
        if path[0] < 2 and all(d in (0, 1) or (d == 2 and may) for d, may in goes):
            totals[-1, path[-1]] += np.exp(sum(emitted[t, s] for t, s in enumerate(path[:-1])))
    found = np.exp(reached(emitted, over)[-1])
    np.testing.assert_allclose(found, totals[-1], rtol=1e-10)


def test_gradients_of_what_is_reached_at_both_orders():
    emitted, over, _ = given_to((2, 4, 3))
    weight = np.random.default_rng(2).normal(size=emitted.shape)

    def total(emitted):
        sums = reached(emitted, over)
        return tg.sum(tg.where(tg.isfinite(sums), sums, 0) * weight) + tg.sum(tg.exp(sums))

    gradcheck(total, emitted, order=2)


def test_along_a_direction_and_for_many_examples():
    emitted, over, _ = given_to((3, 4, 3))
    direction = np.random.default_rng(3).normal(size=emitted.shape)

    def chances(emitted):
        return tg.exp(reached(emitted, tg.tensor(over)))

    _, along = tg.jvp(chances, (tg.tensor(emitted),), (tg.tensor(direction),))
    step = 1e-6
    expected = (
        chances(tg.tensor(emitted + step * direction)).data
        - chances(tg.tensor(emitted - step * direction)).data
    ) / (2 * step)
    np.testing.assert_allclose(along.numpy(), expected, rtol=1e-6, atol=1e-8)
    each = tg.vmap(lambda e, o: reached(e, o))(tg.tensor(emitted), tg.tensor(over))
    np.testing.assert_allclose(each.numpy(), reached(emitted, over), rtol=1e-14)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_near_certainty_small_logarithms_keep_their_digits(dtype):
    emitted = np.array([[-1e-4, -12.0], [-1e-4, -12.0]], dtype)
    found = reached(emitted, np.zeros(2, bool))
    assert found.dtype == dtype
    exact = reached(emitted.astype(float), np.zeros(2, bool))
    np.testing.assert_allclose(found, exact, rtol=4 * np.finfo(dtype).eps)


def test_shapes_that_do_not_fit():
    with pytest.raises(ShapeError, match="over of shape"):
        reached(tg.ones((3, 2)), np.ones(3, bool))
    with pytest.raises(ShapeError, match="weights of shape"):
        carried(tg.ones((3, 2)), tg.ones((3, 2)))
