"""Loops of one's own: what folds to × n, with which arrows, and what may not."""

from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.drawing.formats.canvas import Canvas
from tensorgraph.drawing.formats.shapes import Text
from tensorgraph.drawing.scene.scene import Statistics
from tensorgraph.drawing.scene.statistics import statistics
from tensorgraph.drawing.view.fold import fold
from tensorgraph.drawing.view.hierarchy import hierarchy
from tensorgraph.drawing.view.loop import Loop

W = tg.tensor(np.full((4, 4), 0.1), requires_grad=True, name="W")
V = tg.tensor(np.full((4, 2), 0.1), requires_grad=True, name="V")
X = tg.tensor(np.ones((2, 20, 4)), name="x")
ZEROS = tg.zeros((2, 4), dtype="float64")


@contextmanager
def counted_calls(owner, name):
    """Count the calls of a method."""
    count, method = [0], getattr(owner, name)

    def counting(*args):
        count[0] += 1
        return method(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, counting)
        yield count


def drawn(result, **options):
    return tg.render(result, **options).view


def folded(view):
    return [outline.copies for outline in view.outlines]


def arrows(view, kind="state"):
    """Return the titles of tiles that links of a kind join."""
    titles = [tile.title for tile in view.tiles]
    return [(titles[ln.source], titles[ln.target]) for ln in view.links if ln.kind == kind]


def rnn(steps, h=None, weight=W, at=lambda t: t):
    h = ZEROS if h is None else h
    for t in range(steps):
        h = tg.tanh(X[:, at(t)] + h @ weight)
    return h


def test_steps_of_a_cell_are_drawn_once_with_the_state_round_them():
    view = drawn((rnn(20) ** 2).mean())
    assert folded(view) == [20] and len(view.tiles) <= 8
    assert arrows(view) == [("h = tanh", "@")] or arrows(view) == [("tanh", "@")]
    (weight,) = [leaf for tile in view.tiles for leaf in tile.docked if leaf.title == "W"]
    assert weight.gradient.notes == ("sum of 20",)


def test_two_states():
    h, c = X[:, 0] @ W, X[:, 1] @ W
    for _ in range(8):
        c = tg.sigmoid(h @ W) * c + tg.exp(h)
        h = tg.tanh(c)
    view = drawn(h.sum())
    assert folded(view) == [8]
    assert arrows(view) == [("c = +", "×"), ("h = tanh", "@"), ("h = tanh", "exp")]


def test_a_loop_in_a_loop():
    h = X[:, 0]
    for _ in range(5):
        z = h
        for _ in range(6):
            z = tg.tanh(z @ W + 0.5)
        h = h + z * tg.exp(-z)
    assert folded(drawn(h.sum())) == [5, 6]


def test_a_loop_in_a_loop_tells_both_of_their_numbers():
    elements, h = tg.tensor(np.ones((6, 8, 4)), requires_grad=True), ZEROS[0]
    for t in range(6):
        for k in range(8):
            h = tg.tanh(h + elements[t, k])
        h = tg.exp(h)
    told = [line for tile in drawn(h.sum()).tiles for line in tile.lines]
    assert "getitem [0 … 5, 0 … 7]" in told


def test_windows_in_a_loop_in_a_loop_have_letters_of_their_own():
    elements, h = tg.tensor(np.ones((12, 8)), requires_grad=True), ZEROS[0, :2]
    for t in range(0, 12, 2):
        for k in range(0, 8, 2):
            h = tg.tanh(h + elements[t : t + 2, k : k + 2].sum(axis=0))
        h = tg.exp(h)
    told = [line for tile in drawn(h.sum()).tiles for line in tile.lines if "getitem" in line]
    assert told == ["getitem [j:j+2, i:i+2], i = 0, 2 … 6, j = 0, 2 … 10"]


def test_a_loop_inside_a_module():
    class Net(nn.Module):
        def __init__(self):
            self.weight = W

        def forward(self, x):
            h = ZEROS
            for t in range(x.shape[1]):
                h = tg.tanh(x[:, t] + h @ self.weight)
            return h

    net = Net()
    view = drawn(net(X).sum())
    assert [o.title for o in view.outlines] == ["Net  net", "× 20"] and len(arrows(view)) == 1


