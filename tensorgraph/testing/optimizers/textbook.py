"""The package's rules, line by line as their sources write them, and what they claim besides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph import optim
from tensorgraph.engine.arrays import Array

Memory = dict[str, Array]
Equation = Callable[..., Array]
"""Of θ, its gradient, a memory that starts empty, t, and settings; returns the next θ."""


@dataclass(frozen=True)
class Textbook:
    """What a rule is, apart from its code."""

    equation: Equation
    claims: tuple[str, ...]
    """Of those in ``claims.CLAIMS``."""


def sgd(theta: Array, g: Array, memory: Memory, t: int, lr: float, weight_decay: float) -> Array:
    """Robbins & Monro 1951."""
    return np.asarray(theta - lr * g - lr * weight_decay * theta)


def ewma(
    theta: Array, g: Array, memory: Memory, t: int,
    lr: float, beta: float, bias_correction: bool, weight_decay: float,
) -> Array:  # fmt: skip
    """Deep Learning Specialization, course 2, week 2."""
    memory["v"] = beta * memory.get("v", 0 * g) + (1 - beta) * g
    v = memory["v"] / (1 - beta**t) if bias_correction else memory["v"]
    return np.asarray(theta - lr * v - lr * weight_decay * theta)


def heavy_ball(
    theta: Array, g: Array, memory: Memory, t: int, lr: float, beta: float, weight_decay: float
) -> Array:
    """Polyak 1964."""
    memory["v"] = beta * memory.get("v", 0 * g) + g
    return np.asarray(theta - lr * memory["v"] - lr * weight_decay * theta)


def nesterov(
    theta: Array, g: Array, memory: Memory, t: int, lr: float, beta: float, weight_decay: float
) -> Array:
    """Bengio, Boulanger-Lewandowski & Pascanu 2013, section 3.5."""
    memory["v"] = beta * memory.get("v", 0 * g) + g
    return np.asarray(theta - lr * (g + beta * memory["v"]) - lr * weight_decay * theta)


def rmsprop(
    theta: Array, g: Array, memory: Memory, t: int,
    lr: float, beta: float, eps: float, weight_decay: float,
) -> Array:  # fmt: skip
    """Tieleman & Hinton 2012, lecture 6.5."""
    memory["s"] = beta * memory.get("s", 0 * g) + (1 - beta) * g**2
    return np.asarray(theta - lr * g / (np.sqrt(memory["s"]) + eps) - lr * weight_decay * theta)


def adagrad(
    theta: Array, g: Array, memory: Memory, t: int, lr: float, eps: float, weight_decay: float
) -> Array:
    """Duchi, Hazan & Singer 2011."""
    memory["s"] = memory.get("s", 0 * g) + g**2
    return np.asarray(theta - lr * g / (np.sqrt(memory["s"]) + eps) - lr * weight_decay * theta)


def adam(
    theta: Array, g: Array, memory: Memory, t: int,
    lr: float, betas: tuple[float, float], eps: float, weight_decay: float = 0.0,
) -> Array:  # fmt: skip
    """Kingma & Ba 2015, algorithm 1; with decay, Loshchilov & Hutter 2019, algorithm 2."""
    memory["m"] = betas[0] * memory.get("m", 0 * g) + (1 - betas[0]) * g
    memory["v"] = betas[1] * memory.get("v", 0 * g) + (1 - betas[1]) * g**2
    m_hat = memory["m"] / (1 - betas[0] ** t)
    v_hat = memory["v"] / (1 - betas[1] ** t)
    return np.asarray(theta - lr * (m_hat / (np.sqrt(v_hat) + eps) + weight_decay * theta))


def nadam(
    theta: Array, g: Array, memory: Memory, t: int,
    lr: float, betas: tuple[float, float], eps: float, weight_decay: float = 0.0,
) -> Array:  # fmt: skip
    """Dozat 2016, algorithm 2, with one μ for all steps."""
    mu, nu = betas
    memory["m"] = mu * memory.get("m", 0 * g) + (1 - mu) * g
    memory["n"] = nu * memory.get("n", 0 * g) + (1 - nu) * g**2
    m_bar = mu * memory["m"] / (1 - mu ** (t + 1)) + (1 - mu) * g / (1 - mu**t)
    n_hat = memory["n"] / (1 - nu**t)
    return np.asarray(theta - lr * (m_bar / (np.sqrt(n_hat) + eps) + weight_decay * theta))


def lion(
    theta: Array, g: Array, memory: Memory, t: int,
    lr: float, betas: tuple[float, float], weight_decay: float,
) -> Array:  # fmt: skip
    """Chen et al. 2023, program 1."""
    m = memory.get("m", 0 * g)
    update = np.sign(betas[0] * m + (1 - betas[0]) * g)
    memory["m"] = betas[1] * m + (1 - betas[1]) * g
    return np.asarray(theta - lr * (update + weight_decay * theta))


LINEAR, SCALED = ("linear", "odd", "shift"), ("scale", "odd", "shift")

TEXTBOOK: dict[Any, Textbook] = {
    optim.SGD: Textbook(sgd, LINEAR),
    optim.EWMAMomentum: Textbook(ewma, LINEAR),
    optim.HeavyBall: Textbook(heavy_ball, LINEAR),
    optim.Nesterov: Textbook(nesterov, LINEAR),
    optim.RMSprop: Textbook(rmsprop, SCALED),
    optim.Adagrad: Textbook(adagrad, SCALED),
    optim.Adam: Textbook(adam, SCALED),
    optim.AdamW: Textbook(adam, SCALED),
    optim.NAdam: Textbook(nadam, SCALED),
    optim.Lion: Textbook(lion, ("sign", *SCALED)),
}
"""What is known of the package's rules; a test holds it to name them all."""
