"""Memory that is freed stays with the process, unless the user says otherwise."""

import os
import subprocess
import sys

import pytest

from tensorgraph.engine import malloc

STEPS = """
import numpy as np
import tensorgraph
from resource import RUSAGE_SELF, getrusage

def step():
    arrays = [np.ones(1 << 20, np.float32) for _ in range(8)]

for _ in range(2):
    step()
before = getrusage(RUSAGE_SELF).ru_minflt
for _ in range(10):
    step()
print(getrusage(RUSAGE_SELF).ru_minflt - before)
"""
"""Prints how often the system had to hand out a page in steps that need 32 MB each."""

USERS_OWN = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")

on_glibc = pytest.mark.skipif(not malloc._is_glibc(), reason="there is nothing to set elsewhere")


def faults(**environment):
    kept = {k: v for k, v in os.environ.items() if k not in (*USERS_OWN, malloc.SWITCH)}
    run = subprocess.run(
        [sys.executable, "-c", STEPS],
        env=kept | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(run.stdout)


@on_glibc
def test_steps_find_the_memory_of_the_last():
    assert faults() < 100


@on_glibc
def test_the_switch_leaves_the_c_library_alone():
    # Of 32 MB some 8,000 pages are handed out, unless they are large ones.
    assert faults(**{malloc.SWITCH: "0"}) > 100


@pytest.mark.parametrize(
    "name, value",
    [
        (malloc.SWITCH, "0"),
        ("MALLOC_TRIM_THRESHOLD_", "1000000"),
        ("MALLOC_MMAP_THRESHOLD_", "1000000"),
        ("GLIBC_TUNABLES", "glibc.malloc.trim_threshold=1000000"),
    ],
)
def test_what_the_user_has_set_stays(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert not malloc.keep_freed_memory()


@pytest.mark.parametrize("error", [AttributeError, OSError, ValueError])
def test_elsewhere_nothing_is_done(monkeypatch, error):
    def confstr(name):
        raise error

    monkeypatch.setattr(os, "confstr", confstr, raising=False)
    assert not malloc.keep_freed_memory()
