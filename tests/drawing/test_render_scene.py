"""What a scene tells of a graph, held against the graph and the engine's own passes."""

import json
import subprocess
import sys

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import errors, nn
from tensorgraph.drawing.scene import from_graph as capturing
from tensorgraph.drawing.scene.from_graph import capture
from tensorgraph.drawing.scene.op_formulas import rules_of
from tensorgraph.drawing.scene.recording import recording_of
from tensorgraph.drawing.scene.statistics import measured, statistics
from tensorgraph.engine.graph import ancestors
from tensorgraph.engine.modes import observing, user_frame
from tensorgraph.engine.observers import Observer


def scene_of(x, *args):
    return capture(recording_of(x, args, sys._getframe(1)))[0]


def box_named(scene, name):
    (found,) = [box for box in scene.boxes if box.name == name]
    return found


def softmax_network():
    rng = np.random.default_rng(0)
    X = tg.tensor(rng.normal(size=(5, 4)))
    Y = np.eye(3)[[0, 1, 2, 0, 1]]
    W = tg.tensor(rng.normal(size=(4, 3)), requires_grad=True)
    b = tg.tensor(np.zeros(3), requires_grad=True)
    Z = X @ W + b
    A = tg.softmax(Z, axis=1)
    loss = -(Y * tg.log(A)).sum() / 5
    return {"loss": loss, "X": X, "Y": Y, "W": W, "b": b, "Z": Z, "A": A}


# ------------------------------------------------------------------------------------ boxes, wires


def test_boxes_of_a_softmax_network():
    net = softmax_network()
    scene = scene_of(net["loss"])
    kinds = {box.name: box.kind for box in scene.boxes if box.kind != "op"}
    assert kinds == {
        "X": "input", "W": "parameter", "b": "parameter", "Y": "input", None: "constant"
    }  # fmt: skip
    ops = [scene.boxes[k].op for k in scene.forward]
    assert ops == "matmul add softmax log multiply sum negative divide".split()
    assert box_named(scene, "Z").op == "add"
    assert box_named(scene, "A").settings == "axis=1"
    assert box_named(scene, "loss").id == scene.outputs[0] == len(scene.boxes) - 1
    assert [box.text for box in scene.boxes if box.text] == ["5"]
    assert scene.title == "loss"
    for box in scene.boxes:
        assert box.bytes == np.prod(box.shape, dtype=int) * np.dtype(box.dtype).itemsize


def test_wires_tell_broadcast_and_reduced_axes():
    net = softmax_network()
    scene = scene_of(net["loss"])
    wires = [(box, wire) for box in scene.boxes for wire in box.wires if wire.note]
    notes = {(scene.boxes[w.source].name, box.op): w.note for box, w in wires}
    assert notes == {("b", "add"): "broadcast (3,) → (5, 3)", (None, "sum"): "sums all axes"}
    x = tg.tensor(np.ones((2, 3, 4)), requires_grad=True)
    for result, note in (
        (x.sum(axis=1), "sums axis 1"),
        (x.mean(axis=(0, 2)), "averages axis 0, 2"),
        (tg.max(x, axis=-1), "reduces axis 2"),
        (x.std(), "reduces all axes"),
    ):
        assert scene_of(result).boxes[-1].wires[0].note == note


def test_a_leaf_stands_just_before_its_first_use():
    net = softmax_network()
    scene = scene_of(net["loss"])
    for box in scene.boxes:
        if box.kind != "op":
            first = min(b.id for b in scene.boxes if any(w.source == box.id for w in b.wires))
            between = scene.boxes[box.id : first]
            assert all(b.kind != "op" for b in between)


def test_an_array_used_twice_is_one_box_and_numbers_are_not():
    x = tg.tensor(np.ones(3), requires_grad=True)
    mask = np.array([1.0, 0.0, 1.0])
    y = (x * mask + 2.0) * mask * 2.0
    scene = scene_of(y)
    assert [box.kind for box in scene.boxes].count("constant") == 2
    assert [box.kind for box in scene.boxes if box.name == "mask"] == ["input"]


class Visits(Observer):
    """Sees the nodes that a backward pass comes by."""

    def __init__(self):
        self.nodes = []

    def backward(self, event):
        if event.node not in self.nodes:
            self.nodes.append(event.node)


def test_backward_is_the_order_of_the_engine():
    x = tg.tensor(np.ones((2, 2)), requires_grad=True)
    w = tg.tensor(np.eye(2), requires_grad=True)
    a = tg.tanh(x @ w)
    b = tg.exp(x) * a
    c = (a + b).sum() + (w * w).sum()
    scene, places = capture(recording_of(c, (), user_frame()))
    seen = Visits()
    with observing(seen):
        c.backward()
    assert [places[k] for k in scene.backward] == seen.nodes


