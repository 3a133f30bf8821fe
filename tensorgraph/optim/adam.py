"""Adam: adaptive moment estimation."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.ops.transcendental import sqrt
from tensorgraph.optim.base import Optimizer, Rate, State


class Adam(Optimizer):
    """Steps along the mean gradient, each element in units of its own root mean square.

        m ← β₁ m + (1 − β₁) g          m̂ = m / (1 − β₁ᵗ)
        v ← β₂ v + (1 − β₂) g²         v̂ = v / (1 − β₂ᵗ)
        θ ← θ − α · m̂ / (√v̂ + ε)

    (Kingma & Ba 2015, "Adam: a method for stochastic optimization", algorithm 1; Deep Learning
    Specialization, course 2, week 2.) t counts the updates of a parameter from 1; ε stands outside
    the root.

    Args:
        params: ``model.named_parameters()``, ``model.parameters()`` or a list of leaf tensors.
        lr: α, a number or a function of the number of steps taken before.
        betas: β₁ and β₂, how much of the running means is kept at each step.
        eps: ε, which bounds the step where gradients are near 0.

    Raises:
        ArgumentError: no parameters; a learning rate, β or ε that makes no sense.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = tg.optim.Adam([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> print(w)  # the first step is α long, whatever the gradient
        [ 0.9 -1.9]
    """

    settings = ("lr", "betas", "eps")

    def __init__(
        self,
        params: Iterable[Any],
        lr: Rate = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        self.betas, self.eps = betas, eps
        super().__init__(params, lr)
        # NumPy's numbers would turn float32 parameters into float64.
        self.betas, self.eps = (float(betas[0]), float(betas[1])), float(eps)

    def check(self) -> None:
        """Raise unless α, β₁, β₂ and ε make sense.

        Raises:
            ArgumentError: one does not.
        """
        super().check()
        betas, owner = self.betas, type(self).__name__
        pair = isinstance(betas, (tuple, list)) and len(betas) == 2
        if not (pair and all(isinstance(beta, Real) and 0 <= beta < 1 for beta in betas)):
            raise errors.ArgumentError(
                f"{owner}: betas are two numbers in [0, 1) such as (0.9, 0.999), not {betas!r}"
            )
        if not (isinstance(self.eps, Real) and 0 <= self.eps < math.inf):
            raise errors.ArgumentError(
                f"{owner}: eps must be a number, finite and not negative, not {self.eps!r}"
            )

    def start(self, param: Any) -> State:
        """Return m = v = 0."""
        return {"m": np.zeros_like(param), "v": np.zeros_like(param)}

    def update(self, param: Any, grad: Any, state: State, lr: float, t: int) -> tuple[Any, State]:
        """Return the next θ, m and v."""
        beta1, beta2 = self.betas
        m = beta1 * state["m"] + (1 - beta1) * grad
        v = beta2 * state["v"] + (1 - beta2) * (grad * grad)
        step = lr / (1 - beta1**t) * m
        scale = sqrt(v / (1 - beta2**t)) + self.eps
        return param - step / scale, {"m": m, "v": v}
