"""gradcheck itself: what it lets pass, the smallest fault that it catches, and what it says."""

import math
import re

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.errors import ArgumentError, DTypeError, GradcheckError
from tensorgraph.numeric.ridders import slope
from tensorgraph.testing import gradcheck
from tensorgraph.testing.numeric.findings import relative_difference, verdict

RNG = np.random.default_rng(11)
X = RNG.uniform(0.5, 2.0, (2, 3))
W = RNG.standard_normal((3, 2))
COMPLEX, RIDDERS = "complex step", "Ridders extrapolation"


def square_off_by(factor):
    """Return x², its gradient rule wrong by a factor: a number, or one for each element."""
    return tg.op("square_off", lambda x: x * x, {"x": lambda g, x: g * (2 * x) * factor})


def one_of(size, at, error):
    factors = np.ones(size)
    factors[at] += error
    return factors


def message(f, *inputs, **options):
    with pytest.raises(GradcheckError) as caught:
        gradcheck(f, *inputs, **options)
    return str(caught.value)


# -------------------------------------------------------------------------------- what passes


def test_several_arguments_and_both_orders():
    found = gradcheck(lambda x, w: tg.tanh(x @ w), X, W, order=2)
    assert found.method == COMPLEX
    assert found.order == 2
    assert found.elements == X.size + W.size
    assert found.relative_difference < 1e-15
    assert not found.kinks and not found.remarks


def test_result_is_readable():
    text = repr(gradcheck(tg.sin, X))
    assert re.fullmatch(
        r"gradcheck passed: order 1, complex step, 6 elements, relative difference \d\.\de-\d\d:"
        r" works perfectly fine, says the course \(not above 2e-7\)",
        text,
    )


def test_tensors_arrays_and_numbers_as_arguments():
    gradcheck(lambda a, b, c, d: a * b + c * d, tg.tensor(X), X, 2.0, np.array([1.0, 2.0, 3.0]))


def test_containers_as_arguments():
    found = gradcheck(lambda p, k: p["w"][0] @ p["w"][1] * k, {"w": [X, W], "k": 3}, 2.0, order=2)
    assert found.elements == X.size + W.size + 1
    wrong = square_off_by(2.0)
    assert "at argument 0 (p['w'][1]), index" in message(
        lambda p: p["w"][0].sum() + wrong(p["w"][1]).sum(), {"w": (X, X)}
    )
    with pytest.raises(DTypeError, match=r"argument 0\['w'\] is float32"):
        gradcheck(lambda p: p["w"] * 2, {"w": X.astype("float32")})


def test_a_constant_in_single_precision_is_named_as_the_cause():
    tenth = np.float32(0.1)
    text = message(tg.op("tenth", lambda x: x * 0.1, {"x": lambda g: g * tenth}), X)
    assert "the course would let it pass" in text and "works perfectly fine" not in text
    assert "cause: they differ as float32 rounds: is a constant in the kernel or the rule" in text
    assert "cause" not in message(square_off_by(1 + 1e-10), X)
    assert "cause" not in message(square_off_by(1 + 1e-6), X)


def test_integers_and_booleans_are_passed_on():
    found = gradcheck(lambda z, y: tg.class_cross_entropy(z, y), X, np.array([0, 2]))
    assert found.elements == X.size


def test_closure_over_tensors_that_want_a_gradient():
    w = tg.tensor(W, requires_grad=True)
    assert gradcheck(lambda x: tg.tanh(x @ w) * w.sum(), X, order=2).method == COMPLEX
    assert w.grad is None


def test_arguments_are_left_alone():
    x = tg.tensor(X, requires_grad=True)
    gradcheck(lambda x: x * x, x, order=2)
    assert x.grad is None
    assert np.array_equal(x.numpy(), X)


def test_containers_of_results():
    gradcheck(lambda x: {"a": tg.sin(x), "b": [x * x, (x.sum(), tg.argmax(x))]}, X, order=2)


def test_result_that_does_not_depend_on_an_argument():
    gradcheck(lambda x, y: tg.sin(x), X, W, order=2)
    gradcheck(lambda x: tg.ones(3, dtype="float64"), X, order=2)


def test_function_that_differentiates_inside():
    def penalty(x, w):
        y = tg.tanh(x @ w).sum()
        return (tg.gradients(y, x, create_graph=True) ** 2).sum()

    assert gradcheck(penalty, X, W, order=2).method == COMPLEX
    assert gradcheck(tg.grad(lambda x: (x**3).sum()), X, order=2).method == COMPLEX


