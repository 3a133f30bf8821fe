"""Every operation differentiated forward, against the gradient rules: the two are adjoint."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.engine.nested_containers import flatten
from tests.ops.op_cases import EVERY, cases

every_op = pytest.mark.parametrize("name", EVERY)


def outputs_of(function):
    """Return a function that returns the floating-point results alone, as a list."""
    return lambda *xs: [y for y in flatten(function(*xs))[0] if y.dtype.kind == "f"]


def tangent(rng, x):
    return tg.tensor(rng.standard_normal(np.shape(x)))


def dot(xs, ys):
    return sum(float((x.data * y.data).sum()) for x, y in zip(xs, ys, strict=True))


@every_op
def test_a_tangent_pushed_is_the_adjoint_of_a_gradient_pulled(name):
    """⟨u, J v⟩ = ⟨Jᵀ u, v⟩, by all inputs together and by each."""
    rng = np.random.default_rng(0)
    for case in cases(name):
        if not case.floating:
            continue
        places = case.floating
        inputs = list(case.inputs)

        def f(*xs, case=case, places=places, inputs=inputs):
            changed = dict(zip(places, xs, strict=True))
            given = [changed.get(i, as_given(x)) for i, x in enumerate(inputs)]
            return outputs_of(case.function)(*given)

        xs = [tg.tensor(np.asarray(inputs[i], float)) for i in places]
        if not f(*xs):
            break
        vs = [tangent(rng, x) for x in xs]
        us = [tangent(rng, y) for y in f(*xs)]
        values, pull = tg.vjp(f, *xs)
        pulled = pull(us)
        for one in (None, *range(len(xs))) if len(xs) > 1 else (None,):
            moved = [v if one in (None, i) else tg.zeros_like(v) for i, v in enumerate(vs)]
            found, pushed = tg.jvp(f, tuple(xs), tuple(moved))
            for y, expected in zip(found, values, strict=True):
                np.testing.assert_array_equal(y, expected)
            scale = sum(
                float((abs(u.data * p.data)).sum()) for u, p in zip(us, pushed, strict=True)
            )
            error = abs(dot(us, pushed) - dot(pulled, moved))
            assert error <= 1e-11 * max(scale, 1), (case, one)
            assert all(
                p.shape == y.shape and p.dtype == y.dtype
                for p, y in zip(pushed, found, strict=True)
            )


def as_given(x):
    return tg.tensor(x) if isinstance(x, np.ndarray) else x


@every_op
def test_forward_over_reverse_is_the_product_with_the_hessian(name):
    """Also reverse over forward, and forward over forward: the three orders that there are."""
    rng = np.random.default_rng(1)
    for case in cases(name)[:3]:
        if not case.floating:
            continue
        i = case.floating[0]
        inputs = list(case.inputs)

        def f(x, case=case, i=i, inputs=inputs):
            given = [x if k == i else as_given(other) for k, other in enumerate(inputs)]
            parts = outputs_of(case.function)(*given)
            return sum((tg.cos(y) * (1 + y * y)).sum() for y in parts)

        x = tg.tensor(np.asarray(inputs[i], float))
        try:
            g = tg.grad(f)
            g(x)
        except tg.errors.DTypeError:
            break
        v, w = tangent(rng, x), tangent(rng, x)
        expected = tg.grad(lambda x, g=g, v=v: (g(x) * v).sum())(x).data
        forward = tg.jvp(g, (x,), (v,))[1].data
        backward = tg.grad(lambda x, f=f, v=v: tg.jvp(f, (x,), (v,))[1])(x).data
        size = np.abs(expected).max(initial=1)
        np.testing.assert_allclose(
            forward, expected, rtol=1e-9, atol=1e-9 * size, err_msg=str(case)
        )
        np.testing.assert_allclose(
            backward, expected, rtol=1e-9, atol=1e-9 * size, err_msg=str(case)
        )
        twice = tg.jvp(lambda x, f=f, v=v: tg.jvp(f, (x,), (v,))[1], (x,), (w,))[1].item()
        assert twice == pytest.approx(float((expected * w.data).sum()), rel=1e-8, abs=1e-8 * size)
