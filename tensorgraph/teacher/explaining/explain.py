"""``tg.explain``: whose gradient is asked about, and of which loss."""

from __future__ import annotations

from collections.abc import Callable
from types import FrameType
from typing import Any, overload

from tensorgraph import errors
from tensorgraph.engine.modes import user_frame
from tensorgraph.engine.nested_containers import flatten, opened
from tensorgraph.engine.tensor import Tensor
from tensorgraph.leads.calls import with_leads
from tensorgraph.nn.module import Module
from tensorgraph.optim.base import Optimizer
from tensorgraph.teacher.explaining.alive import Alive
from tensorgraph.teacher.explaining.explanation import Explanation, Explanations
from tensorgraph.teacher.explaining.history import since
from tensorgraph.teacher.explaining.losses import loss_of
from tensorgraph.teacher.explaining.one_gradient import explained, known_of
from tensorgraph.teacher.explaining.optimized import with_optimizer
from tensorgraph.teacher.explaining.without_loss import by_what_is_there, unrecorded

Given = Tensor | Callable[[], Any]


@overload
def explain(target: Tensor, loss: Given | None = None, *, optimizer: Optimizer | None = None,
            watch: Any = None) -> Explanation: ...  # fmt: skip
@overload
def explain(target: Any, loss: Given | None = None, *, optimizer: Optimizer | None = None,
            watch: Any = None) -> Explanations: ...  # fmt: skip
@with_leads
def explain(
    target: Any, loss: Given | None = None, *, optimizer: Optimizer | None = None, watch: Any = None
) -> Explanation | Explanations:
    """Say why a gradient is missing, zero, tiny, huge or NaN; or that it is healthy.

    The graph is run again from its leaves, so it does not matter whether ``backward()`` has been
    called, nor whether the graph was released. From the tensor the gradient is followed towards the
    loss: what lets nothing through is named with its module, the user's line where that is known,
    and numbers. What is said was computed: that a gradient arrives once it is let through there,
    or that the loss stays the same when the tensor changes. Parameters, gradients, optimizers,
    running averages and random numbers, those of ``np.random`` too, are left as they are; what else
    a function changes, such as a ``np.random.default_rng()`` of its own or a list, is not.

    Args:
        target: a leaf; a result on the way; a module, for all its parameters; or a list or dict of
            tensors.
        loss: the loss as a tensor; or a function without arguments that computes it, such as
            ``lambda: loss(model(x), y)``. The function is run again, and its lines are known: so
            it also tells where values leave the graph, if a change of the tensor changes the loss
            by them; for that it is run with other values too. Without it, the newest loss that was
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
        >>> print(why.summary)
        W1: the gradient is 0 in all 12 elements
        >>> print(why.causes[0].text)
        W2 is 0, and the gradient is multiplied by it; its own gradient is 0 as well, so that it ...
    """
    frame = user_frame()
    model, named = _targets(target)
    tensors = list(named.values())
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise errors.DTypeError(f"explain: optimizer is {errors.describe(optimizer)}")
    alive = Alive()
    asked = loss_of(loss, tensors, alive, frame)
    notes: tuple[str, ...] = ()
    if asked is None:
        each = [by_what_is_there(x, _name(n, x, frame), model, alive) for n, x in named.items()]
    elif asked.root is None:
        each = [
            unrecorded(k, x, _name(n, x, frame), asked) for k, (n, x) in enumerate(named.items())
        ]
    else:
        known = known_of(asked, asked.root, model, alive, _paths(target, model))
        each = [explained(k, x, known) for k, x in enumerate(tensors)]
        notes = tuple(filter(None, [asked.note, asked.changed(known.rerun.loss)]))
    if optimizer is not None:
        each = [with_optimizer(e, x, optimizer, model) for e, x in zip(each, tensors, strict=True)]
    if watch is not None:
        each = [since(e, x, watch) for e, x in zip(each, tensors, strict=True)]
    return each[0].noted(notes) if type(target) is Tensor else Explanations(tuple(each), notes)


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
    keys = _paths(target, None)
    return None, {keys.get(x, f"{k}"): x for k, x in enumerate(tensors)}


def _paths(target: Any, model: Module | None) -> dict[Tensor, str]:
    """Return what tensors are called in a model or a dict."""
    if model is not None:
        return {t: path for path, t in model._tensors()}
    named = target.items() if isinstance(target, dict) else ()
    return {x: str(key) for key, x in named if type(x) is Tensor}


def _holds(target: Any) -> bool:
    return opened(target) is not None


def _name(name: str, x: Tensor, frame: FrameType) -> str:
    """Return what a tensor is called: by its path, its own name, or a variable's."""
    return name if "." in name or (not name.isdigit() and name) else errors.variable(x, frame)
