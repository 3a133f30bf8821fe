"""Methods, what stands above them, what may be missing: a change of any is seen."""

import enum
import warnings

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.compiler.compiled import MANY, Compiled
from tensorgraph.compiler.numpy_runner import numpy_runner
from tensorgraph.errors import UsageWarning

ONE = np.ones(1)


class Below:
    factor = 1.0

    def __call__(self, x):
        return self.factor * x


class Above(Below):
    def __call__(self, x):
        return super().__call__(x)


class Ways:
    def method(self, x):
        return x * 1

    @staticmethod
    def static(x):
        return x * 1

    @classmethod
    def of_class(cls, x):
        return x * 1

    @property
    def factor(self):
        return 1.0


class Others(Ways):
    def method(self, x):
        return x * 5


class Layer(nn.Module):
    def __init__(self):
        self.start = np.random.rand()  # noqa: NPY002

    def forward(self, x):
        return x * 1


class Mode(enum.Enum):
    PLAIN = 1
    DOUBLE = 2


def compiled(f):
    """Return a function that is compiled, for which a program runs."""
    f = Compiled(f, True, numpy_runner)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [f(ONE).item() for _ in range(3)] == [1.0] * 3
    assert "1 program" in repr(f)
    return f


def check(f, change, expected):
    f = compiled(f)
    change()
    assert [f(ONE).item() for _ in range(3)] == [expected] * 3


@pytest.mark.parametrize("place", [Above, Below, "object"])
def test_what_a_method_above_reads(place, monkeypatch):
    loss = Above()
    owner = loss if place == "object" else place
    check(lambda x: loss(x), lambda: monkeypatch.setattr(owner, "factor", 3.0, raising=False), 3.0)


@pytest.mark.parametrize(
    "ask", [lambda h: getattr(h, "k", 1.0), lambda h: 5 if hasattr(h, "k") else 1]
)
def test_an_attribute_that_was_missing(ask):
    class Holder:
        pass

    holder = Holder()
    check(lambda x: x * ask(holder), lambda: setattr(holder, "k", 5.0), 5.0)


@pytest.mark.parametrize(
    ("f", "name", "new"),
    [
        (lambda w: lambda x: w.method(x), "method", lambda self, x: x * 7),
        (lambda w: lambda x: w.static(x), "static", staticmethod(lambda x: x * 7)),
        (lambda w: lambda x: w.of_class(x), "of_class", classmethod(lambda cls, x: x * 7)),
        (lambda w: lambda x: w.factor * x, "factor", property(lambda self: 7.0)),
    ],
)
def test_methods_that_are_replaced(f, name, new, monkeypatch):
    check(f(Ways()), lambda: monkeypatch.setattr(Ways, name, new), 7.0)


def test_a_method_of_an_object_alone_and_another_class():
    ways = Ways()
    check(lambda x: ways.method(x), lambda: setattr(ways, "method", lambda x: x * 7), 7.0)
    ways = Ways()
    check(lambda x: ways.method(x), lambda: setattr(ways, "__class__", Others), 5.0)


def test_the_forward_of_a_module_that_draws_when_it_is_made(monkeypatch):
    layer = Layer()
    new = lambda self, x: x * 7  # noqa: E731
    check(lambda x: layer(x), lambda: monkeypatch.setattr(Layer, "forward", new), 7.0)
    monkeypatch.undo()
    check(layer, lambda: monkeypatch.setattr(Layer, "forward", new), 7.0)


def test_code_that_is_loaded_anew():
    def g(x):
        return x * 1

    check(lambda x: g(x), lambda: setattr(g, "__code__", (lambda x: x * 3).__code__), 3.0)


def test_members_of_enumerations():
    mode = Mode.PLAIN

    def change():
        nonlocal mode
        mode = Mode.DOUBLE

    check(lambda x: x if mode is Mode.PLAIN else 2 * x, change, 2.0)


def test_ever_new_numbers_are_told_once():
    f = Compiled(lambda x, lr: x * lr, True, numpy_runner)
    with pytest.warns(UsageWarning, match=r"give those that change as tensors") as told:
        for i in range(2 * MANY):
            f(ONE, i / 8)
    assert len(told) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert f(ONE, tg.tensor(0.5)).item() == 0.5


def test_many_shapes_are_no_new_numbers():
    f = Compiled(lambda x, k: x * k, True, numpy_runner)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for n in range(2 * MANY):
            assert f(np.ones(n), 2.0).size == n
