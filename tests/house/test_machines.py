"""What is printed may differ in the last digit only; what is missing is told, and CI refuses it."""

import os
import subprocess
import sys

import pytest

from tests.machine import needs, runs
from tests.machine.needs import NEEDS
from tests.machine.printed import alike


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("tensor([1.9999999,      -inf])", "tensor([  2., -inf])"),
        ("[0.        1.        2.0000002]", "[0. 1. 2.]"),
        ("tensor([nan, 0.5])", "tensor([nan, 0.5])"),
        ("a loss of 0.30000001.", "a loss of 0.3."),
        ("1e-08 and -2.0000001e+10", "1e-8 and -2e10"),
        ("<Tensor at 0x7f> 0.5", "<Tensor at ...> 0.5"),
    ],
)
def test_the_last_digits_may_differ(printed, expected):
    assert alike(printed, expected)


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("tensor([2.001])", "tensor([2.])"),
        ("tensor([-2.])", "tensor([2.])"),
        ("[nan]", "[0.5]"),
        ("[0.5, 0.5]", "[0.5]"),
        ("1e-08", "2e-08"),
        ("shape (3, 4)", "shape (3, 5)"),
        ("12 boxes", "13 boxes"),
        ("version 1.2.3", "version 1.2.4"),
        ("tensor([2.])", "Tensor([2.])"),
        ("a  b", "a b"),
        ("loss 0.5\nW", "loss 0.5 W"),
    ],
)
def test_nothing_else_may(printed, expected):
    assert not alike(printed, expected)


def test_what_is_missing_is_told_with_the_one_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(needs.shutil, "which", lambda name: None if name != "apt-get" else name)
    monkeypatch.setattr(needs.os, "geteuid", lambda: 1000, raising=False)
    *lines, last = needs.told([NEEDS["dot"], NEEDS["tex"]])
    assert lines == [
        "not tested for want of dot: pictures laid out by Graphviz",
        "not tested for want of pdflatex: formulas and pictures set by LaTeX",
    ]
    assert last.endswith(
        "sudo apt-get install graphviz"
        " texlive-latex-base texlive-latex-recommended texlive-pictures"
    )
    monkeypatch.setattr(needs.shutil, "which", lambda name: name)
    assert needs.command([NEEDS["dot"], NEEDS["browser"]]) == (
        "brew install graphviz chromium chromedriver"
    )
    assert needs.command([NEEDS["torch"]]).endswith("-m pip install torch")


SKIPS = """
import pytest
def test_a(): pytest.skip("no peer")
def test_b(): pass
@pytest.mark.xfail
def test_c(): assert False
"""
SKIPPED_WHOLE = "import pytest\npytest.importorskip('no_such_module')\ndef test_a(): pass"


def test_a_skip_fails_where_nothing_may_be_skipped(tmp_path):
    (tmp_path / "test_some.py").write_text(SKIPS, "utf-8")
    (tmp_path / "test_whole.py").write_text(SKIPPED_WHOLE, "utf-8")
    options = ["-q", "--color=no", "-p", "tests.machine.needs", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--continue-on-collection-errors"],
        cwd=tmp_path,
        env=os.environ | {"CI": "true", "PYTHONPATH": str(runs.ROOT)},
        capture_output=True,
        encoding="utf-8",
    )
    assert "1 failed, 1 passed, 1 xfailed, 1 error" in run.stdout
    assert run.stdout.count("was skipped, which CI does not allow") == 4  # each told twice


def test_other_interpreters_are_found_wherever_they_are(monkeypatch, tmp_path):
    for version in ("3.9.1", "3.40.0", f"3.{sys.version_info[1]}.0", "3.41.0"):
        minor = version.rpartition(".")[0]
        python = tmp_path / "pyenv" / "versions" / version / "bin" / f"python{minor}"
        python.parent.mkdir(parents=True)
        python.write_text("#!/bin/sh\n" + ("exit 1" if "41" in minor else f"echo {minor}"))
        python.chmod(0o755)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("PATH", "")
    assert list(runs.interpreters()) == ["3.40"]


def test_the_oldest_packages_are_those_that_the_project_names():
    assert all(requirement.count("==") == 1 for requirement in runs.oldest())


def test_every_run_asks_for_tests_that_are_there():
    for run in runs.runs():
        for argument in run.tests:
            path = argument.removeprefix("--ignore=")
            assert (runs.ROOT / path).exists(), argument


@pytest.mark.parametrize("word", needs.OWN_ENVIRONMENTS)
def test_what_needs_packages_of_its_own_is_collected_there_only(word, monkeypatch):
    pattern = f"*/test_{word}_*"
    monkeypatch.setattr(needs.importlib.util, "find_spec", lambda name: None)
    assert pattern in needs.files_left_out()
    monkeypatch.setattr(needs.importlib.util, "find_spec", lambda name: name)
    assert needs.files_left_out() == []
    assert runs.files(word)
    (run,) = (run for run in runs.runs() if set(runs.files(word)) & set(run.tests))
    assert run.packages or run.alone
    assert run.tests == runs.files(word)
