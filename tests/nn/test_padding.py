"""Padding layers against NumPy's, and convolutions that pad by what an image holds."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, ShapeError
from tensorgraph.testing import gradcheck

MODES = {
    "constant": nn.ZeroPad,
    "reflect": nn.ReflectionPad,
    "edge": nn.ReplicationPad,
    "wrap": nn.CircularPad,
}


@given(
    st.sampled_from(list(MODES)),
    st.lists(st.tuples(st.integers(4, 6), st.integers(0, 3), st.integers(0, 3)), min_size=1,
             max_size=3),
    st.sampled_from(["float32", "float64"]),
)  # fmt: skip
def test_padding_is_numpys(mode, axes, dtype):
    lengths, pairs = [n for n, *_ in axes], tuple(tuple(pair) for _, *pair in axes)
    x = np.random.default_rng(0).standard_normal((2, 2, *lengths)).astype(dtype)
    found = MODES[mode](pairs)(tg.tensor(x))
    assert found.dtype == dtype
    np.testing.assert_array_equal(found.data, np.pad(x, ((0, 0), (0, 0), *pairs), mode))


@pytest.mark.parametrize("mode", MODES)
def test_gradients_go_back_to_where_each_place_came_from(mode):
    x = np.random.default_rng(0).standard_normal((1, 2, 4, 3))
    gradcheck(lambda x: MODES[mode]((2, (0, 1)))(x) ** 2, x, order=2)


@pytest.mark.parametrize("kind", MODES.values())
def test_what_makes_no_sense_is_refused(kind):
    with pytest.raises(ArgumentError, match=rf"{kind.__name__}: padding is .* not 'same'"):
        kind("same")
    with pytest.raises(ArgumentError, match=rf"{kind.__name__}: padding is"):
        kind(-1)
    with pytest.raises(ShapeError, match=rf"{kind.__name__} in model .*\(batch, channels, \*spat"):
        kind(1)(tg.ones((2, 3)))
    with pytest.raises(ShapeError, match="with 2 spatial axes"):
        kind((1, 1))(tg.ones((2, 3, 4)))


def test_an_image_lends_no_more_than_it_has():
    with pytest.raises(ShapeError, match="3 places cannot be put beside an axis of 3, which has 2"):
        nn.ReflectionPad(3)(tg.ones((1, 1, 3)))
    with pytest.raises(ShapeError, match="4 places cannot be put beside an axis of 3, which has 3"):
        nn.CircularPad(4)(tg.ones((1, 1, 3)))
    assert nn.ReplicationPad(9)(tg.ones((1, 1, 1))).shape == (1, 1, 19)
    with pytest.raises(ShapeError, match="which has 0 to lend"):
        nn.ReplicationPad(1)(tg.ones((1, 1, 0)))


@pytest.mark.parametrize("pad", list(MODES.values())[1:])
def test_a_convolution_pads_first(pad):
    mode = pad.mode
    x = tg.tensor(np.random.default_rng(0).standard_normal((2, 2, 6, 5)))
    layer = nn.Conv2d(2, 3, 3, padding=(1, (2, 0)), padding_mode=mode, dtype="float64")
    plain = nn.Conv2d(2, 3, 3, dtype="float64")
    plain.load_state_dict(layer.state_dict())
    np.testing.assert_allclose(layer(x).data, plain(pad((1, (2, 0)))(x)).data, rtol=1e-14)
    assert f"padding_mode={mode!r}" in repr(layer)
    with pytest.raises(ArgumentError, match="Conv1d: padding_mode is one of 'zeros', 'reflect'"):
        nn.Conv1d(1, 1, 3, padding_mode="mirror")
