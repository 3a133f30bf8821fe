"""Vanishing and exploding gradients, judged by the norms of each layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tensorgraph.diagnose.array_arguments import Array

VANISHING = 1e-4
"""A layer whose norm is this small a part of the largest layer's learns next to nothing."""
EXPLODING = 100.0
"""A norm that ends this many times above its median is getting out of hand."""


@dataclass(frozen=True)
class LayerHealth:
    """A summary of the gradient norms of one layer."""

    path: str
    median: float
    """Of the finite norms; NaN if there are none."""
    largest: float
    last: float
    verdict: str
    """``"fine"``, ``"zero"``, ``"vanishing"``, ``"exploding"`` or ``"not finite from step …"``."""


def health(norms: Mapping[str, Array]) -> tuple[LayerHealth, ...]:
    """Judge the gradient norms of each layer, step by step (course 2, week 1, on vanishing ones).

    Example:
        >>> import numpy as np
        >>> norms = {"first": np.array([1e-9, 1e-9]), "last": np.array([1.0, 1.0])}
        >>> [layer.verdict for layer in health(norms)]
        ['vanishing', 'fine']
    """
    medians = {path: _median(values) for path, values in norms.items()}
    top = max((m for m in medians.values() if m == m), default=0.0)
    return tuple(
        LayerHealth(
            path=path,
            median=medians[path],
            largest=float(np.max(values)),
            last=float(values[-1]),
            verdict=_verdict(values, medians[path], top),
        )
        for path, values in norms.items()
    )


def _median(values: Array) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else float("nan")


def _verdict(values: Array, median: float, top: float) -> str:
    finite = np.isfinite(values)
    if not finite.all():
        return f"not finite from step {int(np.argmin(finite))}"
    if not values.any():
        return "zero"
    if values[-1] > EXPLODING * median:
        return "exploding"
    return "vanishing" if median < VANISHING * top else "fine"
