"""Reports of wrong derivatives: products, powers, zeros, infinities, broadcasting, nesting."""

import math

import mpmath
import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.testing import gradcheck
from tests.reports.gradients_of import gradient_of, gradients_of

# ------------------------------------------------------------------------------------- products


@pytest.mark.parametrize("x", [[2.0, 3.0, 0.0, 0.0], [0.0, 0.0, 0.0], [5.0, 0.0], [2.0, 3.0, 4.0]])
def test_the_hessian_of_a_product_with_zeros(x):
    """pytorch/pytorch#106789: with two zeros the second derivative between them was lost."""
    n = len(x)

    def others(*out):
        return math.prod(x[k] for k in range(n) if k not in out)

    expected = [[0 if i == j else others(i, j) for j in range(n)] for i in range(n)]
    found = tg.hessian(tg.prod)(tg.tensor(x, dtype="float64"))
    np.testing.assert_array_equal(found.numpy(), expected)


def test_a_product_of_one_zero_has_a_gradient():
    """pytorch/pytorch#82644: the gradient of prod along an axis of one element, 0, raised."""
    assert gradient_of(lambda x: tg.prod(x, axis=0), [0.0]).tolist() == [1.0]


def test_each_lane_of_a_product_is_by_itself():
    """tracel-ai/burn#5533: prod along an axis gave NaN at zeros, as it divided by the element."""
    x, weights = np.array([[2.0, 0, 3], [0, 0, 1], [1, 2, 3]]), [1.0, 10.0, 100.0]
    expected = [
        [g * math.prod(np.delete(row, i)) for i in range(3)]
        for g, row in zip(weights, x, strict=True)
    ]
    found = gradient_of(lambda x: x.prod(axis=1), x, upstream=weights)
    np.testing.assert_array_equal(found, expected)


def test_a_product_with_zeros_of_large_numbers():
    """pytorch/pytorch#194699: one zero among products that overflow made the gradient NaN."""
    x = [[1e13, 0, 0], [1e13, 1e13, 0], [1e13, 1e13, 1e13]]
    assert not gradient_of(tg.prod, x, dtype="float32").any()


def test_a_product_with_a_constant_zero_does_not_bend():
    """tensorflow/tensorflow#44556: the second derivative of a product with a constant 0 was NaN."""

    def f(x):
        return (np.array([2.0, 0.0]) * x * x).prod()

    assert tg.hessian(f)(tg.tensor([0.0])).numpy().tolist() == [[0.0]]


# --------------------------------------------------------------------------------------- powers


def test_a_power_whose_base_vanishes():
    """ml-explore/mlx#628: d/dy 0^y was 0 · log 0 = NaN."""
    by_a, by_b = gradients_of(lambda a, b: (a - b) ** b, [1.0, 1.0], [1.0, 1.0], upstream=[123, 1])
    assert by_a.tolist() == [123, 1] and by_b.tolist() == [-123, -1]


@pytest.mark.parametrize("exponent", [2, 2.0, np.float32(2), np.array([2]), np.array([2.0])])
def test_the_squared_error_of_an_exact_prediction(exponent):
    """ml-explore/mlx#504: (y - t) ** 2 where y = t had the gradient NaN; Adam went astray."""
    found = gradient_of(lambda y: (y - np.float32(3)) ** exponent, [3.0], dtype="float32")
    assert found.tolist() == [0.0]


@pytest.mark.parametrize("exponent", [0, 0.0, np.array([0])])
def test_a_fractional_part_to_the_power_0(exponent):
    """jax-ml/jax#12409: the derivative of 0 ** 0 by its base was NaN."""
    assert gradient_of(lambda x: (x - tg.floor(x)) ** exponent, [1.0]).tolist() == [0.0]


# ------------------------------------------------------------------------ zeros, ties and bounds


def test_the_length_of_nothing():
    """HIPS/autograd#151, jax-ml/jax#3058: the gradient of a norm at 0 was NaN, here it is 0."""
    assert not gradient_of(tg.norm, np.zeros(3)).any()
    rows = gradient_of(lambda x: tg.norm(x, axis=1), [[0.0, 0.0], [3.0, 4.0]])
    np.testing.assert_allclose(rows, [[0, 0], [0.6, 0.8]], rtol=1e-15)


