"""From the normal form back to an expression, as one would write it by hand.

Labels become axes again: factors are transposed or given new axes where they must, and a sum over
a label that two groups of factors share becomes a matrix product.
"""

from __future__ import annotations

from builtins import sum as sum_of
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import permutations, product
from math import gcd, lcm, prod
from typing import Any

from tensorgraph.formulas.algebra.irrationals import multiplied_out, roots_apart
from tensorgraph.formulas.algebra.polynomials import (
    Atom,
    Atoms,
    Factor,
    Labels,
    Mono,
    Poly,
    common,
    labels_of,
    order,
    placed,
)
from tensorgraph.ops.arithmetic import astype
from tensorgraph.ops.contract import matmul
from tensorgraph.ops.reduce import mean, sum
from tensorgraph.ops.shape import (
    broadcast_to,
    expand_dims,
    matrix_transpose,
    permute_dims,
    reshape,
)
from tensorgraph.ops.transcendental import power, sqrt
from tensorgraph.symbolic.expr import Expr, constant, in_order

HALF = Fraction(1, 2)
LONG = 10_000
"""A fraction with a longer denominator is written as a decimal number."""
SMALL = Fraction(1, 100)
"""A number that is added is called small below this, as ε is."""
READ = 8
"""In a sum of more terms nobody looks for the neatest coefficients."""


def lower(p: Poly, shape: Sequence[int], atoms: Atoms, fill: bool = True) -> Expr:
    """Return the expression of a polynomial whose frame has this shape.

    Args:
        p: the polynomial.
        shape: the lengths of the frame's axes.
        atoms: where its atoms are kept.
        fill: repeat the result along axes on which it does not depend.
    """
    shape = tuple(shape)
    if not p:
        result = constant(0.0)
    elif _has_products_of_matrices(p):  # as in dZ Xᵀ / m + λ W / m
        result = _sum_of_terms(((k, mono) for mono, k in p.items()), len(shape))
    else:
        k, mono = atoms.group(p)
        result = _term(k, mono, len(shape))
    return broadcast_to(result, shape=shape) if fill and result.shape != shape else result


def _has_products_of_matrices(p: Poly) -> bool:
    """Return whether a polynomial adds products of matrices, and shares but divisors."""
    arrays = [[f for f in mono if f[1]] for mono in p]
    products = [fs for fs in arrays if len(fs) == 1 and len(fs[0][0].body) > 1]
    return len(p) > 1 and bool(products) and all(e < 0 and not x for _, x, e in common(p))


def _term(k: Fraction, mono: Mono, ndim: int, decimal: bool = False) -> Expr:
    """Return a number times a product, where ``decimal`` says how to write the number."""
    k, mono, (roots, inverse_roots) = roots_apart(*multiplied_out(k, mono))
    above = [f for f in mono if f[2] > 0]
    below = [f for f in mono if f[2] < 0]
    parts: list[tuple[Any, Expr]] = []
    crossed = ndim == 2 and {f[1] for f in above} - {()} == {(0,), (1,)}
    for f in above:
        atom, labels, e = f
        if atom.poly is not None and e == 1:
            k, expr = _parenthesised(k, atom, labels, ndim, alone=False)
            parts.append(((2 if expr.size > 1 else 0.5, f[0].number), expr))
            continue
        if atom.bound and e == 1:
            k, expr = _sum(k, atom, labels, ndim, crossed)
        else:
            expr = _raised(_factor(f, ndim), e)
        parts.append(((expr.size > 1, f[0].number), expr))
    sign, k = (k < 0), abs(k)
    if not (mono or roots or inverse_roots) and k.denominator != 1:
        return constant(float(k) if not sign else -float(k))
    top = [expr for _, expr in sorted(parts, key=lambda part: part[0])]
    column = [i for i, (f, _) in enumerate(zip(above, parts, strict=True)) if _lies(f, ndim, 2)]
    row = [i for i, (f, _) in enumerate(zip(above, parts, strict=True)) if _lies(f, ndim, 1)]
    if len(column) == len(row) == 1:  # a column times a row is a product of matrices
        (key, x), (_, y) = parts[column[0]], parts[row[0]]
        if x.ndim == y.ndim == ndim == 2:
            parts = [part for i, part in enumerate(parts) if i not in (column[0], row[0])]
            parts.append((key, matmul(x, y)))
            top = [expr for _, expr in sorted(parts, key=lambda part: part[0])]
    bottom = [_raised(_factor((a, x, -e), ndim), -e) for a, x, e in sorted(below, key=order)]
    top, bottom = [*roots, *top], [*inverse_roots, *bottom]
    if k.denominator > LONG or k.numerator > LONG or (decimal and _is_decimal(k, mono)):
        top.insert(0, constant(float(k)))
    else:
        if k.numerator != 1:
            top.insert(0, constant(k.numerator))
        if k.denominator != 1:
            bottom.insert(0, constant(k.denominator))
    bottom.sort(key=lambda x: x.size)
    result = _product(top) if top else constant(1)
    if bottom:
        result = result / _product(bottom)
    if result.dtype.kind == "b":  # booleans neither add up nor have a sign
        result = astype(result, dtype=float)
    return -result if sign else result


