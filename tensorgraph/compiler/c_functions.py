"""Functions of numbers in C, by NumPy's name for each: the one table that lowering needs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

TYPES = {
    "bool": "uint8_t",
    "int8": "int8_t",
    "int16": "int16_t",
    "int32": "int32_t",
    "int64": "int64_t",
    "uint8": "uint8_t",
    "uint16": "uint16_t",
    "uint32": "uint32_t",
    "uint64": "uint64_t",
    "float32": "float",
    "float64": "double",
}
"""The dtypes that C programs compute with, and its words for them."""
ALIGNED = "__attribute__((aligned(64)))"
"""Said of each array on the stack. GCC 12 may itself align one for instructions of 32 bytes, and
then not the stack: the function ends in a segmentation fault (a product of 3 × 3 and 3 × 12)."""
C_TYPES = {np.dtype(name): word for name, word in TYPES.items()}
"""The same by the dtypes themselves, whose names take NumPy microseconds."""

_COMPARING = {
    "equal": "==",
    "not_equal": "!=",
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
}
_OF_ALL = {name: f"({{0}} {sign} {{1}})" for name, sign in _COMPARING.items()} | {
    "logical_and": "(({0} != 0) & ({1} != 0))",
    "logical_or": "(({0} != 0) | ({1} != 0))",
    "logical_xor": "(({0} != 0) ^ ({1} != 0))",
    "logical_not": "({0} == 0)",
    "where": "({0} ? {1} : {2})",
    "positive": "{0}",
}
_OF_NUMBERS = {
    "add": "({0} + {1})",
    "subtract": "({0} - {1})",
    "multiply": "({0} * {1})",
    "negative": "(-{0})",
    "square": "({0} * {0})",
    "sign": "(({0} > 0) - ({0} < 0))",
}
_OF_INTEGERS = {
    "maximum": "({0} > {1} ? {0} : {1})",
    "minimum": "({0} < {1} ? {0} : {1})",
    "absolute": "({0} < 0 ? -{0} : {0})",
    "bitwise_and": "({0} & {1})",
    "bitwise_or": "({0} | {1})",
    "bitwise_xor": "({0} ^ {1})",
    "invert": "(~{0})",
    "isnan": "0",
    "isinf": "0",
    "isfinite": "1",
}
_OF_BOOLEANS = {
    "add": "({0} | {1})",
    "multiply": "({0} & {1})",
    "maximum": "({0} | {1})",
    "minimum": "({0} & {1})",
    "bitwise_and": "({0} & {1})",
    "bitwise_or": "({0} | {1})",
    "bitwise_xor": "({0} ^ {1})",
    "invert": "({0} == 0)",
    "absolute": "{0}",
    "isnan": "0",
    "isinf": "0",
    "isfinite": "1",
}
_MATH = {
    "exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "sinh",
    "cosh", "tanh", "floor", "ceil", "trunc", "rint", "erf",
}  # fmt: skip
_RENAMED = {
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
}
_OF_FLOATS = (
    {name: f"{name}{{f}}({{0}})" for name in _MATH}
    | {name: f"{text}{{f}}({{0}})" for name, text in _RENAMED.items()}
    | {
        "divide": "({0} / {1})",
        "reciprocal": "(1 / {0})",
        "absolute": "fabs{f}({0})",
        "maximum": "larger{f}({0}, {1})",
        "minimum": "smaller{f}({0}, {1})",
        "power": "pow{f}({0}, {1})",
        "arctan2": "atan2{f}({0}, {1})",
        "hypot": "hypot{f}({0}, {1})",
        "copysign": "copysign{f}({0}, {1})",
        "isnan": "({0} != {0})",
        "isinf": "(fabs{f}({0}) == INFINITY)",
        "isfinite": "(fabs{f}({0}) < INFINITY)",
        "sign": "({0} > 0 ? 1 : {0} < 0 ? -1 : {0} == 0 ? 0 : {0})",
    }
)

EXPENSIVE = {*_MATH, *_RENAMED, "arctan2", "hypot", "divide", "reciprocal", "power"}
"""What takes longer than to store a result and load it again."""


def text_of(name: str, dtype: np.dtype[Any]) -> str | None:
    """Return a function of operands of a dtype as a template of C, if there is one."""
    if dtype not in C_TYPES:
        return None
    if dtype.kind == "f":
        found = _OF_FLOATS.get(name)
    elif dtype.kind == "b":
        found = _OF_BOOLEANS.get(name)
    else:
        found = _OF_INTEGERS.get(name)
    if found is None and dtype.kind != "b":
        found = _OF_NUMBERS.get(name)
    return found or _OF_ALL.get(name)


def literal(value: Any, dtype: np.dtype[Any]) -> str:
    """Return a number of C, to the last bit."""
    if dtype.kind != "f":
        if value == -(2**63):
            return "INT64_MIN"
        suffix = "ull" if value > 2**63 - 1 else "ll" if abs(value) > 2**31 - 1 else ""
        return f"({int(value)}{suffix})" if value < 0 else f"{int(value)}{suffix}"
    if math.isnan(value):
        return "NAN"
    if math.isinf(value):
        return "INFINITY" if value > 0 else "(-INFINITY)"
    text = repr(float(value)) + ("f" if dtype == np.float32 else "")
    return f"({text})" if text.startswith("-") else text


PRELUDE = r"""
#include <stdint.h>
#include <string.h>
#include <math.h>
#ifdef TENSORGRAPH_LIBMVEC
#define VECTOR __attribute__((simd("notinbranch")))
VECTOR float expf(float); VECTOR double exp(double);
VECTOR float logf(float); VECTOR double log(double);
VECTOR float sinf(float); VECTOR double sin(double);
VECTOR float cosf(float); VECTOR double cos(double);
VECTOR float tanhf(float); VECTOR double tanh(double);
VECTOR float expm1f(float); VECTOR double expm1(double);
VECTOR float log1pf(float); VECTOR double log1p(double);
VECTOR float powf(float, float); VECTOR double pow(double, double);
#endif
""" + "".join(
    f"static inline {kind} {name}{f}({kind} a, {kind} b)"
    f" {{ const {kind} m = a {sign} b ? a : b; return a != a ? a : m; }}\n"
    for kind, f in (("float", "f"), ("double", ""))
    for name, sign in (("larger", ">"), ("smaller", "<"))
)
"""What programs begin with.

The larger one of two is the first that is NaN, as NumPy has it; written as one choice, compilers
would make it of one element at a time. Vector functions are those of glibc's libmvec, within 4 ulp.
"""
