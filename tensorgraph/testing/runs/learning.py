"""The promises of a training run."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.errors import listing
from tensorgraph.testing.modules.differences import difference
from tensorgraph.testing.modules.subject import seeded
from tensorgraph.testing.promises import NotAsked
from tensorgraph.testing.runs.training import Training, TrainingFunction, otherwise, state_of
from tensorgraph.train.model_inputs import ModelInputs, inputs_and_target
from tensorgraph.train.overfit import overfit_one_batch
from tensorgraph.train.temporary_training import stepper
from tensorgraph.train.trained import with_loss

BY_HEART = 300
"""Steps in which one batch is to be learnt."""
LEAST_FALL = 0.3
"""A loss that falls by this part, and goes on falling, is on its way."""
SETTLED = 0.02
"""Where the gradient has fallen to this part of what it was, the loss is at its lowest."""
VANISHED = 1e-6
"""A weight's gradient of this part of the largest does not train it."""
LEAST_GAIN = 0.15
"""So much of what was learnt must hold for other examples, against shuffled labels."""
SHUFFLES = 4
"""So many orders of labels say what chance gives."""


def batch_is_learnt_by_heart(training: Training) -> str:
    """One small batch can be learnt by heart."""
    with seeded(training.seed):
        return _learnt_by_heart(training)


