"""A page of pictures of usual networks in every format, to be looked at: ``make gallery``.

    python -m tests.drawing.gallery [FOLDER]

What is drawn is an entry of ``PICTURES``; a test draws each once.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.display.text import escaped
from tests.drawing.render_cases import constant

FORMATS = (".svg", ".png", ".pdf", ".tex", ".html")


class Residual(nn.Module):
    def __init__(self, width):
        self.norm = nn.LayerNorm(width)
        self.inner = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(self, x):
        return x + self.inner(self.norm(x))


def residual_mlp():
    model = nn.Sequential(nn.Linear(4, 8), *[Residual(8) for _ in range(6)], nn.Linear(8, 3))
    return tg.render(model, constant((5, 4)))


def convnet():
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding="same"), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(64, 10),
    )  # fmt: skip
    return tg.render(model, constant((2, 1, 8, 8), step=0.001), direction="right")


def rnn():
    W, U = (tg.tensor(0.1 * np.eye(4), requires_grad=True, name=name) for name in "WU")
    h, x = tg.zeros((3, 4), dtype="float64"), constant((20, 3, 4), step=0.001)
    for t in range(20):
        h = tg.tanh(x[t] @ W + h @ U)
    return tg.render((h * h).mean())


def lstm():
    return tg.render(nn.LSTM(4, 6), constant((3, 20, 4), step=0.001))


class TransformerBlock(nn.Module):
    def __init__(self, width):
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiHeadAttention(width, 2)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x):
        y = self.norm1(x)
        x = x + self.attention(y)
        return x + self.mlp(self.norm2(x))


def transformer():
    return tg.render(TransformerBlock(8), constant((2, 5, 8), step=0.01))


def gan():
    G = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 4))
    D = nn.Sequential(nn.Linear(4, 8), nn.LeakyReLU(), nn.Linear(8, 1))
    z, real = constant((5, 2)), constant((5, 4))
    loss = tg.softplus(-D(real)).mean() + tg.softplus(D(G(z))).mean()
    return tg.render(loss, color_by="module")


def optimizer_update():
    """Two steps of an optimizer that are part of the graph, as for a learned learning rate."""
    w = tg.tensor([1.0, -2.0], requires_grad=True, name="w")
    lr = tg.tensor(0.1, requires_grad=True, name="lr")
    optimizer = tg.optim.HeavyBall([w], lr=lr, beta=0.5, differentiable=True)
    for _ in range(2):
        optimizer.zero_grad()
        (w * w).sum().backward(create_graph=True)
        optimizer.step()
    return tg.render((w * w).sum(), title="two steps of HeavyBall")


def course():
    """The network of L layers of course 1, week 4, samples in columns, with its formulas."""
    X, Y = tg.tensor(constant((4, 6), -0.5)), tg.tensor(constant((1, 6)) > 0.35)
    parameters = [
        tg.tensor(constant(shape, -0.2), requires_grad=True, name=name)
        for name, shape in {"W1": (5, 4), "b1": (5, 1), "W2": (1, 5), "b2": (1, 1)}.items()
    ]
    W1, b1, W2, b2 = parameters
    A1 = tg.relu(W1 @ X + b1)
    A2 = tg.sigmoid(W2 @ A1 + b2)
    y = Y.astype("float32")
    cost = -(y * tg.log(A2) + (1 - y) * tg.log(1 - A2)).sum() / 6
    return tg.render(tg.derive(cost, wrt=parameters))


PICTURES = {
    "residual_mlp": residual_mlp,
    "convnet": convnet,
    "rnn": rnn,
    "lstm": lstm,
    "transformer": transformer,
    "gan": gan,
    "optimizer_update": optimizer_update,
    "course": course,
}


def written(folder: Path) -> Path:
    """Write all pictures and the page that shows them; return the page."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for name, picture_of in PICTURES.items():
        picture = picture_of()
        for suffix in FORMATS:
            picture.save(folder / f"{name}{suffix}")
        links = " · ".join(f'<a href="{name}{s}">{s[1:]}</a>' for s in FORMATS)
        shown = f'<img src="{name}.svg" alt="{escaped(repr(picture))}" style="max-width:100%">'
        parts.append(f"<h2>{name.replace('_', ' ')}</h2><p>{links}</p>{shown}")
        print(f"{name}: {picture}")
    page = folder / "index.html"
    head = "<!doctype html><meta charset=utf-8><title>Gallery</title>"
    body = f'<body style="font:16px system-ui;margin:2em">{"".join(parts)}</body>'
    page.write_text(head + body, encoding="utf-8")
    return page


if __name__ == "__main__":
    print(f"open {written(Path(*sys.argv[1:] or ['build/gallery']))}")
