"""The package's losses as their sources write them, in plain NumPy, and what they claim besides."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.nn import losses
from tensorgraph.testing.losses.loss_calls import LossCall

Parts = tuple[Array, Array | None]
"""The losses, each with its weight in it, and the weights that a mean divides by (None: all 1)."""


@dataclass(frozen=True)
class Textbook:
    """What a loss is, apart from its code."""

    equation: Callable[..., Parts]
    """Of predictions, targets and settings."""
    perfect: Callable[..., Array | None] = lambda p, y, **settings: None
    """The predictions that cost nothing, ``None`` if there are none."""
    of_logits: bool = False
    """Whether the gradient sums to 0 along the classes."""
    refused: Callable[[Array], Iterable[Array]] = lambda y: ()
    """Targets that make no sense, made of such that do."""

    def naive(self, call: LossCall) -> Callable[[Array, Array], Array]:
        """Return the cost that the equation gives, with the reduction asked for or the mean."""
        reduction = call.settings.get("reduction", "mean")
        settings = {k: v for k, v in call.settings.items() if k != "reduction"}

        def computed(predictions: Array, targets: Array) -> Array:
            values, weights = self.equation(predictions, targets, **settings)
            if reduction == "none":
                return np.asarray(values)
            total = values.sum()
            if reduction == "sum":
                return np.asarray(total)
            divisor = values.size if weights is None else weights.sum()
            return np.asarray(total / divisor if divisor else total)

        return computed


# ------------------------------------------------------------------------------ element by element


def _alone(equation: Callable[..., Array]) -> Callable[..., Parts]:
    return lambda p, y, **settings: (equation(p, y, **settings), None)


def _huber(p: Array, y: Array, delta: float = 1.0) -> Array:
    e = np.abs(p - y)
    return np.asarray(np.where(e <= delta, e**2 / 2, delta * (e - delta / 2)))


def _binary(a: Array, y: Array) -> Array:
    return np.asarray(-(y * np.log(a) + (1 - y) * np.log(1 - a)))


def _sigmoid(z: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-z)))


def _multi_label(z: Array, y: Array, mask: Any = None) -> Parts:
    there = ~np.isnan(y) if mask is None else ~np.isnan(y) & np.asarray(mask)
    known = np.where(there, y, 0)
    return np.where(there, _binary(_sigmoid(z), known), 0), there.astype(float)


def _certain(z: Array, y: Array, mask: Any = None) -> Array | None:
    """Return logits that leave no doubt of labels 0 and 1."""
    known = np.where(np.isnan(y), 0, y)
    return (2 * known - 1) * 1000.0 if np.isin(known, (0, 1)).all() else None


def _not_binary(y: Array) -> Iterable[Array]:
    for bad in (2.0, -1.0):
        wrong = np.array(y, float)
        wrong.reshape(-1)[0] = bad
        yield wrong


def _not_signs(y: Array) -> Iterable[Array]:
    wrong = np.array(y, float)
    wrong.reshape(-1)[0] = 0.0
    yield wrong


# ------------------------------------------------------------------------------------ of classes


def _cross_entropy(
    z: Array,
    y: Array,
    axis: int = -1,
    weight: Any = None,
    label_smoothing: float = 0.0,
    ignore_index: int | None = None,
) -> Parts:
    a = np.exp(z) / np.exp(z).sum(axis, keepdims=True)
    return _likelihood(np.log(a), y, axis, weight, ignore_index, label_smoothing)


def _likelihood(
    log_a: Array,
    y: Array,
    axis: int = -1,
    weight: Any = None,
    ignore_index: int | None = None,
    smoothing: float = 0.0,
) -> Parts:
    """Return −Σ w y log a, one example after the other."""
    log_a = np.moveaxis(log_a, axis, -1)
    classes = log_a.shape[-1]
    w = np.ones(classes) if weight is None else np.asarray(weight, float)
    hot = y.ndim == log_a.ndim
    y = np.moveaxis(y, axis, -1) if hot else y
    found, counted = np.zeros(log_a.shape[:-1]), np.zeros(log_a.shape[:-1])
    for i in np.ndindex(found.shape):
        if not hot and y[i] == ignore_index:
            continue
        target = y[i] if hot else np.eye(classes)[y[i]]
        smoothed = (1 - smoothing) * target + smoothing / classes
        found[i] = -sum(w[k] * smoothed[k] * log_a[i][k] for k in range(classes))
        counted[i] = sum(w * target)
    return found, counted


def _decided(
    z: Array, y: Array, axis: int = -1, label_smoothing: float = 0.0, **settings: Any
) -> Array | None:
    """Return logits, or log-probabilities, that leave no doubt of the classes."""
    if label_smoothing:
        return None
    if y.ndim == z.ndim:
        hot = y
    else:
        ignored = settings.get("ignore_index")
        labels = np.where(y == ignored, 0, y) if ignored is not None else y
        hot = np.moveaxis(np.eye(z.shape[axis])[labels], -1, axis)
    return (hot - 1) * 1000.0 if np.isin(hot, (0, 1)).all() else None


def _kl_divergence(log_q: Array, p: Array, axis: int = -1) -> Parts:
    terms = np.where(p == 0, 0, p * (np.log(np.where(p == 0, 1, p)) - log_q))
    return terms.sum(axis), None


def _log_of_target(log_q: Array, p: Array, axis: int = -1) -> Array:
    return np.log(np.maximum(p, 1e-300))


TEXTBOOK: dict[Any, Textbook] = {
    losses.mse: Textbook(_alone(lambda p, y: (p - y) ** 2), lambda p, y: y * 1.0),
    losses.l1: Textbook(_alone(lambda p, y: abs(p - y)), lambda p, y: y * 1.0),
    losses.huber: Textbook(_alone(_huber), lambda p, y, delta=1.0: y * 1.0),
    losses.hinge: Textbook(
        _alone(lambda s, y: np.maximum(0, 1 - y * s)),
        lambda s, y: 2.0 * y,
        refused=_not_signs,
    ),
    losses.binary_cross_entropy: Textbook(
        _alone(_binary),
        lambda a, y: y * 1.0 if np.isin(y, (0, 1)).all() else None,
        refused=_not_binary,
    ),
    losses.binary_cross_entropy_with_logits: Textbook(
        _alone(lambda z, y: _binary(_sigmoid(z), y)), _certain, refused=_not_binary
    ),
    losses.multi_label: Textbook(_multi_label, _certain),
    losses.cross_entropy: Textbook(_cross_entropy, _decided, of_logits=True),
    losses.nll: Textbook(_likelihood, _decided),
    losses.kl_divergence: Textbook(_kl_divergence, _log_of_target, refused=_not_binary),
}
"""What is known of the package's losses; a test holds it to name them all."""
