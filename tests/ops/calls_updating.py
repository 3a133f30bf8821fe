"""Calls of what places elements by labels, conditions and positions, and of what joins and cuts."""

import numpy as np

from tests.ops.op_call import ARRAY, b, calls, i, x

SLICES = slice(None, None, 2)
MODES = [
    {"mode": "edge"},
    {"mode": "wrap"},
    {"mode": "reflect"},
    {"mode": "reflect", "reflect_type": "odd"},
    {"mode": "symmetric"},
    {"mode": "symmetric", "reflect_type": "odd"},
    {"mode": "maximum"},
    {"mode": "minimum", "stat_length": 2},
    {"mode": "mean"},
    {"mode": "mean", "stat_length": (1, 2)},
    {"mode": "median"},
    {"mode": "linear_ramp", "end_values": (1.5, -2.0)},
]
PADDED = [
    *((x(3), {"pad_width": (2, 5), **mode}) for mode in MODES),
    *((x(2, 3), {"pad_width": ((1, 0), (0, 2)), **mode}) for mode in MODES),
    (x(1), {"pad_width": 2, "mode": "reflect"}),
    (x(1), {"pad_width": 2, "mode": "symmetric", "reflect_type": "odd"}),
    (x(0, 2), {"pad_width": ((0, 0), (1, 2)), "mode": "edge"}),
]
LABELS = np.array([0, 2, 0, 4])
UPDATES = [
    ((x(4, 3), x()), {"key": (1,)}),
    ((x(4, 3), x(2, 1)), {"key": (SLICES,)}),
    ((x(4, 3), x(3, 3), np.array([0, 2, 0])), {"key": (ARRAY,)}),
    ((x(4, 3), x(2), np.array([1, 1]), np.array([2, 2])), {"key": (ARRAY, ARRAY)}),
    ((x(4), x(2), np.array([True, False, True, False])), {"key": (ARRAY,)}),
    ((x(), x()), {"key": ()}),
    ((x(0, 2), x()), {"key": (slice(None), 1)}),
]