def test_the_square_of_a_length_at_0():
    """jax-ml/jax#21723, jax-ml/jax#39792, pytorch/pytorch#92075: by norm it has no bend there."""

    def squared(x):
        return tg.norm(x) ** 2

    assert not gradient_of(squared, np.zeros(3)).any()
    # By convention, as its docstring says, the derivative of norm is 0 at 0: that has no bend.
    assert not tg.hessian(squared)(tg.zeros(2)).numpy().any()
    np.testing.assert_array_equal(tg.hessian(lambda x: (x * x).sum())(tg.zeros(2)), 2 * np.eye(2))


def test_hypot_where_both_sides_are_equal():
    """tensorflow/tensorflow#127697: hypot by max and min gave a tie's gradient to one side."""
    slope = tg.grad(lambda x: tg.hypot(x, 3 - 2 * x))(tg.tensor(1.0, dtype="float64"))
    assert slope.item() == pytest.approx(-1 / math.sqrt(2), rel=1e-15)


@pytest.mark.parametrize("point", [(1.0, 1.0), (1.0, 0.0), (0.0, -2.0), (3.0, -4.0), (1e200,) * 2])
def test_hypot_bends_on_the_axes_too(point):
    """tensorflow/tensorflow#127697: the second derivative of hypot on an axis became 0."""
    hessian = tg.hessian(lambda v: tg.hypot(v[0], v[1]))(tg.tensor(point, dtype="float64"))
    x, y = map(mpmath.mpf, point)
    cubed = mpmath.sqrt(x * x + y * y) ** 3
    expected = [[y * y / cubed, -x * y / cubed], [-x * y / cubed, x * x / cubed]]
    np.testing.assert_allclose(hessian, np.array(expected, dtype=float), rtol=1e-14)


def test_an_angle_on_the_axes():
    """coin-or/CppAD#120, Hipparchus-Math/hipparchus#411: atan2 with one argument 0 gave NaN."""
    assert np.ravel(gradients_of(tg.atan2, 0.0, 1.0)).tolist() == [1, 0]
    y = 0.00499369942919849
    hessian = tg.hessian(lambda v: tg.atan2(v[0], v[1]))(tg.tensor([y, 0.0], dtype="float64"))
    np.testing.assert_allclose(hessian, [[0, y**-2], [y**-2, 0]], rtol=1e-14)


def test_a_bound_passes_the_gradient():
    """pytorch/pytorch#7002: clamp stopped the gradient of what lay exactly on a bound."""
    found = gradient_of(lambda x: tg.clip(x, 0, 1), [-1.0, 0.0, 0.5, 1.0, 2.0])
    assert found.tolist() == [0, 1, 1, 1, 0]


def test_a_clipped_gradient_keeps_its_sign_and_size():
    """elixir-nx/nx#1779: clip multiplied by what arrives twice, which no test with ones sees."""
    found = gradient_of(lambda x: tg.clip(x, 0, 10), [1.0, 2.0, 30.0], upstream=[-3, 0.5, 7])
    assert found.tolist() == [-3, 0.5, 0]


def test_bounds_get_their_gradient_or_are_refused():
    """Theano/Theano#633, chainer/chainer#7385: clip(x, 0, x) lost a gradient; min above max."""
    x = tg.tensor(5.0, requires_grad=True)
    assert tg.gradients(tg.clip(x, 0.0, x), x).item() == 1
    assert tg.gradients(tg.clip(9.0, 0.0, x), x).item() == 1
    with pytest.raises(tg.errors.ArgumentError, match="min = 2 is above max = 1"):
        tg.clip(x, 2, 1)


def test_a_maximum_shared_by_very_many():
    """tinygrad/tinygrad#12296: among 70,000 equal maxima in float16 the gradient underflowed."""
    found = gradient_of(lambda x: x.max(), np.ones(70_000), dtype="float16")
    assert (found == np.float16(1 / 70_000)).all() and found[0] > 0


# ------------------------------------------------------------------------------------ infinities


