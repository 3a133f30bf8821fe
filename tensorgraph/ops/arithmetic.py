"""Arithmetic, rounding, comparing and choosing, element by element."""

from __future__ import annotations

from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph.arguments import integer
from tensorgraph.engine.arrays import as_array, to_dtype
from tensorgraph.engine.domain import Boolean, Integer, Real
from tensorgraph.engine.notation import (
    FRACTION,
    HIDDEN,
    MINUS,
    NEGATIVE,
    PLUS,
    PRODUCT,
    Notation,
    enclosed,
    function,
    raised,
    relation,
)
from tensorgraph.engine.op import OpFunction, register
from tensorgraph.engine.rule import NONDIFF, ZERO
from tensorgraph.errors import DTypeError
from tensorgraph.ops._blocks import floating, select

__all__ = [
    "abs", "add", "astype", "ceil", "divide", "equal", "floor", "floor_divide", "greater",
    "greater_equal", "isfinite", "isinf", "isnan", "less", "less_equal", "logical_and",
    "logical_not", "logical_or", "logical_xor", "multiply", "negative", "not_equal", "positive",
    "reciprocal", "remainder", "round", "sign", "square", "subtract", "trunc", "where",
]  # fmt: skip

APART = Real(0.5, 3.0)
"""A domain for denominators and bases: away from 0."""


_REAL = np.dtype(float)


def by_real_part(real: Any, complex_: Any) -> Any:
    """Return a kernel that treats complex numbers by its analytic formula.

    On complex input an op stands for its analytic continuation, which is what the complex-step
    derivative needs: ``abs`` then means ``-x`` or ``x`` by the sign of the real part.
    """

    def kernel(x: Any) -> Any:
        return complex_(x) if getattr(x, "dtype", _REAL).kind == "c" else real(x)

    return kernel


abs_kernel = by_real_part(np.abs, lambda x: np.where(np.real(x) < 0, -x, x))

# ------------------------------------------------------------------------------------ arithmetic

add = register(
    "add",
    np.add,
    {"x": lambda g: g, "y": lambda g: g},
    ref="operator.add",
    notation=PLUS,
    code="+",
    facts={"sign_of": ("x", "y")},
    doc="""Return x + y, element by element with broadcasting.

    >>> tg.add([1.0, 2.0], 10)
    tensor([11., 12.])
    """,
)
subtract = register(
    "subtract",
    np.subtract,
    {"x": lambda g: g, "y": lambda g: -g},
    ref="operator.sub",
    notation=MINUS,
    code="-",
    doc="""Return x − y, element by element with broadcasting.

    >>> tg.subtract([1.0, 2.0], 10)
    tensor([-9., -8.])
    """,
)
multiply = register(
    "multiply",
    np.multiply,
    {"x": lambda g, y: g * y, "y": lambda g, x: g * x},
    ref="operator.mul",
    symbol="×",
    notation=PRODUCT,
    code="*",
    facts={"sign_of": ("x", "y")},
    doc="""Return x · y, element by element with broadcasting.

    >>> tg.multiply([1.0, 2.0], 10)
    tensor([10., 20.])
    """,
)
divide = register(
    "divide",
    np.divide,
    {"x": lambda g, y: g / y, "y": lambda g, y, out: -(g * out / y)},
    domain={"y": APART},
    ref="operator.truediv",
    symbol="÷",
    notation=FRACTION,
    code="/",
    facts={"sign_of": ("x", "y")},
    doc="""Return x / y; x / 0 is ±inf, 0 / 0 is NaN.

    >>> tg.divide([1.0, 0.0], [2.0, 0.0])
    tensor([0.5, nan])
    """,
)
negative = register(
    "negative",
    np.negative,
    {"x": lambda g: -g},
    ref="operator.neg",
    symbol="−",
    notation=NEGATIVE,
    code="-",
    doc="""Return −x.

    >>> tg.negative([1.0, -2.0])
    tensor([-1.,  2.])
    """,
)
positive = register(
    "positive",
    np.positive,
    {"x": lambda g: g},
    ref="operator.pos",
    symbol="+",
    notation=HIDDEN,
    facts={"moved": True},
    doc="""Return +x.

    >>> tg.positive([1.0, -2.0])
    tensor([ 1., -2.])
    """,
)
reciprocal = register(
    "reciprocal",
    lambda x: np.reciprocal(floating(x)),
    {"x": lambda g, out: -(g * out * out)},
    domain={"x": APART},
    ref=lambda x: 1 / x,
    symbol="1/x",
    notation=FRACTION,
    code="1 / x",
    doc="""Return 1 / x; of integers too, for which NumPy's own is a division without remainder.

    >>> tg.reciprocal([2.0, 0.0])
    tensor([0.5, inf])
    """,
)
square = register(
    "square",
    np.square,
    {"x": lambda g, x: g * (2 * x)},
    ref=lambda x: x * x,
    symbol="x²",
    facts={"nonnegative": True},
    notation=raised("2"),
    doc="""Return x².

    >>> tg.square([3.0, -4.0])
    tensor([ 9., 16.])
    """,
)


