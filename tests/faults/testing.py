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
        ("_numbers", "point + APART", "point", "check_op: drawn too near above what is avoided"),
        ("_numbers", "point - APART", "point", "check_op: drawn too near below what is avoided"),
        ("_inside", "float(least) < low", "False",
         "check_op: drawn below a bound that a dtype rounds down"),
        ("_floats", "0 < abs(end) < tiny", "False",
         "check_op: a domain of subnormal numbers cannot be drawn"),
    ),
    *planted_in(
        "testing/ops/check_op.py",
        ("_reference", "partial(reference, **static)", "reference",
         "check_op: ref computes with the defaults of static parameters"),
    ),
    *planted_in(
        "testing/numeric/checked_function.py",
        ("CheckedFunction.outputs", "leaves[position] = variable", "leaves[-1] = variable",
         "gradcheck: a variable takes another one's place in a container"),
    ),
    *planted_in(
        "testing/modules/examples.py",
        ("examples_are_independent", "i != j", "i == j",
         "check_module: an example is compared with itself, not the others"),
    ),
    *planted_in(
        "testing/modules/parameters.py",
        ("every_parameter_gets_a_gradient", "count == TRIALS", "count > TRIALS",
         "check_module: dead units are not told"),
    ),
    *planted_in(
        "testing/modules/gradients.py",
        ("compare", "array.size", "array.ndim > 2",
         "check_module: nothing is differentiated by matrices"),
    ),
    *planted_in(
        "testing/runs/check_step.py",
        ("gradients_start_anew", "tensor.grad = wrap(rng.standard_normal(tensor.shape)"
         ".astype(tensor.dtype))", "tensor.grad = None",
         "check_step: no gradient is left over before the step"),
    ),
    *planted_in(
        "testing/runs/learning.py",
        ("other_data_have_no_influence", "otherwise(training.test)", "training.test",
         "check_learning: the other test data are the same"),
    ),
]  # fmt: skip
