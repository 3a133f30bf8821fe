"""Dtypes of files that NumPy lacks: they are held in wider ones, which have all their numbers.

What a file holds in one, what is cast or quantised to it and what goes into a network as such is
rounded as the standard says; what is computed of that is as exact as the wider dtype.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from tensorgraph import ops
from tensorgraph.engine.own_op import op
from tensorgraph.errors import OnnxError
from tensorgraph.extras import require


@dataclass(frozen=True, slots=True)
class Narrow:
    """A dtype of few bits, and how it is held."""

    name: str
    """The standard's name."""
    packed: str
    """The name in ``ml_dtypes``."""
    bits: int
    wide: np.dtype[Any]
    overflow: float = np.inf
    """What becomes of numbers beyond the largest, where they are not to become that one."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype in ``ml_dtypes``: one element in one or two bytes."""
        found: np.dtype[Any] = np.dtype(getattr(require("ml_dtypes", "onnx"), self.packed))
        return found

    @property
    def range(self) -> tuple[int, int]:
        """The smallest and the largest, of whole numbers."""
        if self.wide.kind == "u":
            return 0, 2**self.bits - 1
        return -(2 ** (self.bits - 1)), 2 ** (self.bits - 1) - 1

    def size(self, count: int) -> int:
        """Return how many bytes hold so many elements."""
        return -(-count * self.bits // 8)

    def unpacked(self, data: Any, count: int) -> Any:
        """Return elements, in the wider dtype, of their bytes: the lowest bits come first."""
        codes: Any = np.frombuffer(data, np.dtype("<u2") if self.bits == 16 else np.uint8)
        if self.bits < 8:
            shifts = np.arange(0, 8, self.bits, dtype=np.uint8)
            codes = (codes[:, None] >> shifts & np.uint8(2**self.bits - 1)).reshape(-1)[:count]
        return codes.astype(codes.dtype.newbyteorder("=")).view(self.dtype).astype(self.wide)


_REAL, _SIGNED, _UNSIGNED = map(np.dtype, (np.float32, np.int8, np.uint8))

NARROW = {
    16: Narrow("bfloat16", "bfloat16", 16, _REAL),
    17: Narrow("float8e4m3fn", "float8_e4m3fn", 8, _REAL, np.nan),
    18: Narrow("float8e4m3fnuz", "float8_e4m3fnuz", 8, _REAL, np.nan),
    19: Narrow("float8e5m2", "float8_e5m2", 8, _REAL),
    20: Narrow("float8e5m2fnuz", "float8_e5m2fnuz", 8, _REAL, np.nan),
    21: Narrow("uint4", "uint4", 4, _UNSIGNED), 22: Narrow("int4", "int4", 4, _SIGNED),
    23: Narrow("float4e2m1", "float4_e2m1fn", 4, _REAL, 6.0),
    24: Narrow("float8e8m0", "float8_e8m0fnu", 8, _REAL, np.nan),
    25: Narrow("uint2", "uint2", 2, _UNSIGNED), 26: Narrow("int2", "int2", 2, _SIGNED),
}  # fmt: skip
"""By the numbers that files have for them."""

_BFLOAT16, _FLOAT4, _POWERS = NARROW[16], NARROW[23], NARROW[24]


def widened(value: Any) -> Any:
    """Return an array of a dtype of ``ml_dtypes`` in the wider one; else what is given."""
    name = str(getattr(value, "dtype", ""))
    wide = next((narrow.wide for narrow in NARROW.values() if narrow.packed == name), None)
    return value if wide is None else value.astype(wide)


# --------------------------------------------------------------------------------------- rounding


def _conversion(kernel: Callable[..., Any], doc: str) -> Callable[..., Any]:
    """Return an operation that rounds to float32; its gradient is that of ``astype``."""
    name = kernel.__name__.lstrip("_")
    dtype = np.dtype(np.float32)
    return op(name, kernel, {"x": lambda g: g}, dtype=lambda x, **_: dtype, doc=doc)


def _nearest(x: Any, *, digits: int, lowest: int, largest: float, overflow: float) -> Any:
    """Round to ``digits`` binary places behind the first, below 2^lowest to as many as there."""
    x = x.astype(np.result_type(x.dtype, np.float32))
    unit = np.maximum(np.frexp(x)[1] - 1, lowest) - digits
    y = np.ldexp(np.round(np.ldexp(x, -unit)), unit)
    y = np.where(np.abs(y) > largest, np.copysign(overflow, y), y)
    return y.astype(np.float32)


nearest = _conversion(
    _nearest, "Return the nearest number of fewer digits, of two the even one, in float32."
)


def _powers(x: Any, *, mode: str, saturate: bool) -> Any:
    """Return 2^n of float8e8m0, n from −127 to 127; NaN where the standard leaves it open."""
    part, exponent = np.frexp(x.astype(np.float64))  # from ½ to 1, times 2^exponent
    above = {"up": part > 0.5, "down": np.bool_(False), "nearest": part >= 0.75}[mode]
    n = np.where(x > 0, exponent - 1 + above, -200)
    kept = np.clip(n, -127, 127)
    outside = (x < 0) | np.isnan(x) | (~np.isfinite(x) | (n != kept) if not saturate else False)
    y = np.ldexp(np.float32(1), np.where(np.isinf(x), 127, kept).astype(np.int32))
    return np.where(outside, np.float32(np.nan), y)


powers = _conversion(
    _powers, "Return powers of two in float32: those above, those below, or the nearest."
)


@cache
def _limits(narrow: Narrow) -> dict[str, Any]:
    told = require("ml_dtypes", "onnx").finfo(narrow.dtype)
    return {"digits": int(told.nmant), "lowest": int(told.minexp), "largest": float(told.max)}


def as_narrow(x: Any, narrow: Narrow, saturate: int = 1, round_mode: str = "up") -> Any:
    """Return x in the numbers of a narrow dtype, in the wider one, as ``Cast`` converts it.

    Numbers beyond the largest become that, or without ``saturate`` inf or NaN; of bfloat16 always
    inf. Of whole numbers the upper bits are dropped. The gradient is that of a conversion.

    Raises:
        OnnxError: no such ``round_mode``, which float8e8m0 has.
    """
    if narrow.wide.kind != "f":
        return _whole(x, narrow)
    if x.dtype.kind != "f":
        x = ops.astype(x, dtype=np.float64)
    if narrow is _POWERS:
        if round_mode not in ("up", "down", "nearest"):
            raise OnnxError(f"round_mode {round_mode!r}; known are up, down and nearest")
        return powers(x, mode=round_mode, saturate=bool(saturate))
    limits = _limits(narrow)
    keeps = saturate and narrow is not _BFLOAT16
    y = nearest(x, **limits, overflow=limits["largest"] if keeps else narrow.overflow)
    if narrow is _FLOAT4:  # which has no NaN
        return ops.where(ops.isnan(y), np.float32(0), y)
    return y + np.float32(0) if narrow.name.endswith("fnuz") else y  # without −0


def _whole(x: Any, narrow: Narrow) -> Any:
    low, high = narrow.range
    whole = ops.astype(x, dtype=np.int64)
    return ops.astype(ops.bitwise_and(whole - low, high - low) + low, dtype=narrow.wide)
