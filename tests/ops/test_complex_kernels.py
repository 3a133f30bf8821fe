"""Kernels of complex numbers, which the complex step takes, continue those of real ones."""

import numpy as np
import pytest

from tensorgraph.engine.op import REGISTRY

POINTS = np.linspace(1.03, 1.97, 5000)  # large enough for kernels that go block by block
SIGNS = dict.fromkeys(("atanh", "acos", "asin", "erfinv", "logit"), POINTS - 1)
CONTINUED = [
    name for name, op in REGISTRY.items() if op.family == "elementwise" and op.arity in (1, 2)
]


@pytest.mark.parametrize("name", CONTINUED)
def test_on_the_real_line_they_are_alike(name):
    op = REGISTRY[name]
    arrays = [SIGNS.get(name.removesuffix("_slope"), POINTS), POINTS[::-1] + 1][: op.arity]
    try:
        found = op.kernel(*(array + 0j for array in arrays))
    except TypeError:  # the complex step is told so, and another method chosen
        return
    with np.errstate(invalid="ignore"):
        expected = op.kernel(*arrays)
    np.testing.assert_allclose(np.real(found), expected, rtol=1e-13, atol=1e-15)
