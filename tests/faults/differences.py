"""Faults of what tells two graphs, models and runs apart."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "differences/graph_pairs.py",
        (
            "_Matching._pair",
            "self._taken_and_given, self._taken, self._given, _place, _path",
            "_place, _path",
            "graph_pairs: of equal computations any match",
        ),
        (
            "_Matching._is_telling",
            "box.shape == there.shape and not is_place",
            "False",
            "diff_graphs: two weights that change places are the same renamed",
        ),
    ),
    *planted_in(
        "differences/longest_common.py",
        (
            "_inner",
            "(state + matched) | (state - matched)",
            "state + matched",
            "graph_pairs: a common subsequence is shorter than it might be",
        ),
    ),
    *planted_in(
        "differences/graph_changes.py",
        (
            "_operands",
            "mapped == now or _is_between(a, b, pairs, was, now)",
            "mapped == now",
            "graph_pairs: what takes an operation that was added is changed itself",
        ),
    ),
    *planted_in(
        "differences/graph_values.py",
        (
            "_same_operands",
            "differ.isdisjoint(taken)",
            "True",
            "diff_graphs: values differ by themselves that follow from others",
        ),
        (
            "_rounding",
            "16 * eps ** (1 / 3) * most",
            "0.0",
            "diff_graphs: what gradients cancel to is a difference",
        ),
    ),
    *planted_in(
        "differences/array_difference.py",
        (
            "_apart",
            "np.where(finite, near, same)",
            "near",
            "named_things: infinity and NaN differ from themselves",
        ),
        (
            "Tolerance.of",
            "stored or not set(kinds) <= set('fc')",
            "not set(kinds) <= set('fc')",
            "named_things: parameters that differ by little are the same",
        ),
    ),
    *planted_in(
        "differences/named_arrays.py",
        ("_first_row", "k + 1", "k", "named_things: histories differ from the epoch before on"),
    ),
    *planted_in(
        "drawing/scene/subgraphs.py",
        ("signature", "box.status", "''", "diff_graphs: what was added is one of many equal parts"),
    ),
]
