"""What norm layers have in common: the scale and shift of each feature, and what is divided by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from numpy.typing import DTypeLike

from tensorgraph.engine.creation import ones, zeros
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.half_precision import to_half
from tensorgraph.nn.loading.layouts import Foreign, as_it_is
from tensorgraph.nn.module import Module
from tensorgraph.ops.arithmetic import equal, where
from tensorgraph.ops.moments import affine
from tensorgraph.ops.shape import reshape

Shape = tuple[int, ...]


class Normalization(Module):
    """A layer that scales and shifts each feature after it has made the features alike."""

    regularised = False

    parameter_letters: ClassVar[Mapping[str, str]] = {"weight": "gamma", "bias": "beta"}

    foreign_arrays: ClassVar[Foreign] = {
        "gamma": as_it_is("weight", "keras"),
        "beta": as_it_is("bias", "keras"),
        "scale": as_it_is("weight", "flax", "keras"),
    }

    weight: Tensor | None
    bias: Tensor | None = None

    def _start(
        self, shape: Shape, affine: bool, dtype: DTypeLike | None, bias: bool = True
    ) -> None:
        """Make γ, of ones, and β, of zeros, where there is one; or neither."""
        self.weight = ones(shape, dtype, requires_grad=True) if affine else None
        if bias:
            self.bias = zeros(shape, dtype, requires_grad=True) if affine else None

    def _scaled(self, normalised: Any, given: Tensor, axis: int | None = None) -> Tensor:
        """Return γ x + β, with the features along an axis of x, or along its last ones."""
        parameters = [p for p in (self.weight, self.bias) if p is not None]
        scales = parameters if axis is None else [along(axis, p, given) for p in parameters]
        if len(scales) == 2:
            normalised = affine(normalised, *scales)
        elif scales:
            normalised = normalised * scales[0]
        y: Tensor = to_half(normalised, given, *parameters)
        return y

    def _without_affine(self) -> str:
        return ", affine=False" if self.weight is None else ""


def along(axis: int, values: Tensor, x: Tensor) -> Tensor:
    """Return one value for each feature, shaped to stand along an axis of x."""
    behind = x.ndim - 1 - axis
    return reshape(values, shape=(-1, *(1,) * behind)) if behind else values


def divisor(deviation: Any, eps: float) -> Any:
    """Return what is divided by; without ε it is 1 where nothing varies: what is divided is 0."""
    return deviation if eps else where(equal(deviation, 0), 1, deviation)
