"""The planted faults of ``make faults`` still fit the code; running them takes minutes."""

import ast
from collections import Counter
from functools import lru_cache
from pathlib import Path

import pytest

from tests.faults import FAULTS
from tests.faults.fault import Fault, nodes
from tests.faults.plant import ROOT, STAGES

AT_LEAST = 150


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_fits_its_file_in_one_place(fault):
    """Looking for the place raises unless the old code stands there once."""
    if fault.file.endswith(".py"):
        fault.place_in(syntax_of(fault.file))
        assert [*map(ast.dump, nodes(fault.old))] != [*map(ast.dump, nodes(fault.new))]
    else:
        source = (ROOT / fault.file).read_text(encoding="utf-8")
        assert fault.planted(source) != source


@lru_cache(1)  # the faults of a file follow one another
def syntax_of(file):
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


def test_there_are_enough_faults_of_every_sort():
    assert len(FAULTS) >= AT_LEAST
    assert max(Counter(fault.what for fault in FAULTS).values()) == 1
    files = Counter(Path(fault.file).name for fault in FAULTS)
    rules = {path.name for path in (ROOT / "tensorgraph/ops").glob("[a-z]*.py")} - {
        "numpy_api.py",
        "methods.py",
    }
    engine = {"backward_pass.py", "autodiff.py", "graph.py", "dispatch.py", "checkpoint.py"}
    assert files.keys() >= rules | engine


def test_the_tests_that_run_first_are_there():
    assert all((ROOT / name).exists() for stage in STAGES for name in stage)


SOURCE = """
class Loop:
    @quiet
    def step(self, x, *, steps=3):  # a comment
        with lock, replay(x):
            self.x = f(x,
                       keepdims=True)
        return x and g(x) and h

    def other(self, x): return f(x, keepdims=True)
limits = {"low": -1,
          "high": 2 * width}
"""


@pytest.mark.parametrize(
    ("within", "old", "new", "text"),
    [
        ("Loop.step", "f(x, keepdims=True)", "f( x )", "self.x = f(x)"),
        ("Loop.step", "keepdims=True", "", "self.x = f(x)"),
        ("Loop.step", "self.x = f(x, keepdims=True)", "pass", "replay(x):\n            pass"),
        ("Loop.step", "self.x = f(x, keepdims=True)", "", "replay(x):\n            pass"),
        ("Loop.step", "3", "4", "steps=4"),
        ("Loop.step", "quiet", "", "class Loop:\n\n    def step"),
        ("Loop.step", "replay(x)", "", "with lock:"),
        ("Loop.step", "g(x)", "", "return x and h"),
        ("Loop", "lock", "other", "with other, replay(x)"),
        ("limits", "2*width", "width", "'high': width"),
        ("", "def other(self, x):\n return f(x, keepdims=True)", "a\nb", "    a\n    b\n"),
    ],
)
def test_code_is_found_by_what_it_says(within, old, new, text):
    planted = Fault("x.py", within, old, new, "").planted(SOURCE)
    assert text in planted
    assert text not in ast.unparse(ast.parse(SOURCE))
    assert planted == Fault("x.py", within, old, new, "").planted(ast.unparse(ast.parse(SOURCE)))


@pytest.mark.parametrize(
    ("within", "old", "times"),
    [("Loop", "f(x, keepdims=True)", 2), ("Loop.step", "f(y)", 0), ("Loop.gone", "f(x)", 0)],
)
def test_what_does_not_stand_there_once_is_refused(within, old, times):
    with pytest.raises(LookupError, match=f"stands {times} times in x.py, {within}"):
        Fault("x.py", within, old, "f()", "").planted(SOURCE)


def test_spaces_do_not_count_in_the_code_of_the_page():
    fault = Fault("x.js", "", "f(a, b)", "g()", "")
    assert fault.planted("x = f( a,\n  b );") == "x = g();"
    with pytest.raises(LookupError, match="stands 2 times"):
        fault.planted("f(a,b) + f(a, b)")
