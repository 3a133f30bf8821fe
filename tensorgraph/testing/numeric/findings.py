"""What gradcheck hands back, and what it says when a gradient is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from tensorgraph.display.tables import html_lines, html_table
from tensorgraph.engine.arrays import Array
from tensorgraph.errors import GradcheckError
from tensorgraph.numeric.ridders import Slope
from tensorgraph.testing.numeric.probes import length

PASSES = 2e-7
"""The relative difference up to which the course finds a gradient right."""

_TOO_MUCH = "wrong all the same, float64 rounds by far less (the course would let it pass)"


def relative_difference(computed: Sequence[float], numeric: Sequence[float]) -> float:
    """Return ‖g − ĝ‖ / (‖g‖ + ‖ĝ‖), 0 where both are 0.

    Source: A. Ng, "Gradient checking", Deep Learning Specialization, course 2, week 1.

    Example:
        >>> relative_difference([1.0, 2.0], [1.0, 2.0])
        0.0
    """
    g, numeric_g = np.asarray(computed), np.asarray(numeric)
    size = length(g) + length(numeric_g)
    return length(g - numeric_g) / size if size else 0.0


def verdict(difference: float) -> str:
    """Return what the course says about a relative difference.

    Example:
        >>> verdict(3e-2)
        'a mistake, says the course (above 2e-7)'
    """
    if difference > PASSES:
        return "a mistake, says the course (above 2e-7)"
    return "works perfectly fine, says the course (not above 2e-7)"


SINGLE = (2.0**-31, 2.0**-23)
"""By how much a constant in single precision is wrong, relative to itself, as a rule."""


def of_single_precision(pairs: Sequence[tuple[float, float]]) -> str:
    """Return the likely cause where all numbers differ from others as float32 rounds, or nothing.

    Example:
        >>> of_single_precision([(2 * float(np.float32(0.1)), 0.2)])[:40]
        'cause: they differ as float32 rounds: is'
        >>> of_single_precision([(0.2, 0.1)])
        ''
    """
    off = [abs(found / right - 1) if right else np.inf for found, right in pairs]
    if not off or max(off) > SINGLE[1] or max(off) < SINGLE[0]:
        return ""
    return (
        "cause: they differ as float32 rounds: is a constant in the kernel or the rule float32, as"
        " np.float32(0.1) and tg.tensor(0.1) are? Write 0.1, which takes the dtype of what it meets"
    )


@dataclass(frozen=True)
class GradcheckResult:
    """What a passed :func:`gradcheck` found."""

    order: int
    """The highest order of derivatives that was checked."""
    method: str
    """Where the numeric derivatives came from."""
    elements: int
    """How many elements of the arguments were checked, so that one by one would find no more."""
    directions: int
    """How many random directions were checked besides."""
    relative_difference: float
    """The course's ‖g − ĝ‖ / (‖g‖ + ‖ĝ‖); of both orders, the larger."""
    kinks: tuple[str, ...] = ()
    """The elements at which the function has a kink."""
    remarks: tuple[str, ...] = ()
    """What else is worth knowing."""

    @property
    def verdict(self) -> str:
        """What the relative difference says: that the gradient is right, as far as one can tell."""
        if self.relative_difference > PASSES:
            return "right, as far as rounding lets one tell"
        return verdict(self.relative_difference)

    def and_then(self, next_order: GradcheckResult) -> GradcheckResult:
        """Return the results for this order and the next as one."""
        methods = dict.fromkeys((self.method, next_order.method))
        return replace(
            next_order,
            method=", then ".join(methods),
            elements=max(self.elements, next_order.elements),
            directions=max(self.directions, next_order.directions),
            kinks=tuple(dict.fromkeys((*self.kinks, *next_order.kinks))),
            relative_difference=max(self.relative_difference, next_order.relative_difference),
            remarks=tuple(dict.fromkeys((*self.remarks, *next_order.remarks))),
        )

    def __repr__(self) -> str:
        said = (
            f"gradcheck passed: order {self.order}, {self.method}, {self._checked},"
            f" relative difference {self.relative_difference:.1e}: {self.verdict}"
        )
        return "\n  ".join([said, *self._notes])

    def _repr_html_(self) -> str:
        rows = (
            ("order", self.order),
            ("method", self.method),
            ("checked", self._checked),
            ("relative difference", f"{self.relative_difference:.1e}"),
            ("verdict", self.verdict),
        )
        return html_table(["gradcheck", "passed"], rows) + html_lines(self._notes)

    @property
    def _checked(self) -> str:
        """What was compared, in words."""
        counts = ((self.elements, "element"), (self.directions, "random direction"))
        checked = [f"{n} {what}{'s' * (n != 1)}" for n, what in counts if n]
        return " and ".join(checked) or "nothing to check"

    @property
    def _notes(self) -> list[str]:
        """Where there are kinks, and the remarks."""
        if not self.kinks:
            return [*self.remarks]
        rest = len(self.kinks) - 4
        places = "; ".join(self.kinks[:4]) + (f"; and {rest} more" if rest > 0 else "")
        told = (
            f"kink at {places}: the gradient is a subgradient, it lies between the one-sided"
            " derivatives"
        )
        return [told, *self.remarks]


