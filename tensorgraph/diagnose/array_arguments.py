"""Checks of arguments: arrays, labels, probabilities, weights and rates, or an error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tensorgraph import errors
from tensorgraph.arguments import number, whole
from tensorgraph.array_likes import (
    NUMERIC,
    missing_in,
    numbers_of,
    one_each,
    plain,
    row_names,
    to_plain,
    what_else,
)

Array = NDArray[Any]

TOLERANCE = 1e-3
"""How far a probability may lie outside [0, 1], and those of an example add up to something else
than 1: rounding takes float32 to 1.0000001, float16 to 1.001."""


INDEX = "index"
"""What the column of a table is called in which a frame's names of rows stand."""


def names_of_rows(rows: Array, *frames: Any) -> Array | None:
    """Return what the first of some frames or series that has an index calls rows."""
    named = (names for frame in frames if (names := row_names(frame)) is not None)
    found = next(named, None)
    return None if found is None else found[rows]


def named_rows(names: Array | None, count: int) -> list[tuple[str, ...]]:
    """Return the cells of the names of rows, one for each row; none where they have no names."""
    return [()] * count if names is None else [(str(name),) for name in names.tolist()]


def as_rate(where: str, name: str, value: Any) -> float:
    """Return an error rate in [0, 1].

    Raises:
        DTypeError: it is no number.
        ArgumentError: it lies outside [0, 1].
    """
    found = number(value, f"{where}: {name}")
    if 0 <= found <= 1:
        return found
    fix = f"; for {found:g} % write {name}={found / 100:g}" if 1 < found <= 100 else ""
    raise errors.ArgumentError(
        f"{where}: {name} = {found:g} is no error rate, which lies in [0, 1]{fix}"
    )


def as_size(where: str, name: str, value: Any) -> int:
    """Return the number of examples in a set.

    Raises:
        DTypeError: it is no integer.
        ArgumentError: there is not more than one example.
    """
    size = whole(value, f"{where}: the size of the {name} set")
    if size < 2:
        raise errors.ArgumentError(
            f"{where}: a {name} set of {size} measures no error rate; measure it on more examples,"
            f" or leave {name} out of sizes"
        )
    return size


def as_numbers(where: str, name: str, values: Any) -> Array:
    """Return an array of finite real numbers.

    Raises:
        DTypeError: they are none.
        ArgumentError: one is NaN or infinite.
        ShapeError: nested sequences of different lengths.
    """
    array = numbers_of(to_plain(values, f"{where}: {name}"))
    if array.dtype.kind not in NUMERIC:
        raise errors.DTypeError(
            f"{where}: {name} must hold real numbers, not {what_else(array, values)}"
        )
    missing = missing_in(array)
    if missing.any():
        place = tuple(int(i) for i in np.argwhere(missing)[0])
        raise errors.ArgumentError(
            f"{where}: {name} hold {array[place]} at index {', '.join(map(str, place)) or '()'};"
            " drop that example, or find out where it comes from"
        )
    return array


def as_labels(where: str, name: str, values: Any) -> Array:
    """Return one class for each example, of shape (m,), also of a column (m, 1) or a row (1, m).

    Classes are integers, booleans or strings.

    Raises:
        DTypeError: they are numbers with a fraction, or objects.
        ShapeError: they have more than one axis, or none.
        ArgumentError: there are none, or one is missing.
    """
    array = one_each(to_plain(values, f"{where}: {name}"))
    if array.ndim != 1:
        raise errors.ShapeError(
            f"{where}: {name} must be one class for each example, of shape (m,), not of shape"
            f" {array.shape}{_to_one_each(name, array)}"
        )
    if not array.size:
        raise errors.ArgumentError(f"{where}: {name} are empty; there is nothing to measure")
    missing = missing_in(array)
    if missing.any() and array.dtype.kind != "f":
        place = int(missing.argmax())
        raise errors.ArgumentError(
            f"{where}: {name}[{place}] is {array[place]}; leave out examples without a label"
        )
    array = numbers_of(array)
    if array.dtype.kind == "f":
        array = _whole(where, name, array)
    if array.dtype.kind in "OT" and all(isinstance(v, str) for v in array.flat):
        array = array.astype(object).astype(np.str_)
    if array.dtype.kind not in "iubU":
        raise errors.DTypeError(
            f"{where}: {name} must be integers, booleans or strings, not {array.dtype}; write"
            f" [str(one) for one in {name}]"
        )
    return array


def _to_one_each(name: str, array: Array) -> str:
    """Return the line that makes one class for each example of something else."""
    if array.ndim == 0:
        return ""
    if array.ndim == 2:
        return f"; from one-hot rows write {name}.argmax(1), from one-hot columns {name}.argmax(0)"
    return f"; where every place is an example write {name}.reshape(-1)"


