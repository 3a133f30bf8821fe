"""Functions, their gradients, and what names, shapes and nodes their files have."""

from typing import NamedTuple

import numpy as np
import onnx
import pytest
from hypothesis import given, settings

import tensorgraph as tg
from tests.onnx.running import assert_alike, assert_exports, checked, runner


def r(*shape, dtype="float32"):
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(dtype)


def kinds(proto):
    return [node.op_type for node in proto.graph.node]


# ------------------------------------------------------------------------------------- gradients


@given(tg.testing.strategies.graphs(max_steps=6))
@settings(max_examples=12)
def test_random_programs_and_their_gradients(graph):
    def value_and_gradient(*leaves):
        return tg.value_and_grad(lambda xs: graph(*xs))(list(leaves))

    proto = checked(tg.onnx.export(value_and_gradient, *graph.leaves, dynamic_axes=None))
    value, gradient = value_and_gradient(*graph.leaves)
    found = runner(proto)(*graph.leaves)
    assert_alike(found, [np.asarray(x) for x in (value, *gradient)], digits=1e-7)


def test_a_training_step_with_its_backward_pass():
    tg.random.seed(0)
    model = tg.nn.Sequential(tg.nn.Linear(3, 4), tg.nn.Tanh(), tg.nn.Linear(4, 2)).eval()

    def step(x, labels):
        loss = tg.nn.losses.cross_entropy(model(x), labels)
        return [loss, *tg.gradients(loss, model.parameters())]

    proto = assert_exports(
        step, [r(5, 3), np.array([0, 1, 1, 0, 1])], [r(8, 3), np.arange(8) % 2], digits=1e-5
    )
    assert [port.name for port in proto.graph.input] == ["x", "labels"]
    assert "layers.0/gradient/matmul" in [node.name for node in proto.graph.node]


def test_backward_and_grad():
    w = tg.tensor([1.0, 2.0, 3.0], requires_grad=True, name="w")

    def gradient(x):
        w.zero_grad()
        (tg.exp(x @ w) ** 2).mean().backward()
        return w.grad

    proto = assert_exports(gradient, [r(4, 3)], [r(7, 3)], digits=1e-4)
    assert next(tensor.name for tensor in proto.graph.initializer) == "w"
    assert w.grad is None or w.grad.shape == (3,)


@pytest.mark.parametrize(
    "f",
    [
        tg.grad(lambda x: (x**3).mean()),
        tg.vmap(tg.grad(lambda x: (x**3).sum())),
        lambda x: tg.checkpoint(tg.tanh)(tg.asarray(x)),
        lambda x: tg.jvp(tg.sin, (x,), (x,)),
        lambda x: tg.fori_loop(0, 3, lambda i, y: tg.sin(y), x),
        tg.grad(lambda x: ((x[1:] - x[:-1]) ** 2).sum()),
        tg.grad(lambda x: (x[1:-1] ** 2).sum()),
        tg.grad(lambda x: tg.std(x, axis=0).sum()),
    ],
)
def test_transformed_functions_at_any_batch(f):
    assert_exports(f, [r(4, 3)], [r(7, 3)], digits=1e-4)


def test_hessian():
    assert_exports(tg.hessian(lambda x: (tg.sin(x) ** 3).sum()), [r(3)], dynamic_axes=None)


# ---------------------------------------------------------------------------------- dynamic axes

AT_ANY_BATCH = {
    "reshape": lambda x: x.reshape(x.shape[0] * 3, -1),
    "flat": lambda x: x.reshape(-1)[::2].sum(),
    "joined": lambda x: tg.concat([x, x[:2], x[-1:]]),
    "cut": lambda x: x[:100] * 2,
    "every other": lambda x: x[::2].reshape(1, -1) + 1,
    "products": lambda x: x @ x.mT,
    "filled": lambda x: tg.concat([x, tg.zeros((x.shape[0], 2))], axis=1),
    "counted": lambda x: x + np.arange(x.shape[0])[:, None].astype("float32"),
    "scaled": lambda x: x / x.shape[0] + x / (x.shape[0] - 1) ** 0.5,
    "own": lambda x: x[np.arange(x.shape[0]), 0],
    "sorted": lambda x: tg.sort(x, axis=0),
    "softmax": lambda x: tg.softmax(x, axis=0),
    "logsumexp": lambda x: tg.logsumexp(x),
    "rolled": lambda x: (tg.roll(x, 2, axis=0), tg.roll(x, -8, axis=0), tg.roll(x, 40)),
    "repeated": lambda x: (tg.repeat(x, 3, axis=0), tg.tile(x, (2, 1))),
    "variance": lambda x: tg.var(x, axis=0),
    "broadcast": lambda x: tg.broadcast_to(x[0], (2 * x.shape[0] + 1, 3)),
    "outputs": lambda x: (x, tg.ones(3), x),
    "longer by one": lambda x: tg.repeat(tg.concat([x[::2], x[:1]]), 2, axis=0),
    "named": lambda x: x * tg.tensor(np.full((len(x), 1), 2.0, "float32"), name="twos"),
}


