"""Mutants that change nothing that a test could see, by the reason; checked to fit the code."""

from __future__ import annotations

EQUIVALENT: dict[str, list[tuple[str, str, str, str]]] = {
    "what is computed is symmetric in the two arguments": [
        (
            "tensorgraph/data/target_split.py",
            "TargetSplit._take.dtype",
            "np.result_type(source, other)",
            "np.result_type(other, source)",
        ),
        (
            "tensorgraph/data/similarity.py",
            "alike.tested",
            "_tested(first, second)",
            "_tested(second, first)",
        ),
        (
            "tensorgraph/ops/einstein.py",
            "_spelt.letters",
            "max(len(numbers), 26)",
            "max(26, len(numbers))",
        ),
        (
            "tensorgraph/ops/_convolution.py",
            "_blocks.step",
            "max(BLOCK * rows // max(view.size, 1), 1)",
            "max(1, BLOCK * rows // max(view.size, 1))",
        ),
        (
            "tensorgraph/display/png.py",
            "shrunk.block",
            "max(height, width)",
            "max(width, height)",
        ),
    ],
    "a check of what the lines before have made sure of": [
        (
            "tensorgraph/data/duplicates.py",
            "_exact_keys.dtypes",
            "zip(*tables, strict=True)",
            "zip(*tables)",
        ),
        ("tensorgraph/transforms/function_call.py", "matching", "True", "False"),
    ],
    "copy.deepcopy notes by itself what a copy stands for": [
        ("tensorgraph/engine/tensor.py", "Tensor.__deepcopy__", "memo[id(self)] = copy", "pass"),
    ],
    "a copy of what nobody changes": [
        ("tensorgraph/data/duplicates.py", "_named.named", "dict(sets)", "sets"),
    ],
    "NumPy takes any negative length for the one that is left": [
        ("tensorgraph/display/png.py", "png.rows", "1", "2"),
    ],
    "a way round work that would give the same": [
        ("tensorgraph/data/aligned_arrays.py", "sortable", "array.dtype.kind != 'O'", "False"),
        ("tensorgraph/ops/contract.py", "_linear_by_weight", "len(shape_of(x)) > 2", "False"),
        (
            "tensorgraph/observe/debug.py",
            "NonFinite._dropped_by_where",
            "seen.add(consumer)",
            "seen",
        ),
    ],
    "the order of what is equal does not matter where all differ": [
        (
            "tensorgraph/diagnose/array_arguments.py",
            "positions.order",
            "np.argsort(classes, kind='stable')",
            "np.argsort(classes)",
        ),
    ],
    "only its truth is asked, and both are false": [
        (
            "tensorgraph/formulas/algebra/conditions.py",
            "follows",
            "if c.x is not g.x:\n    return False",
            "if c.x is not g.x:\n    return None",
        ),
        (
            "tensorgraph/formulas/solution.py",
            "Solution._is_plain",
            "if divisor is None:\n    return False",
            "if divisor is None:\n    return None",
        ),
        ("tensorgraph/train/example_sets.py", "Examples.not_finite", "return ''", "return None"),
    ],
    "NumPy itself adds up products of float16 in float32, in the versions that run here": [
        (
            "tensorgraph/ops/_convolution.py",
            "_both_in_single.joint_kernel.chosen",
            "single if np.result_type(x.dtype, y.dtype) == np.float16 else kernel",
            "kernel",
        ),
    ],
    "a default that is never taken: what prepares the call always hands it on": [
        ("tensorgraph/ops/logits.py", "_logsumexp_kernel", "False", "True"),
    ],
    "what the search wrote there is a whole number already": [
        (
            "tensorgraph/train/hyperparameter_search.py",
            "_Log._trial.n",
            "int(row['trial'])",
            "row['trial']",
        ),
    ],
    "no step that is tried adds a setting that was not there": [
        ("tensorgraph/train/temporary_training.py", "unchanged", "values.clear()", "values"),
    ],
}
"""By reason: file, within what definition, the old code, the new."""
