"""Follow every link of a built site: each file and each anchor is there, and nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Page(HTMLParser):
    """What a page refers to, and the anchors that it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.anchors |= {found[key] or "" for key in ("id", "name") if key in found}
        if tag == "a" and found.get("href"):
            self.links.append(found["href"] or "")
        of_a_page = tag == "link" and "stylesheet" in (found.get("rel") or "")
        source = found.get("href") if of_a_page else found.get("src")
        if source:
            self.loaded.append(source)


def problems(site: Path) -> Iterator[str]:
    """Return what is wrong with the links of a site, one line each."""
    pages = {path: _Page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        shown = path.relative_to(site)
        for target in page.loaded:
            if urlsplit(target).scheme not in ("", "data"):
                yield f"{shown}: loads {target} from the network"
        for target in (*page.links, *page.loaded):
            problem = _problem(target, path, pages)
            if problem:
                yield f"{shown}: {target}: {problem}"


def _problem(target: str, page: Path, pages: dict[Path, _Page]) -> str:
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return ""
    path = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not path.exists():
        return "no such file"
    anchor = unquote(parts.fragment)
    if anchor and path in pages and anchor not in pages[path].anchors:
        return "no such anchor"
    return ""
