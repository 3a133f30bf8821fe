"""The C of convolutions: windows laid out as a matrix some rows at a time, and BLAS's product."""

from __future__ import annotations

import math

from tensorgraph.compiler.c.loop_functions import Function
from tensorgraph.compiler.c.products import AS_IT_IS, ROW_MAJOR, TURNED, multiplying
from tensorgraph.compiler.c_functions import TYPES
from tensorgraph.compiler.loops.statements import Convolution


def convolution_of(s: Convolution) -> Function:
    """Return the function that makes one of three arrays out of the other two.

    It goes through the rows of y, some at a time. Their windows in x are laid out in ``t``, as a
    matrix with one column for each element of these rows; then each group is a product.
    """
    kind = TYPES[s.x.dtype.name]
    height, row = s.y.shape[2], math.prod(s.y.shape[3:]) * s.y.shape[0]
    own, inner = s.w.shape[0] // s.groups, s.w.shape[1] * math.prod(s.w.shape[2:])
    w = f"w + g * {own * inner}, {inner}"
    t = f"t + g * {inner} * width, width"
    y = f"y + g * {own * height * row} + b * {row}, {height * row}"
    multiply = f"{multiplying(s.x.dtype)}({ROW_MAJOR}, "
    if s.made is s.y:
        multiply += f"{AS_IT_IS}, {AS_IT_IS}, {own}, width, {inner}, 1, {w}, {t}, 0, {y});"
    elif s.made is s.w:
        multiply += f"{AS_IT_IS}, {TURNED}, {own}, {inner}, width, 1, {y}, {t}, b > 0, {w});"
    else:
        multiply += f"{TURNED}, {AS_IT_IS}, {inner}, width, {own}, 1, {w}, {y}, 0, {t});"
    product = [f"    for (int64_t g = 0; g < {s.groups}; g++)", f"      {multiply}"]
    if s.made is s.x:
        zeros = [f"  memset(x, 0, {s.x.buffer.size} * sizeof *x);"]
        steps = [*product, *_through_windows(s, "z[n] += q[n];")]
    else:
        zeros = []
        steps = [*_through_windows(s, "q[n] = z[n];"), *product]
    lines = [
        *zeros,
        f"  for (int64_t b = 0; b < {height}; b += {s.rows}) {{",
        f"    const int64_t rows = b + {s.rows} < {height} ? {s.rows} : {height} - b;",
        f"    const int64_t width = rows * {row};",
        *steps,
        "  }",
    ]
    arrays = {"x": s.x, "w": s.w, "y": s.y}
    head = ", ".join(
        f"{'' if array is s.made else 'const '}{kind} *restrict {name}"
        for name, array in arrays.items()
    )
    text = f"static void @({head}, {kind} *restrict t) {{\n" + "\n".join(lines) + "\n}"
    buffers = [*(array.buffer for array in arrays.values()), s.windows]
    return Function(text, buffers, [*(array.offset for array in arrays.values()), 0])


def _through_windows(s: Convolution, move: str) -> list[str]:
    """Return loops that move elements between x, at ``z``, and the matrix of windows, at ``q``.

    They go in the matrix's order: by channel ``c``, place ``k`` in the window, window ``p``; the
    innermost one through elements that follow each other in both.
    """
    counts, strides = s.y.shape[2:], s.x.strides
    run, windows = s.y.shape[0], len(counts)
    if windows > 1 and s.stride[-1] == 1:  # neighbours along the last axis follow each other
        run, windows = run * counts[-1], windows - 1
    ends: list[tuple[str, int | str]] = [("c", s.x.shape[1])]
    ends += [(f"k{d}", n) for d, n in enumerate(s.w.shape[2:])]
    ends += [("p0", "rows"), *((f"p{d}", counts[d]) for d in range(1, windows))]
    place = [f"x + c * {strides[1]}"]
    for d, (step, apart) in enumerate(zip(s.stride, s.dilation, strict=True)):
        first = "(b + p0)" if d == 0 else f"p{d}" if d < windows else "0"
        place.append(f"({first} * {step} + k{d} * {apart}) * {strides[2 + d]}")
    kind = TYPES[s.x.dtype.name]
    return [
        f"    {kind} *q = t;",
        *(f"    for (int64_t {i} = 0; {i} < {end}; {i}++)" for i, end in ends),
        "    {",
        f"      {'' if s.made is s.x else 'const '}{kind} *z = {' + '.join(place)};",
        f"      for (int64_t n = 0; n < {run}; n++) {move}",
        f"      q += {run};",
        "    }",
    ]