floor_divide = register(
    "floor_divide",
    np.floor_divide,
    {"x": ZERO, "y": ZERO},
    domain={"y": APART},
    ref="operator.floordiv",
    symbol="⌊x/y⌋",
    code="//",
    doc="""Return the largest integer not above x / y; its derivative is 0. Integers // 0 are 0.

    >>> tg.floor_divide([7, -7], 2)
    tensor([ 3, -4])
    """,
)
remainder = register(
    "remainder",
    np.remainder,
    {"x": lambda g: g, "y": lambda g, x, y: -(g * floor_divide(x, y))},
    domain={"y": APART},
    ref="operator.mod",
    symbol="mod",
    code="%",
    doc="""Return x − y·⌊x / y⌋, with the sign of y. Integers % 0 are 0.

    >>> tg.remainder([7, -7], 2)
    tensor([1, 1])
    """,
)
abs = register(
    "abs",
    abs_kernel,
    {"x": lambda g, x: g * sign(x)},
    domain={"x": Real(avoid=(0.0,))},
    ref="operator.abs",
    symbol="|x|",
    facts={"nonnegative": True},
    notation=enclosed("||"),
    doc="""Return |x|; the derivative at 0 is 0.

    >>> tg.abs([3.0, -4.0])
    tensor([3., 4.])
    """,
)
sign: OpFunction = register(
    "sign",
    by_real_part(np.sign, lambda x: np.sign(np.real(x)) + 0j),
    {"x": ZERO},
    domain={"x": Real(avoid=(0.0,))},
    ref=lambda x: float((x > 0) - (x < 0)),
    doc="""Return −1, 0 or 1 by the sign of x; its derivative is 0.

    >>> tg.sign([3.0, -4.0, 0.0])
    tensor([ 1., -1.,  0.])
    """,
)

# -------------------------------------------------------------------------------------- rounding

_STEPS = Real(avoid=tuple(k / 2 for k in range(-6, 7)))

floor = register(
    "floor", np.floor, {"x": ZERO}, domain={"x": _STEPS}, ref="math.floor", symbol="⌊x⌋",
    notation=enclosed("⌊⌋"),
    doc="""Return the largest integer not above x; its derivative is 0.

    >>> tg.floor([1.5, -1.5])
    tensor([ 1., -2.])
    """,
)  # fmt: skip
ceil = register(
    "ceil", np.ceil, {"x": ZERO}, domain={"x": _STEPS}, ref="math.ceil", symbol="⌈x⌉",
    notation=enclosed("⌈⌉"),
    doc="""Return the smallest integer not below x; its derivative is 0.

    >>> tg.ceil([1.5, -1.5])
    tensor([ 2., -1.])
    """,
)  # fmt: skip
trunc = register(
    "trunc", np.trunc, {"x": ZERO}, domain={"x": _STEPS}, ref="math.trunc",
    doc="""Return x without its fraction; its derivative is 0.

    >>> tg.trunc([1.5, -1.5])
    tensor([ 1., -1.])
    """,
)  # fmt: skip


