"""A search whose trials the other processes run: ``mpiexec -n 3 python -m mpi4py.futures …``."""

import json

import numpy as np

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.train import fit, log_uniform, search

SPACE = {"lr": log_uniform(1e-3, 1.0)}


def objective(params, seed):
    tg.random.seed(seed)
    x = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
    model = nn.Linear(3, 1)
    optimizer = optim.SGD(model.parameters(), lr=params["lr"])
    history = fit(model, nn.losses.mse, optimizer, (x, x[:, :1]), epochs=2, progress=False)
    return history["train_loss"][-1]


def found(executor=None):
    """Return what was tried, the best first."""
    trials = search(SPACE, objective, 6, executor=executor)
    return [[trial.number, trial.value, trial.error] for trial in trials]


if __name__ == "__main__":
    from mpi4py.futures import MPIPoolExecutor

    from tests.distributed import searching  # under the name by which workers find it

    with MPIPoolExecutor() as executor:
        print(json.dumps(searching.found(executor)), flush=True)
