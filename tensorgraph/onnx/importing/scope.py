"""What holds within one graph or one call of a function: names, opsets, given attributes."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tensorgraph.errors import OnnxError


class Naming:
    """Gives each value of a model a name of its own."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        """Names that are taken, and the last number behind each."""

    def unique(self, name: str) -> str:
        """Return a name that no other value has: the name itself, or with a number behind it."""
        unique, n = name, self._last.get(name, 1)
        while unique in self._last or not unique:
            n += 1
            unique = f"{name}_{n}"
        self._last.setdefault(unique, 1)
        self._last[name] = n  # where the next one of this name begins
        return unique


@dataclass(slots=True)
class Scope:
    """Within what a node is read.

    Args:
        file: what messages call the model.
        naming: what gives names.
        names: the unique name of each value by its name here, or around here; of one that is left
            out it is empty.
        opsets: the version of each domain.
        path: the modules around.
        given: the attributes that a call gives to a function.
        depth: how many graphs and functions lie around.
        later: the node that computes each value.
        targets: the unique names of results that a call gives to a function.
    """

    file: str
    naming: Naming
    names: ChainMap[str, str]
    opsets: Mapping[str, int]
    path: tuple[str, ...]
    given: Mapping[str, Any]
    depth: int
    later: dict[str, Any] = field(default_factory=dict)
    targets: Mapping[str, str] = field(default_factory=dict)

    def reads(self, nodes: Iterable[Any]) -> None:
        """Note which nodes stand here."""
        self.later = {name: node for node in nodes for name in node.output}

    def define(self, name: str, where: str) -> str:
        """Return the unique name of a value that begins here.

        Raises:
            OnnxError: there is one of this name.
        """
        if name in self.names.maps[0]:
            raise OnnxError(f"{self.file}: {where} defines {name!r}, which is defined already")
        self.names[name] = self.targets.get(name) or self.naming.unique(name)
        return self.names[name]

    def known(self, name: str, node: Any, label: str) -> str:
        """Return the unique name of a value that a node takes.

        Raises:
            OnnxError: nothing computes it before.
        """
        if not name:
            return ""
        if name not in self.names:
            who = self.later.get(name)
            why = "nothing computes"
            if who is not None:
                why = f"only node {who.name or who.op_type} after it computes: nodes stand in no"
                why += " order, or in a circle"
            raise OnnxError(
                f"{self.file}: node {label} ({node.op_type}) takes {name!r}, which {why}"
            )
        return self.names[name]
