"""no_grad and enable_grad: what they cover, and that they end with their block."""

import asyncio
import contextvars
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import tensorgraph as tg
from tensorgraph.engine.modes import MODE


def leaf(data=1.0):
    return tg.tensor(data, requires_grad=True)


def test_nothing_is_recorded_under_no_grad():
    x = leaf([1.0, 2.0])
    with tg.no_grad():
        assert not tg.is_grad_enabled()
        for y in (x * 2, tg.exp(x), x.sum(), x[0], tg.stack([x, x]), x @ x, tg.where(x > 0, x, 0)):
            assert not y.requires_grad and y.node is None
        made = leaf()
    assert tg.is_grad_enabled()
    assert made.requires_grad
    assert (x * 2).requires_grad


def test_enable_grad_inside_no_grad():
    x = leaf()
    with tg.no_grad():
        with tg.enable_grad():
            assert tg.is_grad_enabled() and (x * 2).requires_grad
        assert not (x * 2).requires_grad


def test_values_are_the_same():
    x = leaf([0.5, 1.5])
    with tg.no_grad():
        without = tg.softmax(x * 3)
    assert without.data.tolist() == tg.softmax(x * 3).data.tolist()


def test_modes_are_restored_after_exceptions():
    before = MODE.get()
    for mode in (tg.no_grad, tg.enable_grad, tg.debug):
        with pytest.raises(ZeroDivisionError), mode():
            1 / 0  # noqa: B018
        assert MODE.get() is before
    with pytest.raises(ZeroDivisionError), tg.no_grad():
        try:
            with tg.enable_grad():
                1 / 0  # noqa: B018
        finally:
            assert not tg.is_grad_enabled()
    assert MODE.get() is before


def test_a_mode_belongs_to_its_task():
    async def evaluate(started, go_on):
        with tg.no_grad():
            started.set()
            await go_on.wait()
            return tg.is_grad_enabled()

    async def train(started, go_on):
        await started.wait()
        enabled = tg.is_grad_enabled()
        go_on.set()
        return enabled

    async def both():
        started, go_on = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(evaluate(started, go_on), train(started, go_on))

    assert asyncio.run(both()) == [False, True]


def test_threads_and_tasks_may_share_one_block():
    block = tg.no_grad()
    wrong = []

    def enter_again_and_again(_):
        for _ in range(300):
            with block:
                time.sleep(0)
                with block, tg.enable_grad():
                    wrong.extend(["off"] if not tg.is_grad_enabled() else [])
                wrong.extend(["on"] if tg.is_grad_enabled() else [])
            wrong.extend(["left behind"] if not tg.is_grad_enabled() else [])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(enter_again_and_again, range(4)))

    async def enter(first):
        await asyncio.sleep(0 if first else 0.001)
        with block:
            await asyncio.sleep(0.002 if first else 0.003)
        return tg.is_grad_enabled()

    async def both():
        return await asyncio.gather(enter(True), enter(False))

    assert not wrong and asyncio.run(both()) == [True, True]


def test_a_mode_belongs_to_its_context():
    with tg.no_grad():
        inside = contextvars.copy_context()
    assert inside.run(tg.is_grad_enabled) is False
    assert tg.is_grad_enabled()


def test_backward_works_under_no_grad():
    x = leaf(3.0)
    y = x * x
    with tg.no_grad():
        y.backward()
        assert x.grad.item() == 6
        z = leaf(2.0)
        z.backward()
        assert z.grad.item() == 1


def test_create_graph_records_under_no_grad():
    x = leaf(3.0)
    y = x * x
    with tg.no_grad():
        first = tg.gradients(y, x, create_graph=True)
        assert not tg.is_grad_enabled()
    assert tg.gradients(first, x).item() == 2


def test_a_first_order_backward_records_nothing():
    x = leaf(3.0)
    (x * x).backward()
    assert not x.grad.requires_grad and x.grad.node is None
