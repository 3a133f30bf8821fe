"""RNN, GRU and LSTM against their equations, written in plain NumPy, step by step."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError

DTYPES = ["float32", "float64"]
KINDS = ["RNN", "GRU", "LSTM"]
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}

every_kind = pytest.mark.parametrize("kind", KINDS)


def sigma(z):
    return 1 / (1 + np.exp(-z))


def reference_step(kind, parameters, x, state):
    """One step, gate by gate: each with the rows of the parameters that are its own."""
    h = state[0]
    n = h.shape[-1]

    def gate(k, part):
        rows = slice(k * n, (k + 1) * n)
        value, weight, bias = {
            "x": (x, parameters["weight_ih"], parameters["bias_ih"]),
            "h": (h, parameters["weight_hh"], parameters["bias_hh"]),
        }[part]
        return value @ weight[rows].T + bias[rows]

    if kind == "RNN":
        return [np.tanh(gate(0, "x") + gate(0, "h"))]
    if kind == "GRU":
        r = sigma(gate(0, "x") + gate(0, "h"))
        z = sigma(gate(1, "x") + gate(1, "h"))
        proposal = np.tanh(gate(2, "x") + r * gate(2, "h"))
        return [(1 - z) * proposal + z * h]
    i, f, o = (sigma(gate(k, "x") + gate(k, "h")) for k in (0, 1, 3))
    proposal = np.tanh(gate(2, "x") + gate(2, "h"))
    c = f * state[1] + i * proposal
    return [o * np.tanh(c), c]


def reference(kind, parameters, x, state):
    outputs = []
    for t in range(x.shape[1]):
        state = reference_step(kind, parameters, x[:, t], state)
        outputs.append(state[0])
    return np.stack(outputs, axis=1), state


def randomised(layer, seed=0):
    """Give a layer random parameters, biases too; return them by their last names."""
    rng = np.random.default_rng(seed)
    for parameter in layer.parameters():
        parameter.assign(rng.standard_normal(parameter.shape).astype(parameter.dtype))
    return {
        path.removeprefix("cell."): np.float64(value) for path, value in layer.state_dict().items()
    }


def parts(state):
    return list(state) if isinstance(state, tuple) else [state]


def whole(kind, state):
    """Return the parts of a state as the layer takes them."""
    return tuple(state) if kind == "LSTM" else state[0]


@given(
    st.sampled_from(KINDS),
    st.integers(0, 3),
    st.integers(1, 11),
    st.integers(1, 3),
    st.integers(1, 3),
    st.sampled_from(DTYPES),
    st.booleans(),
    st.integers(0, 2**32),
)
def test_a_layer_follows_its_equations(kind, m, steps, features, hidden, dtype, given_state, seed):
    rng = np.random.default_rng(seed)
    layer = getattr(nn, kind)(features, hidden, dtype=dtype)
    parameters = randomised(layer, seed)
    x = rng.standard_normal((m, steps, features)).astype(dtype)
    state = [np.zeros((m, hidden), dtype) for _ in range(2 if kind == "LSTM" else 1)]
    if given_state:
        state = [rng.standard_normal(part.shape).astype(dtype) for part in state]
        outputs, last = layer(tg.tensor(x), whole(kind, state))
    else:
        outputs, last = layer(x)
    expected, expected_last = reference(kind, parameters, x, state)
    tolerance = 1e-5 if dtype == "float32" else 1e-13
    assert outputs.dtype == dtype
    np.testing.assert_allclose(outputs.data, expected, atol=tolerance)
    for found, wanted in zip(parts(last), expected_last, strict=True):
        assert found.dtype == dtype
        np.testing.assert_allclose(found.data, wanted, atol=tolerance)


@every_kind
@pytest.mark.parametrize("lead", [(), (4,), (2, 3), (0,)])
def test_a_cell_takes_one_step(kind, lead):
    cell = getattr(nn, f"{kind}Cell")(3, 2, dtype="float64")
    parameters = randomised(cell)
    rng = np.random.default_rng(1)
    x = rng.standard_normal((*lead, 3))
    state = [rng.standard_normal((*lead, 2)) for _ in range(2 if kind == "LSTM" else 1)]
    found = parts(cell(tg.tensor(x), whole(kind, state)))
    for one, wanted in zip(found, reference_step(kind, parameters, x, state), strict=True):
        np.testing.assert_allclose(one.data, wanted, rtol=1e-13)
    zero = [np.zeros_like(part) for part in state]
    for one, same in zip(parts(cell(x)), parts(cell(x, whole(kind, zero))), strict=True):
        np.testing.assert_array_equal(one.data, same.data)


@every_kind
def test_the_state_starts_in_the_dtype_of_what_is_added_to_it(kind):
    half = nn.init.constant(0.5)
    layer = getattr(nn, kind)(1, 1, half, half, dtype="float16")
    outputs, _ = layer(np.ones((1, 2, 1), np.float16))
    assert outputs.dtype == np.float16


@every_kind
def test_a_sequence_may_be_cut_anywhere(kind):
    """The state carries all there is to know of the past; single steps do the same."""
    layer = getattr(nn, kind)(3, 2, dtype="float64")
    x = tg.tensor(np.random.default_rng(0).standard_normal((4, 7, 3)))
    outputs, last = layer(x)
    first, state = layer(x[:, :3])
    second, state = layer(x[:, 3:], state)
    np.testing.assert_allclose(tg.concat([first, second], axis=1).data, outputs.data, rtol=1e-12)
    state = None
    for t in range(7):
        state = layer.cell(x[:, t], state)
    for one, wanted in zip(parts(state), parts(last), strict=True):
        np.testing.assert_allclose(one.data, wanted.data, rtol=1e-12)


def closed(kind):
    """Return the rows of ``weight_hh`` and biases that shut what a cell takes in."""
    layer = getattr(nn, kind)(2, 1, dtype="float64")
    for parameter in layer.parameters():
        parameter.assign(np.zeros(parameter.shape))
    return layer


def test_an_lstm_with_an_open_forget_gate_and_a_closed_input_gate_keeps_its_memory():
    layer = closed("LSTM")
    layer.cell.bias_ih.assign([-1e4, 1e4, 3.0, 1e4])
    x = np.random.default_rng(0).standard_normal((1, 50, 2))
    _, (h, c) = layer(x, (np.zeros((1, 1)), np.full((1, 1), 0.7)))
    assert c.item() == 0.7
    assert h.item() == pytest.approx(math.tanh(0.7), rel=1e-15)


def test_a_gru_with_its_update_gate_at_1_keeps_its_state():
    layer = closed("GRU")
    layer.cell.bias_ih.assign([0.0, 1e4, 3.0])
    x = np.random.default_rng(0).standard_normal((1, 50, 2))
    assert layer(x, np.full((1, 1), 0.7))[1].item() == 0.7


def test_a_gru_resets_after_the_product():
    """The variant of PyTorch: the bias of U_n h is inside the reset."""
    cell = closed("GRU").cell
    cell.bias_hh.assign([0.0, -1e4, 2.0])  # r = 1/2, z = 0
    assert cell(np.zeros((1, 2))).item() == pytest.approx(math.tanh(1.0), rel=1e-15)


# ---------------------------------------------------------------------------------- gradients


@every_kind
def test_second_order_gradients_by_input_and_state(kind):
    layer = getattr(nn, kind)(2, 2, dtype="float64")
    count = 2 if kind == "LSTM" else 1
    rng = np.random.default_rng(0)

    def f(x, *state):
        outputs, last = layer(x, whole(kind, state))
        return [outputs, *parts(last)]

    values = [rng.standard_normal((2, 2)) for _ in range(count)]
    tg.testing.gradcheck(f, rng.standard_normal((2, 3, 2)), *values, order=2)


@every_kind
def test_a_thousand_steps(kind):
    """The gradient reaches the first of them, by numeric differences as well."""
    layer = getattr(nn, kind)(1, 2, dtype="float64", generator=tg.random.Generator(0))
    slow = {"RNN": [0.0], "GRU": [0.0, 9.0, 0.0], "LSTM": [-9.0, 9.0, 0.0, 0.0]}
    layer.cell.bias_ih.assign(np.repeat(slow[kind], 2))  # gates that let the state change slowly
    x = 1e-3 * np.random.default_rng(0).standard_normal((1, 1000, 1))
    leaf = tg.tensor(x, requires_grad=True)
    layer(leaf)[0][:, -1].sum().backward()
    for t in (0, 999):
        step = np.zeros_like(x)
        step[0, t] = 1e-4
        with tg.no_grad():
            above, below = (layer(x + sign * step)[0][:, -1].sum().item() for sign in (1, -1))
        numeric = (above - below) / 2e-4
        assert leaf.grad[0, t].item() == pytest.approx(numeric, rel=1e-5)
        assert abs(numeric) > 1e-6


# --------------------------------------------------------------------------------------- start


@every_kind
def test_parameters_have_pytorchs_names_and_shapes(kind):
    rows = 3 * GATES[kind]
    expected = {"weight_ih": (rows, 5), "weight_hh": (rows, 3), "bias_ih": (rows,)}
    expected["bias_hh"] = (rows,)
    cell = getattr(nn, f"{kind}Cell")(5, 3)
    assert {path: p.shape for path, p in cell.named_parameters()} == expected
    assert all(p.dtype == np.float32 for p in cell.parameters())
    layer = getattr(nn, kind)(5, 3)
    assert [path for path, _ in layer.named_parameters()] == [f"cell.{name}" for name in expected]


@every_kind
@pytest.mark.parametrize("dtype", DTYPES)
def test_each_gate_starts_as_a_matrix_of_its_own(kind, dtype):
    cell = getattr(nn, f"{kind}Cell")(200, 100, dtype=dtype, generator=tg.random.Generator(0))
    for k in range(GATES[kind]):
        rows = slice(100 * k, 100 * (k + 1))
        square = cell.weight_hh.data[rows]
        np.testing.assert_allclose(square @ square.T, np.eye(100), atol=1e-5)
        edge = math.sqrt(6 / (200 + 100))
        largest = np.abs(cell.weight_ih.data[rows]).max()
        assert 0.99 * edge < largest <= edge * (1 + 1e-6)
    forget = np.repeat([k == 1 and kind == "LSTM" for k in range(GATES[kind])], 100)
    np.testing.assert_array_equal(cell.bias_ih.data, forget)
    assert not cell.bias_hh.data.any()


@every_kind
def test_initialisers_generator_and_repr(kind):
    layers = [
        getattr(nn, kind)(
            3, 2, nn.init.he_normal, nn.init.normal(0.5), generator=tg.random.Generator(7)
        )
        for _ in range(2)
    ]
    for one, other in zip(*(layer.parameters() for layer in layers), strict=True):
        assert (one.data == other.data).all()
    text = f"{kind}Cell(3 → 2, init=he_normal, recurrent_init=normal(0.5))"
    assert text in repr(layers[0])
    assert repr(layers[0].cell) == text


# -------------------------------------------------------------------------------------- errors


@every_kind
@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((5, 3), r"shape \(5, 3\) must have shape \(m, T, 3\).*; write x\[None\] for a single"),
        ((3,), r"shape \(3,\) must have shape \(m, T, 3\)"),
        ((2, 5, 3, 1), r"shape \(2, 5, 3, 1\) must have shape \(m, T, 3\)"),
        ((2, 0, 3), r"shape \(2, 0, 3\) must have .* T ≥ 1 time steps"),
        ((2, 5, 4), r"shape \(2, 5, 4\) has 4 features along axis -1, .* takes 3"),
    ],
)
def test_inputs_of_wrong_shapes(kind, shape, message):
    model = nn.Sequential(getattr(nn, kind)(3, 2))
    with pytest.raises(ShapeError, match=rf"in model\.layers\[0\] {kind}: .*{message}"):
        model(tg.ones(shape))


@every_kind
def test_states_of_wrong_shapes(kind):
    layer, x = getattr(nn, kind)(3, 2), tg.ones((4, 5, 3))
    wrong = whole(kind, [tg.ones(2), tg.ones((4, 2))])
    for module, given_x in [(layer, x), (layer.cell, x[:, 0])]:
        with pytest.raises(ShapeError) as caught:
            module(given_x, wrong)
        assert str(caught.value) == (
            f"{kind}Cell in model {type(module).__name__}: a state of shape (2,) must have shape"
            " (4, 2); write tg.broadcast_to(h, (4, 2)) to start all examples alike"
        )
    with pytest.raises(ShapeError, match=r"\(1, 4, 2\) must .*; write h\[0\], as there is no axis"):
        layer(x, whole(kind, [tg.ones((1, 4, 2)), tg.ones((1, 4, 2))]))
    with pytest.raises(ShapeError, match=r"\(3, 2\) must have shape \(4, 2\)$"):
        layer(x, whole(kind, [tg.ones((3, 2)), tg.ones((3, 2))]))


@pytest.mark.parametrize("kind", ["RNN", "GRU"])
def test_the_state_of_an_lstm_is_for_an_lstm(kind):
    layer, x = getattr(nn, kind)(3, 2), tg.ones((4, 5, 3))
    _, state = nn.LSTM(3, 2)(x)
    with pytest.raises(ShapeError, match=r"write state\[0\], as only an LSTM's state is a pair"):
        layer(x, state)
    assert layer(x, state[0])[0].shape == (4, 5, 2)


@every_kind
def test_a_sequential_tells_what_to_do_with_the_pair(kind):
    layer, head, x = getattr(nn, kind)(3, 2), nn.Linear(2, 1), tg.ones((4, 5, 3))
    with pytest.raises(ShapeError) as caught:
        nn.Sequential(layer, head)(x)
    assert (
        "the layer before returned a tuple; write Sequential(nn.LSTM" in caught.value.__notes__[0]
    )
    assert nn.Sequential(layer, lambda result: result[0], head)(x).shape == (4, 5, 1)


@pytest.mark.parametrize("state", [tg.ones((2, 4, 2)), (tg.ones((4, 2)),), 3])
def test_the_state_of_an_lstm_is_a_pair(state):
    with pytest.raises(DTypeError, match=r"in model LSTM: the state is the pair \(h, c\), not"):
        nn.LSTM(3, 2)(tg.ones((4, 5, 3)), state)


@every_kind
def test_sizes_that_make_no_layer(kind):
    with pytest.raises(ArgumentError, match=rf"{kind}Cell: hidden_features is at least 1, not 0"):
        getattr(nn, kind)(3, 0)
    with pytest.raises(DTypeError, match=rf"{kind}Cell: in_features is an integer, not 1.5"):
        getattr(nn, f"{kind}Cell")(1.5, 3)