def test_a_branch_that_overflows_where_it_is_not_taken():
    """pytorch/pytorch#68425, jax-ml/jax#1052: where(a <= 0, exp(a), 1 + a) at a = 100."""

    def naive(a):
        return tg.where(a <= 0, tg.exp(a), 1 + a)

    def safe(a):
        return tg.where(a <= 0, tg.exp(tg.where(a <= 0, a, 0)), 1 + a)

    # What the docstring of where says: 0 · ∞ is NaN, so arguments are made safe first.
    assert math.isnan(gradient_of(naive, 100.0, dtype="float32"))
    assert gradient_of(safe, 100.0, dtype="float32") == 1
    np.testing.assert_allclose(gradient_of(safe, [-1.0, 2.0]), [math.exp(-1), 1], rtol=1e-15)


def test_errors_of_missing_targets_count_nothing():
    """pytorch/pytorch#89543: a squared error that leaves out NaN targets had NaN gradients."""
    target = np.array([1.0, np.nan, 3.0])
    known = np.isfinite(target)

    def safe(x):
        return (tg.where(known, x - np.where(known, target, 0), 0) ** 2).sum()

    assert gradient_of(safe, [2.0, 5.0, 5.0]).tolist() == [2, 0, 4]

    def chosen(x):
        return ((x[known] - target[known]) ** 2).sum()

    assert gradient_of(chosen, [2.0, 5.0, 5.0]).tolist() == [2, 0, 4]


def test_a_sigmoid_far_out():
    """jax-ml/jax#777: the slope of 1 / (1 + exp(-x)) was NaN from x = -67 on."""
    x = np.linspace(-200, 0, 7)
    with mpmath.workdps(60):
        exact = [float(1 / ((1 + mpmath.exp(-mpmath.mpf(a))) * (1 + mpmath.exp(a)))) for a in x]
    np.testing.assert_allclose(gradient_of(tg.sigmoid, x), exact, rtol=1e-14)


def test_a_function_without_derivative_says_so():
    """jax-ml/jax#11467: ldexp had the gradient 0, silently; the reporter would rather be told."""
    with pytest.raises(TypeError, match=r"np\.ldexp has no counterpart among tensorgraph's ops"):
        np.ldexp(tg.tensor(1.0, requires_grad=True), 1)


# ---------------------------------------------------------------------------------- broadcasting


def test_a_scalar_that_was_broadcast_gathers_all():
    """pytorch/pytorch#13669: after a broadcast by zeros(1000) the gradient was summed twice."""

    def f(z):
        return (tg.exp(z) - 0).sum() + (tg.exp(z) - np.zeros(1000)).sum()

    assert gradient_of(f, 1.0) == pytest.approx(1001 * math.e, rel=1e-13)


SHAPES = [((), (2,)), ((1,), (5, 4)), ((4, 1), (1, 4)), ((2, 1), (1, 3)), ((1, 5), (5, 5)),
          ((3,), (4, 3)), ((3, 1, 5), (3, 4, 5)), ((), ()), ((0, 1), (1, 3))]  # fmt: skip


@pytest.mark.parametrize(("one", "two"), SHAPES)
@pytest.mark.parametrize("name", ["add", "multiply", "divide", "maximum"])
def test_a_gradient_has_the_shape_of_its_input(name, one, two):
    """raskr/rust-autograd#38, tracel-ai/burn#181, aesara-devs/aesara#1089: not summed back."""
    rng = np.random.default_rng(0)
    a, b = rng.uniform(1, 2, one), rng.uniform(3, 4, two)
    g = rng.normal(size=np.broadcast_shapes(one, two))
    by_a = {"add": g, "multiply": g * b, "divide": g / b, "maximum": 0 * g}[name]
    by_b = {"add": g, "multiply": g * a, "divide": -g * a / b**2, "maximum": g}[name]
    for found, full, x in zip(
        gradients_of(getattr(tg, name), a, b, upstream=g), (by_a, by_b), (a, b), strict=True
    ):
        lead = full.ndim - x.ndim
        summed = full.sum(tuple(range(lead)))
        ones = tuple(i for i, n in enumerate(x.shape) if n == 1)
        expected = summed.sum(ones, keepdims=True)
        assert found.shape == x.shape
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-15)


