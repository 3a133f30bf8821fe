"""Checking formulas against the engine's own backward pass, on recorded and on fresh data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.autodiff import gradients
from tensorgraph.modes import mode
from tensorgraph.symbolic.evaluate import evaluate, in_type
from tensorgraph.symbolic.expr import Expr
from tensorgraph.symbolic.facts import Fact
from tensorgraph.tensor import tensor

DOUBLE = np.dtype(np.float64)


def agreement(found: Any, expected: Any, dtype: Any = DOUBLE) -> float:
    """Return the largest difference, as a share of the largest magnitude; NaN if none is finite.

    Where the expected value is not finite, nothing is asked: a formula may remove NaN.
    """
    found, expected = np.broadcast_arrays(np.asarray(found, DOUBLE), np.asarray(expected, DOUBLE))
    finite = np.isfinite(expected)
    if not finite.any():
        return float("nan")
    scale = max(float(np.abs(expected[finite]).max()), float(np.finfo(dtype).tiny) ** 0.5)
    with np.errstate(all="ignore"):
        worst = float(np.abs(found[finite] - expected[finite]).max()) / scale
    return float("inf") if np.isnan(worst) else worst


def tolerance(dtype: Any) -> float:
    """Return the share of the largest magnitude up to which two computations may differ."""
    return 1e-7 if np.dtype(dtype) == DOUBLE else 2e-3


def fresh_data(
    given: Mapping[Expr, Any], facts: Mapping[Expr, Sequence[Fact]], seed: int
) -> dict[Expr, Any]:
    """Return other values for inputs, of which the same facts hold, in double precision.

    They stay near the recorded ones, and signs and zeros stay as they are where there are no
    negative elements: so logarithms and roots stay defined.
    """
    rng = np.random.default_rng(seed)
    fresh = {}
    for e, value in given.items():
        array = np.asarray(value)
        if array.dtype.kind != "f" or (array.ndim == 0 and isinstance(value, int)):
            fresh[e] = value
            continue
        array = array.astype(DOUBLE)
        if array.ndim == 0 and not hasattr(value, "dtype"):  # a number: 0 < keep_prob < 1 stays
            fresh[e] = float(value) * float(rng.uniform(0.98, 1.01))
            continue
        fresh[e] = _varied(array, [(f.word, f.value) for f in facts.get(e, ())], rng)
    return fresh


def _varied(array: Any, facts: Sequence[tuple[str, Any]], rng: np.random.Generator) -> Any:
    words = dict(facts)
    if words.keys() & {"binary", "one_hot"}:
        axis = words.get("one_hot", 0) if array.ndim else 0
        return rng.permuted(array, axis=axis) if array.ndim else array
    if "constant_along" in words:
        shape = [1 if i == words["constant_along"] else n for i, n in enumerate(array.shape)]
        return array * rng.uniform(0.8, 1.2, shape)
    varied = array * rng.uniform(0.8, 1.2, array.shape)
    if (array < 0).any() and not words:
        varied = varied + rng.normal(0, 0.1 * float(np.abs(array).mean()) + 1e-3, array.shape)
    for word, value in facts:
        if word in ("sums_to_one", "sums_to", "zero_sum"):
            axis, total = value if word == "sums_to" else (value, float(word == "sums_to_one"))
            sums = varied.sum(axis=axis, keepdims=True)
            spread = array.shape[axis]
            shifted = varied + (total - sums) / spread
            varied = varied * total / sums if total and (varied >= 0).all() else shifted
        elif word == "bounded":
            varied = np.clip(varied, *value)
    return varied


class Checker:
    """Compares expressions with the engine's gradients, on recorded data and on fresh data."""

    def __init__(
        self,
        output: Expr,
        seed: Expr,
        targets: Sequence[Expr],
        raws: Sequence[Expr],
        shared: bool,
        given: Mapping[Expr, Any],
        facts: Mapping[Expr, Sequence[Fact]],
        engine: Sequence[Any],
    ) -> None:
        self.targets = targets
        self.recorded = {e: in_type(v, DOUBLE) for e, v in given.items()}
        self.sets: list[tuple[str, dict[Expr, Any], Sequence[Any], float]] = [
            ("the recorded data", self.recorded, engine, tolerance(output.dtype))
        ]
        for number in range(2):
            fresh = fresh_data(given, facts, number)
            if shared:  # recorded again, what was computed twice would be computed once
                values = evaluate(raws, fresh, DOUBLE)
                found = [values[raw] for raw in raws]
            else:
                found = _engine_gradients(output, seed, targets, fresh)
            self.sets.append(("fresh random data", fresh, found, tolerance(DOUBLE)))
        self._values: list[dict[Expr, Any]] = [dict(s[1]) for s in self.sets]

    def __call__(self, name: str, i: int, e: Expr) -> float:
        """Return how well an expression for target ``i`` agrees on the recorded data.

        Raises:
            DerivationError: it does not agree.
        """
        worst = 0.0
        for k, (where, _, expected, allowed) in enumerate(self.sets):
            found = self.value(e, k)
            difference = agreement(found, expected[i])
            if difference > allowed:
                raise errors.DerivationError(
                    f"derive: the formula found for {name} differs from the engine's gradient on"
                    f" {where} by {difference:.1e} of its largest element; please report this"
                )
            worst = max(worst, 0.0 if np.isnan(difference) else difference)
        return worst

    def know(self, given: Mapping[Expr, Any]) -> None:
        """Take in the values of inputs that came up while formulas were sought."""
        for values in self._values:
            for e, value in given.items():
                values.setdefault(e, value)

    def value(self, e: Expr, k: int = 0) -> Any:
        """Return the value of an expression on one of the sets of data."""
        values = self._values[k]
        if e not in values:
            values.update(evaluate([e], values, DOUBLE))
        return values[e]

    def equal(self, e: Expr, other: Expr) -> bool:
        """Return whether two expressions have the same values on all data."""
        return all(
            not agreement(self.value(e, k), self.value(other, k)) > tolerance(DOUBLE)
            for k in range(len(self.sets))
        )


def _engine_gradients(
    output: Expr, seed: Expr, targets: Sequence[Expr], fresh: Mapping[Expr, Any]
) -> list[Any]:
    """Return the engine's gradients where the forward graph is recorded again on other data."""
    with mode(recording=True, observer=None):
        leaves = {
            e: tensor(v, requires_grad=True) if hasattr(v, "dtype") and v.dtype.kind == "f" else v
            for e, v in fresh.items()
        }
        values = evaluate([output, seed, *targets], leaves, DOUBLE)
        start = values[seed]
        wanted = [values[t] for t in targets]
        result = gradients(values[output], wanted, grad_output=start)
    return [g.numpy() for g in result]
