"""The package's losses as their sources write them, in plain NumPy, and what they claim besides."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product
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


def _multi_label(z: Array, y: Array, mask: Any = None, pos_weight: Any = 1.0) -> Parts:
    there = ~np.isnan(y) if mask is None else ~np.isnan(y) & np.asarray(mask)
    known = np.where(there, y, 0)
    return np.where(there, _weighed(z, known, pos_weight), 0), there.astype(float)


def _certain(z: Array, y: Array, **settings: Any) -> Array | None:
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


# ------------------------------------------------------------------------- counted by how they are


def _weighed(z: Array, y: Array, pos_weight: Any = 1.0) -> Array:
    a = _sigmoid(z)
    return np.asarray(-(np.asarray(pos_weight) * y * np.log(a) + (1 - y) * np.log(1 - a)))


def _binary_focal(z: Array, y: Array, gamma: float = 2.0, alpha: float | None = None) -> Array:
    a, (yes, no) = _sigmoid(z), (1.0, 1.0) if alpha is None else (alpha, 1 - alpha)
    sure = yes * y * (1 - a) ** gamma * np.log(a) + no * (1 - y) * a**gamma * np.log(1 - a)
    return np.asarray(-sure)


def _focal(
    z: Array,
    y: Array,
    axis: int = -1,
    gamma: float = 2.0,
    weight: Any = None,
    ignore_index: int | None = None,
) -> Parts:
    found, counted = _cross_entropy(z, y, axis, None, 0.0, ignore_index)
    w = np.ones(z.shape[axis]) if weight is None else np.asarray(weight, float)
    kept = np.asarray(counted) > 0
    each = np.where(kept, w[np.where(kept, y, 0)], 0)
    return each * (1 - np.exp(-found)) ** gamma * found, each


def _multi_margin(
    s: Array,
    y: Array,
    axis: int = -1,
    margin: float = 1.0,
    squared: bool = False,
    weight: Any = None,
    ignore_index: int | None = None,
) -> Parts:
    s = np.moveaxis(s, axis, -1)
    classes = s.shape[-1]
    w = np.ones(classes) if weight is None else np.asarray(weight, float)
    found, counted = np.zeros(y.shape), np.zeros(y.shape)
    for i in np.ndindex(y.shape):
        if y[i] != ignore_index:
            others = [k for k in range(classes) if k != y[i]]
            terms = np.maximum(0, margin - s[i][y[i]] + s[i][others]) ** (1 + squared)
            found[i], counted[i] = w[y[i]] * terms.sum() / classes, w[y[i]]
    return found, counted


# ------------------------------------------------------------------------------ other distributions


def _gaussian(p: Array, y: Array, variance: Any = 1.0, eps: float = 1e-6) -> Array:
    spread = np.maximum(variance, eps)
    return np.asarray((np.log(spread) + (p - y) ** 2 / spread) / 2)


def _quantile(p: Array, y: Array, q: float = 0.5) -> Array:
    return np.asarray(np.maximum(q * (y - p), (q - 1) * (y - p)))


def _negative(y: Array) -> Iterable[Array]:
    wrong = np.array(y, float)
    wrong.reshape(-1)[0] = -1.0
    yield wrong


def _dice(a: Array, y: Array, axis: Any = None, smooth: float = 1.0) -> Array:
    places = tuple(range(1, a.ndim)) if axis is None else axis
    both, each = (a * y).sum(places), a.sum(places) + y.sum(places)
    return np.asarray(1 - (2 * both + smooth) / (each + smooth))


# --------------------------------------------------------------------------------------- of vectors


def _length(x: Array, ord: float = 2.0) -> Array:
    return np.asarray(np.linalg.norm(x, ord, axis=-1))


def _triplet(
    a: Array,
    p: Array,
    negative: Any,
    margin: float = 1.0,
    ord: float = 2.0,
    swap: bool = False,
    eps: float = 1e-6,
) -> Array:
    n = np.asarray(negative)
    far = _length(a - n + eps, ord)
    if swap:
        far = np.minimum(far, _length(p - n + eps, ord))
    return np.asarray(np.maximum(0, _length(a - p + eps, ord) - far + margin))


def _cosines(x: Array, y: Array) -> Array:
    unit = [v / np.maximum(_length(v), 1e-8)[..., None] for v in (x, y)]
    return np.asarray(unit[0] @ np.swapaxes(unit[1], -1, -2))


def _cosine_embedding(x: Array, y: Array, target: Any, margin: float = 0.0) -> Array:
    cosine = np.array([_cosines(a[None], b[None])[0, 0] for a, b in zip(x, y, strict=True)])
    return np.where(np.asarray(target) == 1, 1 - cosine, np.maximum(0, cosine - margin))


def _ranking(s: Array, t: Array, target: Any, margin: float = 0.0) -> Array:
    return np.asarray(np.maximum(0, margin - np.asarray(target) * (s - t)))


def _info_nce(x: Array, y: Array, temperature: float = 0.1) -> Array:
    s = np.exp(_cosines(x, y) / temperature)
    return np.asarray(-np.log(np.diagonal(s) / s.sum(1)))


def _nt_xent(x: Array, y: Array, temperature: float = 0.5) -> Array:
    both, m = np.concatenate([x, y]), len(x)
    s = np.exp(_cosines(both, both) / temperature) * (1 - np.eye(2 * m))
    partner = np.roll(np.arange(2 * m), m)
    losses = -np.log(s[np.arange(2 * m), partner] / s.sum(1))
    return np.asarray((losses[:m] + losses[m:]) / 2)


# ------------------------------------------------------------------------------------ of sequences


def _ctc(
    log_a: Array,
    y: Array,
    lengths: Any = None,
    target_lengths: Any = None,
    blank: int = 0,
    zero_infinity: bool = False,
) -> Array:
    """Return the losses by all paths one after the other: of short sequences and few classes."""
    found = []
    for i, steps in enumerate(log_a):
        steps = steps if lengths is None else steps[: lengths[i]]
        label = y[i] if target_lengths is None else y[i][: target_lengths[i]]
        total = 0.0
        for path in product(range(steps.shape[1]), repeat=len(steps)):
            kept = [k for t, k in enumerate(path) if t == 0 or k != path[t - 1]]
            if [k for k in kept if k != blank] == list(label):
                total += np.exp(sum(steps[t, k] for t, k in enumerate(path)))
        found.append(-np.log(total) if total else 0.0 if zero_infinity else np.inf)
    return np.array(found)


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
        _alone(_weighed),
        lambda z, y, pos_weight=1.0: _certain(z, y),
        refused=_not_binary,
    ),
    losses.multi_label: Textbook(_multi_label, _certain),
    losses.cross_entropy: Textbook(_cross_entropy, _decided, of_logits=True),
    losses.nll: Textbook(_likelihood, _decided),
    losses.kl_divergence: Textbook(_kl_divergence, _log_of_target, refused=_not_binary),
    losses.binary_focal: Textbook(_alone(_binary_focal), _certain, refused=_not_binary),
    losses.focal: Textbook(_focal, _decided, of_logits=True),
    losses.multi_margin: Textbook(_multi_margin, _decided),
    losses.quantile: Textbook(_alone(_quantile), lambda p, y, q=0.5: y * 1.0),
    losses.gaussian_nll: Textbook(_alone(_gaussian)),
    losses.poisson_nll: Textbook(_alone(lambda z, y: np.exp(z) - y * z), refused=_negative),
    losses.dice: Textbook(_alone(_dice), refused=_not_binary),
    losses.margin_ranking: Textbook(_alone(_ranking)),
    losses.triplet_margin: Textbook(_alone(_triplet)),
    losses.cosine_embedding: Textbook(_alone(_cosine_embedding)),
    losses.info_nce: Textbook(_alone(_info_nce)),
    losses.nt_xent: Textbook(_alone(_nt_xent)),
    losses.ctc: Textbook(_alone(_ctc)),
}
"""What is known of the package's losses; a test holds it to name them all."""
