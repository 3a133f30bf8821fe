"""Warnings of gradients with which training will hardly get anywhere, epoch by epoch."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from tensorgraph import errors
from tensorgraph.engine.modes import user_level
from tensorgraph.nn.module import Module
from tensorgraph.teacher.explaining.explain import explain


class Looks:
    """Looks at the gradients of a model now and then, and warns once for each cause."""

    def __init__(self, model: Module) -> None:
        self._model = model
        self._told: set[Any] = set()

    def look(self, epoch: int, cost: Callable[[], Any]) -> None:
        """Explain the gradients of a cost, which is computed once more, and warn of what is new.

        Nothing that the training depends on changes: not the generators, not the running averages.
        """
        for text in explain(self._model, cost).warnings(self._told):
            warnings.warn(
                f"fit: epoch {epoch}: {text}", errors.GradientWarning, stacklevel=user_level()
            )
