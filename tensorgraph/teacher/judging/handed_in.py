"""What somebody hands in: arrays by name, formulas, a function that returns them, a flat list."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.modes import no_grad
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.module import Module
from tensorgraph.teacher.judging.written_formulas import Namespace, as_arrays, variable, why_not


@dataclass(frozen=True, eq=False)
class HandedIn:
    """One gradient, as somebody has it."""

    key: str
    """The name that it is given under."""
    array: Any
    """Its values in double precision; ``None`` for none."""
    size: int
    """The bytes of one of its numbers, as it was given."""
    line: str = ""
    """The formula or line that made it, where that is known."""
    failed: str = ""
    """Why its formula cannot be computed, if it cannot."""


def returned_by(
    backward: Callable[..., Any], args: Sequence[Any], frame: FrameType | None
) -> tuple[Any, str]:
    """Return what a function of somebody's returns, and its source.

    It is called with the arguments that are given, as NumPy arrays; those that are missing are the
    caller's variables of the same names.

    Raises:
        ArgumentError: an argument is missing, or nothing is returned.
    """
    name = getattr(backward, "__name__", "backward")
    try:
        parameters = list(inspect.signature(backward).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    given = list(args)
    keywords = {}
    for p in parameters[len(given) :]:
        if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) or p.default is not p.empty:
            continue
        try:
            value = variable(frame, p.name)
        except KeyError:
            raise errors.ArgumentError(
                f"judge: {name}{inspect.signature(backward)} needs {p.name!r}, and no variable here"
                f" is called so; write tg.judge(loss, {name},"
                f" {', '.join(q.name for q in parameters)})"
            ) from None
        if p.kind is p.POSITIONAL_ONLY:
            given.append(value)
        else:
            keywords[p.name] = value
    try:
        source = textwrap.dedent(inspect.getsource(backward))
    except (OSError, TypeError):
        source = ""
    with no_grad(), np.errstate(all="ignore"):
        try:
            found = backward(*as_arrays(given), **as_arrays(keywords))
        except (AttributeError, TypeError):
            # It may compute with tensors.
            if not _holds_tensor(given) and not _holds_tensor(keywords):
                raise
            found = backward(*given, **keywords)
    if found is None:
        raise errors.ArgumentError(f"judge: {name} returned None: is its return missing?")
    return _with_names(found, source), source


def _holds_tensor(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_tensor, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_holds_tensor, value))
    return type(value) is Tensor


def _with_names(found: Any, source: str) -> Any:
    """Return a tuple by the names in the statement that returns it."""
    if isinstance(found, tuple) and hasattr(found, "_asdict"):
        return found._asdict()
    if not isinstance(found, tuple) or not source:
        return found
    parts: list[Any] = list(found)
    merged: dict[str, Any] = {}
    for part in parts:  # one of them may be the dict of all gradients
        if isinstance(part, dict):
            merged |= part
    try:
        returns = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Return)]
    except SyntaxError:
        returns = []
    for each in returns[::-1]:
        value = each.value
        if isinstance(value, ast.Tuple) and len(value.elts) == len(parts):
            names = [n.id if isinstance(n, ast.Name) else "" for n in value.elts]
            named = dict(zip(names, parts, strict=True))
            named = {k: v for k, v in named.items() if k and not isinstance(v, dict)}
            if merged or len(named) == len(parts):
                return {
                    **merged,
                    **{k: v for k, v in named.items() if merged == {} or k[:1] == "d"},
                }
    return merged or found


def flat(grads: Any, is_one: Callable[[str], bool] = lambda key: False) -> dict[str, Any]:
    """Return gradients by name: a dict, perhaps of dicts or lists for each layer, or a module.

    Args:
        grads: the gradients.
        is_one: whether a name is that of one value, whose gradient may be a list of numbers.

    Example:
        >>> flat({"W": [1.0, 2.0], "layer": {"dW": 3.0}})
        {'W': [1.0, 2.0], 'dW': 3.0}
    """
    found: dict[str, Any] = {}
    for key, value in grads.items():
        if isinstance(value, dict):
            inner = flat(value, is_one)
            number = str(key) if isinstance(key, int) or str(key).isdecimal() else ""
            for k, v in inner.items():
                name = f"{k}{number}" if f"{k}{number}" not in found else f"{key}.{k}"
                found[name] = v
        elif isinstance(value, (list, tuple)) and any(np.ndim(_plain(v)) for v in value):
            if is_one(_written(key)) and not any(map(_is_array, value)):
                found[_written(key)] = value
                continue
            # As the course's lists do, one may begin with nothing, to count from 1.
            for n, v in enumerate(value, 0 if value[0] is None else 1):
                if v is not None:
                    found[f"{key}{n}"] = v
        else:
            found[_written(key)] = value
    return found


def _written(key: Any) -> str:
    if isinstance(key, Tensor):
        return key.name or "a tensor"
    return "".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _is_array(value: Any) -> bool:
    return isinstance(value, (np.ndarray, Tensor))


def _plain(value: Any) -> Any:
    return value._data if type(value) is Tensor else value


def handed_in(
    key: str,
    value: Any,
    space: Namespace,
    source: str = "",
    shape: tuple[int, ...] | None = None,
) -> HandedIn:
    """Return one gradient that is given: an array, a tensor, a number, or a formula.

    Args:
        key: its name.
        value: the gradient.
        space: what names in formulas stand for.
        source: the source that made it, if it is known.
        shape: that of what it is the gradient of, if it is known.

    Raises:
        DTypeError: something that is no array of numbers.
    """
    line = line_of(key, source)
    if isinstance(value, str):
        line = value
        try:
            value = space.value(value)
        except Exception as error:  # whatever somebody's formula raises
            return HandedIn(key, None, 8, line, why_not(line, error, space, shape))
    if value is None:
        return HandedIn(key, None, 8, line)
    value = _plain(value)
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            raise TypeError
    except (TypeError, ValueError):
        raise errors.DTypeError(
            f"judge: {key!r} is {errors.describe(value)}; a gradient is an array of numbers, or a"
            " formula as a string"
        ) from None
    size = array.dtype.itemsize if array.dtype.kind == "f" else 8
    return HandedIn(key, array.astype(np.float64), size, line)


def line_in(frame: FrameType | None, key: str, value: Any) -> str:
    """Return the source around a frame if a variable of it holds a gradient under its own name."""
    if frame is None or isinstance(value, str) or frame.f_locals.get(key) is not value:
        return ""
    try:
        return textwrap.dedent(inspect.getsource(frame.f_code))
    except (OSError, TypeError):
        return ""


def line_of(key: str, source: str) -> str:
    r"""Return the line in a function's source that makes what a name holds.

    Example:
        >>> line_of("dW2", "def f(x):\n    dW2 = x @ x.T  # m\n    return dW2")
        'dW2 = x @ x.T'
    """
    if not source:
        return ""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ""
    bare = key.rstrip("0123456789")
    found: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else (
            [node.target] if isinstance(node, ast.AugAssign) else []
        )  # fmt: skip
        for target in targets:
            for each in target.elts if isinstance(target, ast.Tuple) else [target]:
                name = _target_name(each)
                found.setdefault(name, []).append(ast.unparse(node))
    for name in (key, bare):
        lines = found.get(name, [])
        simple = [line for line in lines if not line.endswith(f"= {name}")]
        if len(simple) == 1 and len(simple[0]) < 100:
            return simple[0]
    return ""


def _target_name(target: ast.expr) -> str:
    if isinstance(target, ast.Subscript):
        return "".join(str(n.value) for n in ast.walk(target.slice) if isinstance(n, ast.Constant))
    return target.id if isinstance(target, ast.Name) else ""


def parameters_in_order(wrt: Any) -> list[tuple[str, Any]]:
    """Return tensors with their names, in the order of a list, dict or module."""
    if isinstance(wrt, Module):
        return [(name, t) for name, t in wrt.named_parameters()]
    if isinstance(wrt, Mapping):
        return [(str(k), t) for k, t in wrt.items()]
    tensors = list(wrt) if isinstance(wrt, (list, tuple)) else [wrt]
    return [(t.name or "" if type(t) is Tensor else "", t) for t in tensors]
