"""Positional encodings: what tells the steps of a sequence apart, added to their features."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph import errors
from tensorgraph.arguments import number, whole
from tensorgraph.engine.arrays import placed
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.tensor import Tensor, asarray
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.init import Initializer, normal
from tensorgraph.nn.linear import parameter
from tensorgraph.nn.message_place import here
from tensorgraph.nn.module import Module
from tensorgraph.ops.arithmetic import where
from tensorgraph.ops.trigonometric import cos, sin
from tensorgraph.random import Generator


def _check(name: str, shape: tuple[int, ...], features: int) -> None:
    """Raise unless a shape is that of sequences.

    Raises:
        ShapeError: it is not.
    """
    if len(shape) < 2 or shape[-1] != features:
        raise errors.ShapeError(
            f"{here(name)}: the input of shape {shape} must have shape (…, T, {features}): T steps"
            f" of {features} features"
        )


class SinusoidalPositionalEncoding(Module):
    """Adds to step t what waves of many lengths are there: x + P[t].

        P[t, 2i] = sin(t / 10000^(2i/d))        P[t, 2i + 1] = cos(t / 10000^(2i/d))

    for d features (Vaswani et al. 2017, "Attention is all you need", section 3.5; Deep Learning
    Specialization, course 5, week 4). Nothing is learned, and sequences may be of any length.

    X has shape (…, T, features).

    Args:
        features: d.
        base: what is 10000 above.

    Raises:
        ArgumentError: ``features`` below 1, or a ``base`` that is not above 1.
        DTypeError: an argument of the wrong kind.
        ShapeError: when called: the input has another number of features along its last axis.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.SinusoidalPositionalEncoding(2)(tg.zeros((3, 2))).round(3))
        [[ 0.     1.   ]
         [ 0.841  0.54 ]
         [ 0.909 -0.416]]
    """

    @with_leads
    def __init__(self, features: int, base: float = 10000.0) -> None:
        self.features = whole(features, "SinusoidalPositionalEncoding: features", 1)
        self.base = number(base, "SinusoidalPositionalEncoding: base", above=1)

    def forward(self, x: Operand) -> Tensor:
        """Return x with its positions added."""
        x = asarray(x)
        _check("SinusoidalPositionalEncoding", x.shape, self.features)
        y: Tensor = x + self._waves(x).astype(x.dtype if x.dtype.kind == "f" else np.float32)
        return y

    def _waves(self, x: Tensor) -> Tensor:
        """Return P of as many steps as x has."""
        pairs = np.arange(self.features) // 2 * 2
        steps = asarray(placed(np.arange(x.shape[-2])[:, None], x.data))
        angles = steps / placed(self.base ** (pairs / self.features), x.data)
        odd = placed(np.arange(self.features) % 2 == 1, x.data)
        waves: Tensor = where(odd, cos(angles), sin(angles))
        return waves

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return str(self.features)


class LearnedPositionalEncoding(Module):
    """Adds to step t row t of a table that is learned: x + P[t].

    Gehring et al. 2017, "Convolutional sequence to sequence learning", section 3.1. There are no
    steps beyond the table.

    X has shape (…, T, features) with T ≤ ``max_length``; P is the parameter ``weight``, of shape
    (max_length, features).

    Args:
        max_length: how many steps the table has.
        features: how many features each has.
        init: where the table starts, see :mod:`tensorgraph.nn.init`.
        dtype: float32 unless given.
        generator: what the table is drawn from; the default one unless given.

    Raises:
        ArgumentError: a size below 1.
        DTypeError: a size that is not an integer.
        ShapeError: when called: the input has another number of features, or too many steps.

    Example:
        >>> import tensorgraph as tg
        >>> layer = tg.nn.LearnedPositionalEncoding(100, 8)
        >>> layer
        LearnedPositionalEncoding(100, 8, init=normal(0.02))
        >>> layer(tg.ones((5, 7, 8))).shape
        (5, 7, 8)
    """

    @with_leads
    def __init__(
        self,
        max_length: int,
        features: int,
        init: Initializer = normal(0.02),
        dtype: DTypeLike | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.max_length = whole(max_length, "LearnedPositionalEncoding: max_length", 1)
        self.features = whole(features, "LearnedPositionalEncoding: features", 1)
        self.init = getattr(init, "__name__", repr(init))
        """Name of the initialiser, for ``repr``."""
        self.weight = parameter(init, (self.max_length, self.features), dtype, generator)

    def forward(self, x: Operand) -> Tensor:
        """Return x with its positions added."""
        x = asarray(x)
        _check("LearnedPositionalEncoding", x.shape, self.features)
        steps = x.shape[-2]
        if steps > self.max_length:
            raise errors.ShapeError(
                f"{here('LearnedPositionalEncoding')}: the input of shape {x.shape} has {steps}"
                f" steps, and the table {self.max_length}; write"
                f" LearnedPositionalEncoding({steps}, {self.features})"
            )
        return x + self.weight[:steps]

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return f"{self.max_length}, {self.features}, init={self.init}"
