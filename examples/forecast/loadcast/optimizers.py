"""AdaBelief, and a learning rate that rises and then falls."""

import numpy as np

import tensorgraph as tg
from tensorgraph import optim


class AdaBelief(optim.Optimizer):
    """Adam that divides by how far gradients are from their mean (Zhuang et al. 2020).

    m ← β₁m + (1 − β₁)g,  s ← β₂s + (1 − β₂)(g − m)² + ε,
    θ ← θ − α m̂ / (√ŝ + ε) with m̂ = m / (1 − β₁ᵗ), ŝ = s / (1 − β₂ᵗ).
    """

    def start(self, param):
        return {"m": np.zeros_like(param), "s": np.zeros_like(param)}

    def update(self, param, grad, state, t, lr=0.001, betas=(0.9, 0.999), eps=1e-16):
        b1, b2 = betas
        m = b1 * state["m"] + (1 - b1) * grad
        s = b2 * state["s"] + (1 - b2) * (grad - m) ** 2 + eps
        step = m / (1 - b1**t) / (tg.sqrt(s / (1 - b2**t)) + eps)
        return param - lr * step, {"m": m, "s": s}


def warmup_then_root(peak, warmup):
    """Rises to ``peak`` in ``warmup`` steps, then falls as 1/√step."""

    def schedule(step):
        step = step + 1
        return peak * min(step / warmup, (warmup / step) ** 0.5)

    return schedule
