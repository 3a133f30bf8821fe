"""Calibration: how well probabilities agree with how often they come true."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph.arguments import whole
from tensorgraph.diagnose.array_arguments import Array, labelled
from tensorgraph.diagnose.metric import metric
from tensorgraph.display.svg import COLOURS, bar, document, label, line
from tensorgraph.display.tables import html_table
from tensorgraph.leads.calls import with_leads

__all__ = ["Calibration", "calibration", "expected_calibration_error"]


@dataclass(frozen=True, eq=False)
class Calibration:
    """What was predicted and what happened, bin by bin: see :func:`calibration`."""

    edges: Array
    """The ends of the bins, shape (bins + 1,)."""
    predicted: Array
    """The mean probability in each bin, NaN in an empty one."""
    happened: Array
    """How often it came true in each bin, NaN in an empty one."""
    weights: Array
    """How many examples each bin holds, or the sum of their weights."""

    @property
    def gaps(self) -> Array:
        """The distance between what was predicted and what happened, 0 in an empty bin."""
        gaps: Array = np.nan_to_num(abs(self.predicted - self.happened))
        return gaps

    @property
    def expected_error(self) -> float:
        """The expected calibration error: the mean gap of all examples."""
        return float((self.gaps * self.weights).sum() / self.weights.sum())

    @property
    def maximum_error(self) -> float:
        """The maximum calibration error: the largest gap of a bin."""
        return float(self.gaps.max())

    def _rows(self) -> list[tuple[str, ...]]:
        ends = [f"({a:.3g}, {b:.3g}]" for a, b in zip(self.edges, self.edges[1:], strict=False)]
        return [
            (end, f"{weight:g}", f"{p:.3f}", f"{y:.3f}")
            for end, weight, p, y in zip(
                ends, self.weights, self.predicted, self.happened, strict=True
            )
            if weight
        ]

    def __str__(self) -> str:
        rows = [("bin", "examples", "predicted", "happened"), *self._rows()]
        lines = [f"{a:14}{b:>9}{c:>11}{d:>10}" for a, b, c, d in rows]
        error = f"expected calibration error {self.expected_error:.4f}"
        return "\n".join([*lines, f"{error}, largest gap {self.maximum_error:.4f}"])

    def svg(self) -> str:
        """Return the reliability diagram: bars on the diagonal mean what they say."""
        left, top, side = 40.0, 12.0, 240.0
        parts = [line(left, top + side * k / 4, left + side, top + side * k / 4) for k in range(5)]
        for low, high, y in zip(self.edges, self.edges[1:], self.happened, strict=False):
            if not np.isnan(y):
                x, width = left + side * low, side * (high - low)
                parts.append(bar(x + 1, top + side * (1 - y), width - 2, side * y, COLOURS[0], 0.8))
        parts.append(line(left, top + side, left + side, top, strong=True))
        parts += [
            label(left - 6, top + side * (1 - k / 4) + 4, f"{k / 4:g}", anchor="end", soft=True)
            for k in (0, 2, 4)
        ]
        text = f"expected calibration error {self.expected_error:.4f}"
        parts.append(label(left, top + side + 36, text))
        parts.append(label(left + side, top + side + 18, "predicted →", anchor="end", soft=True))
        parts.append(label(left, top + side + 18, "↑ happened", soft=True))
        return document(320, top + side + 48, f"Reliability diagram, {text}", parts)

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_html_(self) -> str:
        return self.svg() + html_table(["bin", "examples", "predicted", "happened"], self._rows())


@with_leads
def calibration(
    probabilities: Any,
    labels: Any,
    *,
    bins: int = 10,
    classes: Iterable[Any] | None = None,
    sample_weight: Any = None,
) -> Calibration:
    """Compare probabilities with how often they come true, in bins of the same width.

    With nₖ examples in bin k, whose mean probability is pₖ and of which the share yₖ came true,

        expected calibration error = Σₖ nₖ/m · |pₖ − yₖ|,

    and the maximum calibration error is the largest |pₖ − yₖ| (Guo et al. 2017, "On calibration of
    modern neural networks", equations 3 and 5). A bin holds its upper end; the first holds 0 too.

    Args:
        probabilities: of the positive class, shape (m,), where "true" is the positive class; or of
            each class, shape (m, K), where the largest of a row is compared with whether that class
            is the true one.
        labels: the true classes. For shape (m,) the positive class is 1 or True; otherwise 0 … K−1
            are the columns.
        bins: how many.
        classes: what the labels stand for, if that is something else: ``[other, positive]``, or the
            class of each column.
        sample_weight: how much each example counts, shape (m,).

    Raises:
        ShapeError: lengths that differ.
        ArgumentError: no examples, no bins; numbers outside [0, 1], such as logits; rows that do
            not add up to 1; a NaN.
        AxisError: a label that names no column.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.diagnose.calibration([0.1, 0.2, 0.8, 0.9], [0, 1, 1, 1], bins=2))
        bin            examples  predicted  happened
        (0, 0.5]              2      0.150     0.500
        (0.5, 1]              2      0.850     1.000
        expected calibration error 0.2500, largest gap 0.3500
    """
    count = whole(bins, "calibration: bins", 1)
    p, numbers, weights, binary = labelled(
        "calibration", probabilities, labels, classes, sample_weight
    )
    chosen = np.ones(len(p), np.int64) if binary else p.argmax(1)
    confidence = p[np.arange(len(p)), chosen].astype(np.float64)
    right = (numbers == chosen).astype(np.float64)
    edges = np.linspace(0, 1, count + 1)
    place = np.searchsorted(edges[1:-1], confidence)
    held = np.bincount(place, weights, count)
    empty = held == 0
    each = np.where(empty, np.nan, held)
    return Calibration(
        edges=edges,
        predicted=np.bincount(place, weights * confidence, count) / each,
        happened=np.bincount(place, weights * right, count) / each,
        weights=held,
    )


@metric(worst=1, best=0)
@with_leads
def expected_calibration_error(
    probabilities: Any,
    labels: Any,
    *,
    bins: int = 10,
    classes: Iterable[Any] | None = None,
    sample_weight: Any = None,
) -> float:
    """Return by how much probabilities differ on average from how often they come true.

    It is the ``expected_error`` of :func:`calibration`, which says more; for the arguments and
    errors see there.

    Example:
        >>> import tensorgraph as tg
        >>> tg.diagnose.expected_calibration_error([0.75] * 4, [1, 1, 1, 0])
        0.0
    """
    return calibration(
        probabilities, labels, bins=bins, classes=classes, sample_weight=sample_weight
    ).expected_error
