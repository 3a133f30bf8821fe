"""Where a gradient is lost though nobody said so: it is told at the user's line.

Another library that asks for an array, and ``math.log`` that asks for a number, get a tensor's
values; what is computed from them has no gradient. That is a warning, with what to write. Nothing
is told of a library that prints, draws, compares or stores; of ``.numpy()``, ``.data``,
``.detach()``, ``.item()`` and ``float(x)``, which say what they do; nor under ``tg.no_grad()``.
"""

from __future__ import annotations

import inspect
import sys
from types import FrameType
from typing import Any

from tensorgraph import errors
from tensorgraph.caller.asking import Asking, Written, asking
from tensorgraph.caller.warning_line import warn_once, written_once
from tensorgraph.engine.modes import MODE
from tensorgraph.engine.op import REGISTRY
from tensorgraph.leads.attributes import written_here

_SHOWING = frozenset(
    "_pickle IPython PIL _pytest _pydevd_bundle altair bokeh copy doctest h5py hypothesis imageio"
    " inspect ipykernel joblib json logging matplotlib mlflow mpl_toolkits numpy.lib._npyio_impl"
    " numpy.testing pickle plotly pprint pydevd pydoc pytest reprlib rich safetensors seaborn"
    " sklearn.metrics tensorboard tensorboardX torch.utils.tensorboard treescope unittest wandb"
    " zarr".split()
)
"""Modules and packages that print, draw, compare or store what they are given."""

_SHOWN_BY = {
    "builtins": frozenset(
        "bool dict float format int isinstance len print repr round str type".split()
    ),
    "numpy": frozenset(
        "allclose array2string array_equal save savetxt savez savez_compressed".split()
    ),
    "pandas": frozenset("DataFrame Index Series assign insert".split()),
}
"""Functions of libraries that compute too, which print, compare or store what they are given."""

_SHOWN_AS = frozenset("dtype item nbytes ndim shape size tobytes tofile tolist".split())
"""Attributes of an array that say what it is, or give its values to another library."""

_FACTS = frozenset(("isnan", "isinf", "isfinite", "isclose"))
"""Functions of ``math`` that ask what is so."""

_ALIASES = {"fabs": "abs", "pow": "power", "gmean": "mean"}
"""What functions of other libraries are called here."""

_MAKING = frozenset("array asarray asanyarray ascontiguousarray asfortranarray".split())
"""Functions of NumPy that make an array, and compute nothing."""

_INSTEAD = {
    "arange": "start + step * tg.arange(n)",
    "atleast_1d": "{x}.reshape(-1)",
    "atleast_2d": "{x}.reshape(1, -1)",
    "cholesky": "tg.linalg.cholesky({x}) (the lower factor)",
    "broadcast_arrays": "tg.broadcast_to({x}, shape)",
    "copyto": "tg.where(mask, {x}, y)",
    "float32": "{x}.astype('float32')",
    "float64": "{x}.astype('float64')",
    "full": "tg.broadcast_to({x}, shape)",
    "normal": "mean + std * tg.random.normal(shape)",
    "vectorize": "f({x}), as operations take whole arrays",
}
"""What to write for functions of NumPy that are no operation."""

_TO_ARRAY = {"pandas": ".to_numpy()", "scipy": ".toarray()", "polars": ".to_numpy()"}
"""What makes an array of another library's object; an array leaves operators to tensors."""


def values_leave(tensor: Any, frame: FrameType) -> None:
    """Warn if the values of a tensor that needs a gradient are asked for where a frame does.

    Args:
        tensor: whose values are asked for.
        frame: that asks; of a library, or of the user's code.
    """
    if not (tensor._requires_grad and MODE.get().recording):
        return
    asked = asking(frame)
    if _shows(asked.modules):
        return
    line = written_once(asked.frame)
    if not (_stores(asked, line) or _is_shown(line.taker)):
        warn_once(asked.frame, errors.LostGradientWarning, lambda: _told(tensor, asked, line))


