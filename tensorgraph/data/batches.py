"""Mini-batches, whose state can be saved and resumed in the midst of an epoch."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorgraph.arguments import whole
from tensorgraph.data import seeds
from tensorgraph.data.aligned_arrays import (
    AlignedArrays,
    Array,
    ExampleTable,
    Indices,
    Key,
    as_array,
    name_of,
)
from tensorgraph.data.samples import table_of
from tensorgraph.data.shards import Own, Shards, every
from tensorgraph.errors import (
    ArgumentError,
    AxisError,
    DTypeError,
    ShapeError,
    StateError,
    UsageError,
    describe,
    listing,
)
from tensorgraph.leads.attributes import missing_from_object
from tensorgraph.leads.calls import with_leads

__all__ = ["Batches"]

Augmentation = Callable[[Any, np.random.Generator], Any]
"""A function of an example and a generator that returns the example to train on."""

_CORES = os.cpu_count() or 1


class Batches:
    """Mini-batches of examples; each ``for`` loop over them is a new epoch.

    Every epoch has its own order, given by the seed and the number of the epoch. ``augment`` is
    given a generator of its own for each example and epoch. So what a batch holds depends on the
    seed, the epoch and the batch size alone, bit by bit; not on ``workers``, on ``prefetch``, or on
    what was iterated before.

    An epoch that was left early, by ``break`` or ``next(iter(batches))``, is over: the next loop
    begins another one. To go on with the rest of it, load its state: ``state_dict()`` says where
    the next batch starts, also in the midst of an epoch, and the loop after ``load_state_dict``
    starts there, in this process or in another one.

    Rows are copied when their batch is due; of a memory-mapped array only these are read.

    Args:
        arrays: arrays with one row for each example, or one dict of them. A batch has the same
            form: one array, a tuple, or a dict. Or one data set, with ``__len__`` and
            ``__getitem__`` as PyTorch's have them; its examples (arrays or numbers, tuples or dicts
            of them) are read when their batch is due, and stacked.
        batch_size: how many examples a batch has; ``None`` for all at once (batch gradient
            descent), 1 for one by one (stochastic gradient descent).
        shuffle: a new order in each epoch; else that of the arrays.
        seed: of the order and of ``augment``.
        drop_last: leave out the last batch of an epoch if it is smaller than the others.
        augment: a function ``f(example, rng)`` that returns the example to train on, such as those
            of :mod:`tensorgraph.data.augment`. It is applied to the first array, and labels stay
            as they are. For other arrays, and for those of a dict, give a dict from their number or
            key to a function; each is given the same random numbers for an example, so that an
            image and its mask are flipped alike.
        indices: the rows to take, such as ``split(...).indices.train``; all unless given.
        prefetch: how many batches are prepared ahead, on a thread.
        workers: on how many threads the examples of a batch are augmented; or an executor of
            ``concurrent.futures``, such as a ``ProcessPoolExecutor`` if Python is what takes the
            time.
        shards: cut each batch in so many parts, as even as can be, which are what is iterated over
            then: :class:`Shards` in place of a batch. How a batch is cut depends on its size alone,
            not on how many processes share the work: see :mod:`tensorgraph.distributed`.

    Attributes:
        indices: the rows that are taken.
        epoch: the number of the epoch, from 0.
        position: how many of its examples have been seen.

    Raises:
        ArgumentError: no examples, a batch size below 1, or so large that every batch would be
            dropped.
        AxisError: one of ``indices`` is not a row.
        DTypeError: a number that is not an integer, an augmentation that cannot be called.
        ShapeError: arrays of different lengths; or while iterating, examples of a data set, or
            augmented ones, that differ in shape or dtype.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> x, y = np.arange(10.0).reshape(5, 2), np.arange(5)
        >>> batches = tg.data.Batches(x, y, batch_size=2, seed=1)
        >>> [len(labels) for _, labels in batches]
        [2, 2, 1]
        >>> batches.state_dict()
        {'seed': 1, 'epoch': 1, 'position': 0, 'examples': 5}

        >>> class Squares:
        ...     def __len__(self):
        ...         return 4
        ...
        ...     def __getitem__(self, i):
        ...         return i, i * i
        >>> list(tg.data.Batches(Squares(), batch_size=2, shuffle=False))
        [(array([0, 1]), array([0, 1])), (array([2, 3]), array([4, 9]))]
    """

    @with_leads
    def __init__(
        self,
        *arrays: Any,
        batch_size: int | None = 32,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
        augment: Augmentation | Mapping[Any, Augmentation] | None = None,
        indices: Any = None,
        prefetch: int = 0,
        workers: int | Executor = 0,
        shards: int | None = None,
    ) -> None:
        self._table = table_of("Batches", arrays)
        self.indices = _rows(indices, len(self._table))
        self.batch_size = (
            len(self.indices) if batch_size is None else whole(batch_size, "Batches: batch_size", 1)
        )
        self.shuffle, self.drop_last = shuffle, drop_last
        self.seed = seeds.checked(seed, "Batches")
        self._augment = _augmentations(augment, self._table)
        self.prefetch = whole(prefetch, "Batches: prefetch")
        self.workers = (
            workers if isinstance(workers, Executor) else whole(workers, "Batches: workers")
        )
        self.shards = None if shards is None else whole(shards, "Batches: shards", 1)
        self.epoch = self.position = 0
        self._turn: object = None
        """Stands for the iteration that has begun and not ended, if there is one."""
        if len(self) == 0:
            raise ArgumentError(
                f"Batches: batch_size={self.batch_size} with drop_last=True drops all"
                f" {len(self.indices)} examples; write a smaller batch_size, or drop_last=False"
            )

    @property
    def arrays(self) -> Any:
        """What the batches are taken from, in the form in which it was given."""
        return self._table.given

    def __len__(self) -> int:
        """Return how many batches an epoch has."""
        return -(-self._end() // self.batch_size)

    def _end(self) -> int:
        """Return how many examples an epoch has."""
        n = len(self.indices)
        return n - n % self.batch_size if self.drop_last else n

    def __iter__(self) -> Iterator[Any]:
        """Yield the batches of a new epoch, or the rest of that whose state was loaded."""
        return self.having(every)

    def having(self, own: Own) -> Iterator[Any]:
        """Yield the batches of an epoch, with those of their shards made that ``own`` chooses.

        The other shards are made when they are asked for. ``own`` is given how many shards a batch
        has, and returns which of them.

        Example:
            >>> import numpy as np
            >>> import tensorgraph as tg
            >>> batches = tg.data.Batches(np.arange(8), batch_size=8, shuffle=False, shards=4)
            >>> for shards in batches.having(lambda count: range(count // 2)):
            ...     print(shards, shards[0])
            Shards(2 + 2 + 2 + 2 examples) [0 1]
        """
        if self._turn is not None:
            self.epoch, self.position = self.epoch + 1, 0
        epoch, end = self.epoch, self._end()
        starts = range(self.position, end, self.batch_size)
        order = seeds.shuffled(self.seed, epoch, self.indices) if self.shuffle else self.indices
        self._turn = turn = object()
        with ExitStack() as stack:
            pool = stack.enter_context(_pool(self.workers))
            build = partial(self._batch, pool, epoch)
            if self.shards is not None:
                # Those asked for later may be so after the pool's end.
                later = partial(self._batch, None, epoch)
                build = partial(Shards.of, count=self.shards, make=build, later=later, own=own)
            parts = (order[start : min(start + self.batch_size, end)] for start in starts)
            batches = stack.enter_context(closing(_ahead(build, parts, self.prefetch)))
            for start, batch in zip(starts, batches, strict=True):
                # Before the batch is handed out: who stops while it is at work has seen it.
                self.position = min(start + self.batch_size, end)
                yield batch
                self._refuse_other(turn)
        self.epoch, self.position, self._turn = epoch + 1, 0, None

    def _refuse_other(self, turn: object) -> None:
        if self._turn is not turn:
            raise UsageError(
                "Batches: another iteration began, or a state was loaded, before this one ended;"
                " make a second Batches to iterate twice at once"
            )

    def _batch(self, pool: Executor | None, epoch: int, rows: Indices) -> Any:
        columns = self._table.rows(rows)
        for key, augment in self._augment.items():
            one = partial(_augmented, augment, self.seed, epoch)
            if pool is None:
                columns[key] = one(columns[key], rows)
            else:
                count = min(self.workers if isinstance(self.workers, int) else _CORES, len(rows))
                pieces = (np.array_split(columns[key], count), np.array_split(rows, count))
                columns[key] = np.concatenate(_alike(list(pool.map(one, *pieces)), rows, 1))
        return self._table.as_given(columns)

    def digest(self) -> str:
        """Return a text that other examples, or others chosen from these, have not.

        Of a data set, whose examples may differ each time they are read, it tells their number.

        Example:
            >>> import numpy as np
            >>> import tensorgraph as tg
            >>> x = np.arange(6.0)
            >>> tg.data.Batches(x).digest() == tg.data.Batches(x + 1).digest()
            False
        """
        found = hashlib.blake2b(self.indices.tobytes(), digest_size=8)
        if isinstance(self._table, AlignedArrays):
            found.update(self._table.digest().encode())
        return found.hexdigest()

    def state_dict(self) -> dict[str, int]:
        """Return where the next batch starts, as integers."""
        return {
            "seed": self.seed,
            "epoch": self.epoch,
            "position": self.position,
            "examples": len(self.indices),
        }

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Go on where the batches were whose ``state_dict()`` this is.

        Raises:
            StateError: entries that are missing, of another number of examples, or no position.
        """
        expected = self.state_dict()
        if set(state) != set(expected):
            raise StateError(
                f"Batches: a state has the entries {', '.join(expected)}, not"
                f" {listing(list(state)) or 'none'}; load what state_dict() returned"
            )
        found = {name: whole(value, f"Batches: {name}") for name, value in state.items()}
        if found["examples"] != len(self.indices):
            raise StateError(
                f"Batches: the state is of {found['examples']} examples, these are"
                f" {len(self.indices)}; load it into batches of the same examples"
            )
        if found["position"] > len(self.indices):
            raise StateError(
                f"Batches: position {found['position']} lies beyond the {len(self.indices)}"
                " examples"
            )
        self.seed = seeds.checked(found["seed"], "Batches")
        self.epoch, self.position = found["epoch"], found["position"]
        self._turn = None

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            return missing_from_object(self, name)

    def __repr__(self) -> str:
        return (
            f"Batches({len(self.indices):,} examples, batch_size={self.batch_size},"
            f" epoch={self.epoch}, position={self.position})"
        )


def _rows(indices: Any, length: int) -> Indices:
    if indices is None:
        return np.arange(length)
    rows = as_array(indices, "Batches: indices")
    if len(rows) == 0:
        raise ArgumentError("Batches: indices are empty, so there are no examples")
    if rows.ndim != 1 or rows.dtype.kind not in "iu":
        raise DTypeError(
            "Batches: indices are integers in one row, such as split(...).indices.train, not"
            f" {describe(rows)}"
        )
    outside = (rows < 0) | (rows >= length)
    if outside.any():
        raise AxisError(
            f"Batches: index {rows[outside][0]} is not one of the {length} examples 0 …"
            f" {length - 1}"
        )
    return rows.astype(np.intp)


def _augmentations(augment: Any, table: ExampleTable) -> dict[Key, Augmentation]:
    if augment is None:
        return {}
    if not isinstance(augment, Mapping):
        if table.form is dict:
            raise ArgumentError(
                "Batches: which of the arrays is augmented? Write for instance"
                f" augment={{{next(iter(table.keys))!r}: f}}"
            )
        augment = {0: augment}
    for key, function in augment.items():
        if key not in table.keys:
            raise ArgumentError(
                f"Batches: augment names {name_of(key)}, there are"
                f" {listing([name_of(key) for key in table.keys])}"
            )
        if not callable(function):
            raise DTypeError(
                f"Batches: augment is a function f(example, rng), not {describe(function)}"
            )
    return dict(augment)


def _augmented(
    augment: Augmentation, seed: int, epoch: int, examples: Array, rows: Indices
) -> Array:
    """Return the examples of some rows, each augmented with its own random numbers."""
    of, made = seeds.example_generators(seed, epoch), []
    for example, row in zip(examples, rows.tolist(), strict=True):
        try:
            made.append(np.asarray(augment(example, of(row))))
        except Exception as error:
            error.add_note(f"(while example {row} was augmented in epoch {epoch})")
            raise
    return np.stack(_alike(made, rows))


def _alike(made: list[Array], rows: Indices, skip: int = 0) -> list[Array]:
    """Return augmented examples, or parts of a batch, if all are of one shape and dtype.

    Joining would promote the dtypes of a batch to one that depends on what else is in it.
    """
    kinds = [(part.shape[skip:], part.dtype) for part in made]
    for kind, row in zip(kinds, rows, strict=False):
        if kind != kinds[0]:
            (shape, dtype), (other, second) = kinds[0], kind
            raise ShapeError(
                f"Batches: augment returned shape {shape} {dtype} for one example and {other}"
                f" {second} for another{f' (row {row})' if not skip else ''}; all must be alike"
            )
    return made


def _pool(workers: int | Executor) -> AbstractContextManager[Executor | None]:
    """Return the executor on which examples are augmented; one that was given is not shut down."""
    if not isinstance(workers, int) or workers == 0:
        return nullcontext(None if isinstance(workers, int) else workers)
    return ThreadPoolExecutor(workers, thread_name_prefix="augment")


def _ahead(
    build: Callable[[Indices], Any], parts: Iterator[Indices], count: int
) -> Generator[Any, None, None]:
    """Yield what is built of each part; ``count`` of them are built ahead, on a thread.

    An error of the thread is raised here, in the place of the batch.
    """
    if count == 0:
        yield from map(build, parts)
        return
    thread = ThreadPoolExecutor(1, thread_name_prefix="prefetch")
    try:
        waiting = deque(thread.submit(build, part) for part in islice(parts, count))
        while waiting:
            batch = waiting.popleft().result()
            waiting.extend(thread.submit(build, part) for part in islice(parts, 1))
            yield batch
    finally:
        thread.shutdown(cancel_futures=True)
