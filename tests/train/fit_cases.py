"""A small network, its data, and quick training of it."""

import numpy as np

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.train import fit

cross_entropy = nn.losses.cross_entropy


def error(logits, y):
    return (logits.argmax(axis=1) != y).mean()


def data(count=40, seed=0, dtype=np.float32):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((count, 3)).astype(dtype)
    return x, (x[:, 0] + 0.3 * rng.standard_normal(count) > 0).astype(int)


def network(*extra, seed=1):
    tg.random.seed(seed)
    return nn.Sequential(nn.Linear(3, 8), *extra, nn.ReLU(), nn.Linear(8, 2))


def adam(model, lr=0.02):
    return optim.Adam(model.named_parameters(), lr=lr)


def quick(model, train, dev=None, *, optimizer=None, loss=cross_entropy, **options):
    options = {"epochs": 2, "batch_size": 16, "progress": False, **options}
    return fit(model, loss, optimizer or adam(model), train, dev, **options)


def same(model, other):
    one, two = model.state_dict(), other.state_dict()
    return list(one) == list(two) and all(np.array_equal(one[k], two[k]) for k in one)