def _check_decimals(x: Any, *, decimals: SupportsIndex) -> dict[str, Any]:
    return {"decimals": integer(decimals, "decimals")}


def _round_kernel(x: Any, *, decimals: int = 0) -> Any:
    out = np.round(x, decimals)
    if not decimals or out.dtype.kind != "f":
        return out
    # Where the power of ten leaves the range, x has no digits after that place, or none before it.
    if decimals > 0:
        return np.where(np.isfinite(out), out, x)
    return np.where(np.isnan(out), np.where(np.isfinite(x), 0 * x, x), out)


round = register(
    "round",
    _round_kernel,
    {"x": ZERO},
    domain={"x": _STEPS},
    ref="builtins.round",
    prepare=_check_decimals,
    doc="""Round to `decimals` places, halves to even; its derivative is 0.

    >>> tg.round([0.5, 1.5, 2.25], decimals=1)
    tensor([0.5, 1.5, 2.2])
    """,
)

# ------------------------------------------------------------------------------------- comparing


def _compare(name: str, kernel: Any, ref: str, written: Notation, code: str, doc: str) -> Any:
    return register(
        name,
        kernel,
        {"x": NONDIFF, "y": NONDIFF},
        ref=ref,
        domain={"x": Integer(), "y": Integer()},
        notation=written,
        code=code,
        facts={"binary": True},
        doc=doc,
    )


equal = _compare(
    "equal",
    np.equal,
    "operator.eq",
    relation("="),
    "==",
    """Return where x equals y, as booleans.

>>> tg.equal([1, 2], [1, 3])
tensor([ True, False])
""",
)
not_equal = _compare(
    "not_equal",
    np.not_equal,
    "operator.ne",
    relation("≠", r"\neq"),
    "!=",
    """Return where x differs from y.

    >>> tg.not_equal([1, 2], [1, 3])
    tensor([False,  True])
    """,
)
less = _compare(
    "less",
    np.less,
    "operator.lt",
    relation("<"),
    "<",
    """Return where x is below y.

>>> tg.less([1, 2], 2)
tensor([ True, False])
""",
)
less_equal = _compare(
    "less_equal",
    np.less_equal,
    "operator.le",
    relation("≤", r"\leq"),
    "<=",
    """Return where x ≤ y.

>>> tg.less_equal([1, 2], 2)
tensor([ True,  True])
""",
)
greater = _compare(
    "greater",
    np.greater,
    "operator.gt",
    relation(">"),
    ">",
    """Return where x is above y.

>>> tg.greater([1, 2], 1)
tensor([False,  True])
""",
)
greater_equal = _compare(
    "greater_equal",
    np.greater_equal,
    "operator.ge",
    relation("≥", r"\geq"),
    ">=",
    """Return where x ≥ y.

    >>> tg.greater_equal([1, 2], 1)
    tensor([ True,  True])
    """,
)


def of_booleans(name: str, kernel: Any, ref: Any, symbol: str, doc: str, **fields: Any) -> Any:
    """Register an operation on booleans, which has no gradient."""
    inputs = ("x", "y")[: kernel.nin]
    return register(
        name, kernel, dict.fromkeys(inputs, NONDIFF), ref=ref, symbol=symbol, doc=doc,
        domain=dict.fromkeys(inputs, Boolean()), **fields,
    )  # fmt: skip


