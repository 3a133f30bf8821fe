"""Values as the code that makes them: what is drawn prints as lines to paste into a test."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tensorgraph.engine.tensor import Tensor

_INFERRED = {np.dtype(kind) for kind in ("bool", "int64", "float64", "complex128")}
"""The dtypes that ``np.array`` finds by itself."""


class Printed:
    """Something drawn, whose ``repr`` is the code that makes it; hypothesis shows that."""

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))


@st.composite
def made(
    draw: st.DrawFn, /, make: Callable[..., Any], *parts: st.SearchStrategy[Any], **fixed: Any
) -> Any:
    """Return a strategy for what a function makes of what is drawn.

    Unlike with ``st.builds``, a failing example shows what was made, as it prints itself.
    """
    return make(*[draw(part) for part in parts], **fixed)


def literal(value: Any) -> str:
    """Return the code that makes a value: numbers, arrays, tensors, and containers of them.

    Example:
        >>> literal((np.array([1.0, np.nan]), slice(None, 2), ...))
        '(np.array([1.0, np.nan]), slice(None, 2, None), ...)'
    """
    if isinstance(value, Tensor):
        wanted = ", requires_grad=True" if value.requires_grad else ""
        return f"tg.tensor({literal(value.numpy())}{wanted})"
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, np.generic):
        return literal(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return "-np.inf" if value < 0 else f"np.{value}"
    if value is ...:
        return "..."
    if isinstance(value, slice):
        return f"slice({value.start}, {value.stop}, {value.step})"
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))}{',' * (len(value) == 1)})"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{literal(k)}: {literal(v)}' for k, v in value.items())}}}"
    return repr(value)


def settings_of(settings: dict[str, Any]) -> str:
    """Return keyword arguments as code, each after a comma.

    Example:
        >>> settings_of({"axis": 0, "weight": np.ones(1)})
        ', axis=0, weight=np.array([1.0])'
    """
    return "".join(f", {name}={literal(value)}" for name, value in settings.items())


def _array(array: np.ndarray[Any, Any]) -> str:
    dtype = "" if array.dtype in _INFERRED else f", dtype={array.dtype.name!r}"
    if not array.size:
        return f"np.zeros({array.shape}{dtype or f', dtype={array.dtype.name!r}'})"
    return f"np.array({literal(array.tolist())}{dtype})"
