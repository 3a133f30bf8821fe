"""What a forecast costs; NaN in the target is an hour without a reading."""

import numpy as np

import tensorgraph as tg

from .ops import log_cosh


def _reduced(each, known, reduction):
    each = tg.where(known, each, 0.0)
    if reduction == "none":
        return each
    total = tg.sum(each)
    return total if reduction == "sum" else total / max(int(np.sum(known)), 1)


def smooth_absolute_error(pred, target, reduction="mean"):
    """Σ log cosh(pred − target) / n over the known targets."""
    if np.shape(pred) != np.shape(target):
        raise ValueError(f"pred is {np.shape(pred)}, target is {np.shape(target)}")
    known = ~np.isnan(target)
    return _reduced(log_cosh(pred - np.nan_to_num(target)), known, reduction)


def pinball(pred, target, quantiles=(0.1, 0.5, 0.9), reduction="mean"):
    """The pinball loss of quantiles (n, q) of a target (n,), summed over quantiles."""
    if np.shape(pred) != (*np.shape(target), len(quantiles)):
        raise ValueError(f"pred is {np.shape(pred)}, target is {np.shape(target)}")
    known = ~np.isnan(target)
    q = np.asarray(quantiles, np.float32)
    miss = np.nan_to_num(target)[..., None] - pred
    return _reduced(tg.sum(tg.maximum(q * miss, (q - 1) * miss), axis=-1), known, reduction)
