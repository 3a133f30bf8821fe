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
        return repr(value) if isinstance(value, (bool, int, float)) else type(value).__name__
    name = getattr(value, "name", None)
    text = f"shape {tuple(shape)} {value.dtype}"
    return f"{name!r} with {text}" if name else text


def where_in(scope: str) -> str:
    """Return `` in model.layers[2] Linear`` for a module scope, or nothing outside modules."""
    return f" in {scope}" if scope else ""


def listing(names: Sequence[Any], limit: int = 8) -> str:
    """Join names for a message, cutting long lists."""
    shown = ", ".join(map(str, names[:limit]))
    return shown if len(names) <= limit else f"{shown}, … ({len(names)} in all)"
