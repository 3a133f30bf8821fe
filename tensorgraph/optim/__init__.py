"""Optimizers: pure update rules, written with operators and ops."""

from tensorgraph.optim.adam import Adam
from tensorgraph.optim.base import Optimizer
from tensorgraph.optim.sgd import SGD

__all__ = ["SGD", "Adam", "Optimizer"]
