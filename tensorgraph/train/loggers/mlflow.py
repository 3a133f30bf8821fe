"""``MLflow``: a run in a store of MLflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tensorgraph.extras import require
from tensorgraph.leads.calls import with_leads
from tensorgraph.train.loggers.logger import Logger

__all__ = ["MLflow"]


class MLflow(Logger):
    """Writes a run to a store of MLflow: a database, a folder, or a server.

    A callback of :func:`fit`: in ``callbacks`` it logs each epoch's row of the history, in
    ``step_callbacks`` the cost of each step, all at the number of steps taken. The run is finished
    when the training is, and failed or killed if that is. It needs the package ``mlflow``, or
    ``mlflow-skinny`` (with ``sqlalchemy`` and ``alembic`` for a database)::

        logger = tg.train.MLflow("digits", uri="sqlite:///runs.db", params={"lr": 0.01})
        tg.train.fit(model, loss, optimizer, (X, labels), epochs=5, callbacks=[logger])

    Args:
        experiment: the experiment's name, which is made if it is not there.
        uri: where the store is, ``"sqlite:///runs.db"``; ``None`` for where MLflow says.
        name: of the run; MLflow invents one.
        params: hyperparameters by name.
        tags: further words on the run.
        run_id: of a run of before that goes on, as a training that is resumed does; its experiment,
            name, params and tags stay. Of a training that is resumed from a checkpoint, steps that
            the store has already are not logged again: they are the same.

    Attributes:
        run_id: of the run, once something was logged.

    Raises:
        ImportError: the package is not installed.
    """

    @with_leads
    def __init__(
        self,
        experiment: str,
        *,
        uri: str | None = None,
        name: str | None = None,
        params: Mapping[str, Any] | None = None,
        tags: Mapping[str, Any] | None = None,
        run_id: str | None = None,
    ) -> None:
        mlflow: Any = require("mlflow", "mlflow")
        self.experiment, self.name = experiment, name
        self.params, self.tags = dict(params or {}), dict(tags or {})
        self.client = mlflow.MlflowClient(tracking_uri=uri)
        self.run_id = run_id
        self._is_open = False
        self._known: dict[str, int] | None = None
        """Where the run is resumed, the last step of each metric that the store has."""

    def __repr__(self) -> str:
        return f"MLflow({self.experiment!r}, run_id={self.run_id!r})"

    def _opened(self) -> str:
        """Return the run's id; begin it if it has not begun, and go on with it if it has ended."""
        if self.run_id is None:
            self.run_id = self._made()
        elif not self._is_open:
            self.client.update_run(self.run_id, "RUNNING")
        self._is_open = True
        return self.run_id

    def _made(self) -> str:
        found = self.client.get_experiment_by_name(self.experiment)
        number = (
            self.client.create_experiment(self.experiment) if found is None else found.experiment_id
        )
        run_id = str(self.client.create_run(number, run_name=self.name, tags=self.tags).info.run_id)
        for name, value in self.params.items():
            self.client.log_param(run_id, name, value)
        return run_id

    def _resumed(self, step: int) -> None:
        self._known = {}

    def _is_known(self, name: str, step: int) -> bool:
        """Return whether a resumed run takes a step again that was logged before."""
        if self._known is None:
            return False
        if name not in self._known:
            before = self.client.get_metric_history(self._opened(), name)
            self._known[name] = max((metric.step for metric in before), default=-1)
        return step <= self._known[name]

    def _write(self, numbers: dict[str, float], step: int) -> None:
        run_id = self._opened()
        entities: Any = require("mlflow.entities", "mlflow")
        time: Any = require("mlflow.utils.time", "mlflow").get_current_time_millis()
        metrics = [
            entities.Metric(name, value, time, step)
            for name, value in numbers.items()
            if not self._is_known(name, step)
        ]
        self.client.log_batch(run_id, metrics=metrics)

    def _finish(self, error: BaseException | None) -> None:
        self._known = None
        if self.run_id is not None and self._is_open:
            self._is_open = False
            interrupted = isinstance(error, KeyboardInterrupt)
            status = "KILLED" if interrupted else "FINISHED" if error is None else "FAILED"
            self.client.set_terminated(self.run_id, status)
