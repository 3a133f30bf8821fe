"""Arrays that lie end to end: joins of them are the whole, and of nothing else."""

import numpy as np

import tensorgraph as tg
from tensorgraph.compiler.joined_arrays import exchanged, joined, joins, parts
from tensorgraph.symbolic.evaluate import evaluate
from tensorgraph.symbolic.expr import symbol

SHAPES = [(2, 3), (), (0,), (4,)]


def flat(arrays):
    return tg.concat([tg.reshape(e, -1) for e in arrays])


def test_a_join_of_all_parts_is_the_whole():
    whole = symbol("whole", (11,))
    assert joined(parts(whole, SHAPES)) is whole
    arrays = [symbol(None, shape) for shape in SHAPES]
    instead = dict(zip(arrays, parts(whole, SHAPES), strict=True))
    joint = flat(arrays)
    assert exchanged([joint], instead)[joint] is whole


def test_other_joins_are_computed():
    whole = symbol("whole", (11,))
    a, b, c, d = parts(whole, SHAPES)
    values = {whole: np.arange(11.0)}
    for some in ([a, b, c], [b, a, c, d], [b, c, d], [a, d], [a, a]):
        joint = joined(some)
        assert joint is not whole
        expected = np.concatenate([evaluate([e], values)[e].reshape(-1) for e in some])
        np.testing.assert_array_equal(evaluate([joint], values)[joint], expected)
    other = symbol("other", (4,))
    assert joined([a, b, c, other]) is not whole


def test_which_arrays_are_joined():
    a, b, c = (symbol(None, shape) for shape in [(2, 3), (4,), (4,)])
    double = symbol(None, (4,), np.float64)
    assert joins([flat([a, b]) * 2, flat([b, c])], [a, b, c]) == [(a, b)]
    assert joins([flat([a, a])], [a]) == []
    assert joins([flat([a, double])], [a, double]) == []
    assert joins([tg.concat([b, c * 1])], [b, c]) == []
