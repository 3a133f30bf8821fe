"""Small images as PNG, without any other library."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from typing import Any

import numpy as np
from numpy.typing import NDArray

_GREY, _COLOUR = 0, 2
"""The types of an image in the standard: one sample for each pixel, or red, green and blue."""


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Return an image as the bytes of a PNG file (ISO/IEC 15948).

    Args:
        pixels: grey of shape (height, width), or red, green and blue, (height, width, 3).

    Example:
        >>> png(np.zeros((2, 3), np.uint8))[1:4]
        b'PNG'
    """
    height, width = pixels.shape[:2]
    kind = _GREY if pixels.ndim == 2 else _COLOUR
    rows = np.ascontiguousarray(pixels).reshape(height, -1)
    unfiltered = np.zeros((height, 1), np.uint8)
    data = zlib.compress(np.hstack([unfiltered, rows]).tobytes(), 9)
    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    parts = _chunk(b"IHDR", head), _chunk(b"IDAT", data), _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    check = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)


def png_address(pixels: NDArray[np.uint8]) -> str:
    """Return an image as an address that holds it, which a page shows without loading a file."""
    return f"data:image/png;base64,{b64encode(png(pixels)).decode()}"


def grey_levels(image: Any) -> NDArray[np.uint8]:
    """Return numbers as levels from 0, the least, to 255, the greatest; bytes as they are.

    What is not finite becomes 0, as does an image of which all numbers are equal.

    Example:
        >>> grey_levels(np.array([[-1.0, 0.0, 1.0]])).tolist()
        [[0, 128, 255]]
    """
    image = np.asarray(image)
    levels: NDArray[np.uint8] = image
    if image.dtype != np.uint8:
        levels = np.rint(255 * np.nan_to_num(heights(image))).astype(np.uint8)
    return levels


def heights(array: Any) -> NDArray[np.float64]:
    """Return how far up from the least to the greatest numbers are, 0 to 1; NaN: not finite.

    Example:
        >>> heights(np.array([-1.0, 0.0, 1.0, np.inf])).tolist()
        [0.0, 0.5, 1.0, nan]
    """
    numbers = np.where(np.isfinite(array), array, np.nan).astype(np.float64)
    finite = numbers[np.isfinite(numbers)]
    if not finite.size:
        return numbers
    low, high = float(finite.min()), float(finite.max())
    scale = max(abs(low), abs(high)) or 1.0  # so that no difference overflows
    spread = high / scale - low / scale or 1.0
    found: NDArray[np.float64] = (numbers / scale - low / scale) / spread
    return found


def shrunk(image: Any, side: int) -> Any:
    """Return an image averaged over blocks of pixels, so that no side is longer than ``side``.

    Args:
        image: of shape (height, width) or (height, width, channels); rows and columns beyond whole
            blocks are left out.
        side: how many pixels at most.

    Example:
        >>> shrunk(np.arange(16.0).reshape(4, 4), 2).tolist()
        [[2.5, 4.5], [10.5, 12.5]]
    """
    height, width, *channels = image.shape
    block = -(-max(height, width) // side)
    if block <= 1:
        return image
    tall, wide = min(block, height), min(block, width)  # a side shorter than a block is one
    rows, columns = height // tall, width // wide
    blocks = image[: rows * tall, : columns * wide].reshape(rows, tall, columns, wide, *channels)
    with np.errstate(over="ignore", invalid="ignore"):  # NaN and infinity are seen, not told of
        means = blocks.mean(axis=(1, 3), dtype=np.float64)
    return np.rint(means).astype(np.uint8) if image.dtype == np.uint8 else means
