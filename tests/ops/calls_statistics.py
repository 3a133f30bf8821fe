"""Calls of what sorts, leaves NaN out, weighs, counts, and takes functions at points."""

import numpy as np

from tests.ops.op_call import calls, i, rows, x

SOME_NAN = np.array([[1.5, np.nan, -0.5, 2.0], [np.nan, 0.25, 3.0, np.nan]])
ALL_NAN = np.array([[1.5, np.nan], [-0.5, np.nan]])
KNOTS = np.array([-2.0, -0.5, 0.25, 1.0, 3.0])
RISING = np.array([0.0, 0.5, 0.75, 2.0])


def nan_reductions(*names, **static):
    return {
        name: calls(
            name,
            (SOME_NAN, static),
            (SOME_NAN, {**static, "axis": 1}),
            (SOME_NAN.reshape(2, 2, 2), {**static, "axis": (0, -1), "keepdims": True}),
            (x(3, 2), {**static, "axis": 0}),
        )
        for name in names
    }


TABLE = {
    **{
        name: calls(
            name,
            (x(2, 5), {**static}),
            (x(4, 3), {"axis": 0, **static}),
            (x(2, 3, 4), {"axis": (0, 2), "keepdims": True, **static}),
            (x(), {**static}),
            (x(0, 3), {"axis": 1, **static}),
        )
        for name, static in (
            ("median", {}),
            ("quantile", {"q": 0.3}),
            ("percentile", {"q": 80}),
            ("ptp", {}),
        )
    },
    "quantile": calls(
        "quantile",
        (x(2, 5), {"q": 0.3}),
        (x(2, 5), {"q": (0.1, 0.5, 1.0), "axis": 1}),
        *((x(2, 5), {"q": 0.62, "axis": -1, "method": m}) for m in ("lower", "higher", "nearest")),
        *((x(6), {"q": 0.3, "method": m}) for m in ("midpoint", "hazen", "weibull")),
        (x(6), {"q": 0.9, "method": "median_unbiased"}),
    ),
    **nan_reductions("nansum", "nanprod", "nanmax", "nanmin", "nanmean", "nanvar", "nanstd"),
    **nan_reductions("nanmedian"),
    **nan_reductions("nanquantile", q=0.3),
    **nan_reductions("nanpercentile", q=(0, 75)),
    "topk": calls(
        "topk",
        (x(5), {"k": 2}),
        (x(4, 3), {"k": 3, "axis": 0, "largest": False}),
        (x(2, 3), {"k": 0}),
    ),
    "kthvalue": calls(
        "kthvalue", (x(5), {"k": 2}), (x(4, 3), {"k": 4, "axis": 0, "keepdims": True})
    ),
    "searchsorted": calls(
        "searchsorted",
        ((KNOTS, x(2, 3)), {}),
        ((KNOTS, KNOTS[::2]), {"side": "right"}),
        ((KNOTS, x()), {}),
        ((x(0), x(2)), {}),
    ),
    "count_nonzero": calls(
        "count_nonzero", (i(2, 3, 4), {}), (i(2, 3, 4).astype(float), {"axis": 1})
    ),
    "average": calls(
        "average",
        ((x(2, 3), rows(2, 3)), {}),
        ((x(2, 3), rows(3)), {"axis": 1}),
        ((x(2, 3), rows(2, 3)), {"axis": 0, "keepdims": True}),
    ),
    "cov": calls(
        "cov",
        (x(3, 5), {}),
        (x(4), {"bias": True}),
        ((x(2, 5), x(5)), {}),
        (x(5, 2), {"rowvar": False, "correction": 0.5}),
    ),
    "corrcoef": calls("corrcoef", (x(3, 5), {}), ((x(5), x(5)), {}), (x(6, 2), {"rowvar": False})),
    "increments": calls(
        "increments",
        (x(5), {}),
        (x(4, 3), {"axis": 0, "n": 2}),
        (x(2, 3), {"prepend": 0.5, "append": 2.0}),
        (x(2, 1), {}),
        (x(2, 3), {"n": 0}),
    ),
    "trapezoid": calls(
        "trapezoid",
        (x(4), {}),
        (x(4, 3), {"axis": 0, "dx": 0.5}),
        ((x(2, 4), RISING), {}),
        ((x(4, 2), RISING), {"axis": 0}),
    ),
    "cumulative_trapezoid": calls(
        "cumulative_trapezoid",
        (x(4), {}),
        (x(4, 3), {"axis": 0, "dx": 0.5}),
        ((x(2, 4), RISING), {"initial": 0}),
    ),
    "interp": calls(
        "interp",
        ((x(2, 3), KNOTS, x(5)), {}),
        ((4 * x(6), KNOTS, x(5)), {"left": -1.0, "right": 2.0}),
        ((x(), KNOTS, x(5)), {}),
    ),
    "gradient": calls(
        "gradient",
        (x(5), {}),
        (x(4, 3), {"spacing": 0.5, "axis": 0, "edge_order": 2}),
        (x(3, 2), {}),
        ((x(2, 4), RISING), {"axis": 1}),
        ((x(4), RISING), {"edge_order": 2}),
    ),
    **{
        name: calls(
            name,
            ((x(5), x(3)), {}),
            ((x(3), x(4)), {"mode": "same"}),
            ((x(6), x(3)), {"mode": "valid"}),
            ((x(6), x(2)), {"mode": "full"}),
            ((x(1), x(1)), {}),
        )
        for name in ("convolve", "correlate")
    },
}
