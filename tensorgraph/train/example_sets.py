"""Training and dev sets as ``fit`` takes them, and a batch as inputs and target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from tensorgraph import errors
from tensorgraph.data.aligned_arrays import AlignedArrays, name_of
from tensorgraph.data.batches import Batches
from tensorgraph.engine.tensor import Tensor, asarray
from tensorgraph.nn.module import Module

INPUT, TARGET = "x", "y"
"""The keys of a dict of arrays: what the model is given, and what it is compared with."""


def inputs_and_target(batch: Any, dtype: DTypeLike) -> tuple[list[Tensor], Any]:
    """Return the inputs of the model in a batch, and the target of its loss.

    Of a tuple the last array is the target. Of a dict, ``x`` is the input; the target is ``y`` if
    that is all there is besides, else the dict of the rest.

    Args:
        batch: a tuple or dict of arrays.
        dtype: what floating-point inputs are converted to.

    Raises:
        DTypeError: it is neither, or has no input.
    """
    if type(batch) is tuple or isinstance(batch, (tuple, list)):
        *inputs, target = batch
        if inputs:
            return [as_input(x, dtype) for x in inputs], target
    elif isinstance(batch, Mapping) and INPUT in batch and len(batch) > 1:
        rest = {key: value for key, value in batch.items() if key != INPUT}
        target = rest[TARGET] if rest.keys() == {TARGET} else rest
        return [as_input(batch[INPUT], dtype)], target
    raise errors.DTypeError(
        "a batch is a tuple (input, target), or a dict with the input under 'x' and targets under"
        f" other keys, not {_described(batch)}; for a model that is to return its input, write"
        " (x, x)"
    )


def as_input(value: Any, dtype: DTypeLike) -> Tensor:
    """Return an input as a tensor; floating-point numbers in the given dtype.

    Double precision would spread from the data over all that is computed, at twice the time.
    """
    tensor = asarray(value)
    return tensor if tensor.dtype.kind != "f" or tensor.dtype == dtype else tensor.astype(dtype)


def _described(batch: Any) -> str:
    if isinstance(batch, Mapping):
        return f"a dict of {errors.listing(list(batch)) or 'nothing'}"
    if isinstance(batch, (tuple, list)):
        return f"a {type(batch).__name__} of {len(batch)}"
    return errors.describe(batch)


def dtype_of(model: Module) -> np.dtype[Any]:
    """Return the dtype a model computes in: that of its parameters, of which it may have none."""
    dtypes = [p.dtype for p in model.parameters() if p.dtype.kind == "f"]
    return dtypes[0] if dtypes else np.dtype(np.float32)


class Examples:
    """A set of examples: arrays, or an iterable of batches where the whole is not in memory.

    Args:
        data: a tuple or a dict of arrays; ``tg.data.Batches``; or another iterable of batches that
            begins anew each time, such as a list of tuples.
        name: what messages call it: ``train``, ``dev``.

    Raises:
        ArgumentError: there are no examples, or it can be iterated once only.
        DTypeError: it is something else.
        ShapeError: arrays of different lengths.
    """

    def __init__(self, data: Any, name: str) -> None:
        self.name = name
        self.batches: Iterable[Any] | None = None
        self.table: AlignedArrays | None = None
        self.rows: NDArray[np.intp] | None = None  # all of the table
        _refuse_bare_arrays(data, name)
        if isinstance(data, Mapping):
            self.table = AlignedArrays(name, [{key: _plain(value) for key, value in data.items()}])
        elif isinstance(data, tuple):
            self.table = AlignedArrays(name, [_plain(value) for value in data])
        elif isinstance(data, Batches):
            self.batches, self.rows, arrays = data, data.indices, data.arrays
            self.table = AlignedArrays(name, arrays if isinstance(arrays, tuple) else [arrays])
        elif isinstance(data, Iterator):
            raise errors.ArgumentError(
                f"{name} is {errors.describe(data)}, which is used up after an epoch; write"
                f" {name}=(x, y), {name}=tg.data.Batches(x, y, batch_size=64), or a list of batches"
            )
        elif isinstance(data, Iterable):
            self.batches = data
        else:
            raise errors.DTypeError(
                f"{name} is a tuple (x, y), a dict of arrays, or tg.data.Batches, not"
                f" {errors.describe(data)}"
            )
        if self.table is not None:  # raises here, not after an epoch
            inputs_and_target(self.table.take(np.arange(1)), np.float32)

    def __len__(self) -> int:
        """Return the number of examples; 0 where it is not known."""
        if self.rows is not None:
            return len(self.rows)
        return 0 if self.table is None else len(self.table)

    def in_order(self, size: int) -> Iterator[Any]:
        """Yield batches of the given size, each example once, unchanged and in order."""
        if self.table is None:
            yield from self.batches or ()
            return
        for start in range(0, len(self), size):
            part = slice(start, start + size)
            if self.rows is not None:
                yield self.table.take(self.rows[part])
            else:
                columns = self.table.columns.items()
                yield self.table.as_given({key: column[part] for key, column in columns})

    def loader(self, batch_size: int | None, seed: int) -> Any:
        """Return the mini-batches to train on: those given, or arrays cut into such."""
        if self.table is None or self.batches is not None:
            return self.batches
        columns = self.table.columns
        arrays = [dict(columns)] if self.table.form is dict else columns.values()
        return Batches(*arrays, batch_size=batch_size, seed=seed)

    def sample(self, count: int, seed: int) -> Examples:
        """Return some of the examples, always the same ones; all if there are no more.

        Of batches that come from elsewhere these are the first ones.
        """
        if self.table is None:
            return Examples(_first(self.in_order(0), count), self.name)
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
        columns = {} if self.table is None else self.table.columns
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


def _refuse_bare_arrays(data: Any, name: str) -> None:
    if isinstance(data, (Tensor, np.ndarray)):
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


def size_of(batch: Any) -> int:
    """Return the number of examples in a batch."""
    return len(next(iter(batch.values()))) if isinstance(batch, Mapping) else len(batch[0])
