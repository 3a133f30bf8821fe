"""Data whose end is not known: epochs of so many steps, streams, generators, resumption."""

import itertools

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.data import Batches
from tests.train.fit_cases import cross_entropy, data, network, quick, same

X, Y = data(40)
PARTS = [(X[i : i + 8], Y[i : i + 8]) for i in range(0, 40, 8)]


class Endless:
    """Batches without end, the same ones whenever it begins; counts those that were asked for."""

    def __init__(self):
        self.asked = 0

    def __iter__(self):
        for batch in itertools.cycle(PARTS):
            self.asked += 1
            yield batch


def trained(train, **options):
    model = network()
    return model, quick(model, train, loss=cross_entropy, **options)


def by_hand(order):
    """Train on parts in an order, with a list that is one epoch."""
    return trained([PARTS[i] for i in order], epochs=1)[0]


STREAMS = {
    "endless": Endless,
    "list": lambda: list(PARTS),
    "generator": lambda: (batch for batch in itertools.cycle(PARTS)),
    "finite generator": lambda: iter(PARTS * 2),
    "batches": lambda: Batches(X, Y, batch_size=8, shuffle=False),
}


@pytest.mark.parametrize("kind", STREAMS)
def test_an_epoch_has_so_many_steps_and_the_next_goes_on(kind):
    model, history = trained(STREAMS[kind](), steps_per_epoch=3, epochs=3)
    assert history["epoch"].tolist() == [1, 2, 3]
    assert history.stopped == ""
    assert same(model, by_hand([0, 1, 2, 3, 4, 0, 1, 2, 3]))


def test_arrays_may_have_shorter_and_longer_epochs():
    options = {"batch_size": 16, "seed": 3}
    for steps, epochs in ((2, 9), (7, 3)):
        model, history = trained((X, Y), steps_per_epoch=steps, epochs=epochs, **options)
        assert len(history.rows()) == epochs
        undisturbed = network()
        stop = [lambda run, last=steps * epochs: run.stop("enough") if run.step == last else None]
        quick(undisturbed, (X, Y), epochs=99, step_callbacks=stop, **options)
        assert same(model, undisturbed)


def test_what_is_measured_of_a_stream_are_its_first_examples():
    seen = []
    metrics = {"n": lambda z, y: seen.append(y) or 0.0}
    stream = ((X[:8] + k, Y[:8] + 0 * k) for k in itertools.count())
    trained(stream, steps_per_epoch=2, metrics=metrics)
    assert [len(y) for y in seen] == [1000, 1000]
    endless = Endless()
    trained(endless, steps_per_epoch=2, epochs=1)
    assert endless.asked == 125 + 2


def test_a_stream_that_runs_out_ends_the_run_and_all_is_measured():
    steps = []
    count = {"step_callbacks": [lambda run: steps.append(run.step)]}
    model, history = trained(iter(PARTS), steps_per_epoch=3, epochs=4, **count)
    assert (len(steps), len(history.rows())) == (5, 2)
    assert history.stopped == "train ran out of batches after 5"
    assert same(model, by_hand(range(5)))
    steps.clear()
    _, history = trained(iter(PARTS), steps_per_epoch=5, epochs=4, **count)
    assert (len(steps), len(history.rows())) == (5, 1)  # nothing is left for a second epoch
    assert history.stopped == "train ran out of batches after 5"
    for empty in (iter([]), (b for b in [])):
        with pytest.raises(tg.errors.ArgumentError, match="train holds no batches"):
            trained(empty, steps_per_epoch=5)


def test_early_stopping_and_callbacks_end_a_stream():
    stop = [lambda run: run.stop("enough") if run.step == 4 else None]
    _, history = trained(Endless(), steps_per_epoch=3, epochs=9, step_callbacks=stop)
    assert history.stopped == "enough"
    assert len(history.rows()) == 2


def test_the_rate_of_each_epoch_counts_its_steps():
    model = network()
    rate = tg.optim.schedules.per_epoch(lambda epoch: 0.1 / (1 + epoch), 3)
    optimizer = tg.optim.SGD(model.parameters(), lr=rate)
    history = quick(model, Endless(), steps_per_epoch=3, epochs=3, optimizer=optimizer)
    assert np.allclose(history["lr"], [0.1, 0.05, 0.1 / 3])


