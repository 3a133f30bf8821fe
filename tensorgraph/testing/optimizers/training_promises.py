"""What an optimizer promises of a training: it ends at the minimum, and can be differentiated."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.engine.tensor import Tensor, tensor
from tensorgraph.errors import listing
from tensorgraph.ops.trigonometric import tanh
from tensorgraph.testing.numeric.gradcheck import gradcheck
from tensorgraph.testing.optimizers.stepping import Subject, leaves, stepped
from tensorgraph.testing.promises import NotAsked

CONDITIONS = (1.0, 10.0, 100.0)
RATES = (1.0, 0.1, 0.01, 10.0, 0.3, 0.03, 0.003)
"""In the order in which they are tried: the first three do as a rule."""
STEPS, FALLS = 500, 1e-3
"""By how many steps the cost must have fallen to which part."""

LONG, SETTLED = 2000, 1e-6
"""So many steps with one gradient, at this rate, so that parameters stay where they are."""

UNEVEN = 1.9
"""By this factor steps with one gradient differ where a bias is not corrected."""

X = np.random.default_rng(0).standard_normal((6, 3))
Y = np.random.default_rng(1).standard_normal((6, 1))
START = np.random.default_rng(2).standard_normal((1, 3))


def check_converges(subject: Subject) -> str:
    """Some learning rate leads to the bottom of each of three bowls, a round one and longer ones.

    Their axes are turned against those of the parameters.
    """
    used: list[str] = []
    rates: list[float | None] = [*RATES] if subject.takes("lr") else [None]
    turned = np.linalg.qr(np.random.default_rng(4).standard_normal((4, 4)))[0]
    for condition in CONDITIONS:
        hessian = turned @ np.diag(np.geomspace(1, 1 / condition, 4)) @ turned.T
        told = []
        for k, lr in enumerate(rates):
            share = _share_left(subject, hessian, lr)
            told.append(f"lr={lr:g}: {share:.2g}" if lr else f"{share:.2g}")
            if share <= FALLS:
                used.append(f"{lr:g}" if lr else "as given")
                rates = rates[k:]  # a longer bowl needs no larger rate
                break
        else:
            raise AssertionError(
                f"it does not find the bottom of ½ wᵀ H w, the condition of H being"
                f" {condition:g}: after {STEPS} steps the cost is so many times that at the start:"
                f" {', '.join(told)}\ndoes it go uphill, or stop?"
            )
    conditions = listing([f"{c:g}" for c in CONDITIONS])
    return f"at rates of {listing(used)} in bowls of condition {conditions}" if rates[0] else ""


def check_first_lengths(subject: Subject) -> str:
    """Running means that start at 0 are corrected: the first steps are no longer than later ones.

    Of a rule whose steps do not depend on the gradients' scale, and which takes ``betas``.
    """
    small, large = (_moves(subject, size) for size in (1.0, 1000.0))
    if not (small.min() > 0 and (np.abs(large / small - 1) < 0.01).all()):
        raise NotAsked("as its steps depend on the scale of the gradients")
    ratios = small[:50] / small[-1]
    k = int(np.argmax(np.abs(np.log(ratios))))
    if max(ratios[k], 1 / ratios[k]) > UNEVEN:
        raise AssertionError(
            f"of {LONG} steps with one and the same gradient, step {k + 1} is {ratios[k]:.3g} times"
            " as long as the last\nrunning means that start at 0 are too small at first; divide"
            " them by what they lack: m / (1 - betas[0] ** t), v / (1 - betas[1] ** t), where t"
            " counts from 1 (or give first_step=, where the rule has none of it)"
        )
    return f"within a factor of {max(ratios[k], 1 / ratios[k]):.2g} of the later ones"


def _moves(subject: Subject, gradient: float) -> Any:
    """Return how far each step with one and the same gradient goes, weight decay apart."""
    (w,) = params = leaves([np.ones(1)])
    optimizer = subject.make(params, lr=SETTLED, **subject.without_decay)
    found = [float(w.data[0])]
    for _ in range(LONG):
        stepped(optimizer, params, [[np.array([gradient])]])
        found.append(float(w.data[0]))
    return np.abs(np.diff(found))


def _share_left(subject: Subject, hessian: Any, lr: float | None) -> float:
    """Return which part of the cost is left after a training."""
    bottom = np.array([0.5, -0.25, 1.0, 0.0])
    (w,) = params = leaves([bottom + np.array([1.0, -0.8, 0.6, 1.0])])
    options = {} if lr is None else {"lr": lr}
    optimizer = subject.make(params, **options, **subject.without_decay)

    def cost() -> float:
        away = np.asarray(w.data) - bottom
        return float(away @ hessian @ away)

    first = cost()
    for k in range(STEPS):
        try:
            stepped(optimizer, params, [[hessian @ (np.asarray(w.data) - bottom)]])
        except ArithmeticError:
            return np.inf
        if not k % 10:
            left = cost()
            if not left <= 1e6 * first:
                return np.inf
            if k == 100 and left > 0.5 * first:
                break  # it will not
            if left <= 0.1 * FALLS * first:
                break
    return cost() / first


def cost(w: Tensor) -> Tensor:
    """Return the cost of a small network of one neuron."""
    found: Tensor = (tanh(X @ w.mT) - Y).square().mean()
    return found


def trained(
    subject: Subject, w: Tensor, steps: int, differentiable: bool, **options: Any
) -> Tensor:
    """Return the weights after some steps."""
    optimizer = subject.make([w], differentiable=differentiable, **options)
    for _ in range(steps):
        optimizer.zero_grad()
        cost(w).backward(create_graph=differentiable)
        optimizer.step()
    return w


def check_recorded(subject: Subject) -> None:
    """Steps that are recorded, to be differentiated, are the same steps."""
    plain, recorded = (
        np.asarray(trained(subject, tensor(START, requires_grad=True), 5, d).data)
        for d in (False, True)
    )
    off = float(np.max(np.abs(plain - recorded)))
    if not off <= 1e-12:
        raise AssertionError(
            f"after 5 steps with differentiable=True the parameter is {recorded.tolist()}, not"
            f" {plain.tolist()}; write update with operators and ops of tensorgraph, which run on"
            " tensors too"
        )


def check_rate_slope(subject: Subject) -> None:
    """What a training leads to is differentiated rightly by its learning rate."""

    def after(lr: Tensor) -> Tensor:
        return cost(trained(subject, tensor(START, requires_grad=True), 2, True, lr=lr))

    gradcheck(after, np.array(0.05))