@pytest.mark.parametrize("name", AT_ANY_BATCH)
def test_any_batch(name):
    """Also of one, and of more than a function is traced with."""
    f = AT_ANY_BATCH[name]
    assert_exports(f, [r(4, 3)], [r(7, 3)], [r(3, 3)], [r(1030, 3)], digits=1e-3)


def test_another_tensor_at_another_size_is_an_error():
    few, many = tg.tensor(r(3), name="few"), tg.tensor(2 * r(3), name="many")
    with pytest.raises(tg.errors.ExportError, match="other elements at each size"):
        tg.onnx.export(lambda x: x * (many if len(x) > 100 else few), r(4, 3))
    with pytest.raises(tg.errors.ExportError, match="takes another tensor, or computes one"):
        tg.onnx.export(lambda x: x * 2 if len(x) > 100 else x, r(4, 3))


def test_several_sizes():
    layer = tg.nn.TransformerEncoderLayer(8, 2).eval()
    axes = {"x": {0: "batch", 1: "time"}}
    proto = assert_exports(layer, [r(2, 5, 8)], [r(3, 7, 8)], dynamic_axes=axes, digits=1e-4)
    shape = proto.graph.output[0].type.tensor_type.shape
    assert [d.dim_param or d.dim_value for d in shape.dim] == ["batch", "time", 8]


def test_sizes_of_images():
    model = tg.nn.Sequential(
        tg.nn.Conv2d(1, 3, 3, stride=2), tg.nn.ReLU(), tg.nn.MaxPool2d(2), tg.nn.Flatten()
    )
    axes = {"x": {0: "n", 2: "h", 3: "w"}}
    assert_exports(model, [r(2, 1, 16, 16)], [r(3, 1, 19, 23)], dynamic_axes=axes, digits=1e-4)


class UNet(tg.nn.Module):
    """What becomes smaller comes back beside what was there before."""

    def __init__(self):
        self.first, self.last = tg.nn.Conv2d(1, 4, 3, padding=1), tg.nn.Conv2d(8, 1, 3, padding=1)
        self.pool, self.inner = tg.nn.MaxPool2d(2), tg.nn.Conv2d(4, 8, 3, padding=1)
        self.up = tg.nn.ConvTranspose2d(8, 4, 2, stride=2)

    def forward(self, x):
        outer = tg.relu(self.first(x))
        inner = tg.relu(self.inner(self.pool(outer)))
        return self.last(tg.concat([outer, self.up(inner)], axis=1))


@pytest.mark.parametrize("sizes", [(1, 1, 4, 6), (3, 1, 16, 8), (2, 1, 64, 48)])
def test_sizes_of_images_that_are_halved_and_doubled(sizes):
    axes = {"x": {0: "n", 2: "h", 3: "w"}}
    assert_exports(UNet(), [r(2, 1, 8, 8)], [r(*sizes)], dynamic_axes=axes, digits=1e-4)


def test_a_transposed_convolution_to_the_size_of_before_is_refused_where_halves_are_rounded():
    down, up = r(3, 1, 3, 3), r(3, 1, 3, 3)

    def there_and_back(x):
        small = tg.conv(x, down, stride=2, padding=1)
        return tg.conv_transpose(small, up, shape=x.shape[2:], stride=2, padding=1)

    axes = {"x": {0: "n", 2: "h", 3: "w"}}
    with pytest.raises(tg.errors.ExportError, match="is longer by a row at some sizes than at"):
        tg.onnx.export(there_and_back, r(2, 1, 8, 8), dynamic_axes=axes)
    assert_exports(there_and_back, [r(2, 1, 8, 8)], [r(5, 1, 8, 8)])


