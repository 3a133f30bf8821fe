"""Batch norm: each feature over the batch, and running averages for evaluation."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph.arguments import boolean, integer, number, whole
from tensorgraph.engine.arrays import default_dtype, host_values, to_dtype
from tensorgraph.engine.creation import ones, zeros
from tensorgraph.engine.float_warnings import quiet
from tensorgraph.engine.modes import user_level
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.random_generator import replaying
from tensorgraph.engine.tensor import Tensor, asarray
from tensorgraph.errors import ShapeError, UsageWarning
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.forgotten_eval import warn_of_inference
from tensorgraph.nn.half_precision import to_half, to_single
from tensorgraph.nn.loading.layouts import Foreign, as_it_is
from tensorgraph.nn.message_place import here
from tensorgraph.nn.normalization.scale_and_shift import Normalization, Shape, along, divisor
from tensorgraph.ops.arithmetic import where
from tensorgraph.ops.moments import affine, center, rms
from tensorgraph.ops.transcendental import sqrt


class BatchNorm(Normalization):
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
        affine: whether there are a scale γ and a shift β; without, the layer has no parameters.
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

    wide_buffers = ("running_mean", "running_var")

    mixes_examples = True

    foreign_arrays: ClassVar[Foreign] = {
        **Normalization.foreign_arrays,
        "moving_mean": as_it_is("running_mean", "keras"),
        "moving_variance": as_it_is("running_var", "keras"),
        "mean": as_it_is("running_mean", "flax"),
        "var": as_it_is("running_var", "flax"),
    }

    torch_only: ClassVar[Mapping[str, Any]] = {"num_batches_tracked": 0}
    """How many batches it has seen, which PyTorch needs where it takes plain averages."""

    @with_leads
    def __init__(
        self,
        features: int,
        axis: int = 1,
        *,
        eps: float = 1e-5,
        keep_old: float = 0.9,
        affine: bool = True,
        dtype: DTypeLike | None = None,
    ) -> None:
        self.features = whole(features, "BatchNorm: features", 1)
        self.axis = integer(axis, "BatchNorm: axis")
        self.eps = number(eps, "BatchNorm: eps", 0)
        self.keep_old = number(keep_old, "BatchNorm: keep_old", 0, 1)
        self._start((self.features,), boolean(affine, "BatchNorm: affine"), dtype)
        given = default_dtype() if dtype is None else to_dtype(dtype)
        single = np.result_type(given, np.float32)
        self.running_mean = zeros(self.features, single)
        self.running_var = ones(self.features, single)

    def forward(self, x: Operand) -> Tensor:
        """Return the normalised x, by the batch's moments in training, else by the running ones."""
        given = asarray(x)
        axis, single = self._feature_axis(given.shape), to_single(given)
        parameters = () if self.weight is None else (self.weight,)
        y: Tensor = to_half(self._normalised(single, axis), given, *parameters)
        return y

    def _normalised(self, x: Tensor, axis: int) -> Any:
        if self.training:
            warn_of_inference(
                self, "batch_norm", "predictions depend on the batch and change what eval() uses"
            )
            centred, deviation = self._of_batch(x, axis)
        else:
            centred = x - along(axis, self.running_mean, x)
            deviation = sqrt(self.running_var + self.eps)
        deviation = divisor(deviation, self.eps)
        if self.weight is None or self.bias is None:
            return centred / along(axis, deviation, x)
        scale = along(axis, self.weight / deviation, x)
        return affine(centred, scale, along(axis, self.bias, x))

    def _of_batch(self, x: Tensor, axis: int) -> tuple[Any, Any]:
        """Return x minus the mean of the batch, and √(σ² + ε); the running averages follow."""
        self._check_count(x, x.size // self.features)
        others = (*range(axis), *range(axis + 1, x.ndim))
        centred = center(x, axis=others)
        deviation = rms(centred, axis=others, eps=self.eps)
        self._follow(*self._moments(x, axis, centred, deviation))
        return centred, deviation

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

    def _check_count(self, x: Tensor, count: int) -> None:
        """Raise unless there are two values of each feature, so that it has a variance."""
        if count < 2:
            raise ShapeError(
                f"{here('batch_norm')}: the input of shape {x.shape} has too few values of each"
                f" feature, {count}: a single one minus its mean is 0, so the output would be the"
                " bias whatever the input is. Train on two examples or more; for a last batch of"
                " one write Batches(…, drop_last=True), where batches are cut in shards fewer of"
                " them or tg.distributed.SyncBatchNorm, for inference model.eval()"
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
        settings = f"axis={self.axis}, eps={self.eps:g}, keep_old={self.keep_old:g}"
        return f"{self.features}, {settings}{self._without_affine()}"
