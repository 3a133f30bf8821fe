"""Hourly load: made up here, split by time, cut into windows, scaled by the past."""

import numpy as np


def make_load(n_hours, seed=0):
    rng = np.random.default_rng(seed)
    t = np.arange(n_hours)
    day, week = np.sin(2 * np.pi * t / 24), np.sin(2 * np.pi * t / 168)
    load = 50 + 10 * day + 5 * week + rng.normal(0, 1, n_hours)
    load[rng.random(n_hours) < 0.02] = np.nan
    return load


def split_by_time(load, dev=0.15, test=0.15):
    n = len(load)
    a, b = int(n * (1 - dev - test)), int(n * (1 - test))
    return load[:a], load[a:b], load[b:]


class Scaler:
    def fit(self, load):
        self.mean, self.std = np.nanmean(load), np.nanstd(load)
        return self

    def transform(self, load):
        return (load - self.mean) / self.std


def windows(load, n_lags, first_hour=0):
    """Return inputs (n, n_lags + 1) and targets (n,): n_lags loads, their hour; the next load."""
    filled = load.copy()
    for i in range(len(filled)):
        if np.isnan(filled[i]):
            filled[i] = filled[i - 1] if i else 0.0  # a hole is carried on
    n = len(load) - n_lags
    lags = np.lib.stride_tricks.sliding_window_view(filled, n_lags)[:n]
    hours = first_hour + n_lags + np.arange(n)
    return np.column_stack([lags, hours]).astype("float32"), load[n_lags:].astype("float32")
