"""The operators and methods of arrays that stand for ops.

Here are the names; ``tensorgraph/ops/methods.py`` binds to them the ops. What type checkers and
editors are told of them is in the stub ``operators.pyi``, which ``make stubs`` writes.
"""

from __future__ import annotations

METHODS = (
    "abs", "all", "any", "argmax", "argmin", "argsort", "astype", "clip", "cos", "cumulative_sum",
    "exp", "expand_dims", "flip", "log", "log_softmax", "logsumexp", "max", "mean", "min", "norm",
    "permute_dims", "prod", "relu", "repeat", "round", "sigmoid", "sin", "softmax", "sort", "sqrt",
    "square", "squeeze", "std", "sum", "swapaxes", "take", "tanh", "var",
)  # fmt: skip
"""The operations that are methods too, of the same name."""


class Operators:
    """What can be written ``x + y`` or ``x.sum()``."""

    __slots__ = ()
