"""Calls of every operation, with what each must give.

Elementwise ops say in their record where they are defined and what they compute: their calls are
derived. The others have a table of representative calls, and references of their own in
``elements/``. ``test_ops.py`` demands that no operation is missing.
"""

from tensorgraph.engine.op import REGISTRY
from tensorgraph.ops import sets
from tensorgraph.testing.ops.op_calls import elementwise_cases
from tests.ops import (
    calls_contracting,
    calls_linalg,
    calls_moving,
    calls_reducing,
    calls_special,
    calls_statistics,
    calls_updating,
)
from tests.ops.op_call import FUNCTIONS

FILES = (
    calls_reducing, calls_moving, calls_contracting, calls_special, calls_statistics,
    calls_linalg, calls_updating,
)  # fmt: skip
TABLE = {
    name: [call for file in FILES for call in file.TABLE.get(name, ())]
    for file in FILES
    for name in file.TABLE
}
"""Calls by operation."""

RANDOM = {name for name, op in REGISTRY.items() if op.family == "random"}
"""Operations whose results are not determined by their operands; see ``test_random.py``."""
ELEMENTWISE = {
    name: op for name, op in REGISTRY.items() if op.family == "elementwise" and name != "astype"
}
OF_VALUES = set(sets.__all__)
"""Functions whose results' number of elements the values decide; see ``test_sets.py``."""
EVERY = [name for name in {**REGISTRY, **FUNCTIONS} if name not in RANDOM | OF_VALUES]


def cases(name):
    """Return all calls of an operation: derived ones, and those in the table."""
    op = ELEMENTWISE.get(name)
    derived = [] if op is None else elementwise_cases(op)
    return derived + [call.case for call in TABLE.get(name, [])]
