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
    spares: tuple[str, ...] = ()
    """The promises of all optimizers that it does not make, as its source has it otherwise."""


def sgd(
    theta: Array, g: Array, memory: Memory, t: int,
    lr: float, momentum: float, nesterov: bool, weight_decay: float, l2: float,
) -> Array:  # fmt: skip
    """Robbins & Monro 1951; with momentum as in PyTorch's documentation."""
    g = g + l2 * theta
    memory["b"] = momentum * memory.get("b", 0 * g) + g
    step = g + momentum * memory["b"] if nesterov else memory["b"]
    return np.asarray(theta - lr * step - lr * weight_decay * theta)


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
    momentum: float, centered: bool, l2: float,
) -> Array:  # fmt: skip
    """Tieleman & Hinton 2012, lecture 6.5; centered Graves 2013, equations 38 to 45."""
    g = g + l2 * theta
    n = memory["n"] = beta * memory.get("n", 0 * g) + (1 - beta) * g**2
    mean = memory["mean"] = beta * memory.get("mean", 0 * g) + (1 - beta) * g
    size = np.sqrt(np.clip(n - mean**2, 0, None) if centered else n) + eps
    memory["step"] = momentum * memory.get("step", 0 * g) + g / size
    return np.asarray(theta - lr * memory["step"] - lr * weight_decay * theta)


def adagrad(
    theta: Array, g: Array, memory: Memory, t: int,
    lr: float, eps: float, weight_decay: float, l2: float,
) -> Array:  # fmt: skip
    """Duchi, Hazan & Singer 2011."""
    g = g + l2 * theta
    memory["s"] = memory.get("s", 0 * g) + g**2
    return np.asarray(theta - lr * g / (np.sqrt(memory["s"]) + eps) - lr * weight_decay * theta)


def adadelta(
    theta: Array, g: Array, memory: Memory, t: int,
    lr: float, beta: float, eps: float, weight_decay: float, l2: float,
) -> Array:  # fmt: skip
    """Zeiler 2012, algorithm 1."""
    g = g + l2 * theta
    memory["g2"] = beta * memory.get("g2", 0 * g) + (1 - beta) * g**2
    x2 = memory.get("x2", 0 * g)
    dx = -np.sqrt(x2 + eps) / np.sqrt(memory["g2"] + eps) * g
    memory["x2"] = beta * x2 + (1 - beta) * dx**2
    return np.asarray(theta + lr * dx - lr * weight_decay * theta)


def adam(
    theta: Array, g: Array, memory: Memory, t: int,
    lr: float, betas: tuple[float, float], eps: float,
    amsgrad: bool, l2: float = 0.0, weight_decay: float = 0.0,
) -> Array:  # fmt: skip
    """Kingma & Ba 2015, algorithm 1; with decay, Loshchilov & Hutter 2019, algorithm 2.

    AMSGrad's v̂ is that of Reddi, Kale & Kumar 2018, algorithm 2, corrected as Adam's.
    """
    g = g + l2 * theta
    memory["m"] = betas[0] * memory.get("m", 0 * g) + (1 - betas[0]) * g
    memory["v"] = betas[1] * memory.get("v", 0 * g) + (1 - betas[1]) * g**2
    memory["most"] = np.fmax(memory.get("most", 0 * g), memory["v"])
    m_hat = memory["m"] / (1 - betas[0] ** t)
    v_hat = memory["most" if amsgrad else "v"] / (1 - betas[1] ** t)
    return np.asarray(theta - lr * (m_hat / (np.sqrt(v_hat) + eps) + weight_decay * theta))


def nadam(
    theta: Array, g: Array, memory: Memory, t: int,
    lr: float, betas: tuple[float, float], eps: float, weight_decay: float, l2: float,
) -> Array:  # fmt: skip
    """Dozat 2016, algorithm 2, with one μ for all steps."""
    g, (mu, nu) = g + l2 * theta, betas
    memory["m"] = mu * memory.get("m", 0 * g) + (1 - mu) * g
    memory["n"] = nu * memory.get("n", 0 * g) + (1 - nu) * g**2
    m_bar = mu * memory["m"] / (1 - mu ** (t + 1)) + (1 - mu) * g / (1 - mu**t)
    n_hat = memory["n"] / (1 - nu**t)
    return np.asarray(theta - lr * (m_bar / (np.sqrt(n_hat) + eps) + weight_decay * theta))


