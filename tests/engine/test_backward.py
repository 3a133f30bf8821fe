"""The backward pass by known answers: ownership, hooks, edges and higher orders."""

import itertools
import weakref

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.errors import GraphError
from tests.engine.test_programs import equal_bits

# --------------------------------------------------------------------------------------- ownership


def test_what_is_passed_on_is_not_added_to():
    """The gradient of a sum is that of its terms, one array: no term may add into it."""
    x, y = (tg.tensor(np.ones(3), requires_grad=True) for _ in range(2))
    older = x * 3
    output = older + (x + y)
    for seed in (np.arange(3.0), tg.tensor(np.arange(3.0))):
        kept = np.array(seed)
        gx, gy, go = tg.gradients(output, [x, y, output], seed, retain_graph=True)
        assert equal_bits([gx, gy, go, seed], [4 * kept, kept, kept, kept])
        for a, b in itertools.combinations(
            [gx.numpy(), gy.numpy(), go.numpy(), np.asarray(seed)], 2
        ):
            assert not np.shares_memory(a, b)


def test_an_array_that_a_rule_keeps_is_never_added_to():
    kept = np.full(3, 2.0)
    double = tg.op("double", lambda x: 2 * x, {"x": lambda g: kept})
    for uses in (1, 2, 3):
        x = tg.tensor(np.ones(3), requires_grad=True)
        total = sum(double(x) for _ in range(uses)).sum()
        total.backward()
        assert np.array_equal(x.grad.numpy(), np.full(3, 2.0 * uses))
        assert not np.shares_memory(x.grad.numpy(), kept) and np.array_equal(kept, np.full(3, 2.0))


def test_arrays_changed_after_the_call_change_no_gradient():
    x = tg.tensor(np.array([1.0, 2.0, 3.0]), requires_grad=True)
    a, mask, places = np.ones(3), np.array([True, False, True]), np.array([0, 0])
    totals = {
        "multiply": (x * a).sum(),
        "reflected": (a * x).sum(),
        "where": tg.where(mask, x, 0.0).sum(),
        "getitem": x[places].sum(),
        "set_at": tg.set_at(x, places, 5.0).sum(),
        "einsum": tg.einsum("i,i->", x, a),
        "maximum": tg.maximum(x, a - 2).sum(),
        "matmul": x @ a,
        "cross-entropy": tg.class_cross_entropy(x, np.array(1)),
    }
    expected = {name: tg.gradients(t, x, retain_graph=True).numpy() for name, t in totals.items()}
    a[:], mask[:], places[:] = 100, False, 2
    for name, total in totals.items():
        assert np.array_equal(tg.gradients(total, x).numpy(), expected[name]), name


def test_a_seed_and_a_value_assigned_may_be_changed_afterwards():
    x, value, seed = tg.tensor(np.ones(2), requires_grad=True), np.full(2, 3.0), np.ones(2)
    x.assign(value)
    g = tg.gradients(x**3, x, seed, create_graph=True)
    value[:], seed[:] = 100, 100
    np.testing.assert_allclose(tg.gradients(g, x, np.ones(2)).numpy(), [18, 18], rtol=1e-14)


@pytest.mark.parametrize("on_the_way", [False, True])
def test_hooks_run_in_turn_for_leaves_and_results(on_the_way):
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    hooked = x * 1 if on_the_way else x
    hooked.register_hook(lambda g: g + 1)
    hooked.register_hook(lambda g: g * 10)
    total = (hooked * 4).sum()
    for create_graph in (False, True):
        g = tg.gradients(total, x, create_graph=create_graph, retain_graph=True)
        assert np.array_equal(g.numpy(), [50, 50])
    total.backward()
    assert np.array_equal(x.grad.numpy(), [50, 50])


# ------------------------------------------------------------------------- inputs and outputs


def test_one_result_given_out_several_times():
    """Its cotangents add up, and its tangent is there as often."""

    def f(x):
        y = tg.sin(x)
        return [y, {"again": y}, x, y * 2, y]

    x = tg.tensor([0.5, 1.0], dtype="float64")
    _, pull = tg.vjp(f, x)
    ones = np.ones(2)
    (g,) = pull([ones, {"again": 10 * ones}, 5 * ones, 0 * ones, 100 * ones])
    np.testing.assert_allclose(g.numpy(), 111 * np.cos(x.numpy()) + 5, rtol=1e-14)
    _, (a, b, c, d, e) = tg.jvp(f, (x,), (ones,))
    for tangent, factor in ((a, 1), (b["again"], 1), (d, 2), (e, 1)):
        np.testing.assert_allclose(tangent.numpy(), factor * np.cos(x.numpy()), rtol=1e-14)
    assert np.array_equal(c.numpy(), ones)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("create_graph", [False, True])
