"""Forward mode: what it keeps in memory, what it does where values are read, how it nests."""

import gc
import tracemalloc

import numpy as np
import pytest

import tensorgraph as tg

RNG = np.random.default_rng(0)


def f64(x):
    return tg.tensor(x, dtype="float64")


def close(found, expected, rtol=1e-10):
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-12)


def chain(length):
    def f(x):
        for _ in range(length):
            x = tg.sin(x)
        return x

    return f


def test_memory_does_not_grow_with_depth():
    x, v = tg.ones(1000), tg.ones(1000)
    peaks = []
    for length in (100, 3000):
        gc.collect()
        tracemalloc.start()
        tg.jvp(chain(length), (x,), (v,))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0] < 200_000


def test_a_chain_of_100_000_operations():
    value, slope = tg.jvp(chain(100_000), (f64(1.0),), (f64(1.0),))
    expected, x = 1.0, 1.0
    for _ in range(100_000):
        expected, x = expected * np.cos(x), np.sin(x)
    assert value.item() == pytest.approx(x, rel=1e-9)
    assert slope.item() == pytest.approx(expected, rel=1e-9)


def test_values_may_be_read_and_decided_by():
    def f(x):
        if x > 1 and float(x) < 5 and x.item() > 0:
            return x * x * int(x)
        return x

    assert tg.jvp(f, (f64(3.0),), (f64(1.0),))[1].item() == 18
    assert tg.jvp(f, (f64(0.5),), (f64(1.0),))[1].item() == 1
    assert tg.jvp(lambda x: tg.tensor(np.asarray(x)) * x, (f64(3.0),), (f64(1.0),))[1].item() == 3


def test_what_stops_a_gradient_stops_a_tangent():
    x, v = f64(3.0), f64(1.0)
    w = f64(2.0)

    def in_no_grad(x):
        with tg.no_grad():
            y = x * 2
        return x * y

    def by_backward(x):
        leaf = tg.tensor(2.0, dtype="float64", requires_grad=True)
        (leaf * leaf * x).backward()
        return leaf.grad * x

    for f, expected in [
        (lambda x: x * x.detach(), 3),
        (lambda x: x * x.data, 3),
        (lambda x: x * x.numpy(), 3),
        (in_no_grad, 6),
        (by_backward, 12),
        (lambda x: w * tg.floor(x) * x, 6),
        (lambda x: x[None][tg.argmax(x)], 1),
    ]:
        assert (
            tg.jvp(f, (x,), (v,))[1].item()
            == tg.grad(lambda x, f=f: f(x).sum())(x).item()
            == expected
        )


def test_derivatives_inside_are_differentiated():
    x, v = f64([0.3, 1.2]), f64([1.0, -2.0])
    f = lambda x: (tg.sin(x) * x).sum()  # noqa: E731
    second = 2 * np.cos(x.data) - x.data * np.sin(x.data)
    inside = [
        tg.grad(f),
        lambda x: tg.value_and_grad(f)(x)[1],
        lambda x: tg.vjp(f, x)[1](1.0)[0],
        lambda x: tg.jacobian(f)(x),
        lambda x: tg.jacobian(f, mode="forward")(x),
        lambda x: (
            tg.gradients(f(y := x * 1), y, create_graph=True) if x.requires_grad else tg.grad(f)(x)
        ),
    ]
    for g in inside:
        close(tg.jvp(g, (x,), (v,))[1], second * v.data)
    close(
        tg.jvp(lambda x: tg.value_and_grad(f)(x)[0], (x,), (v,))[1],
        (tg.grad(f)(x) * v).sum().item(),
    )


def test_running_averages_follow_the_values():
    layer, plain = tg.nn.BatchNorm(3), tg.nn.BatchNorm(3)
    x = tg.tensor(RNG.normal(size=(4, 3)).astype("float32"))
    tg.jvp(layer, (x,), (x,))
    plain(x)
    np.testing.assert_array_equal(layer.running_mean, plain.running_mean)
    assert type(layer.running_mean.data) is np.ndarray


