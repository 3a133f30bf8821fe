"""What a check of a whole thing hands back: each promise, and what was seen where it is broken.

A check asks for one promise after the other and tells of all that are broken, in one error. A
promise is a function that returns nothing, or a remark, and raises where it is broken.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import wrap

import numpy as np

from tensorgraph.display.tables import html_table
from tensorgraph.engine.modes import mode
from tensorgraph.errors import CheckError

Promise = Callable[[], str | None]
"""Raises an error that says what was seen; returns a remark, if there is one to be made."""

WIDTH = 96
"""Of lines that list what is kept."""


class NotAsked(Exception):
    """Raised by a promise that cannot be asked for here; the text says why."""


@dataclass(frozen=True)
class Kept:
    """One promise, and whether it was found kept."""

    promise: str
    broken: str = ""
    """What was seen: the worst case, its numbers, the line to look at. Empty if it is kept."""
    remark: str = ""
    """What is worth knowing of a promise that is kept, or why it was not asked for."""
    asked: bool = True
    """Whether it could be asked for."""

    @property
    def mark(self) -> str:
        """A tick, a cross, or a dash for what was not asked for."""
        return "✘" if self.broken else "✓" if self.asked else "–"


@dataclass(frozen=True)
class Checked:
    """What a check of a whole thing found."""

    subject: str
    """What was checked, in the words of the caller: ``check_module: Linear(3 → 2)``."""
    promises: tuple[Kept, ...]

    @property
    def broken(self) -> tuple[Kept, ...]:
        """The promises that are broken."""
        return tuple(kept for kept in self.promises if kept.broken)

    def __repr__(self) -> str:
        count, broken = sum(kept.asked for kept in self.promises), self.broken
        if not broken:
            told = [f"{self.subject}: {count} promise{'s' * (count != 1)} kept"]
        else:
            told = [f"{self.subject}: {len(broken)} of {count} promises broken"]
        rest = [kept for kept in self.promises if not kept.broken]
        for kept in [*broken, *(kept for kept in rest if kept.asked and kept.remark)]:
            said = (kept.broken or kept.remark).replace("\n", "\n      ")
            told.append(f"{kept.mark} {kept.promise}: {said}")
        if fine := [kept.promise for kept in rest if kept.asked and not kept.remark]:
            told.append(_listed("✓", fine, ""))
        reasons = dict.fromkeys(kept.remark for kept in rest if not kept.asked)
        for reason in reasons:
            names = [kept.promise for kept in rest if not kept.asked and kept.remark == reason]
            told.append(_listed("–", names, f": not asked for, {reason}"))
        return "\n  ".join(told)

    def _repr_html_(self) -> str:
        rest = sorted(self.promises, key=lambda kept: not kept.broken)
        table = html_table(
            [self.subject, "", ""],
            ((k.promise, k.mark, k.broken or k.remark) for k in rest),
        )
        return f'<div style="white-space: pre-wrap">{table}</div>'


def _listed(mark: str, names: Sequence[str], end: str) -> str:
    """Return names in lines that are not too long."""
    indented = {"subsequent_indent": "    ", "width": WIDTH, "break_on_hyphens": False}
    return "\n".join(wrap(f"{mark} {', '.join(names)}{end}", **indented))  # type: ignore[arg-type]


def examined(
    subject: str,
    promises: Mapping[str, Promise],
    needs: Mapping[str, Sequence[str]] | None = None,
) -> Checked:
    """Ask for each promise; raise one error that tells of all that are broken.

    Args:
        subject: what is checked, in the words of the caller.
        promises: by their names, those that others need first.
        needs: the names of the promises that one needs, by its name: it makes no sense, and is not
            asked for, where one of these is broken.

    Raises:
        CheckError: promises are broken; its ``result`` is what else would have been returned.

    Example:
        >>> examined("a number", {"positive": lambda: None})
        a number: 1 promise kept
          ✓ positive
    """
    __tracebackhide__ = True  # pytest shows the line that asks for a check
    told: dict[str, Kept] = {}
    for name, promise in promises.items():
        missing = [n for n in (needs or {}).get(name, ()) if n in told and told[n].broken]
        if missing:
            told[name] = Kept(name, remark=f"{missing[0]} is broken", asked=False)
        else:
            told[name] = _kept(name, promise)
    found = Checked(subject, tuple(told.values()))
    if found.broken:
        raise CheckError(repr(found), found)
    return found


def demand(condition: object, message: str) -> None:
    """Break the promise that is being examined, unless a condition holds."""
    if not condition:
        raise AssertionError(message)


def broken_by(error: Exception) -> Promise:
    """Return the promise that something which failed with this error breaks."""

    def promise() -> None:
        raise error

    return promise


@contextmanager
def quietly() -> Iterator[None]:
    """Let nothing warn, neither NumPy nor what is checked: what is wrong is told once."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def _kept(name: str, promise: Promise) -> Kept:
    """Ask for one promise. Whatever it raises is what is wrong: the thing may do anything.

    Nothing watches it: ``tg.debug`` would raise for what is tried on purpose, and what checks
    gradients as they run keeps arrays that have to go.
    """
    try:
        with mode(observer=None):
            return Kept(name, remark=promise() or "")
    except NotAsked as reason:
        return Kept(name, remark=str(reason), asked=False)
    except AssertionError as error:
        return Kept(name, broken=str(error) or "an assertion failed")
    except Exception as error:
        return Kept(name, broken=f"{type(error).__name__}: {error}")
