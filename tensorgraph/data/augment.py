"""Data augmentation: random changes of an example that leave its label as it is.

Each function here returns a function ``f(example, rng)`` of one example, without the axis of
examples, and a NumPy generator; it returns a new example of the same dtype and leaves the given one
alone. ``tg.data.Batches(x, y, augment=f)`` applies it to each example of each batch with random
numbers of its own. They can be pickled, so processes can work on them.

An image has shape (height, width), or with channels the one that ``layout`` names: ``"CHW"``, as
the convolution layers take it, or ``"HWC"``. Whether a label survives is for you to judge: a cat
seen in a mirror is a cat, a 6 turned by 180° is a 9.

(Deep Learning Specialization, course 2, week 1, "Other regularization methods".)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorgraph import extras
from tensorgraph.arguments import number, whole
from tensorgraph.array_likes import numbers_of, to_plain, what_else
from tensorgraph.data.aligned_arrays import Array, in_dtype
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError, describe
from tensorgraph.leads.attributes import module_hooks as _module_hooks
from tensorgraph.leads.calls import with_leads

__all__ = [
    "brightness", "compose", "crop", "cutout", "flip", "noise", "rotate", "shift",
]  # fmt: skip

if not TYPE_CHECKING:
    __getattr__, __dir__ = _module_hooks(__name__, __all__)

Random = np.random.Generator
Augmentation = Callable[[Any, Random], Any]
Limits = tuple[float, float] | None


def compose(*steps: Augmentation) -> Augmentation:
    """Return the augmentation that applies one after the other, with one generator.

    Args:
        steps: functions ``f(example, rng)``, those of this module or your own.

    Raises:
        DTypeError: a step that cannot be called.

    Example:
        >>> import numpy as np
        >>> from tensorgraph.data import augment
        >>> f = augment.compose(augment.flip(), augment.shift(1))
        >>> f(np.eye(3), np.random.default_rng(0)).shape
        (3, 3)
    """
    for step in steps:
        if not callable(step):
            raise DTypeError(f"compose: a step is a function f(example, rng), not {describe(step)}")
    return partial(_compose, steps)


def _compose(steps: tuple[Augmentation, ...], example: Any, rng: Random) -> Any:
    for step in steps:
        example = step(example, rng)
    return example


# ------------------------------------------------------------------------------ where pixels are


@with_leads
def flip(p: float = 0.5, direction: str = "horizontal", layout: str = "CHW") -> Augmentation:
    """Return an augmentation that mirrors an image with probability p.

    Args:
        p: the probability.
        direction: ``"horizontal"`` swaps left and right, ``"vertical"`` top and bottom.
        layout: where the channels are, ``"CHW"`` or ``"HWC"``.

    Raises:
        ArgumentError: p outside [0, 1], an unknown direction or layout.

    Example:
        >>> import numpy as np
        >>> from tensorgraph.data import augment
        >>> augment.flip(p=1.0)(np.array([[1, 2, 3]]), np.random.default_rng(0))
        array([[3, 2, 1]])
    """
    p = number(p, "flip: p", 0, 1)
    axis = {"vertical": 0, "horizontal": 1}.get(direction)
    if axis is None:
        raise ArgumentError(f"flip: direction is 'horizontal' or 'vertical', not {direction!r}")
    return partial(_on_image, partial(_flip, p, axis), _known(layout))


def _flip(p: float, axis: int, image: Array, rng: Random) -> Array:
    return np.flip(image, axis) if rng.random() < p else image


@with_leads
def shift(pixels: int, fill: float = 0.0, layout: str = "CHW") -> Augmentation:
    """Return an augmentation that moves an image by up to so many pixels, up or down and sideways.

    Args:
        pixels: the largest move; each one of −pixels … pixels is as probable.
        fill: the value of the pixels that come in from outside.
        layout: where the channels are, ``"CHW"`` or ``"HWC"``.

    Raises:
        ArgumentError: a negative number of pixels, an unknown layout.
        DTypeError: ``pixels`` is not an integer.

    Example:
        >>> import numpy as np
        >>> from tensorgraph.data import augment
        >>> augment.shift(1)(np.array([[1, 2, 3]] * 3), np.random.default_rng(0))
        array([[1, 2, 3],
               [1, 2, 3],
               [0, 0, 0]])
    """
    pixels = whole(pixels, "shift: pixels")
    return partial(_on_image, partial(_shift, pixels, fill), _known(layout))


def _shift(pixels: int, fill: float, image: Array, rng: Random) -> Array:
    return _window(_padded(image, pixels, fill), image.shape[:2], rng)


@with_leads
def crop(
    size: int | tuple[int, int], padding: int = 0, fill: float = 0.0, layout: str = "CHW"
) -> Augmentation:
    """Return an augmentation that cuts a random window out of an image.

    Args:
        size: the height and width of the window; one number for both.
        padding: so many pixels are put around the image before.
        fill: their value.
        layout: where the channels are, ``"CHW"`` or ``"HWC"``.

    Raises:
        ArgumentError: a size below 1, a negative padding, an unknown layout.
        ShapeError: when called, the image is smaller than the window.

    Example:
        >>> import numpy as np
        >>> from tensorgraph.data import augment
        >>> augment.crop(24)(np.zeros((3, 28, 28)), np.random.default_rng(0)).shape
        (3, 24, 24)
    """
    window, padding = _size("crop", size), whole(padding, "crop: padding")
    return partial(_on_image, partial(_crop, window, padding, fill), _known(layout))


def _crop(window: tuple[int, int], padding: int, fill: float, image: Array, rng: Random) -> Array:
    return _window(_padded(image, padding, fill) if padding else image, window, rng)


@with_leads
def rotate(degrees: float, fill: float = 0.0, layout: str = "CHW") -> Augmentation:
    """Return an augmentation that turns an image about its centre; it needs SciPy.

    Values between pixels are interpolated bilinearly, so none leaves the range of the image's own
    and ``fill``.

    Args:
        degrees: the largest angle; the angle is drawn evenly from [−degrees, degrees].
        fill: the value of the pixels that come in from outside.
        layout: where the channels are, ``"CHW"`` or ``"HWC"``.

    Raises:
        ArgumentError: a negative angle, an unknown layout.
        ImportError: SciPy is not installed.

    Example:
        >>> import numpy as np
        >>> from tensorgraph.data import augment
        >>> augment.rotate(15.0)(np.ones((3, 28, 28)), np.random.default_rng(0)).shape
        (3, 28, 28)
    """
    degrees = number(degrees, "rotate: degrees", 0)
    extras.require("scipy.ndimage", "images")
    return partial(_on_image, partial(_rotate, degrees, fill), _known(layout))


def _rotate(degrees: float, fill: float, image: Array, rng: Random) -> Array:
    image = _numbers(image)
    ndimage, angle = extras.require("scipy.ndimage", "images"), rng.uniform(-degrees, degrees)
    turned: Array = ndimage.rotate(
        image.astype(np.result_type(image, np.float32), copy=False),
        angle,
        reshape=False,
        order=1,
        mode="grid-constant",
        cval=fill,
    )
    return _as_before(turned, image, None)


@with_leads
def cutout(size: int | tuple[int, int], fill: float = 0.0, layout: str = "CHW") -> Augmentation:
    """Return an augmentation that blanks a rectangle at a random place.

    Its centre is a pixel of the image, so at the border a part of it lies outside (DeVries & Taylor
    2017, "Improved regularization of convolutional neural networks with cutout").

    Args:
        size: the height and width of the rectangle; one number for both.
        fill: the value that is put there.
        layout: where the channels are, ``"CHW"`` or ``"HWC"``.

    Raises:
        ArgumentError: a size below 1, an unknown layout.

    Example:
        >>> import numpy as np
        >>> from tensorgraph.data import augment
        >>> augment.cutout(2)(np.ones((3, 3)), np.random.default_rng(2))
        array([[1., 1., 1.],
               [0., 1., 1.],
               [0., 1., 1.]])
    """
    window = _size("cutout", size)
    return partial(_on_image, partial(_cutout, window, fill), _known(layout))


def _cutout(window: tuple[int, int], fill: float, image: Array, rng: Random) -> Array:
    out = image.copy()
    starts = (
        int(rng.integers(length)) - size // 2
        for length, size in zip(image.shape, window, strict=False)
    )
    out[tuple(slice(max(a, 0), a + n) for a, n in zip(starts, window, strict=True))] = fill
    return out


# ---------------------------------------------------------------------------- what pixels hold


@with_leads
def noise(std: Any, limits: Limits = None) -> Augmentation:
    """Return an augmentation that adds Gaussian noise to an example of any shape.

    Args:
        std: the standard deviation; for a table, an array with one for each feature.
        limits: the least and the greatest value, such as (0.0, 1.0), at which what goes beyond is
            cut. Integers are rounded and cut at the limits of their dtype unless given.

    Raises:
        ArgumentError: a negative deviation, limits in the wrong order.

    Example:
        >>> import numpy as np
        >>> from tensorgraph.data import augment
        >>> jitter = augment.noise(std=np.array([0.1, 0.0]))
        >>> print(jitter(np.array([3.0, 1.0]), np.random.default_rng(0)).round(3))
        [3.013 1.   ]
    """
    deviation = np.asarray(std)
    if deviation.dtype.kind not in "fiu" or not (deviation >= 0).all():
        raise ArgumentError(f"noise: std is a number of at least 0, or an array of them, not {std}")
    return partial(_noise, deviation, _checked("noise", limits))


def _noise(std: Array, limits: Limits, example: Any, rng: Random) -> Array:
    array = _numbers(example)
    lengths = array.shape[array.ndim - std.ndim :]
    if std.ndim > array.ndim or any(
        n not in (1, m) for n, m in zip(std.shape, lengths, strict=True)
    ):
        raise ShapeError(
            f"noise: std of shape {std.shape} does not broadcast to an example of shape"
            f" {array.shape}"
        )
    kind = _precision(array)
    draw = rng.standard_normal(array.shape, kind)
    with np.errstate(over="ignore"):
        changed = np.add(array, draw * std.astype(kind), dtype=kind)
    return _as_before(changed, array, limits)


@with_leads
def brightness(amount: float, limits: Limits = None) -> Augmentation:
    """Return an augmentation that multiplies all values by one factor near 1.

    Args:
        amount: the factor is drawn evenly from [1 − amount, 1 + amount].
        limits: the least and the greatest value, such as (0.0, 1.0), at which what goes beyond is
            cut. Integers are rounded and cut at the limits of their dtype unless given.

    Raises:
        ArgumentError: an amount outside [0, 1], limits in the wrong order.

    Example:
        >>> import numpy as np
        >>> from tensorgraph.data import augment
        >>> f = augment.brightness(0.5)
        >>> f(np.array([[100, 200]], np.uint8), np.random.default_rng(0))
        array([[114, 227]], dtype=uint8)
    """
    amount = number(amount, "brightness: amount", 0, 1)
    return partial(_brightness, amount, _checked("brightness", limits))


def _brightness(amount: float, limits: Limits, image: Any, rng: Random) -> Array:
    array = _numbers(image)
    factor = rng.uniform(1 - amount, 1 + amount)
    with np.errstate(over="ignore"):
        changed = np.multiply(array, factor, dtype=_precision(array))
    return _as_before(changed, array, limits)


# ----------------------------------------------------------------------------------- the helpers


def _on_image(change: Augmentation, layout: str, image: Any, rng: Random) -> Array:
    """Return an image changed by a function of one whose channels, if any, come last."""
    array = to_plain(image, "an image")
    if array.dtype.kind not in "biuf":
        raise DTypeError(f"an image holds numbers, not {what_else(array, image)}")
    if not array.size:
        raise ShapeError(f"an image has pixels, not shape {array.shape}")
    if array.ndim == 2:
        return np.array(change(array, rng))
    if array.ndim != 3:
        raise ShapeError(
            f"an image has shape (height, width) or, with channels, that of {layout}, not"
            f" {array.shape}; write .reshape(height, width) for one that was flattened"
        )
    first = layout == "CHW"
    channels, other = array.shape[0 if first else 2], array.shape[2 if first else 0]
    if channels > 4 and other in (1, 3, 4):
        raise ShapeError(
            f"an image of shape {array.shape} has {channels} channels as {layout}; write"
            f" layout={'HWC' if first else 'CHW'!r}"
        )
    changed = change(np.moveaxis(array, 0, -1) if first else array, rng)
    return np.array(np.moveaxis(changed, -1, 0) if first else changed, order="C")


def _known(layout: str) -> str:
    if layout not in ("CHW", "HWC"):
        raise ArgumentError(f"layout is 'CHW' or 'HWC', not {layout!r}")
    return layout


def _size(function: str, size: Any) -> tuple[int, int]:
    sides = size if isinstance(size, (tuple, list)) else (size, size)
    if len(sides) != 2:
        raise ArgumentError(f"{function}: size is (height, width) or one number, not {size}")
    height, width = (whole(side, f"{function}: size", 1) for side in sides)
    return height, width


def _checked(function: str, limits: Limits) -> Limits:
    if limits is None:
        return None
    ends = np.asarray(limits)
    if ends.shape != (2,) or ends.dtype.kind not in "fiu" or not ends[0] < ends[1]:
        raise ArgumentError(f"{function}: limits are (least, greatest), not {limits!r}")
    return limits


def _padded(image: Array, pixels: int, fill: float) -> Array:
    height, width, *rest = image.shape
    out = np.full((height + 2 * pixels, width + 2 * pixels, *rest), fill, image.dtype)
    out[pixels : pixels + height, pixels : pixels + width] = image
    return out


def _window(image: Array, size: tuple[int, ...], rng: Random) -> Array:
    free = image.shape[0] - size[0], image.shape[1] - size[1]
    if min(free) < 0:
        raise ShapeError(
            f"crop: a window of {size} does not fit in an image of {image.shape[:2]}; write a"
            " smaller size, or padding="
        )
    top, left = (int(rng.integers(n + 1)) for n in free)
    return image[top : top + size[0], left : left + size[1]]


def _as_before(values: Array, example: Array, limits: Limits) -> Array:
    """Return values in the dtype of an example, cut at the limits given and at those of it."""
    return in_dtype(values if limits is None else values.clip(*limits), example.dtype)


def _numbers(example: Any) -> Array:
    array = numbers_of(to_plain(example, "an example"))
    if array.dtype.kind not in "fiu":
        raise DTypeError(
            f"an example to change holds numbers, not"
            f" {array.dtype if array.dtype.kind == 'b' else what_else(array, example)}"
        )
    return array


def _precision(array: Array) -> Any:
    """Return in what is computed: float32 data in float32, all else in float64."""
    return np.float32 if array.dtype == np.float32 else np.float64
