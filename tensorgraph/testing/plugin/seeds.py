"""The fixture ``tg_seed``: all random numbers of a test from one number, which can be repeated."""

from __future__ import annotations

import random as python
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numpy import random as numpys

from tensorgraph import random

SEED = "_tensorgraph_seed"
"""Under which attribute of a test its seed is kept."""


@contextmanager
def seeded(item: Any) -> Iterator[int]:
    """Seed all generators for a test, and give them their states back."""
    given = item.config.getoption("--tg-seed")
    seed: int = secrets.randbits(32) if given is None else given
    setattr(item, SEED, seed)
    ours = random.default_generator()
    states = python.getstate(), numpys.get_state(), ours.state  # noqa: NPY002
    python.seed(seed)
    numpys.seed(seed % 2**32)  # noqa: NPY002
    random.seed(seed)
    try:
        yield seed
    finally:
        python.setstate(states[0])
        numpys.set_state(states[1])  # noqa: NPY002
        ours.state = states[2]


def repeated(item: Any) -> str:
    """Return the line that runs a test with its seed again; nothing if it has none."""
    seed = getattr(item, SEED, None)
    return "" if seed is None else f"to repeat: pytest {item.nodeid!r} --tg-seed={seed}"
