"""Why a formula stays long, and what would shorten it."""

from __future__ import annotations

from collections.abc import Iterator

from tensorgraph.engine.op import REGISTRY
from tensorgraph.formulas.derivation import Derivation
from tensorgraph.formulas.facts import Fact
from tensorgraph.formulas.writing.formula import cost
from tensorgraph.symbolic.expr import Expr, in_order

LONG = 40.0
"""Of shorter formulas nobody asks why they are not shorter."""


def missing_facts(found: Derivation, looser: Derivation) -> Iterator[str]:
    """Yield the facts that hold of the data and would give a shorter formula.

    Args:
        found: the formulas without them.
        looser: the formulas with them.
    """
    if _length(looser) >= _length(found):
        return
    result = str(looser).splitlines()[0].split("    ")[0]
    for fact in looser.facts:
        name = fact.of is not None and looser.names.get(fact.of)
        told = _as_argument(fact)
        if fact.source == "data" and name and told:
            yield (
                f"{looser.fact_text(fact)} is true of this data and would give {result};"
                f" write {name} = tg.assume({name}, {told})"
            )


def unknown_operations(found: Derivation) -> Iterator[str]:
    """Yield the user's own operations in long formulas, which no rule can simplify."""
    names = found.names
    told: dict[str, None] = {}
    for g in (*found.gradients, *found.helpers):
        if cost(g.expr, g.names) > LONG:
            for e in in_order([g.expr], lambda x: () if x in names else x.args):
                if e.op is not None and e not in names and _without_rules(e):
                    told[e.op.name] = None
    for name in told:
        yield (
            f"no rule is known of {name!r}, which stays as it is; declare it with body= to say"
            " what it computes"
        )


def _without_rules(e: Expr) -> bool:
    assert e.op is not None
    return REGISTRY.get(e.op.name) is not e.op and e.op.body is None


def _length(found: Derivation) -> float:
    return sum(cost(g.expr, found.names) for g in (*found.gradients, *found.helpers))


def _as_argument(fact: Fact) -> str:
    """Return how ``tg.assume`` is told a fact; an empty string if it is of another kind."""
    match fact.word, fact.value:
        case "sums_to", (int() as axis, 1):
            return f"sums_to_one={axis}"
        case "sums_to", (int() as axis, 0):
            return f"zero_sum={axis}"
        case ("binary" | "positive" | "nonnegative" | "nonzero" | "symmetric") as word, True:
            return f"{word}=True"
    return ""
