"""Where an op's input may lie: data, from which tests draw operands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Real:
    """An interval of real numbers, with points to keep away from (kinks and poles).

    Example:
        >>> import tensorgraph as tg
        >>> tg.log.op.domain["x"]
        Real(low=0.1, high=5.0, avoid=())
    """

    low: float = -3.0
    high: float = 3.0
    avoid: tuple[float, ...] = ()


@dataclass(frozen=True)
class Integer:
    """The integers ``low`` … ``high - 1``.

    Example:
        >>> import tensorgraph as tg
        >>> tg.one_hot.op.domain["labels"]
        Integer(low=0, high=4)
    """

    low: int = 0
    high: int = 5


@dataclass(frozen=True)
class Boolean:
    """True and False.

    Example:
        >>> import tensorgraph as tg
        >>> tg.where.op.domain["condition"]
        Boolean()
    """


@dataclass(frozen=True)
class Simplex:
    """Non-negative numbers that sum to 1 along the last axis.

    Example:
        >>> import tensorgraph as tg
        >>> tg.softmax_cross_entropy.op.domain["targets"]
        Simplex()
    """


Domain = Real | Integer | Boolean | Simplex
