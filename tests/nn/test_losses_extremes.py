"""Losses where numbers are extreme, labels are missing, or a prediction is hardly meant."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import UsageWarning
from tensorgraph.nn import losses
from tensorgraph.nn.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    kl_divergence,
    multi_label,
    nll,
)
from tensorgraph.testing import gradcheck

NAN, INF = math.nan, math.inf
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def derivatives(f, x, dtype):
    """Return the values of f, the gradient of their sum, and the gradient of that one's sum."""
    x = tg.tensor(x, dtype, requires_grad=True)
    value = f(x)
    (first,) = tg.gradients(value.sum(), [x], create_graph=True)
    # Squared, as the sum of a gradient is mostly constant.
    (second,) = tg.gradients((first * first).sum() / 2 + 0 * x.sum(), [x])
    assert value.dtype == first.dtype == second.dtype == dtype
    return value.data, first.data, second.data


def equal(found, expected):
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-30)


# ------------------------------------------------------------------------------ several classes

LARGE = [[1e4, 0.0, -1e4], [-1e4, 1e4, 1e4]]
MASKED = [[0.0, -INF, 0.0], [-INF, 3.0, -INF]]


@both_dtypes
@pytest.mark.parametrize("soft", [False, True])
def test_cross_entropy_at_large_logits(soft, dtype):
    def loss(classes):
        target = np.eye(3)[classes] if soft else classes
        return lambda z: cross_entropy(z, target, reduction="none")

    # Hessian times gradient: of row 0 the softmax is constant, of row 1 it is [0, ½, ½].
    equal(
        derivatives(loss([0, 1]), LARGE, dtype),
        [[0, math.log(2)], [[0, 0, 0], [0, -0.5, 0.5]], [[0, 0, 0], [0, -0.25, 0.25]]],
    )
    equal(
        derivatives(loss([2, 0]), LARGE, dtype),
        [[2e4, 2e4 + math.log(2)], [[1, 0, -1], [-1, 0.5, 0.5]], np.zeros((2, 3))],
    )


@both_dtypes
@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("weight", [None, [1.0, 1.0, 1.0], [1.0, 0.0, 1.0]])
def test_cross_entropy_with_classes_ruled_out(soft, weight, dtype):
    target = np.eye(3)[[0, 1]] if soft else [0, 1]

    def loss(z):
        return cross_entropy(z, target, reduction="none", weight=weight)

    equal(
        derivatives(loss, MASKED, dtype),
        [[math.log(2), 0], [[-0.5, 0, 0.5], [0, 0, 0]], [[-0.25, 0, 0.25], [0, 0, 0]]],
    )


@both_dtypes
def test_a_target_ruled_out_is_infinitely_wrong_with_a_finite_gradient(dtype):
    value, first, second = derivatives(
        lambda z: cross_entropy(z, [1, 0], reduction="none"), MASKED, dtype
    )
    equal([value, first], [[INF, INF], [[0.5, -1, 0.5], [-1, 1, 0]]])
    assert np.isfinite(second).all()


@both_dtypes
def test_nll_and_kl_divergence_with_classes_ruled_out(dtype):
    equal(
        derivatives(lambda z: nll(tg.log_softmax(z), [0, 1], reduction="none"), MASKED, dtype),
        [[math.log(2), 0], [[-0.5, 0, 0.5], [0, 0, 0]], [[-0.25, 0, 0.25], [0, 0, 0]]],
    )
    # 0 · log 0 = 0, for both logarithms
    target = [[0.25, 0.0, 0.75], [0.0, 1.0, 0.0]]
    value, first, second = derivatives(
        lambda z: kl_divergence(tg.log_softmax(z), target, reduction="none"), MASKED, dtype
    )
    known = math.log(2) + 0.25 * math.log(0.25) + 0.75 * math.log(0.75)
    equal([value, first], [[known, 0], [[0.25, 0, -0.25], [0, 0, 0]]])
    equal([second], [[[0.125, 0, -0.125], [0, 0, 0]]])
    assert kl_divergence(MASKED[0], [0.5, 0.5, 0.0]) == INF


