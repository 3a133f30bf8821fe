"""Optimizers: pure update rules, written with operators and ops."""

from tensorgraph.optim import schedules
from tensorgraph.optim.adam import Adam, AdamW, NAdam
from tensorgraph.optim.adaptive import Adagrad, RMSprop
from tensorgraph.optim.base import Optimizer
from tensorgraph.optim.clip import clip_by_global_norm, clip_by_value
from tensorgraph.optim.groups import Group, decay_groups, path_groups
from tensorgraph.optim.lion import Lion
from tensorgraph.optim.momentum import EWMAMomentum, HeavyBall, Nesterov
from tensorgraph.optim.sgd import SGD

__all__ = [
    "SGD", "Adagrad", "Adam", "AdamW", "EWMAMomentum", "Group", "HeavyBall", "Lion", "NAdam",
    "Nesterov", "Optimizer", "RMSprop", "clip_by_global_norm", "clip_by_value",
    "decay_groups", "path_groups", "schedules",
]  # fmt: skip
