"""Linear algebra beside the registry's tests: edges, errors, NumPy's calls, and SciPy's numbers."""

import itertools
import math

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, strategies as st
from mpmath import mp, mpf

import tensorgraph as tg
from tensorgraph.linalg.solves import BLOCK
from tensorgraph.testing import gradcheck

RNG = np.random.default_rng(5)
SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])
STACK = np.stack([np.eye(2), SINGULAR])


def slope(f, x):
    """Return the gradient of the sum of a function's results."""
    x = tg.tensor(x, requires_grad=True)
    f(x).sum().backward()
    return x.grad.numpy()


def definite(n):
    a = RNG.standard_normal((n, n))
    return a @ a.T + n * np.eye(n)


# ------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: tg.linalg.inv(SINGULAR), "LinAlgError", r"inv: x is singular; write tg\.linalg"),
        (lambda: tg.linalg.inv(STACK), "LinAlgError", r"inv: x\[1\] is singular"),
        (lambda: tg.linalg.solve(STACK, np.ones(2)), "LinAlgError", r"solve: x\[1\] is singular"),
        (lambda: tg.linalg.cholesky(-STACK), "LinAlgError", r"x\[0\] is not positive definite; wr"),
        (lambda: tg.linalg.svdvals(np.full((2, 2), np.nan)), "LinAlgError", "NaN or an infinity"),
        (lambda: tg.linalg.pinv(np.full((2, 2), np.nan)), "LinAlgError", "NaN or an infinity"),
        (lambda: tg.linalg.lstsq(np.full((2, 2), np.nan), np.ones(2)), "LinAlgError",
         "NaN or an infinity"),
        (lambda: tg.linalg.solve_triangular(STACK * 0, np.ones(2)), "LinAlgError",
         r"a\[0\] is singular: its diagonal is 0 in row 0"),
        (lambda: tg.linalg.det(np.ones((2, 3))), "ShapeError", "has 2 rows, and 3 columns"),
        (lambda: tg.linalg.svd(np.ones(3)), "ShapeError", r"is a matrix or a stack .* \(3,\)"),
        (lambda: tg.linalg.solve(np.eye(3), np.ones((2, 4))), "ShapeError", "a of shape"),
        (lambda: tg.linalg.solve(np.eye(3), np.ones((2, 3))), "ShapeError", r"b\[\.\.\., None\]"),
        (lambda: tg.linalg.lstsq(np.ones((3, 2)), np.ones(2)), "ShapeError", "has 3 rows"),
        (lambda: tg.linalg.svd(np.ones((3, 2))), "ArgumentError", "full_matrices=False"),
        (lambda: tg.linalg.qr(np.ones((3, 2)), "complete"), "ArgumentError", "have no gradient"),
        (lambda: tg.linalg.matrix_norm(np.eye(2), ord=3), "ArgumentError", "vector_norm"),
        (lambda: tg.linalg.norm(np.eye(2), "nuc", axis=0), "ArgumentError", "norm of matrices"),
        (lambda: tg.linalg.norm(np.ones((2, 2, 2)), 1), "AxisError", "one axis or two of the 3"),
        (lambda: tg.linalg.vector_norm(np.ones(2), ord=math.nan), "ArgumentError", "not NaN"),
        (lambda: tg.linalg.multi_dot([np.eye(2)]), "ArgumentError", "two matrices or more, not 1"),
        (lambda: tg.linalg.multi_dot([np.eye(2), np.ones(2), np.eye(2)]), "ShapeError", r"ys\[1\]"),
        (lambda: tg.linalg.cross(np.ones(2), np.ones(3)), "ShapeError", "have length 3"),
        (lambda: tg.linalg.trace(np.ones(2)), "ShapeError", "is a matrix"),
        (lambda: tg.linalg.diag_embed(1.0), "ShapeError", "is a vector"),
        (lambda: tg.diag(np.ones((2, 2, 2))), "ShapeError", "is a vector or a matrix"),
        (lambda: tg.linalg.pinv(np.eye(2), rtol=-1), "ArgumentError", "rtol"),
        (lambda: tg.linalg.cond(SINGULAR, 1), "LinAlgError", "is singular"),
        (lambda: tg.linalg.cond(np.zeros((3, 0, 2))), "LinAlgError", "without elements"),
        (lambda: tg.linalg.norm(np.eye(2), 1, (0, -2)), "ArgumentError", "norm: axis .0, -2. "),
        (lambda: tg.linalg.cond(np.ones(2)), "ShapeError", "cond: x is a matrix"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(call, error, text):
    with pytest.raises(getattr(tg.errors, error), match=text):
        call()


def test_an_error_of_matrices_is_numpys_too():
    with pytest.raises(np.linalg.LinAlgError):
        tg.linalg.inv(tg.tensor(SINGULAR))
    with pytest.raises(ValueError, match="singular"):
        tg.linalg.inv(tg.tensor(SINGULAR))


# ----------------------------------------------------------------------- symmetric parts, repeats


@pytest.mark.parametrize("f", [tg.linalg.cholesky, tg.linalg.eigvalsh])
def test_the_symmetric_part_is_taken_in_value_and_gradient(f):
    a = definite(3) + np.triu(RNG.standard_normal((3, 3)))
    even = (a + a.T) / 2
    np.testing.assert_allclose(f(a), f(even), rtol=1e-13)
    found = slope(lambda x: f(x) * np.arange(3.0), a)
    np.testing.assert_allclose(found, found.T, rtol=1e-13)
    gradcheck(f, a)


def test_equal_eigenvalues_have_a_gradient_together():
    a = np.diag([1.0, 2.0, 2.0])
    np.testing.assert_allclose(slope(tg.linalg.eigvalsh, a), np.eye(3), atol=1e-15)
    np.testing.assert_allclose(slope(lambda x: tg.linalg.eigvalsh(x)[0], a), np.diag([1, 0, 0]))
    largest = slope(lambda x: tg.linalg.matrix_norm(x, ord=2), np.eye(3))
    np.testing.assert_allclose(largest, np.eye(3) / 3, atol=1e-15)


def test_a_vector_alone_has_one_beside_equal_values():
    a = np.diag([1.0, 2.0, 2.0])
    first = slope(lambda x: tg.linalg.eigh(x).eigenvectors[1, 0], a)
    sign = np.linalg.eigh(a)[1][0, 0]
    expected = np.zeros((3, 3))
    expected[0, 1] = expected[1, 0] = -sign / 2
    np.testing.assert_allclose(first, expected, atol=1e-15)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: tg.linalg.eigh(x).eigenvectors[:, 1:],
        lambda x: _rebuilt(*tg.linalg.eigh(x)),
        lambda x: tg.linalg.svd(x).U,
        lambda x: tg.linalg.svd(x).Vh @ np.ones(3),
    ],
)
def test_vectors_of_equal_values_have_none(f):
    turned = scipy.linalg.expm(np.array([[0, 0.3, 0.1], [-0.3, 0, 0.2], [-0.1, -0.2, 0]]))
    a = turned @ np.diag([1.0, 2.0, 2.0]) @ turned.T
    with pytest.raises(tg.errors.LinAlgError, match=r"values . and . coincide, so their vectors"):
        slope(f, a)


