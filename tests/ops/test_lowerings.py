"""Lowerings, which say in operations what kernels compute, on numbers at the edges."""

import numpy as np
import pytest

from tensorgraph.engine.op import REGISTRY
from tensorgraph.symbolic.evaluate import evaluate
from tensorgraph.symbolic.expr import lift, symbol

LOWERED = [name for name, op in REGISTRY.items() if op.lowering is not None]
INF = float("inf")
ROWS = np.array([
    [0.5, -1.25, 3.0, 0.0],
    [1000.0, -1000.0, 999.0, 1000.0],
    [40.0, 0.0, 0.0, 0.0],
    [2.0, 2.0, 2.0, 2.0],
    [INF, 0.0, 1.0, 2.0],
    [INF, 0.0, INF, -INF],
    [-INF, -INF, -INF, -INF],
    [-INF, 0.0, 0.0, 1.0],
    [np.nan, 0.0, 1.0, 2.0],
    [0.0, 0.0, 0.0, 0.0],
    [1e4 + 1, 1e4 + 2, 1e4, 1e4],
    [1e-25, -1e-25, 2e-25, 0.0],
    [1e25, -1e25, 2e25, 0.0],
])  # fmt: skip
LABELS = np.arange(len(ROWS)) % 4
CERTAIN = np.nan_to_num(ROWS).argmax(1)
"""Each row's most probable class, of whose loss only what the others add is left."""
TARGETS = np.eye(4)[LABELS]
SHARES = np.full((len(ROWS), 4), 0.25)
CALLS = {
    "logsumexp": [((), {"axis": (1,), "keepdims": False})],
    "softmax": [((), {"axis": (1,)})],
    "log_softmax": [((), {"axis": (1,)})],
    "minus_mean": [((SHARES,), {"axis": (1,)})],
    "minus_share": [((SHARES,), {"axis": (1,)})],
    "softmax_cross_entropy": [((TARGETS,), {"axis": 1}), ((SHARES,), {"axis": 1})],
    "class_cross_entropy": [((LABELS,), {"axis": 1}), ((CERTAIN,), {"axis": 1})],
    "softmax_minus_one_hot": [((LABELS,), {"axis": 1}), ((CERTAIN,), {"axis": 1})],
    "sigmoid_minus": [((TARGETS,), {}), ((SHARES,), {})],
    "sigmoid_cross_entropy": [((TARGETS,), {}), ((SHARES,), {})],
    "center": [((), {"axis": (1,)})],
    "norm": [((), {"axis": (1,), "keepdims": True})],
    "unit": [((), {"axis": (1,)})],
    "var": [((), {"axis": (1,), "correction": 1, "keepdims": False})],
    "std": [((), {"axis": (1,), "correction": 1, "keepdims": False})],
    "std_slope": [((), {"axis": (1,), "correction": 0})],
    "rms": [((), {"axis": (1,), "eps": eps, "keepdims": False}) for eps in (0.0, 1e-5)],
    "rms_slope": [((), {"axis": (1,)})],
    "dropout": [((TARGETS == 1,), {"keep_prob": 0.5}), ((TARGETS,), {"keep_prob": 0.5})],
}
CANCELLING = {"center", "log_softmax", "softmax_cross_entropy"}
OVERFLOWING = {"rms", "var"}
"""Squares that leave the range of single precision are left to the kernel."""

POOLING = ["max_pool", "max_pool_grad"]


def test_every_lowering_is_tried():
    assert set(LOWERED) == CALLS.keys() | {"linear", "affine", "matmul_where", *POOLING}


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("name", CALLS)
def test_a_lowering_gives_what_the_kernel_does(name, dtype):
    op = REGISTRY[name]
    with np.errstate(over="ignore"):
        x = ROWS.astype(dtype)
    for others, static in CALLS[name]:
        others = [y.astype(dtype) if y.dtype.kind == "f" else y for y in others]
        operands = [symbol(None, a.shape, a.dtype) for a in (x, *others)]
        lowered = lift(op.lowering(*operands, **static))
        given = dict(zip(operands, (x, *others), strict=True))
        found, expected = evaluate([lowered], given)[lowered], op.compute((x, *others), static)
        assert (lowered.dtype, found.dtype) == (expected.dtype, expected.dtype)
        if name in OVERFLOWING:
            squares = np.abs(np.where(np.isfinite(x), x, 0)).astype(np.float64).max(1) ** 2
            few = squares < np.finfo(np.result_type(dtype, np.float32)).max / 16
            found, expected = found[few], expected[few]
        size = np.finfo(expected.dtype)
        # An ulp of the largest term counts where terms cancel.
        finite = np.where(np.isfinite(x), x, 0).astype(np.float64)
        terms = size.eps * np.abs(finite).max(1) if name in CANCELLING else np.zeros(len(x))
        margin = terms.reshape(-1, *(1,) * (expected.ndim - 1))[: len(expected)] + size.tiny
        with np.errstate(invalid="ignore"):
            far = np.abs(found.astype(np.float64) - expected) > 8 * size.eps * np.abs(expected)
            far &= np.abs(found.astype(np.float64) - expected) > margin
        wrong = far | (np.isnan(found) != np.isnan(expected))
        wrong |= np.isinf(expected) & (found != expected)
        assert not wrong.any(), (x, found, expected)


@pytest.mark.parametrize(
    "pooling",
    [
        {"size": (2, 2), "stride": (2, 2), "padding": ((0, 0), (0, 0))},
        {"size": (3, 2), "stride": (3, 2), "padding": ((0, 0), (0, 0))},
        {"size": (2, 3), "stride": (1, 2), "padding": ((1, 0), (1, 1))},
    ],
)
def test_pooling_of_numbers_at_the_edges(pooling):
    image = ROWS.reshape(1, 1, *ROWS.shape)
    peaks = REGISTRY["max_pool"].compute((image,), pooling)
    y = np.arange(1.0, 1 + peaks.size).reshape(peaks.shape)
    for name, arrays in {"max_pool": (image,), "max_pool_grad": (y, image, peaks)}.items():
        op = REGISTRY[name]
        operands = [symbol(None, a.shape, a.dtype) for a in arrays]
        lowered = lift(op.lowering(*operands, **pooling))
        found = evaluate([lowered], dict(zip(operands, arrays, strict=True)))[lowered]
        np.testing.assert_allclose(found, op.compute(arrays, pooling), rtol=1e-15)
