"""Formulas: expressions as a reader sees them, before it is decided how they are set.

An operation is written by the kind of notation in its record. New axes, broadcasting and casts are
left out; sums, products and fractions are gathered. The printers for text, LaTeX and MathML each
walk over these few kinds of parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from tensorgraph.engine.domain import Boolean
from tensorgraph.engine.notation import Notation
from tensorgraph.formulas.writing.broadcasting import (
    Placement,
    around,
    bare,
    column_and_row,
    index,
    only_adds_axes,
    rearranges,
    repetition,
)
from tensorgraph.ops._axes import some_axes
from tensorgraph.ops.contract import matmul
from tensorgraph.symbolic.expr import Expr, lift

UNSEEN = ("dtype", "keepdims", "axis")
"""Static parameters that a formula leaves out, or shows as a subscript."""

Kind = Literal[
    "equation", "derivative", "name", "number", "negative", "sum", "product", "matmul", "fraction",
    "power", "root", "enclosed", "transpose", "reduction", "function", "relation", "condition",
    "item", "repeated", "step", "series",
]  # fmt: skip
"""The kinds of parts that a formula has; where an operation's notation has that kind, its name.
A condition is a relation that stands for itself, not for 1 where it holds. What is repeated stands
in several places, which the text names. A step is a name with an index, or an index alone; a
series is a sum over steps, which its text tells."""


@dataclass(frozen=True)
class Formula:
    """A part of a formula."""

    kind: Kind
    parts: tuple[Formula, ...] = ()
    text: str = ""
    """A name, a number or a sign; of a sum the signs of all terms, of a product those between."""
    axes: tuple[int, ...] | None = ()
    """The axes that a reduction takes or a function works along; ``None`` for all."""
    latex: str = ""
    """The sign in LaTeX, where it differs."""


def inverse_of(f: Formula) -> Formula | None:
    """Return x of a transposed inverse, which is written x⁻ᵀ; ``None`` of anything else."""
    inner = f.parts[0]
    if inner.kind == "power" and inner.parts[1] == Formula("number", text="-1"):
        return inner.parts[0]
    return None


def is_tall(f: Formula) -> bool:
    """Return whether something stands above something else."""
    big = (f.kind == "reduction" and not f.text.isascii()) or f.kind == "series"
    return big or f.kind in ("fraction", "derivative") or any(map(is_tall, f.parts))


def formula(e: Expr, names: Mapping[Expr, str]) -> Formula:
    """Return an expression as a formula, in which what has a name is not spelt out."""
    return _Writer(names).write(e)


def result(e: Expr, names: Mapping[Expr, str]) -> Formula:
    """Return an expression as a formula that says where what it shows is repeated."""
    found, places = formula(e, names), "" if e in names else repetition(e)
    return Formula("repeated", (found,), places) if places else found


class _Writer:
    def __init__(self, names: Mapping[Expr, str]) -> None:
        self.names = names
        self.placement = Placement(names)

    def write(self, e: Expr) -> Formula:
        if e in self.names:
            return Formula("name", text=self.names[e])
        if e.value is not None:
            text = "pi" if e.size == 1 and e.value == np.pi else _constant(e)
            return Formula(
                "name" if text in ("pi", "I") or text.endswith("]") else "number", text=text
            )
        if e.op is None:
            return Formula("name", text=e.name or "x")
        return WRITERS[e.op.notation.kind](self, e)

    def _parts(self, e: Expr) -> tuple[Formula, ...]:
        """Write the operands, each with where it stands if that would be misread."""
        parts = tuple(map(self.write, e.args))
        if not self.placement.misread(e):
            return parts
        vectors = column_and_row(e)
        if vectors is not None:  # vectors are columns, so that a row is one transposed
            row = vectors[1]
            return (*parts[:row], Formula("transpose", (parts[row],)), *parts[row + 1 :])
        return tuple(
            part if self.placement.shift(x) == 0 else Formula("item", (part,), index(x))
            for part, x in zip(parts, e.args, strict=True)
        )

    def hidden(self, e: Expr) -> Formula:
        if not rearranges(e):
            return self.write(e.args[0])
        return Formula("function", self._parts(e), f"reshape[{_lengths(e.shape)}]")

    def sum(self, e: Expr) -> Formula:
        sign, (x, y) = _notation(e).sign, self._parts(e)
        terms = list(x.parts) if x.kind == "sum" else [x]
        signs = x.text if x.kind == "sum" else "+"
        if y.kind == "negative":
            y, sign = y.parts[0], "−" if sign == "+" else "+"
        return Formula("sum", (*terms, y), signs + sign)

    def negative(self, e: Expr) -> Formula:
        (x,) = self._parts(e)
        return x.parts[0] if x.kind == "negative" else Formula("negative", (x,))

    def product(self, e: Expr) -> Formula:
        vectors = column_and_row(e) if self.placement.misread(e) else None
        if vectors is not None:
            column, row = (self.write(e.args[i]) for i in vectors)
            return _outer(column, row)
        x, y = self._parts(e)
        if e.args[0] is e.args[1] and x.kind != "number":
            return Formula("power", (x, Formula("number", text="2")))
        if x.kind == "number" and x.text == "1":
            return y
        if y.kind == "number" and y.text == "1":
            return x
        if x.kind == "negative":
            inner = self._joined(e, x.parts[0], y)
            return Formula("negative", (inner,))
        if x.kind == "fraction" and y.kind != "fraction":
            return Formula("fraction", (self._joined(e, x.parts[0], y), x.parts[1]))
        return self._joined(e, x, y)

    def _joined(self, e: Expr, x: Formula, y: Formula) -> Formula:
        if x.kind == "number" and x.text == "1":
            return y
        left, right = (x if x in self.names else bare(x) for x in e.args)
        alike = left.shape == right.shape and not self.placement.misread(e)
        sign = " " if 1 in (left.size, right.size) else "∘" if alike else "·"
        factors = x.parts if x.kind == "product" else (x,)
        signs = x.text if x.kind == "product" else ""
        return Formula("product", (*factors, y), signs + sign)

    def fraction(self, e: Expr) -> Formula:
        parts = self._parts(e)
        x, y = parts if len(parts) == 2 else (Formula("number", text="1"), *parts)
        if y.kind == "number" and y.text == "1":
            return x
        if x.kind == "negative":
            return Formula("negative", (Formula("fraction", (x.parts[0], y)),))
        if x.kind == "fraction":
            below = Formula("product", (x.parts[1], y), " ")
            return Formula("fraction", (x.parts[0], below))
        return Formula("fraction", (x, y))

    def power(self, e: Expr) -> Formula:
        exponent = _notation(e).sign
        given = (Formula("number", text=exponent),) if exponent else ()
        return Formula("power", (*self._parts(e), *given))

    def root(self, e: Expr) -> Formula:
        return Formula("root", self._parts(e))

    def enclosed(self, e: Expr) -> Formula:
        if len(e.args) == 1 and "axis" in e.static and not _over_all(e):
            return self.function(e)  # ‖x‖₁ is another length
        return Formula("enclosed", self._parts(e), _notation(e).sign)

    def body(self, e: Expr) -> Formula:
        return self.write(_body(e))

    def matmul(self, e: Expr) -> Formula:
        x, y = e.args
        left, right = self._parts(e)
        if x.ndim == 1 and y.ndim <= 2:  # vectors are columns
            if y.ndim == 2:
                return _matmul(_transposed(right), left)
            left = self._as_row(x)
        return _matmul(left, right)

    def _as_row(self, e: Expr) -> Formula:
        """Write a vector as a row; where it is a row times a matrix, as that."""
        if (
            e not in self.names
            and e.op is matmul.op
            and e.args[0].ndim == 1
            and e.args[1].ndim == 2
        ):
            return _matmul(self._as_row(e.args[0]), self.write(e.args[1]))
        return _transposed(self.write(e))

    def transpose(self, e: Expr) -> Formula:
        axes = e.static.get("axes", (1, 0))
        if axes == tuple(range(e.ndim)):
            return self.write(e.args[0])
        (x,) = self._parts(e)
        if axes != (1, 0):
            return Formula("function", (x,), "permute_dims", axes)
        return _transposed(x)

    def reduction(self, e: Expr) -> Formula:
        notation, axes = _notation(e), some_axes(e.static["axis"], e.args[0].ndim)
        over = None if _over_all(e) else axes
        return Formula("reduction", self._parts(e), notation.sign, over, notation.latex)

    def relation(self, e: Expr) -> Formula:
        notation = _notation(e)
        return Formula("relation", self._operands(e), notation.sign, latex=notation.latex)

    def _operands(self, e: Expr) -> tuple[Formula, ...]:
        """Write a function's operands; what is only asked whether it holds, without brackets."""
        assert e.op is not None
        asked = {name for name, domain in e.op.domain.items() if domain == Boolean()}
        return tuple(
            replace(part, kind="condition")
            if part.kind == "relation" and e.op.operand_name(i) in asked
            else part
            for i, part in enumerate(self._parts(e))
        )

    def item(self, e: Expr) -> Formula:
        if only_adds_axes(e):
            return self.write(e.args[0])
        indices = iter(map(self.write, e.args[1:]))
        parts, texts = [self.write(e.args[0])], []
        for k in e.static["key"]:
            if isinstance(k, str):
                parts.append(next(indices))
                texts.append("?")
            else:
                texts.append(_key(k))
        return Formula("item", tuple(parts), ", ".join(texts))

    def function(self, e: Expr) -> Formula:
        assert e.op is not None
        notation, axes = e.op.notation, e.static.get("axis", ())
        named = notation.kind == "function" and notation.sign
        name = notation.sign if named else e.op.name
        if notation.arguments is not None:
            values = [e.static[key] for key in notation.arguments]
            numbers = [Formula("number", text=_number(n)) for n in values if n is not None]
            return Formula("function", (*self._operands(e), *numbers), name, latex=notation.latex)
        axes = (axes,) if type(axes) is int else axes or ()
        static = {k: v for k, v in e.static.items() if v != e.op.defaults.get(k)}
        if "key" in static:  # which elements tells what the shape is
            shown = ", ".join("·" if isinstance(k, str) else _key(k) for k in static["key"])
        else:
            shown = ", ".join(f"{k}={_static(v)}" for k, v in static.items() if k not in UNSEEN)
        vector = len(e.args) == 1 and e.args[0].ndim == 1
        along = () if vector else axes
        if shown:
            return Formula("function", self._operands(e), f"{name}[{shown}]", along)
        return Formula("function", self._operands(e), name, along, notation.latex)


