"""The layer of several attentions side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from numpy.typing import DTypeLike

from tensorgraph import errors
from tensorgraph.arguments import boolean as flag, number, whole
from tensorgraph.engine.arrays import to_array
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.attention.scaled_dot_product import attended, boolean
from tensorgraph.nn.dropout import Dropout
from tensorgraph.nn.init import Initializer, glorot_uniform
from tensorgraph.nn.linear import Linear
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module
from tensorgraph.ops.arithmetic import logical_and, where
from tensorgraph.ops.shape import permute_dims, reshape
from tensorgraph.random import Generator

Shape = tuple[int, ...]


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
        generator: what the weights, and what is dropped, are drawn from; the default one unless
            given.
        key_features: how many features keys have, if others than queries; values have as many
            unless ``value_features`` is given.
        value_features: how many features values have.
        dropout: the probability with which a weight of a key is dropped, in training.

    Raises:
        ArgumentError: a size below 1, ``features`` not divisible by ``heads``, or a ``dropout``
            outside [0, 1).
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

    foreign_parts: ClassVar[Mapping[str, str]] = {
        "query": "q_proj",
        "key": "k_proj",
        "value": "v_proj",
        "out": "out_proj",
        "attention_output": "out_proj",
    }

    @with_leads
    def __init__(
        self,
        features: int,
        heads: int,
        *,
        causal: bool = False,
        bias: bool = True,
        init: Initializer = glorot_uniform,
        dtype: DTypeLike | None = None,
        generator: Generator | None = None,
        key_features: int | None = None,
        value_features: int | None = None,
        dropout: float = 0.0,
    ) -> None:
        self.features = whole(features, "MultiHeadAttention: features", 1)
        self.heads = whole(heads, "MultiHeadAttention: heads", 1)
        if self.features % self.heads:
            raise errors.ArgumentError(
                f"MultiHeadAttention: {features} features cannot be divided among {heads} heads"
            )
        self.causal = flag(causal, "MultiHeadAttention: causal")
        bias = flag(bias, "MultiHeadAttention: bias")
        self.key_features = _or(key_features, self.features, "key_features")
        self.value_features = _or(value_features, self.key_features, "value_features")
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (
            Linear(n, self.features, bias, init, dtype, generator)
            for n in (self.features, self.key_features, self.value_features, self.features)
        )
        p = number(dropout, "MultiHeadAttention: dropout", 0, below=1)
        self.dropout = Dropout(p=p, generator=generator) if p else None

    @with_leads
    def forward(
        self,
        query: Operand,
        key: Operand | None = None,
        value: Operand | None = None,
        key_mask: Operand | None = None,
        *,
        mask: Operand | None = None,
        bias: Operand | None = None,
        need_weights: bool = False,
    ) -> Tensor:
        """Return what the queries find, and if they are asked for the weights they give to keys.

        Args:
            query: of shape (m, queries, features).
            key: of shape (m, keys, key_features); the queries unless given.
            value: of shape (m, keys, value_features); the keys unless given.
            key_mask: booleans of shape (m, keys), True for keys that may be attended to.
            mask: booleans of shape (queries, keys), (m, queries, keys) or
                (m, heads, queries, keys), True where a query may attend to a key; PyTorch's
                boolean masks are True where it may not.
            bias: numbers of such a shape, which are added to the scores.
            need_weights: whether to return the pair of the result and the weights, of shape
                (m, heads, queries, keys); ``weights.mean(axis=1)`` is their mean over heads.
        """
        weighed = flag(need_weights, f"{_place()}: need_weights")
        key = query if key is None else key
        value = key if value is None else value
        m, queries, keys = self._sizes(shape_of(query), shape_of(key), shape_of(value))
        allowed = None if mask is None else _by_head(boolean(f"{_place()}: mask", mask))
        if key_mask is not None:
            known = self._known(key_mask, (m, keys))
            # What is masked would come back as 0 · NaN in the gradients of the projections.
            key, value = (where(known[:, :, None], x, 0) for x in (key, value))
            known = known[:, None, None, :]  # alike for all heads and queries
            allowed = known if allowed is None else logical_and(allowed, known)
        q = self._divided(self.q_proj(query))
        k = self._divided(self.k_proj(key))
        v = self._divided(self.v_proj(value))
        added = None if bias is None else _by_head(bias)
        found, weights = attended(q, k, v, allowed, self.causal, added, drop=self.dropout)
        joined = reshape(permute_dims(found, axes=(0, 2, 1, 3)), shape=(m, queries, self.features))
        y: Tensor = self.out_proj(joined)
        # A pair is asked for by hand: all other calls are of type Tensor.
        return (y, weights) if weighed else y  # type: ignore[return-value]

    def _known(self, key_mask: Any, shape: Shape) -> Any:
        """Return which keys may be attended to.

        Raises:
            DTypeError: the mask is not boolean.
            ShapeError: it is not one for each key.
        """
        known = boolean(f"{_place()}: key_mask", key_mask)
        if shape_of(known) != shape:
            raise errors.ShapeError(
                f"{_place()}: a key_mask of shape {shape_of(known)} must have shape (m, keys) ="
                f" {shape}"
            )
        return known

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
        given = {
            "query": (query, self.features),
            "key": (key, self.key_features),
            "value": (value, self.value_features),
        }
        for name, (shape, features) in given.items():
            if len(shape) != 3 or shape[-1] != features:
                raise errors.ShapeError(
                    f"{_place()}: {name} of shape {shape} must have shape (m, T, {features})"
                )
        if query[0] != key[0] or key[:2] != value[:2]:
            raise errors.ShapeError(
                f"{_place()}: query {query}, key {key} and value {value} must"
                " have the same number m of examples, and a value for each key"
            )
        return query[0], query[1], key[1]

    def torch_name(self, path: str) -> str:
        """Return what PyTorch calls it: the three projections stand in one array where they fit."""
        layer, _, kind = path.partition(".")
        if layer not in ("q_proj", "k_proj", "v_proj"):
            return path
        together = self.features == self.key_features == self.value_features
        return f"in_proj_{kind}" if together or kind == "bias" else f"{layer}_{kind}"

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        parts = [f"{self.features}, heads={self.heads}"] + ["causal=True"] * self.causal
        if self.key_features != self.features:
            parts.append(f"key_features={self.key_features}")
        if self.value_features != self.key_features:
            parts.append(f"value_features={self.value_features}")
        return ", ".join(parts)


def _place() -> str:
    return here("MultiHeadAttention")


def _or(features: int | None, usual: int, what: str) -> int:
    return usual if features is None else whole(features, f"MultiHeadAttention: {what}", 1)


def _by_head(values: Any) -> Any:
    """Return what is told of pairs of queries and keys, or of those of each example, by head."""
    values = values if hasattr(values, "dtype") else to_array(values)
    return values[:, None] if len(shape_of(values)) == 3 else values
