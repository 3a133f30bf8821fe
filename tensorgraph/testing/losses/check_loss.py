"""``check_loss``: is a loss a loss, and right?"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import Array
from tensorgraph.engine.tensor import asarray
from tensorgraph.testing.losses import batch_promises, label_promises, value_promises
from tensorgraph.testing.losses.loss_calls import Loss, LossCall, example_inputs
from tensorgraph.testing.losses.textbook import TEXTBOOK
from tensorgraph.testing.promises import Checked, NotAsked, Promise, examined, quietly

BY_GRADIENT = (
    "gradients", "perfect prediction", "extremes", "continuous", "confident mistakes",
    "single precision", "sums along classes",
    "order of examples", "independent examples", "what does not count",
)  # fmt: skip
"""The promises that take a gradient."""


def check_loss(
    loss: Loss,
    predictions: Any,
    targets: Any,
    *,
    naive: Callable[[Array, Array], Any] | None = None,
    perfect: Any = None,
    classes: int | None = None,
    lowest: float | None = None,
    extremes: tuple[float, float] | None = None,
    independent: bool = True,
    broadcasts: bool = False,
    continuous: bool = True,
    saturates: bool = False,
    seed: int = 0,
    **settings: Any,
) -> Checked:
    """Ask a loss for what losses promise; raise one error that tells of all that is broken.

    Gradients of both orders are right; cost and gradient are finite at extreme predictions, in
    float32 too, and agree with float64; the cost never jumps, and goes on to pull at a prediction
    that is sure of a wrong class; nothing is changed or broadcast; examples do not depend on
    each other, and their order does not matter; a mean is a mean; labels of every dtype cost the
    same. With a parameter ``reduction`` in its signature, "none", "sum" and "mean" agree.

    The examples tell the rest: integers without one axis of the predictions are classes, and wrong
    ones must be refused; predictions in [0, 1] are probabilities; what is positive, or negative,
    stays so; targets that are NaN, that ``ignore_index`` marks or that ``mask`` hides, do not
    count. For a loss of the package the other arguments are known.

    Args:
        loss: ``loss(predictions, targets, **settings)``, which returns a cost or losses: any
            function, module, or ``functools.partial``.
        predictions: of at least two examples, which stand along the first axis (the second, where
            the first is that of the classes).
        targets: what belongs to them.
        naive: the same loss written plainly in NumPy, ``naive(predictions, targets)``; compared
            where it is finite.
        perfect: predictions that are exactly right for the targets: they cost 0, no other less.
        classes: the axis along which the predictions are logits of classes: the gradient of an
            example sums to 0 along it.
        lowest: what no prediction costs less than; without it, and without ``perfect``, the cost
            may only not fall without end.
        extremes: the least and the largest number that a prediction may be, if not as above:
            −1000 and 1000 for those that may be any number.
        independent: whether an example's loss depends on that example alone; not so for pairs, or
            a root over the batch.
        broadcasts: whether predictions and targets are meant to be broadcast to one shape.
        continuous: whether the cost never jumps.
        saturates: whether the gradient may vanish where a prediction is sure of a wrong class, as
            Brier's does.
        seed: of what is drawn.
        settings: handed to the loss.

    Raises:
        CheckError: promises are broken; its ``result`` says which.
        ArgumentError: inputs that hold nothing, or but one example; a function of one input.
        DTypeError: what is no function; inputs that are no numbers.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> p, y = np.array([0.5, -1.0, 2.0]), np.array([1.0, 0.5, 2.5])
        >>> tg.testing.check_loss(tg.nn.losses.huber, p, y)
        check_loss: huber: 15 promises kept
          ...
        >>> def my_loss(pred, y):
        ...     return ((pred - y) ** 2).mean()
        >>> tg.testing.check_loss(my_loss, p, y, perfect=y)
        Traceback (most recent call last):
        ...
        tensorgraph.errors.CheckError: check_loss: my_loss: 1 of 13 promises broken
          ✘ shapes: predictions of shape (3,) and targets of shape (3, 1) are broadcast: ...
          ...
    """
    known, settings = _unwrapped(loss, settings)
    _require_loss(known)
    p, y = example_inputs("check_loss", predictions, targets)
    book = TEXTBOOK.get(known)
    axis = settings.get("axis", -1) if book is not None and book.of_logits else classes
    call = LossCall(known, p, y, settings, axis, extremes)
    if independent and call.count < 2:
        raise errors.ArgumentError(
            f"check_loss: predictions of shape {p.shape} and targets of shape {y.shape} are not two"
            " examples or more along the first axis; give more, all different, or write"
            " independent=False if they belong together"
        )
    if book is not None:
        naive = naive or book.naive(call)
        if perfect is None:
            plain = {k: v for k, v in settings.items() if k != "reduction"}
            perfect = book.perfect(p, y, **plain)
    promises: dict[str, Promise] = {"repeatable": partial(value_promises.check_repeatable, call)}
    if naive is not None:
        promises["value"] = partial(value_promises.check_naive, call, naive, seed)
    else:
        promises["value"] = _not_compared
    promises["differentiable"] = partial(value_promises.check_differentiable, call)
    promises["gradients"] = partial(value_promises.check_gradients, call, seed)
    exact = None if perfect is None else np.array(asarray(perfect).numpy(), np.float64)
    if exact is not None:
        promises["perfect prediction"] = partial(value_promises.check_perfect, call, exact)
        lowest = 0.0 if lowest is None else lowest
    if lowest is None or lowest > -np.inf:
        promises["bounded below"] = partial(value_promises.check_lowest, call, lowest, exact, seed)
    promises["extremes"] = partial(value_promises.check_extremes, call, seed)
    if continuous:
        promises["continuous"] = partial(value_promises.check_continuous, call, seed)
    if call.choices is not None and not saturates and call.extremes != (0.0, 1.0):
        promises["confident mistakes"] = partial(value_promises.check_confident, call)
    promises["single precision"] = partial(value_promises.check_single, call, seed)
    if axis is not None:
        promises["sums along classes"] = partial(value_promises.check_class_sums, call, seed)
    if call.has_reductions:
        promises["reductions"] = partial(batch_promises.check_reductions, call, seed)
    if independent:
        promises["order of examples"] = partial(batch_promises.check_permuted, call, seed)
        promises["independent examples"] = partial(batch_promises.check_independent, call, seed)
        promises["mean or sum"] = partial(batch_promises.check_doubled, call)
    if call.batch is not None and p.size == y.size and not broadcasts:
        promises["shapes"] = partial(batch_promises.check_shapes, call)
    if call.left_out is not None:
        promises["what does not count"] = partial(batch_promises.check_left_out, call)
        promises["examples that count"] = partial(batch_promises.check_counted, call)
    promises["dtypes of labels"] = partial(label_promises.check_label_dtypes, call)
    if call.label_axis is not None:
        promises["one-hot labels"] = partial(label_promises.check_one_hot, call)
        promises["wrong classes"] = partial(label_promises.check_bad_classes, call)
    if book is not None and (refused := [*book.refused(y)]):
        promises["wrong labels"] = partial(label_promises.check_refusals, call, refused)
    needs = {name: ["repeatable"] for name in promises if name != "repeatable"}
    needs |= {name: ["repeatable", "differentiable"] for name in BY_GRADIENT}
    with quietly():
        return examined(f"check_loss: {_name(loss)}", promises, needs)


def _require_loss(loss: Any) -> None:
    """Raise unless it is a function of predictions and targets, as far as can be seen."""
    if isinstance(loss, type):
        raise errors.DTypeError(
            f"check_loss: {loss.__name__} is a class; write check_loss({loss.__name__}(…),"
            " predictions, targets)"
        )
    if not callable(loss):
        raise errors.DTypeError(
            f"check_loss: a loss is a function, not {errors.describe(loss)}; write"
            " check_loss(tg.nn.losses.mse, predictions, targets)"
        )
    try:
        inspect.signature(loss).bind_partial(None, None)
    except TypeError:
        raise errors.ArgumentError(
            f"check_loss: {_name(loss)}{inspect.signature(loss)} takes no two inputs; a loss is a"
            " function of predictions and targets"
        ) from None
    except ValueError:
        return


def _not_compared() -> None:
    raise NotAsked(
        "so nothing says that the cost is the right number: give the same loss written plainly in"
        " NumPy, naive=lambda predictions, targets: …"
    )


def _unwrapped(loss: Any, settings: dict[str, Any]) -> tuple[Loss, dict[str, Any]]:
    """Return what a partial function is one of, and all settings."""
    while isinstance(loss, partial) and not loss.args:
        settings = {**loss.keywords, **settings}
        loss = loss.func
    return loss, settings


def _name(loss: Any) -> str:
    while isinstance(loss, partial):
        loss = loss.func
    name = getattr(loss, "__name__", type(loss).__name__)
    return "the loss" if name == "<lambda>" else str(name)
