"""Makes NumPy's transcendental functions one ulp wrong, as they are on some other processor.

    PYTHONPATH=tests/machine/off_by_one_ulp python -m pytest

NumPy has kernels of its own for each kind of processor, and promises of none that it rounds
correctly. Python imports this file when it starts, before any other that imports NumPy. In which
direction a result errs is read from its own bits, so that equal arguments have equal results.
"""

import functools

import numpy as np

FUNCTIONS = (
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "power", "cbrt",
    "sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2",
    "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh",
)  # fmt: skip
DTYPES = (np.float32, np.float64)
EXACT = (0, 1, -1)


class OffByOneUlp:
    """A ufunc whose results are neighbours of what they should be; otherwise the ufunc itself."""

    __class__ = property(lambda self: np.ufunc)

    def __init__(self, function: np.ufunc) -> None:
        self.function = function
        functools.update_wrapper(self, function)
        del self.__wrapped__

    def __getattr__(self, name: str) -> object:
        return getattr(self.function, name)

    def __eq__(self, other: object) -> bool:
        return self is other or self.function is other

    def __hash__(self) -> int:
        return hash(self.function)

    def __repr__(self) -> str:
        return repr(self.function)

    def __reduce__(self) -> str:
        return self.function.__name__

    def __call__(self, *args, **kwargs):
        result = self.function(*args, **kwargs)
        if result.__class__ is np.ndarray and result.dtype in DTYPES and "where" not in kwargs:
            result[...] = moved(result)
        elif isinstance(result, DTYPES):
            result = moved(np.asarray(result))[()]
        return result


def moved(numbers: np.ndarray) -> np.ndarray:
    """Return the neighbours of numbers, but for those that each kernel gets right."""
    towards = np.where(numbers.view(f"u{numbers.itemsize}") % 3 == 0, np.inf, -np.inf)
    with np.errstate(all="ignore"):
        near = np.nextafter(numbers, towards.astype(numbers.dtype))
    return np.where(
        np.isin(numbers, EXACT) | ~np.isfinite(numbers) | ~np.isfinite(near), numbers, near
    )


# In tracebacks and for who looks at the callers, as NumPy's own.
OffByOneUlp.__call__.__code__ = OffByOneUlp.__call__.__code__.replace(co_filename=np.__file__)

for name in FUNCTIONS:
    setattr(np, name, OffByOneUlp(getattr(np, name)))
