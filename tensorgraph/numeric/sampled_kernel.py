"""A kernel as a function of one of its operands, computed in double precision if that is possible.

Single precision leaves a difference quotient three digits. What says that the kernel is the same
function in double precision is its value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import Array
from tensorgraph.numeric.complex_step import NotAnalyticError, analytic
from tensorgraph.numeric.roughness import roughness_of

ULP = 2.0**-52
"""The last digit of a number near 1."""
_SAME = {8: 1e-8, 4: 1e-3, 2: 0.1}
"""How near the values of one kernel are to each other in two precisions, by the bytes of the
narrower, relative to the largest."""
_AGAIN = 1e-13
"""How near they are in one precision: a function gives the same number again, but for threads."""


class SampledKernel:
    """A kernel with all operands fixed but one.

    Args:
        name: what messages call the operation.
        kernel: computes the result of arrays; never sees those of a graph, but copies.
        operands: arrays and numbers; those of single precision are widened if they can be.
        i: which one moves.
        static: static parameters.
        out: the result as it was in the forward pass, if that is known.

    Raises:
        GraphError: the kernel returns other values now.
    """

    def __init__(
        self,
        name: str,
        kernel: Callable[..., Any],
        operands: Sequence[Any],
        i: int,
        static: Mapping[str, Any],
        out: Any = None,
    ) -> None:
        self.name, self._kernel, self._i, self._static = name, kernel, i, static
        self._operands = [_widened(operand) for operand in operands]
        self.centre = self._centre(operands, out)
        """The values at the point."""
        self.x: Array = np.asarray(self._operands[i])
        """The operand that moves."""
        self.eps = float(np.finfo(self.centre.dtype).eps) if self.centre.dtype.kind == "f" else 0.0
        self.centre = self.centre.astype(np.float64)

    @property
    def noise(self) -> float:
        """How many times more than double precision the kernel rounds."""
        return self.eps / ULP

    def change(self, moved: Array) -> Array:
        """Return how the values change where the operand is moved; NaN where there are none."""
        try:
            moved_x = (self.x + moved).astype(self.x.dtype)
            return self._run(moved_x).astype(np.float64) - self.centre
        except Exception:  # whatever a kernel may raise beside its domain
            return np.full(self.centre.shape, np.nan)

    def imaginary(self, moved: Array) -> Array:
        """Return the imaginary part of the values where the operand is moved by ``i · moved``.

        Raises:
            NotAnalyticError: the kernel does not take complex numbers, or is another one there.
        """
        values = analytic(lambda: self._run(self.x + 1j * moved))
        if values.dtype.kind != "c" or values.shape != self.centre.shape:
            raise NotAnalyticError("the imaginary part was dropped")
        if not _same(np.real(values), self.centre, 8):
            raise NotAnalyticError("of complex numbers the kernel computes something else")
        return np.asarray(np.imag(values))

    def of_elements(self, chosen: Array) -> SampledKernel | None:
        """Return the kernel of some elements of the result alone, in a row.

        Args:
            chosen: which, as a mask.

        Returns:
            ``None`` if the kernel gives something else for them: it counts places, or asks for a
            shape.
        """
        if not self.is_aligned:
            return None
        shape = self.centre.shape
        operands = [
            np.broadcast_to(x, shape)[chosen] if np.ndim(x) or i == self._i else x
            for i, x in enumerate(self._operands)
        ]
        try:
            few = SampledKernel(self.name, self._kernel, operands, self._i, self._static)
        except Exception:  # whatever it may raise for another shape
            return None
        return few if _same(few.centre, self.centre[chosen], 8) else None

    @cached_property
    def is_aligned(self) -> bool:
        """Whether the result has the shape that the operands broadcast to."""
        try:
            return np.broadcast_shapes(*map(np.shape, self._operands)) == self.centre.shape
        except ValueError:
            return False

    @cached_property
    def units(self) -> Array:
        """Steps, powers of 2, as large as the elements that move, or 1."""
        sizes = np.abs(np.where(np.isfinite(self.x), self.x, 1.0)).astype(np.float64)
        return np.asarray(np.exp2(np.ceil(np.log2(np.maximum(sizes, 1.0)))))

    @cached_property
    def sizes(self) -> Array:
        """How large values are whose rounding, in double precision, is as large as the noise.

        It is seen beside the point, along a random direction in which no element moves far.
        """
        own = np.where(self.x == 0, 1.0, np.minimum(np.abs(self.x), 1.0)) * self.units
        along = own * np.random.default_rng(0).uniform(0.7, 1.0, self.x.shape)
        rough = roughness_of(lambda h: self.change(h * along))
        return np.maximum(np.abs(self.centre) * self.noise, rough / ULP)

    def _centre(self, operands: Sequence[Any], out: Any) -> Array:
        """Return the values in double precision, or in that of the forward pass."""
        narrow = min((x.dtype.itemsize for x in operands if _is_float(x)), default=8)
        try:
            values = self._run(_widened(operands[self._i]))
        except Exception:
            if narrow == 8:
                raise
            values = None
        if values is not None and (out is None or _is_again(values, np.asarray(out), narrow)):
            return values
        if narrow < 8:  # code that knows single precision alone, or rounding of it that counts
            self._operands = list(operands)
            values = self._run(operands[self._i])
            if out is None or _is_again(values, np.asarray(out), 8):
                return values
        raise errors.GraphError(
            f"{self.name}: its kernel returned other values when its gradient was taken, for the"
            " same operands: it draws random numbers, or keeps state. Where the gradient is"
            " numeric, the kernel has to be a function: give it the random numbers as an input, or"
            " give the operation a rule: tg.op(…, vjp={…})"
        )

    def _run(self, x: Any) -> Array:
        operands = copies(self._operands)
        operands[self._i] = np.array(x)
        return np.asarray(self._kernel(*operands, **self._static))


def is_repeated(
    values: Array,
    out: Any,
    kernel: Callable[..., Any],
    operands: Sequence[Any],
    static: Mapping[str, Any],
) -> bool:
    """Return whether values computed in double precision are what the forward pass gave.

    They may differ by the rounding of single precision: then the kernel gives that again.
    """
    out = np.asarray(out)
    if _same(values, out, out.dtype.itemsize):
        return True
    if out.dtype.itemsize == 8:
        return False
    return _same(np.asarray(kernel(*copies(operands), **static)), out, 8)


def copies(operands: Sequence[Any]) -> list[Any]:
    """Return operands for a kernel, which may change what it is given."""
    return [np.array(x) if type(x) is np.ndarray else x for x in operands]


def _is_float(x: Any) -> bool:
    return getattr(getattr(x, "dtype", None), "kind", "") == "f"


def _widened(x: Any) -> Any:
    """Return an operand in double precision if it is of less."""
    return x.astype(np.float64) if _is_float(x) and x.dtype.itemsize < 8 else x


def _is_again(values: Array, out: Array, bytes_: int) -> bool:
    """Return whether a kernel gives the same again; noise would be taken for slopes."""
    if bytes_ < 8:
        return _same(values, out, bytes_)
    if values.shape != out.shape:
        return False
    largest = float(np.max(np.abs(out[np.isfinite(out)]), initial=0.0))
    return bool(np.allclose(values, out, rtol=_AGAIN, atol=ULP * largest, equal_nan=True))


def _same(values: Array, out: Array, bytes_: int) -> bool:
    """Return whether two results are the same but for rounding."""
    if values.shape != out.shape:
        return False
    finite = np.abs(out[np.isfinite(out)])
    margin = _SAME[min(bytes_, 8)] * float(np.max(finite, initial=0.0))
    return bool(np.allclose(values, out, rtol=0.0, atol=margin, equal_nan=True))
