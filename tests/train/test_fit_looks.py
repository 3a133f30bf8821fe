"""Looks before and around training: learning-rate range, one batch by heart, learning curves."""

import math
import re

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.data import Batches
from tensorgraph.train import (
    EarlyStopping,
    fit,
    learning_curve,
    lr_range_test,
    overfit_one_batch,
)

mse, cross_entropy = nn.losses.mse, nn.losses.cross_entropy


def data(count=64, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((count, 3)).astype("float32")
    return x, x.sum(axis=1, keepdims=True)


def network():
    tg.random.seed(1)
    return nn.Sequential(nn.Linear(3, 8), nn.BatchNorm(8), nn.Dropout(p=0.2), nn.Linear(8, 1))


def snapshot(model, optimizer):
    random = tg.train.RandomState(model).state_dict()
    grads = [None if p.grad is None else p.grad.numpy().copy() for p in model.parameters()]
    modes = [module.training for module in model.modules()]
    own = [dict(group.own) for group in optimizer.groups]
    state = optimizer.state_dict()
    return model.state_dict(), state, random, grads, modes, own, dict(optimizer.defaults)


def equal(one, other):
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[k], other[k]) for k in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(equal, one, other))
    return np.array_equal(one, other)


def trained(lr, make=optim.Adam):
    """Return a model in the midst of its training, and its optimizer."""
    model = network()
    head = {"params": model.layers[3].named_parameters(), "lr": 0.5}
    rest = [p for p in model.parameters() if all(p is not q for _, q in head["params"])]
    optimizer = make([{"params": rest}, head], lr=lr)
    fit(model, mse, optimizer, data(), epochs=1, progress=False)
    mse(model(tg.tensor(data()[0])), data()[1]).backward()
    model.layers[1].eval()
    return model, optimizer


@pytest.mark.parametrize("lr", [0.01, lambda step: 0.01, optim.schedules.Manual(0.01)])
def test_looks_leave_everything_as_it_was(lr):
    model, optimizer = trained(lr)
    batches = Batches(*data(), batch_size=10)
    next(iter(batches))
    before = snapshot(model, optimizer)
    position = batches.state_dict()
    lr_range_test(model, mse, optimizer, batches, steps=20)
    assert equal(snapshot(model, optimizer), before)
    assert batches.state_dict() == position
    overfit_one_batch(model, mse, optimizer, data(8), steps=5)
    assert equal(snapshot(model, optimizer), before)
    with pytest.raises(ZeroDivisionError):
        overfit_one_batch(model, lambda z, y: 1 / 0, optimizer, data(8))
    assert equal(snapshot(model, optimizer), before)


# ---------------------------------------------------------------------------- learning-rate range


def test_the_range_test_is_what_its_definition_says():
    x, y = data(30)
    model = nn.Linear(3, 1)
    w, b = model.weight.data[0].astype(float), float(model.bias.data[0])
    optimizer = optim.SGD(model.parameters(), lr=0.5)
    found = lr_range_test(
        model, mse, optimizer, (x, y), lowest=1e-3, highest=1.0, steps=31, batch_size=30
    )
    lrs, losses, smoothed, average = [], [], [], 0.0
    for k in range(31):
        lr = 10 ** (-3 + 3 * k / 30)
        difference = x @ w + b - y[:, 0]
        loss = (difference**2).mean()
        w, b = w - lr * 2 * (difference @ x) / 30, b - lr * 2 * difference.mean()
        average = 0.9 * average + 0.1 * loss
        lrs.append(lr)
        losses.append(loss)
        smoothed.append(average / (1 - 0.9 ** (k + 1)))
    assert len(found.lrs) == 31
    assert np.allclose(found.lrs, lrs)
    assert np.allclose(found.losses, losses, rtol=1e-3, atol=1e-6)
    assert np.allclose(found.smoothed, smoothed, rtol=1e-3)
    # Around which step it falls most, over three steps to either side; 31 // 4 do not count yet.
    steepest = max(range(7 + 3, 31 - 3), key=lambda k: smoothed[k - 3] - smoothed[k + 3])
    assert np.isclose(found.suggestion, lrs[steepest])
    assert f"most steeply at {found.suggestion:.2g}" in repr(found)


