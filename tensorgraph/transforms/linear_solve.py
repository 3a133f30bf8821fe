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
LinearSolve = Callable[[Product, Array], Array]
"""``linear_solve(product, b)`` returns x with A x = b, where ``product(v)`` returns A v."""

DENSE = 64
"""Up to so many unknowns, all of the matrix is made, by as many products."""
RESTART = 40
"""So many vectors GMRES keeps at most."""
RESTARTS = 25


def solved(product: Product, b: Array, what: str) -> Array:
    """Return x with A x = b, for a vector b or many along its last axis.

    Raises:
        GraphError: an A is singular to the digits of its dtype, or it cannot be told apart from one
            that is; ``what`` says what A is.
    """
    wide = b.astype(np.result_type(b.dtype, np.float32))
    if not b.size:
        return b
    if b.shape[-1] <= DENSE:
        return _solved_dense(product, wide, what).astype(b.dtype)

    def flat(v: Array) -> Array:
        return product(v.reshape(b.shape)).reshape(-1)

    return gmres(flat, wide.reshape(-1), what).reshape(b.shape).astype(b.dtype)


def _solved_dense(product: Product, b: Array, what: str) -> Array:
    units = np.eye(b.shape[-1], dtype=b.dtype)
    columns = [product(np.broadcast_to(unit, b.shape)) for unit in units]
    matrix = np.stack(columns, axis=-1)
    condition = np.max(np.linalg.cond(matrix, 1)) if np.isfinite(matrix).all() else np.inf
    if not condition < 1 / np.finfo(b.dtype).eps:
        raise errors.GraphError(
            f"implicit: {what} is singular (its condition number is {condition:.1e}), so that the"
            " solution does not depend differentiably on anything"
        )
    x: Array = np.linalg.solve(matrix, b[..., None])[..., 0]
    return x


def by_blocks(linear_solve: LinearSolve, product: Product, b: Array) -> Array:
    """Return x with A x = b, one of the vectors along the last axis of b after the other."""
    x = np.empty(b.shape, b.dtype)
    for place in np.ndindex(b.shape[:-1]):

        def of_one(v: Array, place: tuple[int, ...] = place) -> Array:
            whole = np.zeros(b.shape, b.dtype)
            whole[place] = v
            image: Array = product(whole)[place]
            return image

        x[place] = linear_solve(of_one, b[place])
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
