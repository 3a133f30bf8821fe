"""NumPy's functions on tensors and symbolic arrays: ``np.exp(t)``, ``np.sum(t, axis=0)``.

Our names are NumPy's, so the table of what NumPy calls is looked up rather than written, and a
call's arguments are sorted by NumPy's own signature. Written down are NumPy's other names for the
same things, and the functions whose result cannot have a gradient.
"""

from __future__ import annotations

import inspect
import sys
from collections import ChainMap
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from tensorgraph.arguments import refuse_wanted, wanted
from tensorgraph.caller.asking import asking
from tensorgraph.caller.warning_line import written_once
from tensorgraph.engine.arrays import host_values
from tensorgraph.engine.lost_gradients import asking_frame, values_leave
from tensorgraph.engine.shapes import ndim_of, shape_of
from tensorgraph.engine.tensor import Tensor, array_of
from tensorgraph.errors import ImmutableError
from tensorgraph.leads.attributes import lead_of_function
from tensorgraph.ops import nan_reductions
from tensorgraph.ops._masked import COMBINED, KEYWORDS, NEUTRAL, masked
from tensorgraph.ops.numpy_answers import ANSWERS, AXES_OF_NUMBERS, OF_SYMBOLS

Table = dict[Any, Callable[..., Any]]
Ops = Mapping[str, Callable[..., Any]]

_ALIASES = {"amax": "max", "amin": "min", "around": "round", "rint": "round", "fabs": "abs",
            "radians": "deg2rad", "degrees": "rad2deg"}  # fmt: skip
_REDUCTIONS = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min",
               "logical_and": "all", "logical_or": "any", "logaddexp": "logsumexp"}  # fmt: skip
"""What ``np.<ufunc>.reduce`` is called here."""
_RUNNING = {"add": "cumulative_sum", "multiply": "cumulative_prod", "maximum": "cumulative_max",
            "minimum": "cumulative_min", "logaddexp": "logcumsumexp"}  # fmt: skip
"""What ``np.<ufunc>.accumulate`` is called here."""

_OF_SCIPY = {"psi": "digamma", "expit": "sigmoid", "log_expit": "log_sigmoid"}
"""What ``scipy.special`` calls elementwise functions that have another name here."""
_COMPOSED = ("i0", "i0e", "i1", "i1e")
"""The elementwise functions of its that are no record here."""

_RENAMED = {
    "a_min": "min",
    "a_max": "max",
    "ddof": "correction",
    "indices_or_sections": "sections",
    "newshape": "shape",
    "reps": "repetitions",
    "constant_values": "constant",
    "N": "n",
}
"""NumPy's keywords for which we have other names."""

_WITHOUT_EFFECT = {
    "casting": ("same_kind", "unsafe"),
    "copy": (True, False),
    "device": ("cpu",),
    "include_initial": (False,),
    "kind": ("quicksort", "mergesort", "heapsort", "stable"),
    "optimize": (True, False, "greedy", "optimal"),
    "order": ("C", "K", "A"),
    "stable": (True, False),
    "subok": (True, False),
    "where": (True,),
}
"""Keywords that we lack, with the values by which they ask for what we do anyway."""

_ON_VALUES = (
    "allclose array_equal array_equiv isclose argwhere nonzero flatnonzero count_nonzero"
    " searchsorted digitize histogram histogram2d histogramdd histogram_bin_edges"
    " min_scalar_type shares_memory may_share_memory array2string"
    " array_repr array_str save savez savez_compressed savetxt"
).split()
"""Functions that are called with the arrays: they tell a fact about the values, or write them."""

_WEIGHING = (np.histogram, np.histogram2d, np.histogramdd)
"""Functions of values that are linear in their weights."""

_TAKING_VALUES = ("copyto",)
"""Functions that are called with the arrays, whose gradients are lost."""

_TAKING_IN = "atleast_1d atleast_2d atleast_3d broadcast_arrays".split()
"""Functions by which libraries take in what they draw or compute on, expecting NumPy's arrays.

They are called with the arrays there; in the user's own code they are operations.
"""

_ON_KINDS = (
    "result_type can_cast common_type iscomplexobj isrealobj size einsum_path diag_indices_from"
    " tril_indices_from triu_indices_from"
).split()
"""Functions that ask for shape and dtype alone, which arrays without values have too."""

