"""What a check of a whole thing hands back: each promise, and what was seen where it is broken.

A check asks for one promise after the other and tells of all that are broken, in one error. A
promise is a function that returns nothing, or a remark, and raises where it is broken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tensorgraph.display.tables import html_table
from tensorgraph.errors import CheckError

Promise = Callable[[], str | None]
"""Raises an error that says what was seen; returns a remark, if there is one to be made."""


@dataclass(frozen=True)
class Kept:
    """One promise, and whether it was found kept."""

    promise: str
    broken: str = ""
    """What was seen: the worst case, its numbers, the line to look at. Empty if it is kept."""
    remark: str = ""
    """What is worth knowing of a promise that is kept, or why it was not asked for."""
    after: str = ""
    """The broken promise that this one rests on, for which it was not asked for."""

    @property
    def mark(self) -> str:
        """A tick, a cross, or a dash where it was not asked for."""
        return "✘" if self.broken else "–" if self.after else "✓"


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
        total, broken = len(self.promises), self.broken
        if not broken:
            told = [f"{self.subject}: {total} promise{'s' * (total != 1)} kept"]
        else:
            told = [f"{self.subject}: {len(broken)} of {total} promises broken"]
        for kept in self.promises:
            if said := kept.broken or kept.remark:
                told.append(f"{kept.mark} {kept.promise}: " + said.replace("\n", "\n    "))
        plain = [kept for kept in self.promises if not (kept.broken or kept.remark)]
        if fine := [kept.promise for kept in plain if not kept.after]:
            told.append(f"✓ {', '.join(fine)}")
        for earlier in dict.fromkeys(kept.after for kept in plain if kept.after):
            unasked = [kept.promise for kept in plain if kept.after == earlier]
            told.append(f"– not asked for, as {earlier} is broken: {', '.join(unasked)}")
        return "\n  ".join(told)

    def _repr_html_(self) -> str:
        rows = ((kept.promise, kept.mark, kept.broken or kept.remark) for kept in self.promises)
        return html_table([self.subject, "", ""], rows)


def examined(
    subject: str, promises: Mapping[str, Promise], after: Mapping[str, Sequence[str]] | None = None
) -> Checked:
    """Ask for each promise; raise one error that tells of all that are broken.

    Args:
        subject: what is checked.
        promises: by name, in the order in which they are asked for.
        after: of some promises, those that they rest on: where one of these is broken, they are
            not asked for, as they would tell of the same thing once more.

    Raises:
        CheckError: promises are broken; its ``result`` is what else would have been returned.

    Example:
        >>> examined("a number", {"positive": lambda: None})
        a number: 1 promise kept
          ✓ positive
    """
    asked: dict[str, Kept] = {}
    for name, promise in promises.items():
        first = (earlier for earlier in (after or {}).get(name, ()) if earlier in asked)
        broken = next((earlier for earlier in first if asked[earlier].broken), None)
        asked[name] = _kept(name, promise) if broken is None else Kept(name, after=broken)
    found = Checked(subject, tuple(asked.values()))
    if found.broken:
        raise CheckError(repr(found), found)
    return found


def _kept(name: str, promise: Promise) -> Kept:
    """Ask for one promise. Whatever it raises is what is wrong: the thing may do anything."""
    try:
        return Kept(name, remark=promise() or "")
    except AssertionError as error:
        return Kept(name, broken=str(error) or "an assertion failed")
    except Exception as error:
        return Kept(name, broken=f"{type(error).__name__}: {error}")
