"""What a run trains besides the model: a loss that is a module, and parameters nobody holds."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.train import EarlyStopping
from tests.train.fit_cases import quick

rng = np.random.default_rng(0)
x = rng.normal(size=(24, 2)).astype("float32")
y = rng.normal(size=(24, 1)).astype("float32")


class Noisy(nn.Module):
    """A loss with a parameter, a buffer that counts, dropout, and a generator."""

    def __init__(self):
        self.scale = tg.tensor(1.0, requires_grad=True)
        self.calls = tg.tensor(0.0)
        self.dropout = nn.Dropout(p=0.5, generator=tg.random.Generator(3))
        self.modes = []

    def forward(self, output, target):
        self.modes.append((self.training, self.dropout.training))
        self.calls.assign(self.calls.data + self.training)
        error = self.dropout(output - target)
        return (error**2 * tg.exp(-self.scale)).mean() + self.scale


def a_run():
    tg.random.seed(0)
    model, loss = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm(4), nn.Linear(4, 1)), Noisy()
    free = tg.tensor(0.5, requires_grad=True)
    return model, loss, free, optim.SGD([*model.parameters(), loss.scale, free], lr=0.1)


def test_a_loss_is_in_the_mode_of_the_model():
    model, loss, _, optimizer = a_run()
    loss.dropout.eval()  # as somebody wants it
    quick(model, (x, y), (x, y), loss=loss, optimizer=optimizer, epochs=2, batch_size=8)
    assert set(loss.modes) == {(True, False), (False, False)}
    assert (loss.training, loss.dropout.training) == (True, False)
    loss.modes.clear()
    tg.train.evaluate(model, loss, (x, y))
    assert loss.modes == [(False, False)] and loss.training


@pytest.mark.parametrize("shards", [None, 4])
def test_early_stopping_brings_back_all_that_is_trained(shards):
    model, loss, _, optimizer = a_run()
    seen = []

    def look(run):
        seen.append([np.copy(t.data) for t in (loss.scale, loss.calls, model.layers[0].weight)])
        loss.scale.assign(loss.scale.data + 1)  # worse and worse

    stopping = EarlyStopping(patience=2, optimize="train_loss")
    train = (x, y) if shards is None else tg.data.Batches(x, y, batch_size=8, shards=shards)
    quick(
        model, train, loss=loss, optimizer=optimizer, epochs=9, batch_size=None if shards else 8,
        early_stopping=stopping, callbacks=[look],
    )  # fmt: skip
    best = seen[stopping.best_epoch - 1]
    assert stopping.best_epoch < len(seen)
    assert loss.scale.item() == best[0] + 1  # as the callback left it in that epoch
    np.testing.assert_array_equal(loss.calls.data, best[1])
    np.testing.assert_array_equal(model.layers[0].weight.data, best[2])


def test_early_stopping_brings_back_parameters_that_only_the_optimizer_knows():
    model, _, free, optimizer = a_run()
    seen = []

    def look(run):
        seen.append(free.item())

    values = iter([3.0, 1.0, 2.0, 4.0])
    measured = lambda o, t: next(values)  # noqa: E731
    stopping = EarlyStopping(patience=2, optimize=("min", "train_score"))
    quick(
        model, (x, y), loss=lambda o, t: ((o - t) ** 2).mean() * free, optimizer=optimizer,
        metrics={"score": measured}, epochs=9, early_stopping=stopping, callbacks=[look],
    )  # fmt: skip
    assert stopping.best_epoch == 2
    assert free.item() == seen[1] != seen[-1]


@pytest.mark.parametrize("rule", [optim.ScheduleFreeSGD, optim.ScheduleFreeAdamW])
def test_early_stopping_brings_back_the_mean_of_a_schedule_free_optimizer(rule):
    model, *_ = a_run()
    optimizer = rule(model.parameters(), lr=0.2)
    means, values = [], iter([3.0, 1.0, 2.0, 4.0])

    def look(run):
        with optimizer.averaged():
            means.append(np.copy(model.layers[0].weight.data))

    quick(
        model, (x, y), loss=nn.losses.mse, optimizer=optimizer, epochs=9, batch_size=8,
        metrics={"score": lambda o, t: next(values)}, callbacks=[look],
        early_stopping=EarlyStopping(patience=2, optimize=("min", "train_score")),
    )  # fmt: skip
    look(None)
    np.testing.assert_array_equal(means[-1], means[1])


@pytest.mark.parametrize("look", [tg.train.overfit_one_batch, tg.train.lr_range_test])
def test_a_look_leaves_the_loss_as_it_was(look):
    model, loss, _, optimizer = a_run()
    loss.eval()
    before = loss.state_dict(), loss.dropout.generator.state_dict()
    look(model, loss, optimizer, (x, y), steps=20)
    assert all(loss.modes) and any(a for a, _ in loss.modes)
    for name, array in before[0].items():
        np.testing.assert_array_equal(loss.state_dict()[name], array)
    assert str(loss.dropout.generator.state_dict()) == str(before[1])
    assert not loss.training and loss.scale.grad is None


def test_a_checkpoint_holds_the_generators_of_a_loss(tmp_path):
    def train(path, stop=None):
        model, loss, _, optimizer = a_run()

        def end(run):
            if run.epoch == stop:
                raise RuntimeError

        options = {"checkpoint": path, "callbacks": [end] if stop else [lambda run: None]}
        quick(model, (x, y), loss=loss, optimizer=optimizer, epochs=4, batch_size=8, **options)
        return [*model.state_dict().values(), *loss.state_dict().values()]

    undisturbed = train(tmp_path / "a.safetensors")
    with pytest.raises(RuntimeError):
        train(tmp_path / "b.safetensors", stop=3)
    for one, other in zip(undisturbed, train(tmp_path / "b.safetensors"), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_kit_trains_a_loss_of_its_own_in_each_run():
    model, loss, *_ = a_run()
    loss.dropout = nn.Identity()
    optimizer = optim.Adam([*model.parameters(), loss.scale], lr=0.01)
    before = loss.state_dict()
    tg.testing.check_learning(model, data=(x, x[:, :1]), loss=loss, optimizer=optimizer)
    for name, array in before.items():
        np.testing.assert_array_equal(loss.state_dict()[name], array)
