"""Images of another size, and sampled where a grid says: Resize, Upsample, GridSample, RoiAlign."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import OnnxError
from tensorgraph.onnx.importing.table import operator
from tensorgraph.onnx.importing.values import Ints, allowed, axes_of, ints, known

MAX_SPATIAL = 3
"""Along how many axes a grid samples: the work grows with the power of them."""

# ------------------------------------------------------------------------- along one axis


def _coordinates(mode: str, n: int, m: int, scale: float, wanted: float, roi: Any) -> Any:
    """Return where each of m results stands among n places."""
    at = np.arange(m, dtype=np.float64)
    match mode:
        case "half_pixel":
            return (at + 0.5) / scale - 0.5
        case "half_pixel_symmetric":
            # The results lie symmetrically, whatever was rounded away.
            adjustment = m / wanted
            return n / 2 * (1 - adjustment) + (at + 0.5) / scale - 0.5
        case "pytorch_half_pixel":
            return (at + 0.5) / scale - 0.5 if m > 1 else np.zeros(m)
        case "align_corners":
            return at * (n - 1) / (wanted - 1) if wanted != 1 else np.zeros(m)
        case "asymmetric":
            return at / scale
        case "tf_half_pixel_for_nn":
            return (at + 0.5) / scale
        case "tf_crop_and_resize":
            start, end = roi
            if m > 1:
                return start * (n - 1) + at * (end - start) * (n - 1) / (m - 1)
            return np.full(m, 0.5 * (start + end) * (n - 1))
    raise OnnxError(f"Resize: coordinate_transformation_mode {mode!r} is not known")


_ROUNDED: dict[str, Callable[[Any], Any]] = {
    "round_prefer_floor": lambda x: np.ceil(x - 0.5),
    "round_prefer_ceil": lambda x: np.floor(x + 0.5),
    "floor": np.floor,
    "ceil": np.ceil,
    "simple": np.floor,
}


def _linear(distance: Any, a: float) -> Any:
    return np.maximum(1 - distance, 0)


def _cubic(distance: Any, a: float) -> Any:
    d = distance
    near = ((a + 2) * d - (a + 3)) * d**2 + 1
    far = ((d - 5) * d + 8) * d * a - 4 * a
    return np.where(d <= 1, near, np.where(d < 2, far, 0))


_KERNELS = {"linear": (_linear, 1), "bilinear": (_linear, 1), "cubic": (_cubic, 2)}
"""The weight of a place by its distance, and how far it reaches."""


def _weights(
    at: Any, n: int, mode: str, cubic_a: float, scale: float, antialias: int, outside: int
) -> Any:
    """Return the share that each of n places has in each result, as a matrix."""
    kernel, reach = _KERNELS[mode]
    stretch = max(1.0, 1 / scale) if antialias else 1.0
    first = np.floor(at).astype(np.int64)[:, None]
    span = math.ceil(reach * stretch)
    allowed((len(at), 2 * span, reach))
    allowed((len(at), n))
    places = first + np.arange(-span + 1, span + 1)
    share = kernel(np.abs(at[:, None] - places) / stretch, cubic_a)
    if outside:
        share = np.where((places >= 0) & (places < n), share, 0)
    if outside or antialias:
        share = share / share.sum(axis=1, keepdims=True)
    matrix = np.zeros((len(at), n))
    rows = np.broadcast_to(np.arange(len(at))[:, None], places.shape)
    np.add.at(matrix, (rows, np.clip(places, 0, n - 1)), share)
    return matrix


def _product_along(x: Any, matrix: Any, axis: int) -> Any:
    """Multiply a matrix with the elements along an axis."""
    rank = ndim_of(x)
    last = ops.moveaxis(x, axis, rank - 1) if axis != rank - 1 else x
    y = ops.matmul(last, matrix.T.astype(x.dtype))
    return ops.moveaxis(y, rank - 1, axis) if axis != rank - 1 else y


# -------------------------------------------------------------------------------------- Resize


@operator("Resize", since=10, settings=(1,))
def _resize_by_scales(x: Any, scales: Any, *, mode: str = "nearest") -> Any:
    return resize(
        x, None, scales, mode=mode, coordinate_transformation_mode="asymmetric",
        nearest_mode="simple",
    )  # fmt: skip


@operator("Upsample", since=7)
def _upsample_attribute(x: Any, *, scales: tuple[float, ...], mode: str = "nearest") -> Any:
    return _resize_by_scales(x, np.array(scales), mode=mode)


operator("Upsample", since=9, settings=(1,))(_resize_by_scales)


@operator("Resize", since=11, settings=(1, 2, 3))
def resize(
    x: Any, roi: Any = None, scales: Any = None, sizes: Any = None, *, antialias: int = 0,
    axes: Ints | None = None, coordinate_transformation_mode: str = "half_pixel",
    cubic_coeff_a: float = -0.75, exclude_outside: int = 0, extrapolation_value: float = 0.0,
    keep_aspect_ratio_policy: str = "stretch", mode: str = "nearest",
    nearest_mode: str = "round_prefer_floor",
) -> Any:  # fmt: skip
    """Return an image of another size, by one of ONNX's many rules."""
    rank, shape = ndim_of(x), shape_of(x)
    chosen = tuple(range(rank)) if axes is None else axes_of(axes, rank)
    if mode not in ("nearest", *_KERNELS) or nearest_mode not in _ROUNDED:
        raise OnnxError(f"Resize: mode {mode!r}, nearest_mode {nearest_mode!r} is not known")
    factors, lengths = _sizes([shape[i] for i in chosen], scales, sizes, keep_aspect_ratio_policy)
    whole = dict(enumerate(shape)) | dict(zip(chosen, lengths, strict=True))
    allowed(tuple(whole.values()))
    corners = [] if roi is None else known(roi, "the roi of Resize").reshape(-1).tolist()
    inside: list[tuple[int, Any]] = []
    for i, axis in enumerate(chosen):
        n, m, scale = shape[axis], lengths[i], factors[i]
        crop = (corners[i], corners[i + len(chosen)]) if corners else (0.0, 1.0)
        wanted = scale * n if sizes is None else m
        cropped = coordinate_transformation_mode == "tf_crop_and_resize"
        if m == n and scale == 1 and not (cropped and crop != (0.0, 1.0)):
            continue
        at = _coordinates(coordinate_transformation_mode, n, m, scale, wanted, crop)
        if cropped:
            inside.append((axis, (at >= 0) & (at <= n - 1)))
        if mode == "nearest":
            places = np.clip(_ROUNDED[nearest_mode](at), 0, n - 1).astype(np.int64)
            x = ops.take(x, places, axis=axis)
        else:
            matrix = _weights(at, n, mode, cubic_coeff_a, scale, antialias, exclude_outside)
            x = _product_along(x, matrix, axis)
    for axis, kept in inside:
        mask = kept.reshape([-1 if i == axis else 1 for i in range(rank)])
        x = ops.where(mask, x, np.asarray(extrapolation_value, x.dtype))
    return x


