"""Long graphs, many steps: linear work, no recursion, and nothing left behind.

No test here looks at a clock. Work is counted in function calls, memory in live objects and
allocated blocks.
"""

import gc
import resource
import sys
import weakref
from collections import Counter
from contextlib import suppress

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.engine.graph import Node
from tensorgraph.engine.op import REGISTRY
from tests.thorough import THOROUGH

LONG = 1_000_000 if THOROUGH else 200_000
STEPS = 20_000 if THOROUGH else 5_000


def leaf(data=1.0):
    return tg.tensor(data, dtype="float64", requires_grad=True)


# ------------------------------------------------------------------------------------------ length


def chain(x, n, f=tg.negative):
    for _ in range(n):
        x = f(x)
    return x


def test_a_very_long_chain():
    x = leaf()
    y = chain(x, LONG)
    nodes = [weakref.ref(y.node), weakref.ref(y.node.parents[0])]
    y.backward()
    assert x.grad.item() == 1.0
    del y
    assert [ref() for ref in nodes] == [None, None]


def test_second_derivatives_of_a_long_chain():
    """The graph of a gradient is as long again, and hangs on the first one."""
    x = leaf(0.5)
    y = chain(x, 30_000, lambda t: t * 1.0)
    (g,) = tg.gradients(y * y, [x], create_graph=True)
    del y
    assert tg.gradients(g, x).item() == 2.0


def calls_of(f):
    """Return how many functions, Python's and C's, a call makes."""
    count = 0

    def profile(frame, event, arg):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        f()
    finally:
        sys.setprofile(None)
    return count


def deep(x, n):
    return chain(x, n, tg.sin)


def wide(x, n):
    """One leaf used n times, in n terms."""
    return tg.concat([tg.sin(x).reshape(1) for _ in range(n)]).sum()


def diamonds(x, n):
    """N nodes, but 2ⁿ paths."""
    return chain(x, n, lambda t: t * 0.5 + t * 0.5)


GROWTH = {
    "build": lambda graph, n: graph(leaf(), n),
    "backward": lambda graph, n: graph(leaf(), n).backward(),
    "retained": lambda graph, n: graph(leaf(), n).backward(retain_graph=True),
    "gradient graph": lambda graph, n: tg.gradients(graph(x := leaf(), n), x, create_graph=True),
    "second order": lambda graph, n: tg.hvp(lambda x: graph(x, n), (leaf(),), (tg.ones(()),)),
    "checkpoint": lambda graph, n: tg.checkpoint(lambda x: graph(x, n))(leaf()).backward(),
    "debug": lambda graph, n: debugged(graph, n),
}


def debugged(graph, n):
    with tg.debug():
        graph(leaf(), n).backward()


@pytest.mark.parametrize("work", GROWTH)
@pytest.mark.parametrize("graph", [deep, wide, diamonds])
def test_work_is_linear_in_the_length(graph, work):
    GROWTH[work](graph, 4)  # what is set up once is not counted
    few, more, most = (calls_of(lambda n=n: GROWTH[work](graph, n)) for n in (100, 200, 400))
    assert more > few
    assert most - more <= 2.02 * (more - few)


@pytest.mark.parametrize("cut", [tg.unstack, list, lambda x: [x[i] for i in range(1000)]])
@pytest.mark.parametrize("is_leaf", [True, False])
def test_slices_of_one_tensor_cost_as_much_as_they_hold(cut, is_leaf, monkeypatch):
    """The gradient of a slice is as large as what it was cut from: all but two are added to it."""
    dense = []
    scatter = REGISTRY["scatter"]
    kernel = scatter.kernel
    monkeypatch.setattr(scatter, "kernel", lambda *a, **k: dense.append(1) or kernel(*a, **k))
    x = leaf(np.ones((1000, 2)))
    sum((part * k).sum() for k, part in enumerate(cut(x if is_leaf else x * 1))).backward()
    np.testing.assert_array_equal(x.grad.data[:, 0], np.arange(1000.0))
    assert len(dense) <= 2


def test_each_rule_runs_once():
    """A node's rules wait for its whole gradient: 2⁶⁰ paths, 120 calls."""
    calls = []
    twice = tg.op(
        "twice",
        np.add,
        {"x": lambda g: calls.append("x") or g, "y": lambda g: calls.append("y") or g},
    )
    x = leaf()
    y = chain(x, 60, lambda t: twice(t, t))
    y.backward()
    assert x.grad.item() == 2.0**60
    assert Counter(calls) == {"x": 60, "y": 60}


def test_only_paths_to_a_wanted_input_are_walked():
    calls = []
    counted = tg.op("counted", np.positive, {"x": lambda g: calls.append(1) or g})
    x, other = leaf(), leaf()
    y = chain(x, 5, counted) * chain(other, 70, counted)
    tg.gradients(y, x)
    assert len(calls) == 5


# ------------------------------------------------------------------------------------------ memory


def live():
    return Counter(type(o) for o in gc.get_objects() if type(o) in (Node, tg.Tensor))


def failing_rule(g):
    raise ArithmeticError("a rule that fails")


failing = tg.op("failing", np.positive, {"x": failing_rule})


def graph_of(w):
    return (tg.tanh(w @ w.T) * w.sum()).mean()


def with_hook(w):
    y = tg.tanh(w)
    y.register_hook(lambda g: 2 * g)
    y.sum().backward()


def with_failing_op(w):
    with suppress(ValueError):
        graph_of(w) @ w


def with_failing_backward(w):
    with suppress(ArithmeticError):
        (tg.sin(failing(tg.sin(w))).sum()).backward()


