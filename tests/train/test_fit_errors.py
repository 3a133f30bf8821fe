"""What fit refuses, and what it says where numbers come to no good."""

import pickle
from pathlib import Path

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


def left_out():
    return pytest.warns(tg.errors.UsageWarning, match="batch_norm in .* left out of the running")


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
    with left_out(), pytest.raises(tg.errors.DivergenceError) as caught:
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
    with left_out(), pytest.raises(tg.errors.DivergenceError, match="epoch 3") as caught:
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
    with left_out(), pytest.raises(tg.errors.DivergenceError) as caught:
        quick(model, optimizer=optimizer, callbacks=[explode], early_stopping=stopping)
    text = str(caught.value)
    assert f"the model has the weights of its best epoch, {stopping.best_epoch}" in text
    assert "as it was before" not in text
    assert kept(model, states[stopping.best_epoch - 1])


# ---------------------------------------------------------------------------- what others raise


def failing(after, error=ZeroDivisionError):
    """Return a function of any arguments that raises when it is called once more than so often."""
    calls = []

    def function(*args):
        calls.append(args)
        if len(calls) > after:
            raise error("of the user's own")
        return 0.0

    return function


def noted(epochs, **options):
    """Return the notes of the error that ends a run; it holds the history so far."""
    with pytest.raises(ZeroDivisionError, match="of the user's own") as caught:
        quick(dev=data(20), **options)
    assert len(caught.value.history.rows()) == epochs
    return caught.value.__notes__


def test_a_metric_that_fails_is_named_with_its_set_and_the_history_is_kept():
    ready = "the epochs before stand in the error's .history)"
    assert noted(2, metrics={"f1": failing(5)}) == [
        "(while the metric 'f1' of dev was computed, in evaluation mode)",
        f"(fit: in epoch 3, after 4 of its batches; {ready}",
    ]
    assert noted(0, metrics={"fine": failing(99), "bad": failing(0)}) == [
        "(while the metric 'bad' of train was computed, in evaluation mode)",
        "(fit: in epoch 1, after 4 of its batches)",
    ]

    def loss(z, y):
        if tg.is_grad_enabled():
            return cross_entropy(z, y)
        return fail()

    fail = failing(1)
    assert noted(0, loss=loss)[0] == "(while the loss of dev was computed, in evaluation mode)"


def test_whatever_ends_a_run_holds_the_history():
    fail, fail_later = failing(0), failing(6)

    def at_the_end(run):
        if run.epoch == 2:
            fail()

    def after_a_step(run):
        fail_later()

    ready = "the epochs before stand in the error's .history)"
    assert noted(2, callbacks=[at_the_end]) == [f"(fit: after epoch 2; {ready}"]
    assert noted(1, step_callbacks=[after_a_step]) == [
        f"(fit: in epoch 2, after 3 of its batches; {ready}"
    ]
    assert noted(0, loss=failing(0)) == ["(fit: in the first batch)"]

    class Broken(list):
        turns = 0

        def __iter__(self):
            Broken.turns += 1
            yield self[0]
            if Broken.turns == 3:  # the first one is measured
                fail()

    with pytest.raises(ZeroDivisionError) as caught:
        quick(train=Broken([data()]))
    assert len(caught.value.history.rows()) == 1


@pytest.mark.parametrize("value", ["0.5", b"1", None, [0.5], 1j, {}, 10**400])
def test_what_is_no_number_is_none_of_a_metric(value):
    with pytest.raises(tg.errors.DTypeError, match=r"the metric 'm' is .*, not a number") as caught:
        quick(metrics={"m": lambda z, y: value})
    assert "'m' of train" in caught.value.__notes__[0]


@pytest.mark.parametrize("value", [np.ma.masked, np.ma.masked_array([1.0], [True]), float("nan")])
def test_a_metric_that_is_missing_is_nan(value):
    assert np.isnan(quick(metrics={"m": lambda z, y: value})["train_m"]).all()


def test_metrics_and_losses_cannot_change_the_data():
    x, y = data()
    before = y.copy()

    def careless(z, y):
        y[y == 0] = 1
        return 0.0

    with pytest.raises(ValueError, match="read-only"):
        quick(train=(x, y), metrics={"m": careless})
    with pytest.raises(ValueError, match="read-only"):
        tg.train.evaluate(network(), careless, (x, y))
    assert np.array_equal(y, before)


@pytest.mark.parametrize("as_batches", [False, True])
def test_a_last_batch_of_one_is_called_what_it_is(as_batches):
    x, y = data(41)
    train = tg.data.Batches(x, y, batch_size=10) if as_batches else (x, y)
    with pytest.raises(tg.errors.ShapeError, match=r"BatchNorm") as caught:
        quick(train=train)
    assert caught.value.__notes__ == [
        "(fit: this is the last batch of the epoch, the 1 left over of 41 examples; to leave it out"
        " write train=tg.data.Batches(x, y, batch_size=10, drop_last=True))",
        "(fit: in epoch 1, after 4 of its batches)",
    ]
    quick(train=tg.data.Batches(x, y, batch_size=10, drop_last=True))
    with pytest.raises(tg.errors.ShapeError) as caught:
        quick(train=(x[:1], y[:1]))
    assert caught.value.__notes__ == ["(fit: in the first batch)"]


# ---------------------------------------------------------------------------- bad arguments


def other_model():
    return optim.SGD(network().parameters(), lr=0.1)


def partly():
    model = network()
    return {"model": model, "optimizer": optim.SGD(model.layers[0].parameters(), lr=0.1)}


def generator():
    yield data()


class OneByOne:
    """As PyTorch's data sets are."""

    def __len__(self):
        return 40

    def __getitem__(self, i):
        return X[i], Y[i]


