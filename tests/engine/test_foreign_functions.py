"""Functions of other libraries on tensors: what they say."""

import numpy as np
import pytest

import tensorgraph as tg

X = np.array([0.1, 0.2])


def test_ufuncs_of_other_libraries_lead_to_what_is_there():
    """``np.expit`` does not exist, nor does any other name that only SciPy or the user has."""
    special, x = pytest.importorskip("scipy.special"), tg.tensor(X)
    entr = special.entr
    with pytest.raises(TypeError, match=r"^special\.entr does not .* write -tg\.xlogy\(x, x\), or"):
        special.entr(x)
    with pytest.raises(TypeError, match=r"^entr does .* or give entr x\.numpy\(\) where"):
        entr(x)
    with pytest.raises(TypeError, match=r"^special\.spence has no counterpart .* with tg\.op, or"):
        special.spence(x)
    own = np.frompyfunc(lambda value: value, 1, 1)
    with pytest.raises(TypeError, match=r"^own has no counterpart .* give own x\.numpy\(\)"):
        own(x)
