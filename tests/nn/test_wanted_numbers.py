"""Hyperparameters that are tensors: a gradient flows to them, or a message says that none does."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, GraphError
from tensorgraph.nn import losses

RNG = np.random.default_rng(0)
X, Y, Z = (tg.tensor(RNG.normal(size=(5, 3))) for _ in range(3))
CLASSES = [0, 1, 2, 0, 1]
SIGNS = np.array([1, -1, 1, -1, -1])
LAYER = nn.Linear(3, 2, dtype="float64")

FLOWING = {
    "info_nce": (lambda t: losses.info_nce(X, Y, temperature=t), 0.4),
    "nt_xent": (lambda t: losses.nt_xent(X, Y, temperature=t), 0.4),
    "triplet_margin": (lambda t: losses.triplet_margin(X, Y, Z, margin=t), 0.7),
    "multi_margin": (lambda t: losses.multi_margin(X, CLASSES, margin=t, squared=True), 0.7),
    "cosine_embedding": (lambda t: losses.cosine_embedding(X, Y, SIGNS, margin=t), -0.9),
    "margin_ranking": (lambda t: losses.margin_ranking(X[:, 0], Y[:, 0], SIGNS, margin=t), 0.3),
    "binary_focal alpha": (lambda t: losses.binary_focal(X, Y > 0, alpha=t), 0.3),
    "quantile": (lambda t: losses.quantile(X, Y, q=t), 0.3),
    "dice": (lambda t: losses.dice(tg.sigmoid(X), Y > 0, smooth=t), 0.3),
    "l2_penalty": (lambda t: nn.l2_penalty(LAYER, t, 5), 0.3),
    "l1_penalty": (lambda t: nn.l1_penalty(LAYER, t, 5), 0.3),
    "celu": (lambda t: (tg.celu(X, t) ** 2).sum(), 0.7),
    "softshrink": (lambda t: (tg.softshrink(X, t) ** 2).sum(), 0.3),
}  # fmt: skip


@pytest.mark.parametrize("name", FLOWING)
def test_gradients_flow_to_numbers_that_are_tensors(name):
    f, at = FLOWING[name]
    t, step = tg.tensor(at, dtype="float64"), 1e-6
    expected = (f(at + step).item() - f(at - step).item()) / (2 * step)
    assert abs(expected) > 1e-3
    for found in (tg.grad(f)(t), tg.jvp(f, t, tg.ones((), dtype="float64"))[1]):
        np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert f(t).item() == f(at).item()
    leaf = tg.tensor(at, dtype="float64", requires_grad=True)
    f(leaf).backward()
    compiled = tg.compile(lambda t: tg.grad(f)(t).detach())
    for _ in range(2):  # captured, then run
        np.testing.assert_allclose(compiled(t), expected, rtol=1e-6)
    several = tg.stack([t, t])
    np.testing.assert_allclose(tg.vmap(f)(several), [f(at).item()] * 2)
    np.testing.assert_allclose(tg.vmap(tg.grad(f))(several), [expected] * 2, rtol=1e-6)
    np.testing.assert_allclose(leaf.grad, expected, rtol=1e-6)


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_a_number_that_wants_a_gradient_is_checked(value):
    with pytest.raises(ArgumentError, match=r"temperature is (finite and )?above 0, not"):
        losses.info_nce(X, Y, temperature=tg.tensor(value, requires_grad=True))
    with pytest.raises(ArgumentError, match="temperature is not above 0 in all examples"):
        tg.vmap(lambda t: losses.info_nce(X, Y, temperature=t))(tg.tensor([0.5, value]))


def test_a_learned_temperature_moves():
    tau = tg.tensor(0.5, requires_grad=True)
    losses.info_nce(X.astype("float32"), Y.astype("float32"), temperature=tau).backward()
    tg.optim.Adam([tau], lr=0.1).step()
    assert tau.item() != 0.5


REFUSING = {
    "cross_entropy: label_smoothing": lambda t: losses.cross_entropy(
        X, CLASSES, label_smoothing=t
    ),
    "focal: gamma": lambda t: losses.focal(X, CLASSES, gamma=t),
    "LayerNorm: eps": lambda t: nn.LayerNorm(3, eps=t, dtype="float64")(X).sum(),
    "hardshrink: limit": lambda t: tg.hardshrink(X, t).sum(),
    "alpha": lambda t: tg.elu(X, t).sum(),
    "quantile: q": lambda t: tg.quantile(X, t),
    "percentile: q": lambda t: tg.percentile(X, t),
    "nanquantile: q": lambda t: tg.nanquantile(X, t),
    "nanpercentile: q": lambda t: tg.nanpercentile(X, t),
    "several quantile: q": lambda t: tg.quantile(X, tg.stack([t, t])).sum(),
    "listed quantile: q": lambda t: tg.quantile(X, [t, 0.5]).sum(),
    "numpy quantile: q": lambda t: np.quantile(X, t),
    "dx": lambda t: tg.trapezoid(X, dx=t).sum(),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSING)
@pytest.mark.parametrize("value", [0.0, 0.5])
def test_no_gradient_of_a_number_is_lost_without_a_word(name, value):
    f, what = REFUSING[name], name.split()[-1]
    for derive in (tg.grad(f), lambda t: tg.jvp(f, t, tg.ones(()))):
        with pytest.raises(GraphError, match=f"{what} is a parameter without gradient.*detach"):
            derive(tg.tensor(value))
    assert np.isfinite(f(tg.tensor(0.5)).data).all()
