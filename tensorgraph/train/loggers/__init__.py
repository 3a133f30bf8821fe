"""Callbacks that write a run where others look at it: TensorBoard, MLflow, Weights & Biases.

==================  ===============================================================================
for TensorBoard     ``callbacks=[tg.train.TensorBoard("runs/first")]``, given to ``tg.train.fit``
for MLflow          ``callbacks=[tg.train.MLflow("digits", uri="sqlite:///runs.db")]``
for Weights&Biases  ``callbacks=[tg.train.WandB(project="digits", mode="offline")]``
==================  ===============================================================================

Each needs its package, which the extras ``tensorboard``, ``mlflow`` and ``wandb`` install. Read
``logger`` (what all do) first, then ``mlflow`` and ``wandb``, and ``tensorboard`` on ``event_file``
and ``graph_nodes``.
"""

from tensorgraph.train.loggers import mlflow, tensorboard, wandb
from tensorgraph.train.loggers.mlflow import *
from tensorgraph.train.loggers.tensorboard import *
from tensorgraph.train.loggers.wandb import *

__all__: list[str] = []
__all__ += mlflow.__all__
__all__ += tensorboard.__all__
__all__ += wandb.__all__
