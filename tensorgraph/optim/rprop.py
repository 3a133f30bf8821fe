"""Rprop: steps that only look at the sign of the gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensorgraph.ops.arithmetic import sign, where
from tensorgraph.ops.extrema import maximum, minimum
from tensorgraph.optim.base import Optimizer
from tensorgraph.optim.flat_parameters import State
from tensorgraph.optim.settings import Number, Rate


class Rprop(Optimizer):
    """Steps whose length grows while the gradient keeps its sign, and shrinks when it turns.

        d ← min(η⁺ d, most) where g · last > 0, max(η⁻ d, least) where it is < 0, else d
        last ← g, but 0 where g · last < 0
        θ ← θ − α · d · sign(last)

    (Riedmiller & Braun 1993, "A direct adaptive method for faster backpropagation learning: the
    RPROP algorithm", in the form of Igel & Hüsken 2000 without stepping back, as in PyTorch.) d is
    1 at first, in units of α: PyTorch's bounds ``step_sizes`` are α times ``limits``. It is for
    gradients of all examples; those of mini-batches change their sign by chance.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0], requires_grad=True)
        >>> optimizer = tg.optim.Rprop([w], lr=0.1)
        >>> for gradient in (4.0, 0.5, -0.5, -0.5):
        ...     w.grad = [gradient]
        ...     optimizer.step()
        ...     print(w.round(decimals=4))  # − 0.1, − 0.12, none, + 0.06
        [0.9]
        [0.78]
        [0.78]
        [0.84]
    """

    if TYPE_CHECKING:  # a test holds it to what ``update`` takes

        def __init__(
            self,
            params: Any,
            lr: Rate = 0.01,
            factors: tuple[Number, Number] = (0.5, 1.2),
            limits: tuple[Number, Number] = (0.0001, 5000.0),
            *,
            maximize: bool = False,
            differentiable: bool = False,
        ) -> None: ...

    def start(self, param: Any) -> State:
        """Return d = 1 and no last gradient."""
        return {"d": np.ones_like(param), "last": np.zeros_like(param)}

    def update(
        self,
        param: Any,
        grad: Any,
        state: State,
        t: int,
        lr: Any = 0.01,
        factors: Any = (0.5, 1.2),
        limits: Any = (0.0001, 5000.0),
    ) -> tuple[Any, State]:
        """Return the next θ, d and last gradient."""
        agree = sign(grad) * sign(state["last"])
        shorter = maximum(factors[0] * state["d"], limits[0])
        longer = minimum(factors[1] * state["d"], limits[1])
        d = where(agree > 0, longer, where(agree < 0, shorter, state["d"]))
        last = where(agree < 0, 0, grad)
        return param - lr * d * sign(last), {"d": d, "last": last}
