"""Checks of single arguments, of which every room takes its own.

What comes in is a value as it was given, and what a message calls it, such as ``"flip: p"``; what
goes out is Python's own int, float, bool or tuple of ints. NumPy's numbers, and tensors or arrays
without axes, count as what they hold. All raise :class:`ArgumentTypeError` for a value of another
kind, and :class:`ArgumentError` for one that lies outside.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from operator import index
from typing import Any

import numpy as np

from tensorgraph.errors import (
    ArgumentError,
    ArgumentTypeError,
    GraphError,
    ShapeError,
    describe,
)


def integer(value: Any, what: str) -> int:
    """Return an integer; a boolean is none.

    Example:
        >>> integer(np.int64(-3), "roll: shift")
        -3
    """
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        return index(value)
    except TypeError:
        raise ArgumentTypeError(f"{what} is an integer, not {describe(value)}") from None


def whole(value: Any, what: str, least: int = 0) -> int:
    """Return an integer of at least ``least``: a count, a size, a position.

    Example:
        >>> whole(0, "Linear: in_features", 1)
        Traceback (most recent call last):
        ...
        tensorgraph.errors.ArgumentError: Linear: in_features is at least 1, not 0
    """
    found = integer(value, what)
    if found < least:
        raise ArgumentError(f"{what} is at least {least}, not {found}")
    return found


def scalar(value: Any, what: str) -> float:
    """Return a real number as it is: an integer stays one, and so does a NaN or an infinity.

    Raises:
        GraphError: it is a tensor that needs a gradient, which would be lost.

    Example:
        >>> scalar(np.array([2]), "clip: min"), scalar(math.inf, "clip: max")
        (2, inf)
    """
    refuse_wanted(value, what)
    single = value.item() if getattr(value, "size", 0) == 1 else value
    if not isinstance(single, (int, float)):
        raise ArgumentTypeError(f"{what} is a number, not {describe(value)}")
    return single


def wanted(value: Any) -> bool:
    """Return whether a derivative of an array or a tensor is wanted, in its layer or outside."""
    while value is not None:
        if getattr(value, "_requires_grad", False) or getattr(value, "moves", False):
            return True
        value = getattr(value, "_data" if hasattr(value, "_data") else "held", None)
    return False


def refuse_wanted(value: Any, what: str) -> None:
    """Raise for a tensor whose derivative is wanted, which would be lost in a number."""
    if wanted(value):
        raise GraphError(
            f"{what} is a parameter without gradient, but the tensor given for it needs one;"
            " write the formula in ops that take it as an operand, or give it .detach() where it"
            " is to be a constant"
        )


def number(
    value: Any,
    what: str,
    least: float = -math.inf,
    most: float = math.inf,
    *,
    above: float = -math.inf,
    below: float = math.inf,
) -> float:
    """Return a finite real number in an interval; ``above`` and ``below`` do not belong to it.

    Raises:
        GraphError: it is a tensor that needs a gradient, which would be lost.

    Example:
        >>> number(np.float32(0.5), "flip: p", 0, 1)
        0.5
        >>> number(1, "Adagrad: beta", 0, below=1)
        Traceback (most recent call last):
        ...
        tensorgraph.errors.ArgumentError: Adagrad: beta is in [0, 1), not 1
    """
    refuse_wanted(value, what)
    found = real(value)
    if found is None:
        raise ArgumentTypeError(f"{what} is a number, not {describe(value)}")
    if not (least <= found <= most and above < found < below):
        expected = interval(least, most, above, below)
        if math.isinf(found) and expected.startswith(("at least", "above")):
            expected = f"finite and {expected}"
        raise ArgumentError(f"{what} is {expected}, not {_brief(found)}")
    return found


def within(
    x: Any,
    least: float = -math.inf,
    most: float = math.inf,
    *,
    above: float = -math.inf,
    below: float = math.inf,
) -> Any:
    """Return whether elements lie in an interval, of a symbol as a symbol."""
    return (x >= least) & (x <= most) & (x > above) & (x < below)


def real(value: Any) -> float | None:
    """Return a real number as a float; None for all that is none, like flags, texts and arrays.

    Example:
        >>> real(np.float32(math.inf)), real(np.ones(1)), real(True)
        (inf, None, None)
    """
    shape, dtype = getattr(value, "shape", ()), getattr(value, "dtype", None)
    other = getattr(dtype, "kind", "f") in "bcUSTMm"
    if isinstance(value, (bool, str, bytes)) or shape != () or other:
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def interval(least: float, most: float, above: float, below: float) -> str:
    """Return what messages call an interval."""
    low, high = max(least, above), min(most, below)
    if low == -math.inf and high == math.inf:
        return "a finite number"
    if high == math.inf:
        return f"above {low:g}" if above == low else f"at least {low:g}"
    return f"in {'(' if above == low else '['}{low:g}, {high:g}{')' if below == high else ']'}"


def _brief(found: float) -> str:
    """Return a number in few digits, if they tell it from all others."""
    return brief if float(brief := f"{found:g}") == found or found != found else repr(found)


def boolean(value: Any, what: str) -> bool:
    """Return a truth value.

    Example:
        >>> boolean(np.True_, "EWMAMomentum: bias_correction")
        True
    """
    if not isinstance(value, (bool, np.bool_)):
        raise ArgumentTypeError(f"{what} is True or False, not {describe(value)}")
    return bool(value)


def one_of(value: Any, what: str, choices: Collection[str | None]) -> Any:
    """Return one of a few words.

    Example:
        >>> one_of("up", "render: direction", ("down", "right"))
        Traceback (most recent call last):
        ...
        tensorgraph.errors.ArgumentError: render: direction is one of 'down', 'right', not 'up'
    """
    if not (value is None or isinstance(value, str)) or value not in choices:
        listed = ", ".join(map(repr, choices))
        raise ArgumentError(f"{what} is one of {listed}, not {describe(value)}")
    return value


def integers(value: Any, what: str) -> tuple[int, ...]:
    """Return an integer, or a sequence of them, as a tuple.

    Example:
        >>> integers(3, "a shape"), integers(np.array([2, -1]), "a shape")
        ((3,), (2, -1))
    """
    try:
        if isinstance(value, (tuple, list)):
            return tuple(map(index, value))
        return (index(value),) if np.ndim(value) == 0 else tuple(map(index, value))
    except TypeError:
        raise ArgumentTypeError(
            f"{what} must be an integer or a tuple of them, not {value!r}"
        ) from None


def to_shape(value: Any, function: str) -> tuple[int, ...]:
    """Return a length, or a sequence of lengths, as a tuple.

    Raises:
        ShapeError: a length is negative.

    Example:
        >>> to_shape([2, 3], "zeros")
        (2, 3)
    """
    lengths = integers(value, f"{function}: a shape")
    if any(n < 0 for n in lengths):
        raise ShapeError(f"{function}: the shape {lengths} has a negative length")
    return lengths
