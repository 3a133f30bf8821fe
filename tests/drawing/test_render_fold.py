"""What of a scene is visible: nothing is lost, nothing is merged that is not equal."""

from collections import Counter
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import errors, nn
from tensorgraph.drawing.view.fold import Rest, fold
from tensorgraph.drawing.view.hierarchy import Group, Runs

X = np.ones((2, 8), np.float32)


def picture(model, *args, **options):
    return tg.render(model, *(args or (X,)), **options)


def titles(view):
    return [tile.title for tile in view.tiles]


def stack_of(n, make):
    return nn.Sequential(*(make() for _ in range(n)))


def dense():
    return nn.Linear(8, 8)


class Residual(nn.Module):
    def __init__(self, act=None):
        self.inner = dense()
        self.act = act or nn.Tanh()

    def forward(self, x):
        return x + self.act(self.inner(x))


# ---------------------------------------------------------------------------------- equal blocks


def test_equal_blocks_in_a_row_are_drawn_once():
    view = picture(stack_of(12, Residual)).view
    assert [o.title for o in view.outlines][:2] == [
        "Sequential  model",
        "Residual  layers[0 … 11] × 12",
    ]
    assert titles(view) == ["x", "x Wᵀ + b", "tanh", "+"]
    assert view.folded == "3 of 36 operations are shown: × 12: equal parts in a row are drawn once."
    closed = picture(stack_of(12, Residual), depth=1).view
    (tile,) = [t for t in closed.tiles if t.kind == "module"]
    assert tile.repeat == 12 and len(tile.boxes) == 36 and tile.title == "Residual"


@pytest.mark.parametrize(
    "odd",
    [
        lambda: Residual(nn.GELU()),  # another operation
        lambda: nn.Sequential(nn.Linear(8, 8), nn.Tanh()),  # another class
        lambda: nn.Sequential(nn.Linear(8, 5), nn.Linear(5, 8)),  # other shapes
        lambda: Swapped(),  # other wires
        lambda: Scaled(2.0),  # a number
        lambda: Applied(tg.sin),  # another operation in the same class
    ],
)
def test_blocks_that_differ_in_anything_are_not_merged(odd):
    base = {Swapped: Swapped2, Scaled: lambda: Scaled(3.0), Applied: lambda: Applied(tg.cos)}.get(
        type(odd()), Residual
    )
    model = nn.Sequential(*[base() for _ in range(4)], odd(), *[base() for _ in range(3)])
    view = picture(model, depth=1).view
    repeats = [t.repeat for t in view.tiles if t.kind == "module"]
    assert repeats == [4, 1, 3]


class Swapped(nn.Module):
    def forward(self, x):
        return tg.exp(x) - x


class Swapped2(nn.Module):
    def forward(self, x):
        return x - tg.exp(x)


Swapped2.__name__ = "Swapped"


class Applied(nn.Module):
    def __init__(self, function):
        self.function = function

    def forward(self, x):
        return self.function(tg.exp(x))


class Scaled(nn.Module):
    def __init__(self, factor):
        self.factor = factor

    def forward(self, x):
        return tg.tanh(x * self.factor)


def test_shared_weights_are_not_equal_to_own_ones():
    shared = dense()

    class Takes(nn.Module):
        def __init__(self, layer):
            self.layer = layer

        def forward(self, x):
            return tg.tanh(self.layer(x))

    model = nn.Sequential(*[Takes(shared) for _ in range(3)], *[Takes(dense()) for _ in range(3)])
    view = picture(model, depth=1).view
    assert [t.repeat for t in view.tiles if t.kind == "module"] == [3, 3]


def test_a_value_used_outside_makes_a_block_another():
    class Net(nn.Module):
        def __init__(self):
            self.blocks = [Two() for _ in range(6)]

        def forward(self, x):
            kept = []
            for k, block in enumerate(self.blocks):
                x, inside = block(x)
                kept += [inside] if k == 2 else []
            return x + kept[0]

    class Two(nn.Module):
        def __init__(self):
            self.layer = dense()

        def forward(self, x):
            h = self.layer(x)
            return tg.tanh(h), h

    view = picture(Net(), depth=1).view
    assert [t.repeat for t in view.tiles if t.kind == "module"] == [2, 1, 3]
    (plus,) = [t.id for t in view.tiles if t.title == "+"]
    sources = [link.source for link in view.links if link.target == plus and link.kind == "data"]
    assert [view.tiles[k].repeat for k in sources] == [1, 3]


