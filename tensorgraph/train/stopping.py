"""Early stopping: training ends where the dev set says so."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tensorgraph import errors
from tensorgraph.train.history import sign_of
from tensorgraph.train.run import Run


class EarlyStopping:
    """Ends training when the dev set has seen nothing better for a while; the best weights return.

    To be given to :func:`fit`. After training, however it ended, the model has the weights (and
    buffers, such as the averages of batch norm) of its best epoch.

    The course warns of it (Deep Learning Specialization, course 2, week 1, "Other regularization
    methods"): it is not *orthogonal*. Stopping early keeps the weights small, as a regulariser
    does, but by breaking off the optimisation of the cost: one knob for two tasks, "fit the
    training set well" and "do well on the dev set too", which can no longer be worked on one at a
    time. An L2 penalty with training to the end is the alternative, at the price of trying several
    λ; early stopping finds its answer in a single run. The dev set has then taken part in training:
    its error is optimistic, and only a test set tells the truth.

    Args:
        patience: after how many epochs in a row without improvement to stop.
        monitor: the column of the history that is to improve.
        better: ``"lower"`` or ``"higher"``; may be left out where the name of the column ends with
            loss, cost or error.
        min_delta: by how much more than this a value has to be better to count as improvement.

    Raises:
        ArgumentError: a patience below 1, a negative ``min_delta``, or nobody can tell what is
            better.

    Example:
        >>> import tensorgraph as tg
        >>> EarlyStopping(patience=5)
        EarlyStopping(patience=5, monitor='dev_loss', better='lower', min_delta=0.0)
        >>> EarlyStopping(monitor="dev_accuracy")
        Traceback (most recent call last):
        ...
        tensorgraph.errors.ArgumentError: say what is better of 'dev_accuracy': ...
    """

    def __init__(
        self,
        patience: int = 10,
        monitor: str = "dev_loss",
        better: str | None = None,
        min_delta: float = 0.0,
    ) -> None:
        if not (isinstance(patience, int) and patience >= 1):
            raise errors.ArgumentError(
                f"EarlyStopping: patience is a number of epochs from 1 on, not {patience!r}"
            )
        if not 0 <= min_delta < math.inf:
            raise errors.ArgumentError(
                f"EarlyStopping: min_delta is finite and not negative, not {min_delta!r}"
            )
        self._sign = sign_of(monitor, better)
        self.patience, self.monitor, self.min_delta = patience, monitor, float(min_delta)
        self.start()

    def start(self) -> None:
        """Forget what was seen: another run begins."""
        self.best_epoch = 0
        """The epoch whose weights are kept; 0 if there is none yet."""
        self.best = math.nan
        """The value of the monitored column in that epoch."""
        self._weights: dict[str, Any] = {}

    def check(self, columns: list[str]) -> None:
        """Raise unless the monitored column will be among these.

        Raises:
            ArgumentError: it will not.
        """
        if self.monitor not in columns:
            hint = "; give fit a dev set" if self.monitor.startswith("dev_") else ""
            hint = hint if "dev_loss" not in columns else "; give fit metrics={name: function}"
            raise errors.ArgumentError(
                f"EarlyStopping: {self.monitor!r} is not measured, only"
                f" {errors.listing(columns)}{hint}"
            )

    def __call__(self, run: Run) -> None:
        """Look at the epoch that has just ended."""
        value = float(run.history[self.monitor][-1])
        gain = self._sign * (self.best - value)
        first = math.isnan(self.best) and not math.isnan(value)
        if first or gain > self.min_delta:
            self.best, self.best_epoch = value, run.epoch
            self._weights = run.model.state_dict()
        elif run.epoch - self.best_epoch >= self.patience:
            where = f"best in epoch {self.best_epoch}" if self.best_epoch else "never a number"
            run.stop(f"early stopping: {self.monitor} was {where}, {self.best:.4g}")

    def restore(self, model: Any) -> None:
        """Give a model the best weights, if there are any."""
        if self.best_epoch:
            model.load_state_dict(self._weights)

    def state_dict(self) -> dict[str, Any]:
        """Return what was seen, with the best weights."""
        return {"best": self.best, "best_epoch": self.best_epoch, "weights": self._weights}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what ``state_dict`` returned.

        Raises:
            StateError: it is something else.
        """
        try:
            best, epoch = float(state["best"]), int(state["best_epoch"])
            weights = dict(state["weights"])
        except (KeyError, TypeError, ValueError) as error:
            raise errors.StateError(
                f"load_state_dict: this is no state of EarlyStopping ({error!r})"
            ) from None
        self.best, self.best_epoch, self._weights = best, epoch, weights

    def __repr__(self) -> str:
        better = "lower" if self._sign == 1 else "higher"
        return (
            f"EarlyStopping(patience={self.patience}, monitor={self.monitor!r},"
            f" better={better!r}, min_delta={self.min_delta})"
        )