def test_random_draws_are_drawn_once():
    tg.random.seed(3)
    value, slope = tg.jvp(lambda x: x * tg.random.normal((2,)), (tg.ones(2),), (tg.ones(2),))
    np.testing.assert_array_equal(value, slope)
    drawn = tg.jacobian(lambda x: x * tg.random.normal((20,)), mode="forward")(tg.ones(20))
    assert np.count_nonzero(drawn) == 20
    close(
        tg.jvp(lambda x: tg.nn.Dropout(p=0.5)(x).sum(), (tg.ones(400),), (tg.ones(400),))[1] / 400,
        1,
        rtol=0.3,
    )


def test_a_checkpoint_is_run_as_it_is():
    x = f64([0.5, 1.0])
    block = tg.checkpoint(lambda x: tg.exp(tg.sin(x)).sum())
    close(tg.jvp(block, (x,), (x,))[1], (np.exp(np.sin(x.data)) * np.cos(x.data) * x.data).sum())
    close(tg.jvp(tg.grad(block), (x,), (x,))[1], tg.hessian(block)(x) @ x)


def test_operations_of_ones_own():
    cube = tg.op("cubed", lambda x: x**3, {"x": lambda g, x: g * 3 * x**2})
    rows = tg.op(
        "rows_of", lambda x, y: np.sum(x * y, axis=-1),
        {"x": lambda g, y: g[..., None] * y, "y": lambda g, x: g[..., None] * x}, family="fused",
    )  # fmt: skip
    numeric = tg.op("bumps", lambda x: np.exp(-x * x))
    turned = tg.op("turned", lambda x: np.cumsum(x) * x)
    x, v = f64([0.5, 1.0, 2.0]), f64([1.0, 2.0, -1.0])
    for f in (cube, lambda x: rows(x, tg.sin(x)), numeric, turned):
        close(tg.jvp(f, (x,), (v,))[1], tg.jacobian(f, mode="reverse")(x) @ v, rtol=1e-7)
        close(
            tg.jacobian(f, mode="forward")(x) @ v, tg.jacobian(f, mode="reverse")(x) @ v, rtol=1e-7
        )
    given = tg.op("given", lambda x: x * 2, {"x": lambda g: g * 2}, jvp={"x": lambda g: g * 2})
    assert tg.jvp(given, (x,), (v,))[1].data.tolist() == [2, 4, -2]


@pytest.mark.parametrize("rule", [3, tg.ZERO])
def test_a_forward_rule_is_a_function(rule):
    with pytest.raises(tg.errors.DeclarationError, match="forward rule for 'x'"):
        tg.op("wrong", lambda x: x, {"x": lambda g: g}, jvp={"x": rule})
    with pytest.raises(tg.errors.DeclarationError, match="jvp has a rule for 'y'"):
        tg.op("wrong", lambda x: x, {"x": lambda g: g}, jvp={"y": lambda g: g})


def test_tangents_of_dtypes_and_shapes():
    x = tg.tensor([1.0, 2.0])
    assert tg.jvp(lambda x: x * f64([1.0, 2.0]), (x,), (x,))[1].dtype == np.float64
    assert tg.jvp(lambda x: x.astype("float16"), (x,), (x,))[1].dtype == np.float16
    _, slope = tg.jvp(lambda x: (x > 1, x.argmax(), x[0] + tg.zeros((3, 1))), (x,), (x,))
    assert [s.dtype for s in slope] == [np.bool_, np.int64, np.float32]
    assert slope[2].data.tolist() == [[1.0]] * 3
    assert tg.jvp(lambda x: x, (f64(np.zeros((0, 2))),), (f64(np.zeros((0, 2))),))[1].shape == (
        0,
        2,
    )


def test_a_graph_of_a_slope():
    w = tg.tensor(2.0, requires_grad=True)
    _, slope = tg.jvp(lambda x: w * x * x, (3.0,), (1.0,))
    slope.backward()
    assert w.grad.item() == 6
    listing = str(tg.trace(lambda x, v: tg.jvp(tg.sin, (x,), (v,))[1], tg.ones(2), tg.ones(2)))
    assert "cos(x)" in listing and "multiply" in listing
