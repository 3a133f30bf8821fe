"""Elementwise operations where no random number falls: at 0, beyond the domain, at infinity, NaN.

What is right there, a ``ref`` says, wherever it returns a number. Without one, an operation is held
to what its neighbours say: 0 lies between what is left and right of it, and NaN stays NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.engine.domain import Domain, Real
from tensorgraph.engine.op import Op
from tensorgraph.engine.rule import NONDIFF, ZERO
from tensorgraph.errors import GradcheckError
from tensorgraph.numeric.ridders import SAFETY, Slope, slope
from tensorgraph.testing.numeric.gradcheck import gradcheck
from tensorgraph.testing.ops.op_calls import Case, bound, draw, near
from tensorgraph.testing.ops.orders import orders
from tensorgraph.testing.ops.references import reference
from tensorgraph.testing.ops.sizes import Examples

_SMALL = np.array([1e-2, 1e-4, 1e-6, 1e-7, 9e-9, 1e-10, 1e-12, 1e-16, 1e-30, 1e-300])
NEAR_0 = np.concatenate([[0.0, -0.0], _SMALL, -_SMALL])
"""Zero, and numbers that are nearer to it than any that is drawn."""
_FAR = np.array([5.0, 10.0, 30.0, 50.0, 100.0, 300.0, 800.0, 1e3, 1e4])
FAR = np.concatenate([_FAR, -_FAR, [np.inf, -np.inf]])
"""Where functions overflow, and what is cut off is cut off."""
EXACT = 1e-13
_UNITS = 2.0**-50
"""Rounding of numbers of the size of 1 or of the operands, which a plain ``ref`` may lose."""
OTHERS = 3
"""So many numbers are drawn for the other operands."""


def points_of(domain: Domain) -> tuple[Array, Array]:
    """Return numbers in a domain of reals, and numbers beyond it; none of others.

    Beyond it, those that are almost 0 are left out: a formula may divide by them there.
    """
    if not isinstance(domain, Real):
        return np.zeros(0), np.zeros(0)
    ends = np.array([domain.low, domain.high])
    width = float(np.clip(ends[1] - ends[0], 1e-3, 1e3))
    beyond = [ends[0] - s * width for s in (1e-2, 1.0)] + [ends[1] + s * width for s in (1e-2, 1.0)]
    every = np.concatenate([NEAR_0, ends, beyond, FAR])
    inside = (every >= domain.low) & (every <= domain.high)
    almost_0 = (every != 0) & (np.abs(every) < 0.1)
    return every[inside & ~near(every, domain)], every[~inside & ~almost_0]


def check_values_at_points(op: Op, static: dict[str, Any]) -> None:
    """The value is what ``ref`` gives, at 0 and near it, at the domain's ends and beyond them."""
    ref = reference(op, static)
    for k, operands in _rows(op):
        result = _results(op, static, operands)
        for i, numbers in enumerate(_numbers(operands)):
            expected = _asked(ref, numbers)
            if expected is None:
                continue
            found = result[i].item()
            room = EXACT * abs(expected) + _UNITS * _size(numbers) if abs(expected) < INF else 0.0
            if not (found == expected or abs(found - expected) <= room):
                raise AssertionError(
                    f"{op.name}: {found!r}, but ref gives {expected!r}, for"
                    f" {', '.join(map(repr, numbers))}{_beyond(op, k, numbers)}"
                )


def check_slopes_at_points(op: Op, static: dict[str, Any]) -> None:
    """The gradient is the slope of ``ref``, at 0, near it and far out, where that is smooth."""
    ref = reference(op, static)
    for k, operands in _rows(op):
        if op.rule_word(k) is NONDIFF:
            continue
        case = Case(op.name, bound(op, static), tuple(operands))
        slopes = orders(case, _ones, second=False).first[case.floating.index(k)]
        for i, numbers in enumerate(_numbers(operands)):
            expected = _slope(ref, numbers, k)
            if expected is None:
                continue
            found = float(slopes[i])
            room = SAFETY * expected.error + 1e-7 * (abs(expected.value) + expected.steepest) + 1e-9
            if not abs(found - expected.value) <= room:
                raise AssertionError(
                    f"{op.name}: the gradient by {op.inputs[k]} is {found!r}, but ref has the slope"
                    f" {expected.value:.9g}, at {', '.join(map(repr, numbers))}"
                    f"{_beyond(op, k, numbers)}"
                )


