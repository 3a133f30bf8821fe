"""The letters of attention: softmax(Q Kᵀ / √d) V, by Vaswani et al. 2017."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tensorgraph.ops.arithmetic import add, divide, multiply, where
from tensorgraph.ops.contract import matmul
from tensorgraph.ops.logits import softmax
from tensorgraph.ops.masking import dropout, masked_matmul, matmul_where
from tensorgraph.ops.shape import matrix_transpose
from tensorgraph.symbolic.expr import Expr

PRODUCTS = (matmul.op, matmul_where.op, masked_matmul.op)


def attentions(values: Iterable[Expr]) -> Iterator[dict[str, Expr]]:
    """Yield what the letters stand for in each attention among the values of a graph.

    Queries Q, keys K, scores S, their softmax A, values V, and the result O.
    """
    for e in values:
        if e.op not in PRODUCTS or e.ndim < 2:
            continue
        weights = e.args[0].args[0] if e.args[0].op is dropout.op else e.args[0]
        if weights.op is not softmax.op:
            continue
        scores = weights.args[0]
        while scores.op in (where.op, add.op):  # a mask
            scores = scores.args[1 if scores.op is where.op else 0]
        product = _without_scale(scores)
        if product.op not in PRODUCTS:
            continue
        queries, keys = product.args[:2]
        keys = keys.args[0] if keys.op is matrix_transpose.op else keys
        yield {
            "Q": _without_scale(queries), "K": _without_scale(keys), "S": scores, "A": weights,
            "V": e.args[1], "O": e,
        }  # fmt: skip


def _without_scale(e: Expr) -> Expr:
    while e.op in (divide.op, multiply.op) and e.args[1].size == 1:
        e = e.args[0]
    return e
