"""How a hook on a tensor's gradient is taken away again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Self

from tensorgraph.engine.modes import meet


class Wishes:
    """Counts how often a tensor came to want a gradient or got a hook, or lost one or the other.

    While it stands still, all tensors that were there want and do what they did.
    """

    changes = 0


class GradientHook:
    """Takes a hook away from a tensor: ``remove()``, a call of the handle, or a ``with`` block.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([1.0, -3.0], requires_grad=True)
        >>> with x.register_hook(lambda g: 10 * g):
        ...     print(tg.gradients((x * x).sum(), x))
        [ 20. -60.]
        >>> print(tg.gradients((x * x).sum(), x))
        [ 2. -6.]
    """

    def __init__(self, holder: Any, field: str, hook: Callable[..., Any]) -> None:
        self._holder, self._field = holder, field
        self.hook = partial(hook)  # another object each time, also for a hook that is added twice

    def remove(self) -> None:
        """Take the hook away; nothing happens where that was done before."""
        meet(self._holder)
        hooks = getattr(self._holder, self._field)
        setattr(self._holder, self._field, tuple(h for h in hooks if h is not self.hook))
        Wishes.changes += 1

    __call__ = remove

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()
