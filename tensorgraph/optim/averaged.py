"""Parameters that take other values for a while, such as their mean over training."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from tensorgraph.engine.modes import user_level
from tensorgraph.engine.tensor import Tensor, rebind
from tensorgraph.errors import UsageWarning


@contextmanager
def swapped(pairs: Iterable[tuple[Tensor, Any]], owner: str) -> Iterator[None]:
    """Give parameters other arrays inside the block, and after it back what they held.

    Warns:
        UsageWarning: what the block itself gave a parameter, by a step for instance, is lost.
    """
    pairs = list(pairs)
    before = [param._data for param, _ in pairs]
    for param, value in pairs:
        param.assign(value.astype(param.dtype))
    inside = [param._data for param, _ in pairs]
    try:
        yield
    finally:
        changed = sum(p._data is not held for (p, _), held in zip(pairs, inside, strict=True))
        for (param, _), array in zip(pairs, before, strict=True):
            rebind(param, array)
        if changed:
            warnings.warn(
                f"{owner}: {changed} of {len(pairs)} parameters were changed inside the block, and"
                " are now what they were before it; train outside",
                UsageWarning,
                stacklevel=user_level(),
            )