def _lies(f: Factor, ndim: int, from_last: int) -> bool:
    """Return whether a factor is a matrix with one row or column, along this axis of the frame."""
    return f[1] == (ndim - from_last,) and f[0].expr is not None and f[2] == 1 and _is_matrix(f)


def _product(factors: Iterable[Expr]) -> Expr:
    first, *others = factors
    for other in others:
        first = first * other
    return first


def _raised(x: Expr, e: Fraction) -> Expr:
    if e == 1:
        return x
    if e == HALF:
        return sqrt(x)  # type: ignore[no-any-return]
    if e == 2:
        return power(x, 2)  # type: ignore[no-any-return]
    exponent = int(e) if e.denominator == 1 else float(e)
    return power(x, exponent)  # type: ignore[no-any-return]


def _factor(f: Factor, ndim: int) -> Expr:
    """Return an atom in its frame, exponent aside: once for all that it is in."""
    atom, labels, _ = f
    if (labels, ndim) not in atom.written:
        atom.written[labels, ndim] = _spelt(atom, labels, ndim)
    return atom.written[labels, ndim]


def _spelt(atom: Atom, labels: Labels, ndim: int) -> Expr:
    if atom.expr is not None:
        return in_frame(atom.expr, labels, ndim)
    if atom.poly is not None:
        k, expr = _parenthesised(Fraction(1), atom, labels, ndim, alone=True)
        return expr if k == 1 else constant(float(k)) * expr
    k, expr = _sum(Fraction(1), atom, labels, ndim)
    return expr * _number(k) if k != 1 else expr


def _number(k: Fraction) -> Expr:
    return constant(k.numerator if k.denominator == 1 else float(k))


def _parenthesised(
    k: Fraction, atom: Atom, labels: Labels, ndim: int, alone: bool
) -> tuple[Fraction, Expr]:
    """Return a group with whole coefficients, its positive terms first; and what is left of k."""
    to = dict(enumerate(labels))
    terms = [(c, placed(mono, to)) for mono, c in (atom.poly or {}).items()]
    if not alone:
        own = [abs(c) for c, _ in terms] if len(terms) <= READ else []
        scales = dict.fromkeys([_common_scale(terms), 1 / abs(k), *own])
        scale = min(
            scales, key=lambda scale: _digits(k * scale, [(c / scale, m) for c, m in terms])
        )
        k, terms = k * scale, [(c / scale, mono) for c, mono in terms]
    if not alone and _turned([c for c, _ in terms], k):
        k, terms = -k, [(-c, mono) for c, mono in terms]
    return k, _sum_of_terms(terms, ndim)


def _sum_of_terms(terms: Iterable[tuple[Fraction, Mono]], ndim: int) -> Expr:
    total: Expr | None = None
    for c, mono in sorted(terms, key=_place_of_term):
        if total is None:
            total = _term(c, mono, ndim, decimal=True)
        elif c < 0 and not _absorbs_sign(mono):
            total = total - _term(-c, mono, ndim, decimal=True)
        else:  # with its sign, if it absorbs that
            total = total + _term(c, mono, ndim, decimal=True)
    assert total is not None
    return total


