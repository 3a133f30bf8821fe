"""``tg.scan`` and ``tg.fori_loop``: Python's loop in less memory."""

import tracemalloc
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.transforms.loops import SHORT

F = tg.errors
LENGTHS = [1, 2, 7, SHORT, SHORT + 1]
"""Up to SHORT all is recorded."""


def python_scan(f, init, xs, length, reverse):
    """The definition: a loop of Python's, which is recorded as it runs."""
    carry, ys = init, []
    for i in range(length)[:: -1 if reverse else 1]:
        carry, y = f(carry, None if xs is None else tg.tree.map(lambda x: x[i], xs))  # noqa: B023
        ys.append(y)
    ys = ys[:: -1 if reverse else 1]
    return carry, tg.tree.map(lambda *rows: tg.stack(rows), *ys)


def step_of(weight):
    def step(carry, x):
        h = tg.tanh(weight @ carry["h"] + x["u"])
        return {"h": h, "k": carry["k"] + 1}, (h.sum() * x["v"], {"h": h})

    return step


def arguments(length, dtype="float64"):
    rng = np.random.default_rng(length)
    weight = tg.tensor(rng.normal(size=(2, 2)) * 0.7, dtype, requires_grad=True)
    init = {"h": tg.tensor(rng.normal(size=2), dtype, requires_grad=True), "k": tg.tensor(0)}
    xs = {
        "u": tg.tensor(rng.normal(size=(length, 2)), dtype, requires_grad=True),
        "v": tg.tensor(rng.normal(size=length), dtype),
    }
    return weight, init, xs


def total(scan, weight, init, xs):
    carry, (sums, rows) = scan(step_of(weight), init, xs)
    return (carry["h"] ** 3).sum() + (sums**2).sum() + tg.sin(rows["h"]).sum()


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("block", [None, 1, 3, 1000])
@pytest.mark.parametrize("length", LENGTHS)
def test_a_scan_against_the_loop(length, block, reverse):
    """Values, and derivatives of first and second order by all that takes part."""
    weight, init, xs = arguments(length)
    leaves = [weight, init["h"], xs["u"]]

    def ours(f, init, xs):
        return tg.scan(f, init, xs, reverse=reverse, block=block)

    def loop(f, init, xs):
        return python_scan(f, init, xs, length, reverse)

    def derivatives(scan):
        carry, ys = scan(step_of(weight), init, xs)
        first = tg.gradients(total(scan, weight, init, xs), leaves, create_graph=True)
        second = tg.gradients(sum((g**2).sum() for g in first), leaves)
        return [*tg.tree.leaves((carry, ys)), *first, *second]

    for found, expected in zip(derivatives(ours), derivatives(loop), strict=True):
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtypes_stay(dtype):
    weight, init, xs = arguments(SHORT + 5, dtype)
    carry, (sums, rows) = tg.scan(step_of(weight), init, xs)
    assert carry["h"].dtype == sums.dtype == rows["h"].dtype == dtype
    assert carry["k"].dtype == np.int64 and carry["k"].item() == SHORT + 5
    for g in tg.gradients(total(tg.scan, weight, init, xs), [weight, init["h"], xs["u"]]):
        assert g.dtype == dtype


@given(n=st.integers(0, 2 * SHORT), lower=st.integers(-3, 3), x=st.floats(0.9, 1.1))
def test_fori_loop(n, lower, x):
    x = tg.tensor(x, dtype="float64")

    def power(x):
        return tg.fori_loop(lower, lower + n, lambda i, v: v * x, tg.tensor(1.0, dtype="float64"))

    f, expected = power, (lambda x: x**n)
    for _ in range(4):  # orders 0 to 3
        np.testing.assert_allclose(f(x), expected(x), rtol=1e-9, atol=1e-9)
        f, expected = tg.grad(f), tg.grad(expected)


def test_the_number_of_a_step():
    seen = []
    tg.fori_loop(2, 6, lambda i, v: seen.append(i) or v, 0.0)
    assert seen == [2, 3, 4, 5] and tg.fori_loop(3, 3, None, 1.5).item() == 1.5
    assert tg.fori_loop(5, 3, None, {"a": 1.5})["a"].item() == 1.5
    assert tg.fori_loop(0, SHORT + 9, lambda i, v: v + i, 0.0).item() == sum(range(SHORT + 9))


def test_a_loop_without_steps():
    """Its outputs have the shapes and dtypes of those of a step."""
    weight, init, xs = arguments(3)
    none = tg.tree.map(lambda x: x[:0], xs)
    carry, (sums, rows) = tg.scan(step_of(weight), init, none)
    assert carry["h"] is init["h"]
    assert sums.shape == (0,) and rows["h"].shape == (0, 2) and rows["h"].dtype == np.float64
    assert tg.scan(lambda c, x: (c, None), 1.0, length=0)[1] is None
    assert not tg.gradients(total(tg.scan, weight, init, none), weight).data.any()


