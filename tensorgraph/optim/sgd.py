"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from tensorgraph.optim.base import Optimizer, State


class SGD(Optimizer):
    """Gradient descent: every parameter goes a step against its gradient.

        θ ← θ − α · g

    (Robbins & Monro 1951; Deep Learning Specialization, course 1, week 2.) It is stochastic when
    the gradient is that of a mini-batch.

    Args:
        params: ``model.named_parameters()``, ``model.parameters()`` or a list of leaf tensors.
        lr: α, a number or a function of the number of steps taken before.

    Raises:
        ArgumentError: no parameters, or a learning rate that makes no sense.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = tg.optim.SGD([w], lr=0.25)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> print(w)
        [ 0.5 -1. ]
    """

    def update(self, param: Any, grad: Any, state: State, lr: float, t: int) -> tuple[Any, State]:
        """Return θ − α · g."""
        return param - lr * grad, state