def test_the_noise_of_the_first_batches_suggests_nothing():
    for seed in range(5):
        tg.random.seed(seed)
        model = nn.Linear(3, 1)
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        found = lr_range_test(model, mse, optimizer, data(), batch_size=4, seed=seed)
        assert 1e-3 < found.suggestion < 1


def test_the_range_test_ends_where_the_cost_explodes():
    model = nn.Linear(3, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    found = lr_range_test(model, mse, optimizer, data(), highest=1e6)
    assert found.lrs[-1] < 100
    assert np.isfinite(found.losses).all()
    assert found.smoothed[-1] > 4 * found.smoothed.min()
    x, y = data()
    steep = lr_range_test(  # infinite before the average has grown
        model, mse, optimizer, (1e15 * x, y), lowest=1e-9, highest=1.0, batch_size=8
    )
    assert len(steep.lrs) < 100


def test_the_range_test_has_nothing_to_suggest_where_nothing_falls():
    model = nn.Linear(3, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    found = lr_range_test(model, lambda z, y: (0 * z).sum() + 1, optimizer, data(), steps=10)
    assert math.isnan(found.suggestion)
    assert "never falls" in repr(found)


def test_the_range_test_refuses_what_makes_no_sense():
    model = nn.Linear(3, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    def look(train=data(), optimizer=optimizer, **options):  # noqa: B008
        lr_range_test(model, mse, optimizer, train, **options)

    for ends in ({"lowest": 0}, {"highest": 1e-9}, {"highest": math.inf}):
        with pytest.raises(tg.errors.ArgumentError, match="rates grow from above 0"):
            look(**ends)
    with pytest.raises(tg.errors.ArgumentError, match="3 steps show nothing"):
        look(steps=3)
    with pytest.raises(tg.errors.ArgumentError, match="train holds no batches"):
        look([])
    with pytest.raises(tg.errors.ArgumentError, match="not finite at the lowest rate"):
        look((np.full((4, 3), np.nan), np.ones((4, 1))))
    with pytest.raises(tg.errors.ArgumentError, match="lr_range_test: the optimizer lacks weight"):
        look(optimizer=optim.SGD(nn.Linear(3, 1).parameters(), lr=0.1))

    class Sign(optim.Optimizer):
        def update(self, param, grad, state, t):
            return param - 0.01 * tg.sign(grad), state

    with pytest.raises(tg.errors.ArgumentError, match="Sign has no learning rate"):
        look(optimizer=Sign(model.parameters()))


def test_plots():
    model = nn.Linear(3, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    axes = lr_range_test(model, mse, optimizer, data()).plot().axes[0]
    assert [len(line.get_xdata()) for line in axes.lines][2:] == [2]
    assert axes.get_xscale() == "log"
    make = lambda: (m := nn.Linear(3, 1), optim.SGD(m.parameters(), lr=0.1))  # noqa: E731
    curve = learning_curve([4, 8], make, mse, data(), data(), epochs=1)
    lines = curve.plot().axes[0].lines
    assert [line.get_ydata().tolist() for line in lines] == [curve.train.tolist(), [*curve.dev]]


# ---------------------------------------------------------------------------- one batch by heart


def test_a_sound_model_learns_a_batch_by_heart():
    model = nn.Sequential(nn.Linear(3, 32), nn.Tanh(), nn.Linear(32, 1))
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    found = overfit_one_batch(model, mse, optimizer, {"x": data(8)[0], "y": data(8)[1]})
    assert found.passed
    assert repr(found).startswith("passed: the cost of the batch fell from")
    assert len(found.losses) == 200
    assert found.losses[-1] <= 0.05 * found.losses[0]


def failed(model, loss=mse, lr=0.05, steps=50, batch=None):
    optimizer = optim.SGD(model.named_parameters(), lr=lr)
    found = overfit_one_batch(model, loss, optimizer, batch or data(8), steps)
    assert not found.passed
    return repr(found)


def test_what_keeps_a_model_from_learning_is_named():
    class Cut(nn.Module):
        def __init__(self):
            self.a, self.b = nn.Linear(3, 4), nn.Linear(4, 1)

        def forward(self, x):
            return self.b(self.a(x).detach() * 0)

    text = failed(Cut())
    assert "no gradient moves a.weight, a.bias" in text
    assert "do inputs and labels belong together?" in text
    assert "still falling" in failed(nn.Linear(3, 1), lr=1e-3)
    assert "may be far too high" in failed(nn.Linear(3, 1), lr=2.0, steps=5)
    told = re.search(r"the cost is (inf|nan) after (\d+) steps", failed(nn.Linear(3, 1), lr=1e3))
    assert int(told[2]) < 20  # it stops there
    dropout = nn.Sequential(nn.Linear(3, 1), nn.Dropout(p=0.5))
    assert "layers.1 disturbs: set its keep_prob to 1" in failed(dropout)
    dropout.layers[1].keep_prob = 1.0
    text = failed(dropout, lr=1e-7)
    assert "it hardly moves: the learning rate may be far too low" in text
    assert "disturbs" not in text


def test_one_batch_by_heart_refuses_what_makes_no_sense():
    model = nn.Linear(3, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    x, y = data(4)
    with pytest.raises(tg.errors.ArgumentError, match="the batch holds no examples"):
        overfit_one_batch(model, mse, optimizer, (x[:0], y[:0]))
    with pytest.raises(tg.errors.DTypeError, match="a batch is a tuple"):
        overfit_one_batch(model, mse, optimizer, x)
    with pytest.raises(tg.errors.ArgumentError, match=r"^overfit_one_batch: .*optimizer"):
        overfit_one_batch(nn.Linear(3, 1), mse, optimizer, (x, y))
    with pytest.raises(tg.errors.ArgumentError, match="steps is at least 2"):
        overfit_one_batch(model, mse, optimizer, (x, y), steps=1)


# ---------------------------------------------------------------------------- learning curves


def line():
    model = nn.Linear(3, 1)
    return model, optim.Adam(model.named_parameters(), lr=0.1)


def test_a_learning_curve_is_one_run_of_fit_for_each_size(capsys):
    x, y = data()
    state = tg.random.default_generator().state
    curve = learning_curve([40, 10, 40], line, mse, (x, y), data(20, 5), epochs=3, seed=2)
    assert tg.random.default_generator().state == state
    assert capsys.readouterr() == ("", "")  # of so many runs nobody wants to see each
    assert curve.sizes.tolist() == [10, 40]
    order = np.random.default_rng(2).permutation(64)
    for k, size in enumerate(curve.sizes):
        tg.random.seed(2)
        model, optimizer = line()
        rows = order[:size]  # which hold those of smaller sizes
        history = fit(
            model, mse, optimizer, (x[rows], y[rows]), data(20, 5), epochs=3, seed=2, progress=False
        )
        assert curve.train[k] == history["train_loss"][-1]
        assert curve.dev[k] == history["dev_loss"][-1]
    lines = repr(curve).splitlines()
    assert lines[0].split() == ["examples", "train", "loss", "dev", "loss"]
    assert lines[1].split()[0] == "10"


def test_a_learning_curve_of_a_metric_with_early_stopping():
    curve = learning_curve(
        [8, 64], line, mse, {"x": data()[0], "y": data()[1]}, data(20, 5), epochs=30,
        optimize=("max", "fit"), metrics={"fit": lambda z, y: -np.abs(z - y).max()},
        early_stopping=EarlyStopping(patience=2),
    )  # fmt: skip
    assert curve.metric == "fit"
    assert (curve.dev < 0).all()


NOISE = np.random.default_rng(3).standard_normal((400, 1)).astype("float32")


@pytest.mark.parametrize(
    ("inputs", "sizes", "message"),
    [
        (60, [70, 300], "get more"),  # 60 weights from 70 noisy examples
        (2, [100, 300], "hardly helps: if the error is too high, it is bias"),
        (2, [300], "a single size shows no trend"),
    ],
)
def test_the_verdict_of_a_curve(inputs, sizes, message):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((400, inputs)).astype("float32")
    y = x.sum(axis=1, keepdims=True) + NOISE

    def make():
        model = nn.Linear(inputs, 1)
        return model, optim.Adam(model.parameters(), lr=0.1)

    train, dev = (x[:300], y[:300]), (x[300:], y[300:])
    options = {"epochs": 60, "batch_size": 300}
    curve = learning_curve(sizes, make, mse, train, dev, **options)
    assert message in curve.verdict


def test_verdicts_look_at_gap_and_slope():
    from tensorgraph.train.learning_curves import _verdict

    def verdict(train, dev):
        return _verdict(np.array(train), np.array(dev))

    assert "regularise" in verdict([0.1, 0.1], [0.5, 0.5])
    assert "may help a little" in verdict([0.1, 0.2], [0.5, 0.21])
    assert "(variance)" in verdict([-1.0, -0.9], [-0.5, -0.6])  # accuracies, turned round
    # dev is well behind from a fifth of its error on, and falls from a twentieth on.
    for train, dev, wide, falling in (
        ([0.1, 0.79], [1.06, 1.0], True, True),
        ([0.1, 0.81], [1.06, 1.0], False, True),
        ([0.1, 0.79], [1.05, 1.0], True, False),
        ([0.1, 0.81], [1.05, 1.0], False, False),
    ):
        said = verdict(train, dev)
        assert ("well behind" in said) == wide
        assert ("gains from more data: get" in said or "may help a little" in said) == falling


def test_a_learning_curve_refuses_what_makes_no_sense():
    for sizes in ([], [65], [0]):
        with pytest.raises(tg.errors.ArgumentError):
            learning_curve(sizes, line, mse, data(), data(), epochs=1)
    with pytest.raises(tg.errors.DTypeError, match=r"make\(\) returns a new model and its opt"):
        learning_curve([8], lambda: line()[0], mse, data(), data(), epochs=1)

    def never():
        raise AssertionError("before the first training")

    for name in ("accuracy", "dev_loss"):
        with pytest.raises(tg.errors.ArgumentError, match=f"'{name}' is not measured, .* are loss"):
            learning_curve([8], never, mse, data(), data(), epochs=1, optimize=name)
    with pytest.raises(tg.errors.DTypeError, match=r"write dev=\(x, y\)"):
        learning_curve([8], never, mse, data(), None, epochs=1)
    once = line()
    with pytest.raises(tg.errors.ArgumentError, match="trained already"):
        learning_curve([8, 9], lambda: once, mse, data(), data(), epochs=1)
    with pytest.raises(tg.errors.DTypeError, match="train is a tuple"):
        learning_curve([8], line, mse, [data()], data(), epochs=1)


def test_a_size_that_cannot_be_measured_is_left_out():
    x = np.random.default_rng(0).standard_normal((64, 3)).astype("float32")
    y = (np.arange(64) % 4 == 0).astype("float32")[:, None]

    def make():
        model = nn.Linear(3, 1)
        return model, optim.SGD(model.parameters(), lr=0.1)

    def curve(sizes, metric):
        return learning_curve(
            sizes, make, nn.losses.binary_cross_entropy_with_logits, (x, y), (x, y), epochs=2,
            metrics={"auc": metric},
            optimize="auc",
        )  # fmt: skip

    with pytest.warns(tg.errors.UsageWarning, match=r"^learning_curve: 1 examples .*class"):
        found = curve([1, 32, 64], tg.diagnose.roc_auc)
    assert np.isnan(found.train[0]) and np.isnan(found.dev[0])
    assert np.isfinite(found.train[1:]).all() and np.isfinite(found.dev[1:]).all()
    assert "nan" in repr(found) and "single size" not in found.verdict
    with pytest.warns(tg.errors.UsageWarning):
        assert "single size" in curve([1, 64], tg.diagnose.roc_auc).verdict

    def broken(said, true):
        raise ZeroDivisionError("never mind")

    with pytest.raises((ZeroDivisionError, RuntimeError), match="never mind"):
        curve([8, 16], broken)


def test_ctrl_c_ends_a_learning_curve_as_a_whole():
    def interrupt(run):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learning_curve([8, 9], line, mse, data(), data(), epochs=1, callbacks=[interrupt])
