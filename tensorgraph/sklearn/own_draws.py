"""Random numbers of a seed, which leave those of everybody else as they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

from tensorgraph.engine.locks import free, in_forked_child
from tensorgraph.random import default_generator

_TURN = RLock()
"""Held by who draws: fits in several threads share one default generator."""


@in_forked_child
def _free_turn() -> None:
    free(_TURN)


@contextmanager
def own_draws(seed: int) -> Iterator[None]:
    """Let the default generator begin with a seed in the block, and go on as before after it.

    Threads wait for each other, so that each draws what it would draw alone.

    Example:
        >>> import tensorgraph as tg
        >>> with own_draws(0):
        ...     first = tg.random.uniform()
        >>> with own_draws(0):
        ...     print(bool(tg.random.uniform() == first))
        True
    """
    generator = default_generator()
    with _TURN:
        before = generator.state
        generator.seed(seed)
        try:
            yield
        finally:
            generator.state = before
