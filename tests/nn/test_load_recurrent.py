"""Recurrent layers of Keras and Flax: two directions, and gates of which each has an array.

What they compute is written out here by their documentation's equations.
"""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tensorgraph import nn
from tensorgraph.errors import StateError
from tests.nn.test_load_foreign import close, keras_step, normal, sigmoid

LAYERS = {"RNN": "simple_rnn", "GRU": "gru", "LSTM": "lstm"}


def flax_step(kind, x, state, cell):
    """Return a step of a cell of Flax, of kernels and biases by the names that it has for them."""
    dense = lambda name, value: value @ cell[f"{name}/kernel"] + cell.get(f"{name}/bias", 0)  # noqa: E731
    if kind == "RNN":
        return np.tanh(dense("i", x) + dense("h", state))
    if kind == "GRU":
        r, z = (sigmoid(dense(f"i{g}", x) + dense(f"h{g}", state)) for g in "rz")
        n = np.tanh(dense("in", x) + r * dense("hn", state))
        return (1 - z) * n + z * state
    h, c = state
    i, f, g, o = (dense(f"i{gate}", x) + dense(f"h{gate}", h) for gate in "ifgo")
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


BIASED = {"RNN": ["i"], "GRU": ["ir", "iz", "in", "hn"], "LSTM": ["hi", "hf", "hg", "ho"]}


def flax_cell(kind):
    letters = {"RNN": [""], "GRU": "rzn", "LSTM": "ifgo"}[kind]
    arrays = {f"i{g}/kernel": normal(2, 3) for g in letters}
    arrays |= {f"h{g}/kernel": normal(3, 3) for g in letters}
    return arrays | {f"{name}/bias": normal(3) for name in BIASED[kind]}


def outputs(kind, x, step):
    """Return h of all steps along x, of shape (m, T, 3)."""
    state = (np.zeros((len(x), 3)),) * 2 if kind == "LSTM" else np.zeros((len(x), 3))
    found = []
    for t in range(x.shape[1]):
        state = step(kind, x[:, t], state)
        found.append(state[0] if kind == "LSTM" else state)
    return np.stack(found, axis=1)


def under(above, arrays):
    return {f"{above}/{name}": array for name, array in arrays.items()}


@pytest.mark.parametrize("kind", LAYERS)
def test_a_layer_of_flax(kind):
    cell, layer, x = flax_cell(kind), getattr(nn, kind)(2, 3), normal(2, 4, 2)
    report = nn.load_foreign(layer, {"params": {"cell": cell}})
    assert report.whole and "more, dense_i.kernel" in report.sources["cell.weight_ih"]
    assert "bias_hh from" in str(report)
    close(layer(x)[0], outputs(kind, x, lambda *given: flax_step(*given, cell)))


@pytest.mark.parametrize("kind", LAYERS)
def test_a_cell_of_flax_whose_gates_are_joined(kind):
    cell, layer = flax_cell(kind), getattr(nn, f"{kind}Cell")(2, 3)
    order = {"RNN": [""], "GRU": "rzn", "LSTM": "ifgo"}[kind]
    cell.pop("hn/bias", None)  # which the newer one has not
    biases = "h" if kind == "LSTM" else "i"
    joined = {
        f"dense_{s}": {"kernel": np.concatenate([cell[f"{s}{g}/kernel"] for g in order], axis=1)}
        for s in "ih"
    }
    joined[f"dense_{biases}"]["bias"] = np.concatenate([cell[f"{biases}{g}/bias"] for g in order])
    assert nn.load_foreign(layer, joined).whole
    x, h = normal(4, 2), normal(4, 3)
    state = (h, normal(4, 3)) if kind == "LSTM" else h
    got, expected = layer(x, state), flax_step(kind, x, state, cell)
    for one, other in zip(got, expected, strict=True):
        close(one, other)


@pytest.mark.parametrize("kind", LAYERS)
def test_two_directions_of_flax(kind):
    there, back = flax_cell(kind), flax_cell(kind)
    layer, x = getattr(nn, kind)(2, 3, bidirectional=True), normal(2, 4, 2)
    arrays = under("forward_rnn/cell", there) | under("backward_rnn/cell", back)
    assert nn.load_foreign(layer, arrays).whole
    first = outputs(kind, x, lambda *given: flax_step(*given, there))
    second = outputs(kind, x[:, ::-1], lambda *given: flax_step(*given, back))[:, ::-1]
    close(layer(x)[0], np.concatenate([first, second], axis=-1))


@pytest.mark.parametrize("name", ["{0}", "{0}_12", "encoder"])
@pytest.mark.parametrize("kind", LAYERS)
def test_two_directions_of_keras(kind, name):
    gates = {"RNN": 1, "GRU": 3, "LSTM": 4}[kind]
    name = name.format(LAYERS[kind])
    layer, x = getattr(nn, kind)(2, 3, bidirectional=True), normal(2, 4, 2)
    weights, arrays = [], {}
    for way in ("forward", "backward"):
        bias = normal(2, 9) if kind == "GRU" else normal(3 * gates)
        found = {"kernel": normal(2, 3 * gates), "recurrent_kernel": normal(3, 3 * gates)}
        weights.append([*(found | {"bias": bias}).values()])
        arrays |= under(f"{way}_{name}/{LAYERS[kind]}_cell", found | {"bias": bias})
    report = nn.load_foreign(layer, arrays)
    assert report.whole and report.sources["cells.1.bias_hh"].startswith(f"backward_{name}/")
    first, second = (
        outputs(kind, one, lambda *given, w=w: keras_step(*given, *w))
        for one, w in zip([x, x[:, ::-1]], weights, strict=True)
    )
    close(layer(x)[0], np.concatenate([first, second[:, ::-1]], axis=-1))


@given(st.sampled_from([*LAYERS]), st.data())
def test_a_gate_that_is_missing_or_of_another_size_is_told(kind, data):
    cell, layer = flax_cell(kind), getattr(nn, f"{kind}Cell")(2, 3)
    before = layer.state_dict()
    name = data.draw(st.sampled_from([n for n in cell if n.endswith("kernel")]))
    wrong = data.draw(st.sampled_from([None, normal(7, 5), normal(3), normal(9, 3, 1), "text"]))
    cell[name] = wrong
    if wrong is None:
        del cell[name]
    with pytest.raises(StateError, match=r"missing: .*\n  unexpected: "):
        nn.load_foreign(layer, cell)
    assert all(np.array_equal(before[n], v) for n, v in layer.state_dict().items())


def test_layers_of_ones_own_that_are_called_like_gates_are_these():
    net = nn.ModuleDict({"i": nn.Linear(2, 3), "h": nn.Linear(3, 3)})
    kernels = normal(2, 3), normal(3, 3)
    arrays = {"i/kernel": kernels[0], "i/bias": normal(3), "h/kernel": kernels[1]}
    nn.load_foreign(net, arrays | {"h/bias": normal(3)})
    assert np.array_equal(net["i"].weight.data, kernels[0].T.astype(np.float32))