@pytest.mark.parametrize("shape", [(4, 3), (3, 4)])
def test_vectors_of_values_that_rounding_keeps_from_0_have_none(shape):
    rng = np.random.default_rng(0)
    a = rng.standard_normal((shape[0], 2)) @ rng.standard_normal((2, shape[1]))
    assert 0 < np.linalg.svd(a)[1][-1] < 1e-14
    x = tg.tensor(a, requires_grad=True)
    u, _, vh = tg.linalg.svd(x, full_matrices=False)
    with pytest.raises(tg.errors.LinAlgError, match="coincide"):
        (u if shape[0] > shape[1] else vh).sum().backward()


def _rebuilt(values, vectors):
    """A function of a matrix by its eigenvalues, whose gradient needs the vectors."""
    return (vectors * tg.exp(values)) @ vectors.mT


def test_values_close_by_but_apart_are_not_equal():
    a = np.diag([1.0, 1e-8, 2e-8])
    found = slope(lambda x: tg.linalg.svd(x).U[:, 1] * [0.0, 1.0, 0.0], a)
    assert np.isfinite(found).all() and np.abs(found).max() > 1e7


# --------------------------------------------------------------------------------- determinants


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_a_log_determinant_and_its_gradient_stay_in_range(scale):
    a = scale * (np.eye(3) + 0.1 * RNG.standard_normal((3, 3)))
    assert float(tg.linalg.det(a)) in (0, math.inf)
    sign, logabsdet = tg.linalg.slogdet(a)
    assert sign == 1
    assert logabsdet == pytest.approx(3 * math.log(scale), abs=1)
    np.testing.assert_allclose(slope(tg.linalg.logabsdet, a), np.linalg.inv(a).T, rtol=1e-12)


