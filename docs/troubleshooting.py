"""Symptoms with their causes: code that fails is run, and what it says is written below it."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np

import tensorgraph as tg

BLOCK = re.compile(r"```\{code-block\} python\n:class: fails\n\n(.*?)```\n", re.DOTALL)
"""A block of code that raises, or warns."""


def said(code: str) -> str:
    """Return the error or warning that code ends with, as Python's interpreter prints it.

    Raises:
        AssertionError: it neither raises nor warns.
    """
    names: dict[str, Any] = {"np": np, "tg": tg, "nn": tg.nn, "optim": tg.optim}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            exec(compile(code, "<example>", "exec", dont_inherit=True), names)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    assert caught, f"says nothing:\n{code}"
    return f"{caught[-1].category.__name__}: {caught[-1].message}"


def failing(text: str) -> list[str]:
    """Return the blocks of a page that fail."""
    return BLOCK.findall(text)


def expanded(text: str) -> str:
    """Return a page with what each such block says."""

    def with_message(block: re.Match[str]) -> str:
        told = said(block[1])
        return f"{block[0]}\n```{{code-block}} text\n:class: said\n\n{told}\n```\n"

    return BLOCK.sub(with_message, text)
