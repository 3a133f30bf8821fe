"""Ctrl-C: it ends a run after the step, and everything is kept."""

import itertools
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.data import Batches
from tensorgraph.train import EarlyStopping
from tests.train.fit_cases import data, network, quick, same

ROOT = Path(__file__).parents[2]


# ------------------------------------------------------------------------------------------- Ctrl-C


def test_an_interrupt_from_a_callback_keeps_everything():
    def interrupt(run):
        if run.epoch == 2:
            raise KeyboardInterrupt

    model = network().eval()
    history = quick(model, data(), callbacks=[interrupt], epochs=5)
    assert history.stopped == "interrupted"
    assert len(history["epoch"]) == 2
    assert not model.training


def test_an_interrupt_from_the_data_keeps_everything():
    class Slow(list):
        epoch = 0

        def __iter__(self):
            Slow.epoch += 1
            for i, batch in enumerate(list.__iter__(self)):
                if Slow.epoch == 3 and i == 2:  # the first time, it is measured
                    raise KeyboardInterrupt
                yield batch

    x, y = data()
    batches = [*zip(np.split(x, 4), np.split(y, 4), strict=True)]
    history = quick(network(), Slow(batches), epochs=5)
    assert history.stopped == "interrupted"
    assert len(history["epoch"]) == 1


def test_ctrl_c_ends_the_run_after_the_step_and_gives_the_signal_back():
    model, undisturbed = network(), network()
    before = signal.getsignal(signal.SIGINT)
    in_step = []

    def press(run):
        if run.step == 5:
            os.kill(os.getpid(), signal.SIGINT)
        in_step.append(run.step)

    history = quick(model, data(), step_callbacks=[press], epochs=5)
    assert signal.getsignal(signal.SIGINT) is before
    assert in_step == [1, 2, 3, 4, 5]
    assert history.stopped == "interrupted"
    assert len(history["epoch"]) == 1
    stop = [lambda run: run.stop("five steps") if run.step == 5 else None]
    quick(undisturbed, data(), step_callbacks=stop)
    assert same(model, undisturbed)


def test_ctrl_c_while_parameters_are_updated_waits_for_the_last_of_them():
    class Slow(optim.SGD):
        def step(self):
            for _ in range(3):  # also the second and the third time
                os.kill(os.getpid(), signal.SIGINT)
            super().step()

    model, undisturbed = network(), network()
    history = quick(model, data(), optimizer=Slow(model.parameters(), lr=0.1), epochs=5)
    assert history.stopped == "interrupted"
    optimizer = optim.SGD(undisturbed.parameters(), lr=0.1)
    stop = [lambda run: run.stop("one step")]
    quick(undisturbed, data(), optimizer=optimizer, step_callbacks=stop)
    assert same(model, undisturbed)


def test_the_second_ctrl_c_does_not_wait():
    reached = []

    def press(run):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        reached.append(run)

    history = quick(network(), data(), callbacks=[press], epochs=5)
    assert history.stopped == "interrupted"
    assert not reached


def test_ctrl_c_in_the_midst_of_a_step_leaves_buffers_as_they_were():
    model = network(nn.BatchNorm(8))
    before = model.state_dict()

    def loss(output, y):
        raise KeyboardInterrupt

    assert quick(model, data(), loss=loss).stopped == "interrupted"
    after = model.state_dict()
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_a_handler_of_the_program_stays():
    pressed = []
    before = signal.signal(signal.SIGINT, lambda *_: pressed.append(1))
    try:
        press = [lambda run: os.kill(os.getpid(), signal.SIGINT)]
        history = quick(network(), data(), callbacks=press)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (len(pressed), history.stopped) == (2, "")


def test_ctrl_c_while_the_best_weights_are_taken():
    class Slow(type(network())):
        taken = 0

        def state_dict(self):
            Slow.taken += 1
            if Slow.taken == interrupted:
                raise KeyboardInterrupt
            return super().state_dict()

    for interrupted in (1, 2):
        Slow.taken = 0
        model = Slow(*network().layers)
        stopping = EarlyStopping(optimize="train_loss")
        history = quick(model, data(), early_stopping=stopping, epochs=5)
        assert history.stopped == "interrupted"
        assert stopping.best_epoch == interrupted - 1


def checkpointed(path, press=0):
    """Train with all there is, Ctrl-C pressed twice at a call of a function; count the calls."""
    model = network(nn.BatchNorm(8), nn.Dropout(p=0.2, generator=tg.random.Generator(5)))
    calls = itertools.count(1)

    def profile(frame, event, argument):
        if event == "call" and next(calls) == press:
            sys.setprofile(None)
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    options = {"early_stopping": EarlyStopping(patience=5), "checkpoint": path}
    before = sys.getprofile()
    try:
        sys.setprofile(profile)
        history = quick(model, Batches(*data(), batch_size=16), data(8), **options)
    except KeyboardInterrupt:  # before the first step, when there is nothing to be kept
        history = None
    finally:
        sys.setprofile(before)
    return model, history, next(calls)


# Where it comes as a generator is freed, Python tells of it and goes on.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ctrl_c_at_any_place_and_the_run_that_goes_on(tmp_path):
    checkpointed(tmp_path / "first")  # what is imported at the first use is no part of a run
    undisturbed, expected, calls = checkpointed(tmp_path / "whole")
    handler = signal.getsignal(signal.SIGINT)
    ends = []
    for k, press in enumerate(range(1, calls, calls // 15)):
        path = tmp_path / f"{k}"
        model, history, _ = checkpointed(path, press)
        assert signal.getsignal(signal.SIGINT) is handler
        assert all(module.training for module in model.modules())
        ends.append(history is not None and history.stopped)
        model, history, _ = checkpointed(path)
        assert same(model, undisturbed)
        assert history == expected
        tg.train.save(path, done=True)  # with which litter of the interruption goes
    assert ends.count("interrupted") > 5
    assert sorted(os.listdir(tmp_path)) == sorted([*map(str, range(len(ends))), "first", "whole"])


SCRIPT = """
import signal
import numpy as np, tensorgraph as tg
signal.signal(signal.SIGINT, signal.default_int_handler)
from tensorgraph import nn, optim
model = nn.Linear(3, 1)
x = np.ones((64, 3), "float32")
history = tg.train.fit(model, nn.losses.mse, optim.SGD(model.parameters(), lr=1e-6), (x, x[:, :1]),
    epochs=10**9, callbacks=[lambda run: run.epoch == 1 and print("ready", flush=True) or None],
    progress=False)
print(history.stopped, len(history["epoch"]) >= 1, np.isfinite(model.weight.data).all())
"""


def test_ctrl_c_in_a_program():
    child = subprocess.Popen(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "ready\n"
    child.send_signal(signal.SIGINT)
    output, _ = child.communicate(timeout=60)
    assert output.strip() == "interrupted True True"
    assert child.returncode == 0
