"""Selection of a model by one metric to optimise, within limits on others."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from tensorgraph import errors
from tensorgraph.arguments import number, real
from tensorgraph.diagnose.metric import METRICS
from tensorgraph.display.tables import html_table, text_table

__all__ = ["Criterion", "Selection", "select"]

Metrics = Mapping[str, float]
Limits = Mapping[str, tuple[str, float]]

_HOLDS = {"<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt}
_LESS = "loss error errors cost mse rmse mae perplexity brier ece latency time seconds ms bytes"
_MORE = "auc fbeta iou dice bleu likelihood"
_USUAL = dict.fromkeys(_LESS.split(), "min") | dict.fromkeys(_MORE.split(), "max")
"""What is best of quantities that are no metrics of this package, by words in their names."""
_NO_LIMITS: Limits = MappingProxyType({})


@dataclass(frozen=True)
class Cut:
    """A limit that a model does not keep."""

    metric: str
    value: float
    relation: str
    limit: float

    @property
    def excess(self) -> float:
        """How far the value lies beyond the limit, in units of the limit if that is not 0."""
        return abs(self.value - self.limit) / (abs(self.limit) or 1.0)

    def __str__(self) -> str:
        return f"{self.metric} = {self.value:g} is not {self.relation} {self.limit:g}"


@dataclass(frozen=True)
class Criterion:
    """What makes one model better than another: one metric to optimise, limits on others.

    A model within all limits is better than one that is not. Of two within them, the one whose
    optimised metric is better; of two beyond, the one that is less far beyond, where distances are
    counted in units of the limit and added up. A tie is no improvement: the model that was there
    first stays.

    Args:
        optimize: a metric such as ``"accuracy"`` or ``"dev_loss"``, whose name says whether more or
            less of it is better; or ``("max", name)`` or ``("min", name)``.
        satisfy: limits such as ``{"latency_ms": ("<=", 100)}``, with ``<=``, ``<``, ``>=`` or
            ``>``.

    Raises:
        ArgumentError: a name that does not say which direction is better; an unknown relation; a
            limit that is not finite.
        DTypeError: anything of another form.

    Example:
        >>> import tensorgraph as tg
        >>> criterion = tg.diagnose.Criterion("dev_loss", {"megabytes": ("<", 10)})
        >>> best = None
        >>> for epoch, loss in enumerate([0.9, 0.5, 0.6]):
        ...     now = {"dev_loss": loss, "megabytes": 3}
        ...     if criterion.better(now, best):
        ...         best = {**now, "epoch": epoch}
        >>> best["epoch"]
        1
    """

    optimize: str | tuple[str, str]
    satisfy: Limits = field(default_factory=dict)

    def __post_init__(self) -> None:
        _ = self._aim
        if not isinstance(self.satisfy, Mapping):
            raise errors.DTypeError(
                "select: satisfy must be a dict such as {'latency_ms': ('<=', 100)}, not"
                f" {errors.describe(self.satisfy)}"
            )
        for metric, limit in self.satisfy.items():
            _check_limit(metric, limit)

    @cached_property
    def _aim(self) -> tuple[str, str]:
        """Whether the least or the most is best, and of which metric."""
        wanted = self.optimize
        if isinstance(wanted, str):
            return _direction(wanted), wanted
        if not (isinstance(wanted, (tuple, list)) and len(wanted) == 2):
            raise errors.DTypeError(
                f"select: optimize must be a metric, or ('min', metric), not {wanted!r}"
            )
        direction, metric = wanted
        words = isinstance(direction, str) and isinstance(metric, str)
        if not words or direction not in ("min", "max"):
            raise errors.ArgumentError(
                f"select: optimize must be ('min', metric) or ('max', metric), not {wanted!r}"
            )
        return direction, metric

    @property
    def direction(self) -> str:
        """Whether less or more of it is better: ``"min"`` or ``"max"``."""
        return self._aim[0]

    @property
    def metric(self) -> str:
        """The metric that is optimised."""
        return self._aim[1]

    def cuts(self, model: Metrics, who: str = "the model") -> tuple[Cut, ...]:
        """Return the limits that a model does not keep.

        Raises:
            ArgumentError: a metric is missing or NaN.
        """
        found = []
        for metric, (relation, limit) in self.satisfy.items():
            value = _value(model, metric, who)
            if not _HOLDS[relation](value, limit):
                found.append(Cut(metric, value, relation, float(limit)))
        return tuple(found)

    def better(self, candidate: Metrics, incumbent: Metrics | None) -> bool:
        """Return whether a model is better than the best so far; ``None`` is no model yet.

        Raises:
            ArgumentError: a metric is missing or NaN.

        Example:
            >>> import tensorgraph as tg
            >>> better = tg.diagnose.Criterion("accuracy").better
            >>> better({"accuracy": 0.9}, {"accuracy": 0.9})
            False
        """
        place = self.key(candidate, "the candidate")
        return incumbent is None or place < self.key(incumbent, "the incumbent")

    def key(self, model: Metrics, who: str = "the model") -> tuple[bool, float, float]:
        """Return what models are sorted by, the best first."""
        value = _value(model, self.metric, who)
        cuts = self.cuts(model, who)
        excess = math.fsum(cut.excess for cut in cuts)
        return bool(cuts), excess, value if self.direction == "min" else -value


@dataclass(frozen=True)
class Selection:
    """What :func:`select` chose."""

    winner: Any
    """The name of the best model within all limits; ``None`` if there is none."""
    feasible: tuple[Any, ...]
    """The models within all limits, the best first."""
    cut: Mapping[Any, tuple[Cut, ...]]
    """The other models, the closest first, and which limits each does not keep."""
    criterion: Criterion
    """What was asked for."""
    models: Mapping[Any, Metrics]
    """The models by name."""

    @property
    def closest(self) -> Any:
        """Of the models beyond the limits, the one that is least far beyond."""
        return next(iter(self.cut), None)

    @property
    def verdict(self) -> str:
        """One sentence: which model to take."""
        metric = self.criterion.metric
        if self.winner is not None:
            return (
                f"{self.winner} wins: {metric} = {self.models[self.winner][metric]:g}, the best of"
                f" {len(self.feasible)} within the limits ({len(self.cut)} cut)"
            )
        reasons = "; ".join(map(str, self.cut[self.closest]))
        return f"no model keeps all limits; {self.closest} is closest: {reasons}"

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        metrics = list(dict.fromkeys([self.criterion.metric, *self.criterion.satisfy]))
        rows = [
            [
                str(name),
                *(f"{self.models[name][metric]:g}" for metric in metrics),
                "; ".join(map(str, self.cut.get(name, ()))) or "ok",
            ]
            for name in (*self.feasible, *self.cut)
        ]
        return ["model", *metrics, "limits"], rows

    def __str__(self) -> str:
        head, rows = self._cells()
        shown = text_table([head, *rows], left=[0, len(head) - 1])
        return f"{shown}\n{self.verdict}"

    def _repr_html_(self) -> str:
        return html_table(*self._cells())


def select(
    models: Mapping[Any, Metrics] | Sequence[Metrics],
    *,
    optimize: str | tuple[str, str],
    satisfy: Limits = _NO_LIMITS,
) -> Selection:
    """Choose the model that is best by one metric, of those that are good enough by the others.

    One metric is optimised; each other only has to satisfy its limit (Deep Learning Specialization,
    course 3, week 1, "Satisficing and optimizing metric"). Of equals, the first is chosen. Without
    a model within all limits there is no winner, and :attr:`Selection.closest` says which is least
    far beyond.

    Args:
        models: the metrics of each model by its name; or a list of them, whose names are 0, 1, …
        optimize: a metric such as ``"accuracy"`` or ``"dev_loss"``, whose name says whether more or
            less of it is better; or ``("max", name)`` or ``("min", name)``.
        satisfy: limits such as ``{"latency_ms": ("<=", 100)}``, with ``<=``, ``<``, ``>=`` or
            ``>``.

    Raises:
        ArgumentError: no models; a metric that is missing or NaN; what :class:`Criterion` raises.
        DTypeError: models that are no metrics by name.

    Example:
        >>> import tensorgraph as tg
        >>> models = {
        ...     "A": {"accuracy": 0.90, "latency_ms": 80},
        ...     "B": {"accuracy": 0.92, "latency_ms": 95},
        ...     "C": {"accuracy": 0.95, "latency_ms": 1500},
        ... }
        >>> print(tg.diagnose.select(
        ...     models, optimize="accuracy", satisfy={"latency_ms": ("<=", 100)}
        ... ))
        model  accuracy  latency_ms  limits
        B          0.92          95  ok
        A           0.9          80  ok
        C          0.95        1500  latency_ms = 1500 is not <= 100
        B wins: accuracy = 0.92, the best of 2 within the limits (1 cut)
    """
    criterion = Criterion(optimize, satisfy)
    named = _named(models)
    keys = {name: criterion.key(model, f"model {name!r}") for name, model in named.items()}
    order = sorted(named, key=keys.__getitem__)
    feasible = tuple(name for name in order if not keys[name][0])
    cut = {name: criterion.cuts(named[name]) for name in order if keys[name][0]}
    return Selection(feasible[0] if feasible else None, feasible, cut, criterion, named)


def _named(models: Any) -> dict[Any, Metrics]:
    if isinstance(models, Mapping):
        named = dict(models)
    elif isinstance(models, Sequence) and not isinstance(models, (str, bytes)):
        named = dict(enumerate(models))
    else:
        lines = {"to_dicts": "to_dicts()", "to_dict": "to_dict('records')"}  # polars, pandas
        calls = [f"; write df.{call}" for name, call in lines.items() if hasattr(models, name)]
        raise errors.DTypeError(
            "select: models must be a dict of metrics by name, or a list of them, not"
            f" {errors.describe(models)}{calls[0] if calls else ''}"
        )
    if not named:
        raise errors.ArgumentError("select: there are no models to choose from")
    for name, model in named.items():
        if not isinstance(model, Mapping):
            raise errors.DTypeError(
                f"select: the metrics of model {name!r} must be a dict such as {{'accuracy': 0.9}},"
                f" not {errors.describe(model)}"
            )
    return named


def _direction(metric: str) -> str:
    """Return whether the least or the most of a metric is best, by its name.

    Raises:
        ArgumentError: the name does not say.
    """
    words = f"_{re.sub(r'[^a-z0-9]+', '_', metric.lower())}_"
    known = _USUAL | {name: declared.direction for name, declared in METRICS.items()}
    directions = {known[name] for name in known if f"_{name}_" in words}
    if len(directions) != 1:
        raise errors.ArgumentError(
            f"select: the name {metric!r} does not say whether more or less of it is better; write"
            f" optimize=('max', {metric!r}) or ('min', {metric!r})"
        )
    return directions.pop()


def _check_limit(metric: str, limit: Any) -> None:
    if not (isinstance(limit, (tuple, list)) and len(limit) == 2):
        raise errors.DTypeError(
            f"select: the limit of {metric!r} must be a pair such as ('<=', 100), not {limit!r}"
        )
    if limit[0] not in _HOLDS:
        raise errors.ArgumentError(
            f"select: the limit of {metric!r} begins with {limit[0]!r}; write one of"
            f" {', '.join(_HOLDS)}"
        )
    number(limit[1], f"select: the limit of {metric!r}")


def _value(model: Metrics, metric: str, who: str) -> float:
    """Return a metric of a model, which may be infinite but not NaN."""
    if metric not in model:
        raise errors.ArgumentError(
            f"select: {who} has no metric {metric!r}, only {errors.listing(list(model))}"
        )
    value = model[metric]
    found = real(value)
    if found is None:
        raise errors.DTypeError(
            f"select: {metric} of {who} must be a number, not {errors.describe(value)}"
        )
    if math.isnan(found):
        raise errors.ArgumentError(
            f"select: {metric} of {who} is NaN, which is neither better nor worse; leave the model"
            " out, or measure it again"
        )
    return found
