"""The four transforms that all others are calls of, over any axes, and their gradients.

Each is linear, so that the gradient of one is the adjoint, which is another, scaled otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from tensorgraph.engine.op import OpFunction, register
from tensorgraph.engine.shapes import shape_of
from tensorgraph.ops._batching import along
from tensorgraph.ops.reduce import in_single

Shape = tuple[int, ...]
Axes = tuple[int, ...]

SWAPPED = {"backward": "forward", "ortho": "ortho", "forward": "backward"}
"""Which scaling the adjoint of a transform has, as the inverse of the other direction."""


def _linear(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Return a kernel that takes complex numbers as what they are in a linear map: two arrays."""

    @wraps(kernel)
    def linear_kernel(x: Any, **static: Any) -> Any:
        if x.dtype.kind == "c":
            return kernel(x.real, **static) + 1j * kernel(x.imag, **static)
        return kernel(x if x.dtype.kind == "f" else x.astype(float), **static)

    return in_single(linear_kernel)


def to_complex(x: Any) -> Any:
    return x[..., 0] + 1j * x[..., 1]


def to_parts(z: Any) -> Any:
    return np.stack([z.real, z.imag], axis=-1)


def _dtype(x: Any, **static: Any) -> Any:
    return x.dtype if x.dtype.kind == "f" else np.dtype(float)


def _same(x: Any, **static: Any) -> Shape:
    return shape_of(x)


fftn: OpFunction = register(
    "fftn",
    _linear(lambda x, *, axes, norm: to_parts(np.fft.fftn(to_complex(x), axes=axes, norm=norm))),
    {"x": lambda g, axes, norm: ifftn(g, axes=axes, norm=SWAPPED[norm])},
    family="linalg",
    batch=along("axes"),
    shape=_same,
    dtype=_dtype,
    symbol="FFT",
    code="""
        z = np.fft.fftn(x[..., 0] + 1j * x[..., 1], axes=axes, norm=norm)
        return np.stack([z.real, z.imag], axis=-1)
    """,
    doc="Return the Fourier transform over axes, of and as pairs of parts.",
)
ifftn: OpFunction = register(
    "ifftn",
    _linear(lambda x, *, axes, norm: to_parts(np.fft.ifftn(to_complex(x), axes=axes, norm=norm))),
    {"x": lambda g, axes, norm: fftn(g, axes=axes, norm=SWAPPED[norm])},
    family="linalg",
    batch=along("axes"),
    shape=_same,
    dtype=_dtype,
    symbol="IFFT",
    code="""
        z = np.fft.ifftn(x[..., 0] + 1j * x[..., 1], axes=axes, norm=norm)
        return np.stack([z.real, z.imag], axis=-1)
    """,
    doc="Return the inverse Fourier transform over axes, of and as pairs of parts.",
)


def _half(shape: Shape, last: int) -> Shape:
    """Return the shape of the half of a spectrum that is kept, each number as its two parts."""
    return (*shape[:last], shape[last] // 2 + 1, *shape[last + 1 :], 2)


def _counts(n: int, shape: Shape, last: int, dtype: Any, like: Any) -> Any:
    """Return how often each frequency of a half spectrum stands in the whole one: 1 at its ends."""
    counts = np.full(n // 2 + 1, 2)
    counts[0] = 1
    if n % 2 == 0:
        counts[-1] = 1
    room = [1] * len(shape)
    room[last] = len(counts)
    return np.asarray(counts.reshape(room).astype(dtype), like=like)


def _rfftn_rule(g: Any, x_shape: Shape, axes: Axes, norm: str) -> Any:
    n = x_shape[axes[-1]]
    once = g / _counts(n, shape_of(g), axes[-1], g.dtype, g)
    return irfftn(once, n=n, axes=axes, norm=SWAPPED[norm])


def _irfftn_rule(g: Any, n: int, axes: Axes, norm: str) -> Any:
    spectrum = rfftn(g, axes=axes, norm=SWAPPED[norm])
    return spectrum * _counts(n, shape_of(spectrum), axes[-1], g.dtype, g)


rfftn: OpFunction = register(
    "rfftn",
    _linear(lambda x, *, axes, norm: to_parts(np.fft.rfftn(x, axes=axes, norm=norm))),
    {"x": _rfftn_rule},
    family="linalg",
    batch=along("axes"),
    shape=lambda x, *, axes, norm: _half(shape_of(x), axes[-1]),
    dtype=_dtype,
    symbol="FFT",
    code="""
        z = np.fft.rfftn(x, axes=axes, norm=norm)
        return np.stack([z.real, z.imag], axis=-1)
    """,
    doc="Return the half spectrum of real numbers over axes, as pairs of parts.",
)


def _irfftn_kernel(x: Any, *, n: int, axes: Axes, norm: Any) -> Any:
    z = to_complex(x)
    lengths = (*(z.shape[axis] for axis in axes[:-1]), n)
    return np.fft.irfftn(z, lengths, axes=axes, norm=norm)


def _whole(x: Any, *, n: int, axes: Axes, norm: str) -> Shape:
    shape, last = shape_of(x)[:-1], axes[-1]
    return (*shape[:last], n, *shape[last + 1 :])


irfftn: OpFunction = register(
    "irfftn",
    _linear(_irfftn_kernel),
    {"x": _irfftn_rule},
    family="linalg",
    batch=along("axes"),
    shape=_whole,
    dtype=_dtype,
    symbol="IFFT",
    code="""
        z = x[..., 0] + 1j * x[..., 1]
        return np.fft.irfftn(z, (*(z.shape[a] for a in axes[:-1]), n), axes=axes, norm=norm)
    """,
    doc="Return the real numbers of which pairs of parts are the half spectrum over axes.",
)
