"""A cost as a function of one vector that holds all parameters, for searches along lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph import errors
from tensorgraph.engine.arrays import host_values, to_host
from tensorgraph.engine.autodiff import gradients
from tensorgraph.engine.modes import enable_grad
from tensorgraph.engine.random_generator import replay, watch
from tensorgraph.engine.tensor import Tensor, rebind

Vector = NDArray[np.float64]


def check_cost(owner: str, cost: Any, write: str) -> None:
    """Raise unless a cost is a function.

    Raises:
        DTypeError: it is none.
    """
    if not callable(cost):
        raise errors.DTypeError(
            f"{owner}: the cost is a function without arguments, not {errors.describe(cost)};"
            f" write {write}"
        )


class CostOfParameters:
    """A cost as a function of one vector in float64.

    What is drawn at random in the first evaluation is drawn again in the others.
    """

    def __init__(self, owner: str, cost: Callable[[], Any], params: list[Tensor]) -> None:
        self._owner, self._cost, self._params = owner, cost, params
        self._before = [param._data for param in params]  # arrays are never changed in place
        self._ends = np.cumsum([param.size for param in params])[:-1]
        self.start = _in_a_row(self._before)
        self._draws: Any = None
        """What was drawn in the first evaluation."""

    def assign(self, vector: Vector) -> None:
        """Give the parameters the values in a vector."""
        for param, part in zip(self._params, np.split(vector, self._ends), strict=True):
            param.assign(part.reshape(param.shape).astype(param.dtype))

    def restore(self) -> None:
        """Give the parameters back what they held at first."""
        for param, array in zip(self._params, self._before, strict=True):
            rebind(param, array)

    def value_and_gradient(self, vector: Vector) -> tuple[float, Vector]:
        """Return the cost at a vector, and its gradient; no ``.grad`` changes.

        A cost that calls ``backward()`` itself has left the gradient there, which is taken.
        """
        self.assign(vector)
        kept = [param._grad for param in self._params]
        try:
            for param in self._params:
                param._grad = None
            value = self._evaluated()
            found: list[Any] = [param._grad for param in self._params]
            if all(grad is None for grad in found):
                found = gradients(value, self._params)
        finally:
            for param, grad in zip(self._params, kept, strict=True):
                param._grad = grad
        arrays = [
            np.zeros(param.shape) if grad is None else grad._data
            for grad, param in zip(found, self._params, strict=True)
        ]
        return float(value._data.item()), _in_a_row(arrays)

    def _evaluated(self) -> Tensor:
        with enable_grad():
            if self._draws is None:
                with watch() as self._draws:
                    value = self._cost()
            else:
                with replay(self._draws):
                    value = self._cost()
        if type(value) is not Tensor or value.size != 1:
            raise errors.DTypeError(
                f"{self._owner}: the cost returned {errors.describe(value)}, not a tensor with one"
                " number; is a return or .mean() missing?"
            )
        if not value.requires_grad:
            raise errors.GraphError(
                f"{self._owner}: the cost does not depend on any of the parameters; look for"
                " .detach(), .numpy() or tg.no_grad() on its way"
            )
        if host_values(value._data).shape != value.shape:
            raise errors.GraphError(
                f"{self._owner}: how far the search goes is decided by the cost, which is symbolic"
                " here; call it outside of what is compiled, traced or derived"
            )
        return value


def _in_a_row(arrays: list[Any]) -> Vector:
    return np.concatenate([to_host(x).astype(np.float64).reshape(-1) for x in arrays])
