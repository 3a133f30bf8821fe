"""``tg.fft``: Fourier transforms, with real and imaginary parts along a last axis of 2.

Tensors are real. Where NumPy has an array of complex numbers of shape (…, n), there is one of shape
(…, n, 2) here: ``z[..., 0]`` the real parts, ``z[..., 1]`` the imaginary ones, as PyTorch's
``view_as_real`` has them. ``view_as_real`` and ``view_as_complex`` lead from NumPy's arrays to
these and back. An ``axis`` is counted as NumPy counts it, the axis of parts left out: −1 is the one
before.

Names and options are NumPy's. ``np.fft.rfft(x)`` of a tensor would be complex, so it is an error
that names the function here. All transforms are linear: the gradient of each is another one of
them, exact in any order. float32 is computed in float32, float16 as well, and rounded.

``transforms`` (the functions), ``_records`` (what they call), ``complex_numbers`` and
``frequencies``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorgraph.fft import complex_numbers, frequencies, transforms
from tensorgraph.fft.complex_numbers import *
from tensorgraph.fft.frequencies import *
from tensorgraph.fft.transforms import *
from tensorgraph.leads.attributes import module_hooks as _module_hooks
from tensorgraph.ops.numpy_api import FURTHER

FFT: dict[str, Callable[..., Any]] = {
    name: globals()[name]
    for file in (transforms, complex_numbers, frequencies)
    for name in file.__all__
}
"""All functions of the room by name."""

if not TYPE_CHECKING:  # which takes what is imported by * as public
    __all__ = list(FFT)
    __getattr__, __dir__ = _module_hooks(__name__, __all__)

FURTHER.update({getattr(np.fft, name): FFT[name] for name in ("fftshift", "ifftshift")})
