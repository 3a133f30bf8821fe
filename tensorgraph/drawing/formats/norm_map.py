"""``tg.render(watch)``: a heat map of the norms of a training run, by layer and step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite, log10
from typing import Any

from tensorgraph import errors
from tensorgraph.drawing.formats.lettering import width_of
from tensorgraph.drawing.formats.shapes import Drawing, Group, Rect, Shape, Text
from tensorgraph.drawing.view.colour import heat_tone

CELL, ROW, GAP = 9.0, 16.0, 34.0
WIDEST = 60
"""A run of more steps is drawn by this many, evenly chosen."""

Norms = Mapping[str, Sequence[float]]


def norms_drawing(activations: Norms, gradients: Norms, title: str) -> Drawing:
    """Return a picture of norms: a row for each layer, a column for each step.

    The colour is the logarithm of the norm, so a column that fades from the last layer to the first
    is a vanishing gradient, and one that glows an exploding one. What is not finite is marked.
    """
    maps = {"activations (root mean square)": activations, "gradients (norm)": gradients}
    label = max([width_of(name, 11) for norms in maps.values() for name in norms], default=0) + 24
    shapes: list[Shape] = []
    top = 24.0
    width = label + 200
    for heading, norms in maps.items():
        columns = _chosen(max(map(len, norms.values()), default=0))
        width = max(width, label + CELL * len(columns) + 90)
        shapes += _map(heading, norms, columns, label, top)
        top += ROW * len(norms) + GAP + 14
    return Drawing(width, top, [Rect("paper", 0, 0, width, top, 12), *shapes], title)


def _chosen(steps: int) -> list[int]:
    """Return the steps that are drawn."""
    shown = min(steps, WIDEST)
    return [k * (steps - 1) // max(shown - 1, 1) for k in range(shown)]


def _map(
    title: str, norms: Norms, columns: Sequence[int], left: float, top: float
) -> Iterator[Shape]:
    values = [log10(v) for row in norms.values() for v in row if isfinite(v) and v > 0]
    low, high = min(values, default=0.0), max(values, default=0.0)
    told = f": {10**low:.2g} … {10**high:.2g}" if values else ""
    yield Text("c", 12, top, title + told, "start")
    for k, (name, row) in enumerate(norms.items()):
        y = top + 10 + ROW * k
        yield Text("l", 12, y + 11, name or "model", "start")
        for column, step in enumerate(columns):
            value = row[step] if step < len(row) else float("nan")
            tip = f"{name or 'model'}, step {step + 1}: {value:.3g}"
            yield _cell(left + CELL * column, y, value, tip, low, high)


def _cell(x: float, y: float, value: float, tip: str, low: float, high: float) -> Group:
    """Return the mark of one number: an empty one for NaN, that of an alarm for infinity."""
    tone, look = "heat0", "absent" if value != value else "alarm"
    if isfinite(value):
        share = (log10(value) - low) / (high - low) if value > 0 and high > low else 0.0
        tone, look = heat_tone(share), "badge"
    return Group(tone, (Rect(look, x, y, CELL, ROW - 2),), tip)


def run_of(run: Any) -> Mapping[str, Norms] | None:
    """Return the norms that a watch or a training history holds, or those given as a dict.

    Raises:
        DTypeError: it is none of these.
    """
    if run is None or type(run) is dict:
        return run
    if not (hasattr(run, "gradients") and hasattr(run, "activations")):
        raise errors.DTypeError(
            "render: run is the nn.Watch of a training run, or a dict {'gradients': {layer:"
            f" numbers}}, 'activations': {{layer: numbers}}}}, not {errors.describe(run)}"
        )
    return {"gradients": run.gradients, "activations": run.activations}
