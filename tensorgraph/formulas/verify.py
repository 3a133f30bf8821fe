"""Checking formulas against the engine's own backward pass, on recorded and on fresh data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.autodiff import gradients
from tensorgraph.engine.modes import mode
from tensorgraph.engine.tensor import tensor
from tensorgraph.formulas.facts import Fact
from tensorgraph.symbolic.evaluate import complete, evaluate, in_type
from tensorgraph.symbolic.expr import Expr, in_order

DOUBLE = np.dtype(np.float64)
FRESH = 2
"""How many sets of random data a formula is checked on, besides the recorded data."""
SPREADS = (0.2, 0.02, 0.002)
"""How far those are from the recorded data: the first at which all that is computed exists."""


def agreement(found: Any, expected: Any, noise: float = 0.0) -> float:
    """Return the largest difference, as a share of the largest magnitude; NaN if none is finite.

    Where the expected value is not finite, nothing is asked: a formula may remove NaN. Differences
    below ``noise`` are none.
    """
    found, expected = np.broadcast_arrays(np.asarray(found, DOUBLE), np.asarray(expected, DOUBLE))
    finite = np.isfinite(expected)
    if not finite.any():
        return float("nan")
    with np.errstate(all="ignore"):
        worst = float(np.abs(found[finite] - expected[finite]).max())
    if np.isnan(worst):
        return float("inf")
    scale = float(np.abs(expected[finite]).max())
    return 0.0 if worst <= noise else worst / scale if scale else float("inf")


def rounding(values: Iterable[Any], dtype: Any = DOUBLE) -> float:
    """Return how far off rounding may be in a computation with these intermediate values."""
    arrays = [np.asarray(v) for v in values]
    largest = max((_largest(a) for a in arrays if a.dtype.kind == "f"), default=0.0)
    return 1000 * float(np.finfo(dtype).eps) * largest


def _largest(value: Any) -> float:
    """Return the largest finite magnitude; 0 if there is none."""
    array = np.asarray(value)
    finite = array[np.isfinite(array)]
    return float(np.abs(finite).max()) if finite.size else 0.0


def _read_off(exprs: Sequence[Expr]) -> float:
    """Return how far off numbers are, as a share, that formulas have as the decimals they print as.

    Those are of float32: 0.1 is one tenth.
    """
    numbers = (e for e in in_order(exprs) if e.value is not None)
    return float(np.finfo(np.float32).eps) if any(e.dtype == np.float32 for e in numbers) else 0.0


def tolerance(dtype: Any) -> float:
    """Return the share of the largest magnitude up to which two computations may differ."""
    return 1e-7 if np.dtype(dtype) == DOUBLE else 2e-3


def precision(exprs: Sequence[Expr]) -> np.dtype[Any]:
    """Return the lowest precision in which anything is computed that expressions are made of.

    A parameter of float32 rounds its gradient, though the data and the loss may be of float64.
    """
    floats = {e.dtype for e in in_order(exprs) if e.dtype.kind == "f"}
    return max(floats, key=lambda dtype: float(np.finfo(dtype).eps), default=DOUBLE)


def fresh_data(
    given: Mapping[Expr, Any],
    facts: Mapping[Expr, Sequence[Fact]],
    seed: int,
    spread: float = SPREADS[0],
) -> dict[Expr, Any]:
    """Return other values for inputs, of which the same facts hold, in double precision.

    They stay near the recorded ones, and signs and zeros stay as they are where there are no
    negative elements: so logarithms and roots stay defined.
    """
    rng = np.random.default_rng(seed)
    fresh = {}
    for e, value in given.items():
        array = np.asarray(value)
        if array.ndim and array.dtype.kind in "biu":
            fresh[e] = _shuffled(array, rng)
            continue
        if array.dtype.kind != "f" or (array.ndim == 0 and isinstance(value, int)):
            fresh[e] = value
            continue
        array = array.astype(DOUBLE)
        if array.ndim == 0 and not hasattr(value, "dtype"):  # a number: 0 < keep_prob < 1 stays
            fresh[e] = float(value) * float(rng.uniform(1 - spread / 10, 1 + spread / 20))
            continue
        fresh[e] = _varied(array, [(f.word, f.value) for f in facts.get(e, ())], rng, spread)
    return fresh


def _defined_data(
    exprs: Sequence[Expr],
    given: Mapping[Expr, Any],
    facts: Mapping[Expr, Sequence[Fact]],
    seed: int,
) -> dict[Expr, Any]:
    """Return fresh data for which all is defined: matrices that are far off may have no factors."""
    for spread in SPREADS[:-1]:
        data = fresh_data(given, facts, seed, spread)
        try:
            evaluate(exprs, data, DOUBLE)
        except errors.LinAlgError:
            continue
        return data
    return fresh_data(given, facts, seed, SPREADS[-1])


def _varied(
    array: Any, facts: Sequence[tuple[str, Any]], rng: np.random.Generator, spread: float
) -> Any:
    words = dict(facts)
    if "symmetric" in words:  # it stays a covariance, or distances, or the identity, if it is that
        turned = rng.permutation(len(array))
        scale = rng.uniform(1 - spread, 1 + spread) if len(words) == 1 else 1.0
        return array[turned][:, turned] * scale
    sums = {value for word, value in facts if word in ("one_hot", "sums_to_one", "zero_sum")}
    if len(sums) > 1:
        return _shuffled(array, rng)
    if words.keys() & {"binary", "one_hot"}:
        axis = words.get("one_hot", 0) if array.ndim else 0
        return rng.permuted(array, axis=axis) if array.ndim else array
    if "constant_along" in words:
        shape = [1 if i == words["constant_along"] else n for i, n in enumerate(array.shape)]
        return array * rng.uniform(1 - spread, 1 + spread, shape)
    varied = array * rng.uniform(1 - spread, 1 + spread, array.shape)
    if (array < 0).any() and not words:
        deviation = spread / 2 * float(np.abs(array).mean()) + spread / 200
        varied = varied + rng.normal(0, deviation, array.shape)
    for word, value in facts:
        if word in ("sums_to_one", "sums_to", "zero_sum"):
            axis, total = value if word == "sums_to" else (value, float(word == "sums_to_one"))
            sums = varied.sum(axis=axis, keepdims=True)
            shifted = varied + (total - sums) / array.shape[axis]
            varied = varied * total / sums if total and (varied >= 0).all() else shifted
        elif word == "bounded":
            varied = np.clip(varied, *value)
    return varied


def _shuffled(array: Any, rng: np.random.Generator) -> Any:
    """Return the same rows, columns and so on in another order: their sums stay what they are."""
    for axis in range(array.ndim):
        array = rng.permutation(array, axis=axis)
    return array


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
        numbers: Callable[[], Mapping[Expr, Any]] = dict,
        copies: Mapping[Expr, Expr] | None = None,
    ) -> None:
        self.raws = raws
        self.numbers = numbers
        """The values of inputs that come up while formulas are sought, at any time."""
        read = _read_off(raws)
        lowest = precision([output, *targets, *raws])
        self.sets = [("the recorded data", tolerance(lowest), lowest)]
        self.sets += [("fresh random data", tolerance(DOUBLE) + 8 * read, DOUBLE)] * FRESH
        data = [{e: in_type(v, DOUBLE) for e, v in given.items()}]
        data += [_defined_data([output, *raws], given, facts, number) for number in range(FRESH)]
        for values in data:  # what stands for another input is always what that is
            found = evaluate([*(copies or {}).values()], values, DOUBLE)
            values |= {e: found[x] for e, x in (copies or {}).items()}
        self._values: list[dict[Expr, Any]] = data
        self._expected = [engine]
        self._noise = []
        forward = set(in_order([output, *targets]))
        for k, (_, _, dtype) in enumerate(self.sets):
            values = evaluate(raws, data[k], DOUBLE)
            if k and shared:  # recorded again, what was computed twice would be computed once
                self._expected.append([values[raw] for raw in raws])
            elif k:
                self._expected.append(_engine_gradients(output, seed, targets, data[k]))
            backward = [v for e, v in values.items() if e not in forward and e.value is None]
            largest = max(map(_largest, backward), default=0.0)
            self._noise.append(rounding(backward, dtype) + 8 * read * largest)

    def __call__(self, name: str, i: int, e: Expr) -> float:
        """Return how well an expression for target ``i`` agrees on the recorded data.

        Raises:
            DerivationError: it does not agree.
        """
        differences = []
        for k, (where, allowed, _) in enumerate(self.sets):
            found = agreement(self.value(e, k), self._expected[k][i], self._noise[k])
            if found > allowed + self._doubt(k, i):
                raise self._mismatch(name, where, found)
            differences.append(0.0 if np.isnan(found) else found)
        return differences[0]

    def _doubt(self, k: int, i: int) -> float:
        """Return how far off the engine may be itself, in the precision of the recorded data.

        Where a deep network in float32 is near chaos, its own backward pass in double precision
        differs by as much.
        """
        if self.sets[k][2] == DOUBLE:
            return 0.0
        found = agreement(self.value(self.raws[i], k), self._expected[k][i], self._noise[k])
        return 0.0 if np.isnan(found) else 2 * found

    def value(self, e: Expr, k: int = 0) -> Any:
        """Return the value of an expression on one of the sets of data."""
        values = self._values[k]
        if e not in values:
            for number, value in self.numbers().items():
                values.setdefault(number, value)
            complete(values, [e], DOUBLE)
        return values[e]

    def values(self, e: Expr) -> list[Any]:
        """Return the values of an expression on all data."""
        return [np.asarray(self.value(e, k)) for k in range(len(self.sets))]

    def same(self, name: str, e: Expr, raw: Expr, gradient: Expr) -> None:
        """Compare a formula with the backward pass it came from, on all data.

        ``raw`` may be a multiple of ``gradient``, which the engine computes; rounding in that is
        multiplied too.

        Raises:
            DerivationError: they do not agree.
        """
        for k, (where, allowed, _) in enumerate(self.sets):
            size, multiple = _largest(self.value(gradient, k)), _largest(self.value(raw, k))
            noise = self._noise[k] * (multiple / size if size else 1.0)
            found = agreement(self.value(e, k), self.value(raw, k), noise)
            if found > allowed:
                raise self._mismatch(name, where, found)

    def _mismatch(self, name: str, where: str, found: float) -> errors.DerivationError:
        return errors.DerivationError(
            f"derive: the formula found for {name} differs from the engine's gradient on"
            f" {where} by {found:.1e} of its largest element; please report this"
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
