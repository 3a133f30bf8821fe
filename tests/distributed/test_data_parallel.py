"""Batches in shards, in one process: the gradient is that of the whole batch."""

import random
from contextlib import nullcontext

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import data, errors, nn
from tensorgraph.distributed import DataParallel, SyncBatchNorm, World
from tensorgraph.train.checkpoint_file import Checkpoint
from tests.distributed.shard_cases import (
    adam,
    cost_of,
    cross_entropy,
    examples,
    network,
    whole_batch,
)

reductions = st.sampled_from(["same_bits", "fast"])


@given(st.integers(1, 40), st.integers(1, 9), reductions)
def test_the_gradient_is_that_of_the_whole_batch(count, shards, reduction):
    model = network()
    parallel = DataParallel(model, adam(model), reduction=reduction)
    cost = parallel.backward(whole_batch(count, shards, parallel), cost_of(model))
    expected = cross_entropy(model(examples(count)[0]), examples(count)[1])
    gradients = tg.gradients(expected, model.parameters())
    assert cost == pytest.approx(expected.item(), rel=1e-12)
    for param, gradient in zip(model.parameters(), gradients, strict=True):
        np.testing.assert_allclose(param.grad.numpy(), gradient.numpy(), rtol=0, atol=1e-13)


@pytest.mark.parametrize("shards", [1, 3, 4])
@pytest.mark.parametrize("reduction", ["same_bits", "fast"])
def test_synchronised_batch_norm_is_that_of_the_whole_batch(shards, reduction):
    """Gradients, both running averages, and what comes of a second batch norm after the first."""
    plain = network(nn.BatchNorm(6), nn.Linear(6, 6), nn.BatchNorm(6))
    model = network(SyncBatchNorm(6), nn.Linear(6, 6), SyncBatchNorm(6))
    model.load_state_dict(plain.state_dict())
    parallel = DataParallel(model, adam(model), reduction=reduction)
    cost = parallel.backward(whole_batch(11, shards, parallel), cost_of(model))
    expected = cross_entropy(plain(examples(11)[0]), examples(11)[1])
    expected.backward()
    assert cost == pytest.approx(expected.item(), rel=1e-12)
    for ours, its in zip(model.parameters(), plain.parameters(), strict=True):
        np.testing.assert_allclose(ours.grad.numpy(), its.grad.numpy(), rtol=0, atol=1e-12)
    for ours, its in zip(model.buffers(), plain.buffers(), strict=True):
        np.testing.assert_allclose(ours.numpy(), its.numpy(), rtol=1e-12, atol=1e-15)


