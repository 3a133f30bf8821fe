"""What is in a module: the tensors and modules in its attributes, looked up when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from tensorgraph.engine.tensor import Tensor

if TYPE_CHECKING:
    from tensorgraph.nn.module import Module


class HasContents:
    """What is looked into by its attributes: a module."""


class Found(NamedTuple):
    """A tensor or module found inside a module."""

    path: str
    """Where, as a key of state dicts: ``layers.0.weight``."""
    place: str
    """Where, as Python writes it: ``layers[0].weight``."""
    value: Any


LOOKED_UP = ("_entered", "_places")
"""Attributes of a module that say where calls found it, or what is in it: no part of it."""


def inner_first(module: Module, seen: set[int]) -> Iterator[Module]:
    """Yield all modules in a module once, each after those in it."""
    seen.add(id(module))
    for child in module.children():
        if id(child) not in seen:
            yield from inner_first(child, seen)
    yield module


def _always(_: Any) -> bool:
    return True


def walk(root: HasContents, enter: Callable[[Any], bool] = _always) -> Iterator[Found]:
    """Yield a module and all modules and tensors in it once, depth first, in order of assignment.

    Args:
        root: the module.
        enter: whether what is in a module, a list, a tuple or a dict is looked for.

    Example:
        >>> import tensorgraph as tg
        >>> [found.place for found in walk(tg.nn.Sequential(tg.nn.Linear(2, 3)))]
        ['', 'layers[0]', 'layers[0].weight', 'layers[0].bias']
    """
    stack: list[Found] = [Found("", "", root)]
    seen: set[int] = set()
    while stack:
        found = stack.pop()
        path, place, value = found
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, (HasContents, Tensor)):
            yield found
        if isinstance(value, Tensor) or not enter(value):
            continue
        stack += [
            Found(f"{path}.{key}" if path else key, (place + step).removeprefix("."), item)
            for key, step, item in reversed(items_of(value))
        ]


def items_of(value: Any) -> list[tuple[str, str, Any]]:
    """Return what a module, list, tuple or dict holds: its key in paths, as Python writes it, it.

    Only what may be a tensor or hold one.
    """
    items: list[tuple[str, str, Any]] = []
    if isinstance(value, HasContents):
        own = ((key, item) for key, item in vars(value).items() if key not in LOOKED_UP)
        items += [(str(key), f".{key}", item) for key, item in own]
    if isinstance(value, (list, tuple, dict)):  # which a module may be too: ModuleList
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        items += [(str(key), f"[{key!r}]", item) for key, item in pairs]
    return [item for item in items if isinstance(item[2], _HOLDERS)]


_HOLDERS = (HasContents, Tensor, list, tuple, dict)
