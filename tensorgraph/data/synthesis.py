"""Synthesis of examples by mixing others, with how often each source is used."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph.arguments import whole
from tensorgraph.array_likes import to_plain
from tensorgraph.data import seeds
from tensorgraph.data.aligned_arrays import Array, Indices, as_numbers, in_dtype, refuse_missing
from tensorgraph.display.tables import html_lines
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError, UsageWarning, describe
from tensorgraph.leads.calls import with_leads

__all__ = ["Synthesis", "synthesize"]

TOO_OFTEN = 10
"""A warning is due where a source is in more examples than this on average."""


@dataclass(frozen=True)
class Synthesis:
    """Mixed examples, and what they are made of.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> speech, car = np.ones((40, 8)), np.ones((20, 8))
        >>> made = tg.data.synthesize(speech, car, weight=0.5)
        >>> print(made)
        40 examples of 40 foregrounds (each in 1 example) and 20 backgrounds (each in 2 examples)
    """

    examples: Array
    foreground: Indices
    """The row of the foreground in each example: ``y[made.foreground]`` are its labels."""
    background: Indices
    """The row of the background in each example."""
    weights: Array
    """What the background was multiplied by."""

    @property
    def foregrounds(self) -> int:
        """How many different foregrounds there are in the examples."""
        return len(np.unique(self.foreground))

    @property
    def backgrounds(self) -> int:
        """How many different backgrounds there are in the examples."""
        return len(np.unique(self.background))

    @property
    def reuse(self) -> float:
        """How many examples a background is in, on average."""
        return len(self.examples) / self.backgrounds

    def __str__(self) -> str:
        n = len(self.examples)
        return (
            f"{n:,} examples of {self.foregrounds:,} foregrounds ({_each(n / self.foregrounds)})"
            f" and {self.backgrounds:,} backgrounds ({_each(n / self.backgrounds)})"
        )

    def _repr_html_(self) -> str:
        return html_lines([self])


@with_leads
def synthesize(
    foreground: Any,
    background: Any,
    size: int | None = None,
    *,
    weight: float | tuple[float, float] | None = None,
    snr: float | tuple[float, float] | None = None,
    seed: int = 0,
) -> Synthesis:
    """Mix foregrounds with backgrounds, such as speech with the noise of a car.

        x = foreground + w · background

    All sources are used equally often, in random pairs. A network hears more than we do: where
    10,000 hours of speech are mixed with one hour of car noise, they sound well to people, but the
    network can learn that hour by heart; so do 20 cars of a video game, among thousands on the
    road (Deep Learning Specialization, course 3, week 2). The result therefore says how many
    different sources there are in it and how often each is used, and a warning is given where that
    is more than 10 times on average.

    Args:
        foreground: what the label belongs to, one row for each.
        background: what is mixed in, rows of the same shape.
        size: how many examples to make; by default one of each foreground.
        weight: w; a pair is a range from which each example's is drawn evenly.
        snr: instead of it, the ratio of the power of the foreground to that of the background in
            decibels, 10 log₁₀(P_foreground / w² P_background); or a range of it.
        seed: what is drawn depends on nothing else.

    Returns:
        The examples in the foreground's dtype (cut at its limits, integers rounded), with the rows
        that they were made of.

    Raises:
        ArgumentError: not exactly one of ``weight`` and ``snr``, missing values, sources without
            rows, or with ``snr`` a silent background.
        DTypeError: sources that are not numbers.
        ShapeError: backgrounds of another shape than the foregrounds.

    Warns:
        UsageWarning: a source is used more than 10 times on average.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> random = np.random.default_rng(0)
        >>> speech, car = random.normal(size=(50, 100)), random.normal(size=(25, 100))
        >>> made = tg.data.synthesize(speech, car, snr=(5, 20))
        >>> made.examples.shape, made.reuse
        ((50, 100), 2.0)
    """
    front, back = _source("foreground", foreground), _source("background", background)
    if front.shape[1:] != back.shape[1:]:
        raise ShapeError(
            f"synthesize: a foreground has shape {front.shape[1:]}, a background {back.shape[1:]};"
            " cut or resize the backgrounds to the foregrounds' shape"
        )
    if (weight is None) == (snr is None):
        given = "neither" if snr is None else "both"
        raise ArgumentError(
            f"synthesize takes either weight or snr, {given} were given; write weight=0.3 or"
            " snr=(5, 20) in decibels"
        )
    count = len(front) if size is None else whole(size, "synthesize: size", 1)
    random = seeds.generator(seeds.checked(seed, "synthesize"))
    first, second = (_evenly(len(rows), count, random) for rows in (front, back))
    if snr is None:
        weights = _drawn("weight", weight, count, random)
    else:
        decibels = _drawn("snr", snr, count, random)
        ratio = _power(front)[first] / _audible(_power(back))[second]
        weights = np.sqrt(ratio / 10 ** (decibels / 10))
    examples = _mixed(front[first], back[second], weights)
    made = Synthesis(examples, first, second, weights)
    _warn_of_reuse(made)
    return made


def _source(name: str, value: Any) -> Array:
    array = as_numbers(value, f"synthesize: values of {name}")
    if array.dtype.kind == "b":
        raise DTypeError(f"synthesize: {name} holds numbers, not {array.dtype}")
    if array.size == 0:
        raise ArgumentError(f"synthesize: {name} of shape {array.shape} is empty")
    refuse_missing(array, f"synthesize: {name}", "leave these examples out")
    return array


def _evenly(rows: int, count: int, random: np.random.Generator) -> Indices:
    """Return ``count`` rows in random order, each as often as the others, give or take one."""
    rounds = [random.permutation(rows) for _ in range(-(-count // rows))]
    return random.permutation(np.concatenate(rounds)[:count])


def _drawn(name: str, value: Any, count: int, random: np.random.Generator) -> Array:
    pair = value if isinstance(value, (tuple, list)) else (value, value)
    ends = to_plain(pair, f"synthesize: {name}")
    ordered = ends.shape == (2,) and ends.dtype.kind in "fiu" and bool(ends[0] <= ends[1])
    if not ordered or not np.isfinite(ends).all():
        raise ArgumentError(
            f"synthesize: {name} is a number or a range (least, greatest), not {describe(value)}"
        )
    return random.uniform(ends[0], ends[1], count)


def _power(rows: Array) -> Array:
    flat = rows.reshape(len(rows), -1).astype(np.float64)
    with np.errstate(over="ignore"):
        power: Array = np.square(flat).mean(axis=1)
    if not np.isfinite(power).all():
        raise ArgumentError(
            f"synthesize: example {int(power.argmax())} of a source is so large that its power"
            " overflows; divide the sources by a power of ten first"
        )
    return power


def _audible(power: Array) -> Array:
    if not power.all():
        raise ArgumentError(
            f"synthesize: background {int(power.argmin())} is silent (all 0), so no weight gives it"
            " a power; leave it out, or write weight= instead of snr="
        )
    return power


def _mixed(front: Array, back: Array, weights: Array) -> Array:
    scale = weights.reshape(-1, *(1,) * (front.ndim - 1))
    limit = np.finfo(np.float64).max
    with np.errstate(over="ignore"):
        mixed = (front + scale * back).clip(-limit, limit)
    return in_dtype(mixed, front.dtype)


def _warn_of_reuse(made: Synthesis) -> None:
    n = len(made.examples)
    if n / min(made.foregrounds, made.backgrounds) > TOO_OFTEN:
        warnings.warn(
            f"synthesize: {made}: a network can learn so few sources by heart, though the examples"
            " look varied to people; collect more of them, or make fewer examples",
            UsageWarning,
            stacklevel=4,
        )


def _each(times: float) -> str:
    shown = f"{times:,.0f}" if times == int(times) else f"{times:,.1f}"
    return f"each in {shown} example{'' if shown == '1' else 's'}"
