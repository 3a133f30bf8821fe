"""Histograms of activations, layer by layer, for one start of a network or for several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.arguments import number, whole
from tensorgraph.array_likes import to_plain
from tensorgraph.diagnose.array_arguments import Array, as_list, as_numbers
from tensorgraph.diagnose.layer_outputs import Limits, Values, limits_of, outputs_of
from tensorgraph.diagnose.model_calls import is_model
from tensorgraph.display.figure import axes_of_grid, colours, inches
from tensorgraph.display.tables import html_table, text_table
from tensorgraph.leads.calls import with_leads

__all__ = ["ActivationHistograms", "activation_histograms"]

WHERE = "activation_histograms"
NEAR = 0.01
"""A value is saturated if it is this near to a limit, as a part of the way between both."""
HEAD = ("layer", "mean", "std", "zero", "saturated")


@dataclass(frozen=True, eq=False)
class LayerHistogram:
    """How the numbers that one layer puts out are distributed."""

    counts: Array
    """How many lie in each bin; what is not finite lies in none."""
    edges: Array
    """The ends of the bins, one more than there are bins."""
    mean: float
    std: float
    zero: float
    """The share that is exactly 0, as a ReLU makes of what is negative."""
    saturated: float | None
    """The share within 1 % of a limit of tanh, sigmoid or softmax; None where there are none."""

    @property
    def cells(self) -> tuple[str, ...]:
        """What a table tells of it."""
        shares = ("" if share is None else _percent(share) for share in (self.zero, self.saturated))
        return (f"{self.mean:.3g}", f"{self.std:.3g}", *shares)


@dataclass(frozen=True, eq=False, repr=False)
class ActivationHistograms:
    """Distributions of what layers put out: see :func:`activation_histograms`."""

    runs: dict[str, dict[str, LayerHistogram]]
    """For each network by its name the layers by theirs; a network by itself is called ``""``."""

    def __getitem__(self, name: str) -> Any:
        """Return the layers of a network; of one by itself, a layer."""
        found = self.runs if name in self.runs else self.runs.get("", self.runs)
        if name not in found:
            raise KeyError(f"{name!r} is not there; there are {errors.listing(list(found))}")
        return found[name]

    def plot(self, axes: Any = None) -> Any:
        """Draw a row of histograms for each network, a column for each layer; return the axes.

        Args:
            axes: as many of matplotlib's axes as there are rows times columns, in any shape; by
                default those of a figure of their own.

        Raises:
            ImportError: matplotlib is not installed.
            ShapeError: another number of axes.
        """
        width = max(map(len, self.runs.values()))
        grid = axes_of_grid(WHERE, axes, len(self.runs), width, 1.9, 1.6)
        palette = colours(len(self.runs))
        for (name, layers), row, colour in zip(self.runs.items(), grid, palette, strict=True):
            for ax in row[len(layers) :]:
                ax.set_axis_off()
            for k, ((layer, found), ax) in enumerate(zip(layers.items(), row, strict=False)):
                _draw(ax, layer, found, colour)
                if k == 0 and name:
                    ax.set_ylabel(name)
        return grid

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (*((name,) if self._named else ()), layer, *found.cells)
            for name, layers in self.runs.items()
            for layer, found in layers.items()
        ]

    @property
    def _named(self) -> bool:
        return list(self.runs) != [""]

    @property
    def _head(self) -> tuple[str, ...]:
        return (*(("network",) if self._named else ()), *HEAD)

    def __str__(self) -> str:
        return text_table([self._head, *self._rows()], left=[0, 1] if self._named else [0])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(self._head, self._rows())


@with_leads
def activation_histograms(
    model: Any,
    x: Any = None,
    *,
    layers: Sequence[str] | None = None,
    bins: int = 40,
    limits: tuple[float, float] | None = None,
) -> ActivationHistograms:
    """Return how the activations of each layer are distributed, for some inputs.

    With weights of zero all of a layer's activations are alike; with small ones they shrink from
    layer to layer, with large ones tanh saturates and ReLUs explode; Xavier's and He's keep their
    spread (Deep Learning Specialization, course 2, week 1, after Glorot and Bengio 2010,
    "Understanding the difficulty of training deep feedforward neural networks", figure 6).

    Args:
        model: a module, which is called in evaluation mode and left as it is; or a dict of
            activations by name, as a network written by hand keeps in its cache; or a dict of
            several such, to be compared: ``{"zeros": …, "large": …, "He": …}``.
        x: what modules are called with; a tuple of several inputs. None for activations.
        layers: the names of those to show, in their order; by default all.
        bins: how many each histogram has.
        limits: between which numbers the activations of a network by hand lie, such as ``(-1, 1)``
            for tanh, so that saturation is measured. Of tensors that tanh, sigmoid or softmax made
            they are known.

    Returns:
        Counts, mean, deviation, the share of zeros and of saturation by layer; ``.plot(axes=…)``
        draws them, ``print`` shows a table.

    Raises:
        ArgumentError: no layers, or no such one.
        DTypeError: what is no model and no activations.

    Example:
        >>> import tensorgraph as tg
        >>> tg.random.seed(0)
        >>> X, _ = tg.data.toy.flower(200)
        >>> def network(init):
        ...     return tg.nn.Sequential(tg.nn.Linear(2, 50, init=init), tg.nn.Tanh())
        >>> inits = {"zeros": tg.nn.init.zeros, "large": tg.nn.init.normal(std=10.0)}
        >>> print(tg.diagnose.activation_histograms(
        ...     {name: network(init) for name, init in inits.items()}, X, layers=["layers.1"]))
        network  layer         mean    std   zero  saturated
        zeros    layers.1         0      0  100 %        0 %
        large    layers.1  -0.00694  0.969    0 %     87.2 %
    """
    count = whole(bins, f"{WHERE}: bins", 1)
    ends = _limits(limits)
    runs = {}
    for name, given in _runs(model).items():
        values = _values(given, x)
        chosen = _chosen(name, values, layers)
        runs[name] = {n: _histogram(v, ends or v.limits, count) for n, v in chosen.items()}
    return ActivationHistograms(runs)


def _runs(model: Any) -> dict[str, Any]:
    """Return networks by their names."""
    if not isinstance(model, Mapping):
        return {"": model}
    if not model:
        raise errors.ArgumentError(f"{WHERE}: an empty dict; there is nothing to show")
    several = [is_model(part) or isinstance(part, Mapping) for part in model.values()]
    if any(several) and not all(several):
        raise errors.DTypeError(
            f"{WHERE}: a dict of models, or one of activations is wanted, not both in one"
        )
    return {str(name): part for name, part in model.items()} if any(several) else {"": model}


def _values(given: Any, x: Any) -> dict[str, Values]:
    if is_model(given):
        if x is None:
            raise errors.ArgumentError(
                f"{WHERE}: what is the model called with? Write {WHERE}(model, x)"
            )
        return outputs_of(WHERE, given, x if isinstance(x, tuple) else (x,))
    if not isinstance(given, Mapping):
        made = f"; write {given.__name__}(…)" if isinstance(given, type) else ""
        raise errors.DTypeError(
            f"{WHERE}: a model is wanted, or a dict of activations such as {{'A1': A1, 'A2': A2}},"
            f" not {errors.describe(given)}{made}"
        )
    found = {}
    for name, value in given.items():
        array = _activations(str(name), value)
        found[str(name)] = Values([array], limits_of(value))
    return found


def _activations(name: str, value: Any) -> Array:
    """Return activations by hand; what is not finite is a result, too."""
    array = to_plain(value, f"{WHERE}: {name}")
    if array.dtype.kind == "f":
        found = array
    else:
        found = as_numbers(WHERE, name, value)
    if not found.size:
        raise errors.ArgumentError(f"{WHERE}: {name} is empty")
    return found


def _chosen(run: str, values: dict[str, Values], layers: Any) -> dict[str, Values]:
    if layers is None:
        return values
    names = [str(name) for name in as_list(WHERE, "layers", layers)]
    for name in names:
        if name not in values:
            of = f" of {run!r}" if run else ""
            raise errors.ArgumentError(
                f"{WHERE}: {name!r} is no layer{of}; there are"
                f" {errors.listing(list(values), limit=20)}"
            )
    if not names:
        raise errors.ArgumentError(f"{WHERE}: layers names none")
    return {name: values[name] for name in names}


def _limits(limits: Any) -> Limits | None:
    if limits is None:
        return None
    ends = as_list(WHERE, "limits", limits)
    if len(ends) == 2:
        low, high = (number(end, f"{WHERE}: limits") for end in ends)
        if low < high:
            return low, high
    raise errors.ArgumentError(
        f"{WHERE}: limits are two numbers that rise, such as (-1, 1) for tanh, not"
        f" {errors.describe(limits)}"
    )


TINY = 1e-300
"""Half of the least range of a histogram, so that its bins have ends apart."""


def _histogram(values: Values, limits: Limits | None, bins: int) -> LayerHistogram:
    with np.errstate(over="ignore"):
        flat = values.flat.astype(np.float64)
    finite = flat[np.isfinite(flat)]
    low, high = limits or ((finite.min(), finite.max()) if finite.size else (0.0, 1.0))
    inside = finite[(finite >= low) & (finite <= high)]
    if not high / 2 - low / 2 > 1e-12 * max(abs(low), abs(high)):  # all alike
        half = 0.5 * max(abs(low), abs(high)) if low or high else 0.5
        half, most = max(half, TINY), 0.99 * float(np.finfo(np.float64).max)
        low = min(low, max(low, half - most) - half)
        high = max(high, min(high, most - half) + half)
    share = (inside / 2 - low / 2) / (high / 2 - low / 2)  # whose range does not overflow
    places = np.clip((share * bins).astype(np.int64), 0, bins - 1)
    with np.errstate(over="ignore"):
        edges = 2 * np.linspace(low / 2, high / 2, bins + 1)
    saturated = None
    if limits is not None:
        near = NEAR * high - NEAR * low
        saturated = float(((flat <= low + near) | (flat >= high - near)).mean())
    mean, std = _moments(flat)
    return LayerHistogram(
        counts=np.bincount(places, minlength=bins),
        edges=edges,
        mean=mean,
        std=std,
        zero=float((flat == 0).mean()),
        saturated=saturated,
    )


def _moments(flat: Array) -> tuple[float, float]:
    """Return mean and standard deviation, of numbers of any size."""
    unit = float(abs(flat).max()) or 1.0
    if not np.isfinite(unit):
        with np.errstate(invalid="ignore"):  # beside these no finite number counts
            return float(flat[~np.isfinite(flat)].sum()), float("nan")
    scaled = flat / unit
    return float(scaled.mean() * unit), float(scaled.std() * unit)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _draw(ax: Any, name: str, found: LayerHistogram, colour: Any) -> None:
    total = found.counts.sum() or 1
    ax.stairs(found.counts / total, found.edges, fill=True, color=colour)
    small = inches(ax) < 1.2
    ax.set_title(name, fontsize=7 if small else 8)
    ax.set(yticks=[], ylim=(0, 1.35 * (found.counts / total).max() or 1.0))
    ax.tick_params(labelsize=6 if small else 7)
    ax.margins(x=0.02)
    ax.locator_params(axis="x", nbins=3)
    told = [
        f"{_percent(share)} {what}"
        for what, share in (("zero", found.zero), ("saturated", found.saturated))
        if share
    ]
    if told and not small:
        ax.text(
            0.97, 0.95, "\n".join(told), transform=ax.transAxes, ha="right", va="top", fontsize=6
        )
