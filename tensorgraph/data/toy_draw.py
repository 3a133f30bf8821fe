"""What all toy sets take, checked, and how their examples are drawn."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.arguments import integer, integers, number, whole
from tensorgraph.array_likes import missing_in
from tensorgraph.data import seeds
from tensorgraph.data.aligned_arrays import Array
from tensorgraph.errors import ArgumentError, DTypeError, describe

MOST = 10**9
"""How many examples there are at most: more than fit into the memory of most."""


class Draw:
    """What all toy sets take, checked: the classes of the examples, and random numbers."""

    def __init__(
        self, name: str, m: Any, classes: int, noise: Any, axis: Any, seed: Any, dtype: Any
    ) -> None:
        self.name = name
        counts = _counts(name, m, classes)
        self.classes = list(enumerate(counts))
        """Each class with how many examples it has."""
        self.labels = np.repeat(np.arange(classes), counts)
        self.noise = number(noise, f"{name}: noise", 0)
        self.axis = _feature_axis(name, axis)
        self.dtype = _floating(name, dtype)
        self.random = seeds.generator(seeds.checked(seed, name))

    def normal(self, shape: tuple[int, ...]) -> Array:
        """Return the noise of some numbers."""
        drawn: Array = self.noise * self.random.normal(size=shape)
        return drawn

    def blurred(self, points: Array) -> Array:
        """Return points with noise in each coordinate."""
        return points + self.normal(points.shape)

    def set_of(self, points: Array) -> tuple[Array, Array]:
        """Return points, which are in the order of the labels, as a set in random order."""
        order = self.random.permutation(len(self.labels))
        with np.errstate(over="ignore"):
            x, y = points[order].astype(self.dtype), self.labels[order]
        if missing_in(x).any():
            raise ArgumentError(
                f"{self.name}: these numbers are too large for {self.dtype}; write"
                " dtype='float64', or smaller ones"
            )
        return (np.ascontiguousarray(x.T), y.reshape(1, -1)) if self.axis == 0 else (x, y)


def _counts(name: str, m: Any, classes: int) -> list[int]:
    """Return how many examples each class has."""
    if not isinstance(m, (tuple, list)) and getattr(m, "shape", ()) == ():
        count = _held(name, whole(m, f"{name}: m", classes))
        return [count // classes + (j < count % classes) for j in range(classes)]
    counts = [_held(name, count) for count in integers(m, f"{name}: m")]
    if len(counts) != classes:
        raise ArgumentError(
            f"{name}: m names {len(counts)} counts for {classes} classes; write one for each class"
        )
    if min(counts) < 0 or not any(counts):
        raise ArgumentError(f"{name}: m counts the examples of each class, not {describe(m)}")
    return counts


def _held(name: str, count: int) -> int:
    if count > MOST:
        raise ArgumentError(f"{name}: m is at most {MOST:,} examples, not {count}")
    return count


def feature_count(name: str, features: Any) -> int:
    """Return how many features an example has."""
    count = whole(features, f"{name}: features", 1)
    if count > MOST:
        raise ArgumentError(f"{name}: features are at most {MOST:,}, not {count}")
    return count


def _feature_axis(name: str, axis: Any) -> int:
    found = integer(axis, f"{name}: axis")
    if found not in (-1, 0, 1):
        raise ArgumentError(
            f"{name}: axis is where the features stand: -1 for samples in rows, 0 for samples in"
            f" columns, not {describe(axis)}"
        )
    return found


def _floating(name: str, dtype: Any) -> np.dtype[Any]:
    try:
        found: np.dtype[Any] = np.dtype(dtype)
    except (TypeError, ValueError):
        found = np.dtype(object)
    if found.kind != "f":
        raise DTypeError(
            f"{name}: dtype is one of floating-point numbers, such as 'float32', not {dtype!r}"
        )
    return found
