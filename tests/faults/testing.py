"""Faults of what users test with."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "testing/strategies/random_graphs/growing.py",
        ("Growing.put_safely", "APART", "0", "strategies: a graph is drawn on a kink"),
    ),
    *planted_in(
        "testing/strategies/random_graphs/drawn.py",
        ("_grown", "unused or i not in growing.dead", "True",
         "strategies: a graph's live step takes what is meant to be unused"),
    ),
    *planted_in(
        "testing/strategies/modules.py",
        ("_seeded", "default.state = state", "pass",
         "strategies: a network's seed stays in the default generator"),
        ("_network", "batch = max(batch, _FOR_BATCH_NORM)", "pass",
         "strategies: batch norm gets a single example"),
    ),
    *planted_in(
        "testing/strategies/tensors.py",
        ("_strided", "np.repeat(x, 2, axis=-1)[..., ::2]", "np.array(x)",
         "strategies: strided numbers lie in a row"),
    ),
    *planted_in(
        "testing/strategies/literals.py",
        ("Printed._repr_pretty_", "repr(self)", "object.__repr__(self)",
         "strategies: hypothesis shows the parts of a network, not its code"),
    ),
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
]  # fmt: skip
