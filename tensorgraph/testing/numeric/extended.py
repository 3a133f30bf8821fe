"""The same comparison with more digits than float64 has, where there are such numbers.

NumPy's ``longdouble`` has three digits more on many processors, and most kernels take it. What
differs in float64 and agrees there was rounding; what differs there too is wrong.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.engine.observers import Forward, Observer
from tensorgraph.testing.numeric.checked_function import Direction, Scalar

FINER = float(np.finfo(np.longdouble).eps) * 2.0**52
"""How much less it rounds by than float64."""


class Extended:
    """A number and its gradient, computed with more digits.

    Raises:
        NotExtendedError: not here, or not for this function.
    """

    def __init__(self, scalar: Scalar) -> None:
        if FINER == 1:
            raise NotExtendedError
        self.scalar = scalar.extended()
        self.gradient: list[Array] = self._run(lambda: self.scalar.gradient_seen(_AllDigits()))

    def stepped(self, rates: Direction, step: float) -> float:
        """Return the derivative by the complex step."""
        found: float = self._run(lambda: self.scalar.stepped(rates, step, _AllDigits()))
        return found

    def _run(self, compute: Any) -> Any:
        try:
            return compute()
        except Exception as error:  # whatever a kernel may raise of numbers it does not know
            raise NotExtendedError from error


class NotExtendedError(Exception):
    """There are no more digits than float64 has."""


class _AllDigits(Observer):
    """Refuses an operation that drops digits."""

    def forward(self, event: Forward) -> None:
        if event.out.dtype.kind not in "fc" or np.finfo(event.out.dtype).eps < 1e-16:
            return
        if any(getattr(array, "dtype", None) in _WIDE for array in event.arrays):
            raise NotExtendedError


_WIDE = {np.dtype(np.longdouble), np.dtype(np.clongdouble)}
