"""Of which loss a gradient is explained: a given one, one that a function computes, or a found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import FrameType
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.graph import Node
from tensorgraph.engine.tensor import Tensor
from tensorgraph.teacher.explaining.alive import Alive, losses_held
from tensorgraph.teacher.explaining.run_again import Rerun, like, noise, rms
from tensorgraph.teacher.explaining.watched_run import Flow, run, value_with

STEPS = (0.01, 0.005, 0.0025)
"""Small steps, as parts of a parameter's values."""

HALVES = (0.4, 0.6)
"""What is proportional to a step is half as large at half of it; a quarter is what masks miss."""


@dataclass
class Loss:
    """A loss whose gradients are explained."""

    root: Node | None
    """What computed it; ``None`` if nothing was recorded."""
    tensor: Tensor | None = None
    value: float | None = None
    """What it was when it was computed, if that is known."""
    compute: Callable[[], Any] | None = None
    """Computes it, if it is known how."""
    left: Flow | None = None
    """Where values left the graph when it was computed here."""
    frames: Sequence[FrameType] = ()
    """Those whose variables give names, the first that knows one counts."""
    note: str = ""

    def moved(self, x: Tensor) -> float | None:
        """Return how much the loss changes with a leaf; ``None`` if that cannot be computed."""
        if self.compute is None or x.node is not None or x.dtype.kind != "f":
            return None
        array = np.asarray(to_host(x._data))
        step = like(array, rms(array) or 1.0)
        others = (array, array + step, array - step, -array, 10 * step)
        values = [value_with(self.compute, {x: other.astype(array.dtype)}) for other in others]
        before, *after = values
        if before is None:
            return None
        return max((abs(v - before) for v in after if v is not None), default=None)

    def missed(self, leaves: Sequence[Tensor], rerun: Rerun) -> tuple[float, float] | None:
        """Return by how much a small step in leaves changes the loss, and what the graph misses.

        What the graph keeps as constants it does not follow. If the two differ in proportion to the
        step, the gradients lack a part; ``None`` if they do not, or that cannot be computed.
        """
        moving = [x for x in leaves if x.node is None and x.dtype.kind == "f" and x.size]
        if self.compute is None or not moving:
            return None
        changes, parts = [], []
        for scale in STEPS:
            both = [self._step(moving, sign * scale, rerun) for sign in (1, -1)]
            if None in both:
                return None
            up, down = (np.array(step) for step in both)
            changes.append((up - down)[0] / 2)
            parts.append((up - down)[1] / 2)
        least = noise(rerun.values[rerun.root].dtype) * abs(rerun.loss)
        again = value_with(self.compute, {})
        if again is None or abs(again - rerun.loss) > least or not abs(parts[-1]) > least / 16:
            return None
        halved = all(HALVES[0] < b / a < HALVES[1] for a, b in pairwise(parts))
        kinked = abs(up + down)[1] > abs(parts[-1])  # it is missing on one side only
        return (float(changes[0]), float(parts[0])) if halved and not kinked else None

    def _step(
        self, leaves: Sequence[Tensor], scale: float, rerun: Rerun
    ) -> tuple[float, float] | None:
        """Return how much a step changes the loss, and how much of it the graph does not follow."""
        instead = {}
        for x in leaves:
            array = np.asarray(to_host(x._data))
            instead[x] = (array + like(array, scale * (rms(array) or 1.0))).astype(array.dtype)
        value = value_with(self.compute, instead) if self.compute is not None else None
        return None if value is None else (value - rerun.loss, value - rerun.changed(instead).loss)

    def changed(self, now: float) -> str:
        """Say if its graph computes something else now than it did."""
        was = self.value
        if was is None or np.isclose(was, now, rtol=1e-4, atol=1e-6, equal_nan=True):
            return ""
        return (
            f"parameters have changed since this loss was computed: it was {was:.6g} and would be"
            f" {now:.6g} now, which is what is explained; call explain before optimizer.step() for"
            " the gradient as it was"
        )


def loss_of(given: Any, targets: Sequence[Tensor], alive: Alive, frame: FrameType) -> Loss | None:
    """Return the loss to explain, ``None`` if none is there.

    Args:
        given: a tensor, a function that computes one, or ``None`` to look for one.
        targets: the tensors that are asked about.
        alive: all graphs there are.
        frame: of the user.

    Raises:
        DTypeError: it is neither, or the function returns no tensor.
        ShapeError: it is not a single number.
    """
    if given is None:
        return _found(targets, alive, frame)
    if type(given) is Tensor:
        return Loss(_root(given), given, _value(given), frames=[frame])
    if not callable(given) or isinstance(given, type):
        raise errors.DTypeError(
            "explain: the loss is a tensor, or a function without arguments that computes it, not"
            f" {errors.describe(given)}"
        )
    loss, left, frames = run(given, list(targets))
    return Loss(_root(loss), loss, _value(loss), given, left, [*frames, frame])


def _root(loss: Tensor) -> Node | None:
    if loss.size != 1:
        raise errors.ShapeError(
            f"explain: a loss is a single number, this tensor has shape {loss.shape}; write .mean()"
            " or .sum(), as for backward()"
        )
    return loss.node


def _value(loss: Tensor) -> float:
    return float(np.asarray(to_host(loss._data)).item())


def _found(targets: Sequence[Tensor], alive: Alive, frame: FrameType) -> Loss | None:
    """Return the newest loss that was computed from the targets; else the newest that is held."""
    held = {place_of(x): x for x in losses_held(frame)}
    found = alive.losses(map(place_of, targets))
    root = next((node for node in found if node in held), None) or next(iter(found), None)
    if root is not None:
        x = held.get(root)
        return Loss(root, x, None if x is None else _value(x), frames=[frame])
    if not held or len(targets) > 1 or targets[0]._grad is not None:
        return None
    node, x = next(iter(held.items()))
    note = f"no loss was given; the newest that is there is {errors.variable(x, frame)}"
    return Loss(node, x, _value(x), frames=[frame], note=note)
