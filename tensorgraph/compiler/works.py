"""What a program does one after the other, as people read it: in lists, pictures and profiles.

Back ends tell it alike: loops that run together, products, kernels, draws and checks are *works*,
made of *pieces*, each of which writes one array in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tensorgraph.compiler.dataflow import Dataflow
from tensorgraph.compiler.joined_arrays import part_of
from tensorgraph.compiler.loops.fusion import Group
from tensorgraph.compiler.loops.scalars import Buffer, Scalar, Shape, parts_of
from tensorgraph.compiler.loops.statements import (
    Check,
    Draw,
    Loop,
    Product,
    Statement,
    Stored,
    given,
)
from tensorgraph.symbolic.expr import Expr

REDUCTIONS = {
    "add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min", "logical_and": "all",
    "logical_or": "any",
}  # fmt: skip
"""What is made of many values by combining them, by NumPy's name for that."""
SILENT = ("constant", "number", "load", "index")
"""Parts of formulas that compute nothing."""
MOST_NAMES = 6
"""So many operations are named in a title."""


@dataclass(frozen=True, eq=False)
class Piece:
    """A loop, a product, a kernel, a draw or a check.

    Example:
        >>> Piece(("multiply", "add", "multiply"), "elementwise", (64, 10), (), None).text
        'multiply ×2, add'
    """

    names: tuple[str, ...]
    """What is computed: operations in their order."""
    family: str
    """The family of the operation that it is, or is most like."""
    shape: Shape
    """Over which it runs."""
    reads: tuple[Buffer, ...]
    out: Buffer | None

    @property
    def text(self) -> str:
        """What is computed, each operation once."""
        return _counted(self.names)


@dataclass(frozen=True, eq=False)
class Work:
    """What a program does at one go."""

    kind: str
    """That of its statements: ``"loops"``, ``"product"``, ``"kernel"`` and so on."""
    pieces: tuple[Piece, ...]

    @property
    def over(self) -> str:
        """How far it runs: the shape of what is largest in it."""
        return shape_text(max((piece.shape for piece in self.pieces), key=_size))

    @property
    def text(self) -> str:
        """What is computed, each operation once."""
        return _counted([name for piece in self.pieces for name in piece.names])

    @property
    def title(self) -> str:
        """What it is, in a few words: ``loops 64 × 10: exp, sum``."""
        return f"{self.kind} {self.over}: {self.text}".replace(" :", ":")


def shape_text(shape: Shape) -> str:
    """Return the lengths of axes: ``64 × 10``.

    Example:
        >>> shape_text((64, 10)), shape_text(())
        ('64 × 10', '1')
    """
    return " × ".join(map(str, shape)) or "1"


def works_of(groups: Iterable[Group]) -> list[Work]:
    """Return what groups of statements do."""
    works = []
    for group in groups:
        done: set[Scalar] = set()  # what several loops have in common is computed once
        pieces = tuple(_piece(s, done) for s in group.statements)
        works.append(Work(group.statements[0].kind, pieces))
    return works


def works_of_kernels(computed: Iterable[Expr], dataflow: Dataflow) -> list[Work]:
    """Return what kernels do that compute expressions one after the other."""
    memory = {e: given(e, dataflow.parts.get(e, ())) for e in dataflow.arrays}
    outputs, written = {*dataflow.outputs}, {new: e for e, new in dataflow.written.items()}
    works = []
    for e in computed:
        assert e.op is not None
        reads = tuple(dict.fromkeys(x for arg in e.args for x in _sources(memory, arg)))
        kind = "output" if e in outputs else "temporary"
        before = memory[written[e]] if e in written else None
        # Parts of their own: what was there before may still be read.
        parts = (
            (Buffer(p.shape, p.dtype, kind, name=p.name) for p in before.parts) if before else ()
        )
        name = before.name if before else None
        memory[e] = Buffer(e.shape, e.dtype, kind, name=name, parts=parts)
        works.append(Work("kernel", (Piece((e.op.name,), e.op.family, e.shape, reads, memory[e]),)))
    return works


def _sources(memory: Mapping[Expr, Buffer], e: Expr) -> tuple[Buffer, ...]:
    """Return the memory of which an expression is a view."""
    while e not in memory and e.args:
        part = part_of(e)
        if part and part.whole in memory:
            return memory[part.whole].touched(range(part.start, part.stop))
        e = e.args[0]
    return (memory[e],) if e in memory else ()


def _piece(s: Statement, done: set[Scalar]) -> Piece:
    reads = tuple(dict.fromkeys(x for memory, reach in _reached(s) for x in memory.touched(reach)))
    if isinstance(s, Loop):
        functions = [x for x in reversed([*parts_of(s.value)]) if x.op not in SILENT]
        names = [x.op for x in functions if x not in done]
        done.update(functions)
        if s.combine:
            names.append("scatter" if s.onto else REDUCTIONS[s.combine])
        family = "reduce" if s.combine else "elementwise" if functions else "shape"
        last = functions[-1].op if functions else _moving(s)
        return Piece((*names,) or (last,), family, s.dims, reads, s.out)
    if isinstance(s, Product):
        return Piece((_factors(s.x, s.y),), "contract", s.out.shape, reads, s.out)
    if isinstance(s, Check):
        return Piece(("must hold",), "reduce", (), reads, None)
    return Piece((s.op.name,), s.op.family, s.out.shape, reads, s.out)


def _reached(s: Statement) -> Iterable[tuple[Buffer, range | None]]:
    """Return the memory that a statement reads, and from where to where in it."""
    if isinstance(s, Loop):
        return [(place.buffer, place.index.reach(s.dims)) for place in s.loads()]
    if isinstance(s, Draw | Check):
        return [(memory, None) for memory in s.reads()]
    return [(view.buffer, view.reach) for view in s.views()]


def _moving(loop: Loop) -> str:
    """Return what a loop does that computes nothing."""
    return "fill" if loop.value.op in ("constant", "number") else "copy"


def _factors(x: Stored, y: Stored) -> str:
    return f"({shape_text(x.shape[-2:])}) @ ({shape_text(y.shape[-2:])})"


def _size(shape: Shape) -> tuple[int, int]:
    n = 1
    for length in shape:
        n *= length
    return n, len(shape)


def _counted(names: Sequence[str]) -> str:
    """Return names, each once, with how often it stands there; of many the first."""
    found = [f"{name} ×{n}" if n > 1 else name for name, n in Counter(names).items()]
    more = len(found) - MOST_NAMES
    return ", ".join([*found[:MOST_NAMES], f"{more} more"] if more > 1 else found)
