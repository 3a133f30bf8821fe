"""Convolution and pooling in C: every geometry, several blocks of windows, the batch last."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.compiler.loops import convolving
from tensorgraph.compiler.loops.statements import Call
from tests.compiler.test_c_programs import array, runner
from tests.machine.needs import needs

pytestmark = needs("cc")

RNG = np.random.default_rng(0)
GEOMETRIES = [
    ((3, 2, 7), (4, 2, 3), {}),
    ((3, 2, 7), (4, 2, 3), {"stride": 2, "padding": ((2, 1),)}),
    ((1, 1, 6, 5), (2, 1, 3, 2), {"padding": "same"}),
    ((3, 4, 6, 5), (6, 2, 2, 2), {"groups": 2, "dilation": 2, "padding": 1}),
    ((2, 2, 7, 6), (3, 2, 3, 2), {"stride": (2, 3)}),
    ((2, 2, 7, 6), (3, 2, 3, 2), {"stride": (3, 1), "dilation": (1, 2), "padding": (2, 1)}),
    ((2, 3, 4, 5), (2, 3, 1, 1), {}),
    ((2, 2, 4, 5, 4), (4, 1, 2, 3, 2), {"groups": 2, "stride": (1, 1, 2), "padding": 1}),
    ((2, 2, 1, 5), (3, 2, 1, 3), {}),
]


def three(x, w, y, **geometry):
    """Return the convolution, and y's gradients by x and by w."""
    out = tg.conv(x, w, **geometry)
    back = tg.conv_transpose(y, w, shape=x.shape[2:], **geometry)
    return [out, back, tg.conv_weight_grad(x, y, size=w.shape[2:], **geometry)]


@pytest.mark.parametrize("block", [convolving.BLOCK, 1])
@pytest.mark.parametrize(("x_shape", "w_shape", "geometry"), GEOMETRIES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_all_three_operations_of_a_convolution(
    x_shape, w_shape, geometry, block, dtype, monkeypatch
):
    monkeypatch.setattr(convolving, "BLOCK", block)
    y_shape = tg.conv(np.zeros(x_shape), np.zeros(w_shape), **geometry).shape
    held = [RNG.normal(size=shape).astype(dtype) for shape in (x_shape, w_shape, y_shape)]
    symbols = [array(*x.shape, dtype=dtype) for x in held]
    program = runner(symbols, three(*symbols, **geometry))
    assert not any(isinstance(part, Call) for part in program._program.parts)
    expected = three(*map(tg.tensor, held), **geometry)
    tolerance = 1e-12 if dtype == "float64" else 1e-4
    for found, right in zip(program(held, (), ()), expected, strict=True):
        np.testing.assert_allclose(found, right.numpy(), rtol=tolerance, atol=tolerance)


def test_a_network_of_windows_keeps_the_batch_last():
    x, w, v = array(8, 1, 10, 9), array(3, 1, 3, 3), array(3, 4)

    def network(x, w, v):
        features = tg.max_pool(tg.relu(tg.conv(x, w, padding=1)), size=2)
        return (features.mean(axis=(2, 3)) @ v, features.reshape(8, -1).sum(axis=0), features)

    held = [RNG.normal(size=e.shape) for e in (x, w, v)]
    program = runner([x, w, v], network(x, w, v))
    for found, right in zip(program(held, (), ()), network(*map(tg.tensor, held)), strict=True):
        np.testing.assert_allclose(found, right.numpy(), rtol=1e-12)
    shapes = {b.shape for work in program.works for piece in work.pieces for b in piece.reads}
    assert (3, 10, 9, 8) in shapes
    assert (8, 3, 10, 9) not in shapes


@pytest.mark.parametrize("special", [None, np.nan, np.inf])
@pytest.mark.parametrize(
    "pooling",
    [
        {"size": 2},
        {"size": (3, 2), "stride": (3, 2)},
        {"size": 3, "stride": 1},
        {"size": 2, "stride": 3, "padding": 1},
        {"size": 7, "stride": 1, "padding": 3},
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_pooling_and_its_ties(pooling, special, dtype):
    held = RNG.integers(0, 3, (2, 3, 7, 8)).astype(dtype)  # many are equal
    if special is not None and dtype != "int64":
        held[0, 0, :2, :2] = special
    right = tg.max_pool(held, **pooling)
    y = RNG.normal(size=right.shape)
    x, g = array(*held.shape, dtype=dtype), array(*y.shape)
    peaks = tg.max_pool(x, **pooling)
    program = runner([x, g], [peaks, tg.max_pool_grad(g, x, peaks, **pooling)])
    pooled, back = program([held, y], (), ())
    np.testing.assert_array_equal(pooled, right)
    expected = tg.max_pool_grad(y, held, right, **pooling)
    np.testing.assert_allclose(back, expected, rtol=1e-12, atol=1e-15)
