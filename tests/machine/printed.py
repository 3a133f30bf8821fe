"""Compares what was printed with what should be: the text exactly, the numbers closely.

The last digits of a float depend on the processor's kernels and on the versions of NumPy and BLAS.
Whole numbers are counts, shapes and positions, so they are text.
"""

from __future__ import annotations

import doctest
import math
import re

NUMBER = r"[-+]?(?:(?:\d+\.\d*|\.\d+)(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+|inf|nan)"
# NumPy pads columns to the longest number, so that spaces beside a float say nothing.
FLOAT = rf" *(?<![\w.])({NUMBER})(?!\w|\.\w) *"


def alike(printed: str, expected: str) -> bool:
    """Whether a text is as expected, where "..." stands for anything."""
    text, numbers = re.split(FLOAT, expected)[::2], re.findall(FLOAT, expected)
    pattern = FLOAT.join(re.escape(part).replace(r"\.\.\.", "(?s:.*?)") for part in text)
    found = re.fullmatch(pattern, printed)
    return found is not None and all(map(close, found.groups(), numbers))


def close(one: str, other: str) -> bool:
    """Whether two numbers differ by a few roundings of float32 at most."""
    return one == other or math.isclose(float(one), float(other), rel_tol=1e-5)


class Checker(doctest.OutputChecker):
    """Doctest's, with floats that are close."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        blank = want.replace(doctest.BLANKLINE_MARKER, "")
        return super().check_output(want, got, optionflags) or alike(got, blank)


def run_examples(test: doctest.DocTest) -> None:
    """Run a docstring's examples, and fail with what they print instead."""
    shown: list[str] = []
    runner = doctest.DocTestRunner(Checker(), optionflags=doctest.ELLIPSIS)
    assert not runner.run(test, out=shown.append).failed, "".join(shown)
