"""The forms of indexing, of what adds up at indices, and of what finds places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph.onnx.exporting.emitter import Emitter
from tensorgraph.onnx.exporting.forms.form import Form
from tensorgraph.onnx.exporting.forms.shapes import cut, padded
from tensorgraph.onnx.exporting.program import Value
from tensorgraph.onnx.exporting.sizes import AnySize, Size
from tensorgraph.ops._keys import ARRAY, Key


@dataclass(frozen=True)
class Spelt:
    """A key, taken apart: what each axis is indexed by, and the axes of the result."""

    slices: dict[int, slice]
    """Of those axes that are not taken whole."""
    picked: dict[int, Any]
    """Index arrays (constants too) and numbers, by axis."""
    front: tuple[AnySize, ...]
    """The shape of what index arrays pick, numbers alone picking ``()``."""
    order: tuple[int, ...]
    """The axes of the result, of those in the order (picked, kept)."""
    new: tuple[int, ...]
    """The places of new axes in the result."""


def spelt(key: Key, indices: Sequence[Value], ndim: int) -> Spelt:
    """Take a key apart, by NumPy's rules for what stands in it."""
    rest = iter(indices)
    parts: list[Any] = []
    for part in key:
        if part is ARRAY:
            parts.extend(_without_masks(next(rest)))
        else:
            parts.append(part)
    missing = ndim - sum(p is not None and p is not Ellipsis for p in parts)
    at = next((i for i, p in enumerate(parts) if p is Ellipsis), len(parts))
    parts[at : at + 1] = [slice(None)] * missing
    slices, picked, places = {}, {}, []
    kinds: list[str] = []
    axis = 0
    for place, part in enumerate(parts):
        if part is None:
            kinds.append("new")
            continue
        if isinstance(part, slice):
            kinds.append("kept")
            if part != slice(None):
                slices[axis] = part
        else:
            picked[axis] = part
            places.append((place, len(kinds)))
        axis += 1
    front = _broadcast([_shape(p) for p in picked.values()])
    together = places and places[-1][0] - places[0][0] == len(places) - 1
    where = places[0][1] if together else 0
    kinds[where:where] = ["front"] * len(front)
    kept, fronts = iter(range(len(front), len(kinds))), iter(range(len(front)))
    order = tuple(next(fronts) if k == "front" else next(kept) for k in kinds if k != "new")
    return Spelt(slices, picked, front, order, tuple(i for i, k in enumerate(kinds) if k == "new"))


def _without_masks(index: Value) -> list[Any]:
    """Return an index array; in place of a mask, which is constant, where it is true."""
    if index.dtype.kind != "b":
        return [index]
    if not isinstance(index.constant, np.ndarray):
        raise NotImplementedError("a mask among its indices has as many places as are true")
    return [array.astype(np.int64) for array in np.nonzero(index.constant)]


def _shape(part: Any) -> tuple[AnySize, ...]:
    return () if isinstance(part, (int, Size)) else tuple(part.shape)


def _broadcast(shapes: Sequence[tuple[AnySize, ...]]) -> tuple[AnySize, ...]:
    ndim = max(map(len, shapes), default=0)
    padded_shapes = [(1,) * (ndim - len(s)) + s for s in shapes]
    return tuple(next((n for n in ns if n != 1), 1) for ns in zip(*padded_shapes, strict=True))


def _index(g: Emitter, part: Any) -> str:
    if isinstance(part, (int, Size)):
        return g.scalar(part)
    return g.constant(part) if isinstance(part, np.ndarray) else g.get(part, np.int64)


def _getitem(g: Emitter, v: Value) -> str:
    x, *indices = v.args
    at = spelt(v.static["key"], indices, x.ndim)
    name = cut(g, g.get(x), at.slices)
    if len(at.picked) == 1:
        ((axis, part),) = at.picked.items()
        name = g.node("Gather", name, _index(g, part), axis=axis)
        lead = [*range(axis, axis + len(at.front))]
        order = [*lead, *(i for i in range(x.ndim - 1 + len(at.front)) if i not in lead)]
        place = {old: new for new, old in enumerate(order)}
        name = g.transpose(name, [order[i] for i in at.order]) if place else name
    elif at.picked:
        rest = [a for a in range(x.ndim) if a not in at.picked]
        moved = g.transpose(name, [*at.picked, *rest])
        name = g.node("GatherND", moved, _places(g, at))
        name = g.transpose(name, at.order)
    return (
        g.node("Identity", name) if name == g.get(x) and not at.new else g.unsqueeze(name, at.new)
    )


def _places(g: Emitter, at: Spelt) -> str:
    """Return the indices of several axes as one tensor, those of one element along the last."""
    shape = g.ints(at.front)
    columns = [g.node("Expand", _index(g, p), shape) for p in at.picked.values()]
    if all(isinstance(p, (int, np.ndarray)) for p in at.picked.values()):
        arrays = np.broadcast_arrays(*at.picked.values())
        return g.constant(np.stack(arrays, axis=-1).astype(np.int64))
    last = len(at.front)
    return g.node("Concat", *(g.unsqueeze(c, [last]) for c in columns), axis=last)


