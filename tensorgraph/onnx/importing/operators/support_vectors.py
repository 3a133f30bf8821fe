"""Support vector machines: kernels with the vectors that support, and votes of pairs of classes."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.engine.shapes import shape_of
from tensorgraph.errors import OnnxError
from tensorgraph.linalg import solve
from tensorgraph.onnx.importing.operators.classical import (
    as_real,
    as_rows,
    labels_of,
    transformed,
)
from tensorgraph.onnx.importing.table import ML, operator
from tensorgraph.onnx.importing.values import Floats, Ints, Texts

_WEIGHTS = ("coefficients", "rho", "support_vectors")


def _kernel(x: Any, vectors: Any, kind: str, numbers: Floats | None) -> Any:
    """Return k(x, v) of each row and each vector, as libsvm has it: (rows, vectors)."""
    gamma, shift, degree = numbers or (0.0, 0.0, 3.0)
    if kind == "RBF":
        apart = ops.expand_dims(x, axis=1) - vectors
        return ops.exp(-gamma * ops.sum(ops.square(apart), axis=2))
    products = ops.matmul(x, ops.matrix_transpose(vectors))
    match kind:
        case "LINEAR":
            return products
        case "POLY":
            return (gamma * products + shift) ** degree
        case "SIGMOID":
            return ops.tanh(gamma * products + shift)
    raise OnnxError(f"kernel_type {kind!r}; known are LINEAR, POLY, RBF and SIGMOID")


@operator("SVMRegressor", domain=ML, weight_attributes=_WEIGHTS)
def _svm_regressor(
    x: Any, *weights: Any, kernel_params: Floats | None = None, kernel_type: str = "LINEAR",
    n_supports: int = 0, one_class: int = 0, post_transform: str = "NONE",
) -> Any:  # fmt: skip
    coefficients, rho, *vectors = weights
    x = as_rows(as_real(x))
    if n_supports:
        kernel = _kernel(
            x, ops.reshape(vectors[0], shape=(n_supports, -1)), kernel_type, kernel_params
        )
    else:
        kernel = x
    y = ops.matmul(kernel, ops.reshape(coefficients, shape=(-1, 1))) + rho[0]
    if one_class:
        y = ops.where(y > 0, np.ones((), y.dtype), -np.ones((), y.dtype))
    return transformed(y, post_transform)


@operator("SVMClassifier", domain=ML, weight_attributes=_WEIGHTS)
def _svm_classifier(
    x: Any, *weights: Any, classlabels_ints: Ints | None = None,
    classlabels_strings: Texts | None = None, kernel_params: Floats | None = None,
    kernel_type: str = "LINEAR", post_transform: str = "NONE", prob_a: Floats | None = None,
    prob_b: Floats | None = None, vectors_per_class: Ints | None = None,
) -> Any:  # fmt: skip
    coefficients, rho, *vectors = weights
    x = as_rows(as_real(x))
    count = len(classlabels_ints or classlabels_strings or ())
    if not vectors_per_class or not vectors:
        raise OnnxError("SVMClassifier without support vectors; LinearClassifier is written so")
    if len(vectors_per_class) != count:
        raise OnnxError(f"SVMClassifier of {count} classes, with vectors of {vectors_per_class}")
    vectors = ops.reshape(vectors[0], shape=(sum(vectors_per_class), -1))
    kernel = _kernel(x, vectors, kernel_type, kernel_params)
    scores = _decisions(kernel, ops.reshape(coefficients, shape=(count - 1, -1)), rho,
                        vectors_per_class)  # fmt: skip
    places = _winners(scores, count)
    if prob_a and prob_b:
        scores = _coupled(_likely(scores, prob_a, prob_b), count)
    elif count == 2:
        scores = ops.concat([-scores, scores], axis=1)
    return labels_of(places, classlabels_ints, classlabels_strings), transformed(
        scores, post_transform
    )


def _decisions(kernel: Any, coefficients: Any, rho: Any, counts: Ints) -> Any:
    """Return what each pair of classes decides: (rows, pairs); above 0 the first has won.

    A vector has one coefficient for each other class than its own, in their order.
    """
    ends = np.cumsum([0, *counts])
    parts = [slice(int(a), int(b)) for a, b in pairwise(ends)]
    sums = []
    for number, (i, j) in enumerate(combinations(range(len(counts)), 2)):
        first = ops.matmul(kernel[:, parts[i]], coefficients[j - 1, parts[i]])
        second = ops.matmul(kernel[:, parts[j]], coefficients[i, parts[j]])
        sums.append(first + second + rho[number])
    return ops.stack(sums, axis=1)


def _winners(scores: Any, count: int) -> Any:
    """Return the class that most pairs vote for."""
    first, second = np.array(list(combinations(range(count), 2))).T
    each = np.arange(count)
    votes = ops.where(ops.expand_dims(scores > 0, axis=2), first[:, None] == each,
                      second[:, None] == each)  # fmt: skip
    return ops.argmax(ops.sum(ops.astype(votes, dtype=np.int64), axis=1), axis=1)


def _likely(scores: Any, a: Floats, b: Floats) -> Any:
    """Return how likely the first of each pair is, by Platt's sigmoid."""
    slope, shift = np.array(a, scores.dtype), np.array(b, scores.dtype)
    return ops.clip(ops.sigmoid(-(scores * slope + shift)), min=1e-7, max=1 - 1e-7)


def _coupled(shares: Any, count: int) -> Any:
    """Return the probabilities of all classes that fit those of pairs best.

    They solve min Σ_{i<j} (r_ji p_i − r_ij p_j)², Σ p = 1 (Wu, Lin and Weng 2004, method 2), here
    exactly, where libsvm and onnxruntime stop within 0.005 / count.
    """
    rows = [[np.zeros(shape_of(shares)[:1], shares.dtype)] * count for _ in range(count)]
    for number, (i, j) in enumerate(combinations(range(count), 2)):
        rows[i][j], rows[j][i] = shares[:, number], 1 - shares[:, number]
    r = ops.stack([ops.stack(row, axis=1) for row in rows], axis=1)  # (rows, i, j): i beats j
    turned = ops.matrix_transpose(r)
    own = ops.expand_dims(ops.sum(ops.square(turned), axis=2), axis=2) * np.eye(count)
    bordered = np.ones((count + 1, count + 1))
    bordered[-1, -1] = 0
    pad = ((0, 0), (0, 1), (0, 1))
    edge = bordered - np.pad(np.ones((count, count)), (0, 1))
    matrix = ops.pad(own - r * turned, pad_width=pad) + edge
    wanted = np.zeros((count + 1, 1))
    wanted[-1] = 1
    solved = solve(matrix, np.broadcast_to(wanted, (shape_of(shares)[0], *wanted.shape)))
    return ops.astype(solved[:, :count, 0], dtype=shares.dtype)
