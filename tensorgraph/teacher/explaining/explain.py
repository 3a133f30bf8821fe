"""``tg.explain``: whose gradient is asked about, and of which loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any, overload

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.graph import Node
from tensorgraph.engine.modes import user_frame
from tensorgraph.engine.nested_containers import flatten
from tensorgraph.engine.tensor import Tensor
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.module import Module
from tensorgraph.optim.base import Optimizer
from tensorgraph.teacher.explaining.alive import Alive, losses_held
from tensorgraph.teacher.explaining.explanation import Explanation, Explanations
from tensorgraph.teacher.explaining.history import since
from tensorgraph.teacher.explaining.lost import Moved
from tensorgraph.teacher.explaining.names import Names
from tensorgraph.teacher.explaining.one_gradient import Known, explained
from tensorgraph.teacher.explaining.optimized import with_optimizer
from tensorgraph.teacher.explaining.run_again import Rerun, like, rms
from tensorgraph.teacher.explaining.watched_run import run, value_with
from tensorgraph.teacher.explaining.without_loss import by_what_is_there

Loss = Tensor | Callable[[], Any]


@overload
def explain(target: Tensor, loss: Loss | None = None, *, optimizer: Optimizer | None = None,
            watch: Any = None) -> Explanation: ...  # fmt: skip
@overload
def explain(target: Any, loss: Loss | None = None, *, optimizer: Optimizer | None = None,
            watch: Any = None) -> Explanations: ...  # fmt: skip
@with_leads
def explain(
    target: Any, loss: Loss | None = None, *, optimizer: Optimizer | None = None, watch: Any = None
) -> Explanation | Explanations:
    """Say why a gradient is missing, zero, tiny, huge or NaN; or that it is healthy.

    The graph is run again from its leaves, so it does not matter whether ``backward()`` has been
    called, nor whether the graph was released. From the tensor the gradient is followed towards the
    loss: what lets nothing through is named with its module, the user's line where that is known,
    and numbers. What is said was computed: that a gradient arrives once it is let through there,
    or that the loss stays the same when the tensor changes. Parameters, gradients, running averages
    and random numbers are left as they are.

    Args:
        target: a leaf; a result on the way; a module, for all its parameters; or a list or dict of
            tensors.
        loss: the loss as a tensor; or a function without arguments that computes it, such as
            ``lambda: loss(model(x), y)``. The function is run once more, and its lines are known:
            so it also tells where values leave the graph. Without it, the newest loss that was
            computed from the target and is still there is found.
        optimizer: says whether it has the parameter.
        watch: an ``nn.Watch`` over the model: tells since which step units have no gradient.

    Returns:
        For a tensor its explanation; for others one for each tensor, with each cause told once.

    Raises:
        DTypeError: the target holds no tensor; or the loss is none.
        ShapeError: the loss is not a single number.
        GraphError: a graph that cannot be run again.

    Example:
        >>> import numpy as np
        >>> import tensorgraph as tg
        >>> W1, W2 = (tg.zeros(shape) for shape in [(3, 4), (4, 1)])
        >>> W1.requires_grad = W2.requires_grad = True
        >>> x = tg.tensor(np.random.default_rng(0).normal(size=(5, 3)), dtype="float32")
        >>> loss = ((tg.tanh(x @ W1) @ W2 - 1) ** 2).mean()
        >>> loss.backward()
        >>> why = tg.explain(W1, loss)
        >>> why.verdict, why.causes[0].kind
        ('zero', 'zero weights')
        >>> print(why)
        W1: the gradient is 0 in all 12 elements
        matmul: W2 is 0, and the gradient is multiplied by it
        ...
    """
    frame = user_frame()
    model, named = _targets(target)
    tensors = list(named.values())
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise errors.DTypeError(f"explain: optimizer is {errors.describe(optimizer)}")
    alive = Alive()
    left, frames = None, [frame]
    moved: Callable[[Tensor], Moved] = lambda x: lambda: None  # noqa: E731
    if loss is not None and type(loss) is not Tensor and callable(loss):
        compute = loss
        loss, left, inner = run(compute, tensors)
        frames = [*inner, frame]
        moved = lambda x: lambda: _moved(compute, x)  # noqa: E731
    if loss is None:
        root, note = _found_loss(model, tensors, alive, frame)
    else:
        root, note = _root(loss, tensors), ""
    if root is None:
        each = [by_what_is_there(x, n or _name(x, frame), model, alive) for n, x in named.items()]
        return _given_back(target, each, (), optimizer, tensors, watch, model)
    rerun = Rerun(root)
    found = rerun.backward()
    names = Names(frames, rerun.nodes, model)
    known = Known(
        rerun, found, names, model, alive, left, moved,
        max((s for _, g in found.leaves() if np.isfinite(s := rms(g))), default=0.0),
    )  # fmt: skip
    each = [explained(k, x, known) for k, x in enumerate(tensors)]
    notes = [note] if note else []
    notes += _stale(rerun, loss)
    return _given_back(target, each, tuple(notes), optimizer, tensors, watch, model)


def _given_back(
    target: Any, each: Sequence[Explanation], notes: tuple[str, ...], optimizer: Optimizer | None,
    tensors: list[Tensor], watch: Any, model: Module | None,
) -> Explanation | Explanations:  # fmt: skip
    if optimizer is not None:
        each = [with_optimizer(e, x, optimizer, model) for e, x in zip(each, tensors, strict=True)]
    if watch is not None:
        each = [since(e, x, watch) for e, x in zip(each, tensors, strict=True)]
    if type(target) is Tensor:
        (one,) = each
        return one.noted(notes)
    return Explanations(tuple(each), notes)


def _targets(target: Any) -> tuple[Module | None, dict[str, Tensor]]:
    """Return the tensors that are asked about, by name where they have one in the target."""
    if isinstance(target, Module):
        frozen = frozenset[Tensor]().union(*(m._frozen for m in target.modules()))
        return target, {p: t for p, t in target._tensors() if t.requires_grad or t in frozen}
    if type(target) is Tensor:
        return None, {"": target}
    tensors = [x for x in flatten(target)[0] if type(x) is Tensor] if _holds(target) else []
    if not tensors:
        raise errors.DTypeError(
            "explain: whose gradient? give a tensor, a module, or a list or dict of tensors, not"
            f" {errors.describe(target)}"
        )
    return None, {f"{k}": x for k, x in enumerate(tensors)}


def _holds(target: Any) -> bool:
    return isinstance(target, (list, tuple, dict))


def _root(loss: Any, targets: list[Tensor]) -> Node | None:
    """Return the node of a loss.

    Raises:
        DTypeError: it is no tensor.
        ShapeError: it is not a single number.
    """
    if type(loss) is not Tensor:
        raise errors.DTypeError(
            f"explain: the loss is a tensor, or a function that returns it, not"
            f" {errors.describe(loss)}"
        )
    if loss.size != 1:
        raise errors.ShapeError(
            f"explain: a loss is a single number, this tensor has shape {loss.shape}; write .mean()"
            " or .sum(), as for backward()"
        )
    to_host(loss._data)
    return loss.node


def _found_loss(
    model: Module | None, targets: list[Tensor], alive: Alive, frame: FrameType
) -> tuple[Node | None, str]:
    """Return the newest loss that is there, and say which it is."""
    found = alive.losses(map(place_of, targets))
    held = {place_of(x): x for x in losses_held(frame)}
    root = next((node for node in found if node in held), None) or next(iter(found), None)
    if root is not None or not held:
        return root, ""
    node, x = next(iter(held.items()))
    called = errors.variable(x, frame)
    return (
        node,
        f"no loss was given, and none was computed from it: this is of {called}, the newest",
    )


def _name(x: Tensor, frame: FrameType) -> str:
    return errors.variable(x, frame)


def _stale(rerun: Rerun, loss: Any) -> list[str]:
    """Say if a graph computes something else now than it did."""
    before = float(np.asarray(to_host(loss._data)).item()) if type(loss) is Tensor else None
    if before is None or np.isclose(before, rerun.loss, rtol=1e-4, atol=1e-6, equal_nan=True):
        return []
    return [
        f"parameters have changed since this loss was computed: it was {before:.6g} and would be"
        f" {rerun.loss:.6g} now, which is what is explained; call explain before optimizer.step()"
        " for the gradient as it was"
    ]


def _moved(compute: Callable[[], Any], x: Tensor) -> float | None:
    """Return how much the loss that a function computes changes with a parameter."""
    if x.node is not None or x.dtype.kind != "f":
        return None
    array = np.asarray(to_host(x._data))
    step = like(array, 0.3 * (rms(array) or 1.0))
    return abs(
        value_with(compute, x, (array + step).astype(array.dtype)) - value_with(compute, x, array)
    )
