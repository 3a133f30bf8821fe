"""``losses``: the losses of ``tg.nn.losses``, each with a prediction and a target that fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from tensorgraph.arguments import one_of, whole
from tensorgraph.engine.arrays import Array
from tensorgraph.nn import losses as every_loss
from tensorgraph.testing.strategies.literals import literal, made, settings_of

Drawn = tuple[Array, Array, dict[str, Any]]
"""A prediction, a target, and what else a loss is told."""


class LossCall(NamedTuple):
    """A loss with its settings, and a prediction and a target to call it with."""

    loss: Callable[[Any, Any], Any]
    prediction: Array
    target: Array

    def __repr__(self) -> str:
        loss: Any = self.loss
        called = f"tg.nn.losses.{loss.func.__name__}"
        arguments = f"{literal(self.prediction)}, {literal(self.target)}"
        return f"{called}({arguments}{settings_of(loss.keywords)})"


class _Draw(NamedTuple):
    """Numbers to draw by, and how large things are."""

    rng: np.random.Generator
    rows: int
    classes: int
    missing: tuple[bool, ...]
    """Which labels are missing, again from the start after the last."""
    option: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.rows, self.classes

    def normal(self) -> Array:
        return np.asarray(np.round(self.rng.standard_normal(self.shape), 2))

    def binary(self) -> Array:
        return self.rng.integers(0, 2, self.shape).astype(float)

    def simplex(self) -> Array:
        weights = self.rng.integers(1, 6, (self.rows, self.classes + 1))
        return np.asarray(weights / weights.sum(axis=-1, keepdims=True))

    def absent(self, count: int) -> Array:
        return np.resize(np.array(self.missing, bool), count)


# ------------------------------------------------------------------- what each loss is called with


def _numbers(draw: _Draw) -> Drawn:
    return draw.normal(), draw.normal(), {}


def _huber(draw: _Draw) -> Drawn:
    return draw.normal(), draw.normal(), {"delta": 0.5} if draw.option % 2 else {}


def _probabilities(draw: _Draw) -> Drawn:
    return np.round(draw.rng.uniform(0.05, 0.95, draw.shape), 2), draw.binary(), {}


def _signs(draw: _Draw) -> Drawn:
    return draw.normal(), 2 * draw.binary() - 1, {}


def _labels(draw: _Draw) -> Drawn:
    target = draw.binary()
    target.flat[draw.absent(target.size)] = np.nan
    return draw.normal(), target, {}


def _classes(draw: _Draw) -> Drawn:
    """Classes: two or more of them, of which some may be marked as missing."""
    scores = np.round(draw.rng.standard_normal((draw.rows, draw.classes + 1)), 2)
    target = draw.rng.integers(0, draw.classes + 1, draw.rows)
    settings: dict[str, Any] = {}
    if (absent := draw.absent(draw.rows)).any():
        target[absent] = settings["ignore_index"] = MISSING
    if draw.option % 3 == 2:
        settings["weight"] = np.linspace(0.5, 2.0, draw.classes + 1).round(2)
    return scores, target, settings


def _cross_entropy(draw: _Draw) -> Drawn:
    if draw.option == 4:
        return (
            np.round(draw.rng.standard_normal((draw.rows, draw.classes + 1)), 2),
            draw.simplex(),
            {},
        )
    scores, target, settings = _classes(draw)
    return scores, target, settings | ({"label_smoothing": 0.1} if draw.option == 3 else {})


def _log_probabilities(draw: _Draw) -> Drawn:
    scores, target, settings = _classes(draw)
    return scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True)), target, settings


def _distributions(draw: _Draw) -> Drawn:
    return np.log(draw.simplex()), draw.simplex(), {}


def _weighed(draw: _Draw) -> Drawn:
    settings = {"pos_weight": 2.5} if draw.option % 2 else {}
    return draw.normal(), draw.binary(), settings


def _focal_of_two(draw: _Draw) -> Drawn:
    return draw.normal(), draw.binary(), {"alpha": 0.25} if draw.option % 2 else {}


def _focal(draw: _Draw) -> Drawn:
    scores, target, settings = _classes(draw)
    return scores, target, settings | ({"gamma": 1.0} if draw.option == 3 else {})


def _margins(draw: _Draw) -> Drawn:
    scores, target, settings = _classes(draw)
    return scores, target, settings | ({"squared": True} if draw.option == 3 else {})


def _quantile(draw: _Draw) -> Drawn:
    return draw.normal(), draw.normal(), {"q": 0.9} if draw.option % 2 else {}


def _gaussian(draw: _Draw) -> Drawn:
    return draw.normal(), draw.normal(), {"variance": 0.5} if draw.option % 2 else {}


def _counts(draw: _Draw) -> Drawn:
    return draw.normal(), draw.rng.integers(0, 4, draw.shape).astype(float), {}


def _pairs(draw: _Draw) -> Drawn:
    return draw.normal(), draw.normal(), {"target": 2 * draw.binary() - 1}


def _triples(draw: _Draw) -> Drawn:
    return draw.normal(), draw.normal(), {"negative": draw.normal()}


def _cosines(draw: _Draw) -> Drawn:
    return draw.normal(), draw.normal(), {"target": 2 * draw.binary()[:, 0] - 1}


def _sequences(draw: _Draw) -> Drawn:
    """Two steps, of which the labels, one or none of each, take no more."""
    scores = np.round(draw.rng.standard_normal((draw.rows, 2, draw.classes + 1)), 2)
    logs = scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
    return logs, draw.rng.integers(1, draw.classes + 1, (draw.rows, draw.option % 2)), {}


MISSING = -1
"""The class of examples that have no label."""
LOSSES: dict[str, Callable[[_Draw], Drawn]] = {
    "mse": _numbers,
    "l1": _numbers,
    "huber": _huber,
    "cross_entropy": _cross_entropy,
    "nll": _log_probabilities,
    "binary_cross_entropy_with_logits": _weighed,
    "binary_cross_entropy": _probabilities,
    "multi_label": _labels,
    "hinge": _signs,
    "kl_divergence": _distributions,
    "binary_focal": _focal_of_two,
    "focal": _focal,
    "multi_margin": _margins,
    "quantile": _quantile,
    "gaussian_nll": _gaussian,
    "poisson_nll": _counts,
    "dice": _probabilities,
    "margin_ranking": _pairs,
    "triplet_margin": _triples,
    "cosine_embedding": _cosines,
    "info_nce": _numbers,
    "nt_xent": _numbers,
    "ctc": _sequences,
}
"""Every loss, simple ones first; the last axis holds the classes."""


def losses(
    names: Sequence[str] | str = tuple(LOSSES),
    *,
    reductions: Sequence[str] = ("mean", "sum", "none"),
    missing: bool = True,
    max_rows: int = 3,
    max_classes: int = 3,
    dtype: str = "float64",
) -> st.SearchStrategy[LossCall]:
    """Return a strategy for losses with their settings, each with a prediction and a target.

    What is drawn is taken apart: ``loss, prediction, target = call``, and ``loss(prediction,
    target)`` is the cost; its settings (class weights, smoothing, the reduction) are bound. It
    prints as that call.

    Args:
        names: of losses of ``tg.nn.losses``.
        reductions: to choose from.
        missing: whether labels may be missing, for losses that know it: NaN for ``multi_label``,
            and an ``ignore_index`` for ``cross_entropy`` and ``nll``.
        max_rows: how many examples at most.
        max_classes: how many numbers an example has at most; classes are one more.
        dtype: of predictions.

    Raises:
        ArgumentError: an unknown loss, reduction or dtype.

    Example:
        >>> from hypothesis import given
        >>> import tensorgraph as tg
        >>> @given(tg.testing.strategies.losses(["cross_entropy", "mse"]))
        ... def test_losses(call):
        ...     loss, prediction, target = call
        ...     tg.testing.gradcheck(lambda z: loss(z, target), prediction)
        >>> test_losses()
    """
    chosen = [names] if isinstance(names, str) else list(names)
    for name in chosen or [""]:
        one_of(name, "strategies.losses: a loss", LOSSES)
    for reduction in reductions or [""]:
        one_of(reduction, "strategies.losses: a reduction", ("mean", "sum", "none"))
    one_of(dtype, "strategies.losses: dtype", ("float64", "float32"))
    return made(
        _call,
        st.sampled_from(chosen),
        st.integers(1, whole(max_rows, "strategies.losses: max_rows", 1)),
        st.integers(1, whole(max_classes, "strategies.losses: max_classes", 1)),
        st.sampled_from(list(reductions)),
        st.lists(st.booleans() if missing else st.just(False), min_size=1, max_size=3),
        st.integers(0, 4),
        st.integers(0, 2**32 - 1),
        dtype=dtype,
    )


def _call(
    name: str,
    rows: int,
    classes: int,
    reduction: str,
    missing: Sequence[bool],
    option: int,
    seed: int,
    *,
    dtype: str,
) -> LossCall:
    draw = _Draw(np.random.default_rng(seed), rows, classes, tuple(missing), option)
    prediction, target, settings = LOSSES[name](draw)
    if reduction != "mean":
        settings["reduction"] = reduction
    loss = partial(getattr(every_loss, name), **settings)
    return LossCall(loss, prediction.astype(dtype), target)
