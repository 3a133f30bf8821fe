"""``check_step``: a training step, as it is and compiled."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.errors import listing
from tensorgraph.testing.modules.differences import difference
from tensorgraph.testing.modules.memory import growth
from tensorgraph.testing.modules.subject import seeded
from tensorgraph.testing.promises import Checked, NotAsked, Promise, examined
from tensorgraph.testing.runs.compared_steps import CALLS, STATES, TENSORS, Steps
from tensorgraph.testing.runs.optimizing import Optimizing
from tensorgraph.testing.runs.surroundings import plain


def check_step(step: Callable[..., Any], *args: Any) -> Checked:
    """Test a training step, as it is and compiled; tell of all promises that it breaks.

    Models, optimizers, tensors and random generators are found through what the step's code names
    (closures, globals, the object it is a method of) and through its arguments, and are afterwards
    as they were. Asked for are that a step

    - does the same again from the same state, and whatever gradients were left over from before,
    - moves every parameter of the models that it names,
    - runs as a program under ``tg.compile``, and that the program gives the same: results,
      parameters, optimizers, random numbers, over several calls, with a smaller last batch too,
    - leaves no memory behind.

    Results may differ by what moving the parameters by their last bit does.

    Args:
        step: a function, a method, or what ``tg.compile`` made of one.
        args: what it takes: a batch.

    Raises:
        CheckError: promises are broken; the message tells of each, and its ``result`` is what would
            have been returned.
        DTypeError: something that cannot be called.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> tg.random.seed(0)
        >>> model = tg.nn.Sequential(tg.nn.Linear(3, 8), tg.nn.Tanh(), tg.nn.Linear(8, 2))
        >>> optimizer = tg.optim.Adam(model.named_parameters(), lr=0.01)
        >>> def step(x, y):
        ...     optimizer.zero_grad()
        ...     loss = tg.nn.losses.cross_entropy(model(x), y)
        ...     loss.backward()
        ...     optimizer.step()
        ...     return loss
        >>> x = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
        >>> tg.testing.check_step(step, x, np.array([0, 1] * 4))
        check_step step: 10 promises kept
          ✓ ...
        >>> def forgetful(x, y):
        ...     loss = tg.nn.losses.cross_entropy(model(x), y)
        ...     loss.backward()
        ...     optimizer.step()
        ...     return loss
        >>> tg.testing.check_step(forgetful, x, np.array([0, 1] * 4))
        Traceback (most recent call last):
        ...
        tensorgraph.errors.CheckError: check_step forgetful: 1 of 10 promises broken
          ✘ gradients start anew: gradients that were there before a step change what it does: ...
    """
    __tracebackhide__ = True
    if not callable(step) or isinstance(step, type):
        raise errors.DTypeError(f"check_step: checks a function, not {errors.describe(step)}")
    step = plain(step)
    name = getattr(step, "__name__", type(step).__name__)
    steps = Steps(step, args)
    asked: dict[str, Callable[[Steps], str | None]] = {
        "repeatable": repeatable,
        "gradients start anew": gradients_start_anew,
        "every parameter moves": every_parameter_moves,
        "compiles": compiles,
        "compiled: results": partial(same_results, calls=range(CALLS)),
        "compiled: a smaller batch": smaller_batches,
        "compiled: tensors": same_tensors,
        "compiled: optimizer": same_states,
        "compiled: random numbers": same_random_numbers,
        "memory": memory_does_not_grow,
    }
    promises: dict[str, Promise] = {told: partial(ask, steps) for told, ask in asked.items()}
    compared = [told for told in promises if told.startswith("compiled:")]
    needs = {told: ["repeatable", "compiles"] for told in compared}
    return examined(f"check_step {name}", promises, needs)


def repeatable(steps: Steps) -> str:
    """From the same state, with the same random numbers, the same steps give the same."""
    once, again = steps.eager.numbers(), steps.taken().numbers()
    for kind, arrays in once.items():
        if told := difference(again[kind], arrays, rtol=0.0):
            raise AssertionError(
                f"the same steps from the same state give something else, {kind}: {told}; is a"
                " state kept where it is not found, or are numbers drawn from a source of its own?"
            )
    kinds = [type(thing).__name__ for thing in (*steps.reached.models, *steps.reached.optimizers)]
    return f"{', '.join(kinds)} found" if kinds else ""


def gradients_start_anew(steps: Steps) -> None:
    """What gradients were there before a step makes no difference."""

    def leave_over() -> None:
        rng = np.random.default_rng(0)
        for tensor in steps.reached.parameters.values():
            tensor.grad = wrap(rng.standard_normal(tensor.shape).astype(tensor.dtype))

    def clear() -> None:
        for tensor in steps.reached.parameters.values():
            tensor.grad = None

    once = steps.taken(prepare=clear, calls=[steps.args]).tensors
    again = steps.taken(prepare=leave_over, calls=[steps.args]).tensors
    if told := difference(again, once):
        raise AssertionError(
            f"gradients that were there before a step change what it does: {told}; write"
            " optimizer.zero_grad() before backward()"
        )


def every_parameter_moves(steps: Steps) -> str:
    """Each parameter of the models changes in the steps."""
    before, after = steps.reached.values(), steps.eager.tensors
    still = [name for name in steps.reached.parameters if np.array_equal(before[name], after[name])]
    if not steps.reached.parameters:
        return "none was found"
    if not still:
        return ""
    known = {id(t) for o in steps.reached.optimizers for t in o.params}
    gradients: dict[str, Any] = {}
    optimizing = Optimizing(steps.reached.optimizers)

    def step(*args: Any) -> None:
        with optimizing.watched():
            steps.step(*args)
        gradients.update({n: t.grad for n, t in steps.reached.parameters.items()})

    def clear() -> None:
        for tensor in steps.reached.parameters.values():
            tensor.grad = None

    steps.taken(step, prepare=clear, calls=[steps.args])
    why: dict[str, list[str]] = {}
    for name in still:
        tensor = steps.reached.parameters[name]
        cause = _why(tensor, gradients[name], id(tensor) in known, optimizing.mistake())
        why.setdefault(cause, []).append(name)
    lines = [
        f"{listing(names)} {'does' if len(names) == 1 else 'do'} not move: {cause}"
        for cause, names in why.items()
    ]
    raise AssertionError("\n".join(lines))


def _why(tensor: Tensor, gradient: Any, has_optimizer: bool, mistake: str) -> str:
    """Say of a parameter that does not move what may be the cause."""
    if not has_optimizer:
        cause = "no optimizer has it; make the optimizer when the model is complete"
    elif mistake:
        cause = mistake
    elif gradient is None:
        cause = "it gets no gradient: does the loss depend on it?"
    elif not np.any(gradient.numpy()):
        cause = "its gradient is 0"
    else:
        size = float(np.max(np.abs(gradient.numpy())))
        cause = f"its gradient is up to {size:.2g}, so what is the learning rate?"
    return cause


def compiles(steps: Steps) -> str:
    """Under ``tg.compile`` it runs as a program."""
    said = steps.compiled[1]
    if said and not steps.draws_elsewhere and all("it draws from" in text for text in said):
        raise NotAsked("it names a source of random numbers that it did not draw from in this run")
    if said:
        raise AssertionError("\n".join(said))
    return ""


def same_results(steps: Steps, calls: Any) -> None:
    """The program returns what the step does."""
    for k in calls:
        eager, compiled = steps.eager.results[k], steps.compiled[0].results[k]
        if told := steps.apart(f"call {k + 1}", compiled, eager):
            raise AssertionError(f"in call {k + 1} compile gives something else: {told}")


def smaller_batches(steps: Steps) -> str:
    """Also for a smaller batch, and a whole one after it."""
    if steps.smaller is None:
        raise NotAsked("there is no batch that could be smaller")
    same_results(steps, range(CALLS, len(steps.calls)))
    return ""


def same_tensors(steps: Steps) -> None:
    """The program leaves the tensors as the step does."""
    if told := steps.apart(TENSORS, steps.compiled[0].tensors, steps.eager.tensors):
        raise AssertionError(f"after the steps compile gives something else: {told}")


def same_states(steps: Steps) -> None:
    """The program leaves the optimizers as the step does."""
    found, expected = (taken.numbers()[STATES] for taken in (steps.compiled[0], steps.eager))
    if told := steps.apart(STATES, found, expected):
        raise AssertionError(f"after the steps compile gives something else: {told}")


def same_random_numbers(steps: Steps) -> None:
    """The program draws as many random numbers as the step does."""
    if steps.compiled[0].drawn != steps.eager.drawn:
        raise AssertionError("after the steps the next random numbers are others")


def memory_does_not_grow(steps: Steps) -> None:
    """Steps let go of what they made, without the garbage collector."""
    with steps.reached.unchanged(), seeded(0):
        objects, size = growth(lambda: steps.step(*steps.args))
    if objects:
        raise AssertionError(
            f"each step leaves {objects} objects behind, {size:,} bytes, with the garbage collector"
            " off: does a list keep losses with their graphs? Keep float(loss)"
        )
