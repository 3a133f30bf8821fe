"""Draws the course's pictures that the README shows: ``make pictures``.

    python -m tests.diagnose.course_pictures [FOLDER]

One picture for light pages and one for dark ones, each of few colours, so that they stay small.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import style
from matplotlib.figure import Figure
from PIL import Image

import tensorgraph as tg
from tensorgraph import data, diagnose, nn, optim, train

PICTURES = Path(__file__).parents[2] / "examples" / "pictures"
GROUND = {"light": "default", "dark": "dark_background"}
COLOURS = 96
RULES = {
    "gradient descent": lambda w: optim.SGD(w, lr=0.95),
    "momentum": lambda w: optim.EWMAMomentum(w, lr=0.95),
    "RMSprop": lambda w: optim.RMSprop(w, lr=0.4),
    "Adam": lambda w: optim.Adam(w, lr=0.5),
}
INITS = {
    "zeros": nn.init.zeros,
    "large": nn.init.normal(std=1.0),
    "Xavier": nn.init.xavier_normal,
}


def deep(init):
    tg.random.seed(0)
    layers = [layer for _ in range(4) for layer in (nn.Linear(100, 100, init=init), nn.Tanh())]
    return nn.Sequential(*layers)


def drawn() -> Figure:
    """Return the figure, in the style that is set."""
    X, y = data.toy.flower(400)
    loss = nn.losses.binary_cross_entropy_with_logits
    tg.random.seed(1)
    model = nn.Sequential(nn.Linear(2, 12), nn.Tanh(), nn.Linear(12, 1))
    path = diagnose.TrainingPath(model)
    adam = optim.Adam(model.parameters(), lr=0.05)
    settings = {"epochs": 40, "callbacks": [path], "progress": False}
    train.fit(model, loss, adam, (X, y[:, None]), **settings)
    ravine = optim.descent_paths(lambda x, y: x**2 / 20 + y**2, (-8.0, 2.0), RULES, 40)
    x = np.random.default_rng(0).normal(size=(200, 100)).astype(np.float32)
    starts = diagnose.activation_histograms(
        {name: deep(init) for name, init in INITS.items()}, x, layers=["layers.1", "layers.7"]
    )
    figure = Figure(figsize=(13, 3.1), layout="constrained")
    plane, ways, around, layers = figure.subfigures(1, 4, width_ratios=[1, 1.15, 1.1, 0.9])
    diagnose.decision_boundary(model, X, y, probabilities=True, ax=plane.subplots())
    ravine.plot(ways.subplots())
    diagnose.cost_surface(model, loss, (X, y[:, None]), path=path).plot(around.subplots())
    starts.plot(layers.subplots(3, 2))
    return figure


def main(folder: Path) -> None:
    for name, ground in GROUND.items():
        with style.context(ground), mpl.rc_context({"font.size": 8}):
            file = io.BytesIO()
            drawn().savefig(file, format="png", dpi=120)
        image = Image.open(file).convert("RGB").quantize(COLOURS)
        image.save(folder / f"course-{name}.png", optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES)