def test_patterns_of_modules_repeat():
    layers = [m for _ in range(5) for m in (dense(), nn.ReLU())]
    view = picture(nn.Sequential(nn.Linear(8, 8, bias=False), *layers, nn.Linear(8, 2))).view
    assert [o.title for o in view.outlines if "×" in o.title] == ["× 5"]
    assert titles(view) == ["xᵀ", "x", "@", "x Wᵀ + b", "relu", "x Wᵀ + b"]


def test_blocks_in_blocks():
    model = stack_of(3, lambda: nn.Sequential(stack_of(4, Residual), nn.Tanh()))
    view = picture(model).view
    assert [o.title for o in view.outlines if "×" in o.title] == [
        "Sequential  layers[0 … 2] × 3", "Residual  layers[0 … 3] × 4",
    ]  # fmt: skip
    assert titles(view) == ["x", "x Wᵀ + b", "tanh", "+", "tanh"]
    data = [(link.source, link.target) for link in view.links if link.kind == "data"]
    assert data == [(0, 1), (0, 3), (1, 2), (2, 3), (3, 4)]


def test_skip_connections_survive_folding():
    class Net(nn.Module):
        def __init__(self):
            self.down = stack_of(5, dense)
            self.up = stack_of(4, Residual)

        def forward(self, x):
            h = self.down(x)
            return self.up(h) + h

    view = picture(Net(), depth=1).view
    kinds = {tile.id: tile.kind for tile in view.tiles}
    down, up = [k for k, kind in kinds.items() if kind == "module"]
    plus = view.tiles[-1].id
    data = {(link.source, link.target) for link in view.links if link.kind == "data"}
    assert {(down, up), (up, plus), (down, plus)} <= data
    gradients = {(link.source, link.target) for link in view.links if link.kind == "gradient"}
    assert {(up, down), (plus, up), (plus, down)} <= gradients


def test_edges_between_folded_modules_are_counted():
    class Net(nn.Module):
        def __init__(self):
            self.one, self.two = Many(), Sums()

        def forward(self, x):
            return self.two(self.one(x))

    class Many(nn.Module):
        def forward(self, x):
            return [tg.sin(x), tg.cos(x), tg.tanh(x)]

    class Sums(nn.Module):
        def forward(self, parts):
            return parts[0] * parts[1] + parts[2]

    view = picture(Net(), depth=1).view
    (link,) = [k for k in view.links if k.kind == "data" and view.tiles[k.source].kind == "module"]
    assert link.count == 3


# ------------------------------------------------------------------------------ depth and expand


def test_depth_and_expand():
    model = stack_of(6, Residual)
    assert titles(picture(model, depth=0).view) == ["x", "Sequential"]
    view = picture(model, depth=1, expand="model.layers[3]").view
    assert [t.repeat for t in view.tiles if t.title == "Residual"] == [3, 2]
    assert "Residual  layers[3]" in [o.title for o in view.outlines]
    assert "tanh" not in titles(view)  # only that level is opened
    opened = picture(model, expand=True).view
    assert len(opened.tiles) == 1 + 18 and opened.folded == ""
    by_class = picture(model, depth=1, expand=["Residual", "Tanh"]).view
    assert titles(by_class).count("tanh") == 6


def test_expand_names_what_is_there():
    with pytest.raises(
        errors.ArgumentError, match=r"'model.layer' is no module.*model.layers\[0\]"
    ):
        picture(stack_of(2, Residual), expand="model.layer")
    x = tg.tensor(1.0, requires_grad=True)
    with pytest.raises(errors.ArgumentError, match="which has none"):
        tg.render(x * x, expand="model")
    for wrong in (3, ["Linear", 3], None):
        with pytest.raises(
            errors.ArgumentError, match=r"expand is the path .* write expand='Linear'"
        ):
            tg.render(x * x, expand=wrong)


def test_at_most_so_many_boxes_are_visible():
    model = nn.Sequential(*(nn.Sequential(nn.Linear(8, 8), nn.Tanh(), Residual())
                            for k in range(9)), nn.Linear(8, 3))  # fmt: skip
    for most in (1, 2, 3, 5, 10, 30, 150):
        view = picture(model, max_nodes=most, expand=True).view
        assert len(view.tiles) <= max(most, 2)
        shown = Counter(k for tile in view.tiles for k in tile.boxes)
        assert all(n == 1 for n in shown.values())


def test_modules_stay_closed_where_there_is_no_room():
    model = nn.Sequential(Residual(), nn.Sequential(dense(), nn.ReLU()), Residual(nn.GELU()))
    view = picture(model, max_nodes=6).view
    kinds = [tile.kind for tile in view.tiles]
    assert len(kinds) <= 6 and "more" not in kinds and "module" in kinds


