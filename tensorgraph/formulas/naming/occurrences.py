"""Which of several numbers of equal value an operation took, by the user's statements.

Of ``lam * (W**2).sum() + lr * abs(W).sum()`` with both 0.1 the graph has 0.1 twice. What stands
beside each tells which is which; where the same stands beside both, their order does.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.caller.statements import Sought
from tensorgraph.engine.graph import Node
from tensorgraph.formulas.naming.caller_variables import Scope
from tensorgraph.symbolic.reader import Operand

LEAD, LEAD_IF_REPEATED = 0.05, 0.5
"""By so much more must one place be like an operand than another's to be no guess; and a place at
which more operands are met than it is one of."""


class Choice(NamedTuple):
    """What a number is taken to be."""

    i: int
    """Which of the candidates."""
    others: tuple[int, ...]
    """Those that it may as well be."""


class Occurrences:
    """Where numbers occur in a graph.

    Args:
        scope: the caller's variables.
        nodes: the graph, in the order in which it was recorded.
    """

    def __init__(self, scope: Scope, nodes: Iterable[Node]) -> None:
        self._scope = scope
        self._nodes = list(nodes)
        self._turns: dict[Hashable, list[tuple[Node, int]]] | None = None

    def chosen(self, candidates: Sequence[Sought], at: Operand) -> Choice:
        """Return which of some numbers an operand is, all of which have its value.

        Args:
            candidates: the numbers, as the statements may have them.
            at: the operand.
        """
        stands = [self._scope.stands(what, *at) for what in candidates]
        ranks = [max((s.rank for s in found), default=None) for found in stands]
        known = [rank for rank in ranks if rank is not None]
        if not known:
            return Choice(0, tuple(range(1, len(candidates))))
        best = max(known)
        tied = [i for i, rank in enumerate(ranks) if rank == best]
        turns = self._alike(at)
        places = sorted(
            ((s, i) for i in tied for s in stands[i] if s.rank == best),
            key=lambda place: place[0].position,
        )
        often = len(turns) > len(places)
        lead = LEAD_IF_REPEATED if often else LEAD
        rivals = [
            i
            for i, rank in enumerate(ranks)
            if rank is not None
            and (*rank[:2], rank[3]) == (*best[:2], best[3])
            and best[2] - rank[2] < lead
        ]
        if often and rivals != tied:  # some of these may be met at the others' places
            places = sorted(
                ((s, i) for i in rivals for s in stands[i] if s.rank == ranks[i]),
                key=lambda place: place[0].position,
            )
        # They are met in turn, where a loop or a function is run several times, too.
        in_turn = len(turns) % len(places) == 0
        chosen = places[turns.index((at.node, at.i)) % len(places)][1] if in_turn else tied[0]
        sure = in_turn and len({stand.function for stand, _ in places}) == 1
        doubted = rivals if rivals != tied or not sure else []
        return Choice(chosen, tuple(i for i in doubted if i != chosen))

    def _alike(self, at: Operand) -> list[tuple[Node, int]]:
        """Return the operands that only their order tells from this one, in that order."""
        if self._turns is None:
            self._turns = {}
            for node in self._nodes:
                for i, parent in enumerate(node.parents):
                    if np.ndim(getattr(parent, "_data", parent)) == 0 and type(parent) is not Node:
                        key = self._key(node, i)
                        self._turns.setdefault(key, []).append((node, i))
        return self._turns[self._key(*at)]

    def _key(self, node: Node, i: int) -> Hashable:
        found = self._scope.occurrence(node, i)
        value: Any = getattr(node.parents[i], "_data", node.parents[i])
        ops, words, names = map(frozenset, (found.ops, found.words, found.names))
        return np.asarray(value).item(), ops, i, words, names
