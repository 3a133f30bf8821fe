"""Resampling: images made larger or smaller by interpolation, or by moving channels into places."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorgraph.arguments import boolean, number, one_of, whole
from tensorgraph.engine.arrays import placed
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor, array_of, asarray
from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.half_precision import to_half, to_single
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module
from tensorgraph.nn.place_products import MOST, product_along
from tensorgraph.ops.index import take
from tensorgraph.ops.shape import permute_dims, reshape

Shape = tuple[int, ...]
Sizes = int | Sequence[int]
Scales = float | Sequence[float]
Taps = tuple[Any, Any]
"""The places that each result is made of, and their weights, as rows."""

# -------------------------------------------------------------------------------- interpolation


def _nearest(at: Any, n: int) -> Taps:
    # The centre of a place belongs to the place itself: ⌊x⌋ of its left edge (see _coordinates).
    return np.clip(np.floor(at), 0, n - 1).astype(np.intp)[:, None], None


def _linear(at: Any, n: int) -> Taps:
    at = np.clip(at, 0, n - 1)
    low = np.minimum(np.floor(at), max(n - 2, 0)).astype(np.intp)
    share = at - low
    return np.stack([low, np.minimum(low + 1, n - 1)], 1), np.stack([1 - share, share], 1)


SHARPNESS = -0.75
"""a of the cubic kernel, as image libraries and PyTorch have it; Keys' own is −½."""


def _cubic(at: Any, n: int) -> Taps:
    low = np.floor(at)
    distances = np.abs(at[:, None] - low[:, None] - np.arange(-1, 3))
    a, d = SHARPNESS, distances
    near = ((a + 2) * d - (a + 3)) * d**2 + 1
    far = ((d - 5) * d + 8) * d * a - 4 * a
    places = np.clip(low[:, None] + np.arange(-1, 3), 0, n - 1).astype(np.intp)
    return places, np.where(d <= 1, near, far)


MODES: dict[str, Callable[[Any, int], Taps]] = {
    "nearest": _nearest, "linear": _linear, "cubic": _cubic,
}  # fmt: skip
"""The places and weights for results at given coordinates along an axis of n places."""

ONE_FOR_ALL = {"bilinear": "linear", "trilinear": "linear", "bicubic": "cubic"}
"""Names that say how many axes there are, which the shape says here."""


def _coordinates(n: int, size: int, ratio: float, mode: str, align_corners: bool) -> Any:
    """Return where each of the results stands among n places, of which one is so much of it."""
    results = np.arange(size)
    if mode == "nearest":
        return results * ratio
    if align_corners:
        return results * ((n - 1) / (size - 1) if size > 1 else 0.0)
    return (results + 0.5) * ratio - 0.5


def _along(x: Any, axis: int, taps: Taps) -> Any:
    """Return weighted sums of places along an axis."""
    places, weights = taps
    if weights is None:
        return take(x, placed(places[:, 0], array_of(x)), axis=axis)
    if shape_of(x)[axis] <= MOST:
        return product_along(x, axis, *_matrix(shape_of(x)[axis], taps))
    behind = (1,) * (len(shape_of(x)) - axis - 1)
    total: Any = None
    for k in range(places.shape[1]):
        weight = placed(weights[:, k].astype(x.dtype).reshape(-1, *behind), array_of(x))
        term = take(x, placed(places[:, k], array_of(x)), axis=axis) * weight
        total = term if total is None else total + term
    return total


def _matrix(n: int, taps: Taps) -> tuple[Any, Any]:
    """Return the matrix of all weights, and where it has one, which may be 0."""
    places, weights = taps
    at = (np.arange(len(places))[:, None], places)
    matrix, counted = np.zeros((len(places), n)), np.zeros((len(places), n), bool)
    np.add.at(matrix, at, weights)
    counted[at] = True
    return matrix, counted


def _sizes(
    shape: Shape, size: Sizes | None, scale: Scales | None, name: str
) -> list[tuple[int, float]]:
    """Return how many results there are along each spatial axis, and how many places each spans.

    Raises:
        ArgumentError: neither or both of ``size`` and ``scale``, or one that does not fit.
        ShapeError: there is no spatial axis, or one without places.
    """
    rank = len(shape) - 2
    if rank < 1 or 0 in shape[2:]:
        raise ShapeError(
            f"{name}: the input of shape {shape} must have shape (batch, channels, *spatial), with"
            " a spatial axis or more, none of them empty"
        )
    if (size is None) == (scale is None):
        found = "neither" if size is None else "both"
        raise ArgumentError(
            f"{name} takes either size or scale, {found} were given; write scale=2 to double the"
            f" lengths, or size={tuple(2 * n for n in shape[2:])}"
        )
    given: Any = size if scale is None else scale
    each = list(given) if isinstance(given, (tuple, list)) else [given] * rank
    if len(each) != rank:
        raise ArgumentError(
            f"{name}: {'size' if scale is None else 'scale'} is a number, or one for each of"
            f" {rank} spatial axes, not {given!r}"
        )
    if scale is None:
        lengths = [whole(value, f"{name}: size", 1) for value in each]
        return [(m, n / m) for n, m in zip(shape[2:], lengths, strict=True)]
    factors = [number(value, f"{name}: scale", above=0) for value in each]
    found_lengths = [math.floor(n * f) for n, f in zip(shape[2:], factors, strict=True)]
    if min(found_lengths) < 1:
        raise ArgumentError(f"{name}: scale={scale} leaves nothing of spatial shape {shape[2:]}")
    return [(m, 1 / f) for m, f in zip(found_lengths, factors, strict=True)]


