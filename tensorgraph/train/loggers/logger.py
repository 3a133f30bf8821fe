"""What all loggers do: hand on the numbers of an epoch, or of a step, and end with the run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Self

from tensorgraph.arguments import real
from tensorgraph.errors import ArgumentTypeError, describe
from tensorgraph.train.training_run import Run


class Logger(ABC):
    """A callback of :func:`fit`, of epochs, of steps or of both.

    Given as one of ``callbacks``, it logs each epoch's row of the history; as one of
    ``step_callbacks``, the cost of each step. All stands at the number of steps taken until then,
    so that costs and losses share an axis; the epoch is a number among the others. A second run
    that begins anew goes on where the last one ended, as a warm start does. One that is resumed
    from a checkpoint takes its steps again from there: what was logged of them before it was
    killed does not count twice.

    It ends with the run, however that ends. Outside of one, ``log`` writes what a loop of your own
    measured, and ``close`` ends it, as a ``with`` block does. Of processes that train together, the
    first one logs.
    """

    _run: Run | None = None
    _last, _before = 0, 0

    def __call__(self, run: Run) -> None:
        """Log what is new of a run: the epoch that is over, or the step."""
        if run.rank > 0:
            return
        if run is not self._run:
            self._run = run
            run.when_over(self._end)
            if run.resumed_at:
                self._resumed(self._before + run.resumed_at)
            else:
                self._before = self._last
        self._last = self._before + run.step
        if run.batch:
            self.log({"step_cost": run.step_cost}, self._last)
        else:
            self._log_epoch(run, self._last)

    def _log_epoch(self, run: Run, step: int) -> None:
        self.log(run.history.rows()[-1], step)

    def log(self, numbers: Mapping[str, Any], step: int) -> None:
        """Log numbers by name; tensors and arrays without axes are numbers, too.

        Raises:
            ArgumentTypeError: something else.
        """
        found = {}
        for name, value in numbers.items():
            number = real(value)
            if number is None:
                kind = type(self).__name__
                raise ArgumentTypeError(f"{kind}: {name} is a number, not {describe(value)}")
            found[name] = number
        self._write(found, step)

    def close(self) -> None:
        """End the log; all that was logged is written then."""
        self._end(None)

    def _end(self, error: BaseException | None) -> None:
        self._run = None
        self._finish(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self._end(error)

    @abstractmethod
    def _resumed(self, step: int) -> None:
        """Take note that a run goes on after a step; what was logged of later ones is outdated."""

    @abstractmethod
    def _write(self, numbers: dict[str, float], step: int) -> None:
        """Write numbers."""

    @abstractmethod
    def _finish(self, error: BaseException | None) -> None:
        """End the log, after an error or without one; a second time it does nothing."""
