"""Schedule-free rules: the mean of all steps takes the place of a rate that decays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorgraph import errors
from tensorgraph.optim.averaged import swapped
from tensorgraph.optim.base import Optimizer
from tensorgraph.optim.flat_parameters import State
from tensorgraph.optim.settings import Number, Rate, plain
from tensorgraph.optim.sgd import penalised
from tensorgraph.optim.square_root import divisor, root


class _ScheduleFree(Optimizer):
    """What the two share: where the steps are, z, and their mean x; θ is (1 − β) z + β x.

    Of both only the way from x to z is kept: z = θ + β · gap and x = θ − (1 − β) · gap. It is 0 at
    first, whatever θ is.
    """

    _is_averaged = False
    """Whether the parameters are x now."""

    elementwise = False  # for the sum of the weights, one number

    def start(self, param: Any) -> State:
        """Return the sum of weights w = 0 and no gap."""
        return {"w": np.zeros_like(param, shape=()), "gap": np.zeros_like(param)}

    def averaged(self) -> AbstractContextManager[None]:
        """Return a block in which the parameters are the mean x, for evaluation and for saving.

        ``tg.train.fit`` measures there after each epoch, and leaves θ in the parameters: predict
        and save within a block. A block within one changes nothing. No step is taken inside: its
        gradient would be that at x, and θ come back without it.

        Raises:
            UsageError: in ``step``, inside the block.
        """
        return self._at_mean()

    @contextmanager
    def _at_mean(self) -> Iterator[None]:
        if self._is_averaged:
            yield
            return
        with swapped(self._means(), f"{type(self).__name__}.averaged()"):
            self._is_averaged = True
            try:
                yield
            finally:
                self._is_averaged = False

    def step(self) -> None:
        """Take a step, as :meth:`Optimizer.step` does, outside of ``averaged``."""
        if self._is_averaged:
            name = type(self).__name__
            raise errors.UsageError(
                f"{name}.step() inside {name}.averaged(): the parameters are the mean x there, and"
                " steps are taken at θ; leave the block first, and compute the gradients again"
            )
        super().step()

    def _means(self) -> list[tuple[Any, Any]]:
        """Return each parameter and the mean x of it."""
        state, pairs = self.state_dict(), []
        for group in self.groups:
            beta = plain(group["beta"] if "beta" in self.defaults else group["betas"][0])
            for name, param in group.named:
                gap = state[f"{name}/gap"]
                pairs.append((param, param.data.astype(gap.dtype) - (1 - beta) * gap))
        return pairs


def _next(param: Any, direction: Any, state: State, lr: Any, beta: Any) -> tuple[Any, State]:
    """Return the next θ, w and gap."""
    w = state["w"] + lr**2
    gap = (1 - lr**2 / divisor(w, 0.0)) * (state["gap"] - lr * direction)
    return param + beta * (state["gap"] - gap) - lr * direction, {"w": w, "gap": gap}


class ScheduleFreeSGD(_ScheduleFree):
    """Gradient descent at a constant rate, taken at a point near the mean of where it was.

        w ← w + α²
        z ← z − α · (g + λ₂ θ)
        x ← x + α²/w · (z − x)
        θ ← (1 − β) z + β x

    (Defazio et al. 2024, "The road less scheduled", equations 3 to 5; x is a mean weighted by α²,
    so that a warm-up counts for little.) Gradients are taken at θ; the result of the training is x:
    ``with optimizer.averaged():`` the parameters are that. Batch norms are to see some batches
    inside the block before they are evaluated. No schedule but :class:`schedules.warmup` of a
    constant is needed.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0], requires_grad=True)
        >>> optimizer = tg.optim.ScheduleFreeSGD([w], lr=0.5, beta=0.5)
        >>> for _ in range(2):
        ...     w.grad = [1.0]
        ...     optimizer.step()
        >>> print(w)  # z is 0, x = (0.5 + 0) / 2
        [0.125]
        >>> with optimizer.averaged():
        ...     print(w)
        [0.25]
    """

    if TYPE_CHECKING:  # a test holds it to what ``update`` takes

        def __init__(
            self,
            params: Any,
            lr: Rate = 1.0,
            beta: Number = 0.9,
            l2: Number = 0.0,
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
        lr: Any = 1.0,
        beta: Any = 0.9,
        l2: Any = 0.0,
    ) -> tuple[Any, State]:
        """Return the next θ, w and gap."""
        return _next(param, penalised(grad, param, l2), state, lr, beta)


class ScheduleFreeAdamW(_ScheduleFree):
    """AdamW without a schedule: :class:`ScheduleFreeSGD` in units of the root mean square.

        v ← β₂ v + (1 − β₂) g²
        z ← z − α · (g / (√v̂ + ε) + λ θ)        v̂ = v / (1 − β₂ᵗ)

    w, x and θ as in :class:`ScheduleFreeSGD`, with β₁ for β (Defazio et al. 2024, "The road less
    scheduled", algorithm 1, with α²-weights that do not count the correction of v, as in the
    authors' program). λ θ is decoupled, and taken at the same point as the gradient.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([1.0, -2.0], requires_grad=True)
        >>> optimizer = tg.optim.ScheduleFreeAdamW([w], lr=0.25)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> print(w)
        [ 0.75 -1.75]
    """

    if TYPE_CHECKING:  # a test holds it to what ``update`` takes

        def __init__(
            self,
            params: Any,
            lr: Rate = 0.0025,
            betas: tuple[Number, Number] = (0.9, 0.999),
            eps: Number = 1e-08,
            weight_decay: Number = 0.0,
            *,
            maximize: bool = False,
            differentiable: bool = False,
        ) -> None: ...

    def start(self, param: Any) -> State:
        """Return v = w = 0 and no gap."""
        return {"v": np.zeros_like(param), **super().start(param)}

    def update(
        self,
        param: Any,
        grad: Any,
        state: State,
        t: int,
        lr: Any = 0.0025,
        betas: Any = (0.9, 0.999),
        eps: Any = 1e-8,
        weight_decay: Any = 0.0,
    ) -> tuple[Any, State]:
        """Return the next θ, v, w and gap."""
        v = betas[1] * state["v"] + (1 - betas[1]) * (grad * grad)
        scaled = grad / divisor(root(v / (1 - betas[1] ** t)), eps)
        direction = penalised(scaled, param, weight_decay)
        param, following = _next(param, direction, state, lr, betas[0])
        return param, {"v": v, **following}
