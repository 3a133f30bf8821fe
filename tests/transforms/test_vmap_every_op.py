"""Every operation under vmap, against a loop over the examples: values, and gradients both ways."""

from itertools import combinations

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.engine.nested_containers import flatten
from tensorgraph.engine.op import REGISTRY
from tensorgraph.ops._batching import FAMILIES
from tests.ops.op_cases import EVERY, cases

AT_KNOWN_PLACES = {"multiply_at", "segment_prod"}
WRITING = {"add_at", "max_at", "min_at", "put_along_axis", "set_at"}
INDEXING = {"getitem", "scatter", *WRITING, *AT_KNOWN_PLACES}
CONDITIONS = {"choose": 0, "compress": 0, "extract": 0, "piecewise": 1}
"""Which input must be the same to all, as the result is made by looking at it."""
every_op = pytest.mark.parametrize("name", EVERY)


def variants(value):
    """Three examples like an input: in each order of its axes' elements that keeps their sums."""
    value = np.asarray(value)
    return [value, np.flip(value), value[..., ::-1] if value.ndim else value]


def patterns(case):
    """Which inputs have an example each: each one alone, all but one, and all."""
    places = [i for i, value in enumerate(case.inputs) if np.ndim(value) or hasattr(value, "dtype")]
    sizes = {1, len(places) - 1, len(places)} - {0}
    return [chosen for size in sorted(sizes) for chosen in combinations(places, size)][:8]


def examples(case, chosen, count=3):
    """Return the inputs of each example; a matrix stays positive definite where it has to be."""
    several = {i: variants(case.inputs[i]) for i in chosen}
    if case.name.startswith("cholesky"):
        several = {i: [x, turned, 2 * x] for i, (x, turned, _) in several.items()}
    return [
        tuple(several[i][k] if i in several else x for i, x in enumerate(case.inputs))
        for k in range(count)
    ]


def stacked(case, chosen, rows):
    return [
        np.stack([row[i] for row in rows]) if i in chosen else x for i, x in enumerate(case.inputs)
    ]


def is_of_unknown_shape(name, case, chosen):
    """Whether a mask, or with ``set_at`` and the like any index, differs between examples."""
    if name in CONDITIONS:
        return CONDITIONS[name] in chosen
    kinds = {np.asarray(case.inputs[i]).dtype.kind for i in chosen if i}
    counted = name.startswith("segment") and "num_segments" not in case.name
    known = counted or name in AT_KNOWN_PLACES
    return (name in INDEXING and "b" in kinds) or (known and kinds & {"i", "u"})


def results(value):
    return [x.numpy() if isinstance(x, tg.Tensor) else np.asarray(x) for x in flatten(value)[0]]


@every_op
def test_the_value_is_that_of_a_loop(name):
    for case in cases(name):
        for chosen in patterns(case):
            rows = examples(case, chosen)
            axes = tuple(0 if i in chosen else None for i in range(len(case.inputs)))
            mapped = tg.vmap(case.function, in_axes=axes)
            if is_of_unknown_shape(name, case, chosen):
                with pytest.raises((tg.errors.GraphError, tg.errors.LayerError)):
                    mapped(*stacked(case, chosen, rows))
                continue
            found = results(mapped(*stacked(case, chosen, rows)))
            one_by_one = zip(
                *(results(case.function(*map(as_given, row))) for row in rows), strict=True
            )
            for result, expected in zip(found, one_by_one, strict=True):
                assert result.dtype == expected[0].dtype, (case, chosen)
                np.testing.assert_allclose(
                    result, np.stack(expected), rtol=1e-12, atol=1e-13, err_msg=f"{case} {chosen}"
                )


def as_given(x):
    return tg.tensor(x) if isinstance(x, np.ndarray) else x


def weighed(function, i):
    """Return a function with one number for its result, of the ``i``-th input among all."""

    def total(*inputs):
        parts = [x for x in flatten(function(*inputs))[0] if x.dtype.kind == "f"]
        return sum(
            (p * tg.cos(tg.arange(p.size, dtype="float64").reshape(p.shape) + 1)).sum()
            for p in parts
        )

    return total


@every_op
def test_the_gradient_of_each_example_is_its_own(name):
    """``vmap(grad(f))``, and ``grad`` of the sum over ``vmap(f)``."""
    for case in cases(name):
        if not case.floating:
            continue
        i = case.floating[0]
        for chosen in patterns(case):
            if is_of_unknown_shape(name, case, chosen):
                continue
            rows = examples(case, chosen)
            inputs = [
                tg.tensor(x) if isinstance(x, np.ndarray) else x
                for x in stacked(case, chosen, rows)
            ]
            f = weighed(case.function, i)
            try:
                expected = [results(tg.grad(f, i)(*map(as_given, row)))[0] for row in rows]
            except tg.errors.DTypeError:  # no floating-point result
                break
            axes = tuple(0 if k in chosen else None for k in range(len(case.inputs)))
            inside = tg.vmap(tg.grad(f, i), in_axes=axes)(*inputs)
            outside = tg.grad(lambda *xs, f=f, axes=axes: tg.vmap(f, in_axes=axes)(*xs).sum(), i)(
                *inputs
            )
            told = f"{case} {chosen}"
            np.testing.assert_allclose(
                inside, np.stack(expected), rtol=1e-11, atol=1e-12, err_msg=told
            )
            whole = np.stack(expected) if i in chosen else np.sum(expected, axis=0)
            np.testing.assert_allclose(outside, whole, rtol=1e-11, atol=1e-12, err_msg=told)


def test_every_operation_has_a_batching_rule():
    without = [
        name
        for name, op in REGISTRY.items()
        if op.family != "random" and op.batch is None and op.family not in FAMILIES
    ]
    assert without == []
