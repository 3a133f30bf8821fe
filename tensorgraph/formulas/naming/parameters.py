"""Symbols for the parameters of modules: ``layers.2.weight`` is W2, ``cell.weight_ih`` W_ih.

A symbol is a letter, which the module's class knows, with the number of the layer. Where two would
be alike, the parts in which their paths differ go with them: W_q and W_k.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from tensorgraph.engine.state_dict import is_state
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.contents import walk
from tensorgraph.nn.module import Module


class Parameter(NamedTuple):
    """Where a parameter or buffer is, and what its module calls it."""

    path: str
    letter: str
    """Its letter, with what tells it from others of its module: ``W_ih``."""
    around: tuple[str, ...]
    """The parts of the path that are not its own name."""


def parameters_of(module: Module, variable: str = "") -> Iterator[tuple[Tensor, Parameter]]:
    """Yield a module's tensors, each with where it is.

    Args:
        module: the module.
        variable: what holds it, which paths then start with.
    """
    owners: dict[str, Module] = {}
    for found in walk(module):
        if isinstance(found.value, Module):
            owners[found.path] = found.value
        elif isinstance(found.value, Tensor) and is_state(found.value):
            parts = found.path.split(".")
            own = next((i for i in _from_the_end(parts) if not parts[i].isdecimal()), -1)
            owner = owners.get(".".join(parts[:own]))
            letters = type(owner).parameter_letters if owner is not None else {}
            word, line, rest = parts[own].partition("_")
            letter = letters.get(word, word) + line + rest
            if variable:
                parts.insert(0, variable)
            around = [part for i, part in enumerate(parts, -len(parts)) if i != own]
            yield found.value, Parameter(".".join(parts), letter, tuple(around))


def symbols(parameters: Sequence[Parameter], taken: Collection[str]) -> dict[Parameter, str]:
    """Return a symbol for each parameter; those of one module are told apart from others alike.

    Args:
        parameters: all that a formula may hold.
        taken: what else has a name in it.
    """
    shown: dict[tuple[str, ...], frozenset[int]] = {p.around: frozenset() for p in parameters}
    while True:
        found = {p: _symbol(p, shown[p.around]) for p in parameters}
        groups: dict[str, dict[tuple[str, ...], frozenset[int]]] = {}
        for p, symbol in found.items():
            groups.setdefault(symbol, {})[p.around] = shown[p.around]
        further = dict(shown)
        for symbol, group in groups.items():
            if len(group) > 1 or symbol in taken:
                further |= _told_apart(group)
        if further == shown:
            return found
        shown = further


def _told_apart(
    group: Mapping[tuple[str, ...], frozenset[int]],
) -> dict[tuple[str, ...], frozenset[int]]:
    """Return which parts of paths to show where those shown do not tell modules apart."""
    left = {path: [i for i in _words(path) if i not in shown] for path, shown in group.items()}
    result = {}
    for path, shown in group.items():
        telling = [i for i in left[path] if any(path[i:][:1] != other[i:][:1] for other in group)]
        result[path] = shown | frozenset((telling or left[path])[:1])
    return result


def _symbol(p: Parameter, shown: Collection[int]) -> str:
    words = [p.letter, *(p.around[i].removesuffix("_proj") for i in sorted(shown))]
    name, number = "_".join(words), _number(p.around)
    if number is None:
        return name
    return f"{name}{'_' if name[-1].isdecimal() else ''}{p.around[number]}"


def _words(path: Sequence[str]) -> list[int]:
    """Return where a path has parts that are not the number of the layer, the last first."""
    number = _number(path)
    return [i for i in _from_the_end(path) if i != number]


def _number(path: Sequence[str]) -> int | None:
    """Return where a path has the number of the layer: the last part that is one."""
    return next((i for i in _from_the_end(path) if path[i].isdecimal()), None)


def _from_the_end(parts: Sequence[str]) -> range:
    return range(-1, -len(parts) - 1, -1)
