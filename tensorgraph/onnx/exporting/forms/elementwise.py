"""The forms of operations that compute element by element."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph.onnx.exporting.emitter import Emitter
from tensorgraph.onnx.exporting.forms.form import Form, common, every, is_single
from tensorgraph.onnx.exporting.program import Value
from tensorgraph.symbolic.expr import Expr

# --------------------------------------------------------------------------------- arithmetic


def _of_booleans(kind: str, logical: str) -> Form:
    """Return the form of what adds or multiplies, which of booleans is logical."""

    def emit(g: Emitter, v: Value) -> str:
        chosen = logical if v.dtype.kind == "b" else kind
        return g.node(chosen, *(g.get(x, v.dtype) for x in v.args))

    return Form(emit)


def _positive(g: Emitter, v: Value) -> str:
    return g.node("Identity", g.get(v.args[0], v.dtype))


def _divide(g: Emitter, v: Value) -> str:
    """Divide; a 1 makes it a reciprocal.

    onnxruntime 1.32 joins 1 / x with a product, also where others need the quotient.
    """
    x, y = v.args
    if isinstance(x.constant, (float, int, np.ndarray)) and np.ndim(x.constant) == 0:
        if x.constant == 1:
            return g.node("Reciprocal", g.get(y, v.dtype))
    return g.node("Div", g.get(x, v.dtype), g.get(y, v.dtype))


def _abs(g: Emitter, v: Value) -> str:
    return g.node("Identity" if v.dtype.kind == "b" else "Abs", g.get(v.args[0], v.dtype))


def _square(g: Emitter, v: Value) -> str:
    x = g.get(v.args[0], v.dtype)
    return g.node("Mul", x, x)


def _in_floats(kind: str) -> Form:
    """Return a form for floating-point numbers; whole ones are computed with as these."""

    def emit(g: Emitter, v: Value) -> str:
        if v.dtype.kind == "f":
            return g.node(kind, g.get(v.args[0], v.dtype))
        return g.get(v.args[0], v.dtype)  # whole numbers are round

    return Form(emit)


def _trunc(g: Emitter, v: Value) -> str:
    x = g.get(v.args[0], v.dtype)
    if v.dtype.kind != "f":
        return x
    below = g.node("Less", x, g.number(0, v.dtype))
    return g.node("Where", below, g.node("Ceil", x), g.node("Floor", x))


def _round(g: Emitter, v: Value) -> str:
    x, decimals = g.get(v.args[0], v.dtype), v.static["decimals"]
    if decimals == 0 or v.dtype.kind != "f":
        return g.node("Round", x) if v.dtype.kind == "f" else x
    scale = g.number(10.0 ** abs(decimals), v.dtype)
    there, back = ("Mul", "Div") if decimals > 0 else ("Div", "Mul")
    return g.node(back, g.node("Round", g.node(there, x, scale)), scale)


def _remainder(g: Emitter, v: Value) -> str:
    x, y = (g.get(a, v.dtype) for a in v.args)
    if v.dtype.kind != "f":
        return _but_for_0(g, v, lambda divisor: g.node("Mod", x, divisor))
    rest, zero = g.node("Mod", x, y, fmod=1), g.number(0, v.dtype)
    signs = [g.node("Less", a, zero) for a in (rest, y)]
    differ = g.node("And", g.node("Xor", *signs), g.node("Not", g.node("Equal", rest, zero)))
    return g.node("Where", differ, g.node("Add", rest, y), rest)


def _floor_divide(g: Emitter, v: Value) -> str:
    x, y = (g.get(a, v.dtype) for a in v.args)
    if v.dtype.kind == "f":
        return g.node("Round", g.node("Div", g.node("Sub", x, _remainder(g, v)), y))

    def divided(divisor: str) -> str:
        return g.node("Div", g.node("Sub", x, g.node("Mod", x, divisor)), divisor)

    return _but_for_0(g, v, divided)


def _fmod(g: Emitter, v: Value) -> str:
    x, y = (g.get(a, v.dtype) for a in v.args)
    if v.dtype.kind != "f":
        return _but_for_0(g, v, lambda divisor: g.node("Mod", x, divisor, fmod=1))
    return g.node("Mod", x, y, fmod=1)


def _but_for_0(g: Emitter, v: Value, divided: Callable[[str], str]) -> str:
    """Return whole numbers divided, which by 0 is 0 as in NumPy, and would end the runtime."""
    y = v.args[1]
    divisor = g.get(y, v.dtype)
    if y.constant is not None and np.all(y.constant):
        return divided(divisor)
    none = g.node("Equal", divisor, g.number(0, v.dtype))
    found = divided(g.node("Where", none, g.number(1, v.dtype), divisor))
    return g.node("Where", none, g.number(0, v.dtype), found)


def _sign(g: Emitter, v: Value) -> str:
    x = g.get(v.args[0], v.dtype)
    sign = g.node("Sign", x)
    return g.node("Where", g.node("IsNaN", x), x, sign) if v.dtype.kind == "f" else sign


# -------------------------------------------------------------------------- comparison and logic


def _compared(kind: str, negated: bool = False) -> Form:
    def emit(g: Emitter, v: Value) -> str:
        dtype = common(v)
        if dtype.kind == "b" and kind != "Equal":  # which has no order in ONNX
            dtype = np.dtype(np.int32)
        found = g.node(kind, *(g.get(x, dtype) for x in v.args))
        return g.node("Not", found) if negated else found

    return Form(emit)


def _logical(kind: str) -> Form:
    return Form(lambda g, v: g.node(kind, *(truth(g, x) for x in v.args)))


def truth(g: Emitter, x: Value) -> str:
    """Return whether elements are not 0."""
    if x.dtype.kind == "b":
        return g.get(x)
    return g.node("Not", g.node("Equal", g.get(x), g.number(0, x.dtype)))


def _bitwise(kind: str, logical: str) -> Form:
    def emit(g: Emitter, v: Value) -> str:
        chosen = logical if v.dtype.kind == "b" else kind
        return g.node(chosen, *(g.get(x, v.dtype) for x in v.args))

    return Form(emit)


def _shifted(direction: str) -> Form:
    def emit(g: Emitter, v: Value) -> str:
        x, y = (g.get(a, np.uint64 if v.dtype.kind == "u" else np.int64) for a in v.args)
        # BitShift takes numbers without a sign only; a power of two does the same.
        power = g.node("Pow", g.number(2, np.float64), g.cast(y, np.float64))
        whole = g.cast(power, np.int64 if v.dtype.kind == "i" else np.uint64)
        if direction == "left":
            return g.cast(g.node("Mul", x, whole), v.dtype)
        rest = g.node("Mod", x, whole)
        return g.cast(g.node("Div", g.node("Sub", x, rest), whole), v.dtype)

    return Form(emit)


def _if_float(kind: str, otherwise: bool) -> Form:
    """Return the form of a question that only floating-point numbers answer differently."""

    def emit(g: Emitter, v: Value) -> str:
        if v.args[0].dtype.kind == "f":
            return g.node(kind, g.get(v.args[0]))
        return g.zeros(v.shape, np.bool_, otherwise)

    return Form(emit)


def _isfinite(g: Emitter, v: Value) -> str:
    if v.args[0].dtype.kind != "f":
        return g.zeros(v.shape, np.bool_, True)
    x = g.get(v.args[0])
    return g.node("Not", g.node("Or", g.node("IsNaN", x), g.node("IsInf", x)))


def _where(g: Emitter, v: Value) -> str:
    condition, x, y = v.args
    if v.dtype.kind == "b":  # which onnxruntime does not choose from
        taken = [g.get(a, np.int32) for a in (x, y)]
        return g.cast(g.node("Where", truth(g, condition), *taken), np.bool_)
    return g.node("Where", truth(g, condition), g.get(x, v.dtype), g.get(y, v.dtype))


def _astype(g: Emitter, v: Value) -> str:
    x = v.args[0]
    if v.dtype.kind == "b":
        return g.node("Identity", truth(g, x))
    return g.node("Cast", g.get(x), to=g.type_of(v.dtype))


# ------------------------------------------------------------------------------------ extrema


def _extreme(kind: str, logical: str) -> Form:
    def emit(g: Emitter, v: Value) -> str:
        x, y = (g.get(a, v.dtype) for a in v.args)
        return g.node(logical if v.dtype.kind == "b" else kind, x, y)

    return Form(emit)


def _clip(g: Emitter, v: Value) -> str:
    x = g.get(v.args[0], v.dtype)
    ends = [v.static[key] for key in ("min", "max")]
    if v.dtype.kind == "f":
        given = ["" if end is None else g.number(end, v.dtype) for end in ends]
        while given and not given[-1]:
            given.pop()
        return g.node("Clip", x, *given) if given else g.node("Identity", x)
    for kind, end in zip(("Max", "Min"), ends, strict=True):
        x = x if end is None else g.node(kind, x, g.number(end, v.dtype))
    return x


# -------------------------------------------------------------------------- exponents and angles


def _log_by(base: float) -> Form:
    def emit(g: Emitter, v: Value) -> str:
        x = g.get(v.args[0], v.dtype)
        return g.node("Mul", g.node("Log", x), g.number(1 / math.log(base), v.dtype))

    return Form(emit)


def _exp2(g: Emitter, v: Value) -> str:
    return g.node("Pow", g.number(2, v.dtype), g.get(v.args[0], v.dtype))


def _negated_softplus(g: Emitter, v: Value) -> str:
    x = g.get(v.args[0], v.dtype)
    return g.node("Neg", g.node("Softplus", g.node("Neg", x)))


def _silu(g: Emitter, v: Value) -> str:
    x = g.get(v.args[0], v.dtype)
    return g.node("Mul", x, g.node("Sigmoid", x))


def _gelu(g: Emitter, v: Value) -> str:
    x = g.get(v.args[0], v.dtype)
    if g.opset >= GELU_SINCE:
        return g.node("Gelu", x)
    turned = g.node("Erf", g.node("Mul", x, g.number(math.sqrt(0.5), v.dtype)))
    share = g.node("Add", turned, g.number(1, v.dtype))
    return g.node("Mul", g.node("Mul", x, g.number(0.5, v.dtype)), share)


GELU_SINCE = 20
"""The opset from which there is one node for it."""


def _leaky_relu(g: Emitter, v: Value) -> str:
    return g.node("LeakyRelu", g.get(v.args[0], v.dtype), alpha=float(v.static["slope"]))


def _one_node(kind: str, fits: Callable[[Expr], bool]) -> Form:
    return Form(lambda g, v: g.node(kind, g.get(v.args[0], v.dtype)), fits)


def _of_floats(e: Expr) -> bool:
    return e.dtype.kind == "f"


FORMS: dict[str, Any] = {
    "divide": Form(_divide),
    **every({"subtract": "Sub", "negative": "Neg"}), "abs": Form(_abs),
    **{name: _one_node(kind, _of_floats) for name, kind in {
        "reciprocal": "Reciprocal", "sqrt": "Sqrt", "exp": "Exp", "log": "Log", "sin": "Sin",
        "cos": "Cos", "tanh": "Tanh", "sigmoid": "Sigmoid", "relu": "Relu",
    }.items()},
    **{name: _one_node(kind, is_single) for name, kind in {
        "erf": "Erf", "tan": "Tan", "asin": "Asin", "acos": "Acos", "atan": "Atan", "sinh": "Sinh",
        "cosh": "Cosh", "asinh": "Asinh", "acosh": "Acosh", "atanh": "Atanh",
        "softplus": "Softplus", "softsign": "Softsign",
    }.items()},
    "add": _of_booleans("Add", "Or"), "multiply": _of_booleans("Mul", "And"),
    "positive": Form(_positive), "square": Form(_square),
    "floor": _in_floats("Floor"), "ceil": _in_floats("Ceil"), "trunc": Form(_trunc),
    "round": Form(_round), "remainder": Form(_remainder), "floor_divide": Form(_floor_divide),
    "sign": Form(_sign), "fmod": Form(_fmod),
    "equal": _compared("Equal"), "not_equal": _compared("Equal", negated=True),
    "less": _compared("Less"), "less_equal": _compared("LessOrEqual"),
    "greater": _compared("Greater"), "greater_equal": _compared("GreaterOrEqual"),
    "logical_and": _logical("And"), "logical_or": _logical("Or"), "logical_xor": _logical("Xor"),
    "logical_not": _logical("Not"),
    "bitwise_and": _bitwise("BitwiseAnd", "And"), "bitwise_or": _bitwise("BitwiseOr", "Or"),
    "bitwise_xor": _bitwise("BitwiseXor", "Xor"), "bitwise_invert": _bitwise("BitwiseNot", "Not"),
    "bitwise_left_shift": _shifted("left"), "bitwise_right_shift": _shifted("right"),
    "isnan": _if_float("IsNaN", False), "isinf": _if_float("IsInf", False),
    "isfinite": Form(_isfinite), "where": Form(_where), "astype": Form(_astype),
    "maximum": _extreme("Max", "Or"), "minimum": _extreme("Min", "And"), "clip": Form(_clip),
    "power": Form(lambda g, v: g.node("Pow", *(g.get(x, v.dtype) for x in v.args))),
    "exp2": Form(_exp2), "log2": _log_by(2), "log10": _log_by(10),
    "log_sigmoid": Form(_negated_softplus, is_single), "silu": Form(_silu),
    "gelu": Form(_gelu, is_single), "leaky_relu": Form(_leaky_relu, is_single),
}  # fmt: skip
"""By the names of the operations in the registry."""
