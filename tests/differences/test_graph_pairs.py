"""What two graphs have in common is found: a copy is the same, one edit is one difference."""

from collections import Counter

import numpy as np
from hypothesis import assume, given, settings, strategies as st

import tensorgraph as tg
from tensorgraph.differences.longest_common import longest_common
from tensorgraph.engine.graph import ancestors

graphs = tg.testing.strategies.graphs()


def recorded(graph, leaves, at=None, edit=None):
    """Return the total of a random graph in which one value is edited."""
    return graph.total(graph.values(leaves, lambda k, v: edit(v) if k == at else v))


EDITS = (tg.tanh, tg.sigmoid, tg.sin, tg.cos, tg.atan, tg.softplus)


def edited(graph, leaves, data):
    """Return a place that can be edited, live and floating, and two operations not in the graph.

    With one that is there already the edit might be read in two ways.
    """
    spots, there = [], set()

    def see(k, value):
        if isinstance(value, tg.Tensor) and value.node is not None:
            if k not in graph.dead and value.dtype.kind == "f":
                spots.append(k)
        return value

    total = graph.total(graph.values(leaves, see))
    assume(spots)
    there = {node.op.name for node in ancestors([total.node])}
    new = [edit for edit in EDITS if edit.__name__ not in there]
    assume(len(new) > 1)
    return data.draw(st.sampled_from(spots)), *new[:2]


def ops(parts):
    return Counter(part.op for part in parts)


@given(graphs)
def test_a_copy_is_the_same(graph):
    leaves = graph.tensors()
    found = tg.diff(graph(*leaves), graph(*graph.tensors()))
    assert not found, str(found)
    assert "the same" in str(found) and not tg.diff(graph(*leaves), graph(*leaves))


@given(graphs, st.data())
def test_one_operation_that_is_added_is_found_and_only_it(graph, data):
    leaves = graph.tensors()
    at, edit, _ = edited(graph, leaves, data)
    a, b = graph(*leaves), recorded(graph, leaves, at, edit)
    found, back = (tg.diff(x, y, values=False) for x, y in ((a, b), (b, a)))
    assert (ops(found.added), found.removed, found.changed) == ({edit.__name__: 1}, [], []), str(
        found
    )
    assert (ops(back.removed), back.added, back.changed) == ({edit.__name__: 1}, [], []), str(back)
    assert found and len([line for line in str(found).splitlines() if line.startswith("+")]) == 1
    found.render().svg()


@given(graphs, st.data())
def test_one_operation_that_is_another_is_found_and_only_it(graph, data):
    leaves = graph.tensors()
    at, *edits = edited(graph, leaves, data)
    a, b = (recorded(graph, leaves, at, edit) for edit in edits)
    found = tg.diff(a, b)
    assert (found.added, found.removed) == ([], []), str(found)
    assert found.changed == [" → ".join(edit.__name__ for edit in edits)], str(found)
    assert found.values.first is None or found.values.first.starts


@given(graphs, graphs)
@settings(max_examples=25)
def test_added_and_removed_are_mirrored(one, other):
    a, b = one(), other()
    found, back = tg.diff(a, b, values=False), tg.diff(b, a, values=False)
    assert len(found.added) - len(found.removed) == len(back.removed) - len(back.added)
    assert bool(found) == bool(back)
    found.render().svg()


@given(st.lists(st.sampled_from("abc"), max_size=9), st.lists(st.sampled_from("abc"), max_size=9))
def test_the_common_subsequence_is_one_and_the_longest(a, b):
    found = longest_common(a, b)
    assert all(a[i] == b[j] for i, j in found)
    assert found == sorted(found) and len({j for _, j in found}) == len(found)
    assert sorted(j for _, j in found) == [j for _, j in found]
    table = np.zeros((len(a) + 1, len(b) + 1), int)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            same = table[i, j] + 1 if x == y else 0
            table[i + 1, j + 1] = max(table[i, j + 1], table[i + 1, j], same)
    assert len(found) == table[-1, -1]
