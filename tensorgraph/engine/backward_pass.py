"""The backward pass: one loop over the recorded nodes, newest first.

The loop owns what is common to all gradient rules: a gradient is summed to the shape of an operand
that was broadcast, comes in the operand's dtype, and adds up where a value was used twice. With
``create_graph`` the same rules run on tensors instead of arrays, so that gradients have gradients.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Sequence
from heapq import heapify, heappop, heappush
from time import perf_counter
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import as_array, copied
from tensorgraph.engine.float_warnings import as_around, quiet
from tensorgraph.engine.graph import Node, reachable
from tensorgraph.engine.layers import layer_of
from tensorgraph.engine.modes import MODE, enable_grad, mode
from tensorgraph.engine.observers import Backward, Observer
from tensorgraph.engine.op import REGISTRY
from tensorgraph.engine.shapes import sum_to
from tensorgraph.engine.tensor import Retained, Tensor, tensor, wrap


@quiet
def sweep(
    sums: dict[Any, Any],
    create_graph: bool,
    retain: bool,
    useful: Container[Any] | None = None,
    targets: Container[Any] = (),
    after: int = -1,
    hooked: LeafHooks | None = None,
) -> tuple[dict[Any, Any], set[Any]]:
    """Carry gradients from outputs to leaves, through one node after the other, newest first.

    Args:
        sums: the gradients to start from by place, a node or a leaf; taken over.
        create_graph: whether gradients are tensors with a graph of their own, or plain arrays.
        retain: whether nodes keep what they saved.
        useful: the places that lead to a target; ``None`` for all.
        targets: nodes whose gradient is wanted; that of others is dropped once it is passed on.
        after: nodes up to this creation number only gather their gradient.
        hooked: is told of each gradient that arrives at a leaf with hooks.

    Returns:
        The total gradients of leaves and targets by place, and the places whose array nobody else
        refers to.
    """
    if create_graph and not MODE.get().recording:
        with enable_grad():
            return sweep(sums, create_graph, retain, useful, targets, after, hooked)
    queue = [(-place.seq, place) for place in sums if type(place) is Node]
    heapify(queue)
    owned: set[Any] = set()
    observer = MODE.get().observer
    if observer is not None and any(layer_of(g) is not None for g in sums.values()):
        observer = None  # what is computed in a layer is seen where that computes it
    while queue:
        _, node = heappop(queue)
        g = sums[node] if targets and node in targets else sums.pop(node)
        saved = node.saved
        if saved is None:
            raise _released(node)
        if not retain:
            node.saved = None
        if node.hooks:
            # Gradients that are asked for leave every `.grad` alone, retained ones too.
            hooks = [h for h in node.hooks if useful is None or type(h) is not Retained]
            g = run_hooks(hooks, wrap_gradient(g), create_graph)
            g = g if create_graph else g._data
            if node in targets:
                sums[node] = g
        if create_graph:
            saved = _lifted(node, saved)
        parents, add_into = node.parents, node.op.add_into
        for i, rule in node.plan.rules:
            parent = parents[i]
            if useful is not None and parent not in useful:
                continue
            is_leaf = type(parent) is Tensor
            gradient = g  # until the rule has returned another
            try:
                if (
                    add_into is not None
                    and parent in owned
                    and _are_arrays(sums[parent], g, *saved[1:-1])
                ):
                    if observer is not None:
                        _observed(observer, rule, g, saved, node, i)
                    add_into(sums[parent], g, *saved[1:-1], **node.static)
                else:
                    if observer is None:
                        gradient = rule(g, saved, node, i)
                    else:
                        gradient = _observed(observer, rule, g, saved, node, i)
                    if type(gradient) is Tensor and not create_graph:  # the rule holds a tensor
                        gradient = gradient._data
                    like = parent._data if is_leaf else parent
                    if gradient.shape != like.shape or gradient.dtype is not like.dtype:
                        gradient = fitted(gradient, node, i)
                    total = sums.get(parent)
                    if total is None:
                        sums[parent] = gradient
                        if is_leaf:
                            if _is_fresh(gradient, node, g, saved):
                                owned.add(parent)
                        elif parent.seq > after:
                            heappush(queue, (-parent.seq, parent))
                    elif create_graph:
                        sums[parent] = total + gradient
                    elif parent in owned and type(total) is type(gradient) is np.ndarray:
                        np.add(total, gradient, out=total)
                    else:
                        sums[parent] = total + gradient
                        owned.add(parent)
            except Exception as error:
                if isinstance(error, AttributeError) and not hasattr(gradient, "dtype"):
                    raise _no_array(gradient, node, i) from error
                error.add_note(f"in the backward pass of {node}")
                raise
            if is_leaf and hooked is not None and parent._hooks:
                hooked.arrived(parent, node, queue, sums, owned)
    return sums, owned


def _are_arrays(*values: Any) -> bool:
    """Return whether nothing of what is added into is symbolic, or elsewhere than in memory."""
    return all(type(value) is np.ndarray for value in values)


class LeafHooks:
    """Runs the hooks of each leaf as soon as its gradient is complete."""

    def __init__(self, create_graph: bool) -> None:
        self._create_graph = create_graph
        self._awaited: Counter[Tensor] | None = None
        self._done: set[Tensor] = set()

    def arrived(
        self,
        leaf: Tensor,
        node: Node,
        queue: list[tuple[int, Node]],
        sums: dict[Any, Any],
        owned: set[Any],
    ) -> None:
        """Take note of a gradient that a node has passed to a leaf with hooks."""
        if self._awaited is None:  # of graphs without hooks nothing is counted
            self._awaited = _uses([node, *(waiting for _, waiting in queue)])
        self._awaited[leaf] -= 1
        if not self._awaited[leaf]:
            self.run(leaf, sums, owned)

    def run(self, leaf: Tensor, sums: dict[Any, Any], owned: set[Any]) -> None:
        """Put what a leaf's hooks make of its gradient in the place of that, once."""
        if leaf not in self._done:
            self._done.add(leaf)
            (total,) = totals_of(sums, [leaf], owned)
            sums[leaf] = run_hooks(leaf._hooks, total, self._create_graph)


