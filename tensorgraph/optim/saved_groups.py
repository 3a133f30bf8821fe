"""Which groups of parameters a saved state speaks of: they may have been given in another order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph import errors
from tensorgraph.optim.groups import Group, Named

Shape = tuple[int, ...]


def members(groups: list[Group]) -> dict[str, NDArray[Any]]:
    """Return the shape of each parameter by group and name, as ``groups/1/params/name``.

    Where there is but one group, nothing has to be told apart.
    """
    if len(groups) == 1:
        return {}
    return {
        f"groups/{i}/params/{name}": np.array(param.shape, np.int64)
        for i, group in enumerate(groups)
        for name, param in group.named
    }


def by_name(named: Named, state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a state whose parameters are numbered under their names, if it has as many as here.

    Another state is returned as it is.

    Example:
        >>> import tensorgraph as tg
        >>> w = tg.tensor(1.0, requires_grad=True)
        >>> by_name([("layer.weight", w)], {"lr": 0.1, "0/steps": 3})
        {'lr': 0.1, 'layer.weight/steps': 3}
    """
    numbered = {str(i): name for i, (name, _) in enumerate(named)}
    saved = {key.removesuffix("/steps") for key in state if key.endswith("/steps")}
    if saved != numbered.keys():
        return dict(state)
    return {_by_name(key, numbered): value for key, value in state.items()}


def _by_name(key: str, names: Mapping[str, str]) -> str:
    first, slash, rest = key.partition("/")
    if slash and first in names:
        return f"{names[first]}/{rest}"
    before, member, number = key.rpartition("/params/")
    return f"{before}{member}{names[number]}" if member and number in names else key


def renumbered(groups: list[Group], state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a state under the numbers of these groups, without the members of those saved.

    Groups are told by the names of their parameters. A state without members, as a single group
    has, is taken as it is.

    Raises:
        StateError: a group holds other parameters, or one of another shape.
    """
    saved: dict[str, tuple[int, Shape]] = {}
    rest = {}
    for key, value in state.items():
        parts = key.split("/", 3)
        if parts[0] == "groups" and parts[2:3] == ["params"]:
            saved[parts[3]] = int(parts[1]), tuple(np.asarray(value).tolist())
        else:
            rest[key] = value
    if not saved:
        return rest
    numbers = _numbers(groups, saved)
    return {_under(key, numbers): value for key, value in rest.items()}


def _numbers(groups: list[Group], saved: Mapping[str, tuple[int, Shape]]) -> dict[int, int]:
    """Return, for each group of a saved state, its number here."""
    numbers: dict[int, int] = {}
    first: dict[int, str] = {}
    for i, group in enumerate(groups):
        for name, param in group.named:
            if name not in saved:
                continue  # which is reported with all that is missing
            number, shape = saved[name]
            if shape != param.shape:
                raise errors.StateError(
                    f"load_state_dict: parameter {name!r} has shape {param.shape}, the state is of"
                    f" one of shape {shape}; nothing was loaded. Groups are told by the names of"
                    ' their parameters: write {"params": part.named_parameters(), …}, as'
                    " optim.path_groups does, when the state is made"
                )
            first.setdefault(i, name)
            if numbers.setdefault(number, i) != i:
                raise _other_groups(first[numbers[number]], name, "two groups here, in one")
            if saved[first[i]][0] != number:
                raise _other_groups(first[i], name, "one group here, in two")
    left = [i for i in range(len(groups)) if i not in numbers.values()]  # without parameters
    free = [k for k in range(len(groups)) if k not in numbers]
    return numbers | dict(zip(free, left, strict=False))


def _other_groups(one: str, other: str, here: str) -> errors.StateError:
    return errors.StateError(
        f"load_state_dict: {one!r} and {other!r} are in {here} in the state; nothing was loaded."
        " Make the optimizer with the groups of the state"
    )


def _under(key: str, numbers: Mapping[int, int]) -> str:
    """Return a key of a group's setting with the number that the group has here."""
    parts = key.split("/", 2)
    if parts[0] != "groups" or len(parts) < 3 or not parts[1].isdigit():
        return key
    return f"groups/{numbers.get(int(parts[1]), parts[1])}/{parts[2]}"
