"""Transfer learning: what was learned from one task is where another one starts.

It pays where both tasks have the same kind of input, there is a lot more data for the first than
for the second, and what the first layers found is of use for both (Deep Learning Specialization,
course 3, week 2).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from tensorgraph import errors
from tensorgraph.arguments import whole
from tensorgraph.engine.arrays import placed
from tensorgraph.engine.state_dict import converted, fitting
from tensorgraph.engine.tensor import rebind
from tensorgraph.nn.containers import Sequential
from tensorgraph.nn.loading.matching_state import in_own_names
from tensorgraph.nn.loading.report import LoadReport
from tensorgraph.nn.module import Module

# ----------------------------------------------------------------------------------------- the head


def replace_head(model: Module, new_layer: Module, path: str | None = None) -> Module:
    """Put a new layer in the place of the last one, for the classes of a new task.

    In a :class:`Sequential` that is the last layer that has parameters; an activation after it
    stays. Give ``path`` for other modules, or for another layer. The model itself is changed.

    Args:
        model: what was trained for another task.
        new_layer: what takes as many features as the layer before it.
        path: where the layer is, ``head`` or ``layers.4``.

    Returns:
        The layer that was there.

    Raises:
        ArgumentError: there is no module at ``path``, or no ``path`` where it takes one.
        DTypeError: something that is not a module.
        ShapeError: the new layer takes another number of features.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph import nn
        >>> model = nn.Sequential(nn.Linear(64, 30), nn.ReLU(), nn.Linear(30, 10))
        >>> nn.replace_head(model, nn.Linear(30, 5))
        Linear(30 → 10, init=he_normal)
        >>> model(tg.ones((1, 64))).shape
        (1, 5)
    """
    for what in (model, new_layer):
        if not isinstance(what, Module):
            raise errors.DTypeError(f"replace_head takes modules, not {errors.describe(what)}")
    path = _head_of(model) if path is None else path
    modules = dict(model.named_modules())
    if not path or path not in modules:
        raise errors.ArgumentError(
            f"replace_head: no module is at {path!r}; there are"
            f" {errors.listing([name for name in modules if name])}"
        )
    old = modules[path]
    _check_features(path, old, new_layer)
    container, key = _slot(model, path)
    if isinstance(container, tuple):
        raise errors.ArgumentError(
            f"replace_head: {path!r} is in a tuple, which cannot be changed; keep layers in a list"
        )
    container[key] = new_layer
    new_layer.train(model.training or model.frozen)
    return old


def _head_of(model: Module) -> str:
    """Return the path of the last layer that has parameters, frozen ones too.

    Raises:
        ArgumentError: nobody can tell which that is.
    """
    if not isinstance(model, Sequential):
        within = [name for name, module in model.named_modules() if name and module.state_dict()]
        raise errors.ArgumentError(
            f"replace_head: which layer of a {type(model).__name__} is the last? Write"
            f" replace_head(model, new_layer, {(within or ['head'])[-1]!r})"
        )
    layers = enumerate(model.layers)
    found = [i for i, layer in layers if isinstance(layer, Module) and layer.state_dict()]
    if not found:
        raise errors.ArgumentError("replace_head: no layer of the model has parameters")
    return f"layers.{found[-1]}"


def _check_features(path: str, old: Module, new: Module) -> None:
    """Raise unless both take as many features, or channels, as far as they say.

    Raises:
        ShapeError: they do not.
    """
    for name in ("in_features", "in_channels"):
        takes, would_take = _first(old, name), _first(new, name)
        if None not in (takes, would_take) and takes != would_take:
            raise errors.ShapeError(
                f"replace_head: the layer at {path!r}, {type(old).__name__}({old.extra_repr()}),"
                f" has {name}={takes}, the new {type(new).__name__}({new.extra_repr()}) has"
                f" {name}={would_take}; write nn.{type(new).__name__}({takes}, …)"
            )


def _first(module: Module, name: str) -> Any:
    """Return an attribute of a module, or else of the first one in it that has it."""
    return next((getattr(m, name) for m in module.modules() if hasattr(m, name)), None)


def _slot(model: Module, path: str) -> tuple[Any, Any]:
    """Return the container that holds what is at a path, and its key there."""
    container: Any = None
    key: Any = None
    holder: Any = model
    for step in path.split("."):
        if isinstance(holder, Module) and step in vars(holder):
            container, key = vars(holder), step
        elif isinstance(holder, dict):
            container, key = holder, next(k for k in holder if str(k) == step)
        else:
            container, key = holder, int(step)
        holder = container[key]
    return container, key


# -------------------------------------------------------------------------------------- the weights


def load_matching(
    model: Module, state: Mapping[str, Any], rename: Callable[[str], str] | None = None
) -> LoadReport:
    """Load what of a state has the name and shape of a tensor of the model; tell what and what not.

    So the trunk of one model goes into another that has a new head. The names may be PyTorch's. To
    load a whole state, and be told if it does not fit, call ``model.load_state_dict(state)``; for
    weights of other libraries see :func:`load_foreign`.

    Args:
        model: what is changed.
        state: arrays by name, from ``state_dict()`` or ``tg.train.load(path)["model"]``.
        rename: returns the name in this model for a name in the state, such as
            ``lambda name: name.removeprefix("backbone.")``.

    Raises:
        ArgumentError: ``rename`` returns one name for two.
        DTypeError: something that is not a module.
        StateError: nothing at all fits.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph import nn
        >>> digits = nn.Sequential(nn.Linear(64, 30), nn.ReLU(), nn.Linear(30, 10))
        >>> letters = nn.Sequential(nn.Linear(64, 30), nn.ReLU(), nn.Linear(30, 26))
        >>> nn.load_matching(letters, digits.state_dict())
        loaded 2 of 4: layers.0.weight, layers.0.bias
        wrong shape: layers.2.weight is (26, 30), the state has (10, 30), left as it was
        wrong shape: layers.2.bias is (26,), the state has (10,), left as it was
    """
    if not isinstance(model, Module):
        raise errors.DTypeError(f"load_matching takes a module, not {errors.describe(model)}")
    own = dict(model._tensors())
    state = in_own_names(model, _renamed(state, rename) if rename else state)
    values: dict[str, NDArray[Any]] = {}
    misfits: dict[str, str] = {}
    for path, tensor in own.items():
        if path in state:
            try:
                values[path] = converted(state[path], tensor, path)
            except errors.StateError as error:
                misfits[path] = str(error)
    if not values:
        fitting(own, state, type(model).__name__)  # tells all that does not fit
    for path, value in values.items():
        rebind(own[path], placed(value, own[path]._data))
    missing = [path for path in own if path not in state]
    return LoadReport(list(values), missing, [name for name in state if name not in own], misfits)


def _renamed(state: Mapping[str, Any], rename: Callable[[str], str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in state.items():
        new = rename(name)
        if new in found:
            raise errors.ArgumentError(f"load_matching: rename returns {new!r} for two names")
        found[new] = value
    return found


# --------------------------------------------------------------------------------------- how much


@dataclass(frozen=True)
class TransferAdvice:
    """How much of a model to train again, and why.

    Example:
        >>> import tensorgraph as tg
        >>> print(tg.nn.transfer_advice(200_000, pretrained_on=1_000_000))
        all layers: there is data enough to fine-tune every layer from where it is, with a ...
    """

    retrain: str
    """``"head"``, ``"last layers"``, ``"all layers"``, or ``"from scratch"``."""
    reason: str

    def __str__(self) -> str:
        return f"{self.retrain}: {self.reason}"

    __repr__ = __str__


_ADVICE = [
    (1, "from scratch", "there is as much data for the new task as there was for the first one, so"
     " each of its examples is worth more than one of those"),
    (0.1, "all layers", "there is data enough to fine-tune every layer from where it is, with a"
     " smaller learning rate"),
    (0.001, "last layers", "the data carry more than a new head, but not every layer: freeze the"
     " first ones, which find what both tasks need"),
    (0, "head", "the data are few, more parameters than those of a new head would overfit: freeze"
     " all others"),
]  # fmt: skip


def transfer_advice(examples: int, pretrained_on: int) -> TransferAdvice:
    """Return how much of a pretrained model to train again, as a rule of thumb from the data sizes.

    The direction is that of the Deep Learning Specialization, course 3, week 2: with few examples
    train the last layer only, with more of them the last few, with many all of them; and transfer
    makes sense from a task with a lot of data to one with little, such as from 1,000,000 images to
    100 X-ray scans, not the other way. It names no boundaries. Those here, a tenth and a
    thousandth of the first task's data, are orders of magnitude and no result: let the dev set
    decide between neighbours.

    Args:
        examples: how many labelled examples the new task has.
        pretrained_on: how many the first task had.

    Raises:
        ArgumentError: a number below 1.
        DTypeError: a number that is not an integer.

    Example:
        >>> import tensorgraph as tg
        >>> tg.nn.transfer_advice(100, pretrained_on=1_000_000).retrain
        'head'
        >>> tg.nn.transfer_advice(100, pretrained_on=100).retrain
        'from scratch'
    """
    new = whole(examples, "transfer_advice: examples", 1)
    old = whole(pretrained_on, "transfer_advice: pretrained_on", 1)
    return next(TransferAdvice(what, why) for share, what, why in _ADVICE if new >= share * old)
