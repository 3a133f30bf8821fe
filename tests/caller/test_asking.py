"""Who asks for something, and how the user's line that asks is written."""

import contextlib
import gc
import math
import operator
import statistics
import sys
import warnings

import numpy as np
import pytest

from tensorgraph.caller import warning_line
from tensorgraph.caller.asking import asking, written
from tensorgraph.caller.warning_line import warn_once, written_once


class Asked:
    """Remembers who asked it."""

    def __float__(self):
        self.asking = asking(sys._getframe(1))
        self.written = written(self.asking.frame)
        return 0.5

    def __array__(self, dtype=None, copy=None):
        float(self)
        self.asking = asking(sys._getframe(1))
        self.written = written(self.asking.frame)
        return np.ones(2)

    def __isub__(self, other):
        self.written = written(sys._getframe(1))
        return self

    def __getitem__(self, key):
        self.written = written(sys._getframe(1))
        return 0.5


def alias():
    root = math.sqrt
    root(asked)


def indexed(params):
    params["w"] -= 1
    params["w"].table[0]


def stored():
    np.zeros((2, 2))[0] = asked


def made():
    pair = (asked, asked)
    np.mean(pair)


asked = Asked()
asked.table = asked
CASES = {
    "a method of a module": (lambda: math.sqrt(asked), ("call", "math.sqrt", "math", False)),
    "a name": (lambda: float(asked), ("call", "float", "builtins", False)),
    "another name": (alias, ("call", "root", "math", False)),
    "a list": (lambda: np.mean([asked, 1]), ("call", "np.mean", "numpy", True)),
    "a variable": (made, ("call", "np.mean", "numpy", True)),
    "a comprehension": (lambda: np.max([a for a in [asked]]), ("call", "np.max", "numpy", True)),
    "keywords": (lambda: np.sum(a=(asked,)), ("call", "np.sum", "numpy", True)),
    "a keyword": (lambda: np.sum(a=asked), ("call", "np.sum", "numpy", False)),
    "unpacked": (lambda: math.sqrt(*[asked]), ("call", "math.sqrt", "math", True)),
    "a call of a call": (lambda: np.vectorize(abs)(asked), ("call", "np.vectorize(…)", "", False)),
    "a method of a result": (lambda: np.ones(2).dot(asked), ("call", "np.ones(…).dot", "", False)),
    "of parentheses": (lambda: (np.ones(2) + 1).dot(asked), ("call", "….dot", "", False)),
    "over lines": (
        lambda: math.sqrt(
            asked,
        ),
        ("call", "math.sqrt", "math", False),
    ),
    "an operator": (lambda: np.ones(2) @ asked, ("operator", "np.ones(…)", "", False)),
    "augmented": (lambda: indexed({"w": asked}), ("index", "params[…].table", "", False)),
    "an index": (lambda: asked[0], ("index", "asked", __name__, False)),
    "an assignment": (stored, ("store", "", "", False)),
    "C": (lambda: list(map(float, [asked])), ("call", "list", "builtins", True)),
}


@pytest.mark.parametrize("name", CASES)
def test_what_the_line_writes(name):
    ask, (kind, called, module, of_list) = CASES[name]
    try:
        ask()
    except (TypeError, ValueError):  # of what NumPy computes with what it was given
        pass
    found = asked.written
    assert (found.kind, found.name, found.of_list) == (kind, called, of_list)
    assert found.module == module


TAKERS = {
    "none": (lambda: [math.sqrt(asked)], ("", "")),
    "a call": (lambda: print(1, np.mean([asked, 1])), ("call", "print")),
    "its own call": (lambda: np.mean([asked, 1]).tolist(), ("attribute", "np.mean(…).tolist")),
    "the right side": (lambda: 1 < np.mean([asked, 1]), ("comparison", "")),
    "text": (lambda: f"{np.mean([asked, 1]):.2f} {1}", ("text", "")),
    "text of %": (lambda: "%.2f" % np.mean([asked, 1]), ("text", "")),  # noqa: UP031
    "a tuple of %": (lambda: "%d %.2f" % (1, np.mean([asked, 1])), ("text", "")),  # noqa: UP031
    "a remainder": (lambda: 7 % np.mean([asked, 1]), ("operator", "…")),
    "a mapping": (lambda: {"a": 1, "b": np.mean([asked, 1])}, ("mapping", "")),
    "over lines": (
        lambda: print(
            np.mean([asked, 1]),
        ),
        ("call", "print"),
    ),
    "an operator": (lambda: np.ones(2) @ asked + 1, ("operator", "np.ones(…)…")),
}


@pytest.mark.parametrize("name", TAKERS)
def test_what_takes_the_result(name):
    ask, taker = TAKERS[name]
    with contextlib.suppress(TypeError, ValueError):  # of what NumPy computes with it
        ask()
    assert asked.written.taker[:2] == taker


def test_a_statement_takes_no_result():
    root = math.sqrt(asked)
    assert asked.written.taker is None and root


def test_the_sign_of_an_operator():
    target = Asked()
    target -= 1
    assert target.written[:3] == ("operator", "target", "-=")
    operator.isub(target, 1)
    assert target.written[:2] == ("call", "operator.isub")


def test_libraries_stand_between():
    statistics.fmean([asked])
    assert asked.asking.modules == ("statistics",)
    assert asked.asking.frame is sys._getframe()
    float(asked)
    assert asked.asking.modules == ()


def test_code_without_a_source():
    exec("import math\nfor _ in range(2):\n    math.exp(asked)", {"asked": asked})
    assert asked.written[:4] == ("call", "math.exp", "", "math")


# ----------------------------------------------------------------------------------- once a line


def lines_of(f, action="default"):
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter(action)
        f()
    return [w.lineno - f.__code__.co_firstlineno for w in shown]


def warn():
    warn_once(sys._getframe(1), UserWarning, lambda: "write y")


def thrice():
    for _ in range(3):
        warn()
        warn()


def test_once_for_each_line():
    assert lines_of(thrice) == [2, 3]
    assert lines_of(thrice, "always") == [2, 3] * 3
    assert lines_of(thrice, "ignore") == []
    assert lines_of(thrice) == [2, 3]  # as the filters were changed


def test_the_text_is_asked_for_once():
    asked_for = []

    def text():
        asked_for.append(1)
        return "write y"

    def loop():
        for _ in range(3):
            warn_once(sys._getframe(), UserWarning, text)

    assert lines_of(loop, "always") == [2, 2, 2] and asked_for == [1]


def test_what_is_known_of_code_goes_with_it():
    space = {"warn": lambda: written_once(sys._getframe(1))}
    before = len(warning_line._NOTES)
    exec("def f(): warn()\nf()", space)
    assert len(warning_line._NOTES) == before + 1
    del space["f"]
    gc.collect()
    assert len(warning_line._NOTES) == before
