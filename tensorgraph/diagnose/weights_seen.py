"""Weights as images: those of the first layer's units, or of filters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.arguments import integer, integers, whole
from tensorgraph.diagnose.array_arguments import Array, as_numbers
from tensorgraph.diagnose.model_calls import is_model
from tensorgraph.display.figure import axes_for
from tensorgraph.display.png import png_address
from tensorgraph.display.text import escaped
from tensorgraph.leads.calls import with_leads

__all__ = ["WeightImages", "weight_images"]

WHERE = "weight_images"
MOST = 64
"""How many images are shown."""
LEAST_PIXELS = 48
"""A side of an image on a page is at least so long."""
BLUE, MIDDLE, RED = (0.13, 0.40, 0.67), (0.93, 0.93, 0.93), (0.70, 0.09, 0.17)
"""Of the most negative number, of 0 and of the largest one: most eyes tell them apart."""


@dataclass(frozen=True, eq=False, repr=False)
class WeightImages:
    """Weights as images: see :func:`weight_images`."""

    images: Array
    """The weights of each unit, shape (units, height, width) or (units, height, width, 3)."""
    name: str
    """What the weight is called."""

    @property
    def pixels(self) -> Array:
        """All images in red, green and blue from 0 to 255, shape (units, height, width, 3).

        Each unit is scaled by itself, by its largest number; 0 is light grey between blue for
        negative and red for positive numbers. Of three channels each is a colour, 0 a half of it.
        """
        axes = tuple(range(1, self.images.ndim))
        largest = abs(self.images).max(axis=axes, keepdims=True)
        share = self.images / np.where(largest == 0, 1, largest)
        if self.images.ndim == 4:
            colour = 0.5 + 0.5 * share
        else:
            share = share[..., None]
            end = np.where(share < 0, BLUE, RED)
            colour = np.array(MIDDLE) + abs(share) * (end - np.array(MIDDLE))
        return np.rint(255 * colour).astype(np.uint8)

    def plot(self, ax: Any = None) -> Any:
        """Draw the first 64 in rows, and return the axes.

        Args:
            ax: where to draw, as matplotlib calls it; by default in a figure of its own.

        Raises:
            ImportError: matplotlib is not installed.
        """
        shown = self.pixels[:MOST]
        columns = math.ceil(math.sqrt(len(shown)))
        rows = -(-len(shown) // columns)
        height, width = shown.shape[1:3]
        gap = max(1, round(max(height, width) / 12))
        sheet = np.zeros((rows * (height + gap) - gap, columns * (width + gap) - gap, 4))
        for k, image in enumerate(shown):
            top, left = k // columns * (height + gap), k % columns * (width + gap)
            sheet[top : top + height, left : left + width, :3] = image / 255
            sheet[top : top + height, left : left + width, 3] = 1
        ax = axes_for(WHERE, ax, 4.0, 4.2)
        ax.imshow(sheet, interpolation="nearest")
        ax.set_axis_off()
        ax.set_title(str(self), fontsize="small")
        return ax

    def __str__(self) -> str:
        units, height, width = self.images.shape[:3]
        more = f", the first {MOST}" if units > MOST else ""
        return f"{self.name}: {units} x ({height} x {width}){more}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        height, width = self.images.shape[1:3]
        scale = max(1, LEAST_PIXELS // max(height, width))
        parts = [
            f'<img src="{png_address(image)}" width="{scale * width}" height="{scale * height}"'
            f' alt="unit {k}" title="unit {k}" style="image-rendering:pixelated;margin:2px">'
            for k, image in enumerate(self.pixels[:MOST])
        ]
        return f"<p>{escaped(self)}</p><div>{''.join(parts)}</div>"


@with_leads
def weight_images(
    weights: Any,
    image_shape: Any = None,
    *,
    layer: str | None = None,
    axis: int = 0,
) -> WeightImages:
    """Return what the units of a layer look for, as images.

    Args:
        weights: a module, whose first weight of two axes or more is shown; or an array: W of shape
            (units, pixels) of a dense layer, or filters of shape (units, channels, height, width).
        image_shape: what the inputs of a dense layer are: (height, width), (height, width,
            channels) or (channels, height, width); by default a square of one or three channels.
        layer: of a module, the path of the weight or of its layer: ``"layers.3"``.
        axis: where the units stand: 0 as layers have it, 1 for weights that are used as ``x @ W``
            or w of shape (pixels, 1), as in logistic regression.

    Returns:
        Images as an array; ``.plot(ax=…)`` draws them, a notebook shows them. Filters of another
        number of channels than one or three are shown channel by channel.

    Raises:
        ArgumentError: no such weight, or numbers that are not finite.
        ShapeError: weights that are no images.

    Example:
        >>> import tensorgraph as tg
        >>> model = tg.nn.Sequential(tg.nn.Linear(784, 16), tg.nn.ReLU(), tg.nn.Linear(16, 10))
        >>> images = tg.diagnose.weight_images(model)
        >>> images, images.images.shape
        (layers.0.weight: 16 x (28 x 28), (16, 28, 28))
        >>> tg.diagnose.weight_images(tg.nn.Conv2d(3, 8, 5)).images.shape
        (8, 5, 5, 3)
    """
    name, given = _weight(weights, layer)
    array = as_numbers(WHERE, name, given).astype(np.float64)
    units = integer(axis, f"{WHERE}: axis")
    if not -array.ndim <= units < array.ndim or not array.size:
        raise errors.ShapeError(
            f"{WHERE}: {name} of shape {array.shape} has no units along axis {axis}"
        )
    array = np.moveaxis(array, units, 0)
    if array.ndim == 2:
        return WeightImages(_as_images(name, array, image_shape), name)
    if image_shape is not None:
        raise errors.ArgumentError(
            f"{WHERE}: image_shape is for the weights of a dense layer; {name} has shape"
            f" {array.shape}; leave it out"
        )
    return WeightImages(_filters(name, array), name)


def _weight(weights: Any, layer: str | None) -> tuple[str, Any]:
    """Return the weight to show, and its name."""
    if not (layer is None or isinstance(layer, str)):
        raise errors.DTypeError(
            f"{WHERE}: layer is the path of one, such as 'layers.0', not {errors.describe(layer)}"
        )
    if not is_model(weights):
        if layer is not None:
            raise errors.ArgumentError(f"{WHERE}: layer= is for modules, not for an array")
        if isinstance(weights, type):
            raise errors.DTypeError(f"{WHERE}: a class; write {weights.__name__}(…)")
        return getattr(weights, "name", None) or "weights", weights
    named = [*weights.named_parameters(), *weights.named_buffers()]
    wide = {path: value for path, value in named if len(value.shape) >= 2}
    if layer is None and wide:
        return next(iter(wide.items()))
    fits = [path for path in wide if layer in (path, path.rpartition(".")[0])]
    if not fits:
        told = f"{layer!r} has no weight of two axes" if layer else "no weight has two axes"
        raise errors.ArgumentError(
            f"{WHERE}: {told}; there are {errors.listing(list(wide)) or 'none in this model'}"
        )
    return fits[0], wide[fits[0]]


def _as_images(name: str, array: Array, image_shape: Any) -> Array:
    pixels = array.shape[1]
    if image_shape is None:
        for channels in (1, 3):
            side = math.isqrt(pixels // channels)
            if channels * side * side == pixels:
                return _in_colour(name, array.reshape(-1, side, side, channels))
        raise errors.ShapeError(
            f"{WHERE}: a unit of {name} has {pixels} weights, which is no square image; write"
            " image_shape=(height, width)"
        )
    shape = tuple(whole(n, f"{WHERE}: image_shape", 1) for n in integers(image_shape, WHERE))
    if len(shape) not in (2, 3) or math.prod(shape) != pixels:
        raise errors.ShapeError(
            f"{WHERE}: image_shape={shape} holds {math.prod(shape)} pixels, a unit of {name} has"
            f" {pixels} weights"
        )
    images = array.reshape(-1, *shape)
    if len(shape) == 2:
        return images
    first = shape[0] in (1, 3) and shape[2] not in (1, 3)
    return _in_colour(name, np.moveaxis(images, 1, -1) if first else images)


def _filters(name: str, array: Array) -> Array:
    if array.ndim != 4:
        raise errors.ShapeError(
            f"{WHERE}: {name} of shape {array.shape} holds no images: filters have shape (units,"
            " channels, height, width), dense weights (units, pixels)"
        )
    if array.shape[1] in (1, 3):
        return _in_colour(name, np.moveaxis(array, 1, -1))
    return array.reshape(-1, *array.shape[2:])


def _in_colour(name: str, images: Array) -> Array:
    if images.shape[-1] not in (1, 3):
        raise errors.ShapeError(
            f"{WHERE}: images of {name} have {images.shape[-1]} channels, one or three are shown"
        )
    return images[..., 0] if images.shape[-1] == 1 else images
