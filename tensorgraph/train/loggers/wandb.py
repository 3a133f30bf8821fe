"""``WandB``: a run of Weights & Biases."""

from __future__ import annotations

from typing import Any

from tensorgraph.extras import require
from tensorgraph.train.loggers.logger import Logger

__all__ = ["WandB"]


class WandB(Logger):
    """Logs a run to Weights & Biases; with ``mode="offline"`` to a folder, to be sent later.

    A callback of :func:`fit`: in ``callbacks`` it logs each epoch's row of the history, in
    ``step_callbacks`` the cost of each step, all at the number of steps taken. It needs the package
    ``wandb``::

        logger = tg.train.WandB(project="digits", mode="offline", config={"lr": 0.01})
        tg.train.fit(model, loss, optimizer, (X, labels), epochs=5, callbacks=[logger])

    A training that is resumed from a checkpoint goes on with its run where both give it one name,
    ``WandB(project="digits", id="digits-1", resume="allow")``: the server knows the steps that it
    has, and takes none twice. Offline it does not hear of the server, and a second folder waits.

    Args:
        **settings: of ``wandb.init``: ``project``, ``name``, ``config``, ``mode``, ``dir``.

    Attributes:
        run: the run of ``wandb``, once something was logged.

    Raises:
        ImportError: the package is not installed.
    """

    def __init__(self, **settings: Any) -> None:
        self._wandb: Any = require("wandb", "wandb")
        self.settings = settings
        self.run: Any = None

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.settings.items())
        return f"WandB({shown})"

    def _resumed(self, step: int) -> None:
        """Nothing: the server lets no step come again."""

    def _write(self, numbers: dict[str, float], step: int) -> None:
        if self.run is None:
            self.run = self._wandb.init(**self.settings)
        self.run.log(numbers, step=step)

    def _finish(self, error: BaseException | None) -> None:
        if self.run is not None:
            self.run.finish(exit_code=0 if error is None else 1)
            self.run = None
