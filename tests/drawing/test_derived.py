"""The formulas beside the boxes: each, read as it is printed, gives the numbers of its box."""

import re

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.drawing.scene import derived
from tensorgraph.drawing.scene.statistics import Again
from tensorgraph.formulas import whole_graph
from tests.formulas.reading import value_of

SEEDS = st.integers(0, 2**32 - 1)


def softmax(z, axis):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


FUNCTIONS = {
    "log": np.log, "exp": np.exp, "sin": np.sin, "cos": np.cos,
    "tanh": np.tanh, "relu": lambda z: np.maximum(z, 0),
    "σ": lambda z: 1 / (1 + np.exp(-z)), "softmax": softmax, "mean": np.mean,
    "one_hot": lambda y: np.eye(int(y.max()) + 1)[y.astype(int)],
    "reshape": lambda x, shape: x.reshape(shape),
}  # fmt: skip


class Numbers:
    """What stands beside the boxes of a picture, and the numbers of these."""

    def __init__(self, picture, **numbers):
        self.picture = picture
        places = picture._places  # which it forgets once it has explained itself
        again = Again(picture.scene, places)
        again.forward()
        again.backward()
        self.values = [np.asarray(value, float) for value in again.values]
        self.told = picture._explained.derived
        places = map(again._place, places)
        of_place = again.gradients.get
        differentiable = [box.differentiable for box in picture.scene.boxes]
        self.gradients = [
            of_place(p) if d else None for p, d in zip(places, differentiable, strict=True)
        ]
        self.arrays = numbers
        for box in picture.scene.boxes:
            name = self.told["letters"].get(box.id, box.name)
            if name:
                self.arrays[name] = self.values[box.id]
                self.arrays[f"d{name}"] = self.gradients[box.id]

    def check(self, functions=FUNCTIONS, values=False):
        """Compare every formula with its box; there is one for each gradient, or it says why."""
        self.explain(functions)
        for box in self.picture.scene.boxes:
            gradient = self.gradients[box.id]
            if not box.differentiable:
                continue
            assert (box.id in self.told["gradients"]) != (box.id in self.told["untold"]), box
            if box.id in self.told["gradients"]:
                self.check_one(self.told["gradients"][box.id][1], gradient, functions)
            if values and box.id in self.told["values"]:
                self.check_one(self.told["values"][box.id][1], self.values[box.id], functions)

    def explain(self, functions):
        for note in self.told["notes"]:
            if found := re.fullmatch(r"where (\w+) = (.*)", note):
                self.arrays[found[1]] = value_of(found[2], self.arrays, functions)
            elif note.startswith("with "):
                pairs = (pair.split(" = ") for pair in note.removeprefix("with ").split(", "))
                self.arrays |= {name: float(n) for name, n in pairs if n.isdecimal()}
            elif found := re.fullmatch(r"where (\w+) is a constant .*array", note):
                self.arrays[found[1]] = self.gradients[self.picture.scene.outputs[0]]

    def check_one(self, text, expected, functions):
        name, _, formula = text.partition("=")
        if "Σ_" in formula:  # over the steps of a loop
            return
        found = np.asarray(value_of(formula, self.arrays, functions))
        shape = expected.shape
        found = (
            found.reshape(shape) if found.size == expected.size else np.broadcast_to(found, shape)
        )
        noise = 1e-3 * np.abs(expected).max() if expected.dtype == np.float32 else 1e-9
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=noise, err_msg=text)
        if name.strip():
            np.testing.assert_array_equal(self.arrays[name.strip()], expected, err_msg=text)


@given(st.lists(st.sampled_from(["relu", "tanh", "sigmoid"]), min_size=1, max_size=3), SEEDS)
def test_a_network_of_the_course(activations, seed):
    rng = np.random.default_rng(seed)
    sizes = [3, *rng.integers(2, 5, len(activations)), 1]
    m = 7
    A = X = tg.tensor(rng.normal(size=(3, m)))
    Y = tg.tensor(rng.integers(0, 2, (1, m)).astype(float))
    kept = [X]
    for n_in, n_out, g in zip(sizes, sizes[1:], [*activations, "sigmoid"], strict=False):
        W = tg.tensor(rng.normal(size=(n_out, n_in)), requires_grad=True)
        b = tg.tensor(rng.normal(size=(n_out, 1)), requires_grad=True)
        Z = W @ A + b
        A = getattr(tg, g)(Z)
        kept += [W, b, Z, A]
    cost = -(Y * tg.log(A) + (1 - Y) * tg.log(1 - A)).sum() / m
    Numbers(tg.render(cost), m=m).check(values=True)


@given(st.sampled_from([tg.nn.ReLU, tg.nn.Tanh, tg.nn.Sigmoid]), st.integers(0, 2), SEEDS)
def test_a_sequential_network(activation, depth, seed):
    rng = np.random.default_rng(seed)
    tg.random.seed(seed)
    hidden = [layer for _ in range(depth) for layer in (tg.nn.Linear(4, 4), activation())]
    model = tg.nn.Sequential(tg.nn.Linear(3, 4), activation(), *hidden, tg.nn.Linear(4, 3))
    X = tg.tensor(rng.normal(size=(6, 3)).astype(np.float32))
    y = np.array([0, 1, 2, 2, 1, 0])
    loss = tg.nn.losses.cross_entropy(model(X), y)
    found = Numbers(tg.render(loss))
    found.check()
    texts = [text for _, text in found.told["gradients"].values()]
    assert any(re.fullmatch(r"dZ\w+ = \(A − Y\) / [6m]", text) for text in texts), texts


