"""The forms of operations that make one number of many, and of running ones."""

from __future__ import annotations

import numpy as np

from tensorgraph.onnx.exporting.emitter import Emitter
from tensorgraph.onnx.exporting.forms.elementwise import truth
from tensorgraph.onnx.exporting.forms.form import Form, axes_of
from tensorgraph.onnx.exporting.program import Value
from tensorgraph.symbolic.expr import Expr


def _reduced(g: Emitter, v: Value, kind: str, x: str) -> str:
    axes = axes_of(v.static["axis"], v.args[0].ndim)
    if not axes:
        return g.node("Identity", x)
    return g.node(kind, x, g.ints(axes), keepdims=int(v.static["keepdims"]))


def _reduction(kind: str) -> Form:
    return Form(lambda g, v: _reduced(g, v, kind, g.get(v.args[0], v.dtype)))


def _extreme(kind: str) -> Form:
    """Return the form of an extremum; booleans are compared as numbers."""

    def emit(g: Emitter, v: Value) -> str:
        if v.dtype.kind != "b":
            return _reduced(g, v, kind, g.get(v.args[0], v.dtype))
        return g.cast(_reduced(g, v, kind, g.get(v.args[0], np.int32)), np.bool_)

    return Form(emit)


def _of_truth(kind: str) -> Form:
    def emit(g: Emitter, v: Value) -> str:
        return g.cast(_reduced(g, v, kind, g.cast(truth(g, v.args[0]), np.int32)), np.bool_)

    return Form(emit, lambda e: 0 not in e.args[0].shape)


def _place(kind: str) -> Form:
    def emit(g: Emitter, v: Value) -> str:
        operand, axis = v.args[0], v.static["axis"]
        x = g.get(operand, np.int32 if operand.dtype.kind == "b" else None)
        if axis is not None and operand.ndim:
            axis = axis[0] if isinstance(axis, tuple) else axis
            return g.node(kind, x, axis=axis, keepdims=int(v.static["keepdims"]))
        found = g.node(kind, g.reshape(x, (-1,)), axis=0, keepdims=0)
        return g.reshape(found, v.shape) if v.ndim else found

    return Form(emit)


def _cumulative_sum(g: Emitter, v: Value) -> str:
    x, axis = g.get(v.args[0], v.dtype), v.static["axis"]
    if axis is None:
        x, axis = g.reshape(x, (-1,)), 0
    return g.node("CumSum", x, g.number(axis, np.int64))


def _has_elements(e: Expr) -> bool:
    return 0 not in e.args[0].shape


FORMS = {
    "sum": _reduction("ReduceSum"),
    "mean": _reduction("ReduceMean"),
    "prod": _reduction("ReduceProd"),
    "max": _extreme("ReduceMax"),
    "min": _extreme("ReduceMin"),
    "any": _of_truth("ReduceMax"),
    "all": _of_truth("ReduceMin"),
    "argmax": _place("ArgMax"),
    "argmin": _place("ArgMin"),
    "cumulative_sum": Form(_cumulative_sum, _has_elements),
}
"""By the names of the operations in the registry."""
