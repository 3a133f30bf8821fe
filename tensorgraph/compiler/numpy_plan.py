"""The source of a function that runs a dataflow by NumPy, and the memory that it works in.

What NumPy's ufuncs compute goes to places in one block of memory, planned beforehand, that results
which live at other times share; views of them, such as a product's transpose, are made once. What
other kernels compute is dropped after its last use.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Container, Iterable, Sequence
from itertools import starmap
from math import isfinite
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph.compiler.arena import ALIGNMENT, Span, places
from tensorgraph.compiler.dataflow import Dataflow, Failed
from tensorgraph.compiler.joined_arrays import cuts, is_join, unshaped
from tensorgraph.compiler.works import works_of_kernels
from tensorgraph.engine.float_warnings import quiet
from tensorgraph.engine.op import REGISTRY, Op
from tensorgraph.symbolic.expr import Expr, in_order

FRESH = frozenset(["reduce", "contract", "random"])
"""Families whose kernels return arrays that share no memory with their operands."""


class Source:
    """A source of random numbers as the kernels of draws take it."""

    def __init__(self, numpy: np.random.Generator) -> None:
        self._numpy = numpy

    def draw(self, sample: Any) -> Any:
        """Return a sample."""
        return sample(self._numpy)


_SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**"}
"""What Python computes with its own numbers, faster than NumPy does."""


def _number(value: Any) -> Any:
    """Return a result as one of Python's numbers."""
    return value.item() if isinstance(value, (np.ndarray, np.generic)) else value


def _fail(i: int) -> None:
    raise Failed(i)


def _write(pairs: Iterable[tuple[NDArray[Any], Any]]) -> None:
    """Overwrite arrays: all of them, or none if Ctrl-C comes before."""
    deque(starmap(np.copyto, pairs), maxlen=0)  # not a loop: Python raises nothing inside of it


