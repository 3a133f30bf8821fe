"""What other libraries call things, and what to write here: the table that errors are made from."""

from __future__ import annotations

from collections.abc import Sequence

from docs.rst import escaped, heading, table
from tensorgraph.leads.table import PEERS, Lead, keyword_leads, names

OPENING = """\
What you would type there, and the line to write here. The same table answers in the interpreter:
whoever types one of these names is told the line by the error. Names that are the same in both
places, which most are, do not stand here.

"""


def pages() -> dict[str, str]:
    """Return a page for each library, by file name."""
    return {f"coming_from/{_file(peer)}.rst": page(letter) for letter, peer in PEERS.items()}


def _file(peer: str) -> str:
    return peer.lower().replace("-", "_")


def page(letter: str) -> str:
    """Return the names and keywords of one library."""
    peer = PEERS[letter]
    parts = [heading(f"Coming from {peer}", label=f"coming-from-{_file(peer)}"), OPENING]
    found = [lead for lead in names() if letter in lead.peers]
    for place in dict.fromkeys(lead.place for lead in found):
        rows = _rows([lead for lead in found if lead.place == place], "{}")
        parts += [heading(f"At ``{place}``", "-"), _table(peer, rows)]
    keywords = [lead for lead in keyword_leads() if letter in lead.peers]
    if keywords:
        parts += [heading("Keywords", "-"), _table(peer, _keyword_rows(keywords))]
    return "".join(parts)


def _keyword_rows(keywords: Sequence[Lead]) -> list[tuple[str, str, str]]:
    return [
        (f"{there} of {place}", here, note)
        for place in dict.fromkeys(lead.place for lead in keywords)
        for there, here, note in _rows([k for k in keywords if k.place == place], "{}=")
    ]


def _table(peer: str, rows: Sequence[Sequence[str]]) -> str:
    return table(rows, (peer, "here", "to be known"), "30 45 25")


def _rows(leads: Sequence[Lead], spelt: str) -> list[tuple[str, str, str]]:
    """Return rows of the table; names with the same answer share one."""
    alike: dict[tuple[str, str], list[str]] = {}
    for lead in leads:
        alike.setdefault((lead.line, lead.note), []).append(f"``{spelt.format(lead.name)}``")
    return [
        (", ".join(there), f"``{line}``" if line else "–", escaped(note))
        for (line, note), there in alike.items()
    ]
