"""Mutants that change nothing that a test could see, by the reason; checked to fit the code."""

from __future__ import annotations

EQUIVALENT: dict[str, list[tuple[str, str, str, str]]] = {}
"""By reason: file, within what definition, the old code, the new."""
