"""All sources of the site in one folder, as Sphinx wants them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from docs import (
    course_index,
    foreign_names,
    notebooks,
    numpy_functions,
    operations,
    readme,
    rooms,
    scripts,
    troubleshooting,
)

HERE = Path(__file__).parent
ROOT = HERE.parent
EXAMPLES = ROOT / "examples"


def assemble(source: Path) -> None:
    """Write the pages by hand and the made ones into a fresh folder."""
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(HERE / "pages", source)
    shutil.copytree(HERE / "static", source / "static")
    shutil.copytree(EXAMPLES / "pictures", source / "static" / "pictures")
    shutil.copy(HERE / "conf.py", source)
    shutil.copy(ROOT / "CHANGELOG.md", source / "changelog.md")
    guides = dict(sorted(guide_pages()))
    for page, script in guides.items():
        words = course_index.words_for(page, guides)
        folder = source / "downloads" / Path(page).parent.name
        notebooks.write(script, source / page, folder, words)
    for name, text in made_pages(source, guides):
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def guide_pages() -> Iterator[tuple[str, Path]]:
    """Return the scripts with cells, by the name of their page: ``guides/course/1_2_…``."""
    for script in (*EXAMPLES.rglob("*.py"), *(HERE / "guides").glob("*.py")):
        if notebooks.is_guide(script):
            folder = script.parent.relative_to(EXAMPLES) if EXAMPLES in script.parents else "beyond"
            yield f"guides/{folder}/{script.stem}", script


def made_pages(source: Path, guides: dict[str, Path]) -> Iterator[tuple[str, str]]:
    """Return what is generated, by file name."""
    yield from rooms.pages().items()
    families = operations.pages(source / "static" / "operations")
    yield from families.items()
    yield "reference/index.rst", rooms.index([name.removeprefix("reference/") for name in families])
    yield "reference/numpy.rst", numpy_functions.page()
    yield from foreign_names.pages().items()
    yield "one_page.rst", rooms.one_page()
    yield "course_index.rst", course_index.page(guides)
    yield from notebooks.indexes(guides).items()
    yield from scripts.pages(EXAMPLES).items()
    yield from readme.pages(ROOT / "README.md").items()
    page = HERE / "pages" / "troubleshooting.md"
    yield page.name, troubleshooting.expanded(page.read_text(encoding="utf-8"))
