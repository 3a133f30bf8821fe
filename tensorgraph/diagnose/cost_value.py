"""A cost as a number, of whatever weights are set."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.diagnose.model_calls import in_dtype_of, is_model
from tensorgraph.diagnose.weights import Weights


class Cost:
    """The cost of the weights that are set."""

    def __init__(self, where: str, weights: Weights, loss: Any, data: Any) -> None:
        if not callable(loss) or isinstance(loss, type):
            raise errors.DTypeError(
                f"{where}: the loss is a function, not {errors.describe(loss)}; write"
                f" {where}(model, tg.nn.losses.cross_entropy, (x, y))"
            )
        if data is not None and not (isinstance(data, (tuple, list)) and len(data) >= 2):
            raise errors.DTypeError(
                f"{where}: data is a tuple (x, y), not {errors.describe(data)}; write a loss of the"
                " model alone, without data, for anything else"
            )
        self._where, self._weights, self._loss = where, weights, loss
        self._data: tuple[Any, ...] | None = None
        if data is not None:
            self._data = tuple(data)
            if is_model(weights.given):
                *inputs, target = data
                given = [_input(weights.given, value) for value in inputs]
                self._data = (*given, target)

    def tensor(self) -> Any:
        """Return the cost as the loss returns it."""
        argument = self._weights.argument()
        with np.errstate(all="ignore"):
            if self._data is None:
                return self._loss(argument)
            if is_model(argument):
                return self._loss(argument(*self._data[:-1]), self._data[-1])
            return self._loss(argument, *self._data)

    def value(self) -> float:
        """Return the cost as a number.

        Raises:
            DTypeError: it is none.
            ShapeError: there are several.
        """
        found = self.tensor()
        if getattr(found, "size", 1) != 1:
            raise errors.ShapeError(
                f"{self._where}: the loss returned shape {np.shape(found)}, not a single number; is"
                " a .mean() missing?"
            )
        try:
            return float(found.item() if hasattr(found, "item") else found)
        except (TypeError, ValueError):
            raise errors.DTypeError(
                f"{self._where}: the loss returned {errors.describe(found)}, not a number"
            ) from None


def _input(model: Any, value: Any) -> Any:
    array = getattr(value, "data", value) if hasattr(value, "requires_grad") else value
    return in_dtype_of(model, array) if isinstance(array, np.ndarray) else value
