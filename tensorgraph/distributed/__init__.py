"""More than one process, on one machine or on many: data-parallel training on MPI.

================================  ================================================================
train in several processes        ``parallel="same_bits"``, given to ``tg.train.fit``
see which one this is             ``tg.distributed.world().rank``, ``.size``
share batches in a loop of one's  ``tg.distributed.DataParallel(model, optimizer)``
normalise over a whole batch      ``tg.distributed.SyncBatchNorm(3)``
sum over processes                ``tg.distributed.allreduce(tg.ones(3))``
have what all have                ``tg.distributed.allgather(tg.ones(3))``
have what one has                 ``tg.distributed.broadcast(tg.ones(3))``
give every process an object      ``tg.distributed.world().broadcast({"run": 7})``
================================  ================================================================

``mpiexec -n 4 python train.py`` starts four processes; the extra ``mpi`` brings what connects
them. Each runs the whole program and has the whole model. A batch is cut in shards,
``tg.data.Batches(…, shards=8)``, of which each process computes some; then all have the gradient of
the whole batch, and take the same step. The shards belong to the batch: whatever the number of
processes, also one, the weights that come out are the same to the last bit.

Read ``launch`` first (which processes there are, and how they end) with ``members`` (who is one of
them), ``processes`` and ``connected`` (what they send each other), then ``data_parallel``, on
``replicas`` (equal models), ``shard_work`` (one batch), ``shard_state`` (its random numbers and
buffers), ``strands`` (shards that wait for each other), ``ordered_sum``, ``flat_vectors`` and
``buckets`` (gradients that are sent). ``operations`` are those on tensors, on which ``batch_norm``
stands.
"""

from typing import TYPE_CHECKING

from tensorgraph.distributed import batch_norm, data_parallel, launch, operations, processes
from tensorgraph.distributed.batch_norm import *
from tensorgraph.distributed.data_parallel import *
from tensorgraph.distributed.launch import *
from tensorgraph.distributed.operations import *
from tensorgraph.distributed.processes import *
from tensorgraph.leads.attributes import module_hooks as _module_hooks

__all__: list[str] = []
__all__ += batch_norm.__all__
__all__ += data_parallel.__all__
__all__ += launch.__all__
__all__ += operations.__all__
__all__ += processes.__all__

if not TYPE_CHECKING:
    __getattr__, __dir__ = _module_hooks(__name__, __all__)
