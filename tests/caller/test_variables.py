"""Which variables may name values."""

import linecache
import sys

from tensorgraph.caller.variables import Variables, variable_of


def names(frame):
    return [holder.name for holder in Variables(frame).holders if type(holder.value) is float]


OUTER = 0.5


def test_the_innermost_come_first():
    own = 1.5

    def inner(given):
        assert own
        return names(sys._getframe())

    assert inner(2.5)[:2] == ["given", "own"] and "OUTER" in inner(2.5)


def test_the_variables_of_callers_count():
    def helper(given):
        return names(sys._getframe())

    of_caller = 1.5
    assert helper(of_caller)[0] == "given" and "of_caller" in helper(2.5)


def test_an_inner_variable_hides_an_outer_one():
    value = 1.5

    def helper(value):
        return [h.value for h in Variables(sys._getframe()).holders if h.name == "value"]

    assert helper(2.5) == [2.5] and value


def test_what_a_loop_left():
    total, left, used = 0.0, [1.5], [2.5]
    for unused in left:  # noqa: B007
        pass
    for x in used:
        total = total + x
    for i, y in enumerate(used):
        total = total + y * i
    found = names(sys._getframe())
    assert "unused" not in found and {"x", "y"} <= set(found)
    assert found.index("total") < found.index("x")
    assert unused


def test_another_name_comes_after_the_first():
    copy = first = 1.5
    first = copy + 1
    alias = first  # noqa: F841
    found = names(sys._getframe())
    assert found.index("first") < found.index("alias")


def test_names_with_underscores():
    _, _1, __ = 1.5, 2.5, 3.5
    _own = 4.5
    assert [name for name in names(sys._getframe()) if name.startswith("_")] == ["_own"]
    assert [_, _1, __]


class Plain:
    def __init__(this, value):
        this.value = value

    def names(this, given):
        local = [Variables(sys._getframe()) for _ in [this]]

        def inner():
            return Variables(sys._getframe()), this

        return [Variables(sys._getframe()), inner()[0], *local]

    @staticmethod
    def of_static(me):
        return Variables(sys._getframe())

    @classmethod
    def of_class(kind, given):
        return Variables(sys._getframe())


def called(variables, value):
    return [holder.name for holder in variables.holders if holder.value is value]


def test_the_first_parameter_of_a_method_has_no_name_whatever_it_is_called():
    for variables in Plain(1.5).names(2.5):
        receivers = [h.name for h in variables.holders if isinstance(h.value, Plain)]
        assert receivers and not any(receivers)
    other = Plain(1.5)
    assert "me" in called(Plain.of_static(other), other)
    assert "given" in called(Plain.of_class(other), other)


def test_a_receiver_of_code_without_source():
    space = {"sys": sys, "Variables": Variables}
    exec("class C:\n def f(me, x):\n  return Variables(sys._getframe())\n", space)
    receiver = space["C"]()
    assert called(receiver.f(1), receiver)[0] == ""


def test_what_code_without_source_binds():
    space = {"sys": sys, "Variables": Variables}
    source = (
        "a, y = 1.0, 2.0\nprevious = y\nleft = (a - y) / 2\n"
        "for k in [1.5]:\n pass\n"
        "for i, j in [(1.5, 2.5)]:\n a = a * j\n"
        "found = Variables(sys._getframe())\n"
    )
    exec(source, space)
    found = space["found"]
    assert found.best(["previous", "y"], {"subtract"}, {"a"}) == ["y"]
    known = [holder.name for holder in found.holders]
    assert "k" not in known and "i" not in known and "j" in known
    assert known.index("y") < known.index("previous")


def test_the_source_of_other_code_of_no_name_is_not_read(monkeypatch):
    lines = ["first - previous\n"]
    monkeypatch.setitem(linecache.cache, "<string>", (0, None, lines, "<string>"))
    test_what_code_without_source_binds()


def test_the_variable_that_holds_a_value():
    mine = [1, 2]
    assert variable_of(mine) == "mine" and variable_of([1, 2]) is None