def test_an_input_the_output_does_not_depend_on_gets_zeros(create_graph, dtype):
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    other = tg.tensor(np.ones((2, 3)), dtype=dtype, requires_grad=True)
    inputs = {"x": x, "others": [other, other * 2]}
    found = tg.gradients((x * x).sum(), inputs, create_graph=create_graph)
    assert np.array_equal(found["x"].numpy(), [2, 4])
    for zero in found["others"]:
        assert zero.dtype == dtype and np.array_equal(zero.numpy(), np.zeros((2, 3)))


def test_a_leaf_given_a_new_value_keeps_the_gradient_of_the_old_graph():
    x = tg.tensor(2.0, dtype="float64", requires_grad=True)
    y = x**3
    x.assign(10.0)
    (first,) = tg.gradients(y, [x], create_graph=True)
    (second,) = tg.gradients(first, [x])
    assert (first.item(), second.item()) == pytest.approx((12.0, 12.0), rel=1e-14)


# ----------------------------------------------------------------------------------- higher orders

THIRD = {
    "sin": (tg.sin, lambda x: -np.cos(x)),
    "exp": (tg.exp, np.exp),
    "fifth power": (lambda x: x**5, lambda x: 60 * x**2),
    "product": (lambda x: x * x * x * x, lambda x: 24 * x),
    "tanh": (tg.tanh, lambda x: (6 * np.tanh(x) ** 2 - 2) * (1 - np.tanh(x) ** 2)),
    "log": (tg.log, lambda x: 2 / x**3),
    "softplus": (tg.softplus, lambda x: (e := 1 / (1 + np.exp(-x))) * (1 - e) * (1 - 2 * e)),
}


@pytest.mark.parametrize("name", THIRD)
def test_third_derivatives(name):
    f, third = THIRD[name]
    points = np.linspace(0.2, 2.0, 7)
    x = tg.tensor(points, requires_grad=True)
    y = f(x)
    for _ in range(3):
        y = tg.gradients(y.sum(), x, create_graph=True)
    np.testing.assert_allclose(y.numpy(), third(points), rtol=1e-11)
    nested = tg.grad(tg.grad(tg.grad(f)))
    for p in points[::3]:
        assert nested(tg.tensor(p)).item() == pytest.approx(third(p), rel=1e-11)


def test_the_gradient_of_a_directional_derivative():
    """Also by the direction, in which a directional derivative is linear."""
    at, direction = np.array([0.5, 1.0]), np.array([2.0, -1.0])
    x, v = (tg.tensor(a, requires_grad=True) for a in (at, direction))
    pushed = tg.jvp(tg.sin, (x,), (v,))[1].sum()
    by_x, by_v = tg.gradients(pushed, [x, v])
    np.testing.assert_allclose(by_x.numpy(), -np.sin(at) * direction, rtol=1e-14)
    np.testing.assert_allclose(by_v.numpy(), np.cos(at), rtol=1e-14)
    curvature = tg.grad(lambda x: tg.jvp(tg.sin, (x,), (tg.tensor(direction),))[1].sum())(at)
    np.testing.assert_allclose(curvature, -np.sin(at) * direction, rtol=1e-14)


def test_third_derivatives_of_a_program_in_several_directions():
    """D³f[u, v, w] of f = sin(aᵀx)·exp(bᵀx) has a closed form."""
    rng = np.random.default_rng(0)
    a, b, at, u, v, w = rng.uniform(-1, 1, (6, 4))
    x = tg.tensor(at, requires_grad=True)
    y = tg.sin(tg.matmul(a, x)) * tg.exp((x * b).sum())
    for direction in (u, v, w):
        y = (tg.gradients(y, x, create_graph=True) * direction).sum()
    factors = [complex(b @ d, a @ d) for d in (u, v, w)]
    expected = (np.prod(factors) * np.exp(complex(b @ at, a @ at))).imag
    assert y.item() == pytest.approx(expected, rel=1e-12)


SECOND_AT_EDGES = {
    "x to the y": (lambda v: v[0] ** v[1], [0.0, 2.0], [[2, 0], [0, 0]]),
    "square": (lambda v: (v**2).sum(), [0.0, 0.0], [[2, 0], [0, 2]]),
    "constant": (lambda v: (v**0 + v).sum(), [0.0, 1.0], [[0, 0], [0, 0]]),
    "product": (tg.prod, [0.0, 0.0], [[0, 1], [1, 0]]),
    "norm": (tg.norm, [0.0, 0.0], [[0, 0], [0, 0]]),
    "std": (tg.std, [1.0, 1.0], [[0, 0], [0, 0]]),
    "tied maximum": (lambda v: tg.maximum(v[0] ** 2, v[1] ** 2), [1.0, 1.0], [[1, 0], [0, 1]]),
    "relu": (lambda v: tg.relu(v).sum(), [0.0, -1.0], [[0, 0], [0, 0]]),
    "logsumexp": (tg.logsumexp, [-np.inf, 0.0], [[0, 0], [0, 0]]),
}


