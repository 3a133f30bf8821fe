"""Momentum in its three forms; they differ in how a learning rate is to be read.

In the exponentially weighted average of the course the gradient enters with 1 − β, so v has the
size of one gradient. In the heavy ball it enters whole, so v is 1/(1 − β) times as long: the same
path needs a learning rate 1 − β times as large.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensorgraph.optim.base import Optimizer
from tensorgraph.optim.flat_parameters import State
from tensorgraph.optim.settings import Number, Rate
from tensorgraph.optim.sgd import decayed


class _Momentum(Optimizer):
    """What the forms share: a velocity v for each parameter, 0 at first."""

    def start(self, param: Any) -> State:
        """Return v = 0."""
        return {"v": np.zeros_like(param)}


class EWMAMomentum(_Momentum):
    """Steps along the exponentially weighted moving average of the gradients.

        v ← β v + (1 − β) g
        θ ← (1 − α·λ) θ − α · v            or v / (1 − βᵗ) for v with bias correction

    (Deep Learning Specialization, course 2, week 2.) The average is over about 1/(1 − β) gradients.
    Without ``bias_correction`` the first steps are short, as v starts at 0.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0], requires_grad=True)
        >>> optimizer = tg.optim.EWMAMomentum([w], lr=1.0, beta=0.5)
        >>> for _ in range(2):
        ...     w.grad = [1.0]
        ...     optimizer.step()
        ...     print(w)
        [0.5]
        [-0.25]
    """

    if TYPE_CHECKING:  # a test holds it to what ``update`` takes

        def __init__(
            self,
            params: Any,
            lr: Rate,
            beta: Number = 0.9,
            bias_correction: bool = False,
            weight_decay: Number = 0.0,
            *,
            maximize: bool = False,
            differentiable: bool = False,
        ) -> None: ...

    def update(
        self,
        param: Any,
        grad: Any,
        state: State,
        t: int,
        lr: Any,
        beta: Any = 0.9,
        bias_correction: bool = False,
        weight_decay: Any = 0.0,
    ) -> tuple[Any, State]:
        """Return the next θ and v."""
        v = beta * state["v"] + (1 - beta) * grad
        rate = lr / (1 - beta**t) if bias_correction else lr
        return decayed(param, lr, weight_decay) - rate * v, {"v": v}


class HeavyBall(_Momentum):
    """Steps along a velocity that gradients add to, and that friction takes from.

        v ← β v + g
        θ ← (1 − α·λ) θ − α · v

    (Polyak 1964, "Some methods of speeding up the convergence of iteration methods".) This is what
    PyTorch's SGD does with ``momentum=β``.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0], requires_grad=True)
        >>> optimizer = tg.optim.HeavyBall([w], lr=1.0, beta=0.5)
        >>> for _ in range(2):
        ...     w.grad = [1.0]
        ...     optimizer.step()
        ...     print(w)
        [0.]
        [-1.5]
    """

    if TYPE_CHECKING:  # a test holds it to what ``update`` takes

        def __init__(
            self,
            params: Any,
            lr: Rate,
            beta: Number = 0.9,
            weight_decay: Number = 0.0,
            *,
            maximize: bool = False,
            differentiable: bool = False,
        ) -> None: ...

    def update(
        self,
        param: Any,
        grad: Any,
        state: State,
        t: int,
        lr: Any,
        beta: Any = 0.9,
        weight_decay: Any = 0.0,
    ) -> tuple[Any, State]:
        """Return the next θ and v."""
        v = beta * state["v"] + grad
        return decayed(param, lr, weight_decay) - lr * v, {"v": v}


class Nesterov(HeavyBall):
    """The heavy ball that looks ahead: it steps along what the velocity will be next.

        v ← β v + g
        θ ← (1 − α·λ) θ − α · (g + β v)

    (Nesterov 1983; Sutskever et al. 2013, "On the importance of initialization and momentum in deep
    learning", take the gradient at θ − α β v; in this form θ itself is that point, as in Bengio,
    Boulanger-Lewandowski & Pascanu 2013, "Advances in optimizing recurrent networks", section 3.5,
    and in PyTorch's SGD with ``nesterov=True``.)

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0], requires_grad=True)
        >>> optimizer = tg.optim.Nesterov([w], lr=1.0, beta=0.5)
        >>> w.grad = [1.0]
        >>> optimizer.step()
        >>> print(w)
        [-0.5]
    """

    if TYPE_CHECKING:  # a test holds it to what ``update`` takes

        def __init__(
            self,
            params: Any,
            lr: Rate,
            beta: Number = 0.9,
            weight_decay: Number = 0.0,
            *,
            maximize: bool = False,
            differentiable: bool = False,
        ) -> None: ...

    def update(
        self,
        param: Any,
        grad: Any,
        state: State,
        t: int,
        lr: Any,
        beta: Any = 0.9,
        weight_decay: Any = 0.0,
    ) -> tuple[Any, State]:
        """Return the next θ and v."""
        v = beta * state["v"] + grad
        return decayed(param, lr, weight_decay) - lr * (grad + beta * v), {"v": v}
