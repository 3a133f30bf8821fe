"""Reports of losses: ignored and smoothed labels, certainties, large errors, parts of a batch."""

import math

import mpmath
import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tests.reports.gradients_of import gradient_of, gradients_of

L = nn.losses


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_ignored_examples_are_as_if_they_were_not_there(reduction, weighted, smoothing):
    """pytorch/pytorch#73205, pytorch/pytorch#69339, pytorch/pytorch#91383: smoothing."""
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(10, 4)), rng.integers(0, 4, 10)
    y[::3] = -100
    options = {"reduction": reduction, "label_smoothing": smoothing}
    if weighted:
        options["weight"] = rng.uniform(0.5, 2, 4)
    kept = y != -100
    found = gradient_of(lambda z: L.cross_entropy(z, y, ignore_index=-100, **options), z)
    expected = gradient_of(lambda z: L.cross_entropy(z, y[kept], **options), z[kept])
    np.testing.assert_allclose(found[kept], expected, rtol=1e-13)
    assert not found[~kept].any()


def test_a_batch_of_ignored_examples_only():
    """pytorch/pytorch#12670: 0 / 0 when nothing is left; and a label −4 was read as a class."""
    z = tg.zeros((2, 3), requires_grad=True)
    loss = L.cross_entropy(z, np.array([-1, -1]), ignore_index=-1)
    assert loss.item() == 0 and not tg.gradients(loss, z).numpy().any()
    with pytest.raises(tg.errors.AxisError, match=r"label -4 at index \(1,\) is not one of"):
        L.cross_entropy(z, np.array([0, -4]), ignore_index=-1)


def test_ignoring_a_class_leaves_it_in_the_softmax():
    """pytorch/pytorch#63004: ignore_index of a real class leaves out examples, not the class."""
    z, y = np.array([[0.0, 1.0, 1.0], [3.0, 1.0, 0.0], [-math.inf, 1.0, 1.0]]), np.array([1, 0, 2])
    rows = L.cross_entropy(tg.tensor(z), y, reduction="none", ignore_index=0).numpy()
    np.testing.assert_allclose(rows, [math.log(1 + 2 * math.e) - 1, 0, math.log(2)], rtol=1e-14)
    assert np.isfinite(gradient_of(lambda z: L.cross_entropy(z, y, ignore_index=0), z)).all()


def test_parts_of_a_batch_add_up_to_the_whole():
    """huggingface/transformers#34191, huggingface/transformers#35203: means of unequal parts."""
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(12, 4)), rng.integers(0, 4, 12)
    y[[0, 1, 2, 5, 9]] = -100
    model = nn.Linear(4, 4, dtype="float64")
    L.cross_entropy(model(z), y, ignore_index=-100).backward()
    whole = model.weight.grad.numpy()
    model.zero_grad()
    for part in np.array_split(np.arange(12), 5):  # the first holds ignored examples only
        loss = L.cross_entropy(model(z[part]), y[part], ignore_index=-100, reduction="sum")
        (loss / (y != -100).sum()).backward()
    np.testing.assert_allclose(model.weight.grad, whole, rtol=1e-13, atol=1e-16)


def test_certain_and_wrong_answers_are_corrected():
    """pytorch/pytorch#103316, keras-team/keras#9664: the gradient at z = −50 was nearly 0."""
    z = np.array([-700.0, -50, -10, -5, -2, 0, 2, 5, 10, 100])
    with mpmath.workdps(40):
        exact = [float(-1 / (1 + mpmath.exp(mpmath.mpf(a)))) for a in z]
    ones = np.ones(len(z))
    by_logits = gradient_of(lambda z: L.binary_cross_entropy_with_logits(z, ones, "sum"), z)
    np.testing.assert_allclose(by_logits, exact, rtol=1e-14, atol=2e-16)
    # Through probabilities too, while they are above 10⁻³⁰; from there on the docstring tells.
    through = gradient_of(lambda z: L.binary_cross_entropy(tg.sigmoid(z), ones, "sum"), z)
    np.testing.assert_allclose(through[1:-1], exact[1:-1], rtol=1e-14, atol=2e-16)
    assert np.isfinite(through).all()


