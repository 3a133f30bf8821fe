"""Every operation on both sides of each size at which a path of its own begins.

Arrays are compared with their own pieces, in both orders of derivative and both precisions, by what
``check_op`` asks of anybody's operations. Axes that are added up along have no pieces: there the
value is that of the reference, and the gradient that of the values.
"""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.engine.op import REGISTRY
from tensorgraph.testing import gradcheck
from tensorgraph.testing.ops import points, precision, requirements
from tensorgraph.testing.ops.sizes import (
    IN_MANY_LAYOUTS,
    SMALL,
    check_counts,
    check_elements,
    elements,
    found_axes,
)
from tests import thresholds
from tests.ops.op_call import Call, x
from tests.ops.op_cases import ELEMENTWISE, EVERY, TABLE, cases

elementwise_op = pytest.mark.parametrize("name", ELEMENTWISE)
table_op = pytest.mark.parametrize("name", [n for n in EVERY if n in TABLE])

AROUND = sorted(
    thresholds.value(name) for name in {**thresholds.ELEMENTWISE, **thresholds.ADDED_UP}
)
SIDES = [side for threshold in AROUND for side in (threshold, threshold + 1)]
LONG = 3 * thresholds.value("engine.summation.BLOCK") + 5
"""Terms along an axis: several blocks, and a rest."""
ROW = 16
"""Elements of a short row, many of which BLAS adds up."""
WINDOWS = thresholds.value("ops._convolution.BLOCK")


class Named:
    """What stands for the record of a composite in messages."""

    family = ""

    def operand_name(self, i):
        return f"operand {i}"


def named(name):
    return REGISTRY.get(name) or Named()


def static_of(name):
    """Return static parameters for those that have no default."""
    return TABLE[name][0].static if name in TABLE and ELEMENTWISE[name].required else {}


@elementwise_op
def test_an_element_is_the_same_in_arrays_of_all_sizes(name):
    sides = [(side,) for side in SIDES]
    shapes = [*SMALL, *sides, *sorted(IN_MANY_LAYOUTS), (2, AROUND[-1]), (3 * AROUND[-1] + 1,)]
    check_elements(partial(elements, ELEMENTWISE[name], static_of(name)), shapes)


@elementwise_op
def test_elements_at_0_beyond_the_domain_infinite_and_nan(name):
    op, static = ELEMENTWISE[name], static_of(name)
    if op.ref is not None and not static:
        points.check_values_at_points(op, static)
        points.check_slopes_at_points(op, static)
    points.check_zero(op, static)
    points.check_nan(op, static, elements(op, static))


@elementwise_op
def test_elements_in_float32_are_those_in_float64(name):
    op = ELEMENTWISE[name]
    precision.check_precision(op, elements(op, static_of(name)).case)


@pytest.mark.parametrize("name", EVERY)
def test_float32_gives_what_float64_does(name):
    for case in cases(name):
        precision.check_precision(named(name), case)


@pytest.mark.parametrize("name", EVERY)
def test_one_array_in_two_places_is_as_good_as_two(name):
    for case in cases(name):
        requirements.check_aliasing(case)


WITHOUT_EXAMPLES = (
    "diag",
    "block",
    "broadcast_arrays",
    "extract",
    "meshgrid",
    "ravel",
    "resize",
    "reshape",
    "broadcast_to",
    "scatter",
    "convolve",
    "correlate",
    "cov",
    "corrcoef",
)


@table_op
def test_an_example_is_the_same_among_few_and_many(name):
    counts = [*AROUND[:1], *(n + 1 for n in AROUND)]
    of_windows = (2 * WINDOWS,) if name.startswith("conv") else ()
    some = 0
    for call in [*TABLE[name], *short_rows(name)]:
        some += check_counts(named(name), call.case, counts)
        some += check_counts(named(name), in_single(call.case), counts[-2:])
        counts += of_windows  # once
        of_windows = ()
    assert some or name in WITHOUT_EXAMPLES, "no call holds examples"


