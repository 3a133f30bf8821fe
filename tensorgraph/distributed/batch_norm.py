"""Batch norm over a batch that is in several shards."""

from __future__ import annotations

from typing import Any

from tensorgraph.distributed.operations import allreduce
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.message_place import here
from tensorgraph.nn.normalization.batch_norm import BatchNorm
from tensorgraph.nn.normalization.scale_and_shift import along
from tensorgraph.ops.transcendental import sqrt

__all__ = ["SyncBatchNorm"]