# ------------------------------------------------------------------------------------- resumption


class Killed(BaseException):
    """As what nothing catches."""


@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("kill_at", [2, 4, 6, 7])
@pytest.mark.parametrize("every", ["epoch", 2])
def test_a_killed_run_goes_on_where_the_stream_was(tmp_path, kind, kill_at, every):
    if every == 2 and kind != "batches":
        with pytest.raises(tg.errors.ArgumentError, match="needs batches that know their position"):
            trained(
                STREAMS[kind](), steps_per_epoch=3, checkpoint=tmp_path / "c", checkpoint_every=2
            )
        return

    def kill(run):
        if run.step == kill_at:
            raise Killed

    options = {"steps_per_epoch": 3, "epochs": 3, "checkpoint": tmp_path / "run"}
    options |= {"checkpoint_every": every}
    with pytest.raises(Killed):
        trained(STREAMS[kind](), step_callbacks=[kill], **options)
    steps = []
    model, history = trained(
        STREAMS[kind](), step_callbacks=[lambda run: steps.append(run.step)], **options
    )
    undisturbed, expected = trained(STREAMS[kind](), steps_per_epoch=3, epochs=3)
    assert same(model, undisturbed)
    assert history == expected
    period = 3 if every == "epoch" else every
    assert steps[0] == (kill_at - 1) // period * period + 1


def test_another_length_of_epochs_is_another_run(tmp_path):
    options = {"epochs": 2, "checkpoint": tmp_path / "run"}
    trained(list(PARTS), steps_per_epoch=3, **options)
    with pytest.raises(tg.errors.StateError, match="steps_per_epoch was 3, now it is 4"):
        trained(list(PARTS), steps_per_epoch=4, **options)
    with pytest.raises(tg.errors.StateError, match="steps_per_epoch was 3, now it is not given"):
        trained(list(PARTS), **options)


def test_ctrl_c_ends_an_endless_epoch_and_keeps_the_history():
    def press(run):
        if run.step == 4:
            raise KeyboardInterrupt

    _, history = trained(Endless(), step_callbacks=[press])
    assert history.stopped == "interrupted"
    _, history = trained(Endless(), step_callbacks=[press], steps_per_epoch=3, epochs=3)
    assert (history.stopped, len(history.rows())) == ("interrupted", 1)


# ------------------------------------------------------------------------------------- what is said


class Stream(Endless):
    """Ends, but nobody knows when."""

    def __iter__(self):
        return iter(PARTS)


class Loader(Stream):
    """As PyTorch's loaders of streams: it has a length that cannot be told."""

    def __len__(self):
        raise TypeError("no length")


@pytest.mark.parametrize("make", [Stream, Loader])
def test_what_may_have_no_end_is_said_to(make, capsys):
    model = network()
    history = quick(model, make(), make(), progress=True)
    said = capsys.readouterr().out.splitlines()
    assert len(history.rows()) == 2
    begin = "does not tell how many batches it holds: should an epoch never end, press Ctrl-C and"
    assert said[:2] == [
        f"train {begin} write steps_per_epoch=100",
        f"dev {begin} write dev=list(itertools.islice(dev, 10))",
    ]
    assert said[2:] == str(history).splitlines()
    quick(model, make(), PARTS, steps_per_epoch=2, progress=True)
    assert capsys.readouterr().out.split()[0] == "epoch"
    quick(model, list(PARTS), progress=True)
    assert capsys.readouterr().out.split()[0] == "epoch"


def test_batches_of_lists_of_numbers():
    lists = [(x.tolist(), y.tolist()) for x, y in PARTS]
    dicts = [{"x": x.tolist(), "y": y.tolist()} for x, y in PARTS]
    arrays, expected = trained(PARTS, dev=PARTS)
    for batches in (lists, dicts):
        model, history = trained(batches, dev=batches)
        assert same(model, arrays)
        assert history == expected
