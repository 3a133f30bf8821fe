"""Training: fitting a model, runs that can be stopped, saved and resumed, and what to try first."""

from tensorgraph.train.early_stopping import EarlyStopping
from tensorgraph.train.evaluate import evaluate, predict
from tensorgraph.train.fit import fit
from tensorgraph.train.history import History
from tensorgraph.train.learning_curve import LearningCurve, learning_curve
from tensorgraph.train.lr_range import LrRange, lr_range_test
from tensorgraph.train.overfit import Overfit, overfit_one_batch
from tensorgraph.train.random_state import RandomState
from tensorgraph.train.save import load, save
from tensorgraph.train.search import Search, Trial, search
from tensorgraph.train.search_space import (
    Space,
    choice,
    integers,
    log_uniform,
    one_minus_log_uniform,
    uniform,
)
from tensorgraph.train.training_run import Run

__all__ = [
    "EarlyStopping", "History", "LearningCurve", "LrRange", "Overfit", "RandomState", "Run",
    "Search", "Space", "Trial", "choice", "evaluate", "fit", "integers", "learning_curve", "load",
    "log_uniform", "lr_range_test", "one_minus_log_uniform", "overfit_one_batch", "predict",
    "save", "search", "uniform",
]  # fmt: skip