ADDING = [
    name
    for name in EVERY
    if name in TABLE
    and (
        named(name).family in ("reduce", "contract", "fused") or name in ("softmax", "log_softmax")
    )
    and not name.startswith(("conv", "max_pool", "avg_pool"))
]
"""Operations that add up, or look for the largest, along axes."""


@pytest.mark.parametrize("name", ADDING)
def test_long_axes_give_the_value_and_gradient_of_the_reference(name):
    # First along the axis in which elements do not stand next to one another.
    first = sorted(TABLE[name], key=lambda call: call.static.get("axis", 1) != 0)
    longer = [long for call in first for long in stretched(call, LONG, 3 * LONG)]
    assert any([agrees_with_the_reference(call) for call in longer[:3]])


@pytest.mark.parametrize("size", [32, 33, 65])
@pytest.mark.parametrize("name", ["max_pool", "avg_pool"])
def test_long_windows(name, size):
    few = thresholds.value("ops.pool._FEW")
    call = Call(name, (x(1, 1, size + 2),), {"size": size * few // 32, "stride": 1})
    assert agrees_with_the_reference(call)


@pytest.mark.parametrize(
    "name, static, shape",
    [
        ("reshape", {"shape": (-1, 3)}, (6, 1, 999)),
        ("broadcast_to", {"shape": (7, 2999)}, (2999,)),
        ("scatter", {"key": (slice(None, None, 2),), "shape": (5998,)}, (2999,)),
    ],
)
def test_what_is_moved_alone(name, static, shape):
    call = Call(name, (x(*shape),), static)
    assert agrees_with_the_reference(call)


# --------------------------------------------------------------------------------------- helpers


def in_single(case):
    singles = {k: np.asarray(case.inputs[k]).astype(np.float32) for k in case.floating}
    return case.with_inputs(singles)


def stretched(call, n, most):
    """Yield a call with all axes of one length made ``n`` long, for each length of its inputs."""
    shapes = {m for value in call.inputs for m in np.shape(value) if m > 1}
    for m in sorted(shapes, reverse=True):
        longer = replace(call, inputs=tuple(_stretched(value, m, n) for value in call.inputs))
        if any(n in np.shape(value) for value in longer.inputs):
            if max(map(np.size, longer.inputs)) <= most and _runs(longer):
                yield longer


def _stretched(value, m, n):
    value = np.asarray(value)
    for axis, length in enumerate(value.shape):
        if length == m:
            value = np.take(value, np.arange(n) % m, axis)
    if value.dtype.kind != "f":
        return value
    return np.asarray(value * np.random.default_rng(n).uniform(0.9, 1.1, value.shape))


def _runs(call):
    """Return whether the static parameters fit these inputs, too."""
    try:
        call.case.run()
    except (ValueError, TypeError, IndexError):
        return False
    return True


def short_rows(name):
    """Return the first call that can be made of rows that are short, and added up."""
    for call in TABLE[name]:
        for longer in stretched(call, ROW, 100 * ROW):
            by_row = [examples.axes[0] for examples in found_axes(named(name), longer.case)]
            shape = np.shape(longer.inputs[0])
            if by_row and shape[-1:] == (ROW,) and len(shape) - 1 not in by_row:
                return [longer]
    return []


def agrees_with_the_reference(call):
    """Compare values with the reference, and gradients with the values; return that it was done."""
    for result, right in zip(call.case.run()[1], call.expected(), strict=True):
        found = result.numpy() if isinstance(result, tg.Tensor) else np.asarray(result)
        assert found.shape == right.shape
        size = float(np.max(np.abs(right), initial=0.0)) if right.dtype.kind == "f" else 0.0
        np.testing.assert_allclose(found, right, 1e-13, 1e-14 * size, err_msg=str(call.case))
    differentiable = call.case.floating and np.max(np.abs(call.inputs[0]), initial=0) > 1e-3
    if differentiable and any(r.dtype.kind == "f" for r in call.case.run()[1]):
        gradcheck(call.case.function, *call.inputs, order=2)
    return True