@both_dtypes
def test_the_slope_of_kl_divergence_by_a_target_of_0_is_finite(dtype):
    log_q = np.log([[0.5, 0.5], [1e-5, 1 - 1e-5]]).astype(dtype)
    value, first, second = derivatives(
        lambda p: kl_divergence(log_q, p, reduction="none"), [[1, 0], [0, 1]], dtype
    )
    np.testing.assert_allclose(value, [math.log(2), 1e-5], rtol=1e-2)
    assert np.isfinite(first).all()
    assert np.isfinite(second).all()


# ------------------------------------------------------------------------------ yes or no


@both_dtypes
@pytest.mark.parametrize("loss", [binary_cross_entropy_with_logits, multi_label])
def test_binary_cross_entropy_at_large_logits(loss, dtype):
    logits = [1e4, -1e4, 1e4, -1e4, INF, -INF, 0.0]
    labels = [1, 0, 0, 1, 1, 0, 1]
    equal(
        derivatives(lambda z: loss(z, labels, "none"), logits, dtype),
        [
            [0, 0, 1e4, 1e4, 0, 0, math.log(2)],
            [0, 0, 1, -1, 0, 0, -0.5],
            [0, 0, 0, 0, 0, 0, -0.125],
        ],
    )


@both_dtypes
def test_a_nearly_right_answer_keeps_its_digits(dtype):
    z, exact = [20.0, -20.0, 60.0], [2.061153620314381e-09, 2.061153620314381e-09, 8.75651e-27]
    found = binary_cross_entropy_with_logits(tg.tensor(z, dtype), [1, 0, 1], "none")
    np.testing.assert_allclose(found.data, exact, rtol=1e-5)
    found = binary_cross_entropy(tg.tensor([1e-12, 1e-25], dtype), [0, 0], "none")
    np.testing.assert_allclose(found.data, [1e-12, 1e-25], rtol=1e-5)


@both_dtypes
def test_a_certain_and_right_answer_costs_exactly_0(dtype):
    value, first, second = derivatives(
        lambda a: binary_cross_entropy(a, [1, 0], "none"), [1, 0], dtype
    )
    assert value.tolist() == [0, 0]
    assert not np.signbit(value).any()
    assert first.tolist() == [-1, 1]
    assert second.tolist() == [-1, 1]  # loss″ · loss′


@both_dtypes
def test_a_certain_and_wrong_answer_is_finite(dtype):
    value, first, second = derivatives(
        lambda a: binary_cross_entropy(a, [1, 0, 0.5, 0.5], "none"), [0, 1, 0, 1], dtype
    )
    worst = 1 - math.log(1e-30)
    np.testing.assert_allclose(value, [worst, worst, worst / 2, worst / 2], rtol=1e-6)
    np.testing.assert_allclose(first, [-1e30, 1e30, -5e29, 5e29], rtol=1e-6)
    np.testing.assert_allclose(second, [0, 0, 0.5 * -5e29, 0.5 * 5e29], rtol=1e-6)


def test_half_precision_has_a_least_probability_of_its_own():
    least = 2.0**-14  # the least number that has all its digits
    value, first, second = derivatives(
        lambda a: binary_cross_entropy(a, [1, 1, 0, 1, 0], "none"), [0, 1, 1, 0.5, 0], "float16"
    )
    worst = 1 - math.log(least)
    np.testing.assert_allclose(value, [worst, 0, worst, math.log(2), 0], rtol=1e-3)
    np.testing.assert_allclose(first, [-1 / least, -1, 1 / least, -2, 1], rtol=1e-3)
    assert np.isfinite(second[[1, 3, 4]]).all()
    log_q = np.log(np.array([[0.5, 0.25, 0.25]], "float16"))
    value, first, _ = derivatives(
        lambda p: kl_divergence(log_q, p, reduction="none"), [[0.5, 0.5, 0.0]], "float16"
    )
    np.testing.assert_allclose(value, [math.log(2) / 2], rtol=1e-3)
    assert np.isfinite(first).all()


