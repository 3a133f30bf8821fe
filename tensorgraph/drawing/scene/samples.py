"""What an array looks like: its first rows as a heat map, or its first images, in few bytes."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph.display.png import heights, shrunk

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
    """The first part of an array, as levels from 1 (the least) to 255 (the greatest)."""

    width: int
    height: int
    planes: int
    """How many matrices or images there are, one after the other."""
    channels: int
    """1; or 3 for red, green and blue, which then stand together for each pixel."""
    levels: str
    """A byte for each, in Base64, row after row; 0 where an element is not finite."""
    low: float
    """What the level 1 stands for: the least of the finite elements."""
    high: float
    part: str = ""
    """How much of the array this is, where that is not all: ``first 4 of 64, averaged``."""
    numbers: tuple[tuple[float, ...], ...] = ()
    """The first elements of the first rows as they are; of images there are none."""


def sample_of(array: Any) -> Sample | None:
    """Return what an array looks like; ``None`` of a scalar, or where no element is finite.

    A matrix, or a batch of rows, is shown from its first row on; a vector is one row. Of an array
    of more axes the last two are an image, of which the first few are shown; with three channels,
    first or last among the image's axes, it is one in colour. Of a vector or matrix the first
    elements are told as numbers, too.

    Example:
        >>> found = sample_of(np.array([[0.0, 1.0], [2.0, 4.0]]))
        >>> found.width, found.height, found.low, found.high, found.numbers
        (2, 2, 0.0, 4.0, ((0.0, 1.0), (2.0, 4.0)))
    """
    array = np.asarray(array)
    if array.ndim == 0 or array.size < 2 or array.dtype.kind not in "fiub":
        return None
    is_matrix = array.ndim <= 2
    planes = _planes(array)
    if is_matrix:
        shown = planes[:, :ROWS, :COLUMNS]
    else:
        shown = np.stack([shrunk(image, SIDE) for image in planes[:PLANES]])
    finite = shown[np.isfinite(shown)]
    if finite.size == 0:
        return None
    levels = np.nan_to_num(1 + np.rint(254 * heights(shown)))
    count, height, width, channels = shown.shape
    return Sample(
        width,
        height,
        count,
        channels,
        b64encode(levels.astype(np.uint8).tobytes()).decode(),
        float(finite.min()),
        float(finite.max()),
        _part(planes.shape, shown.shape, is_matrix),
        tuple(tuple(map(float, row)) for row in shown[0, :FEW_ROWS, :FEW_COLUMNS, 0])
        if is_matrix
        else (),
    )


def _planes(array: Any) -> Any:
    """Return an array as matrices or images: planes, height, width, channels."""
    shape = array.shape
    if len(shape) > 2 and shape[-1] in (1, 3) and min(shape[-3:-1]) > 3:
        return array.reshape(-1, *shape[-3:])
    if len(shape) > 2 and shape[-3] == 3 and min(shape[-2:]) > 3:
        return np.moveaxis(array.reshape(-1, *shape[-3:]), 1, -1)
    return array.reshape(-1, *(1, *shape)[-2:], 1)


def _part(whole: tuple[int, ...], shown: tuple[int, ...], is_matrix: bool) -> str:
    """Return how much of an array is shown; nothing where all is."""
    if is_matrix:
        sides = (" × ".join(map(str, shape[1:3])) for shape in (shown, whole))
        return f"first {' of '.join(sides)}" if shown != whole else ""
    few = [f"first {shown[0]} of {whole[0]}"] * (shown[0] < whole[0])
    return ", ".join(few + ["averaged"] * (shown[1:] != whole[1:]))
