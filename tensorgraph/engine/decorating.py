"""Contexts that decorate functions, also those that run after they are called."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from typing import Any, TypeVar

from tensorgraph.errors import DTypeError, describe

Body = Callable[..., Any]
Decorated = TypeVar("Decorated")
Block = Callable[[], AbstractContextManager[Any]]


def _called_in(f: Body, block: Block) -> Body:
    def run(*args: Any, **kwargs: Any) -> Any:
        with block():
            return f(*args, **kwargs)

    return run


def _generated_in(f: Body, block: Block) -> Body:
    def run(*args: Any, **kwargs: Any) -> Any:
        with block():
            return (yield from f(*args, **kwargs))

    return run


def _awaited_in(f: Body, block: Block) -> Body:
    async def run(*args: Any, **kwargs: Any) -> Any:
        with block():
            return await f(*args, **kwargs)

    return run


def _generated_and_awaited_in(f: Body, block: Block) -> Body:
    async def run(*args: Any, **kwargs: Any) -> Any:
        generator = f(*args, **kwargs)
        step, given = generator.asend, None
        while True:
            try:
                with block():
                    made = await step(given)
            except StopAsyncIteration:
                return
            try:
                step, given = generator.asend, (yield made)
            except GeneratorExit:
                with block():
                    await generator.aclose()
                raise
            except BaseException as error:
                step, given = generator.athrow, error

    return run


def runs_later(f: Body) -> bool:
    """Return whether a call of a function only begins what it does."""
    return any(kind(f) for kind in _WRAPPERS)


_WRAPPERS: dict[Callable[[Any], bool], Callable[[Body, Block], Body]] = {
    isgeneratorfunction: _generated_in,
    iscoroutinefunction: _awaited_in,
    isasyncgenfunction: _generated_and_awaited_in,
}
"""What a call of a function that runs later becomes, by how to know the function."""


class Decorating:
    """A context that decorates functions too: each call enters one of its own, as ``_anew`` makes.

    It holds while the body runs, also that of a generator or a coroutine, whose callers are left
    alone while it waits.
    """

    def _anew(self) -> AbstractContextManager[Any]:
        raise NotImplementedError

    def __call__(self, f: Decorated) -> Decorated:
        """Return ``f`` such that every call of it runs in such a block.

        It stands above or below ``@staticmethod`` and ``@classmethod`` alike.

        Raises:
            DTypeError: it is no function.
        """
        if isinstance(f, (staticmethod, classmethod)):
            return type(f)(self(f.__func__))
        if isinstance(f, type) or not callable(f):
            each = "; write it above each of its methods" if isinstance(f, type) else ""
            raise DTypeError(f"this decorates functions, not {describe(f)}{each}")
        found = (wrapper for runs_later, wrapper in _WRAPPERS.items() if runs_later(f))
        made: Any = wraps(f)(next(found, _called_in)(f, self._anew))
        return made  # type: ignore[no-any-return]
