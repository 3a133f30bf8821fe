"""Reductions, softmax and its kin, contractions and windows: short rows of all magnitudes.

See ``tests/ops/sweep/structured.py``; for long sums ``test_long_sums.py``, for NaN and infinities
``test_reduction_edges.py``.
"""

import pytest

from tensorgraph.engine.op import REGISTRY
from tensorgraph.engine.rule import Word
from tests.ops.sweep.floats import DTYPES
from tests.ops.sweep.measure import SWEPT as ELEMENTWISE
from tests.ops.sweep.structured import CASES, worst

ULPS = 4
SWEPT = ("reduce", "fused", "contract")
"""The families whose operations add up or multiply; others move elements."""


def test_no_operation_is_left_out():
    differentiable = {
        name
        for name, op in REGISTRY.items()
        if op.family in SWEPT and not all(isinstance(rule, Word) for rule in op.vjp.values())
    }
    assert differentiable <= {*CASES, *ELEMENTWISE}, "needs a case in sweep/structured.py"


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: d.__name__)
@pytest.mark.parametrize("name", CASES)
def test_value_and_both_orders_of_derivatives_are_exact(name, dtype):
    for found in worst(name, dtype):
        assert found.ulps <= ULPS, (found.order, found.ulps, found.where)