def _place_of_term(term: tuple[Fraction, Mono]) -> Any:
    """Return the key by which terms are sorted: positive ones first, −1 and ε after all others."""
    c, mono = term
    negative = c < 0 and not _absorbs_sign(mono)
    return negative, not mono and c < SMALL, len(mono), [order(f) for f in mono]


def _is_decimal(c: Fraction, mono: Mono) -> bool:
    """Return whether a coefficient reads well as a decimal number: 0.9, and not that of a mean."""
    short = 1 not in (c.numerator, c.denominator) and 1000 % c.denominator == 0
    return short and not any(f[0].bound for f in mono)


def _common_scale(terms: Sequence[tuple[Fraction, Mono]]) -> Fraction:
    """Return the number to take out of a sum, so that coefficients are whole or belong to means."""
    plain = [abs(c) for c, mono in terms if not any(f[0].bound for f in mono)]
    scale = min(plain, default=abs(terms[0][0]))
    if all((c / scale).denominator == 1 for c in plain):
        return scale
    denominator = lcm(*(c.denominator for c in plain))
    if denominator > LONG:
        return Fraction(1)
    return Fraction(gcd(*(int(c * denominator) for c in plain)), denominator)


def _digits(k: Fraction, terms: Sequence[tuple[Fraction, Mono]]) -> int:
    """Return how many digits are to be read in k · (terms), those of means apart."""
    coefficients = [k]
    for c, mono in terms:
        counts = [prod(f[0].bound) for f in mono if f[0].bound]
        is_mean = len(counts) == 1 and c.denominator % counts[0] == 0
        coefficients.append(c * counts[0] if is_mean else c)
    decimal = [False, *(not mono or _is_decimal(abs(c), mono) for c, mono in terms)]
    ends: list[str] = []
    for c, as_decimal in zip(coefficients, decimal, strict=True):
        whole = [str(abs(c.numerator)), str(c.denominator)]
        ends += [f"{float(abs(c)):g}"] if as_decimal and 1000 % c.denominator == 0 else whole
    return sum_of(len(end.replace(".", "").strip("0")) for end in ends if end != "1")


def _turned(coefficients: Sequence[Fraction], k: Fraction) -> bool:
    """Return whether a group reads better with all signs changed."""
    positive = [c for c in coefficients if c > 0]
    if not positive:
        return True
    return k < 0 and len(positive) < len(coefficients)


# --------------------------------------------------------------------------------- values in place


def in_frame(e: Expr, labels: Labels, ndim: int) -> Expr:
    """Return an array with its axes of length other than 1 at the given axes of a frame."""
    axes = [i for i, n in enumerate(e.shape) if n != 1]
    if _fits(e, axes, labels, ndim):
        return e
    if e.ndim >= 2:
        swap = {e.ndim - 1: e.ndim - 2, e.ndim - 2: e.ndim - 1}
        if e.ndim <= ndim and all(
            swap.get(a, a) + ndim - e.ndim == x for a, x in zip(axes, labels, strict=True)
        ):
            return matrix_transpose(e)  # type: ignore[no-any-return]
    core = e
    if len(axes) < e.ndim:
        core = reshape(core, shape=tuple(e.shape[a] for a in axes))
    ranks = sorted(range(len(labels)), key=lambda i: labels[i])
    plain = list(range(len(labels)))
    if ranks == [*plain[:-2], *plain[:-3:-1]] != plain:
        core = matrix_transpose(core)
    elif ranks != plain:
        core = permute_dims(core, axes=tuple(ranks))
    at = sorted(labels)
    missing = [i for i in range(min(at, default=ndim), ndim) if i not in at]
    if missing:
        first = min(at)
        core = expand_dims(core, axis=tuple(i - first for i in missing))
    return core


def _fits(e: Expr, axes: Sequence[int], labels: Labels, ndim: int) -> bool:
    return e.ndim <= ndim and all(a + ndim - e.ndim == x for a, x in zip(axes, labels, strict=True))


# -------------------------------------------------------------------------------------------- sums


