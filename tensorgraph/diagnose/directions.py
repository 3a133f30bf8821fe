"""Directions among the weights: at random, along the gradient, an entry, a path, another state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.diagnose.array_arguments import Array, as_numbers
from tensorgraph.diagnose.weights import State, Weights

RANDOM, GRADIENT, PATH = "random", "gradient", "path"


@dataclass(frozen=True, eq=False)
class Direction:
    """A direction, and what places along it are called."""

    name: str
    """What stands at an axis."""
    step: State
    """What is added to the weights at place 1, less the origin."""
    origin: float = 0.0
    """The place where the weights are now."""
    reach: tuple[float, float] = (-1.0, 1.0)
    """From where to where it is drawn, if nothing else is asked for."""


def filter_normalised(weights: Weights, random: np.random.Generator, axis: int) -> State:
    """Return a random direction, each filter of which is as long as that of the weights.

        d[i] := d[i] / ‖d[i]‖ · ‖W[i]‖,  d normally distributed

    for the i-th filter of each weight (in a dense layer: the weights of one unit), so that pictures
    of networks whose layers are scaled differently can be compared (Li, Xu, Taylor, Studer and
    Goldstein 2018, "Visualizing the loss landscape of neural nets", section 4). Biases and other
    weights of fewer than two axes stay where they are, as in their code.

    Args:
        weights: what moves.
        random: draws.
        axis: along which filters are counted.

    Raises:
        ArgumentError: nothing would move, or weights are too large for their length to be known.
    """
    step: State = {}
    for name in sorted(weights.moved):
        start = weights.start[name]
        if start.ndim < 2 or start.size == 0:
            continue
        drawn = np.moveaxis(random.normal(size=start.shape), axis, 0)
        flat = drawn.reshape(drawn.shape[0], -1)
        sizes = np.linalg.norm(flat, axis=1, keepdims=True)
        with np.errstate(over="ignore"):
            rows = np.moveaxis(start.astype(np.float64), axis, 0).reshape(flat.shape)
            lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        if not np.isfinite(lengths).all():
            raise errors.ArgumentError(
                f"{weights.where}: {name} is so large that its length overflows, up to"
                f" {np.abs(start).max():.3g}; no direction is as long"
            )
        scaled = flat / np.where(sizes == 0, 1, sizes) * lengths
        step[name] = np.moveaxis(scaled.reshape(drawn.shape), 0, axis)
    if not any(value.any() for value in step.values()):
        raise errors.ArgumentError(
            f"{weights.where}: no weight has two axes and another value than 0, so there are no"
            " filters to draw a direction for; name entries instead, directions=['w[0]', 'w[1]'],"
            " or give dicts of arrays"
        )
    return step


def given_direction(weights: Weights, given: Mapping[Any, Any], number: int) -> Direction:
    """Return a direction that is told as a dict of arrays; what it lacks does not move."""
    step: State = {}
    for key, value in given.items():
        name = str(key)
        array = as_numbers(weights.where, f"direction {number}, {name},", value).astype(np.float64)
        if name not in weights.moved:
            raise errors.ArgumentError(
                f"{weights.where}: direction {number} moves {name!r}, which is not there; there are"
                f" {errors.listing(sorted(weights.moved))}"
            )
        if array.shape != weights.start[name].shape:
            raise errors.ShapeError(
                f"{weights.where}: direction {number} has {name} of shape {array.shape}, the"
                f" weight has {weights.start[name].shape}"
            )
        step[name] = array
    if not any(array.any() for array in step.values()):
        raise errors.ArgumentError(f"{weights.where}: direction {number} is zero")
    return Direction(f"direction {number}", step)


def towards(weights: Weights, state: Any, number: int, name: str) -> Direction:
    """Return the direction to another state, which is at 1; buffers such as means go along."""
    there = weights.state(state, f"state {number}")
    step = {n: value - weights.start[n].astype(np.float64) for n, value in there.items()}
    if not any(value.any() for value in step.values()):
        raise errors.ArgumentError(
            f"{weights.where}: state {number} is where the weights are; there is no line to it"
        )
    return Direction(name, step, reach=(-0.25, 1.25))


def of_entry(weights: Weights, text: str) -> Direction:
    """Return the direction of one weight; places along it are the values that it has there."""
    name, index = weights.entry(text)
    step = np.zeros(weights.start[name].shape)
    step[index] = 1.0
    here = float(weights.start[name][index])
    return Direction(text, {name: step}, origin=here, reach=(here - 1, here + 1))


def unit(step: State) -> State:
    """Return a direction of length 1."""
    return _scaled(step, 1 / length(step))


def _scaled(step: State, factor: float) -> State:
    return {name: value * factor for name, value in step.items()}


def length(step: State) -> float:
    """Return the length of a direction."""
    return float(np.sqrt(sum(float(np.square(value).sum()) for value in step.values())))


def of_gradient(where: str, gradient: State) -> Direction:
    """Return the direction of the gradient, of length 1: uphill to the right."""
    step = {name: value.astype(np.float64) for name, value in gradient.items()}
    size = length(step)
    if not (np.isfinite(size) and size > 0):
        raise errors.ArgumentError(
            f"{where}: the gradient is {'zero' if size == 0 else 'not finite'} here, which is no"
            " direction"
        )
    return Direction(GRADIENT, unit(step))


def principal(weights: Weights, paths: Sequence[Sequence[State]], count: int) -> list[Direction]:
    """Return the directions, of length 1, along which states of paths differ most.

    Principal components of the differences θᵢ − θₙ from where the weights are now, over all
    weights (Li et al. 2018, section 7.2). Each is told with its share of the variance.
    """
    names = sorted(weights.moved)
    rows = np.stack([flat(weights, state, names) for path in paths for state in path])
    centred = rows - rows.mean(axis=0)
    # Of few states and many weights: the small matrix has the same components.
    _, sizes, components = np.linalg.svd(centred, full_matrices=False)
    total = float(np.square(sizes).sum())
    known = int((sizes > 1e-9 * max(sizes[0], 1e-300)).sum()) if total else 0
    if known < count:
        raise errors.ArgumentError(
            f"{weights.where}: the path has {len(rows)} states that lie"
            f" {'on a line' if known else 'at one place'}, too few for {count}"
            f" direction{'s' * (count > 1)} along it; write directions=['random', 'random'], or"
            " record more"
        )
    found = []
    for k in range(count):
        step, start = {}, 0
        for name in names:
            shape = weights.start[name].shape
            size = weights.start[name].size
            step[name] = components[k, start : start + size].reshape(shape)
            start += size
        share = sizes[k] ** 2 / total
        found.append(Direction(f"PCA {k + 1} ({100 * share:.3g} % of the path)", step))
    return found


def flat(weights: Weights, state: State, names: Sequence[str]) -> Array:
    """Return how a state differs from the weights now, as one row of numbers."""
    parts = [(state[n] - weights.start[n].astype(np.float64)).reshape(-1) for n in names]
    return np.concatenate(parts)


def places_of(weights: Weights, states: Sequence[State], directions: Sequence[Direction]) -> Array:
    """Return the places on the line or plane of directions that are nearest to states."""
    names = sorted(weights.moved)
    zero = {name: np.zeros(weights.start[name].shape) for name in names}
    basis = np.stack(
        [
            np.concatenate([{**zero, **d.step}[name].reshape(-1) for name in names])
            for d in directions
        ],
        axis=1,
    )
    rows = np.stack([flat(weights, state, names) for state in states], axis=1)
    found, *_ = np.linalg.lstsq(basis, rows, rcond=None)
    return np.asarray(found.T + [d.origin for d in directions])
