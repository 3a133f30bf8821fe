"""allclose, and the names of dtypes."""

import numpy as np
import pytest

import tensorgraph as tg


@pytest.mark.parametrize(
    ("x", "y", "settings"),
    [
        ([1.0, 2.0], [1.0, 2.0 + 1e-6], {}),
        ([1.0, 2.0], [1.0, 2.1], {}),
        ([1.0, 2.0], [1.0, 2.1], {"rtol": 0.1}),
        ([0.0], [0.05], {"atol": 0.1}),
        ([np.nan], [np.nan], {}),
        ([np.nan], [np.nan], {"equal_nan": True}),
        ([[1, 2], [1, 2]], [1, 2], {}),
        ([np.inf, -np.inf], [np.inf, np.inf], {}),
        ([], [], {}),
        (True, 1, {}),
    ],
)
def test_allclose_agrees_with_numpy(x, y, settings):
    found = tg.allclose(tg.tensor(x), y, **settings)
    assert type(found) is bool
    assert found == np.allclose(x, y, **settings)


def test_allclose_takes_what_wants_a_gradient_and_drops_none_in_silence():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    assert tg.allclose(x, 1 * x)


def test_what_allclose_cannot_compare():
    with pytest.raises(tg.errors.ShapeError, match=r"allclose: shapes \(2,\) and \(3,\) do not"):
        tg.allclose([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(tg.errors.DTypeError, match="strings"):
        tg.allclose(["a"], ["a"])


NAMES = (
    "bool float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64"
).split()  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_dtypes_have_their_names(name):
    kind = getattr(tg, name)
    assert kind is getattr(np, name)
    assert name in dir(tg)
    assert tg.zeros(2, dtype=kind).dtype == name
    assert tg.tensor([0, 1]).astype(kind).dtype == kind
