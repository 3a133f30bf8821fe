"""What onnxruntime's builders of language models write: turned positions, shared keys, a cache."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.errors import OnnxError
from tensorgraph.onnx.importing.operators.fused_attention import heads
from tensorgraph.onnx.importing.table import MICROSOFT, operator
from tensorgraph.onnx.importing.values import allowed, ints


def _turned(x: Any, places: Any, cos: Any, sin: Any, interleaved: int) -> Any:
    """Return (batch, heads, steps, size) with pairs turned by the angles of their places.

    (a, b) becomes (a cos − b sin, a sin + b cos), for the first elements, as many as there are
    angles; pairs are neighbours if ``interleaved``, else they lie half of them apart.
    """
    n = shape_of(cos)[1]
    c, s = (ops.expand_dims(ops.take(one, places, axis=0), axis=1) for one in (cos, sin))
    if interleaved:
        a, b = x[..., 0 : 2 * n : 2], x[..., 1 : 2 * n : 2]
        turned = ops.stack([a * c - b * s, a * s + b * c], axis=-1)
        turned = ops.reshape(turned, shape=(*shape_of(x)[:3], 2 * n))
    else:
        a, b = x[..., :n], x[..., n : 2 * n]
        turned = ops.concat([a * c - b * s, a * s + b * c], axis=-1)
    return ops.concat([turned, x[..., 2 * n :]], axis=-1) if shape_of(x)[3] > 2 * n else turned


def _joined(x: Any) -> Any:
    """Return (batch, steps, heads · size) of (batch, heads, steps, size)."""
    batch, count, steps, size = shape_of(x)
    return ops.reshape(ops.permute_dims(x, axes=(0, 2, 1, 3)), shape=(batch, steps, count * size))


@operator("RotaryEmbedding", domain=MICROSOFT)
def _rotary_embedding(
    x: Any, positions: Any, cos: Any, sin: Any, *, interleaved: int = 0,
    is_packed_batching: int = 0, num_heads: int = 0, rotary_embedding_dim: int = 0,
    scale: float = 1.0,
) -> Any:  # fmt: skip
    flat = ndim_of(x) == 3
    count = num_heads or (shape_of(x)[2] // (2 * shape_of(cos)[1]) if flat else 0)
    apart = heads(x, count) if flat else x
    steps = shape_of(apart)[2]
    places = positions
    if shape_of(positions) == (1,):  # where the first one is
        places = ops.reshape(positions, shape=(1, 1)) + np.arange(steps)
    y = _turned(apart, places, cos, sin, interleaved)
    return _joined(y) if flat else y


def _with_past(past: Any, new: Any, starts: tuple[int, ...], length: int) -> Any:
    """Return keys or values behind those that came before, with zeros up to a length."""
    rows = []
    for i, start in enumerate(starts):
        row = new[i] if past is None else ops.concat([past[i, :, :start], new[i]], axis=1)
        behind = length - shape_of(row)[1]
        if behind > 0:
            row = ops.pad(row, pad_width=((0, 0), (0, behind), (0, 0)))
        rows.append(row[:, :length])
    return ops.stack(rows, axis=0)


@operator("GroupQueryAttention", domain=MICROSOFT, settings=(5, 6))
def _group_query_attention(
    query: Any, key: Any, value: Any, past_key: Any, past_value: Any, last: Any, total: Any,
    cos: Any = None, sin: Any = None, positions: Any = None, added: Any = None, *,
    num_heads: int, kv_num_heads: int, do_rotary: int = 0, local_window_size: int = -1,
    rotary_interleaved: int = 0, scale: float | None = None, smooth_softmax: int = 0,
    softcap: float = 0.0,
) -> Any:  # fmt: skip
    if smooth_softmax:
        raise OnnxError("GroupQueryAttention with smooth_softmax is not known")
    if key is None:
        size = shape_of(query)[2] // (num_heads + 2 * kv_num_heads)
        ends = size * num_heads, size * (num_heads + kv_num_heads)
        query, key, value = (query[..., a:b] for a, b in ((0, ends[0]), ends, (ends[1], None)))
    q = heads(query, num_heads)
    k, v = heads(key, kv_num_heads), heads(value, kv_num_heads)
    steps, size = shape_of(q)[2:]
    every, longest = ints(last, "the lengths of sequences"), ints(total, "the longest length")[0]
    starts = (0,) * len(every) if longest == steps else tuple(n + 1 - steps for n in every)
    if do_rotary:
        at = np.array(starts)[:, None] + np.arange(steps) if positions is None else positions
        q, k = (_turned(x, at, cos, sin, rotary_interleaved) for x in (q, k))
    room = max(longest, 0 if past_key is None else shape_of(past_key)[2])
    allowed((len(every), num_heads, max(steps, size), room))
    k, v = (_with_past(p, x, starts, room) for p, x in ((past_key, k), (past_value, v)))
    scores = _scores(q, k, num_heads // kv_num_heads, scale or size**-0.5, softcap)
    at_query = (np.array(starts)[:, None] + np.arange(steps))[:, None, :, None]
    seen = np.arange(room) <= at_query
    if local_window_size > 0:
        seen = seen & (np.arange(room) > at_query - local_window_size)
    scores = scores if added is None else scores + added
    scores = ops.where(seen, scores, np.asarray(-np.inf, scores.dtype))
    shared = ops.repeat(v, repeats=num_heads // kv_num_heads, axis=1)
    return _joined(ops.matmul(ops.softmax(scores, axis=-1), shared)), k, v


def _scores(q: Any, k: Any, times: int, scale: float, softcap: float) -> Any:
    """Return q kᵀ · scale, where several heads share keys, in the end between ±``softcap``."""
    shared = ops.repeat(k, repeats=times, axis=1)
    scores = ops.matmul(q, ops.matrix_transpose(shared)) * scale
    return softcap * ops.tanh(scores / softcap) if softcap else scores
