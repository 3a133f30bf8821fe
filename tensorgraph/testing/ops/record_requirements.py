"""What the fields of a record promise, one check each, as in ``requirements.py``.

They hold for calls that the record itself takes, on plain arrays and on symbols.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.engine.domain import Real
from tensorgraph.engine.op import Op
from tensorgraph.engine.tensor import Tensor
from tensorgraph.formulas.writing.numpy_code import identifiers, python
from tensorgraph.symbolic.evaluate import evaluate
from tensorgraph.symbolic.expr import Expr, lift, make, symbol
from tensorgraph.symbolic.infer import result_like
from tensorgraph.testing.ops.op_calls import Case
from tensorgraph.testing.promises import demand

ROUNDING = 1e-12
"""What two ways to compute the same may differ by, relative to the largest number."""


def check_rules(op: Op, case: Case) -> None:
    """A gradient rule that is fed plain arrays returns one: it holds no tensor of its own."""
    result = case.run()[1][0]
    node = result.node if type(result) is Tensor else None
    if node is None or node.op is not op:
        return
    g = np.ones(result.shape, result.dtype)
    for i, rule in node.plan.rules:
        demand(
            type(rule(g, node.saved, node, i)) is not Tensor,
            f"{case}: fed with plain arrays, its gradient rule for {op.input_key(i)!r} returned a"
            " Tensor, so it holds one, as tg.full(shape, 2.0) is; write np.full(shape, 2.0), or"
            " the number alone: g * 2.0",
        )


def check_inference(op: Op, case: Case, static: dict[str, Any]) -> None:
    """The result has the shape and dtype that the record tells without running the kernel."""
    result, (shape, dtype) = _result(op, case, static), _like(op, case, static)[1:]
    demand(
        result.shape == shape and result.dtype == dtype,
        f"{case}: its kernel returns {result.dtype} {result.shape}, where the record's"
        f" shape and dtype say {np.dtype(dtype)} {shape}",
    )


def check_lowering(op: Op, case: Case, static: dict[str, Any]) -> None:
    """The record's lowering computes what the kernel does, in ordinary operations."""
    lowering = op.lowering
    if lowering is None:
        return
    expected = _result(op, case, static)
    operands, shape, dtype = _like(op, case, static)
    lowered = lift(lowering(*operands, **_prepared(op, case, static)))
    demand(
        (lowered.shape, lowered.dtype) == (shape, dtype),
        f"{case}: its lowering gives {lowered.dtype} {lowered.shape}, its kernel {dtype} {shape}",
    )
    given = dict(zip(operands, map(np.asarray, case.inputs), strict=True))
    found = np.asarray(evaluate([lowered], given)[lowered])
    demand(_alike(found, expected), f"{case}: its lowering computes something else than its kernel")


def check_code(op: Op, case: Case, static: dict[str, Any]) -> None:
    """The record's code, which needs NumPy alone, computes what the kernel does."""
    expected = _result(op, case, static)
    names = [f"x{i}" for i in range(len(case.inputs))]
    operands, shape, dtype = _like(op, case, static)
    e = make(op, operands, _prepared(op, case, static), shape, dtype)
    called = identifiers(["result", *names])
    known = dict(zip(operands, names, strict=True))
    source = python("f", {e: ("result", e)}, known, ["result"], called)
    namespace: dict[str, Any] = {}
    arrays = {name: np.asarray(x) for name, x in zip(names, case.inputs, strict=True)}
    try:
        exec(source, namespace)
        parameters = namespace["f"].__code__.co_varnames[: namespace["f"].__code__.co_argcount]
        with np.errstate(all="ignore"):
            found = np.asarray(namespace["f"](*(arrays[name] for name in parameters)))
    except Exception as error:
        raise AssertionError(f"{case}: its code {op.code!r} does not run: {error!r}") from error
    demand(
        found.shape == expected.shape and _alike(found, expected),
        f"{case}: its code {op.code!r} computes something else than its kernel",
    )


