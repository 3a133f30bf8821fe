"""vmap: which axes are mapped, how it nests, what is told of what cannot be done."""

import functools
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.errors import (
    ArgumentError,
    AxisError,
    DTypeError,
    GraphError,
    LayerError,
    ShapeError,
    UsageWarning,
)

RNG = np.random.default_rng(0)
X = tg.tensor(RNG.normal(size=(5, 3)))


def close(found, expected, rtol=1e-11):
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-12)


# --------------------------------------------------------------------------- axes and containers


@given(st.data())
def test_any_axes_in_and_out(data):
    count = data.draw(st.integers(0, 4))
    ndims = data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=3))
    axes = [data.draw(st.none() | st.integers(-n - 1, n)) for n in ndims]
    axes[0] = axes[0] or 0
    out = data.draw(st.integers(-max(ndims) - 1, max(ndims)))
    inputs = []
    for ndim, axis in zip(ndims, axes, strict=True):
        shape = [2, 3][2 - ndim :] if ndim < 2 else [2, 3]
        if axis is not None:
            shape.insert(axis if axis >= 0 else ndim + 1 + axis, count)
        inputs.append(tg.tensor(RNG.normal(size=shape)))

    def f(*xs):
        total = functools.reduce(tg.add, xs)
        return tg.sin(total) * total

    found = tg.vmap(f, in_axes=tuple(axes), out_axes=out)(*inputs)
    rows = [
        f(*(x if a is None else tg.take(x, k, axis=a) for x, a in zip(inputs, axes, strict=True)))
        for k in range(count)
    ]
    if rows:
        np.testing.assert_array_equal(found, np.stack([r.numpy() for r in rows], axis=out))
    assert found.shape[out] == count and found.ndim == max(ndims) + 1


def test_containers_and_beginnings_of_them():
    tree = {"a": X, "b": (tg.ones(3, dtype="float64"), X * 2)}

    def f(t, s):
        return {"sum": t["a"] + t["b"][1] * s, "pair": (t["b"][0], t["a"].sum())}

    axes = ({"a": 0, "b": (None, 0)}, None)
    found = tg.vmap(f, axes, out_axes={"sum": 1, "pair": (None, 0)})(tree, 2.0)
    close(found["sum"], 5 * X.data.T)
    close(found["pair"][0], np.ones(3))
    close(found["pair"][1], X.data.sum(axis=1))
    close(tg.vmap(lambda t: t["a"] * t["b"])({"a": X, "b": X}), X.data**2)
    close(tg.vmap(lambda t, s: t["a"] * s, in_axes=(0, None))({"a": X}, X[0]), X.data * X.data[0])


def test_axes_in_a_dataclass():
    @dataclass
    class Line:
        slope: Any
        offset: Any
        name: str = "line"

    line = Line(X, tg.tensor(2.0))
    found = tg.vmap(lambda line: line.slope + line.offset, in_axes=(Line(1, None),))(line)
    close(found, X.data.T + 2)
    out = tg.vmap(lambda x: Line(x, {"twice": 2 * x}), out_axes=Line(0, {"twice": -1}))(X)
    assert out.slope.shape == X.shape and out.offset["twice"].shape == X.shape[::-1]
    with pytest.raises(ArgumentError, match="not built like"):
        tg.vmap(tg.exp, in_axes=(Line(0, None),))(X)


def test_keywords_are_mapped_along_axis_0_and_numbers_are_shared():
    close(tg.vmap(lambda x, *, y, k=1: x * y * k)(X, y=X, k=3), 3 * X.data**2)
    close(tg.vmap(functools.partial(lambda x, *, y: x * y, y=X[0]))(X), X.data * X.data[0])


def test_results_that_are_the_same_for_all_are_repeated():
    constant = tg.tensor([1.0, 2.0])
    assert tg.vmap(lambda x: constant)(X).data.tolist() == [[1.0, 2.0]] * 5
    assert tg.vmap(lambda x: 3.0)(X).data.tolist() == [3.0] * 5
    assert tg.vmap(lambda x: (x, constant), out_axes=(0, None))(X)[1].shape == (2,)
    assert tg.vmap(lambda x, y: y, in_axes=(0, None), out_axes=-1)(X, constant).shape == (2, 5)


@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool", "float16", "float32"])
def test_dtypes_are_those_of_a_loop(dtype):
    x = tg.tensor(np.array([[0, 1], [3, 2]], dtype))
    for f in (lambda x: x * 2, lambda x: x + 1.5, lambda x: x.sum(), lambda x: x / x.max(), tg.exp):
        found = tg.vmap(f)(x)
        expected = np.stack([f(row).numpy() for row in x])
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=2e-3 if dtype == "float16" else 1e-6)


