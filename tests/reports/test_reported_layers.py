"""Reports of layers: pooling, convolution, attention, normalisation, recurrence, shared weights."""

import copy
import math
from functools import partial

import mpmath
import numpy as np
import pytest
from scipy import signal

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.testing import gradcheck
from tests.reports.gradients_of import gradient_of, gradients_of

# ------------------------------------------------------------------------ pooling and convolution


def test_padding_of_a_maximum_never_wins():
    """pytorch/pytorch#41294, pytorch/pytorch#33382: is max_pool padded with zeros? With −∞."""
    x = -np.arange(1.0, 5.0).reshape(1, 1, 2, 2)
    found = tg.max_pool(tg.tensor(x), 3, stride=1, padding=1)
    np.testing.assert_array_equal(found, np.full((1, 1, 2, 2), -1.0))


def test_windows_that_lie_in_the_padding_alone():
    """apache/mxnet#6191: with padding as wide as the window, −3.4e38 came out of max pooling."""
    for padding in (2, (2, 2), [(0, 2), 1]):
        with pytest.raises(tg.errors.ArgumentError, match="must be smaller than the windows"):
            tg.max_pool(tg.ones((1, 1, 2, 2)), 2, padding=padding)


@pytest.mark.parametrize("requires_grad", [False, True])
@pytest.mark.parametrize("pool", [tg.max_pool, tg.avg_pool])
def test_negative_padding_is_refused(pool, requires_grad):
    """pytorch/pytorch#77514: padding −1 raised unless the input needed a gradient."""
    with pytest.raises(tg.errors.ArgumentError, match=r"an integer from 0.*not -1"):
        pool(tg.ones((20, 16, 50), requires_grad=requires_grad), 3, stride=2, padding=-1)


def test_the_gradient_of_padded_pooling_stays_inside():
    """FluxML/NNlib.jl#133: the gradient of max pooling with padding went to the wrong places."""
    x = np.arange(1.0, 10).reshape(1, 1, 3, 3)
    found = gradient_of(lambda x: tg.max_pool(x, 2, padding=1), x, upstream=[[[[1, 2], [3, 4]]]])
    np.testing.assert_array_equal(found[0, 0], [[1, 0, 2], [0, 0, 0], [3, 0, 4]])


def test_a_depthwise_convolution_with_stride():
    """tracel-ai/burn#1891: the weight's gradient for groups = channels, stride 2."""
    x, w = np.arange(64.0).reshape(1, 4, 4, 4), np.arange(36.0).reshape(4, 1, 3, 3)
    by_x, by_w = gradients_of(lambda x, w: tg.conv(x, w, 2, 1, 1, 4), x, w)
    np.testing.assert_array_equal(by_x[0, 0, :3], [[4, 8, 4, 5], [8, 16, 8, 10], [4, 8, 4, 5]])
    for channel in range(4):  # each element of a kernel meets the places it was laid on
        padded = np.pad(x[0, channel], 1)
        expected = [
            [padded[i : i + 3 : 2, j : j + 3 : 2].sum() for j in range(3)] for i in range(3)
        ]
        np.testing.assert_array_equal(by_w[channel, 0], expected)


def test_stride_and_dilation_together():
    """tensorflow/tensorflow#31514: a depthwise convolution with stride and dilation was wrong."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(1, 2, 9, 9)), rng.normal(size=(2, 1, 3, 3))
    found = tg.conv(tg.tensor(x), tg.tensor(w), stride=2, dilation=2, groups=2).numpy()
    for channel in range(2):
        kernel = np.zeros((5, 5))
        kernel[::2, ::2] = w[channel, 0]
        expected = signal.correlate(x[0, channel], kernel, mode="valid")[::2, ::2]
        np.testing.assert_allclose(found[0, channel], expected, rtol=1e-12)


# -------------------------------------------------------------------------------------- attention


def attention(q, k, v, allowed):
    """Return softmax(q kᵀ / √d) v by loops in Python; nothing for a query that may see nothing."""
    out = np.zeros((len(q), v.shape[1]))
    for i, query in enumerate(q):
        seen = [j for j in range(len(k)) if allowed[i, j]]
        scores = np.array([query @ k[j] / np.sqrt(q.shape[1]) for j in seen])
        for j, share in zip(seen, np.exp(scores) / np.exp(scores).sum(), strict=True):
            out[i] += share * v[j]
    return out


def test_a_query_that_may_see_nothing():
    """pytorch/pytorch#41508, pytorch/pytorch#103963, ml-explore/mlx#2608: NaN for all queries."""
    rng = np.random.default_rng(0)
    q, k, v = rng.normal(size=(3, 4, 2))
    allowed = np.tril(np.ones((4, 4), bool), -1)  # the first query sees no key
    attend = lambda q, k, v: nn.scaled_dot_product_attention(q, k, v, allowed)  # noqa: E731
    np.testing.assert_allclose(attend(q, k, v), attention(q, k, v, allowed), rtol=1e-13)
    g = rng.normal(size=(4, 2))
    by_q, by_k, by_v = gradients_of(attend, q, k, v, upstream=g)
    assert np.isfinite([by_q, by_k, by_v]).all()
    assert not by_q[0].any() and not by_k[3].any() and not by_v[3].any()
    rest = gradients_of(
        lambda q, k, v: nn.scaled_dot_product_attention(q, k, v, allowed[1:]),
        q[1:], k, v, upstream=g[1:],
    )  # fmt: skip
    for found, expected in zip((by_q[1:], by_k, by_v), rest, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-15)


