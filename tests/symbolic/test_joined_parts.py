"""Slices of arrays that were joined are the arrays, or slices of these."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.symbolic.evaluate import evaluate
from tensorgraph.symbolic.expr import symbol
from tensorgraph.symbolic.joined_parts import part

X, Y = symbol("x", (2, 3), "float64"), symbol("y", (2, 4), "float64")
JOINED = tg.concat([X, Y], axis=1)
VALUES = {X: np.arange(6.0).reshape(2, 3), Y: np.arange(8.0).reshape(2, 4)}


def test_a_part_is_the_array_that_was_joined():
    assert part(JOINED[:, 3:]) is Y
    assert part(JOINED[:, :]) is JOINED
    assert part(tg.concat([JOINED, JOINED], axis=0)[2:]) is JOINED


@pytest.mark.parametrize("key", [np.s_[:, 1:3], np.s_[:, 4:6]])
def test_a_slice_within_a_part_is_one_of_that(key):
    e = JOINED[key]
    values = evaluate([e, part(e)], VALUES)
    assert any(part(e).args[0] is array for array in (X, Y))
    np.testing.assert_array_equal(values[part(e)], values[e])


@pytest.mark.parametrize(
    "key", [np.s_[:, 2:5], np.s_[:, ::2], np.s_[:1, 3:], np.s_[:, 3], np.s_[1:2]]
)
def test_any_other_slice_stays(key):
    e = JOINED[key]
    assert part(e) is e
