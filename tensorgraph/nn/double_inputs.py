"""The warning of float64 data in a float32 layer, from which on all is computed in float64."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import CodeType, FrameType
from typing import Any

import numpy as np

from tensorgraph.caller.asking import asking
from tensorgraph.caller.variables import variable_of
from tensorgraph.caller.warning_line import warn_once
from tensorgraph.engine.tensor import Tensor
from tensorgraph.errors import UsageWarning

DOUBLE = np.dtype(np.float64)


def warn_of_double(
    scope: Callable[[], str], x: Any, attributes: Mapping[str, Any], call: CodeType
) -> None:
    """Warn at the user's line if a layer with narrower weights is called with float64 data.

    Results that need a gradient are none: what made them has met the data before. Nothing is told
    of checks of gradients, which are made in float64.

    Args:
        scope: returns what messages call the layer: where it is, and its class.
        x: what it is called with, in float64.
        attributes: its own, among them the weights.
        call: the code by which modules are called; the user's line is what calls the outermost.
    """
    if type(x) is Tensor and x.node is not None:
        return
    dtypes = {a.dtype for a in attributes.values() if type(a) is Tensor and a.dtype.kind == "f"}
    if not dtypes or DOUBLE in dtypes:
        return
    user, libraries = asking(_outermost(sys._getframe(), call))
    if any(name.startswith("tensorgraph.testing") for name in libraries):
        return
    kind = max(dtypes, key=lambda dtype: dtype.itemsize)
    name = variable_of(x, user) or "x"
    warn_once(
        user,
        UsageWarning,
        lambda: (
            f"{scope()}: the input is float64, the weights are {kind}, so that all from here on is"
            f" computed in float64, which takes twice the time; write {name}.astype('{kind}') for"
            f" the data, or give the layers dtype='float64'"
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
