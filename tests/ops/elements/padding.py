"""What is put around a tensor, one element at a time."""

import math

from tests.ops.elements.shapes import unstack
from tests.ops.elements.storage import build, indices


def padded_line(
    line, before, after, mode, constant, reflect_type="even", stat_length=None, end_values=0
):
    """Return one line with what is put around it, as a list."""
    n = len(line)
    ends = end_values if isinstance(end_values, tuple) else (end_values, end_values)
    lengths = stat_length if isinstance(stat_length, tuple) else (stat_length, stat_length)
    count = [n if k is None or k > n else k for k in lengths]

    def at(i):
        if mode == "constant":
            return constant
        if mode == "edge":
            return line[0] if i < 0 else line[-1]
        if mode == "wrap":
            return line[i % n]
        if mode == "linear_ramp":
            far, width, end, edge = (
                (-i, before, ends[0], line[0]) if i < 0 else (i - n + 1, after, ends[1], line[-1])
            )
            return edge + (end - edge) * far / width
        if mode in ("reflect", "symmetric"):
            return _mirrored(line, i, mode == "reflect", reflect_type)
        part = line[: count[0]] if i < 0 else line[n - count[1] :]
        ordered = sorted(part)
        middle = [ordered[(len(part) - 1) // 2], ordered[len(part) // 2]]
        return {
            "maximum": ordered[-1],
            "minimum": ordered[0],
            "mean": math.fsum(part) / len(part),
            "median": math.fsum(middle) / 2,
        }[mode]

    return [at(i) if not 0 <= i < n else line[i] for i in range(-before, n + after)]


def _mirrored(line, i, at_points, reflect_type):
    n = len(line)
    if n == 1 and at_points:
        return line[0]
    if 0 <= i < n:
        return line[i]
    edge, mirrored = (
        (line[0], -i - 1 + at_points) if i < 0 else (line[-1], 2 * n - 1 - at_points - i)
    )
    value = _mirrored(line, mirrored, at_points, reflect_type)
    return value if reflect_type == "even" else 2 * edge - value


def pad(x, pad_width, constant=0, mode="constant", **how):
    """Put something around x, axis by axis."""
    if isinstance(pad_width, int):
        pad_width = (pad_width, pad_width)
    if isinstance(pad_width[0], int):
        pad_width = (pad_width,) * x.ndim
    for axis, (before, after) in enumerate(pad_width):
        shape = list(x.shape)
        shape[axis] += before + after
        rests = indices(shape[:axis] + shape[axis + 1 :])
        parts = unstack(x, axis)
        lines = {
            rest: padded_line([part[rest] for part in parts], before, after, mode, constant, **how)
            for rest in rests
        }
        x = build(shape, lambda at, a=axis, ls=lines: ls[at[:a] + at[a + 1 :]][at[a]])
    return x
