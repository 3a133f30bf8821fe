"""Training: runs that can be stopped, saved and resumed."""

from tensorgraph.train.random_state import RandomState
from tensorgraph.train.save import load, save

__all__ = [
    "RandomState", "load", "save",
]  # fmt: skip
