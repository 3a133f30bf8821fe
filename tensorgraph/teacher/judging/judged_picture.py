"""The picture of a loss, on which gradients are marked as they were judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.drawing.picture import Picture, render
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.teacher.judging.mark import Mark

QUANTITY = "the gradient is off by, as a share of its norm"


def picture_of(
    loss: Tensor, marked: Mapping[str, tuple[str, Mark]], places: Mapping[str, Any], **options: Any
) -> Picture:
    """Return the picture of a graph, with a sign and a colour where a gradient was judged.

    Args:
        loss: where the graph ends.
        marked: the sign and the mark of each gradient.
        places: what each is the gradient of, a node or a leaf of the graph.
        options: those of :func:`tg.render <tensorgraph.render>`.
    """
    for taken in ("color_by", "labels"):
        if taken in options:
            raise errors.ArgumentError(
                f"render: {taken} tells here how gradients were judged; for notes of your own write"
                f" tg.render(loss, {taken}=…)"
            )
    tensors = {key: _tensor_at(place) for key, place in places.items()}
    labels: dict[Tensor, str] = {}
    numbers: dict[Tensor, float] = {}
    for key, tensor in tensors.items():
        sign, mark = marked[key]
        labels[tensor] = f"{sign} {key}"
        off = _off(mark)
        if off is not None:
            numbers[tensor] = off
    options = {"legend": QUANTITY, "backward": False, "title": "", **options}
    return render(loss, color_by=numbers or "family", labels=labels, **options)


def _tensor_at(place: Any) -> Tensor:
    """Return a tensor that stands at a place of a graph."""
    if type(place) is Tensor:
        return place
    return wrap(np.broadcast_to(np.zeros((), place.dtype), place.shape), place, True)


def _off(mark: Mark) -> float | None:
    """Return how far a gradient is off, as a share of its norm; not what others' faults leave."""
    mine, right = mark.mine, mark.right
    if mark.ok:
        return 0.0
    if (
        mark.verdict == "given"
        or mine is None
        or right is None
        or np.shape(mine) != np.shape(right)
    ):
        return None
    with np.errstate(all="ignore"):
        off = float(np.linalg.norm(np.asarray(mine) - right) / np.linalg.norm(right))
    return off if np.isfinite(off) else None