def test_an_lstm_is_no_fan():
    x = tg.tensor(np.ones((2, 20, 3), np.float32), requires_grad=True)
    out, _ = nn.LSTM(3, 4)(x)
    view = drawn(out.sum())
    assert len(view.tiles) < 12 and folded(view).count(20) == 2
    (slices,) = [tile for tile in view.tiles if tile.title == "x[i]"]
    assert "getitem [:, 0 … 19]" in slices.lines


def test_layers_of_a_stack_are_no_loop():
    view = drawn(nn.Sequential(*(nn.Linear(4, 4) for _ in range(6)))(X.astype("float32")).sum())
    assert 6 in folded(view) and arrows(view) == []


def test_a_sum_over_layers_side_by_side_goes_round():
    total = ZEROS
    for layer in layers(5):
        total = total + tg.relu(layer(X[:, 0]))
    view = drawn(total.sum())
    assert 5 in folded(view) and arrows(view) == [("total = +", "total = +")]


# --------------------------------------------------------------------------- what may not be folded


def test_a_state_that_is_dropped_ends_the_loop():
    h, start = rnn(10), ZEROS + 1
    view = drawn((rnn(10, start) + h).sum())
    assert folded(view) == [10, 10]
    h = rnn(8).detach()
    assert 16 not in folded(drawn(rnn(8, h).sum()))


@pytest.mark.parametrize(
    "order, drawn_once", [(range(10), True), ([0, 3, 1, 7, 2, 9, 11, 4, 5, 6], False)]
)
def test_only_elements_in_order_are_a_range(order, drawn_once):
    elements, h = tg.exp(X * W[0]), ZEROS
    for k in order:
        h = tg.tanh(elements[:, k] + h @ W)
    view = drawn(h.sum())
    told = [line for tile in view.tiles for line in tile.lines if "…" in line]
    assert (folded(view) == [10] and told == ["getitem [:, 0 … 9]"]) == drawn_once
    assert drawn_once or (max(folded(view), default=0) < 6 and told == [])


@pytest.mark.parametrize("order", [range(11, -1, -1), [3, 0, 7, 1, 2, 4, 6, 5, 8, 9, 10, 11]])
def test_values_of_a_loop_are_taken_in_its_order(order):
    def looped(order):
        made = [tg.tanh(tg.exp(X[:, t] * W[0])) for t in range(12)]
        y = X[:, 0]
        for k in order:
            y = tg.sigmoid(y @ W + made[k])
        return drawn(y.sum())

    assert folded(looped(range(12))) == [12, 12]
    assert folded(looped(order)) != [12, 12]


def test_results_are_given_to_an_operation_in_its_order():
    made = [tg.tanh(tg.exp(X[:, t] * W[0])) for t in range(12)]
    assert folded(drawn(tg.stack(made).sum())) == [12]
    assert folded(drawn(tg.stack(made[::-1]).sum())) == []


def test_what_cannot_be_joined_takes_no_longer():
    made, y = [], X[:, 0] @ W
    for _ in range(120):
        made.append(tg.sin(made[-1] if made else y))
    for k, value in enumerate(reversed(made)):
        y = y + value if k % 3 else y * value
    scene = tg.render(y.sum()).scene
    with counted_calls(Loop, "add") as count:
        assert hierarchy(scene, lambda call: False).root.items
    assert count[0] < 40 * len(scene.forward)


@pytest.mark.parametrize("start", [np.array([1.0, 2.0, 3.0, 4.0]), 1_700_000_000.0])
def test_constants_that_differ_are_told_apart_whatever_is_written_of_them(start):
    h = X[:, 0] @ W
    for t in range(12):
        h = tg.tanh(h * (start + 1e-6 * t))
    assert folded(drawn(h.sum())) == []


def test_a_weight_that_comes_back_is_not_one_of_its_own():
    others = [tg.tensor(np.full((4, 4), k), requires_grad=True) for k in (0.1, 0.2, 0.3)]
    h = X[:, 0]
    for k in [0, 1, 2, 1, 0, 2, 2]:
        h = tg.tanh(tg.exp(h @ others[k]))
    assert max(folded(drawn(h.sum())), default=0) < 4


