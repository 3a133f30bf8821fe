"""``tg.linalg``: inverses, equations, determinants, decompositions, norms.

Names and signatures are NumPy's and the Array API's; every function works on the last two axes, for
all matrices of a stack. ``np.linalg.inv(x)`` of a tensor is answered with what stands here.
Integers are computed with as float64, and float16 in float32: LAPACK has no other numbers.

``diagonals`` (trace, diag), ``products`` (chains, powers, kron, cross), ``solves`` (inverse and
equations), ``determinants``, ``factorizations`` (Cholesky, QR), ``spectra`` (eigenvalues, singular
values), ``least_squares``, ``norms`` and ``functions`` (expm); what they share is in ``_matrices``,
what NumPy's functions of matrices are answered with in ``_numpy_answers``.
``tensordot``, ``outer``, ``matmul``, ``vecdot`` and ``matrix_transpose`` are those of ``tg``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tensorgraph.leads.attributes import module_hooks as _module_hooks
from tensorgraph.linalg import (
    determinants,
    diagonals,
    factorizations,
    functions,
    least_squares,
    norms,
    products,
    solves,
    spectra,
)
from tensorgraph.linalg._numpy_answers import answers
from tensorgraph.linalg.determinants import *
from tensorgraph.linalg.diagonals import *
from tensorgraph.linalg.factorizations import *
from tensorgraph.linalg.functions import *
from tensorgraph.linalg.least_squares import *
from tensorgraph.linalg.norms import *
from tensorgraph.linalg.products import *
from tensorgraph.linalg.solves import *
from tensorgraph.linalg.spectra import *
from tensorgraph.ops.contract import (
    matmul as matmul,
    outer as outer,
    tensordot as tensordot,
    vecdot as vecdot,
)
from tensorgraph.ops.numpy_api import FURTHER
from tensorgraph.ops.shape import matrix_transpose as matrix_transpose

_FILES = (
    determinants, diagonals, factorizations, functions, least_squares, norms, products, solves,
    spectra,
)  # fmt: skip

LINALG: dict[str, Callable[..., Any]] = {
    name: globals()[name]
    for name in (
        *(name for file in _FILES for name in file.__all__),
        *("matmul", "matrix_transpose", "outer", "tensordot", "vecdot"),
    )
}
"""All functions of the room by name, and the kinds of results that some return."""
if not TYPE_CHECKING:  # which takes what is imported by * as public
    __all__ = list(LINALG)
    __getattr__, __dir__ = _module_hooks(__name__, __all__)

FURTHER.update(answers(LINALG))