def _sizes(shape: list[int], scales: Any, sizes: Any, policy: str) -> tuple[list[float], list[int]]:
    """Return the factor and the new length of each axis."""
    if scales is not None and known(scales, "the scales of Resize").size:
        factors = [float(s) for s in known(scales, "the scales of Resize").reshape(-1)]
        if len(factors) != len(shape) or min(factors, default=1.0) <= 0:
            raise OnnxError(f"Resize by the factors {factors} of a value with {len(shape)} axes")
        return factors, [math.floor(n * s) for n, s in zip(shape, factors, strict=True)]
    lengths = list(ints(sizes, "the sizes of Resize")) if sizes is not None else []
    if len(lengths) != len(shape) or 0 in shape:
        raise OnnxError(f"Resize to the lengths {lengths} of a value with the lengths {shape}")
    factors = [m / n for n, m in zip(shape, lengths, strict=True)]
    if policy != "stretch":
        least = min(factors) if policy == "not_larger" else max(factors)
        factors = [least] * len(shape)
        lengths = [math.floor(least * n + 0.5) for n in shape]
    return factors, lengths


# --------------------------------------------------------------------------- sampled at places


def _clamped(i: Any, n: int) -> Any:
    return ops.clip(i, min=0, max=n - 1)


def _reflected(x: Any, low: float, high: float) -> Any:
    """Mirror coordinates at two borders, as often as it takes."""
    span = high - low
    if span == 0:
        return x * 0
    away = ops.remainder(ops.abs(x - low), 2 * span)
    return ops.where(away > span, 2 * span - away, away) + low


