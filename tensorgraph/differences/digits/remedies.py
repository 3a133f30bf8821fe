"""Remedies that gain digits at these inputs: each is tried before it is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorgraph.differences.digits.losses import Comparison, Loss
from tensorgraph.differences.digits.patterns import Pattern, patterns
from tensorgraph.differences.digits.rounded import error_of, is_float, rounded, unit
from tensorgraph.engine.autodiff import differentiate
from tensorgraph.engine.modes import mode
from tensorgraph.engine.tensor import Tensor, wrap

_GAIN = 10.0
"""How many times smaller an error has to be."""
_ENOUGH = 100.0
"""Units of rounding: a remedy loses no more than two digits."""


_SAME = 1e-3
"""How far it may be from what was written in double precision, which may lose digits there, too."""


class Remedies:
    """The remedies for what a computation loses."""

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self._patterns = sorted(patterns(comparison.tape), key=lambda p: -len(p.inside))
        self._tried: dict[int, bool] = {}

    def of(self, loss: Loss) -> str:
        """Return what to write instead, and where that ends; empty where nothing is known."""
        for n, pattern in enumerate(self._patterns):
            if loss.k in pattern.inside:
                if n not in self._tried:
                    self._tried[n] = self._gains(pattern)
                if self._tried[n]:
                    return f"{pattern.seen}: write {pattern.write}"
        return ""

    def _gains(self, pattern: Pattern) -> bool:
        """Return whether it is the same function, and better in narrow precision."""
        double, entry = self._comparison.double, self._comparison.tape.entries[pattern.root]
        right, dtype = double.values[pattern.root]._data, entry.out.dtype
        sources = [(double.array(source), source.array) for source in pattern.inputs]
        try:
            wide = _computed(pattern, [x for x, _ in sources], right)
            narrow = _computed(pattern, [rounded(x, like) for x, like in sources], right)
        except Exception:  # operands that the remedy is not made for
            return False
        if not np.all(np.isfinite(wide[0])) or narrow[0].shape != np.shape(right):
            return False
        if not _is_same(wide[0], np.asarray(right)):
            return False
        value = error_of(narrow[0], wide[0], dtype), error_of(entry.out, wide[0], dtype)
        slopes = [
            (error_of(a, b, dtype), self._slope_error(pattern, source, b))
            for a, b, source in zip(narrow[1], wide[1], pattern.inputs, strict=True)
            if is_float(b)
        ]
        all_good = all(
            np.isfinite(new) and (new <= _ENOUGH * unit(dtype) or new * _GAIN <= old)
            for new, old in (value, *slopes)
        )
        return all_good and any(new * _GAIN <= old for new, old in (value, *slopes) if old)

    def _slope_error(self, pattern: Pattern, source: Any, right: Any) -> float:
        """Return how wrong the gradient of an input is by what was written, where it is seen."""
        narrow = self._comparison.wrong_by(pattern.inside, source)
        return narrow if narrow is not None else 0.0


def _is_same(remedy: Any, written: Any) -> bool:
    """Return whether two results in double precision are those of one function."""
    known = np.isfinite(written)
    if not known.any():
        return False
    remedy, written = remedy[known], written[known]
    margin = _SAME * (np.abs(written) + _SAME * np.max(np.abs(written)))
    return bool(np.all(np.abs(remedy - written) <= margin))


def _computed(
    pattern: Pattern, operands: Sequence[Any], seed: Any
) -> tuple[np.ndarray[Any, Any], list[Any]]:
    """Return a remedy's value, and its gradients by what it is computed from."""
    leaves = [wrap(np.asarray(x), None, True) if is_float(x) else x for x in operands]
    with mode(recording=True, observer=None):
        out = pattern.compute(*leaves)
    wanted = [leaf for leaf in leaves if type(leaf) is Tensor]
    seeds = [np.ones(out.shape, out.dtype)]
    found = iter(differentiate([out], seeds, wanted, create_graph=False, retain=False))
    gradients = [next(found)._data if type(leaf) is Tensor else None for leaf in leaves]
    return np.asarray(out._data), gradients