def with_failing_hook(w):
    y = tg.sin(w)
    y.register_hook(failing_rule)
    with suppress(ArithmeticError):
        y.sum().backward()


def with_debug(w):
    with tg.debug():
        graph_of(w).backward()


def with_anomaly(w):
    with suppress(tg.errors.AnomalyError), tg.debug():
        tg.log(w * 0 - 1).sum().backward()


def with_gradient_graph(w):
    (g,) = tg.gradients(graph_of(w), [w], create_graph=True)
    (g * g).sum().backward()


def with_second_backward(w):
    y = graph_of(w)
    y.backward()
    with suppress(tg.errors.GraphError):
        y.backward()


def with_differentiated_grad(w):
    graph_of(w).backward(create_graph=True)
    w.grad = None


def with_checkpoint(w):
    tg.checkpoint(graph_of)(tg.sin(w)).backward()


def with_half_used_checkpoint(w):
    total = tg.checkpoint(lambda a, b: (a * b).sum())(tg.sin(w), w)
    tg.gradients(total, w, retain_graph=True)


def with_failing_checkpoint(w):
    runs = []

    def fails_again(w):
        runs.append(1)
        return graph_of(w) if len(runs) == 1 else failing_rule(w)

    with suppress(ArithmeticError):
        tg.checkpoint(fails_again)(w).backward()


def with_module(w):
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    optimizer = optim.Adam(net.parameters())
    nn.losses.cross_entropy(net(w.astype("float32")), np.array([0, 1])).backward()
    optimizer.step()


FREED = {
    "dropped": graph_of,
    "backward": lambda w: graph_of(w).backward(),
    "retained": lambda w: graph_of(w).backward(retain_graph=True),
    "gradients": lambda w: tg.gradients(graph_of(w), w),
    "vjp": lambda w: tg.vjp(graph_of, w)[1](tg.tensor(1.0, dtype="float64")),
    "jvp": lambda w: tg.jvp(graph_of, (w,), (w,)),
    "hessian": lambda w: tg.hessian(graph_of)(w),
    "indexed": lambda w: (w[[0, 0, 1]] * w[:, ::-1][0]).sum().backward(),
    **{
        f.__name__.removeprefix("with_").replace("_", " "): f
        for f in (
            with_hook, with_failing_op, with_failing_backward, with_failing_hook, with_debug,
            with_anomaly, with_gradient_graph, with_second_backward, with_differentiated_grad,
            with_checkpoint, with_half_used_checkpoint, with_failing_checkpoint, with_module,
        )
    },
}  # fmt: skip


@pytest.fixture
def without_gc():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("what", FREED)
def test_a_dropped_graph_is_freed_at_once(without_gc, what):
    w = leaf([[0.1, 0.2, 0.3], [0.4, 0.5, 0.7]])
    others = live()[Node]  # graphs that other tests keep
    FREED[what](w)  # what is set up once may stay
    w.zero_grad()
    before = live()
    FREED[what](w)
    w.zero_grad()
    assert live() == before
    assert live()[Node] == others


def test_a_result_keeps_no_intermediate_alive(without_gc):
    """Only what a rule saved survives the tensor that held it."""
    x = leaf(np.ones(100))
    middle = x + 1  # no rule needs it
    array = weakref.ref(middle._data)
    total = (middle - 2).sum()
    del middle
    assert array() is None
    total.backward()
    middle = tg.exp(x)  # exp's own rule needs it, until backward has run
    array = weakref.ref(middle._data)
    total = middle.sum()
    del middle
    assert array() is not None
    total.backward()
    assert array() is None


def test_backward_frees_as_it_goes(without_gc):
    """When the rule of the first node runs, what later nodes saved is gone."""
    x = leaf(np.ones(10))
    seen = []
    probe = tg.op("probe", np.positive, {"x": lambda g: seen.append([a() for a in arrays]) or g})
    y = probe(x)
    arrays = []
    for _ in range(3):
        y = tg.exp(y)
        arrays.append(weakref.ref(y._data))
    total = y.sum()
    del y
    assert all(a() is not None for a in arrays)
    total.backward()
    assert seen == [[None, None, None]]


def model_steps():
    tg.random.seed(0)
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    optimizer = optim.Adam(net.parameters())
    x, labels = tg.random.normal((16, 4)), np.arange(16) % 3
    while True:
        optimizer.zero_grad()
        nn.losses.cross_entropy(net(x), labels).backward()
        optimizer.step()
        yield


def tensor_steps():
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(2, 8, 4))
    w = leaf(rng.normal(size=(4, 4)))
    while True:
        tg.square(tg.tanh(x @ w) - target).mean().backward()
        w.assign(w.data - 0.01 * w.grad.numpy())
        w.zero_grad()
        yield


def second_order_steps():
    w = leaf([0.5, -0.3])
    while True:
        (g,) = tg.gradients(tg.sin(w).sum(), [w], create_graph=True)
        (g * g).sum().backward()
        tg.checkpoint(lambda w: tg.exp(w).sum())(w).backward()
        w.zero_grad()
        yield


@pytest.mark.parametrize(
    "steps, n", [(tensor_steps, STEPS), (model_steps, STEPS), (second_order_steps, 2_000)]
)
def test_training_steps_do_not_grow_the_process(steps, n):
    run = steps()
    for _ in range(n // 10):
        next(run)
    gc.collect()
    objects, blocks, peak = live(), sys.getallocatedblocks(), peak_megabytes()
    for _ in range(n):
        next(run)
    gc.collect()
    assert live() == objects
    # One block a step would be n of them; caches may still fill up a little.
    assert sys.getallocatedblocks() - blocks < n // 20
    assert peak_megabytes() - peak < 20


def peak_megabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
