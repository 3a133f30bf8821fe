"""Why one gradient is as it is: the verdict, and what speaks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.graph import Node
from tensorgraph.engine.tensor import Retained, Tensor
from tensorgraph.nn.module import Module
from tensorgraph.teacher.explaining.alive import Alive
from tensorgraph.teacher.explaining.blame import CANCELS, OPPOSED, Blame, Verdict, blames
from tensorgraph.teacher.explaining.cancelled import why_cancelled
from tensorgraph.teacher.explaining.explanation import HEALTHY, Cause, Explanation
from tensorgraph.teacher.explaining.facts import Facts
from tensorgraph.teacher.explaining.flow import Step, by_layer, way
from tensorgraph.teacher.explaining.losses import Loss
from tensorgraph.teacher.explaining.lost import Search, left_out, why_lost
from tensorgraph.teacher.explaining.names import Names
from tensorgraph.teacher.explaining.non_finite import first_anomaly
from tensorgraph.teacher.explaining.run_again import Gradients, Rerun, like, noise, rms
from tensorgraph.teacher.explaining.sizes import size_causes
from tensorgraph.teacher.explaining.slopes import SATURATED, saturation
from tensorgraph.teacher.explaining.units import listed, zero_slices
from tensorgraph.teacher.explaining.words import cause_of

MOST_CAUSES = 8


class Known(NamedTuple):
    """What is known of a loss."""

    loss: Loss
    rerun: Rerun
    found: Gradients
    names: Names
    model: Module | None
    alive: Alive
    largest: float
    """The root mean square of the largest gradient of a leaf."""
    usual: float
    """How large the parameters are, taken together."""
    leaks: bool
    """Whether a part of what the tensors do to the loss is not in the graph."""


def known_of(
    loss: Loss, root: Node, model: Module | None, alive: Alive, paths: Mapping[Tensor, str]
) -> Known:
    """Return all values and gradients of a loss.

    Args:
        loss: the loss.
        root: what computed it.
        model: the model that is asked about, if one is.
        alive: all graphs there are.
        paths: what tensors are called in what is asked about.
    """
    rerun = Rerun(root)
    found = rerun.backward()
    sizes = [size for _, g in found.leaves() if np.isfinite(size := rms(g))]
    names = Names(loss.frames, rerun.nodes, paths)
    values = [size for x, _ in found.leaves() if np.isfinite(size := rms(x._data))]
    usual = max(values, default=0.0) or 1.0
    return Known(
        loss, rerun, found, names, model, alive, max(sizes, default=0.0), usual, _leaks(loss, rerun)
    )


def _leaks(loss: Loss, rerun: Rerun) -> bool:
    if loss.left is None or not any(e.kind != "no derivative" for e in loss.left.exits):
        return False
    return loss.missed(loss.left.asked, rerun) is not None


def explained(number: int, target: Tensor, known: Known) -> Explanation:
    """Return why the gradient of a loss by a tensor is as it is, and what it lacks.

    Args:
        number: which it is of the tensors that are asked about.
        target: the tensor.
        known: what is known of the loss.
    """
    explanation = _as_recorded(number, target, known)
    if not known.leaks or explanation.verdict == "none":
        return explanation
    causes = tuple(left_out(target, number, known.loss, known.rerun))
    if not causes:
        return explanation
    if explanation.healthy:
        text = explanation.summary.replace("the gradient is healthy", "the gradient is incomplete")
        explanation = replace(explanation, verdict="incomplete", summary=text)
    return replace(explanation, causes=(*explanation.causes, *causes))


def _as_recorded(number: int, target: Tensor, known: Known) -> Explanation:
    """Return why the gradient of a loss by a tensor is as it is.

    Args:
        number: which it is of the tensors that are asked about.
        target: the tensor.
        known: what is known of the loss.
    """
    place = place_of(target)
    name = known.names.tensor(target)
    g = known.found.at.get(place)
    if g is None:
        return _lost(number, target, name, known)
    g = to_host(g)
    size, zeros = rms(g), float(np.mean(g == 0)) if g.size else 0.0
    steps = way(known.rerun, known.found, place)
    hooks = _hooks(steps, place, known.names)
    notes = _notes(target, g, known, hooks)
    flow = tuple(by_layer(steps, known.names))

    def make(verdict: str, summary: str, causes: Sequence[Cause]) -> Explanation:
        return Explanation(name, target.shape, verdict, f"{name}: {summary}", tuple(causes), notes,
                           size, zeros, flow)  # fmt: skip

    if not np.isfinite(g).all():
        bad = int(np.sum(~np.isfinite(g)))
        cause = first_anomaly(known.rerun, known.found, known.names, place)
        return make(
            "not finite", f"the gradient is NaN or infinite in {_of(bad, g.size)} elements",
            [cause] if cause else [],
        )  # fmt: skip
    if not g.size:
        return make(HEALTHY, "there are no elements", [])
    if not np.isfinite(known.rerun.loss):
        cause = first_anomaly(known.rerun, known.found, known.names, place)
        return make(
            "not finite", f"the loss is {known.rerun.loss}, its gradient is finite: root mean"
            f" square {size:.3g}", [cause] if cause else [],
        )  # fmt: skip
    if zeros == 1:
        causes = _zero_causes(known, place, np.ones(g.shape, bool), name)
        return make("zero", f"the gradient is 0 in all {g.size:,} elements", causes)
    slices = zero_slices(g == 0)
    if slices is not None:
        axis, which = slices
        mask = np.zeros(g.shape, bool)
        np.moveaxis(mask, axis, 0)[which] = True
        causes = _zero_causes(known, place, mask, name)
        what = _slices_named(axis, g.ndim)
        text = f"the gradient is 0 in {len(which)} of {g.shape[axis]} {what} ({listed(which)})"
        return make("partly zero", f"{text}; its root mean square is {size:.3g}", causes)
    alike = _alike(known.rerun, place, g)
    if alike:
        return make("alike", alike, [_ALIKE])
    verdict, summary, causes = size_causes(
        target, g, known.rerun, known.names, steps, known.largest, known.usual
    )
    explanation = make(verdict, summary, causes)
    if known.loss.left is not None or known.rerun.root.saved is not None:
        return explanation  # no backward pass from this loss has been
    return _lost_after(target, g, hooks, explanation)


# -------------------------------------------------------------------------------------------- lost


def _lost(number: int, target: Tensor, name: str, known: Known) -> Explanation:
    search = Search(
        target, name, known.rerun, known.names, known.model, known.alive, number, known.loss,
    )  # fmt: skip
    causes = why_lost(search)
    notes: tuple[str, ...] = ()
    if target._grad is not None:
        notes = (f"{name}.grad is there, of a backward pass from something else than this loss",)
    return Explanation(
        name, target.shape, "none", f"{name}: no gradient flows to it from the loss", tuple(causes),
        notes, float("nan"),
    )  # fmt: skip


# -------------------------------------------------------------------------------------------- zero


def _zero_causes(known: Known, place: Any, mask: Any, name: str) -> list[Cause]:
    rerun, found, names = known.rerun, known.found, known.names
    verdict = blames(rerun, found, place, mask)
    causes = []
    for blame in verdict.blames[:MOST_CAUSES]:
        checked = _checked(verdict, blame, name)
        facts, cause = Facts(blame, rerun, found, names), None
        if blame.why in (CANCELS, OPPOSED) and saturation(facts) < SATURATED:
            cause = why_cancelled(rerun, names, blame)
        causes.append(cause or cause_of(facts, checked))
    return causes


def _checked(verdict: Verdict, blame: Blame, name: str) -> str:
    """Say what happens to the gradient if what is to blame lets it through."""
    if not verdict.reached:
        return ""
    together = " and the others" if len(verdict.blames) > 1 else ""
    reached = f"{_of(verdict.reached, verdict.asked)} of these elements of {name}"
    if verdict.asked == 1:
        reached = name
    return f"were a gradient let through there{together}, it would reach {reached}"


def _of(count: int, size: int) -> str:
    return f"all {size:,}" if count == size else f"{count:,} of {size:,}"


def _slices_named(axis: int, ndim: int) -> str:
    if ndim == 1:
        return "elements"
    if ndim == 2:
        return "rows" if axis == 0 else "columns"
    return f"places along axis {axis}"


# ------------------------------------------------------------------------------------------- alike


_ALIKE = Cause(
    "symmetric",
    "units that start alike and are given the same gradient stay alike: together they compute no"
    " more than one of them",
    "random numbers to start with, such as nn.init.he_normal or nn.init.xavier_normal",
    "the weights and the gradients of all of them are the same; with random weights here the"
    " gradients differ",
)


def _alike(rerun: Rerun, place: Any, g: Any) -> str:
    """Return in which way the units of a matrix of weights are all the same, if they are."""
    value = np.asarray(to_host(rerun.value_at(place)))
    for axis in range(g.ndim if g.ndim > 1 else 0):
        if g.shape[axis] < 2 or g.size == g.shape[axis]:
            continue
        if (value == value.take([0], axis)).all() and _equal_along(axis, g):
            other = rerun.changed({place: like(value, rms(value) or 1.0)}).backward().at[place]
            if _equal_along(axis, to_host(other)):  # so it is not the weights: the data are alike
                continue
            what = _slices_named(axis, g.ndim)
            return (
                f"all {g.shape[axis]} {what} are alike, in their weights and in their gradients"
                f" (root mean square {rms(g):.3g})"
            )
    return ""


def _equal_along(axis: int, g: Any) -> bool:
    return rms(g - g.take([0], axis)) <= noise(g.dtype) * rms(g)


# ------------------------------------------------------------------------------------------- notes


def _notes(target: Tensor, g: Any, known: Known, hooks: str) -> tuple[str, ...]:
    """Say how what ``.grad`` holds differs from the gradient of this loss."""
    name = known.names.tensor(target)
    if known.loss.left is not None:  # computed for this: no backward pass can have seen it
        return ()
    if target._grad is None:
        notes = _no_grad_yet(target, name, known)
        return (*notes, f"hooks may change it: {hooks}") if hooks else tuple(notes)
    if known.rerun.root.saved is not None:  # it may be of any other loss
        return ()
    if not g.any() and known.found.cancelled:  # what rounding left is in .grad, and nothing in g
        return ()
    stored = np.asarray(to_host(target._grad._data))
    told = _difference(name, stored, g, hooks)
    return (told,) if told else ()


def _no_grad_yet(target: Tensor, name: str, known: Known) -> list[str]:
    if target._node is not None:
        return [
            f"{name}.grad is None, as it is a result: write {name}.retain_grad() before backward()"
        ]
    if known.rerun.root.saved is None:
        return [
            f"{name}.grad is None: zero_grad() was called after backward(), or the gradients were"
            " returned by tg.gradients"
        ]
    return [
        f"{name}.grad is None, as backward() has not been called on this loss; the numbers are what"
        " it will give"
    ]


def _difference(name: str, stored: Any, g: Any, hooks: str) -> str:
    if not (np.isfinite(stored).all() and np.isfinite(g).all()) or _agree(stored, g):
        return ""
    scale = rms(g)
    ratio = float(np.vdot(stored, g) / np.vdot(g, g)) if scale else 0.0
    whole = round(ratio)
    if whole >= 2 and _agree(stored, whole * g):
        return (
            f"{name}.grad is {whole} times the gradient of this loss: backward() ran {whole}"
            f" times without zero_grad(), or {whole} alike losses were added up"
        )
    told = f"{name}.grad is another one (root mean square {rms(stored):.3g}, not {scale:.3g})"
    if hooks:
        return f"{told}: hooks change it, {hooks}"
    return (
        f"{told}: gradients of other losses were added to it, it was clipped, or parameters have"
        " changed since"
    )


def _agree(one: Any, other: Any) -> bool:
    return rms(one - other) <= 1e-3 * (rms(one) + rms(other))


def _hooks(steps: Sequence[Step], place: Any, names: Names) -> str:
    """Return where hooks stand between the loss and a place."""
    places = [place, *(step.edge.node for step in steps)]
    hooked = [p for p in places if any(type(h) is not Retained for h in _hooks_of(p))]
    return ", ".join(f"on {names.place(p)}" for p in hooked)


def _hooks_of(place: Any) -> Sequence[Any]:
    hooks: Sequence[Any] = place.hooks if type(place) is Node else place._hooks
    return hooks


def _lost_after(target: Tensor, g: Any, hooks: str, explanation: Explanation) -> Explanation:
    """Return an explanation that says so if ``.grad`` is 0 or NaN, though the gradient is not."""
    if target._grad is None or not explanation.healthy or not g.any():
        return explanation
    stored = np.asarray(to_host(target._grad._data))
    if stored.any() and np.isfinite(stored).all():
        return explanation
    verdict = "not finite" if stored.any() else "zero"
    what = "NaN or infinite" if stored.any() else "0"
    cause = Cause(
        "hook" if hooks else "changed afterwards",
        f"this loss gives a gradient with the root mean square {rms(g):.3g}, and .grad is"
        f" {what}: " + (f"hooks change it, {hooks}" if hooks else "it was changed afterwards"),
        "the hook without effect on what is wanted, or handle.remove()" if hooks else "",
        "the gradient was computed again without hooks",
    )  # fmt: skip
    summary = f"{explanation.name}: .grad is {what}"
    return replace(explanation, verdict=verdict, summary=summary, causes=(cause,), notes=(),
                   size=rms(stored), zeros=float(np.mean(stored == 0)))  # fmt: skip
