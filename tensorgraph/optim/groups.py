"""Groups of parameters, each with settings of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tensorgraph import errors
from tensorgraph.engine.modes import number, relied
from tensorgraph.engine.tensor import Tensor
from tensorgraph.leads.attributes import missing_from_object
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.contents import walk
from tensorgraph.nn.module import LISTED, Listing, Module
from tensorgraph.nn.regularization import weights
from tensorgraph.nn.state_paths import stands_at
from tensorgraph.optim.flat_parameters import Pack
from tensorgraph.optim.recorded_steps import RecordedPack
from tensorgraph.optim.settings import checked, not_assignable, plain, rate_at, unknown
from tensorgraph.optim.working_dtype import working_dtype

Named = list[tuple[str, Tensor]]

_OWN = frozenset(["_owner", "named", "_defaults", "_differentiable", "own", "packs", "switched"])
"""The attributes of a group that are no settings."""
_NUMBERS = frozenset([float, bool])
"""What most settings are: every step asks, and a call for each takes longer."""


class Group:
    """Parameters that an optimizer treats alike.

    ``group["lr"]`` reads a setting, its own or else the optimizer's; ``group["lr"] = 0.01`` gives
    the group one of its own. As attributes, ``group.lr = 0.01``, they are the same.

    Raises:
        ArgumentError: a setting that the optimizer does not have, or a value that makes no sense.

    Example:
        >>> import tensorgraph as tg
        >>> a, b = tg.nn.Linear(2, 3), tg.nn.Linear(3, 1)
        >>> parts = [{"params": a.parameters(), "lr": 0.01}, {"params": b.parameters()}]
        >>> optimizer = tg.optim.SGD(parts, lr=0.1)
        >>> optimizer.groups[0]["lr"] = 0.02
        >>> [group["lr"] for group in optimizer.groups]
        [0.02, 0.1]
    """

    def __init__(
        self,
        owner: str,
        named: Named,
        defaults: dict[str, Any],
        own: Mapping[str, Any],
        differentiable: bool,
    ) -> None:
        self._owner, self.named, self._defaults = owner, named, defaults
        self._differentiable = differentiable
        self.own: dict[str, Any] = {}
        """The settings in which it differs from the rest."""
        for name, value in own.items():
            self[name] = value
        self.packs: list[Pack | RecordedPack] = []
        """Its parameters, as they are updated together."""
        self.switched: dict[str, Any] = {}
        """The settings that decide what its state holds, as they were when that began."""

    @property
    def params(self) -> list[Tensor]:
        """The parameters."""
        return [param for _, param in self.named]

    def __getitem__(self, name: str) -> Any:
        self._known(name)
        return self.own.get(name, self._defaults[name])

    def __setitem__(self, name: str, value: Any) -> None:
        self._known(name, value)
        self.own[name] = checked(self._owner, name, value)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            known = name in vars(self).get("_defaults", ())
            return self[name] if known else missing_from_object(self, name)

        def __setattr__(self, name: str, value: Any) -> None:
            if name in _OWN:
                object.__setattr__(self, name, value)
            elif name in self._defaults:
                self[name] = value
            else:
                raise not_assignable(
                    self._owner, name, value, self._defaults, "optimizer.groups[0]"
                )

    def _known(self, name: str, value: Any = None) -> None:
        if name not in self._defaults:
            raise unknown(self._owner, name, self._defaults, value)

    def check_eps(self) -> None:
        """Raise if ε is 0 in the dtype in which a parameter is updated.

        Raises:
            ArgumentError: it is: steps would be 0/0 where gradients are 0.
        """
        eps = abs(plain(self["eps"])) if "eps" in self._defaults else 0.0
        for name, param in self.named:
            dtype = working_dtype(param.dtype)
            if eps > 0 and dtype.type(eps) == 0:
                raise errors.ArgumentError(
                    f"{self._owner}: eps={eps!r} is 0 in {dtype}, in which {name!r} is updated, so"
                    " a gradient of 0 would make a step of 0/0; write eps=1e-8"
                )

    def settings(self, step: int) -> dict[str, Any]:
        """Return all settings after a number of steps, as numbers unless steps are recorded.

        Raises:
            ArgumentError: the learning rate is a function that returned no such thing.
        """
        settings = {**self._defaults, **self.own}
        if "lr" in settings:
            settings["lr"] = rate_at(self._owner, settings["lr"], step)
        return self._as_taken(settings)

    def constants(self) -> dict[str, Any]:
        """Return the settings that are the same in every step: all but the learning rate."""
        settings = {**self._defaults, **self.own}
        settings.pop("lr", None)
        return self._as_taken(settings)

    def _as_taken(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Return settings as the rule takes them."""
        if self._differentiable:
            return settings
        return {k: v if type(v) in _NUMBERS else plain(v) for k, v in settings.items()}

    def rate(self, step: int) -> Any:
        """Return the learning rate after a number of steps.

        Raises:
            ArgumentError: it is a function that returned no such thing.
        """
        rate = self.own.get("lr", self._defaults["lr"])
        if type(rate) is not float:
            rate = rate_at(self._owner, rate, step)
        return rate if self._differentiable else plain(rate)

    def observed_settings(self, counter: Any) -> dict[str, Any]:
        """Return all settings for the step after those that ``counter`` counts, to be observed.

        The learning rate may be what stands for it. A tensor is one input of the step like others.
        """
        settings = self.constants()
        relied(self, packs=[*self.packs], **{name: self[name] for name in settings})
        if "lr" in self._defaults:
            by_tensor = type(self["lr"]) is Tensor
            settings["lr"] = self.rate(0) if by_tensor else number("lr", counter, self.rate)
        return settings

    def ready(self) -> list[Any]:
        """Return the packs whose parameters have gradients; others are split, or left out."""
        ready = [pack for pack in self.packs if pack.has_gradients()]
        if len(ready) < len(self.packs):
            self.packs = [part for pack in self.packs for part in pack.split()]
            ready = [pack for pack in self.packs if pack.has_gradients()]
        return ready

    def __repr__(self) -> str:
        own = "".join(f"{name}={value!r}, " for name, value in self.own.items())
        size = sum(param.size for param in self.params)
        return f"{own}{len(self.named)} parameters of {size:,} numbers"


