"""Processes: what a forked child finds, and training whose workers are processes or threads."""

import hashlib
import multiprocessing
import os
import signal
import threading
import traceback
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim, train
from tensorgraph.engine import autodiff
from tensorgraph.symbolic import expr

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")

SECONDS = 120
"""After which a child that hangs is ended by the system's alarm, and the test fails. It is long, as
a busy machine may need half of a minute to start a process."""


def in_child(work):
    """Return how a forked child ended that did ``work``: 0 if it returned."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: there are threads
        child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(SECONDS)
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@contextmanager
def held_by_a_thread(hold):
    """Run a block while a thread is in ``hold(wait)``, which calls ``wait`` with a lock held."""
    inside, over = threading.Event(), threading.Event()

    def wait(*_):
        inside.set()
        over.wait()

    thread = threading.Thread(target=hold, args=(wait,))
    thread.start()
    inside.wait()
    try:
        yield
    finally:
        over.set()
        thread.join()


def locked(lock):
    def hold(wait):
        with lock:
            wait()

    return hold


def draws_from(generator):
    tg.random.normal(3, generator=generator)
    generator.state = generator.state
    generator.seed(1)
    assert tg.random.permutation(4, generator=generator).size == 4


def computes_a_gradient():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    assert x.grad.data.tolist() == [2.0, 4.0]


def derives():
    x = tg.tensor([1.0, 2.0], requires_grad=True, name="x")
    assert str(tg.derive((x * x).sum(), wrt=[x])).startswith("dx = 2 x")


OWN = tg.random.Generator(7)
COPIED = OWN.__class__.__new__(OWN.__class__)
COPIED.__setstate__(OWN.__getstate__())
DEFAULT = tg.random.default_generator()


@pytest.mark.parametrize("generator", [DEFAULT, OWN, COPIED], ids=["default", "own", "copied"])
def test_a_child_draws_although_a_thread_was_drawing_when_it_was_forked(generator):
    with held_by_a_thread(generator.draw):
        assert in_child(lambda: draws_from(generator)) == 0
    draws_from(generator)
    with held_by_a_thread(locked(generator.draw(lambda numpy: numpy.bit_generator.lock))):
        assert in_child(lambda: draws_from(generator)) == 0


def test_a_child_goes_on_from_the_state_of_its_parent():
    generator = tg.random.Generator(3)
    tg.random.normal(5, generator=generator)
    state = dict(generator.state)
    with held_by_a_thread(locked(generator.draw(lambda numpy: numpy.bit_generator.lock))):

        def draw():
            assert generator.state == state

        assert in_child(draw) == 0
    # A child that is forked inside a draw has the lock, as its parent has it.
    assert generator.draw(lambda numpy: in_child(lambda: draws_from(generator))) == 0


@pytest.mark.parametrize(
    "lock, work",
    [(autodiff._COMMIT, computes_a_gradient), (expr._LOCK, derives)],
    ids=["gradients", "expressions"],
)
def test_a_child_finds_every_lock_of_the_package_free(lock, work):
    with held_by_a_thread(locked(lock)):
        assert in_child(work) == 0
    work()


# ----------------------------------------------------------------------------------------- training

X = np.random.default_rng(0).normal(size=(64, 4)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int)


def network():
    tg.random.seed(0)
    model = nn.Sequential(
        nn.Linear(4, 8), nn.BatchNorm(8), nn.ReLU(), nn.Dropout(keep_prob=0.8), nn.Linear(8, 2)
    )
    return model, optim.Adam(model.named_parameters(), lr=0.01)


def step(model, optimizer):
    optimizer.zero_grad()
    cost = nn.losses.cross_entropy(model(X), Y)
    cost.backward()
    optimizer.step()
    return cost.item()


def stepped(pair):
    tg.random.seed(1)
    return step(*pair), step(*pair)


def batch(k):
    return tg.tensor(X[8 * k : 8 * k + 8]), Y[8 * k : 8 * k + 8]


def digest(model):
    return hashlib.sha256(b"".join(p.data.tobytes() for p in model.parameters())).digest()


def test_a_fork_between_the_two_passes_goes_on_like_its_parent():
    model, optimizer = network()
    step(model, optimizer)
    cost = nn.losses.cross_entropy(model(X), Y)
    reading, writing = os.pipe()

    def finish():
        cost.backward()
        optimizer.step()
        return digest(model)

    assert in_child(lambda: os.write(writing, finish())) == 0
    assert os.read(reading, 64) == finish()
    os.close(reading), os.close(writing)


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_workers_take_the_steps_that_their_parent_takes(method):
    model, optimizer = network()
    step(model, optimizer)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
        there = pool.submit(stepped, (model, optimizer)).result(SECONDS)
        inputs, _ = pool.submit(batch, 1).result(SECONDS)
    assert there == stepped((model, optimizer))
    assert np.array_equal(inputs, X[8:16])


def pool_of(kind):
    if kind == "threads":
        return ThreadPoolExecutor(2)
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork"))


@pytest.mark.parametrize("kind", ["processes", "threads"])
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_fit_takes_batches_that_workers_make(kind):
    class Loader:
        def __iter__(self):
            with pool_of(kind) as pool:
                yield from pool.map(batch, range(8))

        def __len__(self):
            return 8

    def fitted(batches):
        model, optimizer = network()
        loss = nn.losses.cross_entropy
        train.fit(model, loss, optimizer, batches, (X, Y), epochs=2, progress=False)
        return digest(model)

    assert fitted(Loader()) == fitted([batch(k) for k in range(8)])


def test_what_a_worker_computed_with_a_graph_says_what_to_send_back():
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        with pytest.raises(tg.errors.GraphError, match=r"write \.detach"):
            pool.submit(network()[0], X).result(SECONDS)
