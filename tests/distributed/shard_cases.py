"""A network, and a batch of examples in shards."""

import numpy as np

import tensorgraph as tg
from tensorgraph import data, nn, optim

cross_entropy = nn.losses.cross_entropy


def examples(count, dtype="float64"):
    rng = np.random.default_rng(count)
    x = rng.normal(size=(count, 5)).astype(dtype)
    return x, x[:, :3].argmax(axis=1)


def network(*inner, dtype="float64"):
    tg.random.seed(2)
    return nn.Sequential(nn.Linear(5, 6), *inner, nn.Tanh(), nn.Linear(6, 3)).astype(dtype)


def adam(model):
    return optim.Adam(model.named_parameters(), lr=0.01)


def cost_of(model):
    return lambda shard: cross_entropy(model(shard[0]), shard[1])


def only(batches, parallel):
    (shards,) = parallel.batches(batches)
    return shards


def whole_batch(count, shards, parallel):
    x, y = examples(count)
    batches = data.Batches(x, y, batch_size=None, shuffle=False, shards=shards)
    return only(batches, parallel)
