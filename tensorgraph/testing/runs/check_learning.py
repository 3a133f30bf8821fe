"""``check_learning``: does a model learn from data what it should, and from nothing else?"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tensorgraph import errors
from tensorgraph.arguments import whole
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.module import Module
from tensorgraph.optim.base import Optimizer
from tensorgraph.testing.promises import Checked, Promise, broken_by, examined
from tensorgraph.testing.runs import learning
from tensorgraph.testing.runs.training import Settings, Training, TrainingFunction
from tensorgraph.train.training_arguments import check_loss, check_model


@with_leads
def check_learning(
    model: Module,
    data: Any,
    *,
    loss: Callable[[Any, Any], Any] | None = None,
    optimizer: Optimizer | Callable[[Any], Optimizer] | None = None,
    test: Any = None,
    train: Callable[..., Any] | None = None,
    steps: int = 100,
    batch_size: int = 32,
    seed: int = 0,
) -> Checked:
    """Train copies of a model for a short while, in several ways; tell of all that goes wrong.

    Asked for are that

    - one small batch is learnt by heart, and the loss falls,
    - a gradient reaches every parameter, neither 0 nor vanishing, and every parameter moves,
    - the same seed gives the same run,
    - test data have no influence: evaluation between the steps changes nothing; with a training
      function of your own, other test data give the same model,
    - what is learnt holds for other examples, better than what is learnt from shuffled labels,
    - with a training function of your own, that gradients left over from before make no difference.

    The model, the optimizer and all random numbers stay as they are.

    Args:
        model: the model.
        data: a tuple ``(x, y)`` of arrays, or a dict, as for ``tg.train.fit``.
        loss: a function of the model's output and the target; by default cross-entropy for classes,
            for numbers the mean squared error.
        optimizer: with the settings to be used later, or what makes one of the model's named
            parameters; by default Adam with lr=0.01.
        test: test data, in the same form; a part of ``data`` is held out if there are none.
        train: your own training function, ``train(model, data)`` or ``train(model, data, test)``,
            which changes the model, or returns another.
        steps: how many steps a run takes, where there is no training function.
        batch_size: examples in a mini-batch.
        seed: of everything random.

    Raises:
        CheckError: promises are broken; the message tells of each, and its ``result`` is what would
            have been returned.
        DTypeError: what is no model, no data or no loss.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> tg.random.seed(0)
        >>> x = np.random.default_rng(0).normal(size=(200, 2)).astype("float32")
        >>> y = (x[:, 0] > x[:, 1]).astype(int)
        >>> model = tg.nn.Sequential(tg.nn.Linear(2, 8), tg.nn.ReLU(), tg.nn.Linear(8, 2))
        >>> tg.testing.check_learning(model, (x, y))
        check_learning Sequential: 7 promises kept
          ✓ ...
        >>> tg.testing.check_learning(model, (x, y), optimizer=lambda p: tg.optim.SGD(p, lr=0.0))
        Traceback (most recent call last):
        ...
        tensorgraph.errors.CheckError: check_learning Sequential: 3 of ... promises broken
          ✘ a batch by heart: the cost of the batch stayed from ...
    """
    __tracebackhide__ = True
    check_model(model, "check_learning")
    if loss is not None:
        check_loss(loss, "check_learning")
    if train is not None and not callable(train):
        raise errors.DTypeError(
            f"check_learning: train is a function of a model and data, not {errors.describe(train)}"
        )
    whole(steps, "check_learning: steps", 10)
    settings = Settings(
        loss, optimizer, test, seed, steps, whole(batch_size, "check_learning: batch_size", 1)
    )
    if train is None:
        training = Training(model, data, settings)
    else:
        training = TrainingFunction(train, model, data, settings)
    name = f"check_learning {type(model).__name__}"
    try:
        training.first_step()
    except Exception as error:
        return examined(name, {"a step": broken_by(error)})
    promises: dict[str, Promise] = {
        told: partial(ask, training) for told, ask in learning.PROMISES.items()
    }
    if isinstance(training, TrainingFunction):
        told, ask = "gradients start anew", learning.gradients_start_anew
        promises[told] = partial(ask, training)
    return examined(name, promises, learning.NEEDS)
