"""Kernels as Flax keeps them beside JAX, where it is installed beside PyTorch."""

import numpy as np
import pytest

from tensorgraph import nn
from tests.machine.needs import reason

jax = pytest.importorskip("jax", reason=reason("jax"))

NUMBERS = {1: ("NWC", "WIO", "NWC"), 2: ("NHWC", "HWIO", "NHWC")}


def normal(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("groups", [1, 2])
def test_convolutions(rank, groups):
    kernel, x = normal(*(3, 2)[:rank], 4 // groups, 6), normal(2, *(5, 6)[:rank], 4)
    layer = getattr(nn, f"Conv{rank}d")(4, 6, (3, 2)[:rank], groups=groups, bias=False)
    nn.load_foreign(layer, {"params": {"kernel": kernel}})
    expected = jax.lax.conv_general_dilated(
        x, kernel, (1,) * rank, "VALID", dimension_numbers=NUMBERS[rank],
        feature_group_count=groups,
    )  # fmt: skip
    found = np.moveaxis(layer(np.moveaxis(x, -1, 1)).numpy(), 1, -1)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("out", [3, 4])
def test_transposed_convolutions(rank, out):
    kernel, x = normal(*(3, 2)[:rank], 4, out), normal(2, *(5, 6)[:rank], 4)
    layer = getattr(nn, f"ConvTranspose{rank}d")(4, out, (3, 2)[:rank], stride=2, bias=False)
    nn.load_foreign(layer, {"params": {"kernel": kernel}}, layout="flax")
    expected = jax.lax.conv_transpose(
        x, kernel, (2,) * rank, "VALID", dimension_numbers=NUMBERS[rank]
    )
    found = np.moveaxis(layer(np.moveaxis(x, -1, 1)).numpy(), 1, -1)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
