"""Random numbers: seedable generators, and the ops that draw from them.

===============================  ==============================================================
get the same numbers again       ``tg.random.seed(0)``
draw from a normal distribution  ``tg.random.normal((2, 3), mean=0.0, std=1.0)``
draw from an interval            ``tg.random.uniform((2, 3), low=-1.0, high=1.0)``
toss coins                       ``tg.random.bernoulli(0.5, (2, 3))``
shuffle                          ``X[tg.random.permutation(len(X)).numpy()]``
have a sequence of one's own     ``tg.random.normal((2, 3), generator=tg.random.Generator(0))``
===============================  ==============================================================

A draw is an op whose operand is the generator; no gradient flows through it. The functions use one
default generator unless given another; ``seed`` restarts the default one. A process that is forked
goes on with the sequence of its parent, as NumPy's generators do: give each worker a generator of
its own, ``Generator(seed + worker)``.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph import errors
from tensorgraph.arguments import to_shape, whole
from tensorgraph.engine.arrays import (
    default_dtype,
    holds,
    host_values,
    is_on_device,
    placed,
    to_array,
    to_dtype,
)
from tensorgraph.engine.dispatch import apply
from tensorgraph.engine.modes import MODE
from tensorgraph.engine.op import HANDLERS, register
from tensorgraph.engine.random_generator import Generator
from tensorgraph.engine.rule import NONDIFF
from tensorgraph.engine.shapes import shape_of
from tensorgraph.engine.tensor import Tensor, array_of, asarray
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError
from tensorgraph.leads.attributes import module_hooks as _module_hooks
from tensorgraph.leads.calls import with_leads
from tensorgraph.leads.draws import shape_first

__all__ = [
    "Generator", "bernoulli", "default_generator", "normal", "permutation", "seed", "uniform",
]  # fmt: skip

if not TYPE_CHECKING:
    __getattr__, __dir__ = _module_hooks(__name__, __all__)

_HALF = np.dtype(np.float16)

_LARGEST = {
    np.dtype(kind): float(np.finfo(kind).max) * (1 + float(np.finfo(kind).eps) / 4)
    for kind in (np.float16, np.float32, np.float64)
}
"""The types that random numbers come in, and up to where a number is rounded to a finite one."""

_default = Generator()


@with_leads
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


def _bernoulli_kernel(generator: Generator, p: Any, *, shape: tuple[int, ...]) -> Any:
    """Draw where p is; NumPy draws, so that it has to see p."""
    values = host_values(p) if is_on_device(p) else p
    drawn = generator.draw(lambda numpy: _below(numpy, values, shape))
    return placed(drawn, p) if is_on_device(p) else drawn


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
        _bernoulli_kernel,
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


def _draw(name: str, generator: Generator | None, *operands: Any, **static: Any) -> Tensor:
    """Draw by an operation; in a function that computes many examples, as that says."""
    op, layer, source = _RANDOM_OPS[name], MODE.get().layer, _source(generator)
    drawn: Tensor
    if layer is None:
        drawn = op(source, *operands, **static)
    else:
        drawn = layer.draw(op.op, (source, *operands), static)
    return drawn


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
    found = default_dtype() if dtype is None else to_dtype(dtype)
    if found not in _LARGEST:
        raise DTypeError(f"random numbers are drawn as float16, float32 or float64, not {found}")
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


def _dtypes(dtype: DTypeLike | None, *parameters: Any) -> tuple[np.dtype[Any], np.dtype[Any]]:
    """Return in which dtype to draw, and which the result has.

    NumPy draws nothing shorter than single precision. Arrays of a wider type widen what they are
    multiplied with, Python's numbers do not.
    """
    wanted = _float(dtype)
    if wanted is _HALF:
        return np.dtype(np.float32), wanted
    dtypes = [_array(p).dtype for p in parameters if type(p) not in (int, float)]
    # Complex numbers are those of a numeric derivative.
    real = [np.dtype(t.char.lower()) if t.kind == "c" else t for t in dtypes]
    return wanted, np.result_type(wanted, *real) if real else wanted


def _everywhere(condition: Any) -> bool:
    """Return whether a comparison holds of numbers, or of all elements of arrays."""
    return condition if type(condition) is bool else holds(condition)


def _largest(function: str, dtype: np.dtype[Any], **parameters: Any) -> float:
    """Return the largest absolute value of a distribution's parameters.

    Raises:
        ArgumentError: one is not finite, or not in the dtype of the draw.
    """
    largest = 0.0
    for name, parameter in parameters.items():
        most = min(_LARGEST.get(dtype, math.inf), sys.float_info.max)
        if type(parameter) in (int, float):
            size, small = abs(parameter), abs(parameter) <= most
        else:
            sizes = np.abs(_array(parameter)).astype(np.float64)
            size = float(np.max(host_values(sizes), initial=0))
            small = holds(sizes <= most)
        if not small:
            raise ArgumentError(f"{function}: {name} = {parameter} is not finite in {dtype}")
        largest = max(largest, size)
    return largest


@with_leads
@shape_first("mean", "std")
def normal(
    shape: Any = None,
    mean: Any = 0.0,
    std: Any = 1.0,
    dtype: DTypeLike | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Draw a tensor from the normal distribution with the given mean and standard deviation.

    Each element is a draw of its own; the shape is by default that of ``mean`` and ``std``.
    Gradients flow to ``mean`` and ``std``: the result is mean + std · ε with ε ~ N(0, 1). It is
    infinite only where that is too large for the dtype.

    Raises:
        ArgumentTypeError: a number for the shape, and a mean after it without its name.
        ArgumentError: a mean or standard deviation that is not finite, or a negative deviation.

    Example:
        >>> import tensorgraph as tg
        >>> tg.random.normal((2, 3), std=0.1).shape
        (2, 3)
    """
    mean, std = _parameter(mean), _parameter(std)
    drawn, dtype = _dtypes(dtype, mean, std)
    largest = _largest("normal", dtype, mean=mean, std=std)
    if not _everywhere(_array(std) >= 0):
        raise ArgumentError(f"normal: a standard deviation is not negative, got {std}")
    size = _size("normal", shape, mean, std)
    draw: Tensor = _draw("normal", generator, shape=size, dtype=drawn)
    if 64 * largest < _LARGEST[drawn]:  # no draw in double precision has ever been as large
        return _affine(draw, mean, std, 1, dtype)
    return _affine(draw, mean / 64, std / 64, 64, dtype)