def test_saved_is_what_the_node_keeps():
    net = softmax_network()
    scene, places = capture(recording_of(net["loss"], (), user_frame()))
    saved = {scene.boxes[k].op: scene.boxes[k].saved for k in scene.forward}
    assert saved["softmax"] == (1,) and saved["log"] == (0,)  # the result, the operand
    assert saved["matmul"] == (0,)  # X wants no gradient, so W is not kept
    for k in scene.forward:
        assert len(scene.boxes[k].saved) == sum(value is not None for value in places[k].saved)


def test_gradients_that_add_up_are_counted():
    x = tg.tensor(2.0, requires_grad=True)
    y = x * x
    z = y + tg.sin(y) + x
    scene = scene_of(z)
    assert box_named(scene, "x").accumulates == 3
    assert box_named(scene, "y").accumulates == 2
    assert box_named(scene, "z").accumulates == 0


def test_what_gets_no_gradient():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    p = tg.tensor([0.3, 0.4], requires_grad=True)
    kept = tg.tensor([1.0, 0.0])
    y = tg.where(kept > 0.5, x, tg.dropout(p, kept > 0.5, keep_prob=0.5)) * kept
    scene = scene_of(y)
    assert not box_named(scene, "kept").differentiable
    assert box_named(scene, "x").differentiable and box_named(scene, "p").differentiable
    assert not any(w.stops for box in scene.boxes for w in box.wires)


def test_a_wire_that_stops_the_gradient():
    rules = {"x": lambda g: g, "y": tg.NONDIFF}
    first = tg.op("first", lambda x, y: x + 0 * y, rules)
    x = tg.tensor(1.0, requires_grad=True)
    h = tg.sin(x)
    scene = scene_of(first(h, h * 2) + h * 2)
    (box,) = [box for box in scene.boxes if box.op == "first"]
    assert [w.stops for w in box.wires] == [False, False]  # nothing flows to h * 2 but here
    k = h * 2
    scene = scene_of(first(h, k) + k)
    (box,) = [box for box in scene.boxes if box.op == "first"]
    assert [w.stops for w in box.wires] == [False, True]


def test_a_leaf_is_one_box():
    w = tg.tensor([1.0], requires_grad=True)
    scene = scene_of(w)
    (box,) = scene.boxes
    assert box.name == "w" and scene.outputs == (0,) and scene.backward == ()


def test_several_tensors():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    a, b = tg.exp(x), tg.sin(x)
    scene = scene_of([a, b])
    assert scene.title == "a, b" and len(scene.outputs) == 2
    assert scene_of([a, a]).outputs == (1,)


def test_a_released_graph_is_drawn():
    net = softmax_network()
    before = scene_of(net["loss"])
    net["loss"].backward()
    after = scene_of(net["loss"])
    assert [(b.op, b.saved, b.wires) for b in after.boxes] == [
        (b.op, b.saved, b.wires) for b in before.boxes
    ]
    assert box_named(after, "W").has_gradient and not box_named(before, "W").has_gradient


def test_source_lines_are_known_in_debug_mode():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    with tg.debug():
        y = tg.exp(x)  # this line
    (box,) = [box for box in scene_of(y).boxes if box.op]
    assert box.line.split(":")[0].endswith("test_render_scene.py")
    assert box.source == "y = tg.exp(x)  # this line"


# ------------------------------------------------------------------------------ what to draw


def test_a_module_is_run_and_left_as_it_was():
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm(3), nn.Dropout(p=0.5))
    state = {k: v.copy() for k, v in model.state_dict().items()}
    tg.random.seed(7)
    before = tg.random.default_generator().state
    x = np.ones((6, 4), np.float32)
    scene = scene_of(model, x)
    assert tg.random.default_generator().state == before
    assert all((state[k] == v).all() for k, v in model.state_dict().items())
    assert scene.title == "Sequential"
    assert box_named(scene, "x").kind == "input"
    assert box_named(scene, "layers.0.weight").kind == "parameter"
    assert all(p.grad is None for p in model.parameters())


def test_what_needs_no_gradient_is_drawn_when_run():
    def f(x):
        doubled = x * 2
        return doubled.sum()

    scene = scene_of(f, np.ones(3, np.float32))
    assert [scene.boxes[k].op for k in scene.forward] == ["multiply", "sum"]
    assert scene.backward == () and not any(b.differentiable or b.saved for b in scene.boxes)
    assert box_named(scene, "doubled").line.split(":")[0].endswith("test_render_scene.py")
    with tg.no_grad():
        assert len(scene_of(f, np.ones(3, np.float32)).forward) == 2


