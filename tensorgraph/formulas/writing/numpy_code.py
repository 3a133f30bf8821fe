"""Formulas as Python: a function of NumPy arrays that stands by itself."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from textwrap import indent
from typing import Any

import numpy as np

from tensorgraph.engine.declaration_checks import OPERATORS, function_body
from tensorgraph.engine.op import REGISTRY, Op
from tensorgraph.errors import ArgumentError
from tensorgraph.symbolic.expr import Expr, in_order, lift, make

SIGN, ATTRIBUTE, WHOLE = 6, 8, 9
"""How tightly a part holds together that is no operator's: one with a sign, one with a dot or
brackets after it, a name or a call."""


def _is_name(code: str) -> bool:
    """Return whether a record's code is a function's name, as ``np.exp``."""
    return re.fullmatch(r"\w+(\.\w+)+", code) is not None


FUNCTIONS = {
    name
    for name, op in REGISTRY.items()
    if op.code and not (op.code in OPERATORS or op.code.startswith(".") or _is_name(op.code))
}
"""The operations for which NumPy has no word: code that holds them defines a function for each."""


def python(
    label: str,
    definitions: Mapping[Expr, tuple[str, Expr]],
    names: Mapping[Expr, str],
    results: Sequence[str],
    called: Mapping[str, str],
) -> str:
    """Return the source of a function that computes gradients.

    Args:
        label: the function's name.
        definitions: what to compute: by the value that it is, a name and a formula.
        names: what stands in formulas by name.
        results: the names to return.
        called: Python's name for each name.

    Raises:
        ArgumentError: a formula holds an operation that has no counterpart in NumPy.
    """
    writer = _Code(names, called)
    steps = _in_order_of_use(definitions, names)
    lines = [f"    {called[name]} = {writer.whole(e)}" for name, e in steps]
    made = {called[name] for name, _ in steps}
    arguments = [a for a in writer.arguments if a not in made]
    returned = ", ".join(called[name] for name in results)
    helpers = [_source(op, name) for name, op in _with_those_called(writer.helpers).items()]
    constants = [f"{name} = {text}\n" for name, text in writer.constants.items()]
    imports = "import math\n\n" if any("math." in text for text in helpers) else ""
    parts = [f"{imports}import numpy as np\n", *helpers, *constants]
    head = f"def {label}({', '.join(arguments)}):"
    return "\n\n".join([*parts, "\n".join([head, *lines, f"    return {returned}"])]) + "\n"


def _in_order_of_use(
    definitions: Mapping[Expr, tuple[str, Expr]], names: Mapping[Expr, str]
) -> list[tuple[str, Expr]]:
    """Return names with what they are, spelt out, each after those it uses."""
    spelt = {e: _spelt_out(formula, names) for e, (_, formula) in definitions.items()}
    done: dict[Expr, tuple[str, Expr]] = {}
    stack = [(e, False) for e in list(spelt)[::-1]]
    opened: set[Expr] = set()
    while stack:
        e, ready = stack.pop()
        if ready:
            done[e] = definitions[e][0], spelt[e]
        elif e not in opened:
            opened.add(e)
            stack.append((e, True))
            used = _parts(spelt[e], names)
            stack += [(x, False) for x in used if x in spelt and x not in opened]
    return list(done.values())


def _parts(e: Expr, names: Mapping[Expr, str]) -> list[Expr]:
    """Return what a value is made of, down to what has a name, operands first."""
    return in_order([e], lambda x: () if x in names and x is not e else x.args)


def _spelt_out(e: Expr, names: Mapping[Expr, str]) -> Expr:
    """Return an expression in which fused operations are what they are defined to be."""
    done: dict[Expr, Expr] = {}
    for x in _parts(e, names):
        if x.op is None or (x in names and x is not e):
            done[x] = x
            continue
        args = tuple(done[y] for y in x.args)
        same = all(y is z for y, z in zip(args, x.args, strict=True))
        done[x] = x if same else make(x.op, args, x.static, x.shape, x.dtype)
        if x.op.body is not None and x.op.code is None:
            done[x] = _spelt_out(lift(x.op.body(*args, **x.static)), names)
    return done[e]


def _with_those_called(helpers: Mapping[str, Op]) -> dict[str, Op]:
    """Return operations by their function's name, each after those whose functions it calls."""
    found: dict[str, Op] = {}
    for name, op in helpers.items():
        words = re.findall(r"(?<![.\w])(\w+)\(", op.code or "")
        called = {word: REGISTRY[word] for word in words if word in FUNCTIONS}
        found |= {**_with_those_called(called), name: op}
    return found


def _source(op: Op, name: str) -> str:
    """Return an operation's code as a function of that name."""
    inputs = [f"*{key[1:]}" if key.startswith("*") else key for key in op.vjp]
    body = indent(function_body(op.code or ""), "    ")
    return f"def {name}({', '.join([*inputs, *op.defaults])}):\n{body}\n"


