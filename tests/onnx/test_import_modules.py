"""What an imported network is: a module like any other."""

import copy
import io
import pickle

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

import tensorgraph as tg
from tests.onnx.networks import classifier, deep, model, node, normal, normalised, value

X = normal(6, 4)
LABELS = np.array([0, 1, 2, 0, 1, 2])


def loss_of(network, x=X):
    return tg.nn.losses.cross_entropy(network(x), LABELS)


def test_weights_are_parameters_under_their_names_in_the_file():
    network = tg.onnx.load(classifier())
    wanted = ["net.0.weight", "net.0.bias", "net.2.weight", "net.2.bias"]
    assert [name for name, _ in network.named_parameters()] == wanted
    assert network.names == dict(zip(wanted, wanted, strict=True))
    assert not network.buffers() and not network.training
    assert network.net[2].bias.shape == (3,)
    assert [m.kinds for m in network.net.children()] == [("Gemm",), ("Relu",), ("Gemm",)]
    assert [str(v) for v in network.inputs + network.outputs] == [
        "'x' (float32, shape (batch, 4))", "'y' (float32, shape (batch, 3))",
    ]  # fmt: skip
    assert network.opsets[""] == 17


def test_everything_that_holds_of_modules_holds():
    tg.testing.check_module(tg.onnx.load(classifier()), X)


@pytest.mark.parametrize("source", ["path", "text path", "bytes", "file", "proto"])
def test_a_network_is_read_from_any_source(source, tmp_path):
    path = tmp_path / "network.onnx"
    onnx.save(classifier(), path)
    given = {
        "path": path, "text path": str(path), "bytes": path.read_bytes(),
        "file": io.BytesIO(path.read_bytes()), "proto": classifier(),
    }[source]  # fmt: skip
    wanted = tg.onnx.load(classifier())(X).data
    np.testing.assert_array_equal(tg.onnx.load(given)(X).data, wanted)


def test_training_lowers_the_loss_and_leaves_copies_alone():
    network = tg.onnx.load(classifier())
    trained = copy.deepcopy(network).train()
    optimizer = tg.optim.Adam(trained.parameters(), lr=0.05)
    before = float(loss_of(trained).item())
    for _ in range(30):
        loss_of(trained).backward()
        optimizer.step()
        optimizer.zero_grad()
    assert float(loss_of(trained).item()) < 0.2 * before
    assert float(loss_of(network).item()) == before


def test_fit_trains_it():
    network = tg.onnx.load(classifier())
    before = float(loss_of(network).item())
    optimizer = tg.optim.Adam(network.named_parameters(), lr=0.05)
    batches = tg.data.Batches(X, LABELS, batch_size=3)
    tg.train.fit(network, tg.nn.losses.cross_entropy, optimizer, batches, epochs=5, progress=False)
    assert float(loss_of(network).item()) < before


def test_gradients_are_those_of_the_same_network_made_here():
    network = tg.onnx.load(classifier())
    twin = tg.nn.Sequential(tg.nn.Linear(4, 8), tg.nn.ReLU(), tg.nn.Linear(8, 3))
    state = network.state_dict()
    twin.load_state_dict({k.replace("net", "layers"): v for k, v in state.items()})
    loss_of(network).backward()
    loss_of(twin).backward()
    for ours, theirs in zip(network.parameters(), twin.parameters(), strict=True):
        np.testing.assert_allclose(ours.grad.data, theirs.grad.data, rtol=1e-5, atol=1e-7)


def test_it_compiles_with_its_whole_training_step():
    eager, compiled = tg.onnx.load(classifier()), tg.onnx.load(classifier())

    def steps(network, wrap):
        optimizer = tg.optim.SGD(network.parameters(), lr=0.1)

        def step(x):
            loss = loss_of(network, x)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            return loss

        run = wrap(step)
        return [float(run(tg.tensor(X)).item()) for _ in range(4)]

    np.testing.assert_allclose(steps(eager, lambda f: f), steps(compiled, tg.compile), rtol=1e-5)


