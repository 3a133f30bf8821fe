"""The cost of a model around where it is: along a line, or over a plane among its weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.arguments import integer, number, whole
from tensorgraph.diagnose.array_arguments import Array
from tensorgraph.diagnose.cost_value import Cost
from tensorgraph.diagnose.directions import (
    GRADIENT,
    PATH,
    RANDOM,
    Direction,
    filter_normalised,
    given_direction,
    of_entry,
    of_gradient,
    places_of,
    principal,
    towards,
)
from tensorgraph.diagnose.weights import State, Weights
from tensorgraph.display.cost_map import draw_line, draw_map, text_map
from tensorgraph.display.figure import ink
from tensorgraph.display.text import escaped
from tensorgraph.leads.calls import with_leads

__all__ = ["CostSurface", "cost_surface"]

WHERE = "cost_surface"
STEPS = {1: 61, 2: 25}
"""How many places there are along each direction, by the number of directions."""
BEYOND = 0.2
"""How much of its extent is drawn around a path."""


@dataclass(frozen=True, eq=False, repr=False)
class CostSurface:
    """Costs along a line or over a plane among weights: see :func:`cost_surface`."""

    costs: Array
    """The cost at each place, shape (n,) or (n₁, n₂)."""
    ticks: tuple[Array, ...]
    """The places along each direction."""
    names: tuple[str, ...]
    """What the directions are called."""
    directions: tuple[State, ...]
    """What is added to the weights along each, for a way of 1."""
    origin: tuple[float, ...]
    """The place where the weights are."""
    weights: State
    """The weights there."""
    buffers: frozenset[str] = frozenset()
    """What of them is not trained, such as running means: it stays between the states."""
    paths: dict[str, Array] = field(default_factory=dict)
    """The place on the plane nearest to each state of a path, shape (k, 1) or (k, 2)."""

    @property
    def lowest(self) -> tuple[float, tuple[float, ...]]:
        """The lowest cost found, and its place; NaN if none is finite."""
        if not np.isfinite(self.costs).any():
            return float("nan"), tuple(float("nan") for _ in self.ticks)
        finite = np.where(np.isfinite(self.costs), self.costs, np.inf)
        index = np.unravel_index(int(finite.argmin()), finite.shape)
        place = tuple(float(ticks[i]) for ticks, i in zip(self.ticks, index, strict=True))
        return float(finite[index]), place

    def state(self, *place: float) -> State:
        """Return the weights at a place, as ``model.load_state_dict`` takes them.

        Raises:
            ArgumentError: not one number for each direction.
        """
        if len(place) != len(self.ticks):
            raise errors.ArgumentError(
                f"CostSurface.state: a place is {len(self.ticks)} numbers, one for each direction,"
                f" not {len(place)}"
            )
        ways = [
            number(at, "CostSurface.state: a place") - start
            for at, start in zip(place, self.origin, strict=True)
        ]
        return {**self.weights, **moved(self.weights, self.directions, ways, self.buffers)}

    def plot(self, ax: Any = None) -> Any:
        """Draw it, with its paths, and return the axes.

        Over a plane they are contours: a path begins at its ring and ends at its dot, without one a
        cross is where the weights are. On axes of three dimensions, such as those of
        ``plt.figure().add_subplot(projection="3d")``, it is a relief. What differs by much is drawn
        on a logarithmic scale.

        Args:
            ax: where to draw, as matplotlib calls it; by default in a figure of its own.

        Raises:
            ImportError: matplotlib is not installed.
        """
        if len(self.ticks) == 1:
            ax = draw_line(WHERE, ax, self.ticks[0], self.costs, self.paths, self.names[0])
            ax.axvline(self.origin[0], color=ink(ax), lw=0.7, ls=":")
            return ax
        ax = draw_map(WHERE, ax, self.ticks, self.costs, self.paths, self.names)
        if not self.paths and not hasattr(ax, "plot_surface"):
            ax.plot(*self.origin, "+", color="white", ms=9)
        return ax

    def __str__(self) -> str:
        cost, place = self.lowest
        here = ", ".join(f"{at:.3g}" for at in self.origin)
        lowest = f"lowest {cost:.4g} at ({', '.join(f'{at:.3g}' for at in place)})"
        lines = [
            f"cost over {' and '.join(self.names)}",
            f"{lowest if np.isfinite(cost) else 'no cost is finite'}; the weights are at ({here})",
        ]
        if len(self.ticks) == 1:
            rows = np.unique(np.linspace(0, len(self.costs) - 1, 11).round().astype(int))
            lines += [f"{self.ticks[0][i]:>12.4g}{self.costs[i]:>14.4g}" for i in rows]
            return "\n".join(lines)
        lines.append(text_map(self.ticks, self.costs, self.paths))
        (left, right), (down, up) = (ticks[[0, -1]] for ticks in self.ticks)
        lines.append(f"across {left:.3g} to {right:.3g}, up {down:.3g} to {up:.3g}")
        for k, name in enumerate(self.paths):
            letter = chr(ord("a") + k % 26)
            lines.append(f"{letter}: {name or 'the path'}, which ends at {letter.upper()}")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{escaped(self)}</pre>"


@with_leads
def cost_surface(
    model: Any,
    loss: Any,
    data: Any = None,
    directions: Any = None,
    *,
    to: Any = None,
    path: Any = None,
    span: Any = None,
    steps: int | None = None,
    filter_axis: int = 0,
    seed: int = 0,
) -> CostSurface:
    """Return the cost along a line, or over a plane, through the weights of a model.

    The plane is that of the path if there is one, else two filter-normalised random directions (Li,
    Xu, Taylor, Studer and Goldstein 2018, "Visualizing the loss landscape of neural nets").
    A picture in two dimensions of a space of thousands: what is flat here may be steep elsewhere.

    Args:
        model: a module, which is called in evaluation mode and is afterwards as it was; or a dict
            of weights, tensors or arrays, as a network written by hand keeps them; or one of them.
        loss: what is drawn. Of a module and data, ``loss(model(x), y)``; of a dict,
            ``loss(weights, x, y)``. Without data ``loss(model)`` or ``loss(weights)``, for batches,
            penalties, or a function of two variables.
        data: ``(x, y)``, all of which is computed with at once.
        directions: one for a line or two for a plane, each of them

            - ``"random"``: normally distributed, each filter as long as that of the weights,
            - ``"gradient"``: of length 1,
            - ``"path"``: the principal components of the path,
            - a single weight, ``"W1[0, 1]"`` or ``"b"``, whose values are then the places,
            - a dict of arrays by name, such as an eigenvector; what it lacks does not move.
        to: instead of directions, another state (or model, or two of them), which is at 1: the
            line between two minima, as Goodfellow, Vinyals and Saxe 2015. Buffers go no further.
        path: where an optimizer went: a :class:`TrainingPath` or a list of states, or a dict of
            several by their names. Each state is shown at the place of the plane nearest to it.
        span: how far to go along each direction, ``1.0`` or ``(−0.5, 2.0)``, or a list of one for
            each; by default 1 either way, or as far as the path goes and a little further.
        steps: how many places there are along each direction.
        filter_axis: where filters are counted: 0 for W of shape (out, in), as layers have it; 1 for
            weights that are used as ``x @ W``.
        seed: of random directions.

    Returns:
        Costs, places and directions as arrays; ``.plot(ax=…)`` draws them, ``print`` shows them as
        text, ``.state(a, b)`` gives the weights at a place.

    Raises:
        ArgumentError: directions that are none, or nothing to move.
        DTypeError: what is no model, or no cost.
        GraphError: a gradient of weights that are no tensors.
        ShapeError: a loss that is not a single number.
        StateError: a state, or a path, of another model.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> w = {"w": np.array(1.0), "b": np.array(0.0)}
        >>> bowl = tg.diagnose.cost_surface(
        ...     w, lambda w: w["w"] ** 2 + 4 * w["b"] ** 2, directions=["w", "b"], span=2, steps=5)
        >>> bowl.costs.shape, bowl.ticks[0].tolist(), bowl.lowest
        ((5, 5), [-1.0, 0.0, 1.0, 2.0, 3.0], (0.0, (0.0, 0.0)))
    """
    weights = Weights(WHERE, model)
    cost = Cost(WHERE, weights, loss, data)
    paths = {name: _states(weights, given) for name, given in _named_paths(path).items()}
    chosen = _chosen(weights, cost, directions, to, paths, filter_axis, seed)
    count = whole(STEPS[len(chosen)] if steps is None else steps, f"{WHERE}: steps", 2)
    places = {name: places_of(weights, states, chosen) for name, states in paths.items()}
    ticks = tuple(
        np.linspace(*_reach(k, direction, span, places, len(chosen)), count)
        for k, direction in enumerate(chosen)
    )
    start = weights.start
    steps_of = tuple(direction.step for direction in chosen)
    origin = tuple(direction.origin for direction in chosen)
    buffers = frozenset(start) - weights.moved
    costs = np.empty([count] * len(chosen))
    with weights.kept():
        for index in np.ndindex(*costs.shape):
            ways = [t[i] - o for t, i, o in zip(ticks, index, origin, strict=True)]
            weights.set(moved(start, steps_of, ways, buffers))
            costs[index] = cost.value()
    names = tuple(direction.name for direction in chosen)
    copies = {name: value.copy() for name, value in start.items()}
    return CostSurface(costs, ticks, names, steps_of, origin, copies, buffers, places)


def moved(
    start: Mapping[str, Array], steps: Sequence[State], ways: Sequence[float], buffers: Set[str]
) -> State:
    """Return weights some way along directions, those alone that move.

    Buffers go no further than the other states: beyond, a variance may be negative.
    """
    names = {name: None for step in steps for name in step}
    between = np.clip(ways, 0, 1) / max(1.0, float(np.clip(ways, 0, 1).sum()))
    found: State = {}
    for name in names:
        value = start[name].astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            for step, way in zip(steps, between if name in buffers else ways, strict=True):
                if name in step and way:
                    value = value + way * step[name]
            found[name] = value.astype(start[name].dtype)
    return found


def _named_paths(path: Any) -> dict[str, Any]:
    if path is None:
        return {}
    return {str(n): p for n, p in path.items()} if isinstance(path, Mapping) else {"": path}


def _states(weights: Weights, path: Any) -> list[State]:
    if isinstance(path, (str, bytes)) or not isinstance(path, Sequence) or not len(path):
        raise errors.DTypeError(
            f"{WHERE}: a path is a TrainingPath or a list of states, such as model.state_dict(),"
            f" not {errors.describe(path)}"
        )
    return [weights.state(state, f"state {k} of the path") for k, state in enumerate(path)]


def _chosen(
    weights: Weights,
    cost: Cost,
    directions: Any,
    to: Any,
    paths: Mapping[str, list[State]],
    filter_axis: Any,
    seed: Any,
) -> list[Direction]:
    """Return one direction or two."""
    if to is not None:
        if directions is not None:
            raise errors.ArgumentError(f"{WHERE}: write directions= or to=, not both")
        states = list(to) if isinstance(to, (tuple, list)) else [to]
        names = ["to the other state"] if len(states) == 1 else ["to state 1", "to state 2"]
        _check_count(len(states))
        return [
            towards(weights, s, k, n) for k, (s, n) in enumerate(zip(states, names, strict=True), 1)
        ]
    if directions is None:
        directions = [PATH if paths else RANDOM] * 2
    wanted = list(directions) if isinstance(directions, (tuple, list)) else [directions]
    _check_count(len(wanted))
    axis = integer(filter_axis, f"{WHERE}: filter_axis")
    random = np.random.default_rng(whole(seed, f"{WHERE}: seed"))
    along = iter(_principal(weights, paths, sum(_is(w, PATH) for w in wanted)))
    found = []
    for k, given in enumerate(wanted, 1):
        if _is(given, PATH):
            found.append(next(along))
        elif _is(given, RANDOM):
            step = filter_normalised(weights, random, axis)
            found.append(Direction(f"random direction {k}", step))
        elif _is(given, GRADIENT):
            with weights.kept():
                gradient = weights.gradient(cost.tensor())
            found.append(of_gradient(WHERE, gradient))
        elif isinstance(given, str):
            found.append(of_entry(weights, given))
        elif isinstance(given, Mapping):
            found.append(given_direction(weights, given, k))
        else:
            raise errors.DTypeError(
                f"{WHERE}: a direction is a word, the name of a weight or a dict of arrays, not"
                f" {errors.describe(given)}"
            )
    return found


def _is(given: Any, word: str) -> bool:
    return isinstance(given, str) and given == word


def _check_count(count: int) -> None:
    if count not in (1, 2):
        raise errors.ArgumentError(
            f"{WHERE}: one direction for a line or two for a plane are wanted, not {count}"
        )


def _principal(weights: Weights, paths: Mapping[str, list[State]], count: int) -> list[Direction]:
    if not count:
        return []
    if not paths:
        raise errors.ArgumentError(
            f"{WHERE}: there is no path to take directions from; write path=tg.diagnose."
            "TrainingPath(model), recorded while it was trained"
        )
    return principal(weights, list(paths.values()), count)


def _reach(
    k: int, direction: Direction, span: Any, paths: Mapping[str, Array], count: int
) -> tuple[float, float]:
    """Return from where to where the k-th direction is drawn."""
    if span is None:
        if not paths:
            return direction.reach
        seen = np.concatenate([places[:, k] for places in paths.values()])
        low = min(float(seen.min()), direction.origin)
        high = max(float(seen.max()), direction.origin)
        more = BEYOND * (high - low) or 1.0
        return low - more, high + more
    if isinstance(span, list):
        if len(span) != count:
            raise errors.ArgumentError(
                f"{WHERE}: span lists {len(span)} reaches for {count} directions"
            )
        span = span[k]
    if isinstance(span, tuple):
        if len(span) != 2:
            raise errors.ArgumentError(f"{WHERE}: a span is a number or (from, to), not {span}")
        low, high = (number(end, f"{WHERE}: span") for end in span)
        if not low < high:
            raise errors.ArgumentError(f"{WHERE}: a span (from, to) rises, not {span}")
        return low, high
    width = number(span, f"{WHERE}: span", above=0)
    return direction.origin - width, direction.origin + width
