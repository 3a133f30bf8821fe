"""``check_function``: all that a function of tensors promises, asked of yours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tensorgraph import errors
from tensorgraph.testing.modules import (
    examples,
    gradients,
    memory,
    modes,
    purity,
    signature as shapes,
)
from tensorgraph.testing.modules.drawn import is_strategy, of_every_example
from tensorgraph.testing.modules.subject import Subject
from tensorgraph.testing.promises import Checked, Promise, examined


def check_function(
    f: Callable[..., Any],
    *inputs: Any,
    batch_axis: int | Sequence[int | None] | None = None,
    signature: str | None = None,
) -> Checked:
    """Test a function of tensors; tell of all promises that it breaks.

    Asked for are its gradients of both orders against numeric ones, that the same call returns the
    same whatever was called between, that no input is written to, that arrays of any layout give
    the same, with a graph or without, that float32 stays float32 and is close to float64, that
    memory does not grow; with a ``batch_axis``, that examples do not influence one another.

    Args:
        f: a function of tensors that returns a tensor, or a container of them.
        inputs: what to call it with: arrays, tensors, nested containers of them; or one strategy
            of hypothesis that draws a tuple of these. None are needed with a signature.
        batch_axis: along which axis inputs and results hold examples, if they do: one for all
            inputs, or one for each, ``(0, None)``.
        signature: the shapes of inputs and results, as in ``"(n,d),(m,d)->(n,m)"``.

    Raises:
        CheckError: promises are broken; the message tells of each, and its ``result`` is what would
            have been returned.
        DTypeError: something that cannot be called.
        ArgumentError: no inputs, or a signature that is none.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> x = np.random.default_rng(0).normal(size=(4, 3))
        >>> tg.testing.check_function(lambda x: tg.softmax(x, axis=1), x, batch_axis=0)
        check_function <lambda>: 10 promises kept
          ✓ ...
        >>> def standardised(x):
        ...     return (x - x.numpy().mean()) / 2
        >>> tg.testing.check_function(standardised, x)
        Traceback (most recent call last):
        ...
        tensorgraph.errors.CheckError: check_function standardised: 1 of 6 promises broken
          ✘ gradients: the gradient is wrong at the input x, index (...
    """
    __tracebackhide__ = True
    if not callable(f) or isinstance(f, type):
        raise errors.DTypeError(f"check_function: checks a function, not {errors.describe(f)}")
    stated = None if signature is None else shapes.parsed(signature)
    if stated is not None and not inputs:
        inputs = tuple(shapes.example_inputs(stated))
    if not inputs:
        raise errors.ArgumentError(
            "check_function: give what to call it with, check_function(f, x), or shapes to draw it"
            ' of, signature="(n,d)->(n)"'
        )
    subject = f"check_function {getattr(f, '__name__', type(f).__name__)}"
    if len(inputs) == 1 and is_strategy(inputs[0]):
        return of_every_example(
            subject, inputs[0], lambda drawn: promises(Subject(f, drawn, batch_axis), stated)
        )
    return examined(subject, promises(Subject(f, inputs, batch_axis), stated), NEEDS)


def promises(subject: Subject, stated: shapes.Signature | None) -> dict[str, Promise]:
    """Return what is asked of a function."""
    asked: dict[str, Callable[[Subject], str | None]] = {
        "calls are deterministic": modes.calls_are_repeatable,
        "gradients": gradients.gradients_are_right,
        "no_grad": modes.recording_changes_nothing,
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
    "no_grad": ["calls are deterministic"],
    "layouts": ["calls are deterministic", "inputs stay"],
    "examples are independent": ["calls are deterministic"],
    "a permuted batch": ["calls are deterministic", "examples are independent"],
    "any number of examples": ["calls are deterministic", "examples are independent"],
}
"""Which promises compare two calls, or results of examples, and so need others."""
