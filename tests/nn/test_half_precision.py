"""Half precision in all layers and losses: counts and squares leave its range, results need not."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.nn import losses
from tests.nn.layer_cases import CASES
from tests.nn.test_layers import called, made


def pair(case, training):
    """Return a layer in half precision, and one in single with the same state."""
    half, single = made(case, "float16", training), made(case, "float32", training)
    single.load_state_dict({k: v.astype("float32") for k, v in half.state_dict().items()})
    return half, single


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("training", [True, False])
def test_every_layer_in_half_precision_computes_as_in_single(name, training):
    case = CASES[name]
    half, single = pair(case, training)
    inputs = [tg.tensor(x, requires_grad=True) for x in case.inputs("float16")]
    precise = [tg.tensor(x.data.astype("float32"), requires_grad=True) for x in inputs]
    found, expected = called(half, case, inputs), called(single, case, precise)
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == np.float16 or a.dtype == b.dtype == np.int64
        np.testing.assert_allclose(a.data.astype(float), b.data, rtol=2e-2, atol=2e-2)
    if not any(a.requires_grad for a in found):
        return
    for results in (found, expected):
        sum(r.astype("float32").sum() for r in results if r.requires_grad).backward()
    leaves = zip([*inputs, *half.parameters()], [*precise, *single.parameters()], strict=True)
    for a, b in leaves:
        assert (a.grad is None) == (b.grad is None)
        if a.grad is not None:
            assert a.grad.dtype == np.float16
            np.testing.assert_allclose(a.grad.data.astype(float), b.grad.data, rtol=3e-2, atol=3e-2)


def by_place(result):
    return np.cos(np.arange(result.size)).reshape(result.shape).astype(result.dtype)


@pytest.mark.parametrize("name", CASES)
def test_every_layer_trains_in_half_precision_and_evaluates_as_it_trained(name):
    """A few steps stay finite and near those of single precision, in evaluation too."""
    case = CASES[name]
    half, single = pair(case, True)
    if not half.parameters():
        return
    inputs = case.inputs("float16")
    for layer in (half, single):
        optimizer = optim.Adam(layer.named_parameters(), lr=0.01)
        dtype = layer.parameters()[0].dtype
        for step in range(3):
            optimizer.zero_grad()
            results = called(layer, case, [x.astype(dtype) for x in inputs], seed=step)
            # Weighted: the squares of what was normalised add up to the same whatever it is.
            sum((r * r * by_place(r)).mean() for r in results if r.requires_grad).backward()
            optimizer.step()
        layer.eval()
    found = called(half, case, inputs)
    expected = called(single, case, [x.astype("float32") for x in inputs])
    for a, b in zip(found, expected, strict=True):
        assert np.isfinite(a.data).all()
        np.testing.assert_allclose(a.data.astype(float), b.data, rtol=5e-2, atol=5e-2)


# ------------------------------------------------------------------------------------------ losses

MANY = 70_000
ONES = np.ones(MANY, "float16")
COSTS = {
    "cross_entropy": lambda r: losses.cross_entropy(
        np.zeros((MANY, 2), "float16"), np.arange(MANY) % 3 - 1, reduction=r, ignore_index=-1
    ),
    "cross_entropy weighted": lambda r: losses.cross_entropy(
        np.zeros((MANY, 2), "float16"), np.arange(MANY) % 2, reduction=r, weight=[1.0, 2.0]
    ),
    "cross_entropy of distributions": lambda r: losses.cross_entropy(
        np.zeros((MANY, 2), "float16"), np.full((MANY, 2), 0.5), reduction=r, weight=[1.0, 2.0]
    ),
    "cross_entropy by name": lambda r: losses.cross_entropy(
        logits=tg.zeros((MANY, 2), "float16"), target=np.arange(MANY) % 2, reduction=r
    ),
    "nll": lambda r: losses.nll(
        np.full((MANY, 2), np.log(0.5), "float16"), np.zeros(MANY, int), reduction=r, ignore_index=1
    ),
    "multi_label": lambda r: losses.multi_label(0 * ONES, ONES, r, mask=np.arange(MANY) % 8 > 0),
    "binary_cross_entropy_with_logits": lambda r: losses.binary_cross_entropy_with_logits(
        0 * ONES, ONES, r
    ),
    "binary_cross_entropy": lambda r: losses.binary_cross_entropy(0.5 * ONES, ONES, r),
    "hinge": lambda r: losses.hinge(0.25 * ONES, ONES, r),
    "kl_divergence": lambda r: losses.kl_divergence(
        np.full((MANY, 2), np.log(0.5), "float16"), np.tile([0.0, 1.0], (MANY, 1)), reduction=r
    ),
    "mse": lambda r: losses.mse(0 * ONES, ONES, r),
    "l1": lambda r: losses.l1(0 * ONES, ONES, r),
    "huber": lambda r: losses.huber(0 * ONES, 2 * ONES, r),
    "binary_cross_entropy_with_logits weighted": lambda r: losses.binary_cross_entropy_with_logits(
        0 * ONES, ONES, r, pos_weight=2.0
    ),
    "quantile": lambda r: losses.quantile(0 * ONES, ONES, r, q=0.75),
    "gaussian_nll": lambda r: losses.gaussian_nll(0 * ONES, 2 * ONES, r),
    "poisson_nll": lambda r: losses.poisson_nll(0 * ONES, ONES, r),
    "binary_focal": lambda r: losses.binary_focal(0 * ONES, ONES, r, gamma=1.0),
    "focal": lambda r: losses.focal(
        np.zeros((MANY, 2), "float16"), np.arange(MANY) % 3 - 1, reduction=r, ignore_index=-1
    ),
    "multi_margin": lambda r: losses.multi_margin(
        np.zeros((MANY, 2), "float16"), np.arange(MANY) % 2, reduction=r, margin=3.0
    ),
    "dice": lambda r: losses.dice(np.tile(ONES, (2, 1)), np.tile(0 * ONES, (2, 1)), r),
    "margin_ranking": lambda r: losses.margin_ranking(ONES, 0 * ONES, -ONES, r),
    "triplet_margin": lambda r: losses.triplet_margin(
        3 * ONES[:, None], 0 * ONES[:, None], ONES[:, None], r, eps=0.0
    ),
    "cosine_embedding": lambda r: losses.cosine_embedding(
        300 * ONES[:, None], 300 * ONES[:, None], -ONES, r
    ),
    "info_nce": lambda r: losses.info_nce(ONES[:300, None], ONES[:300, None], r),
    "nt_xent": lambda r: losses.nt_xent(ONES[:300, None], ONES[:300, None], r),
    "ctc": lambda r: losses.ctc(
        np.full((MANY, 1, 2), np.log(0.5), "float16"), np.ones((MANY, 1), int), r
    ),
}
VALUES = {
    "hinge": 0.75, "mse": 1.0, "l1": 1.0, "huber": 1.5, "quantile": 0.75, "gaussian_nll": 2.0,
    "poisson_nll": 1.0, "binary_focal": np.log(2) / 2, "focal": np.log(2) / 4, "multi_margin": 1.5,
    "dice": 1.0, "margin_ranking": 1.0, "triplet_margin": 2.0, "cosine_embedding": 1.0,
    "info_nce": np.log(300), "nt_xent": np.log(599),
    "binary_cross_entropy_with_logits weighted": 2 * np.log(2),
}  # fmt: skip


def test_every_loss_is_counted():
    assert {name.split()[0] for name in COSTS} == set(losses.__all__)


@pytest.mark.parametrize("name", COSTS)
def test_a_mean_over_more_examples_than_half_precision_counts(name):
    cost = COSTS[name]("mean")
    assert cost.dtype == np.float16
    np.testing.assert_allclose(float(cost), VALUES.get(name, np.log(2)), rtol=2e-3)


@pytest.mark.parametrize(
    ("loss", "expected"), [(losses.mse, 22500.0), (losses.l1, 75.0), (losses.huber, 74.875)]
)
def test_the_square_of_one_error_may_be_larger_than_their_mean(loss, expected):
    prediction = tg.tensor([300, 0, 0, 0], "float16", requires_grad=True)
    cost = loss(prediction, np.zeros(4))
    assert cost.item() == np.float16(expected)
    assert np.isfinite(tg.gradients(cost, prediction)[0].data).all()


def test_a_second_softmax_is_seen_in_half_precision_too():
    logits = tg.zeros((2, 2), "float16", requires_grad=True)
    with pytest.warns(tg.errors.UsageWarning, match="through a softmax already"):
        losses.cross_entropy(tg.softmax(logits, axis=1), [0, 1])


@pytest.mark.parametrize("penalty", [nn.l2_penalty, nn.l1_penalty])
def test_penalties_count_in_single_precision(penalty):
    layer = nn.Linear(400, 200, init=nn.init.constant(2.0), dtype="float16")
    cost = penalty(layer, 1.0, 1000)
    assert cost.dtype == np.float16
    assert cost.item() == 160.0
    single = nn.Linear(400, 200, init=nn.init.constant(2.0))
    assert penalty(single, 1.0, 1000).item() == 160.0


def test_the_limit_of_weights_takes_the_largest_and_smallest_numbers():
    for size in (1e300, 1e200, 1e-200, 1.0):
        layer = nn.Linear(2, 1, dtype="float64")
        layer.weight.assign(size * np.array([[3.0, 4.0]]))
        nn.max_norm(layer, 2.5 * size)
        np.testing.assert_allclose(layer.weight.data, [[1.5 * size, 2 * size]], rtol=1e-15)
    before = layer.weight.numpy()
    nn.max_norm(layer, 1e300)
    np.testing.assert_array_equal(layer.weight.data, before)