def test_it_computes_for_many_examples_and_derivatives_of_each():
    network = tg.onnx.load(classifier())
    rows = tg.vmap(lambda row: network(row[None])[0])(tg.tensor(X))
    np.testing.assert_allclose(rows.data, network(X).data, rtol=1e-6)
    parameters = dict(network.named_parameters())

    def of_one(row):
        return tg.grad(lambda p: tg.nn.functional_call(network, p, row[None]).sum())(parameters)

    each = tg.vmap(of_one)(tg.tensor(X))
    network(X).sum().backward()
    for name, parameter in parameters.items():
        total = each[name].data.sum(axis=0)
        np.testing.assert_allclose(total, parameter.grad.data, rtol=1e-4, atol=1e-6)


def test_a_formula_of_its_gradient_names_its_parameters():
    network = tg.onnx.load(classifier())
    formula = str(tg.derive(network(X).sum(), wrt=network.net[2].weight))
    assert "relu" in formula and "net.2.weight" in formula


def test_equal_blocks_are_drawn_once():
    network = tg.onnx.load(deep(6))
    assert [name for name, _ in network.layers.named_children()] == list("012345")
    picture = tg.render(network(X).sum())
    assert "× 6" in picture.svg()


def test_a_part_may_be_replaced_by_another_module():
    network = tg.onnx.load(classifier())
    hidden = network.net[1](network.net[0](tg.tensor(X)))
    assert hidden.shape == (6, 8)
    vars(network.net)["2"] = tg.nn.Linear(8, 5)
    assert network(X).shape == (6, 5)
    assert len(network.parameters()) == 4


def test_a_network_may_end_earlier():
    body = tg.onnx.load(classifier(), outputs=["b"])
    assert body(X).shape == (6, 8)
    assert [name for name, _ in body.named_parameters()] == ["net.0.weight", "net.0.bias"]
    assert body(X).data.min() == 0
    with pytest.raises(tg.errors.OnnxError, match="computes no c; it computes y, b, a"):
        tg.onnx.load(classifier(), outputs=["c"])


def test_running_statistics_are_buffers_that_training_changes():
    network = tg.onnx.load(normalised())
    x = normal(4, 3, 5, 5)
    assert [name for name, _ in network.named_buffers()] == ["bn.running_mean", "bn.running_var"]
    before, state = network(x).data, network.state_dict()
    twin = tg.nn.Sequential(tg.nn.Conv2d(3, 4, 3, padding=1, bias=False), tg.nn.BatchNorm(4))
    twin.layers[0].weight.assign(state["conv.weight"])
    network.train()
    vars(network)["drop"] = tg.nn.Identity()
    ours, theirs = network(x), twin(tg.tensor(x))
    np.testing.assert_allclose(ours.data, theirs.data, rtol=1e-4, atol=1e-5)
    own = tg.mean(tg.conv(x, state["conv.weight"], padding=1), axis=(0, 2, 3))
    expected = 0.9 * state["bn.running_mean"] + 0.1 * np.asarray(own)
    np.testing.assert_allclose(network.bn.running_mean.data, expected, rtol=1e-4, atol=1e-6)
    network.eval()
    assert not np.allclose(network(x).data, before)


def test_dropout_acts_in_training_only():
    network = tg.onnx.load(normalised())
    x = normal(4, 3, 5, 5)
    network.bn.eval()
    vars(network)["bn"] = tg.nn.Identity()  # with one argument, which a part gives
    y = network(x).data
    assert (network(x).data == y).all() and (y != 0).all()
    network.train()
    dropped = network(x).data
    kept = dropped != 0
    assert 0.2 < kept.mean() < 0.8
    np.testing.assert_allclose(dropped[kept], 2 * y[kept], rtol=1e-5)


def test_pickles_hold_the_whole_network():
    network = tg.onnx.load(normalised())
    x = normal(2, 3, 5, 5)
    again = pickle.loads(pickle.dumps(network))
    np.testing.assert_array_equal(again(x).data, network(x).data)
    assert again.inputs == network.inputs


