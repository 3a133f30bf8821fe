"""All operations, one family a file.

In come tensors, arrays, numbers or lists; out come tensors. Each family's ``__all__`` says which of
its names are public; ``OPS`` holds them all: functions of one record each (their ``.op``), and
functions composed of several. Read ``arithmetic`` first, whose records are the simplest, then
``transcendental`` (with ``_erf``) and ``activation``; ``reduce``, ``shape`` and ``repetition``
(with ``_axes``); ``contract``, ``index``, ``window``, ``convolve`` and ``pool``; the fused
``logits`` (the softmax family), ``centering`` (what norm layers are made of) and ``masking``
(dropout). ``methods`` binds them to tensors as operators and methods, ``numpy_api`` answers NumPy's
functions with them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorgraph.ops import (
    activation,
    arithmetic,
    centering,
    contract,
    convolve,
    index,
    logits,
    masking,
    pool,
    reduce,
    repetition,
    shape,
    transcendental,
    window,
)
from tensorgraph.ops.activation import *
from tensorgraph.ops.arithmetic import *
from tensorgraph.ops.centering import *
from tensorgraph.ops.contract import *
from tensorgraph.ops.convolve import *
from tensorgraph.ops.index import *
from tensorgraph.ops.logits import *
from tensorgraph.ops.masking import *
from tensorgraph.ops.methods import bind_tensor
from tensorgraph.ops.pool import *
from tensorgraph.ops.reduce import *
from tensorgraph.ops.repetition import *
from tensorgraph.ops.shape import *
from tensorgraph.ops.transcendental import *
from tensorgraph.ops.window import *

__all__: list[str] = []
__all__ += activation.__all__
__all__ += arithmetic.__all__
__all__ += centering.__all__
__all__ += contract.__all__
__all__ += convolve.__all__
__all__ += index.__all__
__all__ += logits.__all__
__all__ += masking.__all__
__all__ += pool.__all__
__all__ += reduce.__all__
__all__ += repetition.__all__
__all__ += shape.__all__
__all__ += transcendental.__all__
__all__ += window.__all__

OPS: dict[str, Callable[..., Any]] = {name: globals()[name] for name in __all__}

bind_tensor(OPS)
