"""How far rounding alone may have led a derivative astray: the function is asked itself.

Every operation on the way is run again with its result off by some ulps at random, and so are the
arguments (Monte Carlo arithmetic: D. Parker, "Monte Carlo arithmetic", 1997). What cancels inside,
as in 1 − tanh² where tanh is 1, makes the derivatives spread; what does not, leaves them together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.engine.observers import Forward, Observer
from tensorgraph.numeric.roughness import APART, POINTS, roughness
from tensorgraph.testing.numeric.checked_function import Direction, Scalar
from tensorgraph.testing.numeric.probes import random_weights

ULP = 2.0**-52
"""The last digit of a number near 1."""
_SMALL, _LARGE = 2.0**-46, 2.0**-34
"""How far results are off: of rounding, the effect is in proportion; of a jump, it is not."""
_SAMPLES = 6
TIMES = 16.0
"""How much more than the spread of a few samples, by an ulp each, rounding may really do."""
_EXACT = {"shape", "index", "random"}
"""Families of operations that do not round."""


_Once = Callable[["_Shaken | None", Direction], Sequence[Array]]
"""Computes results nearby, and with each operation's result changed if that is wanted."""


class _Shaken(Observer):
    """Changes each result by a random part of it."""

    def __init__(self, rng: np.random.Generator, part: float) -> None:
        self._rng, self._part = rng, part

    def forward(self, event: Forward) -> None:
        out = event.out
        own = out.base is None and not any(out is array for array in event.arrays)
        if out.dtype.kind in "fc" and own and out.flags.writeable and event.op.family not in _EXACT:
            self.shake(out)

    def shake(self, array: Array) -> None:
        """Change an array in place."""
        for part in (array.real, array.imag) if array.dtype.kind == "c" else (array,):
            part *= 1 + self._part * self._rng.uniform(-1, 1, part.shape)


def of_gradient(
    scalar: Scalar, gradient: Sequence[Array], apart: float, rng: np.random.Generator
) -> list[Array]:
    """Return how far each entry of a gradient may be off by rounding, 0 where that jumps.

    Args:
        scalar: what it is the gradient of.
        gradient: as it was computed.
        apart: how far points beside the arguments are from each other, relative to these: so near
            that what is smooth is nearly a straight line there.
        rng: draws what rounding may do.
    """

    def once(shaken: _Shaken | None, moved: Direction) -> Sequence[Array]:
        return scalar.gradient_seen(shaken, moved)

    return _floor(scalar, once, gradient, apart, rng)


def of_step(
    scalar: Scalar, rates: Direction, step: float, apart: float, rng: np.random.Generator
) -> float:
    """Return how far the complex step's derivative along a direction may be off by rounding."""

    def once(shaken: _Shaken | None, moved: Direction) -> Sequence[Array]:
        return [np.asarray(scalar.stepped(rates, step, shaken, moved))]

    return float(_floor(scalar, once, [np.asarray(scalar.stepped(rates, step))], apart, rng)[0])


def of_value(scalar: Scalar, apart: float, rng: np.random.Generator) -> float:
    """Return how far the number itself may be off by rounding."""

    def once(shaken: _Shaken | None, moved: Direction) -> Sequence[Array]:
        return [np.asarray(scalar.change(moved, shaken))]

    return float(_floor(scalar, once, [np.zeros(())], apart, rng)[0])


def roughness_of_value(scalar: Scalar, apart: float, rng: np.random.Generator) -> float:
    """Return how rough the number is along a line, however many digits it is computed with."""

    def once(shaken: _Shaken | None, moved: Direction) -> Sequence[Array]:
        return [np.asarray(scalar.change(moved))]

    return float(_jitter(scalar, once, [np.zeros(())], apart, rng)[0])


def _floor(
    scalar: Scalar, once: _Once, centre: Sequence[Array], apart: float, rng: np.random.Generator
) -> list[Array]:
    spread = _spread(scalar, once, centre, rng)
    jitter = _jitter(scalar, once, centre, apart, rng)
    return [np.maximum(s, j) for s, j in zip(spread, jitter, strict=True)]


def _jitter(
    scalar: Scalar, once: _Once, centre: Sequence[Array], apart: float, rng: np.random.Generator
) -> list[Array]:
    """Return how rough results are along a line through the arguments.

    Where they are flat on a short one, as on one step of a staircase, a longer one tells.
    """
    found = _along_line(scalar, once, centre, apart, rng)
    if apart < APART and not all(map(np.all, found)):
        longer = _along_line(scalar, once, centre, APART, rng)
        found = [np.where(rough, rough, far) for rough, far in zip(found, longer, strict=True)]
    return found


def _along_line(
    scalar: Scalar, once: _Once, centre: Sequence[Array], apart: float, rng: np.random.Generator
) -> list[Array]:
    line = {
        k: np.clip(array, -1, 1) * (apart * random_weights(rng, array.shape))
        for k, array in enumerate(scalar.checked.arrays)
    }
    sides = []
    for sign in (1, -1):  # a kink or jump at the arguments themselves is on neither
        points = [sign * j for j in range(1, POINTS + 1)]
        try:
            rows = [once(None, {k: j * move for k, move in line.items()}) for j in points]
        except Exception:  # whatever a function may raise a little beside its arguments
            return [np.zeros(array.shape) for array in centre]
        sides.append([*zip(*rows, strict=True)])
    return [roughness(both) for both in zip(*sides, strict=True)]


def _spread(
    scalar: Scalar, once: _Once, centre: Sequence[Array], rng: np.random.Generator
) -> list[Array]:
    """Return how far results spread where each operation's is off by an ulp."""
    found = []
    for part in (_SMALL, _LARGE):
        most = [np.zeros(array.shape) for array in centre]
        for _ in range(_SAMPLES):
            shaken = _Shaken(rng, part)
            moved = {
                k: array * (part * rng.uniform(-1, 1, array.shape))
                for k, array in enumerate(scalar.checked.arrays)
            }
            try:
                results = once(shaken, moved)
            except Exception:  # whatever a function may raise a little beside its arguments
                continue
            for worst, result, right in zip(most, results, centre, strict=True):
                np.fmax(worst, np.abs(result - right), out=worst)
        found.append([worst * (ULP / part) for worst in most])
    return [np.where(small <= 16 * large, small, 0.0) for small, large in zip(*found, strict=True)]
