"""Rules that are Adam with another measure of the gradient, or another beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensorgraph.ops.arithmetic import where
from tensorgraph.ops.extrema import maximum
from tensorgraph.optim.adam import moments, scale
from tensorgraph.optim.base import Optimizer
from tensorgraph.optim.flat_parameters import State
from tensorgraph.optim.settings import Number, Rate
from tensorgraph.optim.sgd import decayed, penalised
from tensorgraph.optim.square_root import divisor


class Adamax(Optimizer):
    """Adam with the largest of the last gradients for their root mean square.

        m ← β₁ m + (1 − β₁) g
        u ← max(β₂ u, |g|)
        θ ← (1 − α·λ) θ − α / (1 − β₁ᵗ) · m / (u + ε)

    (Kingma & Ba 2015, "Adam: a method for stochastic optimization", algorithm 2, which has no ε;
    here and in Keras it is added to u, in PyTorch to |g|.) No square is taken: what gradients may
    be is not bounded by that.

    ``weight_decay``, λ, is decoupled, as in :class:`AdamW`; PyTorch's for this rule is added to the
    gradient, which is ``l2`` here.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = tg.optim.Adamax([w], lr=0.25)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> print(w)
        [ 0.75 -1.75]
    """

    if TYPE_CHECKING:  # a test holds it to what ``update`` takes

        def __init__(
            self,
            params: Any,
            lr: Rate = 0.002,
            betas: tuple[Number, Number] = (0.9, 0.999),
            eps: Number = 1e-08,
            weight_decay: Number = 0.0,
            l2: Number = 0.0,
            *,
            maximize: bool = False,
            differentiable: bool = False,
        ) -> None: ...

    def start(self, param: Any) -> State:
        """Return m = u = 0."""
        return {"m": np.zeros_like(param), "u": np.zeros_like(param)}

    def update(
        self,
        param: Any,
        grad: Any,
        state: State,
        t: int,
        lr: Any = 0.002,
        betas: Any = (0.9, 0.999),
        eps: Any = 1e-8,
        weight_decay: Any = 0.0,
        l2: Any = 0.0,
    ) -> tuple[Any, State]:
        """Return the next θ, m and u."""
        grad, (beta1, beta2) = penalised(grad, param, l2), betas
        m = beta1 * state["m"] + (1 - beta1) * grad
        u = maximum(beta2 * state["u"], abs(grad))
        step = lr / (1 - beta1**t) * m / divisor(u, eps)
        return decayed(param, lr, weight_decay) - step, {"m": m, "u": u}


TRUSTED = 5.0
"""From which ρ on the mean of squares is trusted: in the paper 4, in its programs and PyTorch 5."""


class RAdam(Optimizer):
    """Adam that does not trust its mean of squares before it is one of several: rectified.

        ρ∞ = 2 / (1 − β₂) − 1          ρ = ρ∞ − 2 t β₂ᵗ / (1 − β₂ᵗ)
        r = √((ρ − 4)(ρ − 2) ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) ρ))
        θ ← (1 − α·λ) θ − α · r m̂ / (√v̂ + ε)        where ρ > 5, before that − α · m̂

    (Liu et al. 2020, "On the variance of the adaptive learning rate and beyond", algorithm 2; m̂ and
    v̂ are as in :class:`Adam`.) It takes the place of a warm-up. With β₂ = 0.999 ρ is above 5 from
    the 6th step on.

    ``weight_decay``, λ, is decoupled, as in :class:`AdamW`; PyTorch's for this rule is added to the
    gradient, which is ``l2`` here.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0], requires_grad=True)
        >>> optimizer = tg.optim.RAdam([w], lr=0.25)
        >>> w.grad = [2.0]
        >>> optimizer.step()
        >>> print(w)  # at first − α g
        [0.5]
    """

    if TYPE_CHECKING:  # a test holds it to what ``update`` takes

        def __init__(
            self,
            params: Any,
            lr: Rate = 0.001,
            betas: tuple[Number, Number] = (0.9, 0.999),
            eps: Number = 1e-08,
            weight_decay: Number = 0.0,
            l2: Number = 0.0,
            *,
            maximize: bool = False,
            differentiable: bool = False,
        ) -> None: ...

    def start(self, param: Any) -> State:
        """Return m = v = 0."""
        return {"m": np.zeros_like(param), "v": np.zeros_like(param)}

    def update(
        self,
        param: Any,
        grad: Any,
        state: State,
        t: int,
        lr: Any = 0.001,
        betas: Any = (0.9, 0.999),
        eps: Any = 1e-8,
        weight_decay: Any = 0.0,
        l2: Any = 0.0,
    ) -> tuple[Any, State]:
        """Return the next θ, m and v."""
        state, (beta1, beta2) = moments(penalised(grad, param, l2), state, betas), betas
        step = lr / (1 - beta1**t) * state["m"]
        limit = 2 / (1 - beta2) - 1
        if type(limit) is float and limit <= TRUSTED:
            return decayed(param, lr, weight_decay) - step, state
        rho = limit - 2 * t * beta2**t / (1 - beta2**t)
        # Where ρ is too small for a root, the other one is taken.
        square = abs((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho))
        rectified = square**0.5 * step / scale(state, t, betas, eps)
        return decayed(param, lr, weight_decay) - where(rho > TRUSTED, rectified, step), state
