"""A part of an imported network: a module of some of its nodes, as its exporter grouped them."""

from __future__ import annotations

from typing import Any

from tensorgraph.errors import ArgumentError, UsageError
from tensorgraph.nn.module import Module
from tensorgraph.onnx.importing.program import Program


class Part(Module):
    """Some nodes of an imported network, which belonged to one layer or block where it was made.

    It is called with the values that its nodes take from around them, and returns what others take
    from it, several as a tuple. Another module that takes and returns the same may stand in its
    place: ``model.fc = tg.nn.Linear(512, 3)``.
    """

    program: Program | None = None
    kinds: tuple[str, ...] = ()
    """The operators of its own nodes."""

    def forward(self, *values: Any) -> Any:
        """Compute what its nodes do.

        Raises:
            UsageError: it has no nodes, only weights.
            ArgumentError: another number of values than its nodes take.
        """
        if self.program is None:
            raise UsageError(
                "this part of an imported network holds weights only; call the network, or the part"
                " that has nodes"
            )
        if len(values) != self.program.count:
            raise ArgumentError(
                f"this part of an imported network takes {self.program.count} values, not"
                f" {len(values)}"
            )
        results = self.program.run(self, values)
        return results[0] if len(results) == 1 else results

    def __getitem__(self, number: int) -> Any:
        """Return what an attribute holds whose name is a number, as those of sequences are."""
        return vars(self)[str(number)]

    def extra_repr(self) -> str:
        """Return what ``repr`` shows between the parentheses."""
        return ", ".join(self.kinds)