def number_leaves(tensor: Any, frame: FrameType) -> None:
    """Warn if a function of Python's that computes asks for a tensor as a number.

    ``float(x)``, and other functions that take a number, are no reason to.
    """
    if not (tensor._requires_grad and MODE.get().recording):
        return
    line = written_once(frame)
    function = line.name.rpartition(".")[2]
    computes = line.module in ("math", "cmath") and function not in _FACTS
    if computes or (_is_of_numpy(line.module) and line.kind == "call"):
        values_leave(tensor, frame)


def read_in_vain(result: Any, frame: FrameType) -> None:
    """Warn if the user's code reads ``.grad`` of a result, which backward does not give it."""
    asked = asking(frame)
    if not asked.modules:
        line = written_once(asked.frame)
        warn_once(asked.frame, errors.LostGradientWarning, lambda: _told_of_result(result, line))


def _told_of_result(result: Any, line: Written) -> str:
    x, owner = errors.variable(result), errors.owner(result)
    read = line.name.removesuffix(".grad")
    if line.kind == "attribute" and owner.startswith("this result") and read:
        x = owner = read  # an element, such as P[…], which is no variable
    return (
        f"{owner} is a result of {result.node.op.name!r}, no leaf, and backward()"
        f" gives only leaves a .grad; write {x}.assign({x}.data - …) for {x} = {x} - …, or"
        f" {x}.retain_grad() before backward() to read the gradient of a result"
    )


def refuse_in_place(leaf: Any, sign: str) -> None:
    """Raise for an augmented assignment to a leaf that needs a gradient.

    The name would be another tensor's then, and the leaf would stay as it is.

    Args:
        leaf: what was to be changed.
        sign: of the operator, such as ``-``.

    Raises:
        ImmutableError: always.
    """
    line = written_once(asking(asking_frame()).frame)
    x = line.name if line.sign == f"{sign}=" and line.name else errors.variable(leaf)
    raise errors.ImmutableError(
        f"{x} {sign}= … leaves this parameter as it is, and makes {x} a result or a constant; write"
        f" {x}.assign({x}.data {sign} …), or another name for the result: y = {x} {sign} …"
    )


def asking_frame() -> FrameType:
    """Return the innermost frame outside this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_own(str(frame.f_globals.get("__name__"))):
        frame = frame.f_back
    return frame


def _shows(modules: tuple[str, ...]) -> bool:
    """Return whether a library among these shows, or this package asks for what has no gradient.

    That is all of it but the room of data, whose functions give arrays to compute with.
    """
    others = [name for name in modules if not _is_of_numpy(name)]
    if others and _is_own(others[0]):
        return not any(name.startswith("tensorgraph.data.") for name in modules)
    return any(_SHOWING & set(_around(name)) for name in modules)


def _stores(asked: Asking, line: Written) -> bool:
    """Return whether a table is given the values to keep, as ``df["p"] = x`` does."""
    if _library(asked.modules) != "pandas":
        return False
    return line.kind == "store" or _last_name(line) in _SHOWN_BY["pandas"]


def _is_shown(taker: Written | None) -> bool:
    """Return whether what a line makes goes only where it is printed, compared or stored."""
    if taker is None or taker.kind in ("comparison", "text", "mapping"):
        return taker is not None
    if taker.kind == "attribute":
        return _last_name(taker) in _SHOWN_AS
    functions = _SHOWN_BY.get(taker.module.split(".")[0], ())
    shows = _last_name(taker) in functions or bool(_SHOWING & set(_around(taker.module)))
    return taker.kind == "call" and shows


def _last_name(line: Written) -> str:
    """Return ``mean`` of ``np.mean``."""
    return line.name.removesuffix("(…)").rpartition(".")[2]


def _around(module: str) -> list[str]:
    """Return the names of a module and of the packages that it is in."""
    parts = module.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts) + 1)]


def _is_own(module: str) -> bool:
    return module.split(".")[0] == "tensorgraph"


def _told(tensor: Any, asked: Asking, line: Written) -> str:
    x, library = errors.variable(tensor, asked.frame), _library(asked.modules)
    # Between sparse matrices, unlike between sparse arrays, * is the matrix product.
    if line.sign == "*" and "scipy.sparse._matrix" in asked.modules:
        line = line._replace(sign="@")
    problem = (
        f"{_asker(library, line)} takes only the values of {errors.owner(tensor, asked.frame)}:"
        " what is computed from them has no gradient"
    )
    if library == "tensorgraph":  # its room of data
        return f"{problem}; write {x}.detach() for data, or the formula in operations of tg"
    if _of_container(library, line):
        values = "float(v)" if tensor.size == 1 else "v.numpy()"
        place = "table" if library == "pandas" else "list"
        return (
            f"{problem}; write {values} for each v where the {place} is made if only values are"
            f" wanted, or {_instead(x, library, line)} to keep the gradient"
        )
    meant = "numpy" if _makes_array(line) else "detach"
    return f"{problem}; write {_instead(x, library, line)}, or {x}.{meant}() where none is wanted"


def _of_container(library: str, line: Written) -> bool:
    """Return whether the tensor is one of many in a list or a table, and has no name there."""
    computes = line.kind == "call" and _last_name(line) != "dot"
    return computes and (library == "pandas" or (library == "numpy" and line.of_list))


def _library(modules: tuple[str, ...]) -> str:
    """Return the library that asks, from the names of the modules that run."""
    if any(module.startswith("numpy.ma") for module in modules):
        return "numpy.ma"
    return next((m for m in modules if not _is_of_numpy(m)), "numpy").split(".")[0]


def _asker(library: str, line: Written) -> str:
    """Return what asks, as the user's line has it."""
    if line.kind == "store":
        return "A[…] = …"
    if line.kind == "index":
        return f"{line.name}[…]"
    if line.kind == "call" and line.name:
        return line.name.removeprefix("….").removesuffix("(…)")
    return f"{line.sign} of {library}" if line.sign else library