def adamax(
    theta: Array, g: Array, memory: Memory, t: int,
    lr: float, betas: tuple[float, float], eps: float, weight_decay: float, l2: float,
) -> Array:  # fmt: skip
    """Kingma & Ba 2015, algorithm 2."""
    g = g + l2 * theta
    memory["m"] = betas[0] * memory.get("m", 0 * g) + (1 - betas[0]) * g
    memory["u"] = np.fmax(betas[1] * memory.get("u", 0 * g), np.fabs(g))
    step = memory["m"] / ((1 - betas[0] ** t) * (memory["u"] + eps))
    return np.asarray(theta - lr * (step + weight_decay * theta))


def radam(
    theta: Array, g: Array, memory: Memory, t: int,
    lr: float, betas: tuple[float, float], eps: float, weight_decay: float, l2: float,
) -> Array:  # fmt: skip
    """Liu et al. 2020, algorithm 2, with 5 for 4."""
    g = g + l2 * theta
    memory["m"] = betas[0] * memory.get("m", 0 * g) + (1 - betas[0]) * g
    memory["v"] = betas[1] * memory.get("v", 0 * g) + (1 - betas[1]) * g**2
    rho_inf = 2 / (1 - betas[1]) - 1
    rho = rho_inf - 2 * t * betas[1] ** t / (1 - betas[1] ** t)
    step = memory["m"] / (1 - betas[0] ** t)
    if rho > 5:
        r = np.sqrt((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho))
        step = r * step / (np.sqrt(memory["v"] / (1 - betas[1] ** t)) + eps)
    return np.asarray(theta - lr * (step + weight_decay * theta))


def rprop(
    theta: Array, g: Array, memory: Memory, t: int,
    lr: float, factors: tuple[float, float], limits: tuple[float, float],
) -> Array:  # fmt: skip
    """Igel & Hüsken 2000, iRprop−, element by element."""
    shape, theta, g = theta.shape, np.array(theta).reshape(-1), np.array(g).reshape(-1)
    delta = memory.setdefault("delta", np.full(theta.shape, lr))
    last = memory.setdefault("last", np.zeros(theta.shape))
    for i in range(theta.size):
        if g[i] * last[i] > 0:
            delta[i] = min(delta[i] * factors[1], lr * limits[1])
        elif g[i] * last[i] < 0:
            delta[i], g[i] = max(delta[i] * factors[0], lr * limits[0]), 0.0
        theta[i] -= np.sign(g[i]) * delta[i]
        last[i] = g[i]
    return np.asarray(theta.reshape(shape))


def lion(
    theta: Array, g: Array, memory: Memory, t: int,
    lr: float, betas: tuple[float, float], weight_decay: float,
) -> Array:  # fmt: skip
    """Chen et al. 2023, program 1."""
    m = memory.get("m", 0 * g)
    update = np.sign(betas[0] * m + (1 - betas[0]) * g)
    memory["m"] = betas[1] * m + (1 - betas[1]) * g
    return np.asarray(theta - lr * (update + weight_decay * theta))


def lars(
    theta: Array, g: Array, memory: Memory, t: int,
    lr: float, beta: float, trust: float, l2: float,
) -> Array:  # fmt: skip
    """You, Gitman & Ginsburg 2017, algorithm 1."""
    own, given = np.sqrt(np.sum(theta**2)), np.sqrt(np.sum(g**2))
    local = trust * own / (given + l2 * own) if own > 0 and given > 0 else 1.0
    memory["v"] = beta * memory.get("v", 0 * g) + lr * local * (g + l2 * theta)
    return np.asarray(theta - memory["v"])


def lamb(
    theta: Array, g: Array, memory: Memory, t: int,
    lr: float, betas: tuple[float, float], eps: float, weight_decay: float,
) -> Array:  # fmt: skip
    """You et al. 2020, algorithm 2."""
    memory["m"] = betas[0] * memory.get("m", 0 * g) + (1 - betas[0]) * g
    memory["v"] = betas[1] * memory.get("v", 0 * g) + (1 - betas[1]) * g**2
    v_hat = memory["v"] / (1 - betas[1] ** t)
    r = memory["m"] / (1 - betas[0] ** t) / (np.sqrt(v_hat) + eps) + weight_decay * theta
    own, step = np.sqrt(np.sum(theta**2)), np.sqrt(np.sum(r**2))
    return np.asarray(theta - lr * (own / step if own > 0 and step > 0 else 1.0) * r)


