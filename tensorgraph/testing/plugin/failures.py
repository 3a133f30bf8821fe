"""What is added to the error of a failed test: what differs, what repeats it, and its seed."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from tensorgraph.testing.numeric import gradcheck as of_gradcheck
from tensorgraph.testing.plugin import snippets
from tensorgraph.testing.plugin.assertions import explanation
from tensorgraph.testing.plugin.seeds import repeated


def explain(item: Any, error: BaseException) -> None:
    """Add to an error what helps, as notes; once."""
    if hasattr(error, "_tensorgraph_told"):
        return
    frames = list(_frames(error.__traceback__))
    found = []
    if isinstance(error, AssertionError) and frames:
        found.append(explanation(*frames[-1]))
    found += [_gradcheck_in(frames), repeated(item)]
    for told in filter(None, found):
        error.add_note(told)
    if any(found):
        error._tensorgraph_told = True  # type: ignore[attr-defined]


def _frames(traceback: TracebackType | None) -> Any:
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next


def _gradcheck_in(frames: list[Any]) -> str:
    """Return code that repeats the call of ``gradcheck`` that failed, if one did."""
    code = of_gradcheck.gradcheck.__wrapped__.__code__  # type: ignore[attr-defined]
    for frame, _ in frames:
        if frame.f_code is code:
            given = frame.f_locals
            options = {k: given[k] for k, default in _DEFAULTS.items() if given[k] != default}
            return snippets.of_gradcheck(given["f"], given["inputs"], options)
    return ""


_DEFAULTS: dict[str, Any] = of_gradcheck.gradcheck.__wrapped__.__kwdefaults__  # type: ignore[attr-defined]
