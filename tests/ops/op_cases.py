"""Calls of every operation, with what each must give.

Elementwise ops say in their record where they are defined and what they compute: their calls are
derived. The others have a table of representative calls here, and references of their own in
``op_references.py``. ``test_ops.py`` demands that no operation is missing.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

import tensorgraph as tg
from tensorgraph.engine.op import REGISTRY
from tensorgraph.ops import OPS
from tensorgraph.testing.cases import Case, elementwise_cases
from tests.ops import op_references

RNG = np.random.default_rng(7)


@dataclass(frozen=True)
class Call:
    """One call: inputs, static parameters, and how the reference is called if not likewise."""

    name: str
    inputs: tuple[Any, ...]
    static: dict[str, Any]

    @property
    def case(self) -> Case:
        function = WAYS.get(self.name) or OPS[self.name]
        promotes = self.name not in ("astype", "one_hot", "set_at", "add_at")
        label = f"{self.name}{self.static or ''}"
        return Case(label, lambda *xs: function(*xs, **self.static), self.inputs, promotes)

    def expected(self):
        """Return the results by the reference, as a list."""
        found = REFERENCES.get(self.name, getattr(op_references, self.name, None))(
            *self.inputs, **self.static
        )
        return found if isinstance(found, list) else [found]


def x(*shape):
    return RNG.standard_normal(shape)


def i(high, *shape):
    return RNG.integers(0, high, shape)


def b(*shape):
    return RNG.integers(0, 2, shape).astype(bool)


def rows(*shape):
    """Distributions along the last axis."""
    weights = RNG.uniform(0.1, 1.0, shape)
    return weights / weights.sum(axis=-1, keepdims=True)


def calls(name, *entries):
    return [
        Call(name, inputs if isinstance(inputs, tuple) else (inputs,), static)
        for inputs, static in entries
    ]


# How a composite or a record is called with its operands first, where that differs.
WAYS = {
    "concat": lambda *xs, axis=0: tg.concat(xs, axis=axis),
    "stack": lambda *xs, axis=0: tg.stack(xs, axis=axis),
    "einsum": lambda *xs, subscripts: tg.einsum(subscripts, *xs),
    "getitem": lambda a, *arrays, key: tg.getitem(a, _key(key, arrays)),
    "scatter": lambda a, *arrays, key, shape: tg.scatter(a, *arrays, key=key, shape=shape),
    "set_at": lambda a, value, *arrays, key: tg.set_at(a, _key(key, arrays), value),
    "add_at": lambda a, value, *arrays, key: tg.add_at(a, _key(key, arrays), value),
}
REFERENCES = {
    "getitem": lambda a, *arrays, key: op_references.getitem(a, _key(key, arrays)),
    "scatter": lambda a, *arrays, key, shape: op_references.scatter(a, _key(key, arrays), shape),
    "set_at": lambda a, value, *arrays, key: op_references.set_at(a, value, _key(key, arrays)),
    "add_at": lambda a, value, *arrays, key: op_references.add_at(a, value, _key(key, arrays)),
}
ARRAY = "array"


def _key(key, arrays):
    """Put index arrays into a key, where it says ``ARRAY``."""
    rest = iter(arrays)
    return tuple(next(rest) if part is ARRAY else part for part in key)


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
    "reshape": calls(
        "reshape",
        (x(2, 3), {"shape": (3, 2)}),
        (x(2, 3), {"shape": -1}),
        (x(2, 3, 2), {"shape": (2, -1)}),
        (x(), {"shape": (1, 1)}),
        (x(1), {"shape": ()}),
        (x(0, 3), {"shape": (3, 0, 2)}),
    ),
    "permute_dims": calls(
        "permute_dims",
        (x(2, 3), {}),
        (x(2, 3, 4), {"axes": (1, 2, 0)}),
        (x(2, 3, 4), {"axes": (-1, 0, 1)}),
        (x(), {}),
        (x(0, 2), {}),
    ),
    "matrix_transpose": calls("matrix_transpose", (x(2, 3), {}), (x(2, 3, 1), {}), (x(0, 2), {})),
    "expand_dims": calls(
        "expand_dims",
        (x(2, 3), {}),
        (x(2, 3), {"axis": -1}),
        (x(2, 3), {"axis": (0, 2)}),
        (x(), {"axis": (0, 1)}),
        (x(0), {"axis": 1}),
    ),
    "squeeze": calls(
        "squeeze",
        (x(1, 3, 1), {}),
        (x(1, 3, 1), {"axis": 0}),
        (x(1, 3, 1), {"axis": (-1, 0)}),
        (x(1, 1), {}),
        (x(1, 0), {}),
        (x(3), {}),
    ),
    "broadcast_to": calls(
        "broadcast_to",
        (x(3), {"shape": (2, 3)}),
        (x(2, 1), {"shape": (3, 2, 4)}),
        (x(), {"shape": (2, 2)}),
        (x(1), {"shape": (0,)}),
        (x(2, 3), {"shape": (2, 3)}),
    ),
    "flip": calls(
        "flip",
        (x(2, 3), {}),
        (x(2, 3), {"axis": 0}),
        (x(2, 3, 2), {"axis": (0, -1)}),
        (x(), {}),
        (x(0, 2), {"axis": 1}),
    ),
    "roll": calls(
        "roll",
        (x(5), {"shift": 2}),
        (x(2, 3), {"shift": -1}),
        (x(2, 3), {"shift": 4, "axis": 1}),
        (x(2, 3), {"shift": (1, -1), "axis": (0, -1)}),
        (x(3, 4), {"shift": 1, "axis": (0, 1)}),
        (x(3, 4), {"shift": (1, 1), "axis": (0, 0)}),
        (x(0, 2), {"shift": 1, "axis": 0}),
    ),
    **{
        name: calls(
            name,
            (x(3, 3), {}),
            (x(2, 4), {"k": 1}),
            (x(2, 3, 2), {"k": -1}),
            (x(0, 2), {}),
        )
        for name in ("tril", "triu")
    },
    "pad": calls(
        "pad",
        (x(2, 3), {"pad_width": 1}),
        (x(2, 3), {"pad_width": (0, 2), "constant": 1.5}),
        (x(2, 3), {"pad_width": ((1, 0), (0, 2))}),
        (x(0, 2), {"pad_width": 1}),
        (x(2), {"pad_width": 0}),
    ),
    "tile": calls(
        "tile",
        (x(2, 3), {"repetitions": 2}),
        (x(2, 3), {"repetitions": (3, 1, 2)}),
        (x(3), {"repetitions": (2, 2)}),
        (x(), {"repetitions": 3}),
        (x(2), {"repetitions": 0}),
        (x(0, 2), {"repetitions": (2, 1)}),
    ),
    "repeat": calls(
        "repeat",
        (x(2, 3), {"repeats": 2}),
        (x(2, 3), {"repeats": 3, "axis": 0}),
        (x(2, 3), {"repeats": 2, "axis": -1}),
        (x(), {"repeats": 2}),
        (x(2), {"repeats": 0}),
        (x(0, 2), {"repeats": 2, "axis": 1}),
    ),
    "concat": calls(
        "concat",
        ((x(2, 3), x(1, 3)), {}),
        ((x(2, 3), x(2, 1), x(2, 2)), {"axis": -1}),
        ((x(2), x(3, 1)), {"axis": None}),
        ((x(2, 3), x(0, 3), x(1, 3)), {}),
        ((x(3),), {}),
    ),
    "stack": calls(
        "stack",
        ((x(2, 3), x(2, 3)), {}),
        ((x(2, 3), x(2, 3), x(2, 3)), {"axis": -1}),
        ((x(2, 3), x(2, 3)), {"axis": 1}),
        ((x(), x()), {}),
        ((x(0), x(0)), {"axis": 1}),
    ),
    "split": calls(
        "split",
        (x(4, 3), {"sections": 2}),
        (x(2, 6), {"sections": 3, "axis": -1}),
        (x(5), {"sections": [1, 3]}),
        (x(5), {"sections": [0, 2, 2]}),
        (x(0, 2), {"sections": 2}),
    ),
    "unstack": calls(
        "unstack",
        (x(2, 3), {}),
        (x(2, 3), {"axis": -1}),
        (x(0, 2), {}),
    ),
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
    "linear": calls(
        "linear",
        ((x(4, 3), x(2, 3), x(2)), {}),
        ((x(3), x(2, 3), x(2)), {}),
        ((x(2, 4, 3), x(2, 3), x(2)), {}),
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
    "getitem": calls(
        "getitem",
        (x(4, 3), {"key": (1,)}),
        (x(4, 3), {"key": (slice(None, None, -2), -1)}),
        (x(4, 3), {"key": (..., None, slice(1, 3))}),
        (x(4, 3), {"key": (slice(5, 9),)}),
        (x(), {"key": ()}),
        (x(), {"key": (None, ...)}),
        ((x(4, 3), np.array([0, 2, 0, -1])), {"key": (ARRAY,)}),
        ((x(4, 3), i(4, 2, 2), i(3, 2)), {"key": (ARRAY, ARRAY)}),
        ((x(2, 3, 4), i(2, 3), i(4, 3)), {"key": (ARRAY, slice(None), ARRAY)}),
        ((x(2, 3, 4), i(3, 2)), {"key": (0, slice(None), ARRAY)}),
        ((x(2, 3, 4), i(3, 2, 2)), {"key": (slice(None), ARRAY, 1)}),
        ((x(4, 3), b(4)), {"key": (ARRAY,)}),
        ((x(2, 3), np.array([[True, False, True], [False, True, True]])), {"key": (ARRAY,)}),
        ((x(4, 3), i(4, 0)), {"key": (ARRAY,)}),
        ((x(0, 3), i(3, 2)), {"key": (slice(None), ARRAY)}),
    ),
    "scatter": calls(
        "scatter",
        (x(3), {"key": (1,), "shape": (2, 3)}),
        (x(2, 3), {"key": (slice(None, None, 2),), "shape": (4, 3)}),
        ((x(4, 3), np.array([0, 2, 0, -1])), {"key": (ARRAY,), "shape": (3, 3)}),
        ((x(2, 2), i(4, 2, 2), i(3, 2)), {"key": (ARRAY, ARRAY), "shape": (4, 3)}),
        ((x(2, 3), np.array([True, False, True])), {"key": (ARRAY,), "shape": (3, 3)}),
        (x(), {"key": (0, 1), "shape": (1, 2)}),
        ((x(0, 2), i(3, 0)), {"key": (ARRAY,), "shape": (3, 2)}),
    ),
    "take": calls(
        "take",
        ((x(4, 3), np.array([2, 0, 2])), {"axis": 0}),
        ((x(4, 3), i(3, 2, 2)), {"axis": -1}),
        ((x(4, 3), np.array([11, 0, -1, 0])), {}),
        ((x(4, 3), np.array(1)), {"axis": 0}),
        ((x(4, 3), i(4, 0)), {"axis": 0}),
    ),
    "take_along_axis": calls(
        "take_along_axis",
        ((x(4, 3), i(3, 4, 2)), {}),
        ((x(4, 3), i(4, 1, 3)), {"axis": 0}),
        ((x(4, 3), i(4, 2, 1)), {"axis": 0}),
        ((x(4), np.array([0, 0, 3])), {}),
    ),
    **{
        name: calls(
            name,
            (x(4, 3), {}),
            (x(4, 3), {"axis": 0}),
            (x(6), {"descending": True}),
            (x(2, 0), {}),
            (x(1), {}),
        )
        for name in ("sort", "argsort")
    },
    "one_hot": calls(
        "one_hot",
        (i(4, 3), {"num_classes": 4}),
        (i(4, 3, 2), {"num_classes": 5, "axis": 0}),
        (np.array(2), {"num_classes": 3, "dtype": np.float64}),
        (i(4, 0), {"num_classes": 4}),
    ),
    **{
        name: calls(
            name,
            ((x(4, 3), x()), {"key": (1,)}),
            ((x(4, 3), x(2, 1)), {"key": (slice(None, None, 2),)}),
            ((x(4, 3), x(3, 3), np.array([0, 2, 0])), {"key": (ARRAY,)}),
            ((x(4, 3), x(2), np.array([1, 1]), np.array([2, 2])), {"key": (ARRAY, ARRAY)}),
            ((x(4), x(2), np.array([True, False, True, False])), {"key": (ARRAY,)}),
            ((x(4), x(), np.zeros(4, bool)), {"key": (ARRAY,)}),
            ((x(), x()), {"key": ()}),
            ((x(0, 2), x()), {"key": (slice(None), 1)}),
        )
        for name in ("set_at", "add_at")
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
    "sigmoid_cross_entropy": calls(
        "sigmoid_cross_entropy",
        ((x(2, 3), RNG.uniform(0, 1, (2, 3))), {}),
        ((x(), RNG.uniform(0, 1, ())), {}),
        ((x(0), x(0)), {}),
    ),
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
"""Calls by operation."""

RANDOM = {name for name, op in REGISTRY.items() if op.family == "random"}
"""Operations whose results are not determined by their operands; see ``test_random.py``."""
ELEMENTWISE = {
    name: op for name, op in REGISTRY.items() if op.family == "elementwise" and name != "astype"
}
EVERY = [name for name in {**REGISTRY, **OPS} if name not in RANDOM]


def cases(name):
    """Return all calls of an operation: derived ones, and those in the table."""
    op = ELEMENTWISE.get(name)
    derived = [] if op is None else elementwise_cases(op)
    return derived + [call.case for call in TABLE.get(name, [])]
