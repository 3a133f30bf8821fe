"""Promises of modes: evaluation is deterministic and changes nothing, training means the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.engine.modes import MODE, mode, no_grad
from tensorgraph.engine.observers import Observer
from tensorgraph.errors import listing
from tensorgraph.nn.contents import LOOKED_UP, walk
from tensorgraph.nn.module import Module
from tensorgraph.testing.modules.differences import difference, first_apart, traced
from tensorgraph.testing.modules.subject import (
    ModuleSubject,
    Results,
    Subject,
    arrays_of,
    placed,
    seeded,
)

DRAWS = 400
"""So many times is a layer that draws random numbers called, for their average."""


def calls_are_repeatable(subject: Subject) -> str:
    """The same call returns the same, whatever the random numbers are: a module's in evaluation."""
    f = subject.fresh()
    leaves = subject.given()
    first = subject.outputs(f, leaves, seed=0)
    again = subject.outputs(f, leaves, seed=1)
    if told := difference(again, first, rtol=0.0):
        draws = traced(lambda: subject.tensors(f, leaves)).draws
        where = f"\nrandom numbers are drawn in {draws[0]}" if draws else ""
        if "?" in where:
            where += (
                ", a layer that the module does not find, nor eval(): keep it in an attribute, a"
                " list, a tuple or a dict"
            )
        where = where or first_apart(
            lambda: subject.tensors(f, subject.variables(leaves), 0),
            lambda: subject.tensors(f, subject.variables(leaves), 1),
        )
        what = "in evaluation " * isinstance(subject, ModuleSubject)
        raise AssertionError(f"{what}the same call gives something else: {told}{where}")
    return ""


def recording_changes_nothing(subject: Subject) -> None:
    """What comes back is the same where no graph is recorded."""
    leaves = subject.given()
    recorded = subject.outputs(subject.fresh(), subject.variables(leaves))
    with no_grad():
        plain = subject.outputs(subject.fresh(), leaves)
    if told := difference(plain, recorded):
        raise AssertionError(f"under tg.no_grad() and for plain arrays, {told}")


def evaluation_changes_nothing(subject: ModuleSubject) -> None:
    """A call in evaluation leaves tensors and attributes as they were."""
    module = subject.fresh()
    before = contents(module)
    subject.outputs(module, subject.given())
    if changed := changes(before, contents(module)):
        raise AssertionError(
            f"in evaluation a call changes {listing(changed)}; write if self.training: around it"
        )


def calls_leave_no_trace(subject: ModuleSubject) -> str:
    """With the same tensors and random numbers a call in training returns the same again."""
    module = subject.fresh(training=True)
    state, leaves = module.state_dict(), subject.given()
    before = contents(module)
    first = subject.outputs(module, leaves)
    changed = [name for name in changes(before, contents(module)) if not _is_tensor(module, name)]
    module.load_state_dict(state)
    again = subject.outputs(module, leaves)
    if told := difference(again, first):
        seen = f"\nwhat a call changes besides tensors: {listing(changed)}" if changed else ""
        raise AssertionError(
            f"a second call returns something else, with the same state_dict and random numbers:"
            f" {told}{seen}"
        )
    return f"a call changes {listing(changed)}, which is not saved" if changed else ""


def training_means_the_same(subject: ModuleSubject) -> str:
    """Layers that draw random numbers in training give on average what they give in evaluation."""
    module = subject.fresh(training=True)
    drawing = _Drawing()
    with mode(observer=drawing):
        subject.tensors(module, subject.given())
    calls: dict[int, tuple[Any, ...]] = {}
    layers = list(drawing.layers.values())
    handles = [layer.register_forward_pre_hook(_keep(calls)) for layer in layers]
    subject.tensors(module, subject.given())
    for handle in handles:
        handle.remove()
    lines = []
    for place, layer in zip(drawing.layers, layers, strict=True):
        if id(layer) in calls:
            lines.append(_off_on_average(place, layer, calls[id(layer)]))
    if broken := list(filter(None, lines)):
        raise AssertionError("\n".join(broken))
    return f"random in training: {listing(list(drawing.layers))}" if layers else ""


class _Drawing(Observer):
    """Keeps which layers draw random numbers."""

    def __init__(self) -> None:
        self.layers: dict[str, Module] = {}

    def source(self, generator: Any) -> Any:
        call = MODE.get().call
        layer = None if call is None else call.module()
        if call is not None and layer is not None:
            self.layers.setdefault(call.scope, layer)
        return generator


def _keep(calls: dict[int, tuple[Any, ...]]) -> Any:
    def hook(module: Any, args: tuple[Any, ...]) -> None:
        calls.setdefault(id(module), args)

    return hook


def _off_on_average(place: str, layer: Module, args: tuple[Any, ...]) -> str:
    """Say of a layer whose results in training are on average a multiple of those it has not."""
    with seeded(0):
        layer.eval()
        expected = _flat(arrays_of(layer(*args)))
        layer.train()
        power = float(np.vdot(expected, expected).real)
        if not power or not np.isfinite(power):
            return ""
        drawn = [_flat(arrays_of(layer(*args))) for _ in range(DRAWS)]
    if any(d.shape != expected.shape for d in drawn):
        return ""
    factors = np.array([np.vdot(d, expected).real / power for d in drawn])
    factor, error = float(factors.mean()), float(factors.std() / np.sqrt(DRAWS))
    rest = np.mean(drawn, axis=0) - factor * expected
    noise = np.std(drawn, axis=0) / np.sqrt(DRAWS)
    even = float(np.linalg.norm(rest)) <= 3 * float(np.linalg.norm(noise)) + 1e-9 * power**0.5
    if not even or abs(factor - 1) <= 6 * error + 1e-6:
        return ""
    return (
        f"{place} in training gives on average {factor:.3g} times what it gives in evaluation:"
        " divide what dropout keeps by keep_prob, or multiply by it in evaluation"
    )


def _flat(results: Results) -> Array:
    parts = [a.reshape(-1) for a in results.values() if a.dtype.kind == "f"]
    return np.concatenate(parts) if parts else np.zeros(0)


# ---------------------------------------------------------------------------------- what is held


def contents(module: Module) -> dict[str, Any]:
    """Return what the modules in a module hold besides modules, by its place, as it is now."""
    found: dict[str, Any] = {}
    for inside in walk(module):
        if isinstance(inside.value, Module):
            dot = f"{inside.place}." if inside.place else ""
            for name, value in vars(inside.value).items():
                if name not in LOOKED_UP:
                    found[placed(dot + name, None)] = _snapshot(value, 3)
    return found


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return the places whose contents have changed."""
    return [name for name in after if name not in before or not _same(before[name], after[name])]


def _snapshot(value: Any, depth: int) -> Any:
    """Return what tells whether a thing has changed."""
    if isinstance(value, Module):
        return id(value)
    if hasattr(value, "_data") and hasattr(value, "requires_grad"):
        return value._data.tobytes(), value._data.shape
    if isinstance(value, np.ndarray):
        return value.tobytes(), value.shape
    if isinstance(value, (bool, int, float, str, bytes, complex, type(None))):
        return value
    if depth and isinstance(value, dict):
        return {key: _snapshot(part, depth - 1) for key, part in value.items()}
    if depth and isinstance(value, (list, tuple)):
        return [_snapshot(part, depth - 1) for part in value]
    return type(value)


def _same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and bool(a == b or a != a)


def _is_tensor(module: Module, name: str) -> bool:
    names = {placed(f.place, None) for f in walk(module) if not isinstance(f.value, Module)}
    return any(found.startswith(name) for found in names)
