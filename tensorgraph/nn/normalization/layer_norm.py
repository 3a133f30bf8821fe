"""Layer norm and RMS norm: each example over its last axes."""

from __future__ import annotations

from numpy.typing import DTypeLike

from tensorgraph.arguments import boolean, number, whole
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor, asarray
from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.half_precision import to_single
from tensorgraph.nn.message_place import here
from tensorgraph.nn.normalization.scale_and_shift import Normalization, Shape, divisor
from tensorgraph.ops.moments import center, rms


class _OverLastAxes(Normalization):
    """A layer that normalises each example over the last axes, then scales each feature."""

    def _build(
        self, shape: int | Shape, eps: float, affine: bool, bias: bool, dtype: DTypeLike | None
    ) -> None:
        """Make γ, of ones, and β where there is one, of zeros."""
        layer = type(self).__name__
        lengths = shape if isinstance(shape, (tuple, list)) else (shape,)
        if not lengths:
            raise ArgumentError(f"{layer}: the shape () names no axes to normalise over")
        self.shape = tuple(whole(length, f"{layer}: shape", 1) for length in lengths)
        self.eps = number(eps, f"{layer}: eps", 0)
        self._start(self.shape, boolean(affine, f"{layer}: affine"), dtype, bias)

    def _axes(self, shape: Shape) -> Shape:
        """Return the axes to take means over.

        Raises:
            ShapeError: the input does not fit.
        """
        if shape[-len(self.shape) :] != self.shape:
            raise ShapeError(
                f"{here(type(self).__name__)}: the input of shape {shape} must end in {self.shape}"
            )
        return tuple(range(-len(self.shape), 0))

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return f"{self.shape}, eps={self.eps:g}{self._without_affine()}"


class LayerNorm(_OverLastAxes):
    """Gives each example mean 0 and variance 1 over its features, then a scale γ and a shift β.

        μ = mean(x)      σ² = mean((x − μ)²)      y = γ (x − μ) / √(σ² + ε) + β

    with means over the last axes of x, those of ``shape`` (Ba, Kiros & Hinton 2016, "Layer
    normalization", section 3). No example depends on another, so training and evaluation are the
    same. γ and β are the parameters ``weight`` and ``bias``, of that shape.

    Example:
        >>> import tensorgraph as tg
        >>> layer = tg.nn.LayerNorm(3)
        >>> print(layer(tg.tensor([[1.0, 2.0, 3.0], [0.0, 50.0, 100.0]])).round(3))
        [[-1.225  0.     1.225]
         [-1.225  0.     1.225]]
    """

    @with_leads
    def __init__(
        self,
        shape: int | Shape,
        eps: float = 1e-5,
        *,
        affine: bool = True,
        bias: bool = True,
        dtype: DTypeLike | None = None,
    ) -> None:
        """Make γ, of ones, and β, of zeros.

        Args:
            shape: the lengths of the last axes, or the length of the last one.
            eps: ε, added to the variance.
            affine: whether there are γ and β; without, the layer has no parameters.
            bias: whether there is a β beside γ.
            dtype: float32 unless given.

        Raises:
            ArgumentError: a length below 1, or an ``eps`` that is negative or not finite.
            DTypeError: an argument of the wrong kind.
            ShapeError: when called: the input does not end in ``shape``.
        """
        self._build(shape, eps, affine, boolean(bias, "LayerNorm: bias"), dtype)

    def forward(self, x: Operand) -> Tensor:
        """Return the normalised x."""
        given, axes = asarray(x), self._axes(shape_of(x))
        centred = center(to_single(given), axis=axes)
        deviation = rms(centred, axis=axes, eps=self.eps, keepdims=True)
        return self._scaled(centred / divisor(deviation, self.eps), given)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        unshifted = self.weight is not None and self.bias is None
        return super().extra_repr() + ", bias=False" * unshifted


class RMSNorm(_OverLastAxes):
    """Divides each example by the root mean square of its features, then scales them by γ.

        y = γ x / √(mean(x²) + ε)

    with the mean over the last axes of x, those of ``shape`` (Zhang & Sennrich 2019, "Root mean
    square layer normalization", equation 4). It is layer norm without its centring and its shift. γ
    is the parameter ``weight``, of that shape.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.RMSNorm(2)(tg.tensor([[1.0, 7.0], [10.0, 70.0]])).round(3))
        [[0.2 1.4]
         [0.2 1.4]]
    """

    @with_leads
    def __init__(
        self,
        shape: int | Shape,
        eps: float = 1e-5,
        *,
        affine: bool = True,
        dtype: DTypeLike | None = None,
    ) -> None:
        """Make γ, of ones.

        Args:
            shape: the lengths of the last axes, or the length of the last one.
            eps: ε, added to the mean square.
            affine: whether there is γ; without, the layer has no parameters.
            dtype: float32 unless given.

        Raises:
            ArgumentError: a length below 1, or an ``eps`` that is negative or not finite.
            DTypeError: an argument of the wrong kind.
            ShapeError: when called: the input does not end in ``shape``.
        """
        self._build(shape, eps, affine, False, dtype)

    def forward(self, x: Operand) -> Tensor:
        """Return the normalised x."""
        given, axes = asarray(x), self._axes(shape_of(x))
        single = to_single(given)
        deviation = rms(single, axis=axes, eps=self.eps, keepdims=True)
        return self._scaled(single / divisor(deviation, self.eps), given)
