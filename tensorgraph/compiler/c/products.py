"""The C of matrix products: small ones as loops, others by the BLAS that NumPy itself uses."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgraph.compiler.c.loop_functions import Function
from tensorgraph.compiler.c_functions import ALIGNED, TYPES
from tensorgraph.compiler.loops.statements import Product, Stored

SMALL = 20_000
"""Multiplications up to which a call of BLAS costs more than it saves."""
IN_ORDER = 4096
"""Elements of a transposed operand that are brought in order first."""
ROWS = 4
"""Rows of the result that are made together: each element of y is loaded once for them."""

BLAS = """
typedef void (*sgemm_t)(int, int, int, @, @, @, float, const float *, @, const float *, @, float,
  float *, @);
typedef void (*dgemm_t)(int, int, int, @, @, @, double, const double *, @, const double *, @,
  double, double *, @);
"""
"""The types of BLAS's functions; ``@`` is its integer."""


ROW_MAJOR, AS_IT_IS, TURNED = 101, 111, 112
"""BLAS's words for the order of its matrices' elements, and for whether one is transposed."""


def multiplying(dtype: np.dtype[Any]) -> str:
    """Return the name of BLAS's function for matrices of a dtype."""
    return "sgemm" if dtype == np.float32 else "dgemm"


def product_of(s: Product, blas: bool) -> Function:
    """Return the function that makes a product.

    Args:
        s: the product.
        blas: whether BLAS may be called, by the names ``sgemm`` and ``dgemm``.
    """
    m, n = s.out.shape[-2:]
    k = s.x.shape[-1]
    kind = TYPES[s.out.dtype.name]
    head = f"const {kind} *restrict x, const {kind} *restrict y, {kind} *restrict out"
    x, y = "x", "y"
    lines = []
    for d, length in enumerate(s.out.shape[:-2]):
        lines.append("  " * (d + 1) + f"for (int64_t i{d} = 0; i{d} < {length}; i{d}++)")
        x += f" + i{d} * {s.x.strides[d]}"
        y += f" + i{d} * {s.y.strides[d]}"
    out = "out" + "".join(
        f" + i{d} * {int(np.prod(s.out.shape[d + 1 :]))}" for d in range(len(s.out.shape) - 2)
    )
    small = m * n * k <= SMALL or not blas
    lines.append("  {")
    at, size = (x, y, out), (m, n, k)
    lines += _loops(s, kind, at, size) if small else _called(s, at, size)
    lines.append("  }")
    text = f"static void @({head}) {{\n" + "\n".join(lines) + "\n}"
    return Function(text, [s.x.buffer, s.y.buffer, s.out], [s.x.offset, s.y.offset, 0])


def _called(s: Product, at: tuple[str, ...], size: tuple[int, ...]) -> list[str]:
    """Return a call of BLAS."""
    m, n, k = size
    x, y, out = at
    rows, columns = _layout(s.x, m, k), _layout(s.y, k, n)
    return [
        f"  {multiplying(s.out.dtype)}({ROW_MAJOR}, {rows[0]}, {columns[0]}, {m}, {n}, {k}, 1,"
        f" {x}, {rows[1]}, {y}, {columns[1]}, 0, {out}, {n});"
    ]


def _layout(v: Stored, rows: int, columns: int) -> tuple[int, int]:
    """Return BLAS's word for a matrix's order, and how far its rows or columns are apart."""
    a, b = v.strides[-2:]
    if (b == 1 or columns == 1) and (a >= columns or rows == 1):
        return AS_IT_IS, max(a, columns)
    return TURNED, max(b, rows)


def _loops(s: Product, kind: str, at: tuple[str, ...], size: tuple[int, ...]) -> list[str]:
    """Return loops that make some rows of the result together, kept in registers."""
    m, n, k = size
    x, y, out = at
    (xa, xb), (ya, yb) = s.x.strides[-2:], s.y.strides[-2:]
    lines = [f"  const {kind} *X = {x}, *Y = {y};", f"  {kind} *Z = {out};"]
    element = f"Y[p * {ya} + j * {yb}]"
    if yb != 1 and n > 1 and m >= ROWS and k * n <= IN_ORDER:
        lines += [
            f"  {kind} T[{max(k * n, 1)}] {ALIGNED};",
            f"  for (int p = 0; p < {k}; p++) for (int j = 0; j < {n}; j++)"
            f" T[p * {n} + j] = {element};",
        ]
        element = f"T[p * {n} + j]"
    whole = m // ROWS * ROWS
    for step, low, high in ((ROWS, 0, whole), (1, whole, m)):
        if low < high:
            lines += _rows(kind, element, (xa, xb), (n, k), (step, low, high))
    return lines


def _rows(
    kind: str, element: str, x: tuple[int, int], size: tuple[int, int], rows: tuple[int, ...]
) -> list[str]:
    n, k = size
    step, low, high = rows
    each = range(step)
    return [
        f"  for (int i = {low}; i < {high}; i += {step}) {{",
        *(f"    {kind} r{q}[{n}] {ALIGNED};" for q in each),
        *(f"    for (int j = 0; j < {n}; j++) r{q}[j] = 0;" for q in each),
        f"    for (int p = 0; p < {k}; p++) {{",
        *(f"      const {kind} x{q} = X[(i + {q}) * {x[0]} + p * {x[1]}];" for q in each),
        f"      for (int j = 0; j < {n}; j++) {{",
        f"        const {kind} v = {element};",
        "        " + " ".join(f"r{q}[j] += x{q} * v;" for q in each),
        "      }",
        "    }",
        *(f"    for (int j = 0; j < {n}; j++) Z[(i + {q}) * {n} + j] = r{q}[j];" for q in each),
        "  }",
    ]
