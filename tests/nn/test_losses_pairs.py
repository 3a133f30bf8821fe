"""Losses of pairs, triples and regions, of focus and margins: by loops, at extremes, refusals."""

import math

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.errors import ArgumentError, AxisError, DTypeError, ShapeError
from tensorgraph.nn import losses
from tensorgraph.testing import gradcheck
from tests.nn.loss_helpers import NAN, PAIRS, normal, simplex

X, Y, N = normal(4, 3), normal(4, 3, seed=1), normal(4, 3, seed=2)
SIGNS = np.array([1, -1, -1, 1])
CALLS = {
    "margin_ranking": lambda x, y, **more: losses.margin_ranking(x, y, np.sign(N), **more),
    "triplet_margin": lambda x, y, **more: losses.triplet_margin(x, y, N, margin=3.0, **more),
    "cosine_embedding": lambda x, y, **more: losses.cosine_embedding(x, y, SIGNS, **more),
    "info_nce": losses.info_nce,
    "nt_xent": losses.nt_xent,
}


def test_every_pair_is_called():
    assert set(CALLS) == set(PAIRS)


@pytest.mark.parametrize("name", CALLS)
def test_gradients_by_both_at_both_orders(name):
    gradcheck(CALLS[name], X, Y, order=2)


@pytest.mark.parametrize("name", CALLS)
def test_shapes_that_differ_are_refused(name):
    for other in (Y[:3], Y[:, :1], Y[0]):
        with pytest.raises(ShapeError, match=f"^{name}: "):
            CALLS[name](X, other)


@pytest.mark.parametrize("name", ["info_nce", "nt_xent"])
@pytest.mark.parametrize("size", [0.0, 1e-30, 1e30])
def test_lengths_of_vectors_do_not_matter(name, size):
    loss, x = CALLS[name], tg.tensor(X * size, requires_grad=True)
    cost = loss(x, Y)
    if size > 1:
        np.testing.assert_allclose(cost.item(), loss(X, Y), rtol=1e-12)
    cost.backward()
    assert np.isfinite(x.grad.data).all()
    with pytest.raises(ArgumentError, match=f"{name}: temperature is"):
        loss(X, Y, temperature=0)
    assert loss(X[:0], Y[:0]) == 0
    assert loss(X[:1], Y[:1], temperature=1.0) == pytest.approx(0, abs=1e-12)


def test_low_temperatures_stay_finite():
    x = tg.tensor(X, "float32", requires_grad=True)
    losses.info_nce(x, Y.astype("float32"), temperature=1e-4).backward()
    assert np.isfinite(x.grad.data).all()


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_focal_losses_at_large_logits(gamma, dtype):
    z = tg.tensor([[1e4, -1e4], [-1e4, 1e4], [0.0, 0.0]], dtype, requires_grad=True)
    with np.errstate(all="raise", under="ignore"):
        cost = losses.focal(z, [0, 0, 1], reduction="none", gamma=gamma)
        cost.sum().backward()
    np.testing.assert_allclose(cost.data, [0, 2e4, 0.5**gamma * math.log(2)], rtol=1e-6)
    assert np.isfinite(z.grad.data).all() and z.grad.data[1, 0] < 0
    s = tg.tensor([1e4, -1e4, 0.0], dtype, requires_grad=True)
    cost = losses.binary_focal(s, [1, 1, 0], "none", gamma=gamma)
    cost.sum().backward()
    np.testing.assert_allclose(cost.data, [0, 1e4, 0.5**gamma * math.log(2)], rtol=1e-6)
    assert np.isfinite(s.grad.data).all()


def test_without_a_focus_they_are_cross_entropies():
    z, labels = normal(5, 3), np.array([0, 2, 1, -1, 0])
    options = {"weight": [0.5, 2.0, 1.0], "ignore_index": -1}
    np.testing.assert_allclose(
        losses.focal(z, labels, gamma=0, **options), losses.cross_entropy(z, labels, **options)
    )
    y = np.round(simplex(5, 3))
    np.testing.assert_allclose(
        losses.binary_focal(z, y, gamma=0), losses.binary_cross_entropy_with_logits(z, y)
    )


@pytest.mark.parametrize("loss", [losses.focal, losses.multi_margin])
def test_what_stands_at_an_ignored_label_has_no_influence(loss):
    z = normal(3, 4)
    z[1] = NAN
    leaf = tg.tensor(z, requires_grad=True)
    cost = loss(leaf, [0, -1, 3], ignore_index=-1)
    np.testing.assert_allclose(cost.item(), loss(z[[0, 2]], [0, 3]), rtol=1e-12)
    cost.backward()
    assert not leaf.grad.data[1].any()
    along = loss(np.moveaxis(normal(2, 3, 4), -1, 1), np.zeros((2, 3), int), 1)
    np.testing.assert_allclose(along, loss(normal(2, 3, 4), np.zeros((2, 3), int)), rtol=1e-12)


