"""Random generators by seed, epoch and example, independent of what was drawn before.

Philox (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") is a function of a key
and a counter. With the seed and the epoch as its key and the example's index in its counter, each
example has a sequence of its own in each epoch, whoever draws it and when.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tensorgraph.arguments import whole
from tensorgraph.data.aligned_arrays import Indices
from tensorgraph.errors import ArgumentError

_ORDER, _EXAMPLE, _SETS = range(3)
"""The last word of the counter: what the numbers are for."""


def checked(seed: object, function: str) -> int:
    """Return a seed as Python's integer, which has to fit in 64 bits.

    Raises:
        DTypeError: it is not an integer.
        ArgumentError: it is negative or above 2⁶⁴ − 1.
    """
    found = whole(seed, f"{function}: seed")
    if found >= 2**64:
        raise ArgumentError(f"{function}: seed is below 2**64, not {found}")
    return found


def generator(seed: int) -> np.random.Generator:
    """Return the generator of what is drawn once, such as the sets of a split."""
    return np.random.Generator(_philox(seed, 0, _SETS))


def shuffled(seed: int, epoch: int, rows: Indices) -> Indices:
    """Return the rows in the order of an epoch."""
    return np.random.Generator(_philox(seed, epoch, _ORDER)).permutation(rows)


def example_generators(seed: int, epoch: int) -> Callable[[int], np.random.Generator]:
    """Return a function from an example's index to its generator in an epoch.

    Each call gives the same generator, set back to where the example's numbers begin: this takes a
    microsecond, a new one would take 15.
    """
    philox = _philox(seed, epoch, _EXAMPLE)
    numpy, state = np.random.Generator(philox), philox.state
    counter = state["state"]["counter"]

    def of(index: int) -> np.random.Generator:
        counter[2] = index
        philox.state = state
        return numpy

    return of


def _philox(seed: int, epoch: int, purpose: int) -> np.random.Philox:
    key = np.array([seed, epoch], np.uint64)
    return np.random.Philox(key=key, counter=np.array([0, 0, 0, purpose], np.uint64))
