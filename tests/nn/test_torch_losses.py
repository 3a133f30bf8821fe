"""Losses and their gradients against PyTorch's, where that is installed; not part of the tests."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.nn import losses
from tests.machine.needs import reason

torch = pytest.importorskip("torch", reason=reason("torch"))
peer = torch.nn.functional

RNG = np.random.default_rng(0)
Z, Y = RNG.standard_normal((6, 4)), RNG.uniform(0, 1, (6, 4))
ROWS = Y / Y.sum(1, keepdims=True)
CLASSES = RNG.integers(0, 4, 6)
IGNORED = np.where(np.arange(6) % 3 == 1, -100, CLASSES)
WEIGHT = np.array([0.5, 2.0, 1.0, 0.25])
SIGNS = np.sign(Z[::-1])
IMAGES, PIXELS = RNG.standard_normal((2, 4, 3, 3)), RNG.integers(0, 4, (2, 3, 3))

# name: our loss, PyTorch's, the prediction, the target, and what both take besides
CASES = {
    "mse": (losses.mse, peer.mse_loss, Z, Y, {}),
    "l1": (losses.l1, peer.l1_loss, Z, Y, {}),
    "huber": (losses.huber, peer.huber_loss, Z, Y, {"delta": 0.7}),
    "binary, probabilities": (
        losses.binary_cross_entropy, peer.binary_cross_entropy, 1 / (1 + np.exp(-Z)), Y, {},
    ),
    "binary, logits": (
        losses.binary_cross_entropy_with_logits, peer.binary_cross_entropy_with_logits, Z, Y, {},
    ),
    "binary, large logits": (
        losses.binary_cross_entropy_with_logits, peer.binary_cross_entropy_with_logits,
        1e4 * Z, Y.round(), {},
    ),
    "multi-label": (losses.multi_label, peer.binary_cross_entropy_with_logits, Z, Y, {}),
    "classes": (losses.cross_entropy, peer.cross_entropy, Z, CLASSES, {}),
    "distributions": (losses.cross_entropy, peer.cross_entropy, Z, ROWS, {}),
    "large logits": (losses.cross_entropy, peer.cross_entropy, 1e4 * Z, CLASSES, {}),
    "weight": (losses.cross_entropy, peer.cross_entropy, Z, CLASSES, {"weight": WEIGHT}),
    "smoothing": (losses.cross_entropy, peer.cross_entropy, Z, CLASSES, {"label_smoothing": 0.1}),
    "soft": (losses.cross_entropy, peer.cross_entropy, Z, ROWS, {"label_smoothing": 0.1}),
    "ignored": (losses.cross_entropy, peer.cross_entropy, Z, IGNORED, {"ignore_index": -100}),
    "all": (
        losses.cross_entropy, peer.cross_entropy, Z, IGNORED,
        {"weight": WEIGHT, "label_smoothing": 0.1, "ignore_index": -100},
    ),
    "nll": (losses.nll, peer.nll_loss, np.log(ROWS), CLASSES, {}),
    "nll, weight, ignored": (
        losses.nll, peer.nll_loss, np.log(ROWS), IGNORED,
        {"weight": WEIGHT, "ignore_index": -100},
    ),
    "hinge": (
        losses.hinge,
        lambda s, y, reduction: peer.margin_ranking_loss(s, 0 * s, y, 1.0, reduction=reduction),
        Z, SIGNS, {},
    ),
}  # fmt: skip


def as_torch(value):
    return torch.tensor(value) if isinstance(value, np.ndarray) else value


def compare(cost, leaf, cost_of_torch, leaf_of_torch, dtype):
    tolerance = {"rtol": 1e-12, "atol": 1e-14} if dtype == "float64" else {"atol": 2e-6}
    np.testing.assert_allclose(cost.data, cost_of_torch.detach().numpy(), **tolerance)
    cost.sum().backward()
    cost_of_torch.sum().backward()
    np.testing.assert_allclose(leaf.grad.data, leaf_of_torch.grad.numpy(), **tolerance)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients_are_those_of_pytorch(name, reduction, dtype):
    loss, loss_of_torch, prediction, target, options = CASES[name]
    prediction, target, weight = (
        x.astype(dtype) if x.dtype == "float64" else x for x in (prediction, target, WEIGHT)
    )
    options = {**options, "weight": weight} if "weight" in options else options
    ours = tg.tensor(prediction, requires_grad=True)
    theirs = torch.tensor(prediction, requires_grad=True)
    compare(
        loss(ours, target, reduction=reduction, **options),
        ours,
        loss_of_torch(
            theirs,
            as_torch(target),
            reduction=reduction,
            **{key: as_torch(value) for key, value in options.items()},
        ),
        theirs,
        dtype,
    )


def test_the_classes_of_images_stand_along_axis_1():
    ours, theirs = tg.tensor(IMAGES, requires_grad=True), torch.tensor(IMAGES, requires_grad=True)
    options = {"weight": WEIGHT, "label_smoothing": 0.2, "ignore_index": 3}
    compare(
        losses.cross_entropy(ours, PIXELS, axis=1, **options),
        ours,
        peer.cross_entropy(
            theirs, torch.tensor(PIXELS), **{**options, "weight": torch.tensor(WEIGHT)}
        ),
        theirs,
        "float64",
    )


def test_the_mean_of_kl_divergence_is_pytorchs_batchmean():
    log_q = np.log(ROWS)
    ours, theirs = tg.tensor(log_q, requires_grad=True), torch.tensor(log_q, requires_grad=True)
    target = ROWS[::-1].copy()
    target[0] = [0, 1, 0, 0]
    compare(
        losses.kl_divergence(ours, target),
        ours,
        peer.kl_div(theirs, torch.tensor(target), reduction="batchmean"),
        theirs,
        "float64",
    )


def test_weighted_distributions_differ_in_what_the_mean_divides_by():
    ours = losses.cross_entropy(Z, ROWS, weight=WEIGHT)
    theirs = peer.cross_entropy(torch.tensor(Z), torch.tensor(ROWS), weight=torch.tensor(WEIGHT))
    np.testing.assert_allclose(ours * (ROWS @ WEIGHT).sum(), theirs.item() * len(Z), rtol=1e-12)
