"""The C of convolutions: windows laid out as a matrix some rows at a time, and BLAS's product."""

from __future__ import annotations

import math

from tensorgraph.compiler.c.loop_functions import Function
from tensorgraph.compiler.c_functions import TYPES
from tensorgraph.compiler.loops.statements import Convolution


def convolution_of(s: Convolution) -> Function:
    """Return the function that makes one of three arrays out of the other two."""
    kind = TYPES[s.x.dtype.name]
    height, run = s.y.shape[2], math.prod(s.y.shape[3:]) * s.y.shape[0]
    multiply = f"    {'sgemm' if kind == 'float' else 'dgemm'}(101, "
    own, inner = s.w.shape[0] // s.groups, s.w.shape[1] * math.prod(s.w.shape[2:])
    weights = f"w + g * {own * inner}, {inner}"
    windows = f"t + g * {inner} * width, width"
    result = f"y + g * {own * height * run} + b * {run}, {height * run}"
    groups = f"    for (int64_t g = 0; g < {s.groups}; g++)"
    if s.made is s.y:
        product = f"111, 111, {own}, width, {inner}, 1, {weights}, {windows}, 0, {result});"
        steps = [*_moved(s, "q[n] = z[n];"), groups, multiply + product]
    elif s.made is s.w:
        product = f"111, 112, {own}, {inner}, width, 1, {result}, {windows}, b > 0, {weights});"
        steps = [*_moved(s, "q[n] = z[n];"), groups, multiply + product]
    else:
        product = f"112, 111, {inner}, width, {own}, 1, {weights}, {result}, 0, {windows});"
        steps = [groups, multiply + product, *_moved(s, "z[n] += q[n];")]
    zeros = f"  memset(x, 0, {s.x.buffer.size} * sizeof *x);"
    lines = [
        f"  for (int64_t b = 0; b < {height}; b += {s.rows}) {{",
        f"    const int64_t rows = b + {s.rows} < {height} ? {s.rows} : {height} - b;",
        f"    const int64_t width = rows * {run};",
        *steps,
        "  }",
    ]
    arrays = {"x": s.x, "w": s.w, "y": s.y}
    head = ", ".join(
        f"{'' if array is s.made else 'const '}{kind} *restrict {name}"
        for name, array in arrays.items()
    )
    body = "\n".join([zeros, *lines] if s.made is s.x else lines)
    text = f"static void @({head}, {kind} *restrict t) {{\n{body}\n}}"
    return Function(
        text,
        [*(array.buffer for array in arrays.values()), s.windows],
        [*(array.offset for array in arrays.values()), 0],
    )


def _moved(s: Convolution, move: str) -> list[str]:
    """Return loops that move elements between x, at ``z``, and the matrix of windows, at ``q``."""
    counts, strides = s.y.shape[2:], s.x.strides
    run, last = s.y.shape[0], len(counts) - 1
    if last and s.stride[last] == 1:  # neighbours along the last axis, and the batch of each
        run, last = run * counts[last], last - 1
    ends: dict[str, int | str] = {"c": s.x.shape[1]}
    ends |= {f"k{d}": n for d, n in enumerate(s.w.shape[2:])}
    ends |= {"p0": "rows"} | {f"p{d}": counts[d] for d in range(1, last + 1)}
    place = [f"x + c * {strides[1]}"]
    for d, (step, apart) in enumerate(zip(s.stride, s.dilation, strict=True)):
        at = {0: f"(b + p0) * {step} + "}.get(d, f"p{d} * {step} + " if d <= last else "")
        place.append(f"({at}k{d} * {apart}) * {strides[2 + d]}")
    pointer = "" if s.made is s.x else "const "
    kind = TYPES[s.x.dtype.name]
    return [
        f"    {kind} *q = t;",
        *(f"    for (int64_t {i} = 0; {i} < {end}; {i}++)" for i, end in ends.items()),
        "    {",
        f"      {pointer}{kind} *z = {' + '.join(place)};",
        f"      for (int64_t n = 0; n < {run}; n++) {move}",
        f"      q += {run};",
        "    }",
    ]
