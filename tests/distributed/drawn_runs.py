"""Trainings drawn at random, with which any number of processes come to the same end.

``python -m tests.distributed.drawn_runs FOLDER NAME …`` does those of some names in each process
that ``mpiexec`` starts, and writes what they come to as JSON. What is drawn follows from the name
alone. Where the folder has the checkpoints of another number of processes, they go on from these.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np

import tensorgraph as tg
from tensorgraph import data, distributed, nn, optim, train
from tensorgraph.train import sharded_training
from tests.optim.optimizer_cases import CASES as OPTIMIZERS

sharded_training.AT_ONCE = 16  # so that processes share evaluations
STEPS, FEATURES, CLASSES = 3, 4, 3
losses, schedules = nn.losses, optim.schedules


class Outputs(nn.Module):
    """A recurrent layer, without its last state."""

    def __init__(self, layer):
        self.layer = layer

    def forward(self, x):
        return self.layer(x)[0]


class Noise(nn.Module):
    """Draws in evaluation too, and counts its calls."""

    def __init__(self):
        self.calls = tg.zeros((), dtype="int64")

    def forward(self, x):
        self.calls.assign(self.calls.data + 1)
        return x + 0.1 * tg.random.normal(x.shape, dtype=x.dtype)


class Tempered(nn.Module):
    """A loss with a parameter and a running mean of its own."""

    def __init__(self, dtype):
        self.scale = tg.tensor(0.5, dtype=dtype, requires_grad=True)
        self.mean = tg.zeros((), dtype=dtype)

    def forward(self, z, labels):
        if self.training:
            self.mean.assign(0.9 * self.mean.data + 0.1 * z.data.mean())
        return losses.cross_entropy((z - self.mean) * tg.exp(self.scale), labels)


BLOCKS = {
    "linear": lambda: nn.Linear(FEATURES, FEATURES),
    "tanh": nn.Tanh,
    "lstm": lambda: Outputs(nn.LSTM(FEATURES, FEATURES)),
    "gru": lambda: Outputs(nn.GRU(FEATURES, FEATURES)),
    "attention": lambda: nn.MultiHeadAttention(FEATURES, heads=2, dropout=0.2),
    "transformer": lambda: nn.TransformerEncoderLayer(
        FEATURES, heads=2, hidden_features=5, dropout=0.1
    ),
    "convolution": lambda: nn.Conv1d(STEPS, STEPS, 3, padding=1),
    "batch norm": lambda: nn.BatchNorm(STEPS),
    "synchronised": lambda: distributed.SyncBatchNorm(STEPS),
    "layer norm": lambda: nn.LayerNorm(FEATURES),
    "dropout": lambda: nn.Dropout(p=0.3),
    "own generator": lambda: nn.Dropout(p=0.3, generator=tg.random.Generator(7)),
    "spectral norm": lambda: nn.SpectralNorm(nn.Linear(FEATURES, FEATURES)),
    "weight norm": lambda: nn.WeightNorm(nn.Linear(FEATURES, FEATURES)),
    "noise": Noise,
}
RATES = {
    "constant": lambda a, steps: a,
    "cosine": lambda a, steps: schedules.cosine(a, steps=steps),
    "warmup": lambda a, steps: schedules.warmup(schedules.exponential(a, 0.9), steps=3),
    "one_cycle": lambda a, steps: schedules.one_cycle(a, steps=steps),
    "plateau": lambda a, steps: schedules.Plateau(a, patience=0),
}
CLIPS = {"none": None, "norm": 0.5, "value": lambda params: optim.clip_by_value(params, 0.1)}


class Drawn:
    """A model, its loss, optimizer and batches, and the ways they are trained; all by a name."""

    def __init__(self, name):
        draw = self.draw = np.random.default_rng(list(map(ord, name)))
        one = self._one
        self.dtype, self.clip = one(["float32", "float64"]), CLIPS[one(CLIPS)]
        examples = int(draw.integers(20, 70))
        x = draw.normal(size=(examples, STEPS, FEATURES)).astype(self.dtype)
        labels = x[:, 0, :CLASSES].argmax(axis=1)
        self.dev = x[:17], labels[:17]
        self.settings = {
            "batch_size": int(draw.integers(6, 33)), "shards": int(draw.integers(4, 9)),
            "shuffle": one([True, False]), "drop_last": one([True, False]),
            "seed": int(draw.integers(9)),
        }  # fmt: skip
        self.settings["batch_size"] = min(self.settings["batch_size"], examples)
        self.examples = x, labels
        self.blocks = [one(BLOCKS) for _ in range(draw.integers(1, 5))]
        self.tempered = one([True, False])
        self.rule, self.rate = one(list(OPTIMIZERS)), one(RATES)
        self.grouped = one([True, False])
        # A synchronised layer waits for other shards, which no program does.
        self.compile = one([True, False]) and "synchronised" not in self.blocks
        self.accumulated = int(draw.integers(1, 4))
        self.epochs, self.stop = 3, int(draw.integers(1, 3))

    def _one(self, of):
        return list(of)[self.draw.integers(len(of))]

    def __repr__(self):
        told = {k: v for k, v in vars(self).items() if k not in ("draw", "examples", "dev")}
        return f"Drawn({told})"

    def batches(self):
        return data.Batches(*self.examples, **self.settings)

    def make(self, rank=0):
        """Return a model, a loss, and their optimizer; those of other ranks begin elsewhere."""
        tg.random.seed(5 + rank)
        blocks = [BLOCKS[name]() for name in self.blocks]
        model = nn.Sequential(*blocks, nn.Flatten(), nn.Linear(STEPS * FEATURES, CLASSES))
        model.astype(self.dtype)
        loss = Tempered(self.dtype) if self.tempered else losses.cross_entropy
        case = OPTIMIZERS[self.rule]
        params = [*model.parameters(), *([loss.scale] if self.tempered else [])]
        settings = dict(case.settings)
        if "lr" in case.rule([tg.zeros(1, requires_grad=True)], **settings).defaults:
            steps = self.epochs * len(self.batches())
            settings["lr"] = RATES[self.rate](settings.get("lr", 0.01), steps)
            if self.grouped:
                params = [{"params": params[:1], "lr": 0.003}, {"params": params[1:]}]
        return model, loss, case.rule(params, **settings)

    def by_hand(self):
        """Return the digest after steps of one's own, each by the gradients of several batches."""
        model, loss, optimizer = self.make(distributed.world().rank)
        whole = nn.ModuleList([model, loss]) if self.tempered else model
        parallel = distributed.DataParallel(whole, optimizer)
        costs = []

        def cost(x, y):
            return loss(model(x), y)

        compiled = tg.compile(cost, wait=True) if self.compile else cost
        for i, shards in enumerate(parallel.batches(self.batches())):
            if i % self.accumulated == 0:
                optimizer.zero_grad()
            costs.append(parallel.backward(shards, lambda shard: compiled(*shard)))
            if i % self.accumulated == self.accumulated - 1:
                if self.clip is not None:
                    optim.clip_by_global_norm(model.parameters(), 0.5)
                optimizer.step()
        return digest(whole, optimizer), costs

    def fitted(self, epochs, path=None):
        """Return what a run of ``fit`` leaves behind, and its history but for the seconds."""
        model, loss, optimizer = self.make(distributed.world().rank)
        ema, rate = optim.EMA(model.parameters(), decay=0.8), optimizer.defaults.get("lr")
        see = getattr(rate, "see", lambda value: None)
        stopping = train.EarlyStopping(patience=2, optimize="dev_loss")
        history = train.fit(
            model, loss, optimizer, self.batches(), self.dev, epochs=epochs, clip=self.clip,
            checkpoint=path, step_callbacks=[ema], early_stopping=stopping, parallel="same_bits",
            callbacks=[lambda run: see(run.history["dev_loss"][-1])], progress=False,
            compile=self.compile,
        )  # fmt: skip
        rows = [{k: v for k, v in row.items() if k != "seconds"} for row in history.rows()]
        parts = [model, optimizer, ema, *([loss] if self.tempered else [])]
        return digest(*parts), rows, history.stopped


