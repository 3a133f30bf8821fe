"""The norms of each layer's gradients and activations, averaged over an epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tensorgraph import errors
from tensorgraph.diagnose.norm_columns import ACTIVATIONS, GRADIENTS
from tensorgraph.nn.module import Module
from tensorgraph.observe.watch import Watch


class Norms:
    """A watch over a model whose norms become the columns of an epoch in a history."""

    def __init__(self, model: Module) -> None:
        self.watch = Watch(model)

    def take(self) -> dict[str, float]:
        """Return the mean of each norm over the steps since the last time."""
        found = {
            **{GRADIENTS + path: _mean(norms) for path, norms in self.watch.gradients.items()},
            **{ACTIVATIONS + path: _mean(norms) for path, norms in self.watch.activations.items()},
        }
        self.watch = Watch(self.watch.model)
        return found

    def state_dict(self) -> dict[str, Any]:
        """Return what was seen since the last time."""
        return {
            "gradients": {path: list(norms) for path, norms in self.watch.gradients.items()},
            "activations": {path: list(norms) for path, norms in self.watch.activations.items()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what ``state_dict`` returned.

        Raises:
            StateError: it is something else.
        """
        try:
            gradients, activations = dict(state["gradients"]), dict(state["activations"])
        except (KeyError, TypeError, ValueError) as error:
            raise errors.StateError(f"load_state_dict: these are no norms ({error!r})") from None
        self.watch.gradients, self.watch.activations = gradients, activations


def _mean(norms: list[float]) -> float:
    there = [norm for norm in norms if not math.isnan(norm)]
    return math.fsum(there) / len(there) if there else math.nan
