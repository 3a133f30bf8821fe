"""Reverse-mode differentiation: one loop over the recorded nodes, newest first.

The loop owns what is common to all gradient rules: a gradient is summed to the shape of an operand
that was broadcast, comes in the operand's dtype, and adds up where a value was used twice. With
``create_graph`` the same rules run on tensors instead of arrays, so that gradients have gradients.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Container, Sequence
from heapq import heapify, heappop, heappush
from time import perf_counter
from typing import Any

import numpy as np

from tensorgraph import errors
from tensorgraph.engine.arrays import as_array, copied
from tensorgraph.engine.float_warnings import quiet
from tensorgraph.engine.graph import Node, leading_to, reachable
from tensorgraph.engine.modes import MODE, Backward, Observer, enable_grad, meet, mode
from tensorgraph.engine.nested_containers import flatten, unflatten
from tensorgraph.engine.op import REGISTRY
from tensorgraph.engine.shapes import sum_to
from tensorgraph.engine.tensor import Retained, Tensor, array_of, tensor, wrap

_COMMIT = threading.Lock()
"""Held while gradients are added to leaves, which threads may share."""


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
    hooked = _LeafHooks(create_graph)
    _, owned = sweep(sums, create_graph, retain_graph or create_graph, hooked=hooked)
    leaves = [place for place in sums if type(place) is Tensor]
    for leaf in leaves:
        if leaf._hooks:
            hooked.run(leaf, sums, owned)
    totals = _totals(sums, leaves, owned)
    if MODE.get().observer is not None:
        meet(*leaves)
    with _COMMIT:
        for leaf, total in zip(leaves, totals, strict=True):
            leaf._grad = total if leaf._grad is None else _accumulated(leaf._grad, total)


def gradients(
    output: Tensor,
    inputs: Any,
    grad_output: Any = None,
    create_graph: bool = False,
    retain_graph: bool = False,
) -> Any:
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
    hooked = [
        _run_hooks(target._hooks, total, create_graph) if target._hooks else total
        for target, total in zip(targets, found, strict=True)
    ]
    return unflatten(structure, hooked)


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
    return _totals(sums, places, owned)


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
        raise errors.GraphError(
            f"{errors.owner(output)} needs no gradient: nothing it was computed from has"
            " requires_grad=True, or it was computed under tg.no_grad(); write requires_grad=True"
            " where a parameter is made"
        )
    if gradient is None:
        if output.size != 1:
            raise errors.GraphError(
                f"only a scalar has a gradient by itself, {errors.owner(output)} has shape"
                f" {output.shape}; write .sum() or .mean() first, or give the gradient to start"
                " from"
            )
        array = np.ones(output.shape, output.dtype, like=output._data)
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


@quiet
def sweep(
    sums: dict[Any, Any],
    create_graph: bool,
    retain: bool,
    useful: Container[Any] | None = None,
    targets: Container[Any] = (),
    after: int = -1,
    hooked: _LeafHooks | None = None,
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
    node: Any = None
    gradient: Any = None
    try:
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
                g = _run_hooks(hooks, wrap_gradient(g), create_graph)
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
                if add_into is not None and parent in owned and type(sums[parent]) is np.ndarray:
                    if observer is not None:
                        _observed(observer, rule, g, saved, node, i)
                    add_into(sums[parent], g, *saved[1:-1], **node.static)
                    if hooked is not None and type(parent) is Tensor and parent._hooks:
                        hooked.arrived(parent, node, queue, sums, owned)
                    continue
                if observer is None:
                    gradient = rule(g, saved, node, i)
                else:
                    gradient = _observed(observer, rule, g, saved, node, i)
                if type(gradient) is Tensor and not create_graph:  # the rule holds a tensor
                    gradient = gradient._data
                is_leaf = type(parent) is Tensor
                like = parent._data if is_leaf else parent
                if gradient.shape != like.shape or gradient.dtype is not like.dtype:
                    gradient = _fitted(gradient, node, i)
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
                elif parent in owned and type(total) is np.ndarray:
                    np.add(total, gradient, out=total)
                else:
                    sums[parent] = total + gradient
                    owned.add(parent)
                if is_leaf and hooked is not None and parent._hooks:
                    hooked.arrived(parent, node, queue, sums, owned)
    except Exception as error:
        if isinstance(error, AttributeError) and not hasattr(gradient, "dtype"):
            raise errors.DTypeError(
                f"{node.op.name}: its gradient rule for {node.op.input_key(i)!r} returned"
                f" {type(gradient).__name__}, not an array or tensor; build it from g"
            ) from error
        if node is not None:
            error.add_note(f"in the backward pass of {node}")
        raise
    return sums, owned


class _LeafHooks:
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
            (total,) = _totals(sums, [leaf], owned)
            sums[leaf] = _run_hooks(leaf._hooks, total, self._create_graph)


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
    inside = observer if node.op.name == "checkpoint" else None
    with mode(observer=inside):
        start = perf_counter()
        gradient = rule(g, saved, node, i)
        if gradient.shape != node.parents[i].shape:
            gradient = _fitted(gradient, node, i)
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


def _totals(sums: dict[Any, Any], targets: Sequence[Any], owned: set[Any]) -> list[Tensor]:
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


def _accumulated(old: Tensor, new: Tensor) -> Tensor:
    if old._requires_grad or new._requires_grad:
        return old + new
    meet(old)
    return wrap(as_array(old._data + new._data))


def _run_hooks(hooks: Sequence[Callable[[Tensor], Any]], g: Tensor, create_graph: bool) -> Tensor:
    """Return what hooks make of a gradient; without ``create_graph`` it has no graph."""
    for hook in hooks:
        result = hook(g)
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


def _fitted(gradient: Any, node: Node, i: int) -> Any:
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


def _released(node: Node) -> errors.GraphError:
    where = f", recorded at {node.line}" if node.line else ""
    return errors.GraphError(
        f"this graph was differentiated before (or a pass through it failed on the way), and what"
        f" {node.op.name!r}{where} saved was released; write retain_graph=True in the first call,"
        " or compute the output again"
    )
