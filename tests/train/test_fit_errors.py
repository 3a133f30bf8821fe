"""What fit refuses, and what it says where numbers come to no good."""

import pickle

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.train import fit

cross_entropy = nn.losses.cross_entropy


def data(count=40):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((count, 3)).astype("float32")
    return x, (x[:, 0] > 0).astype(int)


def network():
    tg.random.seed(1)
    return nn.Sequential(nn.Linear(3, 8), nn.BatchNorm(8), nn.ReLU(), nn.Linear(8, 2))


def quick(model=None, train=None, dev=None, *, loss=cross_entropy, optimizer=None, **options):
    model = network() if model is None else model
    if optimizer is None:
        optimizer = optim.SGD(model.named_parameters(), lr=0.1)
    options = {"epochs": 3, "batch_size": 10, "progress": False, **options}
    return fit(model, loss, optimizer, data() if train is None else train, dev, **options)


def kept(model, before):
    after = model.state_dict()
    return all(np.array_equal(before[name], after[name]) for name in before)


# ---------------------------------------------------------------------------- no numbers


def test_a_nan_in_the_data_is_found_where_it_stands():
    x, y = data()
    x[17, 2] = np.nan
    model = network()
    with pytest.raises(tg.errors.DivergenceError) as caught:
        quick(model, (x, y))
    text = str(caught.value)
    assert "the cost is nan" in text
    assert "train holds nan at [17, 2] of array 0, where 1 of 120 numbers are not finite" in text
    assert np.isfinite(np.concatenate([v.ravel() for v in model.state_dict().values()])).all()


def test_a_nan_in_the_targets_is_to_blame_if_nothing_else_is():
    x, _ = data()
    y = x[:, :1].copy()
    y[5:8] = np.nan
    model = nn.Linear(3, 1)
    text = r"train holds nan at \[5, 0\] of array 1, where 3 of 40"
    with pytest.raises(tg.errors.DivergenceError, match=text):
        quick(model, (x, y), loss=nn.losses.mse)

    def partial(z, y):  # a loss that knows missing labels, and has a fault of its own
        return tg.log(tg.where(tg.isnan(y), 0.0, z - z)).mean()

    with pytest.raises(tg.errors.DivergenceError, match="cause: log made -inf"):
        quick(model, {"x": x, "y": y}, loss=partial)


def test_a_nan_in_the_dev_set():
    x, y = data()
    bad = x.copy()
    bad[3, 0] = np.nan
    with pytest.raises(tg.errors.DivergenceError, match="epoch 1, batch 4: dev_loss is nan") as e:
        quick(train=(x, y), dev={"x": bad, "y": y})
    assert "dev holds nan at [3, 0] of 'x'" in str(e.value)


def test_a_cost_that_is_not_finite_names_the_operation_and_keeps_all():
    model = network()
    kept_states = []

    def loss(z, y):
        if len(kept_states) < 3:
            return cross_entropy(z, y)
        return tg.log(z - z).mean()

    def keep(run):
        kept_states.append(run.model.state_dict())

    with pytest.raises(tg.errors.DivergenceError) as caught:
        quick(model, loss=loss, step_callbacks=[keep], epochs=2, batch_size=20)
    text = str(caught.value)
    assert text.startswith("fit: epoch 2, batch 2: the cost is -inf")
    assert "cause: log made -inf" in text and "test_fit_errors.py" in text
    assert kept(model, kept_states[-1])
    assert isinstance(caught.value, tg.errors.AnomalyError)
    assert isinstance(caught.value, FloatingPointError)


def test_the_epochs_before_stand_in_the_error():
    rate = optim.schedules.Manual(0.1)
    model = network()

    def explode(run):
        if run.epoch == 2:
            rate.set(1e30)

    optimizer = optim.SGD(model.named_parameters(), lr=rate)
    with pytest.raises(tg.errors.DivergenceError, match="epoch 3") as caught:
        quick(model, optimizer=optimizer, callbacks=[explode])
    history = caught.value.history
    assert history["epoch"].tolist() == [1, 2]
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert again.history == history


@pytest.mark.parametrize("named", [True, False])
def test_a_gradient_that_is_not_finite_names_the_parameter_by_its_path(named):
    model = network()
    before = model.state_dict()
    params = model.named_parameters() if named else model.parameters()

    def loss(z, y):
        return tg.sqrt((z - z) ** 2).sum()  # 0, with a gradient of 0 · ∞

    with pytest.raises(tg.errors.DivergenceError, match="epoch 1, batch 1: the gradient of") as e:
        quick(model, loss=loss, optimizer=optim.SGD(params, lr=0.1))
    assert "gradients that are not finite: layers.0.weight, layers.0.bias," in str(e.value)
    assert "cause: the gradient rule of sqrt made" in str(e.value)
    assert kept(model, before)
    with pytest.raises(tg.errors.DivergenceError, match="cause: the gradient rule of sqrt"):
        quick(model, loss=loss, clip=1.0)


def test_a_parameter_that_is_not_finite_already():
    model = network()
    model.layers[3].bias.assign(np.array([0, np.inf], "float32"))
    with pytest.raises(tg.errors.DivergenceError, match=r"'layers\.3\.bias' is not finite in 1 of"):
        quick(model)


