"""The forms of operations that move elements without looking at them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.onnx.exporting.emitter import FURTHEST, Emitter
from tensorgraph.onnx.exporting.forms.form import Form, axes_of
from tensorgraph.onnx.exporting.program import Banded, Value
from tensorgraph.onnx.exporting.sizes import AnySize, Size
from tensorgraph.symbolic.expr import Expr


def _reshape(g: Emitter, v: Value) -> str:
    return g.reshape(g.get(v.args[0]), v.shape)


def _permute(g: Emitter, v: Value) -> str:
    axes = v.static["axes"]
    ndim = v.args[0].ndim
    order = list(range(ndim))[::-1] if axes is None else axes_of(axes, ndim)
    return g.node("Transpose", g.get(v.args[0]), perm=order or None)


def _matrix_transpose(g: Emitter, v: Value) -> str:
    *lead, rows, columns = range(v.ndim)
    return g.node("Transpose", g.get(v.args[0]), perm=[*lead, columns, rows])


def _expand_dims(g: Emitter, v: Value) -> str:
    return g.unsqueeze(g.get(v.args[0]), axes_of(v.static["axis"], v.ndim))


def _squeeze(g: Emitter, v: Value) -> str:
    x, axis = v.args[0], v.static["axis"]
    ones = [i for i, n in enumerate(x.shape) if n == 1]
    return g.squeeze(g.get(x), ones if axis is None else axes_of(axis, x.ndim))


def _broadcast_to(g: Emitter, v: Value) -> str:
    return g.node("Expand", g.get(v.args[0]), g.ints(v.shape))


def _flip(g: Emitter, v: Value) -> str:
    x = g.get(v.args[0])
    axes = axes_of(v.static["axis"], v.ndim)
    return cut(g, x, {axis: slice(None, None, -1) for axis in axes}) if axes else x


def cut(g: Emitter, x: str, slices: dict[int, slice]) -> str:
    """Return the slices of a tensor along some axes."""
    if not slices:
        return x
    starts, ends, steps = [], [], []
    for part in slices.values():
        step = 1 if part.step is None else part.step
        first, last = (0, FURTHEST) if step > 0 else (FURTHEST, -FURTHEST)
        starts.append(first if part.start is None else part.start)
        ends.append(last if part.stop is None else part.stop)
        steps.append(step)
    return g.node("Slice", x, *map(g.ints, (starts, ends, [*slices], steps)))


def _roll(g: Emitter, v: Value) -> str:
    x, shift, axis = g.get(v.args[0]), v.static["shift"], v.static["axis"]
    if axis is None:
        return g.reshape(_rolled(g, g.reshape(x, (-1,)), shift, 0, size(v.shape)), v.shape)
    axes = [axis] if isinstance(axis, int) else list(axis)
    shifts = [shift] * len(axes) if isinstance(shift, (int, Size)) else list(shift)
    for a, s in zip(axes, shifts, strict=True):
        x = _rolled(g, x, s, a % v.ndim, v.shape[a])
    return x


def _rolled(g: Emitter, x: str, shift: AnySize, axis: int, n: AnySize) -> str:
    """Return a tensor rolled along an axis of n elements, also more than once around."""
    if isinstance(n, int) and isinstance(shift, int):
        shift %= max(n, 1)
        if shift == 0:
            return g.node("Identity", x)
        end, start = cut(g, x, {axis: slice(-shift, None)}), cut(g, x, {axis: slice(None, -shift)})
        return g.node("Concat", end, start, axis=axis)
    around = g.node("Mod", g.size(shift), g.node("Max", g.size(n), g.ints([1])))
    first = g.node("Sub", g.size(n), around)
    end = g.node("Slice", x, first, g.ints([FURTHEST]), g.ints([axis]))
    start = g.node("Slice", x, g.ints([0]), first, g.ints([axis]))
    return g.node("Concat", end, start, axis=axis)


def _triangle(upper: int) -> Form:
    def emit(g: Emitter, v: Value) -> str:
        return g.node("Trilu", g.get(v.args[0]), g.number(v.static["k"], np.int64), upper=upper)

    return Form(emit)


def _concat(g: Emitter, v: Value) -> str:
    axis = v.static["axis"]
    return g.node("Concat", *(g.get(x, v.dtype) for x in v.args), axis=axis)


def _stack(g: Emitter, v: Value) -> str:
    axis = v.static["axis"] % v.ndim
    parts = [g.unsqueeze(g.get(x, v.dtype), [axis]) for x in v.args]
    return g.node("Concat", *parts, axis=axis)


def padded(g: Emitter, x: str, pairs: list[tuple[AnySize, AnySize]], value: Any, dtype: Any) -> str:
    """Return a tensor with places of one number before and after each axis."""
    if all(n == 0 for pair in pairs for n in pair):
        return x
    before, after = zip(*pairs, strict=True)
    if np.dtype(dtype).kind == "b":
        return g.cast(padded(g, g.cast(x, np.int32), pairs, int(value), np.int32), np.bool_)
    return g.node("Pad", x, g.ints([*before, *after]), g.number(value, dtype))


def _pad(g: Emitter, v: Value) -> str:
    x, pairs = g.get(v.args[0], v.dtype), [tuple(pair) for pair in v.static["pad_width"]]
    return g.node("Identity", padded(g, x, pairs, v.static["constant"], v.dtype))


def _tile(g: Emitter, v: Value) -> str:
    x, times = v.args[0], v.static["repetitions"]
    times = [times] if isinstance(times, (int, Size)) else list(times)
    ndim = max(len(times), x.ndim)
    given = g.unsqueeze(g.get(x), list(range(ndim - x.ndim)))
    if not ndim:
        return g.node("Identity", given)
    return g.node("Tile", given, g.ints([*[1] * (ndim - len(times)), *times]))


def _repeat(g: Emitter, v: Value) -> str:
    x, repeats, axis = v.args[0], v.static["repeats"], v.static["axis"]
    name, shape = g.get(x), list(x.shape)
    if axis is None:
        name, shape, axis = g.reshape(name, (-1,)), [size(x.shape)], 0
    axis %= len(shape)
    if isinstance(repeats, (int, Size)):
        wide = g.node("Expand", g.unsqueeze(name, [axis + 1]),
                      g.ints([*shape[: axis + 1], repeats, *shape[axis + 1 :]]))  # fmt: skip
        return g.reshape(wide, v.shape)
    places = np.repeat(np.arange(len(repeats)), repeats)
    if len(repeats) == 1:
        places = np.repeat(np.arange(shape[axis]), repeats)
    return g.node("Gather", name, g.constant(places.astype(np.int64)), axis=axis)


def size(shape: tuple[AnySize, ...]) -> AnySize:
    """Return how many elements a shape has."""
    total: AnySize = 1
    for n in shape:
        total = total * n
    return total


def _diagonal(g: Emitter, v: Value) -> str:
    """Return a diagonal: every (columns + 1)-th element of the matrix as one row.

    Of a matrix of any size the others are left out, and what is left in each row is added up.
    """
    x, k = v.args[0], v.static["offset"]
    *lead, rows, columns = x.shape
    if k == 0 and rows == columns and isinstance(rows, Size) and v.dtype.kind != "b":
        on = g.banded(Banded((False, True, False), 0, (rows, columns)), np.bool_)
        alone = g.node("Where", on, g.get(x), g.number(0, v.dtype))
        return g.node("ReduceSum", alone, g.ints([x.ndim - 1]), keepdims=0)
    if not (isinstance(rows, int) and isinstance(columns, int)):
        raise NotImplementedError("a diagonal of matrices whose sides are not known")
    flat = g.reshape(g.get(x), (*lead, rows * columns))
    places = np.diagonal(np.arange(rows * columns).reshape(rows, columns), k)
    return g.node("Gather", flat, g.constant(places.astype(np.int64)), axis=len(lead))


def _diag_embed(g: Emitter, v: Value) -> str:
    x, k, n = v.args[0], v.static["offset"], v.shape[-1]
    if not isinstance(n, int):
        raise NotImplementedError("diagonals of a length that is not known")
    pairs = [(0, 0)] * (x.ndim - 1)
    wide = padded(g, g.get(x), [*pairs, (max(k, 0), max(-k, 0))], 0, v.dtype)
    rows = g.unsqueeze(wide, [x.ndim - 1])  # along a row the column says which element it is
    on = g.constant(np.eye(n, k=k, dtype=bool))
    return g.node("Where", on, rows, g.number(0, v.dtype))


def _windows(g: Emitter, v: Value) -> str:
    """Lay windows out: along each axis the places of all of them are gathered."""
    x, rank = v.args[0], len(v.static["size"])
    name, first = g.get(x), x.ndim - rank
    for i, (k, s, d) in enumerate(zip(*(v.static[key] for key in GEOMETRY), strict=True)):
        count = v.shape[first + i]
        if not isinstance(count, int):
            raise NotImplementedError("windows along an axis whose size is not known")
        places = np.arange(count)[:, None] * s + np.arange(k) * d
        name = g.node("Gather", name, g.constant(places.astype(np.int64)), axis=first + 2 * i)
    lead = range(first)
    order = [*lead, *range(first, first + 2 * rank, 2), *range(first + 1, first + 2 * rank, 2)]
    return g.transpose(name, order)


GEOMETRY = ("size", "stride", "dilation")


def _overlap_add(g: Emitter, v: Value) -> str:
    """Add windows up: one axis after the other, elements go to the places they came from."""
    x, shape = v.args[0], v.static["shape"]
    rank = len(shape)
    first = x.ndim - 2 * rank
    name, lengths = g.get(x, v.dtype), list(x.shape)
    for i in range(rank):
        counts, sizes = first + i, first + rank  # the sizes before have gone already
        n, k = lengths[counts], lengths[sizes]
        if not (isinstance(n, int) and isinstance(k, int) and isinstance(shape[i], int)):
            raise NotImplementedError("windows along an axis whose size is not known")
        rest = [a for a in range(len(lengths)) if a not in (counts, sizes)]
        moved = g.transpose(name, [counts, sizes, *rest])
        others = [lengths[a] for a in rest]
        flat = g.reshape(moved, (n * k, *others))
        places = (
            np.arange(n)[:, None] * v.static["stride"][i] + np.arange(k) * (v.static["dilation"][i])
        )
        target = g.zeros((shape[i], *others), v.dtype)
        at = g.constant(places.reshape(-1, 1).astype(np.int64))
        added = g.scattered(target, at, flat, v.dtype, "add")
        back = list(range(1, len(rest) + 1))
        back.insert(counts, 0)
        name = g.transpose(added, back)
        lengths = [*others[:counts], shape[i], *others[counts:]]
    return name


def _some(e: Expr) -> bool:
    return e.size > 0 and e.args[0].size > 0


FORMS = {
    "reshape": Form(_reshape),
    "permute_dims": Form(_permute),
    "matrix_transpose": Form(_matrix_transpose),
    "expand_dims": Form(_expand_dims),
    "squeeze": Form(_squeeze),
    "broadcast_to": Form(_broadcast_to),
    "flip": Form(_flip),
    "roll": Form(_roll),
    "tril": _triangle(0),
    "triu": _triangle(1),
    "concat": Form(_concat),
    "stack": Form(_stack),
    "pad": Form(_pad),
    "windows": Form(_windows),
    "overlap_add": Form(_overlap_add),
    "tile": Form(_tile),
    "repeat": Form(_repeat),
    "diagonal": Form(_diagonal),
    "diag_embed": Form(_diag_embed),
}
"""By the names of the operations in the registry."""
