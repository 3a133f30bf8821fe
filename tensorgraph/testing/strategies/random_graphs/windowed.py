"""Steps that convolve or pool along one spatial axis: the geometries that fit, as in ``choices``.

Operands with fewer than three axes stand for a batch of one, of one channel.
"""

# ruff: noqa: D103  # each function is named like the kind of step that it serves
from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from tensorgraph.ops import OPS
from tensorgraph.testing.strategies.random_graphs.choices import Choices, Shape, small

GEOMETRIES: Choices = [
    {"stride": stride, "padding": padding, "dilation": dilation}
    for stride, padding, dilation in (
        (1, (0, 0), 1), (2, (1, 1), 1), (1, (1, 0), 2), (2, (0, 2), 1), (3, (2, 1), 2),
    )
]  # fmt: skip
POOLINGS: Choices = [
    {"size": size, "stride": stride, "padding": padding}
    for size, stride, padding in ((2, 2, (0, 0)), (2, 1, (1, 0)), (3, 2, (1, 1)), (3, 1, (0, 2)))
]


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
        if small(length * math.prod(shape[:-2]), shape)
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
        for results in [count(length, size, **geometry)]
        if results > 0 and small(results * n * out, x, weight)
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
        if count(longer, size, **geometry) == length
        if small(n * inner * groups * longer, x, weight)
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
    found = []
    for choice in avg_pool_grads(shape):
        window = {name: value for name, value in choice.items() if name != "shape"}
        x = _tied((*shape3(shape)[:2], choice["shape"]))
        peaks = OPS["max_pool"](x, **{**window, "padding": (window["padding"],)})
        found.append({**window, "x": x, "peaks": peaks})
    return found


def _tied(shape: Shape) -> Any:
    """Return numbers some of which are equal to their neighbours."""
    return np.arange(math.prod(shape)).reshape(shape) * 7 % 5 // 2 + 0.0
