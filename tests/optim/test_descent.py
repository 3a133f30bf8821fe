"""Optimizers beside each other: where they go, what is drawn, what is refused."""

from functools import partial

import numpy as np
import pytest
from matplotlib.figure import Figure

import tensorgraph as tg
from tensorgraph import optim
from tensorgraph.errors import ArgumentError, ArgumentTypeError, DTypeError, GraphError

paths_of = optim.descent_paths
RULES = [
    getattr(optim, name)
    for name in optim.__all__
    if isinstance(getattr(optim, name), type) and issubclass(getattr(optim, name), optim.Optimizer)
    and name != "Optimizer"
]  # fmt: skip


def ravine(x, y):
    return x**2 / 20 + y**2


@pytest.mark.parametrize(
    ("x", "y", "lr", "steps"), [(-4.0, 1.0, 0.9, 20), (3.0, 0.0, 0.3, 1), (0.0, 0.0, 0.5, 5)]
)
def test_gradient_descent_by_hand(x, y, lr, steps):
    found = paths_of(ravine, (x, y), {"GD": lambda w: optim.SGD(w, lr=lr)}, steps)
    powers = np.arange(steps + 1)
    expected = np.stack([x * (1 - lr / 10) ** powers, y * (1 - 2 * lr) ** powers], axis=1)
    np.testing.assert_allclose(found.paths["GD"], expected, atol=1e-12)
    np.testing.assert_allclose(found.costs["GD"], ravine(*expected.T), atol=1e-12)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_each_rule_goes_where_it_goes_alone(rule):
    make = partial(rule, lr=0.05)
    found = paths_of(ravine, (-4.0, 1.0), {"one": make, "GD": partial(optim.SGD, lr=0.1)}, 12)
    w = tg.tensor(np.array([-4.0, 1.0]), requires_grad=True)
    optimizer = make([w])
    for k in range(13):
        np.testing.assert_array_equal(found.paths["one"][k], w.numpy())
        optimizer.zero_grad()
        ravine(w[0], w[1]).backward()
        optimizer.step()
    assert found.costs["one"][-1] < found.costs["one"][0]


def test_the_map_is_the_function():
    found = paths_of(ravine, (-4.0, 1.0), [optim.Adam])
    first, second = np.meshgrid(*found.ticks, indexing="ij")
    np.testing.assert_allclose(found.surface, ravine(first, second))
    assert found.names == ("x", "y") and list(found.paths) == ["Adam"]
    places = found.paths["Adam"]
    for ticks, at in zip(found.ticks, places.T, strict=True):
        assert ticks[0] < at.min() <= at.max() < ticks[-1]
    asked = paths_of(ravine, (-4.0, 1.0), optim.Adam, span=((-1, 1), (-2.0, 2.0)))
    assert [ticks[[0, -1]].tolist() for ticks in asked.ticks] == [[-1, 1], [-2, 2]]


def test_functions_that_take_single_numbers_only():
    """The function is asked for one place at a time, so it needs to know of no arrays."""

    def branching(a, b):
        return (a if a > 0 else -a) + tg.stack([a, b]) @ tg.stack([a, b])

    found = paths_of(branching, (1.0, 2.0), [partial(optim.SGD, lr=0.1)], 5)
    assert found.names == ("a", "b")
    first, second = np.meshgrid(*found.ticks, indexing="ij")
    np.testing.assert_allclose(found.surface, abs(first) + first**2 + second**2)


class SignDescent:
    """Another's optimizer, with the same interface."""

    def __init__(self, parameters):
        self.parameters = parameters

    def zero_grad(self):
        for p in self.parameters:
            p.grad = None

    def step(self):
        for p in self.parameters:
            p.assign(p.numpy() - 0.5 * np.sign(p.grad.numpy()))


def test_optimizers_of_others():
    found = paths_of(ravine, (-2.0, 1.0), [SignDescent], 3)
    assert found.paths["SignDescent"].tolist() == [[-2, 1], [-1.5, 0.5], [-1, 0], [-0.5, 0]]


def test_a_path_ends_where_the_function_does():
    rates = {"good": partial(optim.SGD, lr=0.1), "large": partial(optim.SGD, lr=1e5)}
    found = paths_of(lambda x, y: x**4 + y**4, (1.0, 1.0), rates, 40)
    assert len(found.paths["good"]) == 41 and len(found.paths["large"]) < 10
    assert abs(np.concatenate(found.ticks)).max() < 3, "what diverges is not what the map shows"
    figure = Figure()
    found.plot(figure.add_subplot())
    found.plot_costs(figure.add_subplot())
    figure.draw_without_rendering()
    assert "nan" not in str(found)


