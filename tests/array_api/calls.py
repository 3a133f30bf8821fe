"""Calls of the standard's functions on a matrix, written for any namespace of it."""

from tests.array_api.standard import SIGNATURES


def numeric(call):
    """Return a call that is made of numbers only."""
    return lambda xp, x: [] if x.dtype == xp.bool else call(xp, x)


CALLS = {
    "arange": lambda xp, x: [
        xp.arange(3), xp.arange(1, 9, 2), xp.arange(0, 1, 0.25, dtype=xp.float64)
    ],
    "asarray": lambda xp, x: [
        xp.asarray(x), xp.asarray(x, copy=True), xp.asarray([1, 2], dtype=xp.int8), xp.asarray(True)
    ],
    "empty": lambda xp, x: xp.empty((2, 3)).shape,
    "empty_like": lambda xp, x: xp.empty_like(x).shape,
    "eye": lambda xp, x: [xp.eye(2, 3, k=1, dtype=xp.int32), xp.eye(2, dtype=xp.float64)],
    "from_dlpack": lambda xp, x: xp.from_dlpack(x),
    "full": lambda xp, x: [xp.full((2,), 3), xp.full((2,), 3, dtype=xp.float32)],
    "full_like": lambda xp, x: xp.full_like(x, 1),
    "linspace": lambda xp, x: [
        xp.linspace(0, 1, 5, dtype=xp.float64),
        xp.linspace(0, 1, num=4, endpoint=False, dtype=xp.float64),
    ],
    "meshgrid": lambda xp, x: [
        *xp.meshgrid(x[0], x[0]), *xp.meshgrid(x[0], x[:, 0], indexing="ij")
    ],
    "ones": lambda xp, x: xp.ones((2, 3), dtype=xp.uint8),
    "ones_like": lambda xp, x: [xp.ones_like(x), xp.ones_like(x, dtype=xp.float32)],
    "tril": lambda xp, x: [xp.tril(x), xp.tril(x, k=-1)],
    "triu": lambda xp, x: [xp.triu(x), xp.triu(x, k=1)],
    "zeros": lambda xp, x: xp.zeros((2, 3), dtype=xp.float64),
    "zeros_like": lambda xp, x: xp.zeros_like(x),
    "astype": lambda xp, x: [xp.astype(x, xp.float64), xp.astype(x, x.dtype, copy=False)],
    "can_cast": lambda xp, x: [
        xp.can_cast(x, xp.float64), xp.can_cast(xp.int8, xp.int16), xp.can_cast(xp.float64, xp.int8)
    ],
    "finfo": lambda xp, x: [float(xp.finfo(xp.float32).eps), xp.finfo(xp.float64).bits],
    "iinfo": lambda xp, x: [xp.iinfo(xp.int8).max, xp.iinfo(xp.uint64).bits],
    "isdtype": lambda xp, x: [
        xp.isdtype(x.dtype, kind)
        for kind in ("bool", "integral", "real floating", "numeric", ("bool", "signed integer"))
    ],
    "result_type": lambda xp, x: [
        xp.result_type(x, xp.int8), xp.result_type(xp.float32, 1.0), xp.result_type(x, x)
    ],
    "take": lambda xp, x: xp.take(x, xp.asarray([0, -1, 0]), axis=1),
    "take_along_axis": lambda xp, x: xp.take_along_axis(
        x, xp.zeros((x.shape[0], 2), dtype=xp.int64), axis=1
    ),
    "matmul": numeric(lambda xp, x: xp.matmul(x, xp.matrix_transpose(x))),
    "matrix_transpose": lambda xp, x: xp.matrix_transpose(x),
    "tensordot": numeric(lambda xp, x: xp.tensordot(x, x, axes=([0, 1], [0, 1]))),
    "vecdot": numeric(lambda xp, x: xp.vecdot(x, x, axis=-1)),
    "broadcast_arrays": lambda xp, x: [*xp.broadcast_arrays(x, x[0])],
    "broadcast_shapes": lambda xp, x: xp.broadcast_shapes(x.shape, (4, 1, 1)),
    "broadcast_to": lambda xp, x: xp.broadcast_to(x, (2, *x.shape)),
    "concat": lambda xp, x: [
        xp.concat([x, x]), xp.concat((x, x), axis=-1), xp.concat([x, x], axis=None)
    ],
    "expand_dims": lambda xp, x: [xp.expand_dims(x, axis=1), xp.expand_dims(x, axis=(0, -1))],
    "flip": lambda xp, x: [xp.flip(x), xp.flip(x, axis=-1), xp.flip(x, axis=(0, 1))],
    "moveaxis": lambda xp, x: xp.moveaxis(x, 0, -1),
    "permute_dims": lambda xp, x: xp.permute_dims(x, (1, 0)),
    "repeat": lambda xp, x: [
        xp.repeat(x, 2), xp.repeat(x, 2, axis=0), xp.repeat(x, xp.asarray([2]), axis=1),
        xp.repeat(x, xp.arange(x.shape[1]), axis=1),
    ],
    "reshape": lambda xp, x: [xp.reshape(x, (-1,)), xp.reshape(x, (1, *x.shape))],
    "roll": lambda xp, x: [xp.roll(x, 1), xp.roll(x, (1, -1), axis=(0, 1))],
    "squeeze": lambda xp, x: xp.squeeze(xp.expand_dims(x, axis=0), axis=0),
    "stack": lambda xp, x: [xp.stack([x, x]), xp.stack((x, x), axis=-1)],
    "tile": lambda xp, x: [xp.tile(x, (2,)), xp.tile(x, (2, 1, 3))],
    "unstack": lambda xp, x: [*xp.unstack(x), *xp.unstack(x, axis=1)],
    "argmax": lambda xp, x: [xp.argmax(x), xp.argmax(x, axis=1, keepdims=True)],
    "argmin": lambda xp, x: [xp.argmin(x), xp.argmin(x, axis=1, keepdims=True)],
    "nonzero": lambda xp, x: [*xp.nonzero(x)],
    "searchsorted": lambda xp, x: [
        xp.searchsorted(xp.arange(4), xp.arange(3)),
        xp.searchsorted(
            xp.asarray([2, 0, 1]), xp.asarray([1]), side="right", sorter=xp.asarray([1, 2, 0])
        ),
    ],
    "where": lambda xp, x: [xp.where(x != 0, x, 1), xp.where(x != 0, 0, x), xp.where(x != 0, x, x)],
    "isin": lambda xp, x: [xp.isin(x, x[0]), xp.isin(x, x[0], invert=True)],
    **{
        name: lambda xp, x, name=name: [*getattr(xp, name)(x)]
        for name in ("unique_all", "unique_counts", "unique_inverse")
    },
    "unique_values": lambda xp, x: xp.sort(xp.unique_values(x)),  # in any order
    "argsort": lambda xp, x: [xp.argsort(x, stable=True), xp.argsort(x, axis=0, stable=True)],
    "sort": lambda xp, x: [xp.sort(x), xp.sort(x, axis=0, stable=True)],
    "clip": numeric(lambda xp, x: [xp.clip(x, 1, 3), xp.clip(x, x, x), xp.clip(x, x, None)]),
    "diff": lambda xp, x: [
        xp.diff(x), xp.diff(x, axis=0, n=2), xp.diff(x, axis=0, prepend=x[:1], append=x[:1])
    ],
    **{
        name: lambda xp, x, name=name: [
            getattr(xp, name)(x, axis=axis) for axis in (0, -1)
        ] + [
            getattr(xp, name)(x[0], dtype=xp.float64),
            getattr(xp, name)(x, axis=0, include_initial=True),
        ]
        for name in ("cumulative_sum", "cumulative_prod")
    },
    **{
        name: lambda xp, x, name=name: [
            getattr(xp, name)(x),
            getattr(xp, name)(x, axis=0, keepdims=True),
            getattr(xp, name)(x, axis=(0, 1)),
        ]
        for name in ("all", "any", "count_nonzero", "max", "min")
    },
    **{
        name: lambda xp, x, name=name: [
            getattr(xp, name)(x), getattr(xp, name)(x, axis=1, dtype=xp.float64),
            getattr(xp, name)(x, axis=0, keepdims=True),
        ]
        for name in ("sum", "prod")
    },
    "mean": lambda xp, x: [xp.mean(x), xp.mean(x, axis=0, keepdims=True)],
    "std": lambda xp, x: [xp.std(x), xp.std(x, axis=0, keepdims=True)],
    "var": lambda xp, x: [xp.var(x), xp.var(x, axis=0, correction=0.0)],
}  # fmt: skip
FINITE = {"matmul", "tensordot", "vecdot", "std", "var", "clip", "isin", "mean", "sum"} | {
    name for name in SIGNATURES if "unique" in name or "cumulative" in name
}
"""What is compared where there are numbers only: NaN and ∞ have tests of the operations."""
OF_FLOATS = {"mean", "std", "var"}