def test_without_xs_and_without_outputs():
    last, nothing = tg.scan(lambda c, x: (c * 2, None), 1.0, length=5)
    assert last.item() == 32 and nothing is None
    _, ys = tg.scan(lambda c, x: (c, (x, None)), 0.0, np.arange(3.0))
    assert ys[0].data.tolist() == [0, 1, 2] and ys[1] is None


def test_containers():
    @dataclass(frozen=True)
    class State:
        x: tg.Tensor
        v: tg.Tensor
        name: str = "oscillator"

    def step(s, _):
        return State(s.x + 0.01 * s.v, s.v - 0.01 * s.x, s.name), s

    start = State(tg.tensor(1.0, dtype="float64"), tg.tensor(0.0, dtype="float64"))
    last, path = tg.scan(step, start, length=SHORT * 2)
    assert type(last) is type(path) is State and path.name == "oscillator"
    assert path.x.shape == (SHORT * 2,) and path.x[0].item() == 1
    assert last.x.item() == pytest.approx(np.cos(0.01 * SHORT * 2), abs=0.02)
    g = tg.grad(lambda s: tg.scan(step, s, length=SHORT * 2)[0].x)(start)
    assert g.x.item() == pytest.approx(last.x.item())  # it is linear


def test_nested_loops():
    def outer(x, scan=True):
        def inner(c, y):
            return c * tg.cos(y * x), None

        def step(c, y):
            if scan:
                c, _ = tg.scan(inner, c, y)
                return c, c
            for k in range(y.shape[0]):
                c, _ = inner(c, y[k])
            return c, c

        ys = tg.tensor(np.linspace(0, 0.2, 2 * SHORT).reshape(-1, 4))
        carry, outs = tg.scan(step, x, ys, block=7)
        return carry + outs.mean()

    x = tg.tensor(0.7, dtype="float64")
    for order in (tg.grad, tg.hessian):
        np.testing.assert_allclose(order(outer)(x), order(lambda x: outer(x, False))(x), rtol=1e-9)
    doubly = tg.grad(
        lambda x: tg.scan(lambda c, _: (tg.grad(lambda v: v * v * x)(c), None), x, length=3)[0]
    )
    assert doubly(tg.tensor(1.0)).item() == 8 * 4  # 8 x⁴


def test_jvp_and_random_draws():
    x = tg.tensor(0.5, dtype="float64")

    def noisy(x):
        def step(c, _):
            return c * (1 + 0.1 * tg.random.uniform(dtype="float64")), None

        return tg.scan(step, x, length=SHORT + 20)[0]

    def run(derivative):
        tg.random.seed(1)
        return derivative().item()

    factor = run(lambda: noisy(x)) / 0.5
    assert run(lambda: tg.grad(noisy)(x)) == pytest.approx(factor)
    assert run(lambda: tg.jvp(noisy, x, 1.0)[1]) == pytest.approx(factor)


def test_without_a_graph():
    weight, init, xs = arguments(SHORT + 3)
    with tg.no_grad():
        carry, ys = tg.scan(step_of(weight), init, xs)
    assert not any(x.requires_grad for x in tg.tree.leaves((carry, ys)))


def test_compiled():
    weight, init, xs = arguments(5)
    init, xs = tg.stop_gradient(init), tg.stop_gradient(xs)
    f = tg.compile(lambda xs: tg.grad(lambda xs: total(tg.scan, weight.detach(), init, xs))(xs))
    expected = tg.grad(lambda xs: total(tg.scan, weight.detach(), init, xs))
    floats = {k: x.detach() for k, x in xs.items()}
    for _ in range(3):
        for k in "uv":
            np.testing.assert_allclose(f(floats)[k], expected(floats)[k], rtol=1e-12)


def test_short_loops_are_drawn_folded_and_derived():
    w = tg.tensor(0.5, requires_grad=True, name="w")
    last = tg.fori_loop(0, 12, lambda i, v: tg.tanh(v * w), tg.tensor(1.0))
    picture = tg.render(last)
    assert "× 12" in picture._repr_svg_() or "× 11" in picture._repr_svg_()
    x = tg.tensor(0.5, requires_grad=True, name="x")
    cube = tg.fori_loop(0, 3, lambda i, v: v * x, tg.tensor(1.0))
    assert str(tg.derive(cube, wrt=x)) == "dx = 3 x²"


