"""The warning of a parameter that is none: a result in the attribute where a leaf was meant."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tensorgraph.caller.asking import asking
from tensorgraph.caller.warning_line import warn_once
from tensorgraph.engine.graph import reachable
from tensorgraph.engine.modes import MODE
from tensorgraph.engine.tensor import Tensor
from tensorgraph.errors import LostGradientWarning


def warn_of_lost_parameter(
    owner: str, name: str, old: Any, new: Any, own: Callable[[], Iterable[Tensor]]
) -> None:
    """Warn where an attribute of a module is given what takes a parameter's place, and is none.

    A result that ``forward`` keeps is no parameter, and meant to be none; nor is one of the
    module's own parameters, such as a loss.

    Args:
        owner: what a message calls the module: its class.
        name: of the attribute.
        old: what it held, ``None`` if nothing.
        new: what it is given.
        own: returns the tensors in the module; asked where that has to be known.
    """
    mode = MODE.get()
    if type(old) is Tensor and old.is_leaf and old.requires_grad and type(new) is Tensor:
        if new.node is not None or (not new.requires_grad and not mode.recording):
            _warn(
                f"{owner}.{name} was a parameter, and is none with this value, so that nothing"
                f" trains it; write self.{name}.assign(…) for self.{name} = …"
            )
    elif mode.module is None:
        results = list(_results_in(new))
        if results and not {id(leaf) for leaf in own()} & set(map(id, _leaves(results))):
            _warn(
                f"{owner}.{name} is no parameter, as it is a result, so that nothing trains it;"
                f" compute its value first and make the tensor of that:"
                f" self.{name} = tg.tensor(value, requires_grad=True)"
            )


def _results_in(value: Any) -> Iterator[Tensor]:
    """Yield the results that need a gradient in a tensor, or in nested lists, tuples and dicts."""
    stack, seen = [value], set()
    while stack:
        part = stack.pop()
        if type(part) is Tensor:
            if part.requires_grad and part.node is not None:
                yield part
        elif type(part) in (list, tuple, dict) and id(part) not in seen:
            seen.add(id(part))
            stack += part.values() if type(part) is dict else part


def _leaves(results: Iterable[Tensor]) -> list[Any]:
    return reachable([x.node for x in results if x.node is not None])[1]


def _warn(text: str) -> None:
    warn_once(asking(sys._getframe(3)).frame, LostGradientWarning, lambda: text)