def test_which_axes_are_dynamic():
    def shapes(*inputs, **how):
        proto = tg.onnx.export(lambda x, y: (x * 2, y * 2), *inputs, **how)
        return [
            [d.dim_param or d.dim_value for d in port.type.tensor_type.shape.dim]
            for port in proto.graph.input
        ]

    assert shapes(r(4, 3), r(4)) == [["batch", 3], ["batch"]]
    assert shapes(r(4, 3), r(2)) == [["batch", 3], [2]]
    assert shapes(r(4, 3), r(4), dynamic_axes=None) == [[4, 3], [4]]
    assert shapes(r(4, 3), r(4), dynamic_axes="n") == [["n", 3], ["n"]]
    assert shapes(r(4, 3), r(4), dynamic_axes={"x": [1]}) == [[4, "x_1"], [4]]
    assert shapes(r(4, 3), r(4), dynamic_axes={"y": {-1: "m"}}) == [[4, 3], ["m"]]


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: x @ x.mT + np.linspace(0, 1, x.shape[0], dtype="float32"),
         r"constant, .*test_exported_functions.py:\d+ fixes the size batch: an array"),
        (lambda x: tg.cumulative_prod(x, axis=0), "fixes the size batch"),
        (lambda x: x * -(len(x) ** 0.5), "a number that is -7.8.* where batch = 61"),
        (lambda x: tg.linalg.diagonal(x @ x.mT, offset=1), "diagonal, .*sides are not known"),
        (lambda x: x + tg.ones(4)[:, None], r"not batch = 61 \(ShapeError"),
    ],
)  # fmt: skip
def test_what_fixes_a_size_is_named(f, message):
    with pytest.raises(tg.errors.ExportError, match=rf"(?s){message}.*axes=None"):
        tg.onnx.export(f, r(4, 4))
    assert_exports(f, [r(4, 4)], dynamic_axes=None)


# ----------------------------------------------------------------------------------------- names


class Pair(NamedTuple):
    first: object
    second: object


def test_names_of_inputs_and_outputs():
    def names(f, *inputs, **how):
        graph = tg.onnx.export(f, *inputs, **how).graph
        return [p.name for p in graph.input], [p.name for p in graph.output]

    assert names(lambda image: image * 2, r(2, 2)) == (["image"], ["output"])
    assert names(lambda u, v: (u, v + 1), r(2), r(2)) == (["u", "v"], ["output_0", "output_1"])
    assert names(lambda u: {"loss": u.sum(), "top": [u]}, r(2))[1] == ["loss", "top.0"]
    assert names(lambda u: Pair(u + 1, u + 2), r(2))[1] == ["first", "second"]
    assert names(lambda state: state["h"] + state["c"], {"h": r(2), "c": r(2)})[0] == [
        "state.h", "state.c",
    ]  # fmt: skip
    assert names(lambda u, k, flag: u * k if flag else u, r(2), 2.0, True)[0] == ["u"]
    assert names(lambda output: output + 1, r(2)) == (["output"], ["output_1"])
    assert names(lambda u: u + 1, r(2), input_names=["a"], output_names="b") == (["a"], ["b"])


def test_names_of_outputs_are_free():
    with pytest.raises(tg.errors.ArgumentError, match=r"output_names=\['x'\].*inputs or param"):
        tg.onnx.export(lambda x: x + 1, r(2), output_names="x")
    proto = tg.onnx.export(lambda x: tg.exp(x) + 1, r(2), output_names="exp")
    assert [p.name for p in proto.graph.output] == ["exp"]


def test_a_layer_that_takes_what_another_takes():
    for layer in (tg.nn.WeightNorm(tg.nn.Linear(3, 2)), tg.nn.SpectralNorm(tg.nn.Linear(3, 2))):
        proto = tg.onnx.export(layer, r(2, 3))
        assert [p.name for p in proto.graph.input] == ["x"]
    proto = tg.onnx.export(lambda *args: args[0] + args[1], r(2), r(2))
    assert [p.name for p in proto.graph.input] == ["x0", "x1"]


def test_a_loaded_network_keeps_its_names_and_axes():
    def first(image, mask):
        return {"scores": tg.softmax(image, axis=1) * mask, "top": tg.argmax(image, axis=1)}

    axes = {"image": {0: "n", 1: "width"}, "mask": {0: "n"}}
    inputs = r(2, 3), np.ones((2, 1), "float32")
    proto = tg.onnx.export(first, *inputs, dynamic_axes=axes)
    again = assert_exports(tg.onnx.load(proto), inputs, [r(5, 7), np.ones((5, 1), "float32")])

    def ports(proto):
        found = [*proto.graph.input, *proto.graph.output]
        return [(p.name, [d.dim_param or d.dim_value for d in p.type.tensor_type.shape.dim])
                for p in found]  # fmt: skip

    assert ports(again) == ports(proto)
    assert [name for name, _ in ports(again)] == ["image", "mask", "scores", "top"]
    fixed = tg.onnx.export(tg.onnx.load(proto), *inputs, dynamic_axes=None)
    assert ports(fixed)[0] == ("image", [2, 3])


def test_what_of_a_loaded_network_depends_on_values_is_an_error():
    node = onnx.helper.make_node("NonZero", ["x"], ["y"])
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [node], "places", [value("x", 1, ["n"])], [value("y", 7, [1, "k"])]
    )
    model = tg.onnx.load(onnx.helper.make_model(graph))
    with pytest.raises(tg.errors.ExportError, match=r"follows from values.*keep its file"):
        tg.onnx.export(model, r(3))


