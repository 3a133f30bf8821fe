"""Computing expressions: with arrays, or with tensors, which records a graph again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tensorgraph.engine.dispatch import dispatch
from tensorgraph.engine.float_warnings import quiet
from tensorgraph.ops.arithmetic import astype
from tensorgraph.symbolic.expr import Expr, in_order


def evaluate(
    roots: Sequence[Expr], given: Mapping[Expr, Any], dtype: Any = None
) -> dict[Expr, Any]:
    """Return the value of every expression that the roots are made of.

    Args:
        roots: what is wanted. What is weak comes as Python's numbers.
        given: arrays or tensors for inputs, or for any other expression.
        dtype: compute in this floating-point type, whatever the expressions say.
    """
    values: dict[Expr, Any] = dict(given)
    complete(values, roots, dtype)
    return values


@quiet
def complete(values: dict[Expr, Any], roots: Sequence[Expr], dtype: Any = None) -> None:
    """Add to values those of the roots, and of all on the way to them, as :func:`evaluate` does."""
    for e in in_order(roots, lambda e: () if e in values else e.args):
        if e in values:
            continue
        if e.value is not None:
            values[e] = in_type(e.value, dtype)
        elif e.op is None:
            raise KeyError(f"no value is given for the input {e.name!r}")
        elif dtype is not None and e.op is astype.op and e.dtype.kind == "f":
            x = values[e.args[0]]
            values[e] = x if x.dtype.kind == "f" else dispatch(e.op, (x,), {"dtype": dtype})
        else:
            args = tuple(values[x] for x in e.args)
            takes_numbers = e.op.family in ("elementwise", "fused")
            value = dispatch(e.op, args if takes_numbers else _arrays(args), e.static)
            values[e] = value._data if e.op.family == "random" else value
            if e.weak and isinstance(value, (np.ndarray, np.generic)):
                values[e] = value.item()


def _arrays(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return operands of which Python's numbers are arrays, as kernels that move elements ask."""
    return tuple(np.asarray(x) if isinstance(x, (bool, int, float)) else x for x in args)


def in_type(value: Any, dtype: Any) -> Any:
    """Return an array of floats in another type; anything else as it is."""
    array = isinstance(value, (np.ndarray, np.generic))
    return value.astype(dtype) if dtype is not None and array and value.dtype.kind == "f" else value
