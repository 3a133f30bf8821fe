"""Every exception of tensorgraph: what was seen, what was expected, what to write instead.

All of them subclass ``ValueError``, ``TypeError`` or ``RuntimeError``, so code that catches
those keeps working. The helpers below build the sentences, so that all messages read alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class ShapeError(ValueError):
    """Shapes that do not fit together, or do not fit the operation."""


class AxisError(ValueError, IndexError):
    """An axis, index, or class label outside its range."""


class ArgumentError(ValueError):
    """A static parameter whose value makes no sense."""


class DTypeError(TypeError):
    """Data of a kind the engine does not compute with, or cannot differentiate."""


class ImmutableError(TypeError):
    """An attempt to change a tensor's elements in place."""


class GraphError(RuntimeError):
    """Differentiation asked of a graph that cannot give it."""


class AnomalyError(RuntimeError, FloatingPointError):
    """A NaN or an infinity that an operation made, found by ``tg.debug()``."""


class DeclarationError(TypeError):
    """An op record that is incomplete or contradicts itself."""


class StateError(ValueError):
    """A state dict that does not fit the module or optimizer it is loaded into."""


class GradcheckError(RuntimeError):
    """A gradient that disagrees with its numeric counterpart."""


def describe(value: Any) -> str:
    """Return a short name for an operand: its name if it has one, its shape and dtype."""
    shape = getattr(value, "shape", None)
    if shape is None:
        if isinstance(value, (bool, int, float, str)) or value is None:
            return repr(value)
        return f"a {type(value).__name__}"
    name = getattr(value, "name", None)
    text = f"shape {tuple(shape)} {value.dtype}"
    return f"{name!r} with {text}" if name else text


def where_in(scope: str) -> str:
    """Return `` in model.layers[2] Linear`` for a module scope, or nothing outside modules."""
    return f" in {scope}" if scope else ""


def reworded(error: Exception) -> str:
    """Return an error of NumPy in a user's words, where we have better ones."""
    text = str(error)
    if "did not contain a loop" in text or "not supported for the input types" in text:
        return "it is not defined for operands of these types"
    if "boolean" in text and "the `-` operator" in text:
        return "booleans have no minus; write ~x for not x, x ^ y for either or"
    if "negative integer powers" in text:
        return (
            "an integer to a negative power is no integer; write a float exponent"
            " or .astype('float32')"
        )
    return text.replace("indexed array", "tensor").replace("for array: array", "for tensor: it")


def ragged(data: Any) -> str:
    """Return what is wrong with nested sequences that do not form a rectangle."""
    depth, level = 0, [data]
    while True:
        lengths = [len(x) if isinstance(x, (list, tuple)) else None for x in level]
        if len(set(lengths)) > 1:
            break
        level = [x for part in level for x in part]
        depth += 1
    other = next(i for i, n in enumerate(lengths) if n != lengths[0])
    def sized(n: int | None) -> str:
        return "is one number" if n is None else f"has length {n}"
    return (
        f"ragged data: at depth {depth} the first part {sized(lengths[0])}, part {other}"
        f" {sized(lengths[other])}; parts must be of equal length"
    )


def listing(names: Sequence[Any], limit: int = 8) -> str:
    """Join names for a message, cutting long lists."""
    shown = ", ".join(map(str, names[:limit]))
    return shown if len(names) <= limit else f"{shown}, … ({len(names)} in all)"
