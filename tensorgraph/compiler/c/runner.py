"""Running a dataflow by a program in C."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from time import perf_counter_ns
from typing import Any
from weakref import ref

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from tensorgraph.compiler.arena import ALIGNMENT
from tensorgraph.compiler.bit_generators import pointer
from tensorgraph.compiler.c.building import Build, start_build
from tensorgraph.compiler.c.compilers import find_compiler
from tensorgraph.compiler.c.openblas import find_openblas
from tensorgraph.compiler.c.program_text import (
    FAILED,
    FIRST,
    LAPS,
    MEMORY,
    NUMBERS,
    CProgram,
)
from tensorgraph.compiler.c_functions import TYPES
from tensorgraph.compiler.dataflow import Dataflow, Failed
from tensorgraph.compiler.loops.lowering import Lowering
from tensorgraph.compiler.loops.scalars import Buffer
from tensorgraph.compiler.loops.statements import Call, Number, Stored
from tensorgraph.compiler.numpy_plan import Source
from tensorgraph.compiler.works import Work, works_of
from tensorgraph.engine.float_warnings import quiet
from tensorgraph.errors import CompileError
from tensorgraph.symbolic.expr import Expr


def c_runner(dataflow: Dataflow) -> CRunner | None:
    """Return a runner by a program in C; ``None`` without a compiler, and for half precision.

    Its program is compiled in the background: see :meth:`CRunner.ready`.
    """
    results = [*dataflow.outputs, *dataflow.written]
    if any(e.dtype.name not in TYPES for e in results) or find_compiler() is None:
        return None
    blas = find_openblas()
    lowering = Lowering(dataflow, blas is not None)
    program = CProgram(lowering, blas.integer if blas else None)
    build = start_build(program.source)
    return None if build is None else CRunner(dataflow, lowering, program, build)


SMALL = 1 << 12
"""Bytes: smaller outputs are copied from a place of the program's, larger ones written at once."""


