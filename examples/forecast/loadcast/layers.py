"""Layers: y = a ⊙ σ(b), sines of the hour, quantiles that never cross."""

import math

import numpy as np

import tensorgraph as tg
from tensorgraph import nn


class GatedLinear(nn.Module):
    """A linear map, gated by another one of the same input (Dauphin et al. 2017)."""

    def __init__(self, n_in, n_out):
        self.value = nn.Linear(n_in, n_out)
        self.gate = nn.Linear(n_in, n_out)

    def forward(self, x):
        return self.value(x) * tg.sigmoid(self.gate(x))


class Seasonal(nn.Module):
    """Learned mixtures of sines and cosines of the hour: (n,) hours → (n, n_out)."""

    def __init__(self, n_out, periods=(24.0, 168.0), order=2):
        freqs = [2 * math.pi * (k + 1) / p for p in periods for k in range(order)]
        self.freqs = tg.tensor(np.array(freqs), dtype="float32")
        self.mix = nn.Linear(2 * len(freqs), n_out, bias=False)

    def forward(self, hours):
        phase = tg.expand_dims(hours, -1) * self.freqs
        return self.mix(tg.concat([tg.sin(phase), tg.cos(phase)], axis=-1))


class QuantileHead(nn.Module):
    """One number for each quantile, in ascending order: the first, and steps that are positive."""

    def __init__(self, n_in, n_quantiles):
        self.proj = nn.Linear(n_in, n_quantiles)

    def forward(self, h):
        raw = self.proj(h)
        low, steps = raw[..., :1], tg.softplus(raw[..., 1:])
        return low + tg.concat([tg.zeros_like(low), tg.cumulative_sum(steps, axis=-1)], axis=-1)


class Forecaster(nn.Module):
    """The last loads, and the hour in a last column: (n, n_lags + 1) → quantiles of the next."""

    def __init__(self, n_lags, n_hidden=16, n_quantiles=3, rate=0.1):
        self.lags = GatedLinear(n_lags, n_hidden)
        self.season = Seasonal(n_hidden)
        self.norm = nn.LayerNorm(n_hidden)
        self.drop = nn.Dropout(p=rate)
        self.head = QuantileHead(n_hidden, n_quantiles)

    def forward(self, x):
        h = self.norm(self.lags(x[..., :-1]) + self.season(x[..., -1]))
        return self.head(self.drop(h))
