"""Guides: scripts of text and code cells, as notebooks to read here and to open in Jupyter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import jupytext
import nbformat

SECTIONS = {
    "course": "The course, week by week",
    "beyond": "Beyond the course",
    "recipes": "Recipes",
}
"""The folders of guides, with what the site calls them."""

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LINK = re.compile(r"\]\((?!\w+:)([\w./]+)\.py\)")
"""A link from one guide to another."""


def is_guide(script: Path) -> bool:
    """Return whether a script has cells of text."""
    return "# %% [markdown]" in script.read_text(encoding="utf-8")


def notebook(script: Path) -> nbformat.NotebookNode:
    """Return a script in the percent format as a notebook."""
    found = jupytext.reads(script.read_text(encoding="utf-8"), fmt="py:percent")
    found.metadata = nbformat.NotebookNode(kernelspec=KERNEL, language_info={"name": "python"})
    for number, cell in enumerate(found.cells):
        cell.id = f"cell-{number}"  # the same at every build
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(r"](\1.ipynb)", cell.source)
    return found


def write(script: Path, page: Path, downloads: Path, words: Sequence[str]) -> None:
    """Write a guide as a page of the site, and beside it what a reader may take away.

    Args:
        script: the guide.
        page: where its page goes, without the end of the name.
        downloads: where the notebook and the script go.
        words: what a search finds the page by, besides its own text.
    """
    found = notebook(script)
    downloads.mkdir(parents=True, exist_ok=True)
    nbformat.write(found, downloads / f"{script.stem}.ipynb")
    (downloads / script.name).write_bytes(script.read_bytes())
    kept = f"/downloads/{downloads.name}/{script.stem}"
    lead = (
        f"Take it with you: {{download}}`the notebook <{kept}.ipynb>`"
        f" or {{download}}`the script <{kept}.py>`."
    )
    entries = f"```{{index}} {', '.join(words)}\n```\n\n" if words else ""
    first = found.cells[0]
    heading, _, rest = first.source.partition("\n")
    first.source = f"{entries}{heading}\n\n:::{{div}} take-away\n{lead}\n:::\n{rest}"
    page.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(found, page.with_name(f"{page.name}.ipynb"))


def index(guides: dict[str, Path]) -> str:
    """Return the page that leads to all guides."""
    parts = ["# Guides\n\nEach is a program that runs, shown with what it printed and drew."]
    for folder, title in SECTIONS.items():
        pages = [page for page in guides if page.split("/")[1] == folder]
        if pages:
            listing = "\n".join(f"/{page}" for page in pages)
            parts.append(f"## {title}\n\n```{{toctree}}\n:caption: {title}\n\n{listing}\n```")
    parts.append("```{toctree}\n:hidden:\n\nprograms\n```")
    return "\n\n".join(parts) + "\n"