# ---------------------------------------------------------------------- normalisation, recurrence


def test_what_batch_norm_keeps_is_what_it_divides_by():
    """pytorch/pytorch#3122, pytorch/pytorch#19902, ml-explore/mlx#3817: biased or unbiased?"""
    x = np.arange(3.0).reshape(1, 3, 1) * 4 + np.arange(4) + np.arange(4).reshape(4, 1, 1)
    layer = nn.BatchNorm(3, keep_old=0.9, dtype="float64")
    out = layer(x)
    variance = x.var(axis=(0, 2))  # over n, as the docstring says; PyTorch keeps that over n − 1
    np.testing.assert_allclose(layer.running_var, 0.9 + 0.1 * variance, rtol=1e-14)
    np.testing.assert_allclose(out.numpy().var(axis=(0, 2)), variance / (variance + 1e-5))
    layer.running_mean.assign(x.mean(axis=(0, 2)))
    layer.running_var.assign(variance)
    np.testing.assert_allclose(layer.eval()(x), out, rtol=1e-13, atol=1e-14)


def test_where_a_gru_applies_its_reset_gate():
    """pytorch/pytorch#8153, keras-team/keras#3701: two papers, two equations. Here: after U h."""
    tg.random.seed(0)
    cell = nn.GRUCell(2, 3, dtype="float64")
    rng = np.random.default_rng(0)
    for parameter in cell.parameters():
        parameter.assign(rng.normal(size=parameter.shape))
    x, h = rng.normal(size=(5, 2)), rng.normal(size=(5, 3))
    sigmoid = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
    from_x = np.split(x @ cell.weight_ih.numpy().T + cell.bias_ih.numpy(), 3, axis=1)
    from_h = np.split(h @ cell.weight_hh.numpy().T + cell.bias_hh.numpy(), 3, axis=1)
    r, z = (sigmoid(from_x[i] + from_h[i]) for i in range(2))
    proposal = np.tanh(from_x[2] + r * from_h[2])
    np.testing.assert_allclose(cell(x, h), (1 - z) * proposal + z * h, rtol=1e-13)


def test_the_forget_gate_starts_open():
    """pytorch/pytorch#750: which quarter of an LSTM's bias is the forget gate's, and is it 1?"""
    cell = nn.LSTMCell(3, 4)
    bias = (cell.bias_ih.numpy() + cell.bias_hh.numpy()).reshape(4, 4)
    np.testing.assert_array_equal(bias, [[0] * 4, [1] * 4, [0] * 4, [0] * 4])
    cell.weight_ih.assign(np.zeros((16, 3)))
    cell.weight_hh.assign(np.zeros((16, 4)))
    c = np.arange(1.0, 5.0, dtype="float32")[None]
    _, kept = cell(np.zeros((1, 3), "float32"), (np.zeros((1, 4), "float32"), c))
    np.testing.assert_allclose(kept, c / (1 + np.exp(-1)), rtol=1e-6)


# ---------------------------------------------------------------------------------- shared weights


