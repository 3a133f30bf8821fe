"""In which line of the source an operation stands: told where there is one, and else not."""

import sys

from tensorgraph.caller.op_lines import OpLines


def lines():
    frame = sys._getframe()
    return OpLines([(frame.f_code, frame.f_globals)])


def written(here):
    file, _, number = here.rpartition(":")
    with open(file, encoding="utf-8") as source:
        return source.readlines()[int(number) - 1].strip()


class Layer:
    def forward(self, x):
        return abs(x) @ self.weight

    def twice(self, x):
        return self.weight @ x, self.weight @ x + 1


class Other:
    def forward(self, x):
        return round(x) @ self.weight


def test_an_operation_on_a_variable_that_stands_once():
    assert written(lines().line("round", ["x"])) == "return round(x) @ self.weight"


def test_an_operation_that_stands_twice_or_beside_others_is_not_told():
    assert lines().line("matmul", ["x", "weight"]) == ""
    assert lines().line("round", ["weights"]) == ""
    assert lines().line("exp", ["x"]) == ""


def test_without_a_variable_there_is_no_telling():
    assert lines().line("round", []) == ""


def test_only_what_stands_in_a_class_counts():
    assert written(lines().line("matmul", ["weight"], "Other.")) == "return round(x) @ self.weight"
    assert lines().line("matmul", ["weight"], "Layer.") == ""


def test_code_of_libraries_is_not_the_users():
    import json

    assert OpLines([(json.dumps.__code__, vars(json))]).line("add", ["x"]) == ""