class Plan:
    """The source of a dataflow's function, and what its names stand for."""

    def __init__(self, dataflow: Dataflow) -> None:
        self.names: dict[str, Any] = {
            "Failed": Failed, "Source": Source, "asarray": np.asarray, "copyto": np.copyto,
            "fail": _fail, "number": _number, "write": _write,
        }  # fmt: skip
        self._lines: list[str] = []
        self._kernels: list[tuple[int, Expr]] = []
        """The lines that call a kernel: which they are, and what they compute."""
        self._name: dict[Expr, str] = {}
        self._steps = [e for e in in_order(roots_of(dataflow)) if e.op is not None]
        self._standing: dict[Expr, NDArray[Any]] = {}
        """Results and views of them in the block of memory, which stay where they are."""
        self._inside: dict[Expr, str] = {}
        """Results that are computed right into an array that is to be written, and where."""
        self._unread: set[Expr] = set()
        """Parts of those, in another shape."""
        self._plan_arrays(dataflow)
        self._plan_memory(dataflow)
        self._write_all(dataflow)
        self.source = self._text(self._lines)
        self.works = works_of_kernels([e for _, e in self._kernels], dataflow)
        """What each kernel does."""
        self.laps = [0.0] * len(self.works)
        """To which a function that is timed adds what each kernel took in seconds."""

    def function(self, timed: bool) -> Callable[..., Any]:
        """Return the function, or one that reads the clock after each kernel."""
        lines = [*self._lines]
        if timed:
            for k, (i, _) in enumerate(self._kernels):
                lines[i] += f"; after = clock(); laps[{k}] += after - before; before = after"
            lines.insert(0, "    before = clock()")
        names = self.names | {"clock": perf_counter, "laps": self.laps}
        exec(compile(self._text(lines), "<compiled by tensorgraph>", "exec"), names)
        run: Callable[..., Any] = quiet(names["run"])
        return run

    def _text(self, lines: Sequence[str]) -> str:
        return "\n".join(["def run(arrays, numbers, generators):", *lines, ""])

    # ---------------------------------------------------------------------------------- the memory

    def _plan_arrays(self, dataflow: Dataflow) -> None:
        """Let what is written to an array that is not read be computed right there."""
        uses = Counter(x for e in self._steps for x in {*e.args})
        uses.update([*dataflow.outputs, *dataflow.checks, *dataflow.written.values()])
        handed_out = set(dataflow.outputs)
        for i, array in enumerate(dataflow.arrays):
            new = dataflow.written.get(array)
            if new is None or uses[array] or new in self._inside or new in handed_out:
                continue
            if _has_place(new):
                self._inside[new] = f"a{i}"
            elif new.op is not None and is_join(new):
                self._inside[new] = f"a{i}"
                for x, cut in zip(new.args, cuts([x.shape for x in new.args]), strict=True):
                    part = unshaped(x)
                    if _has_place(part) and part not in self._inside and part not in handed_out:
                        place = f"a{i}[{_subscript(cut)}]"
                        self._inside[part] = f"{place}.reshape({part.shape!r})"
                        self._unread |= {x} if x is not part and uses[x] == 1 else set()

    def _plan_memory(self, dataflow: Dataflow) -> None:
        """Give each result of a ufunc that is not handed out its place."""
        at = {e: i for i, e in enumerate(self._steps)}
        last = dict(at)
        for i, e in enumerate(self._steps):
            last.update((x, i) for x in e.args)
        for e in (*dataflow.outputs, *dataflow.checks, *dataflow.written.values()):
            last[e] = len(at)
        outputs = set(dataflow.outputs)
        placed: list[Expr] = []
        block: dict[Expr, int] = {}
        held: dict[Expr, set[int]] = {}
        spans: list[Span] = []
        for i, e in enumerate(self._steps):
            free = e not in outputs and e not in self._inside
            if free and _has_place(e) and _is_in_order(e, block):
                took = _overwritten(e, block, held, spans, last, i)
                block[e] = len(spans) if took is None else took
                if took is None:
                    spans.append(Span(e.size * e.dtype.itemsize, i, last[e]))
                held[e] = {block[e]}
                placed.append(e)
            elif _may_share(e):
                held[e] = set().union(*(held.get(x, ()) for x in e.args))
            for k in held.get(e, ()):
                spans[k] = spans[k]._replace(dies=max(spans[k].dies, last[e]))
        begins, self.memory = places(spans)
        whole = np.empty(self.memory + ALIGNMENT, np.uint8)
        offset = -whole.ctypes.data % ALIGNMENT
        for e in placed:
            start = offset + begins[block[e]]
            self._standing[e] = np.ndarray(e.shape, e.dtype, whole, start)

    # ---------------------------------------------------------------------------------- the source

    def _write_all(self, dataflow: Dataflow) -> None:
        self._read("arrays", dataflow.arrays, "a")
        self._read("numbers", dataflow.numbers, "n")
        if dataflow.generators:
            self._read("map(Source, generators)", dataflow.generators, "g")
        left = Counter(x for e in self._steps for x in {*e.args})
        left.update([*dataflow.outputs, *dataflow.checks, *dataflow.written.values()])
        for e in self._steps:
            self._step(e)
            gone = []
            for x in dict.fromkeys(e.args):
                left[x] -= 1
                stays = x.op is None or x in self._standing or x in self._unread
                if not left[x] and not stays:
                    gone.append(self._name[x])
            if gone:
                self._lines.append(f"    del {', '.join(gone)}")
        for i, check in enumerate(dataflow.checks):
            self._lines.append(f"    {self._of(check)} or fail({i})")
        own = [self._own(e) for e in dataflow.outputs]
        self._lines.append(f"    results = [{', '.join(own)}]")
        if dataflow.written:
            pairs = [
                f"({self._of(e)}, {self._of(new)})"
                for e, new in dataflow.written.items()
                if self._inside.get(new) != self._of(e)
            ]
            self._lines.append(f"    write([{', '.join(pairs)}])")
        self._lines.append("    return results")

    def _read(self, source: str, inputs: Sequence[Expr], letter: str) -> None:
        names = [f"{letter}{i}" for i in range(len(inputs))]
        self._name.update(zip(inputs, names, strict=True))
        if names:
            self._lines.append(f"    [{', '.join(names)}] = {source}")

    def _step(self, e: Expr) -> None:
        """Write the line that computes one result."""
        if e in self._unread:
            return
        name = self._name[e] = f"v{len(self._name)}"
        if e in self._inside:
            self._lines.append(f"    {name} = {self._inside[e]}")
            if is_join(e):
                self._join(e, name)
                return
        standing = self._standing.get(e)
        if standing is not None:
            self.names[name] = standing
        if standing is not None or e in self._inside:
            args = ", ".join([*map(self._of, e.args), f"out={name}"])
            self._add(e, f"{self._kernel(e)}({args})")
            return
        view = _view(e)
        if view is not None and e.args[0] in self._standing:
            made = eval(f"x{view}", {"x": self._standing[e.args[0]], "slice": slice})
            if np.may_share_memory(made, self._standing[e.args[0]]):
                self._standing[e] = self.names[name] = made
                return
        if view is not None:
            self._lines.append(f"    {name} = {self._of(e.args[0])}{view}")
            return
        array = e.op.family == "elementwise"  # type: ignore[union-attr]
        operands = [self._of(x, as_number=array) for x in e.args]
        static = [f"{key}={self._value(value)}" for key, value in e.static.items()]
        call = f"{self._kernel(e)}({', '.join([*operands, *static])})"
        sign = _SIGNS.get(e.op.name) if e.weak else None  # type: ignore[union-attr]
        if sign is not None:
            self._lines.append(f"    {name} = {operands[0]} {sign} {operands[1]}")
        else:
            self._add(e, f"{name} = number({call})" if e.weak else f"{name} = {call}")

    def _join(self, e: Expr, name: str) -> None:
        """Write what copies those parts to an array that were not computed in it."""
        for x, cut in zip(e.args, cuts([x.shape for x in e.args]), strict=True):
            place = f"{self._inside[e]}[{_subscript(cut)}].reshape("
            if not self._inside.get(unshaped(x), "").startswith(place):
                self._add(e, f"copyto({name}[{_subscript(cut)}], {self._of(x)})")

    def _add(self, e: Expr, line: str) -> None:
        """Add a line that calls the kernel of an expression."""
        self._kernels.append((len(self._lines), e))
        self._lines.append(f"    {line}")

    def _kernel(self, e: Expr) -> str:
        """Return the name that a kernel has in the source."""
        op: Any = e.op
        name = op.name if op.name.isidentifier() else "kernel"
        while self.names.setdefault(name, op.kernel) is not op.kernel:
            name += "_"
        return str(name)

    def _of(self, e: Expr, as_number: bool = True) -> str:
        """Return what stands for a value: its name, or a constant itself."""
        if e.value is None:
            return f"asarray({self._name[e]})" if e.weak and not as_number else self._name[e]
        if type(e.value) in (bool, int, float) and as_number:
            return self._value(e.value)
        if e not in self._name:
            self._name[e] = f"c{len(self._name)}"
            self.names[self._name[e]] = e.value if as_number else np.asarray(e.value)
        return self._name[e]

    def _value(self, value: Any) -> str:
        """Return a number or static parameter: as it is written, or by a name."""
        if _is_literal(value):
            return repr(value)
        name = f"s{len(self.names)}"
        self.names[name] = value
        return name

    def _own(self, e: Expr) -> str:
        """Return an output in an array of its own."""
        fresh = e.op is not None and e not in self._standing and not _may_share(e)
        return f"asarray({self._of(e)})" if fresh else f"asarray({self._of(e)}).copy()"


