"""Calls of what reduces, normalises and scales: along axes, or element by element."""

import numpy as np

from tests.ops.op_call import RNG, b, calls, i, rows, x


def reductions(*names, empty=True):
    """Calls that every reduction over several axes must serve."""
    entries = [
        (x(2, 3), {}),
        (x(2, 3), {"axis": 0}),
        (x(2, 3), {"axis": -1, "keepdims": True}),
        (x(2, 3, 4), {"axis": (0, 2)}),
        (x(2, 3, 4), {"axis": (-1, 0), "keepdims": True}),
        (x(3), {"axis": 0}),
        (x(3, 1), {"axis": 0}),
        (x(2, 1, 2), {"axis": ()}),
        (x(), {}),
        (x(1, 1), {}),
    ]
    entries += [(x(0, 3), {"axis": 0}), (x(2, 0), {})] if empty else []
    # Along no elements at all, but of no result either: never undefined.
    entries += [(x(0, 3), {"axis": 1}), (x(3, 0, 2), {"axis": 2, "keepdims": True})]
    return {name: calls(name, *entries) for name in names}


TABLE = {
    **reductions("sum", "prod"),
    **reductions("mean", "max", "min", empty=False),
    "norm": calls(
        "norm",
        (x(2, 3), {}),
        (x(2, 3), {"axis": 0}),
        (x(2, 3, 2), {"axis": (0, -1), "keepdims": True}),
        (x(4), {"axis": -1}),
        (x(0, 3), {"axis": 1}),
        (1e-200 * x(3), {}),
    ),
    "rms": calls(
        "rms",
        (x(2, 3), {}),
        (x(2, 3), {"axis": 0}),
        (x(2, 3), {"axis": -1, "eps": 0.1}),
        (x(2, 3, 4), {"axis": (0, 2), "keepdims": True, "eps": 1.0}),
        (x(2, 1, 2), {"axis": ()}),
        (x(), {}),
        (x(0, 3), {"axis": 1}),
        (np.zeros((2, 3)), {"axis": 1, "eps": 0.5}),
    ),
    **{
        name: calls(
            name,
            (x(2, 3), {}),
            (x(2, 3), {"axis": 0}),
            (x(2, 3, 4), {"axis": (-1, 0)}),
            (x(), {}),
            (x(0, 3), {"axis": 1}),
        )
        for name in ("unit", "rms_slope")
    },
    "std_slope": calls(
        "std_slope",
        (x(2, 3), {}),
        (x(2, 3), {"axis": 1, "correction": 1}),
        (x(2, 3, 4), {"axis": (-1, 0), "correction": 0.5}),
        (x(0, 3), {"axis": 1}),
    ),
    "center": calls(
        "center",
        (x(2, 3), {}),
        (x(2, 3), {"axis": 0}),
        (x(2, 3, 4), {"axis": (-1, 0)}),
        (x(2, 1, 2), {"axis": ()}),
        (x(3, 1), {"axis": 1}),
        (x(), {}),
        (x(0, 3), {"axis": 0}),
        (x(0, 3), {"axis": 1}),
        (1e6 + x(5), {}),
    ),
    "affine": calls(
        "affine",
        ((x(2, 3), x(3), x(3)), {}),
        ((x(2, 3), x(2, 1), x()), {}),
        ((x(2, 3, 2), x(3, 1), x(2, 3, 2)), {}),
        ((x(), x(), x()), {}),
        ((x(0, 3), x(3), x(3)), {}),
    ),
    "dropout": calls(
        "dropout",
        ((x(2, 3), b(2, 3)), {"keep_prob": 0.3}),
        ((x(4), b(4)), {"keep_prob": 1.0}),
        ((x(), np.array(True)), {"keep_prob": 0.5}),
        ((x(0, 2), b(0, 2)), {"keep_prob": 0.5}),
    ),
    "var": calls(
        "var",
        (x(2, 3), {}),
        (x(2, 3), {"axis": 1, "correction": 1}),
        (x(2, 3, 2), {"axis": (0, 2), "keepdims": True, "correction": 0.5}),
        (x(0, 3), {"axis": 1}),
        (x(3, 1), {"axis": 1}),
        (100 + x(5), {}),
    ),
    "std": calls(
        "std",
        (x(2, 3), {}),
        (x(2, 3), {"axis": 1, "correction": 1}),
        (x(2, 3, 2), {"axis": (0, 2), "keepdims": True}),
        (x(0, 3), {"axis": 1}),
    ),
    "logsumexp": calls(
        "logsumexp",
        (x(2, 3), {}),
        (x(2, 3), {"axis": 0, "keepdims": True}),
        (x(2, 3, 2), {"axis": (-1, 0)}),
        (x(), {}),
        (1e3 + x(4), {}),
        (x(0, 3), {"axis": 1}),
    ),
    "cumulative_sum": calls(
        "cumulative_sum",
        (x(4), {}),
        (x(2, 3), {"axis": 0}),
        (x(2, 3, 2), {"axis": -2}),
        (x(0), {}),
        (x(2, 1), {"axis": 1}),
    ),
    **{
        name: calls(
            name,
            (x(2, 3), {}),
            (x(2, 3), {"axis": 0}),
            (x(2, 3), {"axis": -1, "keepdims": True}),
            (i(3, 12).astype(float), {}),
            (x(2, 0), {"axis": 0}),
        )
        for name in ("argmax", "argmin")
    },
    **{
        name: calls(
            name,
            (b(2, 3), {}),
            (b(2, 3), {"axis": 0}),
            (b(2, 3, 2), {"axis": (0, 2), "keepdims": True}),
            (np.zeros((2, 0), bool), {"axis": 1}),
        )
        for name in ("any", "all")
    },
    **{
        name: calls(
            name,
            (x(2, 3), {}),
            (x(2, 3), {"axis": 0}),
            (x(2, 3, 2), {"axis": (0, 2)}),
            (x(3), {}),
            (x(2, 1), {}),
            (x(0, 3), {}),
            (np.array([40.0, 0.0, -40.0]), {}),
            (1e3 + x(3), {}),
        )
        for name in ("softmax", "log_softmax")
    },
    **{
        name: calls(
            name,
            ((x(2, 3), rows(2, 3)), {"axis": 1}),
            ((x(3, 2), 3 * rows(3, 2)), {"axis": 0}),
            ((x(2, 3, 2), rows(2, 3, 2)), {"axis": (0, 2)}),
            ((x(3), np.array([0.1, 0.85, 0.05])), {"axis": 0}),
            ((x(2, 1), rows(2, 1)), {"axis": 1}),
            ((x(0, 3), rows(0, 3)), {"axis": 1}),
        )
        for name in ("minus_mean", "minus_share")
    },
    "softmax_cross_entropy": calls(
        "softmax_cross_entropy",
        ((x(2, 3), rows(2, 3)), {}),
        ((x(3, 2), np.ascontiguousarray(rows(2, 3).T)), {"axis": 0}),
        ((x(2, 3), x(2, 3)), {}),
        ((x(3), rows(3)), {}),
        ((x(2, 2, 3), rows(2, 2, 3)), {"axis": -1}),
        ((x(0, 3), rows(0, 3)), {}),
    ),
    **{
        name: calls(
            name,
            ((x(4, 3), i(3, 4)), {"axis": -1}),
            ((x(3, 4), i(3, 4)), {"axis": 0}),
            ((x(3), np.array(1)), {"axis": 0}),
            ((x(2, 3, 4), i(3, 2, 4)), {"axis": 1}),
            ((x(0, 3), i(3, 0)), {"axis": 1}),
        )
        for name in ("class_cross_entropy", "softmax_minus_one_hot")
    },
    **{
        name: calls(
            name,
            ((x(2, 3), RNG.uniform(0, 1, (2, 3))), {}),
            ((x(), RNG.uniform(0, 1, ())), {}),
            ((x(0), x(0)), {}),
        )
        for name in ("sigmoid_cross_entropy", "sigmoid_minus")
    },
    # Elementwise, but with parameters that the record's domain knows nothing of.
    "clip": calls(
        "clip",
        (x(2, 3), {"min": -0.5, "max": 0.5}),
        (x(2, 3), {"max": 0.0}),
        (x(2, 3), {"min": 0.1}),
    ),
    "astype": calls("astype", (x(2, 3), {"dtype": np.float64}), (x(), {"dtype": np.float64})),
    "round": calls("round", (x(2, 3), {"decimals": 1}), (100 * x(3), {"decimals": -1})),
    "leaky_relu": calls("leaky_relu", (x(2, 3), {"slope": 0.3}), (x(2, 3), {"slope": 0.0})),
    "elu": calls("elu", (x(2, 3), {"alpha": 0.7})),
}
