"""What the source says of variables: how each is bound, and beside what it stands."""

import sys

from tensorgraph.caller.statements import Statements
from tensorgraph.caller.variables import Variables


def test_how_names_are_bound():
    value = other = 1
    alias = value
    for left in range(2):
        value += left
    with open(__file__, encoding="utf-8") as file:
        value += left
    said = Statements(sys._getframe())
    assert [set(said.bound(n)) for n in ("value", "other", "alias", "left", "file", "missing")] == [
        {"value"}, {"value"}, {"alias"}, {"loop"}, {"value"}, set(),
    ]  # fmt: skip
    assert alias == other and file.closed and left


def test_the_variable_in_the_statement_fits_best():
    a, y, m = 1.0, 2.0, 5
    previous, k = y, 5
    result = (a - y) / m
    names = Variables(sys._getframe())
    assert names.best(["previous", "y"], {"subtract"}, {"a"}) == ["y"]
    assert names.best(["k", "m"], {"divide"}) == ["m"]
    assert names.best(["k", "previous"], {"divide"}) == ["k", "previous"]
    assert [previous, k, result]


def test_to_stand_in_another_operation_is_less():
    a, y = 1.0, 2.0
    previous = y
    result = a - y
    other = previous * 3
    names = Variables(sys._getframe())
    assert names.best(["previous", "y"], {"subtract"}, {"a"}) == ["y"]
    assert [result, other]


def test_numbers_that_are_written_out():
    x, four = 1.0, 4
    assert x * 4 < 5 and four
    said = Statements(sys._getframe())
    assert said.fit_of_number(4, {"multiply"}, {"x"}) > said.fit("four", {"multiply"}, {"x"})
