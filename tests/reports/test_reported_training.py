"""Reports of training loops: parts of unequal size, early stopping, resuming, modes, searches."""

import math

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.data import Batches
from tensorgraph.train import EarlyStopping, evaluate, fit, lr_range_test, predict

mse, cross_entropy = nn.losses.mse, nn.losses.cross_entropy


def line(weight=0.0):
    model = nn.Linear(1, 1, bias=False)
    model.weight.assign(np.full((1, 1), weight))
    return model


def noisy(count=64, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((count, 3)).astype("float32")
    return x, (x[:, 0] > 0).astype(int)


def network(seed=0):
    tg.random.seed(seed)
    return nn.Sequential(
        nn.Linear(3, 8), nn.BatchNorm(8), nn.ReLU(), nn.Dropout(keep_prob=0.8), nn.Linear(8, 2)
    )


# ------------------------------------------------------------------------------ what is reported


@pytest.mark.parametrize("batch_size", [1, 2, 3, 100])
def test_a_small_last_batch_counts_by_its_size(batch_size):
    """tensorflow/tensorflow#38596, keras-team/keras#13591: the mean of the batches' means."""
    x, y = np.array([[1.0], [2.0], [3.0]], "float32"), np.array([[0.0], [0.0], [10.0]], "float32")
    model = line()
    optimizer = optim.SGD(model.named_parameters(), lr=1e-30)
    history = fit(
        model, mse, optimizer, (x, y), (x, y), epochs=1, batch_size=batch_size, progress=False
    )
    exact = pytest.approx(100 / 3, rel=1e-6)
    assert history["train_loss"][0] == exact and history["dev_loss"][0] == exact
    assert evaluate(model, mse, (x, y), batch_size=batch_size)["loss"] == exact


def test_the_loss_after_an_epoch_is_that_of_its_weights():
    """keras-team/keras#8578: the training loss shown was that before the epoch's last step."""
    x, y = np.ones((4, 1), "float32"), np.ones((4, 1), "float32")
    model = line()
    history = fit(
        model, mse, optim.SGD(model.named_parameters(), lr=0.5), (x, y), (x, y), epochs=1,
        batch_size=None, progress=False,
    )  # fmt: skip
    assert history["cost"][0] == 1  # w = 0, before
    assert history["train_loss"][0] == history["dev_loss"][0] == 0  # w = 1, after


# --------------------------------------------------------------------------------- early stopping


def stopped(scores, **options):
    """Train with these dev scores; return the history, the final weight, and that of each epoch."""
    model, weights, calls = line(), [], []
    x = np.ones((4, 1), "float32")

    def score(prediction, y):
        calls.append(None)  # measured of the training set first, then of dev
        return scores[len(calls) // 2 - 1] if len(calls) % 2 == 0 else 0.0

    history = fit(
        model, mse, optim.SGD(model.named_parameters(), lr=0.01), (x, x), (x, x),
        epochs=len(scores), metrics={"score": score}, progress=False,
        early_stopping=EarlyStopping(optimize=("max", "dev_score"), **options),
        callbacks=[lambda run: weights.append(run.model.weight.item())],
    )  # fmt: skip
    return history, model.weight.item(), weights


def test_the_weights_that_come_back_are_those_of_the_best_epoch():
    """keras-team/keras#20323, WenjieDu/PyPOTS#667: those of the epoch before, or of the last."""
    history, final, weights = stopped([1, 5, 4, 3, 9], patience=2)
    assert len(history["epoch"]) == 4 and len(set(weights)) == 4
    assert final == weights[1]


def test_the_best_weights_come_back_also_after_the_last_epoch():
    """tensorflow/tensorflow#35634, keras-team/keras#18822: only if patience ran out."""
    _, final, weights = stopped([1, 5, 4], patience=9)
    assert len(weights) == 3 and final == weights[1]


def test_improving_scores_never_stop():
    """tensorflow/tensorflow#46429: training ended after its first epoch although it improved."""
    history, final, weights = stopped([1, 2, 3, 4, 5], patience=1)
    assert len(history["epoch"]) == 5 and final == weights[4]


def test_scores_that_are_no_numbers():
    """keras-team/keras#13658: with NaN only, no weights were the best, and that raised."""
    history, final, weights = stopped([math.nan] * 4, patience=2)
    assert len(history["epoch"]) == 2 and final == weights[-1]
    history, final, weights = stopped([math.nan, 3, math.nan, math.nan, 4], patience=2)
    assert len(history["epoch"]) == 4 and final == weights[1]


@pytest.mark.parametrize("patience", [0, -1])
def test_patience_without_sense(patience):
    """keras-team/keras#23559: a negative patience was taken, and stopped at once."""
    with pytest.raises(tg.errors.ArgumentError, match=f"patience is at least 1, not {patience}"):
        EarlyStopping(patience=patience)


# --------------------------------------------------------------------------------------- resuming


def test_batches_go_on_in_the_middle_of_an_epoch():
    """Lightning-AI/pytorch-lightning#5325, Lightning-AI/pytorch-lightning#19367: what is left."""
    make = lambda: Batches(np.arange(10), batch_size=3, seed=1)  # noqa: E731
    batches = make()
    epochs = [[b.tolist() for b in batches] for _ in range(3)]
    assert sorted(np.concatenate(epochs[1])) == list(range(10)) and epochs[0] != epochs[1]
    for seen in range(5):
        batches, rest = make(), make()
        list(batches)
        running = iter(batches)
        assert [next(running).tolist() for _ in range(seen)] == epochs[1][:seen]
        rest.load_state_dict(batches.state_dict())
        assert [b.tolist() for b in rest] == epochs[1][seen:]  # after the last one, nothing
        assert [b.tolist() for b in rest] == epochs[2]


def test_a_resumed_run_has_the_order_of_its_epoch(tmp_path):
    """Lightning-AI/pytorch-lightning#21938, Lightning-AI/pytorch-lightning#850: that of epoch 0."""
    x, y = noisy()

    def run(path, epochs):
        model, seen = network(), []
        batches = Batches(np.arange(64), x, y, batch_size=20, seed=7)
        loss = lambda out, target: cross_entropy(out, target)  # noqa: E731

        class Looking(nn.Module):
            def __init__(self):
                super().__init__()
                self.inner = model

            def forward(self, rows, x):
                if self.training:
                    seen.append(rows.numpy().tolist() if type(rows) is tg.Tensor else rows.tolist())
                return self.inner(x)

        looking = Looking()
        fit(
            looking, loss, optim.Adam(looking.named_parameters(), lr=0.01), batches, epochs=epochs,
            checkpoint=path, progress=False,
        )  # fmt: skip
        return seen, looking.state_dict()

    whole, state = run(tmp_path / "whole.safetensors", 3)
    begun, _ = run(tmp_path / "cut.safetensors", 1)
    rest, resumed = run(tmp_path / "cut.safetensors", 3)
    assert begun + rest == whole
    assert all(np.array_equal(resumed[key], state[key]) for key in state)


def test_the_best_epoch_of_before_is_remembered(tmp_path):
    """skorch-dev/skorch#267: the first epoch after loading was always the best one so far."""
    x = np.ones((4, 1), "float32")

    def run(scores, path):
        model, calls = line(), []

        def score(prediction, y):
            calls.append(None)
            return scores[len(calls) // 2 - 1] if len(calls) % 2 == 0 else 0.0

        stopping = EarlyStopping(patience=9, optimize=("max", "dev_score"))
        fit(
            model, mse, optim.SGD(model.named_parameters(), lr=0.01), (x, x), (x, x),
            epochs=len(scores) if path is None else run.epochs, metrics={"score": score},
            early_stopping=stopping, checkpoint=path, progress=False,
        )  # fmt: skip
        return model.weight.item(), stopping.best_epoch

    path = tmp_path / "run.safetensors"
    run.epochs = 3
    run([2, 7, 3], path)
    run.epochs = 5
    assert run([4, 5], path) == run([2, 7, 3, 4, 5], None)


# ------------------------------------------------------------------------------------------- modes


def test_measuring_is_in_evaluation_mode_and_training_goes_on():
    """wolny/pytorch-3dunet#53, fartashf/vsepp#4: dropout was on in dev, then off for an epoch."""
    seen = []

    class Mode(nn.Module):
        def forward(self, x):
            seen.append(self.training)
            return x

    model = nn.Sequential(Mode(), nn.Linear(3, 2))
    x, y = noisy(20)
    optimizer = optim.SGD(model.named_parameters(), lr=0.1)
    fit(model, cross_entropy, optimizer, (x, y), (x, y), epochs=2, batch_size=10, progress=False)
    assert seen == [True, True, False, False] * 2
    assert all(module.training for module in model.modules())


def test_a_frozen_batch_norm_stays_frozen():
    """jfzhang95/pytorch-deeplab-xception#140: train() for the next epoch woke it up."""
    model = network()
    norm = model.layers[1].eval()
    before = {name: buffer.numpy() for name, buffer in norm.named_buffers()}
    x, y = noisy()
    optimizer = optim.SGD(model.named_parameters(), lr=0.1)
    fit(model, cross_entropy, optimizer, (x, y), (x, y), epochs=2, progress=False)
    predict(model, x)
    assert not norm.training and model.layers[3].training
    assert all(np.array_equal(buffer, before[name]) for name, buffer in norm.named_buffers())


# ------------------------------------------------------------------------------ what is left behind


def test_a_search_of_the_rate_leaves_everything_as_it_was():
    """fastai/fastai#3013, Lightning-AI/pytorch-lightning#6675: fit went on from the search."""
    model, (x, y) = network(), noisy()
    optimizer = optim.Adam(model.named_parameters(), lr=0.01)
    fit(model, cross_entropy, optimizer, (x, y), epochs=1, progress=False)
    model.zero_grad()

    def everything():
        return (
            model.state_dict(), optimizer.state_dict(),
            {"random": np.array(str(tg.random.default_generator().state))},
            {"modes": np.array([module.training for module in model.modules()])},
        )  # fmt: skip

    before = everything()
    first = lr_range_test(model, cross_entropy, optimizer, (x, y), steps=20)
    second = lr_range_test(model, cross_entropy, optimizer, (x, y), steps=20)
    np.testing.assert_array_equal(first.losses, second.losses)  # fastai/fastai#2892
    for one, other in zip(before, everything(), strict=True):
        assert one.keys() == other.keys()
        assert all(np.array_equal(one[key], other[key]) for key in one)
    assert all(p.grad is None for p in model.parameters())  # fastai/fastai#3185


def test_a_state_is_a_copy():
    """pytorch/pytorch#34765, thunlp/OpenKE#131: the best weights went on changing with training."""
    model = network()
    best = model.state_dict()
    kept = {name: value.copy() for name, value in best.items()}
    x, y = noisy()
    fit(model, cross_entropy, optim.SGD(model.named_parameters(), lr=0.1), (x, y), epochs=1,
        progress=False)  # fmt: skip
    assert all(np.array_equal(best[name], kept[name]) for name in kept)
    assert not np.array_equal(model.state_dict()["layers.0.weight"], best["layers.0.weight"])
    model.load_state_dict(best)
    for value in best.values():
        value.setflags(write=True)
        value[...] = -1
    assert all(np.array_equal(value, kept[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_resumed_run_tells_of_all_epochs_once(tmp_path, cut):
    """keras-team/keras#4426, roboflow/rf-detr#1321: a second header, or earlier rows gone."""
    x, y = noisy()

    def run(path, epochs):
        model = network()
        optimizer = optim.Adam(model.named_parameters(), lr=0.01)
        return fit(
            model, cross_entropy, optimizer, (x, y), (x, y), epochs=epochs, checkpoint=path,
            progress=False,
        )  # fmt: skip

    whole = run(tmp_path / "whole.safetensors", 4)
    run(tmp_path / "cut.safetensors", cut)
    resumed = run(tmp_path / "cut.safetensors", 4)
    assert list(resumed) == list(whole)
    for name in ("train_loss", "dev_loss"):
        assert len(resumed[name]) == 4
        np.testing.assert_array_equal(resumed[name], whole[name])
    resumed.to_csv(tmp_path / "run.csv")
    assert len((tmp_path / "run.csv").read_text("utf-8").splitlines()) == 5
