"""Spaces of hyperparameters: how each is drawn, and how the search closes in."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Protocol

import numpy as np

from tensorgraph import errors

__all__ = ["Space", "choice", "integers", "log_uniform", "one_minus_log_uniform", "uniform"]


class Distribution(Protocol):
    """How one hyperparameter is drawn."""

    def draw(self, rng: np.random.Generator) -> Any:
        """Return a value."""

    def around(self, values: Sequence[Any]) -> Distribution:
        """Return the same over a smaller range, in which the values lie."""


@dataclass(frozen=True)
class _Interval:
    """Numbers between two ends, drawn evenly on some scale."""

    low: float
    high: float

    def __post_init__(self) -> None:
        name = type(self).__name__
        for end in (self.low, self.high):
            if not (isinstance(end, Real) and math.isfinite(end)):
                raise errors.ArgumentError(f"{name}: the ends are finite numbers, not {end!r}")
        if not self.low < self.high:
            raise errors.ArgumentError(
                f"{name}: from low to high, not from {self.low!r} to {self.high!r}"
            )
        self.check()

    def check(self) -> None:
        """Raise where the scale does not reach."""

    def scale(self, x: float) -> float:
        """Return where on the scale a number is."""
        return x

    def unscale(self, u: float) -> Any:
        """Return the number at a place on the scale."""
        return u

    def draw(self, rng: np.random.Generator) -> Any:
        """Return a number."""
        return self.unscale(rng.uniform(self.scale(self.low), self.scale(self.high)))

    def around(self, values: Sequence[Any]) -> Distribution:
        """Return the interval that the values span, a quarter wider on each side.

        So does it have a width where there is one value only: an eighth of this one's.
        """
        low, high = self.scale(self.low), self.scale(self.high)
        places = [self.scale(float(value)) for value in values]
        margin = max((max(places) - min(places)) / 4, (high - low) / 16)
        ends = max(low, min(places) - margin), min(high, max(places) + margin)
        return type(self)(*map(self.unscale, ends))


class uniform(_Interval):
    """Numbers drawn evenly between two ends.

    Example:
        >>> import numpy as np
        >>> bool(0.5 <= uniform(0.5, 1.0).draw(np.random.default_rng(0)) <= 1.0)
        True
    """


class log_uniform(_Interval):
    """Numbers between two ends above 0 whose logarithms are drawn evenly.

    10ʳ with r drawn evenly (Deep Learning Specialization, course 2, week 3, "Using an appropriate
    scale to pick hyperparameters"): from 0.0001 to 1, as many of the draws lie between 0.0001 and
    0.001 as between 0.1 and 1. For a learning rate, or λ.

    Example:
        >>> import numpy as np
        >>> bool(1e-4 <= log_uniform(1e-4, 1).draw(np.random.default_rng(0)) <= 1)
        True
    """

    def check(self) -> None:
        """Raise unless both ends are above 0."""
        if not self.low > 0:
            raise errors.ArgumentError(f"log_uniform: the ends are above 0, not {self.low!r}")

    def scale(self, x: float) -> float:
        """Return the logarithm."""
        return math.log(x)

    def unscale(self, u: float) -> float:
        """Return the number whose logarithm is given, within the ends however it is rounded."""
        return min(max(math.exp(u), self.low), self.high)


class one_minus_log_uniform(_Interval):
    """Numbers 1 − 10⁻ʳ between two ends below 1, r drawn evenly.

    For the β of an exponentially weighted average (Deep Learning Specialization, course 2, week 3):
    from 0.9 to 0.999, what counts is 1/(1 − β), over how many steps it averages, 10 to 1000.

    Example:
        >>> import numpy as np
        >>> bool(0.9 <= one_minus_log_uniform(0.9, 0.999).draw(np.random.default_rng(0)) <= 0.999)
        True
    """

    def check(self) -> None:
        """Raise unless both ends are below 1."""
        if not self.high < 1:
            raise errors.ArgumentError(
                f"one_minus_log_uniform: the ends are below 1, not {self.high!r}"
            )

    def scale(self, x: float) -> float:
        """Return r, but for a factor."""
        return -math.log(1 - x)

    def unscale(self, u: float) -> float:
        """Return the number at r, within the ends however it is rounded."""
        return min(max(-math.expm1(-u), self.low), self.high)


class integers(_Interval):
    """Whole numbers from one to another, both included, drawn evenly.

    Example:
        >>> import numpy as np
        >>> integers(2, 4).draw(np.random.default_rng(0)) in (2, 3, 4)
        True
    """

    def check(self) -> None:
        """Raise unless both ends are whole."""
        for end in (self.low, self.high):
            if end != int(end):
                raise errors.ArgumentError(f"integers: from one whole number to another, not {end}")

    def draw(self, rng: np.random.Generator) -> int:
        """Return a whole number."""
        return int(rng.integers(int(self.low), int(self.high), endpoint=True))

    def around(self, values: Sequence[Any]) -> Distribution:
        """Return the range that the values span, and one more on each side; at least that."""
        margin = math.ceil(max((max(values) - min(values)) / 4, (self.high - self.low) / 16, 1))
        low = max(int(self.low), min(values) - margin)
        return integers(low, min(int(self.high), max(values) + margin))


@dataclass(frozen=True)
class choice:
    """One of several values, each as likely as the others.

    Args:
        values: what to choose from.

    Raises:
        ArgumentError: there is nothing.
        DTypeError: a string, or what is no list.

    Example:
        >>> import numpy as np
        >>> choice(["adam", "sgd"]).draw(np.random.default_rng(0)) in ("adam", "sgd")
        True
    """

    values: tuple[Any, ...]

    def __init__(self, values: Iterable[Any]) -> None:
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise errors.DTypeError(
                f"choice takes a list, not {errors.describe(values)}; write choice([{values!r}, …])"
            )
        object.__setattr__(self, "values", tuple(values))
        if not self.values:
            raise errors.ArgumentError("choice: there is nothing to choose from")

    def draw(self, rng: np.random.Generator) -> Any:
        """Return one of the values."""
        return self.values[int(rng.integers(len(self.values)))]

    def around(self, values: Sequence[Any]) -> Distribution:
        """Return the choice among those values only."""
        return choice(
            [value for value in self.values if any(value is v or value == v for v in values)]
        )


class Space(Mapping[str, Any]):
    """Hyperparameters by name, each with how it is drawn; a fixed value stays what it is.

    Points are drawn at random, not from a grid: with a grid of 25 points over two hyperparameters
    of which one does not matter, only five values of the other are tried, at random 25 are
    (Bergstra & Bengio 2012, "Random search for hyper-parameter optimization"; Deep Learning
    Specialization, course 2, week 3).

    Args:
        distributions: by name.

    Raises:
        ArgumentError: there are none.

    Example:
        >>> from tensorgraph.train import Space, choice, integers, log_uniform
        >>> space = Space({"lr": log_uniform(1e-4, 1.0), "hidden": integers(50, 100)})
        >>> list(space.point(seed=0, trial=0))
        ['lr', 'hidden']
        >>> space.around([{"lr": 0.01, "hidden": 60}, {"lr": 0.1, "hidden": 70}])
        Space({'lr': log_uniform(low=0.0056..., high=0.177...), 'hidden': integers(low=56, ...
    """

    def __init__(self, distributions: Mapping[str, Any]) -> None:
        if not (isinstance(distributions, Mapping) and distributions):
            raise errors.ArgumentError(
                "Space: hyperparameters by name, as in {'lr': log_uniform(1e-4, 1)}, not"
                f" {errors.describe(distributions)}"
            )
        self._distributions = dict(distributions)

    def __getitem__(self, name: str) -> Any:
        return self._distributions[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._distributions)

    def __len__(self) -> int:
        return len(self._distributions)

    def point(self, seed: int, trial: int) -> dict[str, Any]:
        """Return the hyperparameters of a trial, which depend on the seed and its number alone."""
        rng = np.random.default_rng([seed, trial])
        return {
            name: d.draw(rng) if hasattr(d, "draw") else d
            for name, d in self._distributions.items()
        }

    def around(self, points: Iterable[Mapping[str, Any]]) -> Space:
        """Return a smaller space around points, such as the best few: from coarse to fine.

        Raises:
            ArgumentError: no list of points, or one that lacks a hyperparameter.
        """
        several = isinstance(points, Iterable) and not isinstance(points, Mapping)
        params: list[Mapping[str, Any]] = [
            getattr(point, "params", point) for point in (points if several else ())
        ]
        if not params or any(point.keys() != self.keys() for point in params):
            raise errors.ArgumentError(
                "Space.around: give a list of points with all of"
                f" {errors.listing(list(self))}, such as search(…).top(5)"
            )
        return Space({
            name: d.around([point[name] for point in params]) if hasattr(d, "around") else d
            for name, d in self._distributions.items()
        })  # fmt: skip

    def __repr__(self) -> str:
        return f"Space({self._distributions})"


Objective = Callable[[dict[str, Any], int], Any]
"""A function of the hyperparameters and of a seed that returns what is to be as low as possible."""
