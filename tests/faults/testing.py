"""Faults of what users test with."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "testing/ops/requirements.py",
        ("check_adjoint", "gradcheck(function, *primals).method != COMPLEX_STEP", "False",
         "check_op: the complex step is believed of a kernel that is not analytic"),
    ),
    *planted_in(
        "testing/strategies/of_ops.py",
        ("_between", "point + APART", "point", "check_op: drawn too near above what is avoided"),
        ("_between", "point - APART", "point", "check_op: drawn too near below what is avoided"),
        ("_inside", "float(least) < low", "False",
         "check_op: drawn below a bound that a dtype rounds down"),
        ("_floats", "0 < abs(end) < tiny", "False",
         "check_op: a domain of subnormal numbers cannot be drawn"),
        ("_far_apart", "4 * max(count, 1)", "1.0",
         "inputs_of_ops: too few numbers that differ for large arrays"),
        ("Signature.length", "axes.index(axis) - len(axes)", "0",
         "inputs_of_ops: labels are places of the first axis"),
    ),
    *planted_in(
        "testing/ops/sizes.py",
        ("check_elements", "(np.arange(PERIOD) + turn * PIECE) % PERIOD", "np.arange(PERIOD) * 0",
         "faulty_ops: all elements of a large array are one"),
        ("Examples.expected", "g * g.dtype.type(times)", "g",
         "op_sizes: what all examples share has the gradient of a few"),
    ),
    *planted_in(
        "testing/ops/points.py",
        ("points_of", "~near(every, domain)", "True", "op_sizes: asked at what a domain avoids"),
        ("_is_swallowed", "found == found and said != found", "False",
         "faulty_ops: NaN may be swallowed"),
    ),
    *planted_in(
        "testing/ops/precision.py",
        ("check_precision", "at is not None", "False", "faulty_ops: float32 may be wrong"),
    ),
    *planted_in(
        "testing/ops/references.py",
        ("reference", "partial(found, **static)", "found",
         "check_op: ref computes with the defaults of static parameters"),
    ),
    *planted_in(
        "testing/numeric/checked_function.py",
        ("CheckedFunction.outputs", "leaves[position] = variable", "leaves[-1] = variable",
         "gradcheck: a variable takes another one's place in a container"),
    ),
]  # fmt: skip
