"""The standard's extension ``fft``, as far as numbers are real: frequencies and their order.

The transforms themselves have complex results. Those in ``tg.fft`` have real and imaginary parts
along a last axis instead, so they do not stand here, where they would be taken for the standard's;
for the same reason a last axis of length 2 is here one like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import DTypeLike

from tensorgraph.array_api.device import check_device
from tensorgraph.fft import frequencies
from tensorgraph.leads.attributes import module_hooks as _module_hooks
from tensorgraph.ops._axes import SomeAxes, some_axes


def fftfreq(
    n: int, /, *, d: float = 1.0, dtype: DTypeLike | None = None, device: Any = None
) -> Any:
    """Return the frequencies that ``fft`` of n samples has, ``d`` apart."""
    check_device(device, "fftfreq")
    return frequencies.fftfreq(n, d, dtype)


def rfftfreq(
    n: int, /, *, d: float = 1.0, dtype: DTypeLike | None = None, device: Any = None
) -> Any:
    """Return the frequencies that ``rfft`` of n samples has, ``d`` apart."""
    check_device(device, "rfftfreq")
    return frequencies.rfftfreq(n, d, dtype)


def fftshift(x: Any, /, *, axes: SomeAxes = None) -> Any:
    """Return x with frequency 0 in the middle of the axes, by default of all."""
    return frequencies.fftshift(x, some_axes(axes, x.ndim))


def ifftshift(x: Any, /, *, axes: SomeAxes = None) -> Any:
    """Return the inverse of ``fftshift``, of the same axes."""
    return frequencies.ifftshift(x, some_axes(axes, x.ndim))


if not TYPE_CHECKING:
    __all__ = ["fftfreq", "fftshift", "ifftshift", "rfftfreq"]
    __getattr__, __dir__ = _module_hooks(__name__, __all__)
