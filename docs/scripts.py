"""Examples that are programs rather than guides: what each does, and its code."""

from __future__ import annotations

import ast
from pathlib import Path

from docs.notebooks import is_guide


def pages(folder: Path) -> dict[str, str]:
    """Return one page with all programs of a folder, in MyST's Markdown."""
    parts = [
        "# Programs\n\nWhole programs, to run from a checkout: `python examples/NAME.py`.",
        *(_shown(script) for script in sorted(folder.glob("*.py")) if not is_guide(script)),
    ]
    return {"guides/programs.md": "\n\n".join(parts) + "\n"}


def _shown(script: Path) -> str:
    code = script.read_text(encoding="utf-8")
    told = ast.get_docstring(ast.parse(code)) or ""
    title, _, rest = told.partition("\n")
    return (
        f"## {title.rstrip('.')}\n\n{rest.strip()}\n\n"
        f":::{{dropdown}} `examples/{script.name}`\n```python\n{code}```\n:::"
    )
