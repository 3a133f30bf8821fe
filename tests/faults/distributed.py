"""Faults of processes that train together: what is shared, summed, told, and how they end."""

from __future__ import annotations

from tests.faults.fault import Fault, planted_in

FAULTS: list[Fault] = [
    *planted_in(
        "distributed/ordered_sum.py",
        ("splits", "start + (1 << (stop - start - 1).bit_length() - 1)", "start + 1",
         "distributed: terms are added in another order than neighbours first"),
        ("OrderedSum.add", "self._splits.get((first[0], second[1])) != second[0]", "False",
         "distributed: each process adds all that it has, whoever else adds"),
        ("share", "rank * count // size", "(rank * count + 1) // size",
         "distributed: a shard is computed by nobody"),
    ),
    *planted_in(
        "distributed/shard_state.py",
        ("ShardState.enter", "seed * _SHARDS + shard", "seed * _SHARDS",
         "distributed: all shards of a batch drop the same units"),
        ("ShardState.enter", "self._put(self.before)", "pass",
         "distributed: running averages follow the shards of this process one after the other"),
        ("ShardState.end", "generator.state = state", "pass",
         "distributed: what is drawn next depends on which shards were computed here"),
        ("ShardState.put_back", "generator.state = state", "pass",
         "distributed: shards that wait for each other share their random numbers"),
    ),
    *planted_in(
        "distributed/shard_work.py",
        ("ShardWork._computed", "self._shards.weights[k]", "1 / len(self._shards)",
         "distributed: an uneven shard counts as much as the others"),
        ("Plan.term", "self.layout.put(vectors, k, self.state.buffers[i]._data, weight)",
         "self.layout.put(vectors, k, self.state.buffers[i]._data)",
         "distributed: running averages grow with the number of shards"),
        ("ShardWork._take", "not sent", "True",
         "distributed: gradients that are sent on the way count twice"),
        ("ShardWork.finish", "failure.by_numbers", "False",
         "distributed: a cost that is not finite is a failure of another process"),
        ("ShardWork.sums", "g if i in given else None", "g",
         "distributed: parameters that nothing uses get gradients of zero"),
    ),
    *planted_in(
        "distributed/flat_vectors.py",
        ("Layout.__init__", "np.result_type(dtype, np.float32)", "dtype",
         "distributed: half precision is summed in half"),
    ),
    *planted_in(
        "distributed/buckets.py",
        ("Buckets._send", "not self._missing[len(self._started)]", "True",
         "distributed: a bucket is sent before its gradients are there"),
    ),
    *planted_in(
        "distributed/operations.py",
        ("_exchanged", "group is not GROUP.get()", "False",
         "distributed: what shards exchanged is run again, and waits for ever"),
        ("_scattered", "array[group.member]", "array[0]",
         "distributed: the gradient of allgather goes to the first member's part"),
        ("_collected", "np.zeros_like(total)", "total",
         "distributed: the gradient of broadcast goes to all"),
    ),
    *planted_in(
        "distributed/connected.py",
        ("Connected.__init__", "comm.Dup()", "comm",
         "distributed: gradients under way are taken for what processes agree on"),
    ),
    *planted_in(
        "distributed/batch_norm.py",
        ("SyncBatchNorm.convert", "type(layer) is BatchNorm", "isinstance(layer, BatchNorm)",
         "distributed: a batch norm of one's own loses what it does"),
        ("SyncBatchNorm._of_batch", "allreduce(x.sum(axis=others)) / count",
         "(allreduce(x.sum(axis=others)) / count).detach()",
         "distributed: the mean of a synchronised batch norm is taken for a constant"),
    ),
    *planted_in(
        "distributed/replicas.py",
        ("Replicas.begin", "rebind(tensor, array)", "pass",
         "distributed: each process begins with weights of its own"),
        ("Replicas.check", "found != column[0]", "False",
         "distributed: models that differ are compared, and nothing is said"),
    ),
    *planted_in(
        "distributed/launch.py",
        ("world", "count > 1", "False",
         "distributed: without mpi4py, nothing is said of the processes that were started"),
        ("world", "mpi.COMM_WORLD.Get_size() < count", "False",
         "distributed: processes of another MPI's launcher train each by itself"),
        ("_end_together", "sys.excepthook = ended_by", "pass",
         "distributed: a process that fails leaves the others waiting"),
    ),
    *planted_in(
        "train/loggers/logger.py",
        ("Logger.__call__", "run.rank > 0", "False",
         "fit: each of several processes logs the same run"),
    ),
    *planted_in(
        "train/sharded_training.py",
        ("ShardedTraining.share", "self.world.rank", "0", "fit: all processes are the first"),
        ("ShardedTraining.agree_to_stop", "next(filter(None, reasons), '')", "self.run.stopped",
         "fit: a callback stops one process, and the others wait for it"),
        ("ShardedTraining.cost_of", "not np.isfinite(getattr(cost, '_data', 0.0)).all()", "True",
         "fit: the cause of a cost that is not finite is sought in the first shard alone"),
    ),
    *planted_in(
        "data/shards.py",
        ("Shards.of", "min(count, len(rows))", "count", "data: shards without examples"),
    ),
]  # fmt: skip
