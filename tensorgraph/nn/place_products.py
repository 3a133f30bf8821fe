"""Sums of places along an axis as products with the matrix of their weights."""

from __future__ import annotations

import math
from typing import Any

from tensorgraph.engine.arrays import placed
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import array_of
from tensorgraph.ops.masking import masked_matmul
from tensorgraph.ops.shape import matrix_transpose, reshape

MOST = 256
"""Places: of so many a product is faster than to add up one term for all results after the other,
though most of the weights are 0."""


def product_along(x: Any, axis: int, matrix: Any, counted: Any) -> Any:
    """Return Σₖ matrix[i, k] · x[…, k, …] over the places k of an axis that result i counts.

    What is infinite or NaN reaches the results only that count it, and so do gradients.

    Args:
        x: with an axis before that of the places.
        axis: the axis of the places.
        matrix: the weights, of shape (results, places).
        counted: which of them count, of the same shape.
    """
    shape, own = shape_of(x), array_of(x)
    matrix, counted = placed(matrix.astype(x.dtype), own), placed(counted, own)
    if axis == len(shape) - 1:  # without a copy, as BLAS takes matrices either way
        return matrix_transpose(masked_matmul(matrix, matrix_transpose(x), counted))
    lead, behind = shape[:axis], shape[axis + 1 :]
    rows = reshape(x, shape=(*lead, shape[axis], math.prod(behind)))
    return reshape(masked_matmul(matrix, rows, counted), shape=(*lead, len(matrix), *behind))
