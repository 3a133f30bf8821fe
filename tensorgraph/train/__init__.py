"""Training: fitting a model, runs that can be stopped, saved and resumed, and what to try first."""

from tensorgraph.train.evaluate import evaluate, predict
from tensorgraph.train.fit import fit
from tensorgraph.train.history import History
from tensorgraph.train.random_state import RandomState
from tensorgraph.train.run import Run
from tensorgraph.train.save import load, save
from tensorgraph.train.stopping import EarlyStopping

__all__ = [
    "EarlyStopping", "History", "RandomState", "Run", "evaluate", "fit", "load", "predict", "save",
]  # fmt: skip