def test_checkpoint_and_dropout():
    @tg.checkpoint
    def block(x):
        return tg.tanh(x) * tg.random.bernoulli(0.5, x.shape) / 0.5

    before = tg.random.default_generator().state
    assert gradcheck(lambda x: block(x) ** 2, X, order=2).method == COMPLEX
    assert tg.random.default_generator().state != before  # drawn from once, as by one call


def test_the_mode_around_it_does_not_matter():
    with tg.no_grad(), tg.debug():
        assert gradcheck(lambda x: tg.log(x) * x, X, order=2).method == COMPLEX
        message(lambda x: x.detach(), X)


def test_nothing_to_check():
    found = gradcheck(tg.sin, np.zeros((0, 3)), order=2)
    assert found.elements == 0
    assert "nothing to check" in repr(found)


def test_small_large_and_mixed_scales():
    for scale in (1e-12, 1e-6, 1e6, 1e12):
        gradcheck(lambda x: x**3 + x, scale * X, order=2)
        gradcheck(lambda x, s=scale: tg.gelu(x / s), scale * X)
        gradcheck(lambda x, s=scale: s * tg.gelu(x), X, order=2)
    gradcheck(tg.log, np.array([1e-12, 1.0, 1e9]), order=2)


def of_reals(name, rule):
    """Return an operation of the package with another rule, and no complex kernel."""
    kernel = getattr(tg, name).op.kernel

    def real(x):
        if np.iscomplexobj(x):
            raise TypeError(f"{name} takes real numbers")
        return kernel(x)

    return tg.op(f"{name}_of_reals", real, {"x": rule})


def test_numeric_derivatives_that_are_not_good_say_so():
    erf = of_reals("erf", lambda g, x: g * tg.erf_slope(x))
    found = gradcheck(lambda x, y: x * erf(y), 1e9 * X, 1e-9 * X, order=2)
    assert "the numeric derivatives are good to" in repr(found)


def test_many_elements_are_checked_in_groups():
    x = RNG.standard_normal((100, 30))
    found = gradcheck(lambda x: tg.softmax(x, axis=1) ** 2, x, order=2)
    assert (found.elements, found.directions) == (3000, 0)
    assert found.method == COMPLEX
    found = gradcheck(lambda x: tg.erf(x) ** 2, x)
    assert (found.elements, found.directions) == (3000, 0) or found.directions == 16


def test_deep_relu_network():
    weights = [RNG.standard_normal((20, 20)) * 0.3 for _ in range(5)]

    def network(x, *weights):
        for w in weights:
            x = tg.relu(x @ w)
        return tg.logsumexp(x, axis=1)

    assert gradcheck(network, RNG.standard_normal((8, 20)), *weights, order=2).method == COMPLEX


# --------------------------------------------------------------------- the smallest fault caught


@pytest.mark.parametrize("error", [2e-11, -2e-11, 1e-9, 1e-3, 1.0, -2.0])
def test_factor_is_caught_down_to_2e_11(error):
    text = message(square_off_by(1 + error), X)
    assert f"all by the factor {1 + error:.9g}" in text or abs(error) < 1e-8


def test_factor_of_1e_12_is_rounding():
    gradcheck(square_off_by(1 + 1e-12), X)


@pytest.mark.parametrize("size, error", [(10, 4e-11), (1000, 4e-11), (100_000, 4e-11)])
def test_one_wrong_element_is_caught_and_found(size, error):
    at = size * 2 // 3
    x = RNG.uniform(0.5, 1.0, size)
    text = message(square_off_by(one_of(size, at, error)), x)
    assert f"index ({at},)" in text


@pytest.mark.parametrize("error", [1e-9, 1e-3])
def test_wrong_second_derivative_is_caught(error):
    def rule(g, x):
        slope = 3 * x * x
        wrong = slope * (1 + error)
        # The right value, the wrong derivative.
        return g * (slope.detach() + (wrong - wrong.detach()) if type(x) is tg.Tensor else slope)

    cube = tg.op("cube_off", lambda x: x**3, {"x": rule})
    gradcheck(cube, X)
    assert "second derivative" in message(cube, X, order=2)


@pytest.mark.parametrize("error", [1e-12, 1e-10])
def test_without_complex_step_a_factor_of_1e_10_is_caught(error):
    slope = 2 / math.sqrt(math.pi)
    f = of_reals("erf", lambda g, x: g * (1 + error) * (slope * tg.exp(-x * x)))
    if error == 1e-12:
        found = gradcheck(f, X)
        assert found.method == RIDDERS
        assert "erf takes real numbers" in repr(found)
    else:
        assert RIDDERS in message(f, X)