def test_a_maximum_added_to_what_it_was_taken_of():
    """NervanaSystems/neon#170: max(x) + x, broadcast: how often does the maximum count?"""
    assert gradient_of(lambda x: x.max() + x, [[2.0, 3.0]]).tolist() == [[1, 3]]


def test_deviations_from_the_mean():
    """pytorch/pytorch#107007: d Σ (x - mean) is 0, the 3/4 are the diagonal of the Jacobian."""
    x = tg.tensor([1.0, 2.0, 3.0, 4.0], dtype="float64")

    def centred(x):
        return x - x.mean()

    assert not gradient_of(centred, x.numpy()).any()
    np.testing.assert_array_equal(tg.jacobian(centred)(x), np.eye(4) - 0.25)


def test_looking_at_values_changes_no_gradient():
    """ml-explore/mlx#610: x += … over a larger shape, then .tolist() of a comparison, gave 0."""

    def f(x):
        x += np.ones((3, 3, 3))
        assert (x < 1).numpy().tolist() == np.zeros((3, 3, 3), bool).tolist()
        return x**2

    given = tg.ones((3, 3), dtype="float64")
    out, pull = tg.vjp(f, given)
    np.testing.assert_array_equal(pull(np.ones(out.shape))[0], np.full((3, 3), 12.0))
    np.testing.assert_array_equal(given, np.ones((3, 3)))  # += bound another name


# --------------------------------------------------------------------------- constants, nesting


def test_equal_parameters_are_two():
    """tinygrad/tinygrad#9597: two leaves of the same value were taken for one, gradient 2."""
    one, two = tg.tensor(3.0, requires_grad=True), tg.tensor(3.0, requires_grad=True)
    (one + two * 10).backward()
    assert (one.grad.item(), two.grad.item()) == (1, 10)


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: 1 * x])
def test_derivatives_inside_derivatives_are_not_confused(wrap):
    """denizyuret/AutoGrad.jl#75: d/dx x · (d/dy (x + y)) was 2 where y came as x itself."""
    assert tg.grad(lambda x: x * tg.grad(lambda y: x + y)(wrap(x)))(tg.tensor(5.0)).item() == 1
    assert tg.grad(lambda x: x * tg.grad(lambda y: x * y)(tg.tensor(2.0)))(5.0).item() == 10


@pytest.mark.parametrize("constant", [0.0, math.nan, math.inf, np.zeros(2), tg.ones(2)])
def test_forward_derivatives_through_a_choice(constant):
    """ml-explore/mlx#3627, ml-explore/mlx#3081: jvp through where(c, constant, x) was 0."""
    cond = np.array([False, False])
    x, v = tg.tensor([1.0, 2.0]), tg.tensor([1.0, -1.0])
    for f in (
        lambda x: tg.where(cond, constant, x * x),
        lambda x: tg.where(~cond, x * x, constant),
    ):
        assert tg.jvp(f, (x,), (v,))[1].numpy().tolist() == [2, -4]


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_a_gradient_has_the_dtype_of_its_leaf(dtype):
    """chainer/chainer#684, chainer/chainer#8286: float64 crept into gradients of float32."""
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(5, 3)), rng.integers(0, 2, (5, 3))
    for loss in (tg.nn.losses.binary_cross_entropy_with_logits, tg.nn.losses.mse):
        leaf = tg.tensor(z, dtype=dtype, requires_grad=True)
        loss(leaf * np.float64(2), y.astype("float64")).backward()
        assert leaf.grad.dtype == dtype
        assert tg.gradients((leaf**3).sum(), leaf, create_graph=True).dtype == dtype


# ---------------------------------------------------------------------------------- einsum, zeros


