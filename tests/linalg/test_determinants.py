"""Second derivatives of determinants, also where there is no inverse to write them with."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg


def sign(order):
    pairs = [(i, j) for j in range(len(order)) for i in range(j)]
    return (-1) ** sum(order[i] > order[j] for i, j in pairs)


def hessian(x):
    """Return the second derivatives of Leibniz' sum over permutations."""
    n = len(x)
    found = np.zeros((n, n, n, n))
    for order in permutations(range(n)):
        for i in range(n):
            for k in set(range(n)) - {i}:
                rest = [x[r, order[r]] for r in range(n) if r not in (i, k)]
                found[i, order[i], k, order[k]] += sign(order) * np.prod(rest)
    return found


def of_rank(n, rank, seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, rank)) @ rng.normal(size=(rank, n))


@given(
    st.integers(1, 4).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), st.integers(0)
)
def test_at_matrices_of_any_rank(sizes, seed):
    x = of_rank(*sizes, seed)
    found = tg.hessian(tg.linalg.det)(tg.tensor(x)).numpy()
    np.testing.assert_allclose(found, hessian(x), rtol=1e-7, atol=1e-9 * (1 + np.abs(x).max() ** 2))


@pytest.mark.parametrize("n", [2, 3])
def test_of_each_example_and_along_directions(n):
    x = np.stack([of_rank(n, rank, 3) for rank in range(n + 1)])
    found = tg.vmap(tg.hessian(tg.linalg.det))(tg.tensor(x)).numpy()
    np.testing.assert_allclose(found, [hessian(m) for m in x], rtol=1e-9, atol=1e-12)
    along = np.random.default_rng(0).normal(size=(n, n))
    product = tg.hvp(tg.linalg.det, tg.tensor(x[1]), tg.tensor(along)).numpy()
    np.testing.assert_allclose(product, np.tensordot(hessian(x[1]), along, 2), atol=1e-12)
