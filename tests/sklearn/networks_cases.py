"""Networks that the estimators of these tests are made of."""

import numpy as np

from tensorgraph import nn


def network(n_features_in_, n_outputs_, width=16):
    hidden = nn.Linear(n_features_in_, width)
    return nn.Sequential(hidden, nn.Tanh(), nn.Linear(width, n_outputs_))


def in_double(n_features_in_, n_outputs_, width=16):
    return network(n_features_in_, n_outputs_, width).astype("float64")


def one_logit(n_features_in_, width=16):
    return network(n_features_in_, 1, width)


class Network(nn.Module):
    def __init__(self, n_features_in_, n_classes_, width=8, p=0.0):
        self.hidden = nn.Linear(n_features_in_, width)
        self.drop = nn.Dropout(p=p)
        self.out = nn.Linear(width, n_classes_)

    def forward(self, x):
        return self.out(self.drop(np.tanh(self.hidden(x))))
