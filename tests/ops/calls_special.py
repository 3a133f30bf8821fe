"""Calls of special and activation functions that are composed, or have static parameters."""

import numpy as np

from tests.ops.op_call import RNG, calls, x


def above(*shape):
    return RNG.uniform(0.3, 5, shape)


def inside(*shape):
    return RNG.uniform(-0.9, 0.9, shape)


def alone(function, *names):
    """Calls of functions of one operand."""
    return {name: calls(name, (function(2, 3), {}), (function(), {})) for name in names}


TABLE = {
    **{
        name: calls(
            name,
            (x(4), {}),
            (x(4, 3), {"axis": 0}),
            (x(2, 3, 2), {"axis": -2}),
            (x(0), {}),
            (x(2, 1), {"axis": 1}),
            (zeros, {}),
        )
        for name in ("cumulative_prod", "logcumsumexp", "cumulative_max", "cumulative_min")
        for zeros in [np.array([2.0, 0.0, 3.0, 0.0, 1.0]) if name == "cumulative_prod" else x(5)]
    },
    "cumulative_max_place": calls(
        "cumulative_max_place", (x(5), {}), (x(2, 3), {"axis": 1, "least": True}), (x(0), {})
    ),
    "linear_recurrence": calls(
        "linear_recurrence",
        ((x(5), x(5)), {}),
        ((x(2, 3), x(2, 3)), {"axis": 0}),
        ((x(2, 3, 2), x(2, 3, 2)), {"axis": -2}),
        ((x(0), x(0)), {}),
        ((x(1), x(1)), {}),
    ),
    "digamma_slope": calls(
        "digamma_slope",
        (above(2, 3), {}),
        (above(4), {"order": 2}),
        (above(), {"order": 3}),
        (-0.25 - np.arange(3.0), {"order": 2}),
    ),
    "polygamma": calls("polygamma", (above(2, 3), {"n": 0}), (above(3), {"n": 2})),
    "sinc_slope": calls(
        "sinc_slope", (x(2, 3), {}), (5 * x(4), {"order": 2}), (0.1 * x(3), {"order": 3})
    ),
    **{
        name: calls(name, (x(2, 3), {}), (9 * x(4), {"order": 1}), (x(3), {"order": 2}))
        for name in ("iv", "ive")
    },
    **alone(x, "i0", "i1", "i0e", "i1e", "log_ndtr_slope", "log_ndtr_gap", "deg2rad", "rad2deg"),
    **alone(x, "hardsigmoid", "hardswish", "mish", "relu6", "selu", "tanhshrink"),
    **alone(inside, "erfinv_slope"),
    "hardtanh": calls("hardtanh", (x(2, 3), {}), (2 * x(4), {"min": -0.5, "max": 2.0})),
    "threshold": calls("threshold", (x(2, 3), {"threshold": 0.1, "value": -2.0})),
    **{
        name: calls(name, (x(2, 3), {}), (x(4), {"limit": 0.1}))
        for name in ("softshrink", "hardshrink")
    },
    "celu": calls("celu", (x(2, 3), {}), (x(4), {"alpha": 0.3})),
    "glu": calls("glu", (x(3, 4), {}), (x(2, 3), {"axis": 0}), (x(0, 2), {})),
    "heaviside": calls(
        "heaviside",
        ((np.array([-1.5, 0.5, 2.0]), x(3)), {}),
        ((x(2, 1), x(3)), {}),
        ((x(), x()), {}),
    ),
    "nan_to_num": calls(
        "nan_to_num",
        (x(2, 3), {}),
        (x(), {"nan": 2.0}),
    ),
}