def test_of_an_example_input_nothing_is_saved_for_its_own_gradient():
    w = tg.tensor(np.ones((3, 2), np.float32), requires_grad=True)
    scene = scene_of(lambda x: tg.tanh(x * 2) @ w, np.ones((4, 3), np.float32))
    saved = {box.op: box.saved for box in scene.boxes if box.op}
    assert saved == {"multiply": (), "tanh": (), "matmul": (0,)}
    assert [scene.boxes[k].op for k in scene.backward] == ["matmul"]


def test_arguments_are_named_by_parameters_also_in_containers():
    scene = scene_of(lambda pair, k: pair[0] * pair[1] + k, (np.ones(2), np.ones(2)), 3.0)
    assert {box.name for box in scene.boxes if box.kind == "input"} == {"pair0", "pair1"}


def test_a_derivation_brings_its_formula():
    net = softmax_network()
    found = tg.derive(net["loss"], wrt=net["Z"], name="Z")
    scene = scene_of(found)
    assert any(line.startswith("dZ = ") for line in scene.caption)
    assert scene.formula.startswith("<math")
    assert len(scene.forward) == 8 and box_named(scene, "A").op == "softmax"


@pytest.mark.parametrize(
    "what, error, message",
    [
        (lambda: tg.ones(3), errors.GraphError, "has no recorded graph.*requires_grad=True"),
        (lambda: [], errors.ArgumentError, "holds no tensor"),
        (lambda: "text", errors.DTypeError, "a picture is of a tensor"),
        (lambda: np.ones(3), errors.DTypeError, "a picture is of a tensor"),
        (lambda: nn.Linear(2, 2), errors.ArgumentError, "an example of its arguments"),
        (lambda: lambda: 3, errors.DTypeError, "returned 3, which holds no tensor"),
        (lambda: lambda: tg.ones(3), errors.GraphError, "nothing that function computed was"),
    ],
)
def test_what_cannot_be_drawn_says_so(what, error, message):
    with pytest.raises(error, match=message):
        tg.render(what())


def test_arguments_go_to_functions_only():
    x = tg.tensor(1.0, requires_grad=True)
    with pytest.raises(errors.ArgumentError, match=r"tg.render\(\[a, b\]\)"):
        tg.render(x * 2, x)


# -------------------------------------------------------------------------------------- modules


def test_calls_are_the_modules():
    class Block(nn.Module):
        def __init__(self):
            self.inner = {"a.b": nn.Linear(3, 3)}
            self.act = nn.Tanh()

        def forward(self, x):
            return x + self.act(self.inner["a.b"](x))

    model = nn.Sequential(Block(), Block())
    scene = scene_of(model, np.ones((2, 3), np.float32))
    found = [(f.path, f.type, f.parent) for f in scene.calls]
    assert found == [
        ("model", "Sequential", None),
        ("model.layers[0]", "Block", 0),
        ("model.layers[0].inner['a.b']", "Linear", 1),
        ("model.layers[0].act", "Tanh", 1),
        ("model.layers[1]", "Block", 0),
        ("model.layers[1].inner['a.b']", "Linear", 4),
        ("model.layers[1].act", "Tanh", 4),
    ]
    loss = model(tg.ones((2, 3))).sum()
    recorded = scene_of(loss)
    assert [f.type for f in recorded.calls] == [f.type for f in scene.calls]
    assert recorded.boxes[-1].call is None and recorded.boxes[-2].call == 4


def test_a_module_called_again_later_is_another_call():
    layer = nn.Linear(3, 3)
    outer = nn.Sequential(layer, nn.Tanh(), layer)
    scene = scene_of(outer, np.ones((2, 3), np.float32))
    paths = [f.path for f in scene.calls]
    assert paths == ["outer", "outer.layers[0]", "outer.layers[1]", "outer.layers[0]"]
    assert [(f.number, f.of) for f in scene.calls[1:]] == [(1, 2), (None, None), (2, 2)]


# --------------------------------------------------------------------------------------- values


class Kept(Observer):
    """Keeps what every kernel put out."""

    def __init__(self):
        self.values = {}

    def forward(self, event):
        self.values[event.node] = event.out

    def backward(self, event):
        pass


