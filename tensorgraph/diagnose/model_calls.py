"""Models as functions of arrays: called in evaluation mode, in their dtype, some points at once.

A model is whatever has the methods of ``nn.Module``, which stands in a room that this one does not
know: :class:`Model` says which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, runtime_checkable

import numpy as np

from tensorgraph import errors
from tensorgraph.arguments import integer
from tensorgraph.array_likes import to_plain
from tensorgraph.diagnose.array_arguments import Array

AT_ONCE = 10_000
"""How many points are put through a model at once, so that a fine grid needs little memory."""


@runtime_checkable
class Model(Protocol):
    """What is needed of a model."""

    training: bool

    def __call__(self, *inputs: Any) -> Any:
        """Compute."""

    def eval(self) -> Any:
        """Go into evaluation mode."""

    def named_modules(self) -> Sequence[tuple[str, Any]]:
        """Return the model, whose path is empty, and all modules in it with their paths."""

    def named_parameters(self) -> Sequence[tuple[str, Any]]:
        """Return the parameters with their paths."""

    def state_dict(self) -> dict[str, Any]:
        """Return copies of all parameters and buffers by path."""

    def load_state_dict(self, state: Any) -> Any:
        """Give every parameter and buffer its value."""


def is_model(value: Any) -> bool:
    """Return whether something is a model, and not the class of one."""
    return isinstance(value, Model) and not isinstance(value, type)


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """Run a block with a model in evaluation mode; put back the mode of each module.

    What is no model has no modes.
    """
    if not is_model(model):
        yield
        return
    before = [(module, module.training) for _, module in model.named_modules()]
    try:
        model.eval()
        yield
    finally:
        for module, training in before:
            module.training = training


def in_dtype_of(model: Any, array: Array) -> Array:
    """Return floating-point numbers in the dtype of a model's parameters, others as they are."""
    if array.dtype.kind == "f" and is_model(model):
        for _, parameter in model.named_parameters():
            if np.dtype(parameter.dtype).kind == "f":
                with np.errstate(over="ignore"):
                    return array.astype(parameter.dtype, copy=False)
    return array


def as_function(where: str, model: Any) -> Callable[[Array], Any]:
    """Return a model, a function, or an object with ``predict`` as a function of arrays.

    Raises:
        DTypeError: it is none of these.
    """
    if is_model(model):
        return lambda points: model(in_dtype_of(model, points))
    if callable(model) and not isinstance(model, type):
        return lambda points: model(points)
    if callable(getattr(model, "predict", None)) and not isinstance(model, type):
        return lambda points: model.predict(points)
    made = f"; write {model.__name__}(…)" if isinstance(model, type) else ""
    raise errors.DTypeError(
        f"{where}: the model is a module, or a function of points, not"
        f" {errors.describe(model)}{made}"
    )


def outputs_for(where: str, model: Any, points: Array, axis: int) -> Array:
    """Return what a model says of points, with one row (or one number) for each of them.

    Args:
        where: what messages begin with.
        model: a model, a function, or an object with ``predict``.
        points: one in each row.
        axis: where the model has the features: −1, or 0 for samples in columns.

    Raises:
        DTypeError: it returns a tuple, or no array.
        ShapeError: it does not return one row for each point.
    """
    function, parts = as_function(where, model), []
    with evaluating(model):
        for start in range(0, len(points), AT_ONCE):
            part = points[start : start + AT_ONCE]
            given = function(np.ascontiguousarray(part.T) if axis == 0 else part)
            parts.append(_rows(where, given, len(part), axis))
    if len({part.shape[1:] for part in parts}) > 1:
        raise errors.ShapeError(f"{where}: the model returns other shapes for other points")
    return np.concatenate(parts)


def _rows(where: str, given: Any, count: int, axis: int) -> Array:
    """Return outputs of shape (count,) or (count, K)."""
    if isinstance(given, (tuple, dict)):
        raise errors.DTypeError(
            f"{where}: the model returns a {type(given).__name__} of {len(given)}; write lambda"
            " points: forward(points)[0] for the part that tells the classes"
        )
    found = to_plain(given, f"{where}: what the model returns")
    if found.shape in ((count,), (1, count), (count, 1)):
        return found.reshape(count)
    if axis == 0 and found.ndim == 2:
        found = found.T
    if found.ndim == 2 and len(found) == count and found.shape[1]:
        return found
    turned = (
        f"; for samples in columns write axis={-1 if axis == 0 else 0}"
        if found.ndim == 2 and count in found.shape
        else ""
    )
    raise errors.ShapeError(
        f"{where}: for {count} points the model returns shape {np.shape(given)}, not one number or"
        f" one row for each{turned}"
    )


def as_feature_axis(where: str, axis: Any) -> int:
    """Return where features stand: −1 for samples in rows, 0 for samples in columns.

    Raises:
        ArgumentError: it is neither.
    """
    found = integer(axis, f"{where}: axis")
    if found in (-1, 0, 1):
        return 0 if found == 0 else -1
    raise errors.ArgumentError(
        f"{where}: axis is where the features stand: -1 for samples in rows, 0 for samples in"
        f" columns, not {errors.describe(axis)}"
    )
