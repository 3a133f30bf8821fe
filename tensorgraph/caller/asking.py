"""Who asks for something, and how the user's line that asks is written.

What runs when an operator, ``float(x)`` or ``np.asarray(x)`` asks an object for something is known
by the frames that run, and, as nothing but bytecode is there in an interpreter, by the instruction
that the user's frame has come to.
"""

from __future__ import annotations

import dis
from itertools import pairwise
from types import CodeType, FrameType
from typing import Any, NamedTuple

from tensorgraph.caller.bytecode import instructions
from tensorgraph.caller.variables import of_library


class Asking(NamedTuple):
    """Who asks: the innermost frame of the user's code, and the libraries that it calls."""

    frame: FrameType
    modules: tuple[str, ...]
    """Names of the libraries' modules, the innermost first; none if the user's line itself asks."""


def asking(frame: FrameType) -> Asking:
    """Return who asks where a frame does, of libraries or of the user's code.

    Example:
        >>> import sys
        >>> asking(sys._getframe()).modules
        ()
    """
    modules = []
    outer: FrameType | None = frame
    while outer is not None and of_library(outer.f_code.co_filename):
        modules.append(str(outer.f_globals.get("__name__", "")))
        outer = outer.f_back
    return Asking(outer or frame, tuple(modules))


class Written(NamedTuple):
    """What the running instruction of a frame does, as the source writes it."""

    kind: str
    """``call``, ``index``, ``store`` (into an index), ``operator``, ``attribute``, ``comparison``,
    ``text`` (a part of an f-string, or of what ``%`` formats), ``mapping`` (a value in a dict that
    is written out), or ``""`` for anything else."""
    name: str = ""
    """What is called, indexed or looked up, such as ``np.mean``, or an operator's first operand.

    Calls and keys in it are left out: ``f(…).mean``, ``params[…]``.
    """
    sign: str = ""
    """The operator, such as ``@`` or ``-=``."""
    module: str = ""
    """The module that the function is of, or the class of the object, if that is known."""
    of_list: bool = False
    """Whether a list or a tuple is among the arguments."""
    taker: Written | None = None
    """What the line does with the result, where that is a part of a larger expression."""


def written(frame: FrameType) -> Written:
    """Return what the running instruction of a frame does.

    Example:
        >>> import sys
        >>> class Asked:
        ...     def __float__(self):
        ...         print(written(sys._getframe(1)))
        ...         return 0.5
        >>> import math
        >>> _ = math.sqrt(Asked())
        Written(kind='call', name='math.sqrt', sign='', module='math', of_list=False, taker=None)
    """
    code = frame.f_code
    every = list(instructions(code))
    steps = [
        step for step, after in pairwise([*every, every[-1]])
        if step.opname not in _WITHOUT_PLACE and after.opname != "CALL_KW"  # its keywords' names
    ]  # fmt: skip
    runs = sum(step.offset <= frame.f_lasti for step in steps) - 1
    if runs < 0:
        return Written("")
    taker = _taker(steps, runs)
    taken = _written(steps[: taker + 1], frame) if taker else None
    return _written(steps[: runs + 1], frame)._replace(taker=taken)


def _written(steps: list[dis.Instruction], frame: FrameType) -> Written:
    """Return what the last of these steps does."""
    kind, sign = _kind_of(steps[-1])
    if kind in ("", "store", "comparison", "text", "mapping"):
        return Written(kind)
    begin = _beginning(steps)
    name, value = _named(begin, frame)
    if sign == "%" and isinstance(value, str):
        return Written("text")
    if kind == "attribute":
        return Written(kind, f"{name}.{steps[-1].argval}")
    rest = steps[steps.index(begin[-1]) + 1 :] if begin else []
    return Written(kind, name, sign, _module_of(value), any(_is_list(s, frame) for s in rest))


def _taker(steps: list[dis.Instruction], index: int) -> int | None:
    """Return which step takes what one makes: the next whose place in the source is around its."""
    if _is_of_assertion(steps[index + 1]):
        return index + 1
    inner = _place(steps[index])
    for later, step in enumerate(steps[index + 1 :], index + 1):
        outer = _place(step)
        loads = step.opname.startswith("LOAD_") and not _is_attribute(step)  # a text's format
        if inner and outer and outer != inner and not loads:
            if outer[0] <= inner[0] and inner[1] <= outer[1]:
                # A tuple is a step on the way, as in "%d: %s" % (step, value).
                return _taker(steps, later) if step.opname == "BUILD_TUPLE" else later
    return None


