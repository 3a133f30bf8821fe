"""What the core operations mean for polynomials: a function each, and the table of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from tensorgraph.engine.op import REGISTRY
from tensorgraph.formulas.algebra.algebra import K
from tensorgraph.formulas.algebra.branches import aligned, choice
from tensorgraph.formulas.algebra.conditions import BOTH, COMPARED, EITHER, NOT, indicator
from tensorgraph.formulas.algebra.identities import recognised
from tensorgraph.formulas.algebra.normal_form import Meanings, Normaliser, as_body
from tensorgraph.formulas.algebra.polynomials import (
    ONE,
    Poly,
    added,
    number,
    relabelled,
    scaled,
)
from tensorgraph.ops.activation import sigmoid
from tensorgraph.ops.arithmetic import (
    add,
    astype,
    divide,
    isnan,
    multiply,
    negative,
    positive,
    reciprocal,
    square,
    subtract,
    where,
)  # fmt: skip
from tensorgraph.ops.contract import matmul
from tensorgraph.ops.cross_entropy import softmax_minus_one_hot
from tensorgraph.ops.index import one_hot, scatter
from tensorgraph.ops.masking import dropout
from tensorgraph.ops.moments import affine, norm, rms, std
from tensorgraph.ops.reduce import mean, sum as total
from tensorgraph.ops.shape import (
    broadcast_to,
    expand_dims,
    matrix_transpose,
    permute_dims,
    reshape,
    squeeze,
)  # fmt: skip
from tensorgraph.ops.transcendental import exp, log, power, sqrt
from tensorgraph.symbolic.expr import Expr, apply, lift


def _add(nf: Normaliser, e: Expr) -> Poly:
    x, y = e.args
    sign = Fraction(-1 if e.op is subtract.op else 1)
    return added(aligned(nf, e, x), aligned(nf, e, y), sign)


def _multiply(nf: Normaliser, e: Expr) -> Poly:
    x, y = e.args
    return nf.product(aligned(nf, e, x), aligned(nf, e, y))


def _divide(nf: Normaliser, e: Expr) -> Poly | None:
    x, y = e.args
    whole = type(y.value) is int and e not in nf.forward  # rules divide by lengths
    divisor = nf.count(y.value) if whole else aligned(nf, e, y)
    inverse = nf.power(divisor, Fraction(-1))
    return None if inverse is None else nf.product(aligned(nf, e, x), inverse)


def _to_power(exponent: Fraction) -> Callable[[Normaliser, Expr], Poly | None]:
    return lambda nf, e: nf.power(nf.normal(e.args[0]), exponent)


def _power(nf: Normaliser, e: Expr) -> Poly | None:
    exponent = nf.normal(e.args[1])
    if exponent and set(exponent) != {ONE}:
        return None
    value = exponent.get(ONE, Fraction(0))
    return nf.power(aligned(nf, e, e.args[0]), value) if value.denominator <= 4 else None


def _negative(nf: Normaliser, e: Expr) -> Poly:
    return scaled(nf.normal(e.args[0]), Fraction(-1))


def _same(nf: Normaliser, e: Expr) -> Poly | None:
    return nf.normal(e.args[0])


def _astype(nf: Normaliser, e: Expr) -> Poly | None:
    kinds = e.args[0].dtype.kind + e.dtype.kind
    return nf.normal(e.args[0]) if kinds in ("ff", "bf", "ii", "if") else None


def _broadcast(nf: Normaliser, e: Expr) -> Poly:
    return aligned(nf, e, e.args[0])


def _moved(nf: Normaliser, e: Expr, axes: Iterable[int]) -> Poly:
    """Return an operand whose axis ``axes[i]`` became axis i."""
    return relabelled(nf.normal(e.args[0]), {old: new for new, old in enumerate(axes)})


def _reshape(nf: Normaliser, e: Expr) -> Poly | None:
    """Axes of length 1 come and go; any other reshaping has no rule."""
    (x,) = e.args
    old = [i for i, n in enumerate(x.shape) if n != 1]
    new = [i for i, n in enumerate(e.shape) if n != 1]
    if [x.shape[i] for i in old] != [e.shape[i] for i in new]:
        return None
    return relabelled(nf.normal(x), dict(zip(old, new, strict=True)))


def _getitem(nf: Normaliser, e: Expr) -> Poly | None:
    """Whole slices, new axes, and the only element of an axis of length 1."""
    x, key = e.args[0], e.static["key"]
    picked = _picked_axis([i.value for i in e.args[1:]], key, x.shape) if len(e.args) > 1 else None
    if picked is not None:
        return _pick(nf, e, *picked)
    to = _kept_axes(key, x.shape) if len(e.args) == 1 else None
    return None if to is None else relabelled(nf.normal(x), to)


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


def _pick(nf: Normaliser, e: Expr, axis: int, labels: Any) -> Poly:
    """Taking one place along an axis is a sum with a one-hot factor."""
    x = e.args[0]
    shape = tuple(n for i, n in enumerate(x.shape) if i != axis)
    hot = one_hot(lift(labels.reshape(shape)), num_classes=x.shape[axis], axis=axis, dtype=x.dtype)
    p = nf.product(nf.normal(x), nf.atoms.value(hot))
    if x.shape[axis] != 1:
        p = nf.total(p, axis, x.shape[axis])
    old = [i for i, n in enumerate(x.shape) if i != axis and n != 1]
    new = [i for i, n in enumerate(e.shape) if n != 1]
    return relabelled(p, dict(zip(old, new, strict=True)))


def _scatter(nf: Normaliser, e: Expr) -> Poly | None:
    """Adding at one place along an axis for each index of the others is a one-hot factor."""
    x, *indices = e.args
    to = None if indices else _kept_axes(e.static["key"], e.shape)
    if to is not None:  # what x[:, None] added is taken away
        return relabelled(nf.normal(x), {new: old for old, new in to.items()})
    found = _picked_axis([i.value for i in indices], e.static["key"], e.shape)
    if found is None:
        return None
    axis, labels = found
    shape = tuple(n for i, n in enumerate(e.shape) if i != axis)
    hot = one_hot(lift(labels.reshape(shape)), num_classes=e.shape[axis], axis=axis, dtype=e.dtype)
    old = [i for i, n in enumerate(x.shape) if n != 1]
    new = [i for i, n in enumerate(e.shape) if i != axis and n != 1]
    moved = relabelled(nf.normal(x), dict(zip(old, new, strict=True)))
    return nf.product(moved, nf.atoms.value(hot))


def _picked_axis(
    indices: Sequence[Any], key: Sequence[Any], shape: Sequence[int]
) -> tuple[int, Any] | None:
    """Return the axis along which one place is picked for each index of the others, and which."""
    known = all(i is not None and np.asarray(i).dtype.kind in "iu" for i in indices)
    if len(key) != len(shape) or len(indices) != len(shape) or not known:
        return None
    full = np.broadcast_arrays(*indices)
    for axis in range(len(shape)):
        rest = tuple(n for i, n in enumerate(shape) if i != axis)
        if 0 in shape or full[0].size != np.prod(rest, dtype=int):
            continue
        if [n for n in full[0].shape if n != 1] != [n for n in rest if n != 1]:
            continue
        grids = np.indices(rest)
        others = [index.reshape(rest) for i, index in enumerate(full) if i != axis]
        if all(np.array_equal(o, grid) for o, grid in zip(others, grids, strict=True)):
            return axis, full[axis] % shape[axis]
    return None


def _sum(nf: Normaliser, e: Expr) -> Poly:
    (x,) = e.args
    p = nf.normal(x)
    for axis in e.static["axis"]:
        if x.shape[axis] != 1:
            p = nf.total(p, axis, x.shape[axis])
    if e.static["keepdims"]:
        return p
    rest = [i for i in range(x.ndim) if i not in e.static["axis"]]
    return relabelled(p, {old: new for new, old in enumerate(rest)})


def _recorded(nf: Normaliser, e: Expr) -> Poly | None:
    """What the forward pass has with its axes kept is the same without them, and the reverse."""
    assert e.op is not None
    static = {**e.static, "keepdims": not e.static["keepdims"]}
    twin = apply(e.op, e.args, static)
    if twin in nf.forward:
        return nf.normal(twin.reshape(e.shape))
    return as_body(nf, e) if e.op.notation.kind == "body" else None


def _mean(nf: Normaliser, e: Expr) -> Poly:
    count = nf.power(nf.count(e.args[0].size // max(e.size, 1)), Fraction(-1))
    assert count is not None
    return nf.product(_sum(nf, e), count)


def _matmul(nf: Normaliser, e: Expr) -> Poly:
    merged = _merged(*e.args)
    if merged is not None:
        return _over_batch(nf, *merged)
    x, y = e.args
    last = e.ndim - (y.ndim > 1)  # where the axes of x before its last end
    to_x = {i: i + last - (x.ndim - 1) for i in range(x.ndim - 1)} | {x.ndim - 1: K}
    batch = e.ndim - (x.ndim > 1) - (y.ndim > 1)
    to_y = {i: i + batch - (y.ndim - 2) for i in range(y.ndim - 2)}
    to_y |= {max(y.ndim - 2, 0): K}
    if y.ndim > 1:
        to_y |= {y.ndim - 1: e.ndim - 1}
    p, q = relabelled(nf.normal(x), to_x), relabelled(nf.normal(y), to_y)
    return nf.dot(p, q, x.shape[-1])


def _merged(x: Expr, y: Expr) -> tuple[Expr, Expr] | None:
    """Return a and b where a product is aᵀ b with the axes of a batch merged into one."""
    if x.ndim != 2 or x.op not in (permute_dims.op, matrix_transpose.op):
        return None
    flat = (x.args[0], y)
    if any(f.op is not reshape.op or f.ndim != 2 for f in flat):
        return None
    a, b = (f.args[0] for f in flat)
    kept = all(f.shape[1:] == f.args[0].shape[-1:] for f in flat)
    return (a, b) if kept and a.ndim > 2 and a.shape[:-1] == b.shape[:-1] else None


def _over_batch(nf: Normaliser, a: Expr, b: Expr) -> Poly:
    """Return Σ aᵀ b over all places of a batch: the gradient of a layer's weights."""
    last = a.ndim - 1
    batch = {i: K + i for i in range(last)}
    p = relabelled(nf.normal(a), {**batch, last: 0})
    q = relabelled(nf.normal(b), {**batch, last: 1})
    if not p or not q:
        return {}
    (k, mono), (c, other) = nf.atoms.group(p), nf.atoms.group(q)
    result = {nf.joined(mono, other): k * c}
    for i, label in batch.items():
        result = nf.total(result, label, a.shape[i]) if a.shape[i] != 1 else result
    return result


