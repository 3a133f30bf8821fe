"""What inverses, equations and traces mean for polynomials, and Cholesky factors that vanish.

An inverse is an atom, a solution the product with it, a trace a sum along a label that rows and
columns share. Values that are computed by a Cholesky factor for speed are read as what they are of
the matrix: L⁻ᵀ L⁻¹ b as A⁻¹ b, and Σ log Lᵢᵢ as half of log|det A|.
"""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from typing import Any

import numpy as np

from tensorgraph.engine.op import REGISTRY, Op
from tensorgraph.formulas.algebra.algebra import K
from tensorgraph.formulas.algebra.contractions import product_of
from tensorgraph.formulas.algebra.normal_form import Normaliser, as_body
from tensorgraph.formulas.algebra.polynomials import (
    Mono,
    Poly,
    added,
    body_of,
    order,
    relabelled,
    renamed,
    scaled,
)
from tensorgraph.formulas.facts import Fact, is_symmetric
from tensorgraph.linalg._matrices import floating, same_shape, symmetric_kernel
from tensorgraph.linalg.determinants import logabsdet
from tensorgraph.linalg.diagonals import diagonal
from tensorgraph.linalg.solves import inv, solve, solve_triangular
from tensorgraph.ops.arithmetic import multiply, square
from tensorgraph.ops.contract import matmul
from tensorgraph.ops.reduce import sum as total
from tensorgraph.ops.shape import matrix_transpose, tril, triu
from tensorgraph.ops.transcendental import log
from tensorgraph.symbolic.expr import Expr, lift

symmetric_part: Op = Op(
    "symmetric_part",
    symmetric_kernel,
    {"x": lambda g: symmetric_part(g)},
    family="linalg",
    shape=same_shape,
    dtype=floating,
    body=lambda x: (x + matrix_transpose(x)) / 2,
    doc="Return (x + xᵀ) / 2, of which a Cholesky factor is taken.",
)

OF_SYMMETRIC = {symmetric_part, REGISTRY["cholesky"], REGISTRY["eigh"]}
"""Operations that take the symmetric part, and so are asked of symmetric matrices."""

# --------------------------------------------------------------------------------------- meanings


def inverted(nf: Normaliser, e: Expr) -> Poly:
    """An inverse is an atom; that of a transpose is its transpose."""
    (a,) = e.args
    if a.op is matrix_transpose.op:
        swapped = {e.ndim - 1: e.ndim - 2, e.ndim - 2: e.ndim - 1}
        return relabelled(nf.normal(lift(inv(a.args[0]))), swapped)
    simple = nf.simplified(a)
    if simple.op is matrix_transpose.op and simple is not a:
        return inverted(nf, lift(inv(simple)))
    return nf.atoms.value(lift(inv(simple)), symmetric=a.op is symmetric_part)


def half_solved(nf: Normaliser, e: Expr) -> Poly | None:
    """A solution is a product with an inverse: here that of the triangle that is read."""
    a, b = e.args
    if e.static["unit_diagonal"]:
        return None
    lower = e.static["lower"]
    read = a if _is_triangular(a, lower) else lift((tril if lower else triu)(a))
    inverse = lift(inv(matrix_transpose(read) if e.static["transpose"] else read))
    return product_of(nf, e, inverse, b)


def _is_triangular(e: Expr, lower: bool) -> bool:
    """Return whether nothing stands on the other side of the diagonal, by what made a value."""
    if e.op is matrix_transpose.op:
        return _is_triangular(e.args[0], not lower)
    if e.op in (tril.op, triu.op):
        return (e.op is tril.op) == lower and e.static["k"] == 0
    return lower and e.op is REGISTRY["cholesky"]


def traced(nf: Normaliser, e: Expr) -> Poly | None:
    """A trace is a sum along a label that rows and columns share."""
    (x,) = e.args
    if e.static["offset"] or x.shape[-1] != x.shape[-2]:
        return None
    result: Poly = {}
    for mono, k in nf.normal(x).items():
        found = _diagonal_sum(nf, mono, x.ndim - 2, x.shape[-1])
        if found is None:
            return None
        result = added(result, scaled(found, k))
    return result


