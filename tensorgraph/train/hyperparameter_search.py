"""Random search for hyperparameters, on any executor, with a log that can be resumed."""

from __future__ import annotations

import json
import math
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np

from tensorgraph import errors
from tensorgraph.arguments import whole
from tensorgraph.display.tables import html_table, text_table
from tensorgraph.leads.calls import with_leads
from tensorgraph.train.evaluation import as_float
from tensorgraph.train.interrupt import passing_on
from tensorgraph.train.search_space import Objective, Space

__all__ = ["Search", "Trial", "search"]


@dataclass(frozen=True)
class Trial:
    """One point that was tried.

    Example:
        >>> from tensorgraph.train import log_uniform, search
        >>> found = search({"lr": log_uniform(1e-4, 1.0)}, lambda params, seed: 1.0, trials=1)
        >>> found.best.number, found.best.value, list(found.best.params)
        (0, 1.0, ['lr'])
    """

    number: int
    """Which it was, from 0."""
    params: dict[str, Any]
    """The hyperparameters."""
    value: float
    """What the objective returned; NaN if it failed."""
    seconds: float
    """How long it took."""
    error: str = ""
    """The exception, if it raised one."""

    @property
    def failed(self) -> bool:
        """Whether it ended in an exception that says nothing of the point.

        That training diverged is a result of the point, and so is a NaN; that memory or a disk was
        full is not, and the trial is worth another try.
        """
        diverged = self.error.startswith(f"{errors.DivergenceError.__name__}:")
        return bool(self.error) and not diverged


class Search(Sequence[Trial]):
    """Trials, the best first; those that failed, or came to NaN, last.

    Args:
        trials: in any order.
        optimize: ``"min"`` or ``"max"``.

    Example:
        >>> from tensorgraph.train import choice, search
        >>> found = search({"k": choice([2, 4])}, lambda params, seed: 1 / params["k"], trials=9)
        >>> found.best.params, len(found.top(3))
        ({'k': 4}, 3)
    """

    def __init__(self, trials: Sequence[Trial], optimize: str) -> None:
        sign = 1 if optimize == "min" else -1

        def rank(trial: Trial) -> tuple[bool, float, int]:
            bad = math.isnan(trial.value)
            return bad, 0.0 if bad else sign * trial.value, trial.number

        self._trials = sorted(trials, key=rank)

    @overload
    def __getitem__(self, i: int) -> Trial: ...
    @overload
    def __getitem__(self, i: slice) -> list[Trial]: ...
    def __getitem__(self, i: int | slice) -> Trial | list[Trial]:
        return self._trials[i]

    def __len__(self) -> int:
        return len(self._trials)

    @property
    def best(self) -> Trial:
        """The best trial.

        Raises:
            ArgumentError: all failed; it says how.
        """
        if math.isnan(self._trials[0].value):
            why = self._trials[0].error or "the objective returned NaN"
            raise errors.ArgumentError(f"all {len(self)} trials failed, the first with {why}")
        return self._trials[0]

    def top(self, count: int) -> list[Trial]:
        """Return the best trials, without those that failed."""
        return [trial for trial in self._trials[:count] if not math.isnan(trial.value)]

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        """Return the head and the rows of the table."""
        names = list(self._trials[0].params)
        rows = [
            [str(t.number), *(_short(t.params[name]) for name in names), _short(t.value),
             f"{t.seconds:.2g}", t.error or ""]
            for t in self._trials
        ]  # fmt: skip
        return ["trial", *names, "value", "seconds", ""], rows

    def __repr__(self) -> str:
        head, rows = self._cells()
        return text_table([head, *rows], left=[len(head) - 1])

    def _repr_html_(self) -> str:
        return html_table(*self._cells())


