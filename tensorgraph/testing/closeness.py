"""Whether results are what is expected, up to rounding; and where they are not, by how much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorgraph.engine.arrays import to_host
from tensorgraph.engine.nested_containers import flatten, flatten_like, places
from tensorgraph.engine.tensor import asarray
from tensorgraph.leads.calls import with_leads


@with_leads
def assert_close(
    actual: Any, expected: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> None:
    """Raise unless all elements are nearly equal: |actual − expected| ≤ atol + rtol · |expected|.

    The error tells the worst element, how many differ, shapes and dtypes. Both may be nested
    lists, tuples and dicts of tensors, such as gradients or what ``state_dict()`` returns.

    Args:
        actual: a tensor, or what makes one.
        expected: what it should be: of the same shape, or one number for all elements.
        rtol: how much of |expected| a difference may be.
        atol: how large it may be at least.
        equal_nan: whether NaN counts as equal to NaN.

    Raises:
        AssertionError: they differ, in shape or in an element.

    Example:
        >>> import tensorgraph as tg
        >>> x = tg.tensor([0.1, 0.2])
        >>> tg.testing.assert_close(x + 0.2, [0.3, 0.4])
        >>> tg.testing.assert_close(x, [0.1, 0.3])
        Traceback (most recent call last):
        ...
        AssertionError: 1 of 2 elements differs by more than 1e-08 + 1e-05 · |expected|
          at index (1,): actual 0.2, expected 0.3, difference 0.1 (33 % of expected)
          actual is (2,) float32, expected (2,) float32
    """
    __tracebackhide__ = True
    leaves, structure = flatten(actual)
    names = ("actual", "expected")
    if structure is None:
        told = difference(actual, expected, rtol, atol, equal_nan, names)
        if told:
            raise AssertionError(told)
        return
    if isinstance(actual, (list, tuple)) and not (_are_arrays(leaves) or _holds_arrays(expected)):
        return assert_close(asarray(actual), expected, rtol, atol, equal_nan)
    wanted = flatten_like(structure, expected)
    for place, one, other in zip(places(actual), leaves, wanted, strict=True):
        named = (f"actual{place}", f"expected{place}")
        told = difference(one, other, rtol, atol, equal_nan, named)
        if told:
            raise AssertionError(told)


def _holds_arrays(value: Any) -> bool:
    """Return whether something is a container of arrays, not of numbers, and no array itself."""
    leaves, structure = flatten(value)
    return structure is not None and _are_arrays(leaves)


def _are_arrays(leaves: Sequence[Any]) -> bool:
    return any(hasattr(leaf, "shape") for leaf in leaves)


def difference(
    actual: Any,
    expected: Any,
    rtol: float,
    atol: float,
    equal_nan: bool = False,
    names: tuple[str, str] = ("actual", "expected"),
) -> str:
    """Return how two arrays differ, in words; nothing if they are close.

    Example:
        >>> difference([1.0, 2.0], [1.0, 2.0], 0.0, 0.0)
        ''
        >>> print(difference([1, 2], [1, 3], 0.0, 0.0, names=("a", "b")))
        1 of 2 elements differs
          at index (1,): a 2, b 3, difference 1 (33 % of b)
          a is (2,) int64, b (2,) int64
    """
    a, e = (to_host(asarray(value)._data) for value in (actual, expected))
    kinds = f"{names[0]} is {a.shape} {a.dtype}, {names[1]} {e.shape} {e.dtype}"
    if a.shape != e.shape and np.ndim(e):
        return f"the shapes differ: {kinds}"
    with np.errstate(all="ignore"):
        wide = np.result_type(a, e, np.float64 if a.dtype.kind in "iub" else a.dtype)
        x, y = (np.broadcast_to(v, a.shape).astype(wide) for v in (a, e))
        bad = ~np.isclose(x, y, rtol, atol, equal_nan)
        if not bad.any():
            return ""
        off = np.abs(x - y)
        excess = np.where(bad, off / (atol + rtol * np.abs(y)), -1.0)
    # What is NaN or infinite on one side only is further off than any number.
    excess = np.where(bad & ~np.isfinite(off), np.inf, excess)
    index = tuple(int(n) for n in np.unravel_index(np.argmax(excess), a.shape))
    many = int(bad.sum())
    by = f" by more than {atol:g} + {rtol:g} · |{names[1]}|" if rtol or atol else ""
    worst = "the worst " if many > 1 else ""
    place = f"{worst}at index {index}: " if index else ""
    found, wanted = str(a[index]), str(np.broadcast_to(e, a.shape)[index])
    gap = off[index]
    apart = ""
    if np.isfinite(gap):
        apart = f", difference {gap:.4g}{_share(gap, y[index], names[1])}"
    plural = "s" if a.size != 1 else ""
    return (
        f"{many} of {a.size} element{plural} differ{'s' * (many == 1)}{by}\n  {place}{names[0]}"
        f" {found}, {names[1]} {wanted}{apart}\n  {kinds}"
    )


def _share(gap: Any, whole: Any, name: str) -> str:
    """Return how much a difference is of what is expected."""
    if not whole or not np.isfinite(whole):
        return ""
    part = gap / abs(whole)
    return f" ({100 * part:.0f} % of {name})" if 1e-3 < part < 10 else f" ({part:.2g} of {name})"