class CRunner:
    """A dataflow as functions of C; ``source`` is their text."""

    language = "C"

    def __init__(
        self, dataflow: Dataflow, lowering: Lowering, program: CProgram, build: Build
    ) -> None:
        self.source, self.memory = program.source, program.memory
        """``memory`` is the size of all intermediate results in bytes."""
        self._program, self._build = program, build
        self._memory = np.empty(program.memory + ALIGNMENT, np.uint8)
        self._start = -self._memory.ctypes.data % ALIGNMENT
        self._numbers = (ctypes.c_double * len(dataflow.numbers))()
        self._table = (ctypes.c_void_p * (FIRST + len(dataflow.generators) + len(program.given)))()
        self._table[MEMORY] = self._memory.ctypes.data + self._start
        self._table[NUMBERS] = ctypes.addressof(self._numbers)
        self._held: dict[Buffer, NDArray[Any]] = {}
        """The arrays of buffers that are no temporaries: kernels need them, C their addresses."""
        for buffer in program.given:
            if buffer.kind == "constant":
                self._hold(buffer, buffer.value)
        self._arrays = lowering.arrays
        outputs = [*enumerate(lowering.outputs)]
        self._large = [(i, buffer) for i, buffer in outputs if buffer.nbytes > SMALL]
        self._small = [i for i, buffer in outputs if buffer.nbytes <= SMALL]
        self._places = [self._new(buffer) if i in self._small else None for i, buffer in outputs]
        """Where small outputs are written, of which copies are returned."""
        self._last: list[Callable[[], Any]] = [_nothing] * len(self._arrays)
        """Weak references: who counts those who hold an array need not count this."""
        self._copies: list[Any] = [None] * len(self._arrays)
        self._given: Sequence[NDArray[Any]] = ()
        """The arrays of the call that runs."""
        self._generators = {e: i for i, e in enumerate(dataflow.generators)}
        self._drawn_from: list[Any] = [None] * len(dataflow.generators)
        self._parts: list[Callable[[], int]] = []
        self._timed_parts: list[Callable[[], int]] = []
        self._laps = np.zeros(len(program.groups), np.int64)  # nanoseconds
        self._table[LAPS] = self._laps.ctypes.data

    @cached_property
    def works(self) -> list[Work]:
        """What it does one after the other."""
        return works_of(self._program.groups)

    def ready(self) -> bool:
        """Return whether the program is compiled, or cannot be."""
        return self._build.ready()

    def __call__(
        self,
        arrays: Sequence[NDArray[Any]],
        numbers: Sequence[float],
        generators: Sequence[np.random.Generator],
        fresh: int | None = None,
    ) -> Sequence[NDArray[Any]]:
        """Return the outputs, and overwrite what the dataflow writes.

        Raises:
            CompileError: the program could not be compiled.
        """
        if not self._parts:
            self.load()
        for i, array in enumerate(arrays[:fresh]):
            if array is not self._last[i]():
                self._take(i, array)
        self._numbers[:] = [*numbers]
        if generators:
            self._draw_from(generators)
        outputs: list[Any] = [*self._places]
        for i, buffer in self._large:
            outputs[i] = self._new(buffer)
        self._given = arrays
        try:
            for part in self._parts:
                code = part()
                if code:
                    raise Failed(code - FAILED)
        finally:
            self._given = ()
        for i in self._small:
            outputs[i] = outputs[i].copy()
        return outputs

    # ------------------------------------------------------------------ what the program is given

    def load(self) -> None:
        """Wait until the program is compiled, and look up its functions.

        Raises:
            CompileError: it could not be compiled.
        """
        self._parts = self._functions_of(self._build)

    @contextmanager
    def timed(self) -> Iterator[list[float]]:
        """Add up in a list what each of the works takes in seconds, until this ends.

        That is what a program of its own does, which reads the clock after each: the first time
        it is compiled, and waited for.

        Raises:
            CompileError: it could not be compiled.
        """
        if not self._timed_parts:
            build = start_build(self._program.timed_source)
            if build is None:
                raise CompileError("there is no C compiler any more")
            self._timed_parts = [
                *map(self._with_lap, self._program.parts, self._functions_of(build))
            ]
        seconds = [0.0] * len(self.works)
        self._laps[:] = 0
        parts, self._parts = self._parts, self._timed_parts
        try:
            yield seconds
        finally:
            self._parts = parts
            seconds[:] = (self._laps * 1e-9).tolist()

    def _with_lap(self, part: int | Call, run: Callable[[], int]) -> Callable[[], int]:
        """Return what runs a part, and adds up the time; parts in C do so by themselves."""
        if isinstance(part, int):
            return run
        place = self._program.lines.index(part)

        def timed() -> int:
            start = perf_counter_ns()
            code = run()
            self._laps[place] += perf_counter_ns() - start
            return code

        return timed

    def _functions_of(self, build: Build) -> list[Callable[[], int]]:
        """Return the parts of a program, which is waited for."""
        built = build.result()
        # The interpreter's lock is held: no other thread sees state that is half written.
        library = ctypes.PyDLL(built._name, handle=built._handle)
        if (blas := find_openblas()) is not None:
            library.set_products.argtypes = [ctypes.c_void_p] * 2
            library.set_products(blas.sgemm, blas.dgemm)
        table = ctypes.c_void_p(ctypes.addressof(self._table))
        return [
            partial(getattr(library, f"part{part}"), table)
            if isinstance(part, int)
            else self._kernel(part)
            for part in self._program.parts
        ]

    def _hold(self, buffer: Buffer, array: NDArray[Any]) -> None:
        """Let a buffer be an array, whose elements follow each other."""
        self._held[buffer] = array
        self._point(buffer, array)

    def _point(self, buffer: Buffer, array: NDArray[Any]) -> None:
        self._table[self._program.given[buffer]] = array.__array_interface__["data"][0]

    def _take(self, i: int, array: NDArray[Any]) -> None:
        """Take an array: where it is the same the next time, nothing is to be done."""
        self._last[i] = _nothing  # if Ctrl-C comes between
        compact = array.flags.c_contiguous
        self._copies[i] = None if compact else np.ascontiguousarray(array)
        self._point(self._arrays[i], array if compact else self._copies[i])
        self._last[i] = ref(array) if compact else _nothing

    def _new(self, buffer: Buffer) -> NDArray[Any]:
        """Return an array that an output is written to."""
        array: NDArray[Any] = np.empty(buffer.shape, buffer.dtype)
        self._hold(buffer, array)
        return array

    def _draw_from(self, generators: Sequence[np.random.Generator]) -> None:
        for i, generator in enumerate(generators):
            if generator is not self._drawn_from[i]:
                self._drawn_from[i] = generator
                self._table[self._program.generators + i] = pointer(generator)

    # -------------------------------------------------------------------------- kernels of NumPy's

    def _kernel(self, call: Call) -> Callable[[], int]:
        """Return a function that calls a kernel, on arrays that stand where C has them."""
        kernel, static, out = call.op.kernel, call.static, call.out
        operands = [self._operand(x) for x in call.operands]

        @quiet
        def run() -> int:
            result = np.asarray(kernel(*(operand() for operand in operands), **static))
            if result.base is not None or not result.flags.c_contiguous:
                result = result.copy()
            self._hold(out, result)
            return 0

        return run

    def _operand(self, x: Any) -> Callable[[], Any]:
        """Return what gives a kernel an operand."""
        if isinstance(x, Expr):
            i = self._generators[x]
            return lambda: Source(self._drawn_from[i])
        if isinstance(x, Number):
            array = self._operand(x.kept)
            return lambda: array().item()
        if not isinstance(x, Stored):
            return lambda: x
        buffer = x.buffer
        place = self._program.places.get(buffer)
        if place is not None:
            begin = self._start + place
            elements = self._memory[begin : begin + buffer.nbytes].view(buffer.dtype)
            view = _view(elements, x)
            return lambda: view
        if buffer in self._arrays:
            i = self._arrays.index(buffer)
            return lambda: _view(self._given[i], x)
        return lambda: _view(self._held[buffer], x)


def _view(array: NDArray[Any], x: Stored) -> NDArray[Any]:
    """Return the part of a buffer's array that an operand is."""
    elements = array.reshape(-1)
    if x.is_contiguous:
        return elements[x.offset : x.offset + math.prod(x.shape)].reshape(x.shape)
    strides = [s * elements.itemsize for s in x.strides]
    return as_strided(elements[x.offset :], x.shape, strides, writeable=False)


def _nothing() -> None:
    """Return what no array is."""
