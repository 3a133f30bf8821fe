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
SCALE = "(√(v / (1 − β₂ᵗ)) + ε)"
LAMB = (
    f"{MOMENTS}u ← m / ((1 − β₁ᵗ) {SCALE}) + λ θ\nr ← √(Σ u²)\ns ← [(√(Σ θ²) = 0) ∨ (r = 0)]\n"
    "θ ← θ − α where(s, 1, √(Σ θ²) / where(s, 1, r)) u"
)
GAP = (
    "w ← w + α²\ngap0 ← gap\ngap ← (1 − α² / where(w = 0, 1, w)) (gap0 − α {})\n"
    "θ ← θ + β{2} (gap0 − gap) − α {1}"
).replace("α {}", "α {0}")
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
        "θ ← θ − α sign(β₁ m + (1 − β₁) g)\nm ← β₂ m + (1 − β₂) g",
        rate=(0.02, 2500),
        smooth=False,
    ),
    "Lion decayed": OptimizerCase(
        optim.Lion,
        {"lr": 0.003, "weight_decay": 0.1},
        "θ ← (1 − α λ) θ − α sign(β₁ m + (1 − β₁) g)\nm ← β₂ m + (1 − β₂) g",
        smooth=False,
    ),
    "SGD with momentum": OptimizerCase(
        optim.SGD,
        {"lr": 0.02, "momentum": 0.8, "l2": 0.1},
        "v ← μ v + (g + λ₂ θ)\nθ ← θ − α v",
    ),
    "SGD by Nesterov": OptimizerCase(
        optim.SGD,
        {"lr": 0.02, "momentum": 0.8, "nesterov": True, "weight_decay": 0.1},
        "v ← μ v + g\nθ ← (1 − α λ) θ − α (g + μ v)",
    ),
    "RMSprop centered": OptimizerCase(
        optim.RMSprop,
        {"lr": 0.01, "beta": 0.8, "eps": 1e-3, "momentum": 0.5, "centered": True},
        "s ← β s + (1 − β) g²\nm ← β m + (1 − β) g\n"
        "v ← μ v + g / (√maximum(s − m², 0) + ε)\nθ ← θ − α v",
    ),
    "Adam with AMSGrad": OptimizerCase(
        optim.Adam,
        {"lr": 0.03, "amsgrad": True, "l2": 0.1},
        "m ← β₁ m + (1 − β₁) (g + λ₂ θ)\nv ← β₂ v + (1 − β₂) (g + λ₂ θ)²\n"
        "v_max ← maximum(v_max, v)\nθ ← θ − α m / ((1 − β₁ᵗ) (√(v_max / (1 − β₂ᵗ)) + ε))",
    ),
    "Adadelta": OptimizerCase(
        optim.Adadelta,
        {"eps": 1e-3},
        "s ← β s + (1 − β) g²\nθ ← θ − α (√(u + ε) ∘ g / √(s + ε))\n"
        "u ← β u + (1 − β) (√(u + ε) ∘ g / √(s + ε))²",
        rate=(1.0, 6000),
    ),
    "Adamax": OptimizerCase(
        optim.Adamax,
        {"lr": 0.02},
        "m ← β₁ m + (1 − β₁) g\nu ← maximum(β₂ u, |g|)\nθ ← θ − α m / ((1 − β₁ᵗ) (u + ε))",
        rate=(0.3, 2500),
    ),
    "RAdam": OptimizerCase(
        optim.RAdam,
        {"lr": 0.02, "betas": (0.9, 0.99)},
        MOMENTS + "u ← 2 / (1 − β₂) − 1\nr ← u − 2 t β₂ᵗ / (1 − β₂ᵗ)\n"
        "θ ← θ − where(r > 5, |(r − 4) (r − 2) u / ((u − 4) (u − 2) r)|^0.5 (α m / (1 − β₁ᵗ))"
        " / (√(v / (1 − β₂ᵗ)) + ε), α m / (1 − β₁ᵗ))",
        rate=(0.005, 6000),
    ),
    "Rprop": OptimizerCase(
        optim.Rprop,
        {"lr": 0.02},
        "d ← where(sign(g) ∘ sign(last) > 0, minimum(factors2 d, limits2),"
        " where(sign(g) ∘ sign(last) < 0, maximum(factors1 d, limits1), d))\n"
        "last ← where(sign(g) ∘ sign(last) < 0, 0, g)\nθ ← θ − α d ∘ sign(last)",
        rate=(0.01, 2500),
        smooth=False,
    ),
    "LARS": OptimizerCase(
        optim.LARS,
        {"lr": 0.5, "trust": 0.01, "l2": 0.1},
        "u ← √(Σ θ²)\nr ← [(u = 0) ∨ (√(Σ g²) = 0)]\n"
        "v ← β v + α where(r, 1, trust u / where(r, 1, √(Σ g²) + λ₂ u)) (g + λ₂ θ)\nθ ← θ − v",
        rate=(1.0, 4000),
    ),
    "LAMB": OptimizerCase(optim.LAMB, {"lr": 0.01}, LAMB.replace(" + λ θ", ""), rate=(0.02, 4000)),
    "LAMB decayed": OptimizerCase(optim.LAMB, {"lr": 0.01, "weight_decay": 0.1}, LAMB),
    "Adafactor": OptimizerCase(
        optim.Adafactor,
        {"lr": 0.05},
        "v ← v + t^(−decay) (g² − v)\n"
        "θ ← θ − ((α + (t^(−0.5) − α) [t^(−0.5) < α]) maximum(√(mean(θ²)), least_scale)"
        " / maximum(√(mean((g / maximum(√v, ε))²)) / clip, 1)) (g / maximum(√v, ε))",
        rate=(0.1, 6000),
    ),
    "Muon": OptimizerCase(
        optim.Muon,
        {"lr": 0.02},
        ADAM.replace("θ − ", "(1 − α λ) θ − "),
        rate=(0.1, 2500),
    ),
    "ScheduleFreeSGD": OptimizerCase(
        optim.ScheduleFreeSGD,
        {"lr": 0.1},
        GAP.format("g", "g", ""),
        rate=(0.003, 4000),
    ),
    "ScheduleFreeAdamW": OptimizerCase(
        optim.ScheduleFreeAdamW,
        {"lr": 0.02, "weight_decay": 0.1},
        "v ← β₂ v + (1 − β₂) g²\n" + GAP.format(*2 * [f"(g / {SCALE} + λ θ)"], "₁"),
        rate=(0.1, 4000),
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
