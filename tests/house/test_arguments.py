"""Checks of single arguments: what passes, in which form, and what messages say of the rest."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph.arguments import (
    boolean,
    integer,
    integers,
    number,
    one_of,
    scalar,
    to_shape,
    whole,
)
from tensorgraph.errors import ArgumentError, ArgumentTypeError, DTypeError, GraphError, ShapeError

NO_NUMBERS = [
    True, np.True_, np.array(True), "3", None, [3.0], np.ones(1), [[1], [1, 2]], 3j, tg.ones(1),
    np.array("3"), np.str_("3"), np.array(3, "M8[D]"), np.timedelta64(3, "D"),
]  # fmt: skip


@pytest.mark.parametrize(
    "given", [3, np.uint8(3), np.array(3), np.float32(3), tg.tensor(3.0), Fraction(3), 3.0]
)
def test_numbers_become_floats(given):
    found = number(given, "x")
    assert found == 3 and type(found) is float


@pytest.mark.parametrize("check", [integer, whole])
@pytest.mark.parametrize("given", [3, np.uint8(3), np.array(3), tg.tensor(3)])
def test_integers_become_those_of_python(check, given):
    found = check(given, "x")
    assert found == 3 and type(found) is int


@pytest.mark.parametrize("given", NO_NUMBERS)
def test_what_is_no_number(given):
    for convert, message in (
        (number, "^x is a number, not"),
        (integer, "^x is an integer, not"),
        (whole, "^x is an integer, not"),
    ):
        with pytest.raises(ArgumentTypeError, match=message):
            convert(given, "x")


def test_a_value_of_another_kind_is_an_error_of_type_and_of_value():
    for kind in (ArgumentError, DTypeError, ValueError, TypeError):
        assert issubclass(ArgumentTypeError, kind)


def test_what_lies_outside():
    for value, limits, message in [
        (np.nan, {}, "x is a finite number, not nan"),
        (-np.inf, {}, "x is a finite number, not -inf"),
        (np.nan, {"least": 0}, "x is at least 0, not nan"),
        (np.inf, {"least": 0}, "x is finite and at least 0, not inf"),
        (-0.5, {"least": 0}, "x is at least 0, not -0.5"),
        (0, {"above": 0}, "x is above 0, not 0"),
        (1.5, {"least": 0, "most": 1}, r"x is in \[0, 1\], not 1.5"),
        (1, {"least": 0, "below": 1}, r"x is in \[0, 1\), not 1"),
        (0, {"above": 0, "most": 1}, r"x is in \(0, 1\], not 0"),
        (1 + 2**-52, {"least": 0, "most": 1}, r"x is in \[0, 1\], not 1\.0000000000000002"),
    ]:
        with pytest.raises(ArgumentError, match=f"^{message}$"):
            number(value, "x", **limits)
    assert number(0, "x", 0, 1) == 0 and number(1, "x", 0, 1) == 1 and number(-3, "x") == -3
    with pytest.raises(ArgumentError, match=r"^x is at least 1, not 0$"):
        whole(0, "x", 1)
    with pytest.raises(DTypeError, match=r"^x is an integer, not 2\.0$"):
        whole(2.0, "x")


ENDS = st.floats(-4, 4)


@given(st.one_of(ENDS, st.floats()), ENDS, ENDS, st.booleans(), st.booleans())
def test_an_interval_is_the_one_that_the_message_names(x, low, high, closed_below, closed_above):
    limits = {"least" if closed_below else "above": low, "most" if closed_above else "below": high}
    inside = (low <= x if closed_below else low < x) and (x <= high if closed_above else x < high)
    if inside:
        assert number(x, "x", **limits) == x
    else:
        ends = "[" if closed_below else "(", "]" if closed_above else ")"
        with pytest.raises(ArgumentError) as caught:
            number(x, "x", **limits)
        assert str(caught.value).startswith(f"x is in {ends[0]}{low:g}, {high:g}{ends[1]}, not ")


@pytest.mark.parametrize("given", [2, -1, 2.5, math.inf, True])
@pytest.mark.parametrize("wrap", [lambda x: x, np.asarray, tg.tensor, lambda x: np.array([[x]])])
def test_a_scalar_stays_what_it_is(given, wrap):
    found = scalar(wrap(given), "x")
    assert found == given and type(found) is type(given)
    assert math.isnan(scalar(math.nan, "x"))


@pytest.mark.parametrize("given", ["2", None, [1], np.ones(2), 1j])
def test_what_is_no_scalar(given):
    with pytest.raises(ArgumentTypeError, match=r"^x is a number, not "):
        scalar(given, "x")


def test_a_scalar_has_no_gradient_to_lose():
    with pytest.raises(GraphError, match=r"^x is a parameter without gradient"):
        scalar(tg.tensor(1.0, requires_grad=True), "x")


def test_truth_values_and_words():
    assert boolean(np.False_, "x") is False
    for value in (1, "yes", None):
        with pytest.raises(ArgumentTypeError, match=r"^x is True or False, not "):
            boolean(value, "x")
    assert [one_of(word, "x", ("a", None)) for word in ("a", None)] == ["a", None]
    for word in ("b", 1, ["a"], np.ones(2)):
        with pytest.raises(ArgumentError, match=r"^x is one of 'a', None, not "):
            one_of(word, "x", ("a", None))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (3, (3,)),
        (np.int8(3), (3,)),
        ([2, np.int64(3)], (2, 3)),
        (np.array([2, 3]), (2, 3)),
        ((), ()),
        (range(2), (0, 1)),
    ],
)
def test_integers_and_shapes_become_tuples(given, expected):
    for found in (integers(given, "x"), to_shape(given, "f")):
        assert found == expected and all(type(n) is int for n in found)


@pytest.mark.parametrize("given", [2.5, "ab", (2, "a"), None, [[1], [1, 2]], np.ones(2)])
def test_what_is_no_shape(given):
    with pytest.raises(ArgumentTypeError, match=r"^x must be an integer or a tuple of them, not"):
        integers(given, "x")
    with pytest.raises(ArgumentTypeError, match=r"^f: a shape must be an integer or"):
        to_shape(given, "f")


def test_a_shape_has_no_negative_length():
    assert integers((2, -1), "x") == (2, -1)
    with pytest.raises(ShapeError, match=r"^f: the shape \(2, -1\) has a negative length"):
        to_shape((2, -1), "f")