def test_arrays_come_back_for_arrays():
    assert type(tg.vmap(lambda x: x * 2)(X.numpy())) is np.ndarray
    assert type(tg.vmap(lambda x, k: x * k, (0, None))(X.numpy(), 2.0)) is np.ndarray
    assert type(tg.vmap(lambda x: x * 2)(X)) is tg.Tensor
    assert type(tg.vmap(lambda x, y: x * y)(X.numpy(), X)) is tg.Tensor
    w = tg.tensor(2.0, requires_grad=True)
    assert tg.vmap(lambda x: x * w)(X.numpy()).requires_grad


# ----------------------------------------------------------------------------------------- nesting


def test_maps_of_maps():
    a, b = RNG.normal(size=(4, 3, 2)), RNG.normal(size=(4, 5, 2))

    def pairs(a, b):
        return tg.vmap(lambda r: tg.vmap(lambda s: tg.sin(r) @ s)(b))(a)

    close(tg.vmap(pairs)(a, b), np.einsum("ijk,ilk->ijl", np.sin(a), b))
    moved = tg.vmap(tg.vmap(tg.square, in_axes=1, out_axes=1), out_axes=2)(a)
    close(moved, np.moveaxis(a, 0, 2) ** 2)


def test_gradients_flow_to_what_comes_from_outside():
    w = tg.tensor(RNG.normal(size=(3, 4)), requires_grad=True)
    (tg.vmap(lambda x: (tg.tanh(x @ w) ** 2).sum())(X)).sum().backward()
    found = w.grad.data.copy()
    w.zero_grad()
    (tg.tanh(X @ w) ** 2).sum().backward()
    close(found, w.grad)
    v = w * w  # a result, which is used inside in turn
    inside = tg.gradients(tg.vmap(lambda x: (tg.sin(v * 2) * (x @ v)).sum())(X).sum(), w)
    v = w * w
    close(inside, tg.gradients(sum((tg.sin(v * 2) * (x @ v)).sum() for x in X), w))


def test_derivatives_inside_and_outside():
    x = tg.tensor(RNG.normal(size=4))
    f = lambda t: tg.sin(t) * t  # noqa: E731
    first, second = (
        np.sin(x.data) + x.data * np.cos(x.data),
        2 * np.cos(x.data) - x.data * np.sin(x.data),
    )
    close(tg.vmap(tg.grad(f))(x), first)
    close(tg.grad(lambda x: tg.vmap(tg.grad(f))(x).sum())(x), second)
    close(tg.vmap(tg.grad(tg.grad(f)))(x), second)
    close(tg.vmap(lambda x: tg.jvp(f, (x,), (1.0,))[1])(x), first)
    close(tg.jvp(tg.vmap(f), (x,), (tg.ones_like(x),))[1], first)
    close(tg.jvp(tg.vmap(tg.grad(f)), (x,), (tg.ones_like(x),))[1], second)
    close(tg.vmap(tg.hessian(f))(x), second)
    for mode in ("reverse", "forward", None):
        close(tg.vmap(tg.jacobian(f, mode=mode))(x), first)
        close(tg.jacobian(tg.vmap(f), mode=mode)(x), np.diag(first))
        close(tg.jacobian(tg.vmap(tg.grad(f)), mode=mode)(x), np.diag(second))
    _, pull = tg.vjp(tg.vmap(f), x)
    close(pull(x)[0], first * x.data)
    close(tg.vmap(lambda u: pull(u)[0])(tg.tensor(np.eye(4))), np.diag(first))


def test_perturbations_are_not_confused_with_examples():
    x = tg.tensor([1.0, 2.0, 3.0])
    w = tg.tensor([0.0, 1.0])
    found = tg.vmap(lambda x: tg.grad(lambda w: (tg.exp(w) * x).sum())(w))(x)
    close(found, np.exp(w.data) * x.data[:, None], rtol=1e-6)
    outer = tg.grad(lambda s: tg.vmap(tg.grad(lambda x: x * x * s))(x).sum())(2.0)
    assert outer.item() == 12
    mixed = tg.vmap(lambda x: tg.vmap(lambda y: tg.grad(lambda z: x * z * z)(y))(w))(x)
    close(mixed, 2 * np.outer(x.data, w.data))


