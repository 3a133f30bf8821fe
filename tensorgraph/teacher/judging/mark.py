"""What is asked of one gradient, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tensorgraph.teacher.judging.handed_in import HandedIn


@dataclass(frozen=True, eq=False)
class Asked:
    """What was handed in, and the places whose gradient it may be."""

    item: HandedIn
    places: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Mark:
    """What is said of one gradient."""

    key: str
    verdict: str
    """``right``, ``rounding``, ``given`` (right, given others that are wrong), ``wrong``,
    ``unexplained``, or ``unknown``."""
    text: str
    kind: str = ""
    """One word for what is wrong: ``factor``, ``mask``, ``transpose``."""
    place: Any = None
    mine: Any = None
    right: Any = None
    line: str = ""
    """The formula or line of whoever handed it in, if it is known."""
    scale: float = 1.0
    factor: float | None = None
    """How many times too large it is, if that is all that is wrong."""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.verdict in ("right", "rounding")
