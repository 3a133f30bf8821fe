"""The state of a training run, as callbacks see it and a checkpoint holds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from tensorgraph import errors
from tensorgraph.nn.module import Module
from tensorgraph.optim.base import Optimizer
from tensorgraph.train.history import History
from tensorgraph.train.trained import Trained

__all__ = ["Run"]

Callback = Callable[["Run"], Any]


class Run:
    """Training that is under way, as :func:`fit` shows it to callbacks.

    Args:
        model: what is trained.
        optimizer: what trains it.
        epochs: how many epochs are wanted.
        loss: what is minimised.

    Example:
        >>> import tensorgraph as tg
        >>> model = tg.nn.Linear(1, 1)
        >>> def until_good_enough(run):
        ...     if run.history["train_loss"][-1] < 1.0:
        ...         run.stop("good enough")
        >>> history = tg.train.fit(
        ...     model, tg.nn.losses.mse, tg.optim.SGD(model.parameters(), lr=0.1),
        ...     (tg.ones((8, 1)), tg.ones((8, 1))),
        ...     epochs=100, callbacks=[until_good_enough], progress=False,
        ... )
        >>> history.stopped
        'good enough'
    """

    def __init__(self, model: Module, optimizer: Optimizer, epochs: int, loss: Any = None) -> None:
        self.model = model
        self.optimizer = optimizer
        self.loss = loss
        self.epochs = epochs
        """How many epochs are wanted."""
        self.epoch = 0
        """How many epochs are over."""
        self.step = 0
        """How many steps were taken, in all epochs."""
        self.resumed_at = 0
        """How many of these were taken before it was resumed from a checkpoint."""
        self.history = History()
        self.batch = 0
        """How many steps were taken in this epoch."""
        self.cost, self.examples = 0.0, 0
        """The sum of the costs of this epoch's examples so far, and their number."""
        self.step_cost = 0.0
        """The cost of the last step's mini-batch."""
        self.rank = 0
        """Which of the processes that train together this is; what is to be said once, 0 says."""
        self._when_over: list[Callable[[BaseException | None], Any]] = []

    @cached_property
    def trained(self) -> Trained:
        """All that is trained: the model, the loss if it is a module, and what neither holds."""
        return Trained(self.model, self.loss, self.optimizer)

    @property
    def stopped(self) -> str:
        """Why no further step is taken; empty while it goes on."""
        return self.history.stopped

    @property
    def goes_on(self) -> bool:
        """Whether there is another epoch to come."""
        return self.epoch < self.epochs and not self.stopped

    def leave_history(self, error: BaseException) -> None:
        """Let an error that ends the run hold the history, and tell when that was."""
        if "history" in vars(error):  # it is one of training, and tells
            return
        vars(error)["history"] = self.history
        when = f"after epoch {self.epoch}" if self.epoch else "in the first batch"
        if self.batch:
            when = f"in epoch {self.epoch + 1}, after {self.batch} of its batches"
        held = "; the epochs before stand in the error's .history" * (self.epoch > 0)
        error.add_note(f"(fit: {when}{held})")

    def stop(self, why: str) -> None:
        """End the training after this epoch; in a step callback, after this step.

        Raises:
            DTypeError: the reason is not a string.
        """
        if not (isinstance(why, str) and why):
            raise errors.DTypeError(
                f"run.stop says why, as in run.stop('good enough'), not {errors.describe(why)}"
            )
        self.history.stopped = why

    def when_over(self, function: Callable[[BaseException | None], Any]) -> None:
        """Have a function called when the run is over, with the error that ended it, or ``None``.

        A callback that holds a file, or a connection, lets go of it then.
        """
        self._when_over.append(function)

    def over(self, error: BaseException | None) -> None:
        """Call the functions that wait for the end of the run."""
        for function in self._when_over:
            function(error)

    def call(self, callbacks: tuple[Callback, ...]) -> None:
        """Call callbacks in turn.

        Raises:
            DTypeError: one returns something, in the belief that it would count.
        """
        for callback in callbacks:
            result: Any = callback(self)
            if result is not None:
                name = getattr(callback, "__name__", type(callback).__name__)
                raise errors.DTypeError(
                    f"fit: the callback {name} returned {errors.describe(result)}; callbacks return"
                    " nothing, and to end the training they call run.stop('why')"
                )

    def state_dict(self) -> dict[str, Any]:
        """Return how far it is."""
        return {
            "epoch": self.epoch, "step": self.step, "batch": self.batch, "cost": self.cost,
            "examples": self.examples, "history": self.history.state_dict(),
        }  # fmt: skip

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what ``state_dict`` returned.

        Raises:
            StateError: it is something else.
        """
        try:
            counts = [int(state[name]) for name in ("epoch", "step", "batch", "examples")]
            cost, history = float(state["cost"]), state["history"]
        except (KeyError, TypeError, ValueError) as error:
            raise errors.StateError(
                f"load_state_dict: this is no state of a run ({error!r})"
            ) from None
        self.history.load_state_dict(history)
        self.epoch, self.step, self.batch, self.examples = counts
        self.resumed_at = self.step
        self.cost = cost
