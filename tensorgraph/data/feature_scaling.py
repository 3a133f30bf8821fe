"""Standardised inputs: mean 0 and variance 1 by the statistics of the training set."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tensorgraph.arguments import number, whole
from tensorgraph.array_likes import missing_in
from tensorgraph.data.aligned_arrays import Array, as_numbers, refuse_missing
from tensorgraph.data.pipeline_step import PipelineStep, not_fitted
from tensorgraph.errors import ArgumentError, ShapeError, StateError
from tensorgraph.leads.calls import with_leads

__all__ = ["Normalize"]

SMALL = np.finfo(np.float64).smallest_normal / np.finfo(np.float64).eps
"""Below this variance the squares of float64 numbers lose digits."""
CHUNK_BYTES = 1 << 20
"""How much of an array is read at once: it need not fit in memory, and stays in the cache."""


class Normalize(PipelineStep):
    """Subtracts the training set's mean of each feature and divides by its standard deviation.

        μ = 1/m Σᵢ x⁽ⁱ⁾        σ² = 1/m Σᵢ (x⁽ⁱ⁾ − μ)²        x ← (x − μ) / σ

    (Deep Learning Specialization, course 2, week 1.) Features of one scale give a cost whose
    contours are round, on which gradient descent takes large steps straight to the minimum.

    *Is it divided by the standard deviation or by the variance?* By the standard deviation σ.
    Scaling by a factor c scales the variance by c²: with c = 1/σ it becomes σ²/σ² = 1 for every
    feature, with c = 1/σ² it becomes 1/σ², the opposite of what it was, so the scales still differ.
    Units say the same: x and σ are both in metres and their ratio is a plain number, while σ² is in
    square metres.

    μ and σ come from the training set alone and are applied to all sets: the model meets the other
    examples as it will meet those of its users, and nothing of them leaks into training.

    It is a step of scikit-learn's pipelines, too: ``make_pipeline(Normalize(), classifier)``. Of
    frames, only those with the columns that it was fitted to are normalised.

    Sums are taken in float64, and in parts, so a memory-mapped array is never read as a whole.
    float32 data stays float32, float64 data float64; integers become float32.

    Args:
        axis: what the statistics are taken over: 0 (the default) has one μ and σ for each feature;
            (0, 2, 3) one for each channel of images (m, channels, height, width), as all places
            of an image are alike; 1 suits samples in columns.
        floor: a feature with σ below ``floor`` times its root mean square is constant but for
            rounding, and is centred only: σ = 1. The default is ten times the precision of its
            dtype.

    Attributes:
        mean: μ in float64, with an axis of length 1 for each of ``axis``; ``None`` before ``fit``.
        std: σ likewise, 1 for constant features.

    Raises:
        ArgumentError: applied to a frame with other columns; fitted or applied to data with NaN or
            infinite values; fitted to fewer than two numbers for each feature; a result that does
            not fit in the dtype of the data.
        DTypeError: data that are not numbers.
        ShapeError: applied to data with other features.
        NotFittedError: applied before it was fitted; it is scikit-learn's, too, if that is there.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> train = np.array([[1.0, 200.0], [3.0, 600.0]])
        >>> normalize = tg.data.Normalize().fit(train)
        >>> normalize(train)
        array([[-1., -1.],
               [ 1.,  1.]])
        >>> normalize(np.array([[2.0, 500.0]]))
        array([[0. , 0.5]])
        >>> normalize.inverse(np.array([[0.0, 0.5]]))
        array([[  2., 500.]])
    """

    @with_leads
    def __init__(self, axis: int | tuple[int, ...] = 0, floor: float | None = None) -> None:
        axes = axis if isinstance(axis, tuple) else (axis,)
        self.axis = tuple(whole(one, "Normalize: axis") for one in axes)
        if not axes or len(set(self.axis)) < len(axes):
            raise ArgumentError(f"Normalize: axis names at least one axis, each once, not {axis}")
        self.floor = None if floor is None else number(floor, "Normalize: floor", 0)
        self.mean: Array | None = None
        self.std: Array | None = None

    def fit(self, train: Any, y: Any = None) -> Normalize:
        """Take μ and σ from the training set, and return self; targets do not count."""
        data = _numbers(train, "fit")
        if max(self.axis) >= data.ndim:
            raise ShapeError(
                f"Normalize: axis={self.axis} of data of shape {data.shape}, which has"
                f" {data.ndim} axes"
            )
        count = math.prod(data.shape[axis] for axis in self.axis)
        if count < 2:
            samples = "1 sample" if count == 1 else "0 samples"
            raise ArgumentError(
                f"Normalize: data of shape {data.shape} have {samples} over axis={self.axis}, so no"
                " deviation from the mean; fit on the training set"
            )
        unit = np.ones(())
        mean, variance = self._moments(data, unit)
        if not (np.isfinite(variance) & (variance > SMALL)).all():
            unit = self._units(data)  # of squares that leave the range, or of constant features
            if (unit != 1).any():
                mean, variance = self._moments(data, unit)
        mean, std = mean * unit, np.sqrt(variance) * unit
        self.mean, self.std = mean, self._floored(std, mean, data.dtype)
        self._note(train, data)
        return self

    def _units(self, data: Array) -> Array:
        """Return a power of two near the largest number of each feature, 1 for usual ones."""
        largest = np.zeros(())
        for key in _parts(data, self.axis[0]):
            largest = np.maximum(largest, np.abs(data[key]).max(self.axis, keepdims=True))
        usual = (largest == 0) | ((largest > 1e-100) & (largest < 1e100))
        return np.where(usual, 1.0, np.ldexp(0.5, np.frexp(largest.astype(np.float64))[1]))

    def _moments(self, data: Array, unit: Array) -> tuple[Array, Array]:
        """Return mean and variance in a unit, of one part of the data after the other."""
        count, mean, squares = 0, np.zeros(()), np.zeros(())
        for key in _parts(data, self.axis[0]):
            part = data[key]
            if missing_in(part).any():
                _refuse_missing(data, "fit")
            part = part if unit.ndim == 0 else part / unit
            # Two parts are joined without loss (Chan, Golub & LeVeque 1983, equation 2.1).
            n = math.prod(part.shape[axis] for axis in self.axis)
            with np.errstate(over="ignore", invalid="ignore", under="ignore"):
                own = part.mean(self.axis, np.float64, keepdims=True)
                gap, total = own - mean, count + n
                squares = (
                    squares
                    + np.square(part - own).sum(self.axis, keepdims=True)
                    + gap**2 * (count * n / total)
                )
                mean, count = mean + gap * (n / total), total
        return mean, squares / count

    def _floored(self, std: Array, mean: Array, dtype: np.dtype[Any]) -> Array:
        precision = np.finfo(dtype if dtype.kind == "f" else np.float64).eps
        floor = 10 * precision if self.floor is None else self.floor
        constant = std <= floor * np.hypot(mean, std)
        return np.where(constant, 1.0, std)

    def transform(self, x: Any) -> Any:
        """Return (x − μ) / σ: an array, or what ``set_output`` says."""
        return self._as_wanted(self(x), x)

    def __call__(self, x: Any) -> Array:
        """Return (x − μ) / σ."""
        data = _numbers(x, "transform")
        self._check_names(x)
        mean, std = self._fitted(data)
        out = np.empty(data.shape, _float_of(data))
        for part in _parts(data, mean.shape.index(1)):
            if missing_in(data[part]).any():
                _refuse_missing(data, "transform")
            with np.errstate(over="ignore"):
                z = (data[part] - mean) / std
            _put(out, part, z, data[part], "transform")
        return out

    def inverse(self, z: Any) -> Array:
        """Return z · σ + μ: what was normalised, in its own units."""
        data = _numbers(z, "inverse")
        mean, std = self._fitted(data)
        out = np.empty(data.shape, _float_of(data))
        for part in _parts(data, mean.shape.index(1)):
            with np.errstate(over="ignore"):
                x = data[part] * std + mean
            _put(out, part, x, data[part], "inverse")
        return out

    def inverse_transform(self, z: Any) -> Array:
        """Return z · σ + μ, as ``inverse`` does, whose name this is in scikit-learn."""
        return self.inverse(z)

    def __sklearn_is_fitted__(self) -> bool:
        return self.mean is not None

    def _fitted(self, data: Array) -> tuple[Array, Array]:
        if self.mean is None or self.std is None:
            raise not_fitted(
                "Normalize: it has no mean and deviation yet; write normalize.fit(train) with the"
                " training set first, or load_state_dict"
            )
        want = self.mean.shape
        if data.ndim != len(want) or any(
            n not in (1, size) for n, size in zip(want, data.shape, strict=True)
        ):
            expected = ", ".join("any" if n == 1 else str(n) for n in want)
            raise ShapeError(
                f"Normalize: data of shape {data.shape}, but it was fitted to ({expected}); give"
                " the same features, and examples with their axis: x[None] for one"
            )
        return self.mean, self.std

    def state_dict(self) -> dict[str, Array]:
        """Return μ and σ as arrays, to be saved with the model."""
        if self.mean is None or self.std is None:
            raise not_fitted(
                "Normalize: there is nothing to save; write normalize.fit(train) first"
            )
        return {"mean": self.mean.copy(), "std": self.std.copy()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take μ and σ from what ``state_dict()`` returned.

        Raises:
            StateError: entries that are missing, differ in shape, or are no deviations.
        """
        if set(state) != {"mean", "std"}:
            raise StateError(
                f"Normalize: a state has the entries mean and std, not {', '.join(state) or 'none'}"
            )
        mean, std = (np.array(state[name], np.float64) for name in ("mean", "std"))
        if mean.shape != std.shape:
            raise StateError(f"Normalize: mean of shape {mean.shape}, std of shape {std.shape}")
        if not (np.isfinite(mean).all() and np.isfinite(std).all() and (std > 0).all()):
            raise StateError("Normalize: a mean is finite and a deviation positive; these are not")
        self.mean, self.std = mean, std

    def __repr__(self) -> str:
        fitted = "not fitted" if self.mean is None else f"fitted to {self.mean.size} features"
        return f"Normalize(axis={self.axis}, {fitted})"


