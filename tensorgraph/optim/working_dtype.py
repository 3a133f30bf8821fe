"""In which dtype a rule computes: one in which the squares of the gradients are in range."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import host_values
from tensorgraph.engine.modes import user_level
from tensorgraph.engine.tensor import Tensor
from tensorgraph.errors import AnomalyError, UsageWarning

DType = np.dtype[Any]
State = dict[str, Any]

SINGLE: DType = np.dtype(np.float32)
DOUBLE: DType = np.dtype(np.float64)

CLIP = (
    "clip gradients before they are used, tg.optim.clip_by_global_norm(params, 1.0); tg.debug()"
    " shows where they grow"
)


def working_dtype(dtype: DType, state: Iterable[Any] = ()) -> DType:
    """Return the dtype in which a parameter of the given dtype is updated: single at least.

    Half precision would lose the square of a gradient of 300, and every ε in use. A state that
    went over to double stays there.

    Example:
        >>> working_dtype(np.dtype(np.float16))
        dtype('float32')
    """
    kept = [value.dtype for value in state if value.dtype.kind == "f"]
    return np.result_type(dtype, np.float32, *kept)


def limit(dtype: DType) -> float:
    """Return up to which sum of squares a gradient may be added to itself 2²⁶ times.

    In float32 longer sums would not grow any more.
    """
    return float(np.finfo(dtype).max) / 2**26


def leaves_range(grad: Any, dtype: DType) -> bool:
    """Return whether the squares of a gradient are too large for a dtype; symbols have none."""
    values = host_values(grad).real.astype(np.float64).reshape(-1)
    return not values.dot(values) < limit(dtype)


def converted(array: Any, dtype: DType) -> Any:
    """Return an array of floating-point numbers in a dtype, another as it is."""
    fits = array.dtype == dtype or array.dtype.kind != "f"
    return array if fits else array.astype(dtype)


def in_double(own: State, given: Mapping[str, Any]) -> State:
    """Return in double what is kept for parameters whose saved state does not fit in single."""
    grown = {_owner(key) for key in own if key in given and _outgrows(given[key], own[key].dtype)}
    return {key: converted(kept, DOUBLE) for key, kept in own.items() if _owner(key) in grown}


def _owner(key: str) -> str:
    """Return whose a key of a saved state is: ``w`` of ``w/m``."""
    return key.rpartition("/")[0]


def _outgrows(value: Any, dtype: DType) -> bool:
    """Return whether an array of double precision holds numbers too large for a dtype."""
    if dtype.kind != "f" or getattr(value, "dtype", dtype) != DOUBLE:
        return False
    return bool(np.finfo(dtype).max < np.max(np.abs(np.asarray(value)), initial=0) < np.inf)


def warn_of_double(names: list[str], params: list[Tensor]) -> None:
    """Say that the state of some parameters goes over to double precision."""
    warnings.warn(
        f"{_largest(names, params)}, whose square leaves the range of float32: from here on these"
        " parameters are updated in float64. A running mean remembers such a gradient for many"
        f" steps, and one of squares makes thousands of them tiny; {CLIP}",
        UsageWarning,
        stacklevel=user_level(),
    )


def check_range(names: list[str], params: list[Tensor], results: Iterable[Any]) -> None:
    """Raise if what a rule made of finite gradients is not finite.

    Raises:
        AnomalyError: it is not.
    """
    if not all(host_values(np.isfinite(result)).all() for result in results):
        raise AnomalyError(
            f"{_largest(names, params)}: what the optimizer makes of it leaves the range of"
            f" float64, and nothing was updated; {CLIP}"
        )


def _largest(names: list[str], params: list[Tensor]) -> str:
    """Return which parameter has the largest gradient, and how large."""
    sizes = [
        float(np.max(np.abs(host_values(param._grad._data)), initial=0))  # type: ignore[union-attr]
        for param in params
    ]
    largest = max(range(len(sizes)), key=sizes.__getitem__)
    return f"the gradient of {names[largest]!r} reaches {sizes[largest]:.3g}"
