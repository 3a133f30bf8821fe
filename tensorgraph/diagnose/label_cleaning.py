"""Labels that are probably wrong, and their correction in both dev and test set."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from operator import index
from typing import Any, NamedTuple

import numpy as np

from tensorgraph import errors
from tensorgraph.diagnose.array_arguments import (
    INDEX,
    Array,
    as_labels,
    classes_of,
    labelled,
    named_rows,
    names_of_rows,
)
from tensorgraph.display.tables import html_table, text_table
from tensorgraph.display.text import percent
from tensorgraph.leads.calls import with_leads

__all__ = ["SuspiciousLabels", "apply_corrections", "suspicious_labels"]

SHOWN = 20
_HEAD = ("example", "label", "suggested", "margin")


@dataclass(frozen=True, eq=False)
class SuspiciousLabels:
    """What :func:`suspicious_labels` found, the most suspicious first."""

    indices: Array
    """Which examples."""
    given: Array
    """The label that each of them has."""
    suggested: Array
    """The class that the model confidently takes it for."""
    margin: Array
    """By how much the suggested class is more probable than the given one."""
    thresholds: Array
    """For each class, above which probability the model is confident of it; ∞ without examples."""
    total: int
    """How many examples there are."""
    names: Array | None = None
    """What the frame of the labels, or of the probabilities, calls each of them by its index."""

    def __len__(self) -> int:
        return len(self.indices)

    def corrections(self, confirmed: Iterable[int]) -> dict[int, Any]:
        """Return the suggested classes of those examples that a person has confirmed.

        Raises:
            ArgumentError: an example that is not among the suspicious ones.

        Example:
            >>> import tensorgraph as tg
            >>> p = [[0.9, 0.1], [0.8, 0.2], [0.9, 0.1], [0.2, 0.8]]
            >>> tg.diagnose.suspicious_labels(p, [0, 0, 1, 1]).corrections([2])
            {2: 0}
        """
        known = dict(zip(self.indices.tolist(), self.suggested.tolist(), strict=True))
        found = {}
        for i in confirmed:
            if i not in known:
                raise errors.ArgumentError(
                    f"corrections: example {i!r} is not among the suspicious ones; write its"
                    f" class yourself, as in {{{i!r}: ...}}"
                )
            found[index(i)] = known[i]
        return found

    def _rows(self) -> list[tuple[str, ...]]:
        columns = (self.indices, self.given, self.suggested, self.margin)
        return [
            (str(i), *name, str(old), str(new), f"{margin:+.3f}")
            for name, i, old, new, margin in zip(
                named_rows(self.names, len(self))[:SHOWN],
                *(c[:SHOWN].tolist() for c in columns), strict=True,
            )
        ]  # fmt: skip

    def _head(self) -> tuple[str, ...]:
        return (_HEAD[0], *[INDEX] * (self.names is not None), *_HEAD[1:])

    @property
    def verdict(self) -> str:
        """One sentence: how many labels are suspicious."""
        if not len(self):
            return f"none of {self.total} labels is suspicious"
        share = percent(len(self) / self.total)
        return f"{len(self)} of {self.total} labels are suspicious ({share}); look at each of them"

    def __str__(self) -> str:
        shown = text_table([self._head(), *self._rows()])
        more = [f"… and {len(self) - SHOWN} more"] if len(self) > SHOWN else []
        return "\n".join([shown, *more, self.verdict])

    def _repr_html_(self) -> str:
        shown = html_table(self._head(), self._rows())
        return f"{shown}<p>{self.verdict}</p>"


@with_leads
def suspicious_labels(
    probabilities: Any, labels: Any, *, classes: Iterable[Any] | None = None
) -> SuspiciousLabels:
    """Rank the labels that are probably wrong, from predictions on examples not trained on.

    The model is confident that an example is of class k if it gives k at least the probability

        tₖ = mean of pₖ over the examples labelled k,

    and it takes the example for the most probable such class. Where that is another than the label,
    the label is suspicious; those with the largest margin p(suggested) − p(label) come first. This
    is confident learning (Northcutt, Jiang & Chuang 2021, "Confident learning: estimating
    uncertainty in dataset labels", equations 1 and 2: the off-diagonal of the confident joint,
    ranked by normalised margin). As the thresholds are averages, a class that the model is less
    sure of in general is not held against its examples.

    The probabilities must come from a model that has not trained on these examples, as those of a
    dev set do, or of cross-validation: a network can learn wrong labels by heart. All examples are
    ranked, not just those that the model gets wrong, so that wrong labels that it agrees with have
    the same chance to be found as far as possible (Deep Learning Specialization, course 3, week 2,
    "Cleaning up incorrectly labeled data").

    Args:
        probabilities: of each class, shape (m, K); or of the positive of two classes, shape (m,).
        labels: the classes as labelled: 0 … K−1, the columns.
        classes: what the labels stand for, if that is something else: the class of each column.

    Raises:
        ShapeError: lengths that differ.
        ArgumentError: no examples; numbers outside [0, 1], such as logits; rows that do not add up
            to 1; a NaN.
        AxisError: a label that names no column.

    Example:
        >>> import tensorgraph as tg
        >>> p = [[0.9, 0.1], [0.8, 0.2], [0.9, 0.1], [0.2, 0.8]]
        >>> print(tg.diagnose.suspicious_labels(p, [0, 0, 1, 1]))
        example  label  suggested  margin
              2      1          0  +0.800
        1 of 4 labels are suspicious (25 %); look at each of them
    """
    named = None if classes is None else classes_of("suspicious_labels", classes)
    p, numbers, *_ = labelled("suspicious_labels", probabilities, labels, named, None)
    p = p.astype(np.float64)
    m, count = p.shape
    held = np.bincount(numbers, minlength=count)
    own = p[np.arange(m), numbers]
    totals = np.bincount(numbers, own, count)
    thresholds = np.where(held > 0, totals / np.maximum(held, 1), np.inf)
    # Rounding must not put a class whose examples are all alike below its own mean.
    confident = p >= thresholds - 1e-12
    taken_for = np.where(confident, p, -1.0).argmax(1)
    margin = p[np.arange(m), taken_for] - own
    found = np.flatnonzero(confident.any(1) & (taken_for != numbers))
    found = found[np.argsort(-margin[found], kind="stable")]
    names = np.arange(count) if named is None else named
    return SuspiciousLabels(
        found, names[numbers[found]], names[taken_for[found]], margin[found], thresholds, m,
        names_of_rows(found, labels, probabilities),
    )  # fmt: skip


# ------------------------------------------------------------------------------------ corrections


class CorrectedLabels(NamedTuple):
    """The labels of both sets after :func:`apply_corrections`."""

    dev: Array
    test: Array


def apply_corrections(
    *,
    dev: tuple[Any, Mapping[int, Any]] | None = None,
    test: tuple[Any, Mapping[int, Any]] | None = None,
    classes: Iterable[Any] | None = None,
) -> CorrectedLabels:
    """Correct labels of the dev and the test set, which must both have been looked through.

    "Apply the same process to your dev and test sets to make sure they continue to come from the
    same distribution" (Deep Learning Specialization, course 3, week 2, "Cleaning up incorrectly
    labeled data"). So one set alone is refused. A set that was looked through and needs no
    correction has an empty dict. Training labels may be left as they are, as networks are robust to
    random errors there.

    Args:
        dev: the labels of the dev set, and the corrections by index.
        test: the labels of the test set, and the corrections by index.
        classes: all classes; by default those that occur in either set.

    Returns:
        New arrays; those given are not changed.

    Raises:
        ArgumentError: one of the sets is missing; an unknown class.
        AxisError: a correction of an example that is not there.

    Example:
        >>> import tensorgraph as tg
        >>> dev, test = [0, 1, 1], [1, 0, 0]
        >>> print(*tg.diagnose.apply_corrections(dev=(dev, {2: 0}), test=(test, {0: 0})))
        [0 1 0] [0 0 0]
        >>> tg.diagnose.apply_corrections(dev=(dev, {2: 0}))
        Traceback (most recent call last):
        tensorgraph.errors.ArgumentError: apply_corrections: ...
    """
    sets = {"dev": _pair("dev", dev), "test": _pair("test", test)}
    found = {name: as_labels("apply_corrections", name, pair[0]) for name, pair in sets.items()}
    known = classes_of("apply_corrections", classes, **found).tolist()
    corrected = {
        name: _corrected(name, found[name], sets[name][1], known, classes is None) for name in sets
    }
    return CorrectedLabels(**corrected)


def _pair(name: str, value: Any) -> tuple[Any, Mapping[int, Any]]:
    """Return labels and corrections.

    Raises:
        ArgumentError: there are none, or no corrections.
    """
    other = "test" if name == "dev" else "dev"
    pair = isinstance(value, tuple) and len(value) == 2
    if value is None or (pair and value[1] is None):
        raise errors.ArgumentError(
            f"apply_corrections: refused, as the {name} set was not corrected: with other labels"
            f" than {name}, {other} would no longer come from the same distribution; look through"
            f" the {name} set in the same way, and write {name}=(labels, {{}}) if all are right"
        )
    if not (pair and isinstance(value[1], Mapping)):
        raise errors.DTypeError(
            f"apply_corrections: {name} must be a pair, labels and a dict of corrections; write"
            f" {name}=(labels, {{index: class}})"
        )
    labels, corrections = value
    return labels, corrections


def _corrected(
    name: str, labels: Array, corrections: Mapping[int, Any], known: list[Any], open_ended: bool
) -> Array:
    for i, new in corrections.items():
        if isinstance(i, bool) or not isinstance(i, (int, np.integer)) or not 0 <= i < len(labels):
            raise errors.AxisError(
                f"apply_corrections: {name} has no example {i!r}; its {len(labels)} examples are"
                f" 0 … {len(labels) - 1}"
            )
        if not isinstance(new, Hashable) or new not in known:
            fix = "; write classes=[...] if it is a new one" if open_ended else ""
            raise errors.ArgumentError(
                f"apply_corrections: {new!r} for {name}[{i}] is not among the classes"
                f" {errors.listing([repr(one) for one in known])}{fix}"
            )
    kind = np.result_type(labels, np.asarray(known))  # strings may get longer
    out = labels.astype(kind)
    for i, new in corrections.items():
        out[i] = new
    return out
