"""Arrays of other libraries, brought to a model by names, shapes and rules."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph import errors
from tensorgraph.arguments import one_of
from tensorgraph.engine.arrays import placed, to_host
from tensorgraph.engine.modes import user_level
from tensorgraph.engine.state_dict import converted
from tensorgraph.engine.tensor import array_of, rebind
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.loading.flax_gates import joined_gates
from tensorgraph.nn.loading.foreign_names import Places, Targets, places_of, simplified
from tensorgraph.nn.loading.layouts import LAYOUTS, Kept
from tensorgraph.nn.loading.report import LoadReport

if TYPE_CHECKING:
    from tensorgraph.nn.module import Module


@dataclass
class _Offer:
    """An array, and what it may be in a model."""

    name: str
    shape: tuple[int, ...]
    targets: Targets
    """The tensors for which it is, if it fits."""
    fits: list[tuple[Kept, list[tuple[str, NDArray[Any]]]]]
    """The ways in which it fits, with the values that tensors would get, by their paths."""
    misfit: str
    """What is wrong if it fits in no way."""


@with_leads
def load_foreign(
    model: Module,
    arrays: Mapping[str, Any],
    rename: Callable[[str], str | None] | None = None,
    *,
    layout: str | None = None,
    partial: bool = False,
) -> LoadReport:
    """Load the weights of another library, turned where they are kept in another way; tell how.

    What is taken, by name:

    - tensors by the names of ``state_dict()``, or PyTorch's, as ``load_state_dict`` takes them;
    - of Keras and Flax ``kernel``, of shape (in, out) or (*places, in, out), which becomes
      ``weight``; ``gamma``, ``scale`` and ``beta``, ``moving_mean``, ``mean``,
      ``moving_variance`` and ``var`` of norms; ``embeddings``; ``recurrent_kernel``; the three
      axes of an attention's kernels; Flax' gates, one by one or in ``dense_i`` and ``dense_h``; the
      two directions that Keras and Flax have as ``forward_…`` and ``backward_…``. Layers are
      found by the same path, with dots, slashes or nested dicts, ``params`` and ``:0`` set aside,
      ``layers_0`` like ``layers.0``.
    - a matrix called ``weight`` with (in, out), as GPT-2's files have them, where its shape tells
      so. A square one does not: it is PyTorch's, by its name, unless others in the file are not;
      then ``layout`` has to say it.

    Keras and Flax have images with the channels last. A ``Linear`` after ``Flatten`` therefore
    expects its inputs in another order; put ``lambda x: tg.permute_dims(x, axes=(0, 2, 3, 1))``
    before the ``Flatten``.

    Args:
        model: what is changed.
        arrays: by name, from ``tg.train.load``, or a nested dict.
        rename: returns the name in this model for a name there, or ``None`` to leave it out.
        layout: ``"torch"``, ``"keras"`` or ``"flax"``: how arrays are kept whose shape fits in
            several ways.
        partial: whether to load what fits where not all does; else nothing is changed then.

    Raises:
        StateError: not all fits, and ``partial`` is not set; or nothing does; or an array fits in
            several ways.
        ArgumentError: another ``layout``, or ``rename`` returns one name for two.
        DTypeError: something that is not a module, or no dict of arrays.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> from tensorgraph import nn
        >>> class Net(nn.Module):
        ...     def __init__(self):
        ...         self.dense = nn.Linear(2, 3)
        ...         self.norm = nn.BatchNorm(3)
        >>> keras = {"dense/kernel": np.ones((2, 3)), "dense/bias": np.zeros(3)}
        >>> keras |= {"norm/gamma": np.ones(3), "norm/beta": np.zeros(3)}
        >>> keras |= {"norm/moving_mean": np.zeros(3), "norm/moving_variance": np.ones(3)}
        >>> nn.load_foreign(Net(), keras)
        loaded 6 of 6: dense.weight, dense.bias, norm.weight, norm.bias, norm.running_mean, ...
        dense.weight from dense/kernel: (in, out) → (out, in)
    """
    if not hasattr(model, "torch_name"):
        raise errors.DTypeError(f"load_foreign takes a module, not {errors.describe(model)}")
    if not isinstance(arrays, Mapping):
        raise errors.DTypeError(
            f"load_foreign takes arrays by name, not {errors.describe(arrays)}; write"
            " {v.path: v for v in model.weights} in Keras, model.state_dict() in PyTorch"
        )
    if layout is not None:
        one_of(layout, "load_foreign: layout", LAYOUTS)
    own, places = dict(model._tensors()), places_of(model)
    given = joined_gates(_renamed(_flat(arrays), rename), places)
    offers, unexpected, ignored = _offered(given, places)
    values, sources, done = _values(_chosen([offer for offer in offers if offer.fits], layout))
    misfits: dict[str, str] = {}
    for offer in offers:
        if not offer.fits:
            rest = [path for path, _ in offer.targets if path not in values]
            misfits |= dict.fromkeys(rest, offer.misfit)
            unexpected += [offer.name] * (not rest)  # another array took its place
    missing = [path for path in own if path not in values and path not in misfits]
    loaded = [path for path in own if path in values]
    report = LoadReport(loaded, missing, unexpected, misfits, sources, done, ignored)
    if not (report.whole or (partial and (values or not own))):
        raise errors.StateError(
            f"load_foreign: the arrays do not fit {type(model).__name__}, nothing was loaded"
            f"\n  {_problems(report, places)}"
        )
    for path, value in values.items():
        rebind(own[path], placed(value, own[path]._data))
    _warn_of_flattened(model, done)
    return report


def _flat(arrays: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what is in nested dicts, with the keys on the way."""
    for key, value in arrays.items():
        name = f"{above}/{key}" if above else str(key)
        if isinstance(value, Mapping):
            yield from _flat(value, name)
        elif isinstance(value, (list, tuple)) and any(hasattr(x, "shape") for x in value):
            yield from _flat(dict(enumerate(value)), name)
        else:
            yield name, value