FUNCTIONS = [
    lambda x: (tg.sin(x) * tg.exp(-x * x)).sum(),
    lambda x: tg.logsumexp(x * x),
    lambda x: tg.softmax(x)[0] * x.prod(),
    lambda x: tg.norm(x[1:] * x[:-1] + 1) * tg.tanh(x @ x),
]


@given(st.sampled_from(FUNCTIONS), st.lists(st.integers(0, 5), min_size=1, max_size=3), st.data())
def test_directional_derivatives_by_any_transforms(f, ways, data):
    """D_v … D_v f, each D by another way, one of them vmapped."""
    x = tg.tensor(RNG.uniform(0.3, 1.2, size=3))
    v = tg.tensor(RNG.normal(size=3))
    expected = f
    for _ in ways:
        expected = (lambda g: lambda x: (tg.grad(g)(x) * v).sum())(expected)
    found = f
    for way in ways:
        found = slope(found, v, way)
    close(found(x).item(), expected(x).item(), rtol=1e-8)


def slope(g, v, way):
    """Return the derivative of a function along v, by one of six transforms."""

    def mapped(x):
        both = tg.stack([x, 2 * x])
        return tg.vmap(lambda x: tg.jvp(g, (x,), (v,))[1])(both)[0]

    return [
        lambda x: (tg.grad(g)(x) * v).sum(),
        lambda x: tg.jvp(g, (x,), (v,))[1],
        lambda x: tg.jacobian(g, mode="forward")(x) @ v,
        lambda x: tg.jacobian(g, mode="reverse")(x) @ v,
        mapped,
        lambda x: (tg.vmap(tg.grad(g))(tg.stack([2 * x, x]))[1] * v).sum(),
    ][way]


# ------------------------------------------------------------------------- what stands in functions


def test_leaves_and_optimizers_inside():
    def fitted(x, make):
        w = tg.tensor([3.0, 1.0], requires_grad=True)
        optimizer = make([w])
        for _ in range(3):
            optimizer.zero_grad()
            ((w - x) ** 2).sum().backward()
            optimizer.step()
        return w

    x = tg.tensor([1.0, 2.0])
    for make in (tg.optim.SGD, tg.optim.HeavyBall, tg.optim.Adam, tg.optim.RMSprop):
        learner = functools.partial(make, lr=0.1)
        one_by_one = np.stack([fitted(each, learner).numpy() for each in x])
        close(tg.vmap(lambda x, learner=learner: fitted(x, learner))(x), one_by_one, rtol=1e-5)


def test_a_detached_tensor_is_constant_outside_too():
    x = tg.tensor([1.0, 2.0, 3.0])
    close(tg.grad(lambda x: tg.vmap(lambda x: x * x.detach())(x).sum())(x), x)

    def inside(x):
        w = tg.tensor(2.0, requires_grad=True)
        (w * w * x).backward()
        return w.grad * x  # without a graph, as outside of vmap

    close(tg.grad(lambda x: tg.vmap(inside)(x).sum())(x), 4 * x.data)


def test_a_checkpoint_inside_and_around():
    f = lambda x: tg.sin(x * x).sum()  # noqa: E731
    expected = np.stack([tg.grad(f)(x).numpy() for x in X])
    close(tg.vmap(tg.grad(tg.checkpoint(f)))(X), expected)
    close(tg.grad(lambda x: tg.checkpoint(tg.vmap(f))(x).sum())(X), expected)
    close(tg.jacobian(tg.checkpoint(f))(X[0]), expected[0])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x if x > 0 else -x,
        lambda x: x * x.item(),
        lambda x: x * float(x),
        lambda x: x * int(x),
        lambda x: tg.tensor(np.asarray(x)),
        lambda x: max(x, 0),
    ],
)
def test_nothing_is_decided_by_a_value(f):
    with pytest.raises(
        LayerError, match=r"test_vmap.py:\d+: .* write tg\.where\(condition, a, b\)"
    ):
        tg.vmap(f)(X[:, 0])


def test_a_mask_of_each_example_has_no_shape():
    with pytest.raises(GraphError, match=r"tg\.where\(mask, x, 0\)"):
        tg.vmap(lambda x: x[x > 0])(X)


