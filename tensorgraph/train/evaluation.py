"""Predictions, loss and metrics of a model in evaluation mode."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.arguments import whole
from tensorgraph.distributed.processes import World
from tensorgraph.engine.arrays import as_array, is_foreign, to_host
from tensorgraph.engine.nested_containers import flatten, unflatten
from tensorgraph.engine.tensor import Tensor, asarray
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.module import Module
from tensorgraph.train.example_sets import Examples
from tensorgraph.train.model_inputs import ModelInputs, inputs_and_target, size_of
from tensorgraph.train.module_modes import evaluating
from tensorgraph.train.trained import with_loss
from tensorgraph.train.training_arguments import (
    ACCURACY,
    BINARY_ACCURACY,
    Loss,
    Metrics,
    check_loss,
    check_model,
    checked_metrics,
)

__all__ = ["evaluate", "predict"]

AT_ONCE = 256
"""How many examples are put through a model at once: enough for speed, few for memory."""


@with_leads
def predict(model: Module, *inputs: Any, batch_size: int = AT_ONCE) -> Any:
    """Return the predictions of a model, as an array, in evaluation mode.

    The examples go through the model in batches and without a graph; inputs are converted to the
    dtype of the model's parameters, as :func:`fit` does. The model is left in the mode it was in.

    Args:
        model: the model.
        *inputs: what it is called with, arrays with the examples along the first axis.
        batch_size: how many go through it at once.

    Raises:
        ArgumentError: there are no examples, or a batch size below 1.
        ShapeError: inputs of different lengths, or a result whose first axis is not that of the
            examples.

    Example:
        >>> import tensorgraph as tg
        >>> model = tg.nn.Sequential(tg.nn.Linear(2, 3), tg.nn.Dropout(p=0.5))
        >>> tg.train.predict(model, tg.ones((5, 2))).shape
        (5, 3)
    """
    check_model(model, "predict")
    if not inputs:
        raise errors.ArgumentError("predict: give the model's input; write predict(model, x)")
    given = ModelInputs(model, "predict")
    # The first array stands in for the target, which nobody looks at.
    examples = Examples((*inputs, inputs[0]), "predict")
    size = whole(batch_size, "predict: batch_size", 1)
    with evaluating(model):
        parts = [
            _called(model, given.of(batch[:-1]), len(batch[0])) for batch in examples.in_order(size)
        ]
    return _on_host(_joined(parts))


@with_leads
def evaluate(
    model: Module,
    loss: Loss,
    data: Any,
    metrics: Metrics | None = None,
    *,
    batch_size: int = AT_ONCE,
) -> dict[str, float]:
    """Return the loss and the metrics of a model on a set of examples, in evaluation mode.

    The examples go through the model in batches and without a graph. The loss and the metrics are
    then computed once, of all predictions together: a mean over batches would not be the same where
    labels are missing, examples have weights, or for a metric such as F1.

    Args:
        model: the model; it is left in the mode it was in.
        loss: a function of the predictions and the targets; one that is a module, likewise.
        data: as :func:`fit` takes them.
        metrics: functions of predictions and targets, both arrays, by name.
        batch_size: how many examples go through the model at once.

    Raises:
        ArgumentError: there are no examples, or a batch size below 1.
        DTypeError: what is no model, no data, no loss or no metric.
        ShapeError: a loss that is not a single number.

    Example:
        >>> import tensorgraph as tg
        >>> model = tg.nn.Linear(1, 1, init=tg.nn.init.constant(2.0))
        >>> data = tg.ones((3, 1)), tg.zeros((3, 1))
        >>> largest = lambda output, target: abs(output - target).max()
        >>> tg.train.evaluate(model, tg.nn.losses.mse, data, {"largest": largest})
        {'loss': 4.0, 'largest': 2.0}
    """
    check_model(model, "evaluate")
    check_loss(loss, "evaluate")
    checked = checked_metrics(metrics, "evaluate")
    examples, given = Examples(data, "data"), ModelInputs(model, "evaluate")
    size = whole(batch_size, "evaluate: batch_size", 1)
    with evaluating(with_loss(model, loss)):
        return measure(given, loss, examples, checked, size, World())


def measure(
    given: ModelInputs, loss: Loss, examples: Examples, metrics: Metrics, size: int, world: World,
    begin: Callable[[int], None] = lambda piece: None,
) -> dict[str, float]:  # fmt: skip
    """Return the loss and the metrics on examples, of a model in evaluation mode.

    Processes of a ``world`` share the batches; all of them have the same result, which does not
    depend on how many they are. ``begin`` is called before each batch, and before the rest.
    """
    outputs, targets = {}, []
    with _noted(f"the output for {examples.name}"):
        for i, batch in enumerate(examples.in_order(size)):
            inputs, target = inputs_and_target(batch)
            if i % world.size == world.rank:
                begin(i)
                outputs[i] = _called(given.model, given.of(inputs), size_of(batch))
            targets.append(target)
    if not targets:
        raise errors.ArgumentError(f"{examples.name} holds no examples")
    begin(len(targets))
    found = world.gather(outputs, f"the outputs for {examples.name}")
    everything = {i: output for part in found for i, output in part.items()}
    output = _read_only(_joined([everything[i] for i in range(len(targets))]))
    target = _read_only(_joined(targets))
    with _noted(f"the loss of {examples.name}"):
        leaves, structure = flatten(output)
        cost = loss(unflatten(structure, [asarray(x) for x in leaves]), given.target(target))
        values = {"loss": as_float(cost, "the loss", "reduction='mean', or .mean()")}
    if metrics:
        output, target = _on_host(output), _on_host(target)
    for name, metric in metrics.items():
        # Ours take a class for each example, of which models return a score for each class.
        ours = getattr(metric, "__module__", "").startswith("tensorgraph.diagnose")
        line = _classes_line(output) if ours else ""
        with _noted(f"the metric {name!r} of {examples.name}", line):
            values[name] = as_float(metric(output, target), f"the metric {name!r}", ".mean()")
    return values


def _classes_line(output: Any) -> str:
    """Return how a metric is given the classes that a model's output stands for."""
    shape: tuple[int, ...] = getattr(output, "shape", ())
    if len(shape) == 2 and shape[1] > 1:
        return f"; write {ACCURACY}"
    return f"; write {BINARY_ACCURACY}" if shape else ""