def _mode(mode: str, name: str) -> str:
    if mode in ONE_FOR_ALL:
        raise ArgumentError(
            f"{name}: mode={mode!r} is written mode={ONE_FOR_ALL[mode]!r}: how many axes there are"
            " the input says"
        )
    found: str = one_of(mode, f"{name}: mode", MODES)
    return found


@with_leads
def interpolate(
    x: Any,
    size: Sizes | None = None,
    scale: Scales | None = None,
    mode: str = "nearest",
    align_corners: bool = False,
) -> Any:
    """Return images of another size, whose places lie between those of x.

    X has shape (batch, channels, *spatial) with any number of spatial axes; these are interpolated
    one after the other. Along an axis of n places, result i of m stands at the coordinate
    (i + ½) n/m − ½, or with ``align_corners`` at i (n − 1)/(m − 1), and is

    - ``"nearest"``: the place ⌊i n/m⌋,
    - ``"linear"``: the line through the two places beside it,
    - ``"cubic"``: of four places, by Keys' kernel with a = −¾ (Keys 1981, "Cubic convolution
      interpolation for digital image processing", equation 4).

    Places out of the image are those at its border. Nothing is averaged where an image becomes
    smaller: for that pool it first, or write :class:`AdaptiveAvgPool` (no ``antialias``).

    Args:
        x: of shape (batch, channels, *spatial).
        size: the new lengths, one number for all spatial axes or one for each.
        scale: instead of it, by how much they are multiplied, rounded down; n/m is 1/scale then.
        mode: ``"nearest"``, ``"linear"`` or ``"cubic"``.
        align_corners: whether the outermost places stay where they are.

    Raises:
        ShapeError: x has no spatial axis, or an empty one.
        ArgumentError: neither or both of ``size`` and ``scale``, one that leaves nothing, an
            unknown ``mode``, or ``align_corners`` for the nearest.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([[[1.0, 3.0]]])
        >>> print(tg.nn.interpolate(x, scale=2), tg.nn.interpolate(x, size=4, mode="linear"))
        [[[1. 1. 3. 3.]]] [[[1.  1.5 2.5 3. ]]]
    """
    name = here("interpolate")
    mode = _mode(mode, name)
    if align_corners and mode == "nearest":
        raise ArgumentError(f"{name}: align_corners is of 'linear' and 'cubic', not of 'nearest'")
    shape = shape_of(x)
    given = x if hasattr(x, "dtype") else asarray(x)
    y = given if mode == "nearest" else to_single(given)
    ways = _sizes(shape, size, scale, name)
    for axis in reversed(range(2, len(shape))):  # so that the result is in order of memory
        n, (m, ratio) = shape[axis], ways[axis - 2]
        at = _coordinates(n, m, ratio, mode, align_corners)
        if m != n or not np.array_equal(at, np.arange(n)):
            y = _along(y, axis, MODES[mode](at, n))
    return y if mode == "nearest" else to_half(y, given)


class Upsample(Module):
    """Images made larger, or smaller, by interpolation: :func:`interpolate` as a layer.

    Decoders and generators enlarge by it before a convolution (Odena, Dumoulin & Olah 2016,
    "Deconvolution and checkerboard artifacts"). X has shape (batch, channels, *spatial), the result
    (batch, channels, *size).

    Args:
        size: the new lengths, one number for all spatial axes or one for each.
        scale: instead of it, by how much they are multiplied.
        mode: ``"nearest"``, ``"linear"`` or ``"cubic"``, along every spatial axis.
        align_corners: whether the outermost places stay where they are.

    Raises:
        ArgumentError: neither or both of ``size`` and ``scale``, an unknown ``mode``, or
            ``align_corners`` for the nearest.
        ShapeError: when called: the input has no spatial axis, or an empty one.

    Example:
        >>> import tensorgraph as tg
        >>> layer = tg.nn.Upsample(scale=2, mode="linear")
        >>> layer
        Upsample(scale=2, mode='linear')
        >>> layer(tg.ones((8, 3, 16, 16))).shape
        (8, 3, 32, 32)
    """

    @with_leads
    def __init__(
        self,
        size: Sizes | None = None,
        scale: Scales | None = None,
        mode: str = "nearest",
        align_corners: bool = False,
    ) -> None:
        several = size if size is not None else scale
        rank = len(several) if isinstance(several, (tuple, list)) else 1
        _sizes((1, 1, *(1 << 20,) * rank), size, scale, "Upsample")
        self.size, self.scale = size, scale
        self.mode = _mode(mode, "Upsample")
        self.align_corners = boolean(align_corners, "Upsample: align_corners")
        if self.align_corners and self.mode == "nearest":
            raise ArgumentError("Upsample: align_corners is of 'linear' and 'cubic'")

    def forward(self, x: Operand) -> Tensor:
        """Return x in its new size."""
        y: Tensor = interpolate(asarray(x), self.size, self.scale, self.mode, self.align_corners)
        return y

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        by = f"scale={self.scale}" if self.size is None else f"size={self.size}"
        return f"{by}, mode={self.mode!r}" + ", align_corners=True" * self.align_corners


