"""``assert np.allclose(t, u)`` and its kin, explained: the worst element, and both its values.

Python tells of an assertion only that it is false. So its text is read again, and what was compared
in it is computed again, as far as that is names, attributes, arithmetic and functions of NumPy and
of this package.
"""

from __future__ import annotations

import ast
import linecache
from types import FrameType
from typing import Any

import numpy as np

from tensorgraph.engine.comparison import allclose
from tensorgraph.engine.op import Op
from tensorgraph.engine.tensor import Tensor
from tensorgraph.testing.closeness import difference

_CLOSE = {id(np.allclose): "allclose", id(allclose): "allclose", id(np.isclose): "isclose"}
_EQUAL = {id(np.array_equal), id(np.array_equiv)}
_PURE = {abs, len, float, int, bool, round}
_METHODS = {
    "abs", "all", "any", "argmax", "argmin", "astype", "clip", "copy", "cumsum", "detach", "dot",
    "flatten", "item", "max", "mean", "min", "numpy", "prod", "ravel", "reshape", "round",
    "squeeze", "std", "sum", "swapaxes", "tolist", "transpose", "var",
}  # fmt: skip
"""Methods of arrays and tensors that change nothing."""
_SAFE = (
    ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.Slice, ast.Tuple, ast.List,
    ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.expr_context, ast.keyword, ast.Call,
)  # fmt: skip
_BROKEN = {ast.Lt: "<", ast.LtE: "≤", ast.Gt: ">", ast.GtE: "≥"}


class _UnknownError(Exception):
    """Something that might compute another value, or do something, when it is run again."""


def explanation(frame: FrameType, line: int) -> str:
    """Return what differs in the assertion at a line, if tensors were compared there."""
    statement = _statement(frame, line)
    if statement is None:
        return ""
    for part in ast.walk(statement.test):
        try:
            told = _told(part, frame)
        except Exception:  # the assertion itself is what counts
            continue
        if told:
            return told
    return ""


def _statement(frame: FrameType, line: int) -> ast.Assert | None:
    """Return the ``assert`` that a line belongs to."""
    lines = linecache.getlines(frame.f_code.co_filename, frame.f_globals)
    try:
        tree = ast.parse("".join(lines))
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and node.lineno <= line <= (node.end_lineno or 0):
            return node
    return None


def _told(part: ast.AST, frame: FrameType) -> str:
    """Return what differs in one part of an assertion, if it compares tensors."""
    if isinstance(part, ast.Call) and len(part.args) >= 2:
        function = _value(part.func, frame)
        if id(function) not in _CLOSE and id(function) not in _EQUAL:
            return ""
        options = {k.arg: _value(k.value, frame) for k in part.keywords if k.arg}
        others = [_value(argument, frame) for argument in part.args[2:]]
        options |= dict(zip(("rtol", "atol", "equal_nan"), others, strict=False))
        if id(function) in _EQUAL:
            options = {"rtol": 0.0, "atol": 0.0}
        defaults: dict[str, Any] = {"rtol": 1e-5, "atol": 1e-8}
        return _between(part.args[0], part.args[1], frame, defaults | options)
    if isinstance(part, ast.Compare) and len(part.ops) == 1:
        left, right = part.left, part.comparators[0]
        if isinstance(part.ops[0], ast.Eq):
            return _between(left, right, frame, {"rtol": 0.0, "atol": 0.0})
        if type(part.ops[0]) in _BROKEN:
            return _broken_bound(part, left, right, frame)
    return ""


def _between(left: ast.expr, right: ast.expr, frame: FrameType, options: dict[str, Any]) -> str:
    values = [_value(left, frame), _value(right, frame)]
    if not any(isinstance(v, Tensor) for v in values) or any(v is None for v in values):
        return ""
    names = (ast.unparse(left), ast.unparse(right))
    shorter = tuple(n if len(n) <= 40 else w for n, w in zip(names, ("left", "right"), strict=True))
    a, b = (np.asarray(v.data if isinstance(v, Tensor) else v) for v in values)
    shape = np.broadcast_shapes(a.shape, b.shape)
    told = difference(
        np.broadcast_to(a, shape), b if not b.ndim else np.broadcast_to(b, shape), **options,
        names=shorter,  # type: ignore[arg-type]
    )  # fmt: skip
    if told and a.shape != b.shape and b.ndim:
        told += f"\n  broadcast from {a.shape} and {b.shape}"
    return told


def _broken_bound(part: ast.Compare, left: ast.expr, right: ast.expr, frame: FrameType) -> str:
    """Return the element furthest beyond a bound that all should keep."""
    values = [_value(left, frame), _value(right, frame)]
    if not any(isinstance(v, Tensor) for v in values):
        return ""
    x, y = np.broadcast_arrays(*(np.asarray(v) for v in values))
    less = isinstance(part.ops[0], (ast.Lt, ast.LtE))
    sign, strict = _BROKEN[type(part.ops[0])], isinstance(part.ops[0], (ast.Lt, ast.Gt))
    with np.errstate(all="ignore"):
        beyond = (x - y if less else y - x).astype(float)
    kept = beyond < 0 if strict else beyond <= 0
    if kept.all() or x.size == 1:
        return ""
    worst = np.argmax(np.where(kept, -np.inf, np.nan_to_num(beyond, nan=np.inf)))
    index = tuple(int(n) for n in np.unravel_index(worst, x.shape))
    names = ast.unparse(left), ast.unparse(right)
    return (
        f"{int((~kept).sum())} of {x.size} elements are not {names[0]} {sign} {names[1]}\n  the"
        f" furthest at index {index}: {x[index]} and {y[index]}"
    )


def _value(expression: ast.expr, frame: FrameType) -> Any:
    """Compute an expression again where it stood."""
    for part in ast.walk(expression):
        if not isinstance(part, _SAFE):
            raise _UnknownError
        if isinstance(part, ast.Call) and not _changes_nothing(part, frame):
            raise _UnknownError
    return _evaluated(expression, frame)


def _changes_nothing(call: ast.Call, frame: FrameType) -> bool:
    """Return whether a call gives the same again, and does nothing else."""
    if any(keyword.arg in (None, "out") for keyword in call.keywords):
        return False
    function = _evaluated(call.func, frame)
    if isinstance(getattr(function, "__self__", None), (Tensor, np.ndarray)):
        return function.__name__ in _METHODS
    record = getattr(function, "op", None)
    if isinstance(record, Op):
        return record.family != "random"
    if isinstance(function, np.ufunc):
        return len(call.args) == function.nin  # one more would be written into
    module = (getattr(function, "__module__", None) or "").split(".")
    if isinstance(function, type) or "random" in module:
        return function in _PURE
    return module[0] in ("numpy", "math") or id(function) in _CLOSE or function in _PURE


def _evaluated(expression: ast.expr, frame: FrameType) -> Any:
    code = compile(ast.Expression(expression), "<assertion>", "eval")
    return eval(code, frame.f_globals, frame.f_locals)
