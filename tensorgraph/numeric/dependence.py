"""Whether each element of a kernel's result depends on its own element of the operand alone.

Elements are moved in groups, one for each binary digit of their places: any two elements are apart
in one of them, so no dependence goes unseen, however few elements have it. Only what changes
counts, not how much: neither kinks nor curvature matter.
"""

from __future__ import annotations

import numpy as np

from tensorgraph.engine.arrays import Array
from tensorgraph.numeric.sampled_kernel import SampledKernel

_FAR = (2.0**-4, 2.0**-12, 2.0**-24)
"""How far elements move, relative to their size; less where that is beyond the domain."""
_ROUNDING = 64.0
"""Units of rounding: what other elements of one call may do to the last digits of one."""


def moves_alone(f: SampledKernel) -> bool:
    """Return whether no element of the result depends on others than its own.

    Where a group of elements moves, the others' results must stay as they are, and theirs be as
    where all move.
    """
    places = np.broadcast_to(np.arange(f.x.size).reshape(f.x.shape), f.centre.shape)
    moved, together = _all_moved(f)
    still = np.where(np.isfinite(f.centre), 0.0, np.nan)
    rounding = _ROUNDING * f.eps * (np.abs(f.centre) + np.nan_to_num(np.abs(together)))
    for digit in range((f.x.size - 1).bit_length()):
        mine = np.arange(f.x.size).reshape(f.x.shape) >> digit & 1 == 1
        change = f.change(np.where(mine, moved, 0.0))
        expected = np.where(places >> digit & 1 == 1, together, still)
        same = (np.abs(change - expected) <= rounding) | (np.isnan(change) & np.isnan(expected))
        if not np.all(same | (change == expected)):
            return False
    return True


def _all_moved(f: SampledKernel) -> tuple[Array, Array]:
    """Return by how much elements are moved, and how the values change where all are."""
    rng = np.random.default_rng(0)
    sizes = np.where(f.x == 0, 1.0, np.minimum(np.abs(f.x), 1.0)) * f.units
    along = sizes * rng.uniform(0.5, 1.0, f.x.shape) * rng.choice([-1.0, 1.0], f.x.shape)
    for far in _FAR:
        together = f.change(far * along)
        if np.all(np.isfinite(together) | ~np.isfinite(f.centre)):
            break
    return far * along, together
