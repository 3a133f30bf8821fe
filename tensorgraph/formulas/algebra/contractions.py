"""What sums along axes mean for polynomials: sums, means, products of matrices, einsum."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from tensorgraph.formulas.algebra.algebra import K
from tensorgraph.formulas.algebra.normal_form import Normaliser
from tensorgraph.formulas.algebra.polynomials import Poly, number, relabelled
from tensorgraph.ops.moments import center, rms, std, var
from tensorgraph.ops.reduce import mean
from tensorgraph.symbolic.expr import Expr


def summed(nf: Normaliser, e: Expr) -> Poly:
    """A sum along axes is one over their labels."""
    (x,) = e.args
    p = nf.normal(x)
    for axis in e.static["axis"]:
        if x.shape[axis] != 1:
            p = nf.total(p, axis, x.shape[axis])
    if e.static["keepdims"]:
        return p
    rest = [i for i in range(x.ndim) if i not in e.static["axis"]]
    return relabelled(p, {old: new for new, old in enumerate(rest)})


def averaged(nf: Normaliser, e: Expr) -> Poly:
    """A mean is a sum over the number of its terms."""
    count = nf.power(nf.count(e.args[0].size // max(e.size, 1)), Fraction(-1))
    assert count is not None
    return nf.product(summed(nf, e), count)


def lengths_within_means(values: Iterable[Expr]) -> set[int]:
    """Return the lengths of axes over which means are taken together with others.

    A mean divides by their product, which no symbol for one of them is found in.
    """
    means = [e for e in values if e.op in MEANS]
    lengths = [{i: e.args[0].shape[i] for i in e.static["axis"]}.values() for e in means]
    wide = [[n for n in each if n != 1] for each in lengths]
    return {n for each in wide if len(each) > 1 for n in each}


MEANS = {mean.op, center.op, var.op, std.op, rms.op}
"""Operations that divide by the number of terms."""


def matrix_product(nf: Normaliser, e: Expr) -> Poly:
    """A product of matrices is a sum over the label that both have."""
    return product_of(nf, e, *e.args)


def product_of(nf: Normaliser, e: Expr, x: Expr, y: Expr) -> Poly:
    """Return what x @ y means, where the frame is that of ``e``."""
    last = e.ndim - (y.ndim > 1)  # where the axes of x before its last end
    to_x = {i: i + last - (x.ndim - 1) for i in range(x.ndim - 1)} | {x.ndim - 1: K}
    batch = e.ndim - (x.ndim > 1) - (y.ndim > 1)
    to_y = {i: i + batch - (y.ndim - 2) for i in range(y.ndim - 2)}
    to_y |= {max(y.ndim - 2, 0): K}
    if y.ndim > 1:
        to_y |= {y.ndim - 1: e.ndim - 1}
    p, q = relabelled(nf.normal(x), to_x), relabelled(nf.normal(y), to_y)
    return nf.dot(p, q, x.shape[-1])


def einstein_sum(nf: Normaliser, e: Expr) -> Poly | None:
    """The letters of an einsum are labels."""
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