TABLE = {
    "pad": calls("pad", *PADDED),
    "repeat": calls(
        "repeat",
        (x(2, 3), {"repeats": (2, 0, 3), "axis": 1}),
        (x(2, 2), {"repeats": [1, 0, 2, 1]}),
    ),
    "take": calls(
        "take",
        ((x(4, 3), np.array([-5, 0, 7])), {"axis": 0, "mode": "wrap"}),
        ((x(4, 3), np.array([-5, 0, 70])), {"mode": "clip"}),
    ),
    "moveaxis": calls(
        "moveaxis",
        (x(2, 3, 4), {"source": 0, "destination": -1}),
        (x(2, 3, 4), {"source": (2, 0), "destination": (0, 1)}),
        (x(2), {"source": 0, "destination": 0}),
        (x(0, 2), {"source": 1, "destination": 0}),
    ),
    "swapaxes": calls(
        "swapaxes",
        (x(2, 3, 4), {"axis1": 0, "axis2": -1}),
        (x(2, 3), {"axis1": 1, "axis2": 1}),
        (x(0, 2), {"axis1": 0, "axis2": 1}),
    ),
    "rot90": calls(
        "rot90",
        *((x(2, 3), {"k": k}) for k in (-1, 0, 1, 2, 3, 6)),
        (x(2, 3, 4), {"k": 1, "axes": (2, 0)}),
        (x(0, 2), {}),
    ),
    **{
        name: calls(name, (x(2, 3), {}), (x(2, 3, 2), {}), (x(1, 1), {}), (x(0, 2), {}))
        for name in ("fliplr", "flipud")
    },
    **{
        name: calls(
            name,
            (x(), {}),
            (x(3), {}),
            (x(2, 3), {}),
            (x(1, 2, 3), {}),
            (x(0), {}),
            ((x(), x(2, 3)), {}),
        )
        for name in ("atleast_1d", "atleast_2d", "atleast_3d")
    },
    "ravel": calls("ravel", (x(2, 3), {}), (x(), {}), (x(0, 2), {})),
    "unflatten": calls(
        "unflatten",
        (x(2, 6), {"axis": 1, "shape": (2, -1)}),
        (x(6, 2), {"axis": -2, "shape": (3, 1, 2)}),
        (x(0), {"axis": 0, "shape": (2, 0)}),
    ),
    "append": calls(
        "append",
        ((x(2, 3), x(1, 3)), {"axis": 0}),
        ((x(2, 3), x()), {}),
        ((x(0), x(2)), {}),
    ),
    **{
        name: calls(
            name,
            ((x(2, 3), x(2, 3)), {}),
            ((x(3), x(3)), {}),
            ((x(2, 1, 2), x(2, 1, 2)), {}),
            ((x(0), x(0)), {}),
        )
        for name in ("hstack", "vstack", "dstack", "column_stack")
    },
    "block": calls(
        "block",
        ((x(2, 2), x(2, 1), x(1, 3)), {"rows": (2, 1)}),
        ((x(3), x(1)), {"rows": (2,)}),
        ((x(), x(), x(2)), {"rows": (2, 1)}),
        ((x(0, 2),), {"rows": (1,)}),
    ),
    "array_split": calls(
        "array_split",
        (x(7, 2), {"sections": 3}),
        (x(2, 5), {"sections": 2, "axis": -1}),
        (x(5), {"sections": [1, 3]}),
        (x(2), {"sections": 3}),
        (x(0, 2), {"sections": 2}),
    ),
    "hsplit": calls(
        "hsplit", (x(2, 4), {"sections": 2}), (x(4), {"sections": [1]}), (x(0, 2), {"sections": 2})
    ),
    "vsplit": calls("vsplit", (x(4, 2), {"sections": 2}), (x(3, 2), {"sections": [1]})),
    "dsplit": calls("dsplit", (x(1, 2, 4), {"sections": 2}), (x(0, 2, 2), {"sections": [1]})),
    **{
        name: calls(
            name,
            ((x(4), LABELS), {}),
            ((x(4, 3), LABELS), {"num_segments": 6}),
            ((x(2, 3, 2), i(4, 2, 3)), {"num_segments": 4}),
            ((x(2, 3), i(4, 2, 3)), {"num_segments": 4}),
            ((x(0, 2), i(1, 0)), {"num_segments": 2}),
            ((x(1), i(1, 1)), {}),
        )
        for name in ("segment_sum", "segment_mean", "segment_prod")
    },
    **{  # without empty ones, which are infinite
        name: calls(
            name,
            ((x(4), np.array([0, 2, 0, 1])), {}),
            ((x(4, 3), np.array([0, 1, 0, 1])), {"num_segments": 2}),
            ((x(2, 3, 2), np.array([[0, 1, 2], [3, 0, 1]])), {"num_segments": 4}),
            ((x(2, 3), np.array([[0, 1, 2], [3, 0, 1]])), {"num_segments": 4}),
            ((x(0, 2), i(1, 0)), {"num_segments": 0}),
            ((x(1), i(1, 1)), {}),
        )
        for name in ("segment_max", "segment_min")
    },
    **{name: calls(name, *UPDATES) for name in ("max_at", "min_at", "multiply_at")},
    "put_along_axis": calls(
        "put_along_axis",
        ((x(4, 3), np.array([[2], [0], [1], [2]]), x(4, 1)), {}),
        ((x(4, 3), np.array([[3, 0, 1]]), x(3)), {"axis": 0}),
        ((x(4), np.array([0, 0, 3]), x(3)), {}),
        ((x(2, 0), i(1, 2, 0), x(2, 0)), {}),
    ),
    "delete": calls(
        "delete",
        (x(4, 3), {"index": 1, "axis": 0}),
        (x(4, 3), {"index": [0, -1, 0], "axis": -1}),
        (x(4, 3), {"index": SLICES, "axis": 0}),
        (x(2, 3), {"index": 4}),
        (x(3), {"index": []}),
        (x(0, 2), {"index": 1, "axis": 1}),
    ),
    "insert": calls(
        "insert",
        ((x(4, 3), x(3)), {"index": 1, "axis": 0}),
        ((x(4, 3), x()), {"index": [0, 2, 2], "axis": -1}),
        ((x(4), x(2)), {"index": [1, -1]}),
        ((x(2, 3), x()), {"index": 6}),
        ((x(0), x()), {"index": 0}),
    ),
    "resize": calls(
        "resize",
        (x(2, 3), {"shape": (4, 2)}),
        (x(2, 3), {"shape": (2,)}),
        (x(), {"shape": (2, 2)}),
        (x(0), {"shape": (2,)}),
        (x(3), {"shape": (0,)}),
    ),
    "select": calls(
        "select",
        ((b(2, 3), b(3), x(2, 3), x(2, 1)), {"default": 2.5}),
        ((b(), x()), {}),
        ((b(0), x(0)), {}),
    ),
    "choose": calls(
        "choose",
        ((i(3, 2, 3), x(2, 3), x(3), x()), {}),
        ((np.array([-1, 0, 5]), x(3), x(3)), {"mode": "wrap"}),
        ((np.array([-1, 0, 5]), x(3), x(3)), {"mode": "clip"}),
        ((i(1, 0), x(0)), {}),
    ),
    "piecewise": calls(
        "piecewise",
        *(
            ((x(*shape), b(*shape)), {"functions": (lambda v: v * v, lambda v: 1 - v)})
            for shape in ((5,), (2, 3), (0,))
        ),
    ),
    "compress": calls(
        "compress",
        ((np.array([True, False, True]), x(2, 3)), {"axis": 1}),
        ((np.array([False, True]), x(2, 3)), {"axis": 0}),
        ((np.array([True, False, True]), x(2, 2)), {}),
        ((b(0), x(0, 2)), {}),
    ),
    "extract": calls("extract", ((b(2, 3), x(2, 3)), {}), ((b(0), x(0)), {}), ((b(), x()), {})),
    "broadcast_arrays": calls(
        "broadcast_arrays",
        ((x(2, 1), x(3)), {}),
        ((x(), x(2, 3), x(1, 3)), {}),
        ((x(0, 1), x(2)), {}),
    ),
    "meshgrid": calls(
        "meshgrid",
        ((x(3), x(2)), {}),
        ((x(3), x(2), x(4)), {"indexing": "ij"}),
        ((x(3), x(2), x(1)), {"sparse": True}),
        ((x(3),), {}),
        ((x(), x(2)), {}),
        ((x(0), x(2)), {}),
    ),
    "ix_": calls(
        "ix_",
        ((np.array([0, 2]), np.array([1, 1, 0])), {}),
        ((i(4, 3),), {}),
        ((i(1, 0), i(3, 2)), {}),
    ),
    "vander": calls(
        "vander",
        (x(3), {}),
        (x(3), {"n": 4, "increasing": True}),
        (np.array([0.0, 1.5]), {"n": 3}),
        (x(2), {"n": 0}),
        (x(0), {}),
    ),
}
