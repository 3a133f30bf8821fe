"""Faults of the teacher: what is said of gradients that are wrong."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "teacher/judging/marking.py",
        (
            "Marking.marks",
            "not mark.ok and mark.verdict != 'given' and steps",
            "False",
            "judge: steps do not stop at the first mistake",
        ),
    ),
    *planted_in(
        "teacher/judging/looking.py",
        (
            "Looking.by_factor",
            "abs(k + 1) < 10 * share",
            "abs(abs(k) - 1) < 10 * share",
            "judge: the sign is said to be wrong of a factor next to 1",
        ),
    ),
    *planted_in(
        "teacher/judging/mark.py",
        (
            "Mark.ok",
            "('right', 'rounding')",
            "('right', 'rounding', 'unknown')",
            "judge: what nobody judged counts as right",
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