def _whole(where: str, name: str, array: Array) -> Array:
    """Return whole numbers as integers: labels of a loss are often floats."""
    array = as_numbers(where, name, array).astype(np.float64)
    if not (array == np.floor(array)).all():
        first = array[array != np.floor(array)][0]
        raise errors.DTypeError(
            f"{where}: {name} hold {first:g}, which is no class; from probabilities write"
            f" {name} > 0.5"
        )
    if (abs(array) >= 2**63).any():
        raise errors.DTypeError(
            f"{where}: {name} hold {abs(array).max():g}, which is no class; write the class of each"
            " example as an integer or a string"
        )
    return array.astype(np.int64)


def same_length(where: str, **arrays: Any) -> int:
    """Return the common length of arrays.

    Raises:
        ShapeError: the arrays disagree.
    """
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        seen = " and ".join(f"{n} {name}" for name, n in lengths.items())
        raise errors.ShapeError(f"{where}: {seen}; each example needs one of both")
    return next(iter(lengths.values()))


def label_pair(where: str, predictions: Any, truth: Any) -> tuple[Array, Array]:
    """Return the predicted and the true class of each example.

    Raises:
        DTypeError: one are strings, the others numbers; what :func:`as_labels` raises.
        ShapeError: lengths that differ.
    """
    predicted = as_labels(where, "predictions", predictions)
    true = as_labels(where, "labels", truth)
    same_length(where, predictions=predicted, labels=true)
    _refuse_mixed(where, predictions=predicted, labels=true)
    return predicted, true


def _refuse_mixed(where: str, **arrays: Array) -> None:
    kinds = {name: array.dtype.kind == "U" for name, array in arrays.items()}
    if len(set(kinds.values())) > 1:
        strings = [name for name, is_text in kinds.items() if is_text]
        rest = [name for name, is_text in kinds.items() if not is_text]
        raise errors.DTypeError(
            f"{where}: {' and '.join(strings)} are strings, {' and '.join(rest)} are not; write"
            " both alike"
        )


def classes_of(where: str, given: Iterable[Any] | None, **arrays: Array) -> Array:
    """Return the classes: those given, in their order, else those that occur, sorted.

    Raises:
        DTypeError: some classes are strings and others numbers.
        ArgumentError: an example of a class that is not among those given; a class given twice.
    """
    known = None if given is None else as_labels(where, "classes", as_list(where, "classes", given))
    _refuse_mixed(where, **arrays, **({} if known is None else {"classes": known}))
    if known is None:
        joined = np.concatenate(list(arrays.values()))
        if joined.dtype.kind == "f":  # int64 beside uint64: no dtype holds both
            joined = np.concatenate([array.astype(object) for array in arrays.values()])
        return np.unique(joined)
    if len(np.unique(known)) < len(known):
        raise errors.ArgumentError(f"{where}: classes name one twice: {known.tolist()}")
    for name, array in arrays.items():
        strange = ~np.isin(array, known)
        if strange.any():
            place = int(np.argmax(strange))
            raise errors.ArgumentError(
                f"{where}: {name}[{place}] is {array[place].item()!r}, which is not among the"
                f" classes {errors.listing([repr(one) for one in known.tolist()])}"
            )
    return known


def positions(classes: Array, values: Array) -> Array:
    """Return the index of each value among the classes."""
    order = np.argsort(classes, kind="stable")
    found: Array = order[np.searchsorted(classes, values, sorter=order)]
    return found


def weights_of(where: str, sample_weight: Any, m: int) -> Array:
    """Return a weight for each example, 1 by default.

    Raises:
        ShapeError: there is not one for each example.
        ArgumentError: one is negative, or all are 0.
    """
    if sample_weight is None:
        return np.ones(m)
    weights = one_each(as_numbers(where, "sample_weight", sample_weight)).astype(np.float64)
    if weights.shape != (m,):
        raise errors.ShapeError(
            f"{where}: sample_weight of shape {weights.shape} must hold one weight for each of the"
            f" {m} examples"
        )
    with np.errstate(over="ignore"):
        total = weights.sum()
    if (weights < 0).any() or not 0 < total < 1e300:
        raise errors.ArgumentError(
            f"{where}: sample_weight must not be negative, nor 0 for all examples, nor add up to"
            " more than 1e300"
        )
    return weights


def by_example(where: str, name: str, scores: Array, m: int) -> Array:
    """Return scores of m examples, of one class as (m,), also of a column (m, 1) or a row (1, m).

    A layer with one output gives a column, samples that stand in columns give a row.

    Raises:
        ShapeError: the examples stand in columns, and have several scores each.
    """
    if scores.shape[1:] == (1,) or scores.shape == (1, m):
        return scores.reshape(-1)
    if scores.ndim == 2 and len(scores) != m == scores.shape[1]:
        raise errors.ShapeError(
            f"{where}: {name} of shape {scores.shape} have a column for each of the {m} examples,"
            f" not a row; write {name}.T"
        )
    return scores


