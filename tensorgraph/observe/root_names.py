"""What modules that no other module calls are called: as the variables that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tensorgraph.caller.variables import Variables, names_of
from tensorgraph.engine.modes import ROOT, Call


class RootNames:
    """Names for the roots of module calls, by the variables of a caller.

    A root that no variable holds is called ``model``, the next ``model 2``.

    Args:
        calls: the calls that are to have names.
        variables: those of the caller, to be asked one after the other.
    """

    def __init__(self, calls: Iterable[Call | None], variables: Sequence[Variables] = ()) -> None:
        # By its id: the reference to a module that is gone has no hash, but is still another one.
        self._roots = {id(root): root for c in calls if c is not None for root in [c.root.module]}
        alive = [module for root in self._roots.values() if (module := root()) is not None]
        known = names_of(alive, variables) if alive else {}
        self._names: dict[int, str] = {}
        for key, root in self._roots.items():
            name = known.get(id(root()), ROOT)
            same = sum(other.partition(" ")[0] == name for other in self._names.values())
            self._names[key] = f"{name} {same + 1}" if same else name

    def path(self, call: Call) -> str:
        """Return the path of a call's module from the variable that holds its root."""
        return self._names[id(call.root.module)] + call.path.removeprefix(ROOT)

    def scope(self, call: Call) -> str:
        """Return the same with the module's class, as messages write it."""
        return f"{self.path(call)} {call.scope.rpartition(' ')[2]}"