@with_leads
@shape_first("low", "high")
def uniform(
    shape: Any = None,
    low: Any = 0.0,
    high: Any = 1.0,
    dtype: DTypeLike | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Draw a tensor evenly from [low, high); gradients flow to both ends.

    Each element is a draw of its own; the shape is by default that of ``low`` and ``high``. The
    ends are those of the dtype, to which they are rounded. Where they are equal, so is the draw.

    Raises:
        ArgumentTypeError: a number for the shape, and an end after it without its name.
        ArgumentError: an end that is not finite, or ``low`` is above ``high``.

    Example:
        >>> import tensorgraph as tg
        >>> tg.random.uniform((1000,), -1.0, 1.0).max().item() < 1.0
        True
    """
    low, high = _parameter(low), _parameter(high)
    drawn, dtype = _dtypes(dtype, low, high)
    largest = _largest("uniform", dtype, low=low, high=high)
    if not _everywhere(_array(low) <= _array(high)):
        raise ArgumentError(f"uniform: low = {low} is above high = {high}")
    size = _size("uniform", shape, low, high)
    draw: Tensor = _draw("uniform", generator, shape=size, dtype=drawn)
    if _is(low, 0) and _is(high, 1) and dtype == drawn:
        return draw
    low, high = _rounded(low, dtype), _rounded(high, dtype)
    high = _before(high, low, dtype)
    if 2 * largest < _LARGEST[drawn]:
        return _affine(draw, low, high - low, 1, dtype)
    return _affine(draw, low / 2, high / 2 - low / 2, 2, dtype)


def _is(parameter: Any, number: int) -> bool:
    return type(parameter) in (int, float) and bool(parameter == number)


def _rounded(end: Any, dtype: np.dtype[Any]) -> Any:
    """Return an end as it is in the dtype of the result, and computed with in single at least."""
    if type(end) in (int, float):
        return float(dtype.type(end))
    wide = np.result_type(dtype, np.float32)
    return end if end.dtype.kind == "c" or end.dtype == wide else end.astype(dtype).astype(wide)


def _before(high: Any, low: Any, dtype: np.dtype[Any]) -> Any:
    """Return the number before the upper end in a dtype; the end where both are the same.

    As u < 1, no low + u (end − low) is rounded up beyond that number.
    """
    if type(high) is type(low) is float:
        return float(np.nextafter(dtype.type(high), dtype.type(low)))
    wide, limits = np.result_type(dtype, np.float32), np.finfo(dtype)
    step = float(limits.eps) * (0.5 + 2**-11)  # from 1 it leads to the number before
    apart, zero = (
        c.astype(wide) if hasattr(c, "astype") else float(c) for c in (high > low, high == 0)
    )
    at_zero = zero * float(limits.smallest_subnormal)
    return high - (abs(high) * step + at_zero) * apart


def _affine(draw: Tensor, offset: Any, scale: Any, unit: int, dtype: np.dtype[Any]) -> Tensor:
    """Return offset + scale · draw, both in units so large that no part leaves the range."""
    draw = _beside(draw, offset, scale)
    scaled = draw if _is(scale, 1) else draw * scale
    moved = scaled if _is(offset, 0) else scaled + offset
    whole = moved if unit == 1 else moved * unit
    result: Tensor = whole.astype(dtype) if dtype is _HALF else whole
    return result


def _beside(draw: Tensor, *parameters: Any) -> Tensor:
    """Return a draw, which NumPy made, on the device of parameters that are on one."""
    place = next(filter(is_on_device, map(_array, parameters)), None)
    return draw if place is None else asarray(draw, like=place)


@with_leads
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
    if not (0 <= values <= 1 if type(values) is float else holds((values >= 0) & (values <= 1))):
        raise ArgumentError(f"bernoulli: probabilities lie in [0, 1], got {p}")
    shape = _size("bernoulli", shape, values)
    draw: Tensor = _draw("bernoulli", generator, p, shape=shape)
    return draw


@with_leads
def permutation(n: int, generator: Generator | None = None) -> Tensor:
    """Draw an order of 0 … n − 1, as an integer tensor.

    Example:
        >>> import tensorgraph as tg
        >>> sorted(tg.random.permutation(3).numpy().tolist())
        [0, 1, 2]
    """
    n = whole(n, "permutation: n, how many numbers to order,")
    draw: Tensor = _draw("permutation", generator, n=n)
    return draw