def test_what_comes_from_outside_is_not_changed():
    w = tg.tensor(2.0, requires_grad=True)
    with pytest.raises(LayerError, match="return the value"):
        tg.vmap(lambda x: w.assign(x))(X[:, 0])
    norm = tg.nn.BatchNorm(3)
    with pytest.raises(LayerError, match=r"model\.eval\(\)"):
        tg.vmap(norm)(tg.ones((2, 4, 3)) * tg.arange(4.0)[:, None])
    with pytest.raises(LayerError, match=r"write tg\.grad\(f\)"):
        tg.vmap(lambda x: (w * x).backward())(X[:, 0])
    with pytest.raises(LayerError, match="requires_grad=True"):
        tg.vmap(lambda x: setattr(X, "requires_grad", True))(X)
    assert not X.requires_grad and w.item() == 2 and w.grad is None
    tg.vmap(lambda x: w.assign(3.0) * x)(X[:, 0])  # the same for all
    assert w.item() == 3


def test_values_are_checked_as_in_a_loop():
    with pytest.raises(AxisError, match="label 3 at index"):
        tg.vmap(tg.class_cross_entropy)(X, tg.tensor([0, 1, 2, 3, 0]))
    with pytest.raises(AxisError, match="id 4"):
        tg.vmap(tg.nn.Embedding(4, 2))(tg.tensor([[0, 1], [3, 4]]))
    with pytest.raises(ArgumentError, match="probabilities lie in"):
        tg.vmap(tg.random.bernoulli, randomness="same")(tg.tensor([0.5, 1.5]))


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda: tg.vmap(3), DTypeError, "f is a function"),
        (lambda: tg.vmap(tg.exp, randomness="all"), ArgumentError, '"different"'),
        (lambda: tg.vmap(tg.exp, in_axes="x"), DTypeError, "in_axes is an integer"),
        (lambda: tg.vmap(tg.add, in_axes=(None, "x")), DTypeError, "in_axes is an integer"),
        (lambda: tg.vmap(tg.exp, out_axes=1.5), DTypeError, "out_axes is an integer"),
        (lambda: tg.vmap(tg.exp)(1.0), ShapeError, "no axis 0"),
        (lambda: tg.vmap(tg.exp, in_axes=2)(X), ShapeError, "no axis 2"),
        (lambda: tg.vmap(tg.exp, out_axes=2)(X), ArgumentError, "out_axes 2 is no axis"),
        (lambda: tg.vmap(tg.add)(X, X[:2]), ShapeError, "different numbers of examples, 5, 2"),
        (lambda: tg.vmap(tg.exp, in_axes=None)(X), ArgumentError, "nothing that exp"),
        (lambda: tg.vmap(tg.add, in_axes=(0,))(X, X), ArgumentError, "has 1 entries"),
        (lambda: tg.vmap(tg.exp, in_axes=({"a": 0},))(X), ArgumentError, "not built like"),
        (lambda: tg.vmap(tg.exp, out_axes=None)(X), ArgumentError, "differs from example"),
        (lambda: tg.vmap(lambda x: None)(X), DTypeError, "is a return missing"),
        (lambda: tg.vmap(lambda x: "a")(X), DTypeError, "not a tensor"),
        (lambda: tg.vmap(tg.exp)("abc"), DTypeError, "in_axes=None"),
    ],
)
def test_mistakes_are_told(call, error, told):
    with pytest.raises(error, match=told):
        call()


# ------------------------------------------------------------------------------------------ chance


def test_random_draws_have_to_be_asked_for():
    draws = [
        lambda x: x + tg.random.normal((2,)),
        lambda x: x + tg.random.uniform((2,)),
        lambda x: x * tg.random.bernoulli(0.5, (2,)),
        lambda x: x + tg.random.permutation(2),
        lambda x: tg.nn.Dropout(p=0.5)(x),
    ]
    x = tg.ones((40, 2))
    for draw in draws:
        with pytest.raises(LayerError, match='randomness="different"'):
            tg.vmap(draw)(x)
        different = tg.vmap(draw, randomness="different")(x).numpy()
        same = tg.vmap(draw, randomness="same")(x).numpy()
        assert len(np.unique(different, axis=0)) > 1
        assert len(np.unique(same, axis=0)) == 1


def test_parameters_of_draws_may_differ():
    p = tg.tensor([0.0, 1.0])
    found = tg.vmap(lambda p: tg.random.bernoulli(p, (3,)), randomness="different")(p)
    assert found.data.tolist() == [[False] * 3, [True] * 3]
    with pytest.raises(LayerError, match=r"tg\.random\.uniform\(shape\) < p"):
        tg.vmap(lambda p: tg.random.bernoulli(p, (3,)), randomness="same")(p)
    spread = tg.vmap(lambda s: tg.random.normal((50,), 1.0, s), randomness="different")(p)
    assert spread[0].std().item() == 0 and spread[1].std().item() > 0.3