def test_other_numbers_of_the_same_kind_are_taken():
    network = tg.onnx.load(classifier())
    wide = copy.deepcopy(network).astype("float64")(X.astype(np.float64))
    assert wide.dtype == np.float64
    np.testing.assert_allclose(wide.data, network(X).data, rtol=1e-4, atol=1e-5)
    assert network([[1, 2, 3, 4]]).shape == (1, 3)


def test_several_outputs_are_a_named_tuple():
    nodes = [node("Split", "x", "first second"), node("Exp", "first", "a/b")]
    network = tg.onnx.load(
        model(nodes, [value("x", [4])], [value("second", [2]), value("a/b", [2])], opset=13)
    )
    result = network(x=[0.0, 1.0, 2.0, 3.0])
    assert result._fields == ("second", "a_b")
    assert result.second.tolist() == [2.0, 3.0]


@pytest.mark.parametrize(
    ("args", "named", "error", "text"),
    [
        ((), {}, "ArgumentError", r"takes 'x' \(float32, shape \(batch, 4\)\), .*not given: x"),
        ((X,), {"x": X}, "ArgumentError", "given twice or not known: x"),
        ((X,), {"z": X}, "ArgumentError", "given twice or not known: z"),
        ((X, X), {}, "ArgumentError", "not 2 in order"),
        ((X[:, :3],), {}, "ShapeError", r"'x' \(float32, shape \(batch, 4\)\) .* shape \(6, 3\)"),
        ((X[0],), {}, "ShapeError", r"given with shape \(4,\)"),
        ((X.astype(int),), {}, "DTypeError", r"write \.astype\('float32'\)"),
    ],
)
def test_inputs_that_do_not_fit_are_named_with_what_the_file_says(args, named, error, text):
    with pytest.raises(getattr(tg.errors, error), match=text):
        tg.onnx.load(classifier())(*args, **named)


def test_lengths_of_one_name_must_be_equal():
    add = model([node("Add", "x y", "z")], [value("x", ["n"]), value("y", ["n"])],
                [value("z", ["n"])])  # fmt: skip
    with pytest.raises(tg.errors.ShapeError, match=r"'y' .*with shape \(2,\) \(n = 3\)"):
        tg.onnx.load(add)([1.0, 2.0, 3.0], [1.0, 2.0])


def test_an_error_says_in_which_node_it_happened():
    add = model([node("Add", "x y", "z", name="sum")], [value("x", ["a"]), value("y", ["b"])],
                [value("z", ["c"])])  # fmt: skip
    with pytest.raises(tg.errors.ShapeError) as caught:
        tg.onnx.load(add)([1.0, 2.0, 3.0], [1.0, 2.0])
    assert caught.value.__notes__ == ["in node 'sum' (Add)"]


def test_names_that_attributes_cannot_have_are_changed():
    weights = {"onnx::MatMul_7": normal(4, 2), "forward": normal(2), "a.b/c d": normal(2)}
    nodes = [
        node("MatMul", "x onnx::MatMul_7", "p"), node("Add", "p forward", "q"),
        helper.make_node("Add", ["q", "a.b/c d"], ["y"]),
    ]  # fmt: skip
    network = tg.onnx.load(model(nodes, [value("x", [3, 4])], [value("y", [3, 2])], weights))
    paths = [name for name, _ in network.named_parameters()]
    assert paths == ["onnx__MatMul_7", "forward_2", "a.b.c_d"]
    assert list(network.names.values()) == list(weights)
    assert network(normal(3, 4)).shape == (3, 2)


def test_a_weight_lies_in_the_only_module_that_uses_it():
    weights = {"onnx::MatMul_7": normal(4, 4), "shared": normal(4)}
    nodes = [
        node("MatMul", "x onnx::MatMul_7", "p", name="/proj/MatMul"),
        node("Add", "p shared", "q", name="/proj/Add"),
        node("Mul", "q shared", "y", name="/out/Mul"),
    ]
    network = tg.onnx.load(model(nodes, [value("x", [3, 4])], [value("y", [3, 4])], weights))
    assert [n for n, _ in network.named_parameters()] == ["shared", "proj.weight"]
    assert network.names["proj.weight"] == "onnx::MatMul_7"


