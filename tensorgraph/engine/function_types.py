"""The types of functions that differentiate functions, for type checkers and editors.

A gradient is built like the argument it belongs to: of a tensor or a number it is a tensor, of an
array an array, of a container of tensors the same container.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, Protocol, TypeAlias, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from tensorgraph.engine.tensor import Tensor

P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")
Result = TypeVar("Result", covariant=True)
Aux = TypeVar("Aux")
"""What a function returns besides what is differentiated."""
AuxOut = TypeVar("AuxOut", covariant=True)
Tree = TypeVar("Tree")
"""Nested containers of tensors."""

Leaf: TypeAlias = Tensor | float
Array: TypeAlias = NDArray[Any] | np.generic
Pullback: TypeAlias = Callable[[Any], tuple[Any, ...]]

# The first three are what a lambda's parameters get their types from: unknown they would be errors.
Function: TypeAlias = (
    Callable[[Any], R] | Callable[[Any, Any], R] | Callable[[Any, Any, Any], R] | Callable[P, R]
)


class Gradient(Protocol):
    """The gradient of a function by its first argument."""

    @overload
    def __call__(self, x: Leaf, /, *args: Any, **kwargs: Any) -> Tensor: ...
    @overload
    def __call__(self, x: Array, /, *args: Any, **kwargs: Any) -> NDArray[Any]: ...
    @overload
    def __call__(self, x: Tree, /, *args: Any, **kwargs: Any) -> Tree: ...


class ValueAndGradient(Protocol):
    """The value of a function and its gradient by its first argument."""

    @overload
    def __call__(self, x: Leaf, /, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]: ...
    @overload
    def __call__(
        self, x: Array, /, *args: Any, **kwargs: Any
    ) -> tuple[np.floating[Any], NDArray[Any]]: ...
    @overload
    def __call__(self, x: Tree, /, *args: Any, **kwargs: Any) -> tuple[Tensor, Tree]: ...


class Partials(Protocol):
    """All partial derivatives of a function that returns a tensor, by its first argument."""

    @overload
    def __call__(self, x: Leaf, /, *args: Any, **kwargs: Any) -> Tensor: ...
    @overload
    def __call__(self, x: Array, /, *args: Any, **kwargs: Any) -> NDArray[Any]: ...
    @overload
    def __call__(self, x: Any, /, *args: Any, **kwargs: Any) -> Any: ...


class GradientWithAux(Protocol[AuxOut]):
    """The gradient of a function by its first argument, and what it returned besides."""

    @overload
    def __call__(self, x: Leaf, /, *args: Any, **kwargs: Any) -> tuple[Tensor, AuxOut]: ...
    @overload
    def __call__(self, x: Array, /, *args: Any, **kwargs: Any) -> tuple[NDArray[Any], Any]: ...
    @overload
    def __call__(self, x: Tree, /, *args: Any, **kwargs: Any) -> tuple[Tree, AuxOut]: ...


class ValueAndGradientWithAux(Protocol[AuxOut]):
    """The value of a function with what it returned besides, and its gradient."""

    @overload
    def __call__(
        self, x: Leaf, /, *args: Any, **kwargs: Any
    ) -> tuple[tuple[Tensor, AuxOut], Tensor]: ...
    @overload
    def __call__(
        self, x: Array, /, *args: Any, **kwargs: Any
    ) -> tuple[tuple[np.floating[Any], Any], NDArray[Any]]: ...
    @overload
    def __call__(
        self, x: Tree, /, *args: Any, **kwargs: Any
    ) -> tuple[tuple[Tensor, AuxOut], Tree]: ...


class OfSeveral(Protocol[Result]):
    """What is computed for several arguments, or for another than the first."""

    def __call__(self, *args: Any, **kwargs: Any) -> Result:
        """Compute it."""
