"""Random draws with their arguments in the order of NumPy or PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from numbers import Real
from typing import Any, TypeVar

from tensorgraph.errors import ArgumentTypeError

F = TypeVar("F", bound=Callable[..., Any])


def shape_first(first: str, second: str) -> Callable[[F], F]:
    """Let a draw refuse a number for its shape where another, for a parameter, follows it.

    NumPy has the parameters before the shape, and PyTorch takes lengths one by one; what another
    order means here is a tensor of another shape, often an empty one.

    Args:
        first: the name of the parameter after the shape.
        second: the name of the one after that.

    Example:
        >>> @shape_first("mean", "std")
        ... def normal(shape, mean=0.0, std=1.0): ...
        >>> normal(0, 1, 5)
        Traceback (most recent call last):
        ...
        tensorgraph.errors.ArgumentTypeError: normal(0, 1, 5): the shape comes first, ...
    """

    def decorate(draw: F) -> F:
        @wraps(draw)
        def call(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True  # in notebooks and by pytest
            if len(args) > 1 and isinstance(args[0], Real) and isinstance(args[1], Real):
                name = draw.__name__
                meant = _meanings(args, first, second)
                lines = " or ".join(f"tg.random.{name}({written})" for written in meant)
                seen = ", ".join(map(repr, args))
                told = f"; write {lines}" if lines else ""
                raise ArgumentTypeError(
                    f"{name}({seen}): the shape comes first, as a tuple where {first} follows it"
                    f" without its name{told}"
                )
            return draw(*args, **kwargs)

        return call  # type: ignore[return-value]

    return decorate


def _meanings(args: tuple[Any, ...], first: str, second: str) -> list[str]:
    """Return what may have been meant: NumPy's order, PyTorch's lengths, or the order here."""
    found = []
    if len(args) == 2:
        found.append(f"{first}={args[0]}, {second}={args[1]}")
    elif len(args) == 3 and (type(args[2]) is tuple or _is_length(args[2])):
        shape = args[2] if type(args[2]) is tuple else (args[2],)
        found.append(f"{shape}, {first}={args[0]}, {second}={args[1]}")
    if all(map(_is_length, args)):
        found.append(f"{args}")
    if _is_length(args[0]) and len(args) <= 3:
        parameters = zip((first, second), args[1:], strict=False)
        found.append(
            ", ".join([f"({args[0]},)", *(f"{name}={value}" for name, value in parameters)])
        )
    return found


def _is_length(value: Any) -> bool:
    return type(value) is int and value > 0
