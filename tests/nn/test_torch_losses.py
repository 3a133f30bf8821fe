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
COUNTS, SPREAD = np.floor(5 * Y), RNG.uniform(0.1, 2, (6, 4))
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
    "binary, weight of positives": (
        losses.binary_cross_entropy_with_logits, peer.binary_cross_entropy_with_logits, Z, Y,
        {"pos_weight": WEIGHT},
    ),
    "quantile": (
        losses.quantile, lambda u, v, reduction: peer.l1_loss(u, v, reduction=reduction) / 2,
        Z, Y, {},
    ),
    "poisson": (losses.poisson_nll, peer.poisson_nll_loss, Z, COUNTS, {}),
    "gaussian": (
        losses.gaussian_nll,
        lambda u, v, variance, reduction: peer.gaussian_nll_loss(u, v, variance, False, 1e-6,
                                                                 reduction),
        Z, Y, {"variance": SPREAD},
    ),
    "ranking": (
        losses.margin_ranking,
        lambda s, t, target, **more: peer.margin_ranking_loss(s, t, target, **more),
        Z, Y, {"target": SIGNS, "margin": 0.3},
    ),
    "several classes, margin": (
        losses.multi_margin, peer.multi_margin_loss, Z, CLASSES, {"margin": 0.8},
    ),
    "several classes, squares": (
        losses.multi_margin,
        lambda s, y, squared, reduction: peer.multi_margin_loss(s, y, p=2, reduction=reduction),
        Z, CLASSES, {"squared": True},
    ),
    **{
        f"triplet, p = {p}, {swap}": (
            losses.triplet_margin,
            lambda a, p, negative, ord, **more: peer.triplet_margin_loss(
                a, p, negative, p=ord, **more
            ),
            Z, Y, {"negative": SPREAD, "ord": p, "swap": swap, "margin": 0.7},
        )
        for p in (1.0, 2.0, 3.0) for swap in (False, True)
    },
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
    prediction, target = (
        x.astype(dtype) if x.dtype == "float64" else x for x in (prediction, target)
    )
    options = {
        key: value.astype(dtype) if getattr(value, "dtype", None) == "float64" else value
        for key, value in options.items()
    }
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


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_cosines(reduction):
    # Theirs adds 1e-12 to the squares of lengths.
    labels = SIGNS[:, 0]
    ours, theirs = tg.tensor(Z, requires_grad=True), torch.tensor(Z, requires_grad=True)
    options = {"margin": 0.2, "reduction": reduction}
    found = losses.cosine_embedding(ours, Y, labels, **options)
    expected = peer.cosine_embedding_loss(theirs, torch.tensor(Y), torch.tensor(labels), **options)
    np.testing.assert_allclose(found.data, expected.detach().numpy(), rtol=1e-10)
    found.sum().backward()
    expected.sum().backward()
    np.testing.assert_allclose(ours.grad.data, theirs.grad.numpy(), rtol=1e-9, atol=1e-11)


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


# ------------------------------------------------------------------------- sequences of labels


LENGTHS, COUNTED = np.array([12, 9, 12, 3, 5]), np.array([4, 3, 0, 2, 3])
LABELS = np.array([[1, 2, 2, 3], [2, 1, 2, 0], [0, 0, 0, 0], [1, 1, 0, 0], [3, 3, 3, 9]])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("blank", [0, 4])
@pytest.mark.parametrize("zero", [False, True])
def test_ctc(zero, blank, dtype):
    # The fourth has three steps for two labels that are alike; the last is one too short.
    labels = np.where(np.arange(4) < COUNTED[:, None], LABELS - (blank == 4), 9)
    counts = COUNTED - (not zero) * np.array([0, 0, 0, 0, 1])
    scores = np.random.default_rng(3).standard_normal((5, 12, 5)).astype(dtype)
    mine = tg.tensor(scores, requires_grad=True)
    other = torch.tensor(scores, requires_grad=True)
    found = losses.ctc(
        tg.log_softmax(mine), labels, "none", lengths=LENGTHS, target_lengths=counts, blank=blank,
        zero_infinity=zero,
    )  # fmt: skip
    expected = peer.ctc_loss(
        other.log_softmax(-1).permute(1, 0, 2), torch.tensor(labels), torch.tensor(LENGTHS),
        torch.tensor(counts), blank, "none", zero,
    )  # fmt: skip
    tolerance = {"rtol": 1e-10, "atol": 1e-12} if dtype == "float64" else {"atol": 2e-5}
    np.testing.assert_allclose(found.data, expected.detach().numpy(), **tolerance)
    weights = np.cos(np.arange(5)).astype(dtype)
    (found * weights).sum().backward()
    (expected * torch.tensor(weights)).sum().backward()
    np.testing.assert_allclose(mine.grad.data, other.grad.numpy(), **tolerance)
