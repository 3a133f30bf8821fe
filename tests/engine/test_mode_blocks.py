"""Blocks of modes that are held by what runs in pieces: generators, coroutines, decorated ones."""

import asyncio
import contextlib
import contextvars
import functools
import inspect
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, train
from tensorgraph.engine.modes import MODE
from tensorgraph.train.evaluation import evaluating

# Each mode of the package, and how to know that it holds.
MODES = {
    "no_grad": (tg.no_grad, lambda: not tg.is_grad_enabled()),
    "debug": (tg.debug, lambda: MODE.get().lines and MODE.get().observer is not None),
    "profile": (tg.profile, lambda: MODE.get().observer is not None),
    "evaluating": (lambda: evaluating(nn.ReLU()), lambda: not tg.is_grad_enabled()),
}
DECORATING = [tg.no_grad, tg.debug]
every_mode = pytest.mark.parametrize("block, holds", MODES.values(), ids=MODES)


@pytest.fixture(autouse=True)
def nothing_left_behind():
    before = MODE.get()
    yield
    assert MODE.get().now() == before.now()


def in_thread(work):
    result = []
    thread = threading.Thread(target=lambda: result.append(work()))
    thread.start()
    thread.join()
    return result[0]


def leaf(data=1.0):
    return tg.tensor(data, requires_grad=True)


# --------------------------------------------------------------------------------------- generators


@every_mode
def test_a_block_counts_while_the_generator_that_holds_it_runs(block, holds):
    def batches():
        seen = [holds()]
        with block():
            for _ in range(3):
                seen.append(holds())
                yield seen
            seen.append(holds())
        yield [*seen, holds()]

    def delegating():
        yield from batches()

    for made in (batches(), delegating(), (x for x in batches()), itertools.islice(batches(), 9)):
        *_, seen = (seen for seen in made if not holds())
        assert seen == [False, True, True, True, True, False]


def test_what_a_suspended_generator_leaves_alone_is_recorded():
    w = leaf([1.0, 2.0])
    model = nn.Linear(2, 2)

    def targets():
        with tg.no_grad():
            while True:
                assert not (w * 2).requires_grad and not model(w.detach()).requires_grad
                yield model(w.detach())

    for target in itertools.islice(targets(), 2):
        assert tg.is_grad_enabled() and not target.requires_grad
        cost = ((w * 3 - target) ** 2).sum() + model(w).sum()
        cost.backward()
    assert w.grad is not None and model.weight.grad is not None


def test_a_waiting_generator_is_closed_left_and_thrown_into():
    def quiet():
        with tg.no_grad():
            try:
                yield tg.is_grad_enabled()
            except KeyError:
                yield tg.is_grad_enabled()

    first = quiet()
    assert next(first) is False and tg.is_grad_enabled()
    assert first.throw(KeyError()) is False and tg.is_grad_enabled()
    first.close()
    for _ in quiet():
        break
    dropped = quiet()
    next(dropped)
    del dropped
    assert tg.is_grad_enabled()


def test_blocks_around_and_within_those_of_generators():
    def quiet():
        with tg.no_grad():
            yield tg.is_grad_enabled()
            with tg.enable_grad():
                yield tg.is_grad_enabled()
            yield helper()
            yield tg.is_grad_enabled()

    def helper():
        with tg.enable_grad():
            enabled = tg.is_grad_enabled()
        return enabled, tg.is_grad_enabled()

    def loud(other):
        with tg.enable_grad():
            for value in other:
                assert tg.is_grad_enabled()
                yield value

    expected = [False, True, (True, False), False]
    assert list(quiet()) == list(loud(quiet())) == expected
    seen = []
    for value in quiet():
        with tg.no_grad():
            assert not tg.is_grad_enabled()
            with tg.enable_grad():
                assert tg.is_grad_enabled()
            assert not tg.is_grad_enabled()
        assert tg.is_grad_enabled()
        seen.append(value)
    assert seen == expected
    # Resumed inside a block, and inside two, it has its own mode all the same.
    going_on = quiet()
    assert next(going_on) is False
    with tg.enable_grad(), tg.debug():
        assert next(going_on) is True and tg.is_grad_enabled()
        assert next(going_on) == (True, False)
    with tg.no_grad():
        assert next(going_on) is False and not tg.is_grad_enabled()
        assert next(going_on, "over") == "over" and not tg.is_grad_enabled()


