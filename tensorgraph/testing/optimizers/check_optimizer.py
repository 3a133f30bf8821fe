"""``check_optimizer``: does a rule do what optimizers promise, and what it claims?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tensorgraph.arguments import one_of
from tensorgraph.engine.arrays import Array
from tensorgraph.testing.optimizers import state_promises, step_promises, training_promises
from tensorgraph.testing.optimizers.claims import CLAIMS
from tensorgraph.testing.optimizers.stepping import leaves, subject_of, values
from tensorgraph.testing.optimizers.textbook import TEXTBOOK
from tensorgraph.testing.promises import Checked, NotAsked, Promise, examined, quietly


def check_optimizer(
    rule: Callable[..., Any],
    *,
    first_step: Callable[[Array, Array], Any] | None = None,
    claims: Sequence[str] = (),
    **settings: Any,
) -> Checked:
    """Ask an optimizer for what optimizers promise; raise one error that tells of all broken.

    It finds the bottom of quadratic bowls; a gradient of 0 is taken, one that is not finite changes
    nothing; parameters move by themselves, those without a gradient not at all; lr=0 moves nothing,
    weight decay shrinks by α·λ·θ; running means that start at 0 are corrected, where a rule takes
    ``betas`` and no ``first_step`` is given; float32 follows float64; a run that is saved, copied
    or pickled goes on exactly; an optimizer begins afresh, keeps memory of its own and not ever
    more of it. Of what is derived from ``tg.optim.Optimizer`` also: the state advances, groups keep
    to their settings, large parameters move as small ones, recorded steps are the same steps, and
    the derivative by ``lr`` is right. Of the package's own, equation and claims are known.

    Args:
        rule: a class, as ``tg.optim.Adam``, or another function that makes an optimizer of a list
            of parameters: something with ``step()``, which reads ``param.grad``.
        first_step: the formula of the first step in NumPy: ``first_step(param, grad)`` returns the
            next parameter.
        claims: what else the rule claims, weight decay apart:
            "scale": gradients that are all larger by one factor make the same steps;
            "sign": each step of an element is as long as the learning rate;
            "linear": the way is linear in the gradients;
            "odd": opposite gradients make opposite steps;
            "shift": where a parameter stands has no influence.
        settings: with which it is made; ``lr=0.1`` if it needs one and none is given.

    Raises:
        CheckError: promises are broken; its ``result`` says which.
        ArgumentError: an unknown claim.
        DTypeError: nothing that makes optimizers.

    Example:
        >>> import tensorgraph as tg
        >>> tg.testing.check_optimizer(tg.optim.Adam, lr=0.01)
        check_optimizer: Adam(lr=0.01): 23 promises kept
          ...
        >>> class Forgetful(tg.optim.SGD):
        ...     def update(self, param, grad, state, t, lr, weight_decay=0.0):
        ...         self.v = 0.9 * getattr(self, "v", 0.0) + grad
        ...         return param - lr * self.v - lr * weight_decay * param, state
        >>> tg.testing.check_optimizer(Forgetful, first_step=lambda w, g: w - 0.1 * g)
        Traceback (most recent call last):
        ...
        tensorgraph.errors.CheckError: check_optimizer: Forgetful(lr=0.1): ...
    """
    claims = [claims] if isinstance(claims, str) else claims
    subject = subject_of(rule, settings)
    subject.make(leaves(values()))  # says which settings make no sense
    book = TEXTBOOK.get(subject.rule)
    promises: dict[str, Promise] = {}
    if first_step is not None:
        promises["first step"] = partial(step_promises.check_first_step, subject, first_step)
    if book is not None:
        promises["equation"] = partial(step_promises.check_equation, subject, book.equation)
        claims = [*claims, *(claim for claim in book.claims if claim not in claims)]
    promises |= {f"claim: {word}": partial(_claim(word), subject) for word in claims}
    if first_step is None and book is None:
        promises["first step"] = _not_compared
        if subject.takes("betas") and subject.takes("lr"):
            first_lengths = partial(training_promises.check_first_lengths, subject)
            promises["bias correction"] = first_lengths
    asked: dict[str, Callable[..., str | None]] = {
        "finite steps": step_promises.check_finite,
        "gradients of 0": step_promises.check_zero_gradient,
        "converges": training_promises.check_converges,
        "begins afresh": state_promises.check_afresh,
        "parameters by themselves": step_promises.check_apart,
        "without a gradient": step_promises.check_untouched,
        "gradients unchanged": step_promises.check_nothing_changed,
        "all or nothing": step_promises.check_not_finite,
        "single precision": step_promises.check_single,
        "copies": state_promises.check_copied,
        "memory": state_promises.check_memory,
    }
    if subject.takes("lr"):
        asked["lr of 0"] = step_promises.check_no_rate
    if subject.takes("weight_decay") and subject.takes("lr"):
        asked["weight decay"] = step_promises.check_decay
    if subject.is_rule or hasattr(subject.rule, "load_state_dict"):
        asked["resumes"] = state_promises.check_resumed
        asked["state of its own"] = state_promises.check_own_memory
    if subject.is_rule:
        asked["state advances"] = state_promises.check_advances
        asked["groups"] = state_promises.check_groups
        asked["large parameters"] = step_promises.check_sizes
        asked["recorded steps"] = training_promises.check_recorded
    if subject.is_rule and subject.takes("lr"):
        asked["derivative by lr"] = training_promises.check_rate_slope
    spared = book.spares if book is not None else ()
    promises |= {
        name: partial(promise, subject) for name, promise in asked.items() if name not in spared
    }
    shown = ", ".join(f"{name}={value!r}" for name, value in subject.settings.items())
    name = getattr(subject.rule, "__name__", type(subject.rule).__name__)
    first = ["finite steps", "begins afresh"]
    promises = {**{name: promises.pop(name) for name in first}, **promises}
    needs = {name: first for name in promises if name not in first}
    needs |= {
        "begins afresh": first[:1],
        "state of its own": [*first, "resumes"],
        "large parameters": [*first, "parameters by themselves"],
    }
    with quietly():
        return examined(f"check_optimizer: {name}({shown})", promises, needs)


def _not_compared() -> None:
    raise NotAsked(
        "so nothing says that the numbers of its steps are right: give the formula of the first"
        " one, first_step=lambda param, grad: …, in NumPy"
    )


def _claim(word: str) -> Callable[..., None]:
    return CLAIMS[one_of(word, "check_optimizer: a claim", CLAIMS)]