@pytest.mark.parametrize("name", SECOND_AT_EDGES)
def test_second_derivatives_at_edges(name):
    f, point, expected = SECOND_AT_EDGES[name]
    found = tg.hessian(f)(tg.tensor(point, dtype="float64"))
    assert np.array_equal(found.numpy(), expected)


# ------------------------------------------------------------------------------ retained gradients


def test_a_result_that_retains_its_gradient_has_it_like_a_leaf():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    assert y.retain_grad() is y
    y.retain_grad()  # twice is once
    z = (3 * y + y).sum()
    z.backward(retain_graph=True)
    np.testing.assert_array_equal(y.grad.data, [4.0, 4.0])
    z.backward(retain_graph=True)
    np.testing.assert_array_equal(y.grad.data, [8.0, 8.0])  # it adds up
    tg.gradients(z, x)
    np.testing.assert_array_equal(y.grad.data, [8.0, 8.0])  # not for gradients() and the transforms


def test_a_retained_gradient_belongs_to_the_tensor_alone():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = (x + 0).retain_grad()
    y.sum().backward()
    assert not np.shares_memory(y.grad.data, x.grad.data)
    assert x.retain_grad() is x  # a leaf has its gradient anyway
    with pytest.raises(GraphError, match=r"retain_grad\(\) on a tensor that needs no gradient"):
        tg.ones(2).retain_grad()


def test_a_retained_gradient_is_what_hooks_made_of_it_whenever_they_were_added():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    y.register_hook(lambda g: g + 1)
    y.retain_grad().register_hook(lambda g: g * 10)
    y.sum().backward()
    np.testing.assert_array_equal(y.grad.data, [20.0, 20.0])


def test_a_retained_gradient_can_be_differentiated():
    x = tg.tensor(2.0, requires_grad=True)
    y = (x * x).retain_grad()
    (y**3).backward(create_graph=True)
    assert tg.gradients(y.grad, x).item() == pytest.approx(6 * 4 * 2 * 2)  # d(3x⁴)/dx


def test_a_graph_does_not_keep_a_tensor_that_retains_its_gradient():
    x = tg.tensor(2.0, requires_grad=True)
    y = (x * x).retain_grad()
    z = y + 1
    gone = weakref.ref(y)
    del y
    assert gone() is None
    z.backward()
    assert x.grad.item() == 4


# ---------------------------------------------------------------------- elements used one by one

KEYS = [
    0, -1, slice(None), slice(3, 0, -2), (1, 2), (slice(1), 1), (Ellipsis, 0), (None, 2), (),
    np.array([0, 0, 3]), np.array([True, False, True, False]), ([0, 1, 1], [2, 2, 2]),
]  # fmt: skip