def deep_program(x, w):
    with tg.no_grad():
        mask = tg.random.bernoulli(0.5, x.shape)
    h = tg.dropout(tg.tanh(x @ w), mask, keep_prob=0.5)
    inner = tg.checkpoint(lambda h: tg.dropout(h, tg.random.bernoulli(0.5, h.shape), keep_prob=0.5))
    h = inner(h) + h[0] * x
    parts = tg.concat([h, x[:, 1:]], axis=1)
    return tg.logsumexp(parts, axis=1).mean() + (w**3).sum()


@pytest.mark.parametrize("released", [False, True])
def test_values_and_gradients_are_the_engines(released):
    rng = np.random.default_rng(1)
    x = tg.tensor(rng.normal(size=(3, 3)), requires_grad=True)
    w = tg.tensor(rng.normal(size=(3, 3)), requires_grad=True)
    kept = Kept()
    with observing(kept):
        y = deep_program(x, w)
    nodes = ancestors([y.node])
    handles = [tg.tensor(0.0) for _ in nodes]
    for node, handle in zip(nodes, handles, strict=True):
        handle._node, handle._requires_grad, handle._data = node, True, kept.values.get(node, None)
    gradients = tg.gradients(y, [*handles, x, w], retain_graph=True)
    scene, places = capture(recording_of(y, (), user_frame()))
    if released:
        y.backward()
    state = tg.random.default_generator().state
    found = measured(scene, places)
    assert tg.random.default_generator().state == state
    expected = dict(zip([*nodes, x, w], gradients, strict=True))
    checked = 0
    for box, place in zip(found.boxes, places, strict=True):
        if place in kept.values if box.op else False:
            assert box.value == statistics(kept.values[place])
        if box.differentiable:
            ours, theirs = box.gradient, statistics(expected[place].numpy())
            assert ours.norm == pytest.approx(theirs.norm, rel=1e-12)
            assert ours.mean == pytest.approx(theirs.mean, rel=1e-12, abs=1e-15)
            checked += 1
    assert checked == len(nodes) + 2
    assert all(box.gradient is None for box in found.boxes if not box.differentiable)
    assert all(box.forward_seconds >= 0 for box in found.boxes if box.op)


def test_values_are_those_recorded_though_a_leaf_was_assigned():
    w = tg.tensor([2.0, 3.0], requires_grad=True)
    y = (w * w).sum()
    w.assign([0.0, 0.0])
    scene, places = capture(recording_of(y, (), user_frame()))
    found = measured(scene, places)
    assert box_named(found, "w").value.max == 3.0 and found.boxes[-1].value.mean == 13.0


def test_statistics():
    found = statistics(np.array([[1.0, -3.0], [0.0, np.nan], [np.inf, -np.inf]]))
    assert (found.count, found.zeros, found.nans, found.infs) == (6, 1, 1, 2)
    assert (found.min, found.max) == (-3.0, 1.0)
    assert found.mean == pytest.approx(-2 / 3) and found.norm == pytest.approx(10**0.5)
    assert found.range == (-3.0, 1.0) and sum(found.histogram) == 3 and len(found.histogram) == 20
    assert found.histogram[0] == found.histogram[-1] == 1


@pytest.mark.parametrize("array", [np.zeros((0, 3)), np.full(3, np.nan), np.array([])])
def test_statistics_of_nothing(array):
    found = statistics(array)
    assert found.mean is None and found.histogram == () and found.count == array.size


def test_statistics_do_not_overflow():
    found = statistics(np.array([1e300, -1e300, 1e300]))
    assert found.std == pytest.approx(1e300 * 8**0.5 / 3) and np.isfinite(found.norm)
    assert statistics(np.full(3, 7, np.int64)).mean == 7.0
    assert statistics(np.array([True, False])).mean == 0.5


def test_times_are_those_of_a_profile():
    x = tg.tensor(np.ones(3), requires_grad=True)
    with tg.profile():
        y = tg.exp(x).sum()
        y.backward()
    scene, places = capture(recording_of(y, (), user_frame()))
    times = [(b.forward_seconds, b.backward_seconds) for b in scene.boxes if b.op]
    assert all(forward > 0 and backward > 0 for forward, backward in times)
    assert times == [
        (b.forward_seconds, b.backward_seconds) for b in measured(scene, places).boxes if b.op
    ]


# ---------------------------------------------------------------------------------------- rules


