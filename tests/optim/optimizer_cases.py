"""Every optimizer: how it is made, its equation in plain NumPy, its formula, rates that suit it.

``CASES`` is the one table; ``parameters``, ``draws`` and ``give`` make what optimizers step on.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import tensorgraph as tg
from tensorgraph import optim

SHAPES = [(), (3,), (2, 3), (0,), (4, 1, 2), (7,), (5, 5)]


# The rules, line by line as their sources write them; ``None`` where there is no gradient.


def transcription(rule):
    """Return ``f(theta, gradients)`` from ``rule(theta, g, memory, t)``; memory starts empty."""

    def run(theta, gradients):
        memory, t = defaultdict(lambda: np.zeros_like(theta)), 0
        for g in gradients:
            if g is not None:
                t += 1
                theta = rule(theta, g, memory, t)
        return theta

    return run


def sgd(lr, decay=0.0):
    return transcription(lambda theta, g, memory, t: theta - lr * g - lr * decay * theta)


def ewma(lr, beta, corrected):
    def rule(theta, g, memory, t):
        memory["v"] = beta * memory["v"] + (1 - beta) * g
        return theta - lr * (memory["v"] / (1 - beta**t) if corrected else memory["v"])

    return transcription(rule)


def heavy_ball(lr, beta, nesterov=False, decay=0.0):
    def rule(theta, g, memory, t):
        memory["v"] = beta * memory["v"] + g
        return (
            theta - lr * decay * theta - lr * (g + beta * memory["v"] if nesterov else memory["v"])
        )

    return transcription(rule)


def rmsprop(lr, beta, eps):
    def rule(theta, g, memory, t):
        memory["s"] = beta * memory["s"] + (1 - beta) * g**2
        return theta - lr * g / (np.sqrt(memory["s"]) + eps)

    return transcription(rule)


def adagrad(lr, eps):
    def rule(theta, g, memory, t):
        memory["s"] = memory["s"] + g**2
        return theta - lr * g / (np.sqrt(memory["s"]) + eps)

    return transcription(rule)


def adam(lr=0.001, betas=(0.9, 0.999), eps=1e-8, decay=0.0):
    """Kingma & Ba 2015, algorithm 1; with decay, Loshchilov & Hutter 2019, algorithm 2."""

    def rule(theta, g, memory, t):
        memory["m"] = betas[0] * memory["m"] + (1 - betas[0]) * g
        memory["v"] = betas[1] * memory["v"] + (1 - betas[1]) * g**2
        m_hat = memory["m"] / (1 - betas[0] ** t)
        v_hat = memory["v"] / (1 - betas[1] ** t)
        return theta - lr * (m_hat / (np.sqrt(v_hat) + eps) + decay * theta)

    return transcription(rule)


def nadam(lr, betas, eps):
    """Dozat 2016, algorithm 2, with one μ for all steps."""
    mu, nu = betas

    def rule(theta, g, memory, t):
        memory["m"] = mu * memory["m"] + (1 - mu) * g
        memory["n"] = nu * memory["n"] + (1 - nu) * g**2
        m_bar = mu * memory["m"] / (1 - mu ** (t + 1)) + (1 - mu) * g / (1 - mu**t)
        n_hat = memory["n"] / (1 - nu**t)
        return theta - lr * m_bar / (np.sqrt(n_hat) + eps)

    return transcription(rule)


def lion(lr, betas, decay):
    """Chen et al. 2023, program 1."""

    def rule(theta, g, memory, t):
        update = np.sign(betas[0] * memory["m"] + (1 - betas[0]) * g)
        memory["m"] = betas[1] * memory["m"] + (1 - betas[1]) * g
        return theta - lr * (update + decay * theta)

    return transcription(rule)


class OptimizerCase(NamedTuple):
    """An optimizer with some settings, and what is expected of it."""

    make: Callable[..., optim.Optimizer]
    """Makes it of parameters and further options."""
    equation: Callable[..., np.ndarray]
    """The rule as its source writes it: the parameter after a list of gradients."""
    formula: str
    """What ``tg.update_rule`` prints."""
    rates: tuple[float, float, int] | None = None
    """Rates that suit a parabola (400 steps) and Rosenbrock's valley, and how many steps it takes
    along that: without momentum, or with steps that only shrink, it takes long."""
    smooth: bool = True
    """Whether a step can be differentiated by the gradient it takes."""


def with_settings(make: Callable[..., optim.Optimizer], *args: Any, **settings: Any):
    return lambda params, **options: make(params, *args, **settings, **options)


MOMENTS = "m ← β₁ m + (1 − β₁) g\nv ← β₂ v + (1 − β₂) g²\n"
ADAM = MOMENTS + "θ ← θ − α m / ((1 − β₁ᵗ) (√(v / (1 − β₂ᵗ)) + ε))"
CASES = {
    "SGD": OptimizerCase(
        with_settings(optim.SGD, lr=0.1),
        sgd(0.1),
        "θ ← θ − α g",
        rates=(0.1, 0.002, 8000),
    ),
    "SGD decayed": OptimizerCase(
        with_settings(optim.SGD, 0.1, 0.02),
        sgd(0.1, 0.02),
        "θ ← (1 − α λ) θ − α g",
    ),
    "EWMAMomentum": OptimizerCase(
        with_settings(optim.EWMAMomentum, lr=0.1),
        ewma(0.1, 0.9, False),
        "v ← β v + (1 − β) g\nθ ← θ − α v",
        rates=(0.1, 0.02, 2500),
    ),
    "EWMAMomentum corrected": OptimizerCase(
        with_settings(optim.EWMAMomentum, 0.1, 0.7, bias_correction=True),
        ewma(0.1, 0.7, True),
        "v ← β v + (1 − β) g\nθ ← θ − α v / (1 − βᵗ)",
    ),
    "HeavyBall": OptimizerCase(
        with_settings(optim.HeavyBall, lr=0.02),
        heavy_ball(0.02, 0.9),
        "v ← β v + g\nθ ← θ − α v",
        rates=(0.02, 0.002, 2500),
    ),
    "HeavyBall decayed": OptimizerCase(
        with_settings(optim.HeavyBall, 0.02, 0.8, 0.1),
        heavy_ball(0.02, 0.8, decay=0.1),
        "v ← β v + g\nθ ← (1 − α λ) θ − α v",
    ),
    "Nesterov": OptimizerCase(
        with_settings(optim.Nesterov, lr=0.02),
        heavy_ball(0.02, 0.9, nesterov=True),
        "v ← β v + g\nθ ← θ − α (g + β v)",
        rates=(0.02, 0.0015, 2500),
    ),
    "RMSprop": OptimizerCase(
        with_settings(optim.RMSprop, lr=0.01, beta=0.8),
        rmsprop(0.01, 0.8, 1e-8),
        "s ← β s + (1 − β) g²\nθ ← θ − α g / (√s + ε)",
        rates=(0.1, 0.01, 4000),
    ),
    "Adagrad": OptimizerCase(
        with_settings(optim.Adagrad, lr=0.5),
        adagrad(0.5, 1e-10),
        "s ← s + g²\nθ ← θ − α g / (√s + ε)",
        rates=(1.0, 1.0, 6000),
    ),
    "Adam": OptimizerCase(optim.Adam, adam(), ADAM, rates=(0.1, 0.1, 2500)),
    "Adam with settings": OptimizerCase(
        with_settings(optim.Adam, lr=0.03, betas=(0.5, 0.7), eps=1e-3),
        adam(0.03, (0.5, 0.7), 1e-3),
        ADAM,
    ),
    "Adam without memory": OptimizerCase(
        with_settings(optim.Adam, lr=0.03, betas=(0.0, 0.0)),
        adam(0.03, (0.0, 0.0)),
        "m ← 0 m + g\nv ← 0 v + g²\nθ ← θ − α m / ((1 − 0ᵗ) (√(v / (1 − 0ᵗ)) + ε))",
    ),
    "AdamW": OptimizerCase(
        with_settings(optim.AdamW, lr=0.01),
        adam(0.01, decay=0.01),
        ADAM.replace("θ − ", "(1 − α λ) θ − "),
        rates=(0.1, 0.1, 2500),
    ),
    "NAdam": OptimizerCase(
        with_settings(optim.NAdam, lr=0.01),
        nadam(0.01, (0.9, 0.999), 1e-8),
        MOMENTS + "θ ← θ − α (β₁ m / (1 − β₁^(t + 1)) + (1 − β₁) g / (1 − β₁ᵗ))"
        " / (√(v / (1 − β₂ᵗ)) + ε)",
        rates=(0.1, 0.02, 2500),
    ),
    "Lion": OptimizerCase(
        with_settings(optim.Lion, lr=0.003),
        lion(0.003, (0.9, 0.99), 0.0),
        "m ← β₂ m + (1 − β₂) g\nθ ← θ − α sign(β₁ m + (1 − β₁) g)",
        rates=(0.05, 0.02, 2500),
        smooth=False,
    ),
    "Lion decayed": OptimizerCase(
        with_settings(optim.Lion, lr=0.003, weight_decay=0.1),
        lion(0.003, (0.9, 0.99), 0.1),
        "m ← β₂ m + (1 − β₂) g\nθ ← (1 − α λ) θ − α sign(β₁ m + (1 − β₁) g)",
        smooth=False,
    ),
}
RATES = {name: case.rates for name, case in CASES.items() if case.rates is not None}
"""Of each optimizer, under the name of its class."""


def parameters(shapes, dtype="float64", seed=0):
    rng = np.random.default_rng(seed)
    return [tg.tensor(rng.standard_normal(s).astype(dtype), requires_grad=True) for s in shapes]


def give(params, gradients):
    for param, g in zip(params, gradients, strict=True):
        # As a tensor a gradient of the right dtype is taken as it is, order of memory included.
        param.grad = g if g is None else tg.asarray(g)


def draws(shapes, steps, seed=1):
    rng = np.random.default_rng(seed)
    return [[np.asarray(rng.standard_normal(s)) for s in shapes] for _ in range(steps)]
