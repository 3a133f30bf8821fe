"""Normalization layers: batch norm, group norm, layer norm and RMS norm."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph.arguments import integer, number, whole
from tensorgraph.engine.arrays import host_values
from tensorgraph.engine.creation import ones, zeros
from tensorgraph.engine.float_warnings import quiet
from tensorgraph.engine.modes import user_level
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.random_generator import replaying
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor, asarray
from tensorgraph.errors import ArgumentError, ShapeError, UsageWarning
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.forgotten_eval import warn_of_inference
from tensorgraph.nn.half_precision import to_half, to_single
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module
from tensorgraph.ops.arithmetic import equal, where
from tensorgraph.ops.moments import affine, center, rms
from tensorgraph.ops.shape import reshape
from tensorgraph.ops.transcendental import sqrt

Shape = tuple[int, ...]


SCALE_AND_SHIFT = {"weight": "gamma", "bias": "beta"}
"""What papers on normalisation call the parameters."""


class BatchNorm(Module):
    """Gives each feature mean 0 and variance 1 over the batch, then a scale γ and a shift β.

        μ = mean(x)      σ² = mean((x − μ)²)      y = γ (x − μ) / √(σ² + ε) + β

    with means over all axes but that of the features (Ioffe & Szegedy 2015, "Batch normalization",
    algorithm 1; Deep Learning Specialization, course 2, week 3). γ and β are the parameters
    ``weight`` and ``bias``. β takes the place of the bias of the layer before, which the mean
    cancels: ``Linear(n, k, bias=False)``.

    In evaluation, when a prediction must not depend on other examples, μ and σ² are the running
    averages that training has kept in the buffers ``running_mean`` and ``running_var``, which start
    at 0 and 1. Each forward pass in training mode updates them, recorded or not:

        running ← keep_old · running + (1 − keep_old) · batch

    which is the exponentially weighted average of the course, with β = keep_old. Other libraries
    call a factor *momentum*: that of Keras is keep_old, that of PyTorch is 1 − keep_old.
    A batch whose mean or variance is not finite, as one with a NaN, is left out of them, with a
    warning. They are in single precision at least: half has no room for the square of 300.
    ``running_var`` averages the σ² above, by which training divides; PyTorch averages the estimate
    σ² n/(n − 1) for n values of a feature, as the paper does (algorithm 2).

    Args:
        features: how many features, or channels, are normalised.
        axis: along which they stand: 1 for inputs of shape (m, features) or (m, features, H, W),
            0 for the course's (features, m), −1 for (m, T, features).
        eps: ε, added to the variance.
        keep_old: how much of the running averages a step keeps, in [0, 1].
        dtype: float32 unless given.

    Raises:
        ArgumentError: no features, or ``eps`` or ``keep_old`` outside its range.
        DTypeError: an argument of the wrong kind.
        ShapeError: when called: the input does not have ``features`` along ``axis``; or, in
            training, there is but one value of each feature, whose variance is 0.

    Example:
        >>> import tensorgraph as tg
        >>> layer = tg.nn.BatchNorm(2)
        >>> x = tg.tensor([[0.0, 10.0], [2.0, 30.0]])
        >>> print(layer(x).round(3))
        [[-1. -1.]
         [ 1.  1.]]
        >>> print(layer.running_mean, layer.running_var.round(2))  # 0.9 · 1 + 0.1 · σ²
        [0.1 2. ] [ 1.  10.9]
        >>> layer.eval()
        BatchNorm(2, axis=1, eps=1e-05, keep_old=0.9)
    """

    regularised = False

    parameter_letters = SCALE_AND_SHIFT

    wide_buffers = ("running_mean", "running_var")

    mixes_examples = True

    @with_leads
    def __init__(
        self,
        features: int,
        axis: int = 1,
        *,
        eps: float = 1e-5,
        keep_old: float = 0.9,
        dtype: DTypeLike | None = None,
    ) -> None:
        self.features = whole(features, "BatchNorm: features", 1)
        self.axis = integer(axis, "BatchNorm: axis")
        self.eps = number(eps, "BatchNorm: eps", 0)
        self.keep_old = number(keep_old, "BatchNorm: keep_old", 0, 1)
        self.weight = ones(self.features, dtype, requires_grad=True)
        self.bias = zeros(self.features, dtype, requires_grad=True)
        single = np.result_type(self.weight.dtype, np.float32)
        self.running_mean = zeros(self.features, single)
        self.running_var = ones(self.features, single)

    def forward(self, x: Operand) -> Tensor:
        """Return the normalised x, by the batch's moments in training, else by the running ones."""
        given = asarray(x)
        axis, single = self._feature_axis(given.shape), to_single(given)
        y: Tensor = to_half(self._normalised(single, axis), given, self.weight)
        return y

    def _normalised(self, x: Tensor, axis: int) -> Any:
        if self.training:
            self._check_count(x)
            warn_of_inference(
                self, "batch_norm", "predictions depend on the batch and change what eval() uses"
            )
            others = (*range(axis), *range(axis + 1, x.ndim))
            centred = center(x, axis=others)
            deviation = rms(centred, axis=others, eps=self.eps)
            self._follow(*self._moments(x, axis, centred, deviation))
        else:
            centred = x - _along(axis, self.running_mean, x)
            deviation = sqrt(self.running_var + self.eps)
        scale = _along(axis, self.weight / _divisor(deviation, self.eps), x)
        return affine(centred, scale, _along(axis, self.bias, x))

    @quiet
    def _moments(self, x: Tensor, axis: int, centred: Tensor, deviation: Tensor) -> tuple[Any, Any]:
        """Return mean and variance of the batch, as arrays."""
        # The mean is what was taken away from any one value of a feature. Rounding may leave less
        # than nothing of a variance.
        one = tuple(slice(None) if k == axis else 0 for k in range(x.ndim))
        variance = (deviation.data**2 - self.eps).clip(0)
        return x.data[one] - centred.data[one], variance

    def _feature_axis(self, shape: Shape) -> int:
        """Return the axis along which the features stand.

        Raises:
            ShapeError: the input does not fit.
        """
        axis = self.axis + len(shape) if self.axis < 0 else self.axis
        if 0 <= axis < len(shape) and shape[axis] == self.features:
            return axis
        found = [k for k, n in enumerate(shape) if n == self.features]
        hint = f"; write BatchNorm({self.features}, axis={found[0]})" if found else ""
        raise ShapeError(
            f"{here('batch_norm')}: the input of shape {shape} must have {self.features}"
            f" features along axis {self.axis}{hint}"
        )

    def _check_count(self, x: Tensor) -> None:
        """Raise unless there are two values of each feature, so that it has a variance."""
        count = x.size // self.features
        if count < 2:
            raise ShapeError(
                f"{here('batch_norm')}: the input of shape {x.shape} has too few values of each"
                f" feature, {count}: a single one minus its mean is 0, so the output would be the"
                " bias whatever the input is. Train on two examples or more; for a last batch of"
                " one write Batches(…, drop_last=True), for inference model.eval()"
            )

    def _follow(self, mean: Any, variance: Any) -> None:
        """Let the running averages follow a batch, unless that is run again."""
        if replaying():
            return
        finite = np.isfinite(mean) & np.isfinite(variance)
        known = host_values(finite)
        if known.shape != finite.shape:
            return self._follow_if(finite.all(), mean, variance)
        if not known.all():
            warnings.warn(
                f"{here('batch_norm')}: the batch has no finite mean and variance in"
                f" {(~known).sum():,} of {known.size:,} features, so it is left out of the"
                " running averages; a NaN or infinity in the input does that, and so do numbers"
                f" whose squares leave {self.running_var.dtype}: look for them with tg.debug(), and"
                " scale what is large",
                UsageWarning,
                stacklevel=user_level(),
            )
            return
        for running, batch in ((self.running_mean, mean), (self.running_var, variance)):
            running.assign(self._next(running, batch))

    def _follow_if(self, finite: Any, mean: Any, variance: Any) -> None:
        """Let the running averages follow a batch where it is finite, which is not known yet."""
        for running, batch in ((self.running_mean, mean), (self.running_var, variance)):
            running.assign(where(finite, self._next(running, batch), running.data))

    def _next(self, running: Tensor, batch: Any) -> Any:
        return self.keep_old * running.data + (1 - self.keep_old) * batch

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return f"{self.features}, axis={self.axis}, eps={self.eps:g}, keep_old={self.keep_old:g}"


