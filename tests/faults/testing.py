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
        "testing/losses/batch_promises.py",
        ("check_shapes",
         "found.size == whole.size and not difference(found.reshape(whole.shape), whole, EXACT)",
         "found.size == whole.size",
         "check_loss: a column beside a row passes where it costs one number"),
    ),
    *planted_in(
        "testing/losses/value_promises.py",
        ("check_lowest", "(0.01, 0.1, 0.3)", "()",
         "check_loss: near a perfect prediction a cost below 0 is not seen"),
        ("check_lowest", "_extreme(call, seed) if low < 0 < high else ()", "_extreme(call, seed)",
         "check_loss: a divergence from what is no distribution is held to be at least 0"),
    ),
    *planted_in(
        "testing/losses/label_promises.py",
        ("check_bad_classes", "(count, -1)", "(count,)",
         "check_loss: the last class counted as -1 passes"),
    ),
    *planted_in(
        "testing/optimizers/stepping.py",
        ("draws", "[0.0, 1e-8, 1.0]", "1.0",
         "check_optimizer: where an epsilon stands is not seen"),
    ),
    *planted_in(
        "testing/optimizers/state_promises.py",
        ("check_memory", "w.nbytes // 2", "w.nbytes * 2",
         "check_optimizer: a rule that keeps each gradient passes"),
    ),
    *planted_in(
        "testing/optimizers/schedule_promises.py",
        ("check_joints", "1.5 * max(before, after)", "15 * max(before, after)",
         "check_schedule: a jump between parts passes"),
    ),
    *planted_in(
        "testing/optimizers/schedule_claims.py",
        ("_warmup", "s.steps + inner.falls", "inner.falls",
         "check_schedule: a warm-up is held to fall from its start on"),
    ),
]  # fmt: skip