def test_it_is_drawn_on_any_axes():
    found = paths_of(ravine, (-4.0, 1.0), {"GD": partial(optim.SGD, lr=0.9), "Adam": optim.Adam})
    figure = Figure(figsize=(12, 4))
    flat, relief = figure.add_subplot(1, 3, 1), figure.add_subplot(1, 3, 2, projection="3d")
    curves = figure.add_subplot(1, 3, 3)
    assert found.plot(flat) is flat and found.plot(ax=relief) is relief
    assert found.plot_costs(curves) is curves
    np.testing.assert_array_equal(flat.lines[0].get_xydata(), found.paths["GD"])
    np.testing.assert_array_equal(curves.lines[1].get_ydata(), found.costs["Adam"])
    for ax in (flat, relief, curves):
        assert [text.get_text() for text in ax.get_legend().get_texts()] == ["GD", "Adam"]
    assert found.plot()._repr_png_().startswith(b"\x89PNG")


def test_it_is_shown_as_text():
    found = paths_of(ravine, (-4.0, 1.0), {"GD": partial(optim.SGD, lr=0.5), "Adam": optim.Adam}, 1)
    head, first, second, *rows, last = str(found).splitlines()
    assert head.split() == ["steps", "(x,", "y)", "cost"]
    assert first.split() == ["GD", "1", "(-3.8,", "0)", "0.722"]
    assert last == "a GD; b Adam" and str(found).isascii()
    assert sum(row.count("A") for row in rows) == sum(row.count("B") for row in rows) == 1
    assert "<th>GD</th><td>1</td>" in found._repr_html_() and second.startswith("Adam")


ADAM = optim.Adam([tg.zeros(2, requires_grad=True)])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: paths_of(3, (1, 2), optim.Adam), DTypeError, "a function of two variables"),
        (lambda: paths_of(ravine, 1, optim.Adam), ArgumentError, "start is a place, two numbers"),
        (lambda: paths_of(ravine, (1, np.nan), optim.Adam), ArgumentError, "start is a place"),
        (lambda: paths_of(ravine, "ab", optim.Adam), ArgumentError, "start is a place"),
        (lambda: paths_of(lambda x, y: tg.log(x), (-1, 0), optim.Adam), ArgumentError, "is nan at"),
        (lambda: paths_of(ravine, (1, 2), {}), ArgumentError, "there are no optimizers"),
        (lambda: paths_of(ravine, (1, 2), ADAM), ArgumentTypeError, r"lambda w: Adam\(w, lr=0.1"),
        (lambda: paths_of(ravine, (1, 2), {"a": "Adam"}), ArgumentTypeError, "'a' is 'Adam', not"),
        (lambda: paths_of(ravine, (1, 2), list), ArgumentTypeError, "'list' made .* no step"),
        (lambda: paths_of(ravine, (1, 2), optim.Adam, 0), ArgumentError, "steps is at least 1"),
        (lambda: paths_of(ravine, (1, 2), optim.Adam, span=3), ArgumentError, r"\(\(x_from, x_to"),
        (
            lambda: paths_of(ravine, (1, 2), optim.Adam, span=((1, 0), (0, 1))),
            ArgumentError,
            "each part of span rises",
        ),
        (lambda: paths_of(lambda x, y: 3.0, (1, 2), optim.Adam), DTypeError, "not a tensor with"),
        (
            lambda: paths_of(lambda x, y: tg.tensor(float(x.detach())), (1, 2), optim.Adam),
            GraphError,
            "does not depend on its variables",
        ),
        (
            lambda: paths_of(lambda x, y: tg.stack([x, y]), (1, 2), optim.Adam),
            DTypeError,
            "not one number",
        ),
    ],
)
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def runs_away():
    return paths_of(
        lambda x, y: x**2 - y**2,
        (1.0, 1e-3),
        {
            "GD": lambda w: tg.optim.SGD(w, lr=0.9),
            "Adam": lambda w: tg.optim.Adam(w, lr=0.5),
            "Lion": lambda w: tg.optim.Lion(w, lr=0.1),
        },
        steps=30,
    )


def test_what_runs_away_leaves_the_map_to_the_others():
    found = runs_away()
    assert found.paths["GD"][-1, 1] > 1e9 and found.ticks[1][-1] < 100
    assert str(found).splitlines()[-1] == "a GD, leaves the map; b Adam; c Lion"
    few = paths_of(
        lambda x, y: x**2 + y**2,
        (1.0, 1.0),
        {
            "slow": lambda w: tg.optim.SGD(w, lr=1e-4),
            "Adam": lambda w: tg.optim.Adam(w, lr=0.1),
            "fast": lambda w: tg.optim.SGD(w, lr=0.1),
        },
    )
    assert "leaves" not in str(few)


def test_a_relief_ends_where_its_map_ends():
    figure = Figure()
    ax = runs_away().plot(ax=figure.add_subplot(projection="3d"))
    assert ax.get_ylim()[1] < 100
    assert ax.get_legend().get_texts()[0].get_text() == "GD, leaves the map"
