"""The split of two distributions, where a model is trained on other data than it is used on."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.arguments import whole
from tensorgraph.data import seeds
from tensorgraph.data.aligned_arrays import AlignedArrays, Indices, Key, same_arrays
from tensorgraph.data.split_sizes import sizes_of
from tensorgraph.display.tables import html_table
from tensorgraph.errors import ArgumentError
from tensorgraph.leads.calls import with_leads

__all__ = ["TargetIndices", "TargetSplit", "split_by_target"]


class TargetIndices(NamedTuple):
    """The rows of each set; those of the target count on from the last one of the source."""

    train: Indices
    train_dev: Indices
    dev: Indices
    test: Indices


class TargetSplit:
    """Four sets of examples of two distributions, in the form in which the arrays were given.

    Unpacks as ``train, train_dev, dev, test``. The examples are copied when a set is first asked
    for.

    Attributes:
        indices: the rows of each set. Row i of the target has the number ``sources + i``.
        sources: how many examples the source has.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> tg.data.split_by_target(np.zeros((200, 2)), np.ones((40, 2)), train_dev=10)
        TargetSplit(train 210 (191 source + 19 target), train_dev 10, dev 10, test 10)
    """

    def __init__(
        self, source: AlignedArrays, target: AlignedArrays, indices: TargetIndices
    ) -> None:
        self._source, self._target = source, target
        self.indices = indices
        self.sources = len(source)

    @cached_property
    def train(self) -> Any:
        """The examples to train on: the source, and what dev and test leave of the target."""
        return self._take(self.indices.train)

    @cached_property
    def train_dev(self) -> Any:
        """Examples of the same mixture as ``train``, that are not trained on."""
        return self._take(self.indices.train_dev)

    @cached_property
    def dev(self) -> Any:
        """The examples to choose with, all from the target."""
        return self._take(self.indices.dev)

    @cached_property
    def test(self) -> Any:
        """The examples to measure with once, at the end, all from the target."""
        return self._take(self.indices.test)

    def _take(self, rows: Indices) -> Any:
        target = rows >= self.sources
        columns: dict[Key, Any] = {}
        for key, source in self._source.columns.items():
            other = self._target.columns[key]
            dtype = np.result_type(source, other)
            columns[key] = np.empty((len(rows), *source.shape[1:]), dtype)
            columns[key][~target] = source[rows[~target]]
            columns[key][target] = other[rows[target] - self.sources]
        return self._source.as_given(columns)

    def __iter__(self) -> Iterator[Any]:
        return iter((self.train, self.train_dev, self.dev, self.test))

    def _repr_html_(self) -> str:
        sizes = zip(self.indices._fields, self.indices, strict=True)
        return html_table(["set", "examples"], ((name, f"{len(rows):,}") for name, rows in sizes))

    def __repr__(self) -> str:
        train = self.indices.train
        web = int((train < self.sources).sum())
        others = zip(self.indices._fields[1:], self.indices[1:], strict=True)
        rest = ", ".join(f"{name} {len(rows):,}" for name, rows in others)
        mixture = f"{web:,} source + {len(train) - web:,} target"
        return f"TargetSplit(train {len(train):,} ({mixture}), {rest})"


@with_leads
def split_by_target(
    source: Any,
    target: Any,
    *,
    dev: float = 0.25,
    test: float = 0.25,
    train_dev: int = 0,
    seed: int = 0,
) -> TargetSplit:
    """Split examples of two distributions so that dev and test show the one that matters.

    A team aims where its dev set is, so dev and test come from the target alone; the rest of the
    target joins the source in the training set (Deep Learning Specialization, course 3, week 2).
    Its example, 200,000 images from the web and 10,000 from users, gives by default 205,000 images
    to train on and 2,500 each, all from users, for dev and test.

    The error then grows from training to dev for two reasons at once: other examples, and another
    distribution. ``train_dev`` examples of the training mixture that are not trained on tell them
    apart: variance shows between train and train-dev, data mismatch between train-dev and dev.

    Args:
        source: plentiful examples of another distribution: an array, a tuple of arrays, or a dict
            of them.
        target: examples of the distribution that the model will meet, in the same form.
        dev: how many of the target's examples, as a count (an ``int``) or a fraction (a ``float``).
        test: the same.
        train_dev: how many examples to hold out of the training set, drawn from all of it.
        seed: what is drawn depends on nothing else.

    Raises:
        ArgumentError: no examples, sizes that leave none of the target for dev or none to train on.
        DTypeError: a size or a seed that is not a number, arrays of kinds that do not mix.
        ShapeError: arrays whose rows differ in shape between source and target.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> web, user = np.zeros((200_000, 1), "u1"), np.ones((10_000, 1), "u1")
        >>> tg.data.split_by_target(web, user)
        TargetSplit(train 205,000 (200,000 source + 5,000 target), train_dev 0, dev 2,500, ...)
        >>> tg.data.split_by_target(web, user, train_dev=2_500).train_dev.shape
        (2500, 1)
    """
    name = "split_by_target"
    first, second = same_arrays(name, {"source": source, "target": target})
    seed = seeds.checked(seed, name)
    asked = {"train": None, "dev": dev, "test": test}
    sizes = sizes_of(f"{name}, of the target", len(second), asked)
    random = seeds.generator(seed)
    drawn = len(first) + random.permutation(len(second))
    rest, in_dev, in_test = np.split(drawn, np.cumsum(list(sizes.values()))[:-1])
    training = random.permutation(np.concatenate([np.arange(len(first)), rest]))
    held_out = whole(train_dev, f"{name}: train_dev")
    if held_out == 1 or held_out >= len(training):
        raise ArgumentError(
            f"{name}: train_dev is 0, or at least 2 and fewer than the {len(training)} examples to"
            f" train on, of which it is a part; not {held_out}"
        )
    held, train = np.split(training, [held_out])
    return TargetSplit(first, second, TargetIndices(train, held, in_dev, in_test))
