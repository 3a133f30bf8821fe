"""Functions of functions that have a name of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tensorgraph.engine.op import Op
from tensorgraph.ops.activation import log_sigmoid, sigmoid
from tensorgraph.ops.logits import log_softmax, softmax
from tensorgraph.ops.transcendental import exp, log
from tensorgraph.ops.trigonometric import cos, cosh, sin, sinh, tan, tanh
from tensorgraph.symbolic.expr import Expr, make


class Recognition(NamedTuple):
    """A function of a function, and what both are together: equal wherever the first is defined."""

    outer: Op
    inner: Op
    both: Op | None
    """``None``: what the inner one is of."""


RECOGNITIONS = (
    Recognition(exp.op, log_softmax.op, softmax.op),
    Recognition(exp.op, log_sigmoid.op, sigmoid.op),
    Recognition(exp.op, log.op, None),
    Recognition(log.op, exp.op, None),
    Recognition(log.op, softmax.op, log_softmax.op),
    Recognition(log.op, sigmoid.op, log_sigmoid.op),
)


QUOTIENTS: dict[Op, tuple[Callable[..., Any], Callable[..., Any]]] = {
    cosh.op: (sinh, tanh),
    cos.op: (sin, tan),
}
"""Of functions: another one, and what that divided by it is called."""


def recognised(e: Expr) -> Expr:
    """Return an equal expression that says more, or the same one."""
    for rule in RECOGNITIONS:
        if e.op is rule.outer and e.args[0].op is rule.inner:
            (inner,) = e.args
            if rule.both is None:
                return inner.args[0]
            return make(rule.both, inner.args, inner.static, e.shape, e.dtype)
    return e