def test_below_the_least_probability_the_loss_goes_on_along_its_tangent():
    def loss(a):
        return binary_cross_entropy(a, np.ones(len(a)), "none")

    a = np.array([1e-20, 1.001e-30, 0.999e-30, 1e-31, 1e-40, 0.0])
    value, first, _ = derivatives(loss, a, "float64")
    np.testing.assert_allclose(value[:3], -np.log(a[:3]), rtol=1e-7)
    np.testing.assert_allclose(first[:3], -1 / a[:3], rtol=2e-3)
    assert (np.diff(value)[:-1] > 0).all()  # it falls with a, and is never flat
    assert (first[2:] == first[2]).all()
    gradcheck(lambda p: loss(5e-31 + 1e-31 * p), np.array([-0.5, 0.0, 1.0]), order=2)


@both_dtypes
def test_the_gradient_of_a_saturated_sigmoid_is_no_nan(dtype):
    z = tg.tensor([-1e4, 1e4, -60.0], dtype, requires_grad=True)
    binary_cross_entropy(tg.sigmoid(z), [1, 0, 1], "sum").backward()
    np.testing.assert_allclose(z.grad.data, [0, 0, -1], rtol=1e-6)


@given(st.floats(-30, 30), st.floats(0, 1))
def test_probabilities_and_logits_give_the_same(z, y):
    z = np.array([z])
    by_probability = binary_cross_entropy(1 / (1 + np.exp(-z)), [y])
    by_logit = binary_cross_entropy_with_logits(z, np.array([y]))
    two_classes = cross_entropy(np.stack([0 * z, z], -1), np.array([[1 - y, y]]))
    np.testing.assert_allclose(by_probability, by_logit, rtol=1e-3, atol=1e-7)
    np.testing.assert_allclose(two_classes, by_logit, rtol=1e-9, atol=1e-12)


# ------------------------------------------------------------------------------ regression


@both_dtypes
def test_regression_at_its_kinks_and_far_out(dtype):
    large = 1e30 if dtype == "float32" else 1e300
    errors = [0.0, 1.0, -1.0, 0.5, large, -large]
    target = np.zeros(6)
    equal(
        derivatives(lambda p: losses.huber(p, target, "none"), errors, dtype),
        [[0, 0.5, 0.5, 0.125, large, large], [0, 1, -1, 0.5, 1, -1], [0, 1, -1, 0.5, 0, 0]],
    )
    equal(
        derivatives(lambda p: losses.l1(p, target, "none"), errors, dtype),
        [[0, 1, 1, 0.5, large, large], [0, 1, -1, 1, 1, -1], np.zeros(6)],
    )
    equal(
        derivatives(lambda s: losses.hinge(s, np.ones(6), "none"), errors, dtype),
        [[1, 0, 2, 0.5, 0, large], [-1, 0, -1, -1, 0, -1], np.zeros(6)],
    )


# ------------------------------------------------------------------------------ missing labels


@given(st.integers(0, 2**32), st.sampled_from(["float32", "float64"]), st.booleans())
def test_missing_labels_are_as_if_they_were_not_there(seed, dtype, by_mask):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(0, 4, rng.integers(0, 4)))
    z, y = rng.standard_normal(shape), rng.integers(0, 2, shape).astype(float)
    there = np.asarray(rng.random(shape) < 0.5)
    y = np.asarray(np.where(there | by_mask, y, NAN))
    anything = rng.choice([0.0, NAN, INF, -INF], shape)
    z = np.asarray(np.where(there, z, anything)).astype(dtype)
    options = {"mask": there} if by_mask else {}
    alone = derivatives(lambda z: multi_label(z, y[there]), z[there], dtype)
    found = derivatives(lambda z: multi_label(z, y, **options), z, dtype)
    tolerance = {"rtol": 1e-5, "atol": 1e-6}
    np.testing.assert_allclose(found[0], alone[0], **tolerance)
    np.testing.assert_allclose(found[1][there], alone[1], **tolerance)
    np.testing.assert_allclose(found[2][there], alone[2], **tolerance)
    assert not found[1][~there].any()
    assert not found[2][~there].any()
    single = multi_label(z, y, "none", **options)
    assert single.dtype == dtype
    assert not single[~there].any()
    np.testing.assert_allclose(single.sum(), multi_label(z, y, "sum", **options), **tolerance)
    if there.all() and there.size:
        np.testing.assert_array_equal(single, binary_cross_entropy_with_logits(z, y, "none"))