def test_a_turn_of_which_more_is_taken_is_seen():
    h, kept = ZEROS, 0
    for t in range(12):
        h = tg.tanh(tg.exp(X[:, t] + h @ W))
        kept = h if t == 6 else kept
    assert 12 not in folded(drawn((h * kept).sum()))


def test_a_state_that_goes_on_only_sometimes():
    h = g = ZEROS
    for t in range(12):
        h, g = tg.tanh(tg.exp((h if t % 3 else g) @ W + h)), h
    assert all(copies <= 4 for copies in folded(drawn(h.sum())))


def layers(count):
    return [nn.Linear(4, 4, dtype="float64") for _ in range(count)]


@pytest.mark.parametrize(
    "combine",
    [
        lambda q, k, v: tg.softmax(q @ k.mT) @ v,
        lambda value, gate, _: value * tg.sigmoid(gate),
        lambda mean, logvar, eps: mean + tg.exp(0.5 * logvar) * eps.detach(),
        lambda a, b, _: a - b,
        lambda a, b, _: tg.relu(a) - tg.relu(b),
    ],
)
def test_layers_side_by_side_with_parts_of_their_own_are_drawn_each(combine):
    made = [layer(X[:, 0]) for layer in layers(3)]
    view = drawn(combine(*made).sum())
    assert all(copies == 1 for copies in folded(view)) and len(view.outlines) >= 2


@pytest.mark.parametrize("combine", [lambda *made: tg.stack(made), lambda *made: made[0] + made[1]])
def test_layers_side_by_side_with_the_same_part_are_drawn_once(combine):
    made = [layer(X[:, 0]) for layer in layers(2)]
    assert folded(drawn(combine(*made).sum())) == [2]


def test_of_layers_side_by_side_only_those_with_the_same_part_are_drawn_once():
    *made, last = [layer(X[:, 0]) for layer in layers(4)]
    assert folded(drawn((tg.stack(made) * last).sum())) == [3, 1]


# ------------------------------------------------------------------------------------- any program


@st.composite
def programs(draw):
    """Return the result of a loop of loops over random steps, some of which differ."""
    choices = st.sampled_from([
        lambda h, c: (tg.tanh(h @ W), c),
        lambda h, c: (h + c, h),
        lambda h, c: (h * 0.5, tg.exp(c)),
        lambda h, c: (c, h @ W),
        lambda h, c: (h.detach() + c, c),
    ])  # fmt: skip
    h, c = X[:, 0] @ W, X[:, 1] @ W
    for body, turns in draw(st.lists(
        st.tuples(st.lists(choices, min_size=1, max_size=3), st.integers(1, 9)),
        min_size=1, max_size=3,
    )):  # fmt: skip
        for _ in range(turns):
            for step in body:
                h, c = step(h, c)
    return (h + c).sum()


@given(programs(), st.integers(6, 60))
def test_folding_loses_and_invents_nothing(result, most):
    picture = tg.render(result, max_nodes=most)
    scene, folding = picture.scene, fold(picture.scene, picture.options)
    seen = [folding.shown_as(op) for op in scene.forward]
    # What is seen for an operation does the same; counts add up.
    for op, other in zip(scene.forward, seen, strict=True):
        one, shown = scene.boxes[op], scene.boxes[other]
        assert (one.op, one.shape, one.dtype) == (shown.op, shown.shape, shown.dtype)
    times = folding.hierarchy.turns
    for op in {op for op in seen if folding.slots[folding.slot_of[op]].item == op}:
        copies = 1
        for repetition, turn in times.get(op, ()):
            assert turn == 0
            copies *= folding.hierarchy.lengths[repetition]
        assert copies == seen.count(op)
    # Links are edges of the graph, and every edge is drawn: as itself, in a copy, or as a state.
    tile_of = {k: tile.id for tile in picture.view.tiles for k in tile.boxes}
    drawn_links = {(ln.source, ln.target) for ln in picture.view.links if ln.kind != "gradient"}
    edges = {
        (tile_of[folding.shown_as(wire.source)], tile_of[folding.shown_as(op)])
        for op in scene.forward for wire in scene.boxes[op].wires
        if folding.shown_as(wire.source) in tile_of and folding.shown_as(op) in tile_of
    }  # fmt: skip
    data = {(ln.source, ln.target) for ln in picture.view.links if ln.kind in ("data", "state")}
    assert data <= edges | {(i, i) for i in range(len(picture.view.tiles))}
    assert {e for e in edges if e[0] != e[1]} <= drawn_links | data


