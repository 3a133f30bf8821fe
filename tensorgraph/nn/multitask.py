"""Several tasks learned by one network: a shared trunk, a head for each task."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import reduce
from numbers import Real
from operator import add
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import to_array
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor, asarray
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module
from tensorgraph.ops.reduce import sum

Loss = Callable[[Any, Any], Any]


class MultiTask(Module):
    """Learns several tasks at once: what the trunk makes of x goes into the head of each task.

        h = trunk(x)      ŷ_task = head_task(h)

    Learning tasks together helps where they share low-level features and there is about as much
    data for each; a network too small for all hurts (Deep Learning Specialization, course 3,
    week 2). :func:`multitask_loss` is the cost to minimise, where labels may be missing.

    Args:
        trunk: a module or function of the input.
        heads: a module or function of what the trunk returns for each task, by its name.

    Raises:
        ArgumentError: no heads.
        DTypeError: a trunk or head that cannot be called, or a name that is not a string.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph import nn
        >>> model = nn.MultiTask(
        ...     trunk=nn.Sequential(nn.Linear(8, 16), nn.ReLU()),
        ...     heads={"age": nn.Linear(16, 1), "species": nn.Linear(16, 3)},
        ... )
        >>> {task: y.shape for task, y in model(tg.ones((5, 8))).items()}
        {'age': (5, 1), 'species': (5, 3)}
    """

    @with_leads
    def __init__(
        self, trunk: Callable[..., Any], heads: Mapping[str, Callable[[Any], Any]]
    ) -> None:
        if not isinstance(heads, Mapping) or not heads:
            raise errors.ArgumentError(
                'MultiTask: heads are a dict of modules by task, such as {"age": nn.Linear(16, 1)},'
                f" not {errors.describe(heads)}"
            )
        for name, part in {"trunk": trunk, **heads}.items():
            if not (isinstance(name, str) and callable(part)):
                raise errors.DTypeError(
                    f"MultiTask: {name!r} is a {type(part).__name__}; the trunk and the heads are"
                    " modules or functions, named by strings"
                )
        self.trunk = trunk
        self.heads = dict(heads)

    def forward(self, *inputs: Any) -> dict[str, Tensor]:
        """Return what each head makes of what the trunk makes of the inputs."""
        shared = self.trunk(*inputs)
        return {task: head(shared) for task, head in self.heads.items()}

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses: the tasks."""
        return ", ".join(self.heads)


def task_losses(
    outputs: Mapping[str, Any], targets: Mapping[str, Any], losses: Mapping[str, Loss]
) -> dict[str, Any]:
    """Return the cost of each task, of the examples that are labelled for it.

    An example is not labelled for a task where its target is NaN (or ``None``, in a list); for
    targets of several numbers, where all are NaN. The other examples are all that the loss is
    given, so it divides by their number, and what stands in the output of those left out has no
    influence. A task without a label in the batch costs 0, with a gradient of 0; so does one whose
    whole target is ``None``. Losses that know missing labels themselves, ``losses.multi_label`` or
    ``cross_entropy`` with ``ignore_index``, go on doing so.

    Args:
        outputs: what the model returned for each task, examples along axis 0.
        targets: the target of each task. One that has an axis less than its output holds classes:
            they may be whole numbers of a floating-point array, which has room for NaN.
        losses: the loss of each task, a function of output and target.

    Raises:
        ArgumentError: the tasks of outputs, targets and losses are not the same.
        ShapeError: an output and a target of different numbers of examples.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph.nn import losses
        >>> outputs = {"age": tg.tensor([30.0, 40.0]), "species": tg.zeros((2, 4))}
        >>> targets = {"age": [None, 42.0], "species": [1, 3]}
        >>> costs = tg.nn.task_losses(
        ...     outputs, targets, {"age": losses.mse, "species": losses.cross_entropy}
        ... )
        >>> {task: round(cost.item(), 4) for task, cost in costs.items()}
        {'age': 4.0, 'species': 1.3863}
    """
    for name, found in (("outputs", outputs), ("targets", targets)):
        if not isinstance(found, Mapping) or found.keys() != losses.keys():
            tasks = list(found) if isinstance(found, Mapping) else [errors.describe(found)]
            raise errors.ArgumentError(
                f"multitask_loss: the losses are those of {errors.listing(list(losses))}, {name}"
                f" those of {errors.listing(tasks) or 'none'}; for a task without labels write"
                " None as its target"
            )
    return {
        task: _of_labelled(task, asarray(outputs[task]), targets[task], loss)
        for task, loss in losses.items()
    }


