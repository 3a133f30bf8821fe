"""What some tests need beside the Python packages of the extra ``test``, and what installs it.

A test that needs something says so here, and is skipped where it is missing; the run then ends with
what was not tested, and how to install what is wanting. Where ``CI`` is set a skip is a failure.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Need:
    """Something to be installed, and what cannot be tested without it."""

    part: str
    programs: tuple[str, ...] = ()
    """What must be found; of names with | between them any one will do."""
    module: str = ""
    alone: bool = False
    """Whether the module's package is installed without what it depends on."""
    apt: str = ""
    brew: str = ""

    @property
    def missing(self) -> bool:
        return bool(self.module and not importlib.util.find_spec(self.module)) or not all(
            map(program, self.programs)
        )

    @property
    def wanted(self) -> str:
        return " and ".join(self.programs) or self.module


def program(names: str) -> str | None:
    """Return where a program is, the first that is found of some names with | between them."""
    return next(filter(None, map(shutil.which, names.split("|"))), None)


CHROMIUM = "chromium|chromium-browser|google-chrome"
NEEDS = {
    "browser": Need(
        "the explorer's page and formulas in a browser",
        programs=(CHROMIUM, "chromedriver"),
        apt="chromium chromium-driver",
        brew="chromium chromedriver",
    ),
    "dot": Need("pictures laid out by Graphviz", ("dot",), apt="graphviz", brew="graphviz"),
    "librsvg": Need(
        "pictures drawn by librsvg", ("rsvg-convert",), apt="librsvg2-bin", brew="librsvg"
    ),
    "tex": Need(
        "formulas and pictures set by LaTeX",
        programs=("pdflatex",),
        apt="texlive-latex-base texlive-latex-recommended texlive-pictures",
        brew="basictex",
    ),
    "cc": Need("compiled functions in C", ("cc",), apt="gcc libc6-dev", brew="gcc"),
    "torch": Need("that PyTorch gives the same numbers", module="torch"),
    "jax": Need("functions of JAX", module="jax"),
    "magika": Need("a trained network that knows files", module="magika", alone=True),
    "silero_vad": Need("a trained network that hears speech", module="silero_vad", alone=True),
    "g2p_en": Need("a trained network that pronounces", module="g2p_en", alone=True),
    "skl2onnx": Need("models that scikit-learn's exporter writes", module="skl2onnx", alone=True),
}


OWN_ENVIRONMENTS = {"real": "magika", "torch": "torch", "trackers": "mlflow"}
"""What is tested only where a package is that nothing else here needs, by the word after ``test_``
in the names of the files: trained networks that packages ship, PyTorch's numbers, MLflow and
Weights & Biases. They have a run of their own (see ``runs.py``), and elsewhere are not even
collected."""


def files_left_out() -> list[str]:
    """Return the patterns of the test files whose package is not here."""
    lacking = (w for w, module in OWN_ENVIRONMENTS.items() if not importlib.util.find_spec(module))
    return [f"*/test_{word}_*" for word in lacking]


def reason(name: str) -> str:
    """Return why a test is skipped."""
    need = NEEDS[name]
    return f"needs {need.wanted}, to test {need.part}"


def needs(name: str) -> pytest.MarkDecorator:
    """Return a mark for tests that need something."""
    return pytest.mark.skipif(NEEDS[name].missing, reason=reason(name))


def require(name: str) -> None:
    """Skip the test that asks, if what it needs is missing."""
    if NEEDS[name].missing:
        pytest.skip(reason(name))


def missing() -> list[Need]:
    """Return what this machine lacks."""
    return [need for need in NEEDS.values() if need.missing]


def told(lacking: list[Need]) -> Iterator[str]:
    """Yield what is not tested for want of what, and then the command that installs it."""
    for need in lacking:
        yield f"not tested for want of {need.wanted}: {need.part}"
    yield f"to test it: {command(lacking)}"


def command(lacking: list[Need]) -> str:
    """Return the one command that installs what is wanting, as this machine installs."""
    sudo = "sudo " if hasattr(os, "geteuid") and os.geteuid() else ""
    apt = " ".join(filter(None, (need.apt for need in lacking)))
    brew = " ".join(filter(None, (need.brew for need in lacking)))
    modules = " ".join(need.module for need in lacking if need.module and not need.alone)
    alone = " ".join(need.module for need in lacking if need.alone)
    if shutil.which("brew"):
        system = brew and f"brew install {brew}"
    else:
        system = apt and f"{sudo}apt-get install {apt}"
    pip = f"{os.path.relpath(sys.executable)} -m pip install"
    python = (modules and f"{pip} {modules}", alone and f"{pip} --no-deps {alone}")
    return " && ".join(filter(None, (system, *python)))


# ------------------------------------------------------------------------- for tests/conftest.py


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end of a run of all tests what could not be tested."""
    asked_for_all = terminalreporter.config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if asked_for_all and not os.environ.get("CI") and (lacking := missing()):
        terminalreporter.section("not tested")
        for line in told(lacking):
            terminalreporter.line(line)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator:
    """Make a skip a failure where nothing may be skipped."""
    return refused((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator:
    """Make the skip of a whole file an error where nothing may be skipped."""
    return refused((yield))


def refused(report: pytest.TestReport | pytest.CollectReport):
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, which CI does not allow: {report.longrepr}"
    return report
