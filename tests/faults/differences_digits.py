"""Faults of ``tg.precision``."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "differences/digits/losses.py",
        ("Comparison._forward", "not _are_finite(given)", "False",
         "precision: an operation is blamed for what was infinite before"),
        ("Comparison._effect_of_value", "value if j == k else own", "own",
         "precision: what an operation loses costs nothing"),
    ),
    *planted_in(
        "differences/digits/rounded.py",
        ("error_of_gradient", "np.abs(right) <= _TIMES * noise", "False",
         "precision: a gradient that is 0 in truth is called wrong"),
    ),
    *planted_in(
        "differences/digits/remedies.py",
        ("_is_same", "np.abs(remedy - written) <= margin", "True",
         "precision: a remedy that is another function is said"),
        ("Remedies._gains",
         "all_good and any(new * _GAIN <= old for new, old in (value, *slopes) if old)", "True",
         "precision: a remedy is said that gains no digits"),
    ),
]  # fmt: skip
