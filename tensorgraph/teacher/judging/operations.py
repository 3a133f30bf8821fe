"""The operations that are known one by one, by their records."""

from __future__ import annotations

from tensorgraph import ops  # noqa: F401  which declares them
from tensorgraph.engine.op import REGISTRY

ADD = REGISTRY["add"]
CONV = REGISTRY["conv"]
CONV_TRANSPOSE = REGISTRY["conv_transpose"]
DIVIDE = REGISTRY["divide"]
EINSUM = REGISTRY["einsum"]
FLIP = REGISTRY["flip"]
GETITEM = REGISTRY["getitem"]
LOG_SOFTMAX = REGISTRY["log_softmax"]
MATMUL = REGISTRY["matmul"]
MATRIX_TRANSPOSE = REGISTRY["matrix_transpose"]
MAX = REGISTRY["max"]
MAXIMUM = REGISTRY["maximum"]
MEAN = REGISTRY["mean"]
MULTIPLY = REGISTRY["multiply"]
NEGATIVE = REGISTRY["negative"]
PERMUTE_DIMS = REGISTRY["permute_dims"]
RELU = REGISTRY["relu"]
RESHAPE = REGISTRY["reshape"]
ROLL = REGISTRY["roll"]
SOFTMAX = REGISTRY["softmax"]
STD = REGISTRY["std"]
SUBTRACT = REGISTRY["subtract"]
SUM = REGISTRY["sum"]
VAR = REGISTRY["var"]
