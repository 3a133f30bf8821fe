"""Texts, names and numbers in pictures: nothing is cut into nonsense, nothing is called wrongly."""

from functools import partial

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import errors, nn
from tensorgraph.drawing.formats.lettering import wrapped
from tensorgraph.drawing.formats.shapes import Group, Text
from tensorgraph.drawing.view.wording import in_turns
from tests.drawing.render_cases import constant

LINE = "start=10, start=10, start=10,"


def texts(shapes):
    """Yield all texts of a drawing."""
    for shape in shapes:
        if isinstance(shape, Group):
            yield from texts(shape.shapes)
        elif isinstance(shape, Text):
            yield shape


def leaves(view):
    return [*view.tiles, *(leaf for tile in view.tiles for leaf in tile.docked)]


# ------------------------------------------------------------------------------------ long texts


@pytest.mark.parametrize(
    "text, lines",
    [
        ("axis=1", ["axis=1"]),
        ("broadcast (4, 1, 1) → (1, 4, 16, 16)", ["broadcast (4, 1, 1)", "→ (1, 4, 16, 16)"]),
        ("rms axis=2, eps=1e-05, keepdims=True", ["rms axis=2, eps=1e-05,", "keepdims=True"]),
        ("f shape=(8, 8, 8), stride=2, b=1", ["f shape=(8, 8, 8), stride=2,", "b=1"]),
        ("shape=(111, 222, 333, 444, 555, 666)", ["shape=(111, 222, 333, 444,", "555, 666)"]),
        ("x" * 40, [f"{'x' * 20}…{'x' * 9}"]),
        ("start=10, " * 20, [LINE, LINE, LINE, f"{LINE} …"]),
    ],
)  # fmt: skip
def test_long_texts_are_broken_at_their_seams(text, lines):
    assert wrapped(text, 30) == lines


@pytest.mark.parametrize(
    "words, columns, told",
    [
        (["[:, ", "]"], [(0, 1, 2, 3)], "[:, 0 … 3]"),
        (["[:, ", ":", "]"], [(0, 1, 2), (1, 2, 3)], "[:, i:i+1], i = 0 … 2"),
        (["[", "]"], [(0, 2)], "[i], i = 0, 2"),
        (["[", ", ", ":", "]"], [(0, 1, 2), (0, 2, 4), (2, 4, 6)], "[0 … 2, i:i+2], i = 0, 2 … 4"),
        (["[", ", ", ", ", "]"], [(7, 7, 7), (3, 2, 1), (2, 1, 0)], "[7, i, i-1], i = 3 … 1"),
    ],
)  # fmt: skip
def test_an_index_is_told_for_all_turns(words, columns, told):
    assert in_turns(words, columns) == told


def test_what_happens_to_axes_is_told_whole():
    conv = nn.Conv2d(1, 4, 3, padding="same")
    loss = conv(constant((100, 1, 16, 16))).sum()
    for direction in ("down", "right"):
        picture = tg.render(loss, direction=direction)
        written = [text.text for text in texts(picture.drawing.shapes)]
        at = written.index("→ (100, 4, 16, 16)")
        assert "broadcast (4, 1, 1)" in written[at - 1 : at + 2]
        assert not any("…" in each for each in written)


# ----------------------------------------------------------------------------------------- names


class Twice(nn.Module):
    """Two layers, one of which is called twice."""

    def __init__(self):
        self.fc, self.out = nn.Linear(3, 3), nn.Linear(3, 3)

    def forward(self, x):
        return self.out(self.fc(x) + self.fc(x * 2))


def test_a_parameter_outside_of_its_module_tells_its_path():
    first, second = Twice(), Twice()
    x = constant((2, 3))
    loss = (first(x) * second(x)).sum()
    tiles = tg.render(loss, expand=True).view.tiles
    lone = {tile.title: tile.gradient.title for tile in tiles if tile.kind == "parameter"}
    names = [f"{net}.fc.{leaf}" for net in ("first", "second") for leaf in ("bias", "weight")]
    assert lone == {name: f"∂{name}" for name in names}
    docked = {leaf.title for tile in tiles for leaf in tile.docked if leaf.kind == "parameter"}
    assert docked == {"weight", "bias"}
    for picture in (tg.render(loss), tg.render(Twice(), x)):  # of the two at once; of one
        lone = {tile.title for tile in picture.view.tiles if tile.kind == "parameter"}
        assert lone == {"fc.weight", "fc.bias"}


class Makes(nn.Module):
    """A module that makes tensors of its own."""

    def __init__(self):
        self.drop = nn.Dropout(p=0.5)

    def forward(self, x):
        hidden = tg.zeros((2, 3))
        return self.drop(x) + hidden


def test_what_a_module_makes_is_no_input():
    model = Makes()
    X = constant((2, 3))
    w = tg.tensor(constant((3,)), requires_grad=True)
    known = {leaf.title: leaf.kind for leaf in leaves(tg.render(model(X * w)).view)}
    leaf_kinds = {name: kind for name, kind in known.items() if kind not in ("op", "module")}
    assert leaf_kinds == {"X": "input", "w": "parameter", "mask": "constant", "0": "constant"}
    named = {leaf.title for leaf in leaves(tg.render(model, X).view)}
    assert {"x", "hidden", "mask"} <= named


def test_buffers_of_a_module_are_no_inputs():
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm(3)).eval()
    X = constant((4, 3))
    kinds = {leaf.title: leaf.kind for leaf in leaves(tg.render(model(X).sum()).view)}
    assert kinds["X"] == "input"
    assert {"constant"} >= {kind for name, kind in kinds.items() if "running" in name}


