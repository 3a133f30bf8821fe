"""``tg.profile()``: where the time and the memory of a computation go, by op and by module."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from weakref import WeakKeyDictionary

from tensorgraph import errors
from tensorgraph.caller.variables import Variables
from tensorgraph.display.tables import html_table, text_table
from tensorgraph.engine.graph import Node
from tensorgraph.engine.modes import MODE, Call, observing
from tensorgraph.engine.observers import Backward, Forward, Observer, Worked
from tensorgraph.engine.tensor import Tensor
from tensorgraph.observe.bytes_and_seconds import bytes_text
from tensorgraph.observe.root_names import RootNames


def profile(*decorated: Any) -> AbstractContextManager[Profile]:
    """Return a context that measures each kernel and each gradient rule in its block.

    Only the kernels and rules themselves are timed, neither the engine around them nor the
    measuring, so shares are right although the block runs slower. What is left of the block's time
    (the engine, optimizers on plain arrays, data, the user's Python) stands in the table's last
    row. Pictures of what was computed in the block know the times:
    ``tg.render(loss, color_by="time")``.

    Of a compiled function the loops, products and kernels are measured that its program consists
    of, by a program that reads the clock after each. That is compiled at the first call in such a
    block, and waited for: in the row ``getting ready to measure``.

    Returns:
        A context that gives a :class:`Profile`, complete when the block ends; ``print`` it.

    Raises:
        DTypeError: it decorates a function, whose callers would never see what was measured.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.ones((300, 300), requires_grad=True)
        >>> with tg.profile() as p:
        ...     (x @ x).sum().backward()
        >>> print(p)
        op ...
        >>> sorted((row.name, row.calls) for row in p.ops)
        [('matmul', 1), ('sum', 1)]
    """
    if decorated:
        raise errors.DTypeError(
            "profile: it is no decorator, as nobody would see what was measured; write"
            " `with tg.profile() as p:` around a call, and print(p) after it"
        )
    return _profiling()


@contextmanager
def _profiling() -> Iterator[Profile]:
    found = Profile()
    start = perf_counter()
    with observing(found):
        try:
            yield found
        finally:
            found.seconds = perf_counter() - start
            found.variables = [Variables(sys._getframe(2))]


@dataclass
class Row:
    """What one op, or one module, took.

    Example:
        >>> Row("exp", calls=2, forward=0.25, backward=0.5).seconds
        0.75
    """

    name: str
    calls: int = 0
    forward: float = 0.0
    """Seconds in kernels, and in parts of compiled functions, be they forward or backward."""
    backward: float = 0.0
    """Seconds in gradient rules."""
    bytes: int = 0
    """Of the arrays that kernels and rules made; views make none."""

    @property
    def seconds(self) -> float:
        """Seconds forward and backward."""
        return self.forward + self.backward


@dataclass
class Times:
    """What one node took.

    Example:
        >>> Times(forward=0.5)
        Times(forward=0.5, backward=None)
    """

    forward: float
    """Seconds in its kernel."""
    backward: float | None = None
    """Seconds in its gradient rules, if they have run."""


_TIMES: WeakKeyDictionary[Node, Times] = WeakKeyDictionary()


def times_of(node: Node) -> Times | None:
    """Return what a node took; ``None`` if it was not recorded inside ``tg.profile()``.

    Example:
        >>> import tensorgraph as tg
        >>> times_of(tg.exp(tg.tensor(1.0, requires_grad=True)).node) is None
        True
    """
    return _TIMES.get(node)


class Profile(Observer):
    """Times and bytes of a block, by op and by module; made by :func:`profile`.

    Example:
        >>> import tensorgraph as tg
        >>> model = tg.nn.Sequential(tg.nn.Linear(4, 3), tg.nn.ReLU())
        >>> with tg.profile() as p:
        ...     y = model(tg.ones((2, 4)))
        >>> sorted((row.name, row.bytes) for row in p.modules)
        [('model.layers[0] Linear', 24), ('model.layers[1] ReLU', 24)]
    """

    sees_works = True

    def __init__(self) -> None:
        self.seconds = 0.0
        """How long the block ran, all in all."""
        self._ops: dict[str, Row] = {}
        self._modules: dict[Any, Row] = {}
        """By the root's reference and the scope; of what runs in no module, by a word."""
        self._calls: dict[Any, Call] = {}
        """A call of each of these modules."""
        self.variables: list[Variables] = []
        """Those where the block ended: they name the modules."""

    @property
    def ops(self) -> list[Row]:
        """What each kind of op took, the slowest first."""
        return sorted(self._ops.values(), key=_slowest_first)

    @property
    def modules(self) -> list[Row]:
        """What ops took by the innermost module they ran in, the slowest first.

        A module that no other calls has the name of the variable that holds it.
        """
        names = RootNames(self._calls.values(), self.variables)
        for key, call in self._calls.items():
            self._modules[key].name = names.scope(call)
        return sorted(self._modules.values(), key=_slowest_first)

    def forward(self, event: Forward) -> None:
        """Count a kernel (the engine calls this)."""
        if event.node is not None:
            _TIMES[event.node] = Times(event.seconds)
        for row in self._rows(event.op.name, MODE.get().call):
            row.calls += 1
            row.forward += event.seconds
            row.bytes += _new_bytes(event.out)

    def backward(self, event: Backward) -> None:
        """Count a gradient rule (the engine calls this)."""
        times = _TIMES.get(event.node)
        if times is not None:
            times.backward = (times.backward or 0.0) + event.seconds
        if event.node.op.recomputes:
            return  # what it computes again is counted op by op
        for row in self._rows(event.node.op.name, event.node.call):
            row.backward += event.seconds
            row.bytes += _new_bytes(event.result) if event.result is not event.g else 0

    def worked(self, event: Worked) -> None:
        """Count a part of a compiled function (the function calls this)."""
        for row in self._rows(event.title, None, f"compiled {event.function}"):
            row.calls += 1
            row.forward += event.seconds

    def _rows(
        self, op: str, call: Call | None, outside: str = "outside modules"
    ) -> tuple[Row, Row]:
        key: Any = outside
        if call is not None:
            key = id(call.root.module), call.scope
            self._calls.setdefault(key, call)
        return (
            self._ops.setdefault(op, Row(op)),
            self._modules.setdefault(key, Row(outside)),
        )

    def __str__(self) -> str:
        return "\n\n".join(text_table(cells, left=[0]) for cells in self._tables())

    def _repr_html_(self) -> str:
        return "".join(html_table(head, rows) for head, *rows in self._tables())

    def __repr__(self) -> str:
        return f"<Profile of {self.seconds:.3g} s: {sum(r.calls for r in self.ops)} calls of ops>"

    def _tables(self) -> list[list[tuple[str, ...]]]:
        return [self._cells("op", self.ops), self._cells("module", self.modules)]

    def _cells(self, kind: str, rows: list[Row]) -> list[tuple[str, ...]]:
        """Return a table: its head, its rows, and what is left of the block's time."""
        rest = max(self.seconds - sum(row.seconds for row in rows), 0.0)
        cells: list[tuple[str, ...]] = [(kind, "calls", "forward", "backward", "share", "made")]
        cells += [
            (
                row.name,
                f"{row.calls:,}",
                _milliseconds(row.forward),
                _milliseconds(row.backward),
                self._share(row.seconds),
                bytes_text(row.bytes),
            )
            for row in rows
        ]
        cells.append(("elsewhere", "", _milliseconds(rest), "", self._share(rest), ""))
        return cells

    def _share(self, seconds: float) -> str:
        return f"{seconds / self.seconds:.1%}" if self.seconds else ""


def _slowest_first(row: Row) -> tuple[float, str]:
    return -row.seconds, row.name


def _new_bytes(result: Any) -> int:
    """Return the size of an array that was made, not of one that is viewed or has no values."""
    array = result._data if type(result) is Tensor else result
    return getattr(array, "nbytes", 0) if getattr(array, "base", None) is None else 0


def _milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:,.3f} ms"