def grouped(
    params: Any, owner: str, defaults: dict[str, Any], differentiable: bool
) -> tuple[list[Group], list[Module]]:
    """Return the groups that an optimizer was given, and the models their parameters are of.

    Raises:
        ArgumentError: there are no parameters, or a parameter or name comes twice; or a setting of
            a group is unknown or makes no sense.
        DTypeError: something that is not a parameter.
        GraphError: a tensor that is not a leaf, or wants no gradient.
    """
    parts, groups = _parts(params), []
    listed = [part["params"].model for part in parts if isinstance(part["params"], Listing)]
    models = [model for model in listed if model is not None]
    several = len(set(map(id, models))) > 1  # whose paths may be the same
    named: Named = []
    for part in parts:
        given = part["params"]
        if several and isinstance(given, Listing):
            given = list(given)
        found = named_parameters(given, owner, start=len(named))
        own = {name: value for name, value in part.items() if name != "params"}
        groups.append(Group(owner, found, defaults, own, differentiable))
        named += found
    check_parameters(named, owner, differentiable)
    return groups, models


def listed_with(params: list[Tensor]) -> tuple[list[Module], list[Tensor]]:
    """Return the modules of which these parameters were listed last, and their other parameters.

    A filter or a comprehension over ``model.parameters()`` no longer knows the model. The others
    were left out on purpose.
    """
    given = set(map(id, params))
    models, others, left = [], [], set(given)
    for model in reversed(list(LISTED.values())):
        tensors = [found.value for found in walk(model) if type(found.value) is Tensor]
        if left & set(map(id, tensors)):
            left -= set(map(id, tensors))
            models.append(model)
            others += [x for x in tensors if x.requires_grad and id(x) not in given]
    return models, others


def _parts(params: Any) -> list[Mapping[str, Any]]:
    """Return groups as given; parameters that are given without groups are one."""
    if isinstance(params, (list, tuple)) and any(isinstance(part, Mapping) for part in params):
        for part in params:
            if not (isinstance(part, Mapping) and "params" in part):
                raise errors.DTypeError(
                    f'a group is a dict {{"params": …, "lr": …}}, not {errors.describe(part)}'
                )
        return list(params)
    return [{"params": params}]


def named_parameters(params: Any, owner: str, start: int = 0) -> Named:
    """Return parameters with their names: those given, or their positions from ``start`` on.

    What ``model.parameters()`` returned has the model's paths.

    Raises:
        DTypeError: something that is not a collection of parameters.
    """
    if isinstance(params, Tensor):
        raise errors.DTypeError(f"{owner} takes a list of parameters; write {owner}([w]) for one")
    if hasattr(params, "named_parameters"):
        raise errors.DTypeError(
            f"{owner} takes parameters, not a {type(params).__name__}; write"
            " model.named_parameters()"
        )
    if not isinstance(params, Iterable):
        raise errors.DTypeError(
            f"{owner} takes a list of parameters such as model.named_parameters(), not"
            f" {errors.describe(params)}"
        )
    if isinstance(params, Listing) and params.model is not None:
        paths = {id(param): path for path, param in params.model.named_parameters()}
        params = [(paths[id(p)], p) if id(p) in paths else p for p in params]
    items = params.items() if isinstance(params, Mapping) else params
    return [
        (str(item[0]), item[1]) if isinstance(item, tuple) and len(item) == 2 else (str(i), item)
        for i, item in enumerate(items, start)
    ]


