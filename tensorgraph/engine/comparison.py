"""Whether tensors are equal up to rounding."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.engine.tensor import asarray
from tensorgraph.errors import ShapeError
from tensorgraph.leads.calls import with_leads


@with_leads
def allclose(
    x: Any, y: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Return whether all elements are nearly equal: |x − y| ≤ atol + rtol · |y|.

    Args:
        x: a tensor, or what makes one.
        y: what is expected, of the same shape or one that broadcasts to it.
        rtol: how much of |y| a difference may be.
        atol: how large it may be at least.
        equal_nan: whether NaN counts as equal to NaN.

    Raises:
        DTypeError: something that is no array of numbers.
        ShapeError: the shapes do not broadcast.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([0.1, 0.2])
        >>> tg.allclose(x + 0.2, [0.3, 0.4]), tg.allclose(x, [0.1, 0.3])
        (True, False)
    """
    x, y = asarray(x), asarray(y)
    try:
        np.broadcast_shapes(x.shape, y.shape)
    except ValueError:
        raise ShapeError(f"allclose: shapes {x.shape} and {y.shape} do not broadcast") from None
    return bool(np.allclose(x, y, rtol, atol, equal_nan))