def test_generators_that_take_turns_and_end_in_any_order():
    def holding(block):
        with block():
            while True:
                yield tg.is_grad_enabled()

    for order in itertools.permutations(range(3)):
        held = [holding(tg.no_grad), holding(tg.enable_grad), holding(tg.no_grad)]
        expected = [False, True, False]
        for k in (0, 1, 2, 1, 0):
            assert next(held[k]) is expected[k] and tg.is_grad_enabled()
        for k in order:
            held[k].close()
            for other in set(order) - set(order[: order.index(k) + 1]):
                assert next(held[other]) is expected[other] and tg.is_grad_enabled()
        assert tg.is_grad_enabled()


@every_mode
def test_a_generator_is_closed_in_another_thread_or_context(block, holds):
    def holding():
        with block():
            yield holds()

    for close in (in_thread, contextvars.copy_context().run):
        held = holding()
        assert next(held) is True
        close(held.close)
        assert not holds()
        begun_elsewhere = holding()
        assert close(lambda: next(begun_elsewhere)) is True  # noqa: B023
        begun_elsewhere.close()
        assert not holds()
        # One block more sweeps up what another thread ended.
        with tg.enable_grad():
            pass


def test_a_shared_block_that_generators_of_many_threads_hold():
    block = tg.no_grad()

    def holding():
        with block:
            yield tg.is_grad_enabled()

    here = holding()
    assert next(here) is False

    def there():
        own = holding()
        assert next(own) is False and tg.is_grad_enabled()
        here.close()
        with pytest.raises(StopIteration):
            next(own)
        return tg.is_grad_enabled()

    assert in_thread(there) and tg.is_grad_enabled()


def test_a_function_opens_a_block_for_what_comes_after_it_also_beside_generators():
    def quiet():
        with tg.no_grad():
            while True:
                yield tg.is_grad_enabled()

    class Case:
        def begin(self):
            self.block = tg.no_grad()
            self.block.__enter__()

        def end(self):
            self.block.__exit__(None, None, None)

    beside = quiet()
    for case in (Case(), Case()):
        case.begin()
        assert not tg.is_grad_enabled() and not next(beside)
        case.end()
        assert tg.is_grad_enabled() and not next(beside)

    def loud():
        with tg.enable_grad():
            case.begin()
            yield tg.is_grad_enabled()
            case.end()
            yield tg.is_grad_enabled()

    within = loud()
    assert next(within) is False and tg.is_grad_enabled()
    with tg.no_grad():
        assert next(within) is True and not tg.is_grad_enabled()
    assert tg.is_grad_enabled()


