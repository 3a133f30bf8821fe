"""Cost surfaces: each cost against the loss evaluated there, and the model as it was."""

import re

import numpy as np
import pytest
from hypothesis import given, strategies as st
from matplotlib.figure import Figure

import tensorgraph as tg
from tensorgraph import nn, optim, train
from tensorgraph.errors import (
    ArgumentError,
    ArgumentTypeError,
    DTypeError,
    GraphError,
    ShapeError,
    StateError,
)

surface, TrainingPath = tg.diagnose.cost_surface, tg.diagnose.TrainingPath
loss = nn.losses.cross_entropy
X, Y = tg.data.toy.moons(40)


def network(seed=0):
    tg.random.seed(seed)
    return nn.Sequential(
        nn.Linear(2, 6), nn.BatchNorm(6), nn.Tanh(), nn.Dropout(keep_prob=0.5), nn.Linear(6, 2)
    )


def trained(model, epochs=3, **settings):
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    train.fit(model, loss, optimizer, (X, Y), epochs=epochs, progress=False, **settings)
    return model


def cost_at(model, state):
    """Return the cost of other weights, evaluated on a copy."""
    other = network()
    other.load_state_dict(state)
    other.eval()
    return float(loss(other(X), Y))


def at_all_places(found):
    for index in np.ndindex(*found.costs.shape):
        yield found.costs[index], [t[i] for t, i in zip(found.ticks, index, strict=True)]


# -------------------------------------------------------------------------------- what is evaluated


@pytest.mark.parametrize(
    "directions",
    [
        None,
        "gradient",
        ["random"],
        ["layers.0.weight[1, 0]", "layers.4.bias[0]"],
        ["gradient", "random"],
        [{"layers.0.weight": np.ones((6, 2))}, "layers.0.bias[3]"],
    ],
    ids=str,
)
def test_each_cost_is_that_of_the_weights_there(directions):
    model = trained(network())
    found = surface(model, loss, (X, Y), directions, steps=4)
    for cost, place in at_all_places(found):
        assert cost == pytest.approx(cost_at(model, found.state(*place)), rel=1e-6)
    here = found.state(*found.origin)
    assert all(np.array_equal(here[path], value) for path, value in model.state_dict().items())


def test_the_model_is_afterwards_as_it_was():
    model = trained(network())
    model.layers[1].eval()
    loss(model(X), Y).backward()
    before = model.state_dict()
    gradients = {path: p.grad for path, p in model.named_parameters()}

    def fails(output, target):
        raise RuntimeError("in the middle")

    for directions, cost in [(None, loss), ("gradient", loss), ("random", fails)]:
        try:
            surface(model, cost, (X, Y), directions, steps=3)
        except RuntimeError:
            assert cost is fails
        after = model.state_dict()
        assert all(np.array_equal(before[path], after[path]) for path in before)
        assert all(p.grad is gradients[path] for path, p in model.named_parameters())
        assert model.training and model.layers[3].training and not model.layers[1].training


def test_a_loss_of_the_model_alone():
    model = trained(network())
    found = surface(model, lambda m: loss(m(X), Y) + nn.l2_penalty(m, 0.1, m=40), None, steps=3)
    plain = surface(model, loss, (X, Y), steps=3)
    assert (found.costs > plain.costs).all()


SHAPES = st.lists(st.integers(1, 3), min_size=0, max_size=3).map(tuple)


@given(st.dictionaries(st.sampled_from("abc"), SHAPES, min_size=1), st.integers(0, 100))
def test_functions_of_dicts_of_arrays(shapes, seed):
    rng = np.random.default_rng(seed)
    weights = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    steps = [{name: rng.normal(size=shape) for name, shape in shapes.items()} for _ in range(2)]

    def cost(w):
        return sum(float((np.sin(value)).sum()) for value in w.values())

    found = surface(weights, cost, directions=steps, steps=3, span=[0.5, (-1.0, 3.0)])
    assert found.ticks[0].tolist() == [-0.5, 0, 0.5] and found.ticks[1].tolist() == [-1, 1, 3]
    for value, (a, b) in at_all_places(found):
        there = {n: w + a * steps[0][n] + b * steps[1][n] for n, w in weights.items()}
        assert value == pytest.approx(cost(there), abs=1e-12)


