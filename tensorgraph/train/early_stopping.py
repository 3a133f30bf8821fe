"""Early stopping: training ends when the dev set has not improved for a while."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tensorgraph import errors
from tensorgraph.arguments import number, whole
from tensorgraph.diagnose.model_selection import Criterion, Limits
from tensorgraph.leads.attributes import missing_from_object
from tensorgraph.leads.calls import with_leads
from tensorgraph.train.history import measured
from tensorgraph.train.trained import Trained
from tensorgraph.train.training_run import Run

__all__ = ["EarlyStopping"]


class EarlyStopping:
    """Ends training when the dev set has seen nothing better for a while; the best weights return.

    To be given to :func:`fit`. After training, however it ended, the model has the weights (and
    buffers, such as the averages of batch norm) of its best epoch; so has a loss that is a module,
    and so have parameters that are in the optimizer only. A schedule-free optimizer has its mean.

    The course warns of it (Deep Learning Specialization, course 2, week 1, "Other regularization
    methods"): it is not *orthogonal*. Stopping early keeps the weights small, as a regulariser
    does, but by breaking off the optimisation of the cost: one knob for two tasks, "fit the
    training set well" and "do well on the dev set too", which can no longer be worked on one at a
    time. An L2 penalty with training to the end is the alternative, at the price of trying several
    λ; early stopping finds its answer in a single run. The dev set has then taken part in training:
    its error is optimistic, and only a test set tells the truth.

    Args:
        patience: after how many epochs in a row without improvement to stop.
        optimize: the column of the history that is to improve, as for :func:`tg.diagnose.select`:
            its name, or ``("max", "dev_score")`` where that does not tell what is better.
        satisfy: limits on other columns, ``{"dev_recall": (">=", 0.9)}``. An epoch that keeps them
            is better than one that does not.
        min_delta: by how much more than this a value has to be better to count as improvement.

    Raises:
        ArgumentError: a patience below 1, a negative ``min_delta``, or nobody can tell what is
            better.

    Example:
        >>> import tensorgraph as tg
        >>> EarlyStopping(patience=5)
        EarlyStopping(patience=5, optimize='dev_loss', satisfy={}, min_delta=0.0)
        >>> EarlyStopping(optimize="dev_score")
        Traceback (most recent call last):
        ...
        tensorgraph.errors.ArgumentError: ... write optimize=('max', 'dev_score') or ...
    """

    @with_leads
    def __init__(
        self,
        patience: int = 10,
        optimize: str | tuple[str, str] = "dev_loss",
        satisfy: Limits | None = None,
        min_delta: float = 0.0,
    ) -> None:
        self.criterion: Criterion = Criterion(optimize, satisfy or {})
        self.patience: int = whole(patience, "EarlyStopping: patience", 1)
        self.min_delta: float = number(min_delta, "EarlyStopping: min_delta", 0)
        self.start()

    def start(self) -> None:
        """Forget what was seen: another run begins."""
        self.best_epoch = 0
        """The epoch whose weights are kept; 0 if there is none yet."""
        self.best: dict[str, float] = {}
        """What was measured in that epoch, of all that counts."""
        self._weights: dict[str, Any] = {}

    @property
    def _columns(self) -> list[str]:
        return [self.criterion.metric, *self.criterion.satisfy]

    def check(self, columns: list[str]) -> None:
        """Raise unless the columns to look at will be among these.

        Raises:
            ArgumentError: one will not.
        """
        for name in self._columns:
            if name not in columns:
                no_dev = name.startswith("dev_") and "dev_loss" not in columns
                hint = "a dev set, dev=(x, y)" if no_dev else "metrics={name: function}"
                raise errors.ArgumentError(
                    f"EarlyStopping: {name!r} is not measured, only {errors.listing(columns)};"
                    f" give fit {hint}"
                )

    def __call__(self, run: Run) -> None:
        """Look at the epoch that has just ended."""
        row = run.history.rows()[-1]
        if measured(self.criterion, row) and self._improves(row):
            weights = run.trained.state_dict()  # first: Ctrl-C may come meanwhile
            best = {name: row[name] for name in self._columns}
            self.best, self.best_epoch, self._weights = best, run.epoch, weights
        elif run.epoch - self.best_epoch >= self.patience:
            metric = self.criterion.metric
            where = f"best in epoch {self.best_epoch}" if self.best_epoch else "never a number"
            run.stop(f"early stopping: {metric} was {where}")

    def _improves(self, row: dict[str, float]) -> bool:
        """Return whether an epoch would be better even if its value were worse by min_delta."""
        if not self.best:
            return True
        metric = self.criterion.metric
        handicap = self.min_delta if self.criterion.direction == "min" else -self.min_delta
        return self.criterion.better({**row, metric: row[metric] + handicap}, self.best)

    def restore(self, trained: Trained) -> None:
        """Bring back the best weights, if there are any."""
        if self.best_epoch:
            trained.load_state_dict(self._weights)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            return missing_from_object(self, name)

    def state_dict(self) -> dict[str, Any]:
        """Return what was seen, with the best weights."""
        return {"best": self.best, "best_epoch": self.best_epoch, "weights": self._weights}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what ``state_dict`` returned.

        Raises:
            StateError: it is something else.
        """
        try:
            best = {str(name): float(value) for name, value in state["best"].items()}
            epoch, weights = int(state["best_epoch"]), dict(state["weights"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise errors.StateError(
                f"load_state_dict: this is no state of EarlyStopping ({error!r})"
            ) from None
        self.best, self.best_epoch, self._weights = best, epoch, weights

    def __repr__(self) -> str:
        return (
            f"EarlyStopping(patience={self.patience}, optimize={self.criterion.optimize!r},"
            f" satisfy={dict(self.criterion.satisfy)}, min_delta={self.min_delta})"
        )
