"""Every layer, what it computes and its gradient, also for other batches than the example."""

import inspect

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.engine.nested_containers import flatten
from tests.nn.layer_cases import LAYERS
from tests.onnx.running import assert_exports

DIGITS = 1e-4
CASES = [(name, i) for name, cases in LAYERS.items() for i in range(len(cases))]


def made(name, i):
    tg.random.seed(0)
    case = LAYERS[name][i]
    layer = case.make("float32").eval()
    return case, layer, [*case.inputs("float32"), *case.rest]


@pytest.mark.parametrize(("name", "i"), CASES)
def test_layer(name, i):
    case, layer, inputs = made(name, i)
    found = inspect.signature(layer.forward).parameters.values()
    parameters = ["x" if p.kind is p.VAR_POSITIONAL else p.name for p in found]
    count = len(case.shapes)
    if case.batch_axis is None or not count or count > len(parameters):
        assert_exports(layer, inputs, dynamic_axes=None, digits=DIGITS)
        return
    more = [np.concatenate([x] * 3, axis=case.batch_axis) for x in inputs[:count]]
    try:
        layer(*more, *case.rest)
    except tg.errors.ShapeError:  # a mask, say, that is of the example's size
        assert_exports(layer, inputs, dynamic_axes=None, digits=DIGITS)
        return
    axes = {p: {case.batch_axis % x.ndim: "batch"} for p, x in zip(parameters, more, strict=False)}
    assert_exports(layer, inputs, [*more, *case.rest], dynamic_axes=axes, digits=DIGITS)


@pytest.mark.parametrize("name", LAYERS)
def test_gradient(name):
    _, layer, inputs = made(name, 0)
    parameters = layer.parameters()
    if not parameters:
        return

    def gradients(*arrays):
        results = flatten(layer(*arrays))[0]
        total = sum((y * y).sum() for y in results if getattr(y, "requires_grad", False))
        return tg.gradients(total, parameters)

    assert_exports(gradients, inputs, dynamic_axes=None, digits=DIGITS)


def test_a_model_is_exported_in_evaluation_mode_and_keeps_its_own():
    model = tg.nn.Sequential(tg.nn.Dropout(p=0.5), tg.nn.BatchNorm(3), tg.nn.Linear(3, 2))
    model.layers[2].eval()
    proto = tg.onnx.export(model, np.ones((2, 3), "float32"))
    assert [layer.training for layer in model.layers] == [True, True, False]
    model.eval()
    assert_exports(model, [np.ones((2, 3), "float32")])
    assert not [node for node in proto.graph.node if node.op_type.startswith("Random")]


def test_dropout_in_training_draws():
    dropout = tg.nn.Dropout(p=0.25)
    proto = tg.onnx.export(lambda x: dropout(x), np.ones((2, 3), "float32"))
    assert "RandomUniformLike" in [node.op_type for node in proto.graph.node]


def test_what_training_writes_is_an_error():
    norm = tg.nn.BatchNorm(3)
    with pytest.raises(tg.errors.ExportError, match=r"writes running_mean, .*call\n? ?model.eval"):
        tg.onnx.export(lambda x: norm(x), np.ones((2, 3), "float32"))
    assert not norm.running_mean.numpy().any()


def test_a_method_is_exported_as_its_model_is():
    class Net(tg.nn.Module):
        def __init__(self):
            self.body = tg.nn.Sequential(tg.nn.Linear(3, 4), tg.nn.Dropout(p=0.5))
            self.head = tg.nn.Linear(4, 2)

        def encode(self, image):
            return self.body(image) @ self.head.weight.mT

    net = Net()
    proto = tg.onnx.export(net.encode, np.ones((2, 3), "float32"))
    assert net.training
    assert [tensor.name for tensor in proto.graph.initializer] == [
        "body.layers.0.weight", "body.layers.0.bias", "head.weight",
    ]  # fmt: skip
    assert [port.name for port in proto.graph.input] == ["image"]
    net.eval()
    assert_exports(net.encode, [np.ones((2, 3), "float32")], digits=DIGITS)


@pytest.mark.parametrize("opset", [20, 21])
@pytest.mark.parametrize(("groups", "places"), [(2, (5, 5)), (4, (7,)), (1, (3,)), (2, ())])
def test_group_norm_is_one_operator(groups, places, opset):
    layer = tg.nn.GroupNorm(groups, 4)
    layer.weight.assign(np.array([1, -2, 3, 4], "float32"))
    layer.bias.assign(np.array([4, 3, 2, 1], "float32"))
    x = 1 + 2 * np.random.default_rng(0).standard_normal((5, 4, *places)).astype("float32")
    proto = assert_exports(layer, [x[:2]], [x], [x[:1]], digits=DIGITS, opset=opset)
    kinds = [node.op_type for node in proto.graph.node]
    assert {"GroupNormalization", "InstanceNormalization"} & {*kinds}
    assert len(kinds) <= (1 if opset > 20 else 7)


def test_a_norm_over_other_axes_is_written_as_it_is():
    def norm(x):
        centred = tg.center(x, axis=0)
        size = tg.rms(centred, axis=0, eps=1e-5, keepdims=True)
        return tg.affine(centred / size, np.arange(1, 5, dtype="float32"), np.ones(4, "float32"))

    x = np.random.default_rng(0).standard_normal((4, 4)).astype("float32")
    assert_exports(norm, [x], dynamic_axes=None, digits=DIGITS)
