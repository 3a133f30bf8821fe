"""Guides: scripts of text and code cells, as notebooks to read here and to open in Jupyter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import jupytext
import nbformat

SECTIONS = {
    "course": (
        "The course, week by week",
        "The Deep Learning Specialization's first three courses, written as the course writes them:"
        " samples in columns, by hand first, then with `tg.nn`. {doc}`/course_index` finds terms.",
    ),
    "beyond": (
        "Beyond the course",
        "What the engine is good for besides. {doc}`/guides/programs` are longer still.",
    ),
    "recipes": ("Recipes", 'Short answers to "how do I …?", each a program that runs.'),
}
"""The folders of guides: what the site calls them, and what it says of them."""

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LINK = re.compile(r"\]\((?!\w+:)([\w./]+)\.py\)")
"""A link from one guide to another."""


def is_guide(script: Path) -> bool:
    """Return whether a script has cells of text."""
    return "# %% [markdown]" in script.read_text(encoding="utf-8")


def notebook(script: Path) -> nbformat.NotebookNode:
    """Return a script in the percent format as a notebook."""
    found: nbformat.NotebookNode = jupytext.reads(
        script.read_text(encoding="utf-8"), fmt="py:percent"
    )
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


def indexes(guides: dict[str, Path]) -> dict[str, str]:
    """Return for each folder of guides the page that leads to them, by file name."""
    return {f"guides/{folder}/index.md": _index(folder, guides) for folder in SECTIONS}


def _index(folder: str, guides: dict[str, Path]) -> str:
    found = {page: script for page, script in guides.items() if page.split("/")[1] == folder}
    title, opening = SECTIONS[folder]
    rows = [f"{{doc}}`/{page}`\n: {_opening(script)}" for page, script in found.items()]
    listing = "\n".join(f"/{page}" for page in found)
    return (
        f"# {title}\n\n{opening}\n\n"
        + "\n\n".join(rows)
        + f"\n\n```{{toctree}}\n:hidden:\n\n{listing}\n```\n"
    )


def _opening(script: Path) -> str:
    """Return the first sentence of a guide's text, below its title and where it belongs."""
    text = notebook(script).cells[0].source
    paragraphs = [p for p in text.split("\n\n")[1:] if not p.startswith(("*", "```"))]
    first = " ".join(paragraphs[0].split()) if paragraphs else ""
    return re.split(r"(?<=[.?!:]) ", first)[0].rstrip(":")
