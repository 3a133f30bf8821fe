"""Initialisers: where weights start.

An initialiser is a function ``init(shape, *, generator=None, dtype=None)`` that returns a tensor,
so any function of that form is one. The fans are read off the shape of the weight, which is
(out, in) or, for a convolution, (out, in, *kernel): ``fan_in = in · Π kernel`` is the number of
inputs that one output sums, n below; ``fan_out = out · Π kernel`` is m.

========================  ==============================  =========================================
function                  standard deviation              keeps constant
========================  ==============================  =========================================
``he_*``                  √(2 / ((1 + slope²) n))         the variance through ReLU layers, forward
``xavier_*``              √(1 / n)                        the variance through linear or tanh layers
``glorot_*``              √(2 / (n + m))                  a compromise of forward and backward
========================  ==============================  =========================================

Two rules go by the name of Xavier Glorot. Here ``xavier`` is the √(1/n) of the Deep Learning
Specialization (course 2, week 1), and ``glorot`` the one of Glorot & Bengio 2010, equation 12,
which PyTorch calls ``xavier``. The uniform versions have the same standard deviation σ: they draw
from [−√3 σ, √3 σ). All are centred on 0; the course notes write ``np.random.rand`` where such a
normal distribution (``randn``) is meant.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from numpy.typing import DTypeLike

from tensorgraph import creation, errors, random
from tensorgraph.random import Generator
from tensorgraph.tensor import Tensor

Initializer = Callable[..., Any]


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """Return (fan_in, fan_out) of a weight of this shape.

    Raises:
        ShapeError: the shape has fewer than two axes, so it is not a weight's.

    Example:
        >>> fans((10, 64)), fans((16, 3, 5, 5))
        ((64, 10), (75, 400))
    """
    if len(shape) < 2:
        raise errors.ShapeError(
            f"a weight has shape (out, in) or (out, in, *kernel), {tuple(shape)} has no fan;"
            " write init.zeros for a bias"
        )
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def he_normal(
    shape: Sequence[int],
    *,
    slope: float = 0.0,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
) -> Tensor:
    """Draw from N(0, σ²) with σ = √(2 / ((1 + slope²) · fan_in)): for layers before a ReLU.

    He et al. 2015, "Delving deep into rectifiers", equations 10 and 15. ``slope`` is that of a
    leaky ReLU.

    Raises:
        ShapeError: the shape is not a weight's; see :func:`fans`.

    Example:
        >>> import tensorgraph as tg
        >>> w = he_normal((500, 200), generator=tg.random.Generator(0))
        >>> print(f"{w.std():.2f}")
        0.10
    """
    return random.normal(shape, 0.0, _he(shape, slope), dtype, generator)


def he_uniform(
    shape: Sequence[int],
    *,
    slope: float = 0.0,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
) -> Tensor:
    """Draw evenly with the standard deviation of :func:`he_normal`.

    Raises:
        ShapeError: the shape is not a weight's; see :func:`fans`.

    Example:
        >>> he_uniform((3, 6)).shape  # within ±√(6 / 6)
        (3, 6)
    """
    return _uniform(shape, _he(shape, slope), dtype, generator)


def xavier_normal(
    shape: Sequence[int], *, generator: Generator | None = None, dtype: DTypeLike | None = None
) -> Tensor:
    """Draw from N(0, 1 / fan_in): the course's Xavier initialisation, for tanh layers.

    Raises:
        ShapeError: the shape is not a weight's; see :func:`fans`.

    Example:
        >>> import tensorgraph as tg
        >>> w = xavier_normal((500, 400), generator=tg.random.Generator(0))
        >>> print(f"{w.std():.2f}")
        0.05
    """
    return random.normal(shape, 0.0, _xavier(shape), dtype, generator)


def xavier_uniform(
    shape: Sequence[int], *, generator: Generator | None = None, dtype: DTypeLike | None = None
) -> Tensor:
    """Draw evenly with the standard deviation of :func:`xavier_normal`.

    Raises:
        ShapeError: the shape is not a weight's; see :func:`fans`.

    Example:
        >>> xavier_uniform((3, 6)).shape  # within ±√(3 / 6)
        (3, 6)
    """
    return _uniform(shape, _xavier(shape), dtype, generator)


def glorot_normal(
    shape: Sequence[int], *, generator: Generator | None = None, dtype: DTypeLike | None = None
) -> Tensor:
    """Draw from N(0, 2 / (fan_in + fan_out)) (Glorot & Bengio 2010, equation 12).

    PyTorch calls it ``xavier_normal_``.

    Raises:
        ShapeError: the shape is not a weight's; see :func:`fans`.

    Example:
        >>> import tensorgraph as tg
        >>> w = glorot_normal((600, 200), generator=tg.random.Generator(0))
        >>> print(f"{w.std():.2f}")
        0.05
    """
    return random.normal(shape, 0.0, _glorot(shape), dtype, generator)


def glorot_uniform(
    shape: Sequence[int], *, generator: Generator | None = None, dtype: DTypeLike | None = None
) -> Tensor:
    """Draw evenly with the standard deviation of :func:`glorot_normal` (its equation 16).

    PyTorch calls it ``xavier_uniform_``.

    Raises:
        ShapeError: the shape is not a weight's; see :func:`fans`.

    Example:
        >>> glorot_uniform((3, 6)).shape  # within ±√(6 / (6 + 3))
        (3, 6)
    """
    return _uniform(shape, _glorot(shape), dtype, generator)


def zeros(
    shape: Sequence[int], *, generator: Generator | None = None, dtype: DTypeLike | None = None
) -> Tensor:
    """Return zeros: for biases. Weights that start at 0 would all learn the same.

    Example:
        >>> zeros((2,))
        tensor([0., 0.])
    """
    return creation.zeros(tuple(shape), dtype=dtype)


def constant(value: float) -> Initializer:
    """Return the initialiser that fills with ``value``.

    Example:
        >>> constant(0.5)((2,))
        tensor([0.5, 0.5])
    """

    def init(
        shape: Sequence[int], *, generator: Generator | None = None, dtype: DTypeLike | None = None
    ) -> Tensor:
        return creation.full(tuple(shape), float(value), dtype=dtype)

    init.__name__ = f"constant({value})"
    return init


def normal(std: float = 0.01, mean: float = 0.0) -> Initializer:
    """Return the initialiser that draws from N(mean, std²): small random numbers by default.

    Example:
        >>> normal(std=0.1)((2, 3)).shape
        (2, 3)
    """

    def init(
        shape: Sequence[int], *, generator: Generator | None = None, dtype: DTypeLike | None = None
    ) -> Tensor:
        return random.normal(shape, mean, std, dtype, generator)

    init.__name__ = f"normal({std})" if mean == 0 else f"normal({std}, mean={mean})"
    return init


def _uniform(
    shape: Sequence[int], std: float, dtype: DTypeLike | None, generator: Generator | None
) -> Tensor:
    edge = math.sqrt(3) * std
    return random.uniform(shape, -edge, edge, dtype, generator)


def _he(shape: Sequence[int], slope: float) -> float:
    return math.sqrt(2 / ((1 + slope**2) * max(fans(shape)[0], 1)))


def _xavier(shape: Sequence[int]) -> float:
    return math.sqrt(1 / max(fans(shape)[0], 1))


def _glorot(shape: Sequence[int]) -> float:
    return math.sqrt(2 / max(sum(fans(shape)), 1))
