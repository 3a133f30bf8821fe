"""``check_step``: sound steps pass as they are and compiled, each planted mistake is told."""

from itertools import count

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.compiler.compiled import Compiled
from tensorgraph.compiler.numpy_runner import numpy_runner
from tensorgraph.errors import DTypeError
from tensorgraph.testing import check_step
from tensorgraph.testing.runs import compared_steps
from tests.optim.optimizer_cases import CASES as OPTIMIZERS
from tests.testing.test_check_module import broken

RNG = np.random.default_rng(0)
X = RNG.normal(size=(8, 3)).astype("float32")
Y = np.array([0, 1] * 4)


@pytest.fixture(autouse=True)
def _without_a_compiler(monkeypatch):
    """Programs run on NumPy: which back end computes is tested in tests/compiler."""
    monkeypatch.setattr(
        compared_steps, "Compiled", lambda step, wait: Compiled(step, wait, numpy_runner)
    )


class Trainer:
    """A small classifier with its optimizer."""

    def __init__(self, make=lambda named: optim.Adam(named, lr=0.01), *, drop=True):
        tg.random.seed(0)
        middle = [nn.BatchNorm(8), nn.Dropout(p=0.5)] if drop else []
        self.model = nn.Sequential(nn.Linear(3, 8), *middle, nn.Tanh(), nn.Linear(8, 2))
        self.optimizer = make(self.model.named_parameters())

    def step(self, x, y):
        self.optimizer.zero_grad()
        loss = nn.losses.cross_entropy(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        return loss


@pytest.mark.parametrize("rule", OPTIMIZERS)
def test_a_sound_step_passes_and_nothing_has_changed(rule):
    trainer = Trainer(lambda named: OPTIMIZERS[rule].make(named))
    trainer.step(X, Y)
    before = [p.numpy().copy() for p in trainer.model.parameters()]
    state, drawn = trainer.optimizer.state_dict(), tg.random.default_generator().state
    found = check_step(trainer.step, X, Y)
    assert not found.broken and all(kept.asked for kept in found.promises)
    assert f"Sequential, {type(trainer.optimizer).__name__} found" in repr(found)
    for parameter, old in zip(trainer.model.parameters(), before, strict=True):
        np.testing.assert_array_equal(parameter.numpy(), old)
    for key, value in trainer.optimizer.state_dict().items():
        np.testing.assert_array_equal(value, state[key])
    assert tg.random.default_generator().state == drawn


def test_a_compiled_step_and_closures_and_tensors_of_ones_own():
    w = tg.tensor(RNG.normal(size=3), requires_grad=True, name="w")

    @tg.compile
    def step(x):
        loss = ((x @ w) ** 2).mean()
        w.assign(w - 0.1 * tg.gradients(loss, w))
        return {"loss": loss, "norm": (w * w).sum().detach()}

    assert not check_step(step, X.astype("float64")).broken


def forgets(trainer):
    def step(x, y):
        loss = nn.losses.cross_entropy(trainer.model(x), y)
        loss.backward()
        trainer.optimizer.step()
        return loss

    return step


def keeps(trainer):
    losses = []

    def step(x, y):
        loss = trainer.step(x, y)
        losses.append(nn.losses.cross_entropy(trainer.model(x), y))
        return loss

    return step


def asks(trainer):
    def step(x, y):
        trainer.optimizer.zero_grad()
        loss = nn.losses.cross_entropy(trainer.model(x), y)
        if float(loss) > 1e-3:
            loss.backward()
            trainer.optimizer.step()
        return loss

    return step


class Hidden:
    """What is in it is not seen: attributes are computed."""

    def __init__(self):
        vars(self)["numbers"] = count()

    def __getattr__(self, name):
        return float(next(vars(self)["numbers"]))


def counts(trainer):
    hidden = Hidden()

    def step(x, y):
        return trainer.step(x, y) + hidden.k

    return step


def adds_a_layer(trainer):
    extra = nn.Linear(2, 2)

    def step(x, y):
        trainer.optimizer.zero_grad()
        loss = nn.losses.cross_entropy(extra(trainer.model(x)), y)
        loss.backward()
        trainer.optimizer.step()
        return loss

    return step


def draws(trainer):
    rng = np.random.default_rng(0)

    def step(x, y):
        return trainer.step(x + rng.normal(size=x.shape).astype("float32"), y)

    return step


FAULTS = {
    "zero_grad forgotten": (forgets, "gradients start anew", "optimizer.zero_grad()", ()),
    "losses kept": (keeps, "memory", "keep losses with their graphs", ("compiles",)),
    "a value asked for": (asks, "compiles", "GraphError", ()),
    "a state nobody sees": (counts, "repeatable", "call 1", ("compiles",)),
    "a layer that nobody trains": (
        adds_a_layer, "every parameter moves", "extra.bias do not move: no optimizer has it",
        ("gradients start anew",)),
    "a generator of NumPy's": (draws, "compiles", "it draws from rng", ()),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_each_mistake_in_a_step_is_found_and_named(name):
    make, promise, told, also = FAULTS[name]
    found = broken(check_step, make(Trainer()), X, Y)
    assert told in found[promise], found
    assert found.keys() <= {promise, *also}, found


def test_a_learning_rate_of_zero():
    trainer = Trainer(lambda named: optim.SGD(named, lr=0.0))
    told = broken(check_step, trainer.step, X, Y)["every parameter moves"]
    assert "model.layers[0].weight does not move" in told and "learning rate" in told


def wrong_program(monkeypatch, spoil):
    """Let programs do something besides, as a wrong fusion would."""

    def compiled(step, wait):
        run, calls = Compiled(step, wait, numpy_runner), []

        def wrong(*args):
            result = run(*args)
            calls.append(result)
            return spoil(result) if len(calls) == 3 else result

        return wrong

    monkeypatch.setattr(compared_steps, "Compiled", compiled)


def test_a_program_that_does_something_else_is_found(monkeypatch):
    trainer = Trainer(drop=False)
    weight = trainer.model.layers[0].weight

    def moved(result):
        weight.assign(weight.numpy() + 1e-3)
        return result

    wrong_program(monkeypatch, lambda result: result * 1.001)
    found = broken(check_step, trainer.step, X, Y)
    assert list(found) == [
        "compiled: results"
    ] and "in call 3 compile gives something else: the result" in str(found)
    wrong_program(monkeypatch, moved)
    found = broken(check_step, trainer.step, X, Y)
    assert "model.layers[0].weight" in found["compiled: tensors"]
    assert "compiled: a smaller batch" in found and "compiled: optimizer" in found
    wrong_program(monkeypatch, lambda result: (tg.random.normal(3), result)[1])
    assert list(broken(check_step, trainer.step, X, Y)) == ["compiled: random numbers"]


def test_what_is_no_function():
    with pytest.raises(DTypeError, match="check_step: checks a function, not"):
        check_step(Trainer)


@pytest.mark.parametrize(
    ("order", "told"),
    [
        ("zero_grad backward", "optimizer.step() is not called"),
        ("zero_grad step backward", "step() finds no gradients; write it after backward()"),
        ("backward zero_grad step", "zero_grad() clears the gradients before step()"),
    ],
)
def test_calls_in_the_wrong_order_are_told_once(order, told):
    tg.random.seed(0)
    model = tg.nn.Linear(3, 2)
    optimizer = tg.optim.SGD(model.parameters(), lr=0.1)

    def step(x, y):
        cost = tg.nn.losses.mse(model(x), y)
        calls = {"backward": cost.backward, "step": optimizer.step}
        for name in order.split():
            calls.get(name, optimizer.zero_grad)()
        return cost

    found = broken(check_step, step, np.ones((4, 3), "float32"), np.zeros((4, 2), "float32"))
    assert told in found["every parameter moves"]
    assert found["every parameter moves"].count("not move") == 1


def test_what_never_draws_is_not_told_to_draw():
    tg.random.seed(0)
    model = tg.nn.Linear(3, 2)
    optimizer = tg.optim.SGD(model.parameters(), lr=0.1)

    def step(x, y, noise=None):
        if noise:
            x = x + np.random.normal(size=x.shape).astype("float32")  # noqa: NPY002
        optimizer.zero_grad()
        cost = tg.nn.losses.mse(model(x), y)
        cost.backward()
        optimizer.step()
        return cost

    batch = np.ones((4, 3), "float32"), np.zeros((4, 2), "float32")
    found = {kept.promise: kept for kept in check_step(step, *batch).promises}
    assert not found["compiles"].asked and found["compiled: results"].asked
    assert "it draws from np.random" in broken(check_step, step, *batch, 0.1)["compiles"]
