"""Steps of programs that convolve or pool along one spatial axis: see ``program_steps.py``.

Operands with fewer than three axes stand for a batch of one, of one channel, as in
``along_one_axis.py``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph.ops import OPS
from tests.ops import along_one_axis as reference

Shape = tuple[int, ...]
Choices = list[dict[str, Any]]
SIZE = 24
"""How many elements a result has at most."""

GEOMETRIES = [
    {"stride": stride, "padding": padding, "dilation": dilation}
    for stride, padding, dilation in (
        (1, (0, 0), 1), (2, (1, 1), 1), (1, (1, 0), 2), (2, (0, 2), 1), (3, (2, 1), 2),
    )
]  # fmt: skip
POOLINGS = [
    {"size": size, "stride": stride, "padding": padding}
    for size, stride, padding in ((2, 2, (0, 0)), (2, 1, (1, 0)), (3, 2, (1, 1)), (3, 1, (0, 2)))
]


def along_one_axis(name: str) -> Callable[..., Any]:
    """Return how the engine does along one axis what the reference does."""

    def run(
        *operands: Any, padding: tuple[int, int], x: Any = None, peaks: Any = None, **static: Any
    ) -> Any:
        given = [value for value in (x, peaks) if value is not None]
        lifted = map(reference.lifted, operands)
        return OPS[name](*lifted, *given, padding=(padding,), **static)

    return run


def shape3(shape: Shape) -> Shape:
    return (1,) * (3 - len(shape)) + shape


def count(
    n: int, size: int, stride: int, padding: tuple[int, int] = (0, 0), dilation: int = 1
) -> int:
    """Return how many windows there are along n places."""
    return max((n + sum(padding) - (size - 1) * dilation - 1) // stride + 1, 0)


def windows(shape: Shape) -> Choices:
    return [
        {"size": size, "stride": stride, "dilation": dilation}
        for size, stride, dilation in ((1, 1, 1), (2, 1, 1), (3, 1, 1), (2, 1, 2), (1, 2, 1))
        if shape and (size - 1) * dilation < shape[-1]
    ]


def overlap_adds(shape: Shape) -> Choices:
    return [
        {"shape": length, "stride": stride, "dilation": dilation}
        for stride, dilation in ((1, 1), (2, 1), (1, 2), (3, 1))
        if len(shape) > 1
        for length in [(shape[-2] - 1) * stride + (shape[-1] - 1) * dilation + 1]
        if length * math.prod(shape[:-2]) <= SIZE
    ]


def convs(x: Shape, weight: Shape) -> Choices:
    if max(len(x), len(weight)) > 3:
        return []
    (n, channels, length), (out, inner, size) = shape3(x), shape3(weight)
    return [
        {**geometry, "groups": groups}
        for groups in (1, 2)
        for geometry in GEOMETRIES
        if channels == inner * groups and out % groups == 0
        if 0 < count(length, size, **geometry) * n * out <= SIZE
    ]


def conv_transposes(x: Shape, weight: Shape) -> Choices:
    if max(len(x), len(weight)) > 3:
        return []
    (n, channels, length), (out, inner, size) = shape3(x), shape3(weight)
    return [
        {**geometry, "shape": longer, "groups": groups}
        for groups in (1, 2)
        for geometry in GEOMETRIES
        for longer in range(1, 7)
        if channels == out and out % groups == 0
        if count(longer, size, **geometry) == length and n * inner * groups * longer <= SIZE
    ]


def conv_weight_grads(x: Shape, y: Shape) -> Choices:
    if max(len(x), len(y)) > 3:
        return []
    (n, _, length), (batch, _, results) = shape3(x), shape3(y)
    return [
        {**geometry, "size": size}
        for geometry in GEOMETRIES
        for size in (1, 2, 3)
        if n == batch and count(length, size, **geometry) == results
    ]


def pools(shape: Shape) -> Choices:
    return [
        pooling for pooling in POOLINGS if 0 < len(shape) < 4 and count(shape[-1], **pooling) > 0
    ]


def avg_pool_grads(shape: Shape) -> Choices:
    return [
        {**pooling, "shape": length}
        for pooling, length in itertools.product(POOLINGS, range(1, 6))
        if 0 < len(shape) < 4 and count(length, **pooling) == shape[-1]
    ]


def max_pool_grads(shape: Shape) -> Choices:
    return [
        {**static, "x": x, "peaks": np.stack([part.max(axis=-1) for part in parts], axis=-1)}
        for choice in avg_pool_grads(shape)
        for static in [{name: value for name, value in choice.items() if name != "shape"}]
        for x in [_tied((*shape3(shape)[:2], choice["shape"]))]
        for parts in [reference.strips(x, **static, fill=-np.inf)[1]]
    ]


def _tied(shape: Shape) -> Any:
    """Return numbers some of which are equal to their neighbours."""
    return np.arange(math.prod(shape)).reshape(shape) * 7 % 5 // 2 + 0.0