def _renamed(
    arrays: Iterator[tuple[str, Any]], rename: Callable[[str], str | None] | None
) -> dict[str, tuple[str, Any]]:
    """Return for each name the one to look for, and the array.

    Raises:
        ArgumentError: two are to be one.
    """
    found: dict[str, tuple[str, Any]] = {}
    looked_for: dict[str, str] = {}
    for name, value in arrays:
        given = rename(name) if rename else name
        if given is None:
            continue
        wanted = simplified(given)
        if wanted in looked_for:
            raise errors.ArgumentError(
                f"load_foreign: {looked_for[wanted]!r} and {name!r} are both {wanted!r} in the"
                " model; rename one of them, or leave it out: rename=lambda name: None if …"
            )
        looked_for[wanted] = name
        found[name] = wanted, value
    return found


def _offered(
    arrays: Mapping[str, tuple[str, Any]], places: Places
) -> tuple[list[_Offer], list[str], list[str]]:
    """Return what arrays may be, and the names of those that are nothing here, or mean nothing."""
    offers: list[_Offer] = []
    unexpected: list[str] = []
    ignored: list[str] = []
    for name, (wanted, value) in arrays.items():
        if wanted in places.nothing:
            ignored.append(name)
        elif wanted in places:
            offers.append(_offer(name, value, wanted, places))
        else:
            unexpected.append(name)
    return offers, unexpected, ignored


def _offer(name: str, value: Any, wanted: str, places: Places) -> _Offer:
    """Return the ways in which an array fits where its name leads."""
    all_targets = places.targets(wanted)
    try:
        array: NDArray[Any] = to_host(array_of(value))
    except (ValueError, TypeError) as error:
        return _Offer(name, (), all_targets, [], f"not an array: {name} ({error})")
    fits, misfit = [], _wrong_shape(name, array, all_targets)
    for layer, kept, targets in places[wanted]:
        parts = kept.turn(layer, array)
        if parts is None or [np.shape(part) for part in parts] != [t.shape for _, t in targets]:
            continue
        try:
            values = [converted(part, t, name) for part, (_, t) in zip(parts, targets, strict=True)]
        except errors.StateError as error:
            misfit = str(error)
        else:
            fits.append((kept, [(path, v) for v, (path, _) in zip(values, targets, strict=True)]))
    return _Offer(name, array.shape, all_targets, fits, misfit)


def _wrong_shape(name: str, array: NDArray[Any], targets: Targets) -> str:
    own = " and ".join(f"{path} {tensor.shape}" for path, tensor in targets)
    return f"wrong shape: {name} has {array.shape}, for {own}"