def check_zero(op: Op, static: dict[str, Any]) -> None:
    """Derivatives of both orders are right at 0 and near it; what 0 gives lies between."""
    rng = np.random.default_rng(1)
    for k, name in enumerate(op.inputs):
        inside = points_of(op.domain.get(name, Real()))[0]
        if not inside.size or op.rule_word(k) is NONDIFF:
            continue
        close = inside[(np.abs(inside) < 1e-3) & ((np.abs(inside) > 1e-13) | (inside == 0))]
        operands = [_drawn(op, i, close.size, rng) for i in range(op.arity)]
        operands[k] = close
        case = Case(op.name, bound(op, static), tuple(operands))
        if _results(op, static, operands).dtype.kind == "f":
            smooth = ~_jumps(case, k)
            if smooth.any():
                parted = case.with_inputs({i: x[smooth] for i, x in enumerate(operands)})
                gradcheck(parted.fixing(k), close[smooth], order=2)
                _check_secants(parted, k)


def check_far(op: Op, static: dict[str, Any]) -> None:
    """The gradient is right far out, at each number alone: functions grow apart there.

    Where no domain is declared, that is wherever there is a finite gradient.
    """
    rng = np.random.default_rng(1)
    for k, name in enumerate(op.inputs):
        inside = points_of(op.domain.get(name, Real(-INF, INF)))[0]
        far = inside[np.isin(inside, FAR) & np.isfinite(inside)]
        if not far.size or op.rule_word(k) is NONDIFF:
            continue
        operands = [_drawn(op, i, far.size, rng) for i in range(op.arity)]
        operands[k] = far
        case = Case(op.name, bound(op, static), tuple(operands))
        found = orders(case, _ones, second=False)
        if found.values[0].dtype.kind == "f":
            finite = np.isfinite(found.values[0]) & np.isfinite(found.first[case.floating.index(k)])
            for i in np.flatnonzero(finite):
                alone = case.with_inputs({n: x[i : i + 1] for n, x in enumerate(operands)})
                try:
                    gradcheck(alone.fixing(k), far[i : i + 1])
                except GradcheckError as error:
                    at = ", ".join(map(repr, _numbers(alone.inputs)[0]))
                    raise AssertionError(f"{op.name} at {at}: {error}") from None


def _check_secants(case: Case, k: int) -> None:
    """Next to 0, what is gained since 0 is the gradient times the distance, where that is steady.

    A step of any numeric derivative would be longer than the distance.
    """
    x, at_0 = case.inputs[k], case.with_inputs({k: np.zeros_like(case.inputs[k])})
    here, there = orders(case, _ones, second=False), orders(at_0, _ones, second=False)
    (value,), (start,) = here.values, there.values
    slope, first = (found.first[case.floating.index(k)] for found in (here, there))
    with np.errstate(all="ignore"):
        gain, expected = value - start, slope * x
        steady = np.abs(slope - first) <= 1e-6 * np.abs(slope)
        room = 1e-5 * np.abs(expected) + 4 * np.spacing(np.abs(value) + np.abs(start))
        off = steady & ~(np.abs(gain - expected) <= room)
    if off.any():
        i = int(np.argmax(off))
        raise AssertionError(
            f"{case.name}: {value[i]!s} for {x[i]!s}, but {start[i]!s} for 0.0 and the gradient"
            f" {slope[i]!s} between them: it should be {start[i] + expected[i]!s}"
        )


def _jumps(case: Case, k: int) -> Array:
    """Return where 0 is a jump; raise if what 0 itself gives does not lie between its sides."""
    at = np.asarray(case.inputs[k])
    with np.errstate(all="ignore"):
        found = np.asarray(case.fixing(k)(at))
        below, above = (np.asarray(case.fixing(k)(np.full_like(at, x))) for x in (-1e-300, 1e-300))
    low, high = np.fmin(below, above), np.fmax(below, above)
    room = 1e-12 * np.maximum(np.abs(low), np.abs(high)) + 1e-200
    known = np.isfinite(low) & np.isfinite(high)
    bad = known & (at == 0) & ~((low - room <= found) & (found <= high + room))
    if bad.any():
        i = int(np.argmax(bad))
        raise AssertionError(
            f"{case.name}: {found[i]!s} for {at[i]!s}, but {below[i]!s} and {above[i]!s} for the"
            " numbers next to it"
        )
    return np.asarray(~known | (high - low > room))


def check_nan(op: Op, static: dict[str, Any], examples: Examples) -> None:
    """NaN gives NaN, where the result depends on that operand, and changes no other element."""
    few = [np.asarray(x)[: 2 * OTHERS + 1] for x in examples.case.inputs]
    for dtype in (np.float64, np.float32):
        clean = [x.astype(dtype) if x.dtype.kind == "f" else x for x in few]
        if _results(op, static, clean).dtype.kind == "f":
            for k, x in enumerate(clean):
                if x.dtype.kind == "f":
                    _check_nan_in(op, static, clean, k)


