"""Reshaping: several axes that become one, and one that becomes several.

An array is reshaped where it stands as a value, so that a reshape passes through sums, products and
reductions to the values that these are made of. There it vanishes if it undoes another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Protocol

from tensorgraph.formulas.algebra.polynomials import (
    ONE,
    Atoms,
    Factor,
    Labels,
    Mono,
    Poly,
    added,
    placed,
    relabelled,
)
from tensorgraph.ops._axes import Block, blocks
from tensorgraph.ops.shape import permute_dims, reshape
from tensorgraph.symbolic.expr import Expr, make

FRESH = 10_000
"""Labels of sums are moved above this while their bodies are looked at."""

Shape = tuple[int, ...]


class Computing(Protocol):
    """What reshaping asks of the algebra."""

    atoms: Atoms

    def normal(self, e: Expr) -> Poly:
        """Return an expression's polynomial."""

    def keeps(self, e: Expr) -> bool:
        """Return whether a value has a name."""

    def recorded(self, e: Expr) -> bool:
        """Return whether a value is one of the graph."""

    def joined(self, m: Mono, n: Mono) -> Mono:
        """Return m · n."""

    def settled(self, p: Poly) -> Poly:
        """Return p without groups that stand by themselves."""

    def power(self, p: Poly, exponent: Fraction) -> Poly | None:
        """Return p to a power."""

    def total(self, p: Poly, label: int, n: int) -> Poly:
        """Return the sum of p along a label of length n."""


def regrouped(nf: Computing, p: Poly, into: Sequence[Block]) -> Poly | None:
    """Return a polynomial with other axes; ``None`` where a factor has but some of a block's."""
    result: Poly = {}
    for mono, k in p.items():
        found = _product(nf, mono, into)
        if found is None:
            return None
        result = added(result, nf.settled({found[1]: k * found[0]}))
    return result


def _product(nf: Computing, mono: Mono, into: Sequence[Block]) -> tuple[Fraction, Mono] | None:
    scale, result = Fraction(1), ONE
    for f in mono:
        part = _factor(nf, f, into)
        if not part:
            return None
        k, other = nf.atoms.group(part)
        scale, result = scale * k, nf.joined(result, other)
    return scale, result


def _factor(nf: Computing, f: Factor, into: Sequence[Block]) -> Poly | None:
    atom, labels, exponent = f
    touched = [block for block in into if not {*labels}.isdisjoint(block.old)]
    if any(not {*labels}.issuperset(block.old) for block in touched):
        return None
    found: Poly | None
    if all(len(block.old) == len(block.new) == 1 for block in touched):
        to = {block.old[0]: block.new[0] for block in touched}
        return {((atom, tuple(to.get(x, x) for x in labels), exponent),): Fraction(1)}
    if atom.expr is not None:
        found = _value(nf, atom.expr, labels, touched)
    elif atom.poly is not None:
        found = regrouped(nf, relabelled(atom.poly, dict(enumerate(labels))), into)
    else:
        found = _total(nf, f, into)
    return None if found is None else nf.power(found, exponent)


def _total(nf: Computing, f: Factor, into: Sequence[Block]) -> Poly | None:
    atom, labels, _ = f
    free = 1 + max([FRESH, *labels, *(x for block in into for x in block.new)])
    codes = {-1 - i: free + i for i in range(len(atom.bound))}
    found = _product(nf, placed(atom.body, {**dict(enumerate(labels)), **codes}), into)
    if found is None:
        return None
    result = {found[1]: found[0]}
    for code, n in zip(codes.values(), atom.bound, strict=True):
        result = nf.total(result, code, n)
    return result


def _value(nf: Computing, e: Expr, labels: Labels, into: Sequence[Block]) -> Poly:
    """Return a value whose axes have these labels, reshaped."""
    axes = dict(zip(labels, (i for i, n in enumerate(e.shape) if n != 1), strict=True))
    order, to, lengths = list[int](), list[int](), list[int]()
    for x in labels:
        alone = Block((x,), (x,), (e.shape[axes[x]],))
        block = next((block for block in into if x in block.old), alone)
        if x == block.old[0] or block is alone:
            order += [axes[y] for y in block.old]
            to += block.new
            lengths += block.lengths
    if order != sorted(order):
        e = permute_dims(e, axes=(*order, *(i for i, n in enumerate(e.shape) if n == 1)))
    moved = _reshaped(nf, e, tuple(lengths))
    p = nf.atoms.value(moved) if moved.op is reshape.op else nf.normal(moved)
    here = (i for i, n in enumerate(moved.shape) if n != 1)
    return relabelled(p, dict(zip(here, to, strict=True)))


def _reshaped(nf: Computing, e: Expr, shape: Shape) -> Expr:
    """Return a reshaped value; what another reshape made of it is undone."""
    while e.op is reshape.op and (not nf.keeps(e) or e.args[0].shape == shape):
        (e,) = e.args
    if e.shape == shape:
        return e
    found: Expr = reshape(e, shape=shape)
    arrays = [x for x in e.args if x.size != 1]
    function = e.op is not None and e.op.family == "elementwise" and not nf.keeps(e)
    if nf.keeps(found) or not function or any(x.shape != e.shape for x in arrays):
        return found
    if nf.recorded(e) and len(arrays) > 1:  # a value of the graph is not taken apart
        return found
    assert e.op is not None
    args = tuple(_reshaped(nf, x, shape) if x.size != 1 else x for x in e.args)
    return make(e.op, args, e.static, shape, e.dtype)


# ------------------------------------------------------------------------------- what reshapes say


def parts(nf: Computing, mono: Iterable[Factor], label: int) -> Shape:
    """Return the lengths of the axes that an axis was made of by reshapes; none if it was not.

    All that has this label must be made of the same.
    """
    found = {_parts(nf, f, label) for f in mono if label in f[1]}
    return found.pop() if len(found) == 1 else ()


def _parts(nf: Computing, f: Factor, label: int) -> Shape:
    atom, labels, _ = f
    if atom.expr is not None:
        e = atom.expr
        axis = [i for i, n in enumerate(e.shape) if n != 1][labels.index(label)]
        for block in undone(nf, e):
            if block.old == (axis,):
                return block.lengths
        return ()
    inner = [*atom.poly] if atom.poly is not None else [atom.body]
    placed_inner = [placed(mono, dict(enumerate(labels))) for mono in inner]
    found = {parts(nf, mono, label) for mono in placed_inner if any(label in f[1] for f in mono)}
    return found.pop() if len(found) == 1 else ()


def undone(nf: Computing, e: Expr) -> list[Block]:
    """Return the axes of a reshaped value that become others where the reshape is undone."""
    if e.op is not reshape.op or nf.keeps(e):
        return []
    every = blocks(e.shape, e.args[0].shape)
    return [block for block in every if len(block.old) > 1 or len(block.new) > 1]
