"""What an array looks like: its first rows as a heat map, or its first images, in few bytes."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph.display.png import shrunk

ROWS, COLUMNS = 32, 40
"""No more of a matrix is shown."""
PLANES = 4
"""No more images, or maps of features."""
SIDE = 28
"""Larger ones are averaged over blocks until neither side is longer."""
FEW_ROWS, FEW_COLUMNS = 4, 6
"""So many are told as numbers."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The first part of an array, as levels from 0 (the least) to 255 (the greatest)."""

    width: int
    height: int
    planes: int
    """How many matrices or images there are, one after the other."""
    channels: int
    """1; or 3 for red, green and blue, which then stand together for each pixel."""
    levels: str
    """A byte for each, in Base64, row after row."""
    low: float
    """What the level 0 stands for: the least of the finite elements."""
    high: float
    whole: bool
    """Whether this is all of the array."""
    numbers: tuple[tuple[float, ...], ...] = ()
    """The first elements of the first rows as they are; of images there are none."""


def sample_of(array: Any) -> Sample | None:
    """Return what an array looks like; ``None`` of a scalar, or where no element is finite.

    A matrix, or a batch of rows, is shown from its first row on; a vector is one row. Of an array
    of more axes the last two are an image, of which the first few are shown; with three channels,
    first or last among the image's axes, it is one in colour.

    Example:
        >>> found = sample_of(np.array([[0.0, 1.0], [2.0, 4.0]]))
        >>> found.width, found.height, found.low, found.high, found.numbers
        (2, 2, 0.0, 4.0, ((0.0, 1.0), (2.0, 4.0)))
    """
    array = np.asarray(array)
    if array.ndim == 0 or array.size < 2 or array.dtype.kind not in "fiub":
        return None
    images = array.ndim > 2
    shown = _images(array) if images else _rows(array)
    shown = shown.astype(np.float64)
    finite = shown[np.isfinite(shown)]
    if finite.size == 0:
        return None
    low, high = float(finite.min()), float(finite.max())
    levels = np.nan_to_num((shown - low) * (255 / (high - low or 1.0)), nan=0.0)
    planes, height, width, channels = shown.shape
    numbers = () if images else shown[0, :FEW_ROWS, :FEW_COLUMNS, 0]
    return Sample(
        width,
        height,
        planes,
        channels,
        b64encode(np.clip(levels.round(), 0, 255).astype(np.uint8).tobytes()).decode(),
        low,
        high,
        shown.size == array.size,
        tuple(tuple(map(float, row)) for row in numbers),
    )


def _rows(array: Any) -> Any:
    """Return the first rows of a vector or matrix as one plane of one channel."""
    matrix = array.reshape(1, -1) if array.ndim == 1 else array
    return matrix[None, :ROWS, :COLUMNS, None]


def _images(array: Any) -> Any:
    """Return the first images of an array: planes, height, width, channels."""
    shape = array.shape
    if shape[-1] in (1, 3) and min(shape[-3:-1]) > 3:
        images = array.reshape(-1, *shape[-3:])
    elif shape[-3] == 3 and min(shape[-2:]) > 3:
        images = np.moveaxis(array.reshape(-1, *shape[-3:]), 1, -1)
    else:
        images = array.reshape(-1, *shape[-2:], 1)
    return np.stack([shrunk(image, SIDE) for image in images[:PLANES]])