def _einsum(nf: Normaliser, e: Expr) -> Poly | None:
    left, _, result = e.static["subscripts"].partition("->")
    terms = left.split(",")
    if any(len(set(term)) < len(term) for term in terms):
        return None
    names = [*result, *(c for c in dict.fromkeys("".join(terms)) if c not in result)]
    codes = {c: i if i < len(result) else K + i for i, c in enumerate(names)}
    p, lengths = number(1), dict[str, int]()
    for term, x in zip(terms, e.args, strict=True):
        q = relabelled(nf.normal(x), {i: codes[c] for i, c in enumerate(term)})
        if not q:
            return {}
        k, mono = nf.atoms.group(q)
        p = {nf.joined(m, mono): c * k for m, c in p.items()}
        for c, n in zip(term, x.shape, strict=True):
            lengths[c] = max(n, lengths.get(c, 1))
    for c in names[len(result) :]:
        p = nf.total(p, codes[c], lengths[c]) if lengths[c] != 1 else p
    return p


def _dropout(nf: Normaliser, e: Expr) -> Poly | None:
    """Elements are divided by keep_prob, which stays the number that it is."""
    x, mask = e.args
    keep_prob = nf.atoms.value(nf.number(e.static["keep_prob"]))
    inverse = nf.power(keep_prob, Fraction(-1))
    assert inverse is not None
    return nf.product(nf.product(nf.normal(x), nf.normal(mask)), inverse)