def _learnt_by_heart(training: Training) -> str:
    model, optimizer, loss = training.fresh()
    first = _norm(training, model, loss)
    for steps in (BY_HEART // 3, BY_HEART):
        found = overfit_one_batch(model, loss, optimizer, training.batch, steps=steps)
        if found.passed:
            break
    told, _, hints = found.verdict.partition(": ")[2].partition("\n")
    if found.passed:
        return told
    losses = found.losses
    fell = math.isfinite(losses[-1]) and losses[-1] < losses[0] - LEAST_FALL * abs(losses[0])
    if fell and np.mean(losses[-30:]) < np.mean(losses[-130:-100]):
        return f"{told}, still falling"
    if (fell or losses[-1] <= losses[0] <= 0) and _last_norm(training) <= SETTLED * first:
        return f"{told}, where its gradient is 0"
    raise AssertionError(f"{told}\n{hints.strip()}")


def _norm(training: Training, model: Any, loss: Any) -> float:
    """Return the norm of the gradient of the batch's loss."""
    values = _gradient_of_batch(training, model, loss)
    return float(np.linalg.norm([np.linalg.norm(v) for v in values]))


def _gradient_of_batch(training: Training, model: Any, loss: Any) -> list[Array]:
    values, target = inputs_and_target(training.batch)
    for parameter in model.parameters():
        parameter.grad = None
    with_loss(model, loss).train()
    loss(model(*ModelInputs(model, "check_learning").of(values)), target).backward()
    found = [p.grad.numpy().copy() for p in model.parameters() if p.grad is not None]
    for parameter in model.parameters():
        parameter.grad = None
    return found


def _last_norm(training: Training) -> float:
    """Return the norm of the gradient after the batch was learnt."""
    model, optimizer, loss = training.fresh()
    with_loss(model, loss).train()
    step = stepper(ModelInputs(model, "check_learning"), loss, optimizer)
    for _ in range(BY_HEART):
        step(training.batch)
    return _norm(training, model, loss)


def loss_falls(training: Training) -> str:
    """The loss falls in a run."""
    losses = training.run.losses
    bad = next((k for k, loss in enumerate(losses) if not math.isfinite(loss)), None)
    if bad is not None:
        raise AssertionError(
            f"the loss is {losses[bad]} at step {bad + 1}: is the learning rate too high?"
            " tg.debug() shows where it begins"
        )
    part = max(1, len(losses) // 10)
    first, last = float(np.mean(losses[:part])), float(np.mean(losses[-part:]))
    told = f"from {first:.3g} to {last:.3g} in {_duration(training)}"
    if all(
        np.array_equal(tensor.numpy(), training.run.state[path])
        for path, tensor in training.model.named_parameters()
    ):
        raise AssertionError(f"the loss goes {told}, and no parameter moves: is lr 0?")
    if last < first - 1e-3 * abs(first):
        return told
    if last > first * 1.05:
        raise AssertionError(f"the loss rises {told}: is lr too high, or the loss's sign wrong?")
    raise AssertionError(f"the loss goes {told}")


def _duration(training: Training) -> str:
    if isinstance(training, TrainingFunction):
        return "your training"
    return f"{len(training.run.losses)} steps"


def gradients_are_alive(training: Training) -> str:
    """Each parameter gets a gradient, which is finite, not always 0, and does not vanish."""
    looks, where = training.run.gradients, training.where
    lines = []
    sizes: dict[str, float] = {}
    for path in dict(training.model.named_parameters()):
        found = [g for g in (look.get(path) for look in looks) if g is not None]
        if not found:
            lines.append(f"{where[path]} gets none: the loss does not depend on it")
        elif not all(np.isfinite(g).all() for g in found):
            lines.append(f"{where[path]} gets one that is not finite")
        elif not any(g.any() for g in found):
            lines.append(f"{where[path]} gets nothing but zeros, in {len(found)} looks")
        elif found[0].ndim > 1:
            sizes[path] = max(float(np.sqrt(np.mean(g.astype(float) ** 2))) for g in found)
    largest = max(sizes, key=sizes.__getitem__, default="")
    lines += [
        f"that of {where[path]} vanishes: {size:.1e}, where {where[largest]} has"
        f" {sizes[largest]:.1e}; other activations, normalisation or initial weights keep it up"
        for path, size in sizes.items()
        if size < VANISHED * sizes[largest]
    ]
    if lines:
        raise AssertionError("\n".join(lines))
    if not sizes:
        return ""
    least = min(sizes, key=sizes.__getitem__)
    return f"weights' from {sizes[least]:.1e} ({where[least]}) to {sizes[largest]:.1e}"


def every_parameter_moves(training: Training) -> None:
    """Each parameter that gets a gradient is another one after a run."""
    alive = {
        path
        for look in training.run.gradients
        for path, g in look.items()
        if g is not None and g.any()
    }
    still = [
        training.where[path]
        for path, tensor in training.model.named_parameters()
        if path in alive and np.array_equal(tensor.numpy(), training.run.state[path])
    ]
    if still:
        raise AssertionError(
            f"{listing(still)} does not move, though there is a gradient: does the optimizer have"
            " it, and what is its learning rate?"
        )


def same_seed_same_run(training: Training) -> None:
    """The same seed gives the same run, to the bit."""
    again = training.taken()
    if told := difference(again.state, training.run.state, rtol=0.0):
        raise AssertionError(
            f"with the same seed, {_placed(training, told)}: what is drawn from a source without a"
            " seed, or kept from one run to the next?"
        )


def other_data_have_no_influence(training: Training) -> str:
    """Other test data, or none, give the same model."""
    if isinstance(training, TrainingFunction):
        if not training.takes_test:
            raise NotAsked("train is not given test data: write train(model, data, test)")
        once = training.taken().state
        other = state_of(training.trained(training.data, otherwise(training.test)))
        if told := difference(other, once, rtol=0.0):
            raise AssertionError(
                f"with other test data {_placed(training, told)}{_leak(training, other, once)}"
            )
        return ""
    data, held = training.parts
    if held is None:
        raise NotAsked("there are too few examples to hold some out; give test=(x, y)")
    plain, looking = training.taken(data), training.taken(data, looks=True)
    if told := difference(looking.state, plain.state, rtol=0.0):
        raise AssertionError(
            f"where held-out examples are evaluated between the steps, {_placed(training, told)}"
            f"{_leak(training, looking.state, plain.state)}"
        )
    return ""


def _leak(training: Training, found: dict[str, Array], expected: dict[str, Array]) -> str:
    """Say what kind of influence it is: buffers alone change by evaluation in training mode."""
    changed = [p for p in expected if not np.array_equal(found[p], expected[p])]
    buffers = {path for path, _ in training.model.named_buffers()}
    if set(changed) <= buffers:
        return (
            "\nonly buffers change: is the model evaluated in training mode? Write model.eval()"
            " before"
        )
    return (
        "\nare data scaled, or chosen, with the test data among them? Is the model evaluated in"
        " training mode, or does evaluation draw random numbers?"
    )


def it_holds_for_others(training: Training) -> str:
    """What is learnt holds for other examples, better than what is learnt of shuffled labels."""
    if training.parts[1] is None:
        raise NotAsked("there are too few examples to hold some out; give test=(x, y)")
    real = training.learnt()
    part = max(1, len(real.losses) // 10)
    first, last = (float(np.mean(x)) for x in (real.losses[:part], real.losses[-part:]))
    learnt = 1 - last / first if first > 0 else 0.0
    if not learnt >= LEAST_GAIN:
        raise NotAsked("too little was learnt to tell")
    best, chance = min(real.held), math.inf
    told = f"the loss of held-out examples gets down to {best:.3g}"
    for k in range(SHUFFLES):
        chance = min(chance, *training.learnt(k).held)
        if not (chance > 0 and math.isfinite(best)):
            raise NotAsked("the loss is no measure with a lowest value of 0")
        if chance - best < LEAST_GAIN * learnt * chance:
            raise AssertionError(
                f"{told}, and with shuffled labels to {chance:.3g}: do inputs and labels belong"
                " together, or were they shuffled apart?"
            )
    return f"{told}, with shuffled labels to {chance:.3g}"


def gradients_start_anew(training: TrainingFunction) -> None:
    """Gradients that were there before the training make no difference."""
    model = training.trained(training.data, training.test, left_over=True)
    if told := difference(state_of(model), training.run.state, rtol=0.0):
        raise AssertionError(
            f"with gradients left over from before, {_placed(training, told)}; write"
            " optimizer.zero_grad() before backward()"
        )


def _placed(training: Training, told: str) -> str:
    """Return a message about a path with the place in its stead."""
    path, _, rest = told.partition(" ")
    return f"{training.where.get(path, path)} {rest}"


PROMISES: dict[str, Callable[[Training], str | None]] = {
    "a batch by heart": batch_is_learnt_by_heart,
    "the loss falls": loss_falls,
    "gradients are alive": gradients_are_alive,
    "every parameter moves": every_parameter_moves,
    "same seed, same run": same_seed_same_run,
    "test data have no influence": other_data_have_no_influence,
    "it holds for others": it_holds_for_others,
}
"""What is asked of a training run."""
NEEDS = {
    "test data have no influence": ["same seed, same run"],
    "it holds for others": ["the loss falls"],
    "gradients start anew": ["same seed, same run"],
}
