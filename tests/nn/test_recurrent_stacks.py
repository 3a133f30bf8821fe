"""Recurrent layers upon each other, there and back, of sequences of several lengths."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError

KINDS = ["RNN", "GRU", "LSTM"]
every_kind = pytest.mark.parametrize("kind", KINDS)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def parts(state):
    return list(state) if isinstance(state, tuple) else [state]


def made(kind, *sizes, **settings):
    layer = getattr(nn, kind)(*sizes, dtype="float64", **settings)
    for k, parameter in enumerate(layer.parameters()):
        parameter.assign(normal(*parameter.shape, seed=k))
    return layer


def one_way(kind, cell, x, state=None):
    layer = getattr(nn, kind)(cell.in_features, cell.hidden_features, dtype="float64")
    layer.cell = cell
    return layer(x, state)


@every_kind
def test_each_layer_takes_the_outputs_of_both_directions_below(kind):
    layer, x = made(kind, 3, 2, num_layers=2, bidirectional=True), tg.tensor(normal(4, 5, 3))
    assert [cell.in_features for cell in layer.cells] == [3, 3, 4, 4]
    assert "num_layers=2, bidirectional=True" in repr(layer)
    y, states = x, []
    for there, back in (layer.cells[:2], layer.cells[2:]):
        first, one = one_way(kind, there, y)
        second, other = one_way(kind, back, y[:, ::-1])
        y = tg.concat([first, second[:, ::-1]], axis=-1)
        states += [parts(one), parts(other)]
    found, last = layer(x)
    np.testing.assert_allclose(found.data, y.data, rtol=1e-12)
    for mine, theirs in zip(parts(last), zip(*states, strict=True), strict=True):
        np.testing.assert_allclose(mine.data, [s.data for s in theirs], rtol=1e-12)


@every_kind
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("count", [1, 2])
def test_each_sequence_is_as_long_as_it_is(kind, both, count):
    layer = made(kind, 2, 3, num_layers=count, bidirectional=both)
    lengths = np.array([4, 1, 0, 3])
    x = normal(4, 4, 2)
    x[np.arange(4) >= lengths[:, None]] = np.nan
    leaf = tg.tensor(x, requires_grad=True)
    y, last = layer(leaf, lengths=lengths)
    for i, n in enumerate(lengths):
        assert not y.data[i, n:].any()
        if n:
            alone, state = layer(x[i : i + 1, :n])
            np.testing.assert_allclose(y.data[i, :n], alone.data[0], rtol=1e-12)
            for mine, theirs in zip(parts(last), parts(state), strict=True):
                np.testing.assert_allclose(mine.data[..., i, :], theirs.data[..., 0, :], rtol=1e-12)
    y.sum().backward()
    assert np.isfinite(leaf.grad.data).all()
    assert all(np.isfinite(p.grad.data).all() for p in layer.parameters())
    plain, _ = layer(normal(4, 4, 2), lengths=tg.tensor([4, 4, 4, 4]))
    np.testing.assert_array_equal(plain.data, layer(normal(4, 4, 2))[0].data)


@every_kind
def test_states_go_in_as_they_come_out(kind):
    layer, x = made(kind, 2, 3, num_layers=2), tg.tensor(normal(4, 6, 2))
    outputs, last = layer(x)
    first, state = layer(x[:, :2])
    second, state = layer(x[:, 2:], state)
    np.testing.assert_allclose(tg.concat([first, second], axis=1).data, outputs.data, rtol=1e-12)
    for one, wanted in zip(parts(state), parts(last), strict=True):
        np.testing.assert_allclose(one.data, wanted.data, rtol=1e-12)


@every_kind
def test_without_biases(kind):
    layer = made(kind, 2, 3, bias=False)
    assert [path for path, _ in layer.named_parameters()] == ["cell.weight_ih", "cell.weight_hh"]
    with_biases = getattr(nn, kind)(2, 3, dtype="float64")
    zero = {"cell.bias_ih": 0 * with_biases.cell.bias_ih, "cell.bias_hh": with_biases.cell.bias_hh}
    with_biases.load_state_dict(layer.state_dict() | {k: v.numpy() for k, v in zero.items()})
    x = normal(4, 5, 2)
    np.testing.assert_allclose(layer(x)[0].data, with_biases(x)[0].data, rtol=1e-12)
    with pytest.raises(ShapeError, match="must have 2 features along axis -1"):
        layer(normal(4, 5, 3))


def test_a_projection_shows_fewer_numbers_than_are_remembered():
    layer = made("LSTM", 2, 5, proj_features=3, num_layers=2)
    y, (h, c) = layer(normal(4, 6, 2))
    assert (y.shape, h.shape, c.shape) == ((4, 6, 3), (2, 4, 3), (2, 4, 5))
    cell = layer.cells[0]
    h1, c1 = cell(normal(4, 2))
    whole = nn.LSTMCell(2, 5, dtype="float64")
    whole.load_state_dict(
        {k: v for k, v in cell.state_dict().items() if k not in ("weight_hr", "weight_hh")}
        | {"weight_hh": np.zeros((20, 5))}
    )
    full, memory = whole(normal(4, 2))
    np.testing.assert_allclose(h1.data, full.data @ cell.weight_hr.data.T, rtol=1e-12)
    np.testing.assert_allclose(c1.data, memory.data, rtol=1e-12)
    assert "proj_features=3" in repr(layer)


def test_dropout_stands_between_layers_in_training():
    layer = nn.RNN(2, 3, num_layers=2, dropout=0.5)
    x = np.ones((4, 3, 2), "float32")
    tg.random.seed(0)
    one, two = layer(x)[0], layer(x)[0]
    assert (one.data != two.data).any()
    layer.eval()
    np.testing.assert_array_equal(layer(x)[0].data, layer(x)[0].data)
    with pytest.raises(
        ArgumentError, match=r"nothing between; write num_layers=2, or tg\.nn\.Dropo"
    ):
        nn.RNN(2, 3, dropout=0.5)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"lengths": [1.0, 2.0]}, DTypeError, "lengths are integers, not float"),
        ({"lengths": [1]}, ShapeError, r"lengths of shape \(1,\) must have shape \(2,\)"),
        ({"lengths": [1, 9]}, ArgumentError, r"lengths are in 0 … 3, the number of time steps"),
        ({"state": np.zeros((1, 2, 3))}, ShapeError, r"\(2, 2, features\): one for each of 2 lay"),
        ({"state": np.zeros((2, 2, 4))}, ShapeError, r"a state of shape \(2, 4\) must have shape"),
    ],
)
def test_what_does_not_fit_is_refused(given, error, message):
    with pytest.raises(error, match=f"GRU in model GRU: .*{message}|GRUCell in .*{message}"):
        nn.GRU(2, 3, num_layers=2)(np.ones((2, 3, 2), "float32"), **given)