@pytest.mark.parametrize("show", [["op", "shape"], ["op", "name"]])
def test_both_passes_show_names_or_none(show):
    Z = tg.tensor(constant((2,)), requires_grad=True) * 2
    tile = tg.render(Z.sum(), show=show).view.tiles[0]
    expected = ("Z = ×", "∂Z") if "name" in show else ("×", "∂multiply")
    assert (tile.title, tile.gradient.title) == expected


def test_names_that_formulas_speak_of_are_shown():
    W = tg.tensor(constant((2, 3)), requires_grad=True)
    Z = tg.exp(W)
    loss = (Z * Z).sum()
    derived = tg.derive(loss, wrt=[W, Z])
    tiles = tg.render(derived, show=["op", "shape"]).view.tiles
    assert "Z = exp" in [tile.title for tile in tiles]


def test_parts_of_a_container_have_the_same_name_in_formulas_and_boxes():
    others = {"W1": tg.tensor(constant((3, 2)), requires_grad=True)}
    parameters = {"W1": tg.tensor(constant((2, 3)), requires_grad=True)}
    cost = (constant((4, 2)) @ parameters["W1"]).sum()
    derived = tg.derive(cost, wrt=parameters["W1"])
    assert str(derived).startswith("dW1 = ") and "parameters" not in str(derived)
    assert "W1" in {leaf.title for leaf in leaves(tg.render(derived).view)}
    both = tg.derive(cost + others["W1"].sum(), wrt=[parameters["W1"], others["W1"]])
    assert {g.split(" =")[0] for g in str(both).splitlines()[:2]} == {"dparameters.W1", "dW1"}


def test_a_function_without_a_name_has_that_of_its_variable():
    f = lambda x: tg.sin(x).sum()  # noqa: E731
    cost = partial(lambda x, y: (x * y).sum(), y=2.0)
    assert [tg.render(each, constant((2,))).scene.title for each in (f, cost)] == ["f", "cost"]


def test_a_function_that_nothing_holds_is_a_function():
    assert tg.render(lambda x: tg.sin(x).sum(), constant((2,))).scene.title == "function"


def test_a_tensor_given_twice_is_one():
    y = tg.tensor(constant((2,)), requires_grad=True) * 2
    picture = tg.render([y, y])
    assert picture.scene.title == "y" and picture.scene.boxes[-1].accumulates == 0


def test_only_a_transposition_is_called_one():
    x = tg.tensor(constant((2, 3, 4)), requires_grad=True)
    y = tg.permute_dims(x.mT, (0, 2, 1)) + tg.permute_dims(x, (2, 0, 1)).reshape((2, 3, 4))
    z = y[0].T
    titles = [tile.title for tile in tg.render(z).view.tiles]
    assert titles.count("xᵀ") == 2 and titles.count("permute") == 1 and "z = xᵀ" in titles


# --------------------------------------------------------------------------- numbers and legends


def test_rounding_does_not_use_up_the_scale_of_gradients():
    layers = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm(4), nn.Linear(4, 2))
    loss = (layers(constant((8, 3)) ** 2) ** 2).sum()
    picture = tg.render(loss, color_by="grad")
    norms = sorted(b.gradient.norm for b in picture._measured.boxes if b.gradient)
    assert norms[0] < 1e-6 * norms[-1]  # the bias before a normalisation, in theory 0
    scale = picture.view.scale
    assert (scale.quantity, scale.low[:2]) == ("Gradient norm, log scale:", "≤ ")
    assert float(scale.low[2:]) >= 1e-6 * float(scale.high)
    assert {scale.quantity, scale.low} <= {text.text for text in texts(picture.drawing.shapes)}
    assert f"{scale.quantity}  {scale.low}" in picture.dot()


def test_bytes_have_their_whole_range():
    x = tg.tensor(np.ones(2_000_000, np.float32), requires_grad=True)
    scale = tg.render((x * 2).sum(), color_by="bytes").view.scale
    assert (scale.low, scale.high) == ("4 B", "8 MB")


def test_numbers_of_values_that_have_changed_say_so():
    w = tg.tensor([1.0, 2.0], requires_grad=True)
    loss = (w**2).sum()
    assert "changed" not in tg.render(loss, values=True).view.folded
    loss.backward()
    w.assign(np.array([100.0, 200.0], np.float32))
    note = "Values have changed since the graph was recorded"
    assert note in tg.render(loss, values=True).view.folded
    assert note in tg.render(loss, values=True, formulas=False).view.folded
    assert note not in tg.render(loss).view.folded


def test_a_watch_of_no_step_says_what_to_write():
    watch = nn.Watch(nn.Linear(2, 1))
    with pytest.raises(errors.GraphError, match=r"no step of Linear was watched.*with watch: loss"):
        tg.render(watch)


# ----------------------------------------------------------------------------------------- titles


def test_long_titles_have_several_lines():
    x = tg.tensor(constant((2,)), requires_grad=True)
    loss = (x * 2).sum()
    title = "A long title of a figure, as people write captions. " * 4
    picture = tg.render(loss, title=title)
    plain = tg.render(loss, title="short").drawing
    assert picture.drawing.width == plain.width
    lines = [text for text in texts(picture.drawing.shapes) if text.look == "title"]
    assert " ".join(line.text for line in lines) == title.strip() and len(lines) > 2
    assert picture.drawing.height == plain.height + 20 * (len(lines) - 1)
    assert [line.y - lines[0].y for line in lines] == [20.0 * i for i in range(len(lines))]
    assert "<BR/>" in picture.dot().partition("A long title")[2][:80]


def test_a_line_break_in_a_title_is_one():
    x = tg.tensor(constant((2,)), requires_grad=True)
    picture = tg.render(x * 2, title="one\ntwo")
    lines = [text.text for text in texts(picture.drawing.shapes) if text.look == "title"]
    assert lines == ["one", "two"] and "one<BR/>two" in picture.dot()