def test_rules_are_read_off_the_records():
    x = tg.tensor(np.ones((4, 2)), requires_grad=True)
    w = tg.tensor(np.ones((2, 3)), requires_grad=True)
    y = tg.softmax(tg.tanh(x @ w), axis=1) / w[0, 0]
    scene, places = capture(recording_of(y, (), user_frame()))
    found = rules_of(scene, places)
    assert set(found) == {"matmul", "tanh", "softmax", "getitem", "divide"}
    assert found["matmul"]["text"] == "out = x y"
    assert found["matmul"]["gradients"]["x"]["text"] == "∂x = g yᵀ"
    assert found["tanh"]["gradients"]["x"]["text"] == "∂x = g ∘ (1 − out²)"
    assert found["softmax"]["text"] == "out = exp(x) / Σ₁ exp(x)"
    by_x = found["softmax"]["gradients"]["x"]["text"]
    assert by_x == "∂x = out ∘ (g − Σ₁(out ∘ g) / Σ₁ out)"
    assert found["divide"]["gradients"]["y"]["mathml"].startswith("<math")


def test_a_rule_that_symbols_cannot_run_is_shown_as_source():
    rules = {"x": lambda g, x: g * float(x.max()), "y": tg.NONDIFF, "z": tg.ZERO}
    odd = tg.op("odd", lambda x, y, z: x * x.max() + 0 * y + z, rules)
    x = tg.tensor([1.0], requires_grad=True)
    scene, places = capture(recording_of(odd(x, 1.0, x), (), user_frame()))
    rules = rules_of(scene, places)["odd"]["gradients"]
    assert "g * float(x.max())" in rules["x"]["text"] and rules["x"]["mathml"] == ""
    assert rules["y"]["text"].startswith("∂y: none")
    assert rules["z"]["text"] == "∂z = 0"


# ----------------------------------------------------------------------------- JSON, determinism


def test_json_is_strict_also_with_nan():
    x = tg.tensor([np.nan, np.inf, 1.0], requires_grad=True)
    scene, places = capture(recording_of(tg.exp(x).sum() * np.nan, (), user_frame()))
    text = json.dumps(measured(scene, places).as_json(), allow_nan=False)
    again = json.loads(text)
    assert len(again["boxes"]) == len(scene.boxes)
    assert again["boxes"][0]["value"]["nans"] == 1
    assert all("wires" not in box or box["wires"] for box in again["boxes"])
    assert again["boxes"][-1]["shape"] == []


PROGRAM = """
import json, sys
import numpy as np
import tensorgraph as tg
[tg.exp(tg.ones(1, requires_grad=True)) for _ in range(int(sys.argv[1]))]
model = tg.nn.Sequential(tg.nn.Linear(3, 3, init=tg.nn.init.constant(0.1)), tg.nn.GELU())
picture = tg.render(model, np.ones((2, 3), np.float32))
print(json.dumps(picture.scene.as_json()), picture.dot(), tg.render(model, np.ones((2, 3)), \
engine="own").svg())
"""


def test_the_same_program_gives_the_same_picture_in_every_process():
    runs = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(k)], capture_output=True, text=True, check=True
        )
        for k in (0, 3)
    ]
    assert runs[0].stdout == runs[1].stdout and len(runs[0].stdout) > 2000


# -------------------------------------------------------------------------------------- very large


def test_of_a_very_large_graph_the_middle_is_one_box(monkeypatch):
    monkeypatch.setattr(capturing, "LARGEST", 100)
    monkeypatch.setattr(capturing, "ENDS", 10)
    x = tg.tensor([1.0], requires_grad=True)
    early = y = tg.sin(x)
    for _ in range(200):
        y = tg.exp(y) * 0.5
    scene, places = capture(recording_of(y + early, (), user_frame()))
    (more,) = [box for box in scene.boxes if box.kind == "more"]
    assert more.symbol == "… 382 operations …" and "191 exp" in more.text
    assert len(scene.forward) == 21
    assert scene.note.startswith("Of 402 operations, the first and last 10 are listed;")
    assert len(scene.backward) == 21 and more.differentiable
    last = scene.boxes[scene.outputs[0]]
    assert {scene.boxes[w.source].op for w in last.wires} == {"multiply", "sin"}
    assert "no values are computed" in measured(scene, places).note
    picture = tg.render(y + early, values=True, engine="own")
    assert "first and last 10 are listed" in picture.svg() and "191 exp" in picture.html()


def test_a_recurrent_layer_has_a_formula_for_every_gradient():
    picture = tg.render(tg.nn.LSTM(2, 3), np.ones((2, 2, 2)), formulas=True)
    told = picture._explained.derived
    flowing = [box.id for box in picture.scene.boxes if box.differentiable and box.kind == "op"]
    assert not told.get("why") and set(flowing) <= {*told["gradients"], *told["untold"]}
