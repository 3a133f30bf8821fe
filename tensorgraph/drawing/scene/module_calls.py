"""The module calls of a graph, found from the calls that its nodes refer to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from tensorgraph.drawing.scene.scene import ModuleCall
from tensorgraph.engine.modes import Call
from tensorgraph.nn.contents import walk
from tensorgraph.nn.module import Module
from tensorgraph.observe.root_names import RootNames


class ModuleCalls:
    """Gathers module calls, node after node in order of creation.

    A module that was not called itself, while one in it was, is around a run of such calls: as
    ``model.encoder`` is where the model calls ``self.encoder.first(x)``.
    """

    def __init__(self, names: RootNames) -> None:
        self.found: list[ModuleCall] = []
        self._names = names
        self._known: dict[Call, int] = {}
        """The number of a call."""
        self._last: dict[int | None, ModuleCall] = {}
        """The last one found in another."""

    def enter(self, call: Call | None) -> int | None:
        """Return the innermost call of the next operation."""
        waiting = []
        while call is not None and call not in self._known:
            waiting.append(call)
            call = call.around
        at = None if call is None else self._known[call]
        for each in reversed(waiting):
            for path, kind in self._passed(each):
                last = self._last.get(at)
                at = last.id if last and last.path == path else self._add(path, kind, at)
            at = self._add(self._names.path(each), each.scope.rpartition(" ")[2], at)
            self._known[each] = at
        return at

    def _add(self, path: str, kind: str, around: int | None) -> int:
        found = ModuleCall(len(self.found), path, kind, around)
        self.found.append(found)
        self._last[around] = found
        return found.id

    def _passed(self, call: Call) -> Iterator[tuple[str, str]]:
        """Yield the path and class of the modules between a call and the one around it."""
        if call.around is None:
            return
        top = call.around.path
        places = [place for place in _prefixes(call.path) if len(place) > len(top)]
        if places:
            kinds = _kinds_in(call.around.module())
            start = self._names.path(call.around)
            for place in places:
                inside = place.removeprefix(top)
                yield start + inside, kinds.get(inside.removeprefix("."), "")

    def numbered(self) -> list[ModuleCall]:
        """Return all calls; those of one module in the same call are counted."""
        counts = Counter((call.parent, call.path, call.type) for call in self.found)
        so_far: Counter[Any] = Counter()
        numbered = []
        for call in self.found:
            key = (call.parent, call.path, call.type)
            so_far[key] += 1
            several = counts[key] > 1
            numbered.append(replace(call, number=so_far[key], of=counts[key]) if several else call)
        return numbered


def _kinds_in(module: Any) -> dict[str, str]:
    """Return the class of every module in one by its place; of one that is gone, nothing."""
    found = walk(module) if isinstance(module, Module) else ()
    return {each.place: type(each.value).__name__ for each in found}


def _prefixes(path: str) -> Iterable[str]:
    """Yield what stands before each dot of a path that is not in a dict's key: modules.

    Example:
        >>> [*_prefixes("model.a['x.y'][0].b")]
        ['model', "model.a['x.y'][0]"]
    """
    quote = ""
    for i, letter in enumerate(path):
        if quote:
            quote = "" if letter == quote and path[i - 1] != "\\" else quote
        elif letter in "'\"":
            quote = letter
        elif letter == ".":
            yield path[:i]
