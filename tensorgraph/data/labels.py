"""Labels as numbers, and back: classes, and tags of which an example has any number."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph.array_likes import numbers_of, one_each, what_else
from tensorgraph.data.aligned_arrays import Array, as_array, refuse_missing
from tensorgraph.errors import (
    ArgumentError,
    AxisError,
    DTypeError,
    ShapeError,
    describe,
    listing,
)
from tensorgraph.leads.calls import with_leads

__all__ = ["Classes", "Tags", "from_one_hot"]

Labels = Mapping[Any, bool] | Iterable[Any] | None
"""The tags of one example: all it has, those that are known, or ``None`` if none is."""


class _Names:
    """Names in an order, and the place of each."""

    def __init__(self, names: Iterable[Any]) -> None:
        self.names = _plain(names, type(self).__name__)
        try:
            self._places = {name: place for place, name in enumerate(self.names)}
        except TypeError:
            raise DTypeError(
                f"{type(self).__name__}: a name is a string or a number, and there is"
                f" {describe(next(name for name in self.names if not isinstance(name, Hashable)))}"
            ) from None
        if len(self._places) < len(self.names):
            twice = next(name for name in self.names if self.names.count(name) > 1)
            raise ArgumentError(
                f"{type(self).__name__}: {twice!r} is there twice; take the names from labels with"
                f" {type(self).__name__}.of(labels)"
            )
        if not self.names:
            raise ArgumentError(f"{type(self).__name__}: there are no names")

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({listing([repr(name) for name in self.names])})"

    def _place(self, name: Any, where: str) -> int:
        try:
            return self._places[name]
        except (KeyError, TypeError):
            texts = {str(known): known for known in self.names} if isinstance(name, str) else {}
            near = get_close_matches(str(name), texts, 1)
            hint = f"; did you mean {texts[near[0]]!r}?" if near else ""
            known = listing([repr(known) for known in self.names])
            raise ArgumentError(
                f"{type(self).__name__}: {name!r} at {where} is unknown; known are {known}{hint}"
            ) from None


class Classes(_Names):
    """The names of classes, and their numbers 0 … n − 1.

    Args:
        names: in the order of their numbers; :meth:`of` takes them from labels.

    Raises:
        ArgumentError: no names, one that is there twice; or, when encoding, one that is unknown.
        AxisError: when decoding, a number that no class has.

    Example:
        >>> import tensorgraph as tg
        >>> classes = tg.data.Classes.of(["cat", "dog", "bird", "dog"])
        >>> classes.names
        ['bird', 'cat', 'dog']
        >>> classes.encode(["dog", "cat"])
        array([2, 1])
        >>> classes.decode([2, 1])
        ['dog', 'cat']
        >>> classes.one_hot(["cat"])
        array([[0., 1., 0.]], dtype=float32)
    """

    @classmethod
    def of(cls, labels: Any) -> Classes:
        """Return the classes that occur in labels, sorted."""
        array = _labels(labels)
        try:
            return cls(np.unique(array))
        except TypeError:
            raise DTypeError(
                "Classes: labels of several types have no order; write"
                " Classes([...]) with the names in the order you want"
            ) from None

    def encode(self, labels: Any) -> NDArray[np.int64]:
        """Return the number of each label's class."""
        array = _labels(labels)
        places = [self._place(label, f"index {i}") for i, label in enumerate(array.tolist())]
        return np.array(places, np.int64)

    def decode(self, numbers: Any) -> list[Any]:
        """Return the names of classes from their numbers."""
        array = as_array(numbers, "Classes")
        if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
            raise DTypeError(
                f"Classes: numbers of classes are integers in one row, not {describe(array)}; of"
                " probabilities write .argmax(axis=-1)"
            )
        for i, place in enumerate(array.tolist()):
            if not 0 <= place < len(self):
                raise AxisError(
                    f"Classes: number {place} at index {i} is not one of the {len(self)} classes"
                    f" 0 … {len(self) - 1}"
                )
        return [self.names[place] for place in array.tolist()]

    def one_hot(self, labels: Any) -> NDArray[np.float32]:
        """Return a row for each label, 1 in the column of its class and 0 elsewhere."""
        hot: Array = self.encode(labels)[:, None] == np.arange(len(self))
        return hot.astype(np.float32)


@with_leads
def from_one_hot(y: Any, axis: int = -1) -> NDArray[np.int64]:
    """Return the number of each example's class: the inverse of ``tg.one_hot``.

    Args:
        y: exactly one 1 along ``axis`` and 0 elsewhere.
        axis: that of the classes; 0 where samples stand in columns.

    Raises:
        ArgumentError: an example has no class, several, or something else than 0 and 1.

    Example:
        >>> import tensorgraph as tg
        >>> tg.data.from_one_hot(tg.one_hot([2, 0], num_classes=3))
        array([2, 0])
    """
    array = as_array(y, "from_one_hot")
    if not -array.ndim <= axis < array.ndim:
        raise AxisError(f"from_one_hot: axis {axis} of an array of shape {array.shape}")
    if array.dtype.kind in "mM":  # which cannot be compared with numbers
        raise DTypeError(f"from_one_hot: y holds {what_else(array)}")
    ones: Array = array == 1
    wrong = (ones.sum(axis) != 1) | (~ones & (array != 0)).any(axis)
    if wrong.any():
        first = tuple(int(i) for i in np.argwhere(wrong)[0])
        shown = first[0] if len(first) == 1 else first
        raise ArgumentError(
            f"from_one_hot: example {shown} does not have one 1 and else 0; of predictions write"
            f" .argmax(axis={axis})"
        )
    numbers: NDArray[np.int64] = ones.argmax(axis).astype(np.int64)
    return numbers


