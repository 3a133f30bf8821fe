"""Batch norm over a batch that is in several shards."""

from __future__ import annotations

from typing import Any, TypeVar

from tensorgraph.distributed.operations import allreduce
from tensorgraph.engine.tensor import Tensor
from tensorgraph.nn.module import Module
from tensorgraph.nn.normalization.batch_norm import BatchNorm
from tensorgraph.nn.normalization.scale_and_shift import along
from tensorgraph.ops.transcendental import sqrt

__all__ = ["SyncBatchNorm"]

M = TypeVar("M", bound=Module)


class SyncBatchNorm(BatchNorm):
    """A :class:`tg.nn.BatchNorm <tensorgraph.nn.BatchNorm>` whose batch is that of all members.

        μ = Σₖ Σ xₖ / Σₖ mₖ      σ² = Σₖ Σ (xₖ − μ)² / Σₖ mₖ      y = γ (x − μ) / √(σ² + ε) + β

    summed over the shards k of a batch in the cost that :class:`DataParallel` is given, over the
    processes elsewhere, which all have to call it then. Its gradient is exact: what an example does
    to the moments counts in all shards. Where there is one member alone, it is ``BatchNorm``.

    The shards of a process run side by side, as each waits here for the others; so they take the
    memory of all of them, and ``fit(compile=True)`` refuses such a layer. In evaluation nothing is
    exchanged. ``SyncBatchNorm.convert(model)`` changes the layers of a model that is there already.

    Raises:
        DistributedError: not all members call it, or with features of another number.
        ShapeError: as in ``BatchNorm``.

    Example:
        >>> import tensorgraph as tg
        >>> layer = tg.distributed.SyncBatchNorm(2)
        >>> print(layer(tg.tensor([[0.0, 10.0], [2.0, 30.0]])).round(3))
        [[-1. -1.]
         [ 1.  1.]]
    """

    @classmethod
    def convert(cls, model: M) -> M:
        """Make each ``BatchNorm`` in a model a synchronised one; return the model.

        The layers stay the same objects, with their parameters and running averages, so that an
        optimizer that has them keeps them. Subclasses of one's own are left as they are.

        Example:
            >>> import tensorgraph as tg
            >>> model = tg.nn.Sequential(tg.nn.Linear(2, 3), tg.nn.BatchNorm(3))
            >>> tg.distributed.SyncBatchNorm.convert(model).layers[1]
            SyncBatchNorm(3, axis=1, eps=1e-05, keep_old=0.9)
        """
        for layer in model.modules():
            if type(layer) is BatchNorm:
                layer.__class__ = cls
        return model

    def _of_batch(self, x: Tensor, axis: int) -> tuple[Any, Any]:
        """Return x minus the mean of all members' batches, and √(σ² + ε)."""
        others = (*range(axis), *range(axis + 1, x.ndim))
        count = int(allreduce(x.size // self.features).item())
        self._check_count(x, count)
        mean = allreduce(x.sum(axis=others)) / count
        centred = x - along(axis, mean, x)
        variance = allreduce((centred * centred).sum(axis=others)) / count
        self._follow(mean.data, variance.data)
        return centred, sqrt(variance + self.eps)
