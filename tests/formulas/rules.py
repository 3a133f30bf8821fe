"""The rules of simplification as data: two sides that are equal, and when.

``test_rules.py`` holds each: both sides have one normal form, they are equal on random data within
the conditions (exactly, with fractions, where only ring operations occur), and differ outside them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensorgraph.linalg.diagonals import trace
from tensorgraph.linalg.solves import inv, solve, solve_triangular
from tensorgraph.ops.activation import log_sigmoid, relu, sigmoid
from tensorgraph.ops.arithmetic import (
    equal,
    greater,
    greater_equal,
    isfinite,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    square,
    where,
)
from tensorgraph.ops.bits import bitwise_invert
from tensorgraph.ops.contract import matmul
from tensorgraph.ops.extrema import clip, maximum, minimum
from tensorgraph.ops.logits import log_softmax, softmax
from tensorgraph.ops.reduce import mean, sum
from tensorgraph.ops.shape import broadcast_to, matrix_transpose, tril
from tensorgraph.ops.transcendental import exp, log, sqrt

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Rule:
    """Two expressions that are equal where the conditions hold."""

    name: str
    left: Callable[..., Any]
    right: Callable[..., Any]
    """Functions of the same symbolic arrays, by parameter name."""
    when: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What must be known of each array, in the words of ``tg.assume``."""
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    """The arrays' shapes, where they are not (3, 4)."""
    exact: bool = False
    """Whether only ring operations and divisions occur, so that fractions decide."""
    elsewhere: str = "differs"
    """Outside the conditions: ``"differs"``, or ``"undefined"`` where one side has no value."""


def _sum1(x: Any) -> Any:
    return sum(x, axis=1, keepdims=True)


def _inside(x: Any, y: Any) -> Any:
    """Return y where x lies in [−1, 1], 0 elsewhere, as the gradient of a limit has it."""
    return where(greater(x, 1), 0, where(less(x, -1), 0, y))


