"""``check_module``: all that a layer or a model promises, asked of yours."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tensorgraph import errors
from tensorgraph.nn.module import Module
from tensorgraph.testing.modules import (
    copies,
    examples,
    gradients,
    memory,
    modes,
    parameters,
    purity,
    signature as shapes,
)
from tensorgraph.testing.modules.drawn import is_strategy, of_every_example
from tensorgraph.testing.modules.subject import ModuleSubject
from tensorgraph.testing.promises import Checked, Promise, broken_by, examined


def check_module(
    module: Module,
    *inputs: Any,
    batch_axis: int | Sequence[int | None] | None = 0,
    signature: str | None = None,
) -> Checked:
    """Test a layer or a model as the engine tests its own; tell of all promises that it breaks.

    It is called as copies of itself, in float64 and float32, in training and evaluation, and stays
    as it is. Asked for are:

    - gradients, of both orders, by inputs and parameters, against numeric ones (by samples, where
      there are many numbers). A layer that detaches on purpose, as a straight-through estimator
      does, says so by ``stops_gradients = True`` in its class: they are then not asked for;
    - that every parameter is found, is its own, and gets a gradient (what is held
      twice, as ``[layer] * 3`` does, is told as a remark);
    - that examples do not influence one another, that a permuted batch gives permuted results, that
      a batch may have any number of examples, one or none. A layer that takes the batch as a whole
      in training, as batch norm does, says so by ``mixes_examples = True`` in its class;
    - that evaluation is deterministic and changes nothing, that training gives on average what
      evaluation gives, that a call leaves no trace but in the state;
    - that ``state_dict``, ``copy.deepcopy``, ``pickle`` and ``functional_call`` do what they say;
    - that inputs are not written to, in any layout, that float32 stays float32, close to float64;
    - that memory does not grow, and that operations of your own save only what they need;
    - shapes, where a signature states them.

    Args:
        module: the layer or model.
        inputs: what to call it with: arrays, tensors, nested containers of them, three or more
            examples; or one strategy of hypothesis that draws a tuple of these. None are needed
            with a signature.
        batch_axis: along which axis inputs and results hold examples: one for all inputs, or one
            for each, ``(0, None)``. ``None`` where there is one result for all.
        signature: the shapes of inputs and results, as in ``"(n,3,h,w)->(n,10)"``; each letter is
            tried with another length.

    Raises:
        CheckError: promises are broken; the message tells of each, and its ``result`` is what would
            have been returned.
        DTypeError: something else than a module.
        ArgumentError: no inputs, or a signature that is none.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> tg.random.seed(0)
        >>> x = np.random.default_rng(0).normal(size=(4, 3))
        >>> tg.testing.check_module(tg.nn.Linear(3, 2), x)
        check_module Linear(3 → 2, init=he_normal): 19 promises kept
          ✓ ...
        >>> class Centred(tg.nn.Module):
        ...     def forward(self, x):
        ...         return x - x.mean(axis=0)
        >>> tg.testing.check_module(Centred(), signature="(n,d)->(n,d)")
        Traceback (most recent call last):
        ...
        tensorgraph.errors.CheckError: check_module Centred(): 1 of ... promises broken
          ✘ examples are independent: the result for other examples changes with example 0...
    """
    __tracebackhide__ = True
    if not isinstance(module, Module):
        raise errors.DTypeError(
            f"check_module: checks an nn.Module, not {errors.describe(module)}; for a function"
            " there is tg.testing.check_function"
        )
    stated = None if signature is None else shapes.parsed(signature)
    if stated is not None and not inputs:
        inputs = tuple(shapes.example_inputs(stated))
    if not inputs:
        raise errors.ArgumentError(
            "check_module: give what to call it with, check_module(model, x), or shapes to draw it"
            ' of, signature="(n,3)->(n,2)"'
        )
    subject_text = f"check_module {_name(module)}"
    if len(inputs) == 1 and is_strategy(inputs[0]):
        return of_every_example(
            subject_text,
            inputs[0],
            lambda drawn: promises(ModuleSubject(module, drawn, batch_axis), stated),
        )
    subject = ModuleSubject(module, inputs, batch_axis)
    if (wrong := _fails(subject)) is not None:
        return examined(subject_text, {wrong[0]: wrong[1]})
    return examined(subject_text, promises(subject, stated), NEEDS)


def promises(subject: ModuleSubject, stated: shapes.Signature | None) -> dict[str, Promise]:
    """Return what is asked of a module."""
    asked: dict[str, Callable[[ModuleSubject], str | None]] = {
        "evaluation is deterministic": modes.calls_are_repeatable,
        "evaluation changes nothing": modes.evaluation_changes_nothing,
        "training means the same": modes.training_means_the_same,
        "calls leave no trace": modes.calls_leave_no_trace,
        "gradients": gradients.gradients_of_module_are_right,
        "parameters": parameters.parameters_are_found,
        "every parameter gets a gradient": parameters.every_parameter_gets_a_gradient,
        "no_grad": modes.recording_changes_nothing,
        "state_dict": copies.state_dict_holds_all,
        "deepcopy": copies.deepcopy_computes_the_same,
        "pickle": copies.pickle_computes_the_same,
        "functional_call": copies.functional_call_replaces_all,
        "inputs stay": purity.inputs_stay,
        "layouts": purity.layouts_give_the_same,
        "float32": purity.precisions_agree,
        "memory": memory.memory_does_not_grow,
        "saved values": memory.saved_values_are_needed,
    }
    if subject.batch_axis is not None:
        asked |= {
            "examples are independent": examples.examples_are_independent,
            "a permuted batch": examples.batch_may_be_permuted,
            "any number of examples": examples.any_number_of_examples,
        }
    found: dict[str, Promise] = {name: partial(ask, subject) for name, ask in asked.items()}
    if stated is not None:
        found["shapes"] = lambda: shapes.shapes_are_as_stated(subject, stated)
    return found


NEEDS = {
    "calls leave no trace": ["evaluation is deterministic"],
    "no_grad": ["evaluation is deterministic"],
    "state_dict": ["evaluation is deterministic", "calls leave no trace"],
    "deepcopy": ["evaluation is deterministic"],
    "pickle": ["evaluation is deterministic", "deepcopy"],
    "functional_call": ["evaluation is deterministic"],
    "layouts": ["evaluation is deterministic", "inputs stay"],
    "examples are independent": ["evaluation is deterministic"],
    "a permuted batch": ["evaluation is deterministic", "examples are independent"],
    "any number of examples": ["evaluation is deterministic", "examples are independent"],
}
"""Which promises compare two calls, or results of examples, and so need others."""


def _fails(subject: ModuleSubject) -> tuple[str, Promise] | None:
    """Return the promise without which none can be asked for, if it is broken."""
    asked: dict[str, Callable[[ModuleSubject], None]] = {"deepcopy": _copied, "a call": _called}
    for name, ask in asked.items():
        try:
            ask(subject)
        except Exception as error:
            return name, broken_by(error)
    return None


def _copied(subject: ModuleSubject) -> None:
    module = subject.module
    try:
        other = copy.deepcopy(module)
    except Exception as error:
        raise AssertionError(f"it cannot be copied: {error}") from None
    own = set(map(id, module.parameters()))
    same = [path for path, tensor in other.named_parameters() if id(tensor) in own]
    if same:
        raise AssertionError(
            f"the copy is not one: {same[0]} is the same tensor in it; does __deepcopy__ return"
            " the parts themselves?"
        )


def _called(subject: ModuleSubject) -> None:
    for training in (True, False):
        subject.outputs(subject.fresh("float32", training), subject.given("float32"))


def _name(module: Module) -> str:
    """Return what a module is called in the head line: its text, if that is one line."""
    text = repr(module)
    return text if "\n" not in text and len(text) < 60 else type(module).__name__
