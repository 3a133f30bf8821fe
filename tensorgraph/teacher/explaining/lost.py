"""Why no path leads from a loss to a tensor: where its values leave the graph, or that none do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.autodiff import place_of
from tensorgraph.engine.graph import Node
from tensorgraph.engine.rule import NONDIFF
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.module import Module
from tensorgraph.teacher.explaining.alive import Alive
from tensorgraph.teacher.explaining.explanation import Cause
from tensorgraph.teacher.explaining.losses import Loss
from tensorgraph.teacher.explaining.names import Names, short_line
from tensorgraph.teacher.explaining.run_again import Edge, Rerun, like, rms
from tensorgraph.teacher.explaining.watched_run import Exit


class Search(NamedTuple):
    """What is known where a tensor is sought that no gradient reaches."""

    target: Tensor
    name: str
    rerun: Rerun
    names: Names
    model: Module | None
    alive: Alive
    number: int
    """Which it is of the tensors that are asked about."""
    loss: Loss


def why_lost(s: Search) -> list[Cause]:
    """Return why no gradient flows to a tensor."""
    for look in (_wants_none, _by_use, _exits, _taken_as_values, _by_results):
        found = list(look(s))
        if found:
            return found
    return [_not_used(s)]


def _wants_none(s: Search) -> Iterator[Cause]:
    x = s.target
    if x.requires_grad:
        return
    if x.dtype.kind != "f":
        yield Cause(
            "integers", f"{s.name} is {x.dtype}: only floating-point tensors have gradients",
            f"{s.name}.astype('float32') where it is made, with requires_grad=True",
        )  # fmt: skip
        return
    path = frozen_path(s.model, x)
    if path is not None:
        yield Cause("frozen", "it was frozen by nn.freeze", f"nn.unfreeze(model, {path!r})")
    else:
        yield Cause(
            "frozen", "its requires_grad is False, so that no gradient flows to it",
            "requires_grad=True where it is made",
        )  # fmt: skip


def frozen_path(model: Module | None, x: Tensor) -> str | None:
    """Return the path of a tensor that ``nn.freeze`` froze in a model."""
    if model is None or not any(x is f for m in model.modules() for f in m._frozen):
        return None
    return next(path for path, t in model._tensors() if t is x)


def _by_use(s: Search) -> Iterator[Cause]:
    """Look where an operation takes it that leads to the loss."""
    uses = s.rerun.uses
    stack, seen = [place_of(s.target)], {place_of(s.target)}
    while stack:
        for node, i in uses.get(stack.pop(), ()):
            if node.op.rule_word(i) is NONDIFF:
                yield _cause(
                    s, "no derivative", node,
                    f"its operand {node.op.operand_name(i)!r}, computed from {s.name}, has no"
                    " derivative",
                )  # fmt: skip
            elif i not in dict(node.plan.rules):
                yield _cause(
                    s, "frozen", node,
                    f"{s.name} wanted no gradient when this was computed: requires_grad was set"
                    " only afterwards", "compute the loss again",
                )  # fmt: skip
            elif node not in seen:
                seen.add(node)
                stack.append(node)


_REMEDIES = {
    "no_grad": "the computation outside of tg.no_grad()",
    "no derivative": "an operation with a derivative in its place: a smooth one, or a loss of"
    " probabilities for one of decisions",
    **dict.fromkeys(["read", "constant"], "the tensor itself, in operations of tg"),
}


def _exits(s: Search) -> Iterator[Cause]:
    """Tell of the lines that a run of the function showed."""
    yield from exits(s.target, s.name, s.number, s.loss, _constants(s.rerun))


def exits(
    target: Tensor, name: str, number: int, loss: Loss, constants: list[Any]
) -> Iterator[Cause]:
    """Yield where a tensor's values leave the graph of a loss that a function computed.

    Args:
        target: the tensor.
        name: what it is called.
        number: which it is of those that are asked about.
        loss: the loss.
        constants: arrays that the loss was computed from without a gradient.
    """
    if loss.left is None or loss.tensor is None:
        return
    ends = [loss.tensor._data, *constants]
    found, known = loss.left.exits_of(number, ends, _same_values)
    moved = loss.moved(target) if found else None
    if moved == 0 and not known:
        return
    checked = ""
    if moved:
        checked = f"with other values in {name} the loss differs by {moved:.3g}"
    for e in found[:MOST_EXITS]:
        op = "" if e.kind == "read" else e.op
        text, remedy = _exit_text(name, e), _REMEDIES[e.kind]
        yield Cause(_KINDS[e.kind], text, remedy, checked, op, e.module, short_line(e.line))


def left_out(target: Tensor, number: int, loss: Loss, rerun: Rerun) -> Iterator[Cause]:
    """Yield where a part of a tensor's influence leaves the graph, though it has a gradient.

    Args:
        target: the tensor.
        number: which it is of those that are asked about.
        loss: the loss, which a function computes.
        rerun: its graph.
    """
    if loss.left is None or loss.tensor is None:
        return
    found, known = loss.left.exits_of(number, [loss.tensor._data, *_constants(rerun)], _same_values)
    found = [e for e in found if e.kind != "no derivative"]
    missed = loss.missed([target], rerun) if found else None
    if missed is None:
        return
    checked = (
        f"a small step in it changes the loss by {missed[0]:.3g}, and {missed[1]:.3g} of this is"
        " missing in what was recorded"
    )
    which = "" if known or len(found) == 1 else ", here or at another such line"
    for e in found[:MOST_EXITS]:
        text = f"a part of its influence leaves the graph{which}: {_exit_text('the tensor', e)}"
        remedy = f"{_REMEDIES[e.kind]}; nothing, if no gradient is to flow there"
        op = "" if e.kind == "read" else e.op
        yield Cause("left out", text, remedy, checked, op, e.module, short_line(e.line))


MOST_EXITS = 5
"""So many places where values leave the graph are told."""

_KINDS = {
    "no_grad": "no_grad", "no derivative": "no derivative", "read": "detached",
    "constant": "detached",
}  # fmt: skip


def _exit_text(name: str, e: Exit) -> str:
    if e.kind == "no_grad":
        return f"under tg.no_grad() nothing is recorded, and the values come from {name}"
    if e.kind == "read":
        return f"{e.op} takes only the values of {name}, or of what is computed from it"
    if e.kind == "constant":
        return (
            f"it is given values of {name}, or of what is computed from it, as a constant, by"
            " .detach(), .data or .numpy()"
        )
    dtype = getattr(e.array, "dtype", None)
    made = "" if dtype is None or dtype.kind == "f" else f": it gives {_kind(dtype)}"
    return f"it has no derivative{made}, and is given values of {name}"


def _kind(dtype: Any) -> str:
    return "truth values" if dtype.kind == "b" else f"integers ({dtype})"


def _constants(rerun: Rerun) -> list[Any]:
    found = []
    for node in rerun.nodes:
        rules = dict(node.plan.rules)
        for i, parent in enumerate(node.parents):
            if i not in rules and type(parent) is not Node:
                found.append(rerun.operands[node][i])
    return found


def _taken_as_values(s: Search) -> Iterator[Cause]:
    """Look for an operand that has the values of the tensor, and is another one."""
    yield from _copies(s, s.target._data, s.name, s.name)


def _copies(s: Search, array: Any, called: str, write: str) -> Iterator[Cause]:
    if s.loss.left is not None and s.loss.moved(s.target) == 0:
        return  # what has equal values does not come of it
    for node in s.rerun.nodes:
        for i, parent in enumerate(node.parents):
            own = s.rerun.operands[node][i]
            if type(parent) is Node or parent is s.target or not _same_values(own, array):
                continue
            size = _change(s.rerun, Edge(node, i))
            if not size:
                continue
            kind, text, remedy = _equal(s, parent, own, array, called, write)
            checked = f"other values in this operand change the loss by {size:.3g}"
            yield _cause(s, kind, node, text, remedy, checked)
            return


def _equal(
    s: Search, parent: Any, own: Any, array: Any, called: str, write: str
) -> tuple[str, str, str]:
    """Return what is said of an operand that has the values of a tensor, and is another one."""
    itself = f"{write} itself in its place"
    if type(parent) is Tensor and parent.requires_grad:
        other = s.names.known(parent) or "another tensor"
        return (
            "copy",
            f"{other} is taken here, which has the same values as {called} and gets the gradient;"
            f" {called} is not: one may be a copy of the other, as of copy.deepcopy, or both come"
            " of the same random numbers",
            f"{itself}; or explain {other}",
        )
    if np.shares_memory(np.asarray(to_host(own)), np.asarray(to_host(array))):
        how = ".detach()" if type(parent) is Tensor and parent._data is array else ".numpy(), .data"
        return (
            "detached", f"it takes the values of {called} as a constant, by {how}, not {called}",
            itself,
        )  # fmt: skip
    return (
        "equal values",
        f"a constant is taken here that has the same values as {called}, which leads to no"
        f" operation of this loss; if it was made of {called}, by .numpy(), .data or"
        " tg.tensor(...), no gradient flows through it",
        f"{itself}, if it was",
    )


def _same_values(one: Any, other: Any) -> bool:
    """Return whether two arrays hold the same numbers, and not just the same number."""
    if one is other:
        return True
    one, other = np.asarray(one), np.asarray(other)
    if one.size != other.size or one.size < 2 or {one.dtype.kind, other.dtype.kind} - set("fiub"):
        return False
    a, b = one.ravel(), other.ravel()
    return bool(np.any(a != a[0])) and bool(np.array_equal(a, b))


def _change(rerun: Rerun, edge: Edge) -> float:
    """Return how much the loss changes if an operand has other values."""
    value = np.asarray(to_host(rerun.operands[edge.node][edge.i]))
    if value.dtype.kind != "f":
        return 0.0
    moved = value + like(value, 0.1 * (rms(value) or 1.0))
    return abs(rerun.changed({edge: moved.astype(value.dtype)}).loss - rerun.loss)


def _by_results(s: Search) -> Iterator[Cause]:
    """Look for what is computed from the tensor, and only whose values lead to the loss."""
    derived = set(s.alive.computed_from([place_of(s.target)])) - set(s.rerun.nodes)
    results = [t for t in s.alive.tensors if type(t._node) is Node and t._node in derived]
    results.sort(key=lambda t: t._node.seq, reverse=True)
    for result in results:
        called = s.names.known(result._node) or s.names.place(result._node)
        found = list(_copies(s, result._data, called, called))
        if found:
            cause = found[0]
            yield Cause(
                cause.kind, f"{cause.text}; {called} is computed from {s.name}", cause.remedy,
                cause.checked, cause.op, cause.module, cause.line,
            )  # fmt: skip
            return


def _not_used(s: Search) -> Cause:
    text = (
        "nothing that was recorded leads from it to the loss: it is not used, or its values"
        " leave the graph, by .numpy(), .data, .detach(), tg.no_grad(), argmax, a comparison or as"
        " integers"
    )
    checked, remedy = "", "what computes the loss with it"
    if s.loss.left is not None:
        moved = s.loss.moved(s.target)
        if moved == 0:
            text = "the loss does not depend on it"
            checked = "with other values in it the loss is the same"
    else:
        remedy += (
            "; or, to see every line that reads it,"
            f" tg.explain({s.name if s.name.isidentifier() else 'x'}, lambda: ...) with the"
            " computation of the loss"
        )
    module = _module_of(s.model, s.target)
    if module is not None and not any(_ran_in(node, module) for node in s.rerun.nodes):
        text += (
            f": {type(module).__name__}, which it is of, was not called, or nothing recorded in it"
        )
    result = _newest_result(s)
    if result:
        text += f"; {result} was computed from it, and does not lead to this loss"
    return Cause("not used", text, remedy, checked)


def _newest_result(s: Search) -> str:
    derived = [n for n in s.alive.computed_from([place_of(s.target)]) if n not in s.rerun.values]
    named = [name for n in derived if (name := s.names.known(n))]
    return named[-1] if named else ""


def _module_of(model: Module | None, x: Tensor) -> Module | None:
    if model is None:
        return None
    return next((m for m in model.modules() if any(x is t for t in m._own_tensors())), None)


def _ran_in(node: Node, module: Module) -> bool:
    call = node.call
    while call is not None:
        if call.module() is module:
            return True
        call = call.around
    return False


def _cause(
    s: Search, kind: str, node: Node, text: str, remedy: str = "", checked: str = ""
) -> Cause:
    return Cause(
        kind, text, remedy, checked, node.op.name, s.names.module(node), s.names.line(node)
    )