RULES = {
    rule.name: rule
    for rule in (
        # ------------------------------------------------------------------------------ the ring
        Rule("commute", lambda x, y: x * y, lambda x, y: y * x, exact=True),
        Rule(
            "distribute",
            lambda x, y, z: x * (y + z),
            lambda x, y, z: x * y + x * z,
            exact=True,
        ),
        Rule("collect", lambda x: x + x, lambda x: 2 * x, exact=True),
        Rule(
            "square of a sum",
            lambda x, y: (x + y) ** 2,
            lambda x, y: x * x + 2 * (x * y) + y * y,
            exact=True,
        ),
        Rule(
            "cancel",
            lambda x, y: x * y / x,
            lambda x, y: y + 0 * x,
            when={"x": {"nonzero": True}},
            exact=True,
            elsewhere="undefined",
        ),
        Rule(
            "cancel a sum",
            lambda x, y: (1 - x) * (y / (1 - x)),
            lambda x, y: y + 0 * x,
            when={"x": {"bounded": (0.1, 0.9)}},
            exact=True,
            elsewhere="undefined",
        ),
        Rule(
            "root of a square",
            lambda x: sqrt(x * x),
            lambda x: x * 1,
            when={"x": {"nonnegative": True}},
        ),
        Rule(
            "root of any square",
            lambda x: sqrt(square(x)),
            lambda x: abs(x) * 1,
        ),
        Rule(
            "binary",
            lambda y: y * y,
            lambda y: y * 1,
            when={"y": {"binary": True}},
            exact=True,
        ),
        # ---------------------------------------------------------------------------------- sums
        Rule(
            "sum of terms",
            lambda x, y: _sum1(x + y),
            lambda x, y: _sum1(x) + _sum1(y),
            exact=True,
        ),
        Rule(
            "pull out of the sum",
            lambda c, x: _sum1(c * x),
            lambda c, x: c * _sum1(x),
            shapes={"c": (3, 1)},
            exact=True,
        ),
        Rule(
            "sum of a constant",
            lambda c: _sum1(broadcast_to(c, shape=(3, 4))),
            lambda c: 4 * c,
            shapes={"c": (3, 1)},
            exact=True,
        ),
        Rule(
            "identity",
            lambda x: matmul(np.eye(3), x),
            lambda x: x * 1,
            exact=True,
        ),
        Rule(
            "inverse of a transpose",
            lambda a: inv(matrix_transpose(a)),
            lambda a: matrix_transpose(inv(a)),
            shapes={"a": (3, 3)},
        ),
        Rule(
            "solution",
            lambda a, x: solve(matrix_transpose(a), x),
            lambda a, x: matmul(matrix_transpose(inv(a)), x),
            shapes={"a": (3, 3)},
        ),
        Rule(
            "solution by substitution",
            lambda a, x: solve_triangular(tril(a), x, transpose=True),
            lambda a, x: matmul(matrix_transpose(inv(tril(a))), x),
            shapes={"a": (3, 3)},
        ),
        Rule(
            "trace",
            lambda x, y: trace(matmul(x, y)),
            lambda x, y: sum(x * matrix_transpose(y)),
            shapes={"y": (4, 3)},
        ),
        Rule(
            "order of sums",
            lambda x: sum(sum(x, axis=1), axis=0),
            lambda x: sum(x),
            exact=True,
        ),
        Rule("mean", lambda x: mean(x, axis=1), lambda x: sum(x, axis=1) / 4),
        Rule(
            "known sum",
            lambda y, c: _sum1(c * y),
            lambda y, c: c * 1,
            when={"y": {"sums_to_one": 1}},
            shapes={"c": (3, 1)},
        ),
        Rule(
            "zero sum",
            lambda y, x: x + _sum1(y),
            lambda y, x: x * 1,
            when={"y": {"zero_sum": 1}},
        ),
        Rule(
            "softmax sums to one",
            lambda x: _sum1(softmax(x, axis=1)),
            lambda x: broadcast_to(1.0, shape=(3, 1)),
        ),
        # ------------------------------------------------------------------------------ products
        Rule(
            "number out of a product",
            lambda x, w: matmul(2 * x, w),
            lambda x, w: 2 * matmul(x, w),
            shapes={"w": (4, 2)},
            exact=True,
        ),
        Rule(
            "transposed product",
            lambda x, w: matmul(x, w).mT,
            lambda x, w: matmul(w.mT, x.mT),
            shapes={"w": (4, 2)},
            exact=True,
        ),
        # ------------------------------------------------------------------------------- choices
        Rule(
            "indicator",
            lambda x, y: where(x > 0, y, 0),
            lambda x, y: (x > 0) * y,
        ),
        Rule(
            "common factor of a choice",
            lambda x, y: where(x > 0, y, 3 * y),
            lambda x, y: y * where(x > 0, 1, 3),
        ),
        Rule(
            "limit that does not bind",
            lambda x, y: _inside(x, clip(x, min=-1, max=1) * y),
            lambda x, y: _inside(x, x * y),
        ),
        Rule(
            "guard",
            lambda x, y: y / x,
            lambda x, y: where(equal(x, 0), 0, y / where(equal(x, 0), 1, x)),
            when={"x": {"nonzero": True}},
            elsewhere="undefined",
        ),
        Rule(
            "choice of which one branch is 0 elsewhere",
            lambda x, y: where(equal(x, y), 0.5, greater(x, y) * 1),
            lambda x, y: greater(x, y) * 1 + equal(x, y) / 2,
        ),
        Rule(
            "choice of which one branch is known elsewhere",
            lambda x, y: where(x > 2, (x > 1) * y, x + (x > 3) * y),
            lambda x, y: where(x > 2, y, x),
        ),
        Rule(
            "choice of which neither branch is known",
            lambda x, y: where(greater_equal(x, y), x, greater(x, y) * y),
            lambda x, y: greater_equal(x, y) * x,
        ),
        Rule(
            "difference compared with 0",
            lambda x, y: greater(0, x - y) * 1,
            lambda x, y: less(x, y) * 1,
        ),
        Rule(
            "multiple compared with 0",
            lambda x: less_equal(-2 * x, 0) * 1,
            lambda x: greater_equal(x, 0) * 1,
        ),
        Rule(
            "two terms compared",
            lambda x: greater(x, 0.25 * x) * 1,
            lambda x: greater(x, 0) * 1,
        ),
        Rule(
            "number moved to the other side",
            lambda x: greater(1 - x, 0) * 1,
            lambda x: less(x, 1) * 1,
        ),
        Rule(
            "compared with itself",
            lambda x: where(equal(x, x), x, 0),
            lambda x: x * 1,
        ),
        Rule(
            "condition and what follows from it",
            lambda x: logical_and(x > 1, x > 0) * 1 + logical_or(x > 1, x > 0),
            lambda x: (x > 1) * 1 + (x > 0),
        ),
        Rule(
            "both conditions",
            lambda x, y: where(logical_and(x > 0, y > 0), y, 0),
            lambda x, y: (x > 0) * (y > 0) * y,
        ),
        Rule(
            "neither condition",
            lambda x, y: where(logical_or(x > 0, y > 0), 0, y),
            lambda x, y: (x <= 0) * (y <= 0) * y,
        ),
        Rule(
            "not",
            lambda x, y: bitwise_invert(isfinite(x)) * y + logical_not(x < 0),
            lambda x, y: (1 - isfinite(x) * 1) * y + (x >= 0),
        ),
        Rule(
            "indicator that is told already",
            lambda x, y: relu(x) * (x > 0) * y + relu(y) * (y < 0) + (x > 0) * (x != 0),
            lambda x, y: relu(x) * y + (x > 0),
        ),
        Rule(
            "tie of what is 0 there",
            lambda x, y: where(
                equal(x, 0), y * maximum(x, 0) / 2, where(x > 0, y, 0) * maximum(x, 0)
            ),
            lambda x, y: y * maximum(x, 0),
        ),
        Rule(
            "maximum compared with a number",
            lambda x: (
                greater(maximum(1, x), 3) * 1 + less(minimum(x, 2), 2) + equal(maximum(x, 1), 1)
            ),
            lambda x: greater(x, 3) * 1 + less(x, 2) + less_equal(x, 1),
        ),
        Rule(
            "relu above 0",
            lambda x: greater(relu(x), 0) * 1,
            lambda x: greater(x, 0) * 1,
        ),
        # ----------------------------------------------------------------------------- functions
        Rule(
            "recognise",
            lambda x: exp(log_softmax(x, axis=1)),
            lambda x: softmax(x, axis=1),
        ),
        Rule(
            "exp of log sigmoid",
            lambda x: exp(log_sigmoid(x)),
            lambda x: sigmoid(x),
        ),
        Rule(
            "exp of log",
            lambda x: exp(log(x)),
            lambda x: x * 1,
            when={"x": {"positive": True}},
            elsewhere="undefined",
        ),
        Rule("log of exp", lambda x: log(exp(x)), lambda x: x * 1),
    )
}
"""The rules that the normal form realises, by name."""
