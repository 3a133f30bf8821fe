"""Promises of state: what a module is can be saved, restored, copied, pickled and replaced."""

from __future__ import annotations

import copy
import pickle
import sys
from operator import attrgetter

from tensorgraph.engine.arrays import Array
from tensorgraph.engine.autodiff import gradients
from tensorgraph.engine.tensor import Tensor
from tensorgraph.errors import listing
from tensorgraph.nn.module import Module
from tensorgraph.nn.stateless import functional_call
from tensorgraph.testing.modules.differences import difference
from tensorgraph.testing.modules.modes import changes, contents
from tensorgraph.testing.modules.parameters import weighted
from tensorgraph.testing.modules.subject import (
    ModuleSubject,
    Results,
    parameter_places,
    tensors_of,
    variable,
)
from tensorgraph.testing.promises import NotAsked


def state_dict_holds_all(subject: ModuleSubject) -> None:
    """A module that was trained, and one that is given its state, compute the same."""
    trained, fresh = subject.moved(seed=3), subject.fresh()
    leaves = subject.given()
    trained.train()
    for seed in range(2):
        subject.outputs(trained, leaves, seed)
    trained.eval()
    fresh.load_state_dict(trained.state_dict())
    if told := difference(subject.outputs(fresh, leaves), subject.outputs(trained, leaves)):
        missing = changes(contents(fresh), contents(trained))
        what = f"\nnot in it is {listing(missing)}; make it a tensor" if missing else ""
        raise AssertionError(
            f"with the state_dict of a module that was trained, another gives other results:"
            f" {told}{what}"
        )


def deepcopy_computes_the_same(subject: ModuleSubject) -> None:
    """A copy computes the same, has the same parameters, and is not changed by the original."""
    _same_again(subject, subject.fresh(), copy.deepcopy)


def pickle_computes_the_same(subject: ModuleSubject) -> str:
    """What a pickle holds computes the same."""
    module = subject.fresh()
    for inside in module.modules():
        if not _can_be_imported(type(inside)):
            raise NotAsked(f"the class {type(inside).__name__} is not at the top of a module")
    try:
        text = pickle.dumps(module)
    except Exception as error:
        raise AssertionError(_unpicklable(module, error)) from None
    _same_again(subject, module, lambda _: pickle.loads(text))
    return ""


def _can_be_imported(kind: type) -> bool:
    """Return whether a class stands where a pickle looks for it: not inside a function."""
    try:
        return attrgetter(kind.__qualname__)(sys.modules[kind.__module__]) is kind
    except (AttributeError, KeyError):
        return False


def _unpicklable(module: Module, error: Exception) -> str:
    """Say which attribute cannot be pickled."""
    for inside in module.modules():
        for name, value in vars(inside).items():
            if isinstance(value, Module):
                continue
            try:
                pickle.dumps(value)
            except Exception:
                return (
                    f"{type(inside).__name__}.{name}, {_a(value)}, cannot be pickled: {error};"
                    " write a function with def at the top of a file, or a tg.nn layer"
                )
    return f"it cannot be pickled: {error}"


def _a(value: object) -> str:
    return "a lambda" if getattr(value, "__name__", "") == "<lambda>" else type(value).__name__


def _same_again(subject: ModuleSubject, module: Module, again: object) -> None:
    assert callable(again)
    leaves = subject.given()
    expected = subject.outputs(module, leaves)
    other: Module = again(module)
    found = subject.outputs(other, leaves)
    if told := difference(found, expected, rtol=0.0):
        raise AssertionError(f"the copy gives other results: {told}")
    paths, others = ([p for p, _ in m.named_parameters()] for m in (module, other))
    if paths != others:
        raise AssertionError(f"the copy has the parameters {listing(others)}, not {listing(paths)}")
    for tensor in other.parameters():
        tensor.assign(tensor.numpy() + 1.0)
    if told := difference(subject.outputs(module, leaves), expected, rtol=0.0):
        raise AssertionError(f"the copy is not one: when its parameters change, {told}")


def functional_call_replaces_all(subject: ModuleSubject) -> str:
    """Called with other tensors in place of its parameters, it computes with these."""
    module, other = subject.moved(seed=1), subject.moved(seed=2)
    leaves = subject.given()
    named = dict(other.named_parameters())
    if not named:
        raise NotAsked("there are no parameters")
    instead = {path: variable(tensor.numpy()) for path, tensor in named.items()}
    called = subject.tensors(lambda *x: functional_call(module, instead, *x), leaves)
    expected = subject.tensors(other, leaves)
    where = parameter_places(module)
    found = [_gradients(r, list(t.values())) for r, t in ((called, instead), (expected, named))]
    for path, mine, its in zip(named, *found, strict=True):
        if told := difference({"": mine}, {"": its}, 1e-6):
            raise AssertionError(
                f"functional_call with another tensor for {where[path]} does not compute with it:"
                f" its gradient{told}; is it held elsewhere too, in a closure or a bound method?"
            )
    if told := difference(_numbers(called), _numbers(expected)):
        raise AssertionError(f"functional_call with other parameters: {told}")
    return ""


def _numbers(returned: object) -> Results:
    return {f"result {k}": t.numpy() for k, t in enumerate(tensors_of(returned))}


def _gradients(returned: object, tensors: list[Tensor]) -> list[Array]:
    results = tensors_of(returned)
    if not results:
        return [t.numpy() * 0.0 for t in tensors]
    return [g.numpy() for g in gradients(weighted(results), tensors)]
