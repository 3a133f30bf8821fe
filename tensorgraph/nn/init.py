"""Initialisers: where weights start.

An initialiser is a function ``init(shape, *, generator=None, dtype=None)`` that returns a tensor,
so any function of that form is one; those with settings, such as ``normal(std=0.01)``, are made by
a function of their settings. The fans are read off the shape of the weight, which is (out, in) or,
for a convolution, (out, in, *kernel): ``fan_in = in · Π kernel`` is the number of inputs that one
output sums, n below; ``fan_out = out · Π kernel`` is m.

==========================  ========================  ============================================
function                    standard deviation        keeps constant
==========================  ========================  ============================================
``he_*``                    √(2 / ((1 + slope²) n))   the variance through ReLU layers, forward
``xavier_*``, ``lecun_*``   √(1 / n)                  the variance through linear and tanh layers
``glorot_*``                √(2 / (n + m))            a compromise of forward and backward
``orthogonal(gain)``        gain / √(larger side)     lengths and angles, where in ≤ out
``normal(std)``             std, 0.01 by default      nothing: signals fade in deep networks
==========================  ========================  ============================================

Two rules go by the name of Xavier Glorot. Here ``xavier`` is the √(1/n) of the Deep Learning
Specialization (course 2, week 1), which is LeCun's of 1998, so ``lecun`` is another name for it;
and ``glorot`` is the one of Glorot & Bengio 2010, equation 12, which PyTorch calls ``xavier``. The
uniform versions have the same standard deviation σ: they draw from [−√3 σ, √3 σ). All are centred
on 0; the course notes write ``np.random.rand`` where such a normal distribution (``randn``) is
meant.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph import errors, random
from tensorgraph.arguments import number
from tensorgraph.engine import creation
from tensorgraph.engine.tensor import Tensor, tensor
from tensorgraph.leads.attributes import module_hooks as _module_hooks
from tensorgraph.leads.calls import with_leads
from tensorgraph.random import Generator

__all__ = [
    "constant", "fans", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform",
    "lecun_normal", "lecun_uniform", "normal", "orthogonal", "uniform", "xavier_normal",
    "xavier_uniform", "zeros",
]  # fmt: skip

if not TYPE_CHECKING:
    __getattr__, __dir__ = _module_hooks(__name__, __all__)

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


@with_leads
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


@with_leads
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


@with_leads
def xavier_normal(
    shape: Sequence[int], *, generator: Generator | None = None, dtype: DTypeLike | None = None
) -> Tensor:
    """Draw from N(0, 1 / fan_in): the course's Xavier initialisation, for tanh layers.

    Also under the name ``lecun_normal``: LeCun et al. 1998, "Efficient BackProp", equation 16, for
    inputs of mean 0 and variance 1. What PyTorch calls Xavier is :func:`glorot_normal`, of another
    deviation: √(2 / (fan_in + fan_out)), not √(1 / fan_in).

    Raises:
        ShapeError: the shape is not a weight's; see :func:`fans`.

    Example:
        >>> import tensorgraph as tg
        >>> w = xavier_normal((500, 400), generator=tg.random.Generator(0))
        >>> print(f"{w.std():.2f}")
        0.05
    """
    return random.normal(shape, 0.0, _xavier(shape), dtype, generator)


@with_leads
def xavier_uniform(
    shape: Sequence[int], *, generator: Generator | None = None, dtype: DTypeLike | None = None
) -> Tensor:
    """Draw evenly with the standard deviation of :func:`xavier_normal`.

    Also under the name ``lecun_uniform``. What PyTorch calls Xavier is :func:`glorot_uniform`.

    Raises:
        ShapeError: the shape is not a weight's; see :func:`fans`.

    Example:
        >>> xavier_uniform((3, 6)).shape  # within ±√(3 / 6)
        (3, 6)
    """
    return _uniform(shape, _xavier(shape), dtype, generator)


lecun_normal, lecun_uniform = xavier_normal, xavier_uniform


@with_leads
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


@with_leads
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


@with_leads
def zeros(
    shape: Sequence[int], *, generator: Generator | None = None, dtype: DTypeLike | None = None
) -> Tensor:
    """Return zeros: for biases. Weights that start at 0 would all learn the same.

    Example:
        >>> zeros((2,))
        tensor([0., 0.])
    """
    return creation.zeros(tuple(shape), dtype=dtype)


@with_leads
def constant(value: float) -> Initializer:
    """Return the initialiser that fills with ``value``.

    Example:
        >>> constant(0.5)((2,))
        tensor([0.5, 0.5])
    """
    fill = number(value, "constant: value")
    return _initializer(
        f"constant({value})",
        lambda shape, dtype, generator: creation.full(tuple(shape), fill, dtype=dtype),
    )


@with_leads
def normal(std: float = 0.01, mean: float = 0.0) -> Initializer:
    """Return the initialiser that draws from N(mean, std²): small random numbers by default.

    Small weights keep tanh and sigmoid units out of the flat parts of their curves, which is all a
    shallow network needs (Deep Learning Specialization, course 1, week 3). In a deep one the
    signals, and with them the gradients, shrink from layer to layer: see :func:`he_normal`.

    Raises:
        ArgumentError: when it draws: a negative standard deviation.

    Example:
        >>> normal(std=0.1)((2, 3)).shape
        (2, 3)
    """
    centre, deviation = float(mean), float(std)
    return _initializer(
        f"normal({std})" if mean == 0 else f"normal({std}, mean={mean})",
        lambda shape, dtype, generator: random.normal(shape, centre, deviation, dtype, generator),
    )


@with_leads
def uniform(low: float, high: float) -> Initializer:
    """Return the initialiser that draws evenly from [low, high).

    Raises:
        ArgumentError: when it draws: ``low`` is above ``high``.

    Example:
        >>> uniform(-0.1, 0.1)((2, 3)).shape
        (2, 3)
    """
    ends = float(low), float(high)
    return _initializer(
        f"uniform({low}, {high})",
        lambda shape, dtype, generator: random.uniform(shape, *ends, dtype, generator),
    )


@with_leads
def orthogonal(gain: float = 1.0) -> Initializer:
    """Return the initialiser that draws an orthogonal matrix, times ``gain``.

    W Wᵀ = gain² I where W has no more rows than columns, otherwise Wᵀ W = gain² I. So a product of
    many square ones neither grows nor shrinks in any direction (Saxe et al. 2014, "Exact solutions
    to the nonlinear dynamics of learning in deep linear neural networks"). All
    orthogonal matrices are equally likely. For a convolution the matrix is (out, in · Π kernel).

    Args:
        gain: what lengths are multiplied by; √2 makes up for a ReLU.

    Raises:
        ShapeError: when it draws: the shape is not a weight's; see :func:`fans`.

    Example:
        >>> import tensorgraph as tg
        >>> w = orthogonal()((2, 5))
        >>> bool(abs(w @ w.T - tg.eye(2)).max() < 1e-6)
        True
    """
    factor = float(gain)
    return _initializer(
        "orthogonal()" if gain == 1 else f"orthogonal({gain})",
        lambda shape, dtype, generator: _orthogonal(shape, factor, dtype, generator),
    )


def _initializer(
    name: str, draw: Callable[[Sequence[int], DTypeLike | None, Generator | None], Tensor]
) -> Initializer:
    """Return ``draw`` in the form of an initialiser, under the name that layers show."""

    def init(
        shape: Sequence[int], *, generator: Generator | None = None, dtype: DTypeLike | None = None
    ) -> Tensor:
        return draw(shape, dtype, generator)

    init.__name__ = name
    return init


def _orthogonal(
    shape: Sequence[int], gain: float, dtype: DTypeLike | None, generator: Generator | None
) -> Tensor:
    columns, rows = fans(shape)[0], shape[0]
    tall = (max(rows, columns), min(rows, columns))
    draw = random.normal(tall, dtype=dtype, generator=generator)
    q, r = np.linalg.qr(draw.data.astype(np.result_type(draw.dtype, np.float32)))
    # Q is unique, and then uniform, once the diagonal of R is positive: F. Mezzadri, "How to
    # generate random matrices from the classical compact groups", Notices of the AMS 54, 2007.
    q = q * np.copysign(gain, np.diagonal(r))
    matrix = q if rows >= columns else q.T
    return tensor(matrix.reshape(shape), draw.dtype)


def _uniform(
    shape: Sequence[int], std: float, dtype: DTypeLike | None, generator: Generator | None
) -> Tensor:
    edge = math.sqrt(3) * std
    return random.uniform(shape, -edge, edge, dtype, generator)


def _he(shape: Sequence[int], slope: float) -> float:
    return math.sqrt(2 / max(fans(shape)[0], 1)) / math.hypot(1, slope)


def _xavier(shape: Sequence[int]) -> float:
    return math.sqrt(1 / max(fans(shape)[0], 1))


def _glorot(shape: Sequence[int]) -> float:
    return math.sqrt(2 / max(sum(fans(shape)), 1))