@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [
        ("nd,nn->d", [(4, 2), (4, 4)]),
        ("ii->", [(3, 3)]),
        ("iij->ij", [(3, 3, 2)]),
        ("iij->i", [(3, 3, 2)]),
        ("iij,j->ij", [(3, 3, 2), (2,)]),
        ("ijji,kji,jj->kj", [(2, 3, 3, 2), (4, 3, 2), (3, 3)]),
        ("...ii->...i", [(5, 3, 3)]),
    ],
)
def test_indices_that_one_operand_repeats(subscripts, shapes):
    """HIPS/autograd#510, HIPS/autograd#115, tinygrad/tinygrad#18229: diagonals in einsum."""
    rng = np.random.default_rng(0)
    operands = [rng.normal(size=shape) for shape in shapes]
    expected = np.einsum(subscripts, *operands)
    np.testing.assert_allclose(tg.einsum(subscripts, *operands), expected, rtol=1e-13)
    gradcheck(lambda *all_: tg.einsum(subscripts, *all_), *operands, order=2)


def test_functions_that_do_not_depend_on_their_argument():
    """JuliaDiff/DifferentiationInterface.jl#1013: the Hessian of a constant failed."""
    x = np.arange(3.0)
    for f in (lambda x: tg.tensor(42.0), lambda x: x.sum(), lambda x: (x > 1).sum() * 2.0):
        np.testing.assert_array_equal(tg.hessian(f)(x), np.zeros((3, 3)))
        np.testing.assert_array_equal(tg.hvp(f, (x,), (x,))[0], np.zeros(3))
    np.testing.assert_array_equal(tg.grad(lambda x: tg.tensor(42.0))(x), np.zeros(3))
    np.testing.assert_array_equal(tg.jacobian(lambda x: tg.ones((2,)))(x), np.zeros((2, 3)))


def test_a_power_of_zero_in_both_arguments():
    """ekmett/ad#54: d(x^y) at (0, 2) was NaN in one mode and 0 in the other; it is 0 and 0."""
    at = (np.zeros(1), np.full(1, 2.0))
    for found in tg.grad(lambda x, y: (x**y).sum(), argnums=(0, 1))(*at):
        np.testing.assert_array_equal(found, [0])
    for tangents in (([1.0], [0.0]), ([0.0], [1.0]), ([1.0], [1.0])):
        _, found = tg.jvp(tg.power, at, tuple(map(np.array, tangents)))
        np.testing.assert_array_equal(found, [0])


def test_both_modes_agree_at_the_kink_of_abs():
    """autodiff/autodiff#130: +1 in reverse mode and NaN in forward mode."""
    _, forward = tg.jvp(tg.abs, (np.zeros(2),), (np.array([2.5, -1.0]),))
    np.testing.assert_array_equal(forward, [0, 0])
    np.testing.assert_array_equal(tg.grad(lambda x: abs(x).sum())(np.zeros(2)), [0, 0])


@pytest.mark.parametrize("shape", [(4, 3), (1, 3), (1,), (), (3, 1), (2,)])
def test_a_rule_whose_gradient_has_another_shape(shape):
    """pytorch/pytorch#65244: that of shape (4, 3) for an operand (3,) was summed in silence."""
    wrong = tg.op("total", lambda x: np.sum(x), {"x": lambda g, x: np.ones(shape)})
    total = wrong(tg.tensor(np.ones(3), requires_grad=True))
    with pytest.raises(
        tg.errors.ShapeError, match="total: its gradient rule for 'x' returned shape"
    ):
        total.backward()


def test_gradients_that_began_as_one_array_stay_apart():
    """pytorch/pytorch#34082: what was handed to two leaves without a copy changed in both."""
    a, b = tg.tensor([1.0, 2.0], requires_grad=True), tg.tensor([3.0, 4.0], requires_grad=True)
    upstream = np.ones(2)
    (a + b).backward(upstream)
    first = a.grad
    (3 * a).sum().backward()
    upstream[0] = 9
    np.testing.assert_array_equal(a.grad, [4, 4])
    np.testing.assert_array_equal(b.grad, [1, 1])
    np.testing.assert_array_equal(first, [1, 1])


