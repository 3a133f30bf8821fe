"""All operations, one family a file.

In come tensors, arrays, numbers or lists; out come tensors. Each family's ``__all__`` says which of
its names are public; ``OPS`` holds them all: functions of one record each (their ``.op``), and
functions composed of several.

Read ``arithmetic`` and ``extrema`` first, whose records are the simplest; then ``transcendental``,
``trigonometric``, ``floats``, ``roots``, ``logarithms`` and ``bits``; ``activation`` and
``rectifiers``; the special functions ``gaussian``, ``gamma`` and ``bessel``. Their kernels are in
``_blocks``, ``_erf``, ``_erf_inverse``, ``_normal``, ``_log_normal``, ``_gamma``, ``_bessel`` and
``_sinc``. Along axes (``_axes``): ``reduce``, ``scans``, ``nan_reductions`` and ``statistics``,
``order`` (medians, the largest k), ``sampled`` (functions known at points); ``shape`` and
``repetition``; ``axis_changes``, ``joining``, ``splitting``, ``padding`` and ``grids``, mostly
composed of those. Then ``contract`` and ``einstein`` (einsum), ``index`` (``_scattering``),
``sorting`` and ``sets``, and what indexing is for: ``segments`` (by labels), ``updating``,
``choosing``; ``window``, ``convolution`` (kernels in ``_convolution``) and ``pool``; the fused
``logits`` (the softmax family) and ``cross_entropy``, ``moments`` (spread, length, and what norm
layers are made of) and ``masking`` (dropout, attention's products), of which ``_lowerings`` says in
ordinary operations what their kernels compute. How an operation is computed for many examples at
once stands in its record, in terms of ``_batching`` and ``_keys``. ``methods`` binds them to
tensors as operators and methods (``numpy_methods`` has NumPy's own signatures), ``numpy_api`` (with
``_masked`` and ``numpy_answers``) answers NumPy's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import tensorgraph.engine.dispatch  # noqa: F401 - it makes what records are called by
from tensorgraph.ops import (
    activation,
    arithmetic,
    axis_changes,
    bessel,
    bits,
    choosing,
    contract,
    convolution,
    cross_entropy,
    einstein,
    extrema,
    floats,
    gamma,
    gaussian,
    grids,
    index,
    joining,
    logarithms,
    logits,
    masking,
    moments,
    nan_reductions,
    order,
    padding,
    pool,
    rectifiers,
    reduce,
    repetition,
    roots,
    sampled,
    scans,
    segments,
    sets,
    shape,
    sorting,
    splitting,
    statistics,
    transcendental,
    trigonometric,
    updating,
    window,
)
from tensorgraph.ops.activation import *
from tensorgraph.ops.arithmetic import *
from tensorgraph.ops.axis_changes import *
from tensorgraph.ops.bessel import *
from tensorgraph.ops.bits import *
from tensorgraph.ops.choosing import *
from tensorgraph.ops.contract import *
from tensorgraph.ops.convolution import *
from tensorgraph.ops.cross_entropy import *
from tensorgraph.ops.einstein import *
from tensorgraph.ops.extrema import *
from tensorgraph.ops.floats import *
from tensorgraph.ops.gamma import *
from tensorgraph.ops.gaussian import *
from tensorgraph.ops.grids import *
from tensorgraph.ops.index import *
from tensorgraph.ops.joining import *
from tensorgraph.ops.logarithms import *
from tensorgraph.ops.logits import *
from tensorgraph.ops.masking import *
from tensorgraph.ops.methods import bind_tensor
from tensorgraph.ops.moments import *
from tensorgraph.ops.nan_reductions import *
from tensorgraph.ops.order import *
from tensorgraph.ops.padding import *
from tensorgraph.ops.pool import *
from tensorgraph.ops.rectifiers import *
from tensorgraph.ops.reduce import *
from tensorgraph.ops.repetition import *
from tensorgraph.ops.roots import *
from tensorgraph.ops.sampled import *
from tensorgraph.ops.scans import *
from tensorgraph.ops.segments import *
from tensorgraph.ops.sets import *
from tensorgraph.ops.shape import *
from tensorgraph.ops.sorting import *
from tensorgraph.ops.splitting import *
from tensorgraph.ops.statistics import *
from tensorgraph.ops.transcendental import *
from tensorgraph.ops.trigonometric import *
from tensorgraph.ops.updating import *
from tensorgraph.ops.window import *

_FILES = (
    activation, arithmetic, axis_changes, bessel, bits, choosing, contract, convolution,
    cross_entropy, einstein, extrema, floats, gamma, gaussian, grids, index, joining, logarithms,
    logits, masking, moments, nan_reductions, order, padding, pool, rectifiers, reduce, repetition,
    roots, sampled, scans, segments, sets, shape, sorting, splitting, statistics, transcendental,
    trigonometric, updating, window,
)  # fmt: skip

OPS: dict[str, Callable[..., Any]] = {
    name: globals()[name] for file in _FILES for name in file.__all__
}
if not TYPE_CHECKING:  # which takes what is imported by * as public
    __all__ = list(OPS)

bind_tensor(OPS)