def test_targets_that_rule_a_class_out():
    """google-deepmind/optax#1786, pytorch/pytorch#89558: kl_divergence where a target is 0."""
    log_q = np.log([[0.2, 0.3, 0.5]])
    target = np.array([[0.0, 0.4, 0.6]])
    by_log_q, by_target = gradients_of(L.kl_divergence, log_q, target)
    np.testing.assert_allclose(by_log_q, -target, rtol=1e-14)
    exact = [math.log(0.4 / 0.3) + 1, math.log(0.6 / 0.5) + 1]
    np.testing.assert_allclose(by_target[0, 1:], exact, rtol=1e-14)
    assert -100 < by_target[0, 0] < -60  # truly −∞: the docstring says what stands for it
    certain = tg.tensor([[-math.inf, 0.0]], dtype="float64", requires_grad=True)
    loss = L.kl_divergence(certain, np.array([[0.0, 1.0]]))
    assert loss.item() == 0
    assert tg.gradients(loss, certain).numpy().tolist() == [[0, -1]]


def test_huber_of_errors_below_zero():
    """BobMcDear/attorch#13: a threshold on the signed error took −3 for a small one."""
    x = np.array([-3.0, -1.5, -0.5, 0.0, 0.5, 1.5, 3.0])
    losses = L.huber(tg.tensor(x), np.zeros(7), "none").numpy()
    np.testing.assert_array_equal(losses, [2.5, 1, 0.125, 0, 0.125, 1, 2.5])
    slopes = gradient_of(lambda x: L.huber(x, np.zeros(7), "sum", delta=0.75), x)
    np.testing.assert_array_equal(slopes, np.clip(x, -0.75, 0.75))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_softplus_and_its_slope_far_out(dtype):
    """pytorch/pytorch#55587, tinygrad/tinygrad#11564: a threshold, and not the same backward."""
    x = np.array([-80.0, -20, -1, 0, 1, 15, 19, 20, 21, 40, 80, 1000], dtype)
    with mpmath.workdps(60):
        values = [float(mpmath.log1p(mpmath.exp(mpmath.mpf(float(a))))) for a in x]
        slopes = [float(1 / (1 + mpmath.exp(-mpmath.mpf(float(a))))) for a in x]
    rtol = 4 * np.finfo(dtype).eps
    np.testing.assert_allclose(tg.softplus(x), values, rtol=rtol)
    np.testing.assert_allclose(gradient_of(tg.softplus, x, dtype=dtype), slopes, rtol=rtol)


@pytest.mark.parametrize(
    "loss", ["mse", "l1", "huber", "hinge", "binary_cross_entropy_with_logits"]
)
def test_a_column_against_a_row(loss):
    """keras-team/keras#14627, pytorch/pytorch#16045, tensorflow/tensorflow#37770: n × n errors."""
    one, other = np.ones((3, 1)), np.ones(3)
    for prediction, target in ((one, other), (other, one)):
        with pytest.raises(tg.errors.ShapeError, match="must have the same shape; write target"):
            getattr(L, loss)(prediction, target)


def test_class_weights_that_leave_nothing():
    """webis-de/small-text#39: with one class in a batch, its weight 0, the loss was 0/0."""
    logits, y = np.random.default_rng(0).normal(size=(3, 2)), np.zeros(3, int)
    weighted = L.cross_entropy(logits, y, weight=[0.0, 1.0])
    assert weighted == 0
    found = gradient_of(lambda z: L.cross_entropy(z, y, weight=[0.0, 1.0]), logits)
    np.testing.assert_array_equal(found, np.zeros((3, 2)))
    for wrong in (math.nan, math.inf, -1.0):
        with pytest.raises(tg.errors.ArgumentError, match=f"the weight {wrong} at index"):
            L.cross_entropy(logits, y, weight=[wrong, 1.0])
