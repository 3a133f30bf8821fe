"""Which value a product of matrices ends in: the Z of ``Z = W @ X + b``."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np

from tensorgraph.engine.graph import Node
from tensorgraph.engine.tensor import Tensor
from tensorgraph.ops.arithmetic import add, divide, multiply, negative, subtract

LINEAR = {add.op, subtract.op, negative.op, multiply.op, divide.op}
"""Operations whose result is still the product, scaled or with something added to it."""


class Ends:
    """The values that products end in.

    Args:
        places: what gradients flow to.
        named: the places that have a name.
    """

    def __init__(self, places: Iterable[Any], named: Collection[Any]) -> None:
        self._named = named
        self._takers: dict[Any, list[Node]] = {}
        for node in places:
            for parent in node.parents if type(node) is Node else ():
                if type(parent) is Node:
                    self._takers.setdefault(parent, []).append(node)

    def of(self, product: Node) -> Node:
        """Return the variable that a product ends in; the product itself, if it ends in none.

        What is added to it, what it is divided by and how it is laid out lies on the way.
        """
        place = product
        while place not in self._named:
            takers = self._takers.get(place, ())
            if len(takers) != 1 or not _is_linear(takers[0], place):
                return product
            place = takers[0]
        return place


def _is_linear(node: Node, place: Node) -> bool:
    """Return whether a node hands on a place of its operands, but for numbers and sums."""
    if node.op.family == "shape":
        return True
    if node.op not in LINEAR:
        return False
    others = [p for p in node.parents if p is not place]
    if node.op in (divide.op, multiply.op):
        numbers = all(type(p) not in (Node, Tensor) and np.ndim(p) == 0 for p in others)
        return numbers and (node.op is multiply.op or node.parents[0] is place)
    return True