WRITERS: dict[str, Callable[[_Writer, Expr], Formula]] = {
    "hidden": _Writer.hidden, "sum": _Writer.sum, "negative": _Writer.negative,
    "product": _Writer.product, "fraction": _Writer.fraction, "power": _Writer.power,
    "root": _Writer.root, "enclosed": _Writer.enclosed, "body": _Writer.body,
    "matmul": _Writer.matmul, "transpose": _Writer.transpose, "reduction": _Writer.reduction,
    "relation": _Writer.relation, "item": _Writer.item, "function": _Writer.function,
}  # fmt: skip
"""What writes each kind of notation."""


def _notation(e: Expr) -> Notation:
    assert e.op is not None
    return e.op.notation


def _over_all(e: Expr) -> bool:
    """Return whether an operation works along all axes of its operand; db = Σ₁ dZ is a column."""
    (x,) = e.args
    axes = some_axes(e.static["axis"], x.ndim)
    return all(i in axes or (n == 1 and not e.ndim) for i, n in enumerate(x.shape))


def written_of(e: Expr) -> tuple[Expr, ...]:
    """Return what a formula is written of: the operands, or the body where that is written."""
    return (_body(e),) if _is_body(e) else e.args


def _is_body(e: Expr) -> bool:
    return e.op is not None and e.op.notation.kind == "body"


