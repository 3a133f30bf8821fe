"""Linear systems that are known by their products only: A x = b."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorgraph import errors

Array = NDArray[Any]
Product = Callable[[Array], Array]
"""Returns A v for a vector v."""

DENSE = 64
"""Up to so many unknowns, all of the matrix is made, by as many products."""
RESTART = 40
"""So many vectors GMRES keeps at most."""
RESTARTS = 25


def solved(product: Product, b: Array, what: str) -> Array:
    """Return x with A x = b.

    Raises:
        GraphError: A is singular to the digits of its dtype, or it cannot be told apart from one
            that is; ``what`` says what A is.
    """
    wide = b.astype(np.result_type(b.dtype, np.float32))
    x = _solved_dense(product, wide, what) if b.size <= DENSE else gmres(product, wide, what)
    return x.astype(b.dtype)


def _solved_dense(product: Product, b: Array, what: str) -> Array:
    columns = [product(unit) for unit in np.eye(b.size, dtype=b.dtype)]
    matrix = np.stack(columns, axis=1) if columns else np.zeros((0, 0), b.dtype)
    if not b.size:
        return b
    condition = np.linalg.cond(matrix, 1) if np.isfinite(matrix).all() else np.inf
    if not condition < 1 / np.finfo(b.dtype).eps:
        raise errors.GraphError(
            f"implicit: {what} is singular (its condition number is {condition:.1e}), so that the"
            " solution does not depend differentiably on anything"
        )
    x: Array = np.linalg.solve(matrix, b)
    return x


def gmres(product: Product, b: Array, what: str) -> Array:
    """Return x with A x = b by restarted GMRES (Saad and Schultz, 1986), to 3/4 of the digits.

    Raises:
        GraphError: it does not converge.
    """
    goal = np.linalg.norm(b) * float(np.finfo(b.dtype).eps) ** 0.75
    x = np.zeros_like(b)
    rest = b
    for _ in range(RESTARTS):
        if np.linalg.norm(rest) <= goal:
            return x
        x = x + _best_correction(product, rest, float(goal))
        rest = b - product(x)
    if np.linalg.norm(rest) <= goal:
        return x
    left = np.linalg.norm(rest) / np.linalg.norm(b)
    raise errors.GraphError(
        f"implicit: {RESTARTS * RESTART} products with {what} did not solve a system with it:"
        f" {left:.1e} of the right side is left. It may be singular; write another equation with"
        " the same solution, or give linear_solve="
    )


def _best_correction(product: Product, rest: Array, goal: float) -> Array:
    """Return the vector x of a Krylov space for which ``rest`` − A x is smallest."""
    norm = np.linalg.norm(rest)
    basis = [rest / norm]
    hessenberg = np.zeros((RESTART + 1, RESTART), rest.dtype)
    coefficients = np.zeros(0, rest.dtype)
    for k in range(min(RESTART, rest.size)):
        v = product(basis[k])
        for _ in range(2):  # once more, against what rounding leaves
            for i, q in enumerate(basis):
                share = q @ v
                hessenberg[i, k] += share
                v = v - share * q
        hessenberg[k + 1, k] = np.linalg.norm(v)
        target = np.zeros(k + 2, rest.dtype)
        target[0] = norm
        small = hessenberg[: k + 2, : k + 1]
        coefficients = np.linalg.lstsq(small, target, rcond=None)[0]
        left = np.linalg.norm(target - small @ coefficients)
        if left <= goal or hessenberg[k + 1, k] <= np.finfo(rest.dtype).eps * norm:
            break
        basis.append(v / hessenberg[k + 1, k])
    found: Array = np.stack(basis[: len(coefficients)], axis=1) @ coefficients
    return found