@pytest.mark.parametrize("leaf", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_elements_that_are_used_one_by_one_add_up(leaf, dtype):
    """From the third on, their gradients are added in place: whatever the key, they all count."""
    x = tg.tensor(np.arange(12.0).reshape(4, 3), dtype=dtype, requires_grad=True)
    base = x if leaf else x * 1
    weights = [np.random.default_rng(i).standard_normal(()) for i in range(len(KEYS))]
    pairs = zip(KEYS, weights, strict=True)
    total = sum((base[key] * float(w)).sum() for key, w in pairs) + (base * base).sum()
    expected = 2 * x.data.astype("float64")
    for key, w in zip(KEYS, weights, strict=True):
        np.add.at(expected, key, float(w))
    total.backward(retain_graph=True)
    np.testing.assert_allclose(x.grad.data, expected, rtol=1e-5 if dtype == "float32" else 1e-14)
    assert x.grad.dtype == dtype
    again = tg.gradients(total, x, create_graph=True)
    np.testing.assert_allclose(again.data, x.grad.data, rtol=1e-5)


@pytest.mark.parametrize("key", KEYS, ids=repr)
def test_elements_and_the_transpose_of_the_same_tensor_add_up(key):
    """As where an embedding's table is the weight of the output layer as well."""
    x = tg.tensor(np.arange(12.0).reshape(4, 3), requires_grad=True)
    picked = x[key].sum()
    transposed = [(x.T * np.ones((3, 4))).sum() for _ in range(2)]  # sum up in Fortran's order
    (picked + transposed[0] + transposed[1]).backward()
    expected = np.full((4, 3), 2.0)
    np.add.at(expected, key, 1.0)
    np.testing.assert_array_equal(x.grad.data, expected)


def test_a_gradient_that_others_hold_is_not_added_to_in_place():
    x = tg.tensor(np.ones((2, 2)), requires_grad=True)
    y = x * 1
    seed = np.ones((2, 2))
    kept = []
    before, rows, after = +y, y[0] + y[1], +y
    before.register_hook(kept.append)
    after.register_hook(kept.append)
    tg.backward(before + rows + after, seed)
    for held in (kept[0].data, kept[1].data, seed):
        np.testing.assert_array_equal(held, np.ones((2, 2)))
    np.testing.assert_array_equal(x.grad.data, np.full((2, 2), 4.0))


def test_a_rule_that_holds_a_tensor_works_and_check_op_tells_of_it():
    two = tg.full((3,), 2.0, dtype="float64")
    double = tg.op("double", lambda x: 2 * x, {"x": lambda g: g * two})
    x = tg.tensor(np.ones(3), requires_grad=True)
    loss = (x * x + double(x) + x * 3 + x.sum()).sum()
    loss.backward(retain_graph=True)
    assert type(x.grad._data) is np.ndarray
    np.testing.assert_array_equal(x.grad, [10.0, 10.0, 10.0])
    np.testing.assert_array_equal(tg.gradients(loss, x, create_graph=True), x.grad)
    with pytest.raises(AssertionError, match="rule for 'x' returned a Tensor, so it holds one"):
        tg.testing.check_op(double, np.ones(3))
    with tg.debug():
        np.testing.assert_array_equal(tg.grad(lambda x: double(x).sum())(x), two)
    wrong = tg.op("wrong", lambda x: 2 * x, {"x": lambda g: g * (two + 1)})
    with pytest.raises(tg.errors.CheckError, match=r"ratio +1\.5"):
        tg.testing.check_op(wrong, np.ones(3))


def test_hooks_of_the_last_layer_run_before_the_backward_pass_of_the_first():
    happened = []

    def rule(name):
        def passes_on(g):
            happened.append(name)
            return g

        return tg.op(name, lambda x: x * 1, {"x": passes_on})

    layers = [tg.nn.Linear(2, 2, dtype="float64") for _ in range(3)]
    for k, layer in enumerate(layers):
        for name, parameter in layer.named_parameters():
            parameter.register_hook(lambda g, k=k, name=name: happened.append(f"{name} {k}"))
    tied = layers[0].weight
    x = tg.tensor(np.ones((3, 2)), requires_grad=True)
    x.register_hook(lambda g: happened.append("x"))
    for k, layer in enumerate(layers):
        x = rule(f"before {k}")(x)
        x = layer(x)
    ((x @ tied) * (x[0] + x[1]) * layers[2].bias).sum().backward()
    assert happened == [
        "weight 2", "bias 2", "before 2", "weight 1", "bias 1", "before 1",
        "weight 0", "bias 0", "before 0", "x",
    ]  # fmt: skip


@pytest.mark.parametrize("create_graph", [False, True])
def test_hooks_see_the_whole_gradient_of_a_leaf_that_is_used_often(create_graph):
    x = tg.tensor(np.arange(3.0), requires_grad=True)
    plain = tg.tensor(np.arange(3.0), requires_grad=True)
    seen = []
    x.register_hook(lambda g: seen.append(np.array(g.data)))

    def cost(x):
        later = tg.sin(x) * x
        return (x[0] + x[1] + x[[0, 2, 0]].sum() + later.sum() + (later * x).sum()) * 1

    cost(x).backward(create_graph=create_graph)
    cost(plain).backward()
    assert len(seen) == 1
    np.testing.assert_allclose(seen[0], plain.grad, rtol=1e-15)
    np.testing.assert_array_equal(x.grad, seen[0])


def test_no_leaf_is_updated_where_a_hook_raises_midway():
    first = tg.tensor([1.0], requires_grad=True)
    last = tg.tensor([1.0], requires_grad=True)
    last.register_hook(lambda g: g * 2)

    def fails(g):
        raise RuntimeError("no")

    first.register_hook(fails)
    with pytest.raises(RuntimeError, match="no"):
        (tg.exp(first) * last).sum().backward()
    assert first.grad is None and last.grad is None


def test_hooks_of_a_leaf_that_is_the_output():
    x = tg.tensor(1.0, requires_grad=True)
    x.register_hook(lambda g: g * 3)
    x.backward()
    assert x.grad == 3


def test_a_hook_is_removed_by_its_handle_by_a_call_of_it_or_at_the_end_of_a_block():
    x = tg.tensor(3.0, requires_grad=True)

    def gradient():
        return tg.gradients(x * x, x).item()

    same = [x.register_hook(lambda g: 10 * g) for _ in range(2)]
    assert gradient() == 600
    same[0].remove()
    same[0].remove()
    assert gradient() == 60
    same[1]()
    assert gradient() == 6
    with x.register_hook(lambda g: -g):
        assert gradient() == -6
    assert gradient() == 6