def test_tensors_of_a_network_by_hand():
    """A loss may take the dict, or look at the tensors themselves; both move."""
    rng = np.random.default_rng(0)
    W = tg.tensor(rng.normal(size=(1, 2)), requires_grad=True)
    b = tg.tensor(np.zeros((1, 1)), requires_grad=True)
    values = W.numpy().copy(), b.numpy().copy()
    x, y = X.T, Y.reshape(1, -1)

    def by_hand(p, x, y):
        return tg.sigmoid_cross_entropy(p["W"] @ x + p["b"], y).mean()

    one = surface({"W": W, "b": b}, by_hand, (x, y), ["W[0, 1]", "b"], steps=5)
    two = surface(
        {"W": W, "b": b},
        lambda _: tg.sigmoid_cross_entropy(W @ x + b, y).mean(),
        directions=["W[0, 1]", "b"],
        steps=5,
    )
    np.testing.assert_array_equal(one.costs, two.costs)
    assert np.array_equal(W, values[0]) and np.array_equal(b, values[1])
    assert one.ticks[0][2] == pytest.approx(values[0][0, 1]) and one.origin[1] == 0


def test_a_single_parameter():
    w = tg.tensor([3.0, -1.0], requires_grad=True)
    found = surface(w, lambda w: (w**2).sum(), directions=["w[0]", "w[1]"], span=1, steps=3)
    first, second = np.meshgrid([2, 3, 4], [-2, -1, 0], indexing="ij")
    np.testing.assert_allclose(found.costs, first**2 + second**2)
    assert found.lowest == (4.0, (2.0, 0.0))


# -------------------------------------------------------------------------------------- directions


@pytest.mark.parametrize("axis", [0, 1])
@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 50))
def test_filters_are_as_long_as_those_of_the_weights(axis, rows, columns, seed):
    rng = np.random.default_rng(seed)
    weights = {"W": rng.normal(size=(rows, columns, 2)), "b": rng.normal(size=rows)}
    found = surface(
        weights, lambda w: 0.0, directions="random", steps=2, filter_axis=axis, seed=seed
    )
    (step,) = found.directions
    assert step.keys() == {"W"}, "biases stay where they are"
    rest = tuple({0, 1, 2} - {axis})
    lengths = [np.sqrt((value**2).sum(axis=rest)) for value in (step["W"], weights["W"])]
    np.testing.assert_allclose(*lengths)
    again = surface(
        weights, lambda w: 0.0, directions="random", steps=2, filter_axis=axis, seed=seed
    )
    assert np.array_equal(again.directions[0]["W"], step["W"])


def test_frozen_weights_stay_where_they_are():
    model = network()
    nn.freeze(model.layers[0])
    found = surface(model, loss, (X, Y), steps=2)
    assert found.directions[0].keys() == {"layers.4.weight"}


def test_the_gradient_is_uphill():
    model = trained(network())
    found = surface(model, loss, (X, Y), "gradient", span=0.01, steps=3)
    below, here, above = found.costs
    assert below < here < above
    model.eval()
    model.zero_grad()
    loss(model(X), Y).backward()
    size = np.sqrt(sum(float((p.grad**2).sum()) for p in model.parameters()))
    assert (above - below) / 0.02 == pytest.approx(size, rel=1e-3)


