"""Probabilistic forecasts of hourly electricity load."""

from .data import Scaler, make_load, split_by_time, windows
from .layers import Forecaster, GatedLinear, QuantileHead, Seasonal
from .losses import pinball, smooth_absolute_error
from .ops import log_cosh, soft_shrink
from .optimizers import AdaBelief, warmup_then_root

__all__ = [
    "AdaBelief",
    "Forecaster",
    "GatedLinear",
    "QuantileHead",
    "Scaler",
    "Seasonal",
    "log_cosh",
    "make_load",
    "pinball",
    "smooth_absolute_error",
    "soft_shrink",
    "split_by_time",
    "warmup_then_root",
    "windows",
]
