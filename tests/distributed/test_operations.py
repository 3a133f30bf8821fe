"""Operations on what members have, in one process: each member runs until it waits."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import errors
from tensorgraph.distributed import allgather, allreduce, broadcast
from tensorgraph.distributed.strands import Strand


def together(functions):
    """Return what functions return that run as members of one group."""
    strands = [Strand(f, k, len(functions)) for k, f in enumerate(functions)]
    try:
        answer = ()
        while True:
            for strand in strands:
                strand.go_on(answer)
                if strand.error is not None:
                    raise strand.error
            if all(strand.asked is None for strand in strands):
                return [strand.result for strand in strands]
            told = {strand.asked[0] for strand in strands}
            assert len(told) == 1, told
            answer = [strand.asked[1] for strand in strands]
    finally:
        for strand in strands:
            strand.end()


members = st.integers(1, 5)
seeds = st.integers(0, 2**32 - 1)
shapes = st.lists(st.integers(0, 3), max_size=3).map(tuple)


@given(members, shapes, seeds)
def test_values(count, shape, seed):
    xs = np.random.default_rng(seed).normal(size=(count, *shape))
    root = seed % count

    def member(k):
        x = tg.tensor(xs[k])
        return allreduce(x), allgather(x), broadcast(x, root)

    found = together([lambda k=k: member(k) for k in range(count)])
    for total, rows, of_root in found:
        np.testing.assert_allclose(total.numpy(), xs.sum(axis=0), rtol=1e-12, atol=1e-14)
        assert np.array_equal(total.numpy(), found[0][0].numpy())
        assert np.array_equal(rows.numpy(), xs) and rows.shape == (count, *shape)
        assert np.array_equal(of_root.numpy(), xs[root])


@given(members, seeds)
def test_gradients_of_both_orders_are_those_of_the_sum_of_all_costs(count, seed):
    """The same, written for one process that has all of it, is what is compared with."""
    rng = np.random.default_rng(seed)
    xs, weights = rng.normal(size=(count, 3)), rng.normal(size=(count, count, 3))
    root = seed % count

    def cost(k, total, rows, of_root):
        return ((total**3 + of_root**2) * weights[k, 0] + (rows**2 * weights[k]).sum(axis=0)).sum()

    def member(k):
        x = tg.tensor(xs[k], requires_grad=True)
        value = cost(k, allreduce(x), allgather(x), broadcast(x, root))
        first = tg.gradients(value, x, create_graph=True)
        return first.numpy(), tg.gradients((first * weights[k, -1]).sum(), x).numpy()

    whole = tg.tensor(xs, requires_grad=True)
    values = [cost(k, whole.sum(axis=0), whole, whole[root]) for k in range(count)]
    first = tg.gradients(sum(values), whole, create_graph=True)
    second = tg.gradients((first * weights[:, -1]).sum(), whole)
    for k, (one, two) in enumerate(together([lambda k=k: member(k) for k in range(count)])):
        np.testing.assert_allclose(one, first.numpy()[k], rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(two, second.numpy()[k], rtol=1e-10, atol=1e-12)


def test_a_member_that_nobody_waits_for_ends_also_where_it_asks_again():
    def member():
        try:
            allreduce(1.0)
        finally:
            allreduce(2.0)

    strand = Strand(member, 0, 2)
    strand.go_on()
    strand.end()
    assert strand.error is not None and strand.asked is None


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "int64"])
def test_dtypes_stay(dtype):
    x = tg.tensor(np.ones((2, 2), dtype))
    assert {y.dtype for y in (allreduce(x), allgather(x), broadcast(x))} == {np.dtype(dtype)}


def test_booleans_are_counted():
    total, _ = together([lambda: allreduce([True, False])] * 2)
    assert total.dtype == np.int64 and total.tolist() == [2, 0]


def test_what_is_not_finite_stays_where_it_is():
    def member(k):
        return broadcast(tg.tensor([[1.0, np.nan, np.inf], [2.0, 3.0, 4.0]][k]), 1).tolist()

    assert together([lambda k=k: member(k) for k in range(2)]) == [[2.0, 3.0, 4.0]] * 2


def test_numbers_lists_and_tensors_without_a_graph_will_do():
    with tg.no_grad():
        assert allreduce(3).item() == 3 and allgather([1.0]).shape == (1, 1)
    assert not allreduce(tg.ones(2))._requires_grad


def test_a_program_calls_them_as_they_are():
    step = tg.compile(lambda x: 2 * allreduce(x * x), wait=True)
    for _ in range(3):
        assert step(tg.tensor([1.0, 3.0])).tolist() == [2, 18]


@pytest.mark.parametrize("operation", [allreduce, allgather, broadcast])
def test_vmap_refuses(operation):
    with pytest.raises(errors.LayerError, match="by several processes together"):
        tg.vmap(operation)(tg.ones((3, 2)))


def test_there_is_no_such_member():
    with pytest.raises(errors.ArgumentError, match=r"one of the 1 members, 0 … 0, not 1"):
        broadcast([1.0], root=1)


def test_forward_mode():
    _, tangent = tg.jvp(lambda x: allreduce(x * x), (tg.tensor([1.0, 2.0]),), (tg.ones(2),))
    assert tangent.tolist() == [2, 4]