def test_the_line_to_another_state_ends_there():
    first, second, third = network(0), trained(network(1)), trained(network(2))
    line = surface(first, loss, (X, Y), to=second, span=(0.0, 1.0), steps=5)
    assert line.costs[0] == pytest.approx(cost_at(first, first.state_dict()), rel=1e-6)
    assert line.costs[-1] == pytest.approx(cost_at(second, second.state_dict()), rel=1e-5)
    for path, value in second.state_dict().items():  # running means too
        np.testing.assert_allclose(line.state(1.0)[path], value, rtol=1e-5, atol=1e-6)
    beyond = surface(first, loss, (X, Y), to=second, span=(-3.0, 4.0), steps=15)
    assert np.isfinite(beyond.costs).all(), "no variance is negative"
    plane = surface(first, loss, (X, Y), to=(second.state_dict(), third), span=(0.0, 1.0), steps=3)
    assert plane.costs[2, 0] == pytest.approx(line.costs[-1], rel=1e-6)
    assert plane.costs[0, 2] == pytest.approx(cost_at(third, third.state_dict()), rel=1e-5)


# ------------------------------------------------------------------------------------------- paths


def test_a_path_is_recorded_by_fit_and_by_hand():
    model = network()
    steps, epochs, seconds = (TrainingPath(model, every=k) for k in (1, 1, 2))
    trained(model, 4, step_callbacks=[steps, seconds], callbacks=[epochs], batch_size=20)
    assert len(steps) == 9 and len(epochs) == 5 and len(seconds) == 5
    for path, value in model.state_dict().items():
        for recorded in (steps, epochs, seconds):
            assert np.array_equal(recorded[-1][path], value)
    assert not np.array_equal(steps[0]["layers.0.weight"], steps[1]["layers.0.weight"])
    W = tg.tensor([1.0], requires_grad=True)
    path = TrainingPath({"W": W})
    W.assign(W - 0.5)
    path()
    assert [state["W"].item() for state in path] == [1.0, 0.5]


def test_places_on_a_plane_are_the_nearest_ones():
    rng = np.random.default_rng(0)
    a, b, beside = np.linalg.qr(rng.normal(size=(6, 3)))[0].T.reshape(3, 2, 3)
    W = rng.normal(size=(2, 3))
    ways = rng.normal(size=(7, 2))
    path = [{"W": W + s * a + t * (b + a) + rng.normal() * beside} for s, t in ways]
    found = surface(
        {"W": W}, lambda w: (w["W"] ** 2).sum(), None, [{"W": a}, {"W": a + b}], path=path, steps=3
    )
    np.testing.assert_allclose(found.paths[""], ways, atol=1e-12)


def test_principal_directions_hold_a_path():
    model = network()
    path = TrainingPath(model)
    trained(model, 6, step_callbacks=[path])
    found = surface(model, loss, (X, Y), path=path, steps=4)
    shares = [float(re.search(r"\((.*) % of the path", name)[1]) for name in found.names]
    assert shares[0] >= shares[1] and 60 < sum(shares) <= 100.1
    np.testing.assert_allclose(found.paths[""][-1], 0, atol=1e-9)

    def flat(state):
        return np.concatenate([state[p].ravel() for p, _ in model.named_parameters()])

    rows = np.stack([flat(state) for state in path]).astype(float)
    rows -= rows.mean(axis=0)
    kept = [np.square(rows @ flat(step)).sum() for step in found.directions]
    np.testing.assert_allclose(
        kept, np.linalg.svd(rows, compute_uv=False)[:2] ** 2, rtol=1e-5, err_msg="as of SVD"
    )
    for ticks, places in zip(found.ticks, found.paths[""].T, strict=True):
        assert ticks[0] < places.min() <= places.max() < ticks[-1]
    both = surface(model, loss, (X, Y), path={"a": path, "b": list(path)[:4]}, steps=2)
    assert list(both.paths) == ["a", "b"] and len(both.paths["b"]) == 4


# --------------------------------------------------------------------------------------- appearance


def bowl(**settings):
    weights = {"w": np.array(1.0), "b": np.array(0.0)}
    settings = {"directions": ["w", "b"], "steps": 9, "span": 2.0, **settings}
    return surface(weights, lambda p: 1 + p["w"] ** 2 + 20 * p["b"] ** 2, **settings)


