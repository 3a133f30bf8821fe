"""L-BFGS: Newton's direction, guessed from the last steps, for costs of all examples at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph import errors
from tensorgraph.arguments import number, whole
from tensorgraph.leads.attributes import missing_from_object
from tensorgraph.leads.calls import with_leads
from tensorgraph.optim.cost_of_parameters import CostOfParameters, Vector, check_cost
from tensorgraph.optim.groups import check_parameters, named_parameters
from tensorgraph.optim.line_search import Point, strong_wolfe


@dataclass(frozen=True)
class LBFGSResult:
    """How a search of :class:`LBFGS` ended."""

    cost: float
    """At the parameters that were found."""
    iterations: int
    """How many steps were taken."""
    evaluations: int
    """How often the cost and its gradient were computed."""
    converged: bool
    """Whether the gradient, or the last step, was small enough."""
    message: str
    """Why it ended."""


@dataclass(frozen=True)
class _End:
    message: str
    converged: bool = True


@dataclass(frozen=True)
class _Moved:
    """A step that was taken."""

    step: Vector
    gradient_change: Vector
    fall: float
    """By how much the cost is lower."""


class _Line:
    """Where a search stands, and the lines from there."""

    def __init__(self, problem: CostOfParameters) -> None:
        self._problem, self.theta, self.evaluations = problem, problem.start, 1
        self.value, self.gradient = problem.value_and_gradient(self.theta)
        if not (math.isfinite(self.value) and np.isfinite(self.gradient).all()):
            seen = (
                "has a gradient that is not finite"
                if math.isfinite(self.value)
                else f"is {self.value}"
            )
            raise errors.AnomalyError(
                f"LBFGS.step: the cost {seen} where it begins, and nothing changed; write"
                " tg.debug() around it to see where that is made, or begin with smaller parameters"
            )

    def moved(self, direction: Vector, step: float) -> _Moved | None:
        """Go along a direction to a lower point; return the step, or ``None`` if there is none."""
        first = self._point(0.0, self.value, self.gradient, direction)
        found = strong_wolfe(partial(self._at, direction), first, step) if first.slope < 0 else None
        if found is None:
            return None
        moved = _Moved(
            found.step * direction, found.gradient - self.gradient, self.value - found.value
        )
        self.theta, self.value, self.gradient = self.theta + moved.step, found.value, found.gradient
        return moved

    def _at(self, direction: Vector, step: float) -> Point:
        self.evaluations += 1
        value, gradient = self._problem.value_and_gradient(self.theta + step * direction)
        return self._point(step, value, gradient, direction)

    @staticmethod
    def _point(step: float, value: float, gradient: Vector, direction: Vector) -> Point:
        return Point(step, value, float(gradient @ direction), gradient)


def _largest(vector: Vector) -> float:
    return float(np.max(np.abs(vector), initial=0.0))


class LBFGS:
    """Minimises a cost by steps along Newton's direction, guessed from the last steps.

        θ ← θ − α · H ∇J          H from the last steps s and changes of the gradient y

    (Nocedal 1980, "Updating quasi-Newton matrices with limited storage"; Nocedal & Wright 2006,
    algorithm 7.4.) α is searched for along the direction by the strong Wolfe conditions. The cost
    is to be the same each time: all examples at once. What ``tg.random`` draws in the first
    evaluation of a call, as dropout does, is drawn again in its others. It computes in float64; a
    cost in float32 is flat where its rounding begins, and there the search ends. It needs NumPy
    alone; SciPy's minimisers are to be had by :func:`minimize`.

    Args:
        params: as for other optimizers; there are no groups.
        lr: the step that is tried first along each direction. In the first one it is divided by the
            sum of the absolute gradients, where that is above 1.
        max_iter: how many steps a call of :meth:`step` takes at most.
        history: how many steps are remembered.
        tolerance_grad: it ends where no element of the gradient is larger.
        tolerance_change: it ends where no element of the step, nor the cost, changes by more.

    Raises:
        ArgumentError, DTypeError, GraphError: as for an optimizer's parameters; or a number that
            makes no sense.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor([-1.0, 1.0], dtype="float64", requires_grad=True)
        >>> optimizer = tg.optim.LBFGS([w], max_iter=100)
        >>> found = optimizer.step(lambda: (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2)
        >>> print(w.round(decimals=5), found.converged)
        [1. 1.] True
    """

    @with_leads
    def __init__(
        self,
        params: Any,
        lr: float = 1.0,
        max_iter: int = 20,
        *,
        history: int = 100,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
    ) -> None:
        self.named = named_parameters(params, "LBFGS")
        check_parameters(self.named, "LBFGS")
        self.lr = number(lr, "LBFGS: lr", above=0)
        self.max_iter = whole(max_iter, "LBFGS: max_iter", least=1)
        self.history = whole(history, "LBFGS: history", least=1)
        self.tolerance_grad = number(tolerance_grad, "LBFGS: tolerance_grad", least=0)
        self.tolerance_change = number(tolerance_change, "LBFGS: tolerance_change", least=0)
        self.steps = 0
        """How many steps were taken."""
        self._pairs: list[tuple[Vector, Vector]] = []

    @with_leads
    def step(self, cost: Callable[[], Any]) -> LBFGSResult:
        """Take up to ``max_iter`` steps; tell the cost, and how it ended.

        If anything raises, the parameters and what is remembered are as before.

        Args:
            cost: a function without arguments that returns one number, a tensor computed from the
                parameters. It need not call ``backward()``; one that does, as PyTorch's closures,
                is taken too. No ``.grad`` changes.

        Raises:
            AnomalyError: the cost or its gradient is not finite where it begins.
            DTypeError, GraphError: the cost is no function, or what it returns is not computed from
                the parameters.
        """
        check_cost("LBFGS.step", cost, "optimizer.step(lambda: loss(model(x), y))")
        problem = CostOfParameters("LBFGS.step", cost, [param for _, param in self.named])
        kept, steps = [*self._pairs], self.steps
        try:
            return self._searched(problem)
        except BaseException:
            problem.restore()
            self._pairs, self.steps = kept, steps
            raise

    def _searched(self, problem: CostOfParameters) -> LBFGSResult:
        line = _Line(problem)
        end = _End("the gradient was small enough at once") if self._is_flat(line) else None
        iterations = 0
        while end is None:
            direction = self._direction(line.gradient)
            step = self.lr / (1.0 if self._pairs else max(1.0, float(abs(line.gradient).sum())))
            moved = line.moved(direction, step)
            if moved is not None:
                iterations += 1
                self._remember(moved.step, moved.gradient_change)
                end = self._end(line, moved, iterations)
            elif self._pairs:
                self._pairs = []  # they mislead: the next direction is that of the gradient
            else:
                end = _End(
                    "no step against the gradient lowers the cost: its rounding is reached, or its"
                    " gradient is wrong",
                    converged=False,
                )
        problem.assign(line.theta)
        self.steps += iterations
        return LBFGSResult(line.value, iterations, line.evaluations, end.converged, end.message)

    def _end(self, line: _Line, moved: _Moved, iterations: int) -> _End | None:
        """Return why the search ends after a step; ``None`` if it goes on."""
        if self._is_flat(line):
            return _End("the gradient is small enough")
        if max(_largest(moved.step), moved.fall) <= self.tolerance_change:
            return _End("the last step changed hardly anything")
        if iterations >= self.max_iter:
            return _End(f"max_iter={self.max_iter} steps were taken", converged=False)
        return None

    def _is_flat(self, line: _Line) -> bool:
        return _largest(line.gradient) <= self.tolerance_grad

    def _direction(self, gradient: Vector) -> Vector:
        """Return −H ∇J by the two loops of algorithm 7.4."""
        q, shares = -gradient, []
        for s, y in reversed(self._pairs):
            share = (s @ q) / (y @ s)
            q = q - share * y
            shares.append(share)
        if self._pairs:
            s, y = self._pairs[-1]
            q = q * ((s @ y) / (y @ y))
        for (s, y), share in zip(self._pairs, reversed(shares), strict=True):
            q = q + (share - (y @ q) / (y @ s)) * s
        return q

    def _remember(self, s: Vector, y: Vector) -> None:
        """Remember a step, if the cost was seen to be curved upwards along it."""
        if s @ y > np.finfo(np.float64).eps * float(y @ y):
            self._pairs = [*self._pairs, (s, y)][-self.history :]

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters, as closures that call ``backward()`` do."""
        for _, param in self.named:
            param.grad = None

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """Return all that is needed to go on exactly from here: the steps that are remembered."""
        size = sum(param.size for _, param in self.named)
        s, y = (
            np.array([pair[i] for pair in self._pairs]).reshape(-1, size)
            if self._pairs
            else np.zeros((0, size))
            for i in (0, 1)
        )
        return {"steps": np.array(self.steps), "s": s, "y": y}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what ``state_dict`` returned; if it does not fit, nothing is changed.

        Raises:
            StateError: it is of other parameters.
        """
        size = sum(param.size for _, param in self.named)
        known = isinstance(state, Mapping) and {"steps", "s", "y"} == state.keys()
        s, y = (np.array(state[key], np.float64) for key in "sy") if known else (np.ones(1),) * 2
        if s.shape != y.shape or s.ndim != 2 or s.shape[1] != size:
            raise errors.StateError(
                f"load_state_dict: the state is not of an LBFGS with parameters of {size:,}"
                " numbers; nothing was loaded"
            )
        self.steps = int(state["steps"])
        self._pairs = [*zip(s, y, strict=True)][-self.history :]

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            return missing_from_object(self, name)

    def __repr__(self) -> str:
        return (
            f"LBFGS(lr={self.lr}, max_iter={self.max_iter}, history={self.history}) "
            f" {len(self.named)} parameters of {sum(p.size for _, p in self.named):,} numbers"
        )