def test_the_mean_over_labels_and_the_courses_mean_over_examples():
    y = tg.tensor([[1.0, NAN, 0.0], [NAN, NAN, 1.0]])
    z = tg.zeros((2, 3), requires_grad=True)
    multi_label(z, y).backward()
    np.testing.assert_allclose(z.grad.data * 3, [[-0.5, 0, 0.5], [0, 0, -0.5]], rtol=1e-6)
    z.grad = None
    (multi_label(z, y, "sum") / 2).backward()
    np.testing.assert_allclose(z.grad.data * 2, [[-0.5, 0, 0.5], [0, 0, -0.5]], rtol=1e-6)


@both_dtypes
def test_a_batch_without_labels_costs_0(dtype):
    y = np.full((2, 3), NAN)
    for options in ({}, {"mask": np.zeros((2, 3), bool)}):
        for reduction in ("mean", "sum"):
            found = derivatives(
                lambda z, r=reduction, o=options: multi_label(z, y, r, **o), np.ones((2, 3)), dtype
            )
            for derivative in found:
                assert not derivative.any()


def test_a_nan_and_a_mask_together_leave_out_both():
    y, mask = [1.0, NAN, 0.0, NAN], [True, True, False, False]
    assert np.count_nonzero(multi_label(tg.ones(4), y, "none", mask=mask).data) == 1
    # What stands behind the mask is not looked at.
    multi_label(tg.ones(2), [1, -7], mask=[True, False])


def test_a_missing_label_shows_in_a_loss_that_knows_of_none():
    assert np.isnan(binary_cross_entropy_with_logits(tg.zeros(2), [1.0, NAN]).data)
    assert np.isnan(binary_cross_entropy(tg.ones(2) / 2, [1.0, NAN]).data)


# ------------------------------------------------------------------------------ warnings

X = tg.tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True)
TWICE = [
    (cross_entropy, tg.softmax, [0, 1], "went through a softmax already.*leave the first one out"),
    (cross_entropy, tg.softmax, np.eye(2), "went through a softmax already"),
    (nll, tg.softmax, [0, 1], "are probabilities, not their logarithms; write log_softmax"),
    (kl_divergence, tg.softmax, np.eye(2), "are probabilities, not their logarithms"),
    (
        binary_cross_entropy_with_logits, tg.sigmoid, np.eye(2),
        "went through a sigmoid already.*leave the first one out, or write binary_cross_entropy",
    ),
    (multi_label, tg.sigmoid, np.eye(2), "went through a sigmoid already"),
]  # fmt: skip


@pytest.mark.parametrize(("loss", "op", "target", "message"), TWICE)
def test_a_second_softmax_or_sigmoid_is_warned_of_at_the_line_of_the_user(
    loss, op, target, message
):
    model = nn.Sequential(nn.Linear(2, 2), op)
    with pytest.warns(UsageWarning, match=f"^{loss.__name__}: .*{message}") as caught:
        loss(model(X), target)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert f"the result of {op.__name__} in model Sequential" in str(caught[0].message)


def test_the_warning_sees_through_a_change_of_shape():
    flat = tg.sigmoid(X[:, :1]).reshape(-1).expand_dims(0)
    with pytest.warns(UsageWarning, match="went through a sigmoid already"):
        binary_cross_entropy_with_logits(flat, [[1, 0]])
    with pytest.warns(UsageWarning, match="went through a softmax already"):
        cross_entropy(tg.softmax(X).T, [0, 1], axis=0)


def test_what_is_right_or_unknown_is_not_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cross_entropy(X * 2, [0, 1])
        cross_entropy(tg.log_softmax(X), [0, 1])  # changes nothing
        cross_entropy(2 * tg.softmax(X), [0, 1])
        nll(tg.log_softmax(X), [0, 1])
        binary_cross_entropy(tg.sigmoid(X), np.eye(2))
        binary_cross_entropy_with_logits(tg.concat([tg.sigmoid(X), X]), np.eye(4)[:, :2])
        cross_entropy(tg.softmax(X).detach(), [0, 1])
        cross_entropy(X.reshape(1, 4), [0])
        with tg.no_grad():
            cross_entropy(tg.softmax(X), [0, 1])