def test_draws_in_nested_maps():
    def outer(x, kind):
        return tg.vmap(lambda y: y * 0 + tg.random.normal(), randomness=kind)(x)

    x = tg.ones((3, 4))
    for around, kind, distinct in [
        ("different", "different", 12), ("same", "different", 4),
        ("different", "same", 3), ("same", "same", 1),
    ]:  # fmt: skip
        found = tg.vmap(lambda x, kind=kind: outer(x, kind), randomness=around)(x)
        assert len(np.unique(found.numpy())) == distinct
    with pytest.raises(LayerError):
        tg.vmap(lambda x: outer(x, "different"))(x)


# ------------------------------------------------------------------------ operations without a rule


def row_sum(name, **fields):
    rule = {"x": lambda g, x: g[..., None] * tg.ones_like(x)}
    return tg.op(name, lambda x: np.sum(x, axis=-1), rule, **fields)


def test_an_operation_without_a_rule_is_computed_in_a_loop_and_told_once():
    op = row_sum("summed_rows")
    with pytest.warns(UsageWarning, match=r"summed_rows one example after the other.*batch=lambda"):
        found = tg.vmap(op)(X)
    close(found, X.data.sum(axis=1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        close(
            tg.vmap(tg.grad(lambda x: op(x) ** 2))(X),
            np.repeat(2 * X.data.sum(axis=1), 3).reshape(5, 3),
        )
        assert tg.vmap(op)(tg.zeros((0, 3))).shape == (0,)
        assert tg.vmap(op)(X[:1]).shape == (1,)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_of_no_examples_a_loop_has_the_shape_and_dtype_of_one(dtype):
    outer = tg.op("outer_with_itself", lambda x: np.outer(x, x), {"x": tg.NONDIFF})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = tg.vmap(outer)(tg.zeros((0, 3), dtype=dtype))
    assert found.shape == (0, 3, 3) and found.dtype == dtype


def test_a_declared_rule_is_used():
    calls = []

    def batch(op, size, operands, static):
        calls.append(size)
        return op(*(x.spread(size) for x in operands), **static)

    close(tg.vmap(row_sum("ruled", family="fused", batch=batch))(X), X.data.sum(axis=1))
    assert calls == [5]
    stated = tg.op("tripled", lambda x: 3 * x, {"x": lambda g: 3 * g}, family="elementwise")
    close(tg.vmap(tg.grad(lambda x: stated(x).sum()))(X), np.full((5, 3), 3.0))


def test_an_operation_with_a_numeric_gradient():
    bump = tg.op("bumped", lambda x: np.exp(-x * x), family="elementwise")
    close(
        tg.vmap(tg.grad(lambda x: bump(x).sum()))(X), -2 * X.data * np.exp(-(X.data**2)), rtol=1e-7
    )


# -------------------------------------------------------------------- other readers of what is made


def test_what_is_recorded_is_a_graph_like_any_other():
    w = tg.tensor(RNG.normal(size=3), requires_grad=True, name="w")
    total = tg.vmap(lambda x: tg.tanh(x @ w))(X).sum()
    assert [n.op.name for n in graph_of(total)] == ["matmul", "tanh", "sum"]
    assert "X" in str(tg.derive(tg.vmap(lambda x: x @ w)(X).sum(), wrt=w))
    assert tg.render(total)._repr_svg_()
    again = tg.trace(tg.vmap(lambda x: tg.tanh(x).sum()), X)
    assert str(again).splitlines()[1:] == [
        "%0 = tanh(x)  float64[5, 3]",
        "%1 = sum(%0, axis=(1,), keepdims=False)  float64[5]",
        "return %1",
    ]
    close(again(X), np.tanh(X.data).sum(axis=1))
    step = tg.compile(tg.vmap(tg.grad(lambda x: tg.sin(x).prod())))
    for _ in range(3):
        close(step(X), tg.vmap(tg.grad(lambda x: tg.sin(x).prod()))(X))


def graph_of(tensor):
    nodes, node = [], tensor.node
    while node is not None:
        nodes.insert(0, node)
        node = next((p for p in node.parents if hasattr(p, "op")), None)
    return nodes


def test_observers_see_what_is_computed_on_arrays():
    with tg.profile() as seen:
        tg.vmap(lambda x: tg.tanh(x).sum())(
            tg.tensor(X.numpy(), requires_grad=True)
        ).sum().backward()
    assert "tanh" in str(seen)
    with tg.debug(), pytest.raises(tg.errors.AnomalyError, match="log"):
        tg.vmap(lambda x: tg.log(x))(tg.tensor([-1.0, 1.0]))
