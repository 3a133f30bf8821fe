"""Modules made of modules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, overload

from tensorgraph import errors
from tensorgraph.nn.module import Module


class Sequential(Module):
    """f(x) = layers[n]( … layers[1](layers[0](x))): each layer takes what the one before gave.

    The layers are kept in the list ``layers``. Any function can be one: ``tg.tanh`` serves as well
    as ``nn.Tanh()``.

    Args:
        layers: modules and functions.

    Raises:
        DTypeError: a layer that cannot be called, such as a list of layers.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph import nn
        >>> net = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
        >>> net
        Sequential()  65 parameters
          layers[0]  Linear(2 → 16, init=he_normal)  48
          layers[1]  ReLU()
          layers[2]  Linear(16 → 1, init=he_normal)  17
        >>> net(tg.ones((5, 2))).shape, len(net[:2])
        ((5, 1), 2)
    """

    def __init__(self, *layers: Callable[..., Any]) -> None:
        for i, layer in enumerate(layers):
            if not callable(layer):
                hint = ""
                if isinstance(layer, (list, tuple)):
                    hint = f"; write Sequential(*layers) for Sequential({type(layer).__name__})"
                raise errors.DTypeError(
                    f"Sequential: layer {i} is a {type(layer).__name__}, not a module or"
                    f" function{hint}"
                )
        self.layers = list(layers)

    def forward(self, x: Any) -> Any:
        """Return what the last layer makes of what the others made of x."""
        for layer in self.layers:
            x = layer(x)
        return x

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses: the layers that are no modules."""
        return ", ".join(
            f"layers[{i}]={getattr(layer, '__name__', layer)}"
            for i, layer in enumerate(self.layers)
            if not isinstance(layer, Module)
        )

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Callable[..., Any]]:
        return iter(self.layers)

    @overload
    def __getitem__(self, key: int) -> Any: ...
    @overload
    def __getitem__(self, key: slice) -> Sequential: ...
    def __getitem__(self, key: int | slice) -> Any:
        """Return a layer; or, for a slice, a Sequential of the same layers."""
        return Sequential(*self.layers[key]) if isinstance(key, slice) else self.layers[key]
