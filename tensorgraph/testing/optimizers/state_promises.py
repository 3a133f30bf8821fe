"""What an optimizer promises of its state: begun afresh, saved, loaded, and nobody else's."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.optim.groups import Group
from tensorgraph.testing.modules.memory import growth
from tensorgraph.testing.optimizers.step_promises import CLOSE
from tensorgraph.testing.optimizers.stepping import (
    NAMED,
    Subject,
    apart,
    draws,
    leaves,
    stepped,
    values,
)

HINT = (
    "\nwhat a rule remembers stands in the state that update returns, not on self, and what it is"
    " set to among its parameters"
)


def check_afresh(subject: Subject) -> None:
    """A new optimizer knows nothing of those before it."""
    start, gradients = values(), draws(3)
    first = subject.run(start, gradients)
    if off := apart(subject.run(start, gradients), first):
        raise AssertionError(
            f"for a second optimizer, made afresh, {off} as for the first; is something kept on the"
            " class, or drawn at random?"
        )


def check_advances(subject: Subject) -> None:
    """What a step reads of the state is not for ever what ``start`` returned."""
    (optimizer, param), gradients = _alone(subject), draws(3)
    begun = _started(optimizer, param)
    state, settings = begun, optimizer.groups[0].settings(0)
    for t, (_, g, *_) in enumerate(gradients, 1):
        param, state = optimizer.update(param, g, state, t, **settings)
    elsewhere = _started(optimizer, param + 1.0)  # what remembers where it began may stay
    for key, value in begun.items():
        if not (np.array_equal(state[key], value) and np.array_equal(elsewhere[key], value)):
            continue
        g = gradients[0][1]
        first, other = (
            optimizer.update(param, g, {**begun, key: v}, 1, **settings)[0]
            for v in (value, value + 1.0)
        )
        if not np.array_equal(first, other, equal_nan=True):
            raise AssertionError(
                f"after 3 steps state[{key!r}] is what start returned, though the step depends on"
                f" it: does update return the state that it was given?\nwrite return param,"
                f" {{{key!r}: …}} with the new one"
            )


def _alone(subject: Subject) -> tuple[Any, Array]:
    """Return an optimizer and the values of 'vector'."""
    array = values()[1]
    return subject.make(leaves([array])), array


def _started(optimizer: Any, param: Array) -> dict[str, Array]:
    return {
        key: np.asarray(value) for key, value in optimizer.begun(optimizer.groups[0], param).items()
    }


def check_resumed(subject: Subject) -> None:
    """A run that is saved and loaded goes on exactly as one that was not interrupted."""
    gradients = draws(6)
    for steps in (0, 1, 3):
        params, optimizer = _run(subject, gradients[:steps])
        saved, state = [np.array(p.data) for p in params], _through_a_file(optimizer.state_dict())
        stepped(optimizer, params, gradients[steps:])
        again = leaves(saved)
        options = {"lr": 0.5 * float(subject.setting("lr"))} if subject.takes("lr") else {}
        other = subject.make(_named(subject, again), **options)
        other.load_state_dict(state)
        stepped(other, again, gradients[steps:])
        _same(again, params, f"saved after {steps} steps and loaded into a new one")


def check_copied(subject: Subject) -> None:
    """A copy, and what was pickled, go on exactly as the original, and leave it alone."""
    gradients = draws(6)
    ways: dict[str, Callable[[Any], Any]] = {
        "copied by copy.deepcopy": copy.deepcopy,
        "pickled": lambda pair: pickle.loads(pickle.dumps(pair)),
    }
    for how, copied in ways.items():
        params, optimizer = _run(subject, gradients[:3])
        try:
            again, other = copied((params, optimizer))
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            if how != "pickled":
                raise
            _require_importable(subject, error)
            continue
        stepped(other, again, gradients[3:])
        stepped(optimizer, params, gradients[3:])
        _same(again, params, f"{how} after 3 steps")


def _require_importable(subject: Subject, error: Exception) -> None:
    """Raise unless it is only the class that cannot be found again, defined in a function."""
    if "<locals>" not in getattr(subject.rule, "__qualname__", "<locals>"):
        raise AssertionError(f"it cannot be pickled: {error}") from error


def check_own_memory(subject: Subject) -> None:
    """What is written into a saved state changes no optimizer."""
    gradients = draws(4)
    params, optimizer = _run(subject, gradients[:2])
    saved, state = [np.array(p.data) for p in params], optimizer.state_dict()
    for key, value in state.items():
        for name, param in zip(NAMED, params, strict=True):
            if np.may_share_memory(np.asarray(value), np.asarray(param.data)) and param.size:
                raise AssertionError(f"the state {key!r} shares its memory with parameter {name!r}")
    kept = {key: np.array(value) for key, value in state.items()}
    _overwrite(state)
    stepped(optimizer, params, gradients[2:])
    again = leaves(saved)
    other = subject.make(_named(subject, again))
    other.load_state_dict(kept)
    _overwrite(kept)
    stepped(other, again, gradients[2:])
    expected = subject.run(values(), gradients)
    for which, found in (("state_dict() returned", params), ("load_state_dict() was given", again)):
        if off := apart([p.data for p in found], expected, CLOSE):
            raise AssertionError(
                f"after other numbers are written into what {which}, {off}\nreturn copies, and keep"
                " copies"
            )


def _overwrite(state: dict[str, Any]) -> None:
    for value in state.values():
        if isinstance(value, np.ndarray) and value.flags.writeable and value.dtype.kind == "f":
            value[...] = 7.0


def check_groups(subject: Subject) -> None:
    """A group with a setting of its own moves by that, and the others as if it were not there."""
    optimizer = subject.make(leaves(values()))
    start, gradients = values(), draws(3)
    for name, value in optimizer.defaults.items():
        other = _another(name, value)
        if other is None:
            continue
        params = leaves(start)
        grouped = subject.make([{"params": params[:2]}, {"params": params[2:], name: other}])
        stepped(grouped, params, gradients)
        plain, changed = (
            subject.run(start, gradients),
            subject.run(start, gradients, **{name: other}),
        )
        found = [p.data for p in params]
        if off := apart(found[:2], plain[:2], CLOSE, [*NAMED][:2]):
            raise AssertionError(f"beside a group with {name}={other!r} of its own {off}")
        if off := apart(found[2:], changed[2:], CLOSE, [*NAMED][2:]):
            raise AssertionError(
                f"in a group with {name}={other!r} of its own {off}, as in an optimizer made with"
                f" that\ntake {name} as update is given it, not from self"
            )
        group: Group = grouped.groups[0]
        group[name] = other
        more = draws(2, seed=5)
        stepped(grouped, params, more)
        longer = subject.run(start, [*gradients, *more], **{name: other})
        if off := apart([p.data for p in params][2:], longer[2:], CLOSE, [*NAMED][2:]):
            raise AssertionError(f"after another group's {name} was changed {off}")


OFF_AT_0 = ("weight_decay", "l2", "momentum")
"""Settings of which 0.05 is another value than 0."""


def _another(name: str, value: Any) -> Any:
    """Return another value of a setting; ``None`` if nobody knows one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, tuple) and all(isinstance(v, float) for v in value):
        return tuple(0.75 * v for v in value)
    if not isinstance(value, (int, float)) or callable(value):
        return None
    return 0.75 * value if value else (0.05 if name in OFF_AT_0 else None)


