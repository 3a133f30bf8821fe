"""Operations with one fault each, of kinds that random numbers in small arrays of float64 miss.

Each stands beside the promise that it breaks, and what the message must name. All are made of two
sound ones: :func:`soft`, elementwise, and :func:`centred`, which treats rows by themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import tensorgraph as tg

ROWS = np.random.default_rng(0).standard_normal((2, 3))


def soft(change=lambda out, x: out, slope=lambda g, x: g, **fields: Any):
    """√(x² + 1), its result and its gradient changed."""

    def kernel(x):
        return change(np.sqrt(x * x + 1), x)

    def rule(g, x):
        return slope(g * (x / tg.sqrt(x * x + 1)), x)

    fields = {"ref": lambda x: (x * x + 1) ** 0.5} | fields
    return tg.op("soft", kernel, {"x": rule}, **fields)


def centred(change=lambda out, x: out, slope=None):
    """X less the mean of each row, its result and its gradient changed."""

    def kernel(x):
        return change(x - x.mean(axis=-1, keepdims=True), x)

    def rule(g):
        alone = g - tg.mean(g, axis=-1, keepdims=True)
        return alone if slope is None else slope(alone, g)

    return tg.op("centred", kernel, {"x": rule}, family="fused")


def both(change=lambda out, x, y: out, **fields: Any):
    """x·y + x, its result changed."""
    rules = {"x": lambda g, y: g * (y + 1), "y": lambda g, x: g * x}
    fields = {"ref": lambda x, y: x * y + x} | fields
    return tg.op("both", lambda x, y: change(x * y + x, x, y), rules, **fields)


def where(condition, factor=1 + 1e-3):
    """Multiply by a factor where a condition of the operands holds."""
    return lambda out, *xs: np.where(condition(*xs), out * out.dtype.type(factor), out)


def if_(condition, factor=1 + 1e-3):
    """Multiply everything by a factor if a condition of an array holds."""
    return lambda out, x: out * factor if condition(x) else out


def at(condition, index=7, factor=1 + 1e-3):
    """Multiply one element by a factor if a condition of an array holds."""

    def change(out, x):
        if not condition(x):
            return out
        spoilt = np.array(out)
        spoilt.flat[index] *= factor
        return spoilt

    return change


def of_gradient(change: Callable[[Any, Any], Any]):
    """Return what changes the gradient on plain arrays, as ``change`` changes results."""
    return lambda g, x: change(g, x) if type(g) is np.ndarray else g


def larger(n):
    return lambda x: x.size > n


def single(x):
    return x.dtype == np.float32


@dataclass(frozen=True)
class Faulty:
    """An operation that breaks a promise."""

    op: Any
    """Elementwise ones are checked on what is drawn, others on the inputs given."""
    promise: str
    names: str
    """What the message must say."""
    inputs: tuple[Any, ...] = ()


GIVEN = (ROWS,)
NO_REF = {"ref": None}

FAULTY: dict[str, Faulty] = {
    # float32
    "float32: off by 1e-3": Faulty(soft(if_(single)), "precision", "in float32 the result is"),
    "float32: off by 300 ulps": Faulty(
        soft(if_(single, np.float32(1 + 4e-5))), "precision", "in float32 the result is"
    ),
    "float32: one element off by 1e-3": Faulty(
        soft(where(lambda x: single(x) & (x > 2.8))), "precision", "what rounding explains"
    ),
    "float32: the gradient off by 1e-3": Faulty(
        soft(slope=of_gradient(if_(single))), "precision", "in float32 the gradient by x is"
    ),
    "float32: rows off by 300 ulps": Faulty(
        centred(if_(single, np.float32(1 + 4e-5))), "precision", "in float32 the result is", GIVEN
    ),
    "float32: large arrays alone": Faulty(
        soft(at(lambda x: single(x) and x.size > 1000)), "sizes", "examples of float32"
    ),
    # size
    **{
        f"size: above {n:,}, {name}": Faulty(op, "sizes", f"{what} is", inputs)
        for n in (100, 1_000, 100_000)
        for name, what, op, inputs in (
            ("all", "the result", soft(if_(larger(n))), ()),
            ("one element", "the result", soft(at(larger(n))), ()),
            ("the last element", "the result", soft(at(larger(n), -1)), ()),
            ("the gradient", "the gradient by x", soft(slope=of_gradient(at(larger(n)))), ()),
            ("no ref", "the result", soft(at(larger(n), factor=1 + 1e-9), **NO_REF), ()),
            ("rows", "the result", centred(at(larger(n))), GIVEN),
            ("the gradient of rows", "the gradient by x",
             centred(slope=of_gradient(at(larger(n)))), GIVEN),
        )
    },
    "size: the second derivative above 1,000": Faulty(
        soft(slope=lambda g, x: g if type(g) is np.ndarray or g.size <= 1000 else g.detach() * 1.0),
        "sizes", "the second derivative by x is",
    ),
    "size: a few thousand alone": Faulty(
        soft(at(lambda x: 1000 < x.size < 10_000)), "sizes", "the result is"
    ),
    # axes and memory
    "axes: four": Faulty(soft(if_(lambda x: x.ndim == 4)), "sizes", "2×3×2×4 examples"),
    "axes: five, the gradient": Faulty(
        soft(slope=of_gradient(if_(lambda x: x.ndim == 5))), "sizes", "1×2×3×1×2 examples"
    ),
    "memory: Fortran's order": Faulty(
        soft(if_(lambda x: x.ndim > 1 and x.flags.f_contiguous and not x.flags.c_contiguous)),
        "layouts", "transposed inputs",
    ),
    "memory: Fortran's order, large": Faulty(
        soft(at(lambda x: x.size > 500 and not x.flags.c_contiguous)), "sizes", "in Fortran's order"
    ),
    "memory: one array twice": Faulty(
        both(lambda out, x, y: out + 1e-3 if x is y else out), "aliasing", "operands 0 and 1"
    ),
    "memory: shared by the cotangent": Faulty(
        tg.op("soft", lambda x: np.sqrt(x * x + 1),
              {"x": lambda g, x: g * x / tg.sqrt(x * x + 1) * (1.001 if g is x else 1.0)}),
        "aliasing", "a cotangent that is operand 0",
    ),
    # at and near 0
    "0: itself": Faulty(soft(where(lambda x: x == 0)), "extremes", "for 0.0"),
    "0: −0.0": Faulty(
        soft(where(lambda x: (x == 0) & np.signbit(x))), "extremes", "for -0.0"
    ),
    "far out, no ref: the gradient": Faulty(
        soft(slope=of_gradient(where(lambda x: np.abs(x) == 100)), **NO_REF),
        "extremes",
        "soft at 100.0: ",
    ),
    "0: itself, no ref": Faulty(soft(where(lambda x: x == 0), **NO_REF), "zero", "for 0.0"),
    "0: −0.0, no ref": Faulty(
        soft(where(lambda x: (x == 0) & np.signbit(x)), **NO_REF), "zero", "for -0.0"
    ),
    "0: nearer than 1e-8": Faulty(
        soft(where(lambda x: (x != 0) & (np.abs(x) < 1e-8))), "extremes", "e-09"
    ),
    "0: nearer than 1e-8, no ref": Faulty(
        tg.op("cube", lambda x: np.where(np.abs(x) < 1e-8, 1.001 * x, x) + x**3,
              {"x": lambda g, x: g * (1 + 3 * x * x)}),
        "zero", "it should be",
    ),
    "0: the gradient there": Faulty(
        soft(slope=of_gradient(lambda g, x: g + 1e-3 * (x == 0))), "zero", "the gradient is wrong"
    ),
    "0: the gradient near it": Faulty(
        soft(slope=of_gradient(lambda g, x: g + 1e-3 * (np.abs(x) < 1e-8))), "zero", "wrong"
    ),
    # inside and beyond the domain
    "domain: its last tenth": Faulty(
        soft(where(lambda x: x > 2.99), domain={"x": tg.Real(-3, 3)}), "extremes", "for 3.0"
    ),
    "domain: negative numbers": Faulty(soft(where(lambda x: x < 0)), "value", "but ref gives"),
    "domain: cut off beyond it": Faulty(
        soft(lambda out, x: np.minimum(out, 4.0)), "extremes", "is beyond Real(low=-3.0, high=3.0"
    ),
    "domain: the gradient cut off beyond it": Faulty(
        soft(slope=of_gradient(lambda g, x: g * (np.abs(x) < 40))), "extremes",
        "the gradient by x is",
    ),
    "domain: overflows far from it": Faulty(
        tg.op("logistic", lambda x: np.exp(x) / (1 + np.exp(x)),
              {"x": lambda g, out: g * out * (1 - out)},
              ref=lambda x: 1 / (1 + 2.718281828459045**-x)),
        "extremes", "nan, but ref gives 1.0, for 800.0",
    ),
    "domain: the gradient overflows far from it": Faulty(
        tg.op("softplus", lambda x: np.logaddexp(0, x),
              {"x": lambda g, x: g * (tg.exp(x) / (1 + tg.exp(x)))},
              ref=lambda x: max(x, 0.0) + np.log1p(np.exp(-abs(x)))),
        "extremes", "the gradient by x is nan",
    ),
    "infinity: taken for a large number": Faulty(
        soft(lambda out, x: np.nan_to_num(out, nan=np.nan)), "extremes", "but ref gives inf"
    ),
    # NaN
    "NaN: swallowed": Faulty(
        soft(lambda out, x: np.where(x == x, out, 1.0), **NO_REF), "NaN", "not NaN, though"
    ),
    "NaN: swallowed, though ref keeps it": Faulty(
        soft(lambda out, x: np.nan_to_num(out, posinf=np.inf)), "NaN", "0.0, not NaN"
    ),
    "NaN: swallowed by one of two": Faulty(
        both(lambda out, x, y: np.where(y == y, out, x)), "NaN", "depends on y"
    ),
    "NaN: swallowed in float32": Faulty(
        soft(lambda out, x: np.nan_to_num(out, posinf=np.inf) if single(x) else out), "NaN", "NaN"
    ),
    "NaN: spread over its neighbours": Faulty(
        soft(lambda out, x: out + 0 * x.sum() if np.isnan(x).any() else out), "NaN", "at index"
    ),
    "infinity: changes its neighbours": Faulty(
        soft(lambda out, x: np.where(np.isinf(x), out, out + 1e-3) if np.isinf(x).any() else out),
        "NaN", "changes the result at index",
    ),
}  # fmt: skip

SOUND = {
    "soft": Faulty(soft(), "", ""),
    "soft, no ref": Faulty(soft(**NO_REF), "", ""),
    "centred": Faulty(centred(), "", "", GIVEN),
    "both": Faulty(both(), "", ""),
}
