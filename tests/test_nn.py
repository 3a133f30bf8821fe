"""Layers and losses against their equations, written in plain NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, AxisError, DTypeError, ShapeError
from tensorgraph.nn.losses import cross_entropy

DTYPES = ["float32", "float64"]


def normal(*shape, dtype="float64", seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


# -------------------------------------------------------------------------------------- Linear


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("lead", [(), (5,), (0,), (2, 3)])
def test_linear_is_x_times_the_transposed_weight_plus_b(lead, bias, dtype):
    layer, x = nn.Linear(4, 3, bias=bias, dtype=dtype), normal(*lead, 4, dtype=dtype)
    expected = x @ layer.weight.data.T
    if bias:
        layer.bias.assign([1.0, -2.0, 0.5])
        expected = expected + layer.bias.data
    y = layer(tg.tensor(x))
    assert y.shape == (*lead, 3)
    assert y.dtype == dtype
    np.testing.assert_allclose(y.data, expected, rtol=1e-5 if dtype == "float32" else 1e-14)
    y.sum().backward()
    assert layer.weight.grad.dtype == dtype


def test_linear_has_the_parameters_that_its_arguments_say():
    layer = nn.Linear(4, 3)
    assert [(name, p.shape, str(p.dtype)) for name, p in layer.named_parameters()] == [
        ("weight", (3, 4), "float32"),
        ("bias", (3,), "float32"),
    ]
    assert not layer.bias.data.any()
    assert nn.Linear(4, 3, bias=False).bias is None


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(5, 3), (3,), ()])
def test_linear_refuses_another_number_of_features(shape, bias):
    model = nn.Sequential(nn.Linear(4, 2, bias=bias))
    with pytest.raises(ShapeError) as caught:
        model(tg.ones(shape))
    message = str(caught.value)
    assert "linear in model.layers[0] Linear" in message
    assert str(shape) in message
    assert "4" in message


def test_linear_refuses_what_makes_no_layer():
    with pytest.raises(ArgumentError, match=r"Linear\(0, 3\): .* must be positive"):
        nn.Linear(0, 3)
    with pytest.raises(DTypeError, match=r"Linear\(2.5, 3\): .* must be integers"):
        nn.Linear(2.5, 3)
    with pytest.raises(ShapeError, match=r"<lambda> returned shape \(2,\) for .* shape \(3, 4\)"):
        nn.Linear(4, 3, init=lambda shape, **_: np.zeros(2))


def test_an_initialiser_keeps_its_own_array():
    given_weight = tg.zeros((3, 4))
    layer = nn.Linear(4, 3, init=lambda shape, **_: given_weight)
    assert not given_weight.requires_grad
    layer.weight.assign(np.ones((3, 4)))
    assert not given_weight.data.any()


# -------------------------------------------------------------------- activations, Sequential

ACTIVATIONS = {
    nn.ReLU: tg.relu, nn.LeakyReLU: tg.leaky_relu, nn.ELU: tg.elu, nn.GELU: tg.gelu,
    nn.SiLU: tg.silu, nn.Sigmoid: tg.sigmoid, nn.LogSigmoid: tg.log_sigmoid,
    nn.Softplus: tg.softplus, nn.Tanh: tg.tanh, nn.Softmax: tg.softmax,
    nn.LogSoftmax: tg.log_softmax,
}  # fmt: skip


def test_every_activation_layer_is_listed_above():
    assert set(ACTIVATIONS) == set(nn.Activation.__subclasses__())


@pytest.mark.parametrize("layer", ACTIVATIONS, ids=lambda layer: layer.__name__)
def test_an_activation_layer_is_its_function(layer):
    x = tg.tensor(normal(3, 4))
    assert (layer()(x).data == ACTIVATIONS[layer](x).data).all()
    assert layer().parameters() == []


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (nn.LeakyReLU(0.2), lambda x: np.where(x > 0, x, 0.2 * x)),
        (nn.LeakyReLU(slope=0.2), lambda x: np.where(x > 0, x, 0.2 * x)),
        (nn.ELU(alpha=2.0), lambda x: np.where(x > 0, x, 2 * np.expm1(x))),
        (nn.Softmax(axis=0), lambda x: np.exp(x) / np.exp(x).sum(0)),
        (nn.LogSoftmax(0), lambda x: np.log(np.exp(x) / np.exp(x).sum(0))),
    ],
    ids=repr,
)
def test_parameters_of_activations(layer, expected):
    x = normal(3, 4)
    np.testing.assert_allclose(layer(tg.tensor(x)).data, expected(x), rtol=1e-13)


def test_an_activation_refuses_unknown_parameters():
    with pytest.raises(TypeError, match=r"LeakyReLU\(slope=0.01\): .*'alpha'"):
        nn.LeakyReLU(alpha=0.1)
    with pytest.raises(TypeError, match=r"ReLU\(\): too many"):
        nn.ReLU(0.1)


def test_sequential_is_a_composition_of_its_layers():
    first, second = nn.Linear(2, 3), nn.Linear(3, 1)
    net = nn.Sequential(first, tg.tanh, second)
    x = tg.ones((4, 2))
    assert (net(x).data == second(tg.tanh(first(x))).data).all()
    assert (len(net), net[0], net[-1], list(net)) == (3, first, second, [first, tg.tanh, second])
    assert net[1:].layers == [tg.tanh, second]
    assert nn.Sequential()(x) is x
    assert "Sequential(layers[1]=tanh)" in repr(net)


def test_sequential_refuses_what_is_no_layer():
    with pytest.raises(DTypeError, match=r"layer 0 is a list, .*; write Sequential\(\*layers\)"):
        nn.Sequential([nn.Linear(1, 1)])
    with pytest.raises(DTypeError, match="layer 1 is a str, not a module or function"):
        nn.Sequential(nn.ReLU(), "relu")


@pytest.mark.parametrize("order", [1, 2])
def test_gradients_of_a_whole_network(order):
    net = nn.Sequential(
        nn.Linear(3, 4, dtype="float64"),
        nn.Tanh(),
        nn.Linear(4, 4, bias=False, dtype="float64"),
        nn.GELU(),
        nn.Linear(4, 2, dtype="float64"),
    )
    names = [name for name, _ in net.named_parameters()]
    labels = [0, 1, 1, 0, 1]

    def cost(x, *values):
        for name, value in zip(names, values, strict=True):
            _, i, attribute = name.split(".")
            setattr(net.layers[int(i)], attribute, value)
        return cross_entropy(net(x), labels)

    values = [normal(*p.shape, seed=i) for i, p in enumerate(net.parameters())]
    tg.testing.gradcheck(cost, normal(5, 3), *values, order=order)


# ------------------------------------------------------------------------------ cross-entropy


def reference(z, y, axis):
    """−Σ y log softmax(z), by the definition, for distributions y."""
    a = np.exp(z) / np.exp(z).sum(axis=axis, keepdims=True)
    return -(y * np.log(a)).sum(axis=axis)


@st.composite
def problems(draw):
    """Draw logits, classes, the same classes one-hot, and the axis of the classes."""
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = shape[axis]
    rest = shape[: axis % len(shape)] + shape[axis % len(shape) + 1 :]
    classes = rng.integers(0, count, rest)
    one_hot = np.moveaxis(np.eye(count)[classes], -1, axis)
    return rng.standard_normal(shape), classes, one_hot, axis


@given(problems(), st.sampled_from(["mean", "sum", "none"]), st.sampled_from(DTYPES))
def test_cross_entropy_of_classes_and_of_distributions(problem, reduction, dtype):
    z, classes, one_hot, axis = problem
    reduce = {"mean": np.mean, "sum": np.sum, "none": lambda losses: losses}[reduction]
    expected = reduce(reference(z, one_hot, axis))
    tolerance = {"rtol": 1e-12, "atol": 1e-14} if dtype == "float64" else {"atol": 1e-5}
    targets = [classes, one_hot, one_hot.astype(int), tg.tensor(classes), tg.tensor(one_hot)]
    for target in targets:
        cost = cross_entropy(tg.tensor(z.astype(dtype)), target, axis=axis, reduction=reduction)
        assert cost.dtype == dtype
        np.testing.assert_allclose(cost.data, expected, **tolerance)
    again = cross_entropy(z, classes, axis=axis, reduction=reduction)  # arrays do as well
    np.testing.assert_allclose(again, expected, rtol=1e-12, atol=1e-14)


@given(problems(), st.sampled_from(DTYPES))
def test_the_gradient_of_the_cost_is_a_minus_y_over_m(problem, dtype):
    z, classes, one_hot, axis = problem
    a = np.exp(z) / np.exp(z).sum(axis=axis, keepdims=True)
    expected = (a - one_hot) / (z.size // z.shape[axis])
    for target in (classes, one_hot):
        logits = tg.tensor(z.astype(dtype), requires_grad=True)
        cross_entropy(logits, target, axis=axis).backward()
        assert logits.grad.dtype == dtype
        np.testing.assert_allclose(
            logits.grad.data, expected, atol=1e-14 if dtype == "float64" else 1e-6
        )


@pytest.mark.parametrize("order", [1, 2])
def test_cross_entropy_passes_gradcheck(order):
    z, y = normal(4, 3), np.random.default_rng(1).dirichlet(np.ones(3), 4)
    tg.testing.gradcheck(lambda z, y: cross_entropy(z, y), z, y, order=order)
    tg.testing.gradcheck(lambda z: cross_entropy(z, [0, 2, 1], axis=0), z[:3].T, order=order)


@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple),
    st.lists(st.integers(1, 3), max_size=3).map(tuple),
    st.data(),
)
def test_nothing_is_broadcast(logits, target, data):
    axis = data.draw(st.integers(0, len(logits) - 1))
    fits = target in (logits, logits[:axis] + logits[axis + 1 :])
    try:
        losses = cross_entropy(tg.zeros(logits), np.zeros(target, int), axis, "none")
    except ShapeError as error:
        assert not fits
        assert str(logits) in str(error)
        assert str(target) in str(error)
    else:
        assert fits
        assert losses.shape == logits[:axis] + logits[axis + 1 :]


@pytest.mark.parametrize(
    ("logits", "target", "axis", "hint"),
    [
        ((5, 3), (5, 1), -1, "write target.reshape((5,)) to drop the axis of length 1"),
        ((3, 5), (1, 5), 0, "write target.reshape((5,)) to drop the axis of length 1"),
        ((5, 3), (3, 5), -1, "write target.T"),
        ((3, 5), (5,), -1, "write axis=0 if the classes stand along axis 0"),
    ],
)
def test_a_misfit_says_what_to_write(logits, target, axis, hint):
    with pytest.raises(ShapeError) as caught:
        cross_entropy(tg.zeros(logits), np.zeros(target, int), axis)
    assert hint in str(caught.value)


def test_cross_entropy_refuses_wrong_classes_and_words():
    z = tg.zeros((2, 3))
    with pytest.raises(AxisError, match="3"):
        cross_entropy(z, [0, 3])
    with pytest.raises(AxisError, match="-1"):
        cross_entropy(z, [0, -1])
    with pytest.raises(DTypeError, match="class labels are integers, not float32"):
        cross_entropy(z, [0.0, 1.0])
    with pytest.raises(ArgumentError, match="'mean' or 'sum' or 'none', not 'avg'"):
        cross_entropy(z, [0, 1], reduction="avg")
    with pytest.raises(AxisError, match="cross_entropy: axis 2 is out of range"):
        cross_entropy(z, [0, 1], axis=2)
    with pytest.raises(AxisError, match="it has no axes"):
        cross_entropy(tg.tensor(0.0), 0)


def test_cross_entropy_is_finite_where_softmax_saturates():
    z = tg.tensor([[1e4, 0.0], [0.0, -1e4]], requires_grad=True)
    cost = cross_entropy(z, [0, 1], reduction="none")
    assert cost.data.tolist() == [0.0, 1e4]
    cost.sum().backward()
    assert z.grad.data.tolist() == [[0.0, 0.0], [1.0, -1.0]]
