"""What the core operations mean for polynomials: the table of them, and arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from tensorgraph.engine.op import REGISTRY
from tensorgraph.formulas.algebra.branches import aligned, choice, told_once
from tensorgraph.formulas.algebra.conditions import BOTH, COMPARED, EITHER, NOT, indicator
from tensorgraph.formulas.algebra.contractions import (
    averaged,
    einstein_sum,
    matrix_product,
    summed,
)
from tensorgraph.formulas.algebra.identities import recognised
from tensorgraph.formulas.algebra.indexing import indexed, scattered
from tensorgraph.formulas.algebra.matrices import (
    half_solved,
    inverted,
    made_symmetric,
    symmetric_part,
    traced,
)
from tensorgraph.formulas.algebra.normal_form import Meanings, Normaliser, as_body
from tensorgraph.formulas.algebra.polynomials import ONE, Poly, added, scaled
from tensorgraph.formulas.algebra.rearrangements import broadcast, permuted, reshaped
from tensorgraph.linalg.determinants import cofactors
from tensorgraph.linalg.diagonals import trace
from tensorgraph.linalg.solves import inv, solve, solve_triangular
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
from tensorgraph.ops.index import scatter
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
from tensorgraph.symbolic.expr import Expr, apply


def _add(nf: Normaliser, e: Expr) -> Poly:
    x, y = e.args
    sign = Fraction(-1 if e.op is subtract.op else 1)
    return added(aligned(nf, e, x), aligned(nf, e, y), sign)


def _multiply(nf: Normaliser, e: Expr) -> Poly:
    x, y = e.args
    return told_once(nf, nf.product(aligned(nf, e, x), aligned(nf, e, y)))


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
    return nf.normal(e.args[0]) if kinds in ("ff", "bf", "bi", "ii", "if") else None


def _recorded(nf: Normaliser, e: Expr) -> Poly | None:
    """What the forward pass has with its axes kept is the same without them, and the reverse."""
    assert e.op is not None
    static = {**e.static, "keepdims": not e.static["keepdims"]}
    twin = apply(e.op, e.args, static)
    if twin in nf.forward:
        return nf.normal(twin.reshape(e.shape))
    return as_body(nf, e) if e.op.notation.kind == "body" else None


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


MEANINGS = Meanings(
    opened={
        add.op: _add, subtract.op: _add, multiply.op: _multiply, divide.op: _divide,
        power.op: _power, negative.op: _negative, positive.op: _same, astype.op: _astype,
        reciprocal.op: _to_power(Fraction(-1)), square.op: _to_power(Fraction(2)),
        sqrt.op: _to_power(Fraction(1, 2)), broadcast_to.op: broadcast, reshape.op: reshaped,
        expand_dims.op: reshaped, squeeze.op: reshaped, permute_dims.op: permuted,
        matrix_transpose.op: permuted, REGISTRY["getitem"]: indexed,
        total.op: summed, mean.op: averaged,
        inv.op: inverted, solve.op: as_body, solve_triangular.op: half_solved,
        symmetric_part: made_symmetric,
        dropout.op: _dropout, affine.op: as_body, softmax_minus_one_hot.op: as_body,
    },
    kept={
        trace.op: traced, cofactors.op: as_body,
        matmul.op: matrix_product, REGISTRY["einsum"]: einstein_sum, scatter.op: scattered,
        exp.op: _function, log.op: _function, sigmoid.op: _function, where.op: choice,
        norm.op: _recorded, rms.op: _recorded, std.op: _recorded,
        **dict.fromkeys([*COMPARED, *NOT, *BOTH, *EITHER, isnan.op], indicator),
    },
)  # fmt: skip
"""What the core operations mean; what is composed of them is read through its body."""
