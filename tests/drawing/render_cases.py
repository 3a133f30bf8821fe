"""Graphs whose pictures are kept in ``tests/drawing/golden`` and looked at by several tests."""

from dataclasses import replace

import numpy as np

import tensorgraph as tg
from tensorgraph import nn

HOSTILE = '</script><b a="1" \'x\'>&amp; \\N \\"\n{|} ∂'


def constant(shape, start=0.1, step=0.1):
    """Return numbers that are the same everywhere."""
    size = int(np.prod(shape))
    return (start + step * np.arange(size)).reshape(shape).astype(np.float32)


def options(**changed):
    """Return the options of a picture by default, some of them changed."""
    x = tg.tensor(1.0, requires_grad=True)
    return replace(tg.render(x * x).options, **changed)


def softmax():
    X = tg.tensor(constant((5, 4)))
    Y = np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1]]
    W = tg.tensor(constant((4, 3), -0.5), requires_grad=True)
    b = tg.tensor(np.zeros(3, np.float32), requires_grad=True)
    Z = X @ W + b
    A = tg.softmax(Z, axis=1)
    loss = -(Y * tg.log(A)).sum() / 5
    return tg.render(loss, engine="own")


def deep():
    init = nn.init.constant(0.1)
    blocks = [nn.Sequential(nn.Linear(8, 8, init=init), nn.ReLU()) for _ in range(12)]
    model = nn.Sequential(
        nn.Linear(4, 8, init=init), nn.Tanh(), *blocks, nn.Linear(8, 3, init=init)
    )
    return tg.render(model, constant((5, 4)), depth=2, engine="own")


def unused():
    x = tg.tensor([1.0, 0.0], requires_grad=True)
    x.name = HOSTILE
    y = tg.log(x)
    return tg.render((y * y + x).sum(), values=True, color_by="bytes", engine="own")


CASES = {"softmax": softmax, "deep": deep, "hostile": unused}
