"""Tests of the public suite that are known to fail, and why: a plugin of pytest."""

from fnmatch import fnmatchcase

import pytest

EXCEPTIONS = {
    "*test_array_object.py::test_setitem*": "tensors do not change: tg.set_at",
    "*::test_asarray_arrays": "tensors do not change, also not to see what shares their memory",
    "*test_special_cases.py::*(*imag(x_i)*": "there are no complex numbers",
    "*test_special_cases.py::*floor*div*(x1_i is ?infinity and isfinite(x2_i) *": "NumPy: NaN",
    "*test_special_cases.py::*floor*div*(isfinite(x1_i) and x1_i ? 0 and x2_i is ?infinity) -> -0]":
        "NumPy: −1, the floor of what is less than 0",
    "*test_dlpack.py::test_dunder_dlpack": "copy=False: the memory of a tensor is not shared",
    "*::test_binary_with_scalars_real*": "asarray refuses a number that does not fit in float32",
    **dict.fromkeys(
        (
            "*test_linalg.py::test_eig",
            "*test_linalg.py::test_eigvals",
            "*test_linalg.py::test_vecdot_conj",
            "*test_fft.py::test_*fft",
            "*test_fft.py::test_*fftn",
            *(f"*[{name}" for name in "linalg?eig] linalg?eigvals] fft?*fft] fft?*fftn]".split()),
        ),
        "there are no complex numbers",
    ),
}  # fmt: skip


def pytest_collection_modifyitems(items):
    for item in items:
        for pattern, reason in EXCEPTIONS.items():
            if fnmatchcase(
                item.nodeid, pattern.replace("[linalg", "[[]linalg").replace("[fft", "[[]fft")
            ):
                item.add_marker(pytest.mark.xfail(reason=reason))
