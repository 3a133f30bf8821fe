"""Seedable sources of random numbers; what was drawn from them can be drawn again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from threading import RLock
from types import MappingProxyType
from typing import Any
from weakref import WeakSet

import numpy as np

from tensorgraph.engine.locks import free, in_forked_child
from tensorgraph.engine.modes import meet
from tensorgraph.errors import ArgumentError, DTypeError, StateError
from tensorgraph.leads.attributes import missing_from_object
from tensorgraph.leads.calls import with_leads

State = Mapping[str, Any]

_WATCH: ContextVar[dict[Generator, list[State]] | None] = ContextVar("watch", default=None)
_NOTHING: Mapping[Generator, _StandIn] = MappingProxyType({})
_REPLAY: ContextVar[Mapping[Generator, _StandIn]] = ContextVar("replay", default=_NOTHING)


class Generator:
    """A source of random numbers with a state that can be read and set.

    Threads may share one. A forked process goes on from its parent's state, as all its siblings do:
    seed it there, each with a number of its own, to have them draw apart.

    Args:
        seed: an integer for a fixed sequence, ``None`` for a fresh one.

    Example:
        >>> import tensorgraph as tg
        >>> a, b = tg.random.Generator(7), tg.random.Generator(7)
        >>> bool((tg.random.normal(3, generator=a) == tg.random.normal(3, generator=b)).all())
        True
    """

    @with_leads
    def __init__(self, seed: int | None = None) -> None:
        self._lock = RLock()
        self.seed(seed)
        _LIVE.add(self)

    def seed(self, seed: int | None) -> None:
        """Restart the sequence from ``seed``."""
        if seed is not None and not isinstance(seed, (int, np.integer)):
            raise DTypeError(f"a seed is an int or None, not {seed!r}")
        if seed is not None and seed < 0:
            raise ArgumentError(f"a seed is not negative, this one is {seed}")
        if self in _REPLAY.get():
            return  # its draws come from kept states
        meet(self)
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
        meet(self)
        with self._lock:
            made = np.random.Generator(np.random.PCG64(0))
            made.bit_generator.state = value
            self._made = made

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

    def __getattr__(self, name: str) -> Any:
        """Raise, with what to write to draw numbers from this source, or for a like name."""
        return missing_from_object(self, name)

    def draw(self, sample: Callable[[np.random.Generator], Any]) -> Any:
        """Return ``sample`` of the NumPy generator, which no other thread draws from meanwhile.

        Example:
            >>> import tensorgraph as tg
            >>> tg.random.Generator(7).draw(lambda numpy: numpy.poisson(3.0, size=4)).shape
            (4,)
        """
        stand_in = _REPLAY.get().get(self)
        with self._lock:
            source = self._numpy if stand_in is None else stand_in.next()
            if _WATCH.get() is not None:
                self.note(source.bit_generator.state)
            return sample(source)

    def note(self, state: Any) -> None:
        """Keep a state that is drawn from, if a block collects them (see :func:`watch`)."""
        watched = _WATCH.get()
        if watched is not None:
            watched.setdefault(self, []).append(state)

    def noted(self) -> Any:
        """Return the state to draw from in a block that draws again; ``None`` elsewhere."""
        stand_in = _REPLAY.get().get(self)
        return None if stand_in is None else stand_in.state()

    def __getstate__(self) -> State:
        return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: State) -> None:
        vars(self).update(state, _lock=RLock())
        _LIVE.add(self)


_LIVE: WeakSet[Generator] = WeakSet()


def live_generators() -> list[Generator]:
    """Return all generators that there are."""
    return list(_LIVE)


@in_forked_child
def _free_generators() -> None:
    for generator in list(_LIVE):
        free(generator._lock)
        if generator._made is not None:
            free(generator._made.bit_generator.lock)  # which NumPy takes in each draw


class _StandIn:
    """What is drawn from in place of a generator: each draw begins in the state kept for it."""

    def __init__(self, states: Iterable[State]) -> None:
        self._states = iter(states)
        self._numpy = np.random.Generator(np.random.PCG64(0))

    def state(self) -> Any:
        return next(self._states, None)

    def next(self) -> np.random.Generator:
        state = self.state()
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


def followed() -> bool:
    """Return whether what is drawn here is noted, or was drawn before: see :func:`watch`."""
    return _WATCH.get() is not None or replaying()