def test_rule_not_linear_in_its_cotangent_is_caught():
    message(tg.op("f", lambda x: 2 * x, {"x": lambda g: 2 * g * g}), X)


def test_detached_value_is_caught_and_suspected():
    text = message(lambda x: x * 1 + (x * x).detach(), np.array([-0.5, 2.0]))
    assert "detached" not in text
    text = message(lambda x: tg.exp(x).detach() + 0 * x, X)
    assert "all computed as 0: is something on the way detached or constant?" in text


# ------------------------------------------------------------------------------ what it says


def test_failure_shows_the_worst_entry_both_values_and_the_course():
    f = tg.op("halved", lambda x: x * x, {"x": lambda g, x: g * x})
    text = message(lambda a, b: f(b), X.sum(axis=1) * 0 + 5, np.array([[1.0, 3.0, 2.0]]))
    assert text.startswith("gradcheck: the gradient is wrong at argument 1 (b), index (0, 1)\n")
    computed, numeric = (
        float(re.search(rf"{word} +(\S+)", text).group(1)) for word in ("computed", "numeric")
    )
    assert numeric == pytest.approx(2 * computed, rel=1e-14)
    assert "(complex step)" in text
    assert "ratio      0.5" in text
    assert (
        "relative difference ‖g−ĝ‖/(‖g‖+‖ĝ‖) = 3.3e-01: a mistake, says the course (above 2e-7)"
    ) in text
    assert "3 of 3 checked derivatives are wrong, all by the factor 0.5" in text


def test_course_would_have_let_it_pass():
    assert (
        "wrong all the same, float64 rounds by far less (the course would let it pass)"
        in message(square_off_by(1 + 1e-9), X)
    )


def test_relative_difference_and_verdict():
    assert relative_difference([3.0, 4.0], [3.0, 4.0]) == 0
    assert relative_difference([0.0], [0.0]) == 0
    assert relative_difference([1.0], [0.0]) == 1
    assert relative_difference([2.0, 0.0], [1.0, 0.0]) == pytest.approx(1 / 3)
    assert verdict(2e-7).startswith("works") and verdict(2.1e-7).startswith("a mistake")


def test_float32_is_refused_with_the_reason():
    with pytest.raises(DTypeError, match=r"argument 1 is float32.*rounding.*float64"):
        gradcheck(lambda x, y: x * y, X, X.astype("float32"))
    with pytest.raises(DTypeError, match="astype rounds float64 to float32 inside"):
        gradcheck(lambda x: tg.sin(x.astype("float32")), X)


def test_other_refusals():
    with pytest.raises(ArgumentError, match="order is 1 or 2, not 3"):
        gradcheck(tg.sin, X, order=3)
    with pytest.raises(
        DTypeError, match=r"nothing to differentiate by; write tg\.testing\.gradcheck"
    ):
        gradcheck(lambda i: i, np.arange(3))
    with pytest.raises(DTypeError, match="returned str, not a tensor"):
        gradcheck(lambda x: "x", X)
    with pytest.raises(DTypeError, match="nothing floating-point"):
        gradcheck(tg.argmax, X)


def test_function_that_is_not_one():
    numbers = iter(range(100))
    assert "other values for the same arguments" in message(lambda x: x * next(numbers), X)


def test_infinite_values_and_gradients():
    assert "not finite at these arguments" in message(tg.log, np.array([0.0, 1.0]))
    text = message(tg.sqrt, np.array([4.0, 0.0]))
    assert "is inf at argument 0" in text or "is -inf at argument 0" in text
    assert "index (1,)" in text and "tg.debug()" in text


def test_jump_cannot_be_judged():
    assert "cannot be judged" in message(tg.floor, np.array([0.3, 1.0]))


# ---------------------------------------------------------------- kernels that are not analytic


def test_kernel_that_silently_is_not_analytic_fails_no_right_gradient():
    f = tg.op("x|x|", lambda x: x * np.abs(x), {"x": lambda g, x: g * 2 * tg.abs(x)})
    found = gradcheck(f, X - 1, order=2)
    assert RIDDERS in found.method
    assert "disagrees with differences of values" in repr(found)


def test_kernel_that_silently_is_not_analytic_passes_no_wrong_gradient():
    # The complex step finds |x| here, as the wrong rule does; the truth is 2|x|.
    message(tg.op("x|x|", lambda x: x * np.abs(x), {"x": lambda g, x: g * tg.abs(x)}), X - 1)


