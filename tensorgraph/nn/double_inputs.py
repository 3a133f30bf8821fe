"""The warning of float64 data in a float32 layer, from which on all is computed in float64."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import CodeType, FrameType
from typing import Any

import numpy as np

from tensorgraph.caller.asking import asking
from tensorgraph.caller.variables import variable_of
from tensorgraph.caller.warning_line import warn_once
from tensorgraph.engine.tensor import Tensor
from tensorgraph.errors import UsageWarning

DOUBLE = np.dtype(np.float64)


def narrower_weights(x: Any, attributes: Iterable[Any]) -> np.dtype[Any] | None:
    """Return the dtype of a layer's weights, where float64 data are wider than all of them.

    Results that need a gradient are no data: what made them has met the data before.

    Args:
        x: what the layer is called with, in float64.
        attributes: its own, among them the weights.
    """
    if type(x) is Tensor and x.node is not None:
        return None
    dtypes = {a.dtype for a in attributes if type(a) is Tensor and a.dtype.kind == "f"}
    if not dtypes or DOUBLE in dtypes:
        return None
    return max(dtypes, key=lambda dtype: dtype.itemsize)


def warn_of_double(
    scope: str, x: Any, narrower: np.dtype[Any], result: Any, call: CodeType
) -> None:
    """Warn at the user's line if a layer made float64 of float64 data and narrower weights.

    Nothing is told where this package calls the model: training converts the data, and gradients
    are checked in float64.

    Args:
        scope: what messages call the layer: where it is, and its class.
        x: what it is called with.
        narrower: the dtype of its weights.
        result: what it made of that.
        call: the code by which modules are called; the user's line is what calls the outermost.
    """
    user, libraries = asking(_outermost(sys._getframe(), call))
    own = any(name.startswith("tensorgraph.") for name in libraries)
    if own or getattr(result, "dtype", None) != DOUBLE:
        return
    warn_once(
        user,
        UsageWarning,
        lambda: (
            f"{scope}: the input is float64, the weights are {narrower}, so that all from here on"
            f" is computed in float64, which takes twice the time; write"
            f" {variable_of(x, user) or 'x'}.astype('{narrower}') for the data, or give the layers"
            f" dtype='float64'"
        ),
    )


def _outermost(frame: FrameType, call: CodeType) -> FrameType:
    """Return the frame from which the outermost module was called."""
    caller, outer = frame, frame.f_back
    while outer is not None:
        if outer.f_code is call and outer.f_back is not None:
            caller = outer.f_back
        outer = outer.f_back
    return caller
