"""What may go wrong at operations that mix elements: products, sums, and those that move them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tensorgraph.teacher.judging.change import Change
from tensorgraph.teacher.judging.operands import Operands
from tensorgraph.teacher.judging.operations import (
    FLIP,
    GETITEM,
    MATRIX_TRANSPOSE,
    PERMUTE_DIMS,
    RESHAPE,
    ROLL,
)
from tensorgraph.teacher.judging.other_rules import with_saved
from tensorgraph.teacher.judging.passes import At
from tensorgraph.teacher.judging.recording import Edge


class Mixing(Operands):
    """Finds what may be wrong at operations that mix elements."""

    def product(self, edge: Edge) -> Iterator[Change]:
        """Yield what may be wrong at a matrix product."""
        node, i = edge
        k = 1 - i
        other = self.recording.of(node.parents[k])
        right = self.told(node.parents[k])
        grad = self.names.gradient_of(node.parents[i])
        if np.ndim(other) < 2:
            return
        came = self.names.gradient_of(node)
        yield Change(
            "transpose", "other",
            f"a transpose is missing in {grad}: {right} stands where {right}ᵀ is meant",
            with_saved(k, np.swapaxes(other, -1, -2)), 1.1,
        )  # fmt: skip
        if np.ndim(self.recording.operand(edge)) < 2:
            return
        yield Change(
            "transpose", "g",
            f"a transpose is missing or too many in {grad}: {came} stands the other way round",
            lambda at: at.usual(np.swapaxes(at.g, -1, -2)), 1.3,
        )  # fmt: skip
        yield Change(
            "transpose", "order", f"the factors of {grad} stand in the wrong order",
            lambda at: (
                np.matmul(np.swapaxes(other, -1, -2), at.g) if i == 0
                else np.matmul(at.g, np.swapaxes(other, -1, -2))
            ), 1.3,
        )  # fmt: skip
        yield Change(
            "transpose", "result", f"{grad} is transposed",
            lambda at: np.swapaxes(at.usual(), -1, -2), 1.2,
        )  # fmt: skip
        yield Change(
            "product", "elementwise",
            f"an elementwise product stands in {grad} where a matrix product is meant",
            lambda at: at.g * other, 1.3,
        )  # fmt: skip
        for name, value in self.named:
            if value is other or np.ndim(value) != np.ndim(other):
                continue
            told = f"{name} stands in {grad} where {right} is meant"
            yield Change("value", f"another {name}", told, with_saved(k, value), 1.3)
            turned = np.swapaxes(value, -1, -2)
            if turned.shape == np.shape(other) and not np.array_equal(turned, other):
                told = f"{name}ᵀ stands in {grad} where {right} is meant"
                yield Change("value", f"another {name}ᵀ", told, with_saved(k, turned), 1.34)
        for way, name, value in self.near(node, other, np.shape(other)):
            told = f"{name} stands in {grad} where {right} is meant"
            yield Change("value", ("another", way), told, with_saved(k, value), 1.33)

    def convolution(self, edge: Edge) -> Iterator[Change]:
        """Yield what may be wrong at a convolution, or a product by indices."""
        node, i = edge
        grad = self.names.gradient_of(node.parents[i])
        for k, kept in enumerate(node.saved[:-1]):
            if kept is None or np.ndim(kept) < 3:
                continue
            axes = tuple(range(2, np.ndim(kept)))
            told = self.told(node.parents[k])
            yield Change(
                "flip", "saved",
                f"{told} is used the wrong way round along its spatial axes in {grad}"
                " (flipped, or not flipped)",
                with_saved(k, np.flip(kept, axes)), 1.1,
            )  # fmt: skip
            for name, value in self.alike(kept, np.shape(kept)):
                told = f"{name} stands in {grad} where {self.told(node.parents[k])} is meant"
                yield Change("value", "another", told, with_saved(k, value), 1.4)
        if np.ndim(self.recording.operand(edge)) > 2:
            yield Change(
                "flip", "result", f"{grad} is the wrong way round along its spatial axes",
                lambda at: np.flip(at.usual(), tuple(range(2, at.usual().ndim))), 1.2,
            )  # fmt: skip

    def reduction(self, edge: Edge) -> Iterator[Change]:
        """Yield what may be wrong at a sum, a mean, or a maximum."""
        node, _ = edge
        x, grad = self.recording.operand(edge), self.names.gradient_of(node.parents[0])
        axes = node.static.get("axis")
        kept = node.static.get("keepdims", False)

        def spread(at: At) -> Any:
            g = at.g
            if not kept and axes is not None and np.ndim(g) < x.ndim:
                g = np.expand_dims(g, axes)
            return np.broadcast_to(g, x.shape)

        name = node.op.name
        if name in ("max", "min"):
            told = f"the mask of {name} is missing in {grad}: only the {name} gets the gradient"
            yield Change("mask", "spread", told, spread, 1.1)
        elif name in ("mean", "var", "std", "logsumexp", "norm", "prod"):
            told = f"the derivative of {name} is missing in {grad}"
            if name == "mean":
                told = f"the 1 / n of the mean is missing in {grad}"
            yield Change("mean" if name == "mean" else "derivative", "spread", told, spread, 1.1)

    def moved(self, edge: Edge) -> Iterator[Change]:
        """Yield what may be wrong where elements are moved."""
        node, _ = edge
        grad = self.names.gradient_of(node.parents[0])
        shape = node.parents[0].shape
        if node.op is RESHAPE:
            for order, told in (("F", "by columns"), ("T", "transposed first")):
                yield Change(
                    "shape", f"reshape {order}",
                    f"{grad} is brought to its shape {told}: elements stand in the wrong places",
                    (lambda at: at.g.reshape(shape, order="F")) if order == "F"
                    else (lambda at: at.g.T.reshape(shape)), 1.2,
                )  # fmt: skip
        elif node.op in (PERMUTE_DIMS, MATRIX_TRANSPOSE, FLIP, ROLL):
            told = f"{grad} is not put back: {node.op.name} of the forward pass is not undone"
            yield Change("transpose", "skip", told, lambda at: at.g, 1.1)

    def indexed(self, edge: Edge) -> Iterator[Change]:
        """Yield what may be wrong where elements are picked."""
        node, i = edge
        if node.op is not GETITEM or i != 0:
            return
        grad, shape = self.names.gradient_of(node.parents[0]), node.parents[0].shape
        arrays = iter([self.recording.of(p) for p in node.parents[1:]])
        key = tuple(next(arrays) if part == "array" else part for part in node.static["key"])

        def overwritten(at: At) -> Any:
            out = np.zeros(shape)
            out[key] = at.g
            return out

        def once(at: At) -> Any:
            out, count = at.usual(), np.zeros(shape)
            np.add.at(count, key, 1.0)
            return out / np.maximum(count, 1)

        yield Change(
            "overwritten", "last",
            f"{grad} is overwritten where an index occurs more than once; it adds up",
            overwritten, 1.1,
        )  # fmt: skip
        yield Change("mean", "once", f"{grad} is averaged where an index recurs", once, 1.4)