class Column:
    """A column of pandas, as far as fit looks at it."""

    def to_numpy(self):
        return X

    def __iter__(self):
        return iter(X)


class Frame(Column):
    """A table of pandas, as far as fit looks at it."""

    columns = ("a", "b")


X, Y = data()

REFUSED = {
    "a model that is none": (
        {"model": abs, "optimizer": other_model()}, "fit: the model is an nn.Module, not a builtin",
    ),
    "no parameters": (
        {"model": nn.ReLU(), "optimizer": other_model()},
        r"ReLU has no parameters to train.*nn\.unfreeze\(model\)",
    ),
    "an optimizer that is none": ({"optimizer": optim.SGD}, "is the class SGD; write tg.optim.SGD"),
    "another model's optimizer": (
        {"optimizer": other_model()}, r"the optimizer lacks layers\.0\.weight, layers\.0\.bias",
    ),
    "a part of the parameters": (partly(), r"the optimizer lacks layers\.1\.weight, .* make it"),
    "no examples": ({"train": (X[:0], Y[:0])}, "train: there are no examples"),
    "no dev examples": ({"dev": (X[:0], Y[:0])}, "dev: there are no examples"),
    "no batches": ({"train": []}, "train holds no batches"),
    "lengths that differ": ({"train": (X, Y[:-1])}, "array 0 has 40, array 1 has 39"),
    "inputs alone": ({"train": X}, r"train is shape \(40, 3\) float32: .* write train=\(x, y\)"),
    "a list of arrays": ({"train": [X, Y]}, r"train is a list of arrays, .* write train=\(x, y\)"),
    "a tuple of one": ({"train": (X,)}, "a batch is a tuple"),
    "a dict without input": ({"train": {"a": X, "y": Y}}, "not a dict of a, y"),
    "a dict without target": ({"train": {"x": X}}, "not a dict of x"),
    "a generator": ({"train": generator()}, "used up after an epoch; .* steps_per_epoch=100"),
    "a dev generator": ({"dev": generator()}, "used up after an epoch; .* a list of batches$"),
    "no data at all": ({"train": 3}, "train is a tuple"),
    "no dev batches": ({"dev": []}, "dev holds no batches"),
    "the name of a file": ({"train": "x.csv"}, r"train is 'x.csv', the name of a file perhaps"),
    "a path": ({"dev": Path("x.csv")}, "dev is a .*Path, the name of a file perhaps"),
    "rows one by one": ({"train": OneByOne()}, r"; write train=tg\.data\.Batches\(data, ba"),
    "examples for batches": ({"train": [(X[0], Y[0])]}, r"one example alone is \(x\[None\], y\["),
    "numbers for batches": ({"train": [(1.0, 2)]}, "arrays with a row for each example, not 1.0"),
    "a frame": ({"train": Frame()}, r"train is a Frame, .* write train=\(df\[inputs\], df\['ta"),
    "a column": ({"train": Column()}, r"train is a Column: the inputs alone, or the targets"),
    "texts": ({"train": (X.astype(str), Y)}, "train: the inputs: tensors hold real numbers"),
    "objects": ({"dev": (np.full((40, 3), {}), Y)}, "dev: the inputs: tensors hold real numbers"),
    "no steps": ({"steps_per_epoch": 0}, "fit: steps_per_epoch is at least 1"),
    "no epochs": ({"epochs": 0}, "fit: epochs is at least 1"),
    "half an epoch": ({"epochs": 0.5}, "fit: epochs is an integer"),
    "no batch size": ({"batch_size": 0}, "fit: batch_size is at least 1"),
    "a negative clip": ({"clip": -1}, "clip is the largest norm"),
    "a clip that is none": ({"clip": True}, "clip is the largest norm"),
    "no path": ({"checkpoint": True}, "the checkpoint is the path of a file, not True"),
    "the name of an optimizer": (
        {"optimizer": "rmsprop"}, r"is 'rmsprop'; write tg.optim.RMSprop\(model.named_parameters",
    ),
    "the name of a loss": (
        {"loss": "cross_entropy"}, r"not 'cross_entropy'; write tg.nn.losses.cross_entropy,",
    ),
    "a loss of others": ({"loss": "binary_crossentropy"}, "binary_cross_entropy_with_logits, w"),
    "a loss of PyTorch": ({"loss": "MSELoss"}, "write tg.nn.losses.mse,"),
    "a loss that is none": ({"loss": nn.losses}, "a function of the model's output and the target"),
    "a list of metrics": (
        {"metrics": ["accuracy"]}, r'metrics=\{"accuracy": lambda z, y: tg.diagnose.accuracy\(',
    ),
    "a metric by name": ({"metrics": {"f1": "f1"}}, "the metric 'f1' is 'f1'"),
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


@pytest.mark.parametrize(
    ("door", "name"),
    [
        (lambda m, o: tg.train.evaluate(m, "mse", data()), "evaluate"),
        (lambda m, o: tg.train.overfit_one_batch(m, "mse", o, data()), "overfit_one_batch"),
        (lambda m, o: tg.train.lr_range_test(m, "mse", o, data()), "lr_range_test"),
    ],
)
def test_every_door_refuses_the_name_of_a_loss(door, name):
    model = network()
    with pytest.raises(tg.errors.DTypeError, match=rf"{name}: .* write tg\.nn\.losses\.mse, with"):
        door(model, optim.SGD(model.parameters(), lr=0.1))


def test_an_unknown_state_of_a_run():
    model = network()
    run = tg.train.Run(model, optim.SGD(model.parameters(), lr=0.1), 3)
    with pytest.raises(tg.errors.StateError, match="no state of a run"):
        run.load_state_dict({"epoch": 1})