@given(SEEDS)
def test_a_weight_that_is_used_twice(seed):
    rng = np.random.default_rng(seed)
    W = tg.tensor(rng.normal(size=(3, 3)) / 2, requires_grad=True)
    X = tg.tensor(rng.normal(size=(2, 3)))
    h1 = tg.tanh(X @ W)
    h2 = tg.tanh(h1 @ W)
    loss = (h2 * h2).sum()
    found = Numbers(tg.render(loss))
    found.check(values=True)
    texts = [text for _, text in found.told["gradients"].values()]
    assert "dW = h1ᵀ dZ2 + Xᵀ dZ1" in texts, "the gradients of both uses add up"


@given(SEEDS)
def test_a_convolutional_network(seed):
    rng = np.random.default_rng(seed)
    tg.random.seed(seed)
    model = tg.nn.Sequential(
        tg.nn.Conv2d(1, 2, 3, padding="same"), tg.nn.ReLU(), tg.nn.MaxPool2d(2), tg.nn.Flatten(),
        tg.nn.Linear(8, 3),
    )  # fmt: skip
    x = rng.random((2, 1, 4, 4))

    def slope(f, at, upstream):
        at = tg.tensor(at, requires_grad=True)
        return tg.gradients((f(at) * upstream).sum(), at).numpy()

    def conv(x, W):
        return tg.conv(x, W, padding="same")

    def conv_transpose(g, W):
        return slope(lambda x: conv(x, W), np.zeros((2, 1, 4, 4)), g)

    def conv_weight_grad(x, g):
        return slope(lambda W: conv(x, W), np.zeros((2, 1, 3, 3)), g)

    def max_pool_grad(g, A, H):
        return slope(lambda x: tg.max_pool(x, 2), A, g)

    own = {f.__name__: f for f in (conv_transpose, conv_weight_grad, max_pool_grad)}
    found = Numbers(tg.render(model, x))
    assert len(found.told["gradients"]) == 12
    found.check(FUNCTIONS | own)


@given(SEEDS)
def test_the_steps_of_a_loop(seed):
    rng = np.random.default_rng(seed)
    W = tg.tensor(rng.normal(size=(3, 3)) / 2, requires_grad=True)
    U = tg.tensor(rng.normal(size=(2, 3)), requires_grad=True)
    h, X = tg.tensor(np.zeros((1, 3))), rng.normal(size=(4, 1, 2))
    for x in X:
        h = tg.tanh(h @ W + x @ U)
    found = Numbers(tg.render((h * h).sum()), **{f"x_{t}": x for t, x in enumerate(X)})
    found.check()
    texts = [text for _, text in found.told["gradients"].values()]
    assert any(text.startswith("dh_2 = ") for text in texts), "the gradients on the way, too"


def test_the_gradients_on_the_way_of_a_loop_have_formulas_of_their_own():
    x = tg.tensor(np.linspace(0.1, 0.9, 4), requires_grad=True)
    y = x
    for k in range(5):
        y = tg.sin(y * (k + 2) + x)
    found = Numbers(tg.render((y * y).sum()))
    found.check(values=True)
    texts = [text for _, text in found.told["gradients"].values()]
    assert "dy_1 = 4 dy_2 ∘ cos(y_1 4 + x)" in texts


# ----------------------------------------------------------------------- where there is no formula


def test_too_long_a_formula_is_told_of(monkeypatch):
    monkeypatch.setattr(whole_graph, "LONGEST", 8)
    x = tg.tensor(np.linspace(0.1, 0.9, 4), requires_grad=True)
    loss = tg.sin(tg.exp(x * tg.cos(x)) * x / (1 + x)).sum()
    picture = tg.render(loss)
    told = picture._explained.derived
    long = {"its formula is too long to be read here"}
    assert set(told["untold"].values()) == set(told["unwritten"].values()) == long
    ids = {box.id for box in picture.scene.boxes if box.differentiable}
    assert ids == set(told["gradients"]) | set(told["untold"])
    assert not set(told["gradients"]) & set(told["untold"])


def test_where_time_runs_out_it_is_told():
    X, Y = np.ones((3, 4)), np.eye(4)[:3]
    W = tg.tensor(np.full((4, 4), 0.1), requires_grad=True)
    A = tg.softmax(X @ W, axis=1)
    loss = -(Y * tg.log(A / A.sum()) + (1 - Y) * tg.log(1 - A / A.sum())).sum() / 3
    picture = tg.render(loss)
    told = derived.derived_of(picture.scene, picture._places, picture._recording, 0.0)
    assert set(told["untold"].values()) == {"there was no time to simplify it"}
    assert told["gradients"], "what is short as it stands is told"


def test_why_a_graph_has_no_formulas():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    picture = tg.render((x * x * x).sum())
    del x
    assert "name in whose terms" in tg.render(_nameless())._explained.derived["why"]
    assert "why" not in picture._explained.derived


def _nameless():
    return (tg.ones(3, requires_grad=True) * 2.0).sum()


def test_a_released_graph_says_why_it_has_none():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    loss = (x * x).sum()
    picture = tg.render(loss)
    loss.backward()
    assert picture._explained.derived["why"]


@pytest.mark.parametrize("formulas", [None, True, False])
def test_large_graphs_have_formulas_where_they_are_asked_for(formulas):
    x = tg.tensor([0.5], requires_grad=True)
    y = x
    for _ in range(45):
        y = tg.tanh(y)
    told = tg.render(y.sum(), formulas=formulas)._explained.derived
    assert bool(told) is bool(formulas)


def test_several_outputs_are_told_of_their_sum():
    x = tg.tensor([0.5, 0.25], requires_grad=True)
    a, b = tg.tanh(x), tg.exp(x)
    found = Numbers(tg.render([a, b]))
    found.check()
    assert found.told["gradients"][0][1] == "dx = 1 + b − a²"