@with_leads
def search(
    space: Mapping[str, Any],
    objective: Objective,
    trials: int,
    *,
    executor: Executor | None = None,
    seed: int = 0,
    optimize: str = "min",
    path: str | os.PathLike[str] | None = None,
) -> Search:
    """Try random points of a space of hyperparameters; return what came of each.

    Which points are tried depends on the seed alone, not on the executor or on the order in which
    trials end; the first ten of a hundred are those of a search of ten. A trial that raises an
    exception or comes to NaN is kept as such, and the search goes on; with a ``path``, the next
    call tries again those that raised one, other than that training diverged. After a coarse search
    comes a finer one, ``search(space.around(found.top(5)), …)``.

    Args:
        space: the hyperparameters by name, each with how it is drawn, such as
            ``{"lr": log_uniform(1e-4, 1.0)}``; or a :class:`Space`.
        objective: is called with the hyperparameters, a dict, and a seed that is another for each
            trial, for ``tg.random.seed`` and ``fit(seed=…)``; it returns a number.
        trials: how many points to try.
        executor: runs trials at the same time: any executor of ``concurrent.futures``, such as
            ``mpi4py.futures.MPIPoolExecutor()`` in a program that is started by ``mpiexec -n 3
            python -m mpi4py.futures``, or ``client.get_executor()`` of a client of Dask's. For one
            of processes the objective has to be a function of a module; threads share the default
            random generator, so there give layers generators of their own.
        seed: of the points, and of the seeds that trials are given.
        optimize: ``"min"`` if the objective is an error, ``"max"`` if it is an accuracy.
        path: a file of lines of JSON to which each trial is added when it ends. If it is there
            already, its trials are not run again, but for those that failed.

    Raises:
        ArgumentError: an empty space, no trials, or neither ``"min"`` nor ``"max"``.
        StateError: the file at ``path`` is that of another search.

    Example:
        >>> from tensorgraph.train import Space, log_uniform, search, uniform
        >>> space = Space({"lr": log_uniform(1e-4, 1.0), "momentum": uniform(0.5, 1.0)})
        >>> def objective(params, seed):
        ...     return abs(params["lr"] - 0.01) + (params["momentum"] - 0.9) ** 2
        >>> coarse = search(space, objective, trials=50)
        >>> fine = search(space.around(coarse.top(5)), objective, trials=50, seed=1)
        >>> bool(fine.best.value <= coarse.best.value)
        True
    """
    space = space if isinstance(space, Space) else Space(space)
    if optimize not in ("min", "max"):
        raise errors.ArgumentError(f"search: optimize is 'min' or 'max', not {optimize!r}")
    if not callable(objective):
        raise errors.DTypeError(
            f"search: the objective is a function of the hyperparameters and a seed, not"
            f" {errors.describe(objective)}"
        )
    count = whole(trials, "search: trials", 1)
    log = _Log(path, space, whole(seed, "search: seed"))
    done = {n: trial for n, trial in log.read().items() if n < count and not trial.failed}
    missing = [n for n in range(count) if n not in done]
    for trial in _run(space, objective, missing, executor, seed):
        log.add(trial)
        done[trial.number] = trial
    return Search(list(done.values()), optimize)


def _run(
    space: Space, objective: Objective, numbers: list[int], executor: Executor | None, seed: int
) -> Iterator[Trial]:
    """Yield trials as they end."""
    if executor is None:
        for n in numbers:
            yield _trial(objective, n, space.point(seed, n), _seed_of(seed, n))
        return
    futures: list[Future[Trial]] = [
        executor.submit(_trial, objective, n, space.point(seed, n), _seed_of(seed, n))
        for n in numbers
    ]
    try:
        for future in as_completed(futures):
            yield future.result()
    finally:
        for future in futures:
            future.cancel()


def _seed_of(seed: int, trial: int) -> int:
    """Return the seed for a trial's own random numbers, which are not those of its point."""
    return int(np.random.SeedSequence([seed, trial, 1]).generate_state(1)[0])


def _trial(objective: Objective, n: int, params: dict[str, Any], seed: int) -> Trial:
    """Run a trial; this is what a worker does."""
    start = time.perf_counter()
    value, error = math.nan, ""
    try:
        with passing_on():
            returned = objective(dict(params), seed)
            value = as_float(returned, "what the objective returned", 'history["dev_loss"][-1]')
    except Exception as problem:
        error = f"{type(problem).__name__}: {problem}".splitlines()[0]
    return Trial(n, params, value, time.perf_counter() - start, error)


class _Log:
    """The file to which trials are added, line by line; or none."""

    def __init__(self, path: str | os.PathLike[str] | None, space: Space, seed: int) -> None:
        self._path = None if path is None else Path(path)
        self._space, self._seed = space, seed
        words = re.sub(r" at 0x[0-9a-fA-F]+", "", repr(space))
        self._header = {"search": words, "seed": seed}

    def read(self) -> dict[int, Trial]:
        """Return the trials in the file, by number, the last try of each; begin it if need be.

        Raises:
            StateError: it is another search's, or damaged.
        """
        if self._path is None:
            return {}
        text = self._path.read_bytes() if self._path.exists() else b""
        whole_lines = text[: text.rfind(b"\n") + 1]
        if len(whole_lines) < len(text):  # the line that was being written when it was killed
            os.truncate(self._path, len(whole_lines))
        if not whole_lines:
            self._write(self._header)
            return {}
        try:
            header, *rows = [json.loads(line) for line in whole_lines.splitlines()]
            trials = [self._trial(row) for row in rows]
        except (ValueError, KeyError, TypeError) as error:
            raise errors.StateError(
                f"search: {str(self._path)!r} is damaged, or was not written by search: {error!r}"
            ) from error
        if header != self._header:
            raise errors.StateError(
                f"search: {str(self._path)!r} is the file of another search, {header}; this is"
                f" {self._header}; give another path, or delete the file"
            )
        return {trial.number: trial for trial in trials}

    def _trial(self, row: dict[str, Any]) -> Trial:
        value = math.nan if row["value"] is None else float(row["value"])
        n = int(row["trial"])
        # Drawn again: JSON would not give back every choice as it was.
        params = self._space.point(self._seed, n)
        return Trial(n, params, value, float(row["seconds"]), str(row["error"]))

    def add(self, trial: Trial) -> None:
        """Add a trial, if there is a file."""
        if self._path is not None:
            value = None if math.isnan(trial.value) else trial.value
            self._write({
                "trial": trial.number, "params": trial.params, "value": value,
                "seconds": trial.seconds, "error": trial.error,
            })  # fmt: skip

    def _write(self, row: dict[str, Any]) -> None:
        assert self._path is not None
        with open(self._path, "ab") as file:
            file.write(json.dumps(row, default=repr).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
