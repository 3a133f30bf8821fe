"""Training: what a step and an epoch are, what is measured, callbacks and progress."""

import sys
from functools import partial

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.data import Batches
from tensorgraph.train import evaluate, predict
from tests.train.fit_cases import adam, cross_entropy, data, error, network, quick, same

# --------------------------------------------------------------------------------- steps and epochs


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


# ----------------------------------------------------------------------------------- learning rates


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


# ------------------------------------------------------------------------------ clipping, callbacks


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
    history = quick(model, data(), callbacks=iter([first, second]), epochs=5)
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


# ----------------------------------------------------------------------------------------- progress


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


def test_a_schedule_free_rule_is_measured_at_its_mean_and_goes_on_from_where_it_was():
    train, dev = data(40), data(20, seed=5)
    model = network()
    optimizer = optim.ScheduleFreeSGD(model.parameters(), lr=0.5)
    history = tg.train.fit(
        model, cross_entropy, optimizer, train, dev, epochs=2, batch_size=16, progress=False
    )
    assert evaluate(model, cross_entropy, dev)["loss"] != history["dev_loss"][-1]
    with optimizer.averaged():
        for name, examples in (("dev_loss", dev), ("train_loss", train)):
            found = evaluate(model, cross_entropy, examples)["loss"]
            assert found == pytest.approx(history[name][-1], rel=1e-6)