def _sum(
    k: Fraction, atom: Atom, labels: Labels, ndim: int, crossed: bool = False
) -> tuple[Fraction, Expr]:
    """Return a total as a matrix product, a mean or a sum; and what is left of k.

    Where a column is ``crossed`` with a row, it may be a matrix times a vector, too.
    """
    to: dict[int, int] = dict(enumerate(labels))
    bound = tuple(ndim + 100 + i for i in range(len(atom.bound)))
    to |= {-1 - i: x for i, x in enumerate(bound)}
    body = placed(atom.body, to)
    sign = Fraction(1)
    if k < 0 and any(map(_has_sign, body)):  # −Σ (y − a) x is Σ (a − y) x
        k, sign = -k, Fraction(-1)
    found = _matrix_product(body, bound, ndim, sign)
    if found is None:
        found = _batch_of_products(body, bound, ndim, sign)
    if found is not None:
        return k, found
    count = prod(atom.bound)
    if k.denominator % count == 0 and k.denominator <= LONG:
        return k * count, _along(mean, body, bound, ndim, sign)
    found = _vector(body, bound, ndim, sign) if crossed else None
    return k, _along(sum, body, bound, ndim, sign) if found is None else found


def _absorbs_sign(mono: Mono) -> bool:
    """Return whether a product has a sum in which a sign disappears."""
    return any(a.bound and e == 1 and any(map(_has_sign, a.body)) for a, _, e in mono)


def _has_sign(f: Factor) -> bool:
    """Return whether a factor is a difference, which a sign can turn."""
    return f[2] == 1 and f[0].poly is not None and min(f[0].poly.values()) < 0


def _matrix_product(body: Mono, bound: Labels, ndim: int, sign: Fraction) -> Expr | None:
    """Return a sum as a product of matrices, if it is one in the last two axes of the frame."""
    free = labels_of(body) - set(bound)
    if len(bound) != 1 or not free or ndim < 1:
        return None
    row, column = ndim - 2, ndim - 1
    if ndim == 1:
        left = [f for f in body if column in f[1]]
        right = [f for f in body if column not in f[1]]
        # Anything but a matrix that is there and a vector reads better as a sum.
        if len(left) != 1 or not right or left[0][2] != 1:
            return None
        signs = (sign, Fraction(1)) if _has_sign(left[0]) else (Fraction(1), sign)
        matrix = _term(signs[0], placed(left, {column: 0, bound[0]: 1}), 2)
        vector = _term(signs[1], placed(right, {bound[0]: 0}), 1)
        return matmul(matrix, vector)  # type: ignore[no-any-return]
    left = [f for f in body if row in f[1]]
    right = [f for f in body if column in f[1]]
    neither = [f for f in body if row not in f[1] and column not in f[1]]
    if any(column in f[1] for f in left) or not (left or right):
        return None
    if not (left and right):
        # A row or a column in a matrix product, rather than a weight in a sum.
        if len(neither) != 1 or len(left or right) != 1 or not _is_matrix(neither[0]):
            return None
        left, right = left or neither, right or neither
    elif len(left) <= len(right):
        left = [*left, *neither]
    else:
        right = [*right, *neither]
    signs = (sign, Fraction(1)) if any(map(_has_sign, left)) else (Fraction(1), sign)
    x = _matrix(signs[0], placed(left, {bound[0]: column}), ndim)
    y = _matrix(signs[1], placed(right, {bound[0]: row}), ndim)
    return matmul(x, y)  # type: ignore[no-any-return]


def _vector(body: Mono, bound: Labels, ndim: int, sign: Fraction) -> Expr | None:
    """Return a sum along a row or a column of a matrix as a matrix times a vector, if it is one."""
    free = labels_of(body) - set(bound)
    if ndim != 2 or len(free) != 1:
        return None
    (label,) = free
    found = _matrix_product(placed(body, {label: 0}), bound, 1, sign)
    return found if found is None or label else expand_dims(found, axis=1)


