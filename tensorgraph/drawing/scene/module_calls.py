"""The module calls of a graph, found from the scopes that its nodes know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache

from tensorgraph.drawing.scene.scene import ModuleCall


@cache
def modules_around(scope: str) -> tuple[tuple[str, str], ...]:
    """Return the path and class of every module around a scope, outermost first.

    A scope names the innermost one. What stands before a dot in its path is a module as well; what
    stands before a bracket is a list. Classes of those around are not known.

    Example:
        >>> modules_around("model.blocks[0].norm LayerNorm")
        (('model', ''), ('model.blocks[0]', ''), ('model.blocks[0].norm', 'LayerNorm'))
    """
    path, _, kind = scope.rpartition(" ")
    if not path:
        return ()
    around = [(path[:i], "") for i in _dots(path)]
    return (*around, (path, kind))


def _dots(path: str) -> Iterable[int]:
    """Yield where the dots of a path are that do not stand in a dict's key."""
    quote = ""
    for i, letter in enumerate(path):
        if quote:
            quote = "" if letter == quote and path[i - 1] != "\\" else quote
        elif letter in "'\"":
            quote = letter
        elif letter == ".":
            yield i


class ModuleCalls:
    """Gathers module calls, scope after scope in order of creation.

    A call is a run of operations: the same module called again later is another call, so that
    what happens in between is not inside. Called twice in a row, it has one.
    """

    def __init__(self, types: Mapping[str, str]) -> None:
        self.found: list[ModuleCall] = []
        self._types = types
        self._open: list[ModuleCall] = []
        self._scope: str | None = None

    def enter(self, scope: str) -> int | None:
        """Return the innermost call of the next operation."""
        if scope != self._scope:
            self._scope = scope
            self._move_to(modules_around(scope))
        return self._open[-1].id if self._open else None

    def _move_to(self, chain: tuple[tuple[str, str], ...]) -> None:
        depth = 0
        for call, (path, kind) in zip(self._open, chain, strict=False):
            if call.path != path or (kind and call.type and kind != call.type):
                break
            depth += 1
        del self._open[depth:]
        for path, kind in chain[depth:]:
            around = self._open[-1].id if self._open else None
            call = ModuleCall(len(self.found), path, kind or self._types.get(path, ""), around)
            self.found.append(call)
            self._open.append(call)
        if chain and chain[-1][1] and not self._open[-1].type:
            known = replace(self._open[-1], type=chain[-1][1])
            self.found[known.id] = self._open[-1] = known