def _picked(image: Any, places: list[Any], padding: str, corners: bool) -> Any:
    """Return (batch, channels, *grid) of what is at whole coordinates, or beyond the border."""
    lengths = shape_of(image)[2:]
    inside: Any = True
    wrapped = []
    for i, n in zip(places, lengths, strict=True):
        if padding == "reflection":
            i = _reflected(i, 0, n - 1) if corners else _reflected(i, -0.5, n - 0.5)
        elif padding == "zeros":
            inside = ops.logical_and(inside, ops.logical_and(i >= 0, i <= n - 1))
        wrapped.append(_clamped(ops.astype(ops.round(i), dtype=np.int64), n))
    batch = np.arange(shape_of(image)[0]).reshape(-1, *(1,) * len(lengths))
    found = ops.moveaxis(image, 1, -1)[(batch, *wrapped)]  # (batch, *grid, channels)
    found = ops.moveaxis(found, -1, 1)
    if padding != "zeros":
        return found
    return ops.where(ops.expand_dims(inside, axis=1), found, np.asarray(0, found.dtype))


@operator("GridSample")
def _grid_sample(
    x: Any, grid: Any, *, align_corners: int = 0, mode: str = "linear",
    padding_mode: str = "zeros",
) -> Any:  # fmt: skip
    lengths = shape_of(x)[2:]
    if len(lengths) > MAX_SPATIAL:
        raise OnnxError(f"GridSample along {len(lengths)} axes; at most {MAX_SPATIAL} are known")
    at = []
    for axis, n in enumerate(lengths):
        c = grid[..., len(lengths) - 1 - axis]
        at.append((c + 1) * ((n - 1) / 2) if align_corners else ((c + 1) * n - 1) / 2)
    at = [_bordered(c, n, padding_mode, mode, bool(align_corners)) for c, n in
          zip(at, lengths, strict=True)]  # fmt: skip
    told = padding_mode, bool(align_corners)
    if mode == "nearest":
        return _picked(x, [ops.round(c) for c in at], *told)
    reach = 2 if mode in ("cubic", "bicubic") else 1
    low = [ops.floor(c) for c in at]
    total: Any = None
    for steps in np.ndindex(*(2 * reach,) * len(lengths)):
        places = [base + float(s - reach + 1) for base, s in zip(low, steps, strict=True)]
        weight: Any = None
        for c, place in zip(at, places, strict=True):
            share = _share(ops.abs(c - place), reach)
            weight = share if weight is None else weight * share
        term = _picked(x, places, *told) * ops.expand_dims(weight, axis=1)
        total = term if total is None else total + term
    return total


def _share(distance: Any, reach: int) -> Any:
    """Return the weight of a place by its distance, by which it is differentiated."""
    d = distance
    if reach == 1:
        return 1 - d
    near = ((-0.75 + 2) * d - (-0.75 + 3)) * d * d + 1
    far = ((d - 5) * d + 8) * d * -0.75 + 3
    return ops.where(d <= 1, near, far)


