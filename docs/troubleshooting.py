"""Symptoms with their causes: code that fails is run, and what it says is written below it."""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np

import tensorgraph as tg

BLOCK = re.compile(r"```\{code-block\} python\n:class: fails\n\n(.*?)```\n", re.DOTALL)
"""A block of code that raises, or warns."""


def said(code: str) -> str:
    """Return what code warns of, and the error that it ends with, as Python prints them.

    Raises:
        AssertionError: it says nothing.
    """
    names: dict[str, Any] = {"np": np, "tg": tg, "nn": tg.nn, "optim": tg.optim}
    told: list[Exception] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            exec(compile(code, "<example>", "exec", dont_inherit=True), names)
        except Exception as error:
            told.append(error)
    lines = [f"{type(e).__name__}: {e}" for e in (*(w.message for w in caught), *told)]
    assert lines, f"says nothing:\n{code}"
    return "\n".join(dict.fromkeys(lines)).replace(f"{Path.cwd()}{os.sep}", "")


def failing(text: str) -> list[str]:
    """Return the blocks of a page that fail."""
    return BLOCK.findall(text)


def expanded(text: str) -> str:
    """Return a page with what each such block says."""

    def with_message(block: re.Match[str]) -> str:
        told = said(block[1])
        return f"{block[0]}\n```{{code-block}} text\n:class: said\n\n{told}\n```\n"

    return BLOCK.sub(with_message, text)