@pytest.mark.parametrize("direction", ["down", "right"])
@pytest.mark.parametrize("depth", [None, 0])
def test_states_run_beside_all_that_is_in_the_loop(direction, depth):
    cell, h = nn.GRUCell(4, 4), tg.zeros((2, 4))
    for t in range(6):
        h = cell(X[:, t].astype("float32"), h)
    picture = tg.render(h.sum(), direction=direction, depth=depth)
    canvas = Canvas(picture.view, picture.options)
    in_loop = [tile.id for tile in picture.view.tiles if tile.outline == 0 or tile.repeat == 6]
    assert len(canvas.states) == 2 - (depth == 0)  # h goes to two operations
    across = 1 if direction == "right" else 0
    edges = [
        canvas.placement.centers[k][across]
        + canvas.sized[k].anchor
        - canvas.sized[k].card[across] / 2
        for k in in_loop
    ]
    assert all(0 < min(point[across] for point in way) < min(edges) for way in canvas.states)
    # Its gradient runs against it on the other page: both arrows are in the picture.
    drawing = picture.svg()
    assert drawing.count("h</title>") == 2 * len(canvas.states)


def test_a_gradient_goes_round_only_where_one_flows():
    def looped(keep):
        h, found = X[:, 0] @ W, []
        for _ in range(12):
            h = tg.tanh(keep(h) @ W + X[:, 0])
            found.append(h)
        return drawn(tg.stack(found).sum())

    assert arrows(looped(lambda h: h), "state gradient") == [("@", "h = tanh")]
    assert arrows(looped(lambda h: h.detach()), "state gradient") == []


def test_titles_stand_on_both_passes():
    picture = tg.render((rnn(20) ** 2).mean())
    texts = [shape for shape in picture.drawing.shapes if type(shape) is Text and shape.look == "o"]
    assert [text.text for text in texts] == ["× 20"] * 2
    assert texts[0].y == texts[1].y and texts[0].x < picture.drawing.width / 2 < texts[1].x


@pytest.mark.parametrize("reset", [True, False])
def test_a_state_goes_round_its_own_loop(reset):
    h = c = X[:, 0] @ W
    for _ in range(6):
        c = X[:, 1] @ W if reset else c
        for _ in range(7):
            c = tg.tanh(tg.exp(c @ W) + h)
        h = h * c
    picture = tg.render(h.sum())
    outer, inner = (outline.id for outline in picture.view.outlines)
    loops = {link.loop for link in picture.view.links if link.kind == "state"}
    rounds = [link.loop for link in picture.view.links if link.kind == "state"]
    assert loops == {outer, inner} and rounds.count(outer) == 2 + (not reset)
    canvas = Canvas(picture.view, picture.options)
    assert (
        canvas.lanes.of_outline[outer] == rounds.count(outer) - 1 and canvas.lanes.of_outline[inner]
    )


def test_what_cannot_be_joined_leaves_the_rest_joined():
    class Block(nn.Module):
        def __init__(self):
            self.a, self.b = layers(2)

        def forward(self, x):
            return x + self.b(tg.relu(self.a(x)))

    y, made = nn.Sequential(*(Block() for _ in range(12)))(X[:, 0]), []
    for _ in range(60):
        made.append(tg.sin(made[-1] if made else y))
    for k, value in enumerate(reversed(made)):
        y = y + value if k % 3 else y * value
    assert 12 in folded(drawn(y.sum()))


