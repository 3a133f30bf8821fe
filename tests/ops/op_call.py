"""One call of an operation, and what short notation the tables of calls are written in."""

from dataclasses import dataclass
from typing import Any

import numpy as np

import tensorgraph as tg
from tensorgraph.fft import FFT
from tensorgraph.linalg import LINALG
from tensorgraph.ops import OPS
from tensorgraph.testing.ops.op_calls import Case
from tests.ops import elements

TRANSFORMS = {name: FFT[name] for name in ("fftn", "ifftn", "rfftn", "irfftn")}
"""Those of ``tg.fft`` that have a record; of the others, see ``tests/fft``."""
FUNCTIONS = {name: f for name, f in LINALG.items() if not isinstance(f, type)} | TRANSFORMS | OPS
"""All operations of all rooms by name; where two rooms have one, that of ``tg`` itself."""

RNG = np.random.default_rng(7)


@dataclass(frozen=True)
class Call:
    """One call: inputs, static parameters, and how the reference is called if not likewise."""

    name: str
    inputs: tuple[Any, ...]
    static: dict[str, Any]

    @property
    def case(self) -> Case:
        function = WAYS.get(self.name) or FUNCTIONS[self.name]
        promotes = self.name not in KEEPING
        label = f"{self.name}{self.static or ''}"
        return Case(label, lambda *xs: function(*xs, **self.static), self.inputs, promotes)

    def expected(self):
        """Return the results by the reference, as a list."""
        found = REFERENCES.get(self.name, getattr(elements, self.name, None))(
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
    "fftn": lambda a, axes, norm: tg.fft.fftn(a, axes=axes, norm=norm),
    "ifftn": lambda a, axes, norm: tg.fft.ifftn(a, axes=axes, norm=norm),
    "rfftn": lambda a, axes, norm: tg.fft.rfftn(a, axes=axes, norm=norm),
    "irfftn": lambda a, n, axes, norm: tg.fft.irfftn(
        a, s=[*(a.shape[i] for i in axes[:-1]), n], axes=axes, norm=norm
    ),
    "eigh": lambda a: (tg.linalg.eigvalsh(a), _unsigned(tg.linalg.eigh(a).eigenvectors)),
    "svd": lambda a: _unsigned_svd(*tg.linalg.svd(a, full_matrices=False)),
    "qr": lambda a: _unsigned_qr(*tg.linalg.qr(a)),
    "lstsq": lambda a, b: tuple(tg.linalg.lstsq(a, b))[:2],
    "multi_dot": lambda *xs: tg.linalg.multi_dot(xs),
    "einsum": lambda *xs, subscripts: tg.einsum(subscripts, *xs),
    "average": lambda a, weights, **static: tg.average(a, weights=weights, **static),
    "gradient": lambda a, *spacing, **static: tg.gradient(
        a,
        *spacing,
        *(v for k, v in static.items() if k == "spacing"),
        **{k: v for k, v in static.items() if k != "spacing"},
    ),
    "polygamma": lambda a, n: tg.polygamma(n, a),
    "getitem": lambda a, *arrays, key: tg.getitem(a, _key(key, arrays)),
    "scatter": lambda a, *arrays, key, shape: tg.scatter(a, *arrays, key=key, shape=shape),
    "set_at": lambda a, value, *arrays, key: tg.set_at(a, _key(key, arrays), value),
    "add_at": lambda a, value, *arrays, key: tg.add_at(a, _key(key, arrays), value),
    **{
        name: lambda a, value, *arrays, key, name=name: getattr(tg, name)(
            a, _key(key, arrays), value
        )
        for name in ("max_at", "min_at", "multiply_at")
    },
    **{
        name: lambda *xs, name=name: getattr(tg, name)(xs)
        for name in ("hstack", "vstack", "dstack", "column_stack")
    },
    "block": lambda *xs, rows: tg.block(_in_rows(xs, rows)),
    "insert": lambda a, values, index, axis=None: tg.insert(a, index, values, axis),
    "select": lambda *xs, default=0.0: tg.select(xs[: len(xs) // 2], xs[len(xs) // 2 :], default),
    "choose": lambda index, *xs, mode="raise": tg.choose(index, xs, mode),
    "piecewise": lambda a, mask, functions: tg.piecewise(a, [mask], functions),
}
REFERENCES = {
    "getitem": lambda a, *arrays, key: elements.getitem(a, _key(key, arrays)),
    "scatter": lambda a, *arrays, key, shape: elements.scatter(a, _key(key, arrays), shape),
    "set_at": lambda a, value, *arrays, key: elements.set_at(a, value, _key(key, arrays)),
    "add_at": lambda a, value, *arrays, key: elements.add_at(a, value, _key(key, arrays)),
    **{
        name: lambda a, value, *arrays, key, name=name: getattr(elements, name)(
            a, value, _key(key, arrays)
        )
        for name in ("max_at", "min_at", "multiply_at")
    },
}
# Whose results have the dtype of the first input, or one of their own.
KEEPING = {"astype", "one_hot", "set_at", "add_at", "max_at", "min_at", "multiply_at", "insert",
           "put_along_axis", "broadcast_arrays", "meshgrid", "atleast_1d", "atleast_2d",
           "atleast_3d"}  # fmt: skip
ARRAY = "array"


def _unsigned(vectors):
    """Return what the sign of a vector does not change: each times its first element."""
    return vectors * vectors[..., :1, :]


def _unsigned_svd(u, values, vh):
    return values, u.mT[..., :, None] * vh[..., :, None, :]


def _unsigned_qr(q, r):
    """Return Q and R with a positive diagonal of R."""
    sign = tg.sign(tg.linalg.diagonal(r))
    return q * sign[..., None, :], r * sign[..., :, None]


def _in_rows(arrays, rows):
    rest = iter(arrays)
    return [[next(rest) for _ in range(n)] for n in rows]


def _key(key, arrays):
    """Put index arrays into a key, where it says ``ARRAY``."""
    rest = iter(arrays)
    return tuple(next(rest) if part is ARRAY else part for part in key)
