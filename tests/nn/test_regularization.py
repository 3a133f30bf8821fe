"""Penalties and the limit on weights, against plain NumPy and the course's own number."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.errors import ArgumentError, DTypeError
from tensorgraph.testing import gradcheck

PENALTIES = {
    "l2": (nn.l2_penalty, lambda w, lambd, m: lambd / (2 * m) * np.sum(w**2)),
    "l1": (nn.l1_penalty, lambda w, lambd, m: lambd / m * np.sum(np.abs(w))),
}
GRADIENTS = {
    "l2": lambda w, lambd, m: lambd / m * w,
    "l1": lambda w, lambd, m: lambd / m * np.sign(w),
}
every_penalty = pytest.mark.parametrize("kind", PENALTIES)


class Scale(nn.Module):
    """Stands for normalisation layers: its parameter has the axes of a weight, but is none."""

    regularised = False

    def __init__(self, dtype):
        self.gamma = tg.tensor(np.full((3, 2), 1.5, dtype), requires_grad=True)


class Net(nn.Module):
    """Weights in a layer, in a list of tensors, and with the four axes of a convolution."""

    def __init__(self, dtype="float64"):
        rng = np.random.default_rng(0)
        self.first = nn.Linear(4, 3, dtype=dtype)
        self.first.bias.assign(np.ones(3, dtype))
        self.scale = Scale(dtype)
        self.more = [tg.tensor(rng.standard_normal((2, 3, 2, 2)).astype(dtype), requires_grad=True)]
        self.running = tg.ones((5, 5))


def test_weights_have_two_axes_and_are_trained_and_regularised():
    net = Net()
    assert [path for path, _ in nn.weights(net)] == ["first.weight", "more.0"]
    assert [w for _, w in nn.weights(net)] == [net.first.weight, net.more[0]]
    net.first.weight.requires_grad = False
    assert [path for path, _ in nn.weights(net)] == ["more.0"]
    assert nn.weights(net.scale) == []


def test_a_single_layer_can_be_left_out_with_all_that_is_in_it():
    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)))
    model.layers[1].regularised = False
    assert [path for path, _ in nn.weights(model)] == ["layers.0.weight"]


def test_tied_weights_count_once():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model.layers[1].weight = model.layers[0].weight
    assert [path for path, _ in nn.weights(model)] == ["layers.0.weight"]
    expected = 0.5 * np.sum(model.layers[0].weight.data.astype("float64") ** 2)
    assert nn.l2_penalty(model, 1.0, 1).item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("everything", [False, True])
@every_penalty
def test_a_penalty_is_its_equation_and_so_is_its_gradient(kind, everything, dtype):
    net = Net(dtype)
    penalty, reference = PENALTIES[kind]
    value = penalty(net, np.float64(0.7), np.int64(20), all_parameters=everything)
    counted = net.parameters() if everything else [net.first.weight, net.more[0]]
    expected = sum(reference(p.data.astype("float64"), 0.7, 20) for p in counted)
    tolerance = 1e-6 if dtype == "float32" else 1e-14
    assert (value.shape, value.dtype) == ((), dtype)
    assert value.item() == pytest.approx(expected, rel=tolerance)
    value.backward()
    for parameter in net.parameters():
        if any(parameter is p for p in counted):
            assert parameter.grad.dtype == dtype
            np.testing.assert_allclose(
                parameter.grad.data, GRADIENTS[kind](parameter.data, 0.7, 20), rtol=tolerance
            )
        else:
            assert parameter.grad is None


def test_the_cost_of_the_course_with_regularization():
    """Deep Learning Specialization, course 2, week 1, "Regularization": 1.78648594516."""
    rng = np.random.RandomState(1)
    net = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 3), nn.Linear(3, 1))
    for layer in net:
        out, features = layer.weight.shape
        layer.weight = tg.tensor(rng.standard_normal((out, features)), requires_grad=True)
        rng.standard_normal((out, 1))
    y = np.array([1, 1, 0, 1, 0])
    a = np.array([0.40682402, 0.01629284, 0.16722898, 0.10118111, 0.40682402])
    cross_entropy = -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))
    cost = cross_entropy + nn.l2_penalty(net, lambd=0.1, m=5)
    assert cost.item() == pytest.approx(1.78648594516, abs=1e-11)


@every_penalty
def test_second_derivatives_of_a_cost_with_a_penalty(kind):
    class Cost(nn.Module):
        def __init__(self):
            self.net = nn.Sequential(
                nn.Linear(3, 2, dtype="float64"), nn.Tanh(), nn.Linear(2, 1, dtype="float64")
            )

        def forward(self, x):
            return (self.net(x) ** 2).mean() + PENALTIES[kind][0](self.net, 0.8, 4)

    cost, x = Cost(), np.random.default_rng(1).standard_normal((4, 3))
    paths = [path for path, _ in cost.named_parameters()]

    def f(*values):
        return nn.functional_call(cost, dict(zip(paths, values, strict=True)), x)

    rng = np.random.default_rng(2)
    gradcheck(f, *(rng.standard_normal(p.shape) for p in cost.parameters()), order=2)


@every_penalty
def test_a_model_without_weights_costs_nothing(kind):
    for model in (nn.ReLU(), Scale("float32")):
        value = PENALTIES[kind][0](model, 1.0, 1)
        assert (value.item(), value.dtype, value.requires_grad) == (0.0, np.float32, False)


@every_penalty
def test_no_penalty_for_lambda_0_or_weights_of_0(kind):
    penalty, _ = PENALTIES[kind]
    layer = nn.Linear(2, 2)
    assert penalty(layer, 0, 1).item() == 0
    layer.weight.assign(np.zeros((2, 2)))
    value = penalty(layer, 1, 1)
    value.backward()
    assert value.item() == 0
    assert not layer.weight.grad.data.any()


@pytest.mark.parametrize(
    ("lambd", "m", "error", "message"),
    [
        (0.1, 0, ArgumentError, "m, the number of examples .*, is at least 1, not 0"),
        (0.1, -3, ArgumentError, "m, .* is at least 1, not -3"),
        (0.1, 2.5, DTypeError, "m, the number of examples .*, is an integer, not 2.5"),
        (0.1, None, DTypeError, "m, .* is an integer, not None"),
        (-0.1, 5, ArgumentError, "lambd is at least 0, not -0.1"),
        (math.nan, 5, ArgumentError, "lambd is at least 0, not nan"),
        (math.inf, 5, ArgumentError, "lambd is finite and at least 0, not inf"),
        ("0.1", 5, DTypeError, "lambd is a number, not '0.1'"),
    ],
)
@every_penalty
def test_numbers_that_make_no_sense_are_refused(kind, lambd, m, error, message):
    with pytest.raises(error, match=f"^{kind}_penalty: .*{message}"):
        PENALTIES[kind][0](nn.Linear(1, 1), lambd, m)


def test_parameters_are_no_model():
    with pytest.raises(DTypeError, match="weights are those of a module, not of a list"):
        nn.l2_penalty([nn.Linear(1, 1)], 0.1, 5)


# ---------------------------------------------------------------------- penalty and weight decay


LR, LAMBDA, M = 0.1, 3.0, 8


def trained(make, lambd, decay):
    """Return W after 10 steps with an L2 penalty in the cost, or with W ← W − decay · W by hand."""
    rng = np.random.default_rng(0)
    x, y, start = (rng.standard_normal(shape) for shape in [(M, 3), (M, 2), (2, 3)])
    layer = nn.Linear(3, 2, init=lambda *_, **__: start, dtype="float64")
    optimizer = make(layer.named_parameters(), lr=LR)
    for _ in range(10):
        optimizer.zero_grad()
        (((layer(x) - y) ** 2).mean() + nn.l2_penalty(layer, lambd, M)).backward()
        decayed = decay * layer.weight.data
        optimizer.step()
        layer.weight.assign(layer.weight.data - decayed)
    return layer.weight.data


def test_an_l2_penalty_is_weight_decay_by_the_factor_1_minus_alpha_lambda_over_m_for_sgd():
    decay = LR * LAMBDA / M
    penalised, decayed = trained(optim.SGD, LAMBDA, 0), trained(optim.SGD, 0, decay)
    np.testing.assert_allclose(penalised, decayed, rtol=0, atol=1e-14)
    assert np.abs(penalised - trained(optim.SGD, 0, 0)).max() > 0.1
    penalised, decayed = trained(optim.Adam, LAMBDA, 0), trained(optim.Adam, 0, decay)
    assert np.abs(penalised - decayed).max() > 0.1


# --------------------------------------------------------------------------------------- max-norm

SHAPES = st.lists(st.integers(1, 4), min_size=2, max_size=4).map(tuple)


@given(SHAPES, st.floats(0.1, 3.0), st.sampled_from(["float32", "float64"]), st.integers(0, 99))
def test_max_norm_shortens_the_long_rows_and_leaves_the_others(shape, limit, dtype, seed):
    start = np.random.default_rng(seed).standard_normal(shape).astype(dtype)
    model = nn.Module()
    model.weight = tg.tensor(start, requires_grad=True)
    model.bias = tg.tensor(np.full(3, 100, dtype), requires_grad=True)
    nn.max_norm(model, limit)
    assert model.weight.dtype == dtype
    assert (model.bias.data == 100).all()
    for before, after in zip(start, model.weight.data, strict=True):
        length = math.sqrt(sum(float(w) ** 2 for w in before.reshape(-1)))
        if length <= limit:
            np.testing.assert_array_equal(after, before)
        else:
            np.testing.assert_allclose(after, before * (limit / length), rtol=1e-6)
    again = model.weight.data
    nn.max_norm(model, limit * (1 + 1e-6))
    np.testing.assert_array_equal(model.weight.data, again)


def test_max_norm_leaves_recorded_graphs_frozen_weights_and_large_numbers_alone():
    layer = nn.Linear(2, 1, init=nn.init.constant(3.0), bias=False)
    y = layer(tg.ones((1, 2)))
    nn.max_norm(layer, 1.0)
    x_gradient = tg.tensor([[1.0, 1.0]], requires_grad=True)
    layer(x_gradient).sum().backward()
    np.testing.assert_allclose(x_gradient.grad.data, np.full((1, 2), math.sqrt(0.5)), rtol=1e-6)
    assert y.item() == 6.0
    layer.weight.assign([[3e30, 4e30]])
    nn.max_norm(layer, 5.0)
    np.testing.assert_allclose(layer.weight.data, [[3.0, 4.0]], rtol=1e-6)
    layer.weight.requires_grad = False
    nn.max_norm(layer, 1.0)
    np.testing.assert_allclose(layer.weight.data, [[3.0, 4.0]], rtol=1e-6)


@pytest.mark.parametrize("limit", [0, -1.0, math.nan])
def test_max_norm_needs_a_positive_limit(limit):
    with pytest.raises(ArgumentError, match=r"max_norm: limit [mi]"):
        nn.max_norm(nn.Linear(1, 1), limit)
    with pytest.raises(DTypeError, match="max_norm: limit is a number, not None"):
        nn.max_norm(nn.Linear(1, 1), None)