def identifiers(names: Iterable[str]) -> dict[str, str]:
    """Return a name that Python takes for each name, no two alike."""
    taken = {"np", "math", *FUNCTIONS}
    found: dict[str, str] = {}
    for name in names:
        if name not in found:
            own = re.sub(r"\W", "_", name.replace("′", "_2").replace("\u0302", "_hat"))
            own = own if own.isidentifier() else f"_{own}"
            while own in taken or keyword.iskeyword(own):
                own += "_"
            taken.add(own)
            found[name] = own
    return found


class _Code:
    def __init__(self, names: Mapping[Expr, str], called: Mapping[str, str]) -> None:
        self.names, self.called = names, called
        self.arguments: dict[str, None] = {}
        self.helpers: dict[str, Op] = {}
        self.constants: dict[str, str] = {}

    def whole(self, e: Expr) -> str:
        """Return an expression's text, the operands written before it."""
        texts: dict[Expr, tuple[str, int]] = {}
        for x in _parts(e, self.names):
            texts[x] = self._write(x, texts, own=x is e)
        return texts[e][0]

    def _write(self, e: Expr, texts: Mapping[Expr, tuple[str, int]], own: bool) -> tuple[str, int]:
        if (e in self.names and not own) or e.is_input:
            name = self.called[self.names.get(e) or e.name or "x"]
            self.arguments[name] = None
            return name, WHOLE
        if e.value is not None:
            value = self._constant(e)
            return value, SIGN if value.startswith("-") else WHOLE
        return self._apply(e, [texts[x] for x in e.args])

    def _apply(self, e: Expr, args: Sequence[tuple[str, int]]) -> tuple[str, int]:
        """Return an operation on operands whose text is known."""
        assert e.op is not None
        code, static = e.op.code, e.static
        if e.op.notation.kind == "item":
            return f"{_in(args[0], ATTRIBUTE)}[{_key(static['key'], args[1:])}]", ATTRIBUTE
        if e.op.notation.kind == "transpose" and static.get("axes", (1, 0)) == (1, 0):
            return f"{_in(args[0], ATTRIBUTE)}.{'T' if e.ndim == 2 else 'mT'}", ATTRIBUTE
        if code is None:
            raise ArgumentError(
                f"python(): the formula holds {e.op.name!r}, whose record says neither in NumPy nor"
                f' by a body what it computes; declare it with code="…" over {e.op.inputs}'
            )
        if code in OPERATORS:
            return self._operator(code, args)
        if code.startswith("."):
            values = ", ".join(map(_argument, static.values()))
            return f"{_in(args[0], ATTRIBUTE)}{code}({values})", WHOLE
        keywords = [f"{k}={_argument(v)}" for k, v in static.items()]
        if _is_name(code):  # which keeps no axes unless told
            told = [k for k in keywords if k != "keepdims=False"]
            return f"{code}({', '.join([a for a, _ in args] + told)})", WHOLE
        name = self._helper(e.op)
        return f"{name}({', '.join([a for a, _ in args] + keywords)})", WHOLE

    def _operator(self, sign: str, args: Sequence[tuple[str, int]]) -> tuple[str, int]:
        if len(args) == 1:
            return f"{sign}{_in(args[0], SIGN)}", SIGN
        (x, y), tight = args, OPERATORS[sign]
        left, right = _in(x, tight + (sign == "**")), _in(y, tight + (sign != "**"))
        gap = "" if sign == "**" else " "
        return f"{left}{gap}{sign}{gap}{right}", tight

    def _helper(self, op: Op) -> str:
        """Return the name of the function that an operation's code becomes."""
        if op.name in FUNCTIONS and REGISTRY[op.name] is op:
            self.helpers[op.name] = op
            return op.name
        name = identifiers([op.name])[op.name]
        while name in self.called.values() or self.helpers.get(name, op) is not op:
            name += "_"
        self.helpers[name] = op
        return name

    def _constant(self, e: Expr) -> str:
        array = np.asarray(e.value)
        if array.ndim == 0:
            return _argument(array.item())
        name = f"CONSTANT_{len(self.constants)}"
        values = f"array({_argument(array.tolist())}" if array.size else f"empty({array.shape}"
        self.constants[name] = f"np.{values}, dtype='{array.dtype}')"
        return name


def _in(part: tuple[str, int], tightness: int) -> str:
    return part[0] if part[1] >= tightness else f"({part[0]})"


def _argument(value: Any) -> str:
    text = f"'{value}'" if isinstance(value, np.dtype) else repr(value)
    return re.sub(r"\b(nan|inf)\b", r"np.\1", text)


def _key(key: Sequence[Any], indices: Sequence[tuple[str, int]]) -> str:
    rest = iter(indices)
    texts = []
    for k in key:
        if isinstance(k, slice):
            ends = ["" if end is None else str(end) for end in (k.start, k.stop, k.step)]
            texts.append(":".join(ends if ends[2] else ends[:2]))
        else:
            texts.append(next(rest)[0] if k == "array" else "..." if k is Ellipsis else str(k))
    return ", ".join(texts) or "()"
