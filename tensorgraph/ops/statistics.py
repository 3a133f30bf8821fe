"""Weighted means, covariances and correlations; how many elements are not 0."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.arguments import scalar
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.ops._axes import SomeAxes, from_list, from_lists, kept, some_axes
from tensorgraph.ops.arithmetic import divide, multiply, not_equal, subtract
from tensorgraph.ops.contract import matmul
from tensorgraph.ops.extrema import clip
from tensorgraph.ops.index import beside
from tensorgraph.ops.joining import concat
from tensorgraph.ops.order import reals
from tensorgraph.ops.reduce import mean, sum
from tensorgraph.ops.shape import broadcast_to, reshape
from tensorgraph.ops.transcendental import sqrt

__all__ = ["average", "corrcoef", "count_nonzero", "cov"]


@with_leads
def count_nonzero(x: AnyArray, axis: SomeAxes = None, keepdims: bool = False) -> AnyArray:
    """Return how many elements over ``axis`` are not 0, NaN included; no gradient passes.

    Example:
        >>> import tensorgraph as tg
        >>> tg.count_nonzero(tg.tensor([0.0, 3.0, 5.0]))
        tensor(2)
    """
    return sum(not_equal(x, 0), axis=axis, keepdims=keepdims)


@with_leads
def average(
    x: AnyArray, axis: SomeAxes = None, weights: AnyArray | None = None, keepdims: bool = False
) -> AnyArray:
    """Return the weighted mean Σ w·x / Σ w over ``axis``; gradients go to x and the weights.

    Args:
        x: of any shape.
        axis: one, several or None for all.
        weights: of x's shape, or of the lengths of the axes; None for equal ones.
        keepdims: whether reduced axes stay, with length 1.

    Raises:
        ShapeError: the weights do not fit.

    Example:
        >>> import tensorgraph as tg
        >>> tg.average(tg.tensor([1.0, 4.0]), weights=[3.0, 1.0])
        tensor(1.75)
    """
    if weights is None:
        return mean(reals(from_list(x)), axis=axis, keepdims=keepdims)
    x, weights = from_lists(x, weights)
    x = reals(x)
    if shape_of(weights) != shape_of(x):
        axes = some_axes(axis, ndim_of(x))
        lengths = tuple(shape_of(x)[i] for i in axes)
        if axis is None or shape_of(weights) != lengths:
            raise ShapeError(
                f"average: weights have the shape of x, {shape_of(x)}, or the lengths of the axes,"
                f" {lengths}, not {shape_of(weights)}"
            )
        others = tuple(i for i in range(ndim_of(x)) if i not in axes)
        weights = reshape(weights, shape=kept(shape_of(x), others))
        weights = broadcast_to(weights, shape=shape_of(x))
    total = sum(weights, axis=axis, keepdims=keepdims)
    return divide(sum(multiply(x, weights), axis=axis, keepdims=keepdims), total)


@with_leads
def cov(
    x: AnyArray,
    y: AnyArray | None = None,
    rowvar: bool = True,
    bias: bool = False,
    correction: float | None = None,
    fweights: AnyArray | None = None,
    aweights: AnyArray | None = None,
) -> AnyArray:
    """Return the covariances of variables, each a row of x with an observation in each column.

    Args:
        x: variables, as rows; or one.
        y: more of them.
        rowvar: whether rows are variables, or columns.
        bias: whether sums are divided by the number of observations N, or by N − 1.
        correction: N − correction is divided by, or 0 where that is less; None as ``bias`` says.
        fweights: how often each observation counts.
        aweights: how much each observation weighs.

    Raises:
        ShapeError: x has more than two axes.

    Example:
        >>> import tensorgraph as tg
        >>> tg.cov(tg.tensor([[1.0, 3.0], [2.0, 8.0]]))
        tensor([[ 2.,  6.],
                [ 6., 18.]])
    """
    parts = from_lists(x) if y is None else from_lists(x, y)
    rows = concat([_variables(part, rowvar, "cov") for part in parts], axis=0)
    freedom: Any = (
        (0 if bias else 1) if correction is None else scalar(correction, "cov: correction")
    )
    count = shape_of(rows)[1]
    if fweights is None and aweights is None:
        centred = subtract(rows, mean(rows, axis=1, keepdims=True))
        found = divide(matmul(centred, centred.mT), max(float(count - freedom), 0.0))
    else:
        found = _weighted_cov(rows, fweights, aweights, freedom)
    return reshape(found, shape=()) if shape_of(found) == (1, 1) else found


def _weighted_cov(rows: Any, fweights: Any, aweights: Any, freedom: float) -> Any:
    given = [w if w is None else reals(from_lists(w, rows)[0]) for w in (fweights, aweights)]
    for w in given:
        if w is not None and shape_of(w) != (shape_of(rows)[1],):
            raise ShapeError(
                f"cov: there are {shape_of(rows)[1]} observations, but weights of shape"
                f" {shape_of(w)}"
            )
    repeats, weighs = given
    weights = weighs if repeats is None else repeats if weighs is None else repeats * weighs
    total = sum(weights)
    middle = divide(sum(multiply(rows, weights), axis=1), total)
    centred = subtract(rows, reshape(middle, shape=(-1, 1)))
    if weighs is None or freedom == 0:
        left = total - freedom
    else:
        left = total - divide(freedom * sum(weights * weighs), total)
    return divide(matmul(multiply(centred, weights), centred.mT), clip(left, min=0.0))


def _variables(x: Any, rowvar: bool, name: str) -> Any:
    x = reals(x)
    if ndim_of(x) > 2:
        raise ShapeError(f"{name} takes variables in rows, not shape {shape_of(x)}")
    if ndim_of(x) < 2:
        return reshape(x, shape=(1, -1))
    return x if rowvar else x.mT


@with_leads
def corrcoef(x: AnyArray, y: AnyArray | None = None, rowvar: bool = True) -> AnyArray:
    """Return the correlations of variables, each a row of x with an observation in each column.

    Each is cov(a, b) / √(cov(a, a)·cov(b, b)), cut to [−1, 1]; NaN where one does not vary.

    Args:
        x: variables, as rows; or one.
        y: more of them.
        rowvar: whether rows are variables, or columns.

    Raises:
        ShapeError: x has more than two axes.

    Example:
        >>> import tensorgraph as tg
        >>> tg.corrcoef(tg.tensor([[1.0, 2.0, 3.0], [2.0, 1.0, 0.0]])).round(6)
        tensor([[ 1., -1.],
                [-1.,  1.]])
    """
    found = cov(x, y, rowvar)
    if ndim_of(found) == 0:
        return divide(found, found)
    (n, _) = shape_of(found)
    own = beside(np.arange(n), found)
    spread = sqrt(found[own, own])
    return clip(divide(divide(found, spread[:, None]), spread), min=-1.0, max=1.0)
