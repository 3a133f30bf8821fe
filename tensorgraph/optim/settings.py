"""The settings of optimizers: which a rule has, what each may be, in which form the rule gets it.

A setting is named once, as a parameter of the rule's ``update``, with its default there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from inspect import Parameter, Signature, getattr_static, signature
from typing import Any

from tensorgraph.arguments import boolean, number, within
from tensorgraph.engine.arrays import holds, host_values
from tensorgraph.engine.tensor import Tensor
from tensorgraph.errors import ArgumentError, ArgumentTypeError, describe, listing
from tensorgraph.leads.calls import keyword_here, keyword_lead
from tensorgraph.leads.table import keyword_leads, names

Number = float | Tensor
"""A setting: a number, or a tensor to differentiate by."""

Rate = Number | Callable[[int], float]
"""A learning rate: a number, a tensor to differentiate by, or a function of the steps taken."""

WHOLE = ("maximize", "differentiable")
"""What every optimizer is asked when it is made, for all groups."""

# ------------------------------------------------------------------------------ which a rule has


@cache
def settings_of(rule: type) -> tuple[Parameter, ...] | None:
    """Return the settings of a rule: what its ``update`` takes after ``t``.

    ``**settings`` stands for those of the class that the rule is derived from; None for any. A
    default that an ``update`` does not repeat is that of the class it is derived from.
    """
    found: list[Parameter] | None = None
    for kind in rule.__mro__:
        if "update" not in vars(kind):
            continue
        static = isinstance(vars(kind)["update"], staticmethod)
        taken = list(signature(kind.update).parameters.values())  # type: ignore[attr-defined]
        if found is not None:
            found = _with_defaults(found, {p.name: p.default for p in taken})
        elif not any(p.kind is Parameter.VAR_KEYWORD for p in taken):
            found = [p.replace(annotation=Parameter.empty) for p in taken[5 - static :]]
    return None if found is None else tuple(found)


def _with_defaults(settings: list[Parameter], defaults: dict[str, Any]) -> list[Parameter]:
    """Return settings with more defaults, from the last on: none may follow that lacks one."""
    result = list(settings)
    for k in reversed(range(len(result))):
        if result[k].default is Parameter.empty:
            default = defaults.get(result[k].name, Parameter.empty)
            if default is Parameter.empty:
                break
            result[k] = result[k].replace(default=default)
    return result


@cache
def switches_of(rule: type) -> tuple[str, ...]:
    """Return the settings that switch parts of the state on: what ``start`` takes after ``param``.

    Example:
        >>> import tensorgraph as tg
        >>> switches_of(tg.optim.SGD), switches_of(tg.optim.Lion)
        (('momentum',), ())
    """
    static = isinstance(getattr_static(rule, "start"), staticmethod)
    taken = signature(rule.start).parameters  # type: ignore[attr-defined]
    return tuple(taken)[2 - static :]


def constructor(rule: type) -> Signature:
    """Return how an optimizer is made: of parameters, and the settings of its rule."""
    settings = settings_of(rule)
    if settings is None:
        settings = (Parameter("settings", Parameter.VAR_KEYWORD),)
    rest = [p for p in settings if p.kind is Parameter.VAR_KEYWORD]
    return Signature(
        [
            Parameter("params", Parameter.POSITIONAL_OR_KEYWORD),
            *settings[: len(settings) - len(rest)],
            *(Parameter(name, Parameter.KEYWORD_ONLY, default=False) for name in WHOLE),
            *rest,
        ]
    )


class Constructor:
    """Tells how an optimizer is made wherever signatures are shown, such as ``help``."""

    def __get__(self, instance: Any, rule: type) -> Signature:
        own = signature(rule.__init__)  # type: ignore[misc]
        if any(p.kind is Parameter.VAR_POSITIONAL for p in own.parameters.values()):
            return constructor(rule)
        return Signature(list(own.parameters.values())[1:])


def bound(rule: type, values: Sequence[Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return the settings by name, those that were not given with their defaults.

    Raises:
        ArgumentTypeError: one is unknown, missing, or given twice.
    """
    owner, taken = rule.__name__, settings_of(rule)
    if taken is None and not values:
        return given
    known = Signature(taken or [])
    names = list(known.parameters)
    for name in given:
        if name not in names:
            raise unknown(owner, name, names, given[name])
    try:
        found = known.bind(*values, **given)
    except TypeError:
        seen = [*names[: len(values)], *map(repr, values[len(names) :]), *given]
        lacking = [
            name
            for name, parameter in known.parameters.items()
            if parameter.default is Parameter.empty and name not in seen
        ]
        if lacking:
            problem = f"needs {listing(lacking)}, the constructor gave {listing(seen) or 'none'}"
        else:
            problem = (
                f"takes {listing(names) or 'no settings'}, the constructor gave {listing(seen)}"
            )
        raise ArgumentTypeError(f"{owner} {problem}; write {owner}{constructor(rule)}") from None
    found.apply_defaults()
    return found.arguments


def unknown(owner: str, name: str, known: Iterable[str], value: Any) -> ArgumentTypeError:
    """Return the error for a setting that an optimizer does not have."""
    known = list(known)
    return _unknown(owner, name, known, keyword_lead([owner, "Optimizer"], name, value, known))


