"""Formulas as Python: a function of NumPy arrays that stands by itself."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from inspect import cleandoc
from typing import Any

import numpy as np

from tensorgraph.errors import ArgumentError
from tensorgraph.formulas.writing.in_numpy import HELPERS
from tensorgraph.symbolic.expr import Expr, in_order, make

INFIX = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "matmul": "@", "power": "**",
    "equal": "==", "not_equal": "!=", "less": "<", "less_equal": "<=", "greater": ">",
    "greater_equal": ">=", "floor_divide": "//", "remainder": "%", "bitwise_and": "&",
    "bitwise_or": "|", "bitwise_xor": "^",
}  # fmt: skip
TIGHTNESS = {"+": 4, "-": 4, "*": 5, "/": 5, "@": 5, "//": 5, "%": 5, "**": 7, "&": 3, "^": 2,
             "|": 1}  # fmt: skip

NUMPY = {
    "exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh",
    "tanh", "asinh", "acosh", "atanh", "abs", "sign", "where", "maximum", "minimum", "floor",
    "ceil", "trunc", "log1p", "expm1", "log2", "log10", "exp2", "logaddexp", "square",
    "reciprocal", "sum", "mean", "max", "min", "prod", "broadcast_to", "reshape", "expand_dims",
    "squeeze", "flip", "tril", "triu", "logical_and", "logical_or", "logical_not", "logical_xor",
    "isnan", "isinf", "isfinite", "argmax", "argmin", "any", "all", "positive", "clip",
    "bitwise_invert", "round", "roll", "repeat",
}  # fmt: skip


def python(
    label: str,
    steps: Sequence[tuple[str, Expr]],
    names: Mapping[Expr, str],
    results: Sequence[str],
    called: Mapping[str, str],
) -> str:
    """Return the source of a function that computes gradients.

    Args:
        label: the function's name.
        steps: what to compute, each with its name, in order.
        names: what stands in formulas by name.
        results: the names to return.
        called: Python's name for each name.

    Raises:
        ArgumentError: a formula holds an operation that has no counterpart in NumPy.
    """
    writer = _Code(names, called)
    lines = []
    known: dict[Expr, str] = {}
    for name, e in steps:
        lines.append(f"    {called[name]} = {writer.whole(e, known)}")
    made = {called[name] for name, _ in steps}
    arguments = [a for a in writer.arguments if a not in made]
    returned = ", ".join(called[name] for name in results)
    helpers = [cleandoc(HELPERS[name]) + "\n" for name in _with_those_called(writer.helpers)]
    constants = [f"{name} = {text}\n" for name, text in writer.constants.items()]
    imports = "import math\n\n" if any("math." in text for text in helpers) else ""
    parts = [f"{imports}import numpy as np\n", *helpers, *constants]
    head = f"def {label}({', '.join(arguments)}):"
    return "\n\n".join([*parts, "\n".join([head, *lines, f"    return {returned}"])]) + "\n"


def _with_those_called(helpers: Iterable[str]) -> list[str]:
    """Return functions by name, each after those that it calls."""
    found: dict[str, None] = {}
    for name in helpers:
        called = [h for h in HELPERS if h != name and re.search(rf"\b(?<!\.){h}\(", HELPERS[name])]
        found |= dict.fromkeys([*_with_those_called(called), name])
    return list(found)


def identifiers(names: Iterable[str]) -> dict[str, str]:
    """Return a name that Python takes for each name, no two alike."""
    taken = {"np", *HELPERS}
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


def has_code(name: str) -> bool:
    """Return whether an operation is written as it is, not as what it is defined to be."""
    return name in HELPERS or name in NUMPY or name in INFIX


class _Code:
    def __init__(self, names: Mapping[Expr, str], called: Mapping[str, str]) -> None:
        self.names, self.called = names, called
        self.arguments: dict[str, None] = {}
        self.helpers: dict[str, None] = {}
        self.constants: dict[str, str] = {}

    def whole(self, e: Expr, known: dict[Expr, str]) -> str:
        """Return an expression's text, the operands written before it."""
        e = self._spelt_out(e)
        texts: dict[Expr, tuple[str, int]] = {}
        for x in in_order([e], lambda x: () if x in self.names and x is not e else x.args):
            texts[x] = self._write(x, texts, own=x is e)
        return texts[e][0]

    def _spelt_out(self, e: Expr) -> Expr:
        """Return an expression in which fused operations are what they are defined to be."""
        done: dict[Expr, Expr] = {}
        for x in in_order([e], lambda x: () if x in self.names and x is not e else x.args):
            if x.op is None or (x in self.names and x is not e):
                done[x] = x
                continue
            args = tuple(done[y] for y in x.args)
            same = all(y is z for y, z in zip(args, x.args, strict=True))
            done[x] = x if same else make(x.op, args, x.static, x.shape, x.dtype)
            if x.op.body is not None and not has_code(x.op.name):
                done[x] = self._spelt_out(x.op.body(*args, **x.static))
        return done[e]

    def _write(self, e: Expr, texts: Mapping[Expr, tuple[str, int]], own: bool) -> tuple[str, int]:
        if (e in self.names and not own) or e.is_input:
            name = self.called[self.names.get(e) or e.name or "x"]
            self.arguments[name] = None
            return name, 9
        if e.value is not None:
            value = self._constant(e)
            return value, 6 if value.startswith("-") else 9
        assert e.op is not None
        name, args = e.op.name, [texts[x] for x in e.args]
        if name in INFIX:
            return self._infix(INFIX[name], args)
        if name == "negative":
            return f"-{_in(args[0], 6)}", 6
        if name == "matrix_transpose" or (name == "permute_dims" and e.static["axes"] == (1, 0)):
            return f"{_in(args[0], 8)}.{'T' if e.ndim == 2 else 'mT'}", 8
        if name == "permute_dims":
            return f"np.transpose({args[0][0]}, {e.static['axes']})", 9
        if name == "astype":
            return f"{_in(args[0], 8)}.astype('{e.dtype}')", 8
        if name == "getitem":
            return f"{_in(args[0], 8)}[{_key(e.static['key'], args[1:])}]", 8
        return self._call(e, args), 9

    def _infix(self, sign: str, args: Sequence[tuple[str, int]]) -> tuple[str, int]:
        (x, y), tight = args, TIGHTNESS.get(sign, 0)
        left, right = _in(x, tight + (sign == "**")), _in(y, tight + (sign != "**"))
        gap = "" if sign == "**" else " "
        return f"{left}{gap}{sign}{gap}{right}", tight

    def _call(self, e: Expr, args: Sequence[tuple[str, int]]) -> str:
        assert e.op is not None
        name = e.op.name
        if name in HELPERS:
            self.helpers[name] = None
            static = [f"{key}={_argument(value)}" for key, value in e.static.items()]
            return f"{name}({', '.join([a for a, _ in args] + static)})"
        if name == "einsum":
            return f"np.einsum({e.static['subscripts']!r}, {', '.join(a for a, _ in args)})"
        if name not in NUMPY:
            raise ArgumentError(
                f"python(): the formula holds {name!r}, for which NumPy has no function; the"
                " formula itself is in .gradients"
            )
        static = [
            f"{key}={_argument(value)}"
            for key, value in e.static.items()
            if not (key == "keepdims" and value is False)
        ]
        return f"np.{name}({', '.join([a for a, _ in args] + static)})"

    def _constant(self, e: Expr) -> str:
        array = np.asarray(e.value)
        if array.ndim == 0:
            return _argument(array.item())
        name = f"CONSTANT_{len(self.constants)}"
        self.constants[name] = f"np.array({_argument(array.tolist())}, dtype='{array.dtype}')"
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