def test_a_call_in_a_loop_is_not_counted():
    layer, h = nn.Linear(4, 4), X[:, 0].astype("float32")
    for _ in range(6):
        h = tg.tanh(layer(h))
    view = drawn(h.sum())
    assert [outline.title for outline in view.outlines] == ["× 6", "Linear  layer"]
    again = drawn(layer(tg.exp(h)).sum())
    assert [outline.title for outline in again.outlines][1:] == [
        "Linear  layer  call 1 of 7", "Linear  layer  call 7 of 7",
    ]  # fmt: skip


# ----------------------------------------------------------------------- what is told of a tile × n


def test_modules_of_a_stack_are_told_from_the_first_to_the_last():
    model = nn.Sequential(*(nn.Sequential(nn.Linear(4, 4), nn.Tanh()) for _ in range(6)))
    x = X[:, 0].astype("float32")
    titles = [outline.title for outline in drawn(model(x).sum()).outlines]
    assert titles[1:] == ["Sequential  layers[0 … 5] × 6", "Linear  layers[0]", "Tanh  layers[1]"]
    several, y = [nn.Linear(4, 4) for _ in range(4)], x
    for layer in several:
        y = tg.tanh(layer(y))
    titles = [outline.title for outline in drawn(y.sum()).outlines]
    assert titles == ["× 4", "Linear  several[0 … 3]"]


def test_statistics_are_those_of_all_turns():
    h = tg.tensor(np.ones((1, 2)), requires_grad=True)
    doubled, made = tg.tensor(2 * np.eye(2), requires_grad=True), []
    for _ in range(12):
        h = h @ doubled
        made.append(h)
    view = drawn(h.sum(), values=True)
    (tile,) = [tile for tile in view.tiles if tile.outline == 0 or tile.repeat == 12]
    values = np.concatenate([value.data.ravel() for value in made])
    assert f"{values.min():.3g} … {values.max():.3g}" in tile.lines
    assert f"{values.mean():.3g} ± {values.std():.3g}" in tile.lines


def test_a_nan_of_a_later_turn_is_seen():
    h = tg.tensor(np.ones((1, 2)), requires_grad=True)
    for _ in range(12):
        h = tg.exp(h)
    assert drawn(tg.tanh(h).sum(), values=True).tiles[0].warn


@given(st.lists(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=5), min_size=1, max_size=4))
def test_pooled_statistics(lists):
    pooled = Statistics.pooled([statistics(np.array(each)) for each in lists])
    whole = statistics(np.concatenate(lists))
    for key in ("count", "zeros", "nans", "infs", "min", "max"):
        assert getattr(pooled, key) == getattr(whole, key)
    size = max(abs(whole.min), abs(whole.max))
    for key in ("mean", "std", "norm"):
        assert abs(getattr(pooled, key) - getattr(whole, key)) <= 1e-12 * size
    assert Statistics.pooled([None, None]) is None


# --------------------------------------------------------------------------------- which operand


def labels(result):
    view = drawn(result)
    titles = [tile.title.split("= ")[-1] for tile in view.tiles]
    found = {titles[ln.source]: ln.label for ln in view.links if ln.kind == "data" and ln.label}
    return found | {
        leaf.title: leaf.lines[0] for tile in view.tiles for leaf in tile.docked if leaf.lines
    }


def test_operands_that_may_not_be_exchanged_are_told_apart():
    a, b = tg.exp(W), tg.tanh(W)
    assert labels(a - b)["exp"] == labels(a @ b)["exp"] == labels(a / b)["exp"] == "left"
    assert labels(b - a)["tanh"] == "left"
    assert labels(a + b) == labels(tg.maximum(b, a)) == {}
    assert labels(tg.where(W.data > 0, a, b)) == {"exp": "x", "tanh": "y"}
    assert labels(1 - a) == {"1": "left"} and labels(a - 1) == {}
    assert labels(W @ a)["W"] == "left" and "W" not in labels(a @ W)
    columns = tg.ones((4, 3), dtype="float64", name="columns")  # a box of its own, as it is named
    assert labels(W @ columns)["W"] == "left"


def test_a_closed_module_turns_to_its_gradient():
    view = drawn(nn.Sequential(nn.Linear(4, 4))(X[:, 0].astype("float32")), depth=0)
    (module,) = [tile.id for tile in view.tiles if tile.kind == "module"]
    assert view.turning() == [module]