# ------------------------------------------------------------------------- channels into places


def _check_images(name: str, shape: Shape, channels: int, places: int, what: str) -> None:
    """Raise unless a shape is that of images whose channels and places can be divided.

    Raises:
        ShapeError: it is not.
    """
    wrong = len(shape) != 4 or shape[1] % channels or any(n % places for n in shape[2:])
    if wrong:
        raise ShapeError(
            f"{here(name)}: the input of shape {shape} must have shape (batch, channels, height,"
            f" width), with {what}"
        )


class PixelShuffle(Module):
    """Moves channels into places: (batch, c · r², h, w) becomes (batch, c, h · r, w · r).

        y[n, c, r i + u, r j + v] = x[n, c r² + r u + v, i, j]

    for u and v below the factor r (Shi et al. 2016, "Real-time single image and video
    super-resolution using an efficient sub-pixel convolutional neural network", equation 4).

    Args:
        factor: r.

    Raises:
        ArgumentError: a factor below 1.
        ShapeError: when called: the input has no such shape.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nn.PixelShuffle(2)(tg.ones((8, 12, 16, 16))).shape
        (8, 3, 32, 32)
    """

    @with_leads
    def __init__(self, factor: int) -> None:
        self.factor = whole(factor, "PixelShuffle: factor", 1)

    def forward(self, x: Operand) -> Tensor:
        """Return x with its channels in places."""
        r, shape = self.factor, shape_of(x)
        _check_images("PixelShuffle", shape, r * r, 1, f"{r * r} · c channels")
        m, channels, h, w = shape
        parts = reshape(x, shape=(m, channels // (r * r), r, r, h, w))
        moved = permute_dims(parts, axes=(0, 1, 4, 2, 5, 3))
        y: Tensor = reshape(moved, shape=(m, channels // (r * r), h * r, w * r))
        return y

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return str(self.factor)


class PixelUnshuffle(Module):
    """Moves places into channels: (batch, c, h · r, w · r) becomes (batch, c · r², h, w).

    It is the inverse of :class:`PixelShuffle`.

    Args:
        factor: r.

    Raises:
        ArgumentError: a factor below 1.
        ShapeError: when called: the input has no such shape.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nn.PixelUnshuffle(2)(tg.ones((8, 3, 32, 32))).shape
        (8, 12, 16, 16)
    """

    @with_leads
    def __init__(self, factor: int) -> None:
        self.factor = whole(factor, "PixelUnshuffle: factor", 1)

    def forward(self, x: Operand) -> Tensor:
        """Return x with its places in channels."""
        r, shape = self.factor, shape_of(x)
        _check_images("PixelUnshuffle", shape, 1, r, f"both lengths a multiple of {r}")
        m, channels, h, w = shape
        parts = reshape(x, shape=(m, channels, h // r, r, w // r, r))
        moved = permute_dims(parts, axes=(0, 1, 3, 5, 2, 4))
        y: Tensor = reshape(moved, shape=(m, channels * r * r, h // r, w // r))
        return y

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return str(self.factor)


class ChannelShuffle(Module):
    """Mixes groups of channels, so that the next grouped convolution sees some of each group.

    Channel g · (c / groups) + k becomes channel k · groups + g (Zhang et al. 2018, "ShuffleNet",
    section 3.1).

    Args:
        groups: how many groups there are.

    Raises:
        ArgumentError: a number of groups below 1.
        ShapeError: when called: the input has no axis of channels, or the groups do not divide it.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.arange(4.0).reshape((1, 4, 1))
        >>> tg.nn.ChannelShuffle(2)(x).reshape(-1)
        tensor([0., 2., 1., 3.])
    """

    @with_leads
    def __init__(self, groups: int) -> None:
        self.groups = whole(groups, "ChannelShuffle: groups", 1)

    def forward(self, x: Operand) -> Tensor:
        """Return x with its channels in another order."""
        shape, groups = shape_of(x), self.groups
        if len(shape) < 2 or shape[1] % groups:
            raise ShapeError(
                f"{here('ChannelShuffle')}: the input of shape {shape} must have along axis 1 a"
                f" number of channels that {groups} groups divide"
            )
        m, channels, *places = shape
        parts = reshape(x, shape=(m, groups, channels // groups, *places))
        mixed = permute_dims(parts, axes=(0, 2, 1, *range(3, len(shape) + 1)))
        y: Tensor = reshape(mixed, shape=shape)
        return y

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return str(self.groups)
