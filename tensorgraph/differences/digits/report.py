"""What ``tg.precision`` hands back: what became of the digits, worst operation first."""

from __future__ import annotations

import linecache
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

import numpy as np

from tensorgraph.differences.digits.rounded import digits, unit
from tensorgraph.display.tables import html_lines, html_table, text_table

SERIOUS, SERIOUS_SUM = 2.5, 4.5
"""Digits: who loses fewer in the end is not blamed; of a sum, terms may cancel by chance."""
_SHOWN = 8
_WIDTH = 96


@dataclass(frozen=True)
class LostDigits:
    """What one operation loses, or the rule of its gradient."""

    op: str
    """The operation, or ``∂exp/∂x`` for a gradient rule."""
    own: float
    """The relative error that it makes of right operands, rounded."""
    total: float
    """The relative error of its result as it was computed, what it inherited included."""
    effect: float
    """The relative error of results or gradients if nothing else rounded."""
    dtype: str
    """The precision it was computed in."""
    path: str = ""
    """The module that it ran in."""
    line: str = ""
    """``file:line`` of the user's code."""
    is_sum: bool = False
    """Whether it adds up elements."""
    remarks: tuple[str, ...] = ()
    """What is out of range: ``exp overflows at x > 88.7: 3 of 40 entries``."""
    remedy: str = ""
    """What gains digits at these inputs: ``log(1 + exp(x)): write tg.softplus(x)``."""

    @property
    def digits(self) -> float:
        """How many digits of results or gradients it costs."""
        return digits(self.effect, np.dtype(self.dtype))

    @property
    def own_digits(self) -> float:
        """How many digits of its own result it costs."""
        return digits(self.own, np.dtype(self.dtype))

    @property
    def is_serious(self) -> bool:
        """Whether it costs so many that it is worth mending."""
        all_there_are = -math.log10(unit(self.dtype))
        return self.digits >= min(SERIOUS_SUM if self.is_sum else SERIOUS, all_there_are)

    @property
    def source(self) -> str:
        """The text of the user's line, if it can be read."""
        path, _, number = self.line.rpartition(":")
        return linecache.getline(path, int(number)).strip() if path else ""

    @property
    def place(self) -> str:
        """Where it stands, in short: module, file and line."""
        path, _, number = self.line.rpartition(":")
        return "  ".join(filter(None, [self.path, f"{Path(path).name}:{number}" if path else ""]))


@dataclass(frozen=True)
class PrecisionReport:
    """What a computation loses in a narrow precision."""

    dtype: str
    operations: int
    """How many ran."""
    results: dict[str, float]
    """The relative error of each result, by its place in what was returned."""
    gradients: dict[str, float]
    """The relative error of each gradient, by the leaf's name."""
    lost: tuple[LostDigits, ...]
    """Operations that lose a digit by themselves, those that cost most in the end first."""
    wide: int
    """How many operations took arrays of more digits, which the function holds."""
    vanished: dict[str, str]
    """What is lost altogether: constants and entries of gradients that round to 0, entries of
    results that are NaN in double precision, too."""

    @property
    def serious(self) -> tuple[LostDigits, ...]:
        """Those worth mending."""
        return tuple(lost for lost in self.lost if lost.is_serious)

    def __bool__(self) -> bool:
        """Whether anything is worth mending."""
        return bool(self.serious)

    @property
    def headline(self) -> str:
        """What came out, in a line."""
        worst = [
            f"{_right(max(errors.values()), self.dtype)} in {what}"
            for what, errors in (("results", self.results), ("gradients", self.gradients))
            if errors
        ]
        has = -math.log10(unit(self.dtype))
        return f"precision: {self.dtype} has {has:.1f} digits; right are {', '.join(worst)}"

    def __str__(self) -> str:
        lines = [self.headline]
        serious = self.serious
        if not serious:
            has = "nothing to mend: " if not self.wide else f"of what ran in {self.dtype}, "
            lines.append(f"{has}none of {self.operations - self.wide} operations costs much")
        groups = _alike(serious)
        for lost, more in groups[:_SHOWN]:
            also = f" (and {', '.join(dict.fromkeys(more))})" if more else ""
            lines.append(f"✘ {_costs(lost)}{also}{_at(lost)}")
            lines += [f"    {lost.source}"] if lost.source else []
            lines += [f"    {remark}" for remark in lost.remarks]
            lines += (
                wrap(f"→ {lost.remedy}", _WIDTH, initial_indent="    ", subsequent_indent="      ")
                if lost.remedy
                else []
            )
        if len(groups) > _SHOWN:
            lines.append(f"  … {len(groups) - _SHOWN} more")
        lines += [f"  {name}: {told}" for name, told in self.vanished.items()]
        if self.wide:
            lines.append(
                f"  {self.wide} of {self.operations} operations take arrays of more digits, which"
                " the function holds: give the model itself"
            )
        over = [r for lost in self.lost if not lost.is_serious for r in lost.remarks if _counts(r)]
        lines += [f"  without harm here: {remark}" for remark in dict.fromkeys(over)]
        return "\n".join(lines)

    __repr__ = __str__

    def table(self) -> str:
        """Return all operations that lose a digit, with what that costs, as a table of text."""
        head = ["operation", "own", "in all", "costs", "where"]
        return text_table([head, *map(list, self._rows(self.lost))], left=[0, 4])

    def _rows(self, lost: Sequence[LostDigits]) -> list[tuple[str, str, str, str, str]]:
        dtype = np.dtype(self.dtype)
        return [
            (
                each.op, f"{each.own_digits:.1f}", f"{digits(each.total, dtype):.1f}",
                f"{each.digits:.1f}", each.place,
            )
            for each in lost
        ]  # fmt: skip

    def _repr_html_(self) -> str:
        head = ["operation", "digits lost by itself", "in all", "in the end", "where", "remedy"]
        rows = [
            (*row, "; ".join(filter(None, [*lost.remarks, lost.remedy])))
            for row, lost in zip(self._rows(self.lost), self.lost, strict=True)
        ]
        told = [f"{name}: {gone}" for name, gone in self.vanished.items()]
        table = html_table(head, rows) if rows else ""
        return html_lines([self.headline]) + table + html_lines(told)


def _alike(lost: Sequence[LostDigits]) -> list[tuple[LostDigits, list[str]]]:
    """Return the worst of those that have one remedy in one line, each with the others' names."""
    groups: dict[object, tuple[LostDigits, list[str]]] = {}
    for each in lost:
        key = (each.line, each.path, each.remedy) if each.remedy else id(each)
        if key in groups:
            groups[key][1].append(each.op)
        else:
            groups[key] = each, []
    return list(groups.values())


def _right(error: float, dtype: str) -> str:
    """Return how many digits are right, of those that a precision has."""
    left = -math.log10(unit(dtype)) - digits(error, np.dtype(dtype))
    return "none" if left < 0.05 else f"{left:.1f}"


def _costs(lost: LostDigits) -> str:
    most = -math.log10(unit(lost.dtype))
    return f"{lost.op} costs {'all' if lost.digits > most - 0.05 else f'{lost.digits:.1f}'} digits"


def _at(lost: LostDigits) -> str:
    return f", at {lost.place}" if lost.place else ""


def _counts(remark: str) -> bool:
    return "overflows" in remark
