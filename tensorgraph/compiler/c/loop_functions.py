"""The C of loops that run together, row by row: one function for each group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tensorgraph.compiler.c_functions import ALIGNED, C_TYPES, TYPES, literal, text_of
from tensorgraph.compiler.loops.fusion import Group
from tensorgraph.compiler.loops.nests import collapsed, deepest, segments, starts, stored_once
from tensorgraph.compiler.loops.scalars import (
    Buffer,
    Index,
    Place,
    Scalar,
    load,
)
from tensorgraph.compiler.loops.statements import Loop

ROW_BYTES = 1 << 15
"""The largest row that is kept on the stack between loops of a group."""

_COMBINING = {
    "add": "{0} += {1};",
    "multiply": "{0} *= {1};",
    "maximum": "{0} = {1} > {0} | {1} != {1} ? {1} : {0};",
    "minimum": "{0} = {1} < {0} | {1} != {1} ? {1} : {0};",
    "logical_and": "{0} &= {1} != 0;",
    "logical_or": "{0} |= {1} != 0;",
}
_IN_A_LOOP = _COMBINING | {
    "maximum": "{0} = {1} > {0} ? {1} : {0};",
    "minimum": "{0} = {1} < {0} ? {1} : {0};",
}
"""The same as compilers can do it for several elements at a time: without what is not a number."""
_CLAUSES = {
    "add": "+",
    "multiply": "*",
    "maximum": "max",
    "minimum": "min",
    "logical_and": "&",
    "logical_or": "|",
}


class Function:
    """A function of C: its text, which is the same for equal work, and the memory it works on."""

    def __init__(self, text: str, buffers: Sequence[Buffer], starts: Sequence[int]) -> None:
        self.text, self.buffers, self.starts = text, buffers, starts
        """``text`` takes the function's name for ``@``; it works on ``buffers``, each from an
        element on, so that steps of a recurrence are calls of one function."""


def function_of(group: Group, needed: set[Buffer]) -> Function:
    """Return the function that runs a group of loops.

    Args:
        group: the loops.
        needed: the buffers that others read, or that the caller does.
    """
    return _Writer(group, needed).function()


class _Writer:
    def __init__(self, group: Group, needed: set[Buffer]) -> None:
        self.rows = group.rows
        self.segments = segments(group.loops)
        self.made = {loop.out: loop for loop in group.loops}
        self.needed = needed
        self.lines: list[str] = []
        self.depth = 1
        self.names = 0
        self.buffers: dict[Buffer, str] = {}
        self.forwarded: set[Buffer] = set()
        """What is at hand as a local value wherever it is read."""
        self.row_buffers: dict[Buffer, str] = {}
        self.known: dict[Scalar, str] = {}
        """Names of values that hold for the whole function, or for the row at hand."""
        self.uses_numbers = False
        self.starts = starts(group.loops)

    # ------------------------------------------------------------------------------------- writing

    def line(self, text: str) -> None:
        self.lines.append("  " * self.depth + text)

    def open(self, text: str) -> None:
        self.line(text + " {")
        self.depth += 1

    def close(self) -> None:
        self.depth -= 1
        self.line("}")

    def name(self, letter: str) -> str:
        self.names += 1
        return f"{letter}{self.names}"

    def pointer(self, buffer: Buffer) -> str:
        return self.buffers.setdefault(buffer, f"b{len(self.buffers)}")

    def function(self) -> Function:
        self._divide()
        nests = [collapsed(s, first=0 if len(self.segments) == 1 else 1) for s in self.segments]
        loops = [loop for nest in nests for loop in nest]
        for loop in loops:
            self._begin(loop)
        whole = [loop for loop in loops if deepest(loop) < 0 and loop.combine]
        totals = {loop: self._accumulator(loop) for loop in whole}
        if len(nests) == 1 or self.rows == 0 or not loops[0].dims:
            for segment in nests:
                self._nest(segment, 0, totals, dict(self.known))
        else:
            self._hoisted(loops, -1, self.known)
            self.open(f"for (int64_t i0 = 0; i0 < {self.rows}; i0++)")
            outside = dict(self.known)
            for segment in nests:
                self._nest(segment, 1, totals, self.known)
            self.known = outside
            self.close()
        for loop, total in totals.items():
            self._finish(loop, total, self.known)
        body = "\n".join(self.lines)
        written = set(self.made)
        parameters = [
            f"{'' if b in written else 'const '}{TYPES[b.dtype.name]} *restrict {n}"
            for b, n in self.buffers.items()
        ]
        if self.uses_numbers:
            parameters.append("const double *restrict numbers")
        rows = "".join(
            f"  {TYPES[b.dtype.name]} {n}[{abs(self.made[b].at.step(0))}] {ALIGNED};\n"
            for b, n in self.row_buffers.items()
        )
        text = f"static void @({', '.join(parameters)}) {{\n{rows}{body}\n}}"
        return Function(text, list(self.buffers), [self.starts[b] for b in self.buffers])

    # ------------------------------------------------------------------- what needs which memory

    def _divide(self) -> None:
        """Tell what is at hand where it is read, and what is kept for the row."""
        users: dict[Buffer, list[tuple[int, Index]]] = {}
        for i, segment in enumerate(self.segments):
            for loop in segment:
                for place in loop.loads():
                    if place.buffer in self.made:
                        users.setdefault(place.buffer, []).append((i, place.index))
        for i, segment in enumerate(self.segments):
            for loop in segment:
                if loop.out.kind != "temporary" or loop.out in self.needed or loop.last:
                    continue
                read = users.get(loop.out, [])
                same = all(index == loop.at for _, index in read)
                if loop.combine:
                    if same and deepest(loop) == 0 and stored_once(loop):
                        self.forwarded.add(loop.out)
                elif same and (len(loop.dims) <= 1 or all(user == i for user, _ in read)):
                    self.forwarded.add(loop.out)
                elif abs(loop.at.step(0)) * loop.out.dtype.itemsize <= ROW_BYTES and loop.dims:
                    self.row_buffers[loop.out] = f"row{len(self.row_buffers)}"

    def _begin(self, loop: Loop) -> None:
        """Write neutral values to memory where others are added to them."""
        if not loop.combine or loop.onto or stored_once(loop):
            return
        target, text = self.pointer(loop.out), _neutral(loop.combine, loop.out.dtype)
        self.line(f"for (int64_t i = 0; i < {loop.out.size}; i++) {target}[i] = {text};")

    # ---------------------------------------------------------------------------------- the loops

    def _nest(
        self,
        segment: Sequence[Loop],
        d: int,
        totals: dict[Loop, str],
        known: dict[Scalar, str],
    ) -> None:
        """Write the loops of a segment from variable ``d`` on, with what they compute."""
        dims = segment[0].dims
        level = d - 1
        self._hoisted(segment, level, known)
        sums = {
            loop: self._accumulator(loop)
            for loop in segment
            if loop.combine and deepest(loop) == level and level >= 0 and level < len(dims) - 1
        }
        totals = totals | sums
        if d == len(dims):
            self._body(segment, totals, known)
            return
        if dims[d] > 0:
            if d == len(dims) - 1:
                self._vectorised(segment, totals, dims[d])
            self.open(f"for (int64_t i{d} = 0; i{d} < {dims[d]}; i{d}++)")
            self._nest(segment, d + 1, totals, dict(known))
            self.close()
        for loop, total in sums.items():
            self._finish(loop, total, known)

    def _vectorised(self, segment: Sequence[Loop], totals: dict[Loop, str], n: int) -> None:
        if n < 4 or any(loop.at.gathered for loop in segment):
            return
        clauses: dict[str, list[str]] = {}
        for loop in segment:
            if loop in totals:
                clauses.setdefault(_CLAUSES[loop.combine or ""], []).append(totals[loop])
                if _may_be_nan(loop):
                    clauses.setdefault("|", []).append(f"nan_{totals[loop]}")
        told = "".join(f" reduction({sign}: {', '.join(n)})" for sign, n in clauses.items())
        self.line(f"#pragma omp simd{told}")

    def _body(
        self, segment: Sequence[Loop], totals: dict[Loop, str], known: dict[Scalar, str]
    ) -> None:
        stores = []
        for loop in segment:
            value = self._value(loop.value, known)
            if loop in totals:
                total = totals[loop]
                stores.append(_IN_A_LOOP[loop.combine or ""].format(total, value))
                if _may_be_nan(loop):
                    stores.append(f"nan_{total} |= {value} != {value};")
            elif loop.combine:
                target = self._element(loop.out, loop.at, known)
                stores.append(_COMBINING[loop.combine].format(target, value))
            else:
                if not loop.last:
                    known[load(loop.out, loop.at)] = value
                if loop.out in self.forwarded:
                    continue
                stores.append(f"{self._element(loop.out, loop.at, known)} = {value};")
        for text in stores:
            self.line(text)

    def _accumulator(self, loop: Loop) -> str:
        name = self.name("a")
        kind = self._sum_type(loop)
        self.line(f"{kind} {name} = {_neutral(loop.combine, loop.out.dtype)};")
        if _may_be_nan(loop):
            self.line(f"int nan_{name} = 0;")
        return name

    def _sum_type(self, loop: Loop) -> str:
        if loop.combine in ("logical_and", "logical_or"):
            return "int"
        return TYPES[loop.out.dtype.name]

    def _finish(self, loop: Loop, total: str, known: dict[Scalar, str]) -> None:
        """Write what was added up for one place."""
        result = self.name("r")
        value = f"nan_{total} ? NAN : {total}" if _may_be_nan(loop) else total
        self.line(f"const {TYPES[loop.out.dtype.name]} {result} = {value};")
        known[load(loop.out, loop.at)] = result
        if loop.out in self.forwarded:
            return
        target = self._element(loop.out, loop.at, known)
        if stored_once(loop):
            self.line(f"{target} = {result};")
        else:
            self.line(_COMBINING[loop.combine or ""].format(target, result))

    # ----------------------------------------------------------------------------------- formulas

    def _element(self, buffer: Buffer, index: Index, known: dict[Scalar, str]) -> str:
        """Return an element of a buffer, or of what is kept for the row at hand only.

        What its place is computed from is written first.
        """
        row = self.row_buffers.get(buffer)
        if row is not None:
            index = Index(index.offset, (0, *index.steps[1:]), index.gathered)
            return f"{row}[{self._index(index, known)}]"
        where = self._index(index.plus(-self.starts[buffer]), known)
        return f"{self.pointer(buffer)}[{where}]"

    def _hoisted(self, segment: Sequence[Loop], level: int, known: dict[Scalar, str]) -> None:
        """Compute what changes with no variable behind ``level``, before the loops over those."""
        if len(segment[0].dims) - 1 == level:
            return  # the body computes it
        inside = {load(loop.out, loop.at) for loop in segment if not (loop.combine or loop.last)}
        roots = [x for loop in segment for x in (loop.value, *(v for v, _ in loop.at.gathered))]
        varying: set[Scalar] = set()
        for x in _operands_first(roots):
            if x in inside or self._level(x) > level or varying & {*x.args}:
                varying.add(x)
            elif x.op != "constant":
                self._value(x, known)

    def _level(self, x: Scalar) -> int:
        """Return the last variable that a value itself is read by; −1 if by none."""
        if x.op not in ("load", "index"):
            return -1
        index = x.extra.index if x.op == "load" else x.extra
        return max((d for d, step in enumerate(index.steps) if step), default=-1)

    def _value(self, x: Scalar, known: dict[Scalar, str]) -> str:
        """Return a name for a value, after writing what it is computed from."""
        stack = [x]
        while stack:
            y = stack[-1]
            if y.op == "constant" or y in known:
                stack.pop()
                continue
            missing = [z for z in y.args if z.op != "constant" and z not in known]
            if missing:
                stack.extend(missing)
                continue
            stack.pop()
            name = self.name("v")
            self.line(f"const {_local(y.dtype)} {name} = {self._formula(y, known)};")
            known[y] = name
        return literal(x.extra, x.dtype) if x.op == "constant" else known[x]

    def _formula(self, x: Scalar, known: dict[Scalar, str]) -> str:
        if x.op == "number":
            self.uses_numbers = True
            return f"numbers[{x.extra}]"
        if x.op == "load":
            place: Place = x.extra
            return self._element(place.buffer, place.index, known)
        if x.op == "index":
            return self._index(x.extra, known)
        args = [literal(y.extra, y.dtype) if y.op == "constant" else known[y] for y in x.args]
        if x.op == "cast":
            return f"{args[0]} != 0" if x.dtype.kind == "b" else f"({TYPES[x.dtype.name]}){args[0]}"
        kind = x.args[-1].dtype
        template = text_of(x.op, kind)
        assert template is not None, (x.op, kind)
        return template.format(*args, f="f" if kind == np.float32 else "")

    def _index(self, index: Index, known: dict[Scalar, str]) -> str:
        parts = [f"i{d}" if s == 1 else f"{s} * i{d}" for d, s in enumerate(index.steps) if s]
        for value, step in index.gathered:
            parts.append(f"(int64_t){self._value(value, known)} * {step}")
        if index.offset or not parts:
            parts.append(str(index.offset))
        return " + ".join(parts)


def _local(dtype: np.dtype[Any]) -> str:
    """Return the type of a value at hand: of a boolean one as wide as most of what it chooses."""
    return "int" if dtype == np.bool_ else C_TYPES[dtype]


def _may_be_nan(loop: Loop) -> bool:
    return loop.combine in ("maximum", "minimum") and loop.out.dtype.kind == "f"


def _operands_first(roots: Iterable[Scalar]) -> list[Scalar]:
    """Return all that formulas are made of, what others are made of before them."""
    done: dict[Scalar, None] = {}
    stack = list(roots)
    while stack:
        x = stack[-1]
        missing = [y for y in x.args if y not in done]
        if missing:
            stack.extend(missing)
            continue
        done[stack.pop()] = None
    return list(done)


def _neutral(combine: str | None, dtype: np.dtype[Any]) -> str:
    """Return what changes nothing when it is combined with."""
    if combine in ("maximum", "minimum"):
        low = combine == "maximum"
        if dtype.kind == "f":
            return "-INFINITY" if low else "INFINITY"
        if dtype.kind == "b":
            return "0" if low else "1"
        ends = np.iinfo(dtype)
        return literal(int(ends.min if low else ends.max), dtype)
    return {"add": "0", "multiply": "1", "logical_and": "1", "logical_or": "0"}[combine or "add"]