def as_probabilities(where: str, p: Array) -> Array:
    """Return probabilities: (m,) of the positive class, or (m, K) whose rows add up to 1.

    Raises:
        ShapeError: another shape.
        ArgumentError: a number outside [0, 1]; a row that does not add up to 1.
    """
    if p.dtype.kind != "f":
        p = p.astype(np.float64)
    if p.ndim not in (1, 2):
        raise errors.ShapeError(
            f"{where}: probabilities must have shape (m,), of the positive class, or (m, classes),"
            f" not {p.shape}"
        )
    outside = (p < -TOLERANCE) | (p > 1 + TOLERANCE)
    if outside.any():
        raise errors.ArgumentError(
            f"{where}: {p[outside][0]:g} is no probability; from logits write"
            f" {'tg.sigmoid(logits)' if p.ndim == 1 else 'tg.softmax(logits, axis=1)'}"
        )
    p = p.clip(0, 1)
    if p.ndim == 2:
        sums = p.sum(1, dtype=np.float64)
        wrong = abs(sums - 1) > TOLERANCE
        if wrong.any():
            place = int(np.argmax(wrong))
            raise errors.ArgumentError(
                f"{where}: the probabilities of example {place} add up to {sums[place]:g}, not 1;"
                " for labels that do not exclude each other, measure one column at a time"
            )
    return p


def class_numbers(where: str, values: Any, count: int) -> Array:
    """Return labels 0 … count − 1, which name columns.

    Raises:
        DTypeError: they are strings.
        AxisError: one names no column.
    """
    found = as_labels(where, "labels", values)
    if found.dtype.kind == "U":
        raise errors.DTypeError(
            f"{where}: labels must be the numbers of the columns, 0 … {count - 1}, not strings;"
            " write classes=[...], the class of each column"
        )
    found = found.astype(np.int64)
    wrong = (found < 0) | (found >= count)
    if wrong.any():
        place = int(np.argmax(wrong))
        raise errors.AxisError(
            f"{where}: labels[{place}] is {found[place]}, but there are columns for the classes"
            f" 0 … {count - 1} only; write classes=[...], the class of each column"
            + f", or labels == {found.max()} for this class against the rest"
            * (count == 2)
        )
    return found


class Labelled(NamedTuple):
    """Probabilities and what they are compared with."""

    p: Array
    """Of each class, shape (m, K)."""
    numbers: Array
    """The column of each true class."""
    weights: Array
    """How much each example counts."""
    binary: bool
    """Whether those of the positive of two classes were given."""


def labelled(
    where: str, probabilities: Any, labels: Any, classes: Any, sample_weight: Any
) -> Labelled:
    """Return probabilities of shape (m, K), the column of each true class, and weights."""
    found = as_numbers(where, "probabilities", probabilities)
    if not found.size:
        raise errors.ArgumentError(f"{where}: probabilities are empty; there is nothing to measure")
    true = as_labels(where, "labels", labels)
    p = as_probabilities(where, by_example(where, "probabilities", found, len(true)))
    binary = p.ndim == 1
    if binary:
        p = np.stack([1 - p, p], axis=1)
    numbers = label_columns(where, true, classes, p.shape[1])
    m = same_length(where, probabilities=p, labels=numbers)
    return Labelled(p, numbers, weights_of(where, sample_weight, m), binary)


def label_columns(where: str, labels: Any, classes: Iterable[Any] | None, count: int) -> Array:
    """Return the column of each label."""
    if classes is None:
        return class_numbers(where, labels, count)
    found = as_labels(where, "labels", labels)
    known = classes_of(where, classes, labels=found)
    if len(known) != count:
        raise errors.ShapeError(
            f"{where}: {len(known)} classes for {count} columns; write one class for each column"
        )
    return positions(known, found)


def as_names(where: str, name: str, values: Any) -> tuple[str, ...]:
    """Return names as a tuple of strings.

    Raises:
        DTypeError: a single string, or no sequence at all.
    """
    if isinstance(values, (str, bytes)):
        raise errors.DTypeError(
            f"{where}: {name} must be a list of names, not {errors.describe(values)}"
        )
    return tuple(str(value) for value in as_list(where, name, values))


def as_list(where: str, name: str, values: Any) -> list[Any]:
    """Return what is in an iterable.

    Raises:
        ArgumentError: values are masked.
        DTypeError: it is none, or an array without axes.
    """
    try:
        return list(plain(values, f"{where}: {name}") if isinstance(values, np.ndarray) else values)
    except TypeError:
        raise errors.DTypeError(
            f"{where}: {name} must be a list, not {errors.describe(values)}"
        ) from None