def digest(*parts):
    """Return a text that tells all that some parts hold, and where random numbers are."""
    known = hashlib.sha1(str(tg.random.default_generator().state).encode())
    for part in parts:
        for key, value in part.state_dict().items():
            array = np.asarray(value)
            known.update(f"{key} {array.dtype} {array.shape}".encode() + array.tobytes())
    return known.hexdigest()


def come_to(name, folder):
    """Return what a training comes to in different ways, one of them with a stop in the midst."""
    drawn, path = Drawn(name), Path(folder, f"{name}.safetensors")
    found = {"by hand": drawn.by_hand(), "whole": drawn.fitted(drawn.epochs)}
    world = distributed.world()
    if not world.first(path.exists):
        drawn.fitted(drawn.stop, path)
    found["resumed"] = drawn.fitted(drawn.epochs, path)
    everywhere = world.gather(found)
    assert all(each == found for each in everywhere), f"{drawn}: processes differ"
    if world.rank == 0:
        path.unlink()
    drawn.fitted(drawn.stop, path)  # for others to go on from
    return found


if __name__ == "__main__":
    folder, *names = sys.argv[1:]
    found = {name: come_to(name, folder) for name in names}
    if distributed.world().rank == 0:
        Path(folder, f"{distributed.world().size}.json").write_text(json.dumps(found), "utf-8")
