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
    """Return a page for each library, and the one that leads to them."""
    return {f"coming_from/{_file(peer)}.rst": page(letter) for letter, peer in PEERS.items()}


def _file(peer: str) -> str:
    return peer.lower().replace("-", "_")


def page(letter: str) -> str:
    """Return the names and keywords of one library."""
    peer = PEERS[letter]
    parts = [heading(f"Coming from {peer}", label=f"coming-from-{_file(peer)}"), OPENING]
    found = [lead for lead in names() if letter in lead.peers]
    for place in dict.fromkeys(lead.place for lead in found):
        rows = [_row(lead) for lead in found if lead.place == place]
        parts += [heading(f"At ``{place}``", "-"), table(rows, _header(peer), "30 45 25")]
    keywords = [lead for lead in keyword_leads() if letter in lead.peers]
    if keywords:
        rows = [(f"``{k.name}=`` of {k.place}", *_row(k)[1:]) for k in keywords]
        parts += [heading("Keywords", "-"), table(rows, _header(peer), "30 45 25")]
    return "".join(parts)


def _header(peer: str) -> Sequence[str]:
    return peer, "here", "to be known"


def _row(lead: Lead) -> tuple[str, str, str]:
    return f"``{lead.name}``", f"``{lead.line}``" if lead.line else "–", escaped(lead.note)
