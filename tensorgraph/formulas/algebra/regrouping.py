"""Reshaping: several axes that become one, and one that becomes several.

An array is reshaped where it stands as a value, so that a reshape passes through sums, products and
reductions to the values that these are made of. There it vanishes if it undoes another one. What is
left of reshapes shows in which other frames a polynomial may be written, with one reshape around it
all: the shortest is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from math import prod
from typing import NamedTuple, Protocol

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
from tensorgraph.ops._axes import inverse
from tensorgraph.ops.shape import permute_dims, reshape
from tensorgraph.symbolic.expr import Expr

FRESH = 10_000
"""Labels of sums are moved above this while their bodies are looked at."""
FRAMES = 4
"""A polynomial is written in no more frames than these."""

Shape = tuple[int, ...]


class Block(NamedTuple):
    """Axes that become others, which have as many elements together."""

    old: Labels
    new: Labels
    lengths: Shape
    """Those of the new axes."""


class Computing(Protocol):
    """What reshaping asks of the algebra."""

    atoms: Atoms

    def normal(self, e: Expr) -> Poly:
        """Return an expression's polynomial."""

    def keeps(self, e: Expr) -> bool:
        """Return whether a value has a name."""

    def joined(self, m: Mono, n: Mono) -> Mono:
        """Return m · n."""

    def settled(self, p: Poly) -> Poly:
        """Return p without groups that stand by themselves."""

    def power(self, p: Poly, exponent: Fraction) -> Poly | None:
        """Return p to a power."""

    def total(self, p: Poly, label: int, n: int) -> Poly:
        """Return the sum of p along a label of length n."""


def blocks(old: Sequence[int], new: Sequence[int]) -> list[Block]:
    """Return which axes of a shape become which of another, as few at a time as can be.

    Axes of length 1 are left out.
    """
    olds = [i for i, n in enumerate(old) if n != 1][::-1]
    news = [i for i, n in enumerate(new) if n != 1][::-1]
    found = []
    while olds:
        left, right = [olds.pop()], [news.pop()]
        while (a := prod(old[i] for i in left)) != (b := prod(new[i] for i in right)):
            if a < b:
                left.append(olds.pop())
            else:
                right.append(news.pop())
        found.append(Block(tuple(left), tuple(right), tuple(new[i] for i in right)))
    return found


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
    return e if e.shape == shape else reshape(e, shape=shape)


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
        for block in _undone(nf, e):
            if block.old == (axis,):
                return block.lengths
        return ()
    inner = [*atom.poly] if atom.poly is not None else [atom.body]
    placed_inner = [placed(mono, dict(enumerate(labels))) for mono in inner]
    found = {parts(nf, mono, label) for mono in placed_inner if any(label in f[1] for f in mono)}
    return found.pop() if len(found) == 1 else ()


def _undone(nf: Computing, e: Expr) -> list[Block]:
    """Return the axes of a reshaped value that become others where the reshape is undone."""
    if e.op is not reshape.op or nf.keeps(e):
        return []
    every = blocks(e.shape, e.args[0].shape)
    return [block for block in every if len(block.old) > 1 or len(block.new) > 1]


class Frame(NamedTuple):
    """A polynomial, and how the frame asked for is made of the one it is in."""

    poly: Poly
    shape: Shape
    back: tuple[tuple[Shape, Labels], ...] = ()
    """The shapes, each with the order of its axes then, that lead back, the last first."""

    def written(self, e: Expr) -> Expr:
        """Return the expression of the polynomial in the frame asked for."""
        for shape, order in self.back[::-1]:
            e = e.reshape(shape)
            e = e if order == tuple(range(len(order))) else permute_dims(e, axes=order)
        return e


def frames(nf: Computing, p: Poly, shape: Shape) -> Iterator[Frame]:
    """Yield a polynomial, and the same in frames with other axes, which reshapes in it lead to."""
    seen, queue = {shape}, [Frame(p, shape)]
    while queue and len(seen) <= FRAMES:
        frame = queue.pop(0)
        yield frame
        for order, other in dict.fromkeys(_other_axes(nf, frame.poly, frame.shape)):
            if other in seen:
                continue
            seen.add(other)
            shape = tuple(frame.shape[i] for i in order)
            turned = relabelled(frame.poly, {old: new for new, old in enumerate(order)})
            found = regrouped(nf, turned, blocks(shape, other))
            if found is not None:
                queue.append(Frame(found, other, (*frame.back, (shape, inverse(order)))))


def _other_axes(nf: Computing, p: Iterable[Mono], shape: Shape) -> Iterator[tuple[Labels, Shape]]:
    """Yield orders of a frame's axes, and the shapes that reshapes lead to from there."""
    for mono in p:
        for atom, labels, _ in mono:
            to = dict(enumerate(labels))
            if atom.expr is None:
                inner = [*atom.poly] if atom.poly is not None else [atom.body]
                yield from _other_axes(nf, [placed(m, to) for m in inner], shape)
                continue
            axes = [i for i, n in enumerate(atom.expr.shape) if n != 1]
            for block in _undone(nf, atom.expr):
                at = [labels[axes.index(i)] for i in block.old]
                if min(at) < 0 or max(at) >= len(shape):
                    continue
                before = [i for i in range(at[-1]) if i not in at]
                after = [i for i in range(at[-1], len(shape)) if i not in at]
                lengths = [*(shape[i] for i in before), *block.lengths, *(shape[i] for i in after)]
                yield (*before, *at, *after), tuple(lengths)
