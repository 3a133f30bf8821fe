"""The fixture ``no_leaks``: what outlives a test, with where it was made and what holds it."""

from __future__ import annotations

import gc
import os
import sys
import traceback
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from types import FrameType, FunctionType, MethodType, ModuleType
from typing import Any
from weakref import ref

import numpy as np
import pytest

from tensorgraph.engine.graph import Node
from tensorgraph.engine.modes import PACKAGE
from tensorgraph.engine.tensor import Tensor

_FRAMES = 12
"""How far a place is followed out of the package."""
_LARGE = 4096
"""Arrays of fewer bytes are not looked for by themselves."""
_SHOWN = 8
_NUMPY = os.path.dirname(np.__file__) + os.sep


class Survivors:
    """Watches from the beginning of a test on, with the garbage collector off."""

    def __init__(self) -> None:
        gc.collect()
        self._collects, self._traces = gc.isenabled(), not tracemalloc.is_tracing()
        self.failed = False
        """Whether the test itself failed: its error holds what it computed."""
        gc.disable()
        self._before = {id(thing): ref(thing) for thing in _alive()}
        if self._traces:
            tracemalloc.start(_FRAMES)

    def raise_for_leaks(self, item: Any) -> None:
        """Fail a test for what is left of it; the collector goes on as before."""
        try:
            told = [] if self.failed else self._left(item)
        finally:
            if self._traces:
                tracemalloc.stop()
            if self._collects:
                gc.enable()
        if told:
            rest = len(told) - _SHOWN
            more = [f"and {rest} more kinds"] if rest > 0 else []
            lines = "\n  ".join([*told[:_SHOWN], *more])
            pytest.fail(f"no_leaks: what the test made is still there\n  {lines}", pytrace=False)

    def _left(self, item: Any) -> list[str]:
        _forget_frames_of(item)
        things = [thing for thing in _alive() if self._is_new(thing)]
        found = [(_described(thing), _holder(thing, things), ref(thing)) for thing in things]
        del things
        gc.collect()
        arrays = _arrays_by_place() if self._traces else {}  # those in cycles are tensors'
        counts: Counter[str] = Counter()
        places = set()
        for (what, place), holder, alive in found:
            places.add(place)
            held = f"held by {holder}" if alive() is not None else "in a reference cycle"
            counts[f"{what} made at {place}: {held}"] += 1
        told = [f"{count} × {what}" if count > 1 else what for what, count in counts.items()]
        for place, size in arrays.items():
            if place not in places:
                told.append(f"arrays of {size:,} bytes made at {place}")
        return told

    def _is_new(self, thing: Any) -> bool:
        known = self._before.get(id(thing))
        return known is None or known() is not thing


def _alive() -> list[Any]:
    return [thing for thing in gc.get_objects() if type(thing) is Tensor or type(thing) is Node]


def _forget_frames_of(item: Any) -> None:
    """Let go of what pytest keeps for a test that is over, and of errors that the test caught.

    An error that is caught by a name holds the test's variables, in a cycle of Python's own.
    """
    if getattr(item, "funcargs", None):
        item.funcargs.clear()
    code = getattr(getattr(item, "function", None), "__code__", None)
    for error in [thing for thing in gc.get_objects() if isinstance(thing, BaseException)]:
        step = error.__traceback__
        while step is not None:
            if step.tb_frame.f_code is code:
                traceback.clear_frames(error.__traceback__)
                break
            step = step.tb_next


def _described(thing: Any) -> tuple[str, str]:
    """Return what a tensor or node is, and where it was made."""
    if type(thing) is Node:
        what = f"node of {thing.op.name!r} {thing.shape}"
    else:
        what = f"tensor {thing.name + ' ' if thing.name else ''}{thing.shape} {thing.dtype}"
    return what, _place_of(tracemalloc.get_object_traceback(thing))


def _place_of(trace: tracemalloc.Traceback | None) -> str:
    """Return the innermost line outside this package and NumPy."""
    for step in reversed(trace or ()):
        if not step.filename.startswith((PACKAGE, _NUMPY, "<")):
            return f"{step.filename}:{step.lineno}"
    return "a line not known"


def _arrays_by_place() -> dict[str, int]:
    """Return how many bytes of large arrays are alive, by where they were made."""
    domain = tracemalloc.DomainFilter(True, np.lib.tracemalloc_domain)
    sizes: Counter[str] = Counter()
    for trace in tracemalloc.take_snapshot().filter_traces([domain]).traces:
        if trace.size >= _LARGE:
            sizes[_place_of(trace.traceback)] += trace.size
    sizes.pop("a line not known", None)
    return sizes


def _holder(thing: Any, others: list[Any]) -> str:
    """Return what refers to something, as it is called: a variable, an attribute, another node."""
    for referrer in _referrers(thing, others):
        name = _name_in(referrer, thing)
        if name:
            return name
    for referrer in _referrers(thing, others):
        for outer in _referrers(referrer, others):
            name = _name_in(outer, referrer)
            if name:
                return f"the {type(referrer).__name__} {name}"
    kinds = {type(r) for r in _referrers(thing, others)}
    if kinds and kinds <= {tuple, Node, Tensor}:
        return "its graph"
    return " and ".join(sorted(kind.__name__ for kind in kinds)) or "what cannot be seen"


def _referrers(thing: Any, others: list[Any]) -> Iterator[Any]:
    own = sys._getframe()
    for referrer in gc.get_referrers(thing):
        if referrer is not others and referrer is not own and not isinstance(referrer, FrameType):
            yield referrer


def _name_in(holder: Any, thing: Any) -> str:
    """Return what a holder calls a thing; nothing if it has no name for it."""
    if isinstance(holder, dict):
        keys = [key for key, value in holder.items() if value is thing]
        if "__name__" in holder and "__builtins__" in holder and keys:
            return f"{holder['__name__']}.{keys[0]}"
        for owner in gc.get_referrers(holder):
            if getattr(owner, "__dict__", None) is holder and keys:
                named = owner if isinstance(owner, (type, ModuleType)) else type(owner)
                return f"{named.__name__}.{keys[0]}"
        return ""
    if isinstance(holder, (FunctionType, MethodType)):
        return f"the function {holder.__qualname__}"
    if type(holder) in (list, tuple, set, Node, Tensor) or type(holder).__name__ == "cell":
        return ""
    for key in dir(type(holder)) if hasattr(type(holder), "__slots__") else ():
        if getattr(holder, key, None) is thing:
            return f"{type(holder).__name__}.{key}"
    own = getattr(holder, "__dict__", {})
    return next((f"{type(holder).__name__}.{k}" for k, v in own.items() if v is thing), "")
