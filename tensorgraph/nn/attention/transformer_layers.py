"""Layers of transformers: attention, then a network applied to each step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import DTypeLike

from tensorgraph import errors
from tensorgraph.arguments import boolean, number, whole
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.tensor import Tensor, asarray
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.activations import ReLU
from tensorgraph.nn.attention.multi_head import MultiHeadAttention
from tensorgraph.nn.dropout import Dropout
from tensorgraph.nn.init import Initializer, glorot_uniform
from tensorgraph.nn.linear import Linear
from tensorgraph.nn.module import Module
from tensorgraph.nn.normalization.layer_norm import LayerNorm
from tensorgraph.random import Generator

Activation = Callable[[Any], Any]


class _Block(Module):
    """What a layer of an encoder and one of a decoder have in common."""

    def _build(
        self,
        features: int,
        heads: int,
        hidden_features: int | None,
        activation: Activation | None,
        norm_first: bool,
        dropout: float,
        causal: bool,
        bias: bool,
        init: Initializer,
        dtype: DTypeLike | None,
        generator: Generator | None,
    ) -> None:
        """Make attention to itself and the network of each step."""
        name = type(self).__name__
        features = whole(features, f"{name}: features", 1)
        hidden = 4 * features if hidden_features is None else hidden_features
        p = number(dropout, f"{name}: dropout", 0, below=1)
        if activation is None:
            activation = ReLU()
        if not callable(activation) or isinstance(activation, type):
            raise errors.DTypeError(
                f"{name}: activation is a module or a function, not"
                f" {errors.describe(activation)}; write activation=tg.nn.GELU()"
            )
        self.features, self.heads = features, heads
        self.norm_first = boolean(norm_first, f"{name}: norm_first")
        self.activation = activation
        self.self_attn = MultiHeadAttention(
            features,
            heads,
            causal=causal,
            bias=bias,
            init=init,
            dtype=dtype,
            generator=generator,
            dropout=p,
        )
        self.linear1 = Linear(features, hidden, bias, init, dtype, generator)
        self.linear2 = Linear(self.linear1.out_features, features, bias, init, dtype, generator)
        self.dropout = Dropout(p=p, generator=generator) if p else None

    def _with(self, x: Tensor, norm: LayerNorm, change: Callable[[Tensor], Tensor]) -> Tensor:
        """Return x with what a part of the layer adds to it, normalised before or after."""
        if self.norm_first:
            return x + self._dropped(change(norm(x)))
        return norm(x + self._dropped(change(x)))

    def _step_by_step(self, x: Tensor) -> Tensor:
        """Return what the network makes of each step."""
        return self.linear2(self._dropped(self.activation(self.linear1(x))))

    def _dropped(self, x: Tensor) -> Tensor:
        return x if self.dropout is None else self.dropout(x)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        hidden = f"{self.features} → {self.linear1.out_features} → {self.features}"
        return f"{hidden}, heads={self.heads}" + ", norm_first=True" * self.norm_first


class TransformerEncoderLayer(_Block):
    """Attention of a sequence to itself, then a network of two layers for each step.

        x ← LN(x + attention(x))        x ← LN(x + W₂ φ(W₁ x))

    with layer norm LN and the activation φ (Vaswani et al. 2017, "Attention is all you need",
    section 3.1; Deep Learning Specialization, course 5, week 4). With ``norm_first`` it is
    x ← x + attention(LN(x)), and so on, by which deep ones learn without a warmup (Xiong et al.
    2020, "On layer normalization in the transformer architecture"). With ``causal`` it is what
    language models are made of.

    X has shape (m, T, features), and so has the result. ``self_attn`` is a
    :class:`MultiHeadAttention`; ``linear1``, ``linear2``, ``norm1`` and ``norm2`` are as in
    PyTorch.

    Args:
        features: how many features each step has.
        heads: among how many heads attention divides them.
        hidden_features: how wide the network of a step is; four times ``features`` unless given.
        activation: φ, a module or a function; :class:`ReLU` unless given.
        norm_first: whether to normalise what a part takes, not what it gives.
        dropout: the probability of dropping weights of keys, hidden features, and features that
            are added, in training.
        causal: whether step t may attend to steps 0 … t only.
        bias: whether the linear layers and norms have biases.
        eps: ε of the norms.
        init: where the weights start, see :mod:`tensorgraph.nn.init`.
        dtype: float32 unless given.
        generator: what the weights, and what is dropped, are drawn from.

    Raises:
        ArgumentError: a size below 1, ``features`` not divisible by ``heads``, or a ``dropout``
            outside [0, 1).
        DTypeError: an argument of the wrong kind; or, when called, a mask that is not boolean.
        ShapeError: when called: shapes that do not fit as above.

    Example:
        >>> import tensorgraph as tg
        >>> layer = tg.nn.TransformerEncoderLayer(8, heads=2, activation=tg.nn.GELU())
        >>> x = tg.ones((5, 7, 8))
        >>> layer(x).shape
        (5, 7, 8)
        >>> known = tg.arange(7) < tg.tensor([[7], [3], [7], [5], [1]])  # others are padding
        >>> layer(x, key_mask=known).shape
        (5, 7, 8)
    """

    @with_leads
    def __init__(
        self,
        features: int,
        heads: int,
        hidden_features: int | None = None,
        activation: Activation | None = None,
        norm_first: bool = False,
        dropout: float = 0.1,
        causal: bool = False,
        bias: bool = True,
        eps: float = 1e-5,
        init: Initializer = glorot_uniform,
        dtype: DTypeLike | None = None,
        generator: Generator | None = None,
    ) -> None:
        self._build(
            features, heads, hidden_features, activation, norm_first, dropout, causal, bias, init,
            dtype, generator,
        )  # fmt: skip
        self.norm1, self.norm2 = (
            LayerNorm(self.features, eps, bias=bias, dtype=dtype) for _ in range(2)
        )

    @with_leads
    def forward(
        self,
        x: Operand,
        *,
        key_mask: Operand | None = None,
        mask: Operand | None = None,
        bias: Operand | None = None,
    ) -> Tensor:
        """Return the sequences after attention and the network.

        Args:
            x: of shape (m, T, features).
            key_mask: booleans of shape (m, T), True for steps that are no padding.
            mask: booleans that broadcast to (m, T, T), True where a step may attend to another;
                PyTorch's are True where it may not.
            bias: numbers that are added to the scores, likewise.
        """
        x = self._with(
            asarray(x),
            self.norm1,
            lambda y: self.self_attn(y, key_mask=key_mask, mask=mask, bias=bias),
        )
        return self._with(x, self.norm2, self._step_by_step)


class TransformerDecoderLayer(_Block):
    """Attention of a sequence to its past, then to another sequence, then a network for each step.

        x ← LN(x + attention(x))    x ← LN(x + attention(x, memory))    x ← LN(x + W₂ φ(W₁ x))

    (Vaswani et al. 2017, "Attention is all you need", section 3.1; Deep Learning Specialization,
    course 5, week 4). The memory is what an encoder returned. With ``norm_first`` LN stands before
    each part, see :class:`TransformerEncoderLayer`.

    X has shape (m, T, features), the memory (m, S, memory_features), the result the shape of x.
    ``self_attn``, ``multihead_attn``, ``linear1``, ``linear2`` and ``norm1`` to ``norm3`` are as in
    PyTorch.

    Args:
        features: how many features each step has.
        heads: among how many heads attention divides them.
        hidden_features: how wide the network of a step is; four times ``features`` unless given.
        activation: φ, a module or a function; :class:`ReLU` unless given.
        norm_first: whether to normalise what a part takes, not what it gives.
        dropout: the probability of dropping weights of keys, hidden features, and features that
            are added, in training.
        causal: whether step t may attend to steps 0 … t of its own sequence only; PyTorch's layer
            takes a mask for it, and without one is not causal.
        bias: whether the linear layers and norms have biases.
        eps: ε of the norms.
        init: where the weights start, see :mod:`tensorgraph.nn.init`.
        dtype: float32 unless given.
        generator: what the weights, and what is dropped, are drawn from.
        memory_features: how many features the memory has, if others.

    Raises:
        ArgumentError: a size below 1, ``features`` not divisible by ``heads``, or a ``dropout``
            outside [0, 1).
        DTypeError: an argument of the wrong kind; or, when called, a mask that is not boolean.
        ShapeError: when called: shapes that do not fit as above.

    Example:
        >>> import tensorgraph as tg
        >>> layer = tg.nn.TransformerDecoderLayer(8, heads=2)
        >>> layer(tg.ones((5, 7, 8)), tg.ones((5, 4, 8))).shape
        (5, 7, 8)
    """

    @with_leads
    def __init__(
        self,
        features: int,
        heads: int,
        hidden_features: int | None = None,
        activation: Activation | None = None,
        norm_first: bool = False,
        dropout: float = 0.1,
        causal: bool = True,
        bias: bool = True,
        eps: float = 1e-5,
        init: Initializer = glorot_uniform,
        dtype: DTypeLike | None = None,
        generator: Generator | None = None,
        *,
        memory_features: int | None = None,
    ) -> None:
        self._build(
            features, heads, hidden_features, activation, norm_first, dropout, causal, bias, init,
            dtype, generator,
        )  # fmt: skip
        self.multihead_attn = MultiHeadAttention(
            self.features, heads, bias=bias, init=init, dtype=dtype, generator=generator,
            key_features=memory_features, dropout=dropout,
        )  # fmt: skip
        self.norm1, self.norm2, self.norm3 = (
            LayerNorm(self.features, eps, bias=bias, dtype=dtype) for _ in range(3)
        )

    @with_leads
    def forward(
        self,
        x: Operand,
        memory: Operand,
        *,
        key_mask: Operand | None = None,
        memory_key_mask: Operand | None = None,
        mask: Operand | None = None,
        memory_mask: Operand | None = None,
    ) -> Tensor:
        """Return the sequences after both attentions and the network.

        Args:
            x: of shape (m, T, features).
            memory: of shape (m, S, memory_features).
            key_mask: booleans of shape (m, T), True for steps of x that are no padding.
            memory_key_mask: booleans of shape (m, S), likewise for the memory.
            mask: booleans that broadcast to (m, T, T), True where a step may attend to another;
                PyTorch's are True where it may not.
            memory_mask: booleans that broadcast to (m, T, S), likewise for the memory.
        """
        x = self._with(
            asarray(x), self.norm1, lambda y: self.self_attn(y, key_mask=key_mask, mask=mask)
        )
        x = self._with(
            x,
            self.norm2,
            lambda y: self.multihead_attn(y, memory, key_mask=memory_key_mask, mask=memory_mask),
        )
        return self._with(x, self.norm3, self._step_by_step)
