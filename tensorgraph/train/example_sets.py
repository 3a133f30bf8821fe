"""Training and dev sets as ``fit`` takes them: arrays, or batches that come from elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph import errors
from tensorgraph.array_likes import columns_of
from tensorgraph.data.aligned_arrays import AlignedArrays, Array, ExampleTable, Key, name_of
from tensorgraph.data.batches import Batches
from tensorgraph.data.samples import is_data_set, table_of
from tensorgraph.engine.tensor import Tensor, asarray
from tensorgraph.train.model_inputs import INPUT, inputs_and_target, size_of


class Examples:
    """A set of examples: arrays, or an iterable of batches where the whole is not in memory.

    Args:
        data: a tuple or a dict of arrays; ``tg.data.Batches``; or another iterable of batches that
            begins anew each time, such as a list of tuples.
        name: what messages call it: ``train``, ``dev``.
        once: whether batches may be such that can be iterated once only.

    Raises:
        ArgumentError: there are no examples, or it can be iterated once only and may not.
        DTypeError: it is something else.
        ShapeError: arrays of different lengths.
    """

    def __init__(self, data: Any, name: str, once: bool = False) -> None:
        self.name = name
        self.batches: Iterable[Any] | None = None
        self.table: ExampleTable | None = None
        self.rows: NDArray[np.intp] | None = None  # all of the table
        _refuse_no_sets(data, name)
        if isinstance(data, Mapping):
            self.table = AlignedArrays(name, [{key: _plain(value) for key, value in data.items()}])
        elif isinstance(data, tuple):
            self.table = AlignedArrays(name, [_plain(value) for value in data])
        elif isinstance(data, Batches):
            self.batches, self.rows, arrays = data, data.indices, data.arrays
            self.table = table_of(name, arrays if isinstance(arrays, tuple) else [arrays])
        elif isinstance(data, Iterator) and not once:
            hint = "; or say how long an epoch is, steps_per_epoch=100" * (name == "train")
            raise errors.ArgumentError(
                f"{name} is {errors.describe(data)}, which is used up after an epoch; write"
                f" {name}=(x, y), {name}=tg.data.Batches(x, y, batch_size=64), or a list of batches"
                f"{hint}"
            )
        elif isinstance(data, Iterable):
            self.batches = data
        else:
            stack = f"; write {name}=tg.data.Batches(data, batch_size=64)" * is_data_set(data)
            raise errors.DTypeError(
                f"{name} is a tuple (x, y), a dict of arrays, tg.data.Batches, or a list of"
                f" batches, not {errors.describe(data)}{stack}"
            )
        if self.table is None and length_of(data) == 0:
            raise errors.ArgumentError(f"{name} holds no batches, and so no examples")
        if self.table is not None:
            self._check_inputs(self.table.take(np.arange(1)), data)

    def _check_inputs(self, batch: Any, data: Any) -> None:
        """Raise here, not after an epoch, what a model could not be given."""
        for value in inputs_and_target(batch)[0]:
            try:
                asarray(value)
                continue
            except errors.DTypeError as error:
                told = error
            frames = data.values() if isinstance(data, Mapping) else data
            for frame in [one for one in frames if columns_of(one) is not None]:
                try:
                    asarray(frame)
                except errors.DTypeError as error:  # which knows the columns
                    told = error
            raise errors.DTypeError(f"{self.name}: the inputs: {told}")

    def __len__(self) -> int:
        """Return the number of examples; 0 where it is not known."""
        if self.rows is not None:
            return len(self.rows)
        return 0 if self.table is None else len(self.table)

    @property
    def _columns(self) -> dict[Key, Array]:
        """The whole arrays, where there are such."""
        return self.table.columns if isinstance(self.table, AlignedArrays) else {}

    def digest(self) -> str:
        """Return a text that other examples have not; "" where they are not arrays."""
        return self.table.digest() if isinstance(self.table, AlignedArrays) else ""

    @property
    def may_be_endless(self) -> bool:
        """Whether nobody knows how many batches there are before they are seen."""
        return self.table is None and length_of(self.batches) is None

    def in_order(self, size: int) -> Iterator[Any]:
        """Yield batches of the given size, each example once, unchanged and in order."""
        if self.table is None:
            yield from () if self.batches is None else self.batches
            return
        for start in range(0, len(self), size):
            part = slice(start, start + size)
            if self.rows is not None:
                yield self.table.take(self.rows[part])
            else:
                columns = self._columns.items()
                yield self.table.as_given({key: column[part] for key, column in columns})

    def loader(self, batch_size: int | None, seed: int) -> Any:
        """Return the mini-batches to train on: those given, or arrays cut into such."""
        if self.table is None or self.batches is not None:
            return self.batches
        columns = self._columns
        arrays = [dict(columns)] if self.table.form is dict else columns.values()
        return Batches(*arrays, batch_size=batch_size, seed=seed)

    def sample(self, count: int, seed: int) -> Examples:
        """Return some of the examples, always the same ones; all if there are no more.

        Of batches that come from elsewhere these are the first ones.
        """
        if self.table is None:
            kept = _first(self.in_order(0), count)
            if isinstance(self.batches, Iterator):  # they are to be trained on, too
                self.batches = chain(kept, self.batches)
            return Examples(kept, self.name)
        if count >= len(self):
            return self
        chosen = np.random.default_rng(seed).permutation(len(self))[:count]
        return Examples(self.taken(np.sort(chosen)), self.name)

    def taken(self, chosen: NDArray[np.intp]) -> Any:
        """Return copies of some of the examples, in the form in which all were given."""
        assert self.table is not None
        return self.table.take(chosen if self.rows is None else self.rows[chosen])

    def not_finite(self, targets: bool) -> str:
        """Say where the first NaN or infinity stands, in the targets or else in the inputs.

        Nothing if there is none, or nobody has the whole arrays.
        """
        columns = self._columns
        last = next(reversed(columns), None)
        for key, column in columns.items():
            is_target = key != INPUT if isinstance(key, str) else key == last
            if is_target is not targets or column.dtype.kind != "f":
                continue
            bad = np.argwhere(~np.isfinite(column))
            if len(bad):
                place = ", ".join(map(str, bad[0]))
                return (
                    f"{self.name} holds {column[tuple(bad[0])]} at [{place}] of {name_of(key)},"
                    f" where {len(bad):,} of {column.size:,} numbers are not finite; leave such"
                    " examples out, or fill in what is missing"
                )
        return ""


def again_and_again(batches: Iterable[Any]) -> Iterator[Any]:
    """Yield the batches of one epoch after the other, as long as there are any.

    Raises:
        ArgumentError: there are none to begin with.
    """
    for epoch in count():
        found = False
        for batch in batches:
            found = True
            yield batch
        if not found and epoch == 0:
            raise errors.ArgumentError("train holds no batches; an iterable begins anew each time")
        if not found:
            return


def length_of(batches: Any) -> int | None:
    """Return how many batches there are; nothing where nobody knows before they are seen."""
    try:
        return len(batches)
    except TypeError:  # also what has a __len__ that cannot tell, as PyTorch's loaders of streams
        return None


def _refuse_no_sets(data: Any, name: str) -> None:
    """Raise where something is iterable, but not as batches."""
    if isinstance(data, (str, bytes, os.PathLike)):
        raise errors.DTypeError(
            f"{name} is {errors.describe(data)}, the name of a file perhaps; read it, and write"
            f" {name}=(x, y)"
        )
    if hasattr(data, "columns") and hasattr(data, "to_numpy"):  # pandas' frames, and others'
        raise errors.DTypeError(
            f"{name} is a {type(data).__name__}, which does not say what the target is; write"
            f" {name}=(df[inputs], df['target']), where inputs lists the names of the other columns"
        )
    if isinstance(data, (Tensor, np.ndarray)) or hasattr(data, "to_numpy"):
        raise errors.DTypeError(
            f"{name} is {errors.describe(data)}: the inputs alone, or the targets; write"
            f" {name}=(x, y)"
        )
    if isinstance(data, list) and data and isinstance(data[0], (Tensor, np.ndarray)):
        raise errors.DTypeError(
            f"{name} is a list of arrays, and a list is one of batches; write {name}=(x, y)"
        )


def _plain(value: Any) -> Any:
    return value.data if isinstance(value, Tensor) else value


def _first(batches: Iterable[Any], count: int) -> list[Any]:
    """Return as many batches as it takes to have so many examples."""
    kept: list[Any] = []
    have = 0
    for batch in batches:
        kept.append(batch)
        have += size_of(batch)
        if have >= count:
            break
    return kept
