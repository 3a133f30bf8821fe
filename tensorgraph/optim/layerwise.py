"""Rules that measure a step by the length of the parameter: LARS and LAMB, for large batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensorgraph.ops.arithmetic import where
from tensorgraph.optim.adam import moments, scale
from tensorgraph.optim.base import Optimizer
from tensorgraph.optim.flat_parameters import State
from tensorgraph.optim.settings import Number, Rate
from tensorgraph.optim.sgd import penalised
from tensorgraph.optim.square_root import root


def norm(x: Any) -> Any:
    """Return the length of all elements together, with derivative 0 where that is 0."""
    return root((x * x).sum())


def ratio(length: Any, other: Any) -> Any:
    """Return the ratio of two lengths; where one is 0, 1."""
    lacking = (length == 0) | (other == 0)
    return where(lacking, 1, length / where(lacking, 1, other))


class LARS(Optimizer):
    """Momentum with a rate for each layer, by which steps are a share of the layer's length.

        r = η ‖θ‖ / (‖g‖ + λ₂ ‖θ‖)
        v ← β v + α · r · (g + λ₂ θ)
        θ ← θ − v

    (You, Gitman & Ginsburg 2017, "Large batch training of convolutional networks", algorithm 1.)
    η is ``trust``; r is 1 where θ or g is 0. Each parameter is a layer of its own; biases and the
    parameters of norms are left to another rule or, by a group, to ``l2=0`` as a rule.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([3.0, 4.0], requires_grad=True)
        >>> optimizer = tg.optim.LARS([w], lr=1.0, trust=0.5)
        >>> w.grad = [0.0, 100.0]
        >>> optimizer.step()
        >>> print(w)  # a step of half the length of w, 5
        [3.  1.5]
    """

    elementwise = False

    if TYPE_CHECKING:  # a test holds it to what ``update`` takes

        def __init__(
            self,
            params: Any,
            lr: Rate,
            beta: Number = 0.9,
            trust: Number = 0.001,
            l2: Number = 0.0,
            *,
            maximize: bool = False,
            differentiable: bool = False,
        ) -> None: ...

    def start(self, param: Any) -> State:
        """Return v = 0."""
        return {"v": np.zeros_like(param)}

    def update(
        self,
        param: Any,
        grad: Any,
        state: State,
        t: int,
        lr: Any,
        beta: Any = 0.9,
        trust: Any = 0.001,
        l2: Any = 0.0,
    ) -> tuple[Any, State]:
        """Return the next θ and v."""
        own, given = norm(param), norm(grad)
        lacking = (own == 0) | (given == 0)
        length = where(lacking, 1, penalised(given, own, l2))
        rate = where(lacking, 1, trust * own / length)
        v = beta * state["v"] + lr * rate * penalised(grad, param, l2)
        return param - v, {"v": v}


class LAMB(Optimizer):
    """Adam whose step is as long as the parameter, times α: Adam's counterpart of :class:`LARS`.

        d = m̂ / (√v̂ + ε) + λ θ        m̂ and v̂ as in :class:`Adam`
        θ ← θ − α · ‖θ‖ / ‖d‖ · d

    (You et al. 2020, "Large batch optimization for deep learning: training BERT in 76 minutes",
    algorithm 2, with φ the identity.) ‖θ‖ / ‖d‖ is 1 where one of them is 0. Each parameter is a
    layer of its own; λ enters d before its length is taken.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([3.0, 4.0], requires_grad=True)
        >>> optimizer = tg.optim.LAMB([w], lr=0.5)
        >>> w.grad = [0.0, 100.0]
        >>> optimizer.step()
        >>> print(w)  # a step of half the length of w, 5
        [3.  1.5]
    """

    elementwise = False

    if TYPE_CHECKING:  # a test holds it to what ``update`` takes

        def __init__(
            self,
            params: Any,
            lr: Rate = 0.001,
            betas: tuple[Number, Number] = (0.9, 0.999),
            eps: Number = 1e-06,
            weight_decay: Number = 0.0,
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
        eps: Any = 1e-6,
        weight_decay: Any = 0.0,
    ) -> tuple[Any, State]:
        """Return the next θ, m and v."""
        state = moments(grad, state, betas)
        mean = state["m"] / (1 - betas[0] ** t) / scale(state, t, betas, eps)
        d = penalised(mean, param, weight_decay)
        return param - lr * ratio(norm(param), norm(d)) * d, state
