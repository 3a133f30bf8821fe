"""Random numbers: seedable generators, and the ops that draw from them.

A draw is an op whose operand is the generator; no gradient flows through it. The functions use one
default generator unless given another; ``seed`` restarts the default one. A process that is forked
goes on with the sequence of its parent, as NumPy's generators do: give each worker a generator of
its own, ``Generator(seed + worker)``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph import errors
from tensorgraph.arguments import to_shape, whole
from tensorgraph.engine.arrays import DEFAULT_DTYPE, host_values, to_array, to_dtype
from tensorgraph.engine.dispatch import apply
from tensorgraph.engine.op import HANDLERS, register
from tensorgraph.engine.random_generator import Generator
from tensorgraph.engine.rule import NONDIFF
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor, array_of, asarray
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError

__all__ = [
    "Generator", "bernoulli", "default_generator", "normal", "permutation", "seed", "uniform",
]  # fmt: skip

_default = Generator()


def seed(seed: int | None) -> None:
    """Restart the default generator.

    Example:
        >>> import tensorgraph as tg
        >>> tg.random.seed(0)
        >>> tg.random.permutation(4)
        tensor([2, 0, 1, 3])
    """
    _default.seed(seed)


def default_generator() -> Generator:
    """Return the generator that is used where none is given.

    Example:
        >>> import tensorgraph as tg
        >>> generator = tg.random.default_generator()
        >>> before = generator.state
        >>> first = tg.random.uniform()
        >>> generator.state = before
        >>> bool(tg.random.uniform() == first)
        True
    """
    return _default


# ------------------------------------------------------------------------------------------ the ops


def _below(numpy: np.random.Generator, p: Any, shape: tuple[int, ...]) -> Any:
    """Return for each element whether a number drawn evenly from [0, 1) lies below p.

    In base 256 the first digit decides; only where it is that of p are the others drawn. A byte for
    an element takes a quarter of the time of a float.
    """
    count = math.prod(shape)
    digits = numpy.bit_generator.random_raw(-(-count // 8)).view(np.uint8)[:count]
    first, rest = divmod(p * 256.0, 1)
    if shape_of(p):
        first, rest = (np.broadcast_to(part, shape).reshape(-1) for part in (first, rest))
    else:
        first = int(first)  # NumPy compares bytes with Python's integers as they are
    below: Any = digits < first
    tied = (digits == first).nonzero()[0]
    below[tied] = numpy.random(tied.size) < (rest[tied] if shape_of(p) else rest)
    return below.reshape(shape)


_RANDOM_OPS = {
    "normal": register(
        "normal",
        lambda generator, *, shape, dtype: generator.draw(
            lambda numpy: numpy.standard_normal(shape, dtype=dtype)
        ),
        {"generator": NONDIFF},
        family="random",
        dtype=lambda generator, *, shape, dtype: dtype,
        symbol="N(0,1)",
        doc="Draw from the standard normal distribution.",
    ),
    "uniform": register(
        "uniform",
        lambda generator, *, shape, dtype: generator.draw(
            lambda numpy: numpy.random(shape, dtype=dtype)
        ),
        {"generator": NONDIFF},
        family="random",
        dtype=lambda generator, *, shape, dtype: dtype,
        symbol="U(0,1)",
        doc="Draw evenly from [0, 1).",
    ),
    "bernoulli": register(
        "bernoulli",
        lambda generator, p, *, shape: generator.draw(lambda numpy: _below(numpy, p, shape)),
        {"generator": NONDIFF, "p": NONDIFF},
        family="random",
        dtype=lambda generator, p, *, shape: np.bool_,
        symbol="B(p)",
        doc="Draw true with probability p.",
    ),
    "permutation": register(
        "permutation",
        lambda generator, *, n: generator.draw(lambda numpy: numpy.permutation(n)),
        {"generator": NONDIFF},
        family="random",
        dtype=lambda generator, *, n: np.int64,
        doc="Draw an order of 0 … n − 1.",
    ),
}
HANDLERS[Generator] = apply


def _source(generator: Generator | None) -> Generator:
    if generator is None:
        return _default
    if type(generator) is not Generator:
        raise DTypeError(
            f"generator must be a tg.random.Generator, not {type(generator).__name__};"
            " write tg.random.Generator(seed)"
        )
    return generator


def _float(dtype: DTypeLike | None) -> np.dtype[Any]:
    found = DEFAULT_DTYPE if dtype is None else to_dtype(dtype)
    if found not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise DTypeError(f"random numbers are drawn as float32 or float64, not {found}")
    return found


def _size(function: str, shape: Any, *parameters: Any) -> tuple[int, ...]:
    """Return the shape to draw, to which the parameters broadcast; before anything is drawn."""
    shapes = [shape_of(parameter) for parameter in parameters]
    wanted = () if shape is None else to_shape(shape, function)
    if not any(shapes):
        return wanted
    try:
        size = np.broadcast_shapes(wanted, *shapes)
    except ValueError:
        size = None
    if size is None or (shape is not None and size != wanted):
        to = "" if shape is None else f" to the shape {wanted}"
        raise ShapeError(
            f"{function}: parameters of shape {errors.listing(shapes)} do not broadcast{to}"
        )
    return size


def _parameter(value: Any) -> Any:
    """Return a distribution's parameter: a number, an array, or for a list a tensor."""
    if isinstance(value, (list, tuple)):
        return asarray(value)
    return value if type(value) in (int, float, Tensor) else to_array(value)


