"""Lion: evolved sign momentum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensorgraph.ops.arithmetic import sign
from tensorgraph.optim.base import Optimizer
from tensorgraph.optim.flat_parameters import State
from tensorgraph.optim.settings import Number, Rate
from tensorgraph.optim.sgd import decayed


class Lion(Optimizer):
    """Steps of one length in every element, in the direction of the sign of a mean gradient.

        θ ← (1 − α·λ) θ − α · sign(β₁ m + (1 − β₁) g)
        m ← β₂ m + (1 − β₂) g

    (Chen et al. 2023, "Symbolic discovery of optimization algorithms", program 1.) Its steps are
    longer than Adam's: the paper takes α three to ten times smaller and λ as many times larger. The
    sign has derivative 0: where steps are recorded, nothing flows back through a gradient or m.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = tg.optim.Lion([w], lr=0.25)
        >>> w.grad = [100.0, -0.01]
        >>> optimizer.step()
        >>> print(w)
        [ 0.75 -1.75]
    """

    if TYPE_CHECKING:  # a test holds it to what ``update`` takes

        def __init__(
            self,
            params: Any,
            lr: Rate = 0.0001,
            betas: tuple[Number, Number] = (0.9, 0.99),
            weight_decay: Number = 0.0,
            *,
            maximize: bool = False,
            differentiable: bool = False,
        ) -> None: ...

    def start(self, param: Any) -> State:
        """Return m = 0."""
        return {"m": np.zeros_like(param)}

    def update(
        self,
        param: Any,
        grad: Any,
        state: State,
        t: int,
        lr: Any = 0.0001,
        betas: Any = (0.9, 0.99),
        weight_decay: Any = 0.0,
    ) -> tuple[Any, State]:
        """Return the next θ and m."""
        beta1, beta2 = betas
        direction = sign(beta1 * state["m"] + (1 - beta1) * grad)
        m = beta2 * state["m"] + (1 - beta2) * grad
        return decayed(param, lr, weight_decay) - lr * direction, {"m": m}
