"""Layers against their equations, written in plain NumPy."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError
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
    with pytest.raises(ArgumentError, match="Linear: in_features is at least 1, not 0"):
        nn.Linear(0, 3)
    with pytest.raises(DTypeError, match=r"Linear: out_features is an integer, not 2\.5"):
        nn.Linear(3, 2.5)
    with pytest.raises(ShapeError, match=r"<lambda> returned shape \(2,\) for .* shape \(3, 4\)"):
        nn.Linear(4, 3, init=lambda shape, **_: np.zeros(2))


@pytest.mark.parametrize("maker", [nn.init.normal, nn.init.constant, nn.init.orthogonal])
def test_a_function_that_returns_initialisers_is_not_one(maker):
    with pytest.raises(DTypeError, match=rf"if it returns one, write init={maker.__name__}\(…\)"):
        nn.Linear(4, 3, init=maker)


@pytest.mark.parametrize("init", ["he_normal", np.ones((4, 3)), 2])
def test_what_cannot_be_called_is_no_initialiser(init):
    with pytest.raises(DTypeError, match=r"is not an initialiser; write one of tg\.nn\.init"):
        nn.Linear(3, 4, init=init)


def test_an_initialiser_keeps_its_own_array():
    given_weight = tg.zeros((3, 4))
    layer = nn.Linear(4, 3, init=lambda shape, **_: given_weight)
    assert not given_weight.requires_grad
    layer.weight.assign(np.ones((3, 4)))
    assert not given_weight.data.any()


# -------------------------------------------------------------------- activations, Sequential

PARAMETERS = {"Threshold": (0.1, -1.0)}
ACTIVATIONS = {
    nn.ReLU: tg.relu, nn.LeakyReLU: tg.leaky_relu, nn.ELU: tg.elu, nn.GELU: tg.gelu,
    nn.SiLU: tg.silu, nn.Sigmoid: tg.sigmoid, nn.LogSigmoid: tg.log_sigmoid,
    nn.Softplus: tg.softplus, nn.Tanh: tg.tanh, nn.Softmax: tg.softmax,
    nn.LogSoftmax: tg.log_softmax, nn.ReLU6: tg.relu6, nn.SELU: tg.selu, nn.CELU: tg.celu,
    nn.GLU: tg.glu, nn.Mish: tg.mish, nn.Hardtanh: tg.hardtanh, nn.Hardsigmoid: tg.hardsigmoid,
    nn.Hardswish: tg.hardswish, nn.Hardshrink: tg.hardshrink, nn.Softshrink: tg.softshrink,
    nn.Tanhshrink: tg.tanhshrink, nn.Softsign: tg.softsign, nn.Threshold: tg.threshold,
}  # fmt: skip


def test_every_activation_layer_is_listed_above():
    assert set(ACTIVATIONS) == set(nn.Activation.__subclasses__())


@pytest.mark.parametrize("layer", ACTIVATIONS, ids=lambda layer: layer.__name__)
def test_an_activation_layer_is_its_function(layer):
    x = tg.tensor(normal(3, 4))
    static = PARAMETERS.get(layer.__name__, ())
    assert (layer(*static)(x).data == ACTIVATIONS[layer](x, *static).data).all()
    assert layer(*static).parameters() == []


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (nn.LeakyReLU(0.2), lambda x: np.where(x > 0, x, 0.2 * x)),
        (nn.LeakyReLU(slope=0.2), lambda x: np.where(x > 0, x, 0.2 * x)),
        (nn.ELU(alpha=2.0), lambda x: np.where(x > 0, x, 2 * np.expm1(x))),
        (nn.Softmax(axis=0), lambda x: np.exp(x) / np.exp(x).sum(0)),
        (nn.LogSoftmax(0), lambda x: np.log(np.exp(x) / np.exp(x).sum(0))),
    ],
    ids=lambda case: repr(case) if isinstance(case, nn.Activation) else "as NumPy",
)
def test_parameters_of_activations(layer, expected):
    x = normal(3, 4)
    np.testing.assert_allclose(layer(tg.tensor(x)).data, expected(x), rtol=1e-13)


def test_an_activation_refuses_unknown_parameters():
    with pytest.raises(TypeError, match=r"LeakyReLU has no keyword 'alpha'; write slope=0.1 for"):
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
    with pytest.raises(
        DTypeError, match=r"layer 0 is \[Linear.*\], .*; write Sequential\(\*layers\)"
    ):
        nn.Sequential([nn.Linear(1, 1)])
    with pytest.raises(DTypeError, match=r"layer 1 is 'relu', .*; write nn\.ReLU\(\)"):
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
