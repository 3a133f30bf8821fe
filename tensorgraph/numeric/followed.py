"""Arrays that carry a derivative along, and see each function they are given to.

What such an array has come through was functions of single elements, and functions whose
continuation to complex numbers is known: so the derivative that it carries is that of the kernel,
and no element depends on another. Whatever it cannot follow, it refuses for good: a kernel that
catches the refusal gains nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from tensorgraph.engine.arrays import Array
from tensorgraph.numeric.complex_step import steps_beside

_PROBE = (2, 3)
"""The shape of the arrays with which a kernel is looked at; no two axes are alike."""


class NotFollowedError(Exception):
    """The kernel does something that was not followed."""


class _Trail:
    """What has become of all arrays that one kernel was given."""

    def __init__(self) -> None:
        self.is_lost = False
        self.is_known = True
        """Whether the derivative of each function on the way is known."""

    def lose(self, what: str) -> NotFollowedError:
        self.is_lost = True
        return NotFollowedError(what)


class Followed(NDArrayOperatorsMixin):
    """An array that functions of single elements can be computed of, and nothing else.

    Args:
        array: real, or complex with a derivative as its imaginary part.
        trail: shared by all that were made of the same operands.
    """

    __slots__ = ("array", "trail")

    def __init__(self, array: Array, trail: _Trail) -> None:
        self.array, self.trail = array, trail

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **options: Any) -> Any:
        if method != "__call__" or options or ufunc.signature or ufunc.nout > 1:
            raise self.trail.lose(f"{ufunc.__name__} takes elements together")
        arrays = [self._array_in(operand) for operand in operands]
        if not any(np.iscomplexobj(array) for array in arrays):
            self.trail.is_known &= ufunc in _ANALYTIC or ufunc in _PIECEWISE
            return Followed(np.asarray(ufunc(*arrays)), self.trail)
        if ufunc in _PIECEWISE:
            return Followed(np.asarray(_PIECEWISE[ufunc](*arrays)), self.trail)
        if ufunc not in _ANALYTIC or not _ANALYTIC[ufunc](*arrays):
            raise self.trail.lose(f"{ufunc.__name__} is not analytic here")
        return Followed(np.asarray(ufunc(*arrays)), self.trail)

    def __array_function__(
        self, function: Any, types: Any, operands: Sequence[Any], options: Mapping[str, Any]
    ) -> Any:
        if function not in _FUNCTIONS or options:
            raise self.trail.lose(f"np.{function.__name__} may take elements together")
        arrays = [x if x is None else self._array_in(x) for x in operands]
        if function is np.where and np.iscomplexobj(np.asarray(arrays[0])):
            raise self.trail.lose("a condition is no boolean")
        return Followed(np.asarray(_FUNCTIONS[function](*arrays)), self.trail)

    def _array_in(self, operand: Any) -> Any:
        if isinstance(operand, Followed):
            return operand.array
        if np.iscomplexobj(operand):
            raise self.trail.lose("it computes with complex numbers of its own")
        return operand

    def __getattr__(self, name: str) -> Any:
        self.trail.is_lost = True
        raise AttributeError(name)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What ``isinstance`` asks for: a kernel may be another one for what is no array."""
        self.trail.is_lost = True
        return Followed

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise self.trail.lose("it looks into an array, or changes one")

    __bool__ = __float__ = __int__ = __complex__ = __index__ = __len__ = __iter__ = _refuse
    __array__ = __getitem__ = __setitem__ = __contains__ = _refuse
    __iadd__ = __isub__ = __imul__ = __itruediv__ = __ifloordiv__ = __ipow__ = __imod__ = _refuse


def looks_elementwise(kernel: Callable[..., Any], count: int) -> bool:
    """Return whether a kernel of so many arrays is made of functions of single elements alone.

    It is run on arrays that nothing but such functions can be computed of, of several shapes, which
    arrays of its own would not fit; twice of one: what it adds by itself must be the same.
    """
    once, again = _seen(kernel, [_PROBE] * count), _seen(kernel, [_PROBE] * count)
    if once is None or again is None or not np.array_equal(once, again, equal_nan=True):
        return False
    shapes: list[list[tuple[int, ...]]] = [[()] * count]
    shapes += [[_PROBE if k == i else () for k in range(count)] for i in range(count)]
    return all(_seen(kernel, each) is not None for each in shapes)


def _seen(kernel: Callable[..., Any], shapes: Sequence[tuple[int, ...]]) -> Array | None:
    """Return what a kernel makes of arrays of these shapes, if it has that of all together."""
    operands = [np.linspace(0.3, 0.8, 6)[: math.prod(shape)].reshape(shape) for shape in shapes]
    trail = _Trail()
    try:
        result = kernel(*(Followed(x + 0.01 * k, trail) for k, x in enumerate(operands)))
    except Exception:  # whatever a kernel may raise of what is no array
        return None
    if trail.is_lost or type(result) is not Followed:
        return None
    return result.array if result.array.shape == np.broadcast_shapes(*shapes) else None