def _body(e: Expr) -> Expr:
    """Return what the body of an operation's record makes of its operands."""
    assert e.op is not None and e.op.body is not None
    return lift(e.op.body(*e.args, **e.static))


def _outer(column: Formula, row: Formula) -> Formula:
    """Write a column times a row, both vectors, as a product of matrices; numbers come first."""
    if column.kind == "negative":
        return Formula("negative", (_outer(column.parts[0], row),))
    numbers, column = _numbers(column)
    others, row = _numbers(row)
    result = Formula("matmul", (column, Formula("transpose", (row,))))
    numbers = (*numbers, *others)
    return Formula("product", (*numbers, result), " " * len(numbers)) if numbers else result


def _matmul(x: Formula, y: Formula) -> Formula:
    parts = [part for f in (x, y) for part in (f.parts if f.kind == "matmul" else (f,))]
    return Formula("matmul", tuple(parts))


def _transposed(f: Formula) -> Formula:
    return f.parts[0] if f.kind == "transpose" else Formula("transpose", (f,))


def _numbers(f: Formula) -> tuple[tuple[Formula, ...], Formula]:
    """Return the numbers by which an array is multiplied, and the array."""
    plain = f.kind == "product" and not f.text.strip()
    return (f.parts[:-1], f.parts[-1]) if plain else ((), f)