def roots_of(dataflow: Dataflow) -> list[Expr]:
    """Return what is computed; draws come first, in their order."""
    return [*dataflow.drawn, *dataflow.checks, *dataflow.outputs, *dataflow.written.values()]


def _has_place(e: Expr) -> bool:
    """Return whether the kernel of an operation writes where it is told."""
    return e.op is not None and _is_ufunc(e.op) and e.shape != () and e.dtype.kind in "fiub"


def _is_in_order(e: Expr, placed: Container[Expr]) -> bool:
    """Return whether a result may lie in the order of its axes without being slower to compute.

    NumPy gives it the order of the operands: kernels of convolution return examples last.
    """
    known = (x in placed or x.op is None or x.ndim < e.ndim for x in e.args)
    return e.ndim <= 2 or e.op.family == "contract" or all(known)  # type: ignore[union-attr]


def is_ours(op: Op) -> bool:
    """Return whether an operation is one of the registry, not a user's of the same name."""
    return REGISTRY.get(op.name) is op


def _is_ufunc(op: Op) -> bool:
    """Return whether a kernel is a ufunc that computes on numbers, not on Python's objects."""
    kernel: Any = op.kernel
    return type(kernel) is np.ufunc and kernel.nout == 1 and kernel.types[0][0] != "O"


def _may_share(e: Expr) -> bool:
    """Return whether a result may be a view of an operand, or the operand itself."""
    op: Any = e.op
    return not (_is_ufunc(op) or (is_ours(op) and op.family in FRESH))


def _overwritten(
    e: Expr,
    block: dict[Expr, int],
    held: dict[Expr, set[int]],
    spans: list[Span],
    last: dict[Expr, int],
    now: int,
) -> int | None:
    """Return the place of an operand that is not needed any more, and that a result may take."""
    if e.op.family != "elementwise":  # type: ignore[union-attr]
        return None
    for x in e.args:
        if x in block and (x.shape, x.dtype) == (e.shape, e.dtype) and spans[block[x]].dies == now:
            return block[x]
    return None


def _view(e: Expr) -> str | None:
    """Return how NumPy writes an operation that views its operand, after the operand's name."""
    op: Any = e.op
    if not is_ours(op):
        return None
    if op.name == "reshape":
        return f".reshape({e.shape!r})"
    if op.name == "matrix_transpose":
        return ".swapaxes(-1, -2)"
    if op.name == "permute_dims":
        return f".transpose({e.static['axes']!r})"
    if op.name == "getitem" and len(e.args) == 1:
        return f"[{', '.join(map(_subscript, e.static['key'])) or '()'}]"
    return None


def _subscript(part: Any) -> str:
    """Return how Python writes a part of an index."""
    if isinstance(part, slice):
        ends = ["" if n is None else repr(n) for n in (part.start, part.stop)]
        return ":".join(ends if part.step is None else [*ends, repr(part.step)])
    return "..." if part is Ellipsis else repr(part)


def _is_literal(value: Any) -> bool:
    if type(value) is float:
        return isfinite(value)
    if type(value) is tuple:
        return all(map(_is_literal, value))
    return value is None or type(value) in (bool, int, str)
