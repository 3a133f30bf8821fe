"""Which place of a graph a name means: ``dW2``, ``db1``, ``grad_Z``, ``layers.0.weight``."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from itertools import count
from typing import Any

import numpy as np

from tensorgraph.engine.graph import Node, ancestors
from tensorgraph.engine.tensor import Tensor
from tensorgraph.formulas.naming.caller_variables import Scope
from tensorgraph.formulas.targets import places_in
from tensorgraph.formulas.writing.formula import key_text
from tensorgraph.teacher.judging.operations import (
    ADD,
    CONV,
    DIVIDE,
    EINSUM,
    GETITEM,
    MATMUL,
    MATRIX_TRANSPOSE,
    MULTIPLY,
    NEGATIVE,
    PERMUTE_DIMS,
)
from tensorgraph.teacher.judging.recording import Recording

_BEFORE = re.compile(
    r"^(?:d(?:J|L|C|E|loss|cost)_?/?_?d_?|∂(?:J|L)/∂|∂|grads?_(?:of_)?|gradient_|g_|d_?|δ|Δ|delta_?)"
)
_AFTER = re.compile(r"(?:\.grad|_?grad(?:ient)?|_bar)$")
_GREEK = {"γ": "gamma", "β": "beta", "λ": "lambd", "θ": "theta", "μ": "mu", "σ": "sigma"}


SIGNS = {"add": "+", "subtract": "−", "multiply": "·", "divide": "/", "matmul": "@"}
"""How operators are written."""


class Names:
    """What the places of a graph are called, by the caller's variables and as the course does.

    Args:
        root: the last node of the graph that was given.
        recording: the same recorded again.
        scope: the caller's variables.
    """

    def __init__(self, root: Node, recording: Recording, scope: Scope) -> None:
        self.recording, self.scope = recording, scope
        every = places_in(root)
        scope.heed(every)
        self.called: dict[Any, str] = {}
        """The name of each place that was recorded again."""
        self.functions: dict[Node, tuple[str, Any]] = {}
        """What is a known function of another place, though made of several operations."""
        self._by_name: dict[str, list[Any]] = {}
        self._shifted: dict[str, tuple[str]] = {}
        for old in every:
            new = recording.place.get(old)
            name = scope.of_place(old) or (old.name if type(old) is Tensor else None)
            if new is not None and name:
                self._call(new, name)
                own = getattr(old, "name", None) if type(old) is Tensor else None
                for other in (own, scope._own.get(name), _last(name)):
                    if other:
                        self._by_name.setdefault(other, []).append(new)
        for place, name in recording.inputs.items():
            self._call(place, name)
        self._layers()

    def _call(self, place: Any, name: str) -> None:
        self.called.setdefault(place, name)
        places = self._by_name.setdefault(name, [])
        if place not in places:
            places.append(place)

    def of(self, place: Any) -> str:
        """Return what a place is called; of one without a name, what it computes."""
        if type(place) in (Node, Tensor) and place in self.called:
            return self.called[place]
        return self._expression(place, 2)

    def named(self, place: Any, n: int) -> str:
        """Return what a place is called, and call it so if it has no name yet."""
        if place not in self.called:
            self._call(place, f"parameter {n}")
        return self.called[place]

    def _expression(self, place: Any, depth: int) -> str:
        if type(place) in (Node, Tensor) and place in self.called:
            return self.called[place]
        if type(place) is not Node:
            value = self.recording.of(place)
            return f"{float(value):.6g}" if np.ndim(value) == 0 else self.constant(value)
        known = self.functions.get(place)
        if known is not None:
            name, x = known
            return f"{name}({self._expression(x, depth - 1) if depth else '…'})"
        parts = [self._expression(p, depth - 1) if depth else "…" for p in place.parents]
        if place.op.name in SIGNS and len(parts) == 2:
            if place.op is not ADD:
                parts = list(map(bracketed, parts))
            return f" {SIGNS[place.op.name]} ".join(parts) if depth else "…"
        if place.op is NEGATIVE:
            return f"−{bracketed(parts[0])}"
        if place.op in (PERMUTE_DIMS, MATRIX_TRANSPOSE):
            return f"{bracketed(parts[0])}ᵀ"
        if place.op is GETITEM:
            return f"{bracketed(parts[0])}[{key_text(place.static['key'])}]"
        return f"{place.op.name}({', '.join(parts[:3])})"

    def constant(self, value: Any) -> str:
        """Return what the caller calls a constant array."""
        for each in self.scope._arrays:
            array = each.value
            if array.shape == np.shape(value) and np.array_equal(array, value):
                return str(each.name)
            if array.shape[::-1] == np.shape(value) and np.array_equal(array.T, value):
                return f"{each.name}ᵀ"
        return "a constant"

    def gradient_of(self, place: Any) -> str:
        """Return what a place's gradient is called: ``dZ1``."""
        if type(place) is not Node or place in self.called:
            name = self.of(place)
            plain = name.replace("_", "").replace(".", "").isalnum()
            return f"d{name}" if plain else f"the gradient of {name}"
        if place.op in (PERMUTE_DIMS, MATRIX_TRANSPOSE):
            return f"{self.gradient_of(place.parents[0])}ᵀ"
        after = place
        passed_on = True
        for _ in range(4):
            taker = self._only_taker(after)
            if taker is None:
                break
            passed_on = passed_on and taker.op is ADD and taker.shape == place.shape
            after = taker
            if after in self.called and after is not self.recording.root:
                told = self.of(after)
                return f"d{told}" if passed_on else f"the gradient before {told}"
        return f"the gradient of {self.of(place)}"

    def find(self, key: str) -> list[Any]:
        """Return the places that a name may mean, the likeliest first.

        Example:
            >>> import tensorgraph as tg
            >>> from tensorgraph.teacher.judging.recording import record
            >>> w = tg.tensor([1.0, 2.0], requires_grad=True, name="w")
            >>> loss = (w * w).sum()
            >>> names = Names(loss.node, record(loss), Scope(None))
            >>> [p.shape for p in names.find("grad_w")], names.find("dv")
            ([(2,)], [])
        """
        for name in (*self._shifted.get(key, ()), *readings(key)):
            found = self._by_name.get(name)
            if found:
                return list(dict.fromkeys(found))
        for name in readings(key):  # a path from somewhere within
            ends = [n for n in self._by_name if n.endswith(f".{name}")]
            if len(ends) == 1:
                return self._by_name[ends[0]][:1]
        lower: dict[str, list[Any]] = {}
        for name, places in self._by_name.items():
            lower.setdefault(name.lower().replace("_", ""), []).extend(places)
        for name in readings(key):
            found = lower.get(name.lower().replace("_", ""))
            if found and len(set(found)) == 1:
                return found[:1]
        return []

    def number_from_one(self, keys: Iterable[str]) -> None:
        """Take dW1, dW2, … for the elements 0, 1, … of a list of parameters, if all fit so."""
        numbered = defaultdict[str, list[int]](list)
        for key in keys:
            found = re.fullmatch(r"(.*?\D)(\d+)", key)
            if found and found[2] == str(int(found[2])):
                numbered[found[1]].append(int(found[2]))
        for stem, numbers in numbered.items():
            n = len(numbers)
            for name in readings(stem):
                lists = [s for s in (name, f"{name}s") if f"{s}0" in self._by_name]
                lists = [s for s in lists if self._length(s) == n]
                if lists and sorted(numbers) == list(range(1, n + 1)):
                    self._shifted |= {f"{stem}{k}": (f"{lists[0]}{k - 1}",) for k in numbers}
                    break

    def _length(self, stem: str) -> int:
        """Return how many elements of a list of that name are in the graph, from the first on."""
        return next(n for n in count() if f"{stem}{n}" not in self._by_name)

    def meant(self, key: str, others: Sequence[str]) -> str:
        """Return how a key that means nothing here may have been meant to be spelt; "" for none.

        Args:
            key: as it was written.
            others: the keys that stand beside it, of which it is none.
        """
        bare = {name: f"d{name}" if key.startswith("d") else name for name in self._by_name}
        near = get_close_matches(key, [n for n in bare.values() if n not in others], 1, 0.7)
        return near[0] if near else ""

    def known(self) -> list[str]:
        """Return all names that gradients may be given under."""
        return list(self._by_name)

    # ------------------------------------------------------------------- layers without names

    def _layers(self) -> None:
        """Call what layers made Z and A, by the number of their weights, where nothing does."""
        products = [n for n in ancestors([self.recording.root]) if self._weight(n) is not None]
        uses = Counter(self._weight(n) for n in products)
        products = [n for n in products if uses[self._weight(n)] == 1]  # in loops, Z is many
        for nth, node in enumerate(products, 1):
            number = _number(self.called.get(self._weight(node), ""))
            number = number or (str(nth) if len(products) > 1 else "")
            z = self._biased(node)
            self._mean(f"W{number}", self._weight(node))
            self._mean(f"b{number}", self._bias_in(z))
            self._name(f"Z{number}", [z])
            self._name(f"A{number}", self._activated(z))

    def _name(self, name: str, places: Sequence[Any]) -> None:
        """Give a name to the last of places, and let it mean the others too."""
        if not places:
            return
        taken = self._by_name.get(name)
        if taken and not set(taken) & set(places):
            return  # it is something else
        if places[-1] is not self.recording.root:
            self.called.setdefault(places[-1], name)
        known = self._by_name.setdefault(name, [])
        known += [p for p in reversed(places) if p not in known]

    def _mean(self, name: str, leaf: Any) -> None:
        """Let a name mean a parameter if it means nothing yet: W1 the first layer's weight."""
        if leaf is not None:
            self._by_name.setdefault(name, [leaf])

    def _bias_in(self, z: Node) -> Any:
        """Return the bias that is the last thing added."""
        for parent in z.parents if z.op is ADD else ():
            while type(parent) is Node and parent.op.family == "shape":
                parent = parent.parents[0]
            if type(parent) is Tensor and parent in self.recording.takers:
                return parent
        return None

    def _weight(self, node: Node) -> Any:
        """Return the parameter that a layer's product multiplies something with."""
        if node.op.letter != "Z" and node.op not in (CONV, MATMUL, EINSUM):
            return None
        for parent in node.parents:
            while type(parent) is Node and parent.op.family == "shape":
                parent = parent.parents[0]
            if type(parent) is Tensor and parent in self.recording.takers and parent.ndim > 1:
                return parent
        return None

    def _biased(self, product: Node) -> Node:
        place = product
        while True:
            taker = self._only_taker(place)
            if taker is None or place in self.called:
                return place
            others = [p for p in taker.parents if p is not place]
            reshaped = taker.op.family == "shape" and product.op is CONV
            if not (taker.op is ADD and others and self._is_bias(others[0])):
                if not reshaped:
                    return place
            place = taker

    def _is_bias(self, place: Any) -> bool:
        while type(place) is Node and place.op.family == "shape":
            place = place.parents[0]
        return type(place) is Tensor

    def _activated(self, z: Node) -> list[Any]:
        """Return what an activation made of Z, and that with a mask upon it."""
        takers = {edge[0] for edge in self.recording.takers.get(z, ())}
        alike = [t for t in takers if t.shape == z.shape and (t.op.letter == "A" or _unary(t))]
        if len(alike) != 1:
            return []
        found: list[Any] = [alike[0]]
        while True:
            taker = self._only_taker(found[-1])
            if taker is None or not _with_constant(taker):
                return found
            found.append(taker)

    def _only_taker(self, place: Any) -> Node | None:
        edges = self.recording.takers.get(place, ())
        return edges[0][0] if len(edges) == 1 else None


