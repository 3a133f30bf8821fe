"""Which compiler is found, and that what it makes computes as NumPy does."""

import ctypes
import math
import os
import stat
import subprocess
import sys

import numpy as np
import pytest

from tensorgraph.compiler.c import compilers
from tensorgraph.compiler.c.building import build
from tensorgraph.compiler.c.compilers import find_compiler
from tests.machine.needs import needs

pytestmark = needs("cc")


@pytest.fixture
def only(monkeypatch, tmp_path):
    """Let there be no compiler but those that are put into a folder, and which ``$CC`` names."""
    folder = tmp_path / "where programs lie – ß"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(compilers, "find_spec", lambda name: None)
    return folder


def program(path, script):
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_no_compiler(only):
    assert find_compiler() is None
    assert build("int one(void) { return 1; }") is None


def test_cc_is_found_by_its_name(only):
    place = program(only / "cc", "echo cc 1.2")
    found = find_compiler()
    assert found.command == (place,)
    assert found.version == "cc 1.2\n"


def test_the_environment_names_a_compiler_and_options_for_it(only, monkeypatch):
    program(only / "cc", "echo cc 1.2")
    other = program(only / "other one", "echo other 3")
    for named, options in ((other, ()), (f"'{other}' -pipe -m64", ("-pipe", "-m64"))):
        monkeypatch.setenv("CC", named)
        assert find_compiler().command == (other, *options)


@pytest.mark.parametrize("named", ["", " ", "nowhere", "'unended", "broken"])
def test_a_compiler_that_cannot_be_run_is_passed_over(only, monkeypatch, named):
    program(only / "broken", "exit 1")
    place = program(only / "cc", "echo cc 1.2")
    monkeypatch.setenv("CC", named)
    assert find_compiler().command == (place,)


def test_the_wheel_of_zig_is_the_last_resort(only, monkeypatch, tmp_path):
    zig = program(tmp_path / "zig", 'echo "clang version 22 called by $1"')

    class Wheel:
        submodule_search_locations = (str(tmp_path),)

    monkeypatch.setattr(compilers, "find_spec", {"ziglang": Wheel}.get)
    found = find_compiler()
    assert found.command == (zig, "cc")
    assert found.version == "clang version 22 called by cc\n"
    program(only / "cc", "echo cc 1.2")
    compilers._first.cache_clear()
    assert find_compiler().command == (str(only / "cc"),)


def test_clang_is_told_of_the_vector_functions(only, monkeypatch):
    for there, version, told in (
        (True, "clang 22", True),
        (True, "gcc 12", False),
        (False, "clang 22", False),
    ):
        monkeypatch.setattr(compilers, "_has_libmvec", lambda there=there: there)
        flags = compilers._flags(version)
        assert ("-fveclib=libmvec" in flags) is told
        assert ("-DTENSORGRAPH_LIBMVEC" in flags) is there


def test_what_decides_what_is_compiled(monkeypatch):
    found = find_compiler()
    changed = [
        compilers.Compiler((*found.command, "-m64"), found.version, found.flags),
        compilers.Compiler(found.command, "another", found.flags),
        compilers.Compiler(found.command, found.version, found.flags[1:]),
    ]
    identities = {one.identity() for one in (found, *changed)}
    monkeypatch.setattr(compilers, "_machine", lambda: "another")
    assert len(identities | {found.identity()}) == 5


def test_the_machine_is_described_by_its_processor_and_c_library():
    told = compilers._machine()
    assert sys.platform in told
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as lines:
            processor = next(s for s in lines if s.startswith(("flags", "Features")))
        assert processor.split(":")[1].strip() in told


# ------------------------------------------------------------------------------ what it computes

SPECIAL = """\
#include <math.h>
#ifdef TENSORGRAPH_LIBMVEC
__attribute__((simd("notinbranch"))) float expf(float);
#endif
void all(const float *restrict x, const float *restrict y, float *restrict out, int n) {
  #pragma omp simd
  for (int i = 0; i < n; i++) out[i] = expf(x[i]);
  for (int i = 0; i < n; i++) out[n + i] = (x[i] * y[i] - x[i] * y[i]) + x[i] * 0.0f;
  for (int i = 0; i < n; i++)
    out[2 * n + i] = isnan(x[i]) ? 8 : 2 * !!isinf(x[i]) + !!signbit(x[i]);
  for (int i = 0; i < n; i++) out[3 * n + i] = x[i] * y[i] + 1.0f;
}
"""


def test_special_numbers_and_rounding_are_as_in_numpy():
    values = [0.0, -0.0, math.inf, -math.inf, math.nan, 1e-45, -1e-45, 88.8, -110.0]
    values += np.random.default_rng(0).normal(size=1000).tolist()
    x = np.array(values, np.float32)
    y = np.float32(1) / np.array([*range(1, x.size + 1)], np.float32)
    out = np.empty((4, x.size), np.float32)
    build(SPECIAL).all(*(ctypes.c_void_p(a.ctypes.data) for a in (x, y, out)), x.size)
    with np.errstate(all="ignore"):
        expected = np.exp(x)
        np.testing.assert_allclose(out[0], expected, rtol=1e-6, atol=1e-45)
        zero = x * y - x * y + x * np.float32(0)
        np.testing.assert_array_equal(out[1], zero)
        np.testing.assert_array_equal(np.signbit(out[1, :4]), np.signbit(zero[:4]))
        np.testing.assert_array_equal(out[3], x * y + np.float32(1))  # not rounded once only
    kinds = np.where(np.isnan(x), 8, 2 * np.isinf(x) + np.signbit(x))
    np.testing.assert_array_equal(out[2], kinds)


def test_the_vector_functions_are_called_where_there_are_any(tmp_path):
    (tmp_path / "p.c").write_text(SPECIAL)
    library = tmp_path / "p.so"
    subprocess.run(find_compiler().line(tmp_path / "p.c", library), check=True)
    assert (b"_ZGV" in library.read_bytes()) is compilers._has_libmvec()
