"""``graphs``: random graphs of operations, for hypothesis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tensorgraph.arguments import to_shape, whole
from tensorgraph.engine.op import Op
from tensorgraph.errors import ArgumentError
from tensorgraph.ops import OPS
from tensorgraph.testing.ops.op_calls import record_of
from tensorgraph.testing.strategies.literals import made
from tensorgraph.testing.strategies.random_graphs.choices import Shape
from tensorgraph.testing.strategies.random_graphs.graph import RandomGraph
from tensorgraph.testing.strategies.random_graphs.growing import Growing, rounded
from tensorgraph.testing.strategies.random_graphs.kinds import KINDS, Kind, elementwise, options

SHAPES: tuple[Shape, ...] = (
    (), (1,), (2,), (3,), (2, 3), (3, 2), (1, 3), (2, 1), (3, 3), (2, 1, 3),
)  # fmt: skip
"""What leaves look like, simple ones first."""
_OFTEN_ENOUGH = 2**16
"""Operands and parameters are chosen by numbers below this: lists of such steps shrink well."""


def graphs(
    ops: Sequence[str | Op | Callable[..., Any]] | None = None,
    *,
    max_steps: int = 10,
    max_leaves: int = 3,
    shapes: Sequence[Shape] = SHAPES,
    unused: bool = True,
) -> st.SearchStrategy[RandomGraph]:
    """Return a strategy for random graphs: several leaves, fan-out, broadcasting, views.

    What is drawn is a function of its ``leaves`` (float64 arrays) that returns one number. It is
    smooth there: values stay away from kinks and poles, and in the domain of what takes them. It
    prints as the code that computes it; ``by_numpy`` does so with NumPy alone, an oracle.

    Args:
        ops: operations, or their names, to choose from; all that have a gradient unless given.
            An operation of yours must be elementwise.
        max_steps: how many operations at most, beside those that keep values in a domain.
        max_leaves: how many leaves at most.
        shapes: of the leaves; none of them empty.
        unused: whether some branches may end in nothing.

    Raises:
        ArgumentError: an unknown operation, or one of yours that is not elementwise; no shapes,
            or one that is empty.

    Example:
        >>> from hypothesis import given
        >>> import tensorgraph as tg
        >>> @given(tg.testing.strategies.graphs(["add", "matmul", tg.tanh], max_steps=4))
        ... def test_gradients(graph):
        ...     tg.testing.gradcheck(graph, *graph.leaves)
        >>> test_gradients()
    """
    kinds = list(KINDS.values()) if ops is None else [k for op in ops for k in _kinds_of(op)]
    sizes = [to_shape(shape, "strategies.graphs") for shape in shapes]
    if not kinds or not sizes or any(0 in shape for shape in sizes):
        raise ArgumentError(
            f"strategies.graphs: needs operations and shapes with elements; got ops={ops},"
            f" shapes={shapes}"
        )
    step = st.tuples(
        st.sampled_from(kinds),
        st.integers(0, _OFTEN_ENOUGH - 1),
        st.integers(0, _OFTEN_ENOUGH - 1),
        st.integers(0, 7).map(lambda n: unused and n == 7),
    )
    return made(
        _grown,
        st.integers(0, 2**32 - 1),
        st.lists(
            st.sampled_from(sizes),
            min_size=1,
            max_size=whole(max_leaves, "strategies.graphs: max_leaves", 1),
        ),
        st.lists(st.sampled_from(sizes), max_size=1),
        st.lists(step, min_size=1, max_size=whole(max_steps, "strategies.graphs: max_steps", 1)),
    )


def _grown(
    seed: int,
    leaves: Sequence[Shape],
    constants: Sequence[Shape],
    steps: Sequence[tuple[Kind, int, int, bool]],
) -> RandomGraph:
    rng = np.random.default_rng(seed)
    growing = Growing(*([_values(rng, s) for s in shapes] for shapes in (leaves, constants)))
    for kind, chosen, setting, unused in steps:
        allowed = [i for i in range(len(growing.values)) if unused or i not in growing.dead]
        candidates = growing.candidates(kind, allowed)
        if not candidates:
            continue
        args = candidates[chosen % len(candidates)]
        settings = options(kind, tuple(map(growing.shape, args)))
        before = len(growing.values)
        growing.put_safely(kind, args, settings[setting % len(settings)])
        if unused:
            growing.dead |= set(range(before, len(growing.values)))
    # The first leaf always counts, so that every total needs a gradient.
    return growing.finish(rng, also=[0])


def _values(rng: np.random.Generator, shape: Shape) -> Any:
    return rounded(rng.uniform(-1.5, 1.5, shape))


def _kinds_of(op: str | Op | Callable[..., Any]) -> list[Kind]:
    """Return the kinds of step that use an operation."""
    name = op if isinstance(op, str) else next((n for n, f in OPS.items() if f is op), "")
    found = [kind for kind in KINDS.values() if name in (kind.name, kind.op) and name]
    if found:
        return found
    if isinstance(op, str):
        close = get_close_matches(op, KINDS, n=3)
        raise ArgumentError(
            f"strategies.graphs: there is no operation {op!r} with a gradient"
            + f"; did you mean {' or '.join(map(repr, close))}?" * bool(close)
        )
    record = record_of(op)
    if record.family != "elementwise":
        raise ArgumentError(
            f"strategies.graphs: {record.name} is not elementwise, so what shapes it takes is not"
            " known; write a test of its own, with strategies.inputs"
        )
    return [elementwise(record)]
