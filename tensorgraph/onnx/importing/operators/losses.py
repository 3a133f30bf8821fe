"""Losses, as files of training graphs have them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.engine.shapes import shape_of
from tensorgraph.errors import OnnxError
from tensorgraph.onnx.importing.table import operator


def _mean_loss(scores: Any, labels: Any, weight: Any, ignored: int | None, reduction: str) -> Any:
    """Return what is lost at each label by the negated scores of the classes, reduced."""
    kept = None if ignored is None else ops.not_equal(labels, ignored)
    known = labels if kept is None else ops.where(kept, labels, np.zeros((), labels.dtype))
    places = ops.expand_dims(ops.astype(known, dtype=np.int64), axis=1)
    picked = ops.take_along_axis(scores, places, axis=1)
    loss = -ops.squeeze(picked, axis=1)
    share = np.ones(shape_of(labels), scores.dtype) if weight is None else ops.take(
        weight, ops.astype(known, dtype=np.int64), axis=0
    )  # fmt: skip
    if kept is not None:
        share = ops.where(kept, share, np.zeros((), scores.dtype))
    loss = loss * share
    if reduction == "none":
        return loss
    if reduction == "sum":
        return ops.sum(loss)
    if reduction != "mean":
        raise OnnxError(f"reduction {reduction!r} is not known")
    return ops.sum(loss) / ops.sum(share)


@operator("NegativeLogLikelihoodLoss")
def _negative_log_likelihood(
    x: Any, labels: Any, weight: Any = None, *, ignore_index: int | None = None,
    reduction: str = "mean",
) -> Any:  # fmt: skip
    return _mean_loss(x, labels, weight, ignore_index, reduction)


@operator("SoftmaxCrossEntropyLoss")
def _softmax_cross_entropy(
    x: Any, labels: Any, weight: Any = None, *, ignore_index: int | None = None,
    reduction: str = "mean", n_outputs: int,
) -> Any:  # fmt: skip
    scores = ops.log_softmax(x, axis=1)
    loss = _mean_loss(scores, labels, weight, ignore_index, reduction)
    return loss if n_outputs == 1 else (loss, scores)
