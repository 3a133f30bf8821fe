"""What each part of a program takes, told to who measures: ``tg.profile()``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from time import perf_counter

from tensorgraph.compiler.dataflow import Runner
from tensorgraph.compiler.works import Work
from tensorgraph.engine.observers import Observer, Worked
from tensorgraph.errors import CompileError

PREPARING = "getting ready to measure"
"""What it takes to measure: mostly nothing, but the first time a program is compiled for it."""


@contextmanager
def timed(runners: Iterable[Runner], observer: Observer | None, function: str) -> Iterator[None]:
    """Tell an observer what each work of those programs takes that run until this ends.

    Args:
        runners: they run the programs.
        observer: who is told, if it wants to know.
        function: what is compiled.
    """
    if observer is None or not observer.sees_works:
        yield
        return
    found: list[tuple[Sequence[Work], list[float]]] = []
    with ExitStack() as measuring:
        start = perf_counter()
        for runner in runners:
            with suppress(CompileError):  # then it runs, and is not measured
                found.append((runner.works, measuring.enter_context(runner.timed())))
        observer.worked(Worked(function, PREPARING, perf_counter() - start))
        yield
    for works, laps in found:
        for work, seconds in zip(works, laps, strict=True):
            if seconds:
                observer.worked(Worked(function, work.title, seconds))