def _bordered(c: Any, n: int, padding: str, mode: str, corners: bool) -> Any:
    if mode in ("cubic", "bicubic") or padding == "zeros":
        return c
    if padding == "border":
        return _clamped(c, n)
    mirrored = _reflected(c, 0, n - 1) if corners else _reflected(c, -0.5, n - 0.5)
    return _clamped(mirrored, n)


@operator("RoiAlign", since=10, settings=(2,))
def _roi_align_old(
    x: Any, rois: Any, batches: Any, *, mode: str = "avg", output_height: int = 1,
    output_width: int = 1, sampling_ratio: int = 0, spatial_scale: float = 1.0,
) -> Any:  # fmt: skip
    return _roi_align(
        x, rois, batches, coordinate_transformation_mode="output_half_pixel", mode=mode,
        output_height=output_height, output_width=output_width, sampling_ratio=sampling_ratio,
        spatial_scale=spatial_scale,
    )  # fmt: skip


@operator("RoiAlign", since=16, settings=(2,))
def _roi_align(
    x: Any, rois: Any, batches: Any, *, coordinate_transformation_mode: str = "half_pixel",
    mode: str = "avg", output_height: int = 1, output_width: int = 1, sampling_ratio: int = 0,
    spatial_scale: float = 1.0,
) -> Any:  # fmt: skip
    half = 0.5 if coordinate_transformation_mode == "half_pixel" else 0.0
    regions = []
    for number, batch in enumerate(ints(batches, "the batches of RoiAlign")):
        box = rois[number] * spatial_scale - half
        values = known(rois, "RoiAlign")[number] * spatial_scale - half
        sampled: list[tuple[Any, int]] = []
        places = shape_of(x)[1]
        for axis, parts in ((1, output_height), (0, output_width)):
            length = box[axis + 2] - box[axis]
            size = float(values[axis + 2] - values[axis])
            if not half:
                length, size = ops.maximum(length, 1.0), max(size, 1.0)
            count = sampling_ratio if sampling_ratio > 0 else max(math.ceil(size / parts), 1)
            [places] = allowed((places * parts * count,))
            at = (np.arange(parts * count) + 0.5) / count
            coordinates = box[axis] + length / parts * at.astype(x.dtype)
            sampled.append((_samples(coordinates, shape_of(x)[3 - axis]), count))
        (rows, p), (columns, q) = sampled
        corners = [
            _at(_at(x[batch], rows, side, 1), columns, other, 2)
            for side in (0, 1)
            for other in (0, 1)
        ]
        join = ops.maximum if mode == "max" else ops.add
        both = join(join(*corners[:2]), join(*corners[2:]))
        both = ops.reshape(both, shape=(shape_of(x)[1], output_height, p, output_width, q))
        pool = ops.max if mode == "max" else ops.mean
        regions.append(pool(both, axis=(2, 4)))
    return ops.stack(regions, axis=0)


def _samples(at: Any, n: int) -> tuple[Any, Any, Any, Any]:
    """Return two neighbours of coordinates, the share of the second, and what counts."""
    counts = ops.logical_and(at >= -1, at <= n)
    at = ops.clip(at, min=0, max=n - 1)
    low = ops.minimum(ops.astype(ops.floor(at), dtype=np.int64), max(n - 1, 0))
    high = ops.minimum(low + 1, n - 1)
    return low, high, at - ops.astype(low, dtype=at.dtype), counts


def _at(image: Any, samples: tuple[Any, Any, Any, Any], side: int, axis: int) -> Any:
    """Return the share of the lower or the upper neighbours of samples along an axis."""
    low, high, share, counts = samples
    weight = share if side else 1 - share
    weight = ops.where(counts, weight, np.asarray(0, image.dtype))
    found = ops.take(image, high if side else low, axis=axis)
    return found * ops.reshape(weight, shape=tuple(-1 if i == axis else 1 for i in range(3)))