def _along(axis: int, values: Tensor, x: Tensor) -> Tensor:
    """Return one value for each feature, shaped to stand along an axis of x."""
    behind = x.ndim - 1 - axis
    return reshape(values, shape=(-1, *(1,) * behind)) if behind else values


def _divisor(deviation: Any, eps: float) -> Any:
    """Return what is divided by; without ε it is 1 where nothing varies: what is divided is 0."""
    return deviation if eps else where(equal(deviation, 0), 1, deviation)


class GroupNorm(Module):
    """Gives each group of features mean 0 and variance 1 in each example, then a scale and a shift.

        μ = mean(x)      σ² = mean((x − μ)²)      y = γ (x − μ) / √(σ² + ε) + β

    with means over the features of one group and all places of one example (Wu & He 2018, "Group
    normalization", equation 1). No example depends on another, so training and evaluation are the
    same, for a batch of any size. γ and β, one number for each feature, are the parameters
    ``weight`` and ``bias``. One group is layer norm over all features and places; as many groups as
    features are instance norm.

    X has shape (batch, features, *places), as images have.

    Args:
        groups: in how many parts of equal size the features are cut, in their order.
        features: how many features, or channels, there are.
        eps: ε, added to the variance.
        dtype: float32 unless given.

    Raises:
        ArgumentError: ``groups`` that do not divide the features, a number below 1, or an ``eps``
            that is negative or not finite.
        DTypeError: an argument of the wrong kind.
        ShapeError: when called: the input does not have ``features`` along axis 1; or there is but
            one value in a group, whose variance is 0.

    Example:
        >>> import tensorgraph as tg
        >>> layer = tg.nn.GroupNorm(2, 4)
        >>> layer
        GroupNorm(2, 4, eps=1e-05)
        >>> print(layer(tg.tensor([[1.0, 3.0, 10.0, 30.0]])).round(3))
        [[-1.  1. -1.  1.]]
    """

    regularised = False

    parameter_letters = SCALE_AND_SHIFT

    @with_leads
    def __init__(
        self,
        groups: int,
        features: int,
        eps: float = 1e-5,
        *,
        dtype: DTypeLike | None = None,
    ) -> None:
        self.groups = whole(groups, "GroupNorm: groups", 1)
        self.features = whole(features, "GroupNorm: features", 1)
        if self.features % self.groups:
            raise ArgumentError(
                f"GroupNorm: groups = {self.groups} must divide the {self.features} features"
            )
        self.eps = number(eps, "GroupNorm: eps", 0)
        self.weight = ones(self.features, dtype, requires_grad=True)
        self.bias = zeros(self.features, dtype, requires_grad=True)

    def forward(self, x: Operand) -> Tensor:
        """Return the normalised x."""
        given = asarray(x)
        size = self._group_size(given.shape)
        grouped = reshape(to_single(given), shape=(given.shape[0], self.groups, size))
        centred = center(grouped, axis=-1)
        deviation = rms(centred, axis=-1, eps=self.eps, keepdims=True)
        normalised = reshape(centred / _divisor(deviation, self.eps), shape=given.shape)
        scale, shift = _along(1, self.weight, given), _along(1, self.bias, given)
        y: Tensor = to_half(affine(normalised, scale, shift), given, self.weight)
        return y

    def _group_size(self, shape: Shape) -> int:
        """Return how many values of an example there are in a group.

        Raises:
            ShapeError: the input does not fit.
        """
        if len(shape) < 2 or shape[1] != self.features:
            raise ShapeError(
                f"{here('group_norm')}: the input of shape {shape} must have {self.features}"
                " features along axis 1"
            )
        size = math.prod(shape[1:]) // self.groups
        if size == 1:
            raise ShapeError(
                f"{here('group_norm')}: the input of shape {shape} has a single value in each group"
                f" of an example, and minus its mean that is 0; write fewer groups than"
                f" {self.groups}"
            )
        return size

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return f"{self.groups}, {self.features}, eps={self.eps:g}"