def test_what_is_a_setting_is_no_state():
    weights = {
        "shape": np.array([2, 2]), "low": np.float32(-1.0), "two": np.float32(2.0),
        "pads": np.array([1, 1]),
    }  # fmt: skip
    nodes = [
        node("Clip", "x low", "a"), node("Mul", "a two", "b"), node("Reshape", "b shape", "y"),
    ]  # fmt: skip
    network = tg.onnx.load(model(nodes, [value("x", [4])], [value("y", [2, 2])], weights))
    assert not network.parameters()
    assert [name for name, _ in network.named_buffers()] == ["two"]
    assert network([1.0, 2.0, -3.0, 4.0]).tolist() == [[2.0, 4.0], [-2.0, 8.0]]


def test_what_exporters_write_besides_weights_is_no_state():
    """A group norm's scale of ones in a node, and a border: neither is trained."""
    ones, other = (numpy_helper.from_array(np.float32(a)) for a in ([1, 1], [1, 2]))
    nodes = [
        node("Constant", "", "one", value=ones), node("Constant", "", "two", value=other),
        node("InstanceNormalization", "x one two", "n"), node("Greater", "n border", "b"),
        node("Cast", "b", "c", to=1), node("Mul", "c scale", "y"),
    ]  # fmt: skip
    weights = {"border": np.float32([0.1]), "scale": np.ones((2, 3), np.float32)}
    for part in nodes[:2]:
        del part.input[:]
    shape = value("x", [1, 2, 3])
    network = tg.onnx.load(model(nodes, [shape], [value("y", [1, 2, 3])], weights))
    assert [name for name, _ in network.named_parameters()] == ["scale", "two"]
    assert not network.buffers()


def test_single_numbers_are_trained_where_they_are_weights():
    """A bias of one unit is, also where a sum adds it; an ε and an exponent are not."""
    weights = {
        "w": normal(4, 1), "b": np.float32([2]), "eps": np.float32([1e-5]),
        "pool.p": np.float32([3]),
    }  # fmt: skip
    nodes = [node("Abs", "x", "a"), node("Add", "a eps", "c"), node("Pow", "c pool.p", "d"),
             node("MatMul", "d w", "e"), node("Add", "e b", "y")]  # fmt: skip
    network = tg.onnx.load(model(nodes, [value("x", [2, 4])], [value("y", [2, 1])], weights))
    assert {name for name, _ in network.named_parameters()} == {"w", "b", "pool.p"}
    assert [name for name, _ in network.named_buffers()] == ["eps"]


def test_what_a_scan_goes_through_is_data():
    body = helper.make_graph(
        [node("Identity", "s", "t"), node("Sub", "s r", "d")], "body",
        [value("s", [2]), value("r", [2])], [value("t", [2]), value("d", [2])],
    )  # fmt: skip
    scan = helper.make_node("Scan", ["x", "rows"], ["last", "y"], body=body, num_scan_inputs=1)
    made = model([scan], [value("x", [2])], [value("y", [3, 2])], {"rows": normal(3, 2)})
    network = tg.onnx.load(made)
    assert not network.parameters() and [name for name, _ in network.named_buffers()] == ["rows"]


def test_a_quantised_network_says_that_it_cannot_be_trained():
    nodes = [node("DequantizeLinear", "w s", "v"), node("MatMul", "x v", "y")]
    weights = {"w": np.ones((2, 1), np.int8), "s": np.float32(0.5)}
    network = tg.onnx.load(model(nodes, [value("x", [1, 2])], [value("y", [1, 1])], weights))
    with pytest.raises(tg.errors.UsageError, match="no parameters: its weights are whole numbers"):
        network.train()
    assert network.eval()([[1.0, 2.0]]).tolist() == [[1.5]]
