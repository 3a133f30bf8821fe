"""What pytest finds of tensorgraph: options, marks and fixtures; nothing else until one is used.

A module of its own, as whatever lies in the package imports NumPy. What is used is imported from
``tensorgraph.testing.plugin``, where it is written.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

PLUGIN = "tensorgraph.testing.plugin"
MARKS = (
    "tg_gradcheck(how): check each gradient rule that runs in the test: 'fast', 'full' or 'off',"
    " whatever --tg-gradcheck says",
    "tg_debug(how): raise where a NaN or an infinity is made in the test: 'on' or 'off', whatever"
    " --tg-debug says",
)
FIXTURES = ("no_leaks", "tg_seed")
"""Those that look at how a test ends."""


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    # pytest would compile each module of a package that brings a plugin anew, for its assertions.
    getattr(pluginmanager.rewrite_hook, "_must_rewrite", set()).discard("tensorgraph")
    group = parser.getgroup("tensorgraph")
    group.addoption(
        "--tg-gradcheck",
        choices=("fast", "full"),
        help="compare each gradient rule that runs with numeric derivatives: sampled calls of each"
        " operation (fast), or all (full)",
    )
    group.addoption(
        "--tg-debug", action="store_true", help="raise where a NaN or an infinity is made"
    )
    group.addoption(
        "--tg-seed", type=int, metavar="N", help="the seed of all tests that use tg_seed"
    )


@pytest.hookimpl(tryfirst=True)  # before hypothesis loads the profile that it is told
def pytest_configure(config: pytest.Config) -> None:
    for mark in MARKS:
        config.addinivalue_line("markers", mark)
    if config.getoption("--hypothesis-profile", None) == "tensorgraph":
        import_module(f"{PLUGIN}.hypothesis_settings").register()
    if config.getoption("--tg-gradcheck") or config.getoption("--tg-debug"):
        _use(config)


def pytest_collection_finish(session: pytest.Session) -> None:
    if any(map(_uses, session.items)):
        _use(session.config)


def _uses(item: pytest.Item) -> bool:
    """Return whether a test asks for more than other tests do."""
    keywords = item.keywords
    return (
        "tg_gradcheck" in keywords
        or "tg_debug" in keywords
        or any(name in FIXTURES for name in getattr(item, "fixturenames", ()))
    )


def _use(config: pytest.Config) -> None:
    if not config.pluginmanager.has_plugin(PLUGIN):
        config.pluginmanager.register(import_module(f"{PLUGIN}.around_tests"), PLUGIN)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    if call.excinfo is not None and "tensorgraph.engine.tensor" in sys.modules:
        import_module(f"{PLUGIN}.failures").explain(item, call.excinfo.value)
    elif "tensorgraph.teacher.judging.judgement" in sys.modules:
        import_module(f"{PLUGIN}.failures").passed()


@pytest.fixture
def tg_seed(request: pytest.FixtureRequest) -> Iterator[int]:
    """Seed ``tg.random``, NumPy and ``random`` anew; a failed test says how to repeat it."""
    with import_module(f"{PLUGIN}.seeds").seeded(request.node) as seed:
        yield seed


@pytest.fixture
def float64() -> Iterator[None]:
    """Let Python floats and parameters be float64 in the test."""
    with import_module("tensorgraph.engine.arrays").by_default("float64"):
        yield


@pytest.fixture
def no_leaks(request: pytest.FixtureRequest) -> Any:
    """Fail where tensors, nodes or arrays outlive the test: the garbage collector is off in it."""
