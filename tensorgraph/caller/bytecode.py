"""What bytecode tells where there is no source, as of code that ``exec`` ran from a string."""

from __future__ import annotations

import dis
import re
from collections.abc import Iterator
from types import CodeType
from typing import Any, NamedTuple

from tensorgraph.caller.source import OPERATORS, Operation, Source, Variable, function_of

_SIGNS = {"-": "Sub", "+": "Add", "*": "Mult", "/": "Div", "@": "MatMult", "**": "Pow"}
_BY_SIGN = {
    sign: next(name for kind, name in OPERATORS.items() if kind.__name__ == word)
    for sign, word in _SIGNS.items()
}


class _Step(NamedTuple):
    """An instruction: what it does, and the variable or number that it does it to."""

    kind: str
    what: Any


def source_of_code(code: CodeType, function: str) -> Source:
    """Return the bindings and the operations in a function's bytecode, and in functions in it.

    Of the operands of an operator, only variables and numbers that stand there alone are seen.
    """
    found = Source({}, {}, {}, set(), {}, {})
    _read(code, function, found)
    return found


def _read(code: CodeType, function: str, found: Source) -> None:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            _read(inner, function_of(inner), found)
    count = code.co_argcount + code.co_kwonlyargcount
    for name in code.co_varnames[:count]:
        found.bind(Variable(function, name), "value")
    before = [_Step("", None)] * 2
    in_loop = 0
    for n, step in enumerate(_steps(code, function)):
        if step.kind == "iterate":
            in_loop = 1
        elif step.kind == "unpack" and in_loop:
            in_loop = step.what
        elif step.kind == "store":
            how = "loop" if in_loop else "alias" if _is_variable(before[-1]) else "value"
            found.bind(step.what, how)
            in_loop = max(in_loop - 1, 0)
        elif step.kind == "operate":
            loads = [frozenset({s.what} if s.kind == "load" else ()) for s in before]
            if before[-1].kind != "load":  # it took steps to make: what was before is not known
                loads[0] = frozenset()
            operands = tuple(loads)
            op = _BY_SIGN.get(step.what, "")
            found.note(Operation(function, op, operands, operands, (n, 0)))
        before = [before[-1], step]


def _is_variable(step: _Step) -> bool:
    return step.kind == "load" and isinstance(step.what, Variable)


def instructions(code: CodeType) -> Iterator[dis.Instruction]:
    """Yield what a function's code does, one thing at a time.

    From Python 3.13 on one instruction may load or store two variables; it has the place in the
    source of the first.
    """
    for each in dis.get_instructions(code):
        pair = re.findall("(?:LOAD|STORE)_FAST", each.opname)
        if len(pair) == 2:
            (first, second), (x, y) = pair, each.argval
            yield each._replace(opname=first, argval=x, argrepr=x)
            yield each._replace(opname=second, argval=y, argrepr=y, positions=dis.Positions())
        else:
            yield each


def _steps(code: CodeType, function: str) -> Iterator[_Step]:
    for each in instructions(code):
        if found := re.match("(LOAD|STORE)_(FAST|NAME|GLOBAL|DEREF)", each.opname):
            kind, where = found.groups()
            local = where in ("FAST", "DEREF") and each.argval not in code.co_freevars
            yield _Step(kind.lower(), Variable(function if local else "", each.argval))
        elif each.opname == "LOAD_CONST":
            yield _Step("load", each.argval if type(each.argval) in (int, float) else None)
        elif each.opname == "BINARY_OP":
            yield _Step("operate", each.argrepr.rstrip("="))
        elif each.opname == "FOR_ITER":
            yield _Step("iterate", None)
        elif each.opname.startswith("UNPACK_"):
            yield _Step("unpack", each.argval)
        elif each.opname not in ("CACHE", "NOP", "PRECALL", "RESUME", "EXTENDED_ARG"):
            yield _Step("other", None)
