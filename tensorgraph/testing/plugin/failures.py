"""What is added to the error of a failed test: what differs, what repeats it, and its seed."""

from __future__ import annotations

import sys
from types import FrameType, TracebackType
from typing import Any

from tensorgraph import errors
from tensorgraph.engine.modes import PACKAGE
from tensorgraph.testing.numeric import gradcheck as of_gradcheck
from tensorgraph.testing.plugin import snippets
from tensorgraph.testing.plugin.assertions import explanation
from tensorgraph.testing.plugin.seeds import repeated


def explain(item: Any, error: BaseException) -> None:
    """Add to an error what helps, as notes; show it where the user's own code ends. Once."""
    if hasattr(error, "_tensorgraph_told"):
        return
    frames = _frames(error)
    own = [place for place in frames if not _is_of_package(place[0])]
    found = []
    if isinstance(error, (AssertionError, errors.ShapeError)) and own:  # what == is has no truth
        found.append(explanation(*own[-1]))
    found += [_judged(error), _gradcheck_in(frames), repeated(item)]
    for told in filter(None, found):
        error.add_note(told)
    if any(found):
        error._tensorgraph_told = True  # type: ignore[attr-defined]
    if not item.config.getoption("fulltrace"):
        _show_own_lines(error)


def passed() -> None:
    """Forget what was judged in a test that did not fail."""
    judged = sys.modules.get(JUDGED)
    if judged is not None:
        judged.FAILED.clear()


def _judged(error: BaseException) -> str:
    """Return what ``tg.judge`` said in the test, if it was false: ``assert`` shows a part of it."""
    judged = sys.modules.get(JUDGED)
    if judged is None or not judged.FAILED or not isinstance(error, AssertionError):
        return ""
    return str(judged.FAILED.pop())


JUDGED = "tensorgraph.teacher.judging.judgement"
"""The module of what ``tg.judge`` returns, which is imported where it is used."""


def _frames(error: BaseException) -> list[tuple[FrameType, int]]:
    """Return through which frames an error came, and at which lines, the test's first."""
    return [(step.tb_frame, step.tb_lineno) for step in _steps(error)]


def _steps(error: BaseException) -> list[TracebackType]:
    steps, step = [], error.__traceback__
    while step is not None:
        steps.append(step)
        step = step.tb_next
    return steps


def _is_of_package(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(PACKAGE)


def _show_own_lines(error: BaseException) -> None:
    """Leave the package's frames out of the traceback of an error that this package raised.

    Its text says what the user's lines did wrong; how it was found is of no help. Any other error
    that comes out of the package may be the package's fault, and is shown in full.
    """
    for part in getattr(error, "exceptions", ()):  # of a group
        _show_own_lines(part)
    if type(error).__module__ != errors.__name__:
        return
    steps = _steps(error)
    kept = steps[:1] + [step for step in steps[1:] if not _is_of_package(step.tb_frame)]
    for step, following in zip(kept, [*kept[1:], None], strict=False):
        step.tb_next = following


def _gradcheck_in(frames: list[tuple[FrameType, int]]) -> str:
    """Return code that repeats the call of ``gradcheck`` that failed, if one did."""
    code = of_gradcheck.gradcheck.__wrapped__.__code__  # type: ignore[attr-defined]
    for frame, _ in frames:
        if frame.f_code is code:
            given = frame.f_locals
            options = {k: given[k] for k, default in _DEFAULTS.items() if given[k] != default}
            return snippets.of_gradcheck(given["f"], given["inputs"], options)
    return ""


_DEFAULTS: dict[str, Any] = of_gradcheck.gradcheck.__wrapped__.__kwdefaults__  # type: ignore[attr-defined]
