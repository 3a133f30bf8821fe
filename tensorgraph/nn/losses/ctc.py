"""The loss of sequences whose labels are not aligned with their steps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.arguments import boolean, whole
from tensorgraph.engine.arrays import holds, host_values, placed
from tensorgraph.engine.operands import AnyArray
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import array_of
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.losses._alignments import reached
from tensorgraph.nn.losses._common import (
    as_array,
    as_prediction,
    in_single_precision,
    reduced,
    warn_if_swapped,
    warn_of_no_logarithm,
)
from tensorgraph.nn.losses.classification import NO_LOGARITHM
from tensorgraph.nn.message_place import here
from tensorgraph.ops.arithmetic import equal, where
from tensorgraph.ops.index import take_along_axis
from tensorgraph.ops.logits import logsumexp, softmax


@in_single_precision
@with_leads
def ctc(
    log_probs: AnyArray,
    target: AnyArray,
    reduction: str = "mean",
    *,
    lengths: AnyArray | None = None,
    target_lengths: AnyArray | None = None,
    blank: int = 0,
    zero_infinity: bool = False,
) -> AnyArray:
    """Return the negative log-likelihood of labels in order, at whichever steps they come.

    For one sequence with the log-probabilities log a_t of all classes at each step t,

        loss = −log Σ_π Π_t a_t(π_t),

    over all paths π that become the labels where first repetitions and then blanks are taken out
    (Graves et al. 2006, "Connectionist temporal classification", equation 3). The sum over paths is
    taken step by step and in logarithms, as in its section 4.1; the gradient is that of the
    recursion, at every order.

    A sequence that is too short for its labels costs infinity and has no gradient: n labels, of
    which k follow one like them, take n + k steps. ``"mean"`` divides by the number of sequences;
    PyTorch divides each loss by its number of labels first, and has the steps before the batch.

    Args:
        log_probs: log a, shape (m, T, classes), as from ``tg.log_softmax``.
        target: integer classes of shape (m, S), none of them ``blank``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        lengths: how many steps each sequence has, shape (m,); T unless given. What stands after
            them has no influence.
        target_lengths: how many labels each has, shape (m,); S unless given. What stands after
            them, of any number, has no influence.
        blank: the class that stands for no label.
        zero_infinity: whether sequences that are too short cost 0 instead.

    Raises:
        ShapeError: shapes that do not fit as above.
        DTypeError: classes or lengths that are not integers.
        AxisError: a class outside 0 … classes − 1.
        ArgumentError: a label that is ``blank``, lengths that there are not; an unknown
            ``reduction``.

    Example:
        >>> import tensorgraph as tg
        >>> steps = tg.log([[[0.5, 0.5], [0.5, 0.5]]])  # of the class 1, and of the blank
        >>> print(tg.nn.losses.ctc(steps, [[1]]).round(4))  # by the paths 11, 1– and –1: ¾
        0.2877
    """
    name = "ctc"
    log_a, labels = as_prediction(log_probs), as_array(target)
    warn_if_swapped(name, log_a, labels)
    warn_of_no_logarithm(name, log_a, softmax, NO_LOGARITHM)
    shape = shape_of(log_a)
    if len(shape) != 3 or shape[1] == 0 or len(shape_of(labels)) != 2:
        raise errors.ShapeError(
            f"{here(name)}: log_probs of shape {shape} and a target of shape {shape_of(labels)}"
            " must have shapes (m, T, classes), with T ≥ 1 steps, and (m, S)"
        )
    if shape_of(labels)[0] != shape[0]:
        raise errors.ShapeError(
            f"{here(name)}: {shape[0]} sequences and labels of {shape_of(labels)[0]}; steps stand"
            " along axis 1: write tg.permute_dims(log_probs, (1, 0, 2)) for (T, m, classes)"
        )
    steps = _lengths(lengths, shape[0], shape[1], "lengths")
    counts = _lengths(target_lengths, shape[0], shape_of(labels)[1], "target_lengths")
    extended = _with_blanks(name, labels, counts, shape[2], blank)
    likelihood = _likelihood(log_a, extended, steps, counts, blank)
    impossible = equal(likelihood, -math.inf)
    instead = 0.0 if boolean(zero_infinity, f"{here(name)}: zero_infinity") else math.inf
    return reduced(where(impossible, instead, -likelihood), reduction)


def _lengths(given: Any, m: int, most: int, what: str) -> Any:
    """Return how long each of m sequences is.

    Raises:
        DTypeError: the lengths are not integers.
        ShapeError: they are not one for each.
        ArgumentError: one is not in 0 … most.
    """
    if given is None:
        return np.full(m, most)
    found, name = array_of(as_array(given)), f"{here('ctc')}: {what}"
    if found.dtype.kind not in "iu":
        raise errors.DTypeError(f"{name} are integers, not {found.dtype}")
    if found.shape != (m,):
        raise errors.ShapeError(f"{name} of shape {found.shape} must have shape ({m},)")
    if not holds((found >= 0) & (found <= most)):
        raise errors.ArgumentError(f"{name} are in 0 … {most}, not {host_values(found).tolist()}")
    return found


def _with_blanks(name: str, labels: Any, counts: Any, classes: int, blank: int) -> Any:
    """Return labels with a blank before, between and after them: (m, 2 S + 1).

    Raises:
        DTypeError: labels that are not integers.
        AxisError: a label that is no class.
        ArgumentError: a label that is the blank, or a blank that is no class.
    """
    found = array_of(labels)
    m, most = found.shape
    if found.dtype.kind not in "iu" and found.size:
        raise errors.DTypeError(
            f"{here(name)}: labels are integers, not {found.dtype}; write .astype('int64')"
        )
    if whole(blank, f"{here(name)}: blank") >= classes:
        raise errors.ArgumentError(
            f"{here(name)}: blank={blank} is not one of the {classes} classes 0 … {classes - 1}"
        )
    found = found if found.size else np.zeros((m, most), int, like=found)
    there = placed(np.arange(most), found) < placed(counts, found)[:, None]
    wrong = there & ((found < 0) | (found >= classes) | (found == blank))
    if not holds(~wrong):
        _refuse(name, host_values(found), host_values(wrong), classes, blank)
    kept = np.where(there, found, blank)
    blanks = placed(np.full((m, most + 1), blank), found)
    between = np.stack([blanks[:, :-1], kept], axis=2).reshape((m, 2 * most))
    return np.concatenate([between, blanks[:, -1:]], axis=1)


def _refuse(name: str, labels: Any, wrong: Any, classes: int, blank: int) -> None:
    """Raise for the first label that is none."""
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    if labels[first] == blank:
        raise errors.ArgumentError(
            f"{here(name)}: label {blank} at index {first} is the blank, which stands between"
            " labels; write target_lengths=… where it fills them up"
        )
    raise errors.AxisError(
        f"{here(name)}: label {labels[first]} at index {first} is not one of the {classes}"
        f" classes 0 … {classes - 1}"
    )


def _likelihood(log_a: Any, extended: Any, steps: Any, counts: Any, blank: int) -> Any:
    """Return the logarithm of the probability of each sequence's labels.

    Column s of the recursion is the probability of all paths that have come as far as place s of
    the labels with blanks (Graves et al. 2006, equations 5 to 8).
    """
    m, total, _ = shape_of(log_a)
    width = extended.shape[1]
    own = array_of(log_a)  # beside which constants are placed
    extended = placed(extended, own)
    wide = np.broadcast_to(extended[:, None], (m, total, width))
    emitted = take_along_axis(log_a, wide, axis=-1)
    steps, counts = placed(steps, own), placed(counts, own)
    there = placed(np.arange(total), own) < steps[:, None]
    emitted = where(there[..., None], emitted, 0)
    # Over a blank a path may go, but not between two labels that are alike.
    apart = (extended[:, 2:] != blank) & (extended[:, 2:] != extended[:, :-2])
    over = np.concatenate([placed(np.zeros((m, min(2, width)), bool), own), apart], axis=1)
    alpha = reached(emitted, over) + emitted
    at_end = alpha[placed(np.arange(m), own), np.maximum(steps - 1, 0)]
    # Before the first step all stand in front of the labels.
    start = np.where(np.arange(width) == 0, 0, -math.inf).astype(at_end.dtype)
    alpha = where((steps > 0)[:, None], at_end, placed(start, own))
    # A path ends in the last label or in the blank after it; where there is no label, in the blank.
    last = 2 * counts[:, None]
    final = np.concatenate([last, np.maximum(last - 1, 0)], axis=1)
    ends = take_along_axis(alpha, final, axis=1)
    both = np.concatenate([last >= 0, last > 0], axis=1)
    ends = where(both, ends, -math.inf)
    return logsumexp(ends, axis=1)