def test_a_generator_goes_on_in_the_calls_of_modules():
    class Noisy(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = tg.ones(3, requires_grad=True)
            self.noise = self.draws()

        def draws(self):
            with tg.no_grad():
                while True:
                    yield self.w * 2

        def forward(self, x):
            noise = next(self.noise)
            assert not noise.requires_grad and tg.is_grad_enabled()
            return x + noise * self.w

    model = nn.Sequential(nn.ReLU(), Noisy())
    for _ in range(3):
        y = model(tg.ones(3))
        assert y._node.scope == "model.layers[1] Noisy" and MODE.get().scope == ""
    assert not next(model.layers[1].noise).requires_grad and tg.is_grad_enabled()
    model.layers[1].noise.close()


@pytest.mark.parametrize("block", [tg.no_grad(), tg.debug()], ids=["no_grad", "debug"])
def test_threads_share_a_block(block):
    """It ends in each as it began there, whichever ends first."""
    took_turns = threading.Barrier(2, timeout=60)
    before = MODE.get(), np.geterr()

    def first():
        with block:
            took_turns.wait()
            took_turns.wait()  # the other has begun
        took_turns.wait()
        return MODE.get(), np.geterr()

    def second():
        took_turns.wait()
        with block:
            took_turns.wait()
            took_turns.wait()  # the first has ended
            assert MODE.get() != before[0]
        return MODE.get(), np.geterr()

    with ThreadPoolExecutor(2) as pool:
        results = [pool.submit(work) for work in (first, second)]
        assert [result.result() for result in results] == [before, before]


# ------------------------------------------------------------------------------ those that serve


@every_mode
def test_context_managers_hold_their_blocks_for_whom_they_serve(block, holds):
    @contextlib.contextmanager
    def served():
        with block():
            yield

    class Served:
        def __enter__(self):
            self.block = block()
            self.block.__enter__()

        def __exit__(self, *error):
            self.block.__exit__(*error)

    for make in (served, Served):
        with make():
            assert holds()
        assert not holds()
        with contextlib.ExitStack() as stack:
            stack.enter_context(make())
            assert holds()
        assert not holds()

        def generator(make=make):
            with make():
                yield holds()
            with contextlib.ExitStack() as stack:
                stack.enter_context(make())
                yield holds()

        for inside in generator():
            assert inside and not holds()

    async def main():
        @contextlib.asynccontextmanager
        async def awaited():
            with block():
                await asyncio.sleep(0)
                yield

        async with awaited():
            await asyncio.sleep(0)
            inside = holds()
        return inside, holds()

    assert asyncio.run(main()) == (True, False)


@pytest.fixture
def without_gradients():
    with tg.no_grad():
        yield


def test_a_fixture_holds_its_block_for_the_test(without_gradients):
    assert not tg.is_grad_enabled()


def test_blocks_that_end_out_of_order_take_their_own_change_along():
    quiet, loud, lines = tg.no_grad(), tg.enable_grad(), tg.debug()
    quiet.__enter__()
    lines.__enter__()
    quiet.__exit__(None, None, None)
    assert tg.is_grad_enabled() and MODE.get().lines
    lines.__exit__(None, None, None)
    assert tg.is_grad_enabled() and not MODE.get().lines
    quiet.__enter__()
    loud.__enter__()
    quiet.__exit__(None, None, None)
    assert tg.is_grad_enabled()
    loud.__exit__(None, None, None)
    loud.__enter__()
    quiet.__enter__()
    loud.__exit__(None, None, None)
    assert not tg.is_grad_enabled()
    quiet.__exit__(None, None, None)
    quiet.__exit__(None, None, None)  # nothing to end


# --------------------------------------------------------------------------------- decorated


def test_decorators_with_and_without_parentheses():
    for decorator in (tg.no_grad, tg.no_grad()):

        @decorator
        def evaluate(x, *, by=2):
            """Evaluate."""
            return x * by

        assert evaluate.__name__ == "evaluate" and evaluate.__doc__ == "Evaluate."
        for _ in range(2):
            assert not evaluate(leaf()).requires_grad
            with pytest.raises(TypeError):
                evaluate()
            assert tg.is_grad_enabled()

    @tg.no_grad
    def recursive(n):
        return tg.is_grad_enabled() if n == 0 else recursive(n - 1)

    @tg.enable_grad
    def loud():
        return tg.is_grad_enabled()

    class Model(nn.Linear):
        @tg.no_grad
        def forward(self, x):
            return super().forward(x)

        @classmethod
        @tg.no_grad
        def enabled(cls):
            return tg.is_grad_enabled()

        @tg.no_grad
        @classmethod
        def enabled_below(cls):
            return tg.is_grad_enabled()

        @tg.no_grad
        @staticmethod
        def enabled_at_all():
            return tg.is_grad_enabled()

    assert recursive(5) is False
    with tg.no_grad():
        assert loud() is True
    assert not Model(2, 1)(tg.ones((1, 2))).requires_grad
    for own in (Model, Model(2, 1)):
        assert own.enabled() is own.enabled_below() is own.enabled_at_all() is False
    assert tg.no_grad(functools.partial(recursive, 0))() is False


@pytest.mark.parametrize("decorator", DECORATING)
def test_decorated_generators_hold_the_mode_while_they_run(decorator):
    @decorator
    def echo(first):
        seen = [MODE.get()]
        try:
            while True:
                try:
                    seen.append((yield seen))
                except KeyError:
                    seen.append("thrown")
        finally:
            seen.append(MODE.get())

    assert inspect.isgeneratorfunction(echo)
    outside = MODE.get()
    values = lambda: (tg.is_grad_enabled(), MODE.get().lines)  # noqa: E731
    before = values()
    held = echo(1)
    seen = next(held)
    assert held.send("sent") is seen and held.throw(KeyError()) is seen and values() == before
    held.close()
    assert seen[1:3] == ["sent", "thrown"] and values() == before
    assert outside.now() is MODE.get()

    @decorator
    def result():
        yield values()
        return values()

    def delegating():
        inner = yield from result()
        yield inner, values()

    (first, (second, after)) = list(delegating())
    assert first == second != before == after


@pytest.mark.parametrize("decorator", DECORATING)
def test_decorated_coroutines_and_asynchronous_generators(decorator):
    values = lambda: (tg.is_grad_enabled(), MODE.get().lines)  # noqa: E731
    before = values()

    @decorator
    async def coroutine():
        first = values()
        await asyncio.sleep(0)
        return first, values()

    @decorator
    async def generator():
        seen = [values()]
        try:
            while True:
                try:
                    seen.append((yield seen))
                except KeyError:
                    seen.append(values())
                seen.append(await asyncio.gather(inherited()))
        finally:
            seen.append(values())

    async def inherited():
        return values()

    @decorator
    async def finite():
        yield values()

    async def main():
        first, second = await coroutine()
        assert first == second != before == values()
        held = generator()
        seen = await anext(held)
        assert values() == before
        assert await held.asend("sent") is seen and values() == before
        assert await held.athrow(KeyError()) is seen and values() == before
        await held.aclose()
        assert values() == before
        assert seen == [first, "sent", [first], first, [first], first]
        assert [value async for value in finite()] == [first]
        return await asyncio.gather(coroutine(), inherited())

    assert inspect.iscoroutinefunction(coroutine) and inspect.isasyncgenfunction(generator)
    (first, second), beside = asyncio.run(main())
    assert first == second != before == beside


def test_a_decorated_context_manager_holds_the_mode_for_its_own_body():
    @contextlib.contextmanager
    @tg.no_grad
    def measured():
        yield tg.is_grad_enabled()

    with measured() as inside:
        assert inside is False and tg.is_grad_enabled()


@pytest.mark.parametrize("decorator", DECORATING)
@pytest.mark.parametrize("thing", [False, 3, "f", np.ones(2)])
def test_what_is_no_function_is_not_decorated(decorator, thing):
    with pytest.raises(tg.errors.DTypeError, match="decorates functions, not "):
        decorator(thing)


def test_classes_are_not_decorated_and_profile_is_no_decorator():
    class Model:
        pass

    with pytest.raises(tg.errors.DTypeError, match="write it above each of its methods"):
        tg.no_grad(Model)
    with pytest.raises(tg.errors.DTypeError, match=r"write `with tg.profile\(\) as p:`"):
        tg.profile(lambda: 1)


def test_evaluation_and_training_go_on_in_a_generator_that_waits():
    x, y = np.ones((8, 2), np.float32), np.zeros((8, 1), np.float32)
    model = nn.Linear(2, 1)

    def scores():
        with tg.no_grad():
            while True:
                yield train.evaluate(model, nn.losses.mse, (x, y))["loss"]

    losses = []
    optimizer = tg.optim.SGD(model.parameters(), lr=0.05)
    for loss in itertools.islice(scores(), 3):
        losses.append(loss)
        optimizer.zero_grad()
        nn.losses.mse(model(x), y).backward()
        optimizer.step()
    assert losses[0] > losses[1] > losses[2]
