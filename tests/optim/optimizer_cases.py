"""Every optimizer: how it is made, its formula, rates that suit it.

``CASES`` is the one table; ``parameters``, ``draws`` and ``give`` make what optimizers step on. Its
equation in plain NumPy stands in ``testing.optimizers.textbook``, as ``check_optimizer`` needs it.
"""

from typing import Any, NamedTuple

import numpy as np

import tensorgraph as tg
from tensorgraph import optim
from tensorgraph.optim.settings import bound
from tensorgraph.testing.optimizers.textbook import TEXTBOOK

SHAPES = [(), (3,), (2, 3), (0,), (4, 1, 2), (7,), (5, 5)]


class OptimizerCase(NamedTuple):
    """An optimizer with some settings, and what is expected of it."""

    rule: type[optim.Optimizer]
    settings: dict[str, Any]
    formula: str
    """What ``tg.update_rule`` prints."""
    rate: tuple[float, int] | None = None
    """A rate that suits Rosenbrock's valley, and how many steps it takes along that: without
    momentum, or with steps that only shrink, it takes long."""
    smooth: bool = True
    """Whether a step can be differentiated by the gradient it takes."""

    def make(self, params, **options):
        """Return the optimizer of these parameters."""
        return self.rule(params, **{**self.settings, **options})

    def equation(self, theta, gradients):
        """Return a parameter after these gradients; ``None`` stands where there is none."""
        return equation(self.rule, **self.settings)(theta, gradients)


def equation(rule, **settings):
    """Return ``f(theta, gradients)``: the rule as its source writes it, line by line."""
    settings = bound(rule, (), settings)

    def run(theta, gradients):
        memory, t = {}, 0
        for g in gradients:
            if g is not None:
                t += 1
                theta = TEXTBOOK[rule].equation(theta, g, memory, t, **settings)
        return theta

    return run


MOMENTS = "m ← β₁ m + (1 − β₁) g\nv ← β₂ v + (1 − β₂) g²\n"
ADAM = MOMENTS + "θ ← θ − α m / ((1 − β₁ᵗ) (√(v / (1 − β₂ᵗ)) + ε))"
CASES = {
    "SGD": OptimizerCase(optim.SGD, {"lr": 0.1}, "θ ← θ − α g", rate=(0.002, 8000)),
    "SGD decayed": OptimizerCase(
        optim.SGD, {"lr": 0.1, "weight_decay": 0.02}, "θ ← (1 − α λ) θ − α g"
    ),
    "EWMAMomentum": OptimizerCase(
        optim.EWMAMomentum,
        {"lr": 0.1},
        "v ← β v + (1 − β) g\nθ ← θ − α v",
        rate=(0.02, 2500),
    ),
    "EWMAMomentum corrected": OptimizerCase(
        optim.EWMAMomentum,
        {"lr": 0.1, "beta": 0.7, "bias_correction": True},
        "v ← β v + (1 − β) g\nθ ← θ − α v / (1 − βᵗ)",
    ),
    "HeavyBall": OptimizerCase(
        optim.HeavyBall, {"lr": 0.02}, "v ← β v + g\nθ ← θ − α v", rate=(0.002, 2500)
    ),
    "HeavyBall decayed": OptimizerCase(
        optim.HeavyBall,
        {"lr": 0.02, "beta": 0.8, "weight_decay": 0.1},
        "v ← β v + g\nθ ← (1 − α λ) θ − α v",
    ),
    "Nesterov": OptimizerCase(
        optim.Nesterov, {"lr": 0.02}, "v ← β v + g\nθ ← θ − α (g + β v)", rate=(0.0015, 2500)
    ),
    "RMSprop": OptimizerCase(
        optim.RMSprop,
        {"lr": 0.01, "beta": 0.8},
        "s ← β s + (1 − β) g²\nθ ← θ − α g / (√s + ε)",
        rate=(0.01, 4000),
    ),
    "Adagrad": OptimizerCase(
        optim.Adagrad, {"lr": 0.5}, "s ← s + g²\nθ ← θ − α g / (√s + ε)", rate=(1.0, 6000)
    ),
    "Adam": OptimizerCase(optim.Adam, {}, ADAM, rate=(0.1, 2500)),
    "Adam with settings": OptimizerCase(
        optim.Adam, {"lr": 0.03, "betas": (0.5, 0.7), "eps": 1e-3}, ADAM
    ),
    "Adam without memory": OptimizerCase(
        optim.Adam,
        {"lr": 0.03, "betas": (0.0, 0.0)},
        "m ← 0 m + g\nv ← 0 v + g²\nθ ← θ − α m / ((1 − 0ᵗ) (√(v / (1 − 0ᵗ)) + ε))",
    ),
    "AdamW": OptimizerCase(
        optim.AdamW, {"lr": 0.01}, ADAM.replace("θ − ", "(1 − α λ) θ − "), rate=(0.1, 2500)
    ),
    "NAdam": OptimizerCase(
        optim.NAdam,
        {"lr": 0.01},
        MOMENTS + "θ ← θ − α (β₁ m / (1 − β₁^(t + 1)) + (1 − β₁) g / (1 − β₁ᵗ))"
        " / (√(v / (1 − β₂ᵗ)) + ε)",
        rate=(0.02, 2500),
    ),
    "Lion": OptimizerCase(
        optim.Lion,
        {"lr": 0.003},
        "m ← β₂ m + (1 − β₂) g\nθ ← θ − α sign(β₁ m + (1 − β₁) g)",
        rate=(0.02, 2500),
        smooth=False,
    ),
    "Lion decayed": OptimizerCase(
        optim.Lion,
        {"lr": 0.003, "weight_decay": 0.1},
        "m ← β₂ m + (1 − β₂) g\nθ ← (1 − α λ) θ − α sign(β₁ m + (1 − β₁) g)",
        smooth=False,
    ),
}
RATES = {name: case.rate for name, case in CASES.items() if case.rate is not None}
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