class Tied(nn.Module):
    """Words in and words out by one table."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(5, 3, dtype="float64")
        self.scores = nn.Linear(3, 5, bias=False, dtype="float64")
        self.scores.weight = self.table.weight

    def forward(self, ids):
        return self.scores(self.table(ids))


def test_shared_weights_gather_the_gradients_of_all_their_uses():
    """torch/DEPRECEATED-torch7-distro#156, google/flax#1263: sharing lost half of the gradient."""
    model, ids = Tied(), np.array([0, 3, 3])
    (model(ids) ** 2).sum().backward()
    table = model.table.weight.numpy()
    scores = table[ids] @ table.T
    expected = 2 * scores.T @ table[ids]  # as the weight of the scores
    np.add.at(expected, ids, 2 * scores @ table)  # as the table
    np.testing.assert_allclose(model.table.weight.grad, expected, rtol=1e-13)


def test_shared_weights_stay_one_through_training_and_copying():
    """patrick-kidger/equinox#469, FluxML/Optimisers.jl#97: tied weights went their own ways."""
    model = copy.deepcopy(Tied())
    assert model.scores.weight is model.table.weight
    assert [name for name, _ in model.named_parameters()] == ["table.weight"]
    before = model.table.weight.numpy()
    optimizer = tg.optim.SGD(model.named_parameters(), lr=0.1)
    model(np.array([1])).sum().backward()
    gradient = model.table.weight.grad.numpy()
    optimizer.step()
    assert model.scores.weight is model.table.weight
    np.testing.assert_allclose(model.scores.weight, before - 0.1 * gradient, rtol=1e-13)


# -------------------------------------------------------------------------- other tensors inside


def test_other_weights_stand_in_for_all_uses_of_shared_ones():
    """pytorch/pytorch#86708: functional_call replaced one of two names of the same weight."""
    model, ids = Tied(), np.array([0, 3, 3])
    before, other = model.table.weight.numpy(), np.arange(15.0).reshape(5, 3)
    with_other = nn.functional_call(model, {"table.weight": other}, ids)
    np.testing.assert_array_equal(with_other, other[ids] @ other.T)
    np.testing.assert_array_equal(model.scores.weight, before)
    with pytest.raises(tg.errors.StateError, match=r"has no tensor 'scores\.weight'"):
        nn.functional_call(model, {"scores.weight": other}, ids)


class Counting(nn.Module):
    """A module that gives its buffer a new value with each call."""

    def __init__(self):
        super().__init__()
        self.calls = tg.tensor(0.0)

    def forward(self, x):
        self.calls = self.calls + 1
        return x + self.calls


def test_what_a_call_makes_of_other_buffers_is_gone_with_it():
    """pytorch/pytorch#77133, pytorch/functorch#273: the module's own buffer had changed."""
    model, given = Counting(), tg.tensor(5.0)
    assert nn.functional_call(model, {"calls": given}, 1.0) == 7
    assert model.calls == 0 and given == 5
    norm, x = nn.BatchNorm(3), np.random.default_rng(0).normal(size=(5, 3))
    before = norm.state_dict()
    tg.grad(lambda weight: nn.functional_call(norm, {"weight": weight}, x).sum())(np.ones(3))
    for name, value in norm.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


class Keeping(nn.Module):
    """A module that keeps its last result, to be looked at."""

    def __init__(self):
        super().__init__()
        self.inner, self.last = nn.Linear(2, 2), None

    def forward(self, x):
        self.last = self.inner(x)
        return self.last


def test_a_copy_of_a_model_that_keeps_a_result():
    """pytorch/pytorch#54580, lucidrains/byol-pytorch#95: deepcopy refused, and why was a riddle."""
    model = Keeping()
    model(tg.ones((1, 2))).sum().backward()
    assert list(model.state_dict()) == ["inner.weight", "inner.bias"]
    with pytest.raises(tg.errors.GraphError, match=r"only leaves .*write \.detach\(\)"):
        copy.deepcopy(model)
    model.last = model.last.numpy()
    assert copy.deepcopy(model).last is not model.last


def test_a_state_with_a_tensor_that_the_other_model_has_not():
    """pytorch/pytorch#28340, pytorch/pytorch#45834, pytorch/rl#1594: None at first, then not."""
    model, other = Keeping(), Keeping()
    with tg.no_grad():  # what is computed without a graph looks like a buffer
        model(tg.ones((1, 2)))
    for one, state in ((other, model.state_dict()), (model, other.state_dict())):
        with pytest.raises(tg.errors.StateError, match=r"if last is no state .* y\.numpy\(\)"):
            one.load_state_dict(state)
    model.last = model.last.numpy()
    other.load_state_dict(model.state_dict())
    np.testing.assert_array_equal(other.inner.weight, model.inner.weight)


