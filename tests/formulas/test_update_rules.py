"""Optimizers' own rules, printed as formulas."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import optim

MOMENTS = "m ← β₁ m + (1 − β₁) g\nv ← β₂ v + (1 − β₂) g²\n"
CASES = {
    "SGD": (lambda w: optim.SGD(w, 0.1), "θ ← θ − α g"),
    "SGD with weight decay": (
        lambda w: optim.SGD(w, 0.1, weight_decay=0.01),
        "θ ← (1 − α λ) θ − α g",
    ),
    "EWMAMomentum": (
        lambda w: optim.EWMAMomentum(w, 0.1),
        "v ← β v + (1 − β) g\nθ ← θ − α v",
    ),
    "EWMAMomentum with bias correction": (
        lambda w: optim.EWMAMomentum(w, 0.1, bias_correction=True),
        "v ← β v + (1 − β) g\nθ ← θ − α v / (1 − βᵗ)",
    ),
    "HeavyBall": (lambda w: optim.HeavyBall(w, 0.1), "v ← β v + g\nθ ← θ − α v"),
    "Nesterov": (lambda w: optim.Nesterov(w, 0.1), "v ← β v + g\nθ ← θ − α (g + β v)"),
    "Adagrad": (optim.Adagrad, "s ← s + g²\nθ ← θ − α g / (√s + ε)"),
    "RMSprop": (optim.RMSprop, "s ← β s + (1 − β) g²\nθ ← θ − α g / (√s + ε)"),
    "Adam": (
        optim.Adam,
        MOMENTS + "θ ← θ − α m / ((1 − β₁ᵗ) (√(v / (1 − β₂ᵗ)) + ε))",
    ),
    "AdamW": (
        optim.AdamW,
        MOMENTS + "θ ← (1 − α λ) θ − α m / ((1 − β₁ᵗ) (√(v / (1 − β₂ᵗ)) + ε))",
    ),
    "NAdam": (
        optim.NAdam,
        MOMENTS + "θ ← θ − α (β₁ m / (1 − β₁^(t + 1)) + (1 − β₁) g / (1 − β₁ᵗ))"
        " / (√(v / (1 − β₂ᵗ)) + ε)",
    ),
    "Lion": (optim.Lion, "m ← β₂ m + (1 − β₂) g\nθ ← θ − α sign(β₁ m + (1 − β₁) g)"),
    "Lion with weight decay": (
        lambda w: optim.Lion(w, weight_decay=0.1),
        "m ← β₂ m + (1 − β₂) g\nθ ← (1 − α λ) θ − α sign(β₁ m + (1 − β₁) g)",
    ),
}
"""Each makes an optimizer of parameters; with the rule that is printed."""


def parameters():
    return [tg.tensor([1.0, -2.0], requires_grad=True)]


@pytest.mark.parametrize("name", CASES)
def test_text(name):
    make, expected = CASES[name]
    assert str(tg.update_rule(make(parameters()))) == expected


def test_every_optimizer_is_printed():
    found = {
        name
        for name, value in vars(optim).items()
        if isinstance(value, type) and issubclass(value, optim.Optimizer)
    }
    assert found - {"Optimizer"} == {name.split(" with")[0] for name in CASES}


def test_latex():
    rule = tg.update_rule(optim.EWMAMomentum(parameters(), 0.1))
    lines = [
        r"v \leftarrow \beta \, v + \left(1 - \beta\right) \, g",
        r"\theta \leftarrow \theta - \alpha \, v",
    ]
    assert rule.latex() == " \\\\\n".join(lines)
    assert rule.latex() in rule._repr_latex_()


def test_an_optimizer_of_ones_own():
    class Signs(optim.Optimizer):
        def start(self, param):
            return {"n": np.zeros_like(param)}

        def update(self, param, grad, state, t, lr, gain):
            n = state["n"] + 1
            return param - lr * gain * tg.sign(grad) / n, {"n": n}

    rule = tg.update_rule(Signs(parameters(), lr=0.1, gain=2.0))
    assert str(rule) == "n ← n + 1\nθ ← θ − α gain sign(g) / n"
