"""``fit`` on batches in shards, in one process."""

import re

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import data, errors, nn, optim
from tensorgraph.distributed import DataParallel, SyncBatchNorm
from tensorgraph.train import fit
from tests.distributed.shard_cases import (
    adam,
    cost_of,
    cross_entropy,
    examples,
    network,
    only,
)


@pytest.mark.parametrize("compile", [False, True])
def test_fit_takes_the_steps_of_a_loop_written_by_hand(compile):
    x, y = examples(30, "float32")
    fitted, by_hand = (network(nn.Dropout(p=0.2), dtype="float32") for _ in range(2))
    batches = [data.Batches(x, y, batch_size=8, seed=4, shards=4) for _ in range(2)]
    tg.random.seed(9)
    history = fit(
        fitted, cross_entropy, adam(fitted), batches[0], epochs=2, progress=False, compile=compile
    )
    tg.random.seed(9)
    optimizer = adam(by_hand)
    parallel = DataParallel(by_hand, optimizer)
    for _ in range(2):
        costs = []
        for shards in parallel.batches(batches[1]):
            optimizer.zero_grad()
            costs.append(parallel.backward(shards, cost_of(by_hand)) * sum(shards.sizes))
            optimizer.step()
    tolerance = {"rtol": 1e-5, "atol": 1e-6} if compile else {"rtol": 0, "atol": 0}
    for name, array in fitted.state_dict().items():
        np.testing.assert_allclose(array, by_hand.state_dict()[name], **tolerance)
    np.testing.assert_allclose(history["cost"][-1], sum(costs) / 30, **tolerance)


def test_fit_in_epochs_of_any_length():
    x, y = examples(30, "float32")
    model, other = network(dtype="float32"), network(dtype="float32")
    batches = [data.Batches(x, y, batch_size=8, shards=4) for _ in range(2)]
    fit(model, cross_entropy, adam(model), batches[0], epochs=2, steps_per_epoch=6, progress=False)
    fit(other, cross_entropy, adam(other), batches[1], epochs=3, steps_per_epoch=4, progress=False)
    for name, array in model.state_dict().items():
        assert np.array_equal(array, other.state_dict()[name])


def test_fit_says_which_batch_diverged_and_puts_back():
    x, y = examples(32, "float32")
    x[21, 2] = np.inf
    model = network(nn.BatchNorm(6), dtype="float32")
    batches = data.Batches(x, y, batch_size=16, shuffle=False, shards=4)
    with pytest.warns(errors.UsageWarning, match="no finite mean"):
        with pytest.raises(errors.DivergenceError, match=r"batch 2: the cost is nan\n.*inf at"):
            fit(model, cross_entropy, adam(model), batches, epochs=1, progress=False)
    assert all(np.isfinite(array).all() for array in model.state_dict().values())


def test_fit_finds_the_cause_in_the_shard_where_it_is():
    x, _ = examples(16, "float32")
    targets = np.linspace(4.0, -0.5, 16, dtype="float32")
    model = network(dtype="float32")

    def loss(z, target):
        return tg.sqrt(0 * z.mean(axis=1) + target).mean()

    batches = data.Batches(x, targets, batch_size=16, shuffle=False, shards=8)
    with pytest.raises(errors.DivergenceError, match=r"cost is nan\n  cause: .*sqrt"):
        fit(model, loss, adam(model), batches, epochs=1, progress=False)


class Centred(nn.Module):
    """A loss that keeps the mean of the outputs."""

    def __init__(self):
        self.mean = tg.zeros(3)

    def forward(self, z, labels):
        self.mean.assign(0.9 * self.mean.data + 0.1 * z.data.mean(axis=0))
        return cross_entropy(z - self.mean, labels)


def test_the_buffers_of_a_loss_are_shared_too():
    x, y = examples(16, "float32")
    model, loss = network(dtype="float32"), Centred()
    with tg.no_grad():
        means = [model(x[i : i + 4]).numpy().mean(axis=0) for i in range(0, 16, 4)]
    batches = data.Batches(x, y, batch_size=16, shuffle=False, shards=4)
    after = []
    fit(
        model, loss, optim.SGD(model.named_parameters(), lr=0.1), batches, epochs=1, progress=False,
        step_callbacks=[lambda run: after.append(loss.mean.numpy())],
    )  # fmt: skip
    np.testing.assert_allclose(after, [0.1 * np.mean(means, axis=0)], rtol=1e-5)


def refused(kind, match, f):
    with pytest.raises(kind, match=re.escape(match)):
        f()


def test_what_is_refused_says_what_to_write():
    x, y = examples(8, "float32")
    model = network(SyncBatchNorm(6), dtype="float32")
    shards = data.Batches(x, y, batch_size=8, shards=2)

    def fitting(train=shards, **options):
        return lambda: fit(model, cross_entropy, adam(model), train, epochs=1, **options)

    refused(errors.ArgumentError, "one of None, 'same_bits', 'fast'", fitting(parallel="quick"))
    refused(errors.ArgumentError, "shards=8)", fitting((x, y), parallel="fast"))
    refused(errors.ArgumentError, "leave out one of them", fitting(watch=True))
    refused(errors.ArgumentError, "layers.1, a SyncBatchNorm", fitting(compile=True))
    refused(errors.ArgumentError, "'same_bits', 'fast', not 'sum'", lambda: DataParallel(
        model, adam(model), reduction="sum"))  # fmt: skip
    recorded = optim.SGD(network().named_parameters(), lr=0.1, differentiable=True)
    refused(errors.ArgumentError, "differentiable=True", lambda: DataParallel(model, recorded))
    refused(
        errors.DTypeError,
        "DataParallel(model, optimizer)",
        lambda: DataParallel(adam(model), model),
    )
    parallel = DataParallel(model, adam(model))
    refused(errors.DTypeError, "without .item()", lambda: parallel.backward(
        only(shards, parallel), lambda shard: 3.0))  # fmt: skip
    refused(errors.ArgumentError, "shards=8)", lambda: parallel.batches(data.Batches(x, y)))


def test_operations_between_shards_are_not_compiled():
    x, y = examples(8, "float32")
    model = network(dtype="float32")

    def loss(z, y):
        return tg.distributed.allreduce(cross_entropy(z, y))

    batches = data.Batches(x, y, batch_size=8, shards=2)
    with pytest.raises(errors.UsageError, match="leave out compile=True"):
        fit(model, loss, adam(model), batches, epochs=1, compile=True, progress=False)
