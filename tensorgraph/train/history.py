"""The history of a run: the loss, metrics and norms of each epoch."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tensorgraph import errors, files
from tensorgraph.arguments import real
from tensorgraph.diagnose.model_selection import Criterion, Limits
from tensorgraph.diagnose.norm_columns import ACTIVATIONS, GRADIENTS, by_layer
from tensorgraph.display.figure import new_figure
from tensorgraph.display.tables import html_table
from tensorgraph.display.text import encodable, escaped
from tensorgraph.leads.attributes import missing_from_object

__all__ = ["History"]


class History(dict[str, NDArray[Any]]):
    """A column of numbers for each thing measured, a row for each epoch.

    It is a dict of arrays, ``history["dev_loss"]``, and so ``pd.DataFrame(history)`` is the table;
    :func:`fit` returns one, and a training loop of your own may fill one. In that of :func:`fit`
    stand

    - ``epoch``, counted from 1,
    - ``cost``, the mean over the epoch's mini-batches of what was minimised: in training mode, with
      weights that changed meanwhile;
    - ``train_loss``, and ``dev_loss`` where there is a dev set: the honest errors, both of the same
      weights, those at the end of the epoch, in evaluation mode; each metric likewise, such as
      ``train_accuracy`` and ``dev_accuracy``,
    - ``lr``, the learning rate of the epoch's last step,
    - ``seconds`` that the epoch took; two histories are equal if all other columns are,
    - with ``watch``, the norms of gradients and activations of each layer, also found in
      ``history.gradients`` and ``history.activations``.

    Example:
        >>> history = History()
        >>> history.append(epoch=1, train_loss=0.5, dev_loss=0.75)
        >>> history.append(epoch=2, train_loss=0.25, dev_loss=1.0)
        >>> print(history)
           epoch  train_loss  dev_loss
               1         0.5      0.75
               2        0.25         1
        >>> history["train_loss"]
        array([0.5 , 0.25])
        >>> history.best("dev_loss")["epoch"]
        1
    """

    def __init__(self) -> None:
        super().__init__()
        self.stopped = ""
        """Why training ended before its last epoch; empty if it did not."""

    def append(self, **row: float) -> None:
        """Add a row, which has the same columns as those before.

        Raises:
            ArgumentError: it has others, or an ``epoch`` that is no whole number.
        """
        if self and row.keys() != self.keys():
            raise errors.ArgumentError(
                f"History.append: a row has the columns {errors.listing(list(self))}, this one has"
                f" {errors.listing(list(row))}"
            )
        numbers = {name: _number(name, value) for name, value in row.items()}
        for name, number in numbers.items():
            self[name] = _column(name, np.append(self.get(name, ()), number))

    def __missing__(self, name: str) -> NDArray[Any]:
        raise KeyError(f"{name!r} was not measured; there are {errors.listing(list(self))}")

    @property
    def gradients(self) -> dict[str, NDArray[Any]]:
        """The norm of the gradient by the parameters of each layer, a mean over the epoch."""
        return by_layer(self, GRADIENTS)

    @property
    def activations(self) -> dict[str, NDArray[Any]]:
        """The root mean square of the output of each layer, a mean over the epoch."""
        return by_layer(self, ACTIVATIONS)

    def rows(self) -> list[dict[str, Any]]:
        """Return what was measured, one dict for each epoch."""
        columns = [self[name].tolist() for name in self]
        return [dict(zip(self, values, strict=True)) for values in zip(*columns, strict=True)]

    def best(
        self, optimize: str | tuple[str, str], satisfy: Limits | None = None
    ) -> dict[str, Any]:
        """Return the row of the epoch that was best, the first of equals.

        Args:
            optimize: a column, as for :func:`tg.diagnose.select`: ``"dev_loss"``, or
                ``("max", "dev_score")`` where the name does not tell what is better.
            satisfy: limits on other columns, ``{"dev_recall": (">=", 0.9)}``. If no epoch keeps
                them, the one that is closest counts.

        Raises:
            ArgumentError: there is no such column or no number in it, or nobody can tell what is
                better.
        """
        criterion = Criterion(optimize, satisfy or {})
        found: dict[str, Any] | None = None
        for row in self.rows():
            if measured(criterion, row) and criterion.better(row, found):
                found = row
        if found is None:
            raise errors.ArgumentError(f"History.best: there is no number in {criterion.metric!r}")
        return found

    # ---------------------------------------------------------------------------------- appearance

    @property
    def _shown(self) -> list[str]:
        """The columns of the table: norms would make it as wide as the network is deep."""
        return [name for name in self if not name.startswith((GRADIENTS, ACTIVATIONS))]

    def header(self) -> str:
        """Return the table's first line."""
        return "  ".join(f"{name:>{_width(name)}}" for name in self._shown)

    def line(self, i: int) -> str:
        """Return a row as a line of the table."""
        return "  ".join(f"{_text(name, self[name][i]):>{_width(name)}}" for name in self._shown)

    def __str__(self) -> str:
        if not self:
            return "History of no epochs"
        rows = len(next(iter(self.values())))
        lines = [self.header(), *map(self.line, range(rows))]
        return "\n".join(lines + [f"stopped: {self.stopped}"] * bool(self.stopped))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        columns = ([_text(name, value) for value in self[name]] for name in self._shown)
        why = f"<p>stopped: {escaped(self.stopped)}</p>" if self.stopped else ""
        return html_table(self._shown, zip(*columns, strict=True)) + why

    def plot(self) -> Any:
        """Return a figure of the losses and of every metric, on train and dev set.

        ``history.plot().savefig("history.png")`` saves it; a notebook shows it.

        Raises:
            ImportError: matplotlib is not installed.
        """
        groups: dict[str, list[str]] = {}
        for name in self._shown:
            if name == "cost":
                groups.setdefault("loss", []).append(name)
            elif name.startswith(("train_", "dev_")):
                groups.setdefault(name.partition("_")[2], []).append(name)
        for start in (GRADIENTS, ACTIVATIONS):
            if layers := [name for name in self if name.startswith(start)]:
                groups[f"{start[:-1]} by layer"] = layers
        figure = new_figure(5 * max(1, len(groups)), 4)
        # A history of your own may not count them.
        epochs = self["epoch"] if "epoch" in self else 1 + np.arange(len(self.rows()))
        for axes, (title, names) in zip(
            figure.subplots(1, max(1, len(groups)), squeeze=False)[0], groups.items(), strict=False
        ):
            for name in names:
                axes.plot(epochs, self[name], label=name.rpartition("/")[2], marker=".")
            if title.endswith("by layer"):
                axes.set_yscale("log")  # a gradient vanishes by powers of ten
            axes.set(xlabel="epoch", title=title)
            axes.grid(alpha=0.3)
            axes.legend()
        return figure

    # --------------------------------------------------------------------------------------- files

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write all columns to a CSV file, from which the same numbers can be read.

        Raises:
            OSError: the file cannot be written; the one before is still there.
        """
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(self)
        writer.writerows(zip(*(self[name].tolist() for name in self), strict=True))
        files.write(path, encodable(text.getvalue()).encode())

    @classmethod
    def from_csv(cls, path: str | os.PathLike[str]) -> Self:
        """Return the history that was written to a CSV file.

        A spreadsheet may have saved it since: with a mark at its beginning, and with rows and
        columns at its end in which nothing stands.

        Raises:
            OSError: there is no such file, or it cannot be read.
            StateError: it is no table of numbers.
        """
        history = cls()
        names: list[str] | None = None
        for number, cells in _lines(Path(path)):
            if names is None:
                names = cells
                if len(set(names)) < len(names):
                    raise _no_history(path, number, "a name stands there twice")
                continue
            cells += [""] * (len(names) - len(cells))
            if len(cells) > len(names):
                raise _no_history(
                    path, number, f"it has {len(cells)} cells under {len(names)} names"
                )
            try:
                history.append(**dict(zip(names, map(float, cells), strict=True)))
            except ValueError as error:
                raise _no_history(path, number, str(error)) from None
        return history

    def state_dict(self) -> dict[str, Any]:
        """Return all there is, to be saved."""
        return {"stopped": self.stopped, "columns": {name: self[name] for name in self}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take what ``state_dict`` returned in the place of what is here.

        Raises:
            StateError: it is something else.
        """
        try:
            columns = {
                str(name): [_number(name, x) for x in np.asarray(column)]
                for name, column in state["columns"].items()
            }
            stopped = str(state["stopped"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise errors.StateError(
                f"load_state_dict: this is not what History.state_dict() returned ({error!r})"
            ) from None
        if len({len(column) for column in columns.values()}) > 1:
            raise errors.StateError("load_state_dict: the columns differ in length")
        self.clear()
        self.update({name: _column(name, column) for name, column in columns.items()})
        self.stopped = stopped

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            return missing_from_object(self, name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, History):
            return NotImplemented
        return (
            list(self) == list(other)
            and self.stopped == other.stopped
            and all(
                np.array_equal(self[name], other[name], equal_nan=True)
                for name in self
                if name != "seconds"
            )
        )

    def __ne__(self, other: object) -> bool:
        return not self == other


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV file in which something stands, up to there, with their numbers."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        try:
            for cells in reader:
                filled = max((i for i, cell in enumerate(cells, 1) if cell.strip()), default=0)
                if filled:
                    yield reader.line_num, cells[:filled]
        except (UnicodeDecodeError, csv.Error) as error:
            raise _no_history(path, max(reader.line_num, 1), str(error)) from None


def _no_history(path: str | os.PathLike[str], line: int, problem: str) -> errors.StateError:
    return errors.StateError(
        f"{Path(path).name}, line {line}: {problem}; a history has a line of names and then lines"
        " of as many numbers, in UTF-8 and with commas"
    )


def measured(criterion: Criterion, row: Mapping[str, float]) -> bool:
    """Return whether there is a number in all columns that a criterion looks at.

    Raises:
        ArgumentError: there is no such column.
    """
    for name in (criterion.metric, *criterion.satisfy):
        if name not in row:
            raise errors.ArgumentError(
                f"{name!r} was not measured; there are {errors.listing(list(row))}"
            )
    return not any(math.isnan(row[name]) for name in (criterion.metric, *criterion.satisfy))


def _column(name: str, numbers: ArrayLike) -> NDArray[Any]:
    """Return a column as an array that nobody can change."""
    column = np.array(numbers, np.int64 if name == "epoch" else np.float64)
    column.flags.writeable = False
    return column


def _number(name: str, value: Any) -> float:
    number = real(value)
    if number is None:
        raise errors.ArgumentTypeError(f"History: {name} is a number, not {errors.describe(value)}")
    if name == "epoch" and not number.is_integer():
        raise errors.ArgumentError(f"History: an epoch has a whole number, not {number:g}")
    return number


def _width(name: str) -> int:
    return max(8, len(name))


def _text(name: str, value: float) -> str:
    if name == "epoch":
        return str(int(value))
    return f"{value:.2g}" if name == "seconds" else f"{value:.4g}"