def test_higher_derivatives_through_rules_of_ones_own():
    """pytorch/pytorch#197867, jax-ml/jax#21220: 0 from the second on, nested in either mode."""
    square = tg.op("square_of_mine", lambda x: x * x, {"x": lambda g, x: 2 * x * g})
    back = tg.op(
        "cube_back",
        lambda up, x: 3 * x**2 * up,
        {"up": lambda g, x: 3 * x**2 * g, "x": lambda g, up, x: 6 * x * up * g},
    )
    cube = tg.op("cube", lambda x: x**3, {"x": lambda g, x: back(g, x)})

    def tangent(f):
        return lambda x: tg.jvp(f, (x,), (np.ones(()),))[1]

    x = np.array(3.0)
    for f, expected in (
        (lambda x: square(square(x)), [108, 108, 72]),
        (cube, [27, 18]),
    ):
        forward = reverse = f
        for derivative in expected:
            forward, reverse = tangent(forward), tg.grad(reverse)
            assert [forward(x).item(), reverse(x).item()] == pytest.approx([derivative] * 2)
            assert tangent(reverse)(x).item() == pytest.approx(tg.grad(forward)(x).item())


def test_the_second_derivative_of_products_along_a_line():
    """pytorch/pytorch#196701: cumulative products with a factor of 0 gave 68, not 144."""

    def f(t):
        rows = tg.stack([t, t + 1, 2 - t, t - 1, 2 * t + 1, t + 3]).reshape((2, 3))
        products = [tg.prod(rows[:, : k + 1], axis=1) for k in range(3)]
        return (tg.stack(products, axis=1) * np.arange(1.0, 7).reshape(2, 3)).sum()

    def tangent(f):
        return lambda t: tg.jvp(f, (t,), (np.ones(()),))[1]

    at = np.array(1.0)
    assert f(tg.tensor(at)).item() == 11
    for second in (tangent(tangent(f)), tg.grad(tg.grad(f)), tangent(tg.grad(f))):
        assert second(at).item() == pytest.approx(144, rel=1e-14)


# --------------------------------------------------------------------------- slopes at one point


@pytest.mark.parametrize(
    ("f", "slope"),
    [(tg.softplus, 0.5), (tg.log_sigmoid, 0.5), (tg.asin, 1), (tg.gelu, 0.5), (tg.silu, 0.5)],
)
def test_slopes_at_0_of_functions_made_of_pieces(f, slope):
    """jax-ml/jax#2107, jax-ml/jax#2140, tinygrad/tinygrad#17862: 0 where the pieces meet."""
    for value in (0.0, -0.0):
        assert gradient_of(f, value) == slope
        assert tg.jvp(f, (np.array(value),), (np.ones(()),))[1] == slope


def test_the_slopes_of_logaddexp_of_equal_numbers():
    """tinygrad/tinygrad#17862: ½ and ½, of infinities too."""
    numbers = [0.0, 3.0, -1e300, -np.inf]
    for found in gradients_of(tg.logaddexp, numbers, numbers):
        np.testing.assert_array_equal(found, 0.5)


def test_saturated_tanh():
    """jax-ml/jax#764: NaN between 190 and 200, of cosh that overflows."""
    for dtype in ("float32", "float64"):
        found = gradient_of(tg.tanh, [190.0, -200.0, 1e30, np.inf], dtype=dtype)
        np.testing.assert_allclose(found, 0, atol=1e-150)


def test_the_power_0_of_0():
    """jax-ml/jax#18450: x⁰ is 1 everywhere, so its slope is 0 at 0 as well; it was NaN."""
    for zero in (0, 0.0, np.zeros(2)):
        np.testing.assert_array_equal(gradient_of(lambda x: x**zero, [0.0, 2.0]), [0, 0])  # noqa: B023
        _, found = tg.jvp(lambda x: x**zero, (np.zeros(2),), (np.ones(2),))  # noqa: B023
        np.testing.assert_array_equal(found, [0, 0])


def test_the_slope_of_clip_on_its_bounds():
    """pytorch/pytorch#184574: 1 here and 0 in relu6. A convention, which the docstring tells: 1."""
    assert "inside and on the bounds" in tg.clip.__doc__
    found = gradient_of(lambda x: tg.clip(x, 0, 6), [-1e-9, 0.0, 3.0, 6.0, 6.1])
    np.testing.assert_array_equal(found, [0, 1, 1, 1, 0])
    gradcheck(lambda x: tg.clip(x, 0, 6), np.array([0.0, 6.0]))
