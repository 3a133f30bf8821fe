"""Random numbers: seedable generators, and the ops that draw from them.

A draw is an op whose operand is the generator; no gradient flows through it. The functions use one
default generator unless given another; ``seed`` restarts the default one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from operator import index
from threading import RLock
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph import errors
from tensorgraph.arrays import DEFAULT_DTYPE, to_array, to_dtype
from tensorgraph.creation import to_shape
from tensorgraph.dispatch import apply
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError, StateError
from tensorgraph.op import HANDLERS, register
from tensorgraph.rule import NONDIFF
from tensorgraph.shapes import shape_of
from tensorgraph.tensor import Tensor, asarray

__all__ = [
    "Generator", "bernoulli", "default_generator", "normal", "permutation", "seed", "uniform",
]  # fmt: skip

State = Mapping[str, Any]

_WATCH: ContextVar[dict[Generator, list[State]] | None] = ContextVar("watch", default=None)
_NOTHING: Mapping[Generator, _StandIn] = MappingProxyType({})
_REPLAY: ContextVar[Mapping[Generator, _StandIn]] = ContextVar("replay", default=_NOTHING)


class Generator:
    """A source of random numbers with a state that can be read and set.

    Args:
        seed: an integer for a fixed sequence, ``None`` for a fresh one.

    Example:
        >>> import tensorgraph as tg
        >>> a, b = tg.random.Generator(7), tg.random.Generator(7)
        >>> bool((tg.random.normal(3, generator=a) == tg.random.normal(3, generator=b)).all())
        True
    """

    def __init__(self, seed: int | None = None) -> None:
        self._lock = RLock()
        self.seed(seed)

    def seed(self, seed: int | None) -> None:
        """Restart the sequence from ``seed``."""
        if seed is not None and not isinstance(seed, (int, np.integer)):
            raise DTypeError(f"a seed is an int or None, not {seed!r}")
        if seed is not None and seed < 0:
            raise ArgumentError(f"a seed is not negative, this one is {seed}")
        if self in _REPLAY.get():
            return  # its draws come from kept states
        with self._lock:
            self._seed = seed
            self._made: np.random.Generator | None = None

    @property
    def _numpy(self) -> np.random.Generator:
        # Made when first used: NumPy loads `numpy.random` then, a third of our import time.
        if self._made is None:
            self._made = np.random.Generator(np.random.PCG64(self._seed))
        return self._made

    @property
    def state(self) -> State:
        """The state: equal states draw equal numbers."""
        with self._lock:
            return dict(self._numpy.bit_generator.state)

    @state.setter
    def state(self, value: State) -> None:
        if self in _REPLAY.get():
            return
        with self._lock:
            self._numpy.bit_generator.state = value

    def state_dict(self) -> State:
        """Return the state, as numbers and strings: what :func:`tg.train.save` writes."""
        return self.state

    def load_state_dict(self, state: State) -> None:
        """Go on from what ``state_dict`` returned.

        Raises:
            StateError: it is no state of such a generator; nothing was changed.

        Example:
            >>> import tensorgraph as tg
            >>> generator = tg.random.Generator(0)
            >>> before = generator.state_dict()
            >>> first = tg.random.uniform(generator=generator)
            >>> generator.load_state_dict(before)
            >>> bool(tg.random.uniform(generator=generator) == first)
            True
        """
        try:
            np.random.PCG64(0).state = dict(state)  # type: ignore[assignment]
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise StateError(
                f"load_state_dict: this is no state of a random generator ({error!r})"
            ) from None
        self.state = dict(state)

    def draw(self, sample: Callable[[np.random.Generator], Any]) -> Any:
        """Return ``sample`` of the NumPy generator, which no other thread draws from meanwhile.

        Example:
            >>> import tensorgraph as tg
            >>> tg.random.Generator(7).draw(lambda numpy: numpy.poisson(3.0, size=4)).shape
            (4,)
        """
        stand_in, watched = _REPLAY.get().get(self), _WATCH.get()
        with self._lock:
            source = self._numpy if stand_in is None else stand_in.next()
            if watched is not None:
                watched.setdefault(self, []).append(source.bit_generator.state)
            return sample(source)

    def __getstate__(self) -> State:
        return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: State) -> None:
        vars(self).update(state, _lock=RLock())


class _StandIn:
    """What is drawn from in place of a generator: each draw begins in the state kept for it."""

    def __init__(self, states: Iterable[State]) -> None:
        self._states = iter(states)
        self._numpy = np.random.Generator(np.random.PCG64(0))

    def next(self) -> np.random.Generator:
        state = next(self._states, None)
        if state is not None:
            self._numpy.bit_generator.state = state
        return self._numpy


@contextmanager
def watch() -> Iterator[dict[Generator, list[State]]]:
    """Collect, for each generator drawn from in the block, its state before each draw."""
    states: dict[Generator, list[State]] = {}
    outer = _WATCH.get()
    token = _WATCH.set(states)
    try:
        yield states
    finally:
        _WATCH.reset(token)
        if outer is not None:  # a block around this one draws what this one does
            for generator, kept in states.items():
                outer.setdefault(generator, []).extend(kept)


@contextmanager
def replay(states: Mapping[Generator, Iterable[State]]) -> Iterator[None]:
    """Draw in the block what was drawn while ``states`` were collected.

    The generators themselves are left alone, as other threads may draw from them meanwhile; a
    generator that ``states`` does not know, such as one made in the block, is drawn from as usual.
    """
    stand_ins = {generator: _StandIn(kept) for generator, kept in states.items()}
    tokens = _REPLAY.set(stand_ins), _WATCH.set(None)
    try:
        yield
    finally:
        _REPLAY.reset(tokens[0])
        _WATCH.reset(tokens[1])


def replaying() -> bool:
    """Return whether what runs here ran before and is run again, as in a checkpoint's backward.

    A layer that follows its inputs, such as batch norm, does not count the same batch twice.
    """
    return _REPLAY.get() is not _NOTHING


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
        symbol="U(0,1)",
        doc="Draw evenly from [0, 1).",
    ),
    "bernoulli": register(
        "bernoulli",
        lambda generator, p, *, shape: generator.draw(lambda numpy: _below(numpy, p, shape)),
        {"generator": NONDIFF, "p": NONDIFF},
        family="random",
        symbol="B(p)",
        doc="Draw true with probability p.",
    ),
    "permutation": register(
        "permutation",
        lambda generator, *, n: generator.draw(lambda numpy: numpy.permutation(n)),
        {"generator": NONDIFF},
        family="random",
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
    wanted = () if shape is None else to_shape(function, shape)
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
    if np.any(np.asarray(std) < 0):
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
    if np.any(np.asarray(low) > np.asarray(high)):
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
    values = p if type(p) is float else to_array(p)
    if not np.all((values >= 0) & (values <= 1)):
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
    if not isinstance(n, (int, np.integer)) or n < 0:
        raise ArgumentError(f"permutation: n is how many numbers to order, not {n!r}")
    draw: Tensor = _RANDOM_OPS["permutation"](_source(generator), n=index(n))
    return draw
