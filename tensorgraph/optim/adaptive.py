"""Rules that measure a gradient by its own root mean square, element by element."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensorgraph.ops.extrema import maximum
from tensorgraph.optim.base import Optimizer
from tensorgraph.optim.flat_parameters import State
from tensorgraph.optim.settings import Number, Rate
from tensorgraph.optim.sgd import decayed, penalised
from tensorgraph.optim.square_root import divisor, nonzero, root


class RMSprop(Optimizer):
    """Steps along the gradient in units of its root mean square.

        s ← β s + (1 − β) g²
        θ ← (1 − α·λ) θ − α · g / (√s + ε)

    Centered, m ← β m + (1 − β) g is the mean gradient and √(s − m²) its standard deviation, by
    which g is divided (Graves 2013, "Generating sequences with recurrent neural networks", section
    4.2): steps grow where gradients agree. With momentum μ, v ← μ v + g / (√s + ε) is the step.

    (Tieleman & Hinton 2012, lecture 6.5 of "Neural networks for machine learning"; Deep Learning
    Specialization, course 2, week 2.) ε stands outside the root, as in PyTorch. s starts at 0 and
    is not corrected for it, so the first steps are 1/√(1 − β) times as long. The rate and β are
    Keras' by default; PyTorch's are 0.01 and 0.99.

    ``weight_decay``, λ, is decoupled, as in :class:`AdamW`; PyTorch's for this rule is added to the
    gradient, which is ``l2`` here.

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
            momentum: Number = 0.0,
            centered: bool = False,
            l2: Number = 0.0,
            *,
            maximize: bool = False,
            differentiable: bool = False,
        ) -> None: ...

    def start(self, param: Any, momentum: Any = 0.0, centered: bool = False) -> State:
        """Return s = 0; also m = 0 where it is centered, and v = 0 where there is momentum."""
        keys = ["s", *["m"] * bool(centered), *["v"] * bool(momentum)]
        return {key: np.zeros_like(param) for key in keys}

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
        momentum: Any = 0.0,
        centered: bool = False,
        l2: Any = 0.0,
    ) -> tuple[Any, State]:
        """Return the next θ, s, and m and v if there are such."""
        grad = penalised(grad, param, l2)
        s = beta * state["s"] + (1 - beta) * (grad * grad)
        following, variance = {"s": s}, s
        if "m" in state:
            m = following["m"] = beta * state["m"] + (1 - beta) * grad
            variance = maximum(s - m * m, 0)  # which rounding may make negative
        if "v" not in state:
            step = lr * grad / divisor(root(variance), eps)
        else:
            v = following["v"] = momentum * state["v"] + grad / divisor(root(variance), eps)
            step = lr * v
        return decayed(param, lr, weight_decay) - step, following


class Adagrad(Optimizer):
    """Steps along the gradient in units of the root of the sum of all its squares.

        s ← s + g²
        θ ← (1 − α·λ) θ − α · g / (√s + ε)

    (Duchi, Hazan & Singer 2011, "Adaptive subgradient methods for online learning and stochastic
    optimization".) s only grows, so steps shrink like 1/√t. ε stands outside the root.

    ``weight_decay``, λ, is decoupled, as in :class:`AdamW`; PyTorch's for this rule is added to the
    gradient, which is ``l2`` here.

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
            *,
            eps: Number = 1e-10,
            weight_decay: Number = 0.0,
            l2: Number = 0.0,
            maximize: bool = False,
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
        *,
        eps: Any = 1e-10,
        weight_decay: Any = 0.0,
        l2: Any = 0.0,
    ) -> tuple[Any, State]:
        """Return the next θ and s."""
        grad = penalised(grad, param, l2)
        s = state["s"] + grad * grad
        return decayed(param, lr, weight_decay) - lr * grad / divisor(root(s), eps), {"s": s}


class Adadelta(Optimizer):
    """Steps along the gradient, in units of the root mean square of the steps before.

        s ← β s + (1 − β) g²
        d = √(u + ε) / √(s + ε) · g
        u ← β u + (1 − β) d²
        θ ← (1 − α·λ) θ − α · d

    (Zeiler 2012, "ADADELTA: an adaptive learning rate method", algorithm 1, and PyTorch, where β is
    ρ.) ε stands inside both roots: the first steps are about √ε long, and without it there are
    none.

    ``weight_decay``, λ, is decoupled, as in :class:`AdamW`; PyTorch's for this rule is added to the
    gradient, which is ``l2`` here.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0], requires_grad=True)
        >>> optimizer = tg.optim.Adadelta([w], beta=0.75, eps=0.25)
        >>> w.grad = [3 ** 0.5]
        >>> optimizer.step()
        >>> print(f"{w.item():.4f}")  # 1 − √0.25 / √(0.25 · 3 + 0.25) · √3
        0.1340
    """

    if TYPE_CHECKING:  # a test holds it to what ``update`` takes

        def __init__(
            self,
            params: Any,
            lr: Rate = 1.0,
            beta: Number = 0.9,
            eps: Number = 1e-06,
            weight_decay: Number = 0.0,
            l2: Number = 0.0,
            *,
            maximize: bool = False,
            differentiable: bool = False,
        ) -> None: ...

    def start(self, param: Any) -> State:
        """Return s = u = 0."""
        return {"s": np.zeros_like(param), "u": np.zeros_like(param)}

    def update(
        self,
        param: Any,
        grad: Any,
        state: State,
        t: int,
        lr: Any = 1.0,
        beta: Any = 0.9,
        eps: Any = 1e-6,
        weight_decay: Any = 0.0,
        l2: Any = 0.0,
    ) -> tuple[Any, State]:
        """Return the next θ, s and u."""
        grad = penalised(grad, param, l2)
        s = beta * state["s"] + (1 - beta) * (grad * grad)
        d = root(state["u"] + eps) / nonzero(root(s + eps), eps) * grad
        u = beta * state["u"] + (1 - beta) * (d * d)
        return decayed(param, lr, weight_decay) - lr * d, {"s": s, "u": u}
