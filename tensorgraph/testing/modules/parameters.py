"""Promises of parameters: each is found, is its own, and gets a gradient."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from tensorgraph.engine.autodiff import gradients
from tensorgraph.engine.graph import reachable
from tensorgraph.engine.nested_containers import flatten, places
from tensorgraph.engine.tensor import Tensor
from tensorgraph.errors import listing
from tensorgraph.nn.contents import walk
from tensorgraph.nn.module import Module
from tensorgraph.testing.modules.stops import stops
from tensorgraph.testing.modules.subject import ModuleSubject, parameter_places, placed, tensors_of
from tensorgraph.testing.plain_arrays import largest

TRIALS = 3
"""In so many draws of other parameters has a gradient to be 0 to count as dead."""


def weighted(results: list[Tensor]) -> Any:
    """Return one number that every element of the results counts in, none as another does."""
    total: Any = 0.0
    for k, result in enumerate(results):
        weights = 1.0 + np.random.default_rng(k).uniform(0.0, 1.0, result.shape)
        total = total + (result * weights).sum()
    return total


def every_parameter_gets_a_gradient(subject: ModuleSubject) -> str:
    """The gradient by each parameter is there, and is not 0."""
    where = parameter_places(subject.module)
    missing: set[str] = set()
    zero: dict[str, int] = {}
    fed: set[str] = set()
    tiny: set[str] = set()
    for trial in range(TRIALS):
        module = subject.moved(seed=trial, training=True)
        named = module.named_parameters()
        outputs: dict[int, list[Tensor]] = {}
        handles = [m.register_forward_hook(_keep(outputs)) for m in module.modules()]
        results = tensors_of(subject.tensors(module, subject.variables(subject.given())))
        for handle in handles:
            handle.remove()
        leaves = set(reachable([r.node for r in results if r.node is not None])[1])
        leaves |= {r for r in results if r.is_leaf}
        missing |= {path for path, tensor in named if tensor not in leaves}
        met = [(path, tensor) for path, tensor in named if tensor in leaves]
        if not met:
            continue
        found = gradients(weighted(results), [t for _, t in met], retain_graph=True)
        sizes = {path: largest(g.numpy()) for (path, _), g in zip(met, found, strict=True)}
        scale = max(sizes.values())
        for path, size in sizes.items():
            zero[path] = zero.get(path, 0) + (size == 0)
            if 0 < size < 1e-12 * scale:
                tiny.add(path)
        owners = _owners(module)
        for path in [path for path, size in sizes.items() if size == 0]:
            if _counts(weighted(results), outputs.get(id(owners[path]), [])):
                fed.add(path)
    dead = {path for path, count in zero.items() if count == TRIALS}
    lines = []
    if lost := sorted(where[path] for path in missing):
        f = subject.fresh(training=True)
        stopped = stops(lambda: subject.tensors(f, subject.variables(subject.given())))
        lines.append(
            f"{listing(lost)} gets no gradient: no result depends on it. Is it used, and is nothing"
            f" on the way detached, or an array?{stopped}"
        )
    lines += [
        f"{where[path]} gets a gradient of nothing but zeros: what comes after it lets none through"
        for path in sorted(dead - fed)
    ]
    if lines:
        raise AssertionError("\n".join(lines))
    told = []
    if still := sorted(where[path] for path in dead & fed):
        told.append(f"that of {listing(still)} is 0: it meets zeros alone, such as a first state")
    if still := sorted(where[path] for path in tiny - dead):
        told.append(
            f"that of {listing(still)} is rounding alone: what comes after cancels it, so it could"
            " be left out"
        )
    return "; ".join(told)


def _keep(outputs: dict[int, list[Tensor]]) -> Any:
    def hook(module: Any, args: Any, output: Any) -> None:
        outputs.setdefault(id(module), []).extend(tensors_of(output))

    return hook


def _owners(module: Module) -> dict[str, Module]:
    """Return the module that holds each tensor, by the tensor's path."""
    found: dict[str, Module] = {}
    for prefix, owner in module.named_modules():  # inner ones come later, and win
        for inside in walk(owner):
            if isinstance(inside.value, Tensor):
                found[f"{prefix}.{inside.path}" if prefix else inside.path] = owner
    return found


def _counts(total: Tensor, results: list[Tensor]) -> bool:
    """Return whether a number depends on any of these results."""
    return any(largest(g.numpy()) > 0 for g in gradients(total, results, retain_graph=True))


# ------------------------------------------------------------------------------------------ found


