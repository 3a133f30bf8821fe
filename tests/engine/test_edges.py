"""Documented values where formulas break down: zeros, infinities, ties, nothing at all.

Warnings are errors in this suite, so each test also says that NumPy's do not leak.
"""

import math

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.engine.domain import Boolean, Integer
from tensorgraph.engine.op import REGISTRY
from tests.ops.op_cases import ELEMENTWISE

INF, NAN = math.inf, math.nan
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 1e4, -1e4, 1e30, -1e30, 1e-40, INF, -INF, NAN]
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def value_and_slopes(f, *inputs, dtype="float64"):
    """Return the value of f, and the gradients of the sum of its elements."""
    leaves = [tg.tensor(x, dtype=dtype, requires_grad=True) for x in inputs]
    value = f(*leaves)
    slopes = tg.gradients(value, leaves, np.ones(value.shape, dtype))
    return value.numpy(), *(g.numpy() for g in slopes)


def slope(f, *inputs, dtype="float64"):
    return value_and_slopes(f, *inputs, dtype=dtype)[1]


def curvature(f, x):
    """Return the second derivative of f, element by element."""
    leaf = tg.tensor(x, dtype="float64", requires_grad=True)
    first = tg.gradients(f(leaf).sum(), leaf, create_graph=True)
    return tg.gradients(first.sum(), leaf).numpy() if first.requires_grad else 0 * leaf.numpy()


def equal(found, expected):
    np.testing.assert_array_equal(found, np.asarray(expected, dtype=np.asarray(found).dtype))


# ----------------------------------------------------------------------- no warning, whatever comes


@both_dtypes
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_special_values_raise_no_warning_at_any_order(name, dtype):
    op = ELEMENTWISE[name]
    grids = np.meshgrid(*[SPECIAL] * op.arity)
    inputs = []
    for key, grid in zip(op.inputs, grids, strict=True):
        kind = type(op.domain.get(key))
        inputs.append(
            grid > 0 if kind is Boolean else (grid > 0) + 1 if kind is Integer
            else grid.astype(dtype)
        )  # fmt: skip
    leaves = [tg.tensor(x, requires_grad=x.dtype.kind == "f") for x in inputs]
    out = op(*leaves)
    if not out.requires_grad:
        return
    wanted = [leaf for leaf in leaves if leaf.requires_grad]
    ones = np.ones(out.shape, dtype)
    for first in tg.gradients(out, wanted, ones, create_graph=True):
        if first.requires_grad:
            tg.gradients(first, wanted, ones, retain_graph=True)


@both_dtypes
@pytest.mark.parametrize(
    "name", ["sum", "mean", "prod", "max", "min", "var", "std", "norm", "logsumexp",
             "cumulative_sum", "softmax", "log_softmax"],
)  # fmt: skip
def test_special_rows_raise_no_warning_at_any_order(name, dtype):
    rows = [[a, b, c] for a in SPECIAL[::3] for b in SPECIAL for c in SPECIAL]
    leaf = tg.tensor(rows, dtype=dtype, requires_grad=True)
    out = REGISTRY[name](leaf, axis=1)
    first = tg.gradients(out, leaf, np.ones(out.shape, dtype), create_graph=True)
    if first.requires_grad:
        tg.gradients(first, leaf, np.ones(first.shape, dtype))


def test_contractions_raise_no_warning():
    x = tg.tensor([[INF, 1e300], [-INF, 1e300]], dtype="float64", requires_grad=True)
    for out in (x @ x, tg.einsum("ij,ij->i", x, x), tg.outer(x, x), tg.vecdot(x, x)):
        tg.gradients(out, x, np.full(out.shape, 1e300))


# ------------------------------------------------------------------------------------- activations


@both_dtypes
def test_sigmoid_saturates(dtype):
    equal(tg.sigmoid(tg.tensor([-1e4, 1e4, -INF, INF], dtype=dtype)).numpy(), [0, 1, 0, 1])
    equal(slope(tg.sigmoid, [-1e4, 1e4, -INF, INF], dtype=dtype), [0, 0, 0, 0])
    equal(curvature(tg.sigmoid, [-1e4, 1e4]), [0, 0])


