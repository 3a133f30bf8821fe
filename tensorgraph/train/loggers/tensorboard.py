"""``TensorBoard``: a run as event files, for TensorBoard to show."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tensorgraph.extras import require
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.module import Module
from tensorgraph.train.loggers.event_file import EventFile, png_of
from tensorgraph.train.loggers.graph_nodes import graph_of
from tensorgraph.train.loggers.logger import Logger
from tensorgraph.train.training_run import Run

__all__ = ["TensorBoard"]


class TensorBoard(Logger):
    """Writes a run to a folder that ``tensorboard --logdir`` shows.

    A callback of :func:`fit`: in ``callbacks`` it writes each epoch's row of the history, losses
    and metrics of train and dev set side by side (``loss/train``, ``loss/dev``); in
    ``step_callbacks`` the cost of each step. All stands at the number of steps taken until then.
    What is written is in the file at once. Where a run is resumed from a checkpoint, in the same
    folder, TensorBoard shows the steps after it once, as they are taken then. It needs the package
    ``tensorboard``, and no TensorFlow.

    Args:
        folder: where the files lie, one folder for each run.
        histograms: write also how the weights and gradients of each parameter are distributed,
            after each epoch.
        hparams: hyperparameters by name, numbers, strings or truth values, for TensorBoard's table
            of runs.

    Raises:
        ImportError: the package is not installed.

    Example:
        >>> import tempfile
        >>> import tensorgraph as tg
        >>> model = tg.nn.Linear(2, 1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     history = tg.train.fit(
        ...         model, tg.nn.losses.mse, tg.optim.SGD(model.parameters(), lr=0.1),
        ...         (tg.ones((8, 2)), tg.ones((8, 1))), epochs=2, progress=False,
        ...         callbacks=[tg.train.TensorBoard(folder, histograms=True)],
        ...     )
    """

    @with_leads
    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        histograms: bool = False,
        hparams: Mapping[str, Any] | None = None,
    ) -> None:
        require("tensorboard.compat.proto.event_pb2", "tensorboard")
        self.folder = Path(folder)
        self.histograms = histograms
        self.hparams = dict(hparams or {})
        self._open: EventFile | None = None

    def __repr__(self) -> str:
        return f"TensorBoard({str(self.folder)!r}, histograms={self.histograms})"

    @property
    def _file(self) -> EventFile:
        if self._open is None:
            self._open = EventFile(self.folder)
            if self.hparams:
                plugin: Any = require("tensorboard.plugins.hparams.summary_v2", "tensorboard")
                self._open.session(plugin.hparams_pb(self.hparams))
        return self._open

    def _log_epoch(self, run: Run, step: int) -> None:
        super()._log_epoch(run, step)
        if self.histograms:
            file, values = self._file, []
            for path, parameter in run.model.named_parameters():
                values.append(file.histogram(f"weights/{path}", parameter.data))
                if parameter.grad is not None:
                    values.append(file.histogram(f"gradients/{path}", parameter.grad.data))
            file.summary(values, step)

    def _resumed(self, step: int) -> None:
        self._file.start(step + 1)

    def _write(self, numbers: dict[str, float], step: int) -> None:
        file = self._file
        file.summary([file.scalar(_tag(name), value) for name, value in numbers.items()], step)

    def picture(self, name: str, picture: Any, step: int = 0) -> None:
        """Write a figure of matplotlib, or an image.

        Args:
            name: what it is called.
            picture: a figure; or an array (height, width) or (height, width, channels) of numbers
                from 0 to 1, or of bytes.
            step: when it was taken.
        """
        self._file.summary([self._file.image(name, png_of(picture))], step)

    def graph(self, model: Module, *inputs: Any) -> None:
        """Write the graph of what a model computes of inputs, its operations in their modules."""
        self._file.graph(graph_of(model(*inputs)))

    def _finish(self, error: BaseException | None) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


def _tag(name: str) -> str:
    """Return a column's name such that train and dev set share a chart."""
    part, _, measured = name.partition("_")
    return f"{measured}/{part}" if part in ("train", "dev") and measured else name