@contextmanager
def _noted(what: str, line: str = "") -> Iterator[None]:
    """Add to an error what was being computed, and what to write."""
    try:
        yield
    except Exception as error:
        error.add_note(f"(while {what} was computed, in evaluation mode{line})")
        raise


def _called(model: Module, inputs: list[Tensor], size: int) -> Any:
    """Return the outputs of a model for a batch, as arrays with a row for each example."""
    leaves, structure = flatten(model(*inputs))
    arrays = [leaf.data if type(leaf) is Tensor else as_array(leaf) for leaf in leaves]
    for array in arrays:
        if array.shape[:1] != (size,):
            raise errors.ShapeError(
                f"the model made shape {array.shape} of {size} examples; predictions are measured"
                f" with one row for each example, shape ({size}, …)"
            )
    return unflatten(structure, arrays)


def _joined(parts: list[Any]) -> Any:
    """Return trees of arrays as one, the rows of all batches one after the other."""
    if len(parts) == 1:
        return parts[0]
    structure = flatten(parts[0])[1]
    columns = zip(*(flatten(part)[0] for part in parts), strict=True)
    return unflatten(structure, [np.concatenate(column) for column in columns])


def _read_only(tree: Any) -> Any:
    """Return a tree of arrays that nobody can change: they may be the user's own data."""
    leaves, structure = flatten(tree)
    return unflatten(structure, [_view(leaf) for leaf in leaves])


def _on_host(tree: Any) -> Any:
    """Return a tree whose arrays are NumPy's: those that a model made on a device are brought."""
    leaves, structure = flatten(tree)
    return unflatten(structure, [to_host(x) if is_foreign(x) else x for x in leaves])


def _view(leaf: Any) -> Any:
    if type(leaf) is Tensor:
        return leaf.data
    if is_foreign(leaf):
        return leaf
    if not hasattr(leaf, "__array__"):  # a loss may take what it likes for a target
        return leaf
    view = np.asarray(leaf).view()
    view.flags.writeable = False
    return view


def as_float(value: Any, what: str, instead: str) -> float:
    """Return a single number as a float.

    Args:
        value: the number.
        what: what it is, for messages.
        instead: what to write if there are several.

    Raises:
        ShapeError: it is not one.
    """
    if np.ma.is_masked(value):
        return math.nan
    if np.ndim(value) and np.size(value) != 1:
        raise errors.ShapeError(
            f"{what} is {errors.describe(value)}, not a single number; write {instead}"
        )
    single = value.item() if hasattr(value, "item") else value
    try:
        if isinstance(single, (str, bytes)):
            raise TypeError
        return float(single)
    except (TypeError, ValueError, OverflowError):
        raise errors.DTypeError(f"{what} is {errors.describe(value)}, not a number") from None