def test_it_is_drawn_on_any_axes():
    path = [{"w": 2.0, "b": 1.0}, {"w": 1.5, "b": 0.2}, {"w": 1.0, "b": 0.0}]
    figure = Figure()
    flat, relief, line = (
        figure.add_subplot(1, 3, 1),
        figure.add_subplot(1, 3, 2, projection="3d"),
        figure.add_subplot(1, 3, 3),
    )
    found = bowl(path={"steps": path})
    assert found.plot(flat) is flat and found.plot(ax=relief) is relief
    drawn = flat.lines[0].get_xydata()
    np.testing.assert_allclose(drawn, [[2, 1], [1.5, 0.2], [1, 0]], atol=1e-12)
    assert (flat.get_xlabel(), flat.get_ylabel()) == ("w", "b")
    assert bowl(directions="b").plot(line) is line
    np.testing.assert_allclose(line.lines[0].get_ydata(), bowl(directions="b").costs)
    assert bowl().plot()._repr_png_().startswith(b"\x89PNG")
    with pytest.raises(ArgumentTypeError, match="ax is one Axes"):
        found.plot(ax=figure)


def test_costs_that_are_not_finite_are_left_out():
    found = surface(
        {"w": np.array(0.0), "b": np.array(0.0)},
        lambda p: np.log(p["w"]) + p["b"] ** 2,
        directions=["w", "b"],
        steps=5,
    )
    assert np.isnan(found.costs[0]).all() and np.isneginf(found.costs[2]).all()
    assert found.lowest == (pytest.approx(np.log(0.5)), (0.5, 0.0))
    found.plot().figure.draw_without_rendering()
    assert "? ?" in str(found)
    nowhere = surface({"w": np.array(0.0)}, lambda p: np.nan, directions="w", steps=3)
    assert np.isnan(nowhere.lowest[0])
    nowhere.plot().figure.draw_without_rendering()


def test_it_is_shown_as_text():
    text = str(bowl(path=[{"w": 3.0, "b": 2.0}, {"w": 1.0, "b": 0.0}]))
    head, lowest, *rows = text.splitlines()
    assert head == "cost over w and b" and lowest == "lowest 1 at (0, 0); the weights are at (1, 0)"
    assert rows[0].split()[-1] == "a" and rows[4].split()[4] == "A"
    assert [row.split()[0] for row in (rows[0], rows[4])] == ["9", "1"]
    assert rows[-2:] == ["across -1 to 3, up -2 to 2", "a: the path, which ends at A"]
    assert text.isascii() and max(map(len, text.splitlines())) <= 60
    line = str(bowl(directions="b", steps=61))
    assert line.splitlines()[2].split() == ["-2", "82"] and len(line.splitlines()) == 13
    assert bowl()._repr_html_().startswith("<pre>cost over w and b")


# ------------------------------------------------------------------------------------------ refused

