"""Functions that run before or after a module's ``forward``, and how they are taken away again."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from tensorgraph.errors import DTypeError, describe

if TYPE_CHECKING:
    from tensorgraph.nn.module import Module

Hook = Callable[..., Any]


class HookHandle:
    """Takes a hook away from the module that it was given to: ``remove()``, or a ``with`` block.

    Example:
        >>> import tensorgraph as tg
        >>> layer = tg.nn.ReLU()
        >>> with layer.register_forward_hook(lambda module, args, output: 2 * output):
        ...     print(layer(tg.tensor([-1.0, 3.0])))
        [0. 6.]
        >>> print(layer(tg.tensor([-1.0, 3.0])))
        [0. 3.]
    """

    def __init__(self, module: Module, field: str, hook: Hook) -> None:
        self._module, self._field = weakref.ref(module), field
        self._hook = partial(hook)  # another object each time, also for a hook that is added twice

    def add(self) -> Self:
        """Give the module the hook, after those that it has."""
        self._keep(lambda hooks: (*hooks, self._hook))
        return self

    def remove(self) -> None:
        """Take the hook away; nothing happens where that was done before."""
        self._keep(lambda hooks: tuple(hook for hook in hooks if hook is not self._hook))

    def _keep(self, changed: Callable[[tuple[Hook, ...]], tuple[Hook, ...]]) -> None:
        module = self._module()
        if module is not None:
            setattr(module, self._field, changed(getattr(module, self._field)))
            module._entered = None  # which a call looks at first: only without it, for hooks

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


def checked(hook: Any, form: str) -> Hook:
    """Return a hook.

    Raises:
        DTypeError: it cannot be called.
    """
    if not callable(hook):
        raise DTypeError(f"a hook is a function {form}, not {describe(hook)}")
    return hook  # type: ignore[no-any-return]
