"""Reports of testers: gradient checks that were wrong themselves."""

import math

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.testing import gradcheck

# ------------------------------------------------------------------------------- gradient checks


def test_inputs_whose_elements_share_memory():
    """pytorch/pytorch#38586: of an expanded input all elements were perturbed at once."""
    matrix = np.random.default_rng(0).normal(size=(2, 2))
    shared = np.broadcast_to(np.array([0.3]), (2,))
    assert gradcheck(lambda v: (matrix @ v).sum(), shared).elements == 2


@pytest.mark.parametrize("view", [lambda a: a.T, lambda a: a[::-1, ::2], lambda a: a[1]])
def test_inputs_that_are_strided(view):
    """google-deepmind/torch-totem#26: a transposed input was perturbed in a copy of it."""
    x = view(np.random.default_rng(0).normal(size=(3, 5)))
    before, weights = x.copy(), np.arange(x.size).reshape(x.shape)
    result = gradcheck(lambda a: (tg.sigmoid(a) * weights).sum(), x, order=2)
    assert result.elements == x.size
    np.testing.assert_array_equal(x, before)


def ramp(slope):
    """Return max(x, 0) with a gradient of our choice, which is asked for at 0 only."""
    return tg.op("ramp", lambda x: np.maximum(x, 0), {"x": lambda g, x: g * (slope + 0 * x)})


def test_a_kink_is_judged_by_both_of_its_sides():
    """pytorch/pytorch#114234, HomericIntelligence/Odyssey#2077: relu at 0 had to be 0.5."""
    result = gradcheck(tg.relu, np.zeros((2, 2)))
    assert len(result.kinks) > 0 and "kink" in str(result)
    for slope in (0.0, 0.3, 1.0):  # all of these are subgradients
        gradcheck(ramp(slope), np.zeros(2))
    for slope in (-0.01, 1.01):
        with pytest.raises(tg.errors.GradcheckError, match="the computed value is no subgradient"):
            gradcheck(ramp(slope), np.zeros(2))


def test_second_derivatives_that_forget_what_arrives():
    """pytorch/pytorch#7710: gradgradcheck compared nothing where the gradient was a constant."""
    assert gradcheck(lambda x: x * 1.0, np.ones(3), order=2).order == 2

    def rule(g, x):
        return g * 3 * (x.detach() if type(x) is tg.Tensor else x) ** 2

    cube = tg.op("cube", lambda x: x**3, {"x": rule})
    assert gradcheck(cube, np.array([1.0, 2.0])).order == 1
    with pytest.raises(tg.errors.GradcheckError, match=r"the second derivative .* is wrong"):
        gradcheck(cube, np.array([1.0, 2.0]), order=2)


def test_low_precision_is_refused_with_the_reason():
    """chainer/chainer#1247: check_backward of float16 failed for right gradients."""
    for dtype in ("float16", "float32"):
        with pytest.raises(tg.errors.DTypeError, match="rounding alone is as large as the errors"):
            gradcheck(tg.sin, np.ones(3, dtype))


def test_a_function_that_draws_is_checked_at_one_draw():
    """pytorch/pytorch#2710: functions that are not deterministic could not be checked."""
    drop = tg.nn.Dropout(keep_prob=0.5)
    assert gradcheck(lambda x: drop(x * x), np.arange(1.0, 6.0), order=2).elements == 5


@pytest.mark.parametrize("shape", [(0,), (0, 3), ()])
def test_nothing_and_a_scalar_can_be_checked(shape):
    """pytorch/pytorch#53407: checks of empty inputs failed in the reshaping of Jacobians."""
    assert gradcheck(tg.exp, np.ones(shape), order=2).elements == math.prod(shape)


@pytest.mark.parametrize("size", [1e-9, 1e-30, 1e9])
def test_a_wrong_gradient_is_wrong_at_any_size(size):
    """NVIDIA/warp#508: errors of small gradients hid below an absolute tolerance."""

    def scaled(factor):
        return tg.op("scaled", lambda x: size * x**2, {"x": lambda g, x: g * factor * size * x})

    gradcheck(scaled(2), np.array([1.0, 2.0]))
    with pytest.raises(tg.errors.GradcheckError, match=r"all by the factor 1\.00001"):
        gradcheck(scaled(2.00002), np.array([1.0, 2.0]))


@pytest.mark.parametrize("size", [2, 200, 2000])
@pytest.mark.parametrize("small", [1.0, 1e-4, 1e-8])
def test_one_small_element_that_is_wrong(size, small):
    """pytorch/pytorch#59650: an error in one entry of a large Jacobian was below the tolerance."""
    weights = np.ones(size)
    weights[1] = small
    wrong = weights.copy()
    wrong[1] /= 2
    gradcheck(
        tg.op("scaled", lambda x: x * weights, {"x": lambda g, x: g * weights}), np.ones(size)
    )
    with pytest.raises(tg.errors.GradcheckError, match="is wrong"):
        gradcheck(
            tg.op("scaled", lambda x: x * weights, {"x": lambda g, x: g * wrong}), np.ones(size)
        )