DATA = (X, Y)
MODEL = network()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: surface(3, loss, DATA), DTypeError, "a model is wanted, or a dict of its weights"),
        (lambda: surface(nn.Linear, loss, DATA), DTypeError, r"write Linear\(…\)"),
        (lambda: surface({"k": np.arange(3)}, sum), DTypeError, "no floating-point weights"),
        (lambda: surface({"k": np.array([np.nan])}, sum), ArgumentError, "k holds NaN"),
        (lambda: surface(MODEL, 3, DATA), DTypeError, "the loss is a function"),
        (lambda: surface(MODEL, loss, X), DTypeError, r"data is a tuple \(x, y\)"),
        (lambda: surface(MODEL, lambda o, y: o, DATA), ShapeError, r"shape \(40, 2\).*\.mean"),
        (lambda: surface(MODEL, lambda o, y: "low", DATA), DTypeError, "not a number"),
        (lambda: surface(MODEL, loss, DATA, ["w"]), ArgumentError, "'w' names no weight"),
        (
            lambda: surface(MODEL, loss, DATA, ["layers.0.weight"]),
            ArgumentError,
            r"no entry of layers.0.weight, .* \(6, 2\); write .*'layers.0.weight\[0, 0\]",
        ),
        (lambda: surface(MODEL, loss, DATA, "layers.0.weight[6, 0]"), ArgumentError, "no entry"),
        (lambda: surface(MODEL, loss, DATA, "layers.0.weight[1.5]"), ArgumentError, "no entry"),
        (lambda: surface(MODEL, loss, DATA, ["random"] * 3), ArgumentError, "wanted, not 3"),
        (lambda: surface(MODEL, loss, DATA, [3]), DTypeError, "a direction is a word"),
        (lambda: surface(MODEL, loss, DATA, [{"v": X}]), ArgumentError, "moves 'v', which is not"),
        (
            lambda: surface(MODEL, loss, DATA, [{"layers.0.bias": X}]),
            ShapeError,
            r"direction 1 has layers.0.bias of shape \(40, 2\), the weight has \(6,\)",
        ),
        (
            lambda: surface(MODEL, loss, DATA, {"layers.0.bias": np.zeros(6)}),
            ArgumentError,
            "direction 1 is zero",
        ),
        (lambda: surface(MODEL, loss, DATA, "path"), ArgumentError, "path=tg.diagnose.Train"),
        (lambda: surface(MODEL, loss, DATA, path=[]), DTypeError, "a path is a TrainingPath"),
        (lambda: surface(MODEL, loss, DATA, path="up"), DTypeError, "a path is a TrainingPath"),
        (
            lambda: surface(MODEL, loss, DATA, path=[MODEL.state_dict()] * 3),
            ArgumentError,
            "3 states that lie at one place, too few for 2 directions",
        ),
        (
            lambda: surface(MODEL, loss, DATA, path=[{"v": X}]),
            StateError,
            r"state 0 of the path holds v of shape \(40, 2\); there are layers.0.weight",
        ),
        (lambda: surface(MODEL, loss, DATA, path=[{}]), StateError, "state 0 of the path lacks"),
        (lambda: surface(MODEL, loss, DATA, to=MODEL), ArgumentError, "is where the weights are"),
        (lambda: surface(MODEL, loss, DATA, to=3), StateError, "state 1 is a dict of arrays"),
        (lambda: surface(MODEL, loss, DATA, "random", to=MODEL), ArgumentError, "not both"),
        (lambda: surface(MODEL, loss, DATA, span=0), ArgumentError, "span is above 0"),
        (lambda: surface(MODEL, loss, DATA, span=(1, -1)), ArgumentError, "rises"),
        (lambda: surface(MODEL, loss, DATA, span=[1.0]), ArgumentError, "1 reaches for 2"),
        (lambda: surface(MODEL, loss, DATA, steps=1), ArgumentError, "steps is at least 2"),
        (lambda: surface({"b": np.ones(3)}, sum), ArgumentError, "no filters .* name entries"),
        (
            lambda: surface({"b": np.ones(3)}, lambda w: 0.0, directions="gradient"),
            GraphError,
            "a gradient needs weights that are tensors",
        ),
        (
            lambda: surface({"b": tg.zeros(3, requires_grad=True)},
                            lambda w: (w["b"] ** 2).sum(), directions="gradient"),
            ArgumentError,
            "the gradient is zero",
        ),
        (lambda: bowl().state(1.0), ArgumentError, "a place is 2 numbers"),
        (lambda: TrainingPath(3), DTypeError, "TrainingPath: a model is wanted"),
        (lambda: TrainingPath(MODEL, every=0), ArgumentError, "every is at least 1"),
    ],
)  # fmt: skip
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_gradient_direction_leaves_no_gradient_behind():
    given = tg.tensor(np.ones((6, 3)), requires_grad=True)
    weights = {"w": tg.tensor(np.ones((3, 4)), requires_grad=True)}
    tg.diagnose.cost_surface(
        weights, lambda w: ((given @ w["w"]) ** 2).mean(), directions="gradient", steps=3
    )
    assert given.grad is None and weights["w"].grad is None
