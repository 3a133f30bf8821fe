"""Losses against their equations, written in plain NumPy, and against known numbers."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, AxisError, DTypeError, ShapeError
from tensorgraph.nn import losses
from tensorgraph.nn.losses import cross_entropy, kl_divergence, multi_label, nll
from tensorgraph.testing import gradcheck
from tests.nn.loss_helpers import (
    DTYPES,
    INF,
    NAN,
    PAIRS,
    REDUCE,
    close,
    normal,
    shapes,
    simplex,
    slopes,
)

# -------------------------------------------------------------------- element by element, all alike


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def binary(a, y):
    return -(y * np.log(a) + (1 - y) * np.log(1 - a))


def huber(e, delta):
    return np.where(abs(e) <= delta, e**2 / 2, delta * (abs(e) - delta / 2))


ELEMENTWISE = {
    "mse": (losses.mse, normal, normal, lambda p, y: (p - y) ** 2),
    "l1": (losses.l1, normal, normal, lambda p, y: abs(p - y)),
    "huber": (losses.huber, normal, normal, lambda p, y: huber(p - y, 1)),
    "huber, δ = 0.3": (
        lambda *args: losses.huber(*args, delta=0.3), normal, normal,
        lambda p, y: huber(p - y, 0.3),
    ),
    "hinge": (
        losses.hinge, normal, lambda *shape, seed: np.sign(normal(*shape, seed=seed)),
        lambda s, y: np.maximum(0, 1 - y * s),
    ),
    "binary_cross_entropy": (
        losses.binary_cross_entropy,
        lambda *shape, seed: sigmoid(normal(*shape, seed=seed)),
        lambda *shape, seed: sigmoid(normal(*shape, seed=seed)),
        binary,
    ),
    "binary_cross_entropy_with_logits": (
        losses.binary_cross_entropy_with_logits, normal,
        lambda *shape, seed: sigmoid(normal(*shape, seed=seed)),
        lambda z, y: binary(sigmoid(z), y),
    ),
    "pos_weight": (
        lambda *args: losses.binary_cross_entropy_with_logits(*args, pos_weight=2.5), normal,
        lambda *shape, seed: sigmoid(normal(*shape, seed=seed)),
        lambda z, y: -(2.5 * y * np.log(sigmoid(z)) + (1 - y) * np.log(1 - sigmoid(z))),
    ),
    "binary_focal": (
        losses.binary_focal, normal, lambda *shape, seed: sigmoid(normal(*shape, seed=seed)),
        lambda z, y: -y * sigmoid(-z) ** 2 * np.log(sigmoid(z))
        - (1 - y) * sigmoid(z) ** 2 * np.log(1 - sigmoid(z)),
    ),
    "binary_focal, α": (
        lambda *args: losses.binary_focal(*args, gamma=1.5, alpha=0.25), normal,
        lambda *shape, seed: sigmoid(normal(*shape, seed=seed)),
        lambda z, y: -0.25 * y * sigmoid(-z) ** 1.5 * np.log(sigmoid(z))
        - 0.75 * (1 - y) * sigmoid(z) ** 1.5 * np.log(1 - sigmoid(z)),
    ),
    "quantile": (
        losses.quantile, normal, normal, lambda p, y: abs(p - y) / 2,
    ),
    "quantile, q = 0.9": (
        lambda *args: losses.quantile(*args, q=0.9), normal, normal,
        lambda p, y: np.maximum(0.9 * (y - p), 0.1 * (p - y)),
    ),
    "gaussian_nll": (
        losses.gaussian_nll, normal, normal, lambda p, y: (p - y) ** 2 / 2,
    ),
    "gaussian_nll, σ² = 0.3": (
        lambda *args: losses.gaussian_nll(*args, variance=0.3), normal, normal,
        lambda p, y: (np.log(0.3) + (p - y) ** 2 / 0.3) / 2,
    ),
    "poisson_nll": (
        losses.poisson_nll, normal, lambda *shape, seed: abs(normal(*shape, seed=seed)),
        lambda z, y: np.exp(z) - y * z,
    ),
    "multi_label": (
        multi_label, normal, lambda *shape, seed: sigmoid(normal(*shape, seed=seed)),
        lambda z, y: binary(sigmoid(z), y),
    ),
}  # fmt: skip


CLASSWISE = {
    "cross_entropy": (
        cross_entropy, normal, simplex,
        lambda z, y: -(y * np.log(np.exp(z) / np.exp(z).sum(-1, keepdims=True))).sum(-1),
    ),
    "kl_divergence": (
        kl_divergence, lambda *shape, seed: np.log(simplex(*shape, seed=seed)), simplex,
        lambda q, p: (p * np.log(p)).sum(-1) - (p * q).sum(-1),
    ),
}  # fmt: skip


ALL = {**ELEMENTWISE, **CLASSWISE}
every_loss = pytest.mark.parametrize("name", ALL)


def drawn(name, shape, seed=0):
    """Return a loss, a prediction and a target for it, and the losses by the equation."""
    loss, prediction, target, reference = ALL[name]
    p, y = prediction(*shape, seed=seed), target(*shape, seed=seed + 1)
    return loss, p, y, reference(p, y)


def call(loss, prediction, target, reduction):
    """Call a loss; with an axis that it takes before the reduction it is the last one."""
    along = (-1,) if loss in (cross_entropy, kl_divergence, nll) else ()
    return loss(prediction, target, *along, reduction)


def test_no_loss_is_left_out():
    here = {name.partition(",")[0] for name in ALL} - {"pos_weight"}
    of_other_shapes = {*PAIRS, "ctc", "dice"}  # see their own files
    assert here | {"nll", "focal", "multi_margin"} | of_other_shapes == set(losses.__all__)


@every_loss
@given(shapes, st.sampled_from(list(REDUCE)), st.sampled_from(DTYPES), st.integers(0, 99))
def test_a_loss_is_its_equation(name, shape, reduction, dtype, seed):
    if name == "cross_entropy":
        shape = (*shape[:-1], shape[-1] + 1)  # of one class it is refused
    loss, p, y, expected = drawn(name, shape, seed)
    prediction = tg.tensor(p.astype(dtype))
    for target in (y, tg.tensor(y), y.astype(dtype), y.tolist()):
        cost = call(loss, prediction, target, reduction)
        assert cost.dtype == dtype
        assert cost.shape == (expected.shape if reduction == "none" else ())
        close(cost, REDUCE[reduction](expected), "float32" if target is not y else dtype)
    again = call(loss, p, y, reduction)  # arrays do as well, and give an array
    assert not isinstance(again, tg.Tensor)
    close(again, REDUCE[reduction](expected))


@pytest.mark.parametrize("name", [name for name in ALL if name != "hinge"])
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_gradients_by_prediction_and_target_at_both_orders(name, reduction):
    loss, p, y, _ = drawn(name, (3, 2), seed=3)
    gradcheck(lambda p, y: call(loss, p, y, reduction), p, y, order=2)


@every_loss
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_mean_of_nothing_is_0(name, dtype):
    loss, p, y, _ = drawn(name, (0, 3))
    for reduction in ("mean", "sum"):
        value, first, second, _ = slopes(lambda p, r=reduction: call(loss, p, y, r), p, dtype)
        assert value == 0
        assert first.shape == second.shape == (0, 3)
    assert call(loss, p, y, "none").shape[0] == 0


@every_loss
def test_the_layout_in_memory_does_not_matter(name):
    loss, p, y, expected = drawn(name, (4, 3))
    odd = [np.asfortranarray(np.repeat(x, 2, axis=0))[::2] for x in (p, y)]
    for array in odd:
        array.setflags(write=False)
    close(call(loss, *odd, "none"), expected)


@pytest.mark.parametrize("name", [*ELEMENTWISE, "kl_divergence"])
@pytest.mark.parametrize(
    ("prediction", "target", "hint"),
    [
        ((5, 1), (5,), "; write target.reshape((5, 1)), or prediction.reshape((5,))"),
        ((5,), (5, 1), "; write target.reshape((5,)), or prediction.reshape((5, 1))"),
        ((5, 3), (3, 5), "; write target.T"),
        ((5, 3), (1,), "; write tg.broadcast_to(target, (5, 3)) to compare all with one number"),
        ((5, 3), (1, 3), ""),
        ((2, 3), (2, 3, 4), ""),
    ],
)
def test_nothing_is_broadcast(name, prediction, target, hint):
    loss = ALL[name][0]
    p, y = np.full(prediction, 0.5), np.ones(target)
    with pytest.raises(ShapeError) as caught:
        loss(tg.tensor(p), y)
    assert str(caught.value).endswith(
        f"a prediction of shape {prediction} and a target of shape {target} must have the same"
        f" shape{hint}"
    )
    for line in hint.split("; write ")[1:]:
        written = eval(line.split(" to ")[0].split(", or ")[0], {"target": tg.tensor(y), "tg": tg})
        assert loss(tg.tensor(p), written).shape == ()


@every_loss
@pytest.mark.parametrize("reduction", ["avg", None, ["mean"], "batchmean"])
def test_an_unknown_reduction_is_refused(name, reduction):
    loss, p, y, _ = drawn(name, (2, 3))
    with pytest.raises(ArgumentError) as caught:
        call(loss, p, y, reduction)
    assert str(caught.value) == f"reduction is one of 'mean', 'sum', 'none', not {reduction!r}"


class Cost(nn.Module):
    def __init__(self, loss):
        self.loss = loss

    def forward(self, prediction, target):
        return self.loss(prediction, target)


@every_loss
def test_messages_tell_the_module(name):
    model = nn.Sequential(Cost(ALL[name][0]))
    with pytest.raises(ShapeError, match=r"^\w+ in model.* Cost: a prediction of shape \(2, 3\)"):
        Cost(ALL[name][0])(tg.zeros((2, 3)), tg.zeros((4,)))
    assert len(model.layers) == 1


@every_loss
@pytest.mark.parametrize("kind", ["int64", "int8", "uint8", "bool"])
def test_whole_numbers_are_labels_and_predictions_too(name, kind):
    loss, p, _, _ = drawn(name, (3, 2))
    y = np.array([[1, 0], [0, 1], [1, 0]], kind) if name != "hinge" else np.ones((3, 2), kind)
    cost = loss(tg.tensor(p.astype("float32")), y)
    assert cost.dtype == "float32"
    close(cost, loss(p, y * 1.0), "float32")
    whole = loss(np.zeros((3, 2), kind), y)  # no difference of unsigned numbers wraps around
    assert whole.dtype == "float32"
    close(whole, loss(np.zeros((3, 2)), y * 1.0), "float32")


@pytest.mark.parametrize("op", [tg.sigmoid_cross_entropy, tg.softmax_cross_entropy])
@pytest.mark.parametrize("kind", ["int64", "uint8", "bool"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_ops_behind_the_losses_stay_in_the_logits_dtype(op, kind, dtype):
    z, y = tg.tensor(normal(2, 3), dtype, requires_grad=True), np.eye(3)[:2]
    value = op(z, y.astype(kind))
    value.sum().backward()
    assert value.dtype == z.grad.dtype == dtype
    close(value, op(normal(2, 3), y), dtype)
    assert tg.sigmoid_cross_entropy(tg.tensor(0.5, dtype), 1).dtype == dtype


# ------------------------------------------------------------------------------------ known numbers


THIRDS, BINOMIAL = np.full(3, 1 / 3), np.array([9, 12, 4]) / 25
PREDICTED = [[0.6, 0.4], [0.4, 0.6]]


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        # Wikipedia, "Kullback–Leibler divergence", basic example
        (lambda: kl_divergence(np.log(THIRDS), BINOMIAL), 0.0852996),
        (lambda: kl_divergence(np.log(BINOMIAL), THIRDS), 0.097455),
        # the examples in the documentation of Keras' losses
        (lambda: kl_divergence(np.log(PREDICTED), [[0, 1], [0, 0]]), 0.458),
        (lambda: losses.mse([[1.0, 1.0], [1.0, 0.0]], [[0, 1], [0, 0]]), 0.5),
        (lambda: losses.huber(PREDICTED, [[0, 1], [0, 0]]), 0.155),
        (lambda: losses.huber(PREDICTED, [[0, 1], [0, 0]], delta=float("inf")), 0.155),
        (lambda: losses.hinge(PREDICTED, [[-1, 1], [-1, -1]]), 1.3),
        (lambda: losses.binary_cross_entropy(PREDICTED, [[0, 1], [0, 0]]), 0.815),
        (
            lambda: losses.binary_cross_entropy_with_logits(
                [-18.6, 0.51, 2.94, -12.8], [0, 1, 0, 0]
            ),
            0.865,
        ),
        (lambda: nll(np.log([[0.05, 0.95, 1e-7], [0.1, 0.8, 0.1]]), [1, 2]), 1.177),
        # log K for a network that knows nothing yet
        (lambda: cross_entropy(np.zeros((4, 10)), [0, 3, 9, 3]), 2.302585),
        (lambda: cross_entropy([1.0, 2.0, 3.0], 2), 0.407606),
        (lambda: losses.l1([3.0, -0.5, 2.0, 7.0], [2.5, 0.0, 2, 8]), 0.5),
    ],
)
def test_known_numbers(cost, expected):
    digits = len(str(expected).partition(".")[2])
    assert float(cost()) == pytest.approx(expected, abs=0.51 * 10**-digits)


# ---------------------------------------------------------------------------------- what is refused


Z = tg.zeros((2, 3))


@pytest.mark.parametrize(
    ("cost", "error", "message"),
    [
        (lambda: cross_entropy(Z, [0, 3]), AxisError, "label 3 at index (1,) is not one of the 3"),
        (lambda: cross_entropy(Z, [0, -1]), AxisError, "label -1 at index (1,)"),
        (lambda: nll(Z, [0, -100]), AxisError, "nll: label -100 at index (1,)"),
        (lambda: nll(Z, [-1, 7], ignore_index=-1), AxisError, "nll: label 7 at index (1,)"),
        (lambda: nll(Z, [0.0, 1.0]), DTypeError, "integers, not float32"),
        (lambda: cross_entropy(Z, [0.0, 1.0]), DTypeError, "integers, not float32"),
        (
            lambda: cross_entropy(Z, [0.0, 1.0], ignore_index=0),
            DTypeError, "integers, not float32",
        ),
        (lambda: cross_entropy(Z, [True, False]), DTypeError, "integers, not bool"),
        (lambda: cross_entropy(Z, [0, 1], 2), AxisError, "cross_entropy: axis 2 is out of range"),
        (lambda: nll(Z, [0, 1], 2), AxisError, "nll: axis 2 is out of range"),
        (lambda: kl_divergence(Z, Z, 2), AxisError, "kl_divergence: axis 2 is out of range"),
        (lambda: cross_entropy(tg.tensor(0.0), 0), AxisError, "it has no axes"),
        (
            lambda: cross_entropy(Z, [0, 1], weight=[1.0, 2.0]), ShapeError,
            "cross_entropy: weight of shape (2,) must hold one number for each of the 3 classes,"
            " shape (3,)",
        ),
        (lambda: nll(Z, [0, 1], weight=1.0), ShapeError, "nll: weight of shape () must hold"),
        (
            lambda: cross_entropy(Z, [0, 1], weight=[1.0, -2.0, 1.0]), ArgumentError,
            "cross_entropy: the weight -2.0 at index (1,) is negative or not finite",
        ),
        (lambda: nll(Z, [0, 1], weight=[1.0, NAN, 1.0]), ArgumentError, "the weight nan"),
        (lambda: nll(Z, [0, 1], weight=tg.tensor([1.0, 1.0, INF])), ArgumentError, "weight inf"),
        *(
            (
                lambda s=smoothing: cross_entropy(Z, [0, 1], label_smoothing=s), ArgumentError,
                f"cross_entropy: label_smoothing is in [0, 1), not {smoothing:g}",
            )
            for smoothing in (1.0, -0.1, NAN)
        ),
        (
            lambda: cross_entropy(Z, [0, 1], label_smoothing="much"), DTypeError,
            "label_smoothing is a number",
        ),
        (lambda: nll(Z, [0, 1], ignore_index=0.5), DTypeError, "ignore_index is an integer"),
        (
            lambda: cross_entropy(Z, Z, ignore_index=0), ArgumentError,
            "cross_entropy: ignore_index marks classes, and this target holds distributions",
        ),
        (lambda: nll(Z, Z), ShapeError, "(for distributions see kl_divergence), not a target"),
        (
            lambda: kl_divergence(Z, np.log(simplex(2, 3))), ArgumentError,
            "does not lie in [0, 1]; it holds probabilities, not their logarithms",
        ),
        (lambda: losses.huber(Z, Z, delta=0), ArgumentError, "huber: delta is above 0, not 0"),
        (lambda: losses.huber(Z, Z, delta=NAN), ArgumentError, "delta is above 0, not nan"),
        (lambda: losses.huber(Z, Z, delta="1"), DTypeError, "delta is a number"),
        (
            lambda: losses.hinge([2.0, 1.0], [1, 0]), ArgumentError,
            "hinge: the label 0.0 at index (1,) is neither −1 nor 1; for labels 0 and 1 write 2 *"
            " target - 1",
        ),
        (
            lambda: losses.binary_cross_entropy([0.5, 1.5], [1, 0]), ArgumentError,
            "binary_cross_entropy: the probability 1.5 at index (1,) does not lie in [0, 1]; for"
            " logits write losses.binary_cross_entropy_with_logits",
        ),
        (
            lambda: losses.binary_cross_entropy([0.5, 0.5], [1, -1]), ArgumentError,
            "the label -1.0 at index (1,) does not lie in [0, 1]; labels are 0 and 1, and the"
            " prediction comes first (for −1 and 1, write (target + 1) / 2, or losses.hinge)",
        ),
        (
            lambda: losses.binary_cross_entropy_with_logits(tg.zeros(()), 2), ArgumentError,
            "binary_cross_entropy_with_logits: the label 2.0 at index ()",
        ),
        (lambda: multi_label(Z, Z + 2), ArgumentError, "multi_label: the label 2.0 at"),
        (
            lambda: multi_label(Z, Z, mask=Z), DTypeError,
            "multi_label: mask must be boolean, not float32; write mask == 1",
        ),
        (
            lambda: multi_label(Z, Z, mask=[True, False, True]), ShapeError,
            "multi_label: mask of shape (3,) and logits of shape (2, 3) must have the same shape",
        ),
    ],
)  # fmt: skip
def test_refusals(cost, error, message):
    with pytest.raises(error) as caught:
        cost()
    assert message in str(caught.value)
