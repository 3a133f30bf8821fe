"""Gradient descent, and decoupled weight decay, which other rules share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

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


def penalised(grad: Any, param: Any, l2: Any) -> Any:
    """Return the gradient with that of a penalty of λ₂/2·‖θ‖²: g + λ₂ θ.

    What a rule makes of the gradient, momentum or a division by its size, it makes of this too.
    """
    if type(l2) is float and l2 == 0:
        return grad
    return grad + l2 * param


class SGD(Optimizer):
    """Gradient descent: every parameter goes a step against its gradient.

        θ ← (1 − α·λ) θ − α · g            without momentum; with it

        v ← μ v + g
        θ ← (1 − α·λ) θ − α · v            or g + μ v for v, Nesterov's way

    (Robbins & Monro 1951; Deep Learning Specialization, course 1, week 2.) It is stochastic when
    the gradient is that of a mini-batch. For this rule without momentum, weight decay with λ is the
    same as an L2 penalty of λ/2·‖θ‖² in the cost, ``l2=λ``: the course's λ/(2m)·‖W‖² is weight
    decay with λ/m. With ``momentum`` it is :class:`HeavyBall`, with ``nesterov=True`` too
    :class:`Nesterov`; PyTorch's ``weight_decay`` is ``l2`` there, which goes into v with the
    gradient. The arguments are those of every :class:`Optimizer`; after lr they have names, as the
    third one is not everywhere the same. Without momentum ``nesterov`` changes nothing, as there is
    nothing to look along; PyTorch refuses it.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = tg.optim.SGD([w], lr=0.25)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> print(w)
        [ 0.5 -1. ]
        >>> print(tg.update_rule(tg.optim.SGD([w], lr=0.1, momentum=0.9, nesterov=True, l2=5e-4)))
        v ← μ v + (g + λ₂ θ)
        θ ← θ − α (g + λ₂ θ + μ v)
    """

    if TYPE_CHECKING:  # a test holds it to what ``update`` takes

        def __init__(
            self,
            params: Any,
            lr: Rate,
            *,
            momentum: Number = 0.0,
            nesterov: bool = False,
            weight_decay: Number = 0.0,
            l2: Number = 0.0,
            maximize: bool = False,
            differentiable: bool = False,
        ) -> None: ...

    def start(self, param: Any, momentum: Any = 0.0) -> State:
        """Return v = 0 where there is momentum, else nothing."""
        return {"v": np.zeros_like(param)} if momentum else {}

    def update(
        self,
        param: Any,
        grad: Any,
        state: State,
        t: int,
        lr: Any,
        *,
        momentum: Any = 0.0,
        nesterov: bool = False,
        weight_decay: Any = 0.0,
        l2: Any = 0.0,
    ) -> tuple[Any, State]:
        """Return the next θ, and v if there is one."""
        grad = penalised(grad, param, l2)
        if "v" not in state:
            return decayed(param, lr, weight_decay) - lr * grad, state
        v = momentum * state["v"] + grad
        direction = grad + momentum * v if nesterov else v
        return decayed(param, lr, weight_decay) - lr * direction, {"v": v}
