"""What an operation without a gradient rule calls: the derivative of its kernel by its values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import Array
from tensorgraph.engine.float_warnings import quiet
from tensorgraph.engine.shapes import sum_to
from tensorgraph.numeric.by_column import pulled
from tensorgraph.numeric.by_element import moves_alone, slopes
from tensorgraph.numeric.followed import NotFollowedError, followed_derivative
from tensorgraph.numeric.sampled_kernel import SampledKernel, is_repeated


@dataclass(frozen=True)
class KernelGradient:
    """The derivatives of a kernel by one of its operands.

    The kernel is first followed, function by function, which takes one call and proves that each
    element depends on its own alone; what cannot be followed is differentiated by its values.

    Args:
        name: what messages call the operation.
        kernel: computes the result of arrays.
    """

    name: str
    kernel: Callable[..., Any]

    @quiet
    def by_element(
        self, operands: Sequence[Any], i: int, static: Mapping[str, Any], out: Any = None
    ) -> Array:
        """Return the derivative of each element of the result by its own of the ``i``-th operand.

        Raises:
            GraphError: a derivative does not settle, the kernel is no function, or elements depend
                on others.
        """
        dtype = _dtype_of(operands[i])
        found = self._followed(operands, i, static, out)
        if found is None:
            f = SampledKernel(self.name, self.kernel, operands, i, static, out)
            found = _of_elements(f)
            if found is None:
                raise errors.GraphError(
                    f"{self.name} counts as elementwise, but elements of its result depend on more"
                    f" than their own element of operand {i}; leave family out, or write"
                    ' tg.op(…, family="contract"), or "reduce", "shape", "index"'
                )
        return found.astype(dtype)

    @quiet
    def pulled(
        self, g: Any, operands: Sequence[Any], i: int, static: Mapping[str, Any], out: Any = None
    ) -> Array:
        """Return the gradient of the ``i``-th operand, from that of the result.

        Raises:
            GraphError: a derivative does not settle, the kernel is no function, or there are too
                many elements.
        """
        x = np.asarray(operands[i])
        dtype, g = _dtype_of(x), np.asarray(g, np.float64)
        if not x.size or not g.size:
            return np.zeros(x.shape, dtype)
        slopes_found = self._followed(operands, i, static, out)
        if slopes_found is None:
            f = SampledKernel(self.name, self.kernel, operands, i, static, out)
            slopes_found = _of_elements_if_any(f)
            if slopes_found is None:
                return pulled(f, g).astype(dtype)
        return np.asarray(sum_to(g * slopes_found, x.shape)).astype(dtype)

    def _followed(
        self, operands: Sequence[Any], i: int, static: Mapping[str, Any], out: Any
    ) -> Array | None:
        """Return the derivative of a kernel that can be followed, if it is the same function."""
        doubles = [
            np.asarray(x, np.float64) if np.asarray(x).dtype.kind == "f" else x for x in operands
        ]
        try:
            values, found = followed_derivative(self.kernel, doubles, i, static)
        except NotFollowedError:
            return None
        if out is not None and not is_repeated(values, out, self.kernel, operands, static):
            return None
        return found


def _of_elements(f: SampledKernel) -> Array | None:
    """Return the derivatives element by element, ``None`` if elements depend on others."""
    if not f.is_aligned:
        return None
    found = slopes(f)
    return found if f.centre.size <= 1 or moves_alone(f, found) else None


def _of_elements_if_any(f: SampledKernel) -> Array | None:
    """Return the same where it is not known whether elements depend on others."""
    if not f.is_aligned or not _may_be_elementwise(f):
        return None
    try:
        return _of_elements(f)
    except errors.GraphError:  # it may be that of moving all at once, which nobody asked for
        return None


def _may_be_elementwise(f: SampledKernel) -> bool:
    """Return whether one element of the operand, moved by itself, leaves all others as they are."""
    if f.x.size == 1:
        return True
    moved = np.zeros(f.x.size)
    moved[0] = 2.0**-12 * max(abs(float(f.x.reshape(-1)[0])), 1.0)
    own = np.broadcast_to(np.arange(f.x.size).reshape(f.x.shape), f.centre.shape) == 0
    change = f.change(moved.reshape(f.x.shape))
    return not np.any(change[~own & np.isfinite(change)])


def _dtype_of(x: Any) -> Any:
    found = np.asarray(x).dtype
    return found if found.kind == "f" else np.dtype(np.float64)
