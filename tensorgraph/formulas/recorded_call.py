"""A function or module run once on example arguments: what it computes is recorded."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from inspect import getclosurevars, signature, unwrap
from types import CodeType, FrameType
from typing import Any

import numpy as np

from tensorgraph.engine.modes import PACKAGE, mode
from tensorgraph.engine.nested_containers import flatten, opened
from tensorgraph.engine.random_generator import replay, watch
from tensorgraph.nn.module import Module


def recorded_call(f: Callable[..., Any], args: Any) -> tuple[Any, list[FrameType]]:
    """Call a module or function, which is left as it was.

    Returns:
        its result, and its frame where it is the user's own, whose variables give names.
    """
    with left_alone(), mode(recording=True, lines=True), _frame_of(_body(f)) as frames:
        return f(*args), frames


def call_name(f: Callable[..., Any]) -> str:
    """Return what a function or module is called; an empty string if it has no name."""
    name = type(f).__name__ if isinstance(f, Module) else getattr(f, "__name__", type(f).__name__)
    return "" if name == "<lambda>" else str(name)


def names_read(f: Callable[..., Any]) -> set[str]:
    """Return which variables stand in the code of a function, or of functions that it calls.

    Code of this package reads none of the user's.
    """
    found: set[str] = set()
    waiting: list[Any] = [_body(f)]
    met: set[Any] = set()
    for each in waiting:  # to which more is added meanwhile
        function = unwrap(getattr(each, "__func__", each))
        code = getattr(function, "__code__", None)
        if code is None or code in met or code.co_filename.startswith(PACKAGE):
            continue
        met.add(code)
        names = {name for part in _codes(code) for name in _variables(part)}
        found |= names
        within = {**function.__globals__, **getclosurevars(function).nonlocals}
        waiting += [within[name] for name in names if callable(within.get(name))]
        waiting += [_body(x) for name in names if isinstance(x := within.get(name), Module)]
    return found


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a function's code, and that of functions in it."""
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _codes(inner)


def _variables(code: CodeType) -> tuple[str, ...]:
    return (*code.co_names, *code.co_varnames, *code.co_freevars, *code.co_cellvars)


def call_parameters(f: Callable[..., Any]) -> list[str]:
    """Return the names of what is to be given to a function or module."""
    try:
        return list(signature(_body(f)).parameters)  # of a method, without its first
    except (TypeError, ValueError):
        return []


def missing_arguments(f: Callable[..., Any], args: Sequence[Any]) -> list[str]:
    """Return the names of what a function or module asks for beyond these arguments."""
    try:
        parameters = list(signature(_body(f)).parameters.values())
    except (TypeError, ValueError):
        return []
    places = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    named = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
    return [p.name for p in [*places[len(args) :], *named] if p.default is p.empty]


def argument_names(f: Callable[..., Any], args: Sequence[Any]) -> list[str | None]:
    """Return a name for every leaf of the arguments: its parameter's; parts are numbered.

    Those of a dict have its keys for names, those of a dataclass its fields.
    """
    parameters = call_parameters(f)
    found: list[str | None] = []
    for k, arg in enumerate(args):
        parts = len(flatten(arg)[0])
        level = opened(arg)
        known = parameters[k] if k < len(parameters) else None
        named = level is not None and (type(arg) is dict or level.static is not None)
        if level is not None and named and len(level.keys) == parts:
            found += map(str, level.keys)
        else:
            found += [known] if parts == 1 else [known and f"{known}{i}" for i in range(parts)]
    return found


def _body(f: Callable[..., Any]) -> Callable[..., Any]:
    return f.forward if isinstance(f, Module) else f  # type: ignore[attr-defined]


@contextmanager
def left_alone() -> Iterator[None]:
    """Run a block that leaves random generators and running averages as they were.

    Also the global generators of NumPy and of Python, from which users' functions may draw.
    """
    with replay({}), watch() as states:  # layers that follow their inputs do not follow these
        of_numpy, of_python = np.random.get_state(), random.getstate()  # noqa: NPY002
        try:
            yield
        finally:
            np.random.set_state(of_numpy)  # noqa: NPY002
            random.setstate(of_python)
            for generator, before in states.items():
                generator.state = before[0]


@contextmanager
def _frame_of(f: Callable[..., Any]) -> Iterator[list[FrameType]]:
    """Collect the frame of a Python function that is called."""
    code = getattr(f, "__code__", None)
    frames: list[FrameType] = []
    before = sys.getprofile()

    def look(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code is code:
            frames.append(frame)
            _profile_by(before)  # all that it calls runs at full speed

    if code is None or code.co_filename.startswith(PACKAGE):
        yield frames
        return
    sys.setprofile(look)
    try:
        yield frames
    finally:
        _profile_by(before)


def _profile_by(profiler: Any) -> None:
    """Let a profiler go on that was one before; that of cProfile is told by an object."""
    if profiler is None or callable(profiler):
        sys.setprofile(profiler)
    else:
        profiler.enable()
