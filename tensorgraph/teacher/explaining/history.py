"""Since when a gradient is 0, by what was seen in the steps or epochs before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tensorgraph import errors
from tensorgraph.engine.tensor import Tensor
from tensorgraph.observe.watch import Watch
from tensorgraph.teacher.explaining.explanation import Explanation


def since(explanation: Explanation, x: Tensor, watch: Any) -> Explanation:
    """Return an explanation that says since when a gradient is 0, as far as that was watched.

    Args:
        explanation: what is known so far.
        x: whose gradient it is of.
        watch: an ``nn.Watch``, or the history of a training with ``watch=True``.

    Raises:
        DTypeError: it is neither.
    """
    norms = getattr(watch, "gradients", None)
    if not isinstance(norms, Mapping):
        raise errors.DTypeError(
            "explain: watch is an nn.Watch, or the history of tg.train.fit(watch=True), not"
            f" {errors.describe(watch)}"
        )
    if explanation.verdict not in ("zero", "partly zero"):
        return explanation
    if isinstance(watch, Watch):
        told = watch.silent_since(x)
    else:
        told = _by_norms(norms.get(explanation.name.rpartition(".")[0], ()))
    return explanation.noted([told]) if told else explanation


def _by_norms(norms: Sequence[float]) -> str:
    """Return since which epoch the norm of a layer's gradient is 0."""
    values = list(norms)
    zero = next((n for n, v in enumerate(reversed(values)) if v != 0), len(values))
    if not zero:
        return ""
    return f"by the history, its layer's gradient is 0 since epoch {len(values) - zero + 1}"