def peak(length):
    """Return the most memory, in bytes, of a loop and of its backward pass."""
    w = tg.tensor(0.5, dtype="float64", requires_grad=True)
    init = tg.tensor(np.zeros(50))
    tracemalloc.start()
    try:
        last, _ = tg.scan(lambda c, _: (tg.tanh(c * w + 1), None), init, length=length)
        last.sum().backward()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_grows_with_the_root_of_the_length():
    """Kept are √n carries, and what √n steps record: not 1 MB for each 1000 steps."""
    few, many = peak(150), peak(2400)
    assert many < 6 * few  # of 16 times the steps; 4 times, and what is there anyway
    assert many < 2400 * 300


X = tg.tensor([1.0, 2.0])


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: tg.scan(lambda c, x: ({"h": c["h"].sum()}, None), {"h": X}, X),
            F.ShapeError,
            r"\['h'\] of the carry is float32 of shape \(\) after step 0 of <lambda>, and was"
            r" float32 of shape \(2,\)",
        ),
        (
            lambda: tg.scan(lambda c, x: (c.astype("float64"), None), X, X),
            F.DTypeError,
            r"the carry is float64 of shape \(2,\) after step 0 of <lambda>, and was float32",
        ),
        (
            lambda: tg.scan(lambda c, x: ((c, c), None), X, X),
            F.ShapeError,
            r"returned a carry built as \(None, None\) in step 0, and was given one built as None",
        ),
        (
            lambda: tg.fori_loop(0, 4, lambda i, v: v.reshape(-1, 1) if i == 2 else v, X),
            F.ShapeError,
            r"fori_loop: the carry is float32 of shape \(2, 1\) after step 2",
        ),
        (
            lambda: tg.scan(lambda c, x: c, X, X),
            F.DTypeError,
            r"returns a pair, the carry and an output, .* write return carry, None",
        ),
        (
            lambda: tg.scan(lambda c, x: (c.numpy(), None), X, X),
            F.DTypeError,
            r"left the graph",
        ),
        (
            lambda: tg.scan(lambda c, x: (c, x.item()), X, X),
            F.DTypeError,
            r"left the graph",
        ),
        (
            lambda: tg.scan(lambda c, x: (c, None), X, {"a": X, "b": [tg.ones(3)]}),
            F.ShapeError,
            r"xs\['a'\] has 2 steps, xs\['b'\]\[0\] has 3",
        ),
        (
            lambda: tg.scan(lambda c, x: (c, None), X, X, length=3),
            F.ShapeError,
            r"xs has 2 steps, length has 3",
        ),
        (
            lambda: tg.scan(lambda c, x: (c, None), X, 1.0),
            F.ShapeError,
            r"xs is a number, which has no first axis",
        ),
        (lambda: tg.scan(lambda c, x: (c, None), X), F.ArgumentError, "how many steps?"),
        (
            lambda: tg.scan(lambda c, x: (c, None), X, X, block=0),
            F.ArgumentError,
            "block is at least 1, not 0",
        ),
        (
            lambda: tg.scan(lambda c, x: (c, None), X, X, block=1.5),
            F.ArgumentTypeError,
            "scan: block is an integer, not 1.5",
        ),
        (
            lambda: tg.scan(lambda c, x: (c, None), X, length=-1),
            F.ArgumentError,
            "scan: length is at least 0, not -1",
        ),
        (
            lambda: tg.fori_loop(0, 2.0, lambda i, v: v, X),
            F.ArgumentTypeError,
            "fori_loop: upper is an integer, not 2.0",
        ),
        *(
            (
                lambda first=first: tg.scan(
                    lambda c, x: (c, None if (x.item() == X[0].item()) is first else x), X, X
                ),
                F.ShapeError,
                "returned None for an output in one step, and a tensor in another",
            )
            for first in (True, False)
        ),
        (
            lambda: tg.scan(lambda c, x: (c, X if x.item() > 1 else (X,)), X, X),
            F.ShapeError,
            r"returned an output built as None, and one as \(None,\) before",
        ),
        (
            lambda: tg.scan(lambda c, x: (c, None), X, X, unroll=2),
            F.ArgumentTypeError,
            "scan has no keyword 'unroll'; leave it out",
        ),
    ],
)
def test_refusals(call, error, text):
    with pytest.raises(error, match=text):
        call()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_number_is_carried_in_the_precision_of_what_it_is_beside(dtype):
    def step(i, carry):
        rows, total = carry
        return rows * 2, total + rows.sum()

    _, total = tg.fori_loop(0, 3, step, (tg.tensor(np.ones(2, dtype)), 0.0))
    assert total.dtype == dtype and total.item() == 14
    assert tg.fori_loop(0, 2, lambda i, c: c + 1, 0.5).dtype == "float32"