def test_a_determinants_gradient_is_of_cofactors_where_it_is_0():
    np.testing.assert_allclose(slope(tg.linalg.det, SINGULAR), [[4, -2], [-2, 1]], atol=1e-14)
    gradcheck(tg.linalg.det, SINGULAR)
    assert not slope(tg.linalg.det, np.zeros((3, 3))).any()
    assert tg.linalg.logabsdet(SINGULAR) == -np.inf
    with pytest.raises(tg.errors.LinAlgError, match="singular"):
        slope(tg.linalg.logabsdet, SINGULAR)
    with pytest.raises(tg.errors.LinAlgError, match="singular"):
        slope(tg.linalg.inv, SINGULAR)


# ------------------------------------------------------------------------------------ equations


@given(
    n=st.integers(1, 2 * BLOCK + 5), k=st.integers(0, 3), lower=st.booleans(),
    transpose=st.booleans(), unit=st.booleans(), seed=st.integers(0, 99),
)  # fmt: skip
def test_substitution_is_scipys_in_blocks_of_any_size(n, k, lower, transpose, unit, seed):
    rng = np.random.default_rng(seed)
    a = rng.standard_normal((n, n)) / n + np.eye(n)
    b = rng.standard_normal((n, k) if k else n)
    expected = scipy.linalg.solve_triangular(
        a, b, trans=int(transpose), lower=lower, unit_diagonal=unit
    )
    unread = np.triu(np.full((n, n), np.nan), 1)
    a = a + (unread if lower else unread.T)
    found = tg.linalg.solve_triangular(a, b, lower=lower, transpose=transpose, unit_diagonal=unit)
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("f", [tg.linalg.solve, lambda a, b: tg.linalg.pinv(a) @ b])
@given(exponent=st.integers(0, 9), seed=st.integers(0, 99))
def test_a_solution_is_as_exact_as_the_condition_allows(f, exponent, seed):
    rng = np.random.default_rng(seed)
    u, v = (np.linalg.qr(rng.standard_normal((4, 4)))[0] for _ in range(2))
    a = (u * np.logspace(0, -exponent, 4)) @ v
    b = rng.standard_normal(4)
    with mp.workdps(40):
        exact = mp.lu_solve(mp.matrix(a.tolist()), mp.matrix([mpf(float(x)) for x in b]))
        expected = np.array([float(x) for x in exact])
    error = np.abs(np.asarray(f(a, b)) - expected).max()
    assert error <= 100 * 10.0**exponent * np.finfo(float).eps * np.abs(expected).max()


