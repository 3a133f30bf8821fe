"""Kernels as people write them, with the same in operations of the package."""

import math

import numpy as np

import tensorgraph as tg


def by_loop(f):
    """Return a kernel that calls a function of Python's floats for each element."""
    return lambda x: np.array([f(v) for v in np.ravel(x)], x.dtype).reshape(np.shape(x))


def in_place(x):
    x *= 2
    x[x < 0] = 0
    return x


def oscillator(x):
    """A simulation in plain Python: friction by the square of the speed."""
    s, v = float(x[0]), float(x[1])
    for _ in range(50):
        a = -s - 0.1 * v * abs(v)
        v += 0.05 * a
        s += 0.05 * v
    return np.array([s, v])


def oscillator_of_tensors(x):
    s, v = x[0], x[1]
    for _ in range(50):
        a = -s - 0.1 * v * tg.abs(v)
        v = v + 0.05 * a
        s = s + 0.05 * v
    return tg.stack([s, v])


FOLLOWED = {
    "bump": (lambda x: np.exp(-x * x), lambda x: tg.exp(-x * x)),
    "swish": (lambda x: x / (1 + np.exp(-x)), lambda x: x * tg.sigmoid(x)),
    "relu": (lambda x: np.maximum(x, 0), tg.relu),
    "mask": (lambda x: x * (x > 0), tg.relu),
    "abs": (lambda x: abs(x) ** 3, lambda x: tg.abs(x) ** 3),
    "elu": (lambda x: np.where(x > 0, x, np.expm1(x)), tg.elu),
    "hard": (lambda x: np.clip(x, -0.5, 0.5), lambda x: tg.clip(x, -0.5, 0.5)),
    "power": (lambda x: (2 + np.sin(x)) ** 1.5, lambda x: (2 + tg.sin(x)) ** 1.5),
}
"""What is followed, function by function: one more call of the kernel."""

BY_ELEMENT = {
    "real part": (lambda x: np.real(x) * np.abs(x), lambda x: x * tg.abs(x)),
    "conjugate": (lambda x: x * np.conj(x), lambda x: x * x),
    "a little real": (lambda x: x + 1e-3 * x.real**2, lambda x: x + 1e-3 * x * x),
    "imaginary": (lambda x: x + 0 * x.imag + x.astype(float) ** 2, lambda x: x + x * x),
    "floats": (by_loop(lambda v: math.erf(float(v))), tg.erf),
    "steep": (by_loop(lambda v: math.sin(30 * v)), lambda x: tg.sin(30 * x)),
    "in place": (in_place, lambda x: tg.relu(2 * x)),
    "if": (by_loop(lambda v: v if v > 0 else 0.1 * v), lambda x: tg.leaky_relu(x, slope=0.1)),
    "swallowed": (lambda x: swallowed(x), lambda x: tg.abs(x)),
    "remembering": (lambda x: REMEMBERING(x), lambda x: x * x),
    "exceptions": (by_loop(lambda v: math.log(2.5 + v)), lambda x: tg.log(2.5 + x)),
}
"""What is not, though each element depends on its own alone."""

BY_COLUMN = {
    "softmax": (
        lambda x: np.exp(x - x.max()) / np.exp(x - x.max()).sum(),
        lambda x: tg.softmax(x.reshape(-1), axis=0).reshape(x.shape),
    ),
    "norm": (lambda x: np.linalg.norm(x), lambda x: tg.sqrt((x * x).sum())),
    "sorted": (
        lambda x: np.sort(x, axis=None)[::-1][:3].sum(),
        lambda x: tg.sort(x.reshape(-1), axis=0)[-3:].sum(),
    ),
    "logsumexp": (lambda x: np.log(np.exp(x).sum()), lambda x: tg.logsumexp(x, axis=None)),
    "reversed": (lambda x: np.flip(x) * 2, lambda x: tg.flip(x) * 2),
    "neighbours": (
        lambda x: np.roll(np.ravel(x), 1).reshape(x.shape) * x,
        lambda x: tg.roll(x.reshape(-1), 1, axis=0).reshape(x.shape) * x,
    ),
    "absolute sum": (lambda x: np.abs(x).sum(), lambda x: tg.abs(x).sum()),
}
"""Where elements depend on others."""


def swallowed(x):
    """A kernel that catches what it is told, and goes on with something else."""
    try:
        return np.asarray(x, dtype=float) * np.sign(x)
    except Exception:
        return 0.0 * x


class Remembering:
    """A kernel that returns the values of the last call where it is refused a look at them."""

    def __init__(self):
        self.values = None

    def __call__(self, x):
        try:
            self.values = np.array([row * row for row in x])
        except Exception:
            return self.values + 0.0 * x
        return self.values


REMEMBERING = Remembering()
