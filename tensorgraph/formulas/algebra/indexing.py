"""What an index means for polynomials: the place it picks is a one-hot factor."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from tensorgraph.formulas.algebra.algebra import K
from tensorgraph.formulas.algebra.from_normal_form import lower
from tensorgraph.formulas.algebra.normal_form import Normaliser
from tensorgraph.formulas.algebra.polynomials import Poly, relabelled
from tensorgraph.ops.index import one_hot
from tensorgraph.symbolic.expr import Expr, constant, make


def indexed(nf: Normaliser, e: Expr) -> Poly | None:
    """Whole slices, new axes, and the only element of an axis of length 1."""
    x, key = e.args[0], e.static["key"]
    picked = _picked_axis(e.args[1:], key, x.shape) if len(e.args) > 1 else None
    if picked is not None:
        return _pick(nf, e, *picked)
    to = _kept_axes(key, x.shape) if len(e.args) == 1 else None
    if to is not None:
        return relabelled(nf.normal(x), to)
    return None if x in nf.forward or e.args[1:] else _without_numbers(nf, e)


def _without_numbers(nf: Normaliser, e: Expr) -> Poly | None:
    """Take numbers out of what is indexed: (dZ / m)[:, t] is dZ[:, t] / m."""
    p = nf.normal(e.args[0])
    if len(p) != 1:
        return None
    ((mono, k),) = p.items()
    numbers = tuple(f for f in mono if not f[1])
    if k == 1 and not numbers:
        return None
    rest = tuple(f for f in mono if f[1])
    inner = lower({rest: Fraction(1)}, e.args[0].shape, nf.atoms)
    assert e.op is not None
    return nf.product(
        {numbers: k}, nf.atoms.value(make(e.op, (inner,), e.static, e.shape, e.dtype))
    )


def _kept_axes(key: Sequence[Any], shape: Sequence[int]) -> dict[int, int] | None:
    """Return where an index puts each axis, if all that it adds or removes has length 1."""
    if any(type(k) is int and k not in (0, -1) for k in key):
        return None
    taken = sum(k is not None and k is not Ellipsis for k in key)
    full = slice(None)
    spread = [full] * (len(shape) - taken)
    at = key.index(Ellipsis) if Ellipsis in key else len(key)
    parts = [*key[:at], *spread, *key[at + 1 :]]
    old = new = 0
    to: dict[int, int] = {}
    for part in parts:
        if part is None:
            new += 1
        elif isinstance(part, int):
            if shape[old] != 1:
                return None
            old += 1
        else:
            if part.indices(shape[old]) != (0, shape[old], 1):
                return None
            to[old] = new
            old, new = old + 1, new + 1
    return to


def _pick(nf: Normaliser, e: Expr, axis: int, labels: Expr) -> Poly:
    """Taking one place along an axis is a sum with a one-hot factor."""
    x = e.args[0]
    hot = one_hot(labels, num_classes=x.shape[axis], axis=axis, dtype=x.dtype)
    p = nf.product(nf.normal(x), nf.atoms.value(hot))
    if x.shape[axis] != 1:
        p = nf.total(p, axis, x.shape[axis])
    old = [i for i, n in enumerate(x.shape) if i != axis and n != 1]
    new = [i for i, n in enumerate(e.shape) if n != 1]
    return relabelled(p, dict(zip(old, new, strict=True)))


def scattered(nf: Normaliser, e: Expr) -> Poly | None:
    """Adding at one place along an axis for each index of the others is a one-hot factor."""
    x, *indices = e.args
    to = None if indices else _kept_axes(e.static["key"], e.shape)
    if to is not None:  # what x[:, None] added is taken away
        return relabelled(nf.normal(x), {new: old for old, new in to.items()})
    found = _picked_axis(indices, e.static["key"], e.shape)
    if found is None:
        return _rows_added(nf, e)
    axis, labels = found
    hot = one_hot(labels, num_classes=e.shape[axis], axis=axis, dtype=e.dtype)
    old = [i for i, n in enumerate(x.shape) if n != 1]
    new = [i for i, n in enumerate(e.shape) if i != axis and n != 1]
    moved = relabelled(nf.normal(x), dict(zip(old, new, strict=True)))
    return nf.product(moved, nf.atoms.value(hot))


def _rows_added(nf: Normaliser, e: Expr) -> Poly | None:
    """Adding whole rows where labels say is a product with their one-hot form, as of embeddings."""
    x, *indices = e.args
    key = e.static["key"]
    axes = [i for i, k in enumerate(key) if isinstance(k, str)]
    whole = all(k == slice(None) for i, k in enumerate(key) if i not in axes)
    if len(axes) != 1 or not whole or len(indices) != 1 or indices[0].ndim != 1:
        return None
    (axis,), (labels,) = axes, indices
    count = e.shape[axis]
    if labels.value is None or labels.dtype.kind not in "iu" or labels.size < 2 or count < 2:
        return None
    if labels.value.min() < 0:
        return None
    hot = one_hot(labels, num_classes=count, axis=1, dtype=e.dtype)
    p = relabelled(nf.atoms.value(hot), {0: K, 1: axis})
    return nf.dot(relabelled(nf.normal(x), {axis: K}), p, labels.size)


def _picked_axis(
    indices: Sequence[Expr], key: Sequence[Any], shape: Sequence[int]
) -> tuple[int, Expr] | None:
    """Return the axis along which one place is picked for each index of the others, and which."""
    known = all(i.value is not None and i.dtype.kind in "iu" for i in indices)
    if len(key) != len(shape) or len(indices) != len(shape) or not known:
        return None
    full = np.broadcast_arrays(*(i.value for i in indices))
    # Of a square batch labels 0, 1, 2, … are the places of the rows, too: classes stand where the
    # indices keep an axis of length 1, or last.
    kept = full[0].shape if full[0].ndim == len(shape) else ()
    for axis in sorted(range(len(shape))[::-1], key=lambda i: not kept or kept[i] != 1):
        rest = tuple(n for i, n in enumerate(shape) if i != axis)
        if 0 in shape or full[0].size != np.prod(rest, dtype=int):
            continue
        if [n for n in full[0].shape if n != 1] != [n for n in rest if n != 1]:
            continue
        grids = np.indices(rest)
        others = [index.reshape(rest) for i, index in enumerate(full) if i != axis]
        if all(np.array_equal(o, grid) for o, grid in zip(others, grids, strict=True)):
            return axis, _labels(indices[axis], (full[axis] % shape[axis]).reshape(rest))
    return None


def _labels(index: Expr, labels: Any) -> Expr:
    """Return labels as the index that they are, which may have a name; else as a constant."""
    return index if np.array_equal(index.value, labels) else constant(labels)