def _uses(nodes: Sequence[Node]) -> Counter[Tensor]:
    """Return how many gradients each leaf with hooks gets from nodes and what leads to them."""
    return Counter(
        node.parents[i]
        for node in reachable(nodes)[0]
        for i, _ in node.plan.rules
        if type(node.parents[i]) is Tensor and node.parents[i]._hooks
    )


def _observed(
    observer: Observer, rule: Callable[..., Any], g: Any, saved: Sequence[Any], node: Node, i: int
) -> Any:
    """Run a rule, and show what it was given and made to the observer."""
    # The ops in a rule are the rule's affair; those that a checkpoint computes again are not.
    inside = observer if node.op.recomputes else None
    with mode(observer=inside):
        start = perf_counter()
        gradient = rule(g, saved, node, i)
        if not hasattr(gradient, "dtype"):
            raise _no_array(gradient, node, i)
        if gradient.shape != node.parents[i].shape:
            gradient = fitted(gradient, node, i)
        seconds = perf_counter() - start
    observer.backward(Backward(node, i, g, saved, gradient, seconds))
    return gradient


def _is_fresh(gradient: Any, node: Node, g: Any, saved: Sequence[Any]) -> bool:
    """Return whether a rule made a new array, rather than passing one on or viewing one."""
    if type(gradient) is not np.ndarray or gradient.base is not None or gradient is g:
        return False
    for kept in saved:  # a generator would take longer than all else here
        if gradient is kept:
            return False
    # The rule of a user's own op may return an array that it keeps.
    return REGISTRY.get(node.op.name) is node.op


def totals_of(sums: dict[Any, Any], targets: Sequence[Any], owned: set[Any]) -> list[Tensor]:
    """Return each target's gradient as a tensor that shares no memory with any other."""
    totals = []
    given: set[int] = set()
    for target in targets:
        total = sums.get(target)
        if total is None:
            like = target._data if type(target) is Tensor else None
            totals.append(wrap(np.zeros(target.shape, target.dtype, like=like)))
        elif type(total) is Tensor:
            totals.append(total if id(total) not in given else +total)
        else:
            mine = target in owned and id(total) not in given and type(total) is np.ndarray
            totals.append(wrap(total if mine else copied(total)))
        given.add(id(total))
    return totals


def wrap_gradient(g: Any) -> Tensor:
    """Return a gradient, array or tensor, as a tensor."""
    return g if type(g) is Tensor else wrap(as_array(g))


def run_hooks(hooks: Sequence[Callable[[Tensor], Any]], g: Tensor, create_graph: bool) -> Tensor:
    """Return what hooks make of a gradient; without ``create_graph`` it has no graph."""
    for hook in hooks:
        result = as_around(hook, g)
        if result is not None:
            if type(result) is not Tensor:
                result = tensor(result, dtype=g.dtype)
            if result.shape != g.shape:
                raise errors.ShapeError(
                    f"a gradient hook returned shape {result.shape}, the gradient has {g.shape}"
                )
            g = result if result.dtype == g.dtype else result.astype(dtype=g.dtype)
    return g if create_graph else g.detach()


def _lifted(node: Node, saved: Sequence[Any]) -> list[Any]:
    """Return what a node saved as tensors that are connected to the graph."""
    lifted: list[Any] = []
    for i, value in enumerate(saved):
        if value is None:
            lifted.append(None)
        elif i == len(node.parents):
            lifted.append(wrap(as_array(value), node, True))
        else:
            parent = node.parents[i]
            if type(parent) is Node:
                lifted.append(wrap(as_array(value), parent, True))
            elif type(parent) is Tensor and parent._data is not value:
                # The leaf was given another value since.
                lifted.append(wrap(as_array(value), parent, parent._requires_grad))
            else:
                lifted.append(parent)
    return lifted


def fitted(gradient: Any, node: Node, i: int) -> Any:
    """Return a rule's gradient in its operand's shape and dtype."""
    parent = node.parents[i]
    if gradient.shape != parent.shape:
        lead = len(gradient.shape) - len(parent.shape)
        fits = 0 <= lead <= max(len(node.shape) - len(parent.shape), 0) and all(
            n in (1, m) for n, m in zip(parent.shape, gradient.shape[lead:], strict=True)
        )
        if not fits:
            raise errors.ShapeError(
                f"{node.op.name}: its gradient rule for {node.op.input_key(i)!r} returned shape"
                f" {gradient.shape}, which does not sum to the operand's shape {parent.shape}"
            )
        gradient = sum_to(gradient, parent.shape)
    if gradient.dtype != parent.dtype:
        gradient = gradient.astype(dtype=parent.dtype)
    return gradient


def _no_array(gradient: Any, node: Node, i: int) -> errors.DTypeError:
    return errors.DTypeError(
        f"{node.op.name}: its gradient rule for {node.op.input_key(i)!r} returned"
        f" {type(gradient).__name__}, not an array or tensor; build it from g"
    )


def _released(node: Node) -> errors.GraphError:
    where = f", recorded at {node.line}" if node.line else ""
    return errors.GraphError(
        f"this graph was differentiated before (or a pass through it failed on the way), and what"
        f" {node.op.name!r}{where} saved was released; write retain_graph=True in the first call,"
        " or compute the output again"
    )