# ------------------------------------------------------------------------------ without modules


def test_a_long_graph_without_modules_shows_its_ends():
    y = tg.tensor([1.0], requires_grad=True)
    for k in range(300):
        y = y * float(k)
    view = tg.render(y, max_nodes=20).view
    (more,) = [t for t in view.tiles if t.kind == "more"]
    assert len(view.tiles) == 20
    assert more.title == f"… {len(more.boxes)} operations …" and len(more.boxes) == 281
    assert "operations in the middle are left out" in view.folded


def test_a_loop_without_modules_is_drawn_once_where_there_is_no_room():
    w = tg.tensor(np.eye(8, dtype=np.float32), requires_grad=True)
    h = tg.tensor(X)
    for _ in range(100):
        h = tg.tanh(h @ w + 1.0)
    view = tg.render(h.sum()).view
    assert [t.title for t in view.tiles][-1] == "Σ"
    assert [o.title for o in view.outlines] == ["× 100"]
    assert len(view.tiles) <= 6
    short = tg.tensor(X)
    for _ in range(4):
        short = tg.tanh(short @ w)
    assert tg.render(short.sum()).view.outlines == ()  # there is room for all


def test_runs_are_found_with_their_periods():
    found = Runs([5, 5, 5, 5, 1, 2, 1, 2, 1, 3])
    assert next(found.at(0)) == (1, 4) and list(found.at(4)) == [(2, 4)]
    assert list(found.at(9)) == list(found.at(3)) == []
    assert list(Runs([1]).at(0)) == []


# ------------------------------------------------------------------------ any graph, any options


@st.composite
def networks(draw):
    """Return a random network of nested modules with skip connections."""
    seed = draw(st.integers(0, 10**6))
    rng = np.random.default_rng(seed)

    class Node(nn.Module):
        def __init__(self, level):
            n = int(rng.integers(1, 4))
            self.parts = [Node(level - 1) if level and rng.random() < 0.6 else dense()
                          for _ in range(n) for _ in range(int(rng.integers(1, 4)))]  # fmt: skip
            self.skips = rng.random(len(self.parts)) < 0.4

        def forward(self, x):
            first = x
            for part, skip in zip(self.parts, self.skips, strict=True):
                x = part(x) + first if skip else tg.tanh(part(x))
            return x

    return Node(draw(st.integers(0, 3)))


@given(networks(), st.integers(2, 40), st.one_of(st.none(), st.integers(0, 4)), st.booleans())
def test_what_is_visible_is_the_graph(model, most, depth, everything):
    p = picture(model, max_nodes=most, depth=depth, expand=everything)
    scene, view = p.scene, p.view
    folding = fold(scene, p.options)
    assert len(view.tiles) <= most
    # Every operation is seen in one place, itself or by one that is equal.
    assert all(0 <= folding.slot(op) < len(folding.slots) for op in scene.forward)
    for op in scene.forward:
        one, other = scene.boxes[op], scene.boxes[folding.shown_as(op)]
        assert (one.op, one.shape, one.settings) == (other.op, other.shape, other.settings)
    # Links are those of the graph between what is visible, and all point forward.
    tile_of = {}
    for tile in view.tiles:
        for k in tile.boxes:
            assert tile_of.setdefault(k, tile.id) == tile.id
    data = {(link.source, link.target) for link in view.links if link.kind == "data"}
    assert all(source < target for source, target in data)
    hidden = {k for k in scene.forward if k not in tile_of}
    expected = {
        (tile_of[wire.source], tile_of[k])
        for k in scene.forward
        for wire in scene.boxes[k].wires
        if k in tile_of and wire.source in tile_of and tile_of[wire.source] != tile_of[k]
    }
    assert expected <= data if hidden else expected == data
    if everything:
        assert not hidden
    # Outlines nest.
    assert all(o.parent is None or o.parent < o.id for o in view.outlines)
    for slot in folding.slots:
        assert type(slot.item) in (int, Group, Rest)


# ------------------------------------------------------------------------------------------ large


def test_ten_thousand_operations():
    x = tg.tensor(X, requires_grad=True)
    for k in range(10_000):
        x = x * float(k)
    start = perf_counter()
    assert len(tg.render(x, max_nodes=150, engine="own").svg()) > 10_000
    assert perf_counter() - start < 60  # on any machine; a second or two usually


def test_many_modules():
    model = stack_of(10, lambda: stack_of(20, lambda: nn.Sequential(Residual(), dense())))
    p = picture(model)
    assert len(p.scene.forward) == 800 and len(p.view.tiles) == 5