class _OverLastAxes(Module):
    """A layer that normalises each example over the last axes, then scales each feature."""

    regularised = False

    parameter_letters = SCALE_AND_SHIFT

    @with_leads
    def __init__(
        self, shape: int | Shape, eps: float = 1e-5, *, dtype: DTypeLike | None = None
    ) -> None:
        """Make γ, of ones, and β where there is one, of zeros.

        Args:
            shape: the lengths of the last axes, or the length of the last one.
            eps: ε, added to the variance or mean square.
            dtype: float32 unless given.

        Raises:
            ArgumentError: a length below 1, or an ``eps`` that is negative or not finite.
            DTypeError: an argument of the wrong kind.
            ShapeError: when called: the input does not end in ``shape``.
        """
        layer = type(self).__name__
        lengths = shape if isinstance(shape, (tuple, list)) else (shape,)
        if not lengths:
            raise ArgumentError(f"{layer}: the shape () names no axes to normalise over")
        self.shape = tuple(whole(length, f"{layer}: shape", 1) for length in lengths)
        self.eps = number(eps, f"{layer}: eps", 0)
        self.weight = ones(self.shape, dtype, requires_grad=True)

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
        return f"{self.shape}, eps={self.eps:g}"


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
        self, shape: int | Shape, eps: float = 1e-5, *, dtype: DTypeLike | None = None
    ) -> None:
        super().__init__(shape, eps, dtype=dtype)
        self.bias = zeros(self.shape, dtype, requires_grad=True)

    def forward(self, x: Operand) -> Tensor:
        """Return the normalised x."""
        given, axes = asarray(x), self._axes(shape_of(x))
        centred = center(to_single(given), axis=axes)
        deviation = rms(centred, axis=axes, eps=self.eps, keepdims=True)
        normalised = centred / _divisor(deviation, self.eps)
        y: Tensor = to_half(affine(normalised, self.weight, self.bias), given, self.weight)
        return y


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

    def forward(self, x: Operand) -> Tensor:
        """Return the normalised x."""
        given, axes = asarray(x), self._axes(shape_of(x))
        single = to_single(given)
        deviation = rms(single, axis=axes, eps=self.eps, keepdims=True)
        normalised = single / _divisor(deviation, self.eps)
        y: Tensor = to_half(normalised * self.weight, given, self.weight)
        return y
