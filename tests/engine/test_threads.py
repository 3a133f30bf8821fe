"""Threads, modes and errors: nothing lost, nothing leaked, nothing half done."""

import asyncio
import sys
import threading

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.engine.modes import MODE


def leaf(data, name=None):
    return tg.tensor(np.asarray(data, dtype=float), requires_grad=True, name=name)


def in_threads(count, work):
    """Run ``work(k)`` in many threads that start together; raise what one of them raised."""
    barrier, failures = threading.Barrier(count), []

    def run(k):
        barrier.wait()
        try:
            work(k)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(k,)) for k in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


@pytest.fixture
def hasty_switching():
    """Let threads interrupt each other as often as can be."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


# ------------------------------------------------------------------------------------------ threads


@pytest.mark.parametrize("size, times", [(3, 300), (200_000, 10)])
def test_no_update_of_a_shared_leaf_is_lost(hasty_switching, size, times):
    """Small gradients are added in many moments, large ones while NumPy lets other threads run."""
    w, b = leaf(np.ones(size)), leaf(1.0)

    def work(k):
        for _ in range(times):
            ((k + 1) * (w * 2 + b)).sum().backward()

    in_threads(8, work)
    total = times * sum(range(1, 9))
    assert np.array_equal(w.grad.numpy(), np.full(size, 2.0 * total))
    assert b.grad.item() == size * total


def test_recorded_gradients_accumulate_without_loss(hasty_switching):
    w = leaf([1.0, 2.0])

    def work(k):
        for _ in range(20):
            (w * w).sum().backward(create_graph=True)

    in_threads(4, work)
    assert np.array_equal(w.grad.numpy(), 80 * 2 * w.numpy())
    assert np.array_equal(tg.gradients(w.grad.sum(), w).numpy(), [160, 160])
    w.grad = None


def test_threads_compute_what_one_thread_computes(hasty_switching):
    rng = np.random.default_rng(0)
    w, data = leaf(rng.normal(size=(4, 4))), rng.normal(size=(8, 3, 4))

    def result(k):
        x = tg.tensor(data[k])
        (g,) = tg.gradients(tg.tanh(x @ w).sum(), [w], create_graph=True)
        (h,) = tg.gradients((g * g).sum(), [w])
        return np.stack([g.numpy(), h.numpy()])

    expected = [result(k) for k in range(8)]
    found = [None] * 8

    def work(k):
        for _ in range(10):
            found[k] = result(k)
            assert np.array_equal(found[k], expected[k])

    in_threads(8, work)


def test_one_graph_may_be_differentiated_by_many_threads(hasty_switching):
    x = leaf([1.0, 2.0, 3.0])
    y = tg.exp(tg.sin(x) * x) / x
    expected = [
        tg.gradients(y, x, np.full(3, k + 1.0), retain_graph=True).numpy() for k in range(6)
    ]

    def work(k):
        for _ in range(30):
            g = tg.gradients(y, x, np.full(3, k + 1.0), retain_graph=True)
            assert np.array_equal(g.numpy(), expected[k])

    in_threads(6, work)


def test_creation_numbers_order_graphs_that_threads_share():
    """A node made in another thread is older than what is made from it, and walked later."""
    x = leaf(2.0)
    handed = []
    in_threads(1, lambda k: handed.append(x * x))
    (handed[0] * x).backward()
    assert x.grad.item() == 12.0


# -------------------------------------------------------------------------------------------- modes


def test_modes_belong_to_their_thread():
    x = leaf(1.0)
    both_inside = threading.Barrier(3)

    def work(k):
        with [tg.no_grad, tg.debug, tg.enable_grad][k]():
            both_inside.wait()
            y = x * 2
            assert y.requires_grad is (k != 0)
            assert (MODE.get().observer is not None) is (k == 1)
            both_inside.wait()
        assert (x * 2).requires_grad and MODE.get().observer is None

    in_threads(3, work)
    with tg.no_grad():
        started = []
        in_threads(1, lambda k: started.append((x * 2).requires_grad))
        assert started == [True]


@pytest.mark.parametrize("context", [tg.no_grad, tg.enable_grad, tg.debug])
def test_modes_end_with_an_exception(context):
    before = MODE.get()
    with pytest.raises(ZeroDivisionError), context():
        _ = 1 / 0
    assert MODE.get() is before
    with tg.no_grad():
        with pytest.raises(ZeroDivisionError), context():
            _ = 1 / 0
        assert not tg.is_grad_enabled()


def test_a_generator_restores_the_mode():
    x = leaf(1.0)

    def values():
        with tg.no_grad():
            yield x * 2
            yield x * 3

    assert [v.requires_grad for v in values()] == [False, False]
    assert tg.is_grad_enabled()
    stopped = values()
    next(stopped)
    stopped.close()
    assert tg.is_grad_enabled()
    failing = values()
    next(failing)
    with pytest.raises(KeyError):
        failing.throw(KeyError())
    assert tg.is_grad_enabled()


def test_modes_belong_to_their_async_task():
    x = leaf(1.0)
    seen = {}

    async def quiet(inside, other):
        with tg.no_grad():
            inside.set()
            await other.wait()
            seen["quiet"] = (x * 2).requires_grad
        seen["after"] = (x * 2).requires_grad

    async def recording(inside, other):
        await inside.wait()
        seen["recording"] = (x * 2).requires_grad
        other.set()

    async def failing():
        with tg.no_grad():
            await asyncio.sleep(0)
            raise KeyError

    async def main():
        events = asyncio.Event(), asyncio.Event()
        results = await asyncio.gather(
            quiet(*events), recording(*events), failing(), return_exceptions=True
        )
        assert [type(r) for r in results] == [type(None), type(None), KeyError]

    asyncio.run(main())
    assert seen == {"quiet": False, "after": True, "recording": True}
    assert tg.is_grad_enabled()


# ------------------------------------------------------------------------------- all leaves or none


def raises_in_the_rule(x, y):
    def rule(g):
        raise ArithmeticError("planted")

    return tg.op("raises", np.positive, {"x": rule})(x).sum() * y.sum()


def returns_a_wrong_shape(x, y):
    rule = tg.op("wrong", np.positive, {"x": lambda g: g[..., None] * np.ones(7)})
    return rule(x).sum() * y.sum()


def returns_a_number(x, y):
    return tg.op("number", np.positive, {"x": lambda g: 1.0})(x).sum() * y.sum()


def raises_in_a_hook(x, y):
    middle = x * 2

    def hook(g):
        raise ArithmeticError("planted")

    middle.register_hook(hook)
    return middle.sum() * y.sum()


def raises_in_the_first_leafs_hook(x, y):
    return raises_in_a_leafs_hook(x, y.sum() * x.sum())


def raises_in_the_last_leafs_hook(x, y):
    return raises_in_a_leafs_hook(x, x.sum() * y.sum())


def raises_in_a_leafs_hook(x, total):
    def hook(g):
        raise ArithmeticError("planted")

    x.register_hook(hook)
    return total


def returns_a_wrong_shape_from_a_hook(x, y):
    x.register_hook(lambda g: g.sum())
    return y.sum() * x.sum()


def differentiates_a_released_part(x, y):
    shared = tg.exp(x)
    shared.sum().backward()
    x.zero_grad()
    return y.sum() * shared.sum()


def makes_a_nan(x, y):
    return y.sum() * tg.sqrt(x * 0).sum()


FAILURES = [
    raises_in_the_rule, returns_a_wrong_shape, returns_a_number, raises_in_a_hook,
    raises_in_the_first_leafs_hook, raises_in_the_last_leafs_hook, makes_a_nan,
    returns_a_wrong_shape_from_a_hook, differentiates_a_released_part,
]  # fmt: skip


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("accumulated", [False, True])
@pytest.mark.parametrize("build", FAILURES)
def test_a_backward_that_fails_updates_no_leaf(build, accumulated, create_graph):
    x, y = leaf([1.0, 2.0]), leaf([3.0])
    total = build(x, y)
    kept = [None, None]
    if accumulated:
        x.grad, y.grad = tg.tensor([5.0, 6.0], dtype="float64"), tg.tensor([7.0], dtype="float64")
        kept = [x.grad.numpy().copy(), y.grad.numpy().copy()]
    before, errors_before = MODE.get(), np.geterr()
    with pytest.raises(Exception) as raised:
        if build is makes_a_nan:
            with tg.debug():
                total.backward(create_graph=create_graph)
        else:
            total.backward(create_graph=create_graph)
    assert "planted" in str(raised.value) or isinstance(
        raised.value, (tg.errors.GraphError, tg.errors.ShapeError, tg.errors.DTypeError,
               tg.errors.AnomalyError)
    )  # fmt: skip
    for tensor, values in zip((x, y), kept, strict=True):
        assert (tensor.grad is None) if values is None else np.array_equal(tensor.grad, values)
    assert MODE.get() is before and np.geterr() == errors_before


def test_an_error_in_backward_names_its_node():
    x, y = leaf([1.0]), leaf([2.0])
    with pytest.raises(ArithmeticError) as raised:
        raises_in_the_rule(x, y).backward()
    assert any("in the backward pass of <node" in note for note in raised.value.__notes__)


def test_a_failed_operation_leaves_the_mode_as_it_was():
    before = MODE.get()
    for context in (tg.no_grad, tg.debug):
        with context():
            inside = MODE.get()
            with pytest.raises(tg.errors.ShapeError):
                tg.add(leaf([1.0, 2.0]), leaf([1.0, 2.0, 3.0]))
            assert MODE.get() is inside
    assert MODE.get() is before
