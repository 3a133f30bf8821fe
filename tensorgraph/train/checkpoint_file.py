"""The checkpoint of a run: a file from which it can be resumed, bit for bit."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tensorgraph import errors
from tensorgraph.distributed.processes import World
from tensorgraph.extras import require
from tensorgraph.files import check_writable
from tensorgraph.nn.module import Module
from tensorgraph.optim.base import Optimizer
from tensorgraph.train.saving import load, save

Every = int | str
"""``"epoch"``, or a number of steps."""


class Checkpoint:
    """A file that holds all that a run consists of.

    Args:
        path: the file.
        every: after what it is written: every ``"epoch"``, or so many steps.
        setup: what must be alike for a run to be the same, in words.
        parts: what is saved, by name: objects with a state.
        world: the processes that train together, of which the first writes and reads the file.

    Raises:
        ArgumentError: an ``every`` that is neither, or a directory that is not there.
        DTypeError: a path that is none.
        ImportError: the package safetensors is not installed.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        every: Every,
        setup: dict[str, str],
        parts: Any,
        world: World,
    ) -> None:
        counted = isinstance(every, int) and not isinstance(every, bool) and every >= 1
        if not (every == "epoch" or counted):
            raise errors.ArgumentError(
                f"fit: checkpoint_every is 'epoch' or a number of steps, not {every!r}"
            )
        if not isinstance(path, (str, os.PathLike)):
            raise errors.DTypeError(
                f"fit: the checkpoint is the path of a file, not {errors.describe(path)}; write"
                " checkpoint='run.safetensors'"
            )
        self.path, self.steps = Path(path), every if isinstance(every, int) else 0
        require("safetensors", "io")
        self.setup, self.parts, self._world = setup, parts, world
        world.first(self._check_folder, "the folder of the checkpoint")

    def _check_folder(self) -> None:
        if not self.path.parent.is_dir():  # better known now than after an epoch
            raise errors.ArgumentError(
                f"fit: the checkpoint {str(self.path)!r} is to be in a directory that is not there;"
                f" make it, or write checkpoint={self.path.name!r}"
            )

    def check_writable(self) -> None:
        """Raise what saving would raise: better known now than after an epoch.

        Raises:
            OSError: the file cannot be written.
        """
        self._world.first(lambda: check_writable(self.path), "the checkpoint")

    def save(self) -> None:
        """Write the file; no process goes on before it is there."""
        self._world.first(
            lambda: save(self.path, setup=self.setup, **self.parts), "writing the checkpoint"
        )

    def resume(self) -> bool:
        """Give all parts their states, if there is the file; return whether there is.

        Raises:
            StateError: it holds another run, or is damaged.
        """
        if self._world.size == 1:
            return self.path.exists() and self._resume_from(self.path)
        content = self._world.first(
            lambda: self.path.read_bytes() if self.path.exists() else None, "reading the checkpoint"
        )
        if content is None:
            return False
        with TemporaryDirectory() as folder:  # the file may be on another machine
            copy = Path(folder, self.path.name)
            copy.write_bytes(content)
            return self._resume_from(copy)

    def _resume_from(self, path: Path) -> bool:
        saved = load(path).get("setup")
        different = _differences(saved, self.setup)
        if different:
            raise errors.StateError(
                f"fit: {str(self.path)!r} is the checkpoint of another run:"
                f" {errors.listing(different, 4)}; to begin a new one, give another path or delete"
                " the file"
            )
        load(path, **self.parts)
        return True


def with_state(parts: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of some objects that have a state to be saved."""
    return {name: part for name, part in parts.items() if hasattr(part, "load_state_dict")}


def _differences(saved: Any, present: Mapping[str, str]) -> list[str]:
    if not isinstance(saved, Mapping):
        return ["it was not written by fit"]
    return [
        f"{name} was {saved.get(name, 'not given')}, now it is {present.get(name, 'not given')}"
        for name in {**saved, **present}
        if saved.get(name) != present.get(name)
    ]


def setup_of(model: Module, optimizer: Optimizer, **rest: Any) -> dict[str, str]:
    """Return the settings of a run in words, to be compared with those of a checkpoint.

    Of functions only their names are compared, and of a learning rate that a person sets nothing:
    what it was set to belongs to the run.
    """
    shapes = [f"{path} {tuple(p.shape)} {p.dtype}" for path, p in model.named_parameters()]
    settings = {f"the optimizer's {name}": value for name, value in optimizer.defaults.items()}
    for i, group in enumerate(optimizer.groups):
        settings |= {f"{name} of groups[{i}]": value for name, value in group.own.items()}
    return {
        "the model": type(model).__name__,
        "its parameters": ", ".join(shapes),
        "the optimizer": type(optimizer).__name__,
        **{name: _words(value) for name, value in {**settings, **rest}.items()},
    }


def _words(value: Any) -> str:
    if hasattr(value, "events"):
        return type(value).__name__
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))
