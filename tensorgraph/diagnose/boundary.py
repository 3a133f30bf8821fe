"""What a classifier says of the plane around its points."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.arguments import boolean, integers, number, whole
from tensorgraph.diagnose.array_arguments import (
    Array,
    as_labels,
    as_numbers,
    positions,
    same_length,
)
from tensorgraph.diagnose.class_answers import Answers, answers
from tensorgraph.diagnose.model_calls import as_feature_axis, outputs_for
from tensorgraph.display.figure import (
    MARKERS,
    axes_for,
    colours,
    ink,
    legend,
    point_size,
    ticks_over,
)
from tensorgraph.leads.calls import with_leads

__all__ = ["decision_boundary"]

WHERE = "decision_boundary"
SHADE = 0.4
"""How much of a region's colour is laid over the ground."""


@with_leads
def decision_boundary(
    model: Any,
    x: Any,
    y: Any,
    *,
    axis: int = -1,
    features: Any = None,
    others: Any = None,
    probabilities: bool = False,
    threshold: float | None = None,
    steps: int = 150,
    ax: Any = None,
) -> Any:
    """Draw the regions that a classifier tells apart, with examples on them.

    What the model returns for each point is read so:

    - whole numbers, booleans or strings are classes;
    - other single numbers are of the second of two classes: probabilities where all on the picture
      lie in [0, 1], with the border at ½, otherwise scores such as logits, with the border at 0;
    - of a row with a number for each class the largest counts.

    Args:
        model: a module, which is called in evaluation mode and in its dtype, and left as it is; or
            a function of points; or an object with ``predict``, as scikit-learn has them.
        x: the examples, shape (m, 2).
        y: their classes, of shape (m,), (m, 1) or (1, m).
        axis: where the features stand: −1 for samples in rows; 0 for samples in columns, x of shape
            (2, m), and so is what the model is given.
        features: of x with more than two features, which two are drawn, such as ``(0, 3)``.
        others: what the other features are on the picture, one value for each feature of x (of the
            two it is not looked at); by default their means.
        probabilities: shade a region by how probable its class is, from 1/classes (nothing) to 1.
            Logits are taken for those of a sigmoid or a softmax.
        threshold: where the border between two classes is, instead of ½ or 0.
        steps: how many points of the plane are asked about along each axis.
        ax: where to draw, as matplotlib calls it; by default in a figure of its own.

    Returns:
        The axes; ``ax.figure.savefig("boundary.png")`` saves them.

    Raises:
        ImportError: matplotlib is not installed.
        ArgumentError: a NaN, points too far apart to be drawn, more than two features without
            ``features``, or outputs that do not fit to the classes.
        ShapeError: x are no points, or there is not one class for each point.
        DTypeError: what is no model, or no class.

    Example:
        >>> import tensorgraph as tg
        >>> X, y = tg.data.toy.moons(200)
        >>> model = tg.nn.Sequential(tg.nn.Linear(2, 8), tg.nn.Tanh(), tg.nn.Linear(8, 2))
        >>> ax = tg.diagnose.decision_boundary(model, X, y)
        >>> ax.get_legend().get_texts()[1].get_text()
        '1'
    """
    points, classes = as_numbers(WHERE, "x", x), as_labels(WHERE, "y", y)
    feature_axis = as_feature_axis(WHERE, axis)
    points = _as_rows(points, len(classes), feature_axis)
    same_length(WHERE, points=points, labels=classes)
    pair, rest = _chosen_features(points, features, others)
    border = None if threshold is None else number(threshold, f"{WHERE}: threshold")
    shaded = boolean(probabilities, f"{WHERE}: probabilities")
    seen = points[:, pair]
    across, up = (_ticks(values, whole(steps, f"{WHERE}: steps", 2)) for values in seen.T)
    asked = np.repeat(rest[None], len(across) * len(up), axis=0)
    asked[:, pair] = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    said = answers(WHERE, outputs_for(WHERE, model, asked, feature_axis), classes, border)
    if shaded and said.probability is None:
        raise errors.ArgumentError(
            f"{WHERE}: the model returns classes, which have no probabilities; give one that"
            " returns these, such as model.predict_proba"
        )
    ax = axes_for(WHERE, ax)
    palette = np.array(colours(len(said.names)))
    _draw_regions(ax, across, up, said, palette, shaded)
    _draw_examples(ax, seen, positions(said.names, classes), said.names, palette)
    names = _feature_names(x, pair) if feature_axis == -1 else None
    ax.set(xlim=across[[0, -1]], ylim=up[[0, -1]])
    if names or points.shape[1] > 2:
        first, second = names or [f"feature {i}" for i in pair]
        ax.set(xlabel=first, ylabel=second)
    return ax