def check_memory(subject: Subject) -> None:
    """Steps do not use more and more memory, also where the garbage collector is off."""
    w = np.random.default_rng(0).standard_normal(1000)
    params = leaves([w])
    optimizer = subject.make(params)
    gradients: list[list[Array | None]] = [[np.ones(1000)]]
    _, size = growth(lambda: stepped(optimizer, params, gradients))
    if size > w.nbytes // 2:
        raise AssertionError(
            f"each step of 1,000 numbers leaves {size:,} bytes behind\ndoes it keep old gradients,"
            " old parameters, or graphs of them?"
        )


# --------------------------------------------------------------------------------------- helpers


def _run(subject: Subject, gradients: Any) -> tuple[list[Any], Any]:
    params = leaves(values())
    optimizer = subject.make(_named(subject, params))
    stepped(optimizer, params, gradients)
    return params, optimizer


def _named(subject: Subject, params: list[Any]) -> Any:
    return list(zip(NAMED, params, strict=True)) if subject.is_rule else params


def _same(found: list[Any], expected: list[Any], what: str) -> None:
    if off := apart([p.data for p in found], [p.data for p in expected]):
        raise AssertionError(f"{what}, {off} after 6 steps as without that{HINT}")


def _through_a_file(state: Any) -> Any:
    """Return a state as NumPy's files keep it; another than a dict of arrays as pickles do."""
    if not all(isinstance(value, np.ndarray) for value in state.values()):
        return pickle.loads(pickle.dumps(state))
    file = io.BytesIO()
    np.savez(file, **state)
    file.seek(0)
    return dict(np.load(file))
