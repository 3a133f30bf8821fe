"""Bias, variance and data mismatch, as steps of a ladder of error rates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tensorgraph import errors
from tensorgraph.arguments import number
from tensorgraph.diagnose.array_arguments import as_rate, as_size
from tensorgraph.diagnose.confidence_intervals import Interval, Term, combined, wilson
from tensorgraph.diagnose.remedies import (
    AVOIDABLE_BIAS,
    BELOW_0,
    DATA_MISMATCH,
    OVERFITTING_TO_DEV,
    REMEDIES,
    VARIANCE,
)
from tensorgraph.display.svg import COLOURS, bar, document, label, line
from tensorgraph.display.text import percent

__all__ = ["Ladder", "ladder"]

SETS = ("human", "train", "train_dev", "dev", "test")
_CAUSES = {  # of a step from one set up to another
    ("human", "train"): AVOIDABLE_BIAS,
    ("train", "train_dev"): VARIANCE,
    ("train", "dev"): VARIANCE,
    ("train_dev", "dev"): DATA_MISMATCH,
    ("dev", "test"): OVERFITTING_TO_DEV,
}
_COLOUR_OF = dict(zip(REMEDIES, COLOURS, strict=False))


@dataclass(frozen=True)
class Step:
    """The error that one set adds to the one before."""

    name: str
    """``"avoidable bias"``, ``"variance"``, ``"data mismatch"`` or ``"overfitting to dev"``."""
    lower: str
    """The set it steps up from."""
    upper: str
    """The set it steps up to."""
    size: float
    """By how much the error rises; below 0 if it falls."""
    interval: Interval | None
    """Where the true difference lies; ``None`` if a size is not known."""

    @property
    def is_noise(self) -> bool | None:
        """Whether sets of these sizes may differ so much by chance; ``None`` if that is unknown."""
        return None if self.interval is None else 0 in self.interval

    def __str__(self) -> str:
        parts = [f"{self.name} {percent(self.size)}"]
        if self.interval is not None:
            parts.append(f"[{percent(self.interval.low)}, {percent(self.interval.high)}]")
        if self.is_noise:
            parts.append("within noise")
        return "  ".join(parts)


@dataclass(frozen=True)
class Ladder:
    """What :func:`ladder` found."""

    rates: Mapping[str, float]
    """The error rate of each set, in the order of the ladder."""
    intervals: Mapping[str, Interval]
    """Where the true rates lie, for those sets whose size is known."""
    steps: tuple[Step, ...]
    """The differences between a set and the one before."""
    largest: Step | None
    """The step to work on: the largest that is more than noise; ``None`` if there is none."""
    rivals: tuple[Step, ...]
    """The steps at least half as large, and those that these sets do not tell apart from it."""
    confidence: float
    """How often such intervals hold the true number."""

    @property
    def remedies(self) -> tuple[str, ...]:
        """What helps against the largest step, and against that one only."""
        return REMEDIES[self.largest.name] if self.largest else ()

    @property
    def verdict(self) -> str:
        """One sentence: what to work on."""
        if self.largest is None:
            rising = any(step.size > 0 for step in self.steps)
            return (
                "no step is more than noise; measure on larger sets"
                if rising
                else "no step goes up; there is nothing to work on here"
            )
        text = f"the largest step is {self.largest.name}: {percent(self.largest.size)}"
        close = [step for step in self.rivals if 2 * step.size >= self.largest.size]
        unsure = [step for step in self.rivals if step not in close]
        for steps, says in ((close, "close to it"), (unsure, "perhaps as large")):
            if steps:
                text += f"; {says}: {', '.join(f'{s.name} ({percent(s.size)})' for s in steps)}"
        return text

    @property
    def notes(self) -> tuple[str, ...]:
        """What the steps below 0 mean that are more than noise."""
        below = [step for step in self.steps if step.size < 0 and not step.is_noise]
        return tuple(f"{step.name} is below 0: {BELOW_0[step.name]}" for step in below)

    def __str__(self) -> str:
        above = {step.upper: str(step) for step in self.steps}
        rows = [
            f"{name:10}{percent(value):>8}   {above.get(name, '')}".rstrip()
            for name, value in self.rates.items()
        ]
        remedies = [f"  - {remedy}" for remedy in self.remedies]
        return "\n".join([*rows, self.verdict, *remedies, *self.notes])

    def svg(self) -> str:
        """Return a picture: a bar for each set, the last part of it what that set adds."""
        y = 20 + 34 * len(self.rates)
        said = [label(12, y + 10 + 20 * i, text) for i, text in enumerate(self.verdict.split("; "))]
        return document(720, y + 10 + 20 * len(said), self.verdict, [*_bars(self), *said])

    def _repr_svg_(self) -> str:
        return self.svg()


def _bars(found: Ladder) -> Iterator[str]:
    left, width = 90.0, 330.0
    ends = [*found.rates.values(), *(interval.high for interval in found.intervals.values())]
    scale = width / (max(ends) or 1)
    above = {step.upper: step for step in found.steps}
    for row, (name, value) in enumerate(found.rates.items()):
        y = 14.0 + 34 * row
        step = above.get(name)
        added = 0.0 if step is None else max(step.size, 0.0)
        yield label(left - 8, y + 15, name.replace("_", "-"), anchor="end")
        yield bar(left, y, (value - added) * scale, 20, "#8a8a94", 0.45)
        if step is not None:
            strong = found.largest is None or step is found.largest
            start = left + (value - added) * scale
            yield bar(start, y, added * scale, 20, _COLOUR_OF[step.name], 1 if strong else 0.55)
        end = value
        if name in found.intervals:
            low, high = found.intervals[name]
            end = high
            yield line(left + low * scale, y + 10, left + high * scale, y + 10, strong=True)
        text = percent(value) if step is None else f"{percent(value)} · {step.name} "
        if step is not None:
            text += percent(step.size) + (", within noise" if step.is_noise else "")
        yield label(left + end * scale + 8, y + 15, text)
    yield line(left, 8, left, 12 + 34 * len(found.rates))


def ladder(
    *,
    human: float,
    train: float,
    dev: float,
    train_dev: float | None = None,
    test: float | None = None,
    sizes: Mapping[str, int] | None = None,
    confidence: float = 0.95,
) -> Ladder:
    """Say where the error comes from: the largest step between sets, and what helps against it.

        avoidable bias      = train − human
        variance            = train_dev − train     (dev − train without a train-dev set)
        data mismatch       = dev − train_dev
        overfitting to dev  = test − dev

    (Deep Learning Specialization, course 3: week 1, "Avoidable bias"; week 2, "Bias and variance
    with mismatched data distributions"). A train-dev set has the distribution of the training set,
    but is not trained on; without one, a difference between the distributions counts as variance.

    Of steps of the same size, the one further down the ladder is named: the course's basic recipe
    deals with bias first, then with variance.

    Two sets differ by chance too. With their ``sizes``, each step has a confidence interval (Wilson
    for a rate, Newcombe's method 10 for a difference), and a step whose interval holds 0 is noise.
    They take the sets as independent draws; each single interval holds with this confidence.

    Args:
        human: the error rate of humans, or whatever is near the best possible (Bayes) error.
        train: the error rate on the training set, measured without dropout and augmentation.
        dev: the error rate on the dev set.
        train_dev: the error rate on the train-dev set.
        test: the error rate on the test set.
        sizes: how many examples of each set were looked at, such as ``{"train": 50_000, "dev":
            1_000}``. Without a size, the rate of humans counts as exact, and of other sets the
            interval is left out.
        confidence: how often an interval should hold the true number.

    Raises:
        ArgumentError: a rate outside [0, 1], such as a percentage; a set of fewer than two
            examples; a size of an unknown set.
        DTypeError: a rate that is no number, a size that is no integer.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.diagnose.ladder(human=0.01, train=0.08, dev=0.10))
        human          1 %
        train          8 %   avoidable bias 7 %
        dev           10 %   variance 2 %
        the largest step is avoidable bias: 7 %
          - train a bigger network
          - train longer, or with a better optimizer (momentum, RMSprop, Adam)
          - search for another architecture or better hyperparameters
        >>> tg.diagnose.ladder(human=0.075, train=0.08, dev=0.10).largest.name
        'variance'
    """
    given = {"human": human, "train": train, "train_dev": train_dev, "dev": dev, "test": test}
    rates = {
        name: as_rate("ladder", name, value)
        for name, value in given.items()
        if value is not None or name in ("human", "train", "dev")
    }
    _check_direction(rates)
    confidence = number(confidence, "ladder: confidence, such as 0.95,", above=0, below=1)
    counts = _counts(sizes, rates)
    intervals = {name: wilson(rates[name], n, confidence) for name, n in counts.items()}
    exact = {"human": Interval(rates["human"], rates["human"])}
    known = {**exact, **intervals}
    steps = tuple(_step(low, high, rates, known) for low, high in pairwise(rates))
    rising = [step for step in steps if step.size > 0 and not step.is_noise]
    largest = max(rising, key=lambda step: step.size, default=None)
    rivals = tuple(s for s in steps if largest and _is_close(s, largest, rates, known))
    return Ladder(rates, intervals, steps, largest, rivals, confidence)


def _check_direction(rates: Mapping[str, float]) -> None:
    if rates["dev"] < rates["train"] < rates["human"] and rates["dev"] > 0.5:
        raise errors.ArgumentError(
            f"ladder: from human = {rates['human']:g} to dev = {rates['dev']:g} these fall as"
            " accuracies do; error rates are wanted, write 1 - accuracy"
        )


def _counts(sizes: Any, rates: Mapping[str, float]) -> dict[str, int]:
    """Return the sizes of the sets on the ladder."""
    if sizes is None:
        return {}
    if not isinstance(sizes, Mapping):
        raise errors.DTypeError(
            f"ladder: sizes must be a dict such as {{'train': 50_000, 'dev': 1_000}}, not"
            f" {errors.describe(sizes)}"
        )
    for name in sizes:
        if name not in rates:
            known = name in SETS
            fix = f"; write {name}=..." if known else f"; the sets are {', '.join(SETS)}"
            raise errors.ArgumentError(f"ladder: sizes has {name!r}, which has no error rate{fix}")
    return {name: as_size("ladder", name, sizes[name]) for name in rates if name in sizes}


def _step(
    lower: str, upper: str, rates: Mapping[str, float], known: Mapping[str, Interval]
) -> Step:
    # Rounded, so that 8 % − 7 % is no less than 7 % − 6 %.
    size = round(rates[upper] - rates[lower], 12)
    interval = _interval({upper: 1, lower: -1}, rates, known)
    return Step(_CAUSES[lower, upper], lower, upper, size, interval)


def _is_close(
    step: Step, largest: Step, rates: Mapping[str, float], known: Mapping[str, Interval]
) -> bool:
    """Return whether another step is at least half as large, or might be as large by chance."""
    if step is largest or step.size <= 0:
        return False
    factors = dict.fromkeys(rates, 0)
    for rung, sign in ((largest, 1), (step, -1)):
        factors[rung.upper] += sign
        factors[rung.lower] -= sign
    apart = _interval(factors, rates, known)
    return 2 * step.size >= largest.size or (apart is not None and 0 in apart)


def _interval(
    factors: Mapping[str, int], rates: Mapping[str, float], known: Mapping[str, Interval]
) -> Interval | None:
    """Return the interval of a sum of rates, if that of each of them is known."""
    used = [name for name, factor in factors.items() if factor]
    if not all(name in known for name in used):
        return None
    return combined([Term(factors[name], rates[name], known[name]) for name in used])