def adafactor(
    theta: Array, g: Array, memory: Memory, t: int,
    lr: float, decay: float, eps: float, least_scale: float, clip: float, weight_decay: float,
) -> Array:  # fmt: skip
    """Shazeer & Stern 2018, algorithms 4 and 5, with the bounds of PyTorch's documentation."""
    if not theta.size:
        return theta
    beta2 = 1 - t**-decay
    if theta.ndim < 2:
        memory["v"] = v = beta2 * memory.get("v", 0 * g) + (1 - beta2) * g**2
    else:
        r = memory["r"] = beta2 * memory.get("r", 0.0) + (1 - beta2) * np.mean(g**2, -1)
        c = memory["c"] = beta2 * memory.get("c", 0.0) + (1 - beta2) * np.mean(g**2, -2)
        mean = np.fmax(np.mean(r, -1), eps)[..., None, None]
        v = np.einsum("...i,...j->...ij", r, c) / mean
    u = g / np.sqrt(np.fmax(v, eps**2))
    u = u / max(1.0, float(np.sqrt(np.mean(u**2))) / clip)
    rate = min(lr, 1 / np.sqrt(t)) * max(least_scale, float(np.sqrt(np.mean(theta**2))))
    return np.asarray(theta - rate * u - lr * weight_decay * theta)


def muon(
    theta: Array, g: Array, memory: Memory, t: int,
    lr: float, beta: float, nesterov: bool, weight_decay: float,
    betas: tuple[float, float], eps: float,
) -> Array:  # fmt: skip
    """Jordan et al. 2024; the polynomial is taken of the singular values themselves."""
    if theta.ndim < 2:
        return adam(theta, g, memory, t, lr, betas, eps, False, weight_decay=weight_decay)
    memory["v"] = beta * memory.get("v", 0 * g) + (1 - beta) * g
    d = (beta * memory["v"] + (1 - beta) * g if nesterov else memory["v"]).reshape(len(g), -1)
    if not d.size:
        return theta
    left, s, right = np.linalg.svd(d, full_matrices=False)
    s = s / (np.linalg.norm(s) + 1e-7)
    for _ in range(5):
        s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
    rate = lr * np.sqrt(max(1.0, d.shape[0] / d.shape[1]))
    step = rate * ((left * s) @ right).reshape(theta.shape)
    return np.asarray(theta - step - lr * weight_decay * theta)


def schedule_free_sgd(
    theta: Array, g: Array, memory: Memory, t: int, lr: float, beta: float, l2: float
) -> Array:
    """Defazio et al. 2024, equations 3 to 5, with weights of the squares of the rates."""
    z, x = memory.get("z", theta), memory.get("x", theta)
    memory["sum"] = memory.get("sum", np.zeros(())) + lr**2
    memory["z"] = z - lr * (g + l2 * theta)
    c = lr**2 / memory["sum"] if lr else 0.0
    memory["x"] = (1 - c) * x + c * memory["z"]
    return np.asarray((1 - beta) * memory["z"] + beta * memory["x"])


def schedule_free_adamw(
    theta: Array, g: Array, memory: Memory, t: int,
    lr: float, betas: tuple[float, float], eps: float, weight_decay: float,
) -> Array:  # fmt: skip
    """Defazio et al. 2024, algorithm 1."""
    memory["v"] = betas[1] * memory.get("v", 0 * g) + (1 - betas[1]) * g**2
    scaled = g / (np.sqrt(memory["v"] / (1 - betas[1] ** t)) + eps)
    return schedule_free_sgd(theta, scaled, memory, t, lr, betas[0], weight_decay)


LINEAR, SCALED = ("linear", "odd", "shift"), ("scale", "odd", "shift")
DECAY = ("weight decay",)
"""Spared by rules whose decay is no λ·α·θ beside the step."""

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
    optim.Adadelta: Textbook(adadelta, ("odd", "shift")),
    optim.Adamax: Textbook(adamax, SCALED),
    optim.RAdam: Textbook(radam, ("odd", "shift")),
    optim.Rprop: Textbook(rprop, SCALED),
    optim.LARS: Textbook(lars, SCALED[:1]),
    optim.LAMB: Textbook(lamb, SCALED[:1], DECAY),
    optim.Adafactor: Textbook(adafactor, SCALED[:1]),
    optim.Muon: Textbook(muon, SCALED),
    optim.ScheduleFreeSGD: Textbook(schedule_free_sgd, LINEAR),
    optim.ScheduleFreeAdamW: Textbook(schedule_free_adamw, SCALED, DECAY),
}
"""What is known of the package's rules; a test holds it to name them all."""
