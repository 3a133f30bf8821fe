"""Gradient descent, and decoupled weight decay, which other rules share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensorgraph.optim.base import Optimizer
from tensorgraph.optim.flat_parameters import State
from tensorgraph.optim.settings import Number, Rate


def decayed(param: Any, lr: Any, weight_decay: Any) -> Any:
    """Return θ after decoupled weight decay, (1 − α·λ) θ.

    (Loshchilov & Hutter 2019, "Decoupled weight decay regularization", whose λ is α·λ here, as in
    PyTorch.) It shrinks weights beside the step along the gradient, whatever the rule makes of
    that.
    """
    if type(weight_decay) is float and weight_decay == 0:
        return param
    return (1 - lr * weight_decay) * param


class SGD(Optimizer):
    """Gradient descent: every parameter goes a step against its gradient.

        θ ← (1 − α·λ) θ − α · g

    (Robbins & Monro 1951; Deep Learning Specialization, course 1, week 2.) It is stochastic when
    the gradient is that of a mini-batch. For this rule weight decay with λ is the same as an L2
    penalty of λ/2·‖θ‖² in the cost: the course's λ/(2m)·‖W‖² is weight decay with λ/m. The
    arguments are those of every :class:`Optimizer`.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = tg.optim.SGD([w], lr=0.25)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> print(w)
        [ 0.5 -1. ]
    """

    if TYPE_CHECKING:  # a test holds it to what ``update`` takes

        def __init__(
            self, params: Any, lr: Rate, weight_decay: Number = 0.0, *, differentiable: bool = False
        ) -> None: ...

    def update(
        self, param: Any, grad: Any, state: State, t: int, lr: Any, weight_decay: Any = 0.0
    ) -> tuple[Any, State]:
        """Return (1 − α·λ) θ − α · g."""
        return decayed(param, lr, weight_decay) - lr * grad, state
