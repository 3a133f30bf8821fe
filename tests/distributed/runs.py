"""Trainings that any number of processes can share, and what came of them as plain values.

``python -m tests.distributed.runs NAME FILE`` does one in each process that ``mpiexec`` starts, and
process 0 writes what it returned to a file, as JSON.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np

import tensorgraph as tg
from tensorgraph import data, distributed, nn, optim
from tensorgraph.train import fit, sharded_training

sharded_training.AT_ONCE = 64  # so that processes share evaluations
SHARDS, BATCH, EXAMPLES = 8, 44, 150  # a last batch of 18, whose shards are of 3 and 2


class Noise(nn.Module):
    """Draws in evaluation too."""

    def forward(self, x):
        return x + 0.1 * tg.random.normal(x.shape)


NETWORKS = {
    "dropout": lambda: [nn.Flatten(), nn.Linear(36, 12), nn.ReLU(), nn.Dropout(p=0.3)],
    "own_generator": lambda: [
        nn.Flatten(), nn.Linear(36, 12), nn.Dropout(p=0.3, generator=tg.random.Generator(7)),
    ],
    "batch_norm": lambda: [nn.Conv2d(1, 3, 5), nn.BatchNorm(3), nn.ReLU(), nn.Flatten(), Noise()],
    "sync": lambda: [
        nn.Conv2d(1, 3, 5), distributed.SyncBatchNorm(3), nn.ReLU(), nn.Flatten(), nn.Dropout(p=0.1)
    ],
}  # fmt: skip


def examples(dtype="float32"):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(EXAMPLES, 1, 6, 6)).astype(dtype)
    return x, x[:, 0, 0, :4].argmax(axis=1)


def network(name, dtype="float32", seed=1):
    tg.random.seed(seed)
    model = nn.Sequential(*NETWORKS[name](), nn.Linear(12, 4))
    return model.astype(dtype) if dtype != "float32" else model


def cost_of(model):
    return lambda shard: nn.losses.cross_entropy(model(shard[0]), shard[1])


def exchanging(z, labels):
    """Return a cost in which shards have a part of something; out of training, there is one."""
    return nn.losses.cross_entropy(z, labels) + 0.1 * distributed.allreduce(z.mean()) ** 2


def batches(dtype="float32"):
    return data.Batches(*examples(dtype), batch_size=BATCH, seed=3, shards=SHARDS)


def digest(model):
    arrays = model.state_dict().items()
    return hashlib.sha1(b"".join(key.encode() + a.tobytes() for key, a in arrays)).hexdigest()


def by_hand(name, steps=30, reduction="same_bits"):
    """Return the digest of all weights and buffers after some steps of Adam."""
    # What other processes begin with does not count.
    model = network(name, seed=1 + distributed.world().rank)
    optimizer = optim.Adam(model.named_parameters(), lr=0.01)
    parallel = distributed.DataParallel(model, optimizer, reduction=reduction, check_every=10)
    costs, left = [], batches()
    while len(costs) < steps:
        for shards in parallel.batches(left):
            optimizer.zero_grad()
            costs.append(parallel.backward(shards, cost_of(model)))
            optimizer.step()
    parallel.check()
    return digest(model), costs


def gradients(name, reduction):
    """Return the gradients of two batches together, in double precision."""
    model = network(name, "float64")
    parallel = distributed.DataParallel(
        model, optim.SGD(model.named_parameters(), lr=0.1), reduction=reduction
    )
    for shards in parallel.batches(batches("float64")):
        parallel.backward(shards, cost_of(model))
    return [param.grad.numpy().ravel().tolist() for param in model.parameters()]


def fitted(name, epochs, path=None, loss=nn.losses.cross_entropy, **options):
    """Return the digest of all weights after some epochs, and the history but for the seconds."""
    model, world, ranks = network(name), distributed.world(), set()
    x, y = examples()
    history = fit(
        model, loss, optim.Adam(model.named_parameters(), lr=0.01), batches(),
        dev=(x[:40], y[:40]), epochs=epochs, clip=1.0, checkpoint=path, progress=False,
        metrics={
            "error": lambda z, y: (z.argmax(axis=1) != y).mean(),
            "own": lambda z, y: float(world.rank),  # of which that of the first counts
        },
        callbacks=[lambda run: ranks.add(run.rank)],
        parallel="same_bits", early_stopping=tg.train.EarlyStopping(patience=3), **options,
    )  # fmt: skip
    told = world.gather((history.rows(), ranks))
    alike = all(found == (told[0][0], {rank}) for rank, found in enumerate(told))
    rows = [{k: v for k, v in row.items() if k != "seconds"} for row in history.rows()]
    return digest(model), rows, history.stopped, alike


def operations():
    """Return what gradients of the first and second order are, and what they should be."""
    world = distributed.world()
    size, mine = world.size, world.rank + 1
    x = tg.tensor(np.arange(1.0, 4.0) / mine, requires_grad=True)
    total, weights = sum(world.gather(x.numpy())), sum(range(1, size + 1))
    first = tg.gradients((mine * distributed.allreduce(x) ** 3).sum(), x, create_graph=True)
    second = tg.gradients(first.sum(), x)
    rows = distributed.allgather(x)
    gathered = tg.gradients((mine * rows**2).sum(), x)
    given = tg.gradients((mine * distributed.broadcast(x, size - 1) ** 2).sum(), x)
    compiled = tg.compile(lambda u: distributed.allreduce(2 * u), wait=True)
    answers = [compiled(x.detach()) for _ in range(3)]
    found = {
        "first": (first, 3 * weights * total**2),
        "second": (second, size * 6 * weights * total),
        "rows": (rows[world.rank], x.numpy()),
        "gathered": (gathered, 2 * weights * x.numpy()),
        "given": (given, 2 * weights * x.numpy() * (mine == size)),
        "compiled": (answers[-1], 2 * total),
    }
    close = {k: np.allclose(a.numpy(), b, rtol=1e-14, atol=0) for k, (a, b) in found.items()}
    return world.gather([k for k, equal in close.items() if not equal])


def everything(folder):
    """Return what any number of processes come to; with a checkpoint that others go on from."""
    path = Path(folder, "run.safetensors")
    return {
        **{name: by_hand(name) for name in NETWORKS},
        "fast": by_hand("batch_norm", reduction="fast")[1][-1],
        "gradients": {name: gradients(name, "same_bits") for name in NETWORKS},
        "fast gradients": {name: gradients(name, "fast") for name in NETWORKS},
        "fit": fitted("sync", 3, loss=exchanging),
        "compiled": fitted("dropout", 2, compile=True),
        "interrupted": fitted("batch_norm", 1, path)[0],
        "operations": operations(),
    }


if __name__ == "__main__":
    name, folder = sys.argv[1:]
    path = f"{folder}/run.safetensors"
    found = everything(folder) if name == "everything" else fitted(name, 3, path)
    if distributed.world().rank == 0:
        size = distributed.world().size
        Path(folder, f"{name}-{size}.json").write_text(json.dumps(found), "utf-8")
