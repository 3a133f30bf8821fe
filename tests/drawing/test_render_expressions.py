"""Pictures of traces and of optimizers' rules."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import errors, nn, optim

W = tg.tensor([1.0, -2.0], requires_grad=True, name="w")
OPTIMIZERS = [optim.SGD, optim.HeavyBall, optim.Adam, optim.AdamW, optim.RMSprop, optim.Lion]


def boxes(picture):
    """Return of each operation its result's name, what it is, and its operands' names."""
    every = picture.scene.boxes
    sources = {box.id: [every[wire.source] for wire in box.wires] for box in every}
    return [
        (every[k].name, every[k].op, [source.name or source.op for source in sources[k]])
        for k in picture.scene.forward
    ]


def test_a_trace_is_drawn_in_its_own_names():
    picture = tg.render(tg.trace(lambda x, y: tg.exp(x) @ y + W, np.ones((2, 2)), W))
    assert boxes(picture) == [
        (None, "exp", ["x"]), (None, "matmul", ["exp", "y"]), (None, "add", ["matmul", "w"]),
    ]  # fmt: skip
    kinds = {box.name: box.kind for box in picture.scene.boxes if box.name}
    assert kinds == {"x": "input", "y": "input", "w": "parameter"}


def test_a_training_step_is_drawn_with_its_gradient_and_its_update():
    optimizer = optim.SGD([W], lr=0.1)

    def step(x):
        optimizer.zero_grad()
        loss = (W * x).sum()
        loss.backward()
        optimizer.step()
        return loss

    held = W.data.copy()
    scene = tg.render(tg.trace(step, np.array([3.0, 4.0], np.float32))).scene
    names = {box.name: box for box in scene.boxes}
    assert names["w"].kind == "parameter" and names["x"].kind == "input"
    assert names["w'"].op == "reshape" and names["w'"].id in scene.outputs
    assert "subtract" in [box.op for box in scene.boxes]
    assert names["lr"].kind == "input"  # it is read anew at each step
    assert (W.data == held).all()


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_an_optimizer_s_rule_is_drawn_above_its_equations(kind):
    rule = tg.update_rule(kind([W], lr=0.1))
    picture = tg.render(rule)
    scene, view = picture.scene, picture.view
    named = {box.name for box in scene.boxes}
    assert {"θ", "g", "θ'", "α"} <= named and scene.title == kind.__name__
    assert [line.text for line in view.caption] == str(rule).splitlines()
    assert all(tile.shape is None and not tile.dtype for tile in view.tiles)  # of any parameter
    # It reads what the equations read.
    letters = {box.name for box in scene.boxes if box.kind in ("input", "parameter")} - {"t"}
    assert all(letter in str(rule) for letter in letters)


@pytest.mark.parametrize("suffix", [".svg", ".html", ".dot", ".mmd", ".json", ".graphml", ".tex"])
def test_they_are_saved_in_every_format(suffix, tmp_path):
    tg.render(tg.update_rule(optim.Adam([W], lr=0.1))).save(tmp_path / f"a{suffix}")
    assert "θ" in (tmp_path / f"a{suffix}").read_text() or suffix == ".tex"


@pytest.mark.parametrize("option", [{"values": True}, {"color_by": "grad"}, {"color_by": "time"}])
def test_values_that_nobody_knows_are_not_drawn(option):
    word = next(iter(option))
    trace = tg.trace(lambda x: x * 2, W)
    with pytest.raises(errors.ArgumentError, match=f"{word}=.* holds none.*tg.render\\(f, x"):
        tg.render(trace, **option)
    run = tg.compile(lambda x: x * 2, wait=True)
    for _ in range(2):
        run(tg.ones(3))
    with pytest.raises(errors.ArgumentError, match=f"{word}=.* holds none"):
        tg.render(run, **option)


def test_arguments_have_nobody_to_go_to():
    with pytest.raises(errors.ArgumentError, match="takes none"):
        tg.render(tg.update_rule(optim.SGD([W], lr=0.1)), np.ones(2))


def test_fractions_in_fractions_have_room():
    rule = tg.render(tg.update_rule(optim.Adam([W], lr=0.1)))
    flat = tg.render(tg.update_rule(optim.SGD([W], lr=0.1)))
    assert rule.drawing.shapes[-1].height > flat.drawing.shapes[-1].height
    lowest = rule.drawing.shapes[-1]
    assert lowest.text.y + lowest.height / 2 < rule.drawing.height


def test_equal_layers_of_a_trace_are_drawn_once():
    layers = [nn.Linear(4, 4) for _ in range(12)]

    def f(x):
        for layer in layers:
            x = tg.tanh(layer(x))
        return x

    view = tg.render(tg.trace(f, np.ones((2, 4), np.float32))).view
    assert [outline.copies for outline in view.outlines] == [12]


def test_a_tensor_that_is_given_another_has_a_box_of_its_own():
    w = tg.tensor([1.0, 2.0], requires_grad=True, name="w")
    v = tg.tensor([3.0, 4.0], requires_grad=True, name="v")

    def swap(x):
        with tg.no_grad():
            old = w * 1
            w.assign(v)
            v.assign(old)
        return x * 2

    made = boxes(tg.render(tg.trace(swap, np.ones(2))))
    assert ("w'", "assign", ["v"]) in made and ("v'", "multiply") in [box[:2] for box in made]

    def both(x):
        new = w + x
        w.assign(new)
        v.assign(new)
        return new

    scene = tg.render(tg.trace(both, np.ones(2, np.float32))).scene
    assert {"w', v'"} <= {box.name for box in scene.boxes}
