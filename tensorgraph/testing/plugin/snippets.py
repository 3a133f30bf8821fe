"""What failed, as code to be pasted: the inputs in full, and the call."""

from __future__ import annotations

import ast
import inspect
import linecache
from collections.abc import Callable, Iterator
from types import CodeType, ModuleType
from typing import Any

import numpy as np

from tensorgraph.engine.nested_containers import flatten
from tensorgraph.engine.op import REGISTRY, Op
from tensorgraph.engine.tensor import Tensor
from tensorgraph.testing.plugin.recorded_calls import RecordedCall

_MOST = 1000
"""Arrays of more elements are not written out."""
_HEAD = "  to repeat it:"


def of_call(call: RecordedCall, i: int) -> str:
    """Return code that checks the gradient of one recorded call by its ``i``-th operand."""
    names = [_variable(call.name(k)) for k in range(len(call.operands))]
    given = [
        f"{name} = {code_of(_double(value))}"
        for name, value in zip(names, call.operands, strict=True)
    ]
    static = [f"{key}={value!r}" for key, value in call.static.items()]
    op, remark = _op_in_code(call.op)
    arguments = ", ".join([*names, *static])
    check = f"tg.testing.gradcheck(lambda {names[i]}: {op}({arguments}), {names[i]})"
    return _block([*_IMPORTS, *given, check + remark])


def of_gradcheck(f: Callable[..., Any], inputs: tuple[Any, ...], options: dict[str, Any]) -> str:
    """Return code that repeats a call of ``gradcheck``."""
    names = _parameters(f, len(inputs))
    given = [f"{name} = {code_of(value)}" for name, value in zip(names, inputs, strict=True)]
    set_ = [f"{key}={value!r}" for key, value in options.items()]
    function, before, remark = _function_in_code(f)
    check = f"tg.testing.gradcheck({', '.join([function, *names, *set_])})"
    return _block([*_IMPORTS, *before, *given, check + remark])


_IMPORTS = ("import numpy as np", "import tensorgraph as tg")


def _block(lines: list[str]) -> str:
    return "\n".join([_HEAD, *(f"    {part}" for line in lines for part in line.split("\n"))])


def code_of(value: Any) -> str:
    """Return code that makes a value: an array, a tensor, or a container of them.

    Example:
        >>> code_of({"w": np.array([1.0, 2.5])})
        "{'w': np.array([1.0, 2.5])}"
        >>> code_of(np.float32(0.5))
        "np.array(0.5, 'float32')"
    """
    if isinstance(value, Tensor):
        wants = ", requires_grad=True" if value.requires_grad else ""
        return f"tg.tensor({code_of(np.asarray(value._data))}{wants})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {code_of(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        inside = ", ".join(map(code_of, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside}{',' * (len(value) == 1)})"
    if not isinstance(value, (np.ndarray, np.generic)):
        return repr(value)
    array = np.asarray(value)
    dtype = "" if array.dtype in (np.float64, np.int64, np.bool_) else f", {str(array.dtype)!r}"
    if array.size > _MOST:
        return f"np.zeros({array.shape}{dtype})  # {array.size:,} numbers, not written out"
    numbers = repr(array.tolist()).replace("nan", "np.nan").replace("inf", "np.inf")
    if not array.size:
        return f"np.zeros({array.shape}{dtype})"
    return f"np.array({numbers}{dtype})"


def _double(value: Any) -> Any:
    """Return an array in float64, in which gradcheck computes."""
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind == "f":
        return np.asarray(value, np.float64)
    return value


def _variable(name: str) -> str:
    """Return the name of an operand as one of a variable: ``arrays_2`` for ``arrays[2]``."""
    return name.replace("[", "_").replace("]", "")


def _op_in_code(op: Op) -> tuple[str, str]:
    if REGISTRY.get(op.name) is op:
        return f"tg.{op.name}", ""
    kernel = inspect.unwrap(op.kernel)
    code = getattr(kernel, "__code__", None)
    stands = f" its kernel stands at {code.co_filename}:{code.co_firstlineno}" if code else ""
    return op.name if op.name.isidentifier() else "op", f"  # your operation {op.name!r};{stands}"


def _parameters(f: Callable[..., Any], count: int) -> list[str]:
    try:
        names = list(inspect.signature(f).parameters)
    except (TypeError, ValueError):
        names = []
    return [*names[:count], *(f"x{k}" for k in range(len(names), count))]


def _function_in_code(f: Callable[..., Any]) -> tuple[str, list[str], str]:
    """Return how a function is called in code, what to define before, and a remark."""
    op = getattr(f, "op", f)
    if isinstance(op, Op):
        name, remark = _op_in_code(op)
        return name, [], remark
    code = getattr(f, "__code__", None)
    name = getattr(f, "__name__", type(f).__name__)
    if code is None:
        return name, [], ""
    if name != "<lambda>":
        stands = f"  # {name} stands at {code.co_filename}:{code.co_firstlineno}"
        return name, [*_closed_over(f)], stands
    return "f", [*_closed_over(f), f"f = {_lambda(code)}"], ""


def _lambda(code: CodeType) -> str:
    """Return the text of a lambda; where several stand on its line, of the first like it."""
    text = "".join(linecache.getlines(code.co_filename))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Lambda) and node.lineno == code.co_firstlineno:
            parameters = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
            if parameters == list(code.co_varnames[: code.co_argcount]):
                return ast.get_source_segment(text, node) or "…"
    return f"…  # the lambda at {code.co_filename}:{code.co_firstlineno}"


def _closed_over(f: Callable[..., Any]) -> Iterator[str]:
    """Yield what a function refers to: names of its module, and data in functions around it."""
    found = inspect.getclosurevars(f)
    names = [k for k, v in found.globals.items() if not isinstance(v, ModuleType)]
    if names:
        yield f"from {f.__module__} import {', '.join(names)}"
    for name, value in found.nonlocals.items():
        leaves = flatten(value)[0]
        if all(isinstance(v, (Tensor, np.ndarray, np.generic, int, float, str)) for v in leaves):
            yield f"{name} = {code_of(value)}"
