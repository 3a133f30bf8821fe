"""Trains a forecaster and prints how often the truth lies between its quantiles."""

import numpy as np

import tensorgraph as tg

from .data import Scaler, make_load, split_by_time, windows
from .layers import Forecaster
from .losses import pinball
from .optimizers import AdaBelief, warmup_then_root


def step_of(model, optimizer):
    def step(lags, hours, target):
        optimizer.zero_grad()
        loss = pinball(model(lags, hours), target)
        loss.backward()
        optimizer.step()
        return loss

    return step


def main(n_hours=2000, n_lags=24, epochs=10, seed=0):
    tg.random.seed(seed)
    train, dev, _ = split_by_time(make_load(n_hours, seed))
    scaler = Scaler().fit(train)
    lags, hours, target = windows(scaler.transform(train), n_lags)
    model = Forecaster(n_lags)
    optimizer = AdaBelief(model.parameters(), lr=warmup_then_root(0.01, 50))
    step = step_of(model, optimizer)
    rng = np.random.default_rng(seed)
    for epoch in range(epochs):
        order = rng.permutation(len(target))
        batches = np.array_split(order, len(order) // 64)
        losses = [float(step(lags[b], hours[b], target[b])) for b in batches]
        print(f"epoch {epoch + 1}: pinball {np.mean(losses):.4f}")
    model.eval()
    lags, hours, target = windows(scaler.transform(dev), n_lags, first_hour=len(train))
    q = model(lags, hours).numpy()
    inside = (q[:, 0] <= target) & (target <= q[:, -1])
    print(f"dev: {inside[~np.isnan(target)].mean():.0%} between the 10 % and the 90 % quantile")
    return model


if __name__ == "__main__":
    main()
