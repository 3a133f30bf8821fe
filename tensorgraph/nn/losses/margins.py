"""Losses that ask for a margin: of one score over another, or of one distance over another."""

from __future__ import annotations

import math
from typing import Any, SupportsFloat

from tensorgraph import errors
from tensorgraph.arguments import boolean
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.wanted_numbers import differentiable
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.distance import cosine_similarity, pairwise_distance
from tensorgraph.nn.losses._classes import (
    by_class,
    check_choice,
    check_class_labels,
    check_classes_fit,
    class_axis,
    class_cost,
    class_weight,
    without_ignored,
)
from tensorgraph.nn.losses._common import (
    as_array,
    as_prediction,
    as_target,
    check_signs,
    in_single_precision,
    matched,
    reduced,
    warn_if_swapped,
)
from tensorgraph.nn.message_place import here
from tensorgraph.ops.activation import relu
from tensorgraph.ops.arithmetic import equal, square, where
from tensorgraph.ops.extrema import minimum
from tensorgraph.ops.index import one_hot
from tensorgraph.ops.reduce import sum
from tensorgraph.ops.shape import expand_dims


@in_single_precision
@with_leads
def margin_ranking(
    first: AnyArray,
    second: AnyArray,
    target: AnyArray,
    reduction: str = "mean",
    *,
    margin: SupportsFloat = 0.0,
) -> AnyArray:
    """Return what pairs of scores lack of the order that they are to have.

    For each element, with the scores s and t and the label y,

        loss = max(0, margin − y (s − t)),

    with y = 1 where the first is to be larger, −1 where the second is (Herbrich, Graepel &
    Obermayer 2000, "Large margin rank boundaries for ordinal regression"). ``"mean"`` divides by
    the number of elements.

    Args:
        first: scores, any shape.
        second: other scores, the same shape.
        target: labels −1 and 1, the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        margin: by how much one is to be larger.

    Raises:
        ShapeError: the shapes differ.
        ArgumentError: a label that is neither −1 nor 1, a ``margin`` that is not finite; an unknown
            ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.losses.margin_ranking([2.0, 1.0], [0.5, 3.0], [1, 1], "none", margin=1.0))
        [0. 3.]
    """
    name = "margin_ranking"
    margin = differentiable(margin, f"{here(name)}: margin")
    first, second = matched(name, first, second)
    _, target = matched(name, first, target)
    check_signs(name, target)
    return reduced(relu(margin - target * (first - second)), reduction)


@in_single_precision
@with_leads
def multi_margin(
    scores: AnyArray,
    target: AnyArray,
    axis: int = -1,
    reduction: str = "mean",
    *,
    margin: SupportsFloat = 1.0,
    squared: bool = False,
    weight: AnyArray | None = None,
    ignore_index: int | None = None,
) -> AnyArray:
    """Return the hinge loss of several classes.

    For one example with the scores s of K classes and the class c,

        loss = w_c/K Σₖ max(0, margin − s_c + sₖ)    over k ≠ c,

    or the squares of these, where w = 1 unless ``weight`` is given (Weston & Watkins 1999, "Support
    vector machines for multi-class pattern recognition"). ``"mean"`` divides by the number of
    examples; with ``weight`` by the weights of the targets, where PyTorch divides by the examples.

    Args:
        scores: shape (…, classes, …), the classes along ``axis``.
        target: integer classes, of the shape of the scores without ``axis``.
        axis: where the classes stand: −1 for samples in rows, 0 for samples in columns.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        margin: by how much the right score is to be larger than all others.
        squared: whether the terms are squared.
        weight: w, how much each class counts, shape (classes,); not negative.
        ignore_index: the class that marks examples which do not count, for instance −100.

    Raises:
        ShapeError: the shapes of scores and target, or of ``weight``, do not fit as above; or there
            is one class.
        DTypeError: classes that are not integers.
        AxisError: a class outside 0 … classes − 1, or an ``axis`` that the scores do not have.
        ArgumentError: a ``weight`` below 0, a ``margin`` that is not finite, an unknown
            ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.losses.multi_margin([[3.0, 2.5, 0.0, 0.0]], [0]))
        0.125
    """
    name = "multi_margin"
    margin = differentiable(margin, f"{here(name)}: margin")
    scores, target = as_prediction(scores), as_array(target)
    warn_if_swapped(name, scores, target)
    shape = shape_of(scores)
    axis = class_axis(name, shape, axis)
    check_choice(name, shape, axis)
    if weight is not None:
        weight = class_weight(name, weight, scores, axis)
    check_classes_fit(name, shape, shape_of(target), axis, "")
    labels, kept = without_ignored(target, ignore_index)
    check_class_labels(name, labels, shape[axis])
    if kept is not None:
        scores = where(expand_dims(kept, axis=axis), scores, 0)
    hot = one_hot(labels, shape[axis], axis=axis, dtype=bool)
    right = sum(where(hot, scores, 0), axis=axis, keepdims=True)
    lacking = relu(margin - right + scores)
    terms = square(lacking) if boolean(squared, f"{here(name)}: squared") else lacking
    losses = sum(where(hot, 0, terms), axis=axis) / shape[axis]
    losses, weights = by_class(losses, labels, weight)
    return class_cost(losses, weights, kept, reduction)


