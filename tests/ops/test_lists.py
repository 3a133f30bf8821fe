"""Lists beside float64: Python's numbers in them are not rounded to single precision."""

import numpy as np
import pytest

import tensorgraph as tg

X, B = np.array([0.3, 0.7, 0.1]), [0.1, 0.2, 0.3]


@pytest.mark.parametrize("wrapped", [np.asarray, tg.tensor])
@pytest.mark.parametrize(
    ("f", "reference"),
    [
        (tg.add, np.add),
        (lambda x, b: tg.where([True, False, True], b, x),
         lambda x, b: np.where([True, False, True], b, x)),
        (lambda x, b: tg.concat([x, b]), lambda x, b: np.concatenate([x, b])),
        (lambda x, b: tg.clip(x, min=b), np.maximum),
        (lambda x, b: tg.clip(x, max=b), np.minimum),
        (lambda x, b: tg.clip(b, x, x + 1), lambda x, b: np.clip(b, x, x + 1)),
        (lambda x, b: tg.average(x, weights=b), lambda x, b: np.average(x, weights=b)),
        (lambda x, b: tg.average(b, weights=x), lambda x, b: np.average(b, weights=x)),
        (tg.cov, np.cov),
        (lambda x, b: tg.cov(b, x), lambda x, b: np.cov(b, x)),
        (lambda x, b: tg.cov(x, aweights=b), lambda x, b: np.cov(x, aweights=b)),
        (tg.trapezoid, np.trapezoid),
        (lambda x, b: tg.interp(x, b, b[::-1]), lambda x, b: np.interp(x, b, b[::-1])),
        (lambda x, b: tg.interp(b, [0, 1], x[:2]), lambda x, b: np.interp(b, [0, 1], x[:2])),
        (tg.gradient, np.gradient),
        (lambda x, b: tg.increments(x, prepend=b), lambda x, b: np.diff(x, prepend=b)),
        (tg.convolve, np.convolve),
        (lambda x, b: tg.correlate(b, x), lambda x, b: np.correlate(b, x)),
        (lambda x, b: tg.heaviside(0 * x, b), lambda x, b: np.heaviside(0 * x, b)),
        (lambda x, b: tg.insert(x, 1, b), lambda x, b: np.insert(x, 1, b)),
        (lambda x, b: tg.set_at(x, slice(None), b), lambda x, b: np.array(b)),
        (tg.linalg.cross, np.linalg.cross),
        (tg.linalg.kron, np.kron),
        (lambda x, b: tg.linalg.multi_dot([x[:, None], [b], x]),
         lambda x, b: np.linalg.multi_dot([x[:, None], [b], x])),
        (lambda x, b: tg.linalg.lstsq(x[:, None], b).x,
         lambda x, b: np.linalg.lstsq(x[:, None], b)[0]),
        (lambda x, b: tg.linalg.solve(np.diag(x), b), lambda x, b: np.linalg.solve(np.diag(x), b)),
    ],
)  # fmt: skip
def test_numbers_in_lists_keep_their_digits(f, reference, wrapped):
    found = f(wrapped(X), B)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, reference(X, B), rtol=1e-14)


def test_alone_and_beside_other_dtypes_they_are_single():
    assert tg.add([0.1], [0.2]).dtype == tg.add(np.ones(1, np.float32), [0.2]).dtype == np.float32
    assert tg.linalg.kron([0.1], [0.2]).dtype == np.float32
    assert tg.linalg.kron(np.ones(1), [2, 3]).dtype == np.float64


@pytest.mark.parametrize("k", range(4))
def test_of_lists_tensors_are_made_though_nothing_changes(k):
    for found in (tg.rot90([[1.0, 2.0]], k), tg.atleast_2d([[1.0]]), tg.atleast_1d([2.0], 3.0)[0]):
        assert type(found) is tg.Tensor


def test_pieces_of_a_number():
    for x in (3.0, -1.0):
        functions = [1.0, lambda v: v**2, 7.0]
        conditions = [np.array(x < -5), np.array(x > 0)]
        found = tg.piecewise(tg.tensor(x), conditions, functions)
        assert found.shape == () and found == np.piecewise(np.array(x), conditions, functions)
    slope = tg.grad(lambda x: tg.piecewise(x, [True], [lambda v: v * 2]))(tg.tensor(3.0))
    assert slope == 2


def test_steps_of_whole_numbers_are_numpys():
    for x, y in (([-1, 0, 2], 2), ([True, False], 0.5)):
        found, expected = tg.heaviside(np.array(x), y), np.heaviside(x, y)
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == np.float64


def test_a_choice_without_conditions_is_refused():
    with pytest.raises(tg.errors.ArgumentError, match="select: needs at least one condition"):
        tg.select([], [])
