"""Formulas: expressions as a reader sees them, before it is decided how they are set.

Layout (new axes, broadcasting, casts) is left out; sums, products and fractions are gathered. The
printers for text, LaTeX and MathML each walk over these few kinds of parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph.formulas.writing.broadcasting import (
    HIDDEN,
    Layout,
    bare,
    column_and_row,
    index,
    only_adds_axes,
    rearranges,
)
from tensorgraph.symbolic.expr import Expr

UNSEEN = ("dtype", "keepdims", "axis")
"""Static parameters that a formula leaves out, or shows as a subscript."""

RELATIONS = {
    "equal": "=", "not_equal": "≠", "less": "<", "less_equal": "≤", "greater": ">",
    "greater_equal": "≥",
}  # fmt: skip


@dataclass(frozen=True)
class Formula:
    """A part of a formula.

    Kinds: ``equation``, ``name``, ``number``, ``negative``, ``sum`` (of signed terms), ``product``
    (``text`` holds the signs between the factors), ``matmul``, ``fraction``, ``power``, ``root``,
    ``derivative``, ``absolute``, ``transpose``, ``reduce`` (over ``axes``), ``call``, ``test`` (1
    where a relation holds), ``item``.
    """

    kind: str
    parts: tuple[Formula, ...] = ()
    text: str = ""
    axes: tuple[int, ...] | None = ()
    """The axes that a reduction takes or a function works along; ``None`` for all."""


def formula(e: Expr, names: Mapping[Expr, str]) -> Formula:
    """Return an expression as a formula, in which what has a name is not spelt out."""
    return _Writer(names).write(e)


class _Writer:
    def __init__(self, names: Mapping[Expr, str]) -> None:
        self.names = names
        self.layout = Layout(names)

    def write(self, e: Expr) -> Formula:
        if e in self.names:
            return Formula("name", text=self.names[e])
        if e.value is not None:
            text = _constant(e)
            return Formula("name" if text.endswith("]") else "number", text=text)
        if e.op is None:
            return Formula("name", text=e.name or "x")
        writer = getattr(self, f"_{e.op.name}", None)
        return writer(e) if writer else self._other(e)

    def _parts(self, e: Expr) -> tuple[Formula, ...]:
        """Write the operands, each with where it stands if that would be misread."""
        parts = tuple(map(self.write, e.args))
        if not self.layout.misread(e):
            return parts
        vectors = column_and_row(e)
        if vectors is not None:  # vectors are columns, so that a row is one transposed
            row = vectors[1]
            return (*parts[:row], Formula("transpose", (parts[row],)), *parts[row + 1 :])
        return tuple(
            Formula("item", (part,), index(x)) if self.layout.shift(x) else part
            for part, x in zip(parts, e.args, strict=True)
        )

    def _moved(self, e: Expr) -> Formula:
        if not rearranges(e):
            return self.write(e.args[0])
        return Formula("call", self._parts(e), f"reshape[{_lengths(e.shape)}]")

    _broadcast_to = _reshape = _expand_dims = _squeeze = _astype = _positive = _moved

    def _add(self, e: Expr) -> Formula:
        return self._sum_of(e, "+")

    def _subtract(self, e: Expr) -> Formula:
        return self._sum_of(e, "−")

    def _sum_of(self, e: Expr, sign: str) -> Formula:
        x, y = self._parts(e)
        terms = list(x.parts) if x.kind == "sum" else [x]
        signs = x.text if x.kind == "sum" else "+"
        if y.kind == "negative":
            y, sign = y.parts[0], "−" if sign == "+" else "+"
        return Formula("sum", (*terms, y), signs + sign)

    def _negative(self, e: Expr) -> Formula:
        (x,) = self._parts(e)
        return x.parts[0] if x.kind == "negative" else Formula("negative", (x,))

    def _multiply(self, e: Expr) -> Formula:
        vectors = column_and_row(e) if self.layout.misread(e) else None
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
        left, right = map(bare, e.args)
        alike = left.shape == right.shape and not self.layout.misread(e)
        sign = " " if 1 in (left.size, right.size) else "∘" if alike else "·"
        factors = x.parts if x.kind == "product" else (x,)
        signs = x.text if x.kind == "product" else ""
        return Formula("product", (*factors, y), signs + sign)

    def _divide(self, e: Expr) -> Formula:
        x, y = self._parts(e)
        if y.kind == "number" and y.text == "1":
            return x
        if x.kind == "negative":
            return Formula("negative", (Formula("fraction", (x.parts[0], y)),))
        if x.kind == "fraction":
            below = Formula("product", (x.parts[1], y), " ")
            return Formula("fraction", (x.parts[0], below))
        return Formula("fraction", (x, y))

    def _reciprocal(self, e: Expr) -> Formula:
        return Formula("fraction", (Formula("number", text="1"), *self._parts(e)))

    def _square(self, e: Expr) -> Formula:
        return Formula("power", (*self._parts(e), Formula("number", text="2")))

    def _power(self, e: Expr) -> Formula:
        return Formula("power", self._parts(e))

    def _sqrt(self, e: Expr) -> Formula:
        return Formula("root", self._parts(e))

    _root = _sqrt  # as optimizers have it

    def _abs(self, e: Expr) -> Formula:
        return Formula("absolute", self._parts(e))

    def _clip(self, e: Expr) -> Formula:
        bounds = (e.static[key] for key in ("min", "max"))
        ends = [Formula("number", text=_number(n)) for n in bounds if n is not None]
        return Formula("call", (*self._parts(e), *ends), "clip")

    def _body(self, e: Expr) -> Formula:
        """Write an operation as what it is defined to be."""
        assert e.op is not None and e.op.body is not None
        return self.write(e.op.body(*e.args, **e.static))

    _center = _rms = _affine = _dropout = _softmax_minus_one_hot = _body
    _sigmoid_cross_entropy = _softmax_cross_entropy = _class_cross_entropy = _body

    def _matmul(self, e: Expr) -> Formula:
        x, y = self._parts(e)
        return Formula("matmul", (*(x.parts if x.kind == "matmul" else (x,)), y))

    def _linear(self, e: Expr) -> Formula:
        x, weight, bias = self._parts(e)
        return Formula("sum", (Formula("matmul", (x, Formula("transpose", (weight,)))), bias), "++")

    def _matrix_transpose(self, e: Expr) -> Formula:
        (x,) = self._parts(e)
        return x.parts[0] if x.kind == "transpose" else Formula("transpose", (x,))

    def _permute_dims(self, e: Expr) -> Formula:
        if e.static["axes"] == tuple(range(e.ndim))[::-1] and e.ndim == 2:
            return self._matrix_transpose(e)
        if e.static["axes"] == tuple(range(e.ndim)):
            return self.write(e.args[0])
        return Formula("call", self._parts(e), "permute_dims", e.static["axes"])

    def _sum(self, e: Expr) -> Formula:
        return self._reduced(e, "Σ")

    def _prod(self, e: Expr) -> Formula:
        return self._reduced(e, "Π")

    def _mean(self, e: Expr) -> Formula:
        return self._reduced(e, "mean")

    def _max(self, e: Expr) -> Formula:
        return self._reduced(e, "max")

    def _min(self, e: Expr) -> Formula:
        return self._reduced(e, "min")

    def _reduced(self, e: Expr, symbol: str) -> Formula:
        x = e.args[0]
        wide = {i for i, n in enumerate(x.shape) if n != 1}
        axes = e.static["axis"]
        return Formula("reduce", self._parts(e), symbol, None if wide <= set(axes) else axes)

    def _where(self, e: Expr) -> Formula:
        condition, x, y = self._parts(e)
        return Formula("call", (Formula("bare", (condition,)), x, y), "where")

    def _softmax(self, e: Expr) -> Formula:
        return Formula("call", self._parts(e), "softmax", e.static["axis"])

    def _one_hot(self, e: Expr) -> Formula:
        return Formula("call", self._parts(e), "one_hot")

    def _log_softmax(self, e: Expr) -> Formula:
        return Formula("call", self._parts(e), "log softmax", e.static["axis"])

    def _logsumexp(self, e: Expr) -> Formula:
        return Formula("call", self._parts(e), "log Σ exp", e.static["axis"])

    def _getitem(self, e: Expr) -> Formula:
        key = e.static["key"]
        if only_adds_axes(e):
            return self.write(e.args[0])
        indices = iter(map(self.write, e.args[1:]))
        parts, texts = [self.write(e.args[0])], []
        for k in key:
            if isinstance(k, str):
                parts.append(next(indices))
                texts.append("?")
            else:
                texts.append(_key(k))
        return Formula("item", tuple(parts), ", ".join(texts))

    def _other(self, e: Expr) -> Formula:
        assert e.op is not None
        if e.op.name in RELATIONS:
            return Formula("test", self._parts(e), RELATIONS[e.op.name])
        hidden = UNSEEN if isinstance(e.static.get("axis", ()), tuple) else UNSEEN[:2]
        static = {k: v for k, v in e.static.items() if v != e.op.defaults.get(k)}
        shown = ", ".join(f"{k}={_static(v)}" for k, v in static.items() if k not in hidden)
        symbol = e.op.symbol if e.op.symbol in ("σ", "log σ") else e.op.name
        axes = e.static.get("axis")
        return Formula(
            "call",
            self._parts(e),
            f"{symbol}[{shown}]" if shown else symbol,
            axes if isinstance(axes, tuple) else (),
        )


def _outer(column: Formula, row: Formula) -> Formula:
    """Write a column times a row, both vectors, as a product of matrices; numbers come first."""
    if column.kind == "negative":
        return Formula("negative", (_outer(column.parts[0], row),))
    numbers, column = _numbers(column)
    others, row = _numbers(row)
    result = Formula("matmul", (column, Formula("transpose", (row,))))
    numbers = (*numbers, *others)
    return Formula("product", (*numbers, result), " " * len(numbers)) if numbers else result


def _numbers(f: Formula) -> tuple[tuple[Formula, ...], Formula]:
    """Return the numbers by which an array is multiplied, and the array."""
    plain = f.kind == "product" and not f.text.strip()
    return (f.parts[:-1], f.parts[-1]) if plain else ((), f)


def _constant(e: Expr) -> str:
    array = np.asarray(e.value)
    if array.size > 1 and (array != array.flat[0]).any():
        return f"const[{_lengths(e.shape)}]"
    return _number(array.flat[0].item()) if array.size else f"empty[{_lengths(e.shape)}]"


def _number(value: Any) -> str:
    if isinstance(value, float) and np.isfinite(value):
        if value != int(value):
            return f"{value:.6g}"
        return str(int(value)) if abs(value) < 1e15 else repr(value)
    return str(value)


def _lengths(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


def _static(value: Any) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_key, value))})"
    return _key(value)


def _key(part: Any) -> str:
    if isinstance(part, slice):
        ends = ["" if end is None else str(end) for end in (part.start, part.stop, part.step)]
        return ":".join(ends if ends[2] else ends[:2])
    return "…" if part is Ellipsis else str(part)


def cost(e: Expr, names: Mapping[Expr, str]) -> float:
    """Return how much there is to read in a formula."""
    known: dict[Expr, float] = {}

    def below(x: Expr) -> tuple[Expr, ...]:
        return () if x in names else x.args

    stack = [(e, False)]
    while stack:
        x, done = stack.pop()
        if x in known:
            continue
        if x in names or not x.args:
            known[x] = 1.0
        elif done:
            assert x.op is not None
            own = 2.0 if rearranges(x) else WEIGHTS.get(x.op.name, 2.0)
            known[x] = own + sum(known[y] for y in below(x))
        else:
            stack.append((x, True))
            stack.extend((y, False) for y in below(x))
    return known[e]


WEIGHTS = {
    **dict.fromkeys(HIDDEN, 0.0),
    **dict.fromkeys(("add", "subtract", "multiply", "divide", "negative"), 0.5),
    **dict.fromkeys(("matmul", "matrix_transpose", "power", "square"), 0.5),
    **dict.fromkeys(("sum", "mean"), 1.0),
    "softmax_minus_one_hot": 12.0,  # what it is says more
}
"""What reading an operation's sign costs; a function costs more."""
