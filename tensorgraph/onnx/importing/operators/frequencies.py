"""Fourier transforms, as products with a matrix: complex numbers are pairs along the last axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import OnnxError
from tensorgraph.onnx.importing.table import operator
from tensorgraph.onnx.importing.values import allowed, axis_of, one_int


def _transformed(x: Any, n: int, inverse: int, onesided: int) -> Any:
    """Transform (..., places, 1 or 2) along the places, of which n count.

    Y[k] = Σ_m x[m] e^(∓2πi km/n), divided by n if ``inverse``.
    """
    places, parts = shape_of(x)[-2:]
    if n < 1 or parts not in (1, 2):
        raise OnnxError(f"a transform of length {n} of a value of shape {shape_of(x)}")
    if places < n:
        widths = [(0, 0)] * (ndim_of(x) - 2) + [(0, n - places), (0, 0)]
        allowed((*shape_of(x)[:-2], n, parts))
        x = ops.pad(x, pad_width=widths)
    x = x[..., :n, :]
    count = n // 2 + 1 if onesided else n
    allowed((n, count))
    angles = 2 * np.pi * (np.arange(n)[:, None] * np.arange(count) % n) / n
    share = 1 / n if inverse else 1.0
    cos, sin = ((share * f(angles)).astype(x.dtype) for f in (np.cos, np.sin))
    sin = -sin if inverse else sin
    real = x[..., 0]
    first, second = ops.matmul(real, cos), -ops.matmul(real, sin)
    if parts == 2:
        imaginary = x[..., 1]
        first = first + ops.matmul(imaginary, sin)
        second = second + ops.matmul(imaginary, cos)
    return ops.stack([first, second], axis=-1)


def _real(x: Any, n: int) -> Any:
    """Return (..., n, 1) of which (..., n // 2 + 1, 2) is one side of the transform."""
    count = n // 2 + 1
    if n < 1 or shape_of(x)[-1] != 2 or shape_of(x)[-2] < count:
        raise OnnxError(f"{n} real numbers of one side of a transform of shape {shape_of(x)}")
    allowed((count, n))
    angles = 2 * np.pi * (np.arange(count)[:, None] * np.arange(n) % n) / n
    twice = np.where((np.arange(count) * 2) % n == 0, 1, 2)[:, None] / n
    cos, sin = ((twice * f(angles)).astype(x.dtype) for f in (np.cos, np.sin))
    y = ops.matmul(x[..., :count, 0], cos) - ops.matmul(x[..., :count, 1], sin)
    return ops.expand_dims(y, axis=-1)


@operator("DFT", since=17, settings=(1,))
def _dft_along(
    x: Any, length: Any = None, *, axis: int = 1, inverse: int = 0, onesided: int = 0
) -> Any:
    return _dft(x, length, axis, inverse=inverse, onesided=onesided)


@operator("DFT", since=20, settings=(1, 2))
def _dft(
    x: Any, length: Any = None, axis: Any = None, *, inverse: int = 0, onesided: int = 0
) -> Any:
    rank = ndim_of(x)
    at = axis_of(-2 if axis is None else one_int(axis, "the axis of DFT"), rank)
    n = shape_of(x)[at] if length is None else one_int(length, "the length of DFT")
    if at == rank - 1:
        raise OnnxError("DFT along the axis of real and imaginary parts")
    last = ops.moveaxis(x, at, rank - 2)
    if onesided and inverse:
        return ops.moveaxis(_real(last, 2 * (n - 1) if length is None else n), rank - 2, at)
    return ops.moveaxis(_transformed(last, n, inverse, onesided), rank - 2, at)


@operator("STFT", settings=(1, 3))
def _stft(
    signal: Any, step: Any, window: Any = None, length: Any = None, *, onesided: int = 1
) -> Any:
    if length is None and window is None:
        raise OnnxError("STFT needs a window or a length")
    size = one_int(length, "the length of STFT") if length is not None else shape_of(window)[0]
    stride = one_int(step, "the step of STFT")
    parts = shape_of(signal)[2] if ndim_of(signal) == 3 else 1
    channels = ops.reshape(signal, shape=(*shape_of(signal)[:2], parts))
    rows = ops.moveaxis(channels, 2, 1)  # (batch, parts, places)
    frames = ops.windows(rows, size=(size,), stride=(stride,), dilation=(1,))
    frames = frames if window is None else frames * window
    return _transformed(ops.moveaxis(frames, 1, 3), size, 0, onesided)