@pytest.mark.parametrize(
    "f, low, high",
    [
        (tg.softplus, 0, 1e4),
        (tg.log_sigmoid, -1e4, 0),
        (tg.silu, 0, 1e4),
        (tg.gelu, 0, 1e4),
        (tg.elu, -1, 1e4),
        (tg.relu, 0, 1e4),
        (tg.tanh, -1, 1),
        (tg.erf, -1, 1),
    ],
)
@both_dtypes
def test_activations_have_their_limits_far_out(f, low, high, dtype):
    value, gradient = value_and_slopes(f, [-1e4, 1e4], dtype=dtype)
    equal(value, [low, high])
    equal(gradient, [float(low == -1e4), float(high == 1e4)])
    equal(curvature(f, [-1e4, 1e4]), [0, 0])


def test_kinks_have_the_documented_derivative():
    equal(slope(tg.relu, [0.0, -0.0]), [0, 0])
    equal(slope(tg.abs, [0.0, -0.0]), [0, 0])
    equal(slope(lambda x: tg.leaky_relu(x, slope=0.25), [0.0]), [0.25])
    equal(slope(lambda x: tg.clip(x, -1, 1), [-2.0, -1.0, 1.0, 2.0]), [0, 1, 1, 0])
    equal(slope(lambda x: tg.elu(x, alpha=0.5), [0.0]), [0.5])
    equal(tg.sign(tg.tensor([0.0, -0.0])).numpy(), [0, 0])


@pytest.mark.parametrize("f", [tg.relu, tg.abs, lambda x: tg.maximum(x, 0.0), tg.floor, tg.sign])
def test_kinks_are_flat_at_second_order(f):
    if f in (tg.floor, tg.sign):
        x = tg.tensor([0.0, 1.5], requires_grad=True)
        assert not f(x).requires_grad or not tg.gradients(f(x).sum(), x).numpy().any()
    else:
        equal(curvature(f, [-1.0, 0.0, 2.0]), [0, 0, 0])


# ------------------------------------------------------------------------ roots, logarithms, powers


@both_dtypes
def test_logarithms_at_and_below_zero(dtype):
    for f in (tg.log, tg.log2, tg.log10):
        value, gradient = value_and_slopes(f, [0.0, -1.0], dtype=dtype)
        equal(value, [-INF, NAN])
        assert gradient[0] == INF
    equal(tg.log1p(tg.tensor([-1.0, -2.0], dtype=dtype)).numpy(), [-INF, NAN])


def test_inverse_functions_at_and_beyond_the_end_of_their_domain():
    equal(tg.asin(tg.tensor([2.0])).numpy(), [NAN])
    equal(tg.acosh(tg.tensor([0.5])).numpy(), [NAN])
    equal(tg.atanh(tg.tensor([-1.0, 1.0, 2.0])).numpy(), [-INF, INF, NAN])
    equal(slope(tg.asin, [1.0]), [INF])
    equal(slope(tg.acos, [1.0]), [-INF])


@both_dtypes
def test_sqrt_at_zero_and_below(dtype):
    value, gradient = value_and_slopes(tg.sqrt, [0.0, 4.0, -1.0], dtype=dtype)
    equal(value, [0, 2, NAN])
    equal(gradient, [INF, 0.25, NAN])


