"""The warnings of parameters that nothing trains: results, constants, and what is not looked into.

A parameter's attribute that is given a result or a constant holds none any more; and layers in a
set, a deque or an object of another class are not found.
"""

from __future__ import annotations

import sys
from collections import UserDict, UserList, deque
from collections.abc import Callable, Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np

from tensorgraph.caller.asking import asking
from tensorgraph.caller.warning_line import warn_once
from tensorgraph.engine.graph import reachable
from tensorgraph.engine.modes import MODE
from tensorgraph.engine.tensor import Tensor
from tensorgraph.errors import LostGradientWarning
from tensorgraph.nn.contents import HasContents


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
    if _is_parameter(old) and isinstance(new, _VALUES):
        if not _is_parameter(new):
            _warn(
                f"{owner}.{name} was a parameter, and is none with this value, so that nothing"
                f" trains it; write self.{name}.assign(…) for self.{name} = …"
            )
    elif mode.call is not None:
        return
    elif not isinstance(new, _SEARCHED):
        lost = _trained_in(new)
        if lost and not set(map(id, lost)) & set(map(id, own())):
            _warn(
                f"{owner}.{name} is {_a(type(new).__name__)}, which is not searched for layers and"
                f" parameters, so that nothing trains what is in it; write {_searched(name, new)}"
            )
    else:
        results = list(_results_in(new))
        if results and not {id(leaf) for leaf in own()} & set(map(id, _leaves(results))):
            _warn(
                f"{owner}.{name} is no parameter, as it is a result, so that nothing trains it;"
                f" compute its value first and make the tensor of that:"
                f" self.{name} = tg.tensor(value, requires_grad=True)"
            )


def warn_of_shared_layers(cls: type) -> None:
    """Warn where a class of modules has a layer or a parameter that its instances lack."""
    for name, value in vars(cls).items():
        if isinstance(value, HasContents) or _is_parameter(value):
            _warn(
                f"{cls.__name__}.{name} is of the class, not of its instances, so that nothing"
                f" trains it; write self.{name} = … in __init__"
            )


_VALUES = (Tensor, np.ndarray, np.generic, int, float)
"""What may take the place of a parameter, and be none."""

_SEARCHED = (Tensor, HasContents, list, tuple, dict)
"""What a module looks for, and where."""

_CONTAINERS = (set, frozenset, deque, UserList, UserDict)


def _is_parameter(value: Any) -> bool:
    return type(value) is Tensor and value.is_leaf and value.requires_grad


def _trained_in(value: Any) -> list[Any]:
    """Return the layers and parameters in an object that a module does not look into."""
    if isinstance(value, np.ndarray):
        parts = value.ravel().tolist() if value.dtype.kind == "O" else []
    elif isinstance(value, _CONTAINERS):
        parts = list(value.values() if isinstance(value, UserDict) else value)
    else:
        own = getattr(value, "__dict__", None) if _is_plain(value) else None
        parts = list((own or {}).values())
    inner = [part for v in parts for part in (v if isinstance(v, (list, tuple)) else [v])]
    return [v for v in inner if isinstance(v, HasContents) or _is_parameter(v)]


def _is_plain(value: Any) -> bool:
    """Return whether an object is of a class of the user's, or a namespace: no function."""
    own = type(value).__module__.split(".")[0] == "tensorgraph"
    return not (own or callable(getattr(value, "__get__", None)) or isinstance(value, type))


def _searched(name: str, value: Any) -> str:
    """Return the line that puts the same where it is found."""
    if isinstance(value, UserDict):
        return f"self.{name} = dict(…)"
    if isinstance(value, (np.ndarray, *_CONTAINERS)):
        return f"self.{name} = list(…)"
    if isinstance(value, SimpleNamespace):
        return f"self.{name} = vars(…)"
    return (
        f"class {type(value).__name__}(tg.nn.Module), or keep a function that returns it where"
        " nothing is to be trained"
    )


def _a(word: str) -> str:
    return f"{'an' if word[0] in 'aeioAEIO' else 'a'} {word}"


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
