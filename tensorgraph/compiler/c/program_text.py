"""A program in C: the text of all its functions, and what each part of it works on.

Where a kernel of NumPy's has to run in between, the program is in parts: each part is a function of
C, and what the kernel computes is handed to the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorgraph.compiler.arena import Span, places
from tensorgraph.compiler.bit_generators import C_TEXT, HEADER
from tensorgraph.compiler.c.convolutions import convolution_of
from tensorgraph.compiler.c.loop_functions import Function, function_of
from tensorgraph.compiler.c.products import BLAS, product_of
from tensorgraph.compiler.c_functions import PRELUDE, TYPES
from tensorgraph.compiler.loops.fusion import Group, fused
from tensorgraph.compiler.loops.lowering import Lowering
from tensorgraph.compiler.loops.scalars import Buffer
from tensorgraph.compiler.loops.statements import Call, Check, Convolution, Draw, Product

FAILED = 2
"""What a part returns where the first check of a dataflow does not hold, and so on for the others;
for indices out of range one less."""

MEMORY, NUMBERS, LAPS, FIRST = 0, 1, 2, 3
"""Places in the table of pointers that parts are given: what the program itself owns, and what
follows."""

CLOCK = """
#include <time.h>
static int64_t now(void) { struct timespec t; timespec_get(&t, TIME_UTC);
  return INT64_C(1000000000) * t.tv_sec + t.tv_nsec; }
"""
"""What a program that is timed begins with besides."""


class CProgram:
    """The text of a program, and the memory that it needs."""

    def __init__(self, lowering: Lowering, integer: str | None) -> None:
        """Write the program of a lowered dataflow.

        Args:
            lowering: its statements.
            integer: the type of BLAS's integers in C; ``None`` if there is no BLAS to call.
        """
        self.groups = fused(lowering.statements)
        needed = _needed(self.groups)
        self._functions: dict[str, str] = {}
        self._integer = integer
        steps = [self._step(group, needed) for group in self.groups]
        self.generators = FIRST
        """Where pointers to sources of random numbers begin in the table that parts are given."""
        self.given: dict[Buffer, int] = {}
        """The place of each buffer, other than temporaries, in that table."""
        first = FIRST + len(lowering.generators)
        for buffer in [*lowering.arrays, *lowering.outputs, *(b for s in steps for b in s.buffers)]:
            if buffer.kind != "temporary":
                self.given.setdefault(buffer, first + len(self.given))
        self.places, self.memory = _memory(steps)
        self.lines = [step if isinstance(step, Call) else self._line(step) for step in steps]
        """What each of the groups is: a line of C, or a kernel that is called."""
        self.parts: list[int | Call] = []
        """What runs one after the other: parts of the program by number, and calls of kernels."""
        self._in_c: list[list[tuple[int, str]]] = []
        """The lines of each part, with the place of each."""
        self._divide()
        self._draws = sorted({step.op.name for step in steps if isinstance(step, Draw)})
        self.source = self._text(timed=False)

    def _step(self, group: Group, needed: set[Buffer]) -> Function | Call | Check | Draw:
        first = group.statements[0]
        if isinstance(first, Product):
            return product_of(first, self._integer is not None)
        if isinstance(first, Convolution):
            return convolution_of(first)
        if isinstance(first, (Call, Check, Draw)):
            return first
        return function_of(group, needed)

    def _divide(self) -> None:
        """Let the lines between two calls of kernels be a part."""
        for k, line in enumerate(self.lines):
            if isinstance(line, Call):
                self.parts.append(line)
                continue
            if not self.parts or isinstance(self.parts[-1], Call):
                self.parts.append(len(self._in_c))
                self._in_c.append([])
            self._in_c[-1].append((k, line))

    # ------------------------------------------------------------------------------------ the text

    @property
    def timed_source(self) -> str:
        """The same program, which also tells what each of ``groups`` takes.

        It adds nanoseconds to the integers at the pointer ``LAPS``.
        """
        return self._text(timed=True)

    def _text(self, timed: bool) -> str:
        text = [PRELUDE, CLOCK] if timed else [PRELUDE]
        if self._draws:
            text += [HEADER, *(C_TEXT[name] for name in self._draws)]
        if self._integer:
            text += [
                BLAS.replace("@", self._integer),
                "static sgemm_t sgemm;",
                "static dgemm_t dgemm;",
            ]
            text.append("void set_products(void *s, void *d) { sgemm = s; dgemm = d; }")
        text += [body.replace("@", name, 1) for body, name in self._functions.items()]
        for i, lines in enumerate(self._in_c):
            text.append(f"int part{i}(void **restrict p) {{")
            text.append(f"  char *restrict w = p[{MEMORY}];")
            text.append(f"  const double *restrict numbers = p[{NUMBERS}];")
            if timed:
                text.append(f"  int64_t *laps = p[{LAPS}], before = now(), after;")
                lap = "  after = now(); laps[{0}] += after - before; before = after;"
                lines = [(k, f"{line}\n{lap.format(k)}") for k, line in lines]
            text += [*(f"  {line}" for _, line in lines), "  return 0;", "}"]
        return "\n".join(text) + "\n"

    def _line(self, step: Function | Check | Draw) -> str:
        if isinstance(step, Check):
            return f"if (!*{self._pointer(step.holds)}) return {step.code + FAILED};"
        if isinstance(step, Draw):
            return self._draw(step)
        name = self._functions.setdefault(step.text, f"f{len(self._functions)}")
        args = [
            self._pointer(buffer, start)
            for buffer, start in zip(step.buffers, step.starts, strict=True)
        ]
        numbers = ["numbers"] if "*restrict numbers" in step.text.split("{", 1)[0] else []
        return f"{name}({', '.join([*args, *numbers])});"

    def _draw(self, step: Draw) -> str:
        p = [repr(float(value)) for value in step.numbers]
        kind = f"_{TYPES[step.out.dtype.name]}" if step.out.dtype.kind == "f" else ""
        name = step.op.name + kind
        args = [
            f"p[{self.generators + step.generator}]",
            *p,
            self._pointer(step.out),
            str(step.out.size),
        ]
        return f"draw_{name}({', '.join(args)});"

    def _pointer(self, buffer: Buffer, start: int = 0) -> str:
        kind = TYPES[buffer.dtype.name]
        if buffer in self.places:
            return f"({kind} *)(w + {self.places[buffer] + start * buffer.dtype.itemsize})"
        return f"({kind} *)p[{self.given[buffer]}]" + f" + {start}" * bool(start)


def _needed(groups: Sequence[Group]) -> set[Buffer]:
    """Return the buffers that must be in memory: read by other groups, or written several times."""
    readers: dict[Buffer, set[int]] = {}
    writers: dict[Buffer, list[int]] = {}
    for i, group in enumerate(groups):
        for buffer in group.reads():
            readers.setdefault(buffer, set()).add(i)
        for buffer in group.writes():
            writers.setdefault(buffer, []).append(i)
    return {b for b, w in writers.items() if len(w) > 1 or readers.get(b, set()) - {*w}}


def _memory(steps: Sequence[Any]) -> tuple[dict[Buffer, int], int]:
    """Return where each temporary stands, and how large the memory of all of them is."""
    spans: dict[Buffer, Span] = {}
    for i, step in enumerate(steps):
        for buffer in step.buffers:
            if buffer.kind == "temporary":
                born = spans[buffer].born if buffer in spans else i
                spans[buffer] = Span(max(buffer.nbytes, 1), born, i)
    begins, size = places(list(spans.values()))
    return dict(zip(spans, begins, strict=True)), size
