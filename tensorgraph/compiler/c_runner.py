"""Running a dataflow by a program in C."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph.compiler.arena import ALIGNMENT
from tensorgraph.compiler.bit_generators import pointer
from tensorgraph.compiler.building import Build, start_build
from tensorgraph.compiler.c_program import FAILED, CProgram
from tensorgraph.compiler.dataflow import Dataflow, Failed
from tensorgraph.compiler.lowering import Lowering
from tensorgraph.compiler.numpy_runner import Source
from tensorgraph.compiler.openblas import find_openblas
from tensorgraph.compiler.scalars import Buffer
from tensorgraph.compiler.statements import Call, Stored
from tensorgraph.engine.float_warnings import quiet
from tensorgraph.errors import CompileError
from tensorgraph.symbolic.expr import Expr


def c_runner(dataflow: Dataflow) -> CRunner | None:
    """Return a runner by a program in C; ``None`` where there is no compiler.

    Its program is compiled in the background: see :meth:`CRunner.ready`.

    Example:
        >>> import numpy as np
        >>> from tensorgraph.symbolic.expr import symbol
        >>> x = symbol("x", (2,))
        >>> runner = c_runner(Dataflow((x,), (), (), (), (x * x + 1,), {}, ()))
        >>> [float(value) for value in runner([np.array([1, 2], "float32")], [], [])[0]]
        [2.0, 5.0]
    """
    blas = find_openblas()
    lowering = Lowering(dataflow)
    program = CProgram(lowering, blas.integer if blas else None)
    build = start_build(program.source)
    return None if build is None else CRunner(dataflow, lowering, program, build)


class CRunner:
    """A dataflow as functions of C; ``source`` is their text."""

    def __init__(
        self, dataflow: Dataflow, lowering: Lowering, program: CProgram, build: Build
    ) -> None:
        self.source, self.memory = program.source, program.memory
        """``memory`` is the size of all intermediate results in bytes."""
        self.groups = program.groups
        self._program, self._build = program, build
        self._outputs = lowering.outputs
        self._shapes = [b.shape for b in lowering.arrays]
        self._count = len(lowering.arrays)
        self._dtypes = [b.dtype for b in lowering.arrays]
        memory = np.empty(program.memory + ALIGNMENT, np.uint8)
        self._offset = -memory.ctypes.data % ALIGNMENT
        self._memory = memory
        self._results: dict[Buffer, NDArray[Any]] = {}
        """Arrays of buffers that are given or returned, for the calls of kernels."""
        self._pointers = (ctypes.c_void_p * max(len(program.given), 1))()
        for buffer, i in program.given.items():
            if buffer.kind == "constant":
                self._results[buffer] = buffer.value
                self._pointers[i] = buffer.value.ctypes.data
        self._numbers = (ctypes.c_double * max(len(dataflow.numbers), 1))()
        self._generators = (ctypes.c_void_p * max(len(dataflow.generators), 1))()
        self._last: list[Any] = [None] * self._count
        self._drawn_from: list[Any] = [None] * len(dataflow.generators)
        self._sources = dataflow.generators
        self._parts: list[Any] = []

    def ready(self) -> bool:
        """Return whether the program is compiled, or cannot be."""
        return self._build.ready()

    def _load(self) -> None:
        library = self._build.result()
        if (blas := find_openblas()) is not None:
            library.set_products.argtypes = [ctypes.c_void_p] * 2
            library.set_products(blas.sgemm, blas.dgemm)
        given = ctypes.addressof(self._pointers), self._memory.ctypes.data + self._offset
        given = *given, ctypes.addressof(self._numbers), ctypes.addressof(self._generators)
        for part in self._program.parts:
            if isinstance(part, int):
                function = getattr(library, f"part{part}")
                function.argtypes = [ctypes.c_void_p] * 4
                self._parts.append((function, given))
            else:
                self._parts.append((self._kernel(part), ()))

    def __call__(
        self,
        arrays: Sequence[NDArray[Any]],
        numbers: Sequence[float],
        generators: Sequence[np.random.Generator],
    ) -> Sequence[NDArray[Any]]:
        """Return the outputs, and overwrite what the dataflow writes.

        Raises:
            CompileError: the program could not be compiled.
        """
        if not self._parts:
            self._load()
        pointers, last = self._pointers, self._last
        for i, array in enumerate(arrays):
            if array is not last[i]:
                self._take(i, array)
        self._numbers[: len(numbers)] = numbers
        for i, generator in enumerate(generators):
            if generator is not self._drawn_from[i]:
                self._generators[i] = pointer(generator)
                self._drawn_from[i] = generator
        outputs = [np.empty(b.shape, b.dtype) for b in self._outputs]
        for i, (buffer, output) in enumerate(zip(self._outputs, outputs, strict=True), self._count):
            pointers[i] = output.ctypes.data
            self._results[buffer] = output
        for part, given in self._parts:
            code = part(*given)
            if code:
                raise Failed(code - FAILED - 1)
        return outputs

    def _take(self, i: int, array: NDArray[Any]) -> None:
        """Remember where an array lies; one with gaps is copied, unless it is to be written."""
        if not array.flags.c_contiguous:
            array = np.ascontiguousarray(array)
            self._last[i] = None
        else:
            self._last[i] = array
        buffer = self._arrays[i]
        self._results[buffer] = array
        self._pointers[i] = array.ctypes.data

    @property
    def _arrays(self) -> list[Buffer]:
        return list(self._program.given)[: self._count]

    # --------------------------------------------------------------------------- kernels of NumPy's

    def _kernel(self, call: Call) -> Any:
        """Return a function that calls a kernel, on arrays that stand where C has them."""
        place = self._program.given[call.out]

        @quiet
        def run() -> int:
            operands = [self._operand(x) for x in call.operands]
            result = np.asarray(call.op.kernel(*operands, **call.static))
            if result.base is not None or not result.flags.c_contiguous:
                result = result.copy()
            self._results[call.out] = result
            self._pointers[place] = result.ctypes.data
            return 0

        return run

    def _operand(self, x: Any) -> Any:
        """Return what a kernel takes for an operand."""
        if isinstance(x, Expr):
            return Source(self._drawn_from[self._sources.index(x)])
        if not isinstance(x, Stored):
            return x
        start = x.offset * x.dtype.itemsize
        strides = [s * x.dtype.itemsize for s in x.strides]
        place = self._program.places.get(x.buffer)
        if place is not None:
            start += self._offset + place
            return np.ndarray(x.shape, x.dtype, self._memory.data, start, strides)
        held = self._results[x.buffer]
        return np.ndarray(x.shape, x.dtype, held.reshape(-1).data, start, strides)



