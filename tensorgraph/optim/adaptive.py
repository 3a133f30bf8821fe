"""Rules that measure a gradient by its own root mean square, element by element."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensorgraph.optim.base import Optimizer
from tensorgraph.optim.flat_parameters import State
from tensorgraph.optim.settings import Number, Rate
from tensorgraph.optim.sgd import decayed
from tensorgraph.optim.square_root import divisor, root


class RMSprop(Optimizer):
    """Steps along the gradient in units of its root mean square.

        s ← β s + (1 − β) g²
        θ ← (1 − α·λ) θ − α · g / (√s + ε)

    (Tieleman & Hinton 2012, lecture 6.5 of "Neural networks for machine learning"; Deep Learning
    Specialization, course 2, week 2.) ε stands outside the root, as in PyTorch. s starts at 0 and
    is not corrected for it, so the first steps are 1/√(1 − β) times as long.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0], requires_grad=True)
        >>> optimizer = tg.optim.RMSprop([w], lr=0.1, beta=0.75)
        >>> w.grad = [3.0]
        >>> optimizer.step()
        >>> print(w)  # 1 − 0.1 · 3 / √(0.25 · 9)
        [0.8]
    """

    if TYPE_CHECKING:  # a test holds it to what ``update`` takes

        def __init__(
            self,
            params: Any,
            lr: Rate = 0.001,
            beta: Number = 0.9,
            eps: Number = 1e-08,
            weight_decay: Number = 0.0,
            *,
            differentiable: bool = False,
        ) -> None: ...

    def start(self, param: Any) -> State:
        """Return s = 0."""
        return {"s": np.zeros_like(param)}

    def update(
        self,
        param: Any,
        grad: Any,
        state: State,
        t: int,
        lr: Any = 0.001,
        beta: Any = 0.9,
        eps: Any = 1e-8,
        weight_decay: Any = 0.0,
    ) -> tuple[Any, State]:
        """Return the next θ and s."""
        s = beta * state["s"] + (1 - beta) * (grad * grad)
        return decayed(param, lr, weight_decay) - lr * grad / divisor(root(s), eps), {"s": s}


class Adagrad(Optimizer):
    """Steps along the gradient in units of the root of the sum of all its squares.

        s ← s + g²
        θ ← (1 − α·λ) θ − α · g / (√s + ε)

    (Duchi, Hazan & Singer 2011, "Adaptive subgradient methods for online learning and stochastic
    optimization".) s only grows, so steps shrink like 1/√t. ε stands outside the root.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0], requires_grad=True)
        >>> optimizer = tg.optim.Adagrad([w], lr=0.5)
        >>> for gradient in (3.0, 4.0):
        ...     w.grad = [gradient]
        ...     optimizer.step()
        ...     print(w.round(decimals=4))  # − 0.5 · 3/3, then − 0.5 · 4/5
        [0.5]
        [0.1]
    """

    if TYPE_CHECKING:  # a test holds it to what ``update`` takes

        def __init__(
            self,
            params: Any,
            lr: Rate = 0.01,
            eps: Number = 1e-10,
            weight_decay: Number = 0.0,
            *,
            differentiable: bool = False,
        ) -> None: ...

    def start(self, param: Any) -> State:
        """Return s = 0."""
        return {"s": np.zeros_like(param)}

    def update(
        self,
        param: Any,
        grad: Any,
        state: State,
        t: int,
        lr: Any = 0.01,
        eps: Any = 1e-10,
        weight_decay: Any = 0.0,
    ) -> tuple[Any, State]:
        """Return the next θ and s."""
        s = state["s"] + grad * grad
        return decayed(param, lr, weight_decay) - lr * grad / divisor(root(s), eps), {"s": s}
