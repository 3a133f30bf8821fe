"""Adam, adaptive moment estimation, and the rules made from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensorgraph.ops.extrema import maximum
from tensorgraph.optim.base import Optimizer
from tensorgraph.optim.flat_parameters import State
from tensorgraph.optim.settings import Number, Rate
from tensorgraph.optim.sgd import decayed, penalised
from tensorgraph.optim.square_root import divisor, root


def moments(grad: Any, state: State, betas: Any) -> State:
    """Return the next running means of the gradient, m, and of its square, v; and the largest v."""
    beta1, beta2 = betas
    following = {
        "m": beta1 * state["m"] + (1 - beta1) * grad,
        "v": beta2 * state["v"] + (1 - beta2) * (grad * grad),
    }
    if "v_max" in state:
        following["v_max"] = maximum(state["v_max"], following["v"])
    return following


def scale(state: State, t: int, betas: Any, eps: Any) -> Any:
    """Return √v̂ + ε, of the largest v where that is kept."""
    v = state["v_max"] if "v_max" in state else state["v"]
    return divisor(root(v / (1 - betas[1] ** t)), eps)


class Adam(Optimizer):
    """Steps along the mean gradient, each element in units of its own root mean square.

        m ← β₁ m + (1 − β₁) g          m̂ = m / (1 − β₁ᵗ)
        v ← β₂ v + (1 − β₂) g²         v̂ = v / (1 − β₂ᵗ)
        θ ← θ − α · m̂ / (√v̂ + ε)

    (Kingma & Ba 2015, "Adam: a method for stochastic optimization", algorithm 1; Deep Learning
    Specialization, course 2, week 2.) t counts the updates of a parameter from 1; ε stands outside
    the root. With ``amsgrad`` the largest v so far stands for v, so that steps do not grow again
    after a large gradient (Reddi, Kale & Kumar 2018, "On the convergence of Adam and beyond",
    algorithm 2, with v̂ made of it as in PyTorch). PyTorch's ``weight_decay`` is ``l2`` here; for
    the decoupled one see :class:`AdamW`.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = tg.optim.Adam([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> print(w)  # the first step is α long, whatever the gradient
        [ 0.9 -1.9]
    """

    if TYPE_CHECKING:  # a test holds it to what ``update`` takes

        def __init__(
            self,
            params: Any,
            lr: Rate = 0.001,
            betas: tuple[Number, Number] = (0.9, 0.999),
            eps: Number = 1e-08,
            *,
            amsgrad: bool = False,
            l2: Number = 0.0,
            maximize: bool = False,
            differentiable: bool = False,
        ) -> None: ...

    def start(self, param: Any, amsgrad: bool = False) -> State:
        """Return m = v = 0, and as the largest v too for AMSGrad."""
        return {key: np.zeros_like(param) for key in ("m", "v", "v_max")[: 3 if amsgrad else 2]}

    def update(
        self,
        param: Any,
        grad: Any,
        state: State,
        t: int,
        lr: Any = 0.001,
        betas: Any = (0.9, 0.999),
        eps: Any = 1e-8,
        *,
        amsgrad: bool = False,
        l2: Any = 0.0,
    ) -> tuple[Any, State]:
        """Return the next θ, m and v."""
        state = moments(penalised(grad, param, l2), state, betas)
        return param - lr / (1 - betas[0] ** t) * state["m"] / scale(state, t, betas, eps), state


class AdamW(Adam):
    """Adam with decoupled weight decay, which shrinks all weights at the same rate.

        θ ← (1 − α·λ) θ − α · m̂ / (√v̂ + ε)        m̂ and v̂ as in :class:`Adam`

    (Loshchilov & Hutter 2019, "Decoupled weight decay regularization", algorithm 2.) An L2 penalty
    in the cost would be divided by √v̂ with the rest of the gradient, so that weights with large
    gradients would hardly decay. :func:`decay_groups` spares the biases.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = tg.optim.AdamW([w], lr=0.25, weight_decay=1.0)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> print(w)
        [ 0.5  -1.25]
    """

    if TYPE_CHECKING:  # a test holds it to what ``update`` takes

        def __init__(
            self,
            params: Any,
            lr: Rate = 0.001,
            betas: tuple[Number, Number] = (0.9, 0.999),
            eps: Number = 1e-08,
            weight_decay: Number = 0.01,
            *,
            amsgrad: bool = False,
            l2: Number = 0.0,
            maximize: bool = False,
            differentiable: bool = False,
        ) -> None: ...

    def update(
        self,
        param: Any,
        grad: Any,
        state: State,
        t: int,
        lr: Any = 0.001,
        betas: Any = (0.9, 0.999),
        eps: Any = 1e-8,
        weight_decay: Any = 0.01,
        *,
        amsgrad: bool = False,
        l2: Any = 0.0,
    ) -> tuple[Any, State]:
        """Return the next θ, m and v."""
        state = moments(penalised(grad, param, l2), state, betas)
        step = lr / (1 - betas[0] ** t) * state["m"] / scale(state, t, betas, eps)
        return decayed(param, lr, weight_decay) - step, state


class NAdam(Optimizer):
    """Adam that looks ahead, as Nesterov's momentum does: it steps along what m̂ will be next.

        n ← β₁ m / (1 − β₁ᵗ⁺¹) + (1 − β₁) g / (1 − β₁ᵗ)
        θ ← (1 − α·λ) θ − α · n / (√v̂ + ε)        m and v̂ as in :class:`Adam`

    (Dozat 2016, "Incorporating Nesterov momentum into Adam", with β₁ constant; PyTorch and Keras
    let it grow during training.)

    ``weight_decay``, λ, is decoupled, as in :class:`AdamW`; PyTorch's for this rule is added to the
    gradient, which is ``l2`` here.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0], requires_grad=True)
        >>> optimizer = tg.optim.NAdam([w], lr=0.19, betas=(0.9, 0.99))
        >>> w.grad = [2.0]
        >>> optimizer.step()
        >>> print(w)  # 1 − 0.19 · (0.9 · 0.1 / 0.19 + 1)
        [0.72]
    """

    if TYPE_CHECKING:  # a test holds it to what ``update`` takes

        def __init__(
            self,
            params: Any,
            lr: Rate = 0.002,
            betas: tuple[Number, Number] = (0.9, 0.999),
            eps: Number = 1e-08,
            *,
            weight_decay: Number = 0.0,
            l2: Number = 0.0,
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
        lr: Any = 0.002,
        betas: Any = (0.9, 0.999),
        eps: Any = 1e-8,
        *,
        weight_decay: Any = 0.0,
        l2: Any = 0.0,
    ) -> tuple[Any, State]:
        """Return the next θ, m and v."""
        grad = penalised(grad, param, l2)
        state, beta1 = moments(grad, state, betas), betas[0]
        ahead = beta1 / (1 - beta1 ** (t + 1)) * state["m"] + (1 - beta1) / (1 - beta1**t) * grad
        return decayed(param, lr, weight_decay) - lr * ahead / scale(state, t, betas, eps), state
