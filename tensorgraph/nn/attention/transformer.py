"""Transformers: layers of attention and of a network applied to each step, upon each other."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tensorgraph import errors
from tensorgraph.arguments import whole
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.tensor import Tensor, asarray
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.attention.transformer_layers import (
    TransformerDecoderLayer,
    TransformerEncoderLayer,
)
from tensorgraph.nn.module import Module
from tensorgraph.nn.normalization.layer_norm import LayerNorm


class _Stack(Module):
    """What an encoder and a decoder have in common: layers upon each other, and a last norm."""

    def _stack(
        self, kind: Callable[..., Any], num_layers: int, features: int, heads: int, settings: Any
    ) -> list[Any]:
        """Return new layers, and make the norm after the last where layers do not end in one."""
        name = type(self).__name__
        if isinstance(num_layers, Module):
            raise errors.DTypeError(
                f"{name}: num_layers is an integer, not a layer: layers are made here, each with"
                f" weights of its own; write {name}(6, features, heads)"
            )
        count = whole(num_layers, f"{name}: num_layers", 1)
        # A module among the settings, such as an activation, is one of each layer's own.
        layers = [kind(features, heads, **copy.deepcopy(settings)) for _ in range(count)]
        given = {key: settings[key] for key in ("eps", "bias", "dtype") if key in settings}
        self.norm = LayerNorm(features, **given) if layers[0].norm_first else None
        return layers

    def _last(self, x: Tensor) -> Tensor:
        return x if self.norm is None else self.norm(x)


class TransformerEncoder(_Stack):
    """Layers of :class:`TransformerEncoderLayer` upon each other, each with its own weights.

    X has shape (m, T, features), and so has the result. Steps that are not to be mixed up need a
    positional encoding before: :class:`SinusoidalPositionalEncoding` or
    :class:`LearnedPositionalEncoding`. With ``norm_first`` a last layer norm follows, ``norm``.

    Args:
        num_layers: how many layers there are, in the list ``layers``.
        features: how many features each step has.
        heads: among how many heads attention divides them.
        settings: what else each layer takes, by name: ``hidden_features``, ``activation``,
            ``norm_first``, ``dropout``, ``causal`` …

    Raises:
        ArgumentError: a size below 1, or another argument that a layer refuses.
        DTypeError: an argument of the wrong kind.
        ShapeError: when called: shapes that do not fit as above.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph import nn
        >>> model = nn.Sequential(
        ...     nn.Embedding(100, 16),
        ...     nn.SinusoidalPositionalEncoding(16),
        ...     nn.TransformerEncoder(2, 16, 4, causal=True),
        ...     nn.Linear(16, 100),
        ... )
        >>> model(tg.tensor([[3, 1, 4, 1, 5]])).shape
        (1, 5, 100)
    """

    @with_leads
    def __init__(self, num_layers: int, features: int, heads: int, **settings: Any) -> None:
        self.layers = self._stack(TransformerEncoderLayer, num_layers, features, heads, settings)

    @with_leads
    def forward(
        self,
        x: Operand,
        *,
        key_mask: Operand | None = None,
        mask: Operand | None = None,
        bias: Operand | None = None,
    ) -> Tensor:
        """Return the sequences after all layers; see :class:`TransformerEncoderLayer`."""
        y = asarray(x)
        for layer in self.layers:
            y = layer(y, key_mask=key_mask, mask=mask, bias=bias)
        return self._last(y)


class TransformerDecoder(_Stack):
    """Layers of :class:`TransformerDecoderLayer` upon each other, each with its own weights.

    X has shape (m, T, features), the memory (m, S, memory_features), the result the shape of x.
    With ``norm_first`` a last layer norm follows, ``norm``.

    Args:
        num_layers: how many layers there are, in the list ``layers``.
        features: how many features each step has.
        heads: among how many heads attention divides them.
        settings: what else each layer takes, by name: ``hidden_features``, ``memory_features``,
            ``activation``, ``norm_first``, ``dropout`` …

    Raises:
        ArgumentError: a size below 1, or another argument that a layer refuses.
        DTypeError: an argument of the wrong kind.
        ShapeError: when called: shapes that do not fit as above.

    Example:
        >>> import tensorgraph as tg
        >>> encoder = tg.nn.TransformerEncoder(2, 16, 4)
        >>> decoder = tg.nn.TransformerDecoder(2, 16, 4)
        >>> decoder(tg.ones((5, 3, 16)), encoder(tg.ones((5, 9, 16)))).shape
        (5, 3, 16)
    """

    @with_leads
    def __init__(self, num_layers: int, features: int, heads: int, **settings: Any) -> None:
        self.layers = self._stack(TransformerDecoderLayer, num_layers, features, heads, settings)

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
        """Return the sequences after all layers; see :class:`TransformerDecoderLayer`."""
        y = asarray(x)
        for layer in self.layers:
            y = layer(
                y,
                memory,
                key_mask=key_mask,
                memory_key_mask=memory_key_mask,
                mask=mask,
                memory_mask=memory_mask,
            )
        return self._last(y)