def _unknown(owner: str, name: str, known: list[str], lead: str | None) -> ArgumentTypeError:
    told = f"; {lead}" if lead else ""
    return ArgumentTypeError(
        f"{owner} has no setting {name!r}; it has {listing(known) or 'none'}{told}"
    )


def seems_a_setting(owner: str, name: str, value: Any, known: Iterable[str]) -> bool:
    """Return whether a name is that of a setting of an optimizer, here or elsewhere."""
    rows = {
        lead.name for lead in (*names(), *keyword_leads()) if lead.place in (owner, "Optimizer")
    }
    return name in CHECKS or name in rows or _lead(owner, name, value, list(known)) is not None


def not_assignable(
    owner: str, name: str, value: Any, known: Iterable[str], variable: str = "optimizer"
) -> ArgumentTypeError:
    """Return the error for a setting, given as an attribute, that an optimizer does not have."""
    known = list(known)
    return _unknown(owner, name, known, _lead(owner, name, value, known, variable))


def _lead(
    owner: str, name: str, value: Any, known: list[str], variable: str = "optimizer"
) -> str | None:
    """Return what to write instead of giving an optimizer an attribute, if that is known."""
    places = [owner, "Optimizer"]
    keyword = keyword_here(places, name, known)
    if keyword:
        return f"write {variable}.{keyword} = {value!r}"
    rows = (lead.told for lead in names() if (lead.place, lead.name) == ("Optimizer", name))
    return next(rows, None) or keyword_lead(places, name, value, known)


# ---------------------------------------------------------------------------- what each may be


def checked(owner: str, name: str, value: Any) -> Any:
    """Return a setting in the form in which a rule gets it.

    Numbers become Python's: NumPy's would turn float32 parameters into float64. A tensor stays.

    Args:
        owner: the class of the optimizer, for messages.
        name: the name of the setting; those not listed in ``CHECKS`` are taken as they are.
        value: what was given.

    Raises:
        ArgumentError: a value that makes no sense.
    """
    if isinstance(value, type):
        raise ArgumentTypeError(f"{owner}: {name} is {describe(value)}; write {value.__name__}(…)")
    return CHECKS[name](value, f"{owner}: {name}") if name in CHECKS else value


def rate_at(owner: str, rate: Rate, step: int) -> Any:
    """Return the learning rate after a number of steps.

    Raises:
        ArgumentError: the function that gives it returned something that makes no sense.
    """
    return _rate(rate(step), f"{owner}: lr({step}) returned") if callable(rate) else rate


def plain(value: Any) -> Any:
    """Return the value of a setting, where it is a tensor: a rule that is not recorded takes that.

    Example:
        >>> import tensorgraph as tg
        >>> plain(tg.tensor(0.5)), plain((0.9, tg.tensor(0.25)))
        (0.5, (0.9, 0.25))
    """
    if type(value) is tuple:
        return tuple(map(plain, value))
    return value.item() if type(value) is Tensor else value


def _in(value: Any, what: str, **limits: float) -> Any:
    """Return a number of an interval; a tensor that holds one stays."""
    if type(value) is not Tensor or value.shape != ():
        return number(value, what, **limits)
    known = host_values(value.data)
    if known.shape == ():
        number(known.real, what, **limits)  # complex where a complex step checks derivatives
    else:
        holds(within(value.data, **limits))
    return value


_share = partial(_in, least=0, below=1)
_not_negative = partial(_in, least=0)


def _shares(value: Any, what: str) -> tuple[Any, ...]:
    if not (isinstance(value, (tuple, list)) and len(value) == 2):
        raise ArgumentTypeError(f"{what} are two numbers such as (0.9, 0.999), not {value!r}")
    return tuple(_share(beta, f"{what}[{i}]") for i, beta in enumerate(value))


def _bounds(value: Any, what: str) -> tuple[Any, ...]:
    if not (isinstance(value, (tuple, list)) and len(value) == 2):
        raise ArgumentTypeError(f"{what} are two numbers such as (0.5, 1.2), not {value!r}")
    least, most = (_in(end, f"{what}[{i}]", above=0) for i, end in enumerate(value))
    if not plain(least) <= plain(most):
        raise ArgumentError(f"{what} are two numbers that increase, not {value!r}")
    return least, most


def _learning_rate(value: Any, what: str) -> Any:
    return value if callable(value) else _rate(value, f"{what} is")


def _rate(value: Any, seen: str) -> Any:
    try:
        return _not_negative(value, "lr")
    except ArgumentError:
        raise ArgumentError(
            f"{seen} {value!r}; it must be a number that is finite and not negative, or a function"
            " of the step that returns one"
        ) from None


CHECKS: dict[str, Callable[[Any, str], Any]] = {
    "lr": _learning_rate,
    "beta": _share,
    "betas": _shares,
    "eps": _not_negative,
    "weight_decay": _not_negative,
    "l2": _not_negative,
    "momentum": _share,
    "nesterov": boolean,
    "amsgrad": boolean,
    "centered": boolean,
    "bias_correction": boolean,
    "factors": _bounds,
    "limits": _bounds,
    "trust": _not_negative,
    "decay": _not_negative,
    "least_scale": _not_negative,
    "clip": partial(_in, above=0),
}
"""Raises for a value that makes no sense, by the name of the setting."""
