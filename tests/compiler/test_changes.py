"""Whatever is changed between two calls is seen: compiled steps do what steps do as they are."""

from weakref import ref

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.compiler.compiled import Compiled
from tensorgraph.compiler.conditions import MISSING, Conditions
from tensorgraph.compiler.numpy_runner import numpy_runner

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(6, 3)), np.array([0, 1, 2, 0, 1, 2])
SCALES = {"all": 1.0}
SHIFT = 0.0


class Model(nn.Module):
    """Reads what may change in every way there is."""

    def __init__(self):
        tg.random.seed(0)
        self.first, self.last = (nn.Linear(3, 3, dtype="float64") for _ in range(2))
        self.dropout = nn.Dropout(p=0.25)
        self.functions = [tg.tanh]
        self.others = nn.ModuleList()
        self.table = {"scale": 1.0}
        self.scale = 1.0

    def forward(self, x):
        x = self.dropout(self.first(x)) * self.scale * self.table["scale"]
        for f in (*self.functions, *self.others):
            x = f(x)
        return self.last(x) * SCALES["all"] + SHIFT


class Trainer:
    """A model and its optimizer; its step reads a closure cell too."""

    def __init__(self):
        self.model = model = Model()
        self.optimizer = optimizer = optim.Adam(model.parameters(), lr=0.1)
        self.weight = model.first.weight
        factor = 1.0

        def step(x, y):
            loss = nn.losses.cross_entropy(model(x), y) * factor
            loss.backward()
            optimizer.step()
            return loss

        def change():
            nonlocal factor
            factor += 1

        self.step, self.change_cell = step, change

    def left(self):
        tensors = [self.model.first.weight, self.model.first.bias, self.model.last.weight]
        return [[x.data, None if x.grad is None else x.grad.data] for x in tensors]


def change_global(_):
    global SHIFT
    SHIFT += 0.5


def change_hook(trainer):
    if trainer.weight.requires_grad:
        trainer.handle = trainer.weight.register_hook(lambda g: g * 0.5)


def change_state(trainer):
    state = trainer.model.state_dict()
    trainer.model.load_state_dict({name: 0.5 * value for name, value in state.items()})


# Each is done to one trainer after the other; what both share is changed for the first alone.
CHANGES = {
    "a module's attribute": lambda t: setattr(t.model, "scale", t.model.scale + 1),
    "vars": lambda t: vars(t.model).update(scale=t.model.scale + 1),
    "vars of a layer": lambda t: vars(t.model.dropout).update(keep_prob=0.5),
    "another layer": lambda t: setattr(t.model, "dropout", nn.ReLU()),
    "an attribute that is gone": lambda t: vars(t.model.last).pop("training", None),
    "a list in a module": lambda t: t.model.functions.append(tg.sin),
    "an equal list": lambda t: setattr(t.model, "functions", [*t.model.functions]),
    "a list of modules": lambda t: t.model.others.append(nn.ReLU()),
    "a dict in a module": lambda t: t.model.table.update(scale=t.model.table["scale"] * 2),
    "evaluation": lambda t: t.model.eval(),
    "evaluation of a part": lambda t: t.model.dropout.train(not t.model.dropout.training),
    "a closure cell": lambda t: t.change_cell(),
    "a setting": lambda t: setattr(t.optimizer, "betas", (t.optimizer.betas[0] / 2, 0.9)),
    "a learning rate": lambda t: setattr(t.optimizer, "lr", t.optimizer.lr / 2),
    "a group's setting": lambda t: t.optimizer.groups[0].__setitem__("eps", 1e-3),
    "a hook": change_hook,
    "a hook that is gone": lambda t: hasattr(t, "handle") and t.handle.remove(),
    "what is frozen": lambda t: setattr(t.weight, "requires_grad", not t.weight.requires_grad),
    "a gradient": lambda t: setattr(t.weight, "grad", np.ones((3, 3))),
    "a gradient's values": lambda t: t.weight.grad is None or t.weight.grad.assign(np.eye(3)),
    "no gradients": lambda t: t.optimizer.zero_grad(),
    "values": lambda t: t.weight.assign(np.eye(3)),
    "all values": change_state,
    "an eager step": lambda t: (tg.random.seed(5), t.step(X, Y)),
    "a seed": lambda t: tg.random.seed(7),
}
SHARED = {
    "a global": change_global,
    "what a global holds": lambda _: SCALES.update(all=SCALES["all"] + 1),
}


def steps_of_both(names):
    """Let two trainers take steps, one of them compiled, with changes between; compare them."""
    one, other = Trainer(), Trainer()
    run = Compiled(one.step, make_runner=numpy_runner, at_once=True)
    for k, name in enumerate(names):
        if name in CHANGES:
            CHANGES[name](one)
            CHANGES[name](other)
        elif name is not None:
            SHARED[name](one)
        for repeat in range(2):
            losses = []
            for step in (run, other.step):
                tg.random.seed(2 * k + repeat)
                losses.append(step(X, Y).item())
            assert losses[0] == pytest.approx(losses[1], rel=1e-9), name
            for found, expected in zip(one.left(), other.left(), strict=True):
                for x, y in zip(found, expected, strict=True):
                    np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-12, err_msg=f"{name}")


@pytest.fixture(autouse=True)
def _globals(monkeypatch):
    monkeypatch.setattr("tests.compiler.test_changes.SHIFT", 0.0)
    monkeypatch.setitem(SCALES, "all", 1.0)


@pytest.mark.parametrize("name", [*CHANGES, *SHARED])
def test_each_change_is_seen(name):
    steps_of_both([None, name, None])


def test_a_hook_may_come_and_go():
    steps_of_both([None, "a hook", "a hook that is gone"])


@settings(max_examples=5, deadline=None)
@given(st.lists(st.sampled_from([*CHANGES, *SHARED]), min_size=2, max_size=6))
def test_changes_one_after_the_other_are_seen(names):
    steps_of_both([None, *names])


# -------------------------------------------------------------------------------- conditions


THINGS = st.sampled_from([0, 1, 1.0, True, 0.0, -0.0, "a", None, (1,), np.float32(1), [1]])


@given(st.lists(THINGS, max_size=6), st.lists(THINGS, max_size=6))
def test_contents_are_compared_by_identity_and_numbers_by_value(before, now):
    held = [*before]
    conditions = Conditions()
    conditions.contains(held, [*before])
    hold = conditions.function()
    assert hold()
    held[:] = now
    same = [
        x is y or (type(x) is type(y) and not isinstance(x, list | tuple) and repr(x) == repr(y))
        for x, y in zip(before, now, strict=False)
    ]
    assert hold() is (len(before) == len(now) and all(same))


def test_what_is_not_there_may_come():
    held = {"a": 1.5}
    conditions = Conditions()
    conditions.item(held, "a", held["a"])
    conditions.item(held, "b", MISSING)
    hold = conditions.function()
    assert hold()
    held["a"] = float("1.5")
    assert hold()
    held["b"] = 1
    assert not hold()
    held.clear()
    assert not hold()


def test_what_is_free_may_change_but_must_be_there():
    held = {"a": 1, "b": 2}
    conditions = Conditions()
    conditions.contains(held.values(), [1, 2], free={1})
    hold = conditions.function()
    held["b"] = 3
    assert hold()
    held["c"] = 4
    assert not hold()


def test_a_function_of_conditions_goes_with_the_last_who_has_it():
    thing = tg.ones(1)
    conditions = Conditions()
    conditions.contains([1], [1])
    conditions.name(thing)
    hold, seen = conditions.function(), ref(thing)
    del conditions, thing
    assert seen() is not None
    del hold
    assert seen() is None
