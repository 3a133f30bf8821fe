"""``tensors``: numbers of any domain, dtype and layout in memory, as tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tensorgraph.arguments import one_of, to_shape
from tensorgraph.engine.arrays import Array
from tensorgraph.engine.domain import Boolean, Domain, Integer, Real
from tensorgraph.engine.tensor import Tensor, wrap
from tensorgraph.errors import DTypeError
from tensorgraph.testing.strategies.of_ops import arrays


def _writable(x: Array) -> Array:
    return np.array(x, order="C")


def _transposed(x: Array) -> Array:
    return np.array(x.T, order="C").T


def _strided(x: Array) -> Array:
    return np.repeat(x, 2, axis=-1)[..., ::2] if x.ndim else x


def _reversed(x: Array) -> Array:
    return np.flip(np.array(np.flip(x)))


LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "contiguous": _writable,
    "transposed": _transposed,
    "strided": _strided,
    "reversed": _reversed,
    "read-only": lambda x: x,
}
"""How an array lies in memory, simple ones first: made of a read-only one."""
SHAPES = hnp.array_shapes(min_dims=0, max_dims=2, min_side=1, max_side=3)
_USUAL: dict[str, Domain] = {"f": Real(-10.0, 10.0), "i": Integer(-10, 11), "u": Integer(0, 11)}


def tensors(
    dtype: Any = "float64",
    shape: Any = SHAPES,
    *,
    requires_grad: bool | st.SearchStrategy[bool] | None = None,
    domain: Domain | None = None,
    layout: str | st.SearchStrategy[str] = "any",
) -> st.SearchStrategy[Tensor]:
    """Return a strategy for tensors: of a domain and dtype, in any layout in memory.

    Args:
        dtype: one, or a strategy for several.
        shape: one, or a strategy for several; without it up to two axes of up to three.
        requires_grad: whether they need a gradient; floating-point numbers do unless told.
        domain: where the numbers lie; from −10 to 10 unless told.
        layout: ``"contiguous"``, ``"transposed"``, ``"strided"`` (every other number of an array),
            ``"reversed"``, ``"read-only"``, ``"any"`` of these, or a strategy.

    Raises:
        ArgumentError: an unknown layout.
        DTypeError: a gradient for what is no floating-point number.

    Example:
        >>> from hypothesis import given
        >>> import tensorgraph as tg
        >>> @given(tg.testing.strategies.tensors(domain=tg.Real(0.5, 2.0)))
        ... def test_logarithms(x):
        ...     assert abs(tg.exp(tg.log(x)) - x).max() < 1e-12
        >>> test_logarithms()
    """
    kinds = _strategy(dtype).map(np.dtype)
    sizes = _strategy(shape).map(lambda drawn: to_shape(drawn, "strategies.tensors: shape"))
    layouts = _layouts(layout)
    if not isinstance(dtype, st.SearchStrategy):
        _wants_gradient(np.dtype(dtype), requires_grad)
    return _tensors(kinds, sizes, requires_grad, domain, layouts)


@st.composite
def _tensors(
    draw: st.DrawFn,
    kinds: st.SearchStrategy[np.dtype[Any]],
    sizes: st.SearchStrategy[tuple[int, ...]],
    requires_grad: Any,
    domain: Domain | None,
    layouts: st.SearchStrategy[str],
) -> Tensor:
    kind = draw(kinds)
    chosen = domain or (Boolean() if kind.kind == "b" else _USUAL[kind.kind])
    array = draw(arrays(chosen, draw(sizes), kind))
    array = array if array.dtype == kind else array.astype(kind)
    wanted = _wants_gradient(kind, draw(_strategy(requires_grad)))
    return wrap(LAYOUTS[draw(layouts)](array), None, wanted)


def _strategy(value: Any) -> st.SearchStrategy[Any]:
    """Return a strategy as it is, and one for the value that stands in its place."""
    return value if isinstance(value, st.SearchStrategy) else st.just(value)


def _layouts(layout: Any) -> st.SearchStrategy[str]:
    if isinstance(layout, st.SearchStrategy):
        return layout
    one_of(layout, "strategies.tensors: layout", ["any", *LAYOUTS])
    return st.sampled_from(list(LAYOUTS) if layout == "any" else [layout])


def _wants_gradient(kind: np.dtype[Any], requires_grad: Any) -> bool:
    """Return whether a tensor of a dtype needs a gradient.

    Raises:
        DTypeError: it is told to, and cannot.
    """
    if kind.kind not in "fiub":
        raise DTypeError(
            f"strategies.tensors: draws floating-point numbers, integers and booleans, not {kind}"
        )
    if requires_grad is True and kind.kind != "f":
        raise DTypeError(
            f"strategies.tensors: only floating-point numbers have a gradient, not {kind};"
            " leave requires_grad out"
        )
    return kind.kind == "f" if requires_grad is None else bool(requires_grad)
