"""A plugin of pytest: a test draws the same numbers, whichever tests were run before it.

Tests share the generator of their file, and are dealt out to processes as these become free.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

import tensorgraph

TESTS = Path(__file__).parents[1]
# The generators of all files of tests, with what they would draw next when all were imported.
AS_IMPORTED: dict[np.random.Generator, dict[str, Any]] = {}


def pytest_collection_finish() -> None:
    AS_IMPORTED.update(
        (generator, generator.bit_generator.state)
        for module in list(sys.modules.values())
        if TESTS in Path(getattr(module, "__file__", None) or "/").parents
        for generator in vars(module).values()
        if isinstance(generator, np.random.Generator)
    )


def pytest_runtest_setup() -> None:
    tensorgraph.random.seed(0)
    for generator, state in AS_IMPORTED.items():
        generator.bit_generator.state = state