def followed_derivative(
    kernel: Callable[..., Any], operands: Sequence[Any], i: int, static: Mapping[str, Any]
) -> tuple[Array, Array]:
    """Return a kernel's values and their derivatives by the elements of the ``i``-th operand.

    Raises:
        NotFollowedError: it does something whose derivative is not known, or by which one element
            may depend on others.
    """
    trail, x = _Trail(), operands[i]
    step = steps_beside(np.where(x == 0, 1.0, np.abs(x)))
    inside = [
        Followed(x + 1j * step if k == i else np.asarray(operand), trail)
        for k, operand in enumerate(operands)
    ]
    try:
        result = kernel(*inside, **static)
    except Exception as error:  # whatever a kernel may raise of what is no array
        raise NotFollowedError(str(error)) from error
    shape = np.broadcast_shapes(*(np.shape(operand) for operand in operands))
    if trail.is_lost or type(result) is not Followed or result.array.shape != shape:
        raise NotFollowedError("its result does not come from its operands alone")
    values = np.real(result.array)
    derivative = np.imag(result.array) / step
    if not np.all(np.isfinite(derivative) | ~np.isfinite(values)):
        raise NotFollowedError("an intermediate result overflows")
    return values, derivative


# ---------------------------------------------------------------------- what can be followed

_Condition = Callable[..., Any]


def _everywhere(*_: Any) -> bool:
    return True


def _above(bound: float) -> _Condition:
    return lambda z: np.all(np.real(z) > bound)


def _inside(z: Any) -> Any:
    return np.all(np.abs(np.real(z)) < 1)


def _not_zero(z: Any) -> Any:
    return np.all(np.real(z) != 0)


def _may_be_raised(z: Any, exponent: Any) -> Any:
    """A power by an integer is a product; otherwise it is that of a positive number."""
    power = np.real(exponent)
    is_product = not np.iscomplexobj(exponent) and np.all((power == np.rint(power)) & (power >= 0))
    return (is_product and np.all(power <= 64)) or np.all(np.real(z) > 0)


_ANALYTIC: dict[np.ufunc, _Condition] = {
    **dict.fromkeys(
        (np.add, np.subtract, np.multiply, np.negative, np.positive, np.square, np.exp, np.exp2,
         np.expm1, np.sin, np.cos, np.tan, np.sinh, np.cosh, np.tanh, np.arctan, np.arcsinh),
        _everywhere,
    ),
    **dict.fromkeys((np.sqrt, np.log, np.log2, np.log10), _above(0)),
    **dict.fromkeys((np.arcsin, np.arccos, np.arctanh), _inside),
    np.log1p: _above(-1),
    np.arccosh: _above(1),
    np.reciprocal: _not_zero,
    np.divide: lambda x, y: _not_zero(y),
    np.power: _may_be_raised,
}  # fmt: skip
"""Functions that complex numbers continue, and where: there NumPy computes them as such."""


def _chosen(of_first: Any, x: Any, y: Any) -> Any:
    """Return the first where that is true, and the mean of both where they tie."""
    return np.where(np.real(x) == np.real(y), (x + y) / 2, np.where(of_first, x, y))


def _larger(x: Any, y: Any) -> Any:
    return _chosen(~(np.real(x) < np.real(y)), x, y)


def _smaller(x: Any, y: Any) -> Any:
    return _chosen(~(np.real(x) > np.real(y)), x, y)


def _clipped(x: Any, low: Any, high: Any) -> Any:
    x = x if low is None else _larger(x, low)
    return x if high is None else _smaller(x, high)


def _of_real(ufunc: np.ufunc) -> Callable[..., Any]:
    return lambda *arrays: ufunc(*map(np.real, arrays))


_PIECEWISE: dict[np.ufunc, Callable[..., Any]] = {
    **{
        ufunc: _of_real(ufunc)
        for ufunc in (np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal,
                      np.floor, np.ceil, np.rint, np.trunc, np.sign, np.signbit, np.isnan,
                      np.isfinite, np.isinf)
    },
    np.maximum: _larger,
    np.minimum: _smaller,
    np.absolute: lambda z: z * np.sign(np.real(z)),
    np.fabs: lambda z: z * np.sign(np.real(z)),
}  # fmt: skip
"""Functions that are something else on each side of a point: of the real part, by its side."""


_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.where: np.where,
    np.clip: _clipped,
}
"""The same of functions that are no ufuncs."""
