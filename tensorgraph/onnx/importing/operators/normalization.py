"""Operators that normalise, and dropout: those of a batch differ in training."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph import ops, random
from tensorgraph.engine.modes import no_grad
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.module import Module
from tensorgraph.onnx.importing.operators.elementwise import cast, setting
from tensorgraph.onnx.importing.table import WEIGHT_AND_BIAS, operator
from tensorgraph.onnx.importing.values import allowed, axis_of, known


def _per_channel(x: Any, rank: int) -> Any:
    return ops.reshape(x, shape=(-1, *(1,) * (rank - 2)))


def _normalised(x: Any, mean: Any, var: Any, scale: Any, shift: Any, epsilon: float) -> Any:
    rank = ndim_of(x)
    each = (_per_channel(one, rank) for one in (mean, var, scale, shift))
    mean, var, scale, shift = each
    y = (x - mean) * (scale / ops.sqrt(var + epsilon)) + shift
    return cast(y, x.dtype)


def _of_batch(
    x: Any, scale: Any, shift: Any, mean: Any, var: Any, epsilon: float, momentum: float
) -> tuple[Any, Any, Any]:
    """Return x normalised by its own mean and variance, and the running ones as they go on."""
    axes = (0, *range(2, ndim_of(x)))
    own_mean, own_var = ops.mean(x, axis=axes), ops.var(x, axis=axes)
    y = _normalised(x, own_mean, own_var, scale, shift, epsilon)
    mean = mean * momentum + own_mean * (1 - momentum)
    return y, mean, var * momentum + own_var * (1 - momentum)


def _batch_normalization(
    x: Any, scale: Any, shift: Any, mean: Any, var: Any, *, epsilon: float = 1e-5,
    momentum: float = 0.9, training_mode: int = 0,
) -> Any:  # fmt: skip
    if training_mode:
        return _of_batch(x, scale, shift, mean, var, epsilon, momentum)
    return _normalised(x, mean, var, scale, shift, epsilon)


class BatchNormalization(Module):
    """Batch normalisation that a file holds for inference: in training it is that of training.

    Args:
        epsilon: what is added to the variance.
        momentum: how much of the running averages a step keeps.
        training_mode: whether the file itself asks for training's.
    """

    def __init__(
        self, epsilon: float = 1e-5, momentum: float = 0.9, training_mode: int = 0, **old: Any
    ) -> None:
        self.epsilon, self.momentum, self.always = epsilon, momentum, bool(training_mode)

    def forward(self, x: Any, scale: Any, shift: Any, mean: Any, var: Any) -> Any:
        """Return x normalised, and in training let running averages that are buffers go on."""
        if not self.training and not self.always:
            return _normalised(x, mean, var, scale, shift, self.epsilon)
        results = _of_batch(x, scale, shift, mean, var, self.epsilon, self.momentum)
        if self.training:
            with no_grad():
                for running, new in zip((mean, var), results[1:], strict=True):
                    if type(running) is Tensor and running.is_leaf:
                        running.assign(ops.astype(new.detach(), dtype=running.dtype))
        return results if self.always else results[0]

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return f"epsilon={self.epsilon:g}, momentum={self.momentum:g}"


_RUNNING = {"statistics": (3, 4), "weights": WEIGHT_AND_BIAS, "module": BatchNormalization}


@operator("BatchNormalization", since=1, **_RUNNING)  # type: ignore[arg-type]
def _batch_normalization_old(
    x: Any, scale: Any, shift: Any, mean: Any, var: Any, *, epsilon: float = 1e-5,
    momentum: float = 0.9, spatial: int = 1, is_test: int = 0,
) -> Any:  # fmt: skip
    return _batch_normalization(x, scale, shift, mean, var, epsilon=epsilon, momentum=momentum)


operator("BatchNormalization", since=9, **_RUNNING)(_batch_normalization)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------ dropout


def _dropped(x: Any, ratio: float, seed: int | None = None) -> tuple[Any, Any]:
    if ratio == 0:
        return x, np.ones(shape_of(x), bool)
    generator = {} if seed is None else {"generator": random.Generator(seed)}
    mask = random.bernoulli(1 - ratio, shape_of(x), **generator)
    return ops.dropout(x, mask, keep_prob=1 - ratio), ops.astype(mask, dtype=bool)


def _dropout(
    x: Any, ratio: Any = None, training: Any = None, *, seed: int | None = None
) -> tuple[Any, Any]:
    if training is not None and bool(known(training, "Dropout").reshape(-1)[0]):
        return _dropped(x, setting(ratio, "the ratio of Dropout", 0.5), seed)
    return x, np.ones(shape_of(x), bool)


class Dropout(Module):
    """Dropout, which acts in training.

    Args:
        ratio: how many elements it drops, where no input says so.
        seed: where its own sequence starts, if it has one.
    """

    def __init__(self, ratio: float = 0.5, seed: int | None = None, is_test: int = 0) -> None:
        self.ratio, self.seed = ratio, seed

    def forward(self, x: Any, ratio: Any = None, training: Any = None) -> Any:
        """Return x, and what is kept of it."""
        if not self.training:
            return _dropout(x, ratio, training, seed=self.seed)
        return _dropped(x, setting(ratio, "the ratio of Dropout", self.ratio))

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return f"ratio={self.ratio:g}"


@operator("Dropout", since=1, module=Dropout)
def _dropout_old(x: Any, *, ratio: float = 0.5, is_test: int = 0) -> tuple[Any, Any]:
    return x, np.ones(shape_of(x), bool)


operator("Dropout", since=12, settings=(1, 2), module=Dropout)(_dropout)


# ------------------------------------------------------------------------- norms of single examples


@operator("InstanceNormalization", weights=WEIGHT_AND_BIAS)
def _instance_normalization(x: Any, scale: Any, shift: Any, *, epsilon: float = 1e-5) -> Any:
    axes = tuple(range(2, ndim_of(x)))
    y = _standard(x, axes, epsilon)
    return y * _per_channel(scale, ndim_of(x)) + _per_channel(shift, ndim_of(x))


def _standard(x: Any, axes: tuple[int, ...], epsilon: float) -> Any:
    deviation = ops.sqrt(ops.var(x, axis=axes, keepdims=True) + epsilon)
    return ops.center(x, axis=axes) / deviation


@operator("LayerNormalization", weights=WEIGHT_AND_BIAS)
def layer_normalization(
    x: Any, scale: Any, shift: Any = None, *, axis: int = -1, epsilon: float = 1e-5,
    stash_type: int = 1, n_outputs: int,
) -> Any:  # fmt: skip
    """Return x normalised over its last axes, with mean and deviation where they are wanted."""
    axes = tuple(range(axis_of(axis, ndim_of(x)), ndim_of(x)))
    y = _standard(x, axes, epsilon) * scale
    y = y if shift is None else y + shift
    if n_outputs == 1:
        return y
    inverse = 1 / ops.sqrt(ops.var(x, axis=axes, keepdims=True) + epsilon)
    return y, ops.mean(x, axis=axes, keepdims=True), inverse


@operator("RMSNormalization", "SimplifiedLayerNormalization")
def rms_normalization(
    x: Any, scale: Any, *, axis: int = -1, epsilon: float = 1e-5, stash_type: int = 1
) -> Any:
    """Return x divided by the root of the mean of its squares over its last axes."""
    axes = tuple(range(axis_of(axis, ndim_of(x)), ndim_of(x)))
    size = ops.sqrt(ops.mean(ops.square(x), axis=axes, keepdims=True) + epsilon)
    return x / size * scale


@operator("GroupNormalization", since=18)
def _group_normalization_old(
    x: Any, scale: Any, shift: Any, *, epsilon: float = 1e-5, num_groups: int
) -> Any:
    parts = shape_of(x)[1] // num_groups
    each = (ops.repeat(one, repeats=parts, axis=0) for one in (scale, shift))
    return _group_normalization(x, *each, epsilon=epsilon, num_groups=num_groups)


@operator("GroupNormalization", since=21)
def _group_normalization(
    x: Any, scale: Any, shift: Any, *, epsilon: float = 1e-5, num_groups: int, stash_type: int = 1
) -> Any:
    batch, channels, *rest = shape_of(x)
    parts = ops.reshape(x, shape=(batch, num_groups, channels // num_groups, *rest))
    y = _standard(parts, tuple(range(2, ndim_of(parts))), epsilon)
    y = ops.reshape(y, shape=shape_of(x))
    return y * _per_channel(scale, ndim_of(x)) + _per_channel(shift, ndim_of(x))


@operator("LRN")
def _lrn(x: Any, *, alpha: float = 1e-4, beta: float = 0.75, bias: float = 1.0, size: int) -> Any:
    before, after = (size - 1) // 2, size - 1 - (size - 1) // 2
    allowed((size, *shape_of(x)))
    widths = ((0, 0), (before, after), *((0, 0),) * (ndim_of(x) - 2))
    squares = ops.pad(ops.square(x), pad_width=widths)
    channels = shape_of(x)[1]
    total = squares[:, :channels]
    for shift in range(1, size):
        total = total + squares[:, shift : shift + channels]
    return x / (bias + alpha / size * total) ** beta