def test_a_weight_of_positives_for_each_label():
    z, y, w = normal(4, 3), np.round(simplex(4, 3) * 1.5), np.array([0.0, 1.0, 30.0])
    plain = losses.binary_cross_entropy_with_logits(z, y, "none")
    found = losses.binary_cross_entropy_with_logits(z, y, "none", pos_weight=w)
    np.testing.assert_allclose(found, plain * np.where(y == 1, w, 1), rtol=1e-12)
    far = losses.binary_cross_entropy_with_logits([1e4, -1e4], [1.0, 1.0], "none", pos_weight=2.0)
    assert far.tolist() == [0, 2e4]
    gradcheck(
        lambda z, w: losses.binary_cross_entropy_with_logits(z, y, pos_weight=w), z, w + 1, order=2
    )
    with pytest.raises(ShapeError, match="one for each of the labels along the last axis"):
        losses.multi_label(z, y, pos_weight=[1.0, 2.0])
    with pytest.raises(ArgumentError, match=r"the pos_weight -1\.0 at index \(\) is negative"):
        losses.multi_label(z, y, pos_weight=-1.0)


def test_the_quantile_is_where_the_loss_is_least():
    y = np.sort(normal(101))
    for q in (0.1, 0.5, 0.9):
        costs = [losses.quantile(np.full(101, p), y, q=q) for p in y]
        assert abs(int(np.argmin(costs)) - 100 * q) <= 1
    p = tg.tensor([1.0, 2.0, 3.0, NAN], requires_grad=True)
    cost = losses.quantile(p, np.full(4, 2.0), "sum", q=0.9)
    cost.backward()
    np.testing.assert_allclose(p.grad.data[:3], [-0.9, 0, 0.1], rtol=1e-6)
    assert np.isnan(cost.item())


def test_variances_that_vanish():
    v = tg.tensor([0.0, 1e-12, 2.0], requires_grad=True)
    cost = losses.gaussian_nll(tg.zeros(3), [1.0, 0.0, 1.0], "none", variance=v)
    cost.sum().backward()
    assert np.isfinite(cost.data).all() and not v.grad.data[:2].any() and v.grad.data[2] != 0
    gradcheck(lambda p, v: losses.gaussian_nll(p, Y, variance=v), X, np.exp(N), order=2)
    with pytest.raises(ArgumentError, match=r"the variance -1\.0 at index \(\) is negative; write"):
        losses.gaussian_nll(X, Y, variance=-1.0)
    with pytest.raises(ShapeError, match="one number, or one for each element of the prediction"):
        losses.gaussian_nll(X, Y, variance=[1.0, 2.0])


def test_regions():
    a, y = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]), np.array([[1.0, 1.0, 0.0], [0.0] * 3])
    assert losses.dice(a, y, "none").tolist() == [0, 0]
    assert losses.dice(1 - a, y, "none", smooth=1e-9)[0] == pytest.approx(1)
    images = np.full((2, 3, 4, 4), 0.5)
    assert losses.dice(images, images, "none", axis=(2, 3)).shape == (2, 3)
    with pytest.raises(ShapeError, match=r"must have shape \(m, …\).*write a\[None\]"):
        losses.dice([0.5], [1.0])
    with pytest.raises(ArgumentError, match=r"for logits write tg\.sigmoid\(logits\)"):
        losses.dice([[2.0]], [[1.0]])
    with pytest.raises(AxisError):
        losses.dice(a, y, axis=2)


@pytest.mark.parametrize(
    ("cost", "error", "message"),
    [
        (lambda: losses.margin_ranking(X, Y, X), ArgumentError, "is neither −1 nor 1"),
        (lambda: losses.cosine_embedding(X, Y, [1, 0, 1, 1]), ArgumentError, "is neither −1 nor 1"),
        (lambda: losses.cosine_embedding(X, Y, SIGNS[:, None]), ShapeError, "one for each pair"),
        (lambda: losses.cosine_embedding(X, Y, SIGNS, margin=2), ArgumentError, "margin is in [-1"),
        (lambda: losses.triplet_margin(X, Y, N, margin=0), ArgumentError, "margin is above 0"),
        (lambda: losses.triplet_margin(X, Y, N, ord=0.5), ArgumentError, "ord is at least 1"),
        (lambda: losses.triplet_margin(1.0, 2.0, 3.0), ShapeError, "must have shape (…, features)"),
        (lambda: losses.focal(X, [0, 1, 3, 0]), AxisError, "focal: label 3 at index (2,)"),
        (lambda: losses.focal(X, [0.0] * 4), DTypeError, "focal: class labels are integers"),
        (lambda: losses.focal(X, [0] * 4, gamma=-1), ArgumentError, "gamma is at least 0"),
        (lambda: losses.binary_focal(X, X * 0, alpha=2), ArgumentError, "alpha is in [0, 1]"),
        (lambda: losses.multi_margin(X, [0, 1, 3, 0]), AxisError, "multi_margin: label 3"),
        (lambda: losses.quantile(X, Y, q=1.0), ArgumentError, "q is in (0, 1), not 1"),
        (lambda: losses.poisson_nll(X, X - 9), ArgumentError, "is negative; the prediction comes"),
    ],
)
def test_refusals(cost, error, message):
    with pytest.raises(error) as caught:
        cost()
    assert message in str(caught.value)
