"""Other axes to write a polynomial in.

What reshapes are left in a polynomial shows in which other frames it may be written, with a reshape
around it all: as the product with a matrix for each head, which are the columns of one matrix then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from tensorgraph.formulas.algebra.from_normal_form import lower
from tensorgraph.formulas.algebra.polynomials import Labels, Mono, Poly, placed, relabelled
from tensorgraph.formulas.algebra.regrouping import Computing, Shape, regrouped, undone
from tensorgraph.formulas.writing.formula import cost
from tensorgraph.ops._axes import blocks, inverse
from tensorgraph.ops.shape import permute_dims
from tensorgraph.symbolic.expr import Expr

FRAMES = 4
"""A polynomial is written in no more frames than these."""


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


def written(nf: Computing, p: Poly, shape: Shape, names: Mapping[Expr, str]) -> Expr:
    """Return the expression of a polynomial, written in the frame where it is easiest to read."""
    every = [f.written(lower(f.poly, f.shape, nf.atoms)) for f in frames(nf, p, shape)]
    return min(every, key=lambda e: cost(e, names)) if len(every) > 1 else every[0]


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
            for block in undone(nf, atom.expr):
                at = [labels[axes.index(i)] for i in block.old]
                if min(at) < 0 or max(at) >= len(shape):
                    continue
                before = [i for i in range(at[-1]) if i not in at]
                after = [i for i in range(at[-1], len(shape)) if i not in at]
                lengths = [*(shape[i] for i in before), *block.lengths, *(shape[i] for i in after)]
                yield (*before, *at, *after), tuple(lengths)
