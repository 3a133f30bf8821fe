"""The rows of the table as data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from tensorgraph.leads import (
    functions,
    keywords,
    layer_keywords,
    networks,
    operations,
    tensors,
    training,
)

PEERS = {
    "P": "PyTorch",
    "K": "Keras",
    "J": "JAX",
    "N": "NumPy",
    "S": "scikit-learn and SciPy",
}
"""Who calls a thing so, by the letter in a row."""

ANYWHERE = "every call"
"""The place of keywords that mean the same wherever they stand."""


@dataclass(frozen=True, slots=True)
class Lead:
    """A name from elsewhere, and what to write here."""

    place: str
    """Where it is typed: ``tg``, ``nn.losses``, a class such as ``Tensor``; or what is called."""
    name: str
    """What it is called there."""
    peers: str
    """The letters of those who call it so."""
    line: str
    """What to write; ``""`` where nothing is."""
    note: str
    """What is to be known of it."""
    keyword: str = ""
    """Of a keyword, the one here that takes the same value."""

    @property
    def told(self) -> str:
        """What a message says: ``write x.reshape(-1)``."""
        if not self.line:
            return self.note
        return f"write {self.line}" + (f" ({self.note})" if self.note else "")


_ROW = re.compile(r"(?P<names>\S+) +(?P<peers>[PKJNS]+) +((?P<keyword>\w+)= +)?(?P<rest>\S.*)")


def _rows(table: Mapping[str, str]) -> Iterator[Lead]:
    for place, text in table.items():
        for row in filter(str.strip, text.splitlines()):
            found = _ROW.fullmatch(row.strip())
            if found is None:
                raise ValueError(f"no row of the table: {row!r}")
            line, _, note = f" {found['rest']}".partition(" # ")
            for name in found["names"].split(","):
                yield Lead(
                    place, name, found["peers"], line.strip(), note.strip(), found["keyword"] or ""
                )


@cache
def names() -> tuple[Lead, ...]:
    """Return the leads from names of modules and attributes of objects.

    Example:
        >>> next(lead.line for lead in names() if lead.name == "cat")
        'tg.concat([x, y], axis=0)'
    """
    files = (functions, operations, networks, training, tensors)
    return tuple(lead for file in files for lead in _rows(file.NAMES))


@cache
def keyword_leads() -> tuple[Lead, ...]:
    """Return the leads from keywords of calls.

    Example:
        >>> next(lead.keyword for lead in keyword_leads() if lead.name == "dim")
        'axis'
    """
    return tuple(_rows({**keywords.KEYWORDS, **layer_keywords.KEYWORDS}))
