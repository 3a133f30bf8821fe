"""What networks are joined with where layers in a row do not do: a residual, a first output."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorgraph.nn.containers import Sequential
from tensorgraph.nn.module import Module


class Residual(Module):
    """x + f(x), where f is layers in a row.

    Example:
        >>> import tensorgraph as tg
        >>> tg.testing.strategies.Residual(tg.nn.Tanh())(tg.zeros(2))
        tensor([0., 0.])
    """

    def __init__(self, *layers: Callable[[Any], Any]) -> None:
        self.inner = Sequential(*layers)

    def forward(self, x: Any) -> Any:
        """Return x and what the layers make of it, added."""
        return x + self.inner(x)


class FirstOutput(Module):
    """The first of what a layer returns: of a recurrent one, its outputs without its state.

    Example:
        >>> import tensorgraph as tg
        >>> tg.testing.strategies.FirstOutput(tg.nn.GRU(2, 4))(tg.ones((1, 3, 2))).shape
        (1, 3, 4)
    """

    def __init__(self, layer: Callable[[Any], Any]) -> None:
        self.layer = layer

    def forward(self, x: Any) -> Any:
        """Return the first part of what the layer returns."""
        return self.layer(x)[0]