def test_a_copy_has_the_gradient_too():
    """pytorch/pytorch#3307: .grad was lost by deepcopy."""
    weight = tg.tensor([1.0, 2.0], requires_grad=True)
    (weight**2).sum().backward()
    other = copy.deepcopy(weight)
    weight.grad = None
    np.testing.assert_array_equal(other.grad, [2, 4])
    assert other.requires_grad and other.is_leaf


def test_a_mask_is_true_where_something_may_be_seen():
    """lucidrains/x-transformers#164, NVIDIA/TransformerEngine#614: is True seen or masked out?"""
    q = np.random.default_rng(0).normal(size=(1, 2, 4))
    seen = nn.scaled_dot_product_attention(q, q, q, mask=np.array([[True, False]] * 2))
    np.testing.assert_allclose(seen, q[:, [0, 0]], rtol=1e-15)
    for mask in (np.array([[1, 0]] * 2), np.array([[0, -np.inf]] * 2)):
        with pytest.raises(tg.errors.DTypeError, match="True where a query may attend to a key"):
            nn.scaled_dot_product_attention(q, q, q, mask=mask)


# ------------------------------------------------------------------------ limits, several tasks


def test_the_weights_into_a_unit_are_what_is_limited():
    """kevinzakka/pytorch-goodies#1, ageron/handson-ml3#76: along which axis of the weight?"""
    linear, conv, table = nn.Linear(2, 4), nn.Conv2d(2, 3, 3), nn.Embedding(4, 3)
    linear.weight.assign([[3, 4], [0, 0], [0.3, 0.4], [3e38, 0]])
    conv.weight.assign(np.ones(conv.weight.shape))
    table.weight.assign(np.full((4, 3), 5))
    norm = nn.BatchNorm(3)
    norm.weight.assign([5, 5, 5])
    for layer in (linear, conv, table, norm):
        nn.max_norm(layer, 1.0)
    np.testing.assert_allclose(linear.weight, [[0.6, 0.8], [0, 0], [0.3, 0.4], [1, 0]], rtol=1e-6)
    np.testing.assert_allclose(conv.weight, 18**-0.5, rtol=1e-6)  # 2 · 3 · 3 weights into each
    np.testing.assert_allclose(table.weight, 3**-0.5, rtol=1e-6)
    np.testing.assert_array_equal(norm.weight, 5)  # no weights into a unit


def test_a_task_that_a_batch_has_no_labels_for():
    """JayYip/m3tl#35, open-mmlab/mmpretrain#631: the mean of nothing made the sum NaN."""
    outputs = {"kind": np.zeros((3, 2)), "size": np.zeros((3, 1))}
    sizes, losses = np.array([[1.0], [np.nan], [2.0]]), nn.losses

    def cost(kind, size, sizes):
        tasks = {"kind": losses.cross_entropy, "size": losses.mse}
        found = {"kind": kind, "size": size}
        return nn.multitask_loss(found, {"kind": [0, 1, 1], "size": sizes}, tasks)

    for targets, value, by_size in (
        (sizes, math.log(2) + 2.5, [[-1], [0], [-2]]),
        (np.full((3, 1), np.nan), math.log(2), [[0], [0], [0]]),
    ):
        assert cost(*outputs.values(), targets).item() == pytest.approx(value, rel=1e-14)
        by = tg.grad(partial(cost, sizes=targets), argnums=(0, 1))
        kind, size = by(*outputs.values())
        np.testing.assert_allclose(kind, np.array([[-1, 1], [1, -1], [1, -1]]) / 6, rtol=1e-14)
        np.testing.assert_array_equal(size, by_size)


# ------------------------------------------------------------- higher derivatives of normalisation


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", ["layer", "batch"])
def test_higher_derivatives_of_a_normalisation(kind, order):
    """pytorch/pytorch#186256, pytorch/pytorch#175754, pytorch/pytorch#196700: order 3 was wrong."""
    # Of the pair (t, 0), a quarter added to the variance: (1, −1) · t / √(1 + t²).
    if kind == "layer":
        norm = nn.LayerNorm(2, eps=0.25, dtype="float64")
        norm.weight.assign([1, 2])
    else:
        norm = nn.BatchNorm(1, eps=0.25, dtype="float64")

    def f(t):
        pair = tg.stack([t, 0 * t])
        if kind == "layer":
            return norm(pair.reshape((1, 2))).sum()
        return (norm(pair.reshape((2, 1))) * np.array([[1.0], [2.0]])).sum()

    def tangent(f):
        return lambda t: tg.jvp(f, (t,), (np.ones(()),))[1]

    forward, reverse = f, f
    for _ in range(order):
        forward, reverse = tangent(forward), tg.grad(reverse)
    expected = float(mpmath.diff(lambda t: -t / mpmath.sqrt(1 + t * t), mpmath.mpf("0.7"), order))
    for derivative in (forward, reverse):
        assert derivative(np.array(0.7)).item() == pytest.approx(expected, rel=1e-12)


