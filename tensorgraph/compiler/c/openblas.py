"""The matrix products of the BLAS that NumPy itself uses, for programs in C to call.

They are looked up in NumPy's own compiled module: the system then searches the libraries that this
was linked with, be it OpenBLAS from the wheel or the distribution, MKL, BLIS or Accelerate. So a
program gives the products that NumPy gives, with the threads that NumPy's have.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

_SPELLINGS = (
    "scipy_{}64_", "{}64_", "scipy_{}", "{}$NEWLAPACK$ILP64", "{}$NEWLAPACK", "{}",
)  # fmt: skip
"""How libraries spell the name of a function, those of NumPy's wheels first."""
_THREADS = (
    ("openblas_get_num_threads", "openblas_set_num_threads"),
    ("MKL_Get_Max_Threads", "MKL_Set_Num_Threads"),
    ("bli_thread_get_num_threads", "bli_thread_set_num_threads"),
)

ROW_MAJOR, COLUMN_MAJOR = 101, 102
PLAIN, TRANSPOSED = 111, 112


@dataclass(frozen=True)
class OpenBLAS:
    """Where the products of a BLAS are in memory, and how they are called."""

    sgemm: int
    """Address of ``cblas_sgemm``."""
    dgemm: int
    """Address of ``cblas_dgemm``."""
    integer: str
    """The type in C of sizes and strides: ``"int64_t"`` or ``"int32_t"``."""
    get_threads: Callable[[], int] | None
    """Return how many threads a product uses, if the library can tell."""
    set_threads: Callable[[int], None] | None
    """Set how many threads a product uses, in this whole process, NumPy's included."""


@lru_cache(maxsize=1)
def find_openblas() -> OpenBLAS | None:
    """Return the products of NumPy's BLAS; ``None`` if there are none that give right results.

    Where NumPy was built without a BLAS, or hides it, products are left to NumPy.
    """
    for library in _libraries():
        for spelling in _SPELLINGS:
            if (found := _products(library, spelling)) and _is_right(found):
                return found
    return None


def _libraries() -> Iterator[ctypes.CDLL]:
    """Yield where to look names up; Windows searches no libraries that another was linked with."""
    module = Path(str(import_module("numpy._core._multiarray_umath").__file__))
    yield ctypes.CDLL(str(module))
    if sys.platform == "win32":
        for path in sorted(module.parents[2].glob("numpy.libs/*openblas*.dll")):
            yield ctypes.CDLL(str(path))


def _products(library: ctypes.CDLL, spelling: str) -> OpenBLAS | None:
    sdot, sgemm, dgemm = (
        getattr(library, spelling.format(f"cblas_{name}"), None)
        for name in ("sdot", "sgemm", "dgemm")
    )
    if sdot is None or sgemm is None or dgemm is None:
        return None
    return OpenBLAS(_address(sgemm), _address(dgemm), _integer(sdot), *_threads(library, spelling))


def _address(function: Any) -> int:
    address = ctypes.cast(function, ctypes.c_void_p).value
    assert address is not None  # a function that was found lies somewhere
    return address


def _integer(sdot: Any) -> str:
    """Return the type of a library's integers.

    Of 1 − 2³² elements, there are fewer than none in 64 bits, so that their product is 0; the lower
    32 bits are 1.
    """
    size = ctypes.c_int64
    sdot.argtypes = [size, ctypes.c_void_p, size, ctypes.c_void_p, size]
    sdot.restype = ctypes.c_float
    one = ctypes.c_float(1.0)
    product = sdot(1 - 2**32, ctypes.addressof(one), 1, ctypes.addressof(one), 1)
    return "int64_t" if product == 0 else "int32_t"


def _threads(
    library: ctypes.CDLL, spelling: str
) -> tuple[Callable[[], int] | None, Callable[[int], None] | None]:
    for names in _THREADS:
        for form in (spelling, "{}"):
            get, set_ = (getattr(library, form.format(name), None) for name in names)
            if get is not None and set_ is not None:
                get.argtypes, get.restype = [], ctypes.c_int
                set_.argtypes, set_.restype = [ctypes.c_int], None
                return get, set_
    return None, None


def gemm_type(dtype: np.dtype[Any], integer: str) -> Any:
    """Return the type of a product of a dtype, for :mod:`ctypes`."""
    real = {"f": ctypes.c_float, "d": ctypes.c_double}[dtype.char]
    size = {"int64_t": ctypes.c_int64, "int32_t": ctypes.c_int32}[integer]
    matrix = [ctypes.c_void_p, size]
    flags = [ctypes.c_int] * 3
    return ctypes.CFUNCTYPE(None, *flags, *[size] * 3, real, *matrix, *matrix, real, *matrix)


def _is_right(found: OpenBLAS) -> bool:
    """Return whether two small products come out as they must."""
    for address, dtype in (found.sgemm, np.dtype("f")), (found.dgemm, np.dtype("d")):
        gemm = gemm_type(dtype, found.integer)(address)
        a, b = np.arange(6, dtype=dtype).reshape(2, 3), np.arange(12, dtype=dtype).reshape(4, 3)
        c = np.ones((2, 4), dtype)
        at_a, at_b, at_c = a.ctypes.data, b.ctypes.data, c.ctypes.data
        gemm(ROW_MAJOR, PLAIN, TRANSPOSED, 2, 4, 3, 2.0, at_a, 3, at_b, 3, -1.0, at_c, 4)
        if not np.array_equal(c, [[9, 27, 45, 63], [27, 99, 171, 243]]):
            return False
    return True
