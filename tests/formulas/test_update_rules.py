"""Optimizers' own rules, printed as formulas."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import optim
from tests.formulas.tex import equations
from tests.optim.optimizer_cases import CASES


def parameters():
    return [tg.tensor([1.0, -2.0], requires_grad=True)]


@pytest.mark.parametrize("name", CASES)
def test_text(name):
    case = CASES[name]
    assert str(tg.update_rule(case.make(parameters()))) == case.formula


def test_latex():
    rule = tg.update_rule(optim.EWMAMomentum(parameters(), 0.1))
    lines = [
        r"v \leftarrow \beta \, v + (1 - \beta) \, g",
        r"\theta \leftarrow \theta - \alpha \, v",
    ]
    assert equations(rule) == " \\\\\n".join(lines)
    assert rule.latex() == rule._repr_latex_()


def test_an_optimizer_of_ones_own():
    class Signs(optim.Optimizer):
        def start(self, param):
            return {"n": np.zeros_like(param)}

        def update(self, param, grad, state, t, lr, gain):
            n = state["n"] + 1
            return param - lr * gain * tg.sign(grad) / n, {"n": n}

    rule = tg.update_rule(Signs(parameters(), lr=0.1, gain=2.0))
    assert str(rule) == "n ← n + 1\nθ ← θ − α gain sign(g) / n"