def multitask_loss(
    outputs: Mapping[str, Any],
    targets: Mapping[str, Any],
    losses: Mapping[str, Loss],
    weights: Mapping[str, float] | None = None,
) -> Any:
    """Return the weighted sum of the costs of several tasks, some of whose labels may be missing.

        J = Σ_task w_task · J_task

    where J_task is the mean over the examples that are labelled for the task, see
    :func:`task_losses`. (The course sums over all labels that are there and divides by m; here a
    task with few labels counts as much as others, unless its weight is smaller.) With the losses
    filled in, ``functools.partial(nn.multitask_loss, losses=…)`` is a loss like any other.

    Args:
        outputs: what the model returned for each task.
        targets: the target of each task; NaN or ``None`` where there is none.
        losses: the loss of each task.
        weights: w for each task, 1 unless given.

    Raises:
        ArgumentError: the tasks of outputs, targets and losses are not the same; or a weight of
            another task, or one that is negative or not finite.
        ShapeError: an output and a target of different numbers of examples.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph.nn import losses
        >>> outputs = {"age": tg.tensor([30.0, 40.0]), "sex": tg.zeros(2)}
        >>> targets = {"age": [31.0, 42.0], "sex": [float("nan"), 1.0]}
        >>> cost = tg.nn.multitask_loss(
        ...     outputs, targets,
        ...     {"age": losses.mse, "sex": losses.binary_cross_entropy_with_logits},
        ...     weights={"age": 0.1},
        ... )
        >>> print(cost.round(4))  # 0.1 · 2.5 + log 2
        0.9431
    """
    costs = task_losses(outputs, targets, losses)
    weights = _checked(weights or {}, costs)
    return reduce(add, [weights.get(task, 1.0) * cost for task, cost in costs.items()])


def _checked(weights: Mapping[str, float], tasks: Mapping[str, Any]) -> dict[str, float]:
    for task, weight in weights.items():
        fits = isinstance(weight, Real) and 0 <= float(weight) < math.inf
        if task not in tasks or not fits:
            raise errors.ArgumentError(
                f"multitask_loss: the weight of {task!r} is {weight!r}; weights are finite numbers,"
                f" not negative, for the tasks {errors.listing(list(tasks))}"
            )
    return {task: float(weight) for task, weight in weights.items()}


def _of_labelled(task: str, output: Tensor, target: Any, loss: Loss) -> Any:
    """Return the loss of the examples that are labelled."""
    if target is None:
        return _nothing(output)
    target = _with_nan(target)
    if shape_of(target)[:1] != shape_of(output)[:1]:
        raise errors.ShapeError(
            f"{here('multitask_loss')}: task {task!r} has an output of shape {shape_of(output)} and"
            f" a target of shape {shape_of(target)}; along axis 0 both have the examples"
        )
    if target.dtype.kind != "f":
        return loss(output, target)
    absent = np.isnan(target.data if type(target) is Tensor else target)
    if absent.any():
        rows = np.flatnonzero(~absent.all(axis=tuple(range(1, absent.ndim))))
        if not len(rows):
            return _nothing(output)
        output, target, absent = output[rows], target[rows], absent[rows]
    cost = loss(output, _as_classes(target, output))
    if absent.any() and np.isnan(asarray(cost).data).any():
        raise errors.ArgumentError(
            f"{here('multitask_loss')}: task {task!r} has examples with a part of their target"
            " missing, and its loss cannot leave that part out; take losses.multi_label, or make"
            " each part a task of its own"
        )
    return cost


def _nothing(output: Tensor) -> Any:
    """Return 0, with a gradient of 0 for the output, whatever is in it."""
    return sum(output[:0])


def _with_nan(target: Any) -> Any:
    """Return a target as an array, with NaN for every ``None`` in a list."""
    if isinstance(target, (list, tuple)) or getattr(target, "dtype", None) == np.dtype(object):
        target = [math.nan if value is None else value for value in target]
    return target if type(target) is Tensor else to_array(target)


def _as_classes(target: Any, output: Tensor) -> Any:
    """Return classes as integers, which an array that has room for NaN cannot hold."""
    if target.ndim != output.ndim - 1:
        return target
    values = target.data if type(target) is Tensor else target
    return values.astype(np.int64) if (values == values.round()).all() else target
