"""What runs around each test where an option, a mark or a fixture asks for it: hooks of pytest."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tensorgraph.engine.modes import observing
from tensorgraph.errors import UsageWarning
from tensorgraph.observe.debug import debug
from tensorgraph.testing.plugin.hypothesis_settings import without_deadline
from tensorgraph.testing.plugin.leaks import Survivors
from tensorgraph.testing.plugin.sanitizer import Sanitizer

_COUNTS = pytest.StashKey[tuple[Counter[str], Counter[str]]]()
"""How many rules were judged in this run, by operation, and how many could not be."""
_SURVIVORS = pytest.StashKey[Survivors | None]()


def asked_for(item: pytest.Item, mark: str, option: Any) -> Any:
    """Return what a test's mark says, or else the option; ``None`` for what is off."""
    marker = item.get_closest_marker(mark)
    if marker is None:
        return option
    if marker.args not in _ARGUMENTS[mark]:
        known = " or ".join(f'("{how}")' for (how,) in _ARGUMENTS[mark])
        raise pytest.UsageError(f"{item.nodeid}: {mark} takes {known}, not {marker.args}")
    return None if marker.args == ("off",) else marker.args[0]


_ARGUMENTS = {
    "tg_gradcheck": [("fast",), ("full",), ("off",)],
    "tg_debug": [("on",), ("off",)],
}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Run a test under what is asked for."""
    __tracebackhide__ = True
    how = asked_for(item, "tg_gradcheck", item.config.getoption("--tg-gradcheck"))
    blocks = [debug()] if asked_for(item, "tg_debug", item.config.getoption("--tg-debug")) else []
    sanitizer = Sanitizer(how) if how else None
    survivors = Survivors() if "no_leaks" in getattr(item, "fixturenames", ()) else None
    item.stash[_SURVIVORS] = survivors
    if how or blocks:
        without_deadline(getattr(item, "obj", None))
    with ExitStack() as stack:
        if how or blocks:  # compiled functions run as they are, and say so
            stack.enter_context(warnings.catch_warnings())
            warnings.filterwarnings("ignore", "tg.compile: .* something watches", UsageWarning)
        for block in blocks:
            stack.enter_context(block)
        if sanitizer is not None:
            stack.enter_context(observing(sanitizer, lines=True))
        try:
            yield
        except BaseException:
            if survivors is not None:
                survivors.failed = True
            raise
        finally:
            if sanitizer is not None:
                counts = item.config.stash.setdefault(_COUNTS, (Counter(), Counter()))
                counts[0].update(sanitizer.judged)
                counts[1].update(sanitizer.unjudged)
    if sanitizer is not None and sanitizer.faults:  # what the test caught itself is wrong, too
        pytest.fail(sanitizer.faults[0], pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """After a test's fixtures have ended, see what is left of it."""
    survivors = item.stash.get(_SURVIVORS, None)
    try:
        yield
    except BaseException:
        if survivors is not None:
            survivors.failed = True
        raise
    finally:  # also lets the garbage collector go on
        if survivors is not None:
            item.stash[_SURVIVORS] = None
            survivors.raise_for_leaks(item)


# ------------------------------------------------------------------------------------ the summary


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let a worker of xdist hand over what it counted."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None and _COUNTS in session.config.stash:
        output["tensorgraph"] = [dict(counts) for counts in session.config.stash[_COUNTS]]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker of xdist counted."""
    found = getattr(node, "workeroutput", {}).get("tensorgraph", ())
    totals = node.config.stash.setdefault(_COUNTS, (Counter(), Counter()))
    for total, counts in zip(totals, found, strict=False):
        total.update(counts)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say how much was judged."""
    judged, unjudged = config.stash.get(_COUNTS, (Counter(), Counter()))
    if judged or unjudged:
        left = f"; {unjudged.total():,} could not be judged" if unjudged else ""
        terminalreporter.line(
            f"tensorgraph: {judged.total():,} runs of gradient rules of {len(judged)} operations"
            f" checked{left}"
        )
