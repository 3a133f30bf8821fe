"""Faults of the teacher: what is said of gradients that are wrong."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "teacher/judging/marking.py",
        (
            "Marking._taken_in",
            "given[place] = item.array / fault.scale",
            "pass",
            "judge: what follows from a wrong gradient is wrong itself",
        ),
    ),
    *planted_in(
        "teacher/judging/factors.py",
        (
            "Factors.factors",
            "abs(k / scale - 1) < 1e-4",
            "False",
            "judge: a factor of 1.0000001 is told in the place of rounding",
        ),
    ),
    *planted_in(
        "teacher/judging/recording.py",
        (
            "_check_again",
            "not np.allclose(was, now, rtol=share, atol=share * 1e-3, equal_nan=True)",
            "False",
            "judge: a parameter that changed since counts as it is now",
        ),
    ),
]
