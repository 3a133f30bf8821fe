"""What the form of an operation is, and what forms of several families have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph.onnx.exporting.emitter import Emitter
from tensorgraph.onnx.exporting.program import Value
from tensorgraph.symbolic.expr import Expr

Emit = Callable[[Emitter, Value], str]


@dataclass(frozen=True)
class Form:
    """How an operation is written as nodes."""

    emit: Emit
    """Adds nodes for a value, whose operands are there; returns the name of the result."""
    fits: Callable[[Expr], bool] = lambda e: True
    """Whether it can be written like this; if not, it is taken apart."""


def common(v: Value) -> np.dtype[Any]:
    """Return the dtype that operands are brought to, by NumPy's rules."""
    kinds = [x.dtype.type(0).item() if x.weak else x.dtype for x in v.args]
    return np.result_type(*kinds)


def same_kind(kind: str) -> Form:
    """Return the form of an operation that is one node whose operands have the result's dtype."""
    return Form(lambda g, v: g.node(kind, *(g.get(x, v.dtype) for x in v.args)))


def is_single(e: Expr) -> bool:
    """Return whether a result is of single or half precision.

    For some operators onnxruntime has no kernel in double precision: these are taken apart then.
    """
    return e.dtype.kind == "f" and e.dtype.itemsize < 8


def every(table: Mapping[str, str]) -> dict[str, Form]:
    """Return forms of operations that are one node of a kind."""
    return {name: same_kind(kind) for name, kind in table.items()}


def axes_of(axis: Any, ndim: int) -> Sequence[int]:
    """Return axes as a list of numbers from 0."""
    if axis is None:
        return list(range(ndim))
    return [a % ndim for a in ([axis] if isinstance(axis, int) else axis)] if ndim else []