def bracketed(text: str) -> str:
    """Return an expression as it stands beside others, in brackets if it is made of parts."""
    depth = 0
    for letter in text:
        depth += (letter in "([") - (letter in ")]")
        if letter == " " and not depth:
            return f"({text})"
    return text


def _unary(node: Node) -> bool:
    return node.op.family == "elementwise" and len(node.parents) == 1 and node.op is not NEGATIVE


def _with_constant(node: Node) -> bool:
    """Return whether a node multiplies by a mask, or divides by a number, as dropout does."""
    if node.op not in (MULTIPLY, DIVIDE):
        return False
    return sum(type(p) is Node or hasattr(p, "_requires_grad") for p in node.parents) == 1


def _number(name: str) -> str:
    found = re.search(r"\d+$", name)
    return found.group() if found else ""


def _last(name: str) -> str:
    """Return what the last brackets of ``params['W1']`` hold."""
    found = re.search(r"\[['\"]?(\w+)['\"]?\]$", name)
    return found.group(1) if found else ""


def readings(key: str) -> Iterable[str]:
    """Return the names that a key may stand for: ``dW1`` for W1, or for itself."""
    key = key.strip()
    found = [key]
    numbered = re.fullmatch(r"(?:δ|delta)_?(\d+)", key)
    if numbered:
        found.append(f"Z{numbered.group(1)}")
    bare = _AFTER.sub("", key)
    for each in (bare, key):
        short = _BEFORE.sub("", each, count=1)
        if short and short != each:
            found.append(short)
        if each.startswith("d") and len(each) > 1:
            found.append(each[1:].lstrip("_"))
    found.append(bare)
    turned = [_translated(name) for name in found]
    return dict.fromkeys([*found, *turned])


def _translated(name: str) -> str:
    for letter, word in _GREEK.items():
        name = name.replace(letter, word)
    return name
