"""Contrastive losses: each vector is to be more like its own partner than like all others."""

from __future__ import annotations

from typing import Any, SupportsFloat

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import placed
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import array_of
from tensorgraph.engine.wanted_numbers import differentiable
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.losses._common import in_single_precision, matched, reduced
from tensorgraph.nn.message_place import here
from tensorgraph.ops.arithmetic import where
from tensorgraph.ops.contract import matmul
from tensorgraph.ops.cross_entropy import class_cross_entropy
from tensorgraph.ops.extrema import maximum
from tensorgraph.ops.joining import concat
from tensorgraph.ops.moments import norm
from tensorgraph.ops.shape import matrix_transpose

LEAST = 1e-8
"""The least length of a vector that is divided by."""


@in_single_precision
@with_leads
def info_nce(
    queries: AnyArray, keys: AnyArray, reduction: str = "mean", *, temperature: SupportsFloat = 0.1
) -> AnyArray:
    """Return the cross-entropy of telling each query's key among all keys of the batch.

    For query i, with the cosine sᵢⱼ of its angle with key j,

        loss = −log(exp(sᵢᵢ/τ) / Σⱼ exp(sᵢⱼ/τ)),

    (van den Oord, Li & Vinyals 2018, "Representation learning with contrastive predictive coding",
    equation 4, with cosines and a temperature as in He et al. 2020, "Momentum contrast"). Row i of
    the keys belongs to row i of the queries, all other rows are its negatives, so losses depend on
    the whole batch. For both directions, as between images and texts, write
    ``(info_nce(x, y) + info_nce(y, x)) / 2``. ``"mean"`` divides by the number of queries.

    Args:
        queries: of shape (m, features).
        keys: the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        temperature: τ, above 0: the lower, the more the nearest negatives count; as a tensor it may
            be learned.

    Raises:
        ShapeError: the shapes differ, or are not those of rows.
        ArgumentError: a ``temperature`` that is not above 0; an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([[1.0, 0.0], [0.0, 2.0]])
        >>> print(tg.nn.losses.info_nce(x, x, temperature=1.0).round(4))
        0.3133
    """
    name = "info_nce"
    tau = differentiable(temperature, f"{here(name)}: temperature", above=0)
    queries, keys = _rows(name, queries, keys)
    scores = matmul(_unit(queries) / tau, matrix_transpose(_unit(keys)))
    partners = placed(np.arange(shape_of(scores)[0]), array_of(scores))
    return reduced(_told_apart(scores, partners), reduction)


@in_single_precision
@with_leads
def nt_xent(
    first: AnyArray, second: AnyArray, reduction: str = "mean", *, temperature: SupportsFloat = 0.5
) -> AnyArray:
    """Return the cross-entropy of telling each vector's partner among all others of both views.

    For vector i of all 2m, with the cosine sᵢⱼ of its angle with vector j and its partner p(i),

        loss = −log(exp(sᵢₚ/τ) / Σⱼ exp(sᵢⱼ/τ))    over j ≠ i,

    (Chen et al. 2020, "A simple framework for contrastive learning of visual representations",
    equation 1). Row i of both is the same thing seen twice. The loss of a pair is the mean of those
    of its two vectors, so ``"mean"`` divides by the number of pairs.

    Args:
        first: of shape (m, features).
        second: the same shape.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``, which returns m losses.
        temperature: τ, above 0; as a tensor it may be learned.

    Raises:
        ShapeError: the shapes differ, or are not those of rows.
        ArgumentError: a ``temperature`` that is not above 0; an unknown ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([[1.0, 0.0], [0.0, 2.0]])
        >>> print(tg.nn.losses.nt_xent(x, x, temperature=1.0).round(4))
        0.5514
    """
    name = "nt_xent"
    tau = differentiable(temperature, f"{here(name)}: temperature", above=0)
    first, second = _rows(name, first, second)
    m = shape_of(first)[0]
    both = concat([_unit(first), _unit(second)], axis=0)
    scores = matmul(both / tau, matrix_transpose(both))
    itself = placed(np.eye(2 * m, dtype=bool), array_of(scores))
    partners = placed(np.roll(np.arange(2 * m), m), array_of(scores))
    losses = _told_apart(where(itself, -np.inf, scores), partners)
    return reduced((losses[:m] + losses[m:]) / 2, reduction)


def _rows(name: str, x: Any, y: Any) -> tuple[Any, Any]:
    """Return two arrays of as many vectors.

    Raises:
        ShapeError: their shapes differ, or are not those of rows.
    """
    x, y = matched(name, x, y)
    if len(shape_of(x)) != 2:
        raise errors.ShapeError(
            f"{here(name)}: an input of shape {shape_of(x)} must have shape (m, features)"
        )
    return x, y


def _unit(rows: Any) -> Any:
    return rows / maximum(norm(rows, axis=-1, keepdims=True), LEAST)


def _told_apart(scores: Any, partners: Any) -> Any:
    """Return the cross-entropy of each row's partner among the columns."""
    if not shape_of(scores)[0]:
        return scores[:, 0] if shape_of(scores)[1] else scores.reshape(-1)
    return class_cross_entropy(scores, partners, axis=-1)