def test_synchronised_batch_norm_alone_is_batch_norm():
    x = tg.random.normal((7, 6), dtype="float64")
    ours, plain = SyncBatchNorm(6, dtype="float64"), nn.BatchNorm(6, dtype="float64")
    np.testing.assert_allclose(ours(x).numpy(), plain(x).numpy(), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(ours.running_var.numpy(), plain.running_var.numpy(), rtol=1e-12)
    ours.eval(), plain.eval()
    np.testing.assert_allclose(ours(x).numpy(), plain(x).numpy(), rtol=1e-10, atol=1e-12)
    with pytest.raises(errors.ShapeError, match="too few values of each feature, 1"):
        ours.train()(x[:1])


def test_batch_norm_is_of_each_shard_and_its_averages_are_the_mean():
    model, by_hand = network(nn.BatchNorm(6)), network(nn.BatchNorm(6))
    parallel = DataParallel(model, adam(model))
    shards = whole_batch(12, 3, parallel)
    parallel.backward(shards, cost_of(model))
    start, kept = by_hand.state_dict(), []
    for x, y in shards:
        by_hand.load_state_dict(start)
        (cross_entropy(by_hand(x), y) / 3).backward()
        kept.append([buffer.numpy() for buffer in by_hand.buffers()])
    for ours, its in zip(model.parameters(), by_hand.parameters(), strict=True):
        np.testing.assert_allclose(ours.grad.numpy(), its.grad.numpy(), rtol=0, atol=1e-14)
    for ours, its in zip(model.buffers(), zip(*kept, strict=True), strict=True):
        np.testing.assert_allclose(ours.numpy(), np.mean(its, axis=0), rtol=1e-12)


class Counting(nn.Module):
    """Counts its calls in a buffer of integers, and has one that never changes."""

    def __init__(self):
        self.calls = tg.zeros((), dtype="int64")
        self.table = tg.tensor([0.1, 0.2, 0.3])

    def forward(self, x):
        self.calls.assign(self.calls.data + 1)
        return x + self.table.sum()


@pytest.mark.parametrize("reduction", ["same_bits", "fast"])
def test_buffers_that_are_counts_or_constant(reduction):
    model = network(Counting())
    constant = model.layers[1].table.numpy().copy()
    parallel = DataParallel(model, adam(model), reduction=reduction)
    for _ in range(2):
        parallel.backward(whole_batch(9, 3, parallel), cost_of(model))
    assert model.layers[1].calls.item() == 2  # once for each batch, as without shards
    assert np.array_equal(model.layers[1].table.numpy(), constant)


def test_each_shard_of_each_batch_draws_its_own_and_again_the_same():
    seen = []

    def cost(shard):
        seen.append(tg.random.uniform((3,)).tolist())
        return (model(shard[0]) ** 2).mean()

    model = network()
    parallel = DataParallel(model, adam(model))
    for _ in range(2):
        tg.random.seed(5)
        for _ in range(2):
            parallel.backward(whole_batch(8, 4, parallel), cost)
    assert seen[:8] == seen[8:] and len({*map(tuple, seen[:8])}) == 8


def test_gradients_add_up_and_what_no_shard_uses_has_none():
    model = network()
    unused = nn.Linear(2, 2)
    both = nn.Sequential(model, lambda x: x)
    both.unused = unused
    parallel = DataParallel(both, adam(both))
    shards = whole_batch(8, 4, parallel)
    parallel.backward(shards, cost_of(both))
    first = [param.grad.numpy().copy() for param in model.parameters()]
    parallel.backward(shards, cost_of(both))
    for param, gradient in zip(model.parameters(), first, strict=True):
        assert np.array_equal(param.grad.numpy(), 2 * gradient)
    assert unused.weight.grad is None


def test_a_parameter_that_some_shards_use_has_the_gradient_of_these():
    model = network()
    model.extra = tg.tensor([2.0], dtype="float64", requires_grad=True)
    calls = []

    def cost(shard):
        calls.append(shard)
        return cost_of(model)(shard) + (model.extra.sum() if len(calls) == 2 else 0.0)

    parallel = DataParallel(model, adam(model))
    parallel.backward(whole_batch(8, 4, parallel), cost)
    assert model.extra.grad.tolist() == [0.25]


@pytest.mark.parametrize("reduction", ["same_bits", "fast"])
def test_an_error_leaves_everything_as_it_was(reduction):
    model = network(nn.BatchNorm(6), nn.Dropout(p=0.5))
    parallel = DataParallel(model, adam(model), reduction=reduction)
    shards, calls = whole_batch(8, 4, parallel), []
    parallel.backward(shards, cost_of(model))
    before = model.state_dict(), [param.grad for param in model.parameters()]

    def cost(shard):
        calls.append(shard)
        if len(calls) == 3:
            raise KeyError("the third shard")
        return cost_of(model)(shard)

    with pytest.raises(KeyError, match="the third shard"):
        parallel.backward(shards, cost)
    assert all(np.array_equal(a, before[0][name]) for name, a in model.state_dict().items())
    assert [param.grad for param in model.parameters()] == before[1]
    assert not any(param._hooks for param in model.parameters())


def test_an_error_between_shards_that_wait_ends_them_all():
    model = network(SyncBatchNorm(6))
    parallel = DataParallel(model, adam(model))
    shards, calls = whole_batch(8, 4, parallel), []
    parallel.backward(shards, cost_of(model))

    def cost(shard):
        value = cost_of(model)(shard)
        calls.append(shard)
        if len(calls) == 2:
            raise KeyError("the second shard")
        return value

    with pytest.raises(KeyError, match="the second shard"):
        parallel.backward(shards, cost)


def test_shards_that_do_different_things_are_told():
    model, calls = network(), []
    parallel = DataParallel(model, adam(model))

    def cost(shard):
        calls.append(shard)
        value = cost_of(model)(shard)
        return tg.distributed.allreduce(value) if len(calls) % 2 else value

    with pytest.raises(errors.DistributedError, match=r"shard 0 waits for .*, shard 1 for"):
        parallel.backward(whole_batch(8, 2, parallel), cost)


def test_a_compiled_cost_waits_for_no_other_shard():
    """Each would wait in a program that no other may enter meanwhile."""
    model = network()
    parallel = DataParallel(model, adam(model))
    compiled = tg.compile(lambda x, y: tg.distributed.allreduce(cross_entropy(model(x), y)))
    with pytest.raises(errors.UsageError, match=r"leave out compile=True, or tg\.compile in"):
        parallel.backward(whole_batch(8, 4, parallel), lambda shard: compiled(*shard))


@pytest.mark.parametrize("shards", [1, 2])
def test_what_shards_exchanged_is_not_run_again_outside(shards):
    model, kept = network(), []
    x = tg.tensor([1.0, 2.0], requires_grad=True)

    def cost(shard):
        kept.append(tg.distributed.allreduce(x))
        return cost_of(model)(shard)

    parallel = DataParallel(model, adam(model))
    parallel.backward(whole_batch(8, shards, parallel), cost)
    with pytest.raises(errors.UsageError, match="run anew what recorded it"):
        kept[0].sum().backward()


class Replacing(nn.Module):
    """Keeps a mean in a buffer that is another tensor after each forward pass."""

    def __init__(self):
        self.mean = tg.zeros(6, dtype="float64")

    def forward(self, x):
        self.mean = (0.9 * self.mean + 0.1 * x.mean(axis=0)).detach()
        return x


@pytest.mark.parametrize("shards", [1, 4])
def test_a_buffer_is_not_replaced(shards):
    model = network(Replacing())
    parallel = DataParallel(model, adam(model))
    with pytest.raises(errors.UsageError, match=r"layers\.1\.mean .* write self\.mean\.assign\("):
        parallel.backward(whole_batch(8, shards, parallel), cost_of(model))


NOBODYS = tg.random.Generator(3)


@pytest.mark.parametrize(
    "draw",
    [np.random.normal, random.random, lambda: tg.random.uniform(generator=NOBODYS)],
    ids=["numpy", "python", "a generator of nobody's"],
)
def test_draws_that_no_shard_has_to_itself_are_told(draw):
    model = network()
    parallel = DataParallel(model, adam(model))
    shards = whole_batch(8, 4, parallel)
    with pytest.warns(errors.UsageWarning, match=r"write tg\.random\.uniform"):
        parallel.backward(shards, lambda shard: cost_of(model)(shard) * draw())
    parallel.backward(shards, cost_of(model))


def test_a_generator_that_a_shard_makes_is_its_own():
    model = network(nn.Dropout(p=0.5, generator=tg.random.Generator(1)))
    parallel = DataParallel(model, adam(model))

    def cost(shard):
        return cost_of(model)(shard) * tg.random.uniform(generator=tg.random.Generator(4))

    parallel.backward(whole_batch(8, 4, parallel), cost)


class Own(nn.BatchNorm):
    """A batch norm that somebody has changed."""


def test_batch_norms_become_synchronised():
    model = network(nn.BatchNorm(6), Own(6))
    before = model.state_dict()
    parameters = model.parameters()
    assert SyncBatchNorm.convert(model) is model
    assert [type(layer) for layer in model.layers[1:3]] == [SyncBatchNorm, Own]
    assert all(a is b for a, b in zip(model.parameters(), parameters, strict=True))
    assert all(np.array_equal(a, before[name]) for name, a in model.state_dict().items())
    assert type(SyncBatchNorm.convert(nn.BatchNorm(2))) is SyncBatchNorm


class Many(World):
    """One of three processes, as far as it says, and not the first."""

    rank, size = 1, 3

    def first(self, f, what):
        """Let the first process do it."""


def test_the_folder_of_a_checkpoint_may_be_on_the_machine_of_the_first_process():
    for world in (Many(), World()):
        with pytest.raises(errors.ArgumentError) if world.rank == 0 else nullcontext():
            Checkpoint("/nowhere/at/all/run", "epoch", {}, {}, world)


def test_more_processes_than_shards_are_refused():
    model = network()
    parallel = DataParallel(model, adam(model), world=Many())
    batches = data.Batches(*examples(8), batch_size=8, shards=2)
    with pytest.raises(errors.ArgumentError, match="2 shards leave 1 of 3 processes"):
        parallel.batches(batches)
