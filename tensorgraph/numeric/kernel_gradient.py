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
from tensorgraph.numeric.by_element import slopes
from tensorgraph.numeric.dependence import moves_alone
from tensorgraph.numeric.followed import NotFollowedError, followed_derivative
from tensorgraph.numeric.sampled_kernel import SampledKernel, copies, is_repeated


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
            slopes_found = _of_elements(f)
            if slopes_found is None:
                return pulled(f, g).astype(dtype)
        return np.asarray(sum_to(g * slopes_found, x.shape)).astype(dtype)

    @quiet
    def hold(self, operands: Sequence[Any], static: Mapping[str, Any], out: Any) -> None:
        """Compare the kernel's values with those that it gave before.

        Raises:
            GraphError: they are others.
        """
        SampledKernel(self.name, self.kernel, operands, 0, static, out)

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
        if out is None:
            out = self.kernel(*copies(operands), **static)
        return found if is_repeated(values, out, self.kernel, operands, static) else None


def _of_elements(f: SampledKernel) -> Array | None:
    """Return the derivatives element by element, ``None`` if elements depend on others."""
    return slopes(f) if f.is_aligned and moves_alone(f) else None


def _dtype_of(x: Any) -> Any:
    found = np.asarray(x).dtype
    return found if found.kind == "f" else np.dtype(np.float64)
