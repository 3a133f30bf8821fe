"""Scaled dot-product attention: means of values, with weights computed from queries and keys."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph import errors, random
from tensorgraph.arguments import boolean as flag, number, scalar
from tensorgraph.engine.arrays import as_array, placed, to_array
from tensorgraph.engine.shapes import shape_of
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.message_place import here
from tensorgraph.ops.arithmetic import astype, divide, logical_and, multiply, not_equal, where
from tensorgraph.ops.contract import matmul
from tensorgraph.ops.logits import softmax
from tensorgraph.ops.masking import dropout as dropped, masked_matmul, matmul_where
from tensorgraph.ops.shape import matrix_transpose, reshape, tril
from tensorgraph.random import Generator

Shape = tuple[int, ...]


@with_leads
def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    mask: Any = None,
    *,
    causal: bool = False,
    bias: Any = None,
    scale: float | None = None,
    dropout: float = 0.0,
    generator: Generator | None = None,
) -> Any:
    """Return softmax(Q Kᵀ / √d + B) V: for each query a mean of the values, by how its key fits.

    Vaswani et al. 2017, "Attention is all you need", equation 1 (Deep Learning Specialization,
    course 5, week 4). A pair of query and key that is masked gets the weight 0, and what is masked
    may be anything, such as NaN: neither results nor gradients depend on it. A query of which all
    keys are masked attends to nothing: its result is 0, and no gradient flows through it.

    Args:
        query: shape (…, queries, d).
        key: shape (…, keys, d); the leading axes of all three broadcast.
        value: shape (…, keys, n); the result has shape (…, queries, n).
        mask: booleans that broadcast to (…, queries, keys), True where a query may attend to a key.
        causal: whether query t may attend to the keys 0 … t only.
        bias: B, numbers that are added to the scores and broadcast likewise, such as those by
            relative positions; −∞ masks a pair as ``mask`` does.
        scale: what the products are multiplied by, 1/√d unless given.
        dropout: the probability with which a weight is dropped; the others grow.
        generator: what is dropped is drawn from it; the default one unless given.

    Raises:
        ShapeError: the shapes do not fit, or ``causal`` with more or fewer keys than queries.
        DTypeError: a mask that is not boolean, or a bias that is not of floating-point numbers.
        ArgumentError: a ``dropout`` outside [0, 1).

    Example:
        >>> import tensorgraph as tg
        >>> q, k = tg.zeros((2, 3)), tg.zeros((2, 3))
        >>> v = tg.tensor([[1.0], [3.0]])
        >>> print(tg.nn.scaled_dot_product_attention(q, k, v, causal=True))
        [[1.]
         [2.]]
    """
    causal = flag(causal, "scaled_dot_product_attention: causal")
    p = number(dropout, "scaled_dot_product_attention: dropout", 0, below=1)

    def drop(weights: Any) -> Any:
        kept = random.bernoulli(1 - p, shape_of(weights), generator)
        return dropped(weights, kept, keep_prob=1 - p)

    factor = None if scale is None else scalar(scale, "scaled_dot_product_attention: scale")
    return attended(query, key, value, mask, causal, bias, factor, drop if p else None)[0]


def attended(
    query: Any,
    key: Any,
    value: Any,
    mask: Any,
    causal: bool,
    bias: Any,
    scale: float | None = None,
    drop: Callable[[Any], Any] | None = None,
) -> tuple[Any, Any]:
    """Return what the queries find, and the weights that they give to the keys."""
    name = here("scaled_dot_product_attention")
    _check_shapes(name, shape_of(query), shape_of(key), shape_of(value))
    pairs = _pairs(query, key)
    if scale is None:
        query = divide(query, math.sqrt(shape_of(query)[-1]))
    else:
        query = multiply(query, scale)
    allowed = _allowed(name, query, pairs, mask, causal)
    if bias is not None:
        bias = _added(name, bias, query, pairs)
        there = not_equal(bias, -math.inf)
        allowed = there if allowed is None else logical_and(allowed, there)
    if allowed is None:
        scores = matmul(query, matrix_transpose(key))
        weights = softmax(scores, axis=-1)
        return matmul(weights if drop is None else drop(weights), value), weights
    scores = matmul_where(query, matrix_transpose(key), allowed)
    if bias is not None:
        scores = scores + where(allowed, bias, 0)
    weights = softmax(where(allowed, scores, -math.inf), axis=-1)
    # Of rows that are −∞ throughout softmax makes equal weights, which are masked here.
    found = masked_matmul(weights if drop is None else drop(weights), value, allowed)
    return found, where(allowed, weights, 0)


def _check_shapes(name: str, query: Shape, key: Shape, value: Shape) -> None:
    shapes = f"query {query}, key {key}, value {value}"
    if min(len(query), len(key), len(value)) < 2:
        raise errors.ShapeError(f"{name}: needs (…, queries or keys, features), not {shapes}")
    if query[-1] != key[-1]:
        raise errors.ShapeError(
            f"{name}: queries and keys must have the same number of features: {shapes}"
        )
    try:
        np.broadcast_shapes(query[:-2], key[:-2], value[:-2])
    except ValueError:
        raise errors.ShapeError(
            f"{name}: the axes before the last two do not broadcast together: {shapes}"
        ) from None
    if key[-2] != value[-2]:
        raise errors.ShapeError(f"{name}: there must be a value for each key: {shapes}")


def _pairs(query: Any, key: Any) -> Shape:
    """Return the shape of what there is of each pair of query and key."""
    lead = np.broadcast_shapes(shape_of(query)[:-2], shape_of(key)[:-2])
    return (*lead, shape_of(query)[-2], shape_of(key)[-2])


def _fitted(name: str, what: str, values: Any, pairs: Shape) -> Any:
    """Return what is told of pairs, with two axes or more.

    Raises:
        ShapeError: it does not broadcast to the pairs.
    """
    shape = shape_of(values)
    fitting = zip(shape[::-1], pairs[::-1], strict=False)
    if len(shape) > len(pairs) or any(n not in (1, length) for n, length in fitting):
        raise errors.ShapeError(
            f"{name}: a {what} of shape {shape} does not broadcast to (…, queries, keys) = {pairs}"
        )
    return reshape(values, shape=(1,) * (2 - len(shape)) + shape) if len(shape) < 2 else values


def _allowed(name: str, query: Any, pairs: Shape, mask: Any, causal: bool) -> Any:
    """Return where a query may attend to a key, or None for everywhere."""
    queries, keys = pairs[-2:]
    if mask is not None:
        mask = _fitted(name, "mask", boolean(f"{name}: mask", mask), pairs)
    if not causal:
        return mask
    if queries != keys:
        raise errors.ShapeError(
            f"{name}: causal attention has a key for each query, not {keys} for {queries}"
        )
    past = tril(placed(np.ones((queries, keys), bool), as_array(query)))
    return past if mask is None else past & mask


def _added(name: str, bias: Any, query: Any, pairs: Shape) -> Any:
    """Return what is added to the scores, in their dtype.

    Raises:
        DTypeError: it is of no floating-point numbers.
    """
    bias = bias if hasattr(bias, "dtype") else to_array(bias)
    if bias.dtype.kind not in "fc":
        line = "mask= takes booleans" if bias.dtype == bool else "write .astype('float32')"
        raise errors.DTypeError(
            f"{name}: bias holds numbers that are added to the scores, not {bias.dtype}; {line}"
        )
    if bias.dtype != query.dtype and query.dtype.kind == "f":
        bias = astype(bias, dtype=query.dtype)
    return _fitted(name, "bias", bias, pairs)


def boolean(what: str, mask: Any) -> Any:
    """Return a mask as a tensor or array.

    Raises:
        DTypeError: it is not boolean.
    """
    mask = mask if hasattr(mask, "dtype") else to_array(mask)
    if mask.dtype != bool:
        added = "; numbers that are added to scores are bias=" * (mask.dtype.kind == "f")
        raise errors.DTypeError(
            f"{what} is boolean, True where a query may attend to a key, not {mask.dtype};"
            f" write mask != 0 for 0 and 1{added}"
        )
    return mask
