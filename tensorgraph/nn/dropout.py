"""Dropout: a layer that switches units off at random."""

from __future__ import annotations

from numbers import Real
from typing import Any

from tensorgraph import random
from tensorgraph.arguments import number
from tensorgraph.engine.operands import Operand
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor, asarray
from tensorgraph.errors import ArgumentError, DTypeError, describe
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.forgotten_eval import warn_of_inference
from tensorgraph.nn.module import Module
from tensorgraph.ops.masking import dropout
from tensorgraph.random import Generator


class Dropout(Module):
    """Switches each element off with probability p, independently, and scales up the others.

        D ~ Bernoulli(keep_prob)          A ← A · D / keep_prob

    with keep_prob = 1 − p (Srivastava et al. 2014, "Dropout: a simple way to prevent neural
    networks from overfitting", in the inverted form of the Deep Learning Specialization, course 2,
    week 1). Dividing by keep_prob leaves the expectation of every element as it was, so in
    evaluation there is nothing to do: the layer returns its input. A new D is drawn at every call;
    it is an operand of the graph like any other constant.

    Libraries disagree about what a bare number means, so it has to be named: in PyTorch and Keras
    it is the probability of dropping, in the course that of keeping. Each layer has its own; wide
    ones take more dropout, inputs little or none.

    Args:
        keep_prob: the probability with which an element is kept, in (0, 1].
        p: instead of it, the probability with which an element is dropped, in [0, 1).
        generator: what D is drawn from; the default one unless given.

    Raises:
        ArgumentError: not exactly one of ``keep_prob`` and ``p``, a number without a name, or one
            outside its range. To keep nothing is refused, as there is nothing to scale up: 0 / 0.
        DTypeError: a probability that is not a number, or something that is no generator.

    Example:
        >>> import tensorgraph as tg
        >>> layer = tg.nn.Dropout(keep_prob=0.8, generator=tg.random.Generator(0))
        >>> print(layer(tg.ones(5)), layer.eval()(tg.ones(5)))
        [1.25 1.25 1.25 0.   0.  ] [1. 1. 1. 1. 1.]
        >>> tg.nn.Dropout(p=0.2)
        Dropout(keep_prob=0.8)
    """

    @with_leads
    def __init__(
        self,
        *unnamed: Any,
        keep_prob: float | None = None,
        p: float | None = None,
        generator: Generator | None = None,
    ) -> None:
        if unnamed:
            given = unnamed[0] if isinstance(unnamed[0], Real) else 0.2
            raise ArgumentError(
                f"Dropout({describe(unnamed[0])}): libraries disagree about what a number without a"
                f" name means; write Dropout(p={given}) to drop with this probability, as in"
                f" PyTorch and Keras, or Dropout(keep_prob={given}) to keep with it, as in the"
                " Deep Learning Specialization"
            )
        if (keep_prob is None) == (p is None):
            found = "neither" if p is None else "both"
            raise ArgumentError(
                f"Dropout takes either keep_prob or p = 1 − keep_prob, {found} were given; write"
                " Dropout(keep_prob=0.8) or Dropout(p=0.2)"
            )
        if generator is not None and not isinstance(generator, Generator):
            raise DTypeError(
                f"Dropout: generator must be a tg.random.Generator, not {describe(generator)};"
                " write tg.random.Generator(seed)"
            )
        if p is None:
            self.keep_prob = number(keep_prob, "Dropout: keep_prob", most=1, above=0)
        else:
            self.keep_prob = 1 - number(p, "Dropout: p", least=0, below=1)
        """The probability with which an element is kept."""
        self.generator = generator

    @property
    def p(self) -> float:
        """The probability with which an element is dropped."""
        return 1 - self.keep_prob

    @p.setter
    def p(self, value: float) -> None:
        self.keep_prob = 1 - number(value, "Dropout: p", least=0, below=1)

    def forward(self, x: Operand) -> Tensor:
        """Return x · D / keep_prob with a new D in training, x in evaluation."""
        if not self.training or self.keep_prob == 1:
            return asarray(x)
        warn_of_inference(self, "dropout", "it drops at random")
        mask = random.bernoulli(self.keep_prob, shape_of(x), self.generator)
        y: Tensor = dropout(x, mask, keep_prob=self.keep_prob)
        return y

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return f"keep_prob={self.keep_prob:.6g}"