def parameters_are_found(subject: ModuleSubject) -> str:
    """What is trained are the module's parameters: none is hidden, made in a call, or doubled."""
    module = subject.fresh(training=True)
    before = dict(module.named_parameters())
    names = parameter_places(module)
    variables = subject.variables(subject.given())
    results = tensors_of(subject.tensors(module, variables))
    after = dict(module.named_parameters())
    where = parameter_places(module)
    lines = [
        f"{where[path]} comes to be in the first call: an optimizer that was made before lacks it;"
        " make it in __init__"
        for path in after.keys() - before.keys()
    ]
    lines += [
        f"{names[path]} is a parameter no more after a call"
        for path in before.keys() - after.keys()
    ]
    lines += [
        f"{names[path]} is another tensor after a call, which an optimizer does not know; give it"
        " new values by .assign(…)"
        for path in before.keys() & after.keys()
        if before[path] is not after[path]
    ]
    own = {id(t) for t in (*before.values(), *after.values(), *flatten(variables)[0])}
    nodes, leaves = reachable([r.node for r in results if r.node is not None])
    lines += [
        _strange(module, leaf, nodes)
        for leaf in leaves
        if type(leaf) is Tensor and leaf.requires_grad and id(leaf) not in own
    ]
    lines += _shared(dict(subject.module.named_parameters()), where)
    lines += _copied(after, where, _owners(module))
    if lines:
        raise AssertionError("\n".join(dict.fromkeys(lines)))
    numbers = sum(t.size for t in after.values())
    told = f"{len(after)} of {numbers:,} numbers" if after else "there are none"
    return "; ".join([told, *_held_twice(subject.module)])


def _held_twice(module: Module) -> list[str]:
    """Say which layers and parameters are one and the same thing under several names."""
    held: dict[int, list[str]] = {}
    for found in walk(module):
        if isinstance(found.value, Module):
            for name, value in vars(found.value).items():
                if not name.startswith("_"):
                    for inside, place in zip(flatten(value)[0], places(value), strict=True):
                        if _is_trained(inside):
                            dot = f"{found.place}." if found.place else ""
                            held.setdefault(id(inside), []).append(
                                placed(f"{dot}{name}{place}", None)
                            )
    return [
        f"{listing(names)} are one and the same, trained as one"
        for names in held.values()
        if len(names) > 1
    ]


def _is_trained(value: Any) -> bool:
    """Return whether it is a parameter, or a layer that has one."""
    if isinstance(value, Module):
        return any(True for _ in value.parameters())
    return type(value) is Tensor and value.requires_grad


def _strange(module: Module, leaf: Tensor, nodes: list[Any]) -> str:
    """Say of a tensor that wants a gradient, and is no parameter, where it is."""
    user = next((n for n in nodes if any(parent is leaf for parent in n.parents)), None)
    scope = f", in {user.scope}" if user is not None and user.scope else ""
    found = _hidden(module, leaf)
    if found:
        return (
            f"{found} of shape {leaf.shape} is trained by nobody: it is no parameter of the module,"
            " which looks for them in its attributes, lists, tuples and dicts; keep it in one"
        )
    return (
        f"a tensor of shape {leaf.shape} wants a gradient{scope}, and is no parameter of the"
        " module: is it made in forward, or held elsewhere? Give it to an attribute in __init__"
    )


def _hidden(module: Module, leaf: Tensor) -> str:
    """Return where a tensor is held that the module does not find; nothing if unknown."""
    for found in walk(module):
        if isinstance(found.value, Module):
            for name, value in vars(found.value).items():
                for place, inside in _inside(value, name, 4):
                    if inside is leaf:
                        dot = f"{found.place}." if found.place else ""
                        return placed(f"{dot}{place}", leaf)
    return ""


def _inside(value: Any, place: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Yield what is in an object, and where, as far as the garbage collector tells."""
    yield place, value
    if depth == 0 or isinstance(value, (Tensor, np.ndarray, type, str)):
        return
    if isinstance(value, dict):
        parts = [(f"{place}[{key!r}]", part) for key, part in value.items()]
    elif isinstance(value, (list, tuple)):
        parts = [(f"{place}[{k}]", part) for k, part in enumerate(value)]
    elif isinstance(value, Module) or hasattr(value, "__dict__"):
        parts = [(f"{place}.{key}", part) for key, part in vars(value).items()]
    else:
        parts = [(f"{place} (a {type(value).__name__})", x) for x in gc.get_referents(value)]
    for name, part in parts:
        yield from _inside(part, name, depth - 1)


def _shared(parameters: dict[str, Tensor], where: dict[str, str]) -> list[str]:
    """Return which parameters have numbers in common."""
    return [
        f"{where[a]} and {where[b]} are two tensors with the same memory: what changes the one"
        " changes the other; copy the array, tg.tensor(array)"
        for a, b in combinations(parameters, 2)
        if np.may_share_memory(parameters[a]._data, parameters[b]._data)
    ]


def _copied(
    parameters: dict[str, Tensor], where: dict[str, str], owners: dict[str, Module]
) -> list[str]:
    """Return which parameters have the same random numbers, as tied weights that were copied do.

    Those of layers that are copies of each other as a whole are meant to be of their own.
    """
    drawn: dict[bytes, str] = {}
    lines = []
    for path, tensor in parameters.items():
        array = tensor.numpy()
        if array.ndim < 2 or np.unique(array).size < 4:
            continue
        alike = drawn.get(array.tobytes()) or drawn.get(np.ascontiguousarray(array.T).tobytes())
        drawn.setdefault(array.tobytes(), path)
        if alike is None or type(owners[alike]) is type(owners[path]) is not type(owners[""]):
            continue
        transposed = ".T" * (parameters[alike].shape != tensor.shape)
        lines.append(
            f"{where[path]} begins with the numbers of {where[alike]}{transposed}, but is a tensor"
            " of its own, which training takes elsewhere; weights are tied by using one tensor"
            " twice"
        )
    return lines