def _scatter(g: Emitter, v: Value) -> str:
    """Add up in zeros: first as far as slices are concerned, then at index arrays."""
    x, *indices = v.args
    at = spelt(v.static["key"], indices, v.ndim)
    shape = v.shape
    name = g.squeeze(g.get(x, v.dtype), at.new)
    back = [0] * len(at.order)
    for i, axis in enumerate(at.order):
        back[axis] = i
    name = g.transpose(name, back)
    kept = [a for a in range(v.ndim) if a not in at.picked]
    lead = len(at.front)
    lengths = list(at.front) + [_length(shape[a], at.slices.get(a, slice(None))) for a in kept]
    for i, axis in enumerate(kept):
        if axis in at.slices:
            name = _spread(g, name, lead + i, lengths, at.slices[axis], shape[axis], v.dtype)
            lengths[lead + i] = shape[axis]
    if not at.picked:
        return g.node("Identity", name)
    zeros = g.zeros([*(shape[a] for a in at.picked), *(shape[a] for a in kept)], v.dtype)
    if len(at.picked) == 1:
        (part,) = at.picked.values()
        places = g.unsqueeze(_index(g, part), [lead])
    else:
        places = _places(g, at)
    added = g.scattered(zeros, places, name, v.dtype, "add")
    order = [*at.picked, *kept]
    return g.transpose(added, [order.index(a) for a in range(v.ndim)])


def _length(n: AnySize, part: slice) -> AnySize:
    """Return how many elements a slice has of an axis."""
    if part == slice(None):
        return n
    if isinstance(n, int) and not any(isinstance(p, Size) for p in _bounds(part)):
        return len(range(*part.indices(n)))
    start, stop, step = _bounds(part)
    start = 0 if start is None else start if isinstance(start, Size) or start >= 0 else n + start
    stop = n if stop is None else stop if isinstance(stop, Size) or stop >= 0 else n + stop
    if step not in (None, 1):
        raise NotImplementedError(
            "a gradient of a slice with a step along an axis of no fixed size"
        )
    return stop - start


def _bounds(part: slice) -> tuple[Any, Any, Any]:
    return part.start, part.stop, part.step


def _spread(
    g: Emitter, x: str, axis: int, lengths: Sequence[AnySize], part: slice, n: AnySize, dtype: Any
) -> str:
    """Return a tensor whose elements along an axis stand where a slice takes them from."""
    start, _, step = _bounds(part)
    if step in (None, 1):
        if isinstance(n, int) and isinstance(lengths[axis], int):
            start = part.indices(n)[0]
        elif start is None:
            start = 0
        elif isinstance(start, int) and start < 0:
            start = n + start
        pairs: list[Any] = [(0, 0)] * len(lengths)
        pairs[axis] = (start, n - start - lengths[axis])
        return padded(g, x, pairs, 0, dtype)
    if not isinstance(n, int):
        raise NotImplementedError(
            "a gradient of a slice with a step along an axis of no fixed size"
        )
    rest = [a for a in range(len(lengths)) if a != axis]
    moved = g.transpose(x, [axis, *rest])
    zeros = g.zeros([n, *(lengths[a] for a in rest)], dtype)
    places = np.arange(n)[part].reshape(-1, 1).astype(np.int64)
    placed = g.node("ScatterND", zeros, g.constant(places), moved)
    back = list(range(1, len(lengths)))
    back.insert(axis, 0)
    return g.transpose(placed, back)


def _argsort(g: Emitter, v: Value) -> str:
    x, axis = v.args[0], v.static["axis"]
    dtype = np.dtype(np.int64) if x.dtype.kind in "bu" or x.dtype.itemsize < 4 else x.dtype
    dtype = np.dtype(np.float32) if x.dtype == np.float16 else dtype
    largest = int(v.static["descending"])
    _, places = g.several(
        "TopK", 2, g.get(x, dtype), g.size(x.shape[axis]), axis=axis, largest=largest, sorted=1
    )
    return places


def _one_hot(g: Emitter, v: Value) -> str:
    axis, count = v.static["axis"], v.static["num_classes"]
    labels = g.unsqueeze(g.get(v.args[0], np.int64), [axis])
    classes = g.counting(0, 1, count, [count if i == axis else 1 for i in range(v.ndim)])
    hot = g.node("Equal", labels, classes)
    return hot if v.dtype.kind == "b" else g.cast(hot, v.dtype)


def _segment(reduction: str) -> Any:
    def emit(g: Emitter, v: Value) -> str:
        x, labels = v.args
        if v.dtype.kind == "f":
            beyond: Any = -np.inf if reduction == "max" else np.inf
        elif v.dtype.kind == "b":
            raise NotImplementedError("segments of booleans")
        else:
            info = np.iinfo(v.dtype)
            beyond = info.min if reduction == "max" else info.max
        start = g.zeros(v.shape, v.dtype, beyond)
        places = g.unsqueeze(g.get(labels, np.int64), [labels.ndim])
        return g.scattered(start, places, g.get(x, v.dtype), v.dtype, reduction)

    return Form(emit)


def _searchsorted(g: Emitter, v: Value) -> str:
    x, values = v.args
    dtype = np.result_type(x.dtype, values.dtype)
    wanted = g.unsqueeze(g.get(values, dtype), [values.ndim])
    kind = "Less" if v.static["side"] == "left" else "LessOrEqual"
    below = g.cast(g.node(kind, g.get(x, dtype), wanted), np.int64)
    return g.node("ReduceSum", below, g.ints([values.ndim]), keepdims=0)


FORMS = {
    "getitem": Form(_getitem),
    "scatter": Form(_scatter),
    "argsort": Form(_argsort, lambda e: e.args[0].ndim > 0),
    "one_hot": Form(_one_hot),
    "segment_max": _segment("max"),
    "segment_min": _segment("min"),
    "searchsorted": Form(_searchsorted),
}
"""By the names of the operations in the registry."""