def _function(nf: Normaliser, e: Expr) -> Poly | None:
    """A function of a simplified operand may be one that has a name."""
    if e in nf.forward:
        return None
    rebuilt = nf.rebuilt(e)
    found = recognised(rebuilt)
    if found is rebuilt:
        return nf.atoms.value(rebuilt)
    nf.note("recognise", (rebuilt, found))
    return nf.normal(found)


def _permuted(nf: Normaliser, e: Expr) -> Poly:
    return _moved(nf, e, e.static["axes"])


def _transposed(nf: Normaliser, e: Expr) -> Poly:
    return _moved(nf, e, (*range(e.ndim - 2), e.ndim - 1, e.ndim - 2))


MEANINGS = Meanings(
    opened={
        add.op: _add, subtract.op: _add, multiply.op: _multiply, divide.op: _divide,
        power.op: _power, negative.op: _negative, positive.op: _same, astype.op: _astype,
        reciprocal.op: _to_power(Fraction(-1)), square.op: _to_power(Fraction(2)),
        sqrt.op: _to_power(Fraction(1, 2)), broadcast_to.op: _broadcast, reshape.op: _reshape,
        expand_dims.op: _reshape, squeeze.op: _reshape, permute_dims.op: _permuted,
        matrix_transpose.op: _transposed, REGISTRY["getitem"]: _getitem,
        total.op: _sum, mean.op: _mean,
        dropout.op: _dropout, affine.op: as_body, softmax_minus_one_hot.op: as_body,
    },
    kept={
        matmul.op: _matmul, REGISTRY["einsum"]: _einsum, scatter.op: _scatter, exp.op: _function,
        log.op: _function, sigmoid.op: _function, where.op: choice,
        norm.op: _recorded, rms.op: _recorded, std.op: _recorded,
        **dict.fromkeys([*COMPARED, *NOT, *BOTH, *EITHER, isnan.op], indicator),
    },
)  # fmt: skip
"""What the core operations mean; what is composed of them is read through its body."""
