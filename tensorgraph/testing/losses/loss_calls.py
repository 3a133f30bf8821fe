"""A loss with example inputs, the ways to call it, and what can be told from the examples."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import Array
from tensorgraph.engine.autodiff import gradients
from tensorgraph.engine.tensor import Tensor, asarray, wrap
from tensorgraph.testing.plain_arrays import read_only

Loss = Callable[..., Any]

EXACT = 1e-10
"""What two ways to compute one number may differ by, relative to the largest of its kind."""

FAR = 100
"""What labels are moved by, to see whether they choose among classes."""

LOGITS = (-1000.0, 1000.0)
"""What a prediction that may be any number may reach."""


@dataclass(frozen=True)
class LossCall:
    """A loss, example inputs and settings; everything is asked of it in double precision."""

    loss: Loss
    predictions: Array
    targets: Array
    settings: Mapping[str, Any]
    classes: int | None = None
    """The axis along which the predictions are logits of classes, if that was said."""
    given_extremes: tuple[float, float] | None = None

    # ------------------------------------------------------------------------------------ calling

    def __call__(
        self, predictions: Any = None, targets: Any = None, reduction: str | None = None
    ) -> Any:
        """Return what the loss does."""
        more = {} if reduction is None else {"reduction": reduction}
        p = self.predictions if predictions is None else predictions
        y = self.targets if targets is None else targets
        return self.loss(p, y, **{**self.settings, **more})

    def value(
        self, predictions: Any = None, targets: Any = None, reduction: str | None = None
    ) -> Array:
        """Return the cost or the losses, as an array."""
        return as_numbers(self(self.leaf(predictions), targets, reduction))

    def gradient(
        self, predictions: Any = None, targets: Any = None, reduction: str | None = None
    ) -> Array:
        """Return the gradient of the cost, or of the sum of the losses, by the predictions.

        Raises:
            AssertionError: the cost does not depend on the predictions.
        """
        leaf = self.leaf(predictions)
        result = self(leaf, targets, reduction)
        if type(result) is not Tensor or not result.requires_grad:
            raise AssertionError(
                f"the loss returned {errors.describe(result)} that no gradient flows through: is"
                " there a float(…), .data, .detach() or np.asarray(…) on the way?"
            )
        total = result if result.shape == () else result.sum()
        found: Tensor = gradients(total, [leaf])[0]
        return np.array(found.numpy())

    def total_gradient(self, predictions: Any = None, targets: Any = None) -> Array:
        """Return the gradient of the sum of the losses, where it can be had; else of the cost."""
        return self.gradient(predictions, targets, "sum" if self.has_reductions else None)

    def losses(self, predictions: Any = None, targets: Any = None) -> Array | None:
        """Return the losses one by one, ``None`` if the loss tells but their cost."""
        if self.has_reductions:
            return self.value(predictions, targets, "none")
        found = self.value(predictions, targets)
        return found if found.shape else None

    def with_inputs(self, predictions: Array, targets: Array, **settings: Any) -> LossCall:
        """Return the same loss of other inputs."""
        merged = {**self.settings, **settings}
        return replace(self, predictions=predictions, targets=targets, settings=merged)

    def in_dtype(self, dtype: Any) -> LossCall:
        """Return the same loss of inputs in a dtype: all floating ones, and targets like them."""
        p, y = self.predictions, self.targets
        compared = y.dtype.kind == "f" or y.shape == p.shape
        settings = {
            name: value.astype(dtype)
            if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value
            for name, value in self.settings.items()
        }  # fmt: skip
        return self.with_inputs(p.astype(dtype), y.astype(dtype) if compared else y, **settings)

    def leaf(self, predictions: Any = None) -> Tensor:
        """Return predictions as a tensor that a gradient is wanted by."""
        array = self.predictions if predictions is None else predictions
        return wrap(read_only(np.array(array)), None, True)

    # ------------------------------------------------------------------------- what can be told

    @cached_property
    def has_reductions(self) -> bool:
        """Whether the loss takes ``reduction="none"`` and the like."""
        try:
            return "reduction" in inspect.signature(self.loss).parameters
        except (TypeError, ValueError):
            return False

    @cached_property
    def label_axis(self) -> int | None:
        """The axis of the predictions along which the targets, integers, choose; or ``None``."""
        p, y = self.predictions.shape, self.targets.shape
        if self.targets.dtype.kind not in "iu" or len(y) != len(p) - 1:
            return None
        asked = self.settings.get("axis", self.classes)
        fitting = [k for k in range(len(p)) if p[:k] + p[k + 1 :] == y]
        if asked is not None and asked % len(p) in fitting:
            return int(asked % len(p))
        return fitting[-1] if fitting and self._are_classes(p[fitting[-1]]) else None

    def _are_classes(self, count: int) -> bool:
        """Return whether integers choose among so many, as far as can be told from outside.

        They are names, of which it only counts which are the same, or counts, if not.
        """
        counted = self.targets[self.targets != self.settings.get("ignore_index")]
        if counted.size and not 0 <= counted.min() <= counted.max() < count:
            return False
        try:
            renamed = self.value(targets=self.targets + FAR)
        except Exception:
            return True
        return not np.array_equal(renamed, self.value())

    @cached_property
    def choices(self) -> Array | None:
        """The targets as one-hot numbers, of the predictions' shape; ``None`` if they are not."""
        p, y, axis = self.predictions, self.targets, self.class_axis
        if self.label_axis is not None:
            count = p.shape[self.label_axis]
            known = np.where((y >= 0) & (y < count), y, 0)
            return np.moveaxis(np.eye(count)[known], -1, self.label_axis)
        if axis is None or y.shape != p.shape or p.shape[axis] < 2:
            return None
        is_hot = np.isin(y, (0, 1)).all() and (y.sum(axis=axis) == 1).all()
        return y.astype(np.float64) if is_hot else None

    @cached_property
    def class_axis(self) -> int | None:
        """The axis of the classes: said, or told from the targets."""
        if self.classes is not None:
            return self.classes % self.predictions.ndim
        return self.label_axis

    @cached_property
    def batch(self) -> tuple[int, int] | None:
        """Along which axes of predictions and targets the examples stand; ``None`` if unknown."""
        p, y = self.predictions, self.targets
        axis = 1 if self.class_axis == 0 else 0
        target_axis = axis if y.shape == p.shape else 0
        if p.ndim <= axis or y.ndim <= target_axis or p.shape[axis] != y.shape[target_axis]:
            return None
        return axis, target_axis

    @property
    def count(self) -> int:
        """How many examples there are; 1 if nobody knows."""
        return int(self.predictions.shape[self.batch[0]]) if self.batch else 1

    def taking(self, chosen: Any) -> LossCall:
        """Return the same loss of some of the examples, in the order asked for."""
        if self.batch is None:
            raise AssertionError("nobody knows where the examples stand")
        axis, target_axis = self.batch
        settings = {
            name: np.take(np.asarray(value), chosen, axis=target_axis)
            for name, value in self.settings.items()
            if self._goes_with_examples(value)
        }
        return self.with_inputs(
            np.take(self.predictions, chosen, axis=axis),
            np.take(self.targets, chosen, axis=target_axis),
            **settings,
        )

    def _goes_with_examples(self, value: Any) -> bool:
        """Return whether a setting holds something for each example: a mask, or weights."""
        shape = np.shape(value) if not isinstance(value, str) else ()
        is_of_classes = self.class_axis is not None and shape == (
            self.predictions.shape[self.class_axis],
        )
        return bool(shape) and shape == self.targets.shape and not is_of_classes

    @cached_property
    def extremes(self) -> tuple[float, float]:
        """The least and the largest number that a prediction may be, as the examples tell."""
        if self.given_extremes is not None:
            return self.given_extremes
        low, high = float(self.predictions.min()), float(self.predictions.max())
        if 0 <= low and high <= 1:
            return 0.0, 1.0
        if self._is_like_targets(low, high):
            return LOGITS
        if low >= 0:
            return low and min(low, 1e-3), max(high, 1e3)
        return (LOGITS[0], 0.0) if high <= 0 else LOGITS

    def _is_like_targets(self, low: float, high: float) -> bool:
        """Return whether targets are numbers that lie where no prediction given does."""
        y = self.targets
        if y.shape != self.predictions.shape or y.dtype.kind != "f":
            return False
        return bool((low >= 0 and (y < 0).any()) or (high <= 0 and (y > 1).any()))

    @property
    def left_out(self) -> Array | None:
        """Which targets do not count, as ``ignore_index``, ``mask`` or NaN say; ``None``: no such.

        A boolean array of the shape of the targets.
        """
        out = np.zeros(self.targets.shape, bool)
        if "ignore_index" in self.settings and self.settings["ignore_index"] is not None:
            out |= self.targets == self.settings["ignore_index"]
        if self.targets.dtype.kind == "f":
            out |= np.isnan(self.targets)
        mask = self.settings.get("mask")
        if mask is not None and np.shape(mask) == self.targets.shape:
            out |= ~np.asarray(mask, bool)
        return out if out.any() else None

    def varied(self, seed: int, count: int = 3) -> Iterator[Array]:
        """Yield the predictions, and others that lie between them, as any domain allows."""
        yield self.predictions
        rng = np.random.default_rng(seed)
        if self.batch is None:
            return
        for _ in range(count):
            order = rng.permutation(self.count)
            share = rng.uniform(0, 1)
            other = np.take(self.predictions, order, axis=self.batch[0])
            yield np.asarray(share * self.predictions + (1 - share) * other)