def _instead(x: str, library: str, line: Written) -> str:
    """Return what to write to keep the gradient of ``x``."""
    before = line.name.removesuffix("(…)").rpartition(".")[0]
    name = _ALIASES.get(_last_name(line), _last_name(line))
    if line.kind == "store":
        return f"A = tg.set_at(A, i, {x}) for A[i] = {x}, or tg.stack([…]) of what a loop makes"
    if line.kind == "index":
        return "tg.concat([…]) or tg.stack([…])"
    if line.kind == "operator":
        return _operated(x, line.name, library, line.sign)
    if name == "dot" and before and not line.of_list:
        return _operated(x, before, library, "@")
    if _makes_array(line):
        return f"{x} itself, which NumPy's functions take"
    # Of NumPy's functions that are operations, a tensor that is no part of a list is recorded.
    if library == "numpy" and (line.of_list or (line.module == "numpy" and name in REGISTRY)):
        return "tg.stack([…])" if name in _MAKING else f"{line.name}(tg.stack([…]))"
    if library == "pandas":
        return "the formula in operations of tg"
    if name in _INSTEAD:
        return _INSTEAD[name].format(x=x)
    here = written_here(name, line.module)
    return f"{here}({x}{_others(here)})" if here else "the formula in operations of tg"


def _others(here: str) -> str:
    """Return what stands for arguments besides the first that a function of ours must be given."""
    function: Any = sys.modules["tensorgraph"]
    for part in here.split(".")[1:]:
        function = getattr(function, part)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return ", …" * any(p.default is p.empty and p.kind is not p.VAR_KEYWORD for p in parameters)


def _operated(x: str, first: str, library: str, sign: str) -> str:
    """Return an operator's operands, of which that of the library is an array."""
    y = "y" if first in ("", x) else first
    array = f"{y}{_TO_ARRAY.get(library, '')}"
    if library == "numpy.ma":
        return f"tg.where({y}.mask, 0, {y}.data {sign} {x})"
    return f"{x} {sign} {array}" if first == x else f"{array} {sign} {x}"


def _makes_array(line: Written) -> bool:
    made = line.kind == "call" and _last_name(line) in _MAKING
    return made and _is_of_numpy(line.module) and not line.of_list


def _is_of_numpy(module: str) -> bool:
    return module.split(".")[0] == "numpy"
