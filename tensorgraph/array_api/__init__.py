"""The Array API standard: ``x.__array_namespace__()``, for libraries written for any arrays.

Names that agree with the standard are those of ``tensorgraph`` itself. Here are the others: what
takes the standard's keywords (``device``, ``copy``, ``dtype`` of a sum), which mean nothing more
here, and what only such libraries ask for. The standard's version is 2025.12; complex numbers there
are none, and so no ``linalg.eig`` and no transforms in ``fft``. Gradients flow as everywhere.

Read ``creation`` (making tensors), ``dtypes``, ``keywords`` (operations with more keywords than
ours), ``searching`` (places, membership), ``linalg`` and ``fft`` (the extensions), ``info`` (what
the namespace says of itself).
"""

from __future__ import annotations

from numpy import (
    bool as bool,
    e as e,
    float32 as float32,
    float64 as float64,
    inf as inf,
    int8 as int8,
    int16 as int16,
    int32 as int32,
    int64 as int64,
    nan as nan,
    newaxis as newaxis,
    pi as pi,
    uint8 as uint8,
    uint16 as uint16,
    uint32 as uint32,
    uint64 as uint64,
)

from tensorgraph import ops
from tensorgraph.array_api import fft as fft, linalg as linalg
from tensorgraph.array_api.creation import *
from tensorgraph.array_api.dtypes import *
from tensorgraph.array_api.info import (
    VERSIONS,
    __array_namespace_info__ as __array_namespace_info__,
)
from tensorgraph.array_api.keywords import *
from tensorgraph.array_api.searching import *

__array_api_version__ = VERSIONS[-1]

_AS_THEY_ARE = (
    "abs acos acosh add all any argmax argmin asin asinh atan atan2 atanh bitwise_and"
    " bitwise_invert bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor"
    " broadcast_arrays broadcast_to ceil clip concat copysign cos cosh count_nonzero divide equal"
    " exp expand_dims expm1 flip floor floor_divide greater greater_equal hypot isfinite isinf"
    " isnan less less_equal log log10 log1p log2 logaddexp logical_and logical_not logical_or"
    " logical_xor matmul matrix_transpose max maximum mean meshgrid min minimum moveaxis multiply"
    " negative nextafter nonzero not_equal permute_dims positive reciprocal remainder repeat roll"
    " round sign signbit sin sinh sqrt square squeeze stack subtract take take_along_axis tan tanh"
    " tensordot tile tril triu trunc unique_all unique_counts unique_inverse unique_values unstack"
    " vecdot where"
).split()
"""The operations that the standard has as they are."""

globals().update({name: ops.OPS[name] for name in _AS_THEY_ARE})

pow = ops.power

_PARTS = {"annotations", "creation", "device", "dtypes", "info", "keywords", "ops", "searching"}
__all__ = sorted({name for name in globals() if not name.startswith("_")} - _PARTS - {"VERSIONS"})