class Tags(_Names):
    """The names of tags, of which an example has any number, and their columns in a matrix.

    The matrix has a row for each example: 1 where it has a tag, 0 where it has not, and NaN where
    nobody knows, which ``nn.losses.multi_label`` leaves out of the cost (Deep Learning
    Specialization, course 3, week 2: multi-task learning works with labels that are missing for
    some tasks).

    The tags of an example are one of three things: a list or set of *all* it has; a dict from those
    that are known to ``True`` or ``False``, the others being missing; ``None`` if all are missing.

    Args:
        names: in the order of their columns; :meth:`of` takes them from examples.

    Raises:
        ArgumentError: no names, one that is there twice; or, when encoding, one that is unknown;
            when decoding, values other than 0, 1 and NaN.

    Example:
        >>> import tensorgraph as tg
        >>> tags = tg.data.Tags(["car", "sign", "light"])
        >>> y = tags.encode([["car", "sign"], [], {"light": True, "car": False}, None])
        >>> y
        array([[ 1.,  1.,  0.],
               [ 0.,  0.,  0.],
               [ 0., nan,  1.],
               [nan, nan, nan]], dtype=float32)
        >>> tags.decode(y)
        [['car', 'sign'], [], {'car': False, 'light': True}, None]
    """

    @classmethod
    def of(cls, examples: Iterable[Labels]) -> Tags:
        """Return the tags that occur in examples, sorted."""
        every = enumerate(_listed(examples))
        found = {tag for i, tags in every if tags is not None for tag in _tags(tags, i)}
        try:
            return cls(sorted(found))
        except TypeError:
            raise DTypeError(
                "Tags: tags of several types have no order; write Tags([...]) with the names in"
                " the order you want"
            ) from None

    def encode(self, examples: Iterable[Labels]) -> NDArray[np.float32]:
        """Return a row for each example: 1, 0 or, where a tag is missing, NaN."""
        rows = [self._row(tags, i) for i, tags in enumerate(_listed(examples))]
        return np.array(rows, np.float32).reshape(len(rows), len(self))

    def _row(self, tags: Labels, i: int) -> NDArray[np.float32]:
        complete = tags is not None and not isinstance(tags, Mapping)
        row = np.full(len(self), 0.0 if complete else np.nan, np.float32)
        for tag, has in {} if tags is None else _tags(tags, i).items():
            if has not in (True, False):
                raise ArgumentError(
                    f"Tags: {tag!r} of example {i} is True or False, not {has!r}; leave it out"
                    " where nobody knows"
                )
            row[self._place(tag, f"example {i}")] = has
        return row

    def decode(self, y: Any) -> list[list[Any] | dict[Any, bool] | None]:
        """Return the tags of each row, as :meth:`encode` takes them."""
        array = numbers_of(as_array(y, "Tags"))
        if array.ndim != 2 or array.shape[1] != len(self):
            raise ShapeError(
                f"Tags: a matrix with a column for each of the {len(self)} tags, not shape"
                f" {array.shape}"
            )
        if array.dtype.kind not in "fiub":
            raise DTypeError(f"Tags: a matrix holds 0, 1 and NaN, not {array.dtype}")
        known = ~np.isnan(array.astype(float))
        wrong = known & (array != 0) & (array != 1)
        if wrong.any():
            i, j = np.argwhere(wrong)[0]
            raise ArgumentError(
                f"Tags: {array[i, j]:g} at [{i}, {j}] is not 0, 1 or NaN; of predictions write"
                " decode(predictions > 0.5)"
            )
        return [self._decoded(row, there) for row, there in zip(array, known, strict=True)]

    def _decoded(self, row: Array, known: Array) -> list[Any] | dict[Any, bool] | None:
        if not known.any():
            return None
        found = {name: bool(row[i]) for i, name in enumerate(self.names) if known[i]}
        return [name for name, has in found.items() if has] if known.all() else found


def _tags(tags: Any, i: int) -> Mapping[Any, Any]:
    one = isinstance(tags, (str, bytes)) or not isinstance(tags, Iterable)
    if one or getattr(tags, "ndim", 1) != 1:
        raise DTypeError(
            f"Tags: the tags of example {i} are a list, a dict or None, not {describe(tags)};"
            f" write [{describe(tags)}]"
        )
    return tags if isinstance(tags, Mapping) else dict.fromkeys(tags, True)


def _listed(examples: Any) -> list[Any]:
    """Return the tags of each example."""
    try:
        return list(examples)
    except TypeError:
        raise DTypeError(
            f"Tags: examples are a list of the tags of each, not {describe(examples)}"
        ) from None


def _plain(names: Any, what: str) -> list[Any]:
    one = isinstance(names, (str, bytes)) or not isinstance(names, Iterable)
    if one or getattr(names, "ndim", 1) != 1:
        raise DTypeError(f"{what}: names are a list, not {describe(names)}; write [{names!r}]")
    return [name.item() if isinstance(name, np.generic) else name for name in names]


def _labels(labels: Any) -> Array:
    # Objects, as NumPy's strings lose what they end on if it is "\0".
    several = isinstance(labels, (list, tuple))
    array = one_each(np.array(labels, object) if several else as_array(labels, "Classes"))
    if array.ndim != 1:
        raise ShapeError(
            f"Classes: one label for each example, not shape {array.shape}; of one-hot rows write"
            " tg.data.from_one_hot(labels)"
        )
    refuse_missing(array, "Classes", "leave these examples out, or name them as a class")
    return array
