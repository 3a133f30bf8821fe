"""Single numbers that were given, and what is none."""

from fractions import Fraction

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.arguments import number, whole
from tensorgraph.errors import ArgumentError, DTypeError


@pytest.mark.parametrize(
    "given", [3, np.uint8(3), np.array(3), np.float32(3), tg.tensor(3.0), Fraction(3), 3.0]
)
def test_numbers_become_floats(given):
    found = number(given, "x")
    assert found == 3 and type(found) is float


@pytest.mark.parametrize("given", [3, np.uint8(3), np.array(3)])
def test_integers_become_those_of_python(given):
    found = whole(given, "x")
    assert found == 3 and type(found) is int


@pytest.mark.parametrize(
    "given",
    [True, np.True_, np.array(True), "3", None, [3.0], np.ones(1), [[1], [1, 2]], 3j, tg.ones(1)],
)
def test_what_is_no_number(given):
    for convert, message in ((number, "^x is a number, not"), (whole, "^x is an integer, not")):
        with pytest.raises(DTypeError, match=message):
            convert(given, "x")


def test_what_lies_outside():
    for given, limits, message in [
        (np.nan, (), "x is a finite number, not nan"),
        (-np.inf, (), "x is a finite number, not -inf"),
        (np.nan, (0,), "x is at least 0, not nan"),
        (np.inf, (0,), "x is at least 0, not inf"),
        (-0.5, (0,), "x is at least 0, not -0.5"),
        (1.5, (0, 1), r"x is in \[0, 1\], not 1.5"),
    ]:
        with pytest.raises(ArgumentError, match=f"^{message}$"):
            number(given, "x", *limits)
    assert number(0, "x", 0, 1) == 0 and number(1, "x", 0, 1) == 1 and number(-3, "x") == -3
    with pytest.raises(ArgumentError, match=r"^x is at least 1, not 0$"):
        whole(0, "x", 1)
    with pytest.raises(DTypeError, match=r"^x is an integer, not 2\.0$"):
        whole(2.0, "x")