def _array(parameter: Any) -> Any:
    return parameter.data if type(parameter) is Tensor else parameter


def normal(
    shape: Any = None,
    mean: Any = 0.0,
    std: Any = 1.0,
    dtype: DTypeLike | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Draw a tensor from the normal distribution with the given mean and standard deviation.

    Each element is a draw of its own; the shape is by default that of ``mean`` and ``std``.
    Gradients flow to ``mean`` and ``std``: the result is mean + std · ε with ε ~ N(0, 1).

    Raises:
        ArgumentError: a negative standard deviation.

    Example:
        >>> import tensorgraph as tg
        >>> tg.random.normal((2, 3), std=0.1).shape
        (2, 3)
    """
    mean, std = _parameter(mean), _parameter(std)
    if np.any(host_values(_array(std) < 0)):
        raise ArgumentError(f"normal: a standard deviation is not negative, got {std}")
    size = _size("normal", shape, mean, std)
    draw = _RANDOM_OPS["normal"](_source(generator), shape=size, dtype=_float(dtype))
    return _affine(draw, mean, std)


def uniform(
    shape: Any = None,
    low: Any = 0.0,
    high: Any = 1.0,
    dtype: DTypeLike | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Draw a tensor evenly from [low, high); gradients flow to both ends.

    Each element is a draw of its own; the shape is by default that of ``low`` and ``high``.

    Raises:
        ArgumentError: ``low`` is above ``high``.

    Example:
        >>> import tensorgraph as tg
        >>> tg.random.uniform(1000, -1.0, 1.0).max().item() < 1.0
        True
    """
    low, high = _parameter(low), _parameter(high)
    if np.any(host_values(_array(low) > _array(high))):
        raise ArgumentError(f"uniform: low = {low} is above high = {high}")
    size = _size("uniform", shape, low, high)
    draw = _RANDOM_OPS["uniform"](_source(generator), shape=size, dtype=_float(dtype))
    return _affine(draw, low, high - low)


def _affine(draw: Tensor, offset: Any, scale: Any) -> Tensor:
    scaled = draw if type(scale) in (int, float) and scale == 1 else draw * scale
    return scaled if type(offset) in (int, float) and offset == 0 else scaled + offset


def bernoulli(p: Any, shape: Any = None, generator: Generator | None = None) -> Tensor:
    """Draw a boolean tensor, true with probability ``p`` (a number or a tensor of them).

    Raises:
        ArgumentError: a probability outside [0, 1].

    Example:
        >>> import tensorgraph as tg
        >>> tg.random.bernoulli(1.0, 3)
        tensor([ True,  True,  True])
    """
    values = p if type(p) is float else array_of(p)
    if not np.all(host_values((values >= 0) & (values <= 1))):
        raise ArgumentError(f"bernoulli: probabilities lie in [0, 1], got {p}")
    shape = _size("bernoulli", shape, values)
    draw: Tensor = _RANDOM_OPS["bernoulli"](_source(generator), p, shape=shape)
    return draw


def permutation(n: int, generator: Generator | None = None) -> Tensor:
    """Draw an order of 0 … n − 1, as an integer tensor.

    Example:
        >>> import tensorgraph as tg
        >>> sorted(tg.random.permutation(3).numpy().tolist())
        [0, 1, 2]
    """
    n = whole(n, "permutation: n, how many numbers to order,")
    draw: Tensor = _RANDOM_OPS["permutation"](_source(generator), n=n)
    return draw
