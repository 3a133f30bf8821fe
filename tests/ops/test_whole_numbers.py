"""Operations of integers and truth values give what floats of the same numbers give."""

from dataclasses import astuple

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import errors
from tensorgraph.engine.nested_containers import flatten
from tensorgraph.engine.op import REGISTRY
from tests.ops.op_cases import EVERY, cases

# Bits, division and remainders of integers are NumPy's own, and so is what has no case.
OF_INTEGERS = {"set_at", "add_at"}
DTYPES = ["int8", "uint8", "int64", "bool"]


def whole(array, dtype):
    """Return an array of floats as whole numbers; what is no array of floats as it is."""
    if getattr(array, "dtype", None) is None or array.dtype.kind != "f":
        return array
    numbers = np.round(np.where(np.isfinite(array), array, 0))
    if dtype == "bool":
        return numbers != 0
    return np.clip(numbers, 0 if dtype == "uint8" else -100, 100).astype(dtype)


def floating(array, like):
    """Return as floats what was made whole numbers."""
    return array if array is like else array.astype(np.float64)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [name for name in EVERY if name not in OF_INTEGERS])
def test_whole_numbers_are_taken_as_their_floats(name, dtype):
    for case in cases(name):
        given = [whole(array, dtype) for array in case.inputs]
        floats = [floating(array, like) for array, like in zip(given, case.inputs, strict=True)]
        try:
            found = case.function(*given)
        except (errors.DTypeError, errors.ArgumentError):
            continue
        for one, other in zip(flatten(found)[0], flatten(case.function(*floats))[0], strict=True):
            one, other = np.asarray(one), np.asarray(other)
            if one.dtype.kind == "f":
                with np.errstate(over="ignore"):
                    other = other.astype(one.dtype)
                tolerance = 16 * np.finfo(one.dtype).eps
                np.testing.assert_allclose(one, other, tolerance, tolerance, err_msg=repr(case))


BODIES = [n for n, op in REGISTRY.items() if op.body is not None and op.family == "elementwise"]


@pytest.mark.parametrize("name", BODIES)
def test_a_body_is_its_operation_where_numbers_tie_too(name):
    """Numbers that are drawn are never equal, and never 0."""
    op = REGISTRY[name]
    grid = np.meshgrid(*[np.array([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0])] * op.arity)
    inputs = [tg.tensor(numbers) for numbers in grid]
    defined = np.ones_like(grid[0], bool)
    for key, numbers in zip(op.inputs, grid, strict=True):
        if key in op.domain:
            low, high, avoid = astuple(op.domain[key])
            defined &= (low <= numbers) & (numbers <= high) & ~np.isin(numbers, avoid)
    found, wanted = op.call(*inputs), op.body(*inputs, **op.prepared(inputs, {}))
    np.testing.assert_allclose(found.data[defined], wanted.data[defined], 1e-12, 1e-15)
