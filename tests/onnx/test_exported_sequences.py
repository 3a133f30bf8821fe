"""Recurrent layers as ONNX's own operators, along sequences of any length."""

import numpy as np
import pytest

import tensorgraph as tg
from tests.onnx.running import assert_exports

KINDS = [tg.nn.RNN, tg.nn.GRU, tg.nn.LSTM]
TIME = {"x": {0: "batch", 1: "time"}}


def r(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype("float32")


def made(kind, *args, **how):
    """Return a layer whose biases are not 0."""
    tg.random.seed(0)
    layer = kind(*args, **how)
    for i, parameter in enumerate(layer.parameters()):
        parameter.assign(parameter + 0.1 * r(*parameter.shape) + 0.01 * i)
    return layer


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_one_node_along_any_time(kind, bias):
    layer = made(kind, 3, 5, bias=bias)
    proto = assert_exports(
        layer,
        [r(2, 6, 3)],
        [r(4, 2, 3)],
        [r(1, 1, 3)],
        [r(3, 40, 3)],
        dynamic_axes=TIME,
        digits=1e-4,
    )
    nodes = [node.op_type for node in proto.graph.node]
    assert nodes.count(kind.__name__) == 1
    assert len(nodes) < 9
    names = [tensor.name for tensor in proto.graph.initializer]
    assert f"cell.weight_ih:{kind.__name__}" in names
    assert "cell.weight_ih" not in names  # which would be there twice


@pytest.mark.parametrize("kind", KINDS)
def test_layers_directions_and_lengths(kind):
    layer = made(kind, 3, 5, num_layers=2, bidirectional=True).eval()

    def outputs(x, lengths):
        return layer(x, lengths=lengths)

    axes = {"x": {0: "batch", 1: "time"}, "lengths": {0: "batch"}}
    some, more = np.array([6, 2]), np.array([1, 9, 0, 4, 8])
    proto = assert_exports(
        outputs, [r(2, 6, 3), some], [r(5, 9, 3), more], dynamic_axes=axes, digits=1e-4
    )
    assert [node.op_type for node in proto.graph.node].count(kind.__name__) == 4
    assert len(proto.graph.node) < 60


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_that_is_given(kind):
    layer = made(kind, 3, 5)

    def go_on(x, h):
        return layer(x, (h, 2 * h) if kind is tg.nn.LSTM else h)

    assert_exports(go_on, [r(2, 6, 3), r(2, 5)], [r(4, 6, 3), r(4, 5)], digits=1e-4)


@pytest.mark.parametrize("wrap", [
    lambda layer: lambda x: tg.gradients((layer(x)[0] ** 2).sum(), layer.parameters()),
    lambda layer: tg.vmap(lambda x: layer(x[None])[0][0]),
    lambda layer: lambda x: tg.jvp(lambda x: layer(x)[0], (x,), (x,)),
])  # fmt: skip
def test_steps_are_written_where_they_are_needed(wrap):
    f = wrap(made(tg.nn.LSTM, 3, 4))
    proto = assert_exports(f, [r(2, 3, 3)], [r(4, 3, 3)], digits=1e-3)
    assert "LSTM" not in [node.op_type for node in proto.graph.node]
    with pytest.raises(tg.errors.ExportError, match=r'step by step.*"batch"'):
        tg.onnx.export(f, r(2, 3, 3), dynamic_axes=TIME)


def test_what_the_operators_do_not_take():
    double = made(tg.nn.GRU, 3, 4, dtype="float64")
    projected = made(tg.nn.LSTM, 3, 4, proj_features=2)
    for layer, x in [(double, r(2, 3, 3).astype(float)), (projected, r(2, 3, 3))]:
        assert_exports(layer, [x], [x[:1]], digits=1e-4)
        with pytest.raises(tg.errors.ExportError, match=r"model (GRU|LSTM) goes step by step"):
            tg.onnx.export(layer, x, dynamic_axes=TIME)
