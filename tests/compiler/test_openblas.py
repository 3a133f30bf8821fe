"""The products of NumPy's BLAS, called by their addresses."""

import ctypes
import math
import re
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tensorgraph.compiler.c import openblas
from tensorgraph.compiler.c.openblas import (
    COLUMN_MAJOR,
    PLAIN,
    ROW_MAJOR,
    TRANSPOSED,
    find_openblas,
    gemm_type,
)

FOUND = find_openblas()


def test_numpys_own_blas_is_found():
    """NumPy says what it was built with; its wheels have OpenBLAS with 64-bit integers."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    if blas.get("found") and re.search("openblas", blas["name"]):
        assert FOUND is not None
        wide = "USE64BITINT" in blas.get("openblas configuration", "")
        assert FOUND.integer == ("int64_t" if wide else "int32_t")


@given(
    st.sampled_from("fd"),
    st.tuples(*[st.integers(1, 9)] * 3),
    st.tuples(st.booleans(), st.booleans()),
    st.tuples(*[st.integers(0, 3)] * 3),
    st.sampled_from([(1.0, 0.0), (1.0, 1.0), (-0.5, 2.0)]),
)
def test_products_are_those_of_numpy(char, sizes, turned, gaps, factors):
    """Of matrices that lie turned or not in wider ones, added to what is there or not."""
    if FOUND is None:
        return
    m, n, k = sizes
    dtype = np.dtype(char)
    rng = np.random.default_rng(m + 10 * n + 100 * k)

    def matrix(rows, columns, is_turned, gap):
        shape = (columns, rows) if is_turned else (rows, columns)
        wide = rng.integers(-8, 8, (shape[0], shape[1] + gap)).astype(dtype)
        part = wide[:, : shape[1]]
        return wide, part.T if is_turned else part

    (at_a, a), (at_b, b) = matrix(m, k, turned[0], gaps[0]), matrix(k, n, turned[1], gaps[1])
    at_c, c = matrix(m, n, False, gaps[2])
    alpha, beta = factors
    expected = alpha * (a @ b) + beta * c
    around = at_c[:, n:].copy()
    address = FOUND.sgemm if char == "f" else FOUND.dgemm
    flags = [TRANSPOSED if each else PLAIN for each in turned]
    places = [arg for x in (at_a, at_b) for arg in (x.ctypes.data, x.shape[1])]
    gemm_type(dtype, FOUND.integer)(address)(
        ROW_MAJOR, *flags, m, n, k, alpha, *places, beta, at_c.ctypes.data, at_c.shape[1]
    )
    np.testing.assert_array_equal(c, expected)
    np.testing.assert_array_equal(at_c[:, n:], around)


def test_by_columns_it_is_the_product_of_the_turned():
    if FOUND is None:
        return
    a, b, c = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4), np.zeros((2, 4))
    gemm_type(a.dtype, FOUND.integer)(FOUND.dgemm)(
        COLUMN_MAJOR, PLAIN, PLAIN, 4, 2, 3, 1.0, b.ctypes.data, 4, a.ctypes.data, 3, 0.0,
        c.ctypes.data, 4,
    )  # fmt: skip
    np.testing.assert_array_equal(c, a @ b)


def test_the_number_of_threads_is_read_and_set():
    if FOUND is None or FOUND.get_threads is None:
        return
    before = FOUND.get_threads()
    try:
        FOUND.set_threads(1)
        assert FOUND.get_threads() == 1
    finally:
        FOUND.set_threads(before)
    assert FOUND.get_threads() == before >= 1


# --------------------------------------------------------------------- libraries of other kinds


def library(names, integer="int64_t", factor=1):
    """Return what stands for a library: some of its functions, which compute by NumPy."""
    size = {"int64_t": ctypes.c_int64, "int32_t": ctypes.c_int32}[integer]

    def gemm(char, real):
        def product(order, turn_a, turn_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc):
            def at(address, *shape):
                array = ctypes.cast(address, ctypes.POINTER(real * math.prod(shape))).contents
                return np.frombuffer(array, char).reshape(shape)

            into = at(c, m, n)
            into[:] = factor * alpha * at(a, m, k) @ at(b, n, k).T + beta * into

        return gemm_type(np.dtype(char), integer)(product)

    pointers = [size, ctypes.c_void_p, size, ctypes.c_void_p, size]
    sdot = ctypes.CFUNCTYPE(ctypes.c_float, *pointers)(lambda n, *_: float(n == 1))
    made = {
        "sdot": sdot, "sgemm": gemm("f", ctypes.c_float), "dgemm": gemm("d", ctypes.c_double),
    }  # fmt: skip
    return SimpleNamespace(**{spelled: made[name] for name, spelled in names.items()})


def spelled(spelling, *names):
    return {name: spelling.format(f"cblas_{name}") for name in names}


def found_in(monkeypatch, *libraries):
    monkeypatch.setattr(openblas, "_libraries", lambda: libraries)
    return find_openblas.__wrapped__()


@pytest.mark.parametrize("integer", ["int64_t", "int32_t"])
@pytest.mark.parametrize("spelling", openblas._SPELLINGS)
def test_other_spellings_and_widths(monkeypatch, spelling, integer):
    """The width is found out, as the names do not always tell it."""
    there = library(spelled(spelling, "sdot", "sgemm", "dgemm"), integer)
    found = found_in(monkeypatch, library({}), there)
    assert found.integer == integer
    assert found.get_threads is None is found.set_threads


def test_what_is_not_there_or_not_right_is_left_to_numpy(monkeypatch):
    whole = spelled("{}", "sdot", "sgemm", "dgemm")
    assert found_in(monkeypatch) is None
    assert found_in(monkeypatch, library(spelled("{}", "sdot", "sgemm"))) is None
    assert found_in(monkeypatch, library(whole, factor=1.001)) is None
    right = library(whole)
    found = found_in(monkeypatch, library(whole, factor=1.001), right)
    assert found.sgemm == ctypes.cast(right.cblas_sgemm, ctypes.c_void_p).value