def _diagonal_sum(nf: Normaliser, mono: Mono, row: int, n: int) -> Poly | None:
    """Return the trace of a product; ``None`` where one of its factors has rows and columns."""
    pair = {row, row + 1}
    both = [f for f in mono if pair <= set(f[1])]
    bound: set[int] = set()
    if len(both) == 1 and both[0][0].bound and both[0][2] == 1:  # a product of matrices
        body, bound = body_of(both[0], mono)
        mono = tuple(sorted([*body, *(f for f in mono if f is not both[0])], key=order))
    if any(pair <= set(f[1]) for f in mono):
        return None
    along = renamed(mono, dict.fromkeys(pair, K))
    if not bound:
        return nf.total({along: Fraction(1)}, K, n)
    return {nf.with_sum((), along, bound | {K}): Fraction(1)}


def made_symmetric(nf: Normaliser, e: Expr) -> Poly:
    """The symmetric part of what is symmetric is that."""
    (x,) = e.args
    p, q = nf.normal(x), as_body(nf, e)
    if p == q or not nf.recorded(x):
        return q
    known = next((f for f in nf.facts.of(x) if f.word == "symmetric"), None)
    if known is None and not nf.holds(x, is_symmetric):
        return q
    nf.note("symmetric", known.about(x) if known else Fact("symmetric", True, "data", x))
    return p


# ---------------------------------------------------------------------------------- factors that go


def read_without_factor(e: Expr, asked: Collection[Expr]) -> Expr:
    """Return what a value that is computed by a Cholesky factor is of the matrix, or the value.

    Args:
        e: the value.
        asked: values that gradients are wanted of, which must stay on the way to it.
    """
    for read in READINGS:
        found = read(e, asked)
        if found is not None and found.dtype == e.dtype:
            return found
    return e


def _matrix_of(factor: Expr, asked: Collection[Expr]) -> tuple[Expr, bool] | None:
    """Return the matrix of a Cholesky factor, and whether this is the upper one."""
    upper = factor.op is matrix_transpose.op
    inner = factor.args[0] if upper else factor
    if inner.op is not REGISTRY["cholesky"] or inner in asked or factor in asked:
        return None
    return lift(symmetric_part(inner.args[0])), upper


def _half_solved(e: Expr, asked: Collection[Expr]) -> tuple[Expr, Expr, bool] | None:
    """Return A, b, and whether the factor was transposed, where a value is L⁻¹ b or L⁻ᵀ b."""
    if e.op is not solve_triangular.op or e.static["unit_diagonal"] or e in asked:
        return None
    found = _matrix_of(e.args[0], asked)
    if found is None or found[1] == e.static["lower"]:
        return None
    matrix, upper = found
    return matrix, e.args[1], upper != e.static["transpose"]


def _solution(e: Expr, asked: Collection[Expr]) -> Expr | None:
    """L⁻ᵀ L⁻¹ b is A⁻¹ b."""
    outer = _half_solved(e, ())
    if outer is None or not outer[2] or outer[1] in asked:
        return None
    inner = _half_solved(outer[1], asked)
    if inner is None or inner[2] or inner[0] is not outer[0] or e.args[0] in asked:
        return None
    return lift(solve(inner[0], inner[1]))


def _log_determinant(e: Expr, asked: Collection[Expr]) -> Expr | None:
    """Σ log Lᵢᵢ is half of log|det A|."""
    if e.op is not total.op or e.ndim or e.args[0].op is not log.op:
        return None
    (inside,) = e.args[0].args
    if inside.op is not diagonal.op or inside.static["offset"] or inside in asked:
        return None
    found = _matrix_of(inside.args[0], asked)
    return None if found is None or inside.ndim != 1 else lift(logabsdet(found[0])) / 2


def _length(e: Expr, asked: Collection[Expr]) -> Expr | None:
    """Σ (L⁻¹ b)² is Σ b · A⁻¹ b."""
    if e.op is matmul.op and e.args[0] is e.args[1] and e.args[0].ndim == 1:
        half = e.args[0]
    elif e.op is total.op and not e.ndim:
        half = _squared(e.args[0])
    else:
        return None
    found = None if half is None else _half_solved(half, asked)
    if found is None or found[2]:
        return None
    matrix, b, _ = found
    solution = solve(matrix, b)
    return lift(b @ solution if b.ndim == 1 else total(b * solution))


def _squared(e: Expr) -> Any:
    """Return what a value is the square of, element by element."""
    if e.op is square.op:
        return e.args[0]
    if e.op is multiply.op and e.args[0] is e.args[1]:
        return e.args[0]
    is_power = e.op is REGISTRY["power"] and np.ndim(e.args[1].value) == 0 and e.args[1].value == 2
    return e.args[0] if is_power else None


READINGS = (_solution, _log_determinant, _length)
"""What reads a value that a Cholesky factor leads to; each returns ``None`` for any other."""
