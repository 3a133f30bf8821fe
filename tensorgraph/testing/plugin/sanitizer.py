"""``--tg-gradcheck``: each gradient rule that runs in a test is compared with numeric derivatives.

What a graph computes is right if each of its rules is, and the engine's loop over them, which is
not the user's. So rules are judged one by one, where they run, on the numbers that they run on.
"""

from __future__ import annotations

from collections import Counter
from typing import Any
from weakref import WeakKeyDictionary

from tensorgraph.engine.graph import Node
from tensorgraph.engine.observers import Backward, Forward, Observer
from tensorgraph.engine.tensor import Tensor
from tensorgraph.errors import GradcheckError
from tensorgraph.testing.plugin.judgement import UnjudgedError, fault
from tensorgraph.testing.plugin.recorded_calls import RecordedCall, is_seen, kind_of

FAST, FULL = "fast", "full"


class Sanitizer(Observer):
    """Sees the calls of one test, and raises where a gradient rule is wrong.

    Args:
        how: ``"full"`` judges each rule that runs; ``"fast"`` those of the first, second, fourth,
            eighth, … call of an operation with operands of the same kinds, which depends on nothing
            but the test.
    """

    def __init__(self, how: str) -> None:
        self._all = how == FULL
        self._calls: Counter[Any] = Counter()
        self._suspects: set[Any] = set()
        """Kinds of calls that were found wrong: each further one is judged, to find it again."""
        self._twice: set[Any] = set()
        """Which rules' own derivatives were found right."""
        self._recorded: WeakKeyDictionary[Node, RecordedCall] = WeakKeyDictionary()
        self.judged: Counter[str] = Counter()
        self.unjudged: Counter[str] = Counter()
        self.faults: list[str] = []

    def forward(self, event: Forward) -> None:
        """Keep what a call was given, if its rules are to be judged."""
        if event.node is None or not is_seen(event):
            return
        kind = kind_of(event)
        self._calls[kind] += 1
        calls = self._calls[kind]
        if self._all or calls & (calls - 1) == 0 or kind in self._suspects:
            self._recorded[event.node] = RecordedCall(event, kind)

    def backward(self, event: Backward) -> None:
        """Judge a rule that has run."""
        call = self._recorded.get(event.node)
        if call is None:
            return
        # Second derivatives take long, and belong to an operation more than to its numbers.
        part = call.kind, event.i
        order = 2 if type(event.g) is Tensor and part not in self._twice else 1
        try:
            found = fault(call, event, order)
        except UnjudgedError:
            self.unjudged[call.op.name] += 1
            return
        self.judged[call.op.name] += 1
        if found:
            self._suspects.add(call.kind)
            self.faults.append(found)
            raise GradcheckError(found)
        if order == 2:
            self._twice.add(part)
