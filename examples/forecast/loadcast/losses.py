"""What a forecast costs; NaN in the target is an hour without a reading."""

import numpy as np

import tensorgraph as tg

from .ops import log_cosh


def _reduced(each, known, reduction):
    if reduction == "none":
        return each
    total, count = tg.sum(each), tg.sum(tg.astype(known, each.dtype))
    return total if reduction == "sum" else total / tg.maximum(count, 1)


def smooth_absolute_error(pred, target, reduction="mean"):
    """Σ log cosh(pred − target) / n over the known targets."""
    if np.shape(pred) != np.shape(target):
        raise ValueError(f"pred is {np.shape(pred)}, target is {np.shape(target)}")
    known = tg.logical_not(tg.isnan(target))
    return _reduced(log_cosh(tg.where(known, pred - target, 0)), known, reduction)


def pinball(pred, target, quantiles=(0.1, 0.5, 0.9), reduction="mean"):
    """The pinball loss of quantiles (n, q) of a target (n,), summed over quantiles."""
    if np.shape(pred) != (*np.shape(target), len(quantiles)):
        raise ValueError(f"pred is {np.shape(pred)}, target is {np.shape(target)}")
    known = tg.logical_not(tg.isnan(target))
    target = tg.expand_dims(tg.where(known, target, 0), -1)
    miss = tg.where(tg.expand_dims(known, -1), target - pred, 0)
    q = np.asarray(quantiles, np.float32)
    return _reduced(tg.sum(tg.maximum(q * miss, (q - 1) * miss), axis=-1), known, reduction)