def as_numbers(result: Any) -> Array:
    """Return a result as an array of real numbers.

    Raises:
        AssertionError: it holds none.
    """
    array = np.array(result.numpy()) if type(result) is Tensor else np.asarray(result)
    if array.dtype.kind not in "fiu":
        raise AssertionError(f"the loss returned {errors.describe(result)}, not a number")
    return array


def difference(found: Array, expected: Array, rtol: float, scale: float = 0.0) -> str:
    """Return where two arrays differ most, in words; nothing if they agree.

    Args:
        found: what was computed.
        expected: what it should be; where it is not finite, anything will do.
        rtol: what may be wrong, relative to the largest of ``expected`` and to ``scale``.
        scale: how large numbers are that cancelled on the way.
    """
    if found.shape != expected.shape:
        return f"shape {found.shape}, not {expected.shape}"
    finite = np.isfinite(expected)
    size = max(scale, float(np.max(np.abs(expected), initial=0.0, where=finite)))
    off = np.where(finite, np.abs(found - np.where(finite, expected, 0)), 0.0)
    bad = ~(off <= rtol * size)
    if not bad.any():
        return ""
    worst = np.unravel_index(
        int(np.argmax(np.where(bad, np.nan_to_num(off, nan=np.inf), -1))), off.shape
    )
    index = tuple(int(i) for i in worst)
    where = f" at index {index}" if index else ""
    return f"{found[index]:.12g}, not {expected[index]:.12g}{where}"


def example_inputs(owner: str, predictions: Any, targets: Any) -> tuple[Array, Array]:
    """Return predictions in double precision, and targets as an array.

    Raises:
        ArgumentError: there is nothing in them.
        DTypeError: one is not an array of numbers.
    """
    p, y = (np.array(asarray(value).numpy()) for value in (predictions, targets))
    for name, array in (("predictions", p), ("targets", y)):
        if array.dtype.kind not in "fiub":
            raise errors.DTypeError(
                f"{owner}: {name} are numbers, not {errors.describe(array)}; write"
                f" {owner}(loss, predictions, targets)"
            )
    if p.size == 0:
        raise errors.ArgumentError(f"{owner}: predictions of shape {p.shape} hold nothing")
    p = p.astype(np.float64)
    return p, y.astype(np.float64) if y.dtype.kind == "f" else y
