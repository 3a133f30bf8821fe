"""Taking operations apart that have no form, until all that is left have one.

In this order: its definition in ``definitions.py``; what its record says it consists of (the
lowering, which keeps the digits as the kernel does, or the body); and of an elementwise operation
what its kernel does with expressions in the place of arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from tensorgraph.engine.op import REGISTRY, Op
from tensorgraph.onnx.exporting import idioms
from tensorgraph.onnx.exporting.definitions import DEFINITIONS
from tensorgraph.onnx.exporting.forms import FORMS
from tensorgraph.onnx.exporting.forms.form import Form
from tensorgraph.onnx.exporting.forms.sequences import FORMS as SEQUENCES
from tensorgraph.onnx.exporting.graph_reading import Place
from tensorgraph.ops.arithmetic import astype
from tensorgraph.symbolic.expr import Expr, constant, in_order, lift, remade


class Lowering:
    """Expressions in operations that have a form, and what was found to have none.

    Args:
        places: where expressions are computed; those of what they are taken apart into are added.
        known: what stands for some expressions.
    """

    def __init__(self, places: dict[Expr, Place], known: Mapping[Expr, Expr]) -> None:
        self.places = places
        self.without_form: dict[Expr, str] = {}
        """What has no form, with the reason if there is one."""
        self._done: dict[Expr, Expr] = dict(known)

    def lowered(self, roots: Sequence[Expr]) -> list[Expr]:
        """Return expressions of the same values."""
        written = {}
        for e, new in idioms.idiomatic(roots):
            written[e] = new
            self.places.setdefault(new, self.places.get(e, Place()))
        for e in in_order([written[root] for root in roots]):
            if e not in self._done:
                self._done[e] = self._one(e, [self._done[x] for x in e.args])
        return [self._done[written[root]] for root in roots]

    def _one(self, e: Expr, args: list[Expr]) -> Expr:
        new = remade(e, args)
        place = self.places.get(e, Place())
        if new.op is None:
            return new
        if new.size == 0:  # runtimes are not at ease with what has no elements
            return constant(np.empty(new.shape, new.dtype))
        self.places.setdefault(new, place)
        if has_form(new.op) and form_of(new.op).fits(new):
            return new
        opened = self._opened(new)
        if opened is None:
            return new
        done = {x: x for x in args}
        known = frozenset(args)
        inside = in_order([opened], lambda x: () if x in known else x.args)
        for x in inside:
            if x not in done:
                self.places.setdefault(x, place)
                done[x] = self._one(x, [done[y] for y in x.args])
        result = done[opened]
        self.places[result] = self.places.get(result, place)
        return result

    def _opened(self, e: Expr) -> Expr | None:
        """Return what an operation consists of; ``None`` where that cannot be told."""
        assert e.op is not None
        definition = definition_of(e.op)
        if definition is None:
            self.without_form[e] = ""
            return None
        try:
            found = lift(definition(*e.args, **e.static))
        except Exception as error:  # a user's own kernel may raise anything
            self.without_form[e] = str(error)
            return None
        if found is e or any(x is e for x in in_order([found])):
            self.without_form[e] = ""
            return None
        if found.shape != e.shape:
            self.without_form[e] = f"what it consists of has shape {found.shape}, not {e.shape}"
            return None
        if found.dtype != e.dtype or (found.weak and not e.weak):
            found = lift(astype(found, dtype=e.dtype))
        return found


_ALL = {**FORMS, **idioms.FORMS, **SEQUENCES}


def has_form(op: Op) -> bool:
    """Return whether an operation may be written as nodes."""
    return op in _ALL


def form_of(op: Op) -> Form:
    """Return how an operation is written as nodes."""
    return _ALL[op]


@cache
def definition_of(op: Op) -> Callable[..., Any] | None:
    """Return a function that computes what an operation does in others, if there is one."""
    if REGISTRY.get(op.name) is op and op.name in DEFINITIONS:
        return DEFINITIONS[op.name]
    if op.lowering is not None or op.body is not None:
        return op.lowering or op.body
    return op.kernel if op.family == "elementwise" else None
