"""Attention: means of values, with weights computed from queries and keys."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph import errors
from tensorgraph.arguments import whole
from tensorgraph.engine.arrays import as_array, to_array
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.init import Initializer, glorot_uniform
from tensorgraph.nn.linear import Linear
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module
from tensorgraph.ops.arithmetic import divide, where
from tensorgraph.ops.contract import matmul
from tensorgraph.ops.logits import softmax
from tensorgraph.ops.masking import masked_matmul, matmul_where
from tensorgraph.ops.shape import matrix_transpose, permute_dims, reshape, tril
from tensorgraph.random import Generator

Shape = tuple[int, ...]


@with_leads
def scaled_dot_product_attention(
    query: Any, key: Any, value: Any, mask: Any = None, causal: bool = False
) -> Any:
    """Return softmax(Q Kᵀ / √d) V: for each query a mean of the values, by how its key fits.

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

    Raises:
        ShapeError: the shapes do not fit, or ``causal`` with more or fewer keys than queries.
        DTypeError: a mask that is not boolean.

    Example:
        >>> import tensorgraph as tg
        >>> q, k = tg.zeros((2, 3)), tg.zeros((2, 3))
        >>> v = tg.tensor([[1.0], [3.0]])
        >>> print(tg.nn.scaled_dot_product_attention(q, k, v, causal=True))
        [[1.]
         [2.]]
    """
    name = here("scaled_dot_product_attention")
    _check_shapes(name, shape_of(query), shape_of(key), shape_of(value))
    query = divide(query, math.sqrt(shape_of(query)[-1]))
    allowed = _allowed(name, query, key, mask, causal)
    if allowed is None:
        scores = matmul(query, matrix_transpose(key))
        return matmul(softmax(scores, axis=-1), value)
    scores = matmul_where(query, matrix_transpose(key), allowed)
    weights = softmax(where(allowed, scores, -math.inf), axis=-1)
    # Of rows that are −∞ throughout softmax makes equal weights, which are masked here.
    return masked_matmul(weights, value, allowed)


def _check_shapes(name: str, query: Shape, key: Shape, value: Shape) -> None:
    shapes = f"query {query}, key {key}, value {value}"
    if min(len(query), len(key), len(value)) < 2:
        raise errors.ShapeError(f"{name}: needs (…, queries or keys, features), not {shapes}")
    if query[-1] != key[-1]:
        raise errors.ShapeError(
            f"{name}: queries and keys must have the same number of features: {shapes}"
        )
    if key[-2] != value[-2]:
        raise errors.ShapeError(f"{name}: there must be a value for each key: {shapes}")


def _allowed(name: str, query: Any, key: Any, mask: Any, causal: bool) -> Any:
    """Return where a query may attend to a key, or None for everywhere."""
    lead = np.broadcast_shapes(shape_of(query)[:-2], shape_of(key)[:-2])
    queries, keys = shape_of(query)[-2], shape_of(key)[-2]
    if mask is not None:
        mask = boolean(f"{name}: mask", mask)
        shape, pairs = shape_of(mask), (*lead, queries, keys)
        fitting = zip(shape[::-1], pairs[::-1], strict=False)
        if len(shape) > len(pairs) or any(n not in (1, length) for n, length in fitting):
            raise errors.ShapeError(
                f"{name}: a mask of shape {shape} does not broadcast to (…, queries, keys) ="
                f" {pairs}"
            )
        if len(shape) < 2:
            mask = reshape(mask, shape=(1,) * (2 - len(shape)) + shape)
    if not causal:
        return mask
    if queries != keys:
        raise errors.ShapeError(
            f"{name}: causal attention has a key for each query, not {keys} for {queries}"
        )
    past = tril(np.ones((queries, keys), bool, like=as_array(query)))
    return past if mask is None else past & mask


def boolean(what: str, mask: Any) -> Any:
    """Return a mask as a tensor or array.

    Raises:
        DTypeError: it is not boolean.
    """
    mask = mask if hasattr(mask, "dtype") else to_array(mask)
    if mask.dtype != bool:
        raise errors.DTypeError(
            f"{what} is boolean, True where a query may attend to a key, not {mask.dtype};"
            " write mask != 0 for 0 and 1"
        )
    return mask


class MultiHeadAttention(Module):
    """Concat(head_1, …, head_h) W_O, where head_i is attention among a share of the features.

    head_i = softmax(Q_i K_iᵀ / √d) V_i with d = features / heads. Q, K and V are the projections
    of the queries, keys and values, and each head has d of their features (Vaswani et al. 2017,
    "Attention is all you need", section 3.2.2; Deep Learning Specialization, course 5, week 4).
    ``q_proj``, ``k_proj``, ``v_proj`` and ``out_proj`` are :class:`Linear` layers.

    Called with x of shape (m, T, features) it is self-attention: keys and values are x too. With
    more arguments, ``attention(queries, keys, values)``, it attends to another sequence, (m, keys,
    features); the values are the keys unless given. The result has the shape of the queries.
    ``key_mask`` of shape (m, keys) is True for keys that may be attended to, such as those that
    are no padding; PyTorch's ``key_padding_mask`` has it the other way round. A query that may
    attend to nothing gets the bias of ``out_proj``.

    Args:
        features: how many features queries, keys, values and results have.
        heads: among how many heads they are divided.
        causal: whether step t may attend to steps 0 … t only.
        bias: whether the projections have biases; they start at 0.
        init: where the weights start, see :mod:`tensorgraph.nn.init`.
        dtype: float32 unless given.
        generator: what the weights are drawn from; the default one unless given.

    Raises:
        ArgumentError: a size below 1, or ``features`` not divisible by ``heads``.
        DTypeError: a size that is not an integer; or, when called, a mask that is not boolean.
        ShapeError: when called: shapes that do not fit as above.

    Example:
        >>> import tensorgraph as tg
        >>> attention = tg.nn.MultiHeadAttention(8, heads=2, causal=True)
        >>> attention
        MultiHeadAttention(8, heads=2, causal=True)  288 parameters
          q_proj    Linear(8 → 8, init=glorot_uniform)  72
          k_proj    Linear(8 → 8, init=glorot_uniform)  72
          v_proj    Linear(8 → 8, init=glorot_uniform)  72
          out_proj  Linear(8 → 8, init=glorot_uniform)  72
        >>> attention(tg.ones((5, 7, 8))).shape
        (5, 7, 8)
    """

    @with_leads
    def __init__(
        self,
        features: int,
        heads: int,
        causal: bool = False,
        bias: bool = True,
        init: Initializer = glorot_uniform,
        dtype: DTypeLike | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.features = whole(features, "MultiHeadAttention: features", 1)
        self.heads = whole(heads, "MultiHeadAttention: heads", 1)
        if self.features % self.heads:
            raise errors.ArgumentError(
                f"MultiHeadAttention: {features} features cannot be divided among {heads} heads"
            )
        self.causal = bool(causal)
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (
            Linear(self.features, self.features, bias, init, dtype, generator) for _ in range(4)
        )

    def forward(
        self,
        query: Operand,
        key: Operand | None = None,
        value: Operand | None = None,
        key_mask: Operand | None = None,
    ) -> Tensor:
        """Return what the queries find."""
        key = query if key is None else key
        value = key if value is None else value
        m, queries, keys = self._sizes(shape_of(query), shape_of(key), shape_of(value))
        mask = None
        if key_mask is not None:
            mask = boolean(f"{here('MultiHeadAttention')}: key_mask", key_mask)
            if shape_of(mask) != (m, keys):
                raise errors.ShapeError(
                    f"{here('MultiHeadAttention')}: a key_mask of shape {shape_of(mask)} must have"
                    f" shape (m, keys) = {(m, keys)}"
                )
            # What is masked would come back as 0 · NaN in the gradients of the projections.
            key, value = (where(mask[:, :, None], x, 0) for x in (key, value))
            mask = mask[:, None, None, :]  # alike for all heads and queries
        q = self._divided(self.q_proj(query))
        k = self._divided(self.k_proj(key))
        v = self._divided(self.v_proj(value))
        found = scaled_dot_product_attention(q, k, v, mask, self.causal)
        joined = reshape(permute_dims(found, axes=(0, 2, 1, 3)), shape=(m, queries, self.features))
        y: Tensor = self.out_proj(joined)
        return y

    def _divided(self, x: Any) -> Any:
        """Return (m, T, features) as (m, heads, T, features of a head)."""
        m, steps, features = x.shape
        heads = reshape(x, shape=(m, steps, self.heads, features // self.heads))
        return permute_dims(heads, axes=(0, 2, 1, 3))

    def _sizes(self, query: Shape, key: Shape, value: Shape) -> Shape:
        """Return the numbers of examples, queries and keys.

        Raises:
            ShapeError: the shapes do not fit together.
        """
        given = {"query": query, "key": key, "value": value}
        for name, shape in given.items():
            if len(shape) != 3 or shape[-1] != self.features:
                raise errors.ShapeError(
                    f"{here('MultiHeadAttention')}: {name} of shape {shape} must have shape"
                    f" (m, T, {self.features})"
                )
        if query[0] != key[0] or key[:2] != value[:2]:
            raise errors.ShapeError(
                f"{here('MultiHeadAttention')}: query {query}, key {key} and value {value} must"
                " have the same number m of examples, and a value for each key"
            )
        return query[0], query[1], key[1]

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        causal = ", causal=True" if self.causal else ""
        return f"{self.features}, heads={self.heads}{causal}"
