"""Numbers that may be tensors whose derivative is wanted: parameters that formulas hold."""

from __future__ import annotations

import math
from typing import Any

from tensorgraph.arguments import interval, number, wanted, within
from tensorgraph.engine.arrays import holds, host_values
from tensorgraph.errors import ArgumentError


def differentiable(
    value: Any,
    what: str,
    least: float = -math.inf,
    most: float = math.inf,
    *,
    above: float = -math.inf,
    below: float = math.inf,
) -> Any:
    """Return what :func:`number` does, but a tensor as it is where a derivative is wanted.

    For a parameter that what is computed is a formula in, such as a temperature. What has no one
    value stays as well: a symbol, and under ``tg.vmap`` one value for each example.

    Example:
        >>> import tensorgraph as tg
        >>> differentiable(tg.tensor(0.5, requires_grad=True), "info_nce: temperature", above=0)
        tensor(0.5, requires_grad=True)
    """
    if not hasattr(value, "_data") or value.shape != ():
        return number(value, what, least, most, above=above, below=below)
    known = host_values(value._data)
    if known.shape == ():
        found = number(known, what, least, most, above=above, below=below)
        return value if wanted(value) else found
    if not holds(within(value.data, least, most, above=above, below=below)):
        raise ArgumentError(f"{what} is not {interval(least, most, above, below)} in all examples")
    return value