def _matrix(k: Fraction, mono: Mono, ndim: int) -> Expr:
    """Return a product of arrays as a factor of a product of matrices: aᵀ ∘ bᵀ as (a ∘ b)ᵀ."""
    x = _term(k, mono, ndim)
    if sum_of(_transposes(x)) < 2:
        return x
    turned = matrix_transpose(
        _term(k, placed(mono, {ndim - 1: ndim - 2, ndim - 2: ndim - 1}), ndim)
    )
    return turned if sum_of(_transposes(turned)) < sum_of(_transposes(x)) else x


def _batch_of_products(body: Mono, bound: Labels, ndim: int, sign: Fraction) -> Expr | None:
    """Return a sum as products of matrices, one for each place of a batch, that may be added up.

    So is the gradient of a matrix by which all examples of a batch are multiplied.
    """
    if len(body) != 2:
        return None
    free = sorted(labels_of(body) - set(bound))
    found: list[tuple[tuple[int, ...], Expr]] = []
    for (_, x, _), (_, y, _) in permutations(body):
        shared = [i for i in bound if i in x and i in y]
        ways = product([i for i in free if i not in y], [i for i in free if i not in x], shared)
        for row, column, last in ways:
            added = [i for i in bound if i != last]
            axes = [*(i for i in free if i not in (row, column)), row, column]
            to = {i: axis for axis, i in enumerate([*added, *axes])}
            one = _matrix_product(placed(body, to), (last,), len(to), sign)
            if one is not None:
                total = sum(one, axis=tuple(range(len(added)))) if added else one
                e = in_frame(total, tuple(axes), ndim)
                found.append(((*_transposes(e), row > column, len(found)), e))
    return min(found)[1] if found else None


def _transposes(e: Expr) -> tuple[int, int]:
    """Return how many values stand with their axes in another order, and how many transposed."""
    ops = [x.op for x in in_order([e])]
    return ops.count(permute_dims.op), ops.count(matrix_transpose.op)


def _is_matrix(f: Factor) -> bool:
    return f[2] == 1 and (f[0].poly is not None or (f[0].expr is not None and f[0].expr.ndim > 1))


def _along(reduction: Any, body: Mono, bound: Labels, ndim: int, sign: Fraction) -> Expr:
    """Return a sum or mean of a product over axes of the frame, or of a larger one."""
    free = sorted(labels_of(body) - set(bound))
    size = max(ndim, len(free) + len(bound))
    if ndim < len(free) + len(bound):
        size = max([size, *(atom.expr.ndim for atom, _, _ in body if atom.expr is not None)])
    choices = _placings(free, bound, ndim, size)
    best = min(choices, key=lambda to: _misfits(body, to, size))
    inner = _term(sign, placed(body, best), size)
    lead = size - inner.ndim  # axes of the frame that nothing stands on
    axes = tuple(sorted(best[x] - lead for x in bound))
    if size == ndim:
        return reduction(inner, axis=axes, keepdims=True)  # type: ignore[no-any-return]
    return in_frame(reduction(inner, axis=axes), tuple(free), ndim)


def _placings(free: Sequence[int], bound: Labels, ndim: int, size: int) -> list[dict[int, int]]:
    """Return the ways to give every label an axis; free ones keep theirs, or their order."""
    ways: Iterable[Labels]
    if size == ndim:
        open_axes = [i for i in range(ndim) if i not in free]
        ways = permutations(open_axes, len(bound)) if len(open_axes) <= 4 else [tuple(open_axes)]
        return [
            dict(zip(free, free, strict=True)) | dict(zip(bound, way, strict=False)) for way in ways
        ]
    ways = (
        permutations(range(size), len(bound)) if size <= 4 else [tuple(range(size))[-len(bound) :]]
    )
    result = []
    for way in ways:
        rest = [i for i in range(size) if i not in way]
        result.append(dict(zip(free, rest, strict=False)) | dict(zip(bound, way, strict=True)))
    return result


def _misfits(body: Mono, to: dict[int, int], ndim: int) -> int:
    """Return how many values would have to be transposed."""
    count = 0
    for atom, labels, _ in placed(body, to):
        if atom.expr is not None:
            axes = [i for i, n in enumerate(atom.expr.shape) if n != 1]
            count += not _fits(atom.expr, axes, labels, ndim)
        else:
            count += list(labels) != sorted(labels)
    return count
