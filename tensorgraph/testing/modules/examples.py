"""Promises of batches: examples do not influence one another, and there may be any number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensorgraph.errors import listing
from tensorgraph.testing.modules.differences import (
    CLOSE,
    array_difference,
    examples_apart,
    first_apart,
    traced,
)
from tensorgraph.testing.modules.subject import ModuleSubject, Results, Subject


def _axis(subject: Subject) -> int:
    axis = subject.batch_axis
    assert axis is not None
    return axis


def _with_examples(subject: Subject, results: Results, count: int) -> Results:
    """Return those results that hold so many examples."""
    axis = _axis(subject)
    return {p: a for p, a in results.items() if a.ndim > axis and a.shape[axis] == count}


def mixing_in_training(subject: Subject, training: bool) -> list[str]:
    """Return the layers that declare that they take the batch as a whole in this mode."""
    return subject.mixing if training and isinstance(subject, ModuleSubject) else []


def examples_are_independent(subject: Subject) -> str:
    """What comes back for an example does not depend on the others in the batch."""
    told_of_training, subject = "", _of_two(subject)
    leaves, count = subject.given(), subject.batch
    for training in subject.modes:
        if mixing := mixing_in_training(subject, training):
            told_of_training = (
                f"in training not asked for: {listing(mixing)} takes the batch as a whole"
            )
            continue
        f = subject.fresh(training=training)
        before = subject.outputs(f, leaves)
        if not _with_examples(subject, before, count):
            raise AssertionError(
                f"no result has {count} entries along axis {_axis(subject)}, one for each example"
                f" (shapes: {_shapes(before)}); write batch_axis=None if there is one result for"
                " all"
            )
        for j in _tried(leaves, subject, count):
            order = list(range(count))
            order[j] = (j + 1) % count  # another example takes its place
            other = subject.of_examples(leaves, order)
            after = subject.outputs(subject.fresh(training=training), other)
            for place, a in _with_examples(subject, before, count).items():
                rest = [i for i in range(count) if i != j]
                axis = _axis(subject)
                if told := array_difference(
                    np.take(after[place], rest, axis), np.take(a, rest, axis)
                ):
                    one, turned = (_call(subject, training, x) for x in (leaves, other))
                    where = first_apart(one, turned, examples_apart(j, count))
                    mode = _in(training) * (len(subject.modes) > 1)
                    raise AssertionError(
                        f"{place} for other examples changes with example {j}{mode}: of these it"
                        f" {told}{where}{_hint(subject)}"
                    )
    return told_of_training


MOST = 8
"""So many examples are changed, one after the other."""


def _tried(leaves: Sequence[Any], subject: Subject, count: int) -> list[int]:
    """Return which examples are changed: all, or of many the first and the most extreme ones."""
    if count <= MOST:
        return list(range(count))
    found = {0, count - 1}
    for one, turned in zip(leaves, subject.of_examples(leaves, range(count)), strict=True):
        if turned is not one and turned.dtype.kind in "iuf":
            rows = np.moveaxis(turned, _axis(subject), 0).reshape(count, -1)
            if rows.size:
                found |= {int(f(g(rows, 1))) for f, g in ((np.argmax, np.max), (np.argmin, np.min))}
    return sorted(found)


def _in(training: bool) -> str:
    return f" in {'training' if training else 'evaluation'}"


def _call(subject: Subject, training: bool, leaves: Sequence[Any]) -> Callable[[], Any]:
    return lambda: subject.tensors(subject.fresh(training=training), subject.variables(leaves))


def _hint(subject: Subject) -> str:
    hint = f"\nexamples lie along axis {subject.batch_axis}; batch_axis=… says otherwise"
    if isinstance(subject, ModuleSubject):
        hint += (
            ", and mixes_examples = True in a layer's class that it takes the batch as a whole in"
            " training"
        )
    return hint


def _of_two(subject: Subject) -> Subject:
    """Return the same with two examples at least: if there is but one, that and its reverse."""
    if subject.batch != 1:
        return subject
    axis = _axis(subject)
    leaves = subject.given()
    twice = subject.of_examples(leaves, [0, 0])
    return subject.with_leaves(
        [
            np.concatenate([one, np.flip(one)], axis) if two is not one else one
            for one, two in zip(leaves, twice, strict=True)
        ]
    )


def batch_may_be_permuted(subject: Subject) -> str:
    """A permuted batch gives the permuted results."""
    told, subject = "", _of_two(subject)
    axis, leaves, count = _axis(subject), subject.given(), subject.batch
    for training in subject.modes:
        f = subject.fresh(training=training)
        if training and traced(lambda f=f, x=leaves: subject.tensors(f, x)).draws:  # type: ignore[misc]
            told = "in training not asked for: it draws random numbers"
            continue
        order = np.roll(np.arange(count), 1)
        turned = subject.of_examples(leaves, order.tolist())
        one, other = (
            subject.outputs(subject.fresh(training=training), x) for x in (leaves, turned)
        )
        for place, a in _with_examples(subject, one, count).items():
            if difference := array_difference(other[place], np.take(a, order, axis)):
                raise AssertionError(
                    f"{place} {difference}, when examples come in another order"
                    + _in(training) * (len(subject.modes) > 1)
                )
    return told


def any_number_of_examples(subject: Subject) -> str:
    """One example alone gives what it gives among others; none gives results of none."""
    axis = _axis(subject)
    f = subject.fresh()
    leaves, count = subject.given(), subject.batch
    whole = subject.outputs(f, leaves)
    lines = []
    for chosen in ([], [0], [*range(count), 0]):
        told = _words(len(chosen), count)
        some = subject.of_examples(leaves, chosen)
        try:
            found = subject.outputs(subject.fresh(), some)
        except Exception as error:
            first = str(error).partition("\n")[0]
            lines.append(f"{told} it raises {type(error).__name__}: {first}{_flat(chosen, first)}")
            continue
        for place, a in _with_examples(subject, whole, count).items():
            expected = np.take(a, chosen, axis)
            if place not in found:
                lines.append(f"{told} {place} does not come back")
            elif found[place].shape != expected.shape:
                lines.append(
                    f"{told} {place} has shape {found[place].shape}, not {expected.shape}: does a"
                    f" length stand in the code that is the batch's, {count}?"
                )
            elif difference := array_difference(found[place], expected, CLOSE):
                lines.append(f"{told} it differs from the whole batch: {place} {difference}")
    if lines:
        raise AssertionError("\n".join(lines))
    return ""


def _words(number: int, count: int) -> str:
    if number == 0:
        return "for an empty batch"
    return "for one example alone" if number == 1 else f"for {number} examples, not {count},"


def _flat(chosen: Sequence[int], message: str) -> str:
    """Say what to write where −1 cannot be found out."""
    if not chosen and "-1" in message:
        return "; write nn.Flatten(), or x.reshape(len(x), math.prod(x.shape[1:]))"
    return ""


def _shapes(results: Results) -> str:
    return ", ".join(str(a.shape) for a in results.values()) or "none"
