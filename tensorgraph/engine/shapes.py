"""The shape of anything an op takes as an operand, and the adjoint of broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.array_likes import made_array
from tensorgraph.engine.summation import add_up


def shape_of(x: Any) -> tuple[int, ...]:
    """Return the shape of a tensor, an array, a number or nested lists."""
    try:
        shape: tuple[int, ...] = x.shape
        return shape
    except AttributeError:  # which costs nothing where it does not happen
        pass
    try:
        return np.shape(x)
    except (ValueError, TypeError):
        return made_array(x).shape  # or it says why there is none


def ndim_of(x: Any) -> int:
    """Return the number of axes of a tensor, an array, a number or nested lists."""
    return len(shape_of(x))


def sum_to(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum over the axes along which ``shape`` was broadcast: the adjoint of broadcasting."""
    lead = len(g.shape) - len(shape)
    stretched = [i for i, n in enumerate(shape, lead) if n == 1 != g.shape[i]]
    total = sum_over(g, (*range(lead), *stretched))
    return total.reshape(shape) if stretched else total


def sum_over(g: Any, axes: tuple[int, ...]) -> Any:
    """Sum a gradient, an array of any kind or a tensor, over axes."""
    return add_up(g, axis=axes) if type(g) is np.ndarray else g.sum(axis=axes)