def test_lost_imaginary_part_is_noticed():
    f = tg.op("mod2", lambda x: np.abs(x) ** 2, {"x": lambda g, x: g * 2 * x})
    assert "mod2 lost the imaginary part" in repr(gradcheck(f, X))
    f = tg.op("cast", lambda x: x.astype(float) * 2, {"x": lambda g: 2 * g})
    assert "no complex step: " in repr(gradcheck(f, X))


# -------------------------------------------------------------------------------------- kinks

KINKED = np.array([1.0, 0.0, -2.0])


@pytest.mark.parametrize(
    "f",
    [tg.relu, tg.abs, tg.leaky_relu, lambda x: tg.clip(x, 0, 1), lambda x: tg.maximum(x, 0.0)],
)
def test_subgradient_at_a_kink_passes_and_is_said_to_be_one(f):
    found = gradcheck(f, KINKED, order=2)
    assert any("index (1,)" in place for place in found.kinks)
    assert "the gradient is a subgradient" in repr(found)
    assert "second derivatives were not checked" in repr(found)


def test_ties_of_several_arguments():
    assert len(gradcheck(tg.maximum, KINKED, KINKED).kinks) == 6
    assert len(gradcheck(lambda x: tg.max(x), np.array([1.0, 3.0, 3.0])).kinks) == 2


def test_kinks_of_either_kind_together():
    found = gradcheck(lambda x: tg.clip(x, 0, 1).sum() - tg.relu(x - 2), np.arange(5.0))
    assert len(found.kinks) == 3
    assert len(gradcheck(tg.relu, np.zeros(50)).kinks) == 50


def test_kinks_among_many_elements_are_found_and_judged():
    x = RNG.standard_normal(500)
    x[[5, 200, 499]] = 0
    found = gradcheck(tg.abs, x)
    assert found.kinks == tuple(f"argument 0 (x), index ({i},)" for i in (5, 200, 499))
    assert found.elements == 500 and found.method == COMPLEX
    off = tg.op(
        "abs_off", np.abs, {"x": lambda g, x: g * tg.where(x >= 0, 1 + 1e-6 * (x == 0), -1)}
    )
    assert "index (" in message(off, x)
    found = gradcheck(tg.abs, np.zeros(300))
    assert len(found.kinks) == 64
    assert "236 elements were not checked: more than 64 stand at kinks" in repr(found)


def test_kinks_that_are_no_corners():
    for x in (np.zeros((2, 3)), np.array([[0.0, 0, 0], [3, 4, 0]])):
        found = gradcheck(lambda x: tg.norm(x, axis=1), x)
        assert len(found.kinks) >= 3
    assert not gradcheck(lambda x: tg.norm(x, axis=1), 1e-200 * np.ones((2, 3))).kinks
    f = tg.op("norm2", lambda x: np.sqrt((x * x).sum()), {"x": lambda g, x: 0.8 + 0 * x})
    assert "moved together" in message(f, np.zeros(3))  # 0.8 in each: longer than 1


def test_no_subgradient_at_a_kink():
    f = tg.op("relu2", lambda x: np.maximum(x, 0), {"x": lambda g, x: g * tg.where(x > 0, 1, -0.5)})
    text = message(f, np.array([1.0, 0.0]))
    assert re.search(r"between \S+ and \S+: there is a kink.*no subgradient", text)


def test_each_element_a_subgradient_but_not_all_together():
    # 0 lies between 0 and 1 for each operand at a tie; along x = y the derivative is 1.
    rules = {"x": lambda g, x, y: g * (x > y), "y": lambda g, x, y: g * (y > x)}
    f = tg.op("maximum0", np.maximum, rules)
    assert "moved together" in message(f, np.ones(2), np.ones(2))
    message(lambda x: tg.relu(x) - tg.relu(-x), np.zeros(2))  # relu'(0) = 0 has this price


def test_second_derivatives_are_checked_beside_a_kink():
    def rule(g, x):
        slope = 2 * x
        return g * (
            slope.detach() + 1.5 * (slope - slope.detach()) if type(x) is tg.Tensor else slope
        )

    wrong = tg.op("square_off", lambda x: x * x, {"x": rule})
    text = message(lambda x: tg.relu(x) + wrong(x), KINKED, order=2)
    assert "second derivative" in text and "index (1,)" not in text
    assert gradcheck(lambda x: tg.relu(x) + x * x, KINKED, order=2).method == COMPLEX


def sine_off_by(factor):
    return tg.op("sine_off", np.sin, {"x": lambda g, x: g * tg.cos(x) * factor})


