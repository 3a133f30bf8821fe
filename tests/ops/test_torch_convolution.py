"""Convolution and pooling beside PyTorch's: a separate check, where PyTorch is installed."""

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tests.machine.needs import reason

torch = pytest.importorskip("torch", reason=reason("torch"))


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def agree(ours, theirs):
    found = ours.numpy() if isinstance(ours, tg.Tensor) else ours
    np.testing.assert_allclose(found, theirs.detach().numpy(), rtol=1e-10, atol=1e-12)


@st.composite
def settings(draw):
    """Return shapes of x and the weight, and a geometry that PyTorch takes too."""
    rank = draw(st.integers(1, 3))
    groups, inner, outer = (draw(st.integers(1, 3)) for _ in range(3))

    def sizes(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(rank))

    size, lengths = sizes(1, 3), sizes(3, 7)
    geometry = {
        "stride": sizes(1, 3),
        "padding": sizes(0, 2),
        "dilation": sizes(1, 2),
        "groups": groups,
    }
    rows = zip(lengths, size, geometry["padding"], geometry["dilation"], strict=True)
    assume(all((k - 1) * d < n + 2 * p for n, k, p, d in rows))
    x_shape = (draw(st.integers(1, 3)), groups * inner, *lengths)
    return x_shape, (groups * outer, inner, *size), geometry


@given(settings())
def test_convolutions_and_their_gradients(made):
    x_shape, w_shape, geometry = made
    x, w = normal(0, *x_shape), normal(1, *w_shape)
    ours = [tg.tensor(a, requires_grad=True) for a in (x, w)]
    theirs = [torch.tensor(a, requires_grad=True) for a in (x, w)]
    convolve = (torch.conv1d, torch.conv2d, torch.conv3d)[len(w_shape) - 3]
    y, expected = tg.conv(*ours, **geometry), convolve(*theirs, **geometry)
    agree(y, expected)
    g = normal(2, *y.shape)
    y.backward(g)
    expected.backward(torch.tensor(g))
    for one, other in zip(ours, theirs, strict=True):
        agree(one.grad, other.grad)


@given(settings())
def test_transposed_convolutions(made):
    x_shape, w_shape, geometry = made
    y = normal(0, *tg.conv(np.zeros(x_shape), np.zeros(w_shape), **geometry).shape)
    w = normal(1, *w_shape)
    transposed = (
        torch.conv_transpose1d,
        torch.conv_transpose2d,
        torch.conv_transpose3d,
    )[len(w_shape) - 3]
    expected = transposed(torch.tensor(y), torch.tensor(w), **geometry)
    if 0 not in expected.shape:
        agree(tg.conv_transpose(y, w, shape=expected.shape[2:], **geometry), expected)


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize(
    "geometry",
    [
        {},
        {"stride": 2, "padding": 1, "output_padding": 1, "groups": 2},
        {"stride": 3, "dilation": 2, "bias": False, "output_padding": 2},
    ],
)
def test_transposed_layers_and_their_gradients(rank, geometry):
    kind = f"ConvTranspose{rank}d"
    ours = getattr(nn, kind)(4, 6, 3, **geometry, dtype="float64")
    theirs = getattr(torch.nn, kind)(4, 6, 3, **geometry, dtype=torch.float64)
    for name, parameter in ours.named_parameters():
        getattr(theirs, name).data = torch.tensor(parameter.numpy())
    x = normal(0, 2, 4, *(4, 3)[:rank])
    mine, other = tg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, expected = ours(mine), theirs(other)
    agree(y, expected)
    g = normal(1, *y.shape)
    y.backward(g)
    expected.backward(torch.tensor(g))
    agree(mine.grad, other.grad)
    for name, parameter in ours.named_parameters():
        agree(parameter.grad, getattr(theirs, name).grad)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.parametrize("size", [1, 2, 3, 4, (2, 3)])
@pytest.mark.parametrize("dilation", [1, 2])
def test_same_padding_with_stride_1(size, dilation):
    ours = nn.Conv2d(2, 3, size, padding="same", dilation=dilation, dtype="float64")
    theirs = torch.nn.Conv2d(2, 3, size, padding="same", dilation=dilation, dtype=torch.float64)
    theirs.load_state_dict({k: torch.tensor(v) for k, v in ours.state_dict().items()})
    x = normal(0, 2, 2, 7, 6)
    agree(ours(x), theirs(torch.tensor(x)))


@pytest.mark.parametrize("size, stride, padding", [(2, 2, 0), (3, 2, 1), ((3, 2), 1, (1, 0))])
def test_pooling_and_its_gradients(size, stride, padding):
    x = normal(0, 2, 3, 7, 6)
    for name, layer, options in (
        ("max_pool", torch.nn.MaxPool2d, {}),
        ("avg_pool", torch.nn.AvgPool2d, {"count_include_pad": False}),
    ):
        ours, theirs = tg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        y = getattr(tg, name)(ours, size, stride, padding)
        expected = layer(size, stride, padding, **options)(theirs)
        agree(y, expected)
        g = normal(1, *y.shape)
        y.backward(g)
        expected.backward(torch.tensor(g))
        agree(ours.grad, theirs.grad)


def test_a_training_run_of_a_convolutional_net():
    def network(lib, **kind):
        return lib.Sequential(
            lib.Conv2d(1, 4, 3, padding=1, **kind), lib.Tanh(), lib.MaxPool2d(2),
            lib.Conv2d(4, 6, 3, stride=2, groups=2, **kind), lib.ReLU(), lib.AvgPool2d(2),
            lib.Flatten(), lib.Linear(6, 3, **kind),
        )  # fmt: skip

    ours, theirs = network(nn, dtype="float64"), network(torch.nn, dtype=torch.float64)
    state = {name.removeprefix("layers."): v for name, v in ours.state_dict().items()}
    theirs.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
    x, labels = normal(0, 8, 1, 12, 12), np.arange(8) % 3
    rate = 0.1
    optimizer, peer = (
        tg.optim.SGD(ours.parameters(), lr=rate),
        torch.optim.SGD(theirs.parameters(), lr=rate),
    )
    for _ in range(5):
        optimizer.zero_grad()
        cost = nn.losses.cross_entropy(ours(x), labels)
        cost.backward()
        optimizer.step()
        peer.zero_grad()
        expected = torch.nn.functional.cross_entropy(theirs(torch.tensor(x)), torch.tensor(labels))
        expected.backward()
        peer.step()
        agree(cost, expected)
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        agree(one, other)