class Finding(NamedTuple):
    """One derivative that is wrong."""

    place: str
    computed: float
    numeric: Slope

    @property
    def distance(self) -> float:
        """How far the computed value is from what it may be."""
        if not self.numeric.is_kink:
            return abs(self.computed - self.numeric.value)
        return min(abs(self.computed - side) for side in self.numeric.sides)


def require_finite(
    gradient: Sequence[Array], held: Sequence[Array], names: Sequence[str], what: str
) -> None:
    """Raise for an infinite or undefined entry, except where elements are held."""
    for name, g, part in zip(names, gradient, held, strict=True):
        bad = np.argwhere(~np.isfinite(g) & ~part)
        if len(bad):
            index = tuple(int(n) for n in bad[0])
            where = f"{name}, index {index}" if index else name
            raise GradcheckError(
                f"gradcheck: the computed {what} is {g[index]} at {where}; run it under"
                " tg.debug() to see where that is made"
            )


def unsettled(what: str, place: str, s: Slope) -> GradcheckError:
    """Return the error for a derivative that values say nothing about."""
    return GradcheckError(
        f"gradcheck: the {what} at {place} cannot be judged: the numeric one does not settle"
        f" ({s.value:.6g} ± {s.error:.1g}); the function jumps there, is noisy, or is not defined"
        " on both sides: move the argument a little, to where it is defined all around"
    )


def failure(
    shown: Finding,
    wrong: Sequence[Finding],
    checked: int,
    what: str,
    method: str,
    difference: float,
) -> str:
    """Return the message of a failed check.

    Args:
        shown: the worst.
        wrong: all that are wrong.
        checked: how many derivatives were compared with them.
        what: what these derivatives are.
        method: where the numeric ones came from.
        difference: the course's relative difference over all that were compared.
    """
    computed, numeric = shown.computed, shown.numeric
    lines = [f"the {what} is wrong at {shown.place}", f"computed   {computed:.17g}"]
    if numeric.is_kink:
        low, high = numeric.sides
        lines.append(
            f"numeric    between {low:.10g} and {high:.10g}: there is a kink, and the computed"
            " value is no subgradient"
        )
    else:
        lines.append(f"numeric    {numeric.value:.17g}   ({method})")
        if numeric.value and computed:
            lines.append(f"ratio      {computed / numeric.value:.15g}")
    said = verdict(difference) if difference > PASSES else _TOO_MUCH
    lines.append(f"relative difference ‖g−ĝ‖/(‖g‖+‖ĝ‖) = {difference:.1e}: {said}")
    lines.append(f"{len(wrong)} of {checked} checked derivatives are wrong{_pattern(wrong)}")
    smooth = [f for f in wrong if not f.numeric.is_kink]
    if cause := of_single_precision([(f.computed, f.numeric.value) for f in smooth]):
        lines.append(cause)
    return "\n  ".join(lines)


def _pattern(wrong: Sequence[Finding]) -> str:
    """Say what the wrong derivatives have in common."""
    if any(finding.numeric.is_kink for finding in wrong):
        return ""
    if all(finding.computed == 0 for finding in wrong):
        return ", all computed as 0: is something on the way detached or constant?"
    ratios = [f.computed / f.numeric.value for f in wrong if f.numeric.value]
    factor = float(np.mean(ratios)) if ratios else 1.0
    if len(ratios) == len(wrong) > 1 and np.ptp(ratios) <= 1e-3 * abs(factor - 1):
        return f", all by the factor {factor:.12g}"
    return ""
