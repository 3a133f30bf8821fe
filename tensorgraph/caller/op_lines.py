"""In which line of the user's source an operation stands, where none was kept as it ran."""

from __future__ import annotations

import linecache
from collections.abc import Collection, Iterable, Iterator
from types import CodeType
from typing import Any, NamedTuple

from tensorgraph.caller.source import Operation, Variable, operations_of, sources_of
from tensorgraph.caller.variables import of_library


class Place(NamedTuple):
    """An operation, and the file that it stands in."""

    file: str
    operation: Operation

    @property
    def line(self) -> str:
        """The file and the line."""
        return f"{self.file}:{self.operation.position[0]}"


class OpLines:
    """The operations in some sources of the user's, by what they are called.

    Args:
        codes: code of the sources, with the globals it runs in.
    """

    def __init__(self, codes: Iterable[tuple[CodeType, dict[str, Any]]]) -> None:
        self._places: dict[str, list[Place]] = {}
        for file in dict.fromkeys(name for code, space in codes for name in _files(code, space)):
            for operation in operations_of("".join(linecache.getlines(file))):
                self._places.setdefault(operation.op, []).append(Place(file, operation))

    def line(self, op: str, operands: Collection[str], inside: str = "") -> str:
        """Return the only line that an operation on some variables stands in, if there is one.

        Args:
            op: what it is called in its record.
            operands: the variables that it takes, as far as they are known: without any, there is
                no telling whether it is this operation or another one of its kind.
            inside: a class, in which it stands.
        """
        wanted = set(operands)
        lines = {
            place.line for place in self._places.get(op, ())
            if wanted
            and wanted <= _names(place.operation)
            and place.operation.function.startswith(inside)
        }  # fmt: skip
        return lines.pop() if len(lines) == 1 else ""


def _files(code: CodeType, space: dict[str, Any]) -> Iterator[str]:
    if not of_library(code.co_filename):
        yield from sources_of(code, space)


def _names(operation: Operation) -> set[str]:
    return {x.name for operand in operation.operands for x in operand if isinstance(x, Variable)}