def check_parameters(named: Named, owner: str, results: bool = False) -> None:
    """Raise unless these are parameters, each with a name of its own.

    Args:
        named: names and parameters.
        owner: what takes them, for messages.
        results: whether results of operations will do.

    Raises:
        ArgumentError: there are none, or a parameter or name comes twice.
        DTypeError: something that is not a parameter.
        GraphError: a tensor that is not a leaf, or wants no gradient.
    """
    if not named:
        raise errors.ArgumentError(
            f"{owner} got no parameters: a model's are the tensors with requires_grad=True in its"
            " attributes (an iterator may have been used up before)"
        )
    names: set[str] = set()
    seen: dict[int, str] = {}
    for name, param in named:
        if type(param) is not Tensor:
            kind = f"{type(param).__module__.split('.')[0]}.{type(param).__name__}"
            raise errors.DTypeError(
                f"{owner}: parameter {name!r} is a {kind.removeprefix('builtins.')}; write"
                " tg.tensor(value, requires_grad=True)"
            )
        if not (param.is_leaf or results):
            raise errors.GraphError(
                f"{owner}: parameter {name!r} is the result of an operation, only leaves can be"
                " updated; write tg.tensor(value, requires_grad=True)"
            )
        if not param.requires_grad:
            raise errors.GraphError(
                f"{owner}: parameter {name!r} wants no gradient; write requires_grad=True where it"
                " is made, or leave it out"
            )
        if id(param) in seen or name in names:
            raise errors.ArgumentError(
                f"{owner}: parameter {name!r} was given before, as {seen.get(id(param), name)!r}"
            )
        names.add(name)
        seen[id(param)] = name


def path_groups(model: Module, settings: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return groups of a model's parameters by their paths, for an optimizer.

    Args:
        model: whose parameters.
        settings: the settings by path: that of a module, ``layers.0``, for all in it; that of a
            parameter; or a pattern with ``*``, such as ``*.bias``. The first that fits a parameter
            counts; those that none fits form a last group without settings of its own.

    Raises:
        ArgumentError: a path that no parameter has.
        DTypeError: something that is not a module, or settings that are not a dict.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph import nn, optim
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
        >>> optim.SGD(optim.path_groups(model, {"layers.0": {"lr": 0.001}}), lr=0.1)
        SGD(lr=0.1, momentum=0.0, nesterov=False, weight_decay=0.0, l2=0.0)
          groups[0]  lr=0.001, 2 parameters of 9 numbers
          groups[1]  2 parameters of 4 numbers
    """
    if not isinstance(model, Module):
        raise errors.DTypeError(f"path_groups takes a module, not a {type(model).__name__}")
    left = model.named_parameters()
    groups: list[dict[str, Any]] = []
    for path, own in settings.items():
        if not isinstance(own, Mapping):
            raise errors.DTypeError(
                f'path_groups: the settings of {path!r} are a dict such as {{"lr": 0.01}}, not'
                f" {errors.describe(own)}"
            )
        found = [(name, param) for name, param in left if stands_at(name, path)]
        if not found:
            raise errors.ArgumentError(
                f"path_groups: no parameter is at {path!r}, or an earlier path has it already; the"
                f" parameters are {errors.listing([name for name, _ in model.named_parameters()])}"
            )
        groups.append({"params": Listing(found, model), **own})
        left = Listing([(name, param) for name, param in left if not stands_at(name, path)], model)
    return [*groups, {"params": left}] if left else groups


@with_leads
def decay_groups(model: Module, weight_decay: float) -> list[dict[str, Any]]:
    """Return two groups of a model's parameters: the weights, which decay, and all others.

    Biases, and the scales and shifts of normalisation layers, do not decay; :func:`nn.weights`
    says what counts as a weight.

    Args:
        model: whose parameters.
        weight_decay: λ for the weights.

    Raises:
        DTypeError: something that is not a module.

    Example:
        >>> import tensorgraph as tg
        >>> from tensorgraph import nn, optim
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
        >>> optim.AdamW(optim.decay_groups(model, weight_decay=0.1), lr=0.01)
        AdamW(lr=0.01, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.01, amsgrad=False, l2=0.0)
          groups[0]  weight_decay=0.1, 2 parameters of 9 numbers
          groups[1]  weight_decay=0.0, 2 parameters of 4 numbers
    """
    decaying = dict(weights(model))
    rest = [pair for pair in model.named_parameters() if pair[0] not in decaying]
    return [
        {"params": Listing(decaying.items(), model), "weight_decay": weight_decay},
        {"params": Listing(rest, model), "weight_decay": 0.0},
    ]
