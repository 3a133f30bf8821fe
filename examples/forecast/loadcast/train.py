"""Trains a forecaster and prints how often the truth lies between its quantiles."""

import numpy as np

import tensorgraph as tg

from .data import Scaler, make_load, split_by_time, windows
from .layers import Forecaster
from .losses import pinball
from .optimizers import AdaBelief, warmup_then_root


def step_of(model, optimizer):
    def step(x, y):
        optimizer.zero_grad()
        loss = pinball(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def train(model, data, test=None, epochs=10, seed=0):
    x, y = data
    step = step_of(model, AdaBelief(model.parameters(), lr=warmup_then_root(0.01, 50)))
    rng = np.random.default_rng(seed)
    for epoch in range(epochs):
        model.train()
        batches = np.array_split(rng.permutation(len(y)), max(len(y) // 64, 1))
        costs = [float(step(x[b], y[b])) for b in batches]
        told = f"epoch {epoch + 1}: pinball {np.mean(costs):.4f}"
        model.eval()
        print(told if test is None else f"{told}, dev {coverage(model, test):.0%} inside")


def coverage(model, data):
    """How much of the known truth lies between the first and the last quantile."""
    x, y = data
    q, known = model(x).numpy(), ~np.isnan(y)
    return np.mean(((q[:, 0] <= y) & (y <= q[:, -1]))[known])


def main(n_hours=2000, n_lags=24, seed=0):
    tg.random.seed(seed)
    past, dev, _ = split_by_time(make_load(n_hours, seed))
    scaler = Scaler().fit(past)
    model = Forecaster(n_lags)
    train(
        model,
        windows(scaler.transform(past), n_lags),
        windows(scaler.transform(dev), n_lags, first_hour=len(past)),
    )


if __name__ == "__main__":
    main()