def test_the_second_derivative_of_a_batch_along_a_curve():
    """pytorch/pytorch#196699: −2.13 instead of −0.207."""

    def normed(t, root):
        x = [(i + 1) * t + (i % 3 - 1) * t * t + i for i in range(8)]
        total = 0
        for channel, scale, shift in ((0, 1.5, 0.25), (1, -0.5, 1.0)):
            own = [x[4 * n + 2 * channel + k] for n in range(2) for k in range(2)]
            mean = sum(own) / 4
            weights = [1 + 4 * n + 2 * channel + k for n in range(2) for k in range(2)]
            variance = sum((one - mean) ** 2 for one in own) / 4
            for one, weight in zip(own, weights, strict=True):
                total += weight * (scale * (one - mean) / root(variance + 0.25) + shift)
        return total

    exact = mpmath.diff(lambda t: normed(t, mpmath.sqrt), -6, 2)
    norm = nn.BatchNorm(2, eps=0.25, dtype="float64")
    norm.weight.assign([1.5, -0.5])
    norm.bias.assign([0.25, 1])

    def f(t):
        x = tg.stack([(i + 1) * t + (i % 3 - 1) * t * t + i for i in range(8)]).reshape((2, 2, 2))
        return (norm(x) * np.arange(1.0, 9).reshape(2, 2, 2)).sum()

    found = tg.grad(tg.grad(f))(np.array(-6.0)).item()
    assert found == pytest.approx(float(exact), rel=1e-11)
    assert found == pytest.approx(-0.20703015646993195, rel=1e-11)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("size", "value"), [(1, 1e6), (1, 1e30), (1, 3.3), (3, 0.1), (7, 0.1)])
def test_a_layer_normalisation_of_equal_numbers(size, value, dtype):
    """pytorch/pytorch#188372: of one number the weight had a gradient, which was rounding."""
    norm = nn.LayerNorm(size, dtype=dtype)
    norm.bias.assign(np.full(size, 3))
    x = tg.tensor(np.full((2, size), value), dtype=dtype, requires_grad=True)
    out = norm(x)
    (out * np.arange(1, 2 * size + 1, dtype=dtype).reshape(2, size)).sum().backward()
    np.testing.assert_array_equal(out, 3)
    np.testing.assert_array_equal(norm.weight.grad, 0)
    if size == 1:
        np.testing.assert_array_equal(x.grad, 0)


@pytest.mark.parametrize("layer", ["conv", "max", "average"])
def test_windows_that_are_not_the_same_along_both_axes(layer):
    """tracel-ai/burn#4466, ml-explore/mlx#2187: one axis's step was taken for both, backward."""
    rng = np.random.default_rng(0)
    x, steps = rng.normal(size=(2, 3, 7, 8)), {"stride": (1, 3), "padding": (1, 0)}
    module = {
        "conv": nn.Conv2d(3, 4, (2, 3), dilation=(2, 1), dtype="float64", **steps),
        "max": nn.MaxPool2d((2, 3), **steps),
        "average": nn.AvgPool2d((2, 3), **steps),
    }[layer]
    found = module(x)
    assert found.shape[2:] == ((7 if layer == "conv" else 8), 2)
    gradcheck(module, x[:, :, :5], order=2)
    if layer == "conv":
        weight, bias = module.weight.numpy(), module.bias.numpy()
        around = np.pad(x, [(0, 0), (0, 0), (1, 1), (0, 0)])
        for i, j in np.ndindex(7, 2):
            window = around[:, :, i : i + 3 : 2, 3 * j : 3 * j + 3]
            expected = np.einsum("ncij,ocij->no", window, weight) + bias
            np.testing.assert_allclose(found[:, :, i, j], expected, rtol=1e-12)
