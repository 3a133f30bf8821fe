"""What a fault is: an edit of a text that stands exactly once in its file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """An edit of one source file that makes a number, or what guards it, wrong."""

    file: str
    old: str
    new: str
    what: str

    def __str__(self) -> str:
        return self.what

    @property
    def named(self) -> list[str]:
        """The ops, or else the topics of tests, that its description begins with."""
        head, colon, _ = self.what.partition(": ")
        return head.split(", ") if colon else []

    def planted(self, source: str) -> str:
        """Return the source with the fault in it."""
        count = source.count(self.old)
        if count != 1:
            raise LookupError(f"{self.what}: its text stands {count} times in {self.file}")
        return source.replace(self.old, self.new)


def planted_in(name: str, *edits: tuple[str, str, str]) -> list[Fault]:
    """Return faults of one file of the package, as the old text, the new one and what it is."""
    return [Fault(f"tensorgraph/{name}", old, new, what) for old, new, what in edits]
