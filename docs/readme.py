"""README.md as pages of the site: its sections, sorted by what a reader wants."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

PAGES = {
    "start": ("Start here", ["Start", "A first program", "Guides"]),
    "tour": (
        "A tour",
        [
            "Gradients",
            "The gradient as a formula",
            "See the graph",
            "See what it learns",
            "Your own operation",
            "Networks",
            "Tests of what you build",
            "A step as one program",
            "From data to decision",
            "Out of the house",
            "Errors say what to write instead",
            "What is wrong with a gradient",
            "Why is my gradient zero?",
            "Troubleshooting",
        ],
    ),
    "about": (
        "What it holds, and how far it is trusted",
        ["What works", "Trust", "Accuracy", "Speed", "Development"],
    ),
}
"""The pages by file name: title, and the headings of the README that stand on it."""


def sections(text: str) -> dict[str, str]:
    """Return the parts of a README below its headings of the second level; first the opening."""
    opening, *rest = re.split(r"^## ", text, flags=re.MULTILINE)
    named = (part.partition("\n")[::2] for part in rest)
    return {"": opening.partition("\n")[2].strip(), **{name: body.strip() for name, body in named}}


def page(title: str, names: Iterable[str], found: dict[str, str]) -> str:
    """Return a page of some sections, in MyST's Markdown."""
    parts = [f"# {title}", *(f"## {name}\n\n{found[name]}" for name in names)]
    return _for_the_site("\n\n".join(parts)) + "\n"


def _for_the_site(text: str) -> str:
    """Return text whose pictures lie beside the pages, and whose long lists are folded."""
    text = re.sub(r'(src|srcset)="examples/pictures/', r'\1="_static/pictures/', text)
    text = re.sub(r"\]\(examples/(\w+)/(\w+)\.py\)", r"](guides/\1/\2.ipynb)", text)
    text = text.replace("```text\n", "```{code-block} text\n:class: printed\n\n")
    folded = re.compile(r"<details><summary>(.*?)</summary>(.*?)</details>", re.DOTALL)
    return folded.sub(r":::{dropdown} \1\n\2\n:::", text)


def pages(readme: Path) -> dict[str, str]:
    """Return the pages by file name, and what the site opens with."""
    found = sections(readme.read_text(encoding="utf-8"))
    made = {f"{name}.md": page(title, names, found) for name, (title, names) in PAGES.items()}
    return {**made, "opening.txt": _for_the_site(found[""])}