def check_facts(op: Op, case: Case, static: dict[str, Any]) -> None:
    """What the record states of every result holds of this one."""
    result, prepared = _result(op, case, static), _prepared(op, case, static)
    if not (result.size and all(map(np.size, case.inputs))):  # the sum of nothing is 0
        return
    first = np.asarray(case.inputs[0]) if case.inputs else result
    for word, value in op.facts.items():
        if word == "sign_of":
            holds = _has_sign_of(op, case, static, value)
        elif word in _SUMS:
            sums = result.sum(axis=prepared[value])
            size = float(np.abs(result).sum(axis=prepared[value]).max())
            holds = bool(np.all(np.abs(sums - _SUMS[word]) <= _rounding(result) * size))
        else:
            holds = bool(np.all(_HOLDS[word](result, first, value)))
        demand(
            holds and (word != "one_hot" or np.isin(result, (0, 1)).all()),
            f"{case}: its record states the fact {word!r} ({value!r}), which does not hold of"
            f" {np.array2string(result, threshold=6)}",
        )


_SUMS = {"one_hot": 1, "sums_to_one": 1, "zero_sum": 0}
"""What the sum along the axis is, by the word of the fact."""

_HOLDS: dict[str, Callable[[Array, Array, Any], Any]] = {
    "positive": lambda result, x, _: result > 0,
    "nonnegative": lambda result, x, _: result >= 0,
    "binary": lambda result, x, _: np.isin(result, (0, 1)),
    "between": lambda result, x, ends: (ends[0] < result) & (result < ends[1]),
    "moved": lambda result, x, _: np.isin(result, x.astype(result.dtype)),
    "averaged": lambda result, x, _: (
        np.abs(result - x.mean())
        <= np.max(np.abs(x - x.mean())) + _rounding(result) * np.max(np.abs(x))
    ),
}
"""Where a fact holds of a result, given the first input and what the record says."""


def _has_sign_of(op: Op, case: Case, static: dict[str, Any], names: Any) -> bool:
    """Return whether the result is above 0 where all inputs of these names are."""
    named = [i for i in range(len(case.inputs)) if op.operand_name(i) in names]
    sizes = {i: np.abs(case.inputs[i]) for i in named}
    domains = {i: op.domain.get(op.operand_name(i), Real()) for i in named}
    if any(np.any(x > getattr(domains[i], "high", np.inf)) for i, x in sizes.items()):
        return True  # no such input can be made of these
    result = _result(op, case.with_inputs(sizes), static)
    known_above = all(np.all(x > 0) for x in sizes.values())
    return bool(np.all(result > 0 if known_above else result >= 0))


# --------------------------------------------------------------------------------------- helpers


def _prepared(op: Op, case: Case, static: dict[str, Any]) -> dict[str, Any]:
    return op.prepared(tuple(map(np.asarray, case.inputs)), static)


def _result(op: Op, case: Case, static: dict[str, Any]) -> Array:
    """Return what the kernel makes of the plain arrays."""
    arrays = tuple(map(np.asarray, case.inputs))
    with np.errstate(all="ignore"):
        return np.asarray(op.compute(arrays, op.prepared(arrays, static)))


def _like(op: Op, case: Case, static: dict[str, Any]) -> tuple[tuple[Expr, ...], Any, Any]:
    """Return symbols in place of the inputs, and the shape and dtype inferred of the result."""
    arrays = map(np.asarray, case.inputs)
    operands = tuple(symbol(f"x{i}", x.shape, x.dtype) for i, x in enumerate(arrays))
    return operands, *result_like(op, operands, _prepared(op, case, static))


def _rounding(result: Array) -> float:
    return ROUNDING if result.dtype.itemsize == 8 or result.dtype.kind != "f" else 1e-4


def _alike(found: Array, expected: Array) -> bool:
    margin = _rounding(expected)
    return np.allclose(found, expected, rtol=margin, atol=margin, equal_nan=True)
