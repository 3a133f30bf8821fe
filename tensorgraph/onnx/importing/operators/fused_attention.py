"""Attention as one operator, as onnxruntime's optimizer writes it."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import OnnxError
from tensorgraph.onnx.importing.table import MICROSOFT, WEIGHT_AND_BIAS, operator
from tensorgraph.onnx.importing.values import Ints


def heads(x: Any, count: int) -> Any:
    """Return (batch, heads, steps, size) of (batch, steps, heads · size)."""
    batch, steps, width = shape_of(x)
    parts = ops.reshape(x, shape=(batch, steps, count, width // count))
    return ops.permute_dims(parts, axes=(0, 2, 1, 3))


def _kept(mask: Any, batch: int, steps: int, total: int) -> Any:
    """Return which of all keys a mask keeps, beside (batch, heads, steps, keys)."""
    shape = shape_of(mask)
    at = np.arange(total)
    if shape == (batch,):  # how many keys count
        return at < ops.reshape(mask, shape=(batch, 1, 1, 1))
    if shape == (2 * batch,):  # where they end, and where they start
        ends = ops.reshape(mask, shape=(2, batch, 1, 1, 1))
        return ops.logical_and(at < ends[0], at >= ends[1])
    match ndim_of(mask):
        case 2:
            mask = ops.reshape(mask, shape=(batch, 1, 1, -1))
        case 3:
            mask = ops.expand_dims(mask, axis=1)
        case 4:
            mask = mask[:, :, total - steps : total, :total]
        case _:
            raise OnnxError(f"a mask of shape {shape} for {batch} examples of {total} keys")
    return ops.not_equal(mask, 0)


def _attended(
    query: Any, key: Any, value: Any, mask: Any, added: Any, scale: float | None, filler: float,
    causal: int,
) -> Any:  # fmt: skip
    """Return (batch, steps, heads · size) of queries, keys and values by heads.

    softmax(q kᵀ · scale + added) v, where the scores of keys that are masked are lower by
    ``filler``, and those of keys to come are the least that there are.
    """
    batch, heads, steps, size = shape_of(query)
    total = shape_of(key)[2]
    scores = ops.matmul(query, ops.matrix_transpose(key)) * (scale or size**-0.5)
    if mask is not None:
        kept = _kept(mask, batch, steps, total)
        scores = scores + ops.where(kept, np.zeros((), scores.dtype), _like(filler, scores))
    if causal:
        seen = np.arange(total) <= np.arange(total - steps, total)[:, None]
        scores = ops.where(seen, scores, _like(np.finfo(scores.dtype).min, scores))
    if added is not None:
        scores = scores + added
    y = ops.matmul(ops.softmax(scores, axis=-1), value)
    width = heads * shape_of(value)[3]
    return ops.reshape(ops.permute_dims(y, axes=(0, 2, 1, 3)), shape=(batch, steps, width))


def _like(value: float, x: Any) -> Any:
    return np.asarray(value, x.dtype)


@operator("Attention", domain=MICROSOFT, weights=WEIGHT_AND_BIAS)
def attention(
    x: Any, weight: Any, bias: Any = None, mask: Any = None, past: Any = None, added: Any = None,
    *, num_heads: int, mask_filter_value: float = -10000.0, qkv_hidden_sizes: Ints | None = None,
    scale: float | None = None, unidirectional: int = 0,
) -> Any:  # fmt: skip
    """Return attention of x to itself and to what came before, and the keys and values."""
    y = ops.matmul(x, weight)
    y = y if bias is None else y + bias
    third = shape_of(weight)[1] // 3
    ends = np.cumsum(qkv_hidden_sizes or (third,) * 3).tolist()
    query, key, value = (
        heads(y[..., a:b], num_heads) for a, b in zip([0, *ends], ends, strict=False)
    )
    if past is not None:
        key, value = ops.concat([past[0], key], axis=2), ops.concat([past[1], value], axis=2)
    y = _attended(query, key, value, mask, added, scale, mask_filter_value, unidirectional)
    if shape_of(key) != shape_of(value):  # which have no common array
        return y
    return y, ops.stack([key, value], axis=0)


def _apart(query: Any, key: Any, value: Any) -> list[Any]:
    """Return queries, keys and values, all of which or the last two may lie in one array."""

    def parts(packed: Any, count: int) -> list[Any]:
        if ndim_of(packed) != 5 or shape_of(packed)[3] != count:
            raise OnnxError(f"MultiHeadAttention of {count} values in one of {shape_of(packed)}")
        batch, steps, number, _, size = shape_of(packed)
        return [ops.reshape(packed[:, :, :, i], shape=(batch, steps, number * size))
                for i in range(count)]  # fmt: skip

    if key is None:
        return parts(query, 3)
    return [query, *parts(key, 2)] if value is None else [query, key, value]


@operator("MultiHeadAttention", domain=MICROSOFT, weights={3: "bias"})
def _multi_head_attention(
    query: Any, key: Any = None, value: Any = None, bias: Any = None, mask: Any = None,
    added: Any = None, past_key: Any = None, past_value: Any = None, *, num_heads: int,
    mask_filter_value: float = -10000.0, scale: float | None = None, unidirectional: int = 0,
) -> Any:  # fmt: skip
    given = _apart(query, key, value)
    if bias is not None:
        ends = np.cumsum([0, *(shape_of(x)[-1] for x in given if ndim_of(x) == 3)]).tolist()
        given = [
            x + bias[a:b] if ndim_of(x) == 3 else x
            for x, a, b in zip(given, ends, ends[1:], strict=False)
        ] + given[len(ends) - 1 :]
    q, k, v = (heads(x, num_heads) if ndim_of(x) == 3 else x for x in given)
    if past_key is not None:
        k, v = ops.concat([past_key, k], axis=2), ops.concat([past_value, v], axis=2)
    y = _attended(q, k, v, mask, added, scale, mask_filter_value, unidirectional)
    return y, k, v