def _chosen(offers: list[_Offer], layout: str | None) -> list[_Offer]:
    """Leave of each array the one way that is meant.

    Raises:
        StateError: that cannot be told.
    """
    # What fits in one way only tells of which library the file is.
    possible = set(LAYOUTS)
    for offer in offers:
        if len(offer.fits) == 1:
            possible &= offer.fits[0][0].layouts
    for offer in offers:
        if len(offer.fits) > 1:
            offer.fits = [_one_way(offer, layout, possible)]
    return offers


def _one_way(offer: _Offer, layout: str | None, possible: set[str]) -> Any:
    as_named = [fit for fit in offer.fits if not fit[0].how]
    if layout is not None:
        meant = [fit for fit in offer.fits if layout in fit[0].layouts]
    elif as_named:  # its name is PyTorch's
        meant = as_named if as_named[0][0].layouts & possible else []
    else:
        meant = [fit for fit in offer.fits if fit[0].layouts & possible]
    if len(meant) == 1:
        return meant[0]
    ways = dict.fromkeys(min(kept.layouts, key=LAYOUTS.index) for kept, _ in offer.fits)
    raise errors.StateError(
        f"load_foreign: {offer.name} of shape {offer.shape} fits in several ways, and other"
        " names in the file do not tell which; write"
        f" {' or '.join(f'layout={name!r}' for name in ways)}"
    )


def _values(
    offers: list[_Offer],
) -> tuple[dict[str, NDArray[Any]], dict[str, str], dict[str, str]]:
    """Return the value of each tensor by its path, the names of others, and what was done.

    Raises:
        StateError: two arrays are for one tensor and differ.
    """
    values: dict[str, NDArray[Any]] = {}
    names: dict[str, str] = {}
    done: dict[str, str] = {}
    for offer in offers:
        ((kept, parts),) = offer.fits
        for path, value in parts:
            if path in values and not np.array_equal(values[path], value, equal_nan=True):
                raise errors.StateError(
                    f"load_foreign: {names[path]} and {offer.name} are both for {path}, and differ;"
                    " leave one of them out: rename=lambda name: None if"
                    f" name == {offer.name!r} else name"
                )
            values.setdefault(path, value)
            names.setdefault(path, offer.name)
            if kept.how:
                done.setdefault(path, kept.how)
    return values, {path: name for path, name in names.items() if name != path}, done


def _problems(report: LoadReport, places: Places) -> str:
    lines = []
    if report.missing:
        lines.append(f"missing: {errors.listing(report.missing)}")
    if report.unexpected:
        lines.append(f"unexpected: {errors.listing(report.unexpected)}")
    lines += dict.fromkeys(report.misfits.values())
    if report.missing and report.unexpected:
        lines.append(
            f"  to say what is what, write rename=lambda name: {_new_name(report, places)}"
        )
    lines.append("  to load what fits and leave the rest, write partial=True")
    return "\n  ".join(lines)


def _new_name(report: LoadReport, places: Places) -> str:
    """Return what makes of the names in a file those in the model, as far as one can tell."""
    for name in report.unexpected:
        for end in re.finditer(r"[./]", name):
            if simplified(name[end.end() :]) in places:
                return f"name.removeprefix({name[: end.end()]!r})"
        if start := places.start_of(name):
            return f"{start!r} + name"
    return f"name.replace({report.unexpected[0]!r}, {report.missing[0]!r})"


_IMAGES = re.compile(r"\(\*places")


def _warn_of_flattened(model: Module, done: Mapping[str, str]) -> None:
    """Warn where inputs of a Linear come in another order than where its weights were trained."""
    if not any(_IMAGES.match(how) for how in done.values()):
        return
    for path, module in model.named_modules():
        layers = getattr(module, "layers", None)
        for before, layer in zip(layers or (), (layers or ())[1:], strict=False):
            if type(layer).__name__ == "Flatten" and hasattr(before, "torch_name"):
                at = f"{path}.layers" if path else "layers"
                warnings.warn(
                    f"load_foreign: weights that were trained with the channels last meet a Flatten"
                    f" of channels first in {at}: the Linear after it gets its inputs in another"
                    " order; put lambda x: tg.permute_dims(x, axes=(0, 2, 3, 1)) before the"
                    " Flatten",
                    errors.UsageWarning,
                    stacklevel=user_level(),
                )
                return
