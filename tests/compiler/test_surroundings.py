"""What a compiled function reads besides arguments is watched to any depth, or it is said."""

import itertools
import queue
import random
from collections import Counter, OrderedDict, defaultdict, deque
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.compiler.compiled import Compiled
from tests.compiler.test_compiled_calls import programs, said

X = np.ones(2, "float32")


def values(run, times=3):
    """Return what a function gives in some calls, each of which must be the same."""
    found = [np.asarray(run(X).data).tolist() for _ in range(times)]
    assert all(each == found[0] for each in found)
    return found[0]


# ------------------------------------------------------------------------------ settings, any depth


@dataclass
class Inner:
    rate: float = 2.0
    table: dict = field(default_factory=lambda: {"k": [1.0]})


@dataclass(slots=True)
class Slotted:
    rate: float = 2.0


class Helper:
    shared = 3.0

    def __init__(self):
        self.config = Inner()
        self.hidden = 2.0

    @property
    def shown(self):
        return self.hidden

    def scaled(self, x):
        return x * self.config.rate

    def __call__(self, x):
        return x * self.hidden


class Holder:
    def __init__(self):
        self.helper = Helper()


def set_item(place, key, value):
    place[key] = value


NESTED = {
    "a dict in a dict": (
        lambda: {"a": {"b": 2.0}}, lambda c, x: x * c["a"]["b"], lambda c: c["a"].update(b=5.0)
    ),
    "a list in a tuple in a dict": (
        lambda: {"a": ([2.0],)}, lambda c, x: x * c["a"][0][0],
        lambda c: set_item(c["a"][0], 0, 5.0),
    ),
    "an OrderedDict's order": (
        lambda: OrderedDict(a=2.0, b=5.0), lambda c, x: x * next(iter(c.values())),
        lambda c: c.move_to_end("a"),
    ),
    "a key": (
        lambda: {"a": {2.0: None}}, lambda c, x: x * min(c["a"]),
        lambda c: set_item(c["a"], 5.0, c["a"].pop(2.0)),
    ),
    "a defaultdict": (
        lambda: defaultdict(list, a=[2.0]), lambda c, x: x * c["a"][0],
        lambda c: set_item(c["a"], 0, 5.0),
    ),
    "a Counter": (lambda: Counter(a=2), lambda c, x: x * c["a"], lambda c: c.update(a=3)),
    "a deque": (lambda: deque([1.0, 2.0], 2), lambda c, x: x * c[-1], lambda c: c.append(5.0)),
    "a set": (lambda: [{2.0}], lambda c, x: x * max(c[0]), lambda c: c[0].add(5.0)),
    "a namespace": (
        lambda: SimpleNamespace(a=SimpleNamespace(b=2.0)), lambda c, x: x * c.a.b,
        lambda c: setattr(c.a, "b", 5.0),
    ),
    "a dataclass": (
        lambda: [Inner()], lambda c, x: x * c[0].rate, lambda c: setattr(c[0], "rate", 5.0)
    ),
    "an item moves to the next list": (
        lambda: [[2.0, 5.0], [7.0]], lambda c, x: x * (2.0 if len(c[0]) > 1 else c[1][0]),
        lambda c: c[1].insert(0, c[0].pop()),
    ),
    "an item moves to the list before": (
        lambda: [[7.0], [2.0, 5.0]], lambda c, x: x * (2.0 if len(c[1]) > 1 else c[0][0]),
        lambda c: c[0].insert(0, c[1].pop()),
    ),
    "slots": (lambda: Slotted(), lambda c, x: x * c.rate, lambda c: setattr(c, "rate", 5.0)),
    "a helper's config": (
        Holder, lambda c, x: c.helper.scaled(x), lambda c: setattr(c.helper.config, "rate", 5.0)
    ),
    "a callable": (Holder, lambda c, x: c.helper(x), lambda c: setattr(c.helper, "hidden", 5.0)),
    "a property": (
        Holder, lambda c, x: x * c.helper.shown, lambda c: setattr(c.helper, "hidden", 5.0)
    ),
    "getattr": (
        Holder, lambda c, x: x * getattr(c.helper, "hidden"),  # noqa: B009
        lambda c: setattr(c.helper, "hidden", 5.0),
    ),
    "a whole __dict__": (
        Holder, lambda c, x: x * c.helper.hidden,
        lambda c: setattr(c.helper, "__dict__", {"hidden": 5.0}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", NESTED)
def test_what_is_changed_after_three_calls_counts(kind):
    make, f, change = NESTED[kind]
    held = make()
    run = Compiled(lambda x: f(held, x))
    assert values(run) == [2.0, 2.0]
    assert programs(run) == 1
    change(held)
    assert values(run) == [5.0, 5.0]
    assert programs(run) == 2


def test_what_a_class_holds_and_defaults_count():
    def f(x, held={"a": [2.0]}):  # noqa: B006
        return x * held["a"][0] * holder.helper.shared

    holder = Holder()
    run = Compiled(f)
    assert values(run) == [6.0, 6.0]
    f.__defaults__[0]["a"][0] = 1.0
    assert values(run) == [3.0, 3.0]
    holder.helper.shared = 4.0
    assert values(run) == [4.0, 4.0]


def test_a_container_that_is_put_in_place_of_an_equal_one_is_watched_from_then_on():
    held = {"a": {"b": [2.0]}}
    run = Compiled(lambda x: x * held["a"]["b"][0])
    assert values(run) == [2.0, 2.0]
    held["a"] = {"b": [2.0]}
    assert values(run) == [2.0, 2.0]
    assert programs(run) == 1
    held["a"]["b"][0] = 5.0
    assert values(run) == [5.0, 5.0]


def test_what_the_function_does_not_name_may_change():
    holder = Holder()
    run = Compiled(lambda x: x * holder.helper.hidden)
    for k in range(12):
        holder.helper.history = [k]
        assert run(X).data.tolist() == [2.0, 2.0]
    assert programs(run) == 1


def test_a_compiled_function_is_watched_inside_another():
    held = {"a": [2.0]}
    inner = tg.compile(lambda x: x * held["a"][0])
    run = Compiled(lambda x: inner(x) + 0)
    assert values(run) == [2.0, 2.0]
    held["a"][0] = 5.0
    assert values(run) == [5.0, 5.0]


def test_more_than_can_be_looked_at_runs_as_it_is():
    held = {"a": {k: float(k) for k in range(3000)}}
    run = Compiled(lambda x: x * held["a"][2])
    said(run, "it names more than 2,000 things", X)
    held["a"][2] = 5.0
    assert values(run) == [5.0, 5.0]


# ------------------------------------------------------------------------- what cannot be watched


@pytest.mark.parametrize(
    ("make", "take"),
    [
        (lambda: (float(k) for k in range(9)), next),
        (lambda: iter([*map(float, range(9))]), next),
        (lambda: itertools.count(0), next),
        (lambda: {"in": [itertools.count(0)]}, lambda held: next(held["in"][0])),
        (lambda: SimpleNamespace(queue=filled()), lambda held: held.queue.get()),
        (lambda: Drawing(), lambda held: held.next_number()),
    ],
)
def test_an_iterator_goes_on(make, take):
    held = make()
    results = said(Compiled(lambda x: x * take(held)), "it names .*give it as an argument", X)
    assert [x[0] for x in results] == [0.0, 1.0, 2.0, 3.0]


def test_batches_that_are_gone_through_inside():
    batches = tg.data.Batches(np.arange(8, dtype="float32"), batch_size=4, seed=0)

    def f(x):
        return x * next(iter(batches))[0]

    said(Compiled(f), "it names batches, a Batches", X)
    assert batches.epoch > 0


def filled():
    q = queue.Queue()
    for k in range(9):
        q.put(float(k))
    return q


class Drawing:
    def __init__(self):
        self.numbers = iter(range(9))

    def next_number(self):
        return next(self.numbers)


GENERATOR, PYTHONS = np.random.default_rng(0), random.Random(0)
draw = np.random.default_rng(1).random


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * GENERATOR.random(),
        lambda x: x * PYTHONS.random(),
        lambda x: x * random.random(),
        lambda x: x * np.random.rand(),  # noqa: NPY002
        lambda x: x * draw(),
    ],
)
def test_draws_that_no_program_makes(f):
    results = said(Compiled(f), "it draws from .*draw from tg.random", X)
    assert len({float(x[0]) for x in results}) == 4


def test_draws_of_the_engine_are_compiled():
    run = Compiled(lambda x: x + tg.random.normal((2,)) * np.float32(1))
    assert len({run(X)[0].item() for _ in range(4)}) == 4
    assert programs(run) == 1


# ---------------------------------------------------------------------------------- NumPy's arrays


@pytest.mark.parametrize(
    "f",
    [
        lambda x, a: x * a[:2],
        lambda x, a: x * a.mean(),
        lambda x, a: x * float(a[0]),
        lambda x, a: x * tg.tensor(a)[1],
        lambda x, a: x * (1 if a[0] > 2 else 3),
        lambda x, a: x * a[:2] + (1 if a[0] > 2 else 3),
        lambda x, a: x * np.asarray(a)[:2] * a.sum(),
    ],
)
def test_an_array_that_is_filled_anew(f):
    held = {"a": np.full(3, 1.0, "float32")}
    array = held["a"]
    for g in (lambda x: f(x, held["a"]), lambda x: f(x, array)):
        run = Compiled(g)
        for value in (1.0, 7.0, 2.0):
            array[:] = value
            assert values(run) == np.asarray(f(tg.tensor(X), array).data).tolist()


def test_an_operand_is_read_anew_but_for_what_else_is_read_of_it():
    array, other = np.ones(2, "float32"), np.ones(2, "float32")
    alone, both = Compiled(lambda x: x * array), Compiled(lambda x: x * array + array.mean())
    alike = Compiled(lambda x: x * array + other)
    for k in range(5):
        array[:] = k
        for _ in range(3):
            assert alone(X).data.tolist() == [k, k]
            assert both(X).data.tolist() == [2 * k, 2 * k]
            assert alike(X).data.tolist() == [k + 1, k + 1]
    assert programs(alone) == 1


def test_an_array_that_is_too_large_to_be_compared():
    array = np.zeros(2**19)
    run = Compiled(lambda x: x * array[:2].astype("float32"))
    said(run, r"it reads array, .*array\[:3\], as an argument", X)
    array[:] = 3
    assert values(run) == [3.0, 3.0]
    whole = np.zeros(2**19, "float32")
    run = Compiled(lambda x: x[0] * whole)
    for k in range(4):
        whole[:] = k
        assert run(X)[5].item() == k


# ------------------------------------------------------------------------------ what f changes


def changes_array(held, x):
    held.array[0] += 1
    return x


def changes_new(held, x):
    held.last = x
    return x


CHANGES = {
    "a defaultdict": (defaultdict(list), lambda c, x: c["loss"].append(x.sum())),
    "a nested list": ({"a": {"b": []}}, lambda c, x: c["a"]["b"].append(x.sum())),
    "a deque": (deque(maxlen=2), lambda c, x: c.append(x.sum())),
    "a Counter": (Counter(), lambda c, x: c.update(["a"])),
    "an OrderedDict": (OrderedDict(a=1), lambda c, x: c.update(a=x.sum())),
    "a set": ([set()], lambda c, x: c[0].add(x.sum())),
    "an attribute": (SimpleNamespace(a=SimpleNamespace(b=0)), lambda c, x: setattr(c.a, "b", x)),
    "a helper's": (Holder(), lambda c, x: c.helper.__dict__.update(hidden=x)),
    "a new one": (Inner(), changes_new),
    "an array": (SimpleNamespace(array=np.zeros(2)), changes_array),
}  # fmt: skip


def tensors_in(thing):
    """Return the tensors that are in something."""
    if type(thing) is tg.Tensor:
        return [thing]
    if isinstance(thing, dict):
        thing = [*thing, *thing.values()]
    elif hasattr(thing, "__dict__"):
        thing = [*vars(thing).values()]
    return (
        [t for x in thing for t in tensors_in(x)] if isinstance(thing, (list, set, deque)) else []
    )


@pytest.mark.parametrize("kind", CHANGES)
@pytest.mark.parametrize("at_once", [True, False])
def test_what_is_changed_is_taken_back_and_changed_in_each_call(kind, at_once):
    held, change = CHANGES[kind]

    def f(x):
        change(held, x)
        return x * 1

    said(Compiled(f, at_once=at_once), "it changes ", tg.ones(2))
    assert all(type(t._data) is np.ndarray for t in tensors_in(held))
    if kind == "a defaultdict":
        assert len(held["loss"]) in (4, 8)
    if kind == "an array":
        assert held.array[0] in (4, 8)


# --------------------------------------------------------------- what a capture leaves behind


class Counting:
    calls = 0

    def step(self, x):
        self.calls += 1
        return x * self.calls


def test_what_a_class_holds_is_not_given_to_its_object():
    counting = Counting()
    run = Compiled(counting.step, at_once=True)
    with pytest.warns(tg.errors.UsageWarning, match="it changes calls"):
        assert [run(X)[0] for _ in range(3)] == [1.0, 2.0, 3.0]
    assert counting.calls == 3 and Counting.calls == 0


def test_what_was_not_there_is_not_there_afterwards():
    holder = SimpleNamespace(seen=0)

    def f(x):
        if not hasattr(holder, "first"):
            holder.first = 7
            holder.seen += 1
        return x * holder.first

    run = Compiled(f, at_once=True)
    with pytest.warns(tg.errors.UsageWarning, match="it changes"):
        assert run(X).tolist() == [7.0, 7.0]
    assert (holder.first, holder.seen) == (7, 1)


def test_an_array_of_two_names_is_read_anew_at_both():
    array = np.array([2.0, 3.0])

    def f(x):
        same = array
        return x * same * same[0].item()

    run = Compiled(f)
    for first in (2.0, 4.0, 8.0):
        array[0] = first
        assert values(run) == values(f)


def test_what_is_in_a_dict_of_a_librarys_module_counts():
    heads = {"a": nn.Linear(2, 1, init=nn.init.constant(1.0))}
    model = nn.MultiTask(nn.Identity(), heads)
    run = Compiled(lambda x: model(x)["a"].detach())
    assert [run(X).item() for _ in range(3)] == [2.0] * 3
    model.heads["a"] = nn.Linear(2, 1, init=nn.init.constant(3.0))
    assert [run(X).item() for _ in range(3)] == [6.0] * 3


FACTOR = 2.0


def test_what_a_function_inside_names_counts(monkeypatch):
    def f(x):
        def scaled(y):
            return y * FACTOR

        return scaled(x)

    run = Compiled(f)
    assert values(run) == [2.0, 2.0]
    monkeypatch.setitem(globals(), "FACTOR", 5.0)
    assert values(run) == [5.0, 5.0]