def _check_nan_in(op: Op, static: dict[str, Any], clean: list[Array], k: int) -> None:
    def result(x: Array) -> Array:
        return _results(op, static, [*clean[:k], x, *clean[k + 1 :]])

    x, name, before = clean[k], op.inputs[k], result(clean[k])
    # What comes of other numbers tells whether a result depends on the operand at all.
    depends = np.any([result(np.roll(x, n)) != before for n in range(1, x.size)], axis=0)
    for at in range(x.size):
        for number in (np.nan, np.inf):
            spoilt = np.where(np.arange(x.size) == at, x.dtype.type(number), x)
            after = result(spoilt)
            given = f"{op.name}: {number} in place of {x[at]!s} at index {at} of {name}"
            with np.errstate(all="ignore"):
                off = np.abs(after - before) > 1e-6 * np.abs(before)
            changed = off | (np.isnan(after) & ~np.isnan(before))
            changed[at] = False
            if changed.any():
                i = int(np.argmax(changed))
                raise AssertionError(
                    f"{given} changes the result at index {i} from {before[i]!s} to {after[i]!s}"
                )
            numbers = _numbers([*clean[:k], spoilt, *clean[k + 1 :]])[at]
            if (
                number != number
                and depends[at]
                and _is_swallowed(op, static, k, numbers, after[at])
            ):
                raise AssertionError(
                    f"{given} gives {after[at]!s}, not NaN, though the result depends on {name};"
                    " where that is meant, let ref say so"
                )


def _is_swallowed(
    op: Op, static: dict[str, Any], k: int, numbers: Sequence[Any], found: float
) -> bool:
    """Return whether what came of NaN should have been NaN."""
    said = None if op.ref is None else _asked(reference(op, static), numbers, nan=True)
    if op.rule_word(k) in (ZERO, NONDIFF):
        return said is not None and said != said and found == found  # x > 0 may take NaN for less
    return found == found and said != found


# --------------------------------------------------------------------------------------- helpers

INF = math.inf


def _rows(op: Op) -> Iterator[tuple[int, list[Array]]]:
    """Yield operands in which one runs through all its points, and others are drawn."""
    rng = np.random.default_rng(0)
    for k, name in enumerate(op.inputs):
        points = np.concatenate(points_of(op.domain.get(name, Real())))
        for _ in range(OTHERS if op.arity > 1 else 1):
            if points.size:
                operands = [_drawn(op, i, points.size, rng) for i in range(op.arity)]
                operands[k] = points
                yield k, operands


def _drawn(op: Op, i: int, count: int, rng: np.random.Generator, dtype: Any = np.float64) -> Array:
    return draw(op.domain.get(op.inputs[i], Real()), (count,), rng, dtype)


def _results(op: Op, static: dict[str, Any], operands: Sequence[Array]) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(op(*operands, **static))


def _numbers(operands: Sequence[Array]) -> list[list[Any]]:
    return [list(row) for row in zip(*(x.tolist() for x in operands), strict=True)]


def _size(numbers: Sequence[float]) -> float:
    return max([1.0, *(abs(n) for n in numbers if abs(n) < INF)])


def _ones(what: str, k: int, like: Array) -> Array:
    return np.ones_like(like)


def _asked(ref: Callable[..., Any], numbers: Sequence[Any], nan: bool = False) -> float | None:
    """Return what ``ref`` says; None if it raises, or does not know."""
    try:
        with np.errstate(all="ignore"):
            said = ref(*numbers)
        if isinstance(said, complex) or (said != said and not nan):
            return None
        return float(said)
    except Exception:  # ref is anybody's function, which knows its domain
        return None


def _slope(ref: Callable[..., Any], numbers: list[Any], k: int) -> Slope | None:
    """Return the slope of ``ref`` by its ``k``-th number, if it can be trusted."""
    x = numbers[k]
    unit = max(1e-2, 1e-2 * abs(x))
    if not math.isfinite(unit):
        return None

    def along(t: float) -> float:
        said = _asked(ref, [*numbers[:k], x + t * unit, *numbers[k + 1 :]])
        return math.nan if said is None else said

    here = along(0.0)
    if not math.isfinite(here):
        return None
    found = slope(lambda t: along(t) - here, 1e-3, _size([*numbers, here])).per(unit)
    sure = math.isfinite(found.error) and not found.is_kink
    return found if sure and found.error <= 1e-6 * (abs(found.value) + 1e-3) else None


def _beyond(op: Op, k: int, numbers: Sequence[float]) -> str:
    domain = op.domain.get(op.inputs[k], Real())
    if not isinstance(domain, Real) or domain.low <= numbers[k] <= domain.high:
        return ""
    return (
        f"; {op.inputs[k]} is beyond {domain}, but ref knows a value: if it need not work there,"
        " let ref raise ValueError"
    )