def _kind_of(step: dis.Instruction) -> tuple[str, str]:
    if step.opname.startswith(("CALL", "PRECALL")):
        return "call", ""
    if step.opname == "BINARY_SUBSCR" or step.argrepr == "[]":
        return "index", ""
    if step.opname == "BINARY_OP":
        return "operator", step.argrepr
    if _is_attribute(step):
        return "attribute", ""
    if step.opname in ("COMPARE_OP", "CONTAINS_OP", "IS_OP") or _is_of_assertion(step):
        return "comparison", ""
    if step.opname.startswith("FORMAT_"):
        return "text", ""
    if step.opname in ("BUILD_MAP", "BUILD_CONST_KEY_MAP", "MAP_ADD"):
        return "mapping", ""
    return "store" if step.opname.startswith("STORE_S") else "", ""


def _beginning(steps: list[dis.Instruction]) -> list[dis.Instruction]:
    """Return the steps that make what the last one takes first: an expression begins with it."""
    start = _start(steps[-1])
    return [
        step for step in steps[:-1]
        if start and _start(step) == start
    ]  # fmt: skip


_WITHOUT_PLACE = frozenset("CACHE COPY EXTENDED_ARG KW_NAMES NOP PRECALL PUSH_NULL SWAP".split())
"""Instructions that stand for nothing in the source."""


def _named(steps: list[dis.Instruction], frame: FrameType) -> tuple[str, Any]:
    """Return what steps look up, as it is written; and, if only names were looked up, itself."""
    name, value = "", None
    for step in steps:
        kind, _ = _kind_of(step)
        if _is_attribute(step):
            name += f".{step.argval}"
            value = getattr(value, step.argval, None)
        elif _is_load(step):  # of a loop the last one: all before are of other expressions
            name, value = step.argval, _looked_up(step.argval, frame)
        else:
            name += {"call": "(…)", "index": "[…]"}.get(kind, "…")
            value = step.argval if step.opname == "LOAD_CONST" else None
    return (f"…{name}" if name.startswith((".", "(", "[")) else name), value


def _module_of(value: Any) -> str:
    """Return the module of a function, or of the class of what a method is of."""
    if value is None:
        return ""
    own = getattr(value, "__self__", None)
    module = getattr(value, "__module__", None) or type(value if own is None else own).__module__
    return str(module)


def _start(step: dis.Instruction) -> tuple[int, int] | None:
    place = _place(step)
    return place and place[0]


def _place(step: dis.Instruction) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Return where the source of a step begins and ends, each as line and column."""
    where = step.positions
    if where is None or None in where:
        return None
    line, last, begin, end = (n or 0 for n in where)
    return (line, begin), (last, end)


def _is_attribute(step: dis.Instruction) -> bool:
    return step.opname in ("LOAD_ATTR", "LOAD_METHOD")


def _is_of_assertion(step: dis.Instruction) -> bool:
    """Return whether a part of an assertion is kept, as pytest rewrites it."""
    return step.opname.startswith("STORE_") and str(step.argval).startswith("@py_assert")


def _is_load(step: dis.Instruction) -> bool:
    """Return whether a variable or an attribute is looked up, under a name."""
    looks = ("LOAD_NAME", "LOAD_GLOBAL", "LOAD_FAST", "LOAD_DEREF", "LOAD_ATTR", "LOAD_METHOD")
    return step.opname.startswith(looks) and isinstance(step.argval, str)


def _is_list(step: dis.Instruction, frame: FrameType) -> bool:
    if isinstance(step.argval, CodeType):
        return step.argval.co_name == "<listcomp>"
    if _is_load(step) and not _is_attribute(step):
        return isinstance(_looked_up(step.argval, frame), (list, tuple))
    return step.opname in ("BUILD_LIST", "BUILD_TUPLE")


def _looked_up(name: str, frame: FrameType) -> Any:
    for space in (frame.f_locals, frame.f_globals, frame.f_builtins):
        if name in space:
            return space[name]
    return None
