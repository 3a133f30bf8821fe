"""What the standard asks of dtypes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from tensorgraph import ops
from tensorgraph.array_api.device import check_device
from tensorgraph.engine.tensor import Tensor, array_of

__all__ = ["astype", "can_cast", "finfo", "iinfo", "isdtype", "result_type"]


def astype(x: Tensor, dtype: DTypeLike, /, *, copy: bool = True, device: Any = None) -> Tensor:
    """Return x in another dtype; x itself if it has it and ``copy`` is false."""
    check_device(device, "astype")
    return x if not copy and np.dtype(dtype) == x.dtype else ops.astype(x, dtype=dtype)


def _dtype_of(value: Any) -> Any:
    return value.dtype if type(value) is Tensor else value


class FloatInfo(NamedTuple):
    """What :func:`finfo` returns: limits as numbers of Python's."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: np.dtype[Any]


def finfo(type: Any, /) -> FloatInfo:
    """Return the limits of a floating-point dtype, or of a tensor's."""
    info = np.finfo(_dtype_of(type))
    return FloatInfo(
        info.bits,
        float(info.eps),
        float(info.max),
        float(info.min),
        float(info.smallest_normal),
        np.dtype(info.dtype),
    )


def iinfo(type: Any, /) -> Any:
    """Return the limits of an integer dtype, or of a tensor's."""
    return np.iinfo(_dtype_of(type))


def can_cast(from_: Any, to: DTypeLike, /) -> bool:
    """Return whether a dtype, or a tensor's, may become another one without loss."""
    return bool(np.can_cast(_dtype_of(from_), to))


def isdtype(dtype: DTypeLike, kind: Any) -> bool:
    """Return whether a dtype is of a kind such as ``"real floating"``, or of one of several."""
    return bool(np.isdtype(np.dtype(dtype), kind))


def result_type(*arrays_and_dtypes: Any) -> np.dtype[Any]:
    """Return the dtype that tensors, dtypes and Python's numbers have together."""
    return np.result_type(*[array_of(x) if type(x) is Tensor else x for x in arrays_and_dtypes])