def test_least_squares_are_numpys():
    a, b = RNG.standard_normal((5, 3)), RNG.standard_normal((5, 2))
    for found, expected in zip(tg.linalg.lstsq(a, b), np.linalg.lstsq(a, b), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    deficient = np.concatenate([a, a[:, :1]], axis=1)
    found = tg.linalg.lstsq(deficient, b)
    np.testing.assert_allclose(found.x, np.linalg.lstsq(deficient, b)[0], rtol=1e-10)
    assert found.rank == 3 and tg.linalg.matrix_rank(deficient[None]).tolist() == [3]
    assert tg.linalg.matrix_rank(np.zeros((2, 0))) == 0


def test_the_gradient_of_a_pseudoinverse_is_that_among_matrices_of_its_rank():
    left, right = RNG.standard_normal((4, 2)), RNG.standard_normal((2, 3))
    gradcheck(lambda u, v: tg.linalg.pinv(u @ v), left, right, order=2)


# ------------------------------------------------------------------------------------- functions


@pytest.mark.parametrize("size", [0.0, 1e-9, 1.0, 30.0])
def test_an_exponential_is_scipys_whatever_its_size(size):
    a = size * RNG.standard_normal((3, 4, 4)) * np.array([1, 0.01, 2])[:, None, None]
    expected = scipy.linalg.expm(a)
    off = np.abs(tg.linalg.expm(a) - expected).max(axis=(1, 2))
    assert (off <= 1e-12 * np.abs(expected).max(axis=(1, 2))).all()
    assert np.isnan(tg.linalg.expm(np.full((2, 2), np.nan))).all()


@given(st.floats(4.0, 12.0), st.integers(1, 4))
def test_an_exponential_around_the_size_from_which_it_is_scaled(norm, n):
    a = np.full((n, n), norm / n)  # as large as its norm, where the approximant is worst
    with mp.workdps(40):
        exact = np.array(mp.expm(mp.matrix(a.tolist())).tolist(), float)
    np.testing.assert_allclose(tg.linalg.expm(a), exact, rtol=1e-13)


def test_powers():
    a = RNG.standard_normal((2, 3, 3))
    for n in (-2, -1, 0, 1, 2, 7):
        found = tg.linalg.matrix_power(tg.tensor(a), n)
        np.testing.assert_allclose(found, np.linalg.matrix_power(a, n), rtol=1e-10)
    assert (tg.linalg.matrix_power(np.full((2, 2), np.nan), 0) == np.eye(2)).all()


@given(lengths=st.lists(st.integers(1, 5), min_size=3, max_size=6), seed=st.integers(0, 9))
def test_a_chain_of_products_is_numpys(lengths, seed):
    rng = np.random.default_rng(seed)
    arrays = [rng.standard_normal(pair) for pair in itertools.pairwise(lengths)]
    found = tg.linalg.multi_dot(list(map(tg.tensor, arrays)))
    np.testing.assert_allclose(found, np.linalg.multi_dot(arrays), rtol=1e-12, atol=1e-13)


@given(st.lists(st.integers(1, 9), min_size=3, max_size=6))
def test_a_chain_goes_the_shortest_way(lengths):
    arrays = [tg.ones(pair, requires_grad=True) for pair in itertools.pairwise(lengths)]
    steps, waiting = 0, [tg.linalg.multi_dot(arrays).node]
    while waiting:
        node = waiting.pop()
        steps += node.parents[0].shape[0] * node.parents[0].shape[1] * node.shape[1]
        waiting += [parent for parent in node.parents if type(parent) is not tg.Tensor]

    def least(i, j):
        ways = (least(i, k) + least(k, j) + lengths[i] * lengths[k] * lengths[j]
                for k in range(i + 1, j))  # fmt: skip
        return min(ways, default=0)

    assert steps == least(0, len(lengths) - 1)


def test_a_chain_may_end_in_a_column():
    a, b, c = tg.tensor(np.ones((2, 50)), requires_grad=True), np.ones((50, 50)), np.ones(50)
    first = tg.linalg.multi_dot([a, b, c]).node
    assert [p.shape for p in first.parents] == [(2, 50), (50,)]


# ----------------------------------------------------------------------------------------- norms


@pytest.mark.parametrize("ord", [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
@pytest.mark.parametrize("axis", [(0, 1), (2, 0), (-1, 1)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_norms_of_matrices_are_numpys(ord, axis, keepdims):
    a = RNG.standard_normal((3, 2, 4))
    for function in (tg.linalg.norm, np.linalg.norm):
        found = function(tg.tensor(a), ord, axis, keepdims)
        assert type(found) is tg.Tensor
        expected = np.linalg.norm(a, ord, axis, keepdims)
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-13)


@pytest.mark.parametrize("ord", [None, 0, 1, 2, 3, 0.5, -1, -2.5, np.inf, -np.inf])
@pytest.mark.parametrize("axis", [0, -1, (1,)])
def test_norms_of_vectors_are_numpys(ord, axis):
    a = RNG.standard_normal((3, 4))
    found = tg.linalg.norm(tg.tensor(a), ord, axis)
    np.testing.assert_allclose(found, np.linalg.norm(a, ord, axis), rtol=1e-13)


@pytest.mark.parametrize("ord", [1, 1.5, 2, 3, np.inf])
def test_the_norm_of_a_zero_vector_has_the_gradient_zero(ord):
    assert not slope(lambda x: tg.linalg.vector_norm(x, ord=ord), np.zeros(3)).any()


@pytest.mark.parametrize("ord", [0.5, 1, 1.5, 3, -1, -2.5])
@pytest.mark.parametrize("a", [[np.inf, 1], [np.inf, -np.inf], [-np.inf, 0], [np.nan, 1], [0, 2]])
def test_norms_of_what_is_not_finite_are_numpys(ord, a):
    with np.errstate(divide="ignore"):
        expected = np.linalg.norm(a, ord)
    np.testing.assert_allclose(tg.linalg.vector_norm(np.array(a, float), ord=ord), expected)


def test_of_orders_below_1_an_element_that_is_0_leaves_the_gradient_of_others():
    a = np.array([1.0, 2.0, 0.0])
    found = slope(lambda x: tg.linalg.vector_norm(x, ord=0.5), a)
    beside = slope(lambda x: tg.linalg.vector_norm(x, ord=0.5), a[:2])
    np.testing.assert_allclose(found, [*beside, 0], rtol=1e-13)


def test_condition_numbers_at_their_edges():
    assert tg.linalg.cond(np.zeros((2, 2))) == tg.linalg.cond(SINGULAR * 0, -2) == np.inf
    assert not slope(tg.linalg.cond, np.zeros((2, 2))).any()


def test_an_inverse_and_a_rank_count_the_same_singular_values_as_0():
    a = np.diag([1, 1e-3]).astype(np.float16)  # less than 2 eps of half precision
    assert tg.linalg.matrix_rank(a) == tg.linalg.lstsq(a, np.ones(2, np.float16)).rank == 1
    np.testing.assert_array_equal(tg.linalg.pinv(a), [[1, 0], [0, 0]])


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_powers_of_a_norm_stay_in_range(scale):
    a = np.array([3.0, -4.0, 1.0])
    found = tg.linalg.vector_norm(scale * a, ord=3)
    assert found / scale == pytest.approx(np.linalg.norm(a, 3))
    assert np.isfinite(slope(lambda x: tg.linalg.vector_norm(x, ord=3), scale * a)).all()
    assert tg.linalg.vector_norm(np.zeros(0), ord=-1) == np.inf


# -------------------------------------------------------------------------------- kinds of numbers


NAMES = ["inv", "det", "cholesky", "eigvalsh", "svdvals", "pinv", "expm", "logabsdet", "cofactors"]


@pytest.mark.parametrize("name", NAMES)
def test_half_precision_is_computed_in_single_and_integers_in_double(name):
    f = getattr(tg.linalg, name)
    a = np.array([[4, 1], [1, 3]])
    assert f(a).dtype == np.float64
    half = f(tg.tensor(a.astype(np.float16)))
    assert half.dtype == np.float16
    np.testing.assert_allclose(half, f(a), rtol=2e-3)
    gradient = slope(f, a.astype(np.float16))
    assert gradient.dtype == np.float16
    np.testing.assert_allclose(gradient, slope(f, a.astype(float)), rtol=1e-2, atol=5e-3)


def test_half_precision_beside_double_loses_no_digits_of_that():
    a, b = definite(3).astype(np.float16), RNG.standard_normal(3)
    found = tg.linalg.solve(tg.tensor(a), tg.tensor(b))
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, np.linalg.solve(a.astype(float), b), rtol=1e-12)


def test_lists_are_taken():
    rows = [[1.0, 2.0], [3.0, 4.0]]
    np.testing.assert_allclose(tg.linalg.cond(rows), np.linalg.cond(rows), rtol=1e-6)
    np.testing.assert_allclose(tg.linalg.multi_dot([[1.0, 2.0], rows, rows]), [37.0, 54.0])


# ------------------------------------------------------------------------------------ NumPy's calls

A, S, V = RNG.standard_normal((3, 3)), definite(3), RNG.standard_normal(3)
CALLS = [
    (np.linalg.inv, (A,), {}), (np.linalg.solve, (A, V), {}), (np.linalg.det, (A,), {}),
    (np.linalg.slogdet, (A,), {}), (np.linalg.cholesky, (S,), {"upper": True}),
    (np.linalg.qr, (A,), {}), (np.linalg.eigh, (S,), {}), (np.linalg.eigvalsh, (S,), {}),
    (np.linalg.svd, (A,), {}), (np.linalg.svd, (A,), {"compute_uv": False}),
    (np.linalg.svd, (A[:2],), {"full_matrices": False}), (np.linalg.svdvals, (A,), {}),
    (np.linalg.pinv, (A[:2],), {}), (np.linalg.pinv, (A[:2], 0.5), {}),
    (np.linalg.matrix_rank, (A,), {}), (np.linalg.cond, (A,), {}), (np.linalg.cond, (A, 1), {}),
    (np.linalg.matrix_power, (A, -3), {}), (np.linalg.matrix_norm, (A,), {"ord": 1}),
    (np.linalg.vector_norm, (A,), {"axis": 0, "ord": 1}), (np.linalg.cross, (V, A), {}),
    (np.linalg.trace, (A,), {"offset": 1}), (np.linalg.diagonal, (A,), {"offset": -1}),
    (np.trace, (A[None],), {"axis1": 1, "axis2": 2}), (np.trace, (A, 1), {}),
    (np.diagonal, (np.stack([A, S]), 1), {}), (np.diag, (V, 1), {}), (np.diag, (A, -1), {}),
    (np.diagflat, (A[:2],), {}), (np.kron, (A, V), {}), (np.cross, (V, A), {}),
    (np.cross, (A, A.T), {"axis": 0}),
]  # fmt: skip


@pytest.mark.parametrize(("function", "args", "options"), CALLS, ids=lambda v: "")
def test_numpys_functions_are_answered(function, args, options):
    tensors = [tg.tensor(a, requires_grad=True) if np.ndim(a) else a for a in args]
    found, expected = function(*tensors, **options), function(*args, **options)
    several = isinstance(expected, tuple)
    for ours, numpys in zip(*(v if several else (v,) for v in (found, expected)), strict=True):
        assert type(ours) is tg.Tensor
        np.testing.assert_allclose(ours, numpys, rtol=1e-12, atol=1e-13)


def test_a_full_decomposition_is_numpys_default_where_no_gradient_is_wanted():
    wide = RNG.standard_normal((2, 4))
    shapes = [part.shape for part in np.linalg.svd(tg.tensor(wide))]
    assert shapes == [part.shape for part in np.linalg.svd(wide)]


@pytest.mark.parametrize("ord", [-0.5, -1, -2])
def test_a_norm_of_an_order_below_0_where_powers_are_infinite(ord):
    for values, length, slope in (
        ([0.0, 1.0], 0.0, [0.0, 0.0]),
        ([0.0, 0.0], 0.0, [0.0, 0.0]),
        ([np.inf, -1.0], 1.0, [0.0, -1.0]),
        ([np.inf, np.inf], np.inf, [0.0, 0.0]),
    ):
        x = tg.tensor(values, dtype="float64", requires_grad=True)
        found = tg.linalg.norm(x, ord)
        found.backward()
        assert found.item() == length
        assert x.grad.numpy().tolist() == slope