@in_single_precision
@with_leads
def cosine_embedding(
    first: AnyArray,
    second: AnyArray,
    target: AnyArray,
    reduction: str = "mean",
    *,
    margin: SupportsFloat = 0.0,
) -> AnyArray:
    """Return how far pairs of vectors are from being alike, or from being different.

    For one pair of vectors with the cosine c of their angle and the label y,

        loss = 1 − c                  where y = 1
               max(0, c − margin)     where y = −1,

    (Chopra, Hadsell & LeCun 2005, "Learning a similarity metric discriminatively", with cosines for
    distances). ``"mean"`` divides by the number of pairs.

    Args:
        first: vectors along the last axis, shape (…, features).
        second: the same shape.
        target: labels, 1 for vectors that are to be alike and −1 for others, shape (…).
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        margin: the cosine up to which vectors are different enough, in [−1, 1].

    Raises:
        ShapeError: the shapes do not fit as above.
        ArgumentError: a label that is neither −1 nor 1, a ``margin`` outside [−1, 1]; an unknown
            ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> x, y = [[1.0, 0.0], [1.0, 1.0]], [[0.0, 1.0], [1.0, 1.0]]
        >>> print(tg.nn.losses.cosine_embedding(x, y, [1, -1], "none").round(4))
        [1. 1.]
    """
    name = "cosine_embedding"
    margin = differentiable(margin, f"{here(name)}: margin", -1, 1)
    first, second = _vectors(name, first, second)
    target = as_target(target, first)
    if shape_of(target) != shape_of(first)[:-1]:
        raise errors.ShapeError(
            f"{here(name)}: labels of shape {shape_of(target)} must have shape"
            f" {shape_of(first)[:-1]}: one for each pair of vectors"
        )
    check_signs(name, target)
    cosine = cosine_similarity(first, second, axis=-1)
    return reduced(where(equal(target, 1), 1 - cosine, relu(cosine - margin)), reduction)


@in_single_precision
@with_leads
def triplet_margin(
    anchor: AnyArray,
    positive: AnyArray,
    negative: AnyArray,
    reduction: str = "mean",
    *,
    margin: SupportsFloat = 1.0,
    ord: float = 2.0,
    swap: bool = False,
    eps: float = 1e-6,
) -> AnyArray:
    """Return by how much a vector is not nearer to one that is to be alike than to another.

    For one triple of vectors, the anchor a, the positive p and the negative n,

        loss = max(0, ‖a − p‖ − ‖a − n‖ + margin),

    (Schroff, Kalenichenko & Philbin 2015, "FaceNet", equation 2, with squared distances; Deep
    Learning Specialization, course 4, week 4). With ``swap`` it is min(‖a − n‖, ‖p − n‖) that is
    compared (Balntas et al. 2016). ``"mean"`` divides by the number of triples.

    Args:
        anchor: vectors along the last axis, shape (…, features).
        positive: such as belong to the same thing, the same shape.
        negative: such as belong to another, the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        margin: by how much the negative is to be farther away, above 0.
        ord: the p of the norm, see :func:`tensorgraph.nn.pairwise_distance`.
        swap: whether the negative is compared with the nearer of both others.
        eps: what is added to each difference, so that the slope at 0 is finite.

    Raises:
        ShapeError: the shapes differ, or are those of single numbers.
        ArgumentError: a ``margin`` that is not above 0, an ``ord`` below 1, a negative ``eps``; an
            unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> a, p, n = [[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 5.5]]
        >>> print(tg.nn.losses.triplet_margin(a, p, n, eps=0.0))
        0.5
    """
    name = "triplet_margin"
    margin = differentiable(margin, f"{here(name)}: margin", above=0)
    anchor, positive = _vectors(name, anchor, positive)
    _, negative = _vectors(name, anchor, negative)
    near = pairwise_distance(anchor, positive, ord, eps)
    far = pairwise_distance(anchor, negative, ord, eps)
    if boolean(swap, f"{here(name)}: swap"):
        far = minimum(far, pairwise_distance(positive, negative, ord, eps))
    return reduced(relu(near - far + margin), reduction)


def _vectors(name: str, x: Any, y: Any) -> tuple[Any, Any]:
    """Return two arrays of vectors of one shape.

    Raises:
        ShapeError: their shapes differ, or are those of single numbers.
    """
    x, y = matched(name, x, y)
    if not shape_of(x) or not math.prod(shape_of(x)[-1:]):
        raise errors.ShapeError(
            f"{here(name)}: an input of shape {shape_of(x)} must have shape (…, features)"
        )
    return x, y
