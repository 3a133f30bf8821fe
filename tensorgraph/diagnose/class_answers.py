"""What the outputs of a classifier say: which class, and with which probability."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tensorgraph import errors
from tensorgraph.diagnose.array_arguments import Array, as_labels, as_numbers, classes_of, positions

NEAR = 1e-3
"""How far probabilities of an example may be from adding up to 1."""


class Answers(NamedTuple):
    """The class of each point."""

    names: Array
    """All classes, in order."""
    chosen: Array
    """The place of each point's class among them."""
    probability: Array | None
    """Of that class; None where the classifier says nothing but the class."""


def answers(where: str, outputs: Array, labels: Array, threshold: float | None) -> Answers:
    """Read the outputs of a classifier.

    - whole numbers, booleans or strings, one for each point, are classes;
    - other numbers, one for each point, are of the second of two classes: probabilities if all lie
      in [0, 1], with the border at ½, otherwise scores, such as logits, with the border at 0;
    - a row for each point has a number for each class, of which the largest counts: probabilities
      if all rows are, otherwise logits.

    Args:
        where: what messages begin with.
        outputs: shape (k,) or (k, K).
        labels: the classes of the examples.
        threshold: where the border between two classes is instead.

    Raises:
        ArgumentError: outputs that do not fit to the labels, or are not finite.
        DTypeError: outputs that are no numbers.
    """
    if outputs.ndim == 1:
        if threshold is None and _are_classes(outputs, labels):
            said = as_labels(where, "what the model returns", outputs)
            names = np.asarray(classes_of(where, None, answers=said, labels=labels))
            return Answers(names, positions(names, said), None)
        scores = as_numbers(where, "what the model returns", outputs).astype(np.float64)
        return _of_scores(where, scores, labels, threshold)
    if threshold is not None:
        raise errors.ArgumentError(
            f"{where}: threshold is the border between two classes; the model returns a number for"
            f" each of {outputs.shape[1]}, of which the largest counts; leave threshold out"
        )
    scores = as_numbers(where, "what the model returns", outputs).astype(np.float64)
    names = _columns(where, labels, scores.shape[1])
    p = scores if _are_distributions(scores) else _softmax(scores)
    chosen = scores.argmax(axis=1)
    return Answers(names, chosen, np.take_along_axis(p, chosen[:, None], 1)[:, 0])


def _are_classes(outputs: Array, labels: Array) -> bool:
    """Whether outputs are classes: no numbers with a fraction, nor whole ones that no label has."""
    if outputs.dtype.kind != "f":
        return True
    if labels.dtype.kind not in "iub":
        return False
    return bool(np.isin(outputs, labels).all())


def _of_scores(where: str, scores: Array, labels: Array, threshold: float | None) -> Answers:
    names = _two_classes(where, labels)
    are_probabilities = bool(((scores >= 0) & (scores <= 1)).all())
    border = threshold if threshold is not None else 0.5 if are_probabilities else 0.0
    chosen = (scores > border).astype(np.int64)
    p = scores if are_probabilities else _sigmoid(scores)
    return Answers(names, chosen, np.where(chosen == 1, p, 1 - p))


def _two_classes(where: str, labels: Array) -> Array:
    """Return the two classes that one number tells apart, the positive one last."""
    names = np.unique(labels)
    if len(names) == 1:
        for pair in ([0, 1], [-1, 1]):
            if labels.dtype.kind in "iub" and names[0] in pair:
                return np.array(pair)
    if len(names) == 2:
        return names
    seen = errors.listing([str(name) for name in names])
    raise errors.ArgumentError(
        f"{where}: the model returns one number for each point, which tells two classes apart, but"
        f" y holds {seen}; a number for each class is wanted, or a function that returns the class"
    )


def _columns(where: str, labels: Array, count: int) -> Array:
    """Return the class of each column of outputs."""
    if labels.dtype.kind in "iub" and labels.min() >= 0 and labels.max() < count:
        return np.arange(count)
    names = np.unique(labels)
    if len(names) == count:
        return names
    seen = errors.listing([str(name) for name in names])
    raise errors.ArgumentError(
        f"{where}: the model returns {count} numbers for each point, but y holds {seen}; classes"
        f" are 0 … {count - 1}, or as many as there are numbers"
    )


def _are_distributions(scores: Array) -> bool:
    return bool((scores >= 0).all() and (abs(scores.sum(axis=1) - 1) <= NEAR).all())


def _softmax(scores: Array) -> Array:
    with np.errstate(under="ignore"):
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
    p: Array = e / e.sum(axis=1, keepdims=True)
    return p


def _sigmoid(scores: Array) -> Array:
    with np.errstate(under="ignore"):
        e = np.exp(-abs(scores))
    p: Array = np.where(scores >= 0, 1, e) / (1 + e)
    return p
