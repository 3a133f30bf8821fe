"""Reverse-mode differentiation: gradients that leaves gather, and gradients that are returned."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import as_array, placed
from tensorgraph.engine.backward_pass import LeafHooks, run_hooks, sweep, totals_of
from tensorgraph.engine.graph import Node, leading_to, reachable
from tensorgraph.engine.layers import layer_of
from tensorgraph.engine.locks import free, in_forked_child
from tensorgraph.engine.modes import MODE, meet
from tensorgraph.engine.nested_containers import flatten, unflatten
from tensorgraph.engine.tensor import Tensor, array_of, wrap
from tensorgraph.leads.calls import with_leads

Tree = TypeVar("Tree")
"""A tensor, or nested containers of tensors."""

_COMMIT = threading.Lock()
"""Held while gradients are added to leaves, which threads may share."""
in_forked_child(lambda: free(_COMMIT))


@with_leads
def backward(
    output: Tensor,
    gradient: Any = None,
    *,
    retain_graph: bool = False,
    create_graph: bool = False,
) -> None:
    """Add the gradient of ``output`` to ``.grad`` of every leaf it was computed from.

    Either all leaves are updated or, if anything raises, none. The hooks of a leaf run as soon as
    its gradient is complete, before gradients have reached what was computed earlier.

    Args:
        output: a tensor with one element, unless ``gradient`` is given.
        gradient: what to start from, of the output's shape; 1 by default.
        retain_graph: keep the saved arrays, so that this graph can be differentiated again.
        create_graph: make gradients that can be differentiated themselves. A leaf's ``.grad`` then
            refers to a graph that refers to the leaf: prefer :func:`gradients`, which makes no
            such cycle.

    Raises:
        GraphError: the output needs no gradient, is not a scalar, or its graph was released.
        ShapeError: ``gradient`` has another shape than the output.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
        >>> (x * x).sum().backward()
        >>> print(x.grad)
        [2. 4.]
    """
    seed = _seed(output, gradient, create_graph)
    sums: dict[Any, Any] = {place_of(output): seed}
    hooked = LeafHooks(create_graph)
    _, owned = sweep(sums, create_graph, retain_graph or create_graph, hooked=hooked)
    leaves = [place for place in sums if type(place) is Tensor]
    for leaf in leaves:
        if leaf._hooks:
            hooked.run(leaf, sums, owned)
    totals = totals_of(sums, leaves, owned)
    if not create_graph and MODE.get().layer is not None:
        totals = list(map(_without_graph, totals))
    if MODE.get().observer is not None:
        meet(*leaves)
    with _COMMIT:
        for leaf, total in zip(leaves, totals, strict=True):
            leaf._grad = total if leaf._grad is None else _accumulated(leaf._grad, total)


@with_leads
def gradients(
    output: Tensor,
    inputs: Tree,
    grad_output: Any = None,
    create_graph: bool = False,
    retain_graph: bool = False,
) -> Tree:
    """Return the gradients of ``output`` by each of ``inputs``, leaving every ``.grad`` alone.

    Args:
        output: a tensor with one element, unless ``grad_output`` is given.
        inputs: a tensor, or a list, tuple or dict of them: leaves or results on the way.
        grad_output: what to start from, of the output's shape; 1 by default.
        create_graph: return gradients that can be differentiated themselves.
        retain_graph: keep the saved arrays, so that this graph can be differentiated again.

    Returns:
        Tensors in the same structure as ``inputs``; zeros where the output does not depend on one.

    Raises:
        GraphError: as for :func:`backward`, or an input needs no gradient.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor(3.0, requires_grad=True)
        >>> first = tg.gradients(x**2, x, create_graph=True)
        >>> print(first, tg.gradients(first, x))
        6.0 2.0
    """
    targets, structure = flatten(inputs)
    for i, target in enumerate(targets):
        if type(target) is not Tensor or not target._requires_grad:
            raise errors.GraphError(
                f"gradients(): input {i} ({errors.describe(target)}) needs no gradient;"
                " write requires_grad=True where it is made"
            )
    seed = _seed(output, grad_output, create_graph)
    found = differentiate([output], [seed], targets, create_graph, retain_graph or create_graph)
    if not create_graph:
        found = list(map(_without_graph, found))
    hooked = [
        run_hooks(target._hooks, total, create_graph) if target._hooks else total
        for target, total in zip(targets, found, strict=True)
    ]
    found_in: Tree = unflatten(structure, hooked)
    return found_in


def differentiate(
    outputs: Sequence[Tensor],
    seeds: Sequence[Any],
    targets: Sequence[Tensor],
    create_graph: bool,
    retain: bool,
) -> list[Tensor]:
    """Return the gradient of each target, given that of each output (arrays, or tensors)."""
    sums: dict[Any, Any] = {}
    for output, seed in zip(outputs, seeds, strict=True):
        root = place_of(output)
        sums[root] = seed if root not in sums else sums[root] + seed
    places = [place_of(target) for target in targets]
    return gradients_at(places, sums, create_graph, retain)


def gradients_at(
    places: Sequence[Any],
    sums: dict[Any, Any],
    create_graph: bool,
    retain: bool,
    after: int = -1,
) -> list[Tensor]:
    """Return the gradient of each place, a node or leaf, given those of others.

    Nodes up to the creation number ``after`` are taken as given: nothing flows through them.
    """
    roots = [place for place in sums if type(place) is Node]
    useful = leading_to(reachable(roots, after)[0], places)
    sums, owned = sweep(sums, create_graph, retain, useful, frozenset(places), after)
    return totals_of(sums, places, owned)


def _without_graph(x: Tensor) -> Tensor:
    """Return a gradient without a graph, which in a layer its data may be part of."""
    return x if layer_of(x) is None else x.detach()


def place_of(x: Tensor) -> Any:
    """Return where gradients for a tensor gather: its node, or the leaf itself."""
    return x if x._node is None else x._node


def _seed(output: Tensor, gradient: Any, create_graph: bool) -> Any:
    """Return the gradient to start from: an array, or a tensor with ``create_graph``."""
    if type(output) is not Tensor:
        raise errors.DTypeError(
            f"only a tensor can be differentiated, not {errors.describe(output)}"
        )
    if not output._requires_grad:
        if layer_of(output) is not None:
            raise errors.LayerError(
                "in a function under tg.vmap or tg.jvp, tensors from outside are constants, and"
                " backward() gives them no gradient; write tg.grad(f) for a function f that takes"
                " them as its arguments"
            )
        raise errors.GraphError(
            f"{errors.owner(output)} needs no gradient: nothing it was computed from has"
            " requires_grad=True, or it was computed under tg.no_grad(); write requires_grad=True"
            " where a parameter is made, and w.assign(w - …) for w = w - … where it is updated"
        )
    if gradient is None:
        if output.size != 1:
            raise errors.GraphError(
                f"only a scalar has a gradient by itself, {errors.owner(output)} has shape"
                f" {output.shape}; write .sum() or .mean() first, or give the gradient to start"
                " from"
            )
        array = placed(np.ones(output.shape, output.dtype), output._data)
    else:
        array = array_of(gradient, output.dtype)
        if array.shape != output.shape:
            raise errors.ShapeError(
                f"the gradient to start from has shape {array.shape}, the output {output.shape}"
            )
    if not create_graph:
        return array
    if type(gradient) is Tensor and gradient.dtype == output.dtype:
        return gradient
    if type(gradient) is Tensor:
        return gradient.astype(dtype=output.dtype)
    return wrap(array.copy())  # the caller may change its own


def _accumulated(old: Tensor, new: Tensor) -> Tensor:
    if old._requires_grad or new._requires_grad:
        return old + new
    meet(old)
    return wrap(as_array(old._data + new._data))