def _numbers(value: Any, method: str) -> Array:
    data = as_numbers(value, f"Normalize.{method}: data")
    return data.astype(np.float32) if data.dtype.kind == "b" else data


def _float_of(data: Array) -> np.dtype[Any]:
    return data.dtype if data.dtype.kind == "f" else np.dtype(np.float32)


def _parts(data: Array, axis: int) -> Iterator[tuple[slice, ...]]:
    """Yield keys of parts along an axis, none much larger than ``CHUNK_BYTES``."""
    length = data.shape[axis]
    step = max(1, CHUNK_BYTES * length // max(1, data.nbytes))
    lead = (slice(None),) * axis
    for start in range(0, length, step):
        yield (*lead, slice(start, start + step))


def _put(out: Array, part: tuple[slice, ...], values: Array, given: Array, method: str) -> None:
    """Write values into a part of an array, and see that they fit.

    Raises:
        ArgumentError: what they were made of is finite, and they are too large for its dtype.
    """
    with np.errstate(over="ignore"):
        out[part] = values
    infinite = np.isinf(out[part])
    if infinite.any() and (lost := infinite & np.isfinite(given)).any():
        wider = out.dtype.itemsize < np.dtype(float).itemsize
        remedy = f"; write normalize.{method}(x.astype(float))" if wider else ""
        raise ArgumentError(
            f"Normalize.{method}: {values[lost][0]:g} does not fit in {out.dtype}{remedy}"
        )


def _refuse_missing(data: Array, method: str) -> None:
    advice = "leave these examples out, or fill them in before"
    refuse_missing(data, f"Normalize.{method}", advice)
