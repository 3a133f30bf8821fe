"""Reading what an elementwise kernel computes, by running it on a formula in place of an array.

A kernel is NumPy code. An :class:`Element` answers NumPy's protocols as a 0-d array would, and
notes what is computed: nothing has to be written twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from tensorgraph.compiler.c_functions import text_of
from tensorgraph.compiler.loops.scalars import Scalar, cast, constant, scalar
from tensorgraph.engine.op import REGISTRY, Op

_NUMBERS = (bool, int, float)


class NotReadable(Exception):
    """A kernel does something that no formula of ours says; it runs as it is."""


class Element(NDArrayOperatorsMixin):
    """An element of an array, as a formula."""

    shape, ndim, size = (), 0, 1

    def __init__(self, formula: Scalar, weak: bool = False) -> None:
        self.formula = formula
        self.weak = weak
        """Whether it stands for a number of Python's, which decides no dtype."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of its array."""
        return self.formula.dtype

    @property
    def real(self) -> Element:
        """Itself: no formula is complex."""
        return self

    def astype(self, dtype: Any, **_: Any) -> Element:
        """Return it in another dtype."""
        return Element(_allowed(cast(self.formula, dtype)))

    def copy(self) -> Element:
        """Return itself, which never changes."""
        return self

    def __bool__(self) -> bool:
        raise NotReadable("it decides by values")

    __float__ = __int__ = __index__ = __array__ = __bool__

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **options: Any) -> Any:
        options = {key: value for key, value in options.items() if value is not None}
        if method != "__call__" or options.keys() - {"dtype", "out"}:
            raise NotReadable(f"it uses numpy.{ufunc.__name__}.{method} with {[*options]}")
        result = _applied(ufunc, operands, options.get("dtype"))
        (into,) = options.get("out", (None,))
        if into is None:
            return result
        if not isinstance(into, Element):
            raise NotReadable("it writes into an array")
        into.formula = cast(result.formula, into.dtype)
        return into

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any
    ) -> Any:
        read = _FUNCTIONS.get(function)
        if read is None:
            raise NotReadable(f"it uses numpy.{function.__name__}")
        return read(*args, **kwargs)


def _allowed(x: Scalar) -> Scalar:
    if text_of("where", x.dtype) is None:
        raise NotReadable(f"it computes in {x.dtype}")
    return x


def _kind(x: Any) -> Any:
    """Return what decides about a result's dtype: Python's numbers say but their kind."""
    if type(x) in _NUMBERS:
        return np.dtype(bool) if type(x) is bool else type(x)
    if isinstance(x, Element) and x.weak:
        return float
    if isinstance(x, (Element, np.generic)) or (isinstance(x, np.ndarray) and x.ndim == 0):
        return x.dtype
    raise NotReadable(f"it computes with {type(x).__name__}")


def _formula(x: Any, dtype: Any) -> Scalar:
    """Return an operand in the dtype that a function takes it in."""
    return cast(x.formula, dtype) if isinstance(x, Element) else constant(x, dtype)


def _applied(ufunc: np.ufunc, operands: Sequence[Any], dtype: Any = None) -> Element:
    """Return a ufunc of elements and numbers, in the dtypes that NumPy chooses."""
    kinds = (*map(_kind, operands), *(None,) * ufunc.nout)
    try:
        if all(kind in (int, float) for kind in kinds if kind is not None):
            kinds = tuple(kind and np.dtype(kind) for kind in kinds)
        options = {}
        if dtype is not None:
            options["signature"] = (*(None,) * ufunc.nin, np.dtype(dtype))
        *taken, result = ufunc.resolve_dtypes(kinds, **options)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise NotReadable(str(error)) from None
    if text_of(ufunc.__name__, taken[-1]) is None or ufunc.nout != 1:
        raise NotReadable(f"there is no numpy.{ufunc.__name__} of {taken[-1]} in C")
    args = [_formula(x, kind) for x, kind in zip(operands, taken, strict=True)]
    weak = all(type(x) in _NUMBERS or (isinstance(x, Element) and x.weak) for x in operands)
    return Element(_allowed(_simple(ufunc.__name__, args, result)), weak)


def _simple(name: str, args: list[Scalar], dtype: Any) -> Scalar:
    """Return a function of formulas; a power that is a product or a root as that."""
    if name == "power" and args[1].op == "constant":
        x, exponent = args[0], args[1].extra
        if exponent == 2:
            return scalar("square", [x], dtype)
        if exponent == 0.5 and dtype.kind == "f":
            return scalar("sqrt", [x], dtype)
        if exponent == 1:
            return x
    return scalar(name, args, dtype)


def _example(x: Any) -> Any:
    """Return something of the dtype of an operand, for NumPy's rules of promotion."""
    if type(x) in _NUMBERS:
        return x
    return 1.0 if isinstance(x, Element) and x.weak else np.empty(0, _kind(x))


def _result_type(*operands: Any) -> np.dtype[Any]:
    return np.result_type(*map(_example, operands))


def _where(condition: Any, x: Any, y: Any) -> Element:
    dtype = _result_type(x, y)
    chosen = [_formula(condition, np.bool_), _formula(x, dtype), _formula(y, dtype)]
    return Element(_allowed(scalar("where", chosen, dtype)))


def _round(x: Any, decimals: int = 0) -> Element:
    if decimals or x.dtype.kind != "f":
        raise NotReadable("it rounds to decimals")
    return _applied(np.rint, (x,))


def _clip(x: Any, low: Any = None, high: Any = None) -> Any:
    if low is not None:
        x = _applied(np.maximum, (x, low))
    return x if high is None else _applied(np.minimum, (x, high))


_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.where: _where,
    np.clip: _clip,
    np.real: lambda x: x,
    np.round: _round,
    np.result_type: _result_type,
    np.ndim: lambda x: 0,
    np.shape: lambda x: (),
    np.iscomplexobj: lambda x: False,
}


def formula_of(op: Op, operands: Sequence[Any], static: dict[str, Any], dtype: Any) -> Scalar:
    """Return what an elementwise operation computes, given its operands' formulas.

    Args:
        op: the operation.
        operands: for each an element, or the number of Python's that it is.
        static: its static parameters.
        dtype: the result's.

    Raises:
        NotReadable: its kernel does something that no formula says.
    """
    for x in operands:
        if isinstance(x, Element):
            _allowed(x.formula)
    name = _NAMED.get(op)
    try:
        out: Any
        if name is not None:
            out = Element(scalar(name, [cast(x.formula, dtype) for x in operands], dtype))
        else:
            out = op.kernel(*operands, **static)
    except NotReadable:
        raise
    except Exception as error:  # whatever a kernel may do with something that is no array
        raise NotReadable(f"{type(error).__name__}: {error}") from error
    if type(out) in _NUMBERS or isinstance(out, np.generic):
        return constant(out, dtype)
    if not isinstance(out, Element):
        raise NotReadable(f"it returns {type(out).__name__}")
    return cast(out.formula, dtype)


_NAMED = {REGISTRY["erf"]: "erf"}
"""Operations that C has and NumPy has not: their kernels are not read."""
