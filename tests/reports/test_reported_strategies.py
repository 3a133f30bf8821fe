"""Reports of strategies: numbers outside their bounds, infinite, subnormal or not of the dtype."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import tensorgraph as tg
from tensorgraph.testing import strategies

SETTINGS = settings(max_examples=60)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("bounds", [(0.7, 3.0), (-1e6, 1e6), (-1e300, 1e300), (0.1, 0.3)])
def test_numbers_stay_in_their_domain_in_any_dtype(bounds, dtype):
    """HypothesisWorks/hypothesis#1385: floats without infinity became infinite as float32."""
    domain = tg.Real(*bounds)
    ends = []

    @SETTINGS
    @given(st.data())
    def check(data):
        x = data.draw(strategies.arrays(domain, (3,), dtype))
        assert x.dtype == dtype and np.isfinite(x).all()
        assert all(bounds[0] <= float(v) <= bounds[1] for v in x)
        ends.extend(float(v) for v in x)

    check()
    assert max(ends) - min(ends) > 0


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_subnormal_numbers_are_not_drawn(dtype):
    """HypothesisWorks/hypothesis#3153: numbers below the smallest normal one came by surprise."""
    tiny = np.finfo(dtype).smallest_normal

    @SETTINGS
    @given(strategies.arrays(tg.Real(-1.0, 1.0), (4,), dtype))
    def check(x):
        assert (np.abs(x[x != 0]) >= tiny).all()

    check()


def test_a_domain_that_a_dtype_cannot_meet():
    """data-apis/array-api-tests#42: elements of a strategy that the dtype turns into others."""
    with pytest.raises(tg.errors.ArgumentError, match="no number of float32 lies in"):
        strategies.arrays(tg.Real(1e-300, 1e-200), (2,), "float32")
