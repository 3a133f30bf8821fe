"""Faults of symbolic arrays."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "symbolic/replay.py",
        ("_decided", "1 if mask.flat[0] else 2", "2 if mask.flat[0] else 1",
         "derive: a mask that is the same everywhere chooses the other side"),
        ("_twin", "[float(x.value) if type(x.value) in (int, float) else x for x in args]", "args",
         "derive_names: an exponent takes the name of a length"),
    ),
]  # fmt: skip
