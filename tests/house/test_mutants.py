"""The planted faults of ``make mutants`` still fit the code; running them takes minutes."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from tests.faults import FAULTS
from tests.mutants import ROOT, STAGES

AT_LEAST = 150


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_fits_its_file_in_one_place(fault):
    source = (ROOT / fault.file).read_text(encoding="utf-8")
    planted = fault.planted(source)  # raises unless the text stands there once
    assert planted != source
    if fault.file.endswith(".py"):  # a comment is no fault
        assert ast.dump(ast.parse(planted)) != ast.dump(ast.parse(source))


def test_there_are_enough_faults_of_every_sort():
    assert len(FAULTS) >= AT_LEAST
    assert max(Counter(fault.what for fault in FAULTS).values()) == 1
    files = Counter(Path(fault.file).name for fault in FAULTS)
    rules = {path.name for path in (ROOT / "tensorgraph/ops").glob("[a-z]*.py")} - {
        "numpy_api.py",
        "examples.py",
        "methods.py",
    }
    assert files.keys() >= rules | {"autodiff.py", "graph.py", "dispatch.py", "checkpoint.py"}


def test_the_tests_that_run_first_are_there():
    assert all((ROOT / name).exists() for stage in STAGES for name in stage)


def test_the_readme_states_the_score():
    assert f"**{len(FAULTS)} of {len(FAULTS)}**" in (ROOT / "README.md").read_text(encoding="utf-8")
