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
    ],
    "a way round work that would give the same": [
        ("tensorgraph/data/aligned_arrays.py", "sortable", "array.dtype.kind != 'O'", "False"),
    ],
    "the order of what is equal does not matter where all differ": [
        (
            "tensorgraph/diagnose/array_arguments.py",
            "positions.order",
            "np.argsort(classes, kind='stable')",
            "np.argsort(classes)",
        ),
    ],
}
"""By reason: file, within what definition, the old code, the new."""