logical_and = of_booleans(
    "logical_and",
    np.logical_and,
    lambda x, y: bool(x and y),
    "∧",
    """Return where both are true.

    >>> tg.logical_and([True, True], [True, False])
    tensor([ True, False])
    """,
    notation=relation("∧", r"\land"),
)
logical_or = of_booleans(
    "logical_or",
    np.logical_or,
    lambda x, y: bool(x or y),
    "∨",
    """Return where either is true.

    >>> tg.logical_or([True, False], [False, False])
    tensor([ True, False])
    """,
    notation=relation("∨", r"\lor"),
)
logical_xor = of_booleans(
    "logical_xor", np.logical_xor, lambda x, y: bool(x) != bool(y), "⊻",
    """Return where exactly one is true.

    >>> tg.logical_xor([True, True], [True, False])
    tensor([False,  True])
    """,
    notation=relation("⊻", r"\veebar"),
)  # fmt: skip
logical_not = of_booleans(
    "logical_not",
    np.logical_not,
    lambda x: not x,
    "¬",
    """Return where x is false.

    >>> tg.logical_not([True, False])
    tensor([False,  True])
    """,
    notation=function("¬", r"\lnot "),
)

isnan = register(
    "isnan",
    np.isnan,
    {"x": NONDIFF},
    ref="math.isnan",
    doc="""Return where x is not a number.

    >>> tg.isnan([1.0, float("nan")])
    tensor([False,  True])
    """,
)
isinf = register(
    "isinf",
    np.isinf,
    {"x": NONDIFF},
    ref="math.isinf",
    doc="""Return where x is ±inf.

>>> tg.isinf([1.0, float("inf")])
tensor([False,  True])
""",
)
isfinite = register(
    "isfinite", np.isfinite, {"x": NONDIFF}, ref="math.isfinite",
    doc="""Return where x is neither NaN nor ±inf.

    >>> tg.isfinite([1.0, float("inf")])
    tensor([ True, False])
    """,
)  # fmt: skip

# -------------------------------------------------------------------------------------- choosing


def _check_condition(condition: Any, x: Any, y: Any) -> dict[str, Any]:
    dtype = getattr(condition, "dtype", None)
    if dtype is not None and dtype != np.bool_:
        raise DTypeError(f"condition must be boolean, not {dtype}; write e.g. condition > 0")
    for value, other in ((x, y), (y, x)):
        own = getattr(other, "dtype", None)
        if type(value) is int and own is not None and own.kind in "iu":
            own.type(value)  # np.where would take it modulo 2ⁿ: this raises
    return {}


where: OpFunction = register(
    "where",
    select,
    {
        "condition": NONDIFF,
        "x": lambda g, condition: where(condition, g, 0),
        "y": lambda g, condition: where(condition, 0, g),
    },
    domain={"condition": Boolean()},
    ref=lambda condition, x, y: x if condition else y,
    prepare=_check_condition,
    doc="""Return x where the condition holds, else y.

    The gradient is exactly 0 for the branch not taken. If that branch is infinite there, its own
    rule still makes 0 · ∞ = NaN: choose safe arguments first,
    ``tg.where(c, tg.log(tg.where(c, x, 1)), 0)``.

    >>> tg.where([True, False], [1.0, 2.0], 0.0)
    tensor([1., 0.])
    """,
)


def _astype_kernel(x: Any, *, dtype: Any) -> Any:
    # A check by complex steps must not lose the imaginary part in a cast between real types.
    return x if np.iscomplexobj(x) else as_array(x).astype(dtype)


def _check_dtype(x: Any, *, dtype: DTypeLike) -> dict[str, Any]:
    return {"dtype": to_dtype(dtype)}


astype = register(
    "astype",
    _astype_kernel,
    {"x": lambda g: g},
    prepare=_check_dtype,
    notation=HIDDEN,
    code=".astype",
    facts={"moved": True},
    doc="""Return x with another dtype; the gradient comes back in x's own.

    >>> tg.astype([1.5, 2.5], "int64")
    tensor([1, 2])
    """,
)