NEITHER_KINK_NOR_ROUNDING = {
    "a parabola's bottom": (
        tg.op("shifted", lambda x: x * x, {"x": lambda g, x: g * (2 * x + 1e-5)}), np.zeros(1)),
    "a small number": (square_off_by(1.09), np.full(1, 1e-4)),
    "a large neighbour": (sine_off_by(1.001), np.array([0.3, 1e3])),
    "a huge term beside": (lambda v: 1e-3 * sine_off_by(0)(v[0]) + v[1] ** 2, np.array([0.3, 1e6])),
}  # fmt: skip


NEAR_A_POLE = np.array([1 + 1e-7, 3.0])
NEITHER_KINK_NOR_ROUNDING["a pole nearer than usual steps"] = (
    tg.op("pole_off", lambda x: 1 / (x - 1), {"x": lambda g, x: -g * 1.001 / (x - 1) ** 2}),
    NEAR_A_POLE,
)


@pytest.mark.parametrize("case", NEITHER_KINK_NOR_ROUNDING)
def test_what_is_wrong_is_not_taken_for_a_kink_or_rounding(case):
    assert "the gradient is wrong" in message(*NEITHER_KINK_NOR_ROUNDING[case])


@pytest.mark.parametrize("f", [lambda x: 1 / (x - 1), lambda x: tg.log(x - 1)])
def test_a_pole_nearer_than_usual_steps_calls_no_right_gradient_wrong(f):
    gradcheck(f, NEAR_A_POLE)


def test_a_gradient_that_is_another_one_each_time_is_not_taken_for_rounding():
    def drawn(g, x):
        return g * tg.cos(x) * RNG.uniform(0.9, 1.1, np.shape(x))

    noisy = tg.op("noisy", np.sin, {"x": drawn})
    assert "another one when it is computed again" in message(noisy, X)


def test_a_passed_check_has_one_verdict():
    found = gradcheck(lambda x: 1 - tg.tanh(x) ** 2, np.array([20.0, 25.0]))
    assert "a mistake" not in repr(found)


def test_kink_close_by_is_none():
    for distance in (1e-2, 1e-3, 1e-4):
        found = gradcheck(lambda x: tg.relu(x) * tg.gelu(x), np.array([distance, -distance]))
        assert not found.kinks


# -------------------------------------------------------------------------------- extrapolation

SMOOTH = {
    "sin": (math.sin, math.cos),
    "exp": (math.exp, math.exp),
    "erf": (math.erf, lambda x: 2 / math.sqrt(math.pi) * math.exp(-x * x)),
    "cube": (lambda x: x**3, lambda x: 3 * x * x),
    "fast": (lambda x: math.sin(30 * x), lambda x: 30 * math.cos(30 * x)),
    "offset": (lambda x: 1e3 + math.sin(x), math.cos),
    "zero": (lambda x: 0.0, lambda x: 0.0),
}


@pytest.mark.parametrize("name", SMOOTH)
@given(x=st.floats(-3, 3))
def test_extrapolation_knows_its_error(name, x):
    f, derivative = SMOOTH[name]
    rounded = max(abs(f(x)), abs(x * derivative(x)))  # values, and arguments
    found = slope(lambda t: f(x + t) - f(x), 1.0, rounded)
    assert abs(found.value - derivative(x)) <= 3 * found.error
    assert found.error <= (1e-10 if name in ("offset", "fast") else 1e-11)
    assert not found.is_kink


@given(st.floats(-5, 5), st.floats(-5, 5))
def test_extrapolation_sees_both_sides_of_a_kink(left, right):
    found = slope(lambda t: (right if t > 0 else left) * math.sin(t) + math.cos(t) - 1, 1.0, 1.0)
    if abs(right - left) > 1e-3 * max(abs(left), abs(right)) + 1e-5:
        assert found.is_kink
        assert found.left == pytest.approx(left, abs=1e-5)
        assert found.right == pytest.approx(right, abs=1e-5)


def test_extrapolation_settles_on_no_jump():
    assert slope(lambda t: float(t > 0), 1.0).error > 1e-2
    assert not slope(lambda t: math.nan, 1.0).error < math.inf


@pytest.mark.parametrize("numbers", [[1.0, 2.0], [[1.0], [2.0]], (1.0, 2.0)])
def test_a_list_of_numbers_that_was_meant_as_an_array_is_told(numbers):
    with pytest.raises(DTypeError, match=r"argument 0 is a (list|tuple) of numbers, .* np\.array"):
        gradcheck(tg.sin, numbers)
    assert gradcheck(tg.sin, np.array(numbers)).elements == 2
    assert gradcheck(lambda pair: pair[0] * pair[1], [1.0, 2.0]).elements == 2
    with pytest.raises(TypeError, match="unsupported operand"):
        gradcheck(lambda x: x + None, np.ones(2))
