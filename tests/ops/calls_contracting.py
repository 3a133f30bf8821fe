"""Calls of contractions, convolution and pooling."""

import numpy as np

from tests.ops.op_call import b, calls, x

TABLE = {
    "matmul": calls(
        "matmul",
        ((x(3), x(3)), {}),
        ((x(3), x(3, 2)), {}),
        ((x(2, 3), x(3)), {}),
        ((x(2, 3), x(3, 4)), {}),
        ((x(4, 2, 3), x(3, 2)), {}),
        ((x(2, 3), x(4, 3, 2)), {}),
        ((x(5, 1, 2, 3), x(4, 3, 2)), {}),
        ((x(3), x(2, 3, 4)), {}),
        ((x(2, 4, 3), x(3)), {}),
        ((x(2, 0), x(0, 3)), {}),
        ((x(0, 2), x(2, 3)), {}),
        ((x(1, 1), x(1, 1)), {}),
    ),
    "matmul_where": calls(
        "matmul_where",
        ((x(2, 3), x(3, 4), b(2, 4)), {}),
        ((x(5, 2, 3), x(3, 4), b(2, 4)), {}),
        ((x(2, 3), x(4, 3, 2), b(1, 2)), {}),
        ((x(3, 1, 2, 3), x(2, 3, 1), b(2, 2, 1)), {}),
        ((x(0, 2), x(2, 3), b(1, 3)), {}),
    ),
    "masked_matmul": calls(
        "masked_matmul",
        ((x(2, 3), x(3, 4), b(2, 3)), {}),
        ((x(5, 2, 3), x(3, 4), b(1, 3)), {}),
        ((x(2, 3), x(4, 3, 2), b(2, 1)), {}),
        ((x(3, 1, 2, 3), x(2, 3, 1), b(2, 2, 3)), {}),
        ((x(2, 0), x(0, 3), b(2, 1)), {}),
    ),
    "linear": calls(
        "linear",
        ((x(4, 3), x(2, 3), x(2)), {}),
        ((x(3), x(2, 3), x(2)), {}),
        ((x(2, 4, 3), x(2, 3), x(2)), {}),
        ((x(4, 3), x(2, 3), x(4, 2)), {}),
        ((x(2, 4, 3), x(2, 3), x(2, 4, 2)), {}),
        ((x(0, 3), x(2, 3), x(2)), {}),
        ((x(4, 1), x(1, 1), x(1)), {}),
    ),
    "einsum": calls(
        "einsum",
        ((x(2, 3), x(3, 4)), {"subscripts": "ij,jk->ik"}),
        ((x(2, 3), x(2, 3)), {"subscripts": "ij,ij"}),
        ((x(3, 3),), {"subscripts": "ii"}),
        ((x(3, 3),), {"subscripts": "ii->i"}),
        ((x(2, 3),), {"subscripts": "ij->j"}),
        ((x(2, 2, 3), x(3)), {"subscripts": "iij,j->i"}),
        ((x(4, 2, 3), x(3, 2)), {"subscripts": "...ij,ji->..."}),
        ((x(2, 3), x(3), x(2)), {"subscripts": "ij,j,i->"}),
        ((x(2, 1), x(1, 3)), {"subscripts": "ij,ij->ij"}),
        ((x(), x(2)), {"subscripts": ",i->i"}),
        ((x(0, 2), x(2)), {"subscripts": "ij,j->i"}),
    ),
    "tensordot": calls(
        "tensordot",
        ((x(2, 3, 4), x(3, 4, 2)), {}),
        ((x(2, 3), x(3, 2)), {"axes": 1}),
        ((x(2), x(3)), {"axes": 0}),
        ((x(2, 3, 4), x(4, 2)), {"axes": ((0, -1), (1, 0))}),
        ((x(2, 3), x(3)), {"axes": (1, 0)}),
        ((x(0, 3), x(3, 2)), {"axes": 1}),
    ),
    "vecdot": calls(
        "vecdot",
        ((x(3), x(3)), {}),
        ((x(2, 3), x(3)), {}),
        ((x(2, 3), x(2, 3)), {"axis": 0}),
        ((x(3, 2), x(3)), {"axis": 0}),
        ((x(2, 0), x(2, 0)), {}),
    ),
    "outer": calls(
        "outer", ((x(2), x(3)), {}), ((x(2, 2), x()), {}), ((x(0), x(2)), {}), ((x(1), x(1)), {})
    ),
    "windows": calls(
        "windows",
        (x(5), {"size": 3}),
        (x(2, 7), {"size": 2, "stride": 3}),
        (x(2, 5, 4), {"size": (3, 2), "stride": (2, 1), "dilation": (1, 2)}),
        (x(3, 1), {"size": 1}),
        (x(0, 3), {"size": 2}),
    ),
    "overlap_add": calls(
        "overlap_add",
        (x(3, 3), {"shape": 5}),
        (x(2, 2, 2), {"shape": 7, "stride": 3}),
        (x(2, 2, 2, 3, 2), {"shape": (5, 4), "stride": (2, 1), "dilation": (1, 2)}),
        (x(0, 2, 2), {"shape": (3,)}),
    ),
    "conv": calls(
        "conv",
        ((x(2, 3, 5), x(2, 3, 3)), {}),
        ((x(2, 1, 4, 3), x(2, 1, 2, 2)), {"padding": 1, "stride": (2, 1)}),
        ((x(1, 4, 5, 4), x(2, 2, 3, 2)), {"padding": "same", "groups": 2, "dilation": (1, 2)}),
        ((x(2, 2, 6), x(4, 1, 2)), {"padding": ((0, 1),), "stride": 2, "groups": 2}),
        ((x(1, 1, 2, 3, 2), x(1, 1, 2, 2, 1)), {"padding": (0, 1, 0)}),
        ((x(2, 2, 1, 1), x(3, 2, 1, 1)), {}),
        ((x(0, 2, 3), x(3, 2, 2)), {}),
    ),
    "conv_transpose": calls(
        "conv_transpose",
        ((x(2, 2, 3), x(2, 3, 3)), {"shape": 5}),
        ((x(1, 4, 5), x(4, 2, 2)), {"shape": 5, "padding": ((0, 1),), "groups": 2}),
        (
            (x(1, 1, 2, 3), x(1, 2, 2, 2)),
            {"shape": (3, 4), "padding": ((0, 1), (1, 0)), "dilation": (2, 2)},
        ),
        ((x(2, 2, 3, 4), x(2, 1, 2, 2)), {"shape": (4, 3), "padding": 1, "stride": (2, 1)}),
        ((x(1, 4, 2, 3), x(4, 1, 2, 1)), {"shape": (4, 3), "stride": (2, 1), "groups": 2}),
        ((x(1, 1, 3), x(1, 1, 2)), {"shape": (6,), "padding": "same", "stride": 2}),
        ((x(0, 2, 2), x(2, 3, 2)), {"shape": 3}),
    ),
    "conv_weight_grad": calls(
        "conv_weight_grad",
        ((x(2, 3, 5), x(2, 2, 3)), {"size": 3}),
        ((x(2, 1, 4, 3), x(2, 2, 3, 4)), {"size": (2, 2), "padding": 1, "stride": (2, 1)}),
        ((x(1, 4, 4, 3), x(1, 4, 2, 3)), {"size": (2, 1), "stride": (2, 1), "groups": 2}),
        ((x(1, 1, 6), x(1, 1, 3)), {"size": (3,), "padding": "same", "stride": 2}),
        ((x(0, 2, 3), x(0, 3, 2)), {"size": 2}),
    ),
    **{
        name: calls(
            name,
            (x(2, 2, 5), {"size": 2}),
            (x(2, 1, 5, 4), {"size": 3, "stride": (2, 1), "padding": 1}),
            (x(1, 2, 4, 3), {"size": (2, 1), "stride": (3, 1), "padding": ((0, 1), (0, 0))}),
            (x(1, 1, 5), {"size": 3, "padding": "same", "stride": 2}),
            (x(1, 1, 2, 2, 2), {"size": 2}),
            (x(0, 2, 3), {"size": 2}),
        )
        for name in ("max_pool", "avg_pool")
    },
    # x and its peaks as integers: they are not differentiated by, and they tie.
    "max_pool_grad": calls(
        "max_pool_grad",
        (
            (
                x(1, 2, 2),
                np.array([[[3, 3, 1, 2, 5], [0, 1, 2, 2, 1]]]),
                np.array([[[3, 2], [1, 2]]]),
            ),
            {"size": 2},
        ),
        (
            (
                x(1, 1, 2, 2),
                np.array([[[[0, 2, 1], [2, 2, 0], [1, 1, 3]]]]),
                np.array([[[[2, 2], [2, 3]]]]),
            ),
            {"size": (2, 2), "stride": 1},
        ),
        (
            (x(1, 1, 2), np.array([[[-3, -1, -1]]]), np.array([[[-1, -1]]])),
            {"size": 3, "stride": 2, "padding": 1},
        ),
        ((x(0, 1, 1), np.zeros((0, 1, 3), int), np.zeros((0, 1, 1), int)), {"size": 3}),
    ),
    "avg_pool_grad": calls(
        "avg_pool_grad",
        (x(2, 2, 2), {"shape": 5, "size": 2}),
        (x(2, 1, 3, 4), {"shape": (5, 4), "size": 3, "stride": (2, 1), "padding": 1}),
        (x(1, 1, 3), {"shape": (5,), "size": 3, "padding": "same", "stride": 2}),
        (x(0, 2, 1), {"shape": 3, "size": 2}),
    ),
}
