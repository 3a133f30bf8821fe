"""What moving axes means for polynomials: other labels for the same atoms."""

from __future__ import annotations

from collections.abc import Container

from tensorgraph.formulas.algebra.branches import aligned
from tensorgraph.formulas.algebra.normal_form import Normaliser
from tensorgraph.formulas.algebra.polynomials import Labels, Poly, relabelled
from tensorgraph.formulas.algebra.regrouping import regrouped
from tensorgraph.ops._axes import blocks
from tensorgraph.ops.shape import (
    expand_dims,
    matrix_transpose,
    permute_dims,
    reshape,
    squeeze,
)  # fmt: skip
from tensorgraph.symbolic.expr import Expr


def broadcast(nf: Normaliser, e: Expr) -> Poly:
    """What is repeated is constant along new axes."""
    return aligned(nf, e, e.args[0])


def moved(e: Expr, names: Container[Expr]) -> tuple[Expr, Labels]:
    """Return the value without a name of which another one only moves the axes.

    Also which of its axes each axis of the other is, those of length 1 left out. A value with a
    name ends the search.
    """
    labels = tuple(i for i, n in enumerate(e.shape) if n != 1)
    while e.op in MOVES:
        (x,) = e.args
        to = _axes(e)
        if to is None or x in names:
            break
        e, labels = x, tuple(to[i] for i in labels)
    return e, labels


def _axes(e: Expr) -> dict[int, int] | None:
    """Return which axis of its operand each axis of a value is; ``None`` if it is no single one."""
    (x,) = e.args
    if e.op is permute_dims.op:
        return dict(enumerate(e.static["axes"]))
    if e.op is matrix_transpose.op:
        return dict(enumerate((*range(e.ndim - 2), e.ndim - 1, e.ndim - 2)))
    every = blocks(x.shape, e.shape)
    if any(len(block.old) > 1 or len(block.new) > 1 for block in every):
        return None
    return {block.new[0]: block.old[0] for block in every}


MOVES = {permute_dims.op, matrix_transpose.op, reshape.op, expand_dims.op, squeeze.op}
"""Operations that move axes."""


def reshaped(nf: Normaliser, e: Expr) -> Poly | None:
    """Axes of length 1 come and go; others are made of the same elements."""
    (x,) = e.args
    return regrouped(nf, nf.normal(x), blocks(x.shape, e.shape))


def permuted(nf: Normaliser, e: Expr) -> Poly:
    """Axes in another order."""
    to = _axes(e)
    assert to is not None
    return relabelled(nf.normal(e.args[0]), {old: new for new, old in to.items()})