_MAKING = (np.zeros, np.ones, np.full, np.empty, np.arange, np.eye, np.asarray)
"""Functions that are asked for an array where another one is: ``np.zeros(3, like=x)``."""


FURTHER: Table = {}
"""What the rooms behind ``ops`` answer, before these: each enters its own when it is imported."""


def recorded_functions(ops: Ops) -> Mapping[Any, Callable[..., Any]]:
    """Return which op stands for which NumPy function, ufunc, or ``(ufunc, method)``."""
    return ChainMap(FURTHER, _functions_of(ops))


def _functions_of(ops: Ops) -> Table:
    table: Table = {}
    for module in (np.linalg, np):
        named = {name: getattr(module, name, None) for name in ops if name not in _ON_VALUES}
        table.update({f: ops[name] for name, f in named.items() if callable(f)})
    table.update({getattr(np, alias): ops[name] for alias, name in _ALIASES.items()})
    table.update({(getattr(np, f), "reduce"): ops[name] for f, name in _REDUCTIONS.items()})
    table.update({(getattr(np, f), "accumulate"): ops[name] for f, name in _RUNNING.items()})
    del table[np.put_along_axis]  # which changes its operand

    return table | ANSWERS


def other_functions(
    cls: type,
    value: Callable[[Any], Any],
    kind: Callable[[Any], Any],
    own: Callable[[Any, Any], Any] = lambda x, made: made,
) -> Table:
    """Return NumPy functions without a gradient, by how to compute them on arrays of a class."""

    def on(array_of: Callable[[Any], Any], name: str) -> Callable[..., Any]:
        def of(x: Any) -> Any:
            return array_of(x) if type(x) is cls else x

        def call(*args: Any, **kwargs: Any) -> Any:
            return getattr(np, name)(*map(of, args), **{k: of(v) for k, v in kwargs.items()})

        return call

    def taken(x: Any) -> Any:
        if cls is Tensor:
            values_leave(x, asking_frame())
        return value(x)

    def like(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(x: Any, *fill: Any, **kwargs: Any) -> Any:
            fill = tuple(taken(value) if type(value) is cls else value for value in fill)
            made = function(kind(x) if type(x) is cls else x, *fill, **kwargs)
            return own(x, made) if type(x) is cls else made

        return call

    return {
        np.shape: shape_of,
        np.ndim: ndim_of,
        **{getattr(np, name): on(value, name) for name in _ON_VALUES},
        **{getattr(np, name): on(taken, name) for name in (*_TAKING_VALUES, *_TAKING_IN)},
        **{getattr(np, name): on(kind, name) for name in _ON_KINDS},
        **{f: like(f) for f in (np.zeros_like, np.ones_like, np.empty_like, np.full_like)},
    }


def _is_symbol(x: Any) -> bool:
    """Return whether x has no values, or others for each example."""
    array = array_of(x) if hasattr(x, "shape") else None
    return array is not None and host_values(array).shape != array.shape


def _weights(function: Any, args: Any, kwargs: Any) -> Any:
    return inspect.signature(function).bind(*args, **kwargs).arguments.get("weights")


def _where(condition: Any, x: Any, y: Any) -> None: ...
def _concat(
    arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: Any = None
) -> None: ...
def _dot(a: Any, b: Any, out: Any = None) -> None: ...
def _pair(a: Any, b: Any) -> None: ...
def _bincount(x: Any, weights: Any = None, minlength: int = 0) -> None: ...


_TOLD = {
    np.where: _where, np.concatenate: _concat, np.dot: _dot, np.inner: _pair, np.vdot: _pair,
    np.bincount: _bincount,
}  # fmt: skip
"""Functions written in C, whose signature not all versions of NumPy tell."""


@cache
def _signature(function: Any) -> inspect.Signature:
    return inspect.signature(_TOLD.get(function, function))


def _sorted_call(
    function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Return a call of a NumPy function as inputs by position and options by keyword."""
    inputs: list[Any] = []
    options: dict[str, Any] = {}
    signature = _signature(function)
    for key, value in signature.bind(*args, **kwargs).arguments.items():
        parameter = signature.parameters[key]
        if parameter.kind is parameter.VAR_POSITIONAL:
            inputs.extend(value)
        elif parameter.kind is parameter.VAR_KEYWORD:
            options.update(value)
        elif parameter.default is parameter.empty:
            inputs.append(value)
        elif value is not parameter.default:
            options[key] = value
    return inputs, options


def _our_options(
    name: str, options: dict[str, Any], function: Callable[..., Any]
) -> dict[str, Any]:
    """Return NumPy's options under the names of our function, without those of no effect here.

    Raises:
        TypeError: one asks for what no op does.
    """
    ours = {}
    for key, value in options.items():
        plain = value is None or isinstance(value, (bool, int, str))
        if key == "mode" and key in inspect.signature(function).parameters:
            ours[key] = value
            continue
        if (value is None and key != "axis") or (plain and value in _WITHOUT_EFFECT.get(key, ())):
            continue
        if key == "out":
            raise ImmutableError(_without_out(name))
        if key in ("where", "initial", *_WITHOUT_EFFECT):
            hint = _of_some(name, function) if key == "where" else ""
            raise TypeError(f"{name} on a Tensor takes no {key}={value if plain else ''}{hint}")
        ours[_RENAMED.get(key, key)] = value
    return ours


def _of_some(name: str, function: Callable[..., Any]) -> str:
    """Return what to write for a function with ``where=``, so that nothing else counts."""
    without_nan = f"nan{function.__name__}"
    if without_nan in nan_reductions.__all__:
        return f"; write tg.{without_nan}(tg.where(mask, x, np.nan))"
    if name.endswith(".reduce"):
        return "; write tg.where(mask, x, other) first, with an other that changes nothing"
    return f"; write tg.where(mask, {name}(…), other)"


def _without_out(name: str) -> str:
    """Say of a result that shall go into an array, also by ``w.data -= x``, what to write."""
    why = "tensors do not change, and an array cannot keep a gradient"
    line = written_once(asking(asking_frame()).frame)
    if not (line.kind == "operator" and line.sign.endswith("=")):
        return f"{name} on a Tensor takes no out=: {why}; write y = {name}(…) for out=y"
    array, sign = line.name or "y", line.sign.removesuffix("=")
    owner = array.removesuffix(".data")
    changed = f"{array} {sign} …"
    instead = f"y = {changed}" if owner == array else f"{owner}.assign({changed})"
    return f"{array} {line.sign} … with a Tensor: {why}; write {instead}"


def _instead(function: Any, name: str, ops: Ops) -> str:
    """Say of a function that is no op what to write."""
    own = getattr(function, "__name__", "")
    foreign = isinstance(function, np.ufunc) and getattr(np, own, None) != function
    lead = f"write {_called(own, ops[own])}" if foreign and own in ops else None
    lead = lead or lead_of_function(own, foreign)
    if lead and ".numpy()" in lead:
        return f"does not take tensors; {lead}"
    known = f"does not take tensors; {lead}"
    none = "has no counterpart among tensorgraph's ops; declare one with tg.op"
    return f"{known if lead else none}, or give {name} x.numpy() where no gradient is wanted"


def _called(name: str, function: Callable[..., Any]) -> str:
    """Return a call of ours, with the options that go by name alone, as ``tg.iv(x, order=…)``."""
    named = [
        p.name for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY
    ]
    return f"tg.{name}(x, {', '.join(f'{key}=…' for key in named)})" if named else f"tg.{name}"


def _of_scipy(ufunc: Any, ops: Ops) -> Callable[..., Any] | None:
    """Return the op for an elementwise function of ``scipy.special``, if there is one."""
    own, arity = ufunc.__name__, ufunc.nin
    if getattr(sys.modules.get("scipy.special"), own, None) is not ufunc:
        return None
    name = _OF_SCIPY.get(own, own)
    record = getattr(ops.get(name), "op", None)
    alike = name in _COMPOSED if record is None else record.arity == arity
    return ops[name] if alike else None


def _name_of(ufunc: Any) -> str:
    """Return what messages call a ufunc: as NumPy does, or as the user's line does another's."""
    own: str = ufunc.__name__
    if getattr(np, own, None) == ufunc:
        return f"np.{own}"
    line = written_once(asking(asking_frame()).frame)
    called = line.name if line.kind == "call" and "…" not in line.name else ""
    return called or (own if own.isidentifier() else "f")


def numpy_protocol(
    ops: Ops,
    cls: type,
    value: Callable[[Any], Any],
    kind: Callable[[Any], Any],
    own: Callable[[Any, Any], Any],
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return ``__array_ufunc__`` and ``__array_function__`` of a class that answers with ``ops``.

    NumPy's functions that are no op are asked about the array that ``value`` returns; those to
    which only shape and dtype matter, about that of ``kind``. What they make like one is what
    ``own`` returns of both.
    """
    recorded, others = recorded_functions(ops), other_functions(cls, value, kind, own)
    taking_in = {getattr(np, name) for name in _TAKING_IN}
    of_numbers = {ops[name] for name in AXES_OF_NUMBERS}
    maskable = {ops[name] for name in (*NEUTRAL, *COMBINED, "mean")}

    def cast(x: Any, dtype: Any) -> Any:
        if isinstance(x, (list, tuple)):
            return [cast(part, dtype) for part in x]
        return x if getattr(x, "dtype", None) == dtype else ops["astype"](x, dtype)

    def call(key: Any, name: str, inputs: list[Any], options: dict[str, Any]) -> Any:
        if key not in recorded:
            raise TypeError(f"{name} {_instead(key, name, ops)}")
        own = recorded[key]
        if not options.keys().isdisjoint(KEYWORDS) and own in maskable:
            rest = {k: v for k, v in options.items() if k not in KEYWORDS}
            given = {k: options[k] for k in KEYWORDS if k in options}
            return masked(ops, own.__name__, inputs[0], _our_options(name, rest, own) | given)
        if own in of_numbers and not ndim_of(inputs[0]) and options.get("axis") in (0, -1):
            del options["axis"]
        options = _our_options(name, options, own)
        dtype = options.pop("dtype", None)
        if dtype is not None:  # the type to compute in, rather than that of the result
            inputs = [cast(x, dtype) for x in inputs]
        return own(*inputs, **options)

    def array_ufunc(self: Any, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Record a NumPy ufunc like the op of the same name."""
        if method == "__call__" and not options:
            known = recorded.get(ufunc) or _of_scipy(ufunc, ops)
            if known is not None:
                return known(*inputs)
        name = _name_of(ufunc)
        if "out" in options and options["out"][0] is None:
            del options["out"]
        if method == "__call__":
            return call(ufunc, name, list(inputs), options)
        if method == "at":
            raise ImmutableError(f"{name}.at changes its operand; write tg.add_at(x, index, y)")
        if method == "outer" and len(inputs) == 2:
            x, y = inputs
            x = ops["reshape"](x, (*shape_of(x), *(1,) * ndim_of(y)))
            return call(ufunc, f"{name}.outer", [x, y], options)
        options = {"axis": 0, **options}
        axes = {"axis": tuple(range(ndim_of(inputs[0])))} if options["axis"] is None else {}
        return call((ufunc, method), f"{name}.{method}", list(inputs), options | axes)

    def array_function(
        self: Any, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Record a NumPy function like the op of the same name."""
        if function in _MAKING:
            return own(self, function(*args, like=kind(self), **kwargs))
        if function in taking_in and not asking(asking_frame()).modules:
            return call(function, f"np.{function.__name__}", list(args), kwargs)
        if function in _WEIGHING and wanted(weights := _weights(function, args, kwargs)):
            if function is np.histogram:
                return ops["histogram"](*args, **kwargs)
            refuse_wanted(weights, f"np.{function.__name__}: weights")
        if function in OF_SYMBOLS and any(map(_is_symbol, (*args, *kwargs.values()))):
            return OF_SYMBOLS[function](*args, **kwargs)
        if function in others or (function is np.where and len(args) == 1):
            return others.get(function, others[np.nonzero])(*args, **kwargs)
        name = f"{function.__module__}.{function.__name__}".replace("numpy.", "np.", 1)
        if function is np.put_along_axis:
            raise ImmutableError(
                f"{name} changes its operand, and tensors do not change; write"
                " x = tg.put_along_axis(x, indices, values, axis)"
            )
        inputs, options = _sorted_call(function, args, kwargs) if function in recorded else ([], {})
        return call(function, name, inputs, options)

    return array_ufunc, array_function
