"""The back ends that every test of compiled functions runs on."""

import pytest

from tensorgraph.compiler.c.runner import c_runner
from tensorgraph.compiler.compiled import Compiled
from tensorgraph.compiler.numpy_runner import numpy_runner
from tests.machine.needs import needs

RUNNERS = [
    pytest.param(numpy_runner, id="numpy"),
    pytest.param(c_runner, id="c", marks=needs("cc")),
]

on_every_back_end = pytest.mark.parametrize("runner", RUNNERS)


def compiled(f, runner):
    """Return a compiled function that waits for its programs."""
    return Compiled(f, True, runner)
