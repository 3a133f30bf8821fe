"""Compiled functions on both sides of each size at which another path begins, against eager ones.

See ``tests/thresholds.py``.
"""

import numpy as np
import pytest

import tensorgraph as tg
from tests import thresholds
from tests.compiler.back_ends import compiled, on_every_back_end

RNG = np.random.default_rng(0)
(LONG_SUM, LONG, MOST, SMALL, IN_ORDER, ROW_BYTES, COPIED) = map(
    thresholds.value, thresholds.COMPILER
)
WINDOWS = thresholds.value("ops._convolution.BLOCK")


def x(*shape, dtype="float64"):
    return RNG.normal(size=shape).astype(dtype)


def chain(n):
    def f(a):
        for k in range(n):
            a = a * 0.9 + k / n
        return a

    return f


def many(n):
    def f(a):
        parts = [tg.tanh(a * (k + 1) / n) for k in range(n)]
        return (*parts, sum(parts))

    return f


def scaled_rows(a):
    scaled = tg.exp(a) * 2
    return scaled, scaled / scaled.sum(axis=1, keepdims=True)


def total(a):
    return a.sum(axis=-1) + a.mean(axis=-1)


def convolved(a, w):
    return tg.conv(a, w, padding=1)


EDGE = int(SMALL ** (1 / 3))
IMAGES = WINDOWS // (2 * 9 * 64) + 2
CASES = [
    *((f"{n} terms of float32", total, [x(3, n, dtype="float32")])
      for n in (LONG_SUM, LONG_SUM + 1)),
    *((f"{n} terms of columns", lambda a: a.sum(axis=0), [x(n, 3, dtype="float32")])
      for n in (LONG_SUM, LONG_SUM + 1)),
    *((f"{n} operations in a row", chain(n), [x(5)]) for n in (LONG // 4, 2 * LONG)),
    (f"{MOST + 1} statements of one loop", many(MOST + 1), [x(7)]),
    *((f"products of {n}³", lambda a, b: a @ b, [x(n, n), x(n, n)]) for n in (EDGE, EDGE + 1)),
    *((f"{n} columns, transposed", lambda a, b: a @ b.mT, [x(4, 64), x(n, 64)])
      for n in (IN_ORDER // 64, IN_ORDER // 64 + 1)),
    *((f"{n} numbers in a row", scaled_rows, [x(3, n)])
      for n in (ROW_BYTES // 8, ROW_BYTES // 8 + 1)),
    *((f"a result of {n} numbers", lambda a: a * 2, [x(n)])
      for n in (COPIED // 8, COPIED // 8 + 1)),
    *((f"windows of {n} images", convolved, [x(n, 2, 8, 8), x(3, 2, 3, 3)]) for n in (2, IMAGES)),
]  # fmt: skip


@on_every_back_end
@pytest.mark.parametrize("f, inputs", [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_a_compiled_function_is_the_eager_one_whatever_its_size(f, inputs, runner):
    def both(*arrays):
        values = f(*arrays)
        results = values if isinstance(values, tuple) else (values,)
        return (*results, *tg.gradients(sum(r.sum() for r in results), list(arrays)))

    def leaves():
        return [tg.tensor(a, requires_grad=True) for a in inputs]

    program = compiled(both, runner)
    program(*leaves())
    found = program(*leaves())
    for result, expected in zip(found, both(*leaves()), strict=True):
        rounding = 64 * np.finfo(expected.dtype).eps
        size = float(np.abs(expected.numpy()).max())
        np.testing.assert_allclose(result.numpy(), expected.numpy(), rounding, rounding * size)