def test_names_of_nodes_and_weights():
    class Net(tg.nn.Module):
        def __init__(self):
            self.parts = [tg.nn.Linear(3, 4), tg.nn.Linear(4, 2)]
            self.unused = tg.nn.Linear(2, 2)

        def forward(self, x):
            return self.parts[1](tg.relu(self.parts[0](x)))

    proto = tg.onnx.export(Net(), r(2, 3))
    assert [node.name for node in proto.graph.node] == ["parts.0/linear", "relu", "parts.1/linear"]
    assert [tensor.name for tensor in proto.graph.initializer] == [
        "parts.0.weight", "parts.0.bias", "parts.1.weight", "parts.1.bias",
    ]  # fmt: skip
    assert all("test_exported_functions.py:" in node.doc_string for node in proto.graph.node)
    assert proto.graph.name == "Net"
    assert proto.producer_name == "tensorgraph"
    assert proto.producer_version == tg.__version__


def test_weights_of_several_models():
    one, other = tg.nn.Linear(3, 2), tg.nn.Linear(2, 1)
    proto = tg.onnx.export(lambda x: other(one(x)), r(2, 3))
    assert [t.name for t in proto.graph.initializer][:2] == ["Linear_0.weight", "Linear_0.bias"]


def test_common_layers_are_one_node():
    model = tg.nn.Sequential(
        tg.nn.Conv2d(1, 2, 3), tg.nn.BatchNorm(2), tg.nn.ReLU(), tg.nn.MaxPool2d(2),
        tg.nn.ConvTranspose2d(2, 2, 2), tg.nn.AvgPool2d(2), tg.nn.Flatten(), tg.nn.Linear(8, 4),
        tg.nn.BatchNorm(4), tg.nn.LayerNorm(4), tg.nn.Sigmoid(), tg.nn.Linear(4, 3),
        tg.nn.Softmax(),
    )  # fmt: skip
    norm = model.layers[1]
    norm.running_mean.assign(np.array([0.5, -1.0], "float32"))
    norm.running_var.assign(np.array([0.5, 4.0], "float32"))
    model.eval()
    proto = assert_exports(model, [r(2, 1, 8, 8)], [r(3, 1, 8, 8)], digits=1e-4)
    assert kinds(proto) == [
        "Conv", "BatchNormalization", "Relu", "MaxPool", "ConvTranspose", "AveragePool",
        "Reshape", "Gemm", "BatchNormalization", "LayerNormalization", "Sigmoid", "Gemm",
        "Softmax",
    ]  # fmt: skip


# ---------------------------------------------------------------------------------------- errors


def test_operations_without_a_form_are_named_together():
    halve = tg.op("halve_by_loop", lambda x: np.array([v / 2 for v in x]), {"x": lambda g: g / 2})

    class Net(tg.nn.Module):
        def forward(self, x):
            return halve(x).sum()

    with pytest.raises(tg.errors.ExportError) as caught:
        tg.onnx.export(Net(), r(40), dynamic_axes=None)
    assert "'halve_by_loop' in model Net" in str(caught.value)
    with pytest.raises(tg.errors.ExportError) as caught:
        tg.onnx.export(lambda x: tg.linalg.svdvals(x) + tg.linalg.eigvalsh(x), r(40, 40),
                       dynamic_axes=None)  # fmt: skip
    text = str(caught.value)
    for part in ("'svd'", "'eigh'", "more than 32", "test_exported_functions.py:", "body="):
        assert part in text


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: tg.onnx.export(3, r(2)), tg.errors.DTypeError, "a model or a function"),
        (lambda: tg.onnx.export(tg.exp), tg.errors.DTypeError, "no array"),
        (lambda: tg.onnx.export(tg.exp, 2.0), tg.errors.DTypeError, "no array"),
        (lambda: tg.onnx.export(lambda x: None, r(2)), tg.errors.DTypeError, "returns no array"),
        (lambda: tg.onnx.export(tg.exp, r(2), opset=11), tg.errors.ArgumentError,
         "from 18 to .*opset=20"),
        (lambda: tg.onnx.export(tg.exp, r(2), dynamic_axes={"y": [0]}), tg.errors.ArgumentError,
         r"'y', but the inputs are \['x'\]"),
        (lambda: tg.onnx.export(tg.exp, r(2), dynamic_axes={"x": [2]}), tg.errors.ArgumentError,
         r"axis 2 of 'x', whose example has shape \(2,\)"),
        (lambda: tg.onnx.export(tg.exp, r(2), input_names=["a", "b"]), tg.errors.ArgumentError,
         "1 different names"),
        (lambda: tg.onnx.export(tg.exp, r(1, 1, 1, 1), dynamic_axes={"x": [0, 1, 2, 3]}),
         tg.errors.ArgumentError, "at most 3"),
        (lambda: tg.onnx.export(lambda x: x if x.sum() > 0 else -x, r(2)), tg.errors.GraphError,
         "nothing can be decided"),
    ],
)  # fmt: skip
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
