"""Training: what a step and an epoch are, what is measured, and what ends a run."""

import math
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.data import Batches
from tensorgraph.train import EarlyStopping, evaluate, fit, predict

ROOT = Path(__file__).parents[2]
cross_entropy = nn.losses.cross_entropy


@pytest.fixture(autouse=True)
def ctrl_c_raises():
    """Let Ctrl-C do what it does in a terminal: what runs in the background may ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def error(logits, y):
    return (logits.argmax(axis=1) != y).mean()


def data(count=40, seed=0, dtype=np.float32):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((count, 3)).astype(dtype)
    return x, (x[:, 0] + 0.3 * rng.standard_normal(count) > 0).astype(int)


def network(*extra, seed=1):
    tg.random.seed(seed)
    return nn.Sequential(nn.Linear(3, 8), *extra, nn.ReLU(), nn.Linear(8, 2))


def adam(model, lr=0.02):
    return optim.Adam(model.named_parameters(), lr=lr)


def quick(model, train, dev=None, *, optimizer=None, loss=cross_entropy, **options):
    options = {"epochs": 2, "batch_size": 16, "progress": False, **options}
    return fit(model, loss, optimizer or adam(model), train, dev, **options)


def same(model, other):
    one, two = model.state_dict(), other.state_dict()
    return list(one) == list(two) and all(np.array_equal(one[k], two[k]) for k in one)


# ---------------------------------------------------------------------------- steps and epochs


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_does_what_a_loop_written_by_hand_does_to_the_bit(dtype):
    x, y = data(dtype=dtype)
    by_hand, fitted = network(), network()
    optimizer = adam(by_hand)
    costs = []
    batches = Batches(x, y, batch_size=16, seed=3)
    for _ in range(3):
        total = 0.0
        for bx, by in batches:
            cost = cross_entropy(by_hand(tg.tensor(bx.astype("float32"))), by)
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
            total += cost.item() * len(by)
        costs.append(total / 40)
    history = quick(fitted, (x, y), epochs=3, seed=3)
    assert same(by_hand, fitted)
    assert history["cost"].tolist() == costs
    assert history["epoch"].tolist() == [1, 2, 3]


def test_train_and_dev_loss_are_those_of_the_same_weights_in_evaluation_mode():
    train, dev = data(40), data(20, seed=5)
    model = network(nn.Dropout(p=0.5), nn.BatchNorm(8))
    seen = []

    def by_hand(run):
        state = run.model.state_dict()
        for x, y in (train, dev):
            a = x @ state["layers.0.weight"].T + state["layers.0.bias"]
            norm = {k.rpartition(".")[2]: v for k, v in state.items() if k.startswith("layers.2.")}
            a = (a - norm["running_mean"]) / np.sqrt(norm["running_var"] + 1e-5)
            a = np.maximum(a * norm["weight"] + norm["bias"], 0)
            z = a @ state["layers.4.weight"].T + state["layers.4.bias"]
            log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
            seen.append(-log_p[np.arange(len(y)), y].mean())
            seen.append((z.argmax(axis=1) != y).mean())

    history = quick(model, train, dev, callbacks=[by_hand], metrics={"error": error})
    columns = ["train_loss", "train_error", "dev_loss", "dev_error"]
    found = np.stack([history[name] for name in columns], axis=1)
    assert np.allclose(found, np.reshape(seen, (2, 4)), atol=1e-5)
    expected = ["epoch", "cost", "train_loss", "dev_loss", "train_error", "dev_error"]
    assert list(history) == [*expected, "lr", "seconds"]


def test_the_train_error_is_measured_on_a_fixed_part_of_a_large_set():
    x = np.arange(3000.0).reshape(3000, 1)
    sizes = []

    def count(output, y):
        sizes.append((len(y), float(y.sum())))
        return 0.0

    model = nn.Linear(1, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.0)
    dev = x[:1200], x[:1200]
    quick(model, (x, x), dev, optimizer=optimizer, loss=nn.losses.mse, metrics={"n": count})
    assert [n for n, _ in sizes] == [1200, 1200] * 2
    assert sizes[0] == sizes[2]  # the same examples after each epoch
    quick(model, (x, x), optimizer=optimizer, loss=nn.losses.mse, metrics={"n": count})
    assert [n for n, _ in sizes[4:]] == [1000, 1000]
    quick(model, (x, x), optimizer=optimizer, loss=nn.losses.mse, metrics={"n": count})
    assert sizes[6:] == sizes[4:6]  # in another run too
    quick(model, (x, x), optimizer=optimizer, loss=nn.losses.mse, metrics={"n": count}, seed=1)
    assert sizes[8] != sizes[6]
    rest = Batches(x, x, indices=range(1500, 3000))
    smallest = {"least": lambda output, y: y.min()}
    history = quick(model, rest, optimizer=optimizer, loss=nn.losses.mse, metrics=smallest)
    assert history["train_least"].min() >= 1500


def test_data_come_as_arrays_dicts_batches_lists_and_tensors_alike():
    x, y = data()
    forms = [
        (x, y),
        (tg.tensor(x), tg.tensor(y)),
        {"x": x, "y": y},
        Batches(x, y, batch_size=16),
        Batches({"x": x, "y": y}, batch_size=16),
    ]
    models = [network() for _ in forms]
    histories = [quick(m, form, form) for m, form in zip(models, forms, strict=True)]
    assert all(same(models[0], model) for model in models)
    assert all(history == histories[0] for history in histories)
    in_order = [(x[i : i + 16], y[i : i + 16]) for i in range(0, 40, 16)]
    models = [network(), network()]
    first = quick(models[0], in_order, in_order)
    second = quick(models[1], Batches(x, y, batch_size=16, shuffle=False), (x, y))
    assert same(*models)
    assert np.allclose(first["dev_loss"], second["dev_loss"])


def test_rows_and_augmentation_of_batches():
    x, y = data()
    batches = Batches(
        x, y, batch_size=8, indices=range(10, 30), augment=lambda example, rng: example + 100
    )
    model = network()
    seen = []
    quick(model, batches, metrics={"n": lambda out, y: seen.append(len(y)) or 0.0}, epochs=1)
    assert seen == [20]
    measured = evaluate(model, cross_entropy, (x[10:30], y[10:30]))
    assert evaluate(model, cross_entropy, batches) == measured  # without augmentation
    assert batches.state_dict()["epoch"] == 1


def test_several_inputs_and_several_targets():
    class Two(nn.Module):
        def __init__(self):
            self.a, self.b = nn.Linear(3, 1), nn.Linear(2, 1)

        def forward(self, x, z):
            return self.a(x) + self.b(z)

    x, z = np.ones((10, 3), "float32"), np.ones((10, 2), "float32")
    history = quick(Two(), (x, z, np.zeros((10, 1))), loss=nn.losses.mse, epochs=30)
    assert history["train_loss"][-1] < history["train_loss"][0] / 2

    class Heads(nn.Module):
        def __init__(self):
            self.a, self.b = nn.Linear(3, 1), nn.Linear(3, 2)

        def forward(self, x):
            return {"a": self.a(x), "b": self.b(x)}

    def both(output, target):
        return nn.losses.mse(output["a"], target["a"]) + cross_entropy(output["b"], target["b"])

    arrays = {"x": x, "a": np.zeros((10, 1)), "b": np.zeros(10, int)}
    history = quick(Heads(), arrays, arrays, loss=both, epochs=30)
    assert history["dev_loss"][-1] < history["dev_loss"][0] / 2


def test_several_tasks_with_missing_labels():
    x, y = data()
    ages = np.where(np.arange(40) < 30, np.nan, x[:, 0])
    model = nn.MultiTask(nn.Linear(3, 4), {"age": nn.Linear(4, 1), "kind": nn.Linear(4, 2)})
    losses = {"age": nn.losses.mse, "kind": cross_entropy}
    loss = partial(nn.multitask_loss, losses=losses)
    arrays = {"x": x, "age": ages[:, None], "kind": y}
    history = quick(model, arrays, arrays, loss=loss, epochs=20)
    z = predict(model, x)
    log_p = z["kind"] - np.log(np.exp(z["kind"]).sum(axis=1, keepdims=True))
    expected = ((z["age"][30:, 0] - x[30:, 0]) ** 2).mean() - log_p[np.arange(40), y].mean()
    assert np.isclose(history["dev_loss"][-1], expected, atol=1e-5)
    assert history["dev_loss"][-1] < history["dev_loss"][0]


def test_a_frozen_part_in_evaluation_mode_stays_so_and_all_modes_return():
    model = network(nn.BatchNorm(8), nn.Dropout(p=0.1))
    norm = model.layers[1].eval()
    before = norm.state_dict()
    modes = []
    quick(model, data(), callbacks=[lambda run: modes.append(run.model.layers[2].training)])
    after = norm.state_dict()
    assert np.array_equal(before["running_mean"], after["running_mean"])
    assert not np.array_equal(before["weight"], after["weight"])
    assert modes == [True, True]
    assert [m.training for m in model.modules()] == [True, True, False, True, True, True]
    model.eval()
    quick(model, data())
    assert not np.array_equal(norm.state_dict()["running_mean"], before["running_mean"])
    assert not any(m.training for m in model.modules())


def test_a_failing_run_leaves_the_modes_as_they_were():
    model = network().eval()
    with pytest.raises(ZeroDivisionError):
        quick(model, data(), callbacks=[lambda run: 1 / 0])
    assert not any(m.training for m in model.modules())


# ---------------------------------------------------------------------------- learning rates


def test_the_learning_rate_of_each_epoch_is_recorded():
    rate = optim.schedules.per_epoch(optim.schedules.inverse_time(0.2, rate=1.0), 3)
    model = network()
    history = quick(model, data(), optimizer=adam(model, rate), epochs=3)  # of 3 steps each
    assert np.allclose(history["lr"], [0.2, 0.1, 0.2 / 3])
    by_step = network()
    optimizer = adam(by_step, lambda step: 0.1 + step)
    assert np.allclose(quick(by_step, data(), optimizer=optimizer)["lr"], [2.1, 5.1])


def test_changes_by_hand_are_recorded_and_replayed():
    rate = optim.schedules.Manual(0.1)

    def lower(run):
        if run.epoch == 2:
            rate.set(0.01)

    model, again = network(), network()
    optimizer = adam(model, rate)
    history = quick(model, data(), optimizer=optimizer, callbacks=[lower], epochs=4)
    assert history["lr"].tolist() == [0.1, 0.1, 0.01, 0.01]
    assert rate.events == [(0, 0.1), (6, 0.01)]
    replay = adam(again, optim.schedules.Manual(rate.events))
    assert quick(again, data(), optimizer=replay, epochs=4) == history
    assert same(model, again)


def test_a_rule_without_learning_rate_has_none_to_record():
    class Sign(optim.Optimizer):
        def update(self, param, grad, state, t):
            return param - 0.01 * tg.sign(grad), state

    model = network()
    history = quick(model, data(), optimizer=Sign(model.named_parameters()))
    assert np.isnan(history["lr"]).all()


# ---------------------------------------------------------------------------- clipping, callbacks


def test_clipping_by_norm_and_by_a_function():
    x, y = data()
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    before = np.concatenate([p.data.ravel() for p in model.parameters()])
    quick(model, (100 * x, y), optimizer=optimizer, epochs=1, batch_size=40, clip=0.01)
    after = np.concatenate([p.data.ravel() for p in model.parameters()])
    assert np.isclose(np.linalg.norm(after - before), 0.01, rtol=1e-4)
    quick(
        model, (100 * x, y), optimizer=optimizer, epochs=1, batch_size=40,
        clip=lambda params: optim.clip_by_value(params, 0.001),
    )  # fmt: skip
    moved = np.concatenate([p.data.ravel() for p in model.parameters()]) - after
    assert np.isclose(np.abs(moved).max(), 0.001, rtol=1e-3)


def test_callbacks_see_the_run_in_order_and_stop_it():
    seen = []

    def first(run):
        seen.append(("first", run.epoch, run.step, len(run.history["epoch"]), run.epochs))
        if run.epoch == 2:
            run.stop("enough")

    def second(run):
        seen.append(("second", run.epoch, run.stopped))

    model = network()
    history = quick(model, data(), callbacks=[first, second], epochs=5)
    assert seen == [
        ("first", 1, 3, 1, 5), ("second", 1, ""), ("first", 2, 6, 2, 5), ("second", 2, "enough"),
    ]  # fmt: skip
    assert history.stopped == "enough"
    assert len(history["epoch"]) == 2


def test_step_callbacks_run_after_each_step():
    model = network()
    lengths = []

    def limit(run):
        nn.max_norm(run.model, 0.1)
        lengths.append(np.linalg.norm(run.model.layers[0].weight.data, axis=1).max())
        if run.step == 4:
            run.stop("enough steps")

    history = quick(model, data(), step_callbacks=[limit], epochs=5)
    assert len(lengths) == 4
    assert max(lengths) < 0.1001
    assert history["epoch"].tolist() == [1, 2]  # what was done of the second is measured
    assert history.stopped == "enough steps"


def test_a_callback_that_returns_something_is_told_how_to_stop():
    with pytest.raises(tg.errors.DTypeError, match=r"<lambda> returned True; .* run\.stop"):
        quick(network(), data(), callbacks=[lambda run: True])
    with pytest.raises(tg.errors.DTypeError, match="says why"):
        quick(network(), data(), callbacks=[lambda run: run.stop("")])


def test_norms_of_layers_are_means_over_the_epoch():
    x, y = data()
    model, by_hand = network(), network()
    history = quick(model, (x, y), watch=True)
    watch = nn.Watch(by_hand)
    optimizer = adam(by_hand)
    batches = Batches(x, y, batch_size=16)
    for _ in range(2):
        for bx, by in batches:
            optimizer.zero_grad()
            with watch:
                cross_entropy(by_hand(tg.tensor(bx)), by).backward()
            optimizer.step()
    assert set(history.gradients) == {"layers.0", "layers.2"}
    assert set(history.activations) == {"layers.0", "layers.1", "layers.2"}
    for path, norms in watch.gradients.items():
        assert np.allclose(history.gradients[path], np.reshape(norms, (2, 3)).mean(axis=1))
    for path, norms in watch.activations.items():
        assert np.allclose(history.activations[path], np.reshape(norms, (2, 3)).mean(axis=1))


# ---------------------------------------------------------------------------- early stopping


def scripted(values, **options):
    """Train as long as scripted dev scores let it; return the history, the model, its weights."""
    model = nn.Linear(1, 1)
    weights = []
    scores = iter(values)
    x = np.ones((4, 1), "float32")

    def score(output, y):
        score.calls += 1
        return next(scores) if score.calls % 2 == 0 else 0.0  # the first is that of train

    score.calls = 0
    stopping = EarlyStopping(optimize=("max", "dev_score"), **options)
    history = quick(
        model, (x, 0 * x), (x, 0 * x), loss=nn.losses.mse, epochs=len(values),
        metrics={"score": score}, early_stopping=stopping,
        callbacks=[lambda run: weights.append(run.model.state_dict())],
    )  # fmt: skip
    return history, model, weights, stopping


def test_early_stopping_brings_back_the_best_weights():
    history, model, weights, stopping = scripted([1, 5, 4, 5, 3, 9, 9], patience=3)
    assert history["dev_score"].tolist() == [1, 5, 4, 5, 3]  # a tie is no improvement
    assert history.stopped == "early stopping: dev_score was best in epoch 2"
    assert (stopping.best_epoch, stopping.best) == (2, {"dev_score": 5.0})
    assert np.array_equal(model.weight.data, weights[1]["weight"])
    assert not np.array_equal(weights[1]["weight"], weights[4]["weight"])


def test_early_stopping_brings_back_the_best_weights_also_after_the_last_epoch():
    history, model, weights, _ = scripted([1, 5, 4], patience=3)
    assert history.stopped == ""
    assert np.array_equal(model.weight.data, weights[1]["weight"])


def test_min_delta_is_by_how_much_it_has_to_improve():
    history, _, _, stopping = scripted([1.0, 1.4, 1.5, 1.6, 0, 0], patience=3, min_delta=0.5)
    assert stopping.best_epoch == 4
    history, *_ = scripted([1.0, 1.4, 1.5, 1.2, 9], patience=3, min_delta=0.5)
    assert len(history["epoch"]) == 4


def test_a_metric_that_is_no_number_is_no_improvement():
    nan = math.nan
    history, _, _, stopping = scripted([nan, 2, nan, 1, 9], patience=2)
    assert (stopping.best_epoch, len(history["epoch"])) == (2, 4)
    history, *_ = scripted([nan, nan, nan], patience=2)
    assert history.stopped == "early stopping: dev_score was never a number"


def test_early_stopping_with_a_limit_on_another_metric():
    stopping = EarlyStopping(2, "dev_loss", {"dev_error": ("<=", -1)})
    model = network()
    quick(model, data(), data(), metrics={"error": error}, early_stopping=stopping, epochs=9)
    assert stopping.best.keys() == {"dev_loss", "dev_error"}
    with pytest.raises(tg.errors.ArgumentError, match="'dev_recall' is not measured"):
        quick(network(), data(), data(), early_stopping=EarlyStopping(
            satisfy={"dev_recall": (">=", 0.9)}
        ))  # fmt: skip


def test_early_stopping_begins_anew_with_each_run():
    stopping = EarlyStopping(patience=2)
    x, y = data(8, seed=9)
    other = quick(network(), data(), (x, 1 - y), early_stopping=stopping, epochs=20)
    one = quick(network(), data(), (x, y), early_stopping=stopping, epochs=20)
    assert other["dev_loss"].min() < one["dev_loss"].min() == stopping.best["dev_loss"]
    two = quick(network(), data(), (x, y), early_stopping=stopping, epochs=20)
    assert one == two


def test_early_stopping_refuses_what_makes_no_sense():
    with pytest.raises(tg.errors.ArgumentError, match="patience"):
        EarlyStopping(patience=0)
    with pytest.raises(tg.errors.ArgumentError, match="min_delta"):
        EarlyStopping(min_delta=-1.0)
    with pytest.raises(tg.errors.ArgumentError, match="dev set, dev="):
        quick(network(), data(), early_stopping=EarlyStopping())
    with pytest.raises(tg.errors.ArgumentError, match="metrics="):
        quick(network(), data(), data(), early_stopping=EarlyStopping(optimize="dev_f1"))
    with pytest.raises(tg.errors.StateError, match="EarlyStopping"):
        EarlyStopping().load_state_dict({"best": 3})


# ---------------------------------------------------------------------------- Ctrl-C


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


# ---------------------------------------------------------------------------- progress


def test_plain_lines_where_there_is_no_terminal(capsys):
    history = quick(network(), data(), data(), progress=True)
    lines = capsys.readouterr().out.splitlines()
    assert lines == str(history).splitlines()
    quick(network(), data(), callbacks=[lambda run: run.stop("bored")], progress=True)
    assert capsys.readouterr().out.splitlines()[-1] == "stopped: bored"
    quick(network(), data())
    assert capsys.readouterr() == ("", "")


def test_a_bar_on_a_terminal_and_plain_lines_without_tqdm(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    quick(network(), data(), progress=True)
    output = capsys.readouterr()
    assert "6/6" in output.err or "step" in output.err
    assert output.out.splitlines()[0].split()[:2] == ["epoch", "cost"]
    monkeypatch.setitem(sys.modules, "tqdm", None)
    quick(network(), data(), progress=True)
    output = capsys.readouterr()
    assert (output.err, len(output.out.splitlines())) == ("", 3)


# ---------------------------------------------------------------------------- evaluate, predict


def test_a_set_is_measured_as_a_whole_however_it_is_cut():
    x, y = data(50)
    y[:30] = -100  # ignored: a mean over batches of 16 would not be the mean
    model = network()
    z = predict(model, x)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    expected = -log_p[np.arange(30, 50), y[30:]].mean()
    for size in (1, 16, 50, 64):
        loss = lambda z, y: cross_entropy(z, y, ignore_index=-100)  # noqa: E731
        found = evaluate(model, loss, (x, y), batch_size=size)
        assert np.isclose(found["loss"], expected, atol=1e-6)


def test_predict_leaves_the_model_in_its_mode_and_records_nothing():
    model = network(nn.Dropout(p=0.9))
    x = data()[0]
    assert np.array_equal(predict(model, x, batch_size=7), predict(model, x, batch_size=7))
    assert model.training and model.layers[1].training
    assert isinstance(predict(model, x), np.ndarray)
    assert predict(model, x.astype("float64")).dtype == np.float32


def test_predictions_that_are_trees():
    class Both(nn.Module):
        def forward(self, x):
            return {"double": x * 2, "pair": (x, x + 1)}

    found = predict(Both(), np.arange(10.0).reshape(5, 2), batch_size=2)
    assert np.array_equal(found["double"], np.arange(10.0).reshape(5, 2) * 2)
    assert np.array_equal(found["pair"][1], np.arange(10.0).reshape(5, 2) + 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m, x, y: predict(m), "give the model's input"),
        (lambda m, x, y: predict(lambda x: x, x), "the model is an nn.Module"),
        (lambda m, x, y: predict(m, x[:0]), "no examples"),
        (lambda m, x, y: predict(m, x, batch_size=0), "predict: batch_size is at least 1"),
        (
            lambda m, x, y: evaluate(m, cross_entropy, (x, y), batch_size=0),
            "evaluate: batch_size is at least 1",
        ),
        (lambda m, x, y: evaluate(m, cross_entropy, []), "holds no examples"),
        (lambda m, x, y: evaluate(m, lambda z, y: z, (x, y)), r"the loss is shape .* not a single"),
        (
            lambda m, x, y: evaluate(m, cross_entropy, (x, y), {"f": lambda z, y: z[0]}),
            r"the metric 'f' is shape .*; write \.mean\(\)",
        ),
        (
            lambda m, x, y: evaluate(m, cross_entropy, (x, y), {"f": lambda z, y: "bad"}),
            "the metric 'f' is 'bad', not a number",
        ),
    ],
)
def test_measuring_refuses_what_makes_no_sense(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call(network(), *data())


def test_predictions_need_a_row_for_each_example():
    class Total(nn.Module):
        def forward(self, x):
            return x.sum()

    with pytest.raises(tg.errors.ShapeError, match=r"the model made shape \(\) of 5 examples"):
        predict(Total(), np.ones((5, 2)))