def test_it_works_under_debug_too():
    with tg.debug(), pytest.raises(tg.errors.DivergenceError, match="log made nan"):
        quick(loss=lambda z, y: tg.log(-abs(z) - 1).mean())


def test_best_weights_return_where_numbers_come_to_no_good():
    rate = optim.schedules.Manual(0.1)
    model = network()
    states = []

    def explode(run):
        states.append(run.model.state_dict())
        if run.epoch == 2:
            rate.set(1e30)

    stopping = tg.train.EarlyStopping(patience=9, optimize="train_loss")
    optimizer = optim.SGD(model.named_parameters(), lr=rate)
    with pytest.raises(tg.errors.DivergenceError) as caught:
        quick(model, optimizer=optimizer, callbacks=[explode], early_stopping=stopping)
    text = str(caught.value)
    assert f"the model has the weights of its best epoch, {stopping.best_epoch}" in text
    assert "as it was before" not in text
    assert kept(model, states[stopping.best_epoch - 1])


# ---------------------------------------------------------------------------- bad arguments


def other_model():
    return optim.SGD(network().parameters(), lr=0.1)


def partly():
    model = network()
    return {"model": model, "optimizer": optim.SGD(model.layers[0].parameters(), lr=0.1)}


def generator():
    yield data()


X, Y = data()

REFUSED = {
    "a model that is none": (
        {"model": abs, "optimizer": other_model()}, "fit: the model is an nn.Module, not a builtin",
    ),
    "no parameters": (
        {"model": nn.ReLU(), "optimizer": other_model()},
        r"ReLU has no parameters to train.*nn\.unfreeze\(model\)",
    ),
    "an optimizer that is none": ({"optimizer": optim.SGD}, "the optimizer is a type; write"),
    "another model's optimizer": (
        {"optimizer": other_model()}, r"the optimizer lacks layers\.0\.weight, layers\.0\.bias",
    ),
    "a part of the parameters": (partly(), r"the optimizer lacks layers\.1\.weight, .* make it"),
    "no examples": ({"train": (X[:0], Y[:0])}, "train: there are no examples"),
    "no dev examples": ({"dev": (X[:0], Y[:0])}, "dev: there are no examples"),
    "no batches": ({"train": []}, "train holds no batches in epoch 1"),
    "lengths that differ": ({"train": (X, Y[:-1])}, "array 0 has 40, array 1 has 39"),
    "inputs alone": ({"train": X}, r"train is shape \(40, 3\) float32: .* write train=\(x, y\)"),
    "a list of arrays": ({"train": [X, Y]}, r"train is a list of arrays, .* write train=\(x, y\)"),
    "a tuple of one": ({"train": (X,)}, "a batch is a tuple"),
    "a dict without input": ({"train": {"a": X, "y": Y}}, "not a dict of a, y"),
    "a dict without target": ({"train": {"x": X}}, "not a dict of x"),
    "a generator": ({"train": generator()}, "used up after an epoch"),
    "no data at all": ({"train": 3}, "train is a tuple"),
    "no epochs": ({"epochs": 0}, "fit: epochs is at least 1"),
    "half an epoch": ({"epochs": 0.5}, "fit: epochs is an integer"),
    "no batch size": ({"batch_size": 0}, "fit: batch_size is at least 1"),
    "a negative clip": ({"clip": -1}, "clip is the largest norm"),
    "early stopping that is none": (
        {"early_stopping": 5}, r"early_stopping is 5; write early_stopping=tg\.train\.Early",
    ),
    "metrics that are none": ({"metrics": [abs]}, "metrics are a dict of functions by name"),
    "a metric that is none": ({"metrics": {"f1": 3}}, "the metric 'f1' is 3"),
    "a metric named loss": ({"metrics": {"loss": abs}}, "a name that is not 'loss'"),
    "one callback": ({"callbacks": abs}, r"callbacks is a list of functions; write callbacks=\[f"),
    "a callback that is none": ({"step_callbacks": [3]}, "step_callbacks are functions of the run"),
    "a loss of many numbers": (
        {"loss": lambda z, y: cross_entropy(z, y, reduction="none")},
        r"the loss has shape \(10,\), .* write reduction='mean'",
    ),
    "a loss without graph": (
        {"loss": lambda z, y: cross_entropy(z.detach(), y)}, "does not depend on any parameter",
    ),
    "a loss that is a number": (
        {"loss": lambda z, y: cross_entropy(z, y).item()}, "the loss returned .*, not a tensor",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_it_refuses(what):
    changes, message = REFUSED[what]
    with pytest.raises((ValueError, TypeError, RuntimeError), match=message) as caught:
        quick(**changes)
    assert type(caught.value).__module__ == "tensorgraph.errors"


def test_an_unknown_state_of_a_run():
    model = network()
    run = tg.train.Run(model, optim.SGD(model.parameters(), lr=0.1), 3)
    with pytest.raises(tg.errors.StateError, match="no state of a run"):
        run.load_state_dict({"epoch": 1})
