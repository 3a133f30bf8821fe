"""Pictures of what compiled functions run."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.compiler.c.runner import c_runner
from tensorgraph.compiler.loops.scalars import Buffer, Index, load
from tensorgraph.compiler.numpy_runner import numpy_runner
from tests.compiler.back_ends import compiled, on_every_back_end
from tests.machine.needs import needs

X = tg.ones((3, 4))


def picture(f, runner, *args, **options):
    run = compiled(f, runner)
    for _ in range(2):
        run(*args)
    return tg.render(run, **options)


def sources(scene, box):
    """Return the boxes that one takes its operands from."""
    return [scene.boxes[wire.source] for wire in box.wires]


@needs("cc")
def test_what_runs_together_stands_in_a_frame():
    def f(x):
        y = tg.exp(x)
        return y.sum(axis=1), (y * y.sum(axis=1, keepdims=True)).sum(axis=1)

    scene = picture(f, c_runner, X).scene
    (call,) = scene.calls
    assert call.type == "loops 3 × 4" and scene.title == "f"
    ops = [scene.boxes[i] for i in scene.forward]
    inside = [box for box in ops if box.call == call.id]
    assert {"exp", "sum"} <= {box.symbol for box in inside}
    (exp,) = [box for box in inside if box.symbol == "exp"]
    assert [box.name for box in sources(scene, exp)] == ["x"]
    assert all(box.shape == (3,) for box in map(scene.boxes.__getitem__, scene.outputs))
    assert len(scene.outputs) == 2


@on_every_back_end
def test_a_picture_of_a_training_step(runner):
    tg.random.seed(0)
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 1))
    optimizer = tg.optim.Adam(model.parameters())

    def step(x):
        optimizer.zero_grad()
        loss = (model(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    drawn = picture(step, runner, X)
    scene = drawn.scene
    assert repr(drawn).startswith("<picture of step: ")
    given = {box.name: box for box in scene.boxes if box.kind == "input"}
    paths = [f"model.layers[{k}].{name}" for k in (0, 2) for name in ("weight", "bias")]
    assert {"x", *paths, "4 parameters"} <= given.keys()
    shapes = [given[path].shape for path in paths]
    assert shapes == [(4, 4), (4,), (1, 4), (1,)]
    assert given["4 parameters"].shape == (25,) and given["4 parameters"].parts == (*paths,)
    last = [box for box in scene.boxes if box.kind == "op" and box.name == "4 parameters"]
    assert given["4 parameters"].id in {wire.source for box in last for wire in box.wires}
    (first,) = [b for b in scene.boxes if given[paths[0]].id in {w.source for w in b.wires}]
    assert given["x"].id in {wire.source for wire in first.wires}
    order = {box.id: i for i, box in enumerate(scene.boxes)}
    assert all(order[w.source] < order[box.id] for box in scene.boxes for w in box.wires)
    assert scene.backward == () and scene.outputs
    svg, whole = drawn.svg(), ", ".join(paths)
    assert f"holds {whole}" in svg and all(f">{path}<" in svg for path in paths)
    assert "digraph" in drawn.dot() and "<html" in drawn.html()
    assert drawn.view.tiles


def test_of_what_lies_end_to_end_only_the_parts_are_read_that_are_reached():
    a, b, c = (Buffer((n,), "float32") for n in (4, 2, 3))
    whole = Buffer((9,), "float32", parts=[a, b, c])
    cases = {
        (b,): Index(4, (1,)).reach((2,)),
        (a, b): Index(3, (1,)).reach((2,)),
        (b, c): Index(8, (-3, 1)).reach((2, 1)),
        (whole,): Index(8, (-1,)).reach((9,)),
    }
    for parts, reach in cases.items():
        assert whole.touched(reach) == parts
    gathered = Index(0, (), ((load(c, Index()), 1),)).reach((9,))
    assert whole.touched(gathered) == (whole,), "nobody knows what is read"


@on_every_back_end
def test_parts_that_write_one_array_stand_one_after_the_other(runner):
    def f(x):
        return tg.concat([tg.sin(x), tg.cos(x)], axis=0) * 2

    scene = picture(f, runner, X).scene
    made = {box.symbol: box for box in scene.boxes}
    assert {"sin", "cos"} <= made.keys()
    last = scene.boxes[scene.outputs[0]]
    seen, left = set(), [last.id]
    while left:
        box = left.pop()
        seen.add(box)
        left += [wire.source for wire in scene.boxes[box].wires]
    assert {made["sin"].id, made["cos"].id} <= seen


def test_of_several_programs_the_last_is_drawn_and_arguments_draw_the_function():
    run = compiled(lambda x: tg.sin(x) * 2, numpy_runner)
    for x in (tg.ones(2), tg.ones(2), tg.ones(5), tg.ones(5), tg.ones(2)):
        run(x)
    assert {box.shape for box in tg.render(run).scene.boxes if box.name == "x"} == {(2,)}
    assert "sin" in {box.op for box in tg.render(run, tg.ones(2)).scene.boxes}
    assert tg.render(run).svg()


def test_without_a_program_there_is_no_picture():
    run = compiled(lambda x: x * 2, numpy_runner)
    with pytest.raises(tg.errors.GraphError, match="has no compiled program: call it twice"):
        tg.render(run)


@needs("cc")
def test_many_operations_are_counted_on_a_box():
    def f(x):
        return tg.sin(x) * tg.cos(x) + tg.exp(x) / 3

    (op,) = [
        box
        for box in picture(f, c_runner, X).scene.boxes
        if "sin" in box.op
    ]  # fmt: skip
    assert op.symbol == "6 operations" and op.op == "sin, cos, multiply, exp, divide, add"
    assert np.prod(op.shape) == 12


@needs("cc")
def test_of_a_long_program_what_runs_together_is_one_box():
    def f(x):
        for k in range(60):
            x = tg.softmax(x + k, axis=k % 2)
        return x

    drawn = picture(f, c_runner, X)
    assert len(drawn.scene.forward) > 100 and not [
        o for o in drawn.view.outlines if "step" in o.title
    ]
    opened = picture(f, c_runner, X, depth=1)
    assert [o for o in opened.view.outlines if "step" in o.title]


@pytest.mark.parametrize("runner", [numpy_runner, pytest.param(c_runner, marks=needs("cc"))])
def test_what_was_there_before_an_update_is_told_from_what_it_made(runner):
    W = tg.tensor(np.full((4, 2), 0.5, np.float32), requires_grad=True, name="W")
    b = tg.tensor(np.zeros((4, 2), np.float32), requires_grad=True, name="b")
    optimizer = tg.optim.SGD([W, b], lr=0.1)

    def step(x):
        loss = ((x @ W + x @ tg.sin(b)) ** 2).sum()
        optimizer.zero_grad()
        loss.backward()
        before = W.detach()
        optimizer.step()
        with tg.no_grad():
            return tg.exp(before * (W * W).sum()).sum()

    scene = picture(step, runner, X).scene
    (exp,) = [box for box in scene.boxes if box.kind == "op" and "exp" in box.op]
    product = [box for box in sources(scene, exp) if box.op == "multiply"]  # in C one loop
    reads = [each for box in (exp, *product) for each in sources(scene, box)]
    assert [box.kind for box in reads if box.name == "W"] == ["input"]
