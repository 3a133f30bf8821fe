"""Jacobians by rows and by columns: the same, however many are computed at once."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.transforms import jacobians

RNG = np.random.default_rng(0)
MODES = [None, "reverse", "forward"]
by_mode = pytest.mark.parametrize("mode", MODES)


def f64(x):
    return tg.tensor(x, dtype="float64")


def close(found, expected, rtol=1e-10):
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-12)


W = RNG.normal(size=(7, 3))


@by_mode
@pytest.mark.parametrize("most", [1, 20, 2**22])
def test_blocks_of_any_size(mode, most, monkeypatch):
    monkeypatch.setattr(jacobians, "MOST_AT_ONCE", most)
    monkeypatch.setattr(jacobians, "FIRST", 2)
    for matrix in (W, W.T):
        x = f64(RNG.normal(size=matrix.shape[1]))
        expected = (1 - np.tanh(matrix @ x.data) ** 2)[:, None] * matrix
        close(tg.jacobian(lambda x, m=matrix: tg.tanh(f64(m) @ x), mode=mode)(x), expected)


@by_mode
@given(st.data())
def test_containers_of_any_shapes(mode, data):
    shapes = data.draw(st.lists(st.sampled_from([(), (2,), (0,), (2, 3)]), min_size=1, max_size=3))
    xs = [f64(RNG.normal(size=shape)) for shape in shapes]

    def f(tree, scale):
        total = sum((x * scale).sum() for x in tree["x"])
        return {"each": [tg.sin(x) * total for x in tree["x"]], "none": tg.ones(2), "total": total}

    found = tg.jacobian(f, mode=mode)({"x": xs}, 2.0)
    for i, y in enumerate(found["each"]):
        for k, part in enumerate(y["x"]):
            total = sum(2 * x.data.sum() for x in xs)
            expected = np.multiply.outer(np.sin(xs[i].data), np.full(shapes[k], 2.0))
            if i == k:
                own = np.cos(xs[i].data) * total
                expected += (np.eye(own.size) * own.reshape(-1)).reshape(own.shape * 2)
            close(part, expected)
    assert all(not np.any(part.data) for part in found["none"]["x"])
    assert [part.shape for part in found["total"]["x"]] == shapes


@by_mode
def test_by_several_arguments_and_their_dtypes(mode):
    x, y = tg.tensor([1.0, 2.0]), f64([3.0, 4.0])
    found = tg.jacobian(lambda x, y, k: x * y * k, (1, 0), mode=mode)(x, y, k=2)
    close(found[0], np.diag([2.0, 4.0]))
    close(found[1], np.diag([6.0, 8.0]))
    assert [part.dtype for part in found] == [np.float64, np.float32]
    assert type(tg.jacobian(lambda x: x * x, mode=mode)(np.ones(2))) is np.ndarray
    assert tg.jacobian(lambda x: tg.tensor([1, 2]), mode=mode)(x).data.tolist() == [[0, 0]] * 2


@by_mode
def test_that_a_graph_is_kept_for_what_is_used(mode):
    w = tg.tensor([2.0, 3.0], dtype="float64", requires_grad=True)
    x = f64([1.0, 2.0, 3.0])
    j = tg.jacobian(lambda x: tg.outer(x**2, w) if mode else tg.outer(x**2, w)[:1], mode=mode)(x)
    j.sum().backward()
    close(w.grad, [12, 12] if mode else [2, 2])
    z = tg.tensor([1.0, 2.0], dtype="float64", requires_grad=True)
    tg.jacobian(lambda x: x**3, mode=mode)(z).sum().backward()
    close(z.grad, 6 * z.data)
    close(tg.jacobian(tg.jacobian(lambda x: x**3, mode=mode), mode=mode)(f64([1.0, 2.0])).sum(), 18)


@by_mode
def test_of_a_function_that_draws_it_is_the_derivative_of_one(mode):
    size = 2 * jacobians.FIRST + 1  # forward, in several blocks
    x, generator = np.linspace(-1, 1, size), tg.random.Generator(3)
    jacobian, noise = tg.jacobian(
        lambda x: (lambda noise: (noise * x * x, noise))(
            tg.random.normal(size, generator=generator, dtype="float64")
        ),
        mode=mode,
        has_aux=True,
    )(tg.tensor(x))
    np.testing.assert_allclose(jacobian, np.diag(2 * noise.numpy() * x), rtol=1e-13)


def test_a_function_that_cannot_be_batched_is_computed_row_by_row():
    def f(x):
        y = x * 2
        y.register_hook(lambda g: g * float((g * g).sum()))
        return y * x

    x = f64([1.0, 2.0])
    expected = np.stack([tg.grad(lambda x, i=i: f(x)[i])(x).numpy() for i in range(2)])
    close(tg.jacobian(f)(x), expected)
    rows = tg.op(
        "rows", lambda x: np.cumsum(x), {"x": lambda g: np.cumsum(g[::-1])[::-1]}, family="fused"
    )
    close(tg.jacobian(lambda x: rows(x) ** 2)(x), [[2, 0], [6, 6]])


def test_what_a_function_can_only_do_recorded_it_can_by_default():
    def slope(x):
        return tg.gradients((x**3).sum(), x, create_graph=True)

    def seen(x):
        assert x.requires_grad
        return x * x

    x = f64([1.0, 2.0])
    close(tg.jacobian(slope)(x), np.diag(6 * x.data))
    close(tg.jacobian(seen)(x), np.diag(2 * x.data))
    with pytest.raises(tg.errors.GraphError, match="needs no gradient"):
        tg.jacobian(slope, mode="forward")(x)
    with pytest.raises(ZeroDivisionError):
        tg.jacobian(lambda x: x * (1 / 0))(x)


@pytest.mark.parametrize("count", [3, jacobians.FIRST, jacobians.FIRST + 1])
def test_by_default_a_function_is_called_once(count):
    calls = []

    def f(x):
        calls.append(x)
        return tg.sin(tg.concat([x, x, x]))

    x = f64(RNG.normal(size=count))
    close(tg.jacobian(f)(x), np.tile(np.diag(np.cos(x.data)), (3, 1)))
    assert len(calls) == 1


def test_a_mode_that_there_is_not():
    with pytest.raises(tg.errors.ArgumentError, match=r'"reverse" \(rows\), "forward" \(columns\)'):
        tg.jacobian(tg.sin, mode="backward")


def test_hessians():
    a = RNG.normal(size=(6, 6))
    f = lambda x: tg.logsumexp(f64(a) @ x) + (x**3).sum()  # noqa: E731
    x = f64(RNG.normal(size=6))
    s = tg.softmax(f64(a) @ x).data
    expected = a.T @ (np.diag(s) - np.outer(s, s)) @ a + np.diag(6 * x.data)
    close(tg.hessian(f)(x), expected)
    for mode in MODES:
        close(tg.jacobian(tg.grad(f), mode=mode)(x), expected)
    blocks = tg.hessian(lambda x, y: (x * y).sum() * x.sum(), (0, 1))(x, x)
    close(blocks[0][1], blocks[1][0].data.T)
