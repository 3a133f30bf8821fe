"""A whole page of HTML inside another one, which it can neither read nor change."""

from __future__ import annotations

from dataclasses import dataclass

from tensorgraph.display.text import escaped


@dataclass(frozen=True, repr=False)
class Frame:
    """A page that notebooks show below a cell.

    Its program runs in a sandbox, apart from the notebook; it may copy, and hand over files. The
    page stands in the notebook itself, so nothing is read from a file or network.

    Example:
        >>> Frame("<!doctype html><p>hello", height=100, said="<a page>")
        <a page>
    """

    page: str
    """The HTML document."""
    height: int
    """In pixels."""
    said: str
    """What stands in its place where only text is shown."""

    def __repr__(self) -> str:
        return self.said

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{escaped(self.page)}" sandbox="allow-scripts allow-downloads"'
            ' allow="clipboard-write" title="explorer"'
            f' style="width:100%;height:{self.height}px;border:1px solid #8884"></iframe>'
        )
