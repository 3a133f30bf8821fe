"""Nodes, names and constants of the graph that is being made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import PurePath
from typing import Any

import numpy as np

from tensorgraph.extras import require
from tensorgraph.onnx.exporting.graph_reading import Place
from tensorgraph.onnx.exporting.program import Banded, Counting, Formula, Repeated, Value
from tensorgraph.onnx.exporting.sizes import AnySize, Size, monomials

FURTHEST = np.iinfo(np.int64).max
"""Where a slice ends that goes to the end of an axis."""


class Emitter:
    """Makes the nodes of a graph. Tensors are told by their names.

    Args:
        opset: the version of the operators.
        axes: for each named size an input and its axis.
    """

    def __init__(self, opset: int, axes: dict[str, tuple[str, int]]) -> None:
        self.onnx = require("onnx", "onnx")
        self.opset, self.axes, self._named = opset, dict(axes), list(axes)
        self.nodes: list[Any] = []
        self.initializers: dict[str, Any] = {}
        self.place = Place()
        self.label = ""
        """The operation that nodes are being made for."""
        self.siblings: dict[Value, list[str]] = {}
        """All results of the node of a value, where it has several."""
        self._names: dict[str, int] = {}
        self._known: dict[Value, str] = {}
        self._casts: dict[tuple[str, str], str] = {}
        self._constants: dict[Any, str] = {}
        self._sizes: dict[Any, str] = {}
        self._renamed: dict[str, str] = {}

    # -------------------------------------------------------------------------------------- names

    def name(self, wanted: str) -> str:
        """Return a name that nothing else has."""
        count = self._names.get(wanted, 0)
        self._names[wanted] = count + 1
        return wanted if not count else self.name(f"{wanted}_{count}")

    def _path(self, kind: str) -> str:
        """Return what a node is called: the module's path, and the operation."""
        path, _, _ = self.place.scope.rpartition(" ")
        path = re.sub(r"^model\.?", "", path)
        path = re.sub(r"\[['\"]?([^]'\"]*)['\"]?\]", r".\1", path).lstrip(".")
        parts = [path, "gradient" * self.place.of_gradient, self.label or kind]
        return "/".join(part for part in parts if part)

    # -------------------------------------------------------------------------------------- nodes

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one result; return the name of that."""
        return self.several(kind, 1, *inputs, **attributes)[0]

    def several(self, kind: str, count: int, *inputs: str, **attributes: Any) -> list[str]:
        """Add a node with some results; return their names."""
        name = self.name(self._path(kind))
        outputs = [name, *(self.name(f"{name}:{i}") for i in range(1, count))]
        given = {k: v for k, v in attributes.items() if v is not None}
        node = self.onnx.helper.make_node(kind, inputs, outputs, name=name, **given)
        if self.place.line:
            node.doc_string = PurePath(self.place.line).name
        self.nodes.append(node)
        return outputs

    def put(self, value: Value, name: str) -> None:
        """Say what the tensor of a value is called."""
        self._known[value] = name

    def output(self, name: str, tensor: str) -> None:
        """Let a tensor be the output of a name that was kept for it."""
        made = any(tensor in node.output for node in self.nodes)
        if not made or tensor in self._renamed:
            self.nodes.append(self.onnx.helper.make_node("Identity", [tensor], [name], name=name))
        else:
            self._renamed[tensor] = name

    def named_nodes(self) -> list[Any]:
        """Return the nodes, operands first, with the names of the outputs."""
        for node in self.nodes:
            for names in (node.input, node.output):
                for i, name in enumerate(names):
                    names[i] = self._renamed.get(name, name)
        return self.nodes

    def type_of(self, dtype: Any) -> int:
        """Return ONNX's number for a dtype."""
        return int(self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def cast(self, name: str, dtype: Any) -> str:
        """Return a tensor in another dtype."""
        key = name, np.dtype(dtype).str
        if key not in self._casts:
            self._casts[key] = self.node("Cast", name, to=self.type_of(dtype))
        return self._casts[key]

    def get(self, value: Value, dtype: Any = None) -> str:
        """Return the tensor of a value, in a dtype if one is wanted."""
        wanted = value.dtype if dtype is None else np.dtype(dtype)
        if value in self._known:
            name = self._known[value]
            return name if wanted == value.dtype else self.cast(name, wanted)
        constant = value.constant
        if isinstance(constant, (Formula, Repeated, Counting, Banded)):
            return self._sized(constant, wanted)
        array = np.asarray(constant)
        with np.errstate(over="ignore"):
            return self.constant(array.astype(wanted))

    # ---------------------------------------------------------------------------------- constants

    def constant(self, array: Any) -> str:
        """Return a constant tensor; those that are alike are one."""
        array = np.asarray(array)
        key = array.dtype.str, array.shape, blake2b(np.ascontiguousarray(array).data).digest()
        if key not in self._constants:
            name = self._constants[key] = self.name("constant")
            self.add_initializer(name, array)
        return self._constants[key]

    def add_initializer(self, name: str, array: Any) -> None:
        """Add an array that the file holds."""
        self.initializers[name] = np.ascontiguousarray(array).reshape(np.shape(array))

    def number(self, value: Any, dtype: Any) -> str:
        """Return a constant tensor without axes."""
        return self.constant(np.asarray(value, dtype))

    def ints(self, values: Sequence[AnySize]) -> str:
        """Return a tensor of whole numbers, some of which may be sizes."""
        if not any(isinstance(v, Size) for v in values):
            return self.constant(np.array(values, np.int64).reshape(len(values)))
        parts = [self.size(v) if isinstance(v, Size) else self.ints([v]) for v in values]
        return parts[0] if len(parts) == 1 else self.node("Concat", *parts, axis=0)

    # -------------------------------------------------------------------------------------- sizes

    def size(self, size: AnySize) -> str:
        """Return a tensor with a size as its only element."""
        if not isinstance(size, Size):
            return self.ints([size])
        if size not in self._sizes:
            terms = []
            for names, factor in size.terms.items():
                term = self._product(names)
                if not names:
                    term = self.ints([factor])
                elif factor != 1:
                    term = self.node("Mul", term, self.ints([factor]))
                terms.append(term)
            total = terms[0]
            for term in terms[1:]:
                total = self.node("Add", total, term)
            self._sizes[size] = total
        return self._sizes[size]

    def _product(self, names: Sequence[str]) -> str:
        product = ""
        for name in names:
            if name not in self.axes:
                raise NotImplementedError("what it makes has a size that only that can tell")
            if name not in self._sizes:
                source, axis = self.axes[name]
                self._sizes[name] = self.node("Shape", source, start=axis, end=axis + 1)
            product = self.node("Mul", product, self._sizes[name]) if product else self._sizes[name]
        return product

    def _sized(self, constant: Formula | Repeated | Counting | Banded, dtype: Any) -> str:
        if isinstance(constant, Formula):
            return self._formula(constant, dtype)
        if isinstance(constant, Counting):
            numbers = self.counting(constant.start, constant.step, constant.size, constant.shape)
            return numbers if dtype == np.int64 else self.cast(numbers, dtype)
        if isinstance(constant, Banded):
            return self.banded(constant, dtype)
        if isinstance(constant.element, Formula):
            element = self._formula(constant.element, dtype)
        else:
            element = self.constant(constant.element.astype(dtype))
        return self.node("Expand", element, self.ints(constant.shape))

    def banded(self, constant: Banded, dtype: Any) -> str:
        """Return a matrix that is told by its diagonal."""
        if np.dtype(dtype).kind == "b":  # which onnxruntime does not choose from
            return self.cast(self.banded(constant, np.int32), dtype)
        *lead, rows, columns = constant.shape
        down = self.counting(constant.offset, 1, rows, (*lead, rows, 1))
        along = self.counting(0, 1, columns, (columns,))
        below, on, above = (self.number(n, dtype) for n in constant.numbers)
        right = self.node("Where", self.node("Greater", along, down), above, on)
        return self.node("Where", self.node("Less", along, down), below, right)

    def counting(self, start: AnySize, step: int, count: AnySize, shape: Sequence[AnySize]) -> str:
        """Return so many whole numbers from ``start`` on, in a shape."""
        if not (isinstance(start, Size) or isinstance(count, Size)):
            numbers = np.asarray(start) + step * np.arange(count)
            return self.constant(numbers.reshape(shape).astype(np.int64))
        stop = self.scalar(start + count * step)
        return self.reshape(
            self.node("Range", self.scalar(start), stop, self.number(step, np.int64)), shape
        )

    def _formula(self, formula: Formula, dtype: Any) -> str:
        total = ""
        products = monomials(self._named)
        for names, factor in zip(products, formula.coefficients, strict=True):
            if factor == 0:
                continue
            term = self.number(factor, np.float64)
            if names:
                product = self.cast(self.reshape(self._product(names), ()), np.float64)
                term = product if factor == 1 else self.node("Mul", product, term)
            total = self.node("Add", total, term) if total else term
        total = self.node("Sqrt", total) if formula.root else total
        total = self.node("Div", self.number(1, np.float64), total) if formula.inverse else total
        return total if np.dtype(dtype) == np.float64 else self.cast(total, dtype)

    def scalar(self, size: AnySize) -> str:
        """Return a size as a tensor without axes."""
        if not isinstance(size, Size):
            return self.number(size, np.int64)
        return self.reshape(self.size(size), ())

    # ------------------------------------------------------------------------- what many forms use

    def reshape(self, x: str, shape: Sequence[AnySize]) -> str:
        """Return a tensor in another shape."""
        sizes = [isinstance(n, Size) for n in shape]
        if sum(sizes) == 1 and 0 not in shape:
            shape = [-1 if isinstance(n, Size) else n for n in shape]
        return self.node("Reshape", x, self.ints(shape), allowzero=1 if 0 in shape else None)

    def transpose(self, x: str, axes: Sequence[int]) -> str:
        """Return a tensor with its axes in another order."""
        return x if list(axes) == list(range(len(axes))) else self.node("Transpose", x, perm=axes)

    def unsqueeze(self, x: str, axes: Sequence[int]) -> str:
        """Return a tensor with new axes of length 1."""
        return self.node("Unsqueeze", x, self.ints(axes)) if axes else x

    def squeeze(self, x: str, axes: Sequence[int]) -> str:
        """Return a tensor without some axes of length 1."""
        return self.node("Squeeze", x, self.ints(axes)) if axes else x

    def scattered(self, start: str, places: str, x: str, dtype: Any, reduction: str) -> str:
        """Return a tensor with others added at places, or compared; half precision in single."""
        if np.dtype(dtype) != np.float16:
            return self.node("ScatterND", start, places, x, reduction=reduction)
        wide = np.float32
        start, x = self.cast(start, wide), self.cast(x, wide)
        return self.cast(self.node("ScatterND", start, places, x, reduction=reduction), dtype)

    def zeros(self, shape: Sequence[AnySize], dtype: Any, value: Any = 0) -> str:
        """Return a tensor of one number throughout."""
        if not any(isinstance(n, Size) for n in shape):
            element = self.number(value, dtype)
            return self.node("Expand", element, self.ints(shape)) if shape else element
        return self.node("Expand", self.number(value, dtype), self.ints(shape))