def _as_rows(points: Array, count: int, axis: int) -> Array:
    """Return points with one row for each."""
    if points.ndim != 2 or not points.size:
        wanted = "(2, m)" if axis == 0 else "(m, 2)"
        raise errors.ShapeError(
            f"{WHERE}: x must be points of a plane, of shape {wanted}, not {points.shape}"
        )
    rows = points.T if axis == 0 else points
    if len(rows) != count == rows.shape[1]:
        raise errors.ShapeError(
            f"{WHERE}: x of shape {points.shape} has {len(rows)} points for {count} classes; for"
            f" samples in {'rows leave axis out' if axis == 0 else 'columns write axis=0'}"
        )
    return rows


def _chosen_features(points: Array, features: Any, others: Any) -> tuple[list[int], Array]:
    """Return which two features are drawn, and the values of all, of which the others count."""
    count = points.shape[1]
    if features is None:
        if count != 2:
            raise errors.ShapeError(
                f"{WHERE}: x has {count} feature{'s' * (count != 1)}, a plane has two;"
                + (
                    " write features=(0, 1) for the two that are drawn: the others are at their"
                    " means, or at others="
                    if count > 2
                    else " draw one by ax.plot"
                )
            )
        features = (0, 1)
    pair = list(integers(features, f"{WHERE}: features"))
    if len(pair) != 2 or len({i % count for i in pair if -count <= i < count}) != 2:
        raise errors.ArgumentError(
            f"{WHERE}: features are two different ones of {count}, such as (0, 1), not"
            f" {errors.describe(features)}"
        )
    if others is None:
        return pair, (points.astype(np.float64) / len(points)).sum(axis=0)
    rest = as_numbers(WHERE, "others", others).reshape(-1)
    if len(rest) != count:
        raise errors.ShapeError(
            f"{WHERE}: others holds {len(rest)} values for {count} features; write one for each,"
            " such as a row of x"
        )
    return pair, rest.astype(np.float64)


def _ticks(values: Array, count: int) -> Array:
    """Return equal steps over the range of the values, and a tenth of it beyond either end.

    Raises:
        ArgumentError: the range is larger than any number.
    """
    ticks = ticks_over(values, count)
    if not np.isfinite(ticks).all():
        low, high = float(values.min()), float(values.max())
        raise errors.ArgumentError(
            f"{WHERE}: points from {low:.3g} to {high:.3g} are too far apart to be drawn; write"
            " data.Normalize().fit(x)(x)"
        )
    return ticks


def _feature_names(x: Any, pair: list[int]) -> list[str] | None:
    """Return what a frame calls the two features."""
    columns = getattr(x, "columns", None)
    return None if columns is None else [str(list(columns)[i]) for i in pair]


def _draw_regions(
    ax: Any, across: Array, up: Array, said: Answers, palette: Array, shaded: bool
) -> None:
    """Lay the colour of each point's class over the ground, the more the surer where shaded."""
    strength = np.full(len(said.chosen), SHADE)
    if shaded and said.probability is not None:
        least = 1 / max(2, len(said.names))
        strength = 0.65 * ((said.probability - least) / (1 - least)).clip(0, 1)
    image = np.concatenate([palette[said.chosen], strength[:, None]], axis=1)
    dx, dy = (across[1] - across[0]) / 2, (up[1] - up[0]) / 2
    ax.imshow(
        image.reshape(len(up), len(across), 4),
        origin="lower",
        extent=(across[0] - dx, across[-1] + dx, up[0] - dy, up[-1] + dy),
        aspect=ax.get_aspect(),
        interpolation="nearest",
        zorder=0,
    )


def _draw_examples(ax: Any, points: Array, classes: Array, names: Array, palette: Array) -> None:
    shown = []
    for k, name in enumerate(names):
        own = classes == k
        if own.any():
            shown.append(str(name))
            ax.scatter(
                *points[own].T,
                color=[palette[k]],
                s=point_size(ax),
                marker=MARKERS[k % len(MARKERS)],
                edgecolors=[ink(ax)],
                linewidths=0.4,
                label=str(name),
            )
    legend(ax, shown)
