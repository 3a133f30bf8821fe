"""What two graphs have in common is found: a copy is the same, one edit is one difference."""

from collections import Counter

import numpy as np
from hypothesis import given, settings, strategies as st

import tensorgraph as tg
from tensorgraph.differences.longest_common import longest_common

graphs = tg.testing.strategies.graphs()


def recorded(graph, leaves, at=None, edit=None):
    """Return the total of a random graph in which one value is edited."""
    return graph.total(graph.values(leaves, lambda k, v: edit(v) if k == at else v))


def places(graph, leaves):
    """Return the positions of values that can be edited: live, floating and recorded."""
    found = []
    graph.total(graph.values(leaves, lambda k, v: found.append((k, v)) or v))
    return [
        k for k, v in found
        if k not in graph.dead and isinstance(v, tg.Tensor) and v.node is not None
        and v.dtype.kind == "f" and v.node.op.name not in ("tanh", "sigmoid")
    ]  # fmt: skip


def ops(parts):
    return Counter(part.op for part in parts)


@settings(max_examples=300, deadline=None)
@given(graphs)
def test_a_copy_is_the_same(graph):
    leaves = graph.tensors()
    found = tg.diff(graph(*leaves), graph(*graph.tensors()))
    assert not found, str(found)
    assert "the same" in str(found) and not tg.diff(graph(*leaves), graph(*leaves))


@settings(max_examples=600, deadline=None)
@given(graphs, st.data())
def test_one_operation_that_is_added_is_found_and_only_it(graph, data):
    leaves = graph.tensors()
    spots = places(graph, leaves)
    if not spots:
        return
    at = data.draw(st.sampled_from(spots))
    a, b = graph(*leaves), recorded(graph, leaves, at, tg.tanh)
    found, back = (tg.diff(x, y, values=False) for x, y in ((a, b), (b, a)))
    assert (ops(found.added), found.removed, found.changed) == ({"tanh": 1}, [], []), str(found)
    assert (ops(back.removed), back.added, back.changed) == ({"tanh": 1}, [], []), str(back)
    assert found and len([line for line in str(found).splitlines() if line.startswith("+")]) == 1
    found.render().svg()


@settings(max_examples=600, deadline=None)
@given(graphs, st.data())
def test_one_operation_that_is_another_is_found_and_only_it(graph, data):
    leaves = graph.tensors()
    spots = places(graph, leaves)
    if not spots:
        return
    at = data.draw(st.sampled_from(spots))
    a, b = (recorded(graph, leaves, at, edit) for edit in (tg.tanh, tg.sigmoid))
    found = tg.diff(a, b)
    assert (found.added, found.removed) == ([], []), str(found)
    assert found.changed == ["tanh → sigmoid"], str(found)
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
