"""NumPy's ``where=`` and ``initial=`` of reductions, in the operations that they stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tensorgraph.errors import ArgumentError
from tensorgraph.ops._axes import length, some_axes

NEUTRAL = {"sum": 0, "prod": 1, "all": True, "any": False}
"""What changes nothing, of the reductions that have it."""
COMBINED = {"sum": "add", "prod": "multiply", "max": "maximum", "min": "minimum"}
"""How an initial value is combined with the result."""
KEYWORDS = ("where", "initial")


def masked(
    ops: Mapping[str, Callable[..., Any]], name: str, x: Any, options: dict[str, Any]
) -> Any:
    """Return a reduction of the elements that a mask holds, from an initial value on.

    Elements beyond the mask get gradient 0; one that ties with the initial value half of it.

    Args:
        ops: all operations by name.
        name: of the reduction: sum, prod, max, min, mean, any or all.
        x: what is reduced.
        options: axis, keepdims, where and initial, as NumPy's.

    Raises:
        ArgumentError: a largest or smallest element is asked for with a mask alone.
    """
    mask, initial = (options.pop(key, None) for key in KEYWORDS)
    if mask is True:
        mask = None
    if name == "mean" and mask is not None:
        kept = ops["broadcast_to"](mask, x.shape)
        total = ops["sum"](ops["where"](kept, x, 0), **options)
        count = ops["sum"](kept, **options)
        dtype = total.dtype if total.dtype.kind == "f" else "float64"
        return ops["divide"](total, ops["astype"](count, dtype))
    if name in ("any", "all") and x.dtype != bool:
        x = ops["not_equal"](x, 0)
    if mask is not None:
        if name not in NEUTRAL and initial is None:
            raise ArgumentError(
                f"np.{name} with where= needs initial=, which stands where the mask holds nothing"
            )
        x = ops["where"](mask, x, NEUTRAL.get(name, initial))
    if name not in NEUTRAL and initial is not None and _holds_nothing(x, options):
        nothing = ops["astype"](ops["sum"](x, **options), x.dtype)  # 0, in the shape of the result
        return ops["add"](nothing, initial)
    found = ops[name](x, **options)
    return found if initial is None else ops[COMBINED[name]](found, initial)


def _holds_nothing(x: Any, options: Mapping[str, Any]) -> bool:
    """Return whether a reduction has no element to begin with."""
    return length(x.shape, some_axes(options.get("axis"), len(x.shape))) == 0