@both_dtypes
def test_division_by_zero(dtype):
    x, zero = tg.tensor([1.0, -1.0, 0.0], dtype=dtype), tg.zeros(3, dtype=dtype)
    equal((x / zero).numpy(), [INF, -INF, NAN])
    equal(tg.reciprocal(zero).numpy(), [INF, INF, INF])
    equal((x // zero).numpy(), [INF, -INF, NAN])
    equal((x % zero).numpy(), [NAN, NAN, NAN])


@both_dtypes
@pytest.mark.parametrize("exponent", [0, 0.0, np.zeros(2)])
def test_zeroth_power_is_one_with_derivative_zero_also_at_zero(exponent, dtype):
    def f(x):
        return x ** (exponent if np.ndim(exponent) == 0 else tg.tensor(exponent, dtype=dtype))

    value, gradient = value_and_slopes(f, [0.0, 3.0], dtype=dtype)
    equal(value, [1, 1])
    equal(gradient, [0, 0])
    equal(curvature(f, [0.0, 3.0]), [0, 0])


def test_powers_of_zero():
    value, by_base, by_exponent = value_and_slopes(
        tg.power, [0.0, 0.0, 0.0, 0.0], [0.5, 1.0, 2.0, 0.0]
    )
    equal(value, [0, 0, 0, 1])
    equal(by_base, [INF, 1, 0, 0])
    equal(by_exponent, [0, 0, 0, 0])
    equal(curvature(lambda x: x**2, [0.0]), [2])
    equal(curvature(lambda x: x**3, [0.0]), [0])
    equal(curvature(lambda x: tg.power(x, np.array([2.0, 1.0])), [0.0, 0.0]), [2, 0])


def test_mixed_second_derivative_of_a_zeroth_power():
    x, y = (tg.tensor(v, dtype="float64", requires_grad=True) for v in (2.0, 0.0))
    first = tg.gradients(x**y, x, create_graph=True)
    assert tg.gradients(first, y).item() == 0.5  # ∂²xʸ/∂x∂y = 1/x at y = 0


# -------------------------------------------------------------------------------------- reductions


@both_dtypes
def test_empty_reductions(dtype):
    x = tg.zeros((2, 0), dtype=dtype)
    equal(tg.sum(x, axis=1).numpy(), [0, 0])
    equal(tg.prod(x, axis=1).numpy(), [1, 1])
    equal(tg.mean(x, axis=1).numpy(), [NAN, NAN])
    equal(tg.var(x, axis=1).numpy(), [NAN, NAN])
    equal(tg.std(x, axis=1).numpy(), [NAN, NAN])
    equal(tg.norm(x, axis=1).numpy(), [0, 0])
    equal(tg.logsumexp(x, axis=1).numpy(), [-INF, -INF])
    equal(tg.any(x, axis=1).numpy(), [False, False])
    equal(tg.all(x, axis=1).numpy(), [True, True])
    assert tg.softmax(x, axis=1).shape == tg.log_softmax(x, axis=1).shape == (2, 0)


@pytest.mark.parametrize("name", ["sum", "prod", "mean", "var", "std", "norm", "logsumexp"])
def test_gradient_of_an_empty_reduction_is_empty(name):
    assert slope(lambda x: REGISTRY[name](x, axis=1), np.zeros((2, 0))).shape == (2, 0)


@pytest.mark.parametrize("name", ["max", "min", "argmax", "argmin"])
def test_empty_extrema_raise(name):
    with pytest.raises(tg.errors.AxisError, match="empty"):
        REGISTRY[name](tg.zeros((2, 0)), axis=1)


def test_tied_extrema_share_the_gradient_evenly():
    x = [[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]
    equal(slope(lambda x: tg.max(x, axis=1), x), [[0, 0.5, 0.5], [1 / 3] * 3])
    equal(slope(lambda x: tg.min(x, axis=1), x), [[1, 0, 0], [1 / 3] * 3])
    equal(slope(tg.max, [[1.0, 3.0], [3.0, 3.0]]), [[0, 1 / 3], [1 / 3, 1 / 3]])
    for f in (tg.maximum, tg.minimum):
        _, by_x, by_y = value_and_slopes(f, [2.0, 0.0], [2.0, -0.0])
        equal(by_x, [0.5, 0.5])
        equal(by_y, [0.5, 0.5])
    equal(slope(lambda x: tg.maximum(x, x), [2.0]), [1])


def test_ties_are_flat_at_second_order():
    equal(curvature(lambda x: tg.max(x) + tg.min(x), [1.0, 1.0, 0.0]), [0, 0, 0])


@both_dtypes
def test_norm_at_zero_and_far_out(dtype):
    equal(slope(tg.norm, [0.0, 0.0], dtype=dtype), [0, 0])
    huge = np.array([3.0, 4.0], dtype) * (1e30 if dtype == "float32" else 1e300)
    value, gradient = value_and_slopes(tg.norm, huge, dtype=dtype)
    np.testing.assert_allclose(value / huge[0], 5 / 3, rtol=1e-6)
    np.testing.assert_allclose(gradient, [0.6, 0.8], rtol=1e-6)
    tiny = np.array([3.0, 4.0], dtype) * (1e-30 if dtype == "float32" else 1e-300)
    value, gradient = value_and_slopes(tg.norm, tiny, dtype=dtype)
    np.testing.assert_allclose(value / tiny[0], 5 / 3, rtol=1e-6)
    np.testing.assert_allclose(gradient, [0.6, 0.8], rtol=1e-6)
    equal(tg.norm(tg.tensor([INF, 1.0], dtype=dtype)).numpy(), INF)
    equal(tg.norm(tg.tensor([NAN, 1.0], dtype=dtype)).numpy(), NAN)


def test_rows_of_zeros_do_not_spoil_the_norms_of_others():
    value, gradient = value_and_slopes(lambda x: tg.norm(x, axis=1), [[0.0, 0.0], [3.0, 4.0]])
    equal(value, [0, 5])
    np.testing.assert_allclose(gradient, [[0, 0], [0.6, 0.8]], rtol=1e-15)


def test_std_of_equal_elements_has_derivative_zero():
    value, gradient = value_and_slopes(lambda x: tg.std(x, axis=1), [[2.0, 2.0], [0.0, 2.0]])
    equal(value, [0, 1])
    equal(gradient[0], [0, 0])
    np.testing.assert_allclose(gradient[1], [-0.5, 0.5], rtol=1e-15)
    equal(slope(tg.var, [2.0, 2.0]), [0, 0])


@pytest.mark.parametrize(
    "x",
    [[2.0, 3.0, 4.0], [0.0, 3.0, 4.0], [0.0, 0.0, 4.0], [0.0, 0.0, 0.0, 5.0], [0.0], [0.0, 7.0]],
)
def test_derivatives_of_products_with_zeros_are_exact(x):
    n = len(x)
    others = [
        [math.prod(x[k] for k in range(n) if k not in (i, j)) for j in range(n)] for i in range(n)
    ]
    expected = np.array(others) * (1 - np.eye(n))
    x = tg.tensor(x, dtype="float64")
    equal(tg.grad(tg.prod)(x).numpy(), np.diag(others))
    equal(tg.hessian(tg.prod)(x).numpy(), expected)


# ---------------------------------------------------------------------- logarithms of sums, softmax


@both_dtypes
def test_logaddexp_at_infinities(dtype):
    x, y = [INF, -INF, INF, -INF, 1.0], [INF, -INF, -INF, 2.0, -INF]
    value, by_x, by_y = value_and_slopes(tg.logaddexp, x, y, dtype=dtype)
    equal(value, [INF, -INF, INF, 2, 1])
    equal(by_x, [0.5, 0.5, 1, 0, 1])
    equal(by_y, [0.5, 0.5, 0, 1, 0])


ROWS = [
    ([0.0, -INF], [1, 0]),
    ([INF, 0.0], [1, 0]),
    ([-INF, -INF], [0.5, 0.5]),
    ([INF, INF], [0.5, 0.5]),
    ([INF, -INF], [1, 0]),
    ([1e4, -1e4], [1, 0]),
    ([1000.0, 1000.0], [0.5, 0.5]),
]


@both_dtypes
@pytest.mark.parametrize("row, weights", ROWS)
def test_softmax_takes_the_limit_at_infinite_logits(row, weights, dtype):
    value, gradient = value_and_slopes(lambda x: tg.softmax(x)[0], row, dtype=dtype)
    equal(tg.softmax(tg.tensor(row, dtype=dtype)).numpy(), weights)
    equal(value, weights[0])
    assert np.isfinite(gradient).all() and gradient.sum() == 0
    logs = tg.log_softmax(tg.tensor(row, dtype=dtype)).numpy()
    np.testing.assert_allclose(np.exp(logs), weights, rtol=1e-6)
    assert np.isfinite(slope(lambda x: tg.logsumexp(x), row, dtype=dtype)).all()
    equal(slope(tg.logsumexp, row, dtype=dtype), weights)
    equal(slope(lambda x: tg.log_softmax(x)[0], row, dtype=dtype), [1 - weights[0], -weights[1]])


@pytest.mark.parametrize("row", [[40.0, 0.0], [1000.0, -1000.0], [700.0, 0.0, -700.0], [3.0, 1.0]])
def test_gradient_of_softmax_sums_to_zero(row):
    for k in range(len(row)):
        gradient = slope(lambda x, k=k: tg.softmax(x)[k], row)
        assert abs(gradient.sum()) <= 1e-16


def test_logsumexp_of_infinities():
    equal(tg.logsumexp(tg.tensor([-INF, -INF])).numpy(), -INF)
    equal(tg.logsumexp(tg.tensor([INF, 0.0])).numpy(), INF)
    equal(tg.logsumexp(tg.tensor([1000.0, 1000.0], dtype="float64")).numpy(), 1000 + math.log(2))


@both_dtypes
def test_cross_entropy_with_impossible_classes(dtype):
    logits = [[0.0, 0.0, -INF], [-INF, 1.0, -INF]]
    targets = [[0.5, 0.5, 0.0], [0.0, 1.0, 0.0]]
    value, by_logits, _ = value_and_slopes(tg.softmax_cross_entropy, logits, targets, dtype=dtype)
    np.testing.assert_allclose(value, [math.log(2), 0], rtol=1e-6)
    equal(by_logits, [[0, 0, 0], [0, 0, 0]])
    by_class, gradient = value_and_slopes(
        lambda z: tg.class_cross_entropy(z, np.array([0, 1])), logits, dtype=dtype
    )
    np.testing.assert_allclose(by_class, [math.log(2), 0], rtol=1e-6)
    equal(gradient, [[-0.5, 0.5, 0], [0, 0, 0]])
    impossible = tg.class_cross_entropy(tg.tensor(logits, dtype=dtype), np.array([2, 0]))
    equal(impossible.numpy(), [INF, INF])


@both_dtypes
def test_binary_cross_entropy_at_infinite_logits(dtype):
    logits, targets = [INF, -INF, INF, -INF, 1e4, -1e4], [1.0, 0.0, 0.0, 1.0, 1.0, 0.0]
    value, by_logits, _ = value_and_slopes(tg.sigmoid_cross_entropy, logits, targets, dtype=dtype)
    equal(value, [0, 0, INF, INF, 0, 0])
    equal(by_logits, [0, 0, 1, -1, 0, 0])


# ---------------------------------------------------------------------------------------- others


def test_where_gives_the_branch_not_taken_a_gradient_of_exactly_zero():
    x = tg.tensor([0.0, 4.0], dtype="float64", requires_grad=True)
    safe = tg.where(x > 0, x, 1.0)
    equal(tg.gradients(tg.where(x > 0, tg.log(safe), 0.0).sum(), x).numpy(), [0, 0.25])


def test_rounding_is_to_even_and_division_rounds_down():
    equal(tg.round(tg.tensor([0.5, 1.5, 2.5, -0.5])).numpy(), [0, 2, 2, 0])
    equal((tg.tensor([7.0, -7.0]) // 2).numpy(), [3, -4])
    equal((tg.tensor([7.0, -7.0, 7.0]) % tg.tensor([4.0, 4.0, -4.0])).numpy(), [3, 1, -1])


def test_predicates_know_special_values():
    x = tg.tensor([NAN, INF, -INF, 0.0])
    equal(tg.isnan(x).numpy(), [True, False, False, False])
    equal(tg.isinf(x).numpy(), [False, True, True, False])
    equal(tg.isfinite(x).numpy(), [False, False, False, True])


def test_overflow_gives_infinity():
    x = tg.tensor([1000.0, -1000.0], dtype="float64")
    equal(tg.exp(x).numpy(), [INF, 0])
    equal(tg.expm1(x).numpy(), [INF, -1])
    equal(tg.sinh(x).numpy(), [INF, -INF])
    equal(tg.cosh(x).numpy(), [INF, INF])


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_dropped_elements_are_0_also_where_kept_ones_overflow(dtype):
    x = np.full(2, np.finfo(dtype).max)
    equal(tg.dropout(x, np.array([True, False]), keep_prob=0.5), [INF, 0])


def test_nan_is_passed_on():
    for f in (tg.max, tg.min, tg.sum, tg.relu, tg.softmax, tg.logsumexp, tg.abs, tg.sort):
        assert np.isnan(f(tg.tensor([1.0, NAN])).numpy()).any(), f


def test_sorting_keeps_the_order_of_equal_elements():
    x = tg.tensor([2.0, 1.0, 2.0, 1.0])
    equal(tg.argsort(x).numpy(), [1, 3, 0, 2])
    equal(tg.argsort(x, descending=True).numpy(), [0, 2, 1, 3])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_relu_of_many_elements_is_that_of_each(dtype):
    x = np.random.default_rng(0).standard_normal((40, 50)).astype(dtype)
    x[0, :4] = [np.nan, np.inf, -np.inf, 0]
    many = tg.relu(x)
    np.testing.assert_array_equal(many, np.where(x < 0, 0, x))
    np.testing.assert_array_equal(many[:, 0], tg.relu(x[:, 0]))
    assert many.dtype == dtype
