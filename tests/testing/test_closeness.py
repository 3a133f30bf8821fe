"""assert_close: what it takes for equal, and what it tells of what is not."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.testing import assert_close

T = tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)


def told(*arguments, **options):
    with pytest.raises(AssertionError) as caught:
        assert_close(*arguments, **options)
    return str(caught.value).splitlines()


def test_what_is_close():
    assert_close(T, T.data * (1 + 1e-6))
    assert_close(T * 0, 0)
    assert_close([1, 2.0], (1.0, 2.0))
    assert_close({"w": [T, T]}, {"w": [T, T.data]})
    assert_close([T, 1.0], [T.data, 1.0])
    assert_close(tg.tensor([np.nan, np.inf]), [np.nan, np.inf], equal_nan=True)
    assert_close(np.zeros((0, 3)), tg.zeros((0, 3)))
    assert_close(np.array([True]), [True])


def test_the_worst_element_is_told():
    other = T.data + np.array([[0, 0.5], [0.001, -1]], "f4")
    assert told(T, other) == [
        "3 of 4 elements differ by more than 1e-08 + 1e-05 · |expected|",
        "  the worst at index (1, 1): actual 4.0, expected 3.0, difference 1 (33 % of expected)",
        "  actual is (2, 2) float32, expected (2, 2) float32",
    ]
    assert told(T, other, rtol=0.3, atol=0)[0] == (
        "1 of 4 elements differs by more than 0 + 0.3 · |expected|"
    )
    assert "index (1, 0): actual 0, expected 1e-09, difference 1e-09 (1" in told(
        np.array([[1], [0]]), np.array([[1], [1e-9]]), rtol=0.1, atol=0
    )[1]  # fmt: skip


def test_what_is_not_a_number_is_worse_than_any_number():
    assert "index (2,): actual nan, expected 1.0" in told([9.0, 1.0, np.nan], np.ones(3))[1]
    assert "index (0,): actual inf, expected -inf" in told([np.inf, 1.0], [-np.inf, 2.0])[1]


def test_shapes_and_places_are_told():
    assert told(T, T[None]) == [
        "the shapes differ: actual is (2, 2) float32, expected (1, 2, 2) float32"
    ]
    assert told(T, T[0])[0].startswith("the shapes differ")
    assert "actual['w'][1] 2.0, expected['w'][1] 3.0" in told(
        {"w": [T, 2.0]}, {"w": [T, 3.0]}
    )[1]  # fmt: skip
    with pytest.raises(ValueError, match="expected a list of 2, got a list of 1"):
        assert_close([T, T], [T])
