"""Numbers that a factor may be: those of the graph, and those that the caller's variables hold."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tensorgraph.engine.graph import Node, ancestors
from tensorgraph.formulas.writing.text import pretty
from tensorgraph.teacher.judging.operations import DIVIDE, MEAN, MULTIPLY
from tensorgraph.teacher.judging.recording import Recording

TELLING = (
    "m batch_size num_samples n_samples batch B M"
    " lambd lambda_ lmbda lam reg l2 weight_decay keep_prob keep p dropout learning_rate lr alpha"
    " eta beta beta1 beta2 gamma eps epsilon d_k dk d n N scale clip"
).split()
"""Variables that formulas of gradients are made of: they come before others."""

WHOLE = range(2, 10)


@dataclass(frozen=True)
class Known:
    """A number, and how it is written."""

    text: str
    value: float
    cost: float
    """How much there is to say of it: of two that are alike, the cheaper is meant."""

    @property
    def told(self) -> str:
        """What it is, with its value: ``m = 40``."""
        return self.text if self.text == f"{self.value:g}" else f"{self.text} = {self.value:.6g}"


class KnownNumbers:
    """The numbers by which a gradient may be off.

    Args:
        variables: the caller's numbers by name. One counts that is met in the graph, or in what was
            handed in: others are left from something else.
        recording: the graph, which has lengths of axes and constants.
        mentioned: the names in what was handed in.
    """

    def __init__(
        self, variables: Mapping[str, float], recording: Recording, mentioned: Collection[str] = ()
    ) -> None:
        self._singles: list[Known] = []
        self._used = used = _numbers_of(recording)
        lengths = _lengths(recording)
        for name, value in variables.items():
            if not (isinstance(value, (int, float)) and math.isfinite(value) and value > 0):
                continue
            if value == 1 or not (name in mentioned or _is_met(name, value, used, lengths)):
                continue
            cost = 0.8 if name in mentioned else 1.0 if name in TELLING else 1.2
            self._singles.append(Known(pretty(name), float(value), cost))
        held = {known.value for known in self._singles if known.cost < 2}
        for value, what in lengths.items():
            if value > 1 and value not in held:
                self._singles.append(Known(what, float(value), 1.6 if value < 10 else 1.3))
        for value in used:
            if value not in held and value not in lengths and value not in WHOLE:
                self._singles.append(Known(f"{value:.6g}", float(value), 1.5))
        self._singles += [Known(f"{n}", float(n), 0.8 + n / 10) for n in WHOLE]
        self._singles.sort(key=lambda known: known.cost)
        self._every = sorted(self._combined(), key=lambda known: known.cost)
        self._values = np.array([known.value for known in self._every])

    def _combined(self) -> Iterator[Known]:
        singles = self._singles
        for a in singles:
            yield a
            yield Known(f"1 / {a.text}", 1 / a.value, a.cost + 0.05)
            if a.text[0].isdigit():
                continue  # of numbers without a name, too much could be made
            if _among(math.sqrt(a.value), self._used) or _among(a.value**-0.5, self._used):
                yield Known(f"√{a.text}", math.sqrt(a.value), a.cost + 1)
                yield Known(f"1 / √{a.text}", 1 / math.sqrt(a.value), a.cost + 1)
            yield Known(f"{a.text}²", a.value**2, a.cost + 0.9)
            yield Known(f"1 / {a.text}²", a.value**-2, a.cost + 0.95)
            yield Known(f"(1 − {a.text})", 1 - a.value, a.cost + 1.2)
            if a.value < 1:
                yield Known(f"1 / (1 − {a.text})", 1 / (1 - a.value), a.cost + 1.3)
        few = [k for k in singles if k.cost < 2 and (k.value == 2 or not k.text[0].isdigit())][:14]
        for i, a in enumerate(few):
            for b in few:
                if a.value != b.value:
                    yield Known(f"{a.text} / {b.text}", a.value / b.value, a.cost + b.cost)
            for b in few[i + 1 :]:
                yield Known(f"{a.text} {b.text}", a.value * b.value, a.cost + b.cost + 0.1)
                yield Known(
                    f"1 / ({a.text} {b.text})", 1 / (a.value * b.value), a.cost + b.cost + 0.2
                )

    def recognised(self, value: float, share: float) -> list[Known]:
        """Return what a positive number may be, the likeliest first; those as likely with it.

        Args:
            value: the number.
            share: how far off it may be.
        """
        if not math.isfinite(value) or value <= 0:
            return []
        close = np.flatnonzero(np.abs(self._values - value) <= share * value)
        found = [self._every[k] for k in close]
        best = min((known.cost for known in found), default=0.0)
        likely = [known for known in found if known.cost <= best + 0.15][:3]
        named = [known for known in found if not known.text.removeprefix("1 / ")[0].isdigit()]
        if named and named[0] not in likely and named[0].cost <= 2.2:
            likely = [named[0], *likely[:1]]
        return likely


def _is_met(name: str, value: float, used: Collection[float], lengths: Collection[float]) -> bool:
    """Return whether a number is met in a graph, by itself or as it stands in the usual terms."""
    if name not in TELLING:
        return value not in WHOLE and value in used
    if value in used or value in lengths:
        return True
    forms = [1 - value, 1 / (1 - value), value / 2, value * 2, value**0.5, value**-0.5]
    forms += [value / n for n in lengths] + [value / (2 * n) for n in lengths]
    return any(_among(form, used) for form in forms)


def _among(value: float, numbers: Collection[float]) -> bool:
    return any(abs(value - n) <= 1e-6 * n for n in numbers)


def _lengths(recording: Recording) -> dict[float, str]:
    found: dict[float, str] = {}
    shapes = [node.shape for node in recording.nodes]
    shapes += [np.shape(p) for node in recording.nodes for p in node.parents]
    for shape in shapes:
        for n in shape:
            if n > 1:
                found.setdefault(float(n), f"{n}")
    for shape in shapes:
        for i in range(len(shape)):  # a mean is over several axes that follow each other
            for j in range(i + 2, len(shape) + 1):
                found.setdefault(float(math.prod(shape[i:j])), f"{math.prod(shape[i:j])}")
    return found


def _numbers_of(recording: Recording) -> dict[float, None]:
    """Return the positive numbers that stand in a graph."""
    found: dict[float, None] = {}
    for node in ancestors([recording.root]):
        for parent in node.parents:
            if np.ndim(parent) == 0 and type(parent) is not Node and not hasattr(parent, "_data"):
                value = abs(float(parent))
                if value not in (0.0, 1.0) and math.isfinite(value):
                    found[value] = None
    return found


def averaged_over(recording: Recording) -> list[float]:
    """Return what the output is divided by: gradients on the way may leave it out, as the course.

    That is the number of samples of ``(…).sum() / m``, ``1 / (2 * m) * (…).sum()`` and
    ``(…).mean()``, and of a mean over samples and outputs also the length of each axis.
    """
    found: dict[float, None] = {}
    lengths = _lengths(recording)
    for node in recording.nodes:
        if recording.of_parameters(node):
            continue  # a penalty
        if node.op is MEAN and math.prod(node.shape) == 1:
            shape = recording.operand((node, 0)).shape
            axes = node.static.get("axis")
            axes = range(len(shape)) if axes is None else np.atleast_1d(axes)
            for n in (math.prod(shape[a] for a in axes), *(shape[a] for a in axes)):
                found[float(n)] = None
        elif math.prod(node.shape) == 1 and node.op in (DIVIDE, MULTIPLY):
            for k, parent in enumerate(node.parents):
                value = recording.of(parent)
                if type(parent) is Node or np.ndim(value) or not float(value):
                    continue
                number = abs(float(value))
                number = number if node.op is DIVIDE and k == 1 else 1 / number
                for n in (number, number / 2):  # the squares of 1 / (2 m) Σ (…)² bring a 2
                    if _is_length(n, lengths):
                        found[float(round(n))] = None
    return [n for n in found if n not in (0.0, 1.0)]


def _is_length(number: float, lengths: Mapping[float, str]) -> bool:
    return abs(number - round(number)) < 1e-6 * number and float(round(number)) in lengths
