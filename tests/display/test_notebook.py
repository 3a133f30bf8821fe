"""What a notebook shows below its cells."""

import re
import sys
import traceback
from base64 import b64decode
from types import SimpleNamespace

import pytest
from matplotlib.figure import Figure

import tensorgraph as tg
from tensorgraph.display.figure import new_figure
from tensorgraph.errors import ArgumentError
from tests.notebook import executed

SETUP = """
import numpy as np
import tensorgraph as tg
tg.random.seed(0)
X = np.random.default_rng(0).normal(size=(40, 2)).astype("float32")
y = (X.sum(axis=1) > 0) * 1
model = tg.nn.Sequential(tg.nn.Linear(2, 3), tg.nn.Tanh(), tg.nn.Linear(3, 2))
loss = tg.nn.losses.cross_entropy
optimizer = tg.optim.Adam(model.parameters(), lr=0.1)
history = tg.train.fit(model, loss, optimizer, (X, y), epochs=2, progress=False)
rates = tg.train.lr_range_test(model, loss, optimizer, (X, y), steps=10)
def make():
    made = tg.nn.Linear(2, 2)
    return made, tg.optim.SGD(made.parameters(), lr=0.1)
curve = tg.train.learning_curve([10, 20], make, loss, (X, y), (X, y), epochs=1)
x = tg.tensor([1.0, 2.0], requires_grad=True)
with tg.profile() as profile:
    cost = (tg.exp(x) * x).sum()
d = tg.derive(cost, wrt=x)
"""
PICTURE, SVG, HTML, LATEX = "image/png", "image/svg+xml", "text/html", "text/latex"
SHOWN = {
    "history": (HTML, "train_loss"),
    "history.plot()": (PICTURE, ""),
    "rates": (HTML, "<svg"),
    "rates.plot()": (PICTURE, ""),
    "curve": (HTML, "<svg"),
    "curve.plot()": (PICTURE, ""),
    "tg.diagnose.decision_boundary(lambda p: p[:, 0] > 0, X, y)": (PICTURE, ""),
    "tg.diagnose.activation_histograms({'A1': X}).plot()": (PICTURE, ""),
    "tg.diagnose.activation_histograms({'A1': X})": (HTML, "<th>A1</th>"),
    "tg.diagnose.weight_images(X[:4, :1])": (HTML, "<img"),
    "tg.diagnose.cost_surface({'w': X}, lambda w: 0.0, directions='w[0, 0]')": (HTML, "<pre>"),
    "tg.optim.descent_paths(np.hypot, (1, 2), tg.optim.Adam)": (HTML, "<th>Adam</th>"),
    "x": (HTML, "gradient"),
    "model": (HTML, "Tanh"),
    "profile": (HTML, "<th>exp</th>"),
    "d": (HTML, "<math"),
    "d.steps()": (HTML, "<td>the result</td>"),
    "tg.update_rule(optimizer)": (LATEX, r"\theta &\leftarrow"),
    "tg.testing.gradcheck(tg.exp, np.ones(3))": (HTML, "<td>complex step"),
    "tg.testing.check_op(tg.exp)": (HTML, "<th>gradients</th><td>✓</td>"),
    "tg.render(cost)": (SVG, "<svg"),
    "tg.render(cost).explore()": (HTML, '<iframe srcdoc="'),
    "tg.diagnose.confusion_matrix([0, 1, 1], [0, 1, 0])": (HTML, "<table"),
    "tg.diagnose.ladder(human=0.01, train=0.05, dev=0.1)": (SVG, "<svg"),
    "tg.train.search({'k': tg.train.choice([2])}, lambda p, seed: 1.0, trials=1)": (HTML, "<th>k<"),
    "tg.data.split(X, y)": (HTML, "<th>train</th><td>24</td>"),
    "tg.data.leaks({'train': X, 'dev': X[:4]})": (HTML, "stand in train too"),
    "tg.data.alike(X, X + 5)": (HTML, "corrected p"),
    "tg.data.synthesize(X, X, weight=0.5)": (HTML, "40 foregrounds"),
}
"""Of each last line of a cell the richest form in which it is shown, and a part of that."""

WRONG = [
    "model(tg.ones((2, 5)))",
    "tg.ones((2, 4)) @ tg.ones((3, 2))",
    "tg.ones((2, 4)) + tg.ones((3, 3))",
    "tg.ones((2, 4)).reshape(3, 5)",
    "tg.concat([tg.ones((2, 4)), tg.ones((3, 3))])",
]
SEEN_BY_PYPLOT = "import matplotlib.pyplot\nhistory.plot()"
LINES = 40


def test_what_a_notebook_shows(tmp_path, monkeypatch):
    cells = [SETUP, *SHOWN, SEEN_BY_PYPLOT, *WRONG]
    wrong = range(len(cells) - len(WRONG), len(cells))
    first, *outputs = executed(cells, tmp_path, monkeypatch, fails=wrong)
    assert not first, "nothing is shown that is no last line"
    for line, found in zip(SHOWN, outputs, strict=False):
        assert [out.output_type for out in found] == ["execute_result"], (line, found)
        kind, part = SHOWN[line]
        assert part in found[0].data.get(kind, ""), (line, found[0].data.keys())
        if kind == PICTURE:
            assert b64decode(found[0].data[PICTURE]).startswith(b"\x89PNG")
    (once,) = outputs[len(SHOWN)]
    assert PICTURE in once.data
    for line, (error,) in zip(WRONG, outputs[-len(WRONG) :], strict=True):
        lines = "\n".join(error.traceback).splitlines()
        assert error.ename == "ShapeError", (line, error.ename)
        assert len(lines) <= LINES, "\n".join(lines)
        text = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(lines))
        assert text.count("Traceback (most recent call last)") == 1, text
        assert line in text, text


def test_the_lines_of_a_users_kernel_that_failed_are_told():
    def kernel(x):
        return x.reshape(7, 7)

    bad = tg.op("bad", kernel, {"x": lambda g, x: g})
    with pytest.raises(tg.errors.ShapeError) as caught:
        bad(tg.ones(3))
    assert type(caught.value.__cause__) is ValueError
    frames = traceback.extract_tb(caught.value.__cause__.__traceback__)
    assert frames[-1].name == "kernel"


def test_a_figure_is_drawn_with_what_was_added_to_it():
    figure = new_figure(2, 1)
    empty = figure._repr_png_()
    figure.subplots().plot([1, 2])
    assert len(figure._repr_png_()) > len(empty)


@pytest.mark.parametrize("backend, is_seen", [("agg", True), ("module://x.backend_inline", False)])
def test_a_figure_is_one_of_pyplot_where_that_shows_it_once(backend, is_seen, monkeypatch):
    opened = []
    pyplot = SimpleNamespace(
        get_backend=lambda: backend,
        figure=lambda **options: opened.append(Figure(**options)) or opened[-1],
    )
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", pyplot)
    assert [new_figure(2, 1)] == opened or not is_seen
    assert len(opened) == is_seen


def test_the_explorer_stands_in_a_sandbox():
    x = tg.tensor(3.0, requires_grad=True)
    found = tg.render(x * x).explore(height=300)
    shown = found._repr_html_()
    assert 'sandbox="allow-scripts allow-downloads"' in shown and "height:300px" in shown
    assert shown.count("<") == 2, "the page is text of an attribute"
    with pytest.raises(ArgumentError, match="explore: height is at least 1, not 0"):
        tg.render(x * x).explore(height=0)
