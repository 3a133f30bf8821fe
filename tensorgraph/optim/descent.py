"""The ways of optimizers down one function of two variables, beside each other."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph import errors
from tensorgraph.arguments import number, whole
from tensorgraph.array_likes import to_plain
from tensorgraph.display.cost_map import draw_map, is_logarithmic, label_of, text_map
from tensorgraph.display.figure import axes_for, colours, legend, ticks_over
from tensorgraph.display.tables import html_table, text_table
from tensorgraph.display.text import escaped
from tensorgraph.engine.modes import enable_grad, no_grad
from tensorgraph.engine.tensor import Tensor, tensor
from tensorgraph.leads.calls import with_leads

Array = NDArray[Any]

WHERE = "descent_paths"
SIDE = 61
"""How many places of the plane the function is asked for along each axis."""
DEEPEST = 1e12
"""How many times below the start a cost may fall and still be on the picture."""
FAR = 10
"""A path that still runs is left off the map from so many times the way of the others on."""
BEYOND = 0.2
"""How much of their extent is drawn around the paths."""


@dataclass(frozen=True, eq=False, repr=False)
class DescentPaths:
    """Where optimizers went: see :func:`descent_paths`."""

    paths: dict[str, Array]
    """The places of each, the first one where it began, shape (steps + 1, 2)."""
    costs: dict[str, Array]
    """The function at each of them, shape (steps + 1,)."""
    ticks: tuple[Array, Array]
    """The places of the plane where the function is known, along both variables."""
    surface: Array
    """The function there, shape (first, second)."""
    names: tuple[str, str]
    """What the variables are called."""

    def plot(self, ax: Any = None) -> Any:
        """Draw all paths on one map of the function, and return the axes.

        Each begins at its ring and ends at its dot. On axes of three dimensions it is a relief.

        Args:
            ax: where to draw, as matplotlib calls it; by default in a figure of its own.

        Raises:
            ImportError: matplotlib is not installed.
        """
        return draw_map(WHERE, ax, self.ticks, self.surface, self.paths, self.names)

    def plot_costs(self, ax: Any = None) -> Any:
        """Draw the function against the number of steps, in the same colours; return the axes.

        What diverges leaves the picture at ten times the cost of the start.
        """
        ax = axes_for(WHERE, ax)
        for (name, costs), colour in zip(self.costs.items(), colours(len(self.costs)), strict=True):
            ax.plot(np.where(np.isfinite(costs), costs, np.nan), color=colour, lw=1.6, label=name)
        ax.set(xlabel="step", ylabel="cost")
        every = np.concatenate(list(self.costs.values()))
        low, start = float(np.nanmin(every)), float(every[0])
        if is_logarithmic(every):
            ax.set_yscale("log")
            ax.set_ylim(max(low, start / DEEPEST) / 1.5, 10 * start)
        else:
            ax.set_ylim(low - 0.05 * (start - low), start + (max(abs(start), start - low) or 1.0))
        legend(ax, list(self.costs))
        return ax

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (name, str(len(path) - 1), f"({path[-1][0]:.4g}, {path[-1][1]:.4g})", f"{cost[-1]:.4g}")
            for (name, path), cost in zip(self.paths.items(), self.costs.values(), strict=True)
        ]

    def __str__(self) -> str:
        head = ("", "steps", f"({self.names[0]}, {self.names[1]})", "cost")
        told = (label_of(name, path, self.ticks) for name, path in self.paths.items())
        letters = "; ".join(f"{chr(ord('a') + k % 26)} {name}" for k, name in enumerate(told))
        table = text_table([head, *self._rows()], left=[0])
        return f"{table}\n{text_map(self.ticks, self.surface, self.paths)}\n{letters}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = ("optimizer", "steps", f"({self.names[0]}, {self.names[1]})", "cost")
        drawn = text_map(self.ticks, self.surface, self.paths)
        return html_table(head, self._rows()) + f"<pre>{escaped(drawn)}</pre>"


@with_leads
def descent_paths(
    function: Callable[[Any, Any], Any],
    start: Sequence[float],
    optimizers: Any,
    steps: int = 50,
    *,
    span: Any = None,
) -> DescentPaths:
    """Let optimizers descend from the same place, each by itself, and return where they went.

    On a ravine, steep along one variable and flat along the other, gradient descent swings from
    side to side; momentum averages that out, RMSprop and Adam divide by it (Deep Learning
    Specialization, course 2, week 2).

    Args:
        function: of two variables, each a tensor without axes in float64; it returns a number.
        start: where all begin, such as ``(-4.0, 2.0)``.
        optimizers: by name, functions that are given a list with one parameter of shape (2,) and
            return an optimizer: ``{"Adam": lambda w: tg.optim.Adam(w, lr=0.1)}``, or a class. Any
            object with ``step()`` and ``zero_grad()`` is one.
        steps: how many each takes. A path is shorter where the function is no longer finite.
        span: what the map shows, ``((x_from, x_to), (y_from, y_to))``; by default all places that
            lie no higher than the start, and a little around them. Where a function has no lowest
            value, what runs away on and on leaves the map.

    Returns:
        Places and costs as arrays; ``.plot(ax=…)`` draws the map, ``.plot_costs(ax=…)`` the cost by
        step, ``print`` shows both as text.

    Raises:
        ArgumentError: a start that is no place, or one where the function is not finite.
        ArgumentTypeError: what is no optimizer.
        DTypeError: what is no function, or no number.

    Example:
        >>> import tensorgraph as tg
        >>> found = tg.optim.descent_paths(
        ...     lambda x, y: x**2 / 20 + y**2, (-4.0, 1.0), {
        ...         "GD": lambda w: tg.optim.SGD(w, lr=0.9),
        ...         "Adam": lambda w: tg.optim.Adam(w, lr=0.5),
        ...     }, steps=30)
        >>> found.paths["GD"].shape, bool(found.costs["GD"][-1] < 0.1)
        ((31, 2), True)
    """
    if not callable(function):
        raise errors.DTypeError(
            f"{WHERE}: a function of two variables is wanted, not {errors.describe(function)};"
            " write lambda x, y: x**2 + 10 * y**2"
        )
    place = _start(start)
    makers = _named(optimizers)
    count = whole(steps, f"{WHERE}: steps", 1)
    if not np.isfinite(first := _value(function, place)):
        raise errors.ArgumentError(f"{WHERE}: the function is {first} at the start")
    paths, costs = {}, {}
    for name, make in makers.items():
        paths[name], costs[name] = _descended(function, place, name, make, count)
    ticks = _ticks(paths, costs, first, span)
    surface = np.array([[_value(function, (x, y)) for y in ticks[1]] for x in ticks[0]])
    return DescentPaths(paths, costs, ticks, surface, _variables(function))


def _start(start: Any) -> Array:
    place = to_plain(start, f"{WHERE}: start").reshape(-1)
    if place.shape != (2,) or place.dtype.kind not in "fiu" or not np.isfinite(place).all():
        raise errors.ArgumentError(
            f"{WHERE}: start is a place, two numbers such as (-4.0, 2.0), not"
            f" {errors.describe(start)}"
        )
    return place.astype(np.float64)


def _named(optimizers: Any) -> dict[str, Callable[[list[Tensor]], Any]]:
    """Return what makes each optimizer."""
    if not isinstance(optimizers, Mapping):
        listed = optimizers if isinstance(optimizers, (tuple, list)) else [optimizers]
        optimizers = {getattr(one, "__name__", f"optimizer {k}"): one
                      for k, one in enumerate(listed, 1)}  # fmt: skip
    if not optimizers:
        raise errors.ArgumentError(f"{WHERE}: there are no optimizers")
    for name, make in optimizers.items():
        if not callable(make):
            kind = type(make).__name__
            made = kind if hasattr(make, "step") else "tg.optim.Adam"
            raise errors.ArgumentTypeError(
                f"{WHERE}: {name!r} is {errors.describe(make)}, not a function that makes an"
                f" optimizer of a parameter; write lambda w: {made}(w, lr=0.1)"
            )
    return {str(name): make for name, make in optimizers.items()}


def _descended(
    function: Callable[[Any, Any], Any],
    start: Array,
    name: str,
    make: Callable[[list[Tensor]], Any],
    steps: int,
) -> tuple[Array, Array]:
    """Return the places that an optimizer comes to, and the function there."""
    w = tensor(start, requires_grad=True, name="w")
    optimizer = make([w])
    if not all(callable(getattr(optimizer, method, None)) for method in ("step", "zero_grad")):
        raise errors.ArgumentTypeError(
            f"{WHERE}: {name!r} made {errors.describe(optimizer)}, which has no step() and"
            " zero_grad()"
        )
    places, costs = [start], [_value(function, start)]
    with np.errstate(all="ignore"), enable_grad():
        for _ in range(steps):
            optimizer.zero_grad()
            try:
                _cost(function, w[0], w[1]).backward()
                optimizer.step()
            except errors.AnomalyError:
                break
            place = np.array(w.numpy())
            if not np.isfinite(place).all():
                break
            places.append(place)
            costs.append(_value(function, place))
            if not np.isfinite(costs[-1]):
                break
    return np.stack(places), np.array(costs)


def _cost(function: Callable[[Any, Any], Any], x: Any, y: Any) -> Tensor:
    found = function(x, y)
    if type(found) is not Tensor or found.size != 1:
        raise errors.DTypeError(
            f"{WHERE}: the function returned {errors.describe(found)}, not a tensor with one"
            " number; is it computed from both variables by operations of tg or NumPy?"
        )
    if not found.requires_grad:
        raise errors.GraphError(
            f"{WHERE}: the function does not depend on its variables; look for float(x) or"
            " x.numpy() in it"
        )
    return found.sum() if found.shape else found


def _value(function: Callable[[Any, Any], Any], place: Any) -> float:
    with np.errstate(all="ignore"), no_grad():
        found = function(tensor(np.float64(place[0])), tensor(np.float64(place[1])))
    try:
        return float(found.item() if hasattr(found, "item") else found)
    except (TypeError, ValueError):
        raise errors.DTypeError(
            f"{WHERE}: the function returned {errors.describe(found)}, not one number"
        ) from None


def _ticks(
    paths: Mapping[str, Array], costs: Mapping[str, Array], first: float, span: Any
) -> tuple[Array, Array]:
    """Return the places that the map shows along both variables."""
    if span is not None:
        try:
            (left, right), (down, up) = span
        except (TypeError, ValueError):
            raise errors.ArgumentError(
                f"{WHERE}: span is ((x_from, x_to), (y_from, y_to)), not {errors.describe(span)}"
            ) from None
        x0, x1, y0, y1 = (number(end, f"{WHERE}: span") for end in (left, right, down, up))
        if not (x0 < x1 and y0 < y1):
            raise errors.ArgumentError(f"{WHERE}: each part of span rises, not {span}")
        return np.linspace(x0, x1, SIDE), np.linspace(y0, y1, SIDE)
    seen = np.concatenate(_kept([path[costs[name] <= first] for name, path in paths.items()]))
    across, up = (ticks_over(values, SIDE, BEYOND) for values in seen.T)
    return across, up


def _kept(paths: Sequence[Array]) -> list[Array]:
    """Return paths without where they run away: ever farther, far beyond all others."""
    steps = [np.abs(np.diff(path, axis=0, prepend=path[:1])).max(axis=1) for path in paths]
    reaches = [float(np.abs(path - path[0]).max()) for path in paths]
    usual = sorted(reaches)[(len(paths) - 1) // 2]
    away = [
        reach > FAR * usual and step[-1] > max(step[1], reach / 10)
        for step, reach in zip(steps, reaches, strict=True)
    ]
    near = 2 * max(r for r, runs in zip(reaches, away, strict=True) if not runs)
    return [
        path[np.abs(path - path[0]).max(axis=1) <= near] if runs else path
        for path, runs in zip(paths, away, strict=True)
    ]


def _variables(function: Callable[[Any, Any], Any]) -> tuple[str, str]:
    """Return what a function calls its two variables."""
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        names = []
    return (names[0], names[1]) if len(names) >= 2 else ("x", "y")