def _constant(e: Expr) -> str:
    array = np.asarray(e.value)
    if array.size > 1 and array.ndim == 2 and np.array_equal(array, np.eye(*array.shape)):
        return "I"
    if array.size > 1 and (array != array.flat[0]).any():
        return f"const[{_lengths(e.shape)}]"
    return _number(array.flat[0].item()) if array.size else f"empty[{_lengths(e.shape)}]"


def _number(value: Any) -> str:
    if isinstance(value, float) and np.isfinite(value):
        if value != int(value):
            text = f"{value:.6g}"
            return text if float(text) % 1 else f"{value:.15g}"  # 1 + 1e-8 is not 1
        return str(int(value)) if abs(value) < 1e15 else repr(value)
    return str(value)


def _lengths(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


def _static(value: Any) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_key, value))})"
    return _key(value)


def key_text(key: Iterable[Any]) -> str:
    """Return an index as it is written between brackets: ``:, 3``."""
    return ", ".join(map(_key, key))


def _key(part: Any) -> str:
    if isinstance(part, slice):
        ends = ["" if end is None else str(end) for end in (part.start, part.stop, part.step)]
        return ":".join(ends if ends[2] else ends[:2])
    return "…" if part is Ellipsis else str(part)


def cost(
    e: Expr, names: Mapping[Expr, str], bodies: dict[Expr, tuple[Expr, ...]] | None = None
) -> float:
    """Return how much there is to read in a formula; where a body is written, in that.

    Args:
        e: the formula.
        names: what has a name.
        bodies: those read before, which are added to.
    """
    known: dict[Expr, float] = {}
    read = {} if bodies is None else bodies

    def below(x: Expr) -> tuple[Expr, ...]:
        if not _is_body(x):
            return x.args
        if x not in read:
            read[x] = written_of(x)
        return read[x]

    outside = set(around(e, names))
    stack = [(e, False)]
    while stack:
        x, done = stack.pop()
        if x in known:
            continue
        if x in names or not x.args:
            known[x] = 1.0 if x in names or not _is_decimal(x.value) else LONG_DECIMAL
        elif done:
            assert x.op is not None
            own = WEIGHTS.get(x.op.notation.kind, 2.0)
            if rearranges(x) or _says_axes(x):
                own = 1.0 if x in outside else 2.0
            known[x] = own + sum(known[y] for y in below(x))
        else:
            stack.append((x, True))
            stack.extend((y, False) for y in below(x))
    return known[e]


def _is_decimal(value: Any) -> bool:
    """Return whether a number has so many digits that a reader does not see what it is."""
    if value is None or np.size(value) != 1:
        return False
    number = np.asarray(value).item()
    return number != np.pi and len(_number(number)) > 6


LONG_DECIMAL = 6.0
"""What reading a decimal such as 0.693147 costs."""


def _says_axes(e: Expr) -> bool:
    """Return whether a transpose has to say in which order axes are."""
    axes = e.static.get("axes", (1, 0))
    return e.op is not None and e.op.notation.kind == "transpose" and axes != (1, 0)


WEIGHTS = {
    "hidden": 0.0, "sum": 0.5, "negative": 0.5, "product": 0.5, "fraction": 0.5, "power": 0.5,
    "matmul": 0.5, "transpose": 0.5, "reduction": 1.0, "body": 0.0,
}  # fmt: skip
"""What reading each kind of notation costs, beside the operands; a function costs 2. So does
a reshape, or axes in another order; where they stand around it all, 1."""
