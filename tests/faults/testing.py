"""Faults of what users test with."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "testing/requirements.py",
        ("check_adjoint", "gradcheck(function, *primals).method != COMPLEX_STEP", "False",
         "check_op: the complex step is believed of a kernel that is not analytic"),
    ),
    *planted_in(
        "testing/strategies.py",
        ("_numbers", "point + APART", "point", "check_op: drawn too near above what is avoided"),
        ("_numbers", "point - APART", "point", "check_op: drawn too near below what is avoided"),
        ("_inside", "float(least) < low", "False",
         "check_op: drawn below a bound that a dtype rounds down"),
        ("_floats", "0 < abs(end) < tiny", "False",
         "check_op: a domain of subnormal numbers cannot be drawn"),
    ),
]  # fmt: skip
