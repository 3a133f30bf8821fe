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
    "*[linalg-eig]": "there are no complex numbers",
    "*[linalg-eigvals]": "there are no complex numbers",
    "*test_has_names.py::*[fft-*": "there are no complex numbers, and so no such extension",
}  # fmt: skip


def pytest_collection_modifyitems(items):
    for item in items:
        for pattern, reason in EXCEPTIONS.items():
            if fnmatchcase(
                item.nodeid, pattern.replace("[linalg", "[[]linalg").replace("[fft", "[[]fft")
            ):
                item.add_marker(pytest.mark.xfail(reason=reason))
