"""The complex step, ∂f = Im f(x + ih) / h: no difference, so nothing cancels.

The square of the step vanishes beside 1, and there is no difference to cancel.
Source: W. Squire and G. Trapp, "Using complex variables to estimate derivatives of real functions",
SIAM Review 40, 1998.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")


class NotAnalyticError(Exception):
    """The function cannot be continued to complex numbers; the text says why."""


def steps_beside(sizes: Any) -> Any:
    """Return steps, powers of 2, beside which numbers of these sizes are large."""
    exponents = np.frexp(sizes)[1]
    steps = np.maximum(exponents - 80, np.minimum(-960, exponents - 34))
    return np.ldexp(1.0, np.maximum(steps, -1070))


def analytic(compute: Callable[[], T]) -> T:
    """Return what a computation with complex numbers gives.

    Raises:
        NotAnalyticError: it fails, or an imaginary part was dropped as far as NumPy tells.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        try:
            return compute()
        except NotAnalyticError:
            raise
        except Exception as error:  # whatever a kernel may raise of numbers it does not know
            raise NotAnalyticError(str(error).partition("\n")[0]) from error
