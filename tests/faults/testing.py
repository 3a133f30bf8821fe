"""Faults of what users test with."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "testing/numeric/derivatives.py",
        ("Derivatives.nearby", "higher - lower > (high - low) / 2", "True",
         "gradcheck: a smooth point is taken for one near a kink"),
        ("Derivatives.gradient_floor", "all(map(np.array_equal, again, self.gradient))", "True",
         "gradcheck: a gradient that is drawn is taken for a rounded one"),
    ),
    *planted_in(
        "testing/numeric/comparison.py",
        ("Comparison._is_rounding", "floor = 0.0", "floor = numeric.haze(probe)",
         "gradcheck: what is wrong beside a huge term is taken for rounding"),
    ),
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
        ("check_continuous", "np.argsort(missing)[-3:]", "np.argsort(missing)[:0]",
         "check_loss: a cost that jumps passes"),
        ("check_confident", "1e-6 * undecided", "0", "check_loss: a gradient that dies passes"),
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
        ("check_advances", "value + 1.0", "value", "check_optimizer: a state for ever old passes"),
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
    *planted_in(
        "testing/numeric/comparison.py",
        ("Comparison._is_rounding", "abs(computed - found) <= margin + blur", "True",
         "gradcheck: whatever differs is called rounding"),
        ("Comparison.held", "~part", "part | True",
         "gradcheck: one element at a kink switches off all second derivatives"),
    ),
]  # fmt: skip
