"""Faults of random.py."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "random.py",
        ("_below", "numpy.random(tied.size)", "0.5",
         "random: a Bernoulli draw decides by one byte, so its probability is off"),
    ),
]  # fmt: skip
