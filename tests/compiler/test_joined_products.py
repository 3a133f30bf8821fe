"""Sums of matrix products are one product, where that writes less; all of them are right."""

import numpy as np
import pytest

from tests.compiler.test_c_programs import array, runner, values
from tests.machine.needs import needs

pytestmark = needs("cc")


def products(program):
    return [work for work in program.works if work.kind == "product"]


def pairs(count, m=6, k=2, n=5):
    return [(array(m, k), array(k, n)) for _ in range(count)]


def check(inputs, outputs, right, made):
    held = [values(e) for e in inputs]
    program = runner(inputs, outputs)
    for found, expected in zip(program(held, (), ()), right(*held), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)
    assert len(products(program)) == made


def total(terms):
    first, *rest = terms
    for term in rest:
        first = first + term
    return first


def test_products_that_are_added_are_one():
    inputs = [e for pair in pairs(7) for e in pair]

    def f(*a):
        return [total([x @ y for x, y in zip(a[::2], a[1::2], strict=True)])]

    check(inputs, f(*inputs), f, made=1)


def test_turned_matrices_and_what_else_is_added():
    inputs = [*(array(3, 8) for _ in range(4)), *(array(3, 5) for _ in range(4)), array(8, 5)]

    def f(*a):
        terms = [x.T @ np.tanh(y) for x, y in zip(a[:4], a[4:8], strict=True)]
        return [total([terms[0], a[8] * 2, *terms[1:], a[8]])]

    check(inputs, f(*inputs), f, made=1)


@pytest.mark.parametrize(
    ("f", "made"),
    [
        (lambda a, b, c, d: [a @ b + c @ d, a @ b], 2),  # one is an output itself
        (lambda a, b, c, d: [(a @ b + c @ d) + (c @ d) * 2], 2),
        (lambda a, b, c, d: [(a @ b + c @ d), (a @ b + c @ d) * 2], 1),
        (lambda a, b, c, d: [a @ b - c @ d], 2),
    ],
)
def test_products_that_are_used_otherwise_stay(f, made):
    inputs = [e for pair in pairs(2) for e in pair]
    check(inputs, f(*inputs), f, made)


def test_long_products_stay():
    inputs = [e for pair in pairs(2, m=3, k=50, n=4) for e in pair]

    def f(a, b, c, d):
        return [a @ b + c @ d]

    check(inputs, f(*inputs), f, made=2)
