"""The back ends that every test of compiled functions runs on."""

import pytest

from tensorgraph.compiler.c.runner import c_runner
from tensorgraph.compiler.compiled import Compiled
from tensorgraph.compiler.numpy_runner import numpy_runner

RUNNERS = {"numpy": numpy_runner, "c": c_runner}

on_every_back_end = pytest.mark.parametrize("runner", RUNNERS.values(), ids=RUNNERS)


def compiled(f, runner):
    """Return a compiled function that waits for its programs."""
    return Compiled(f, True, runner)
