# %% [markdown]
# # More than one process
#
# One training that several processes share, on the cores of one machine or on many machines:
#
# ```console
# $ pip install 'tensorgraph-engine[mpi]' mpich      # a cluster has an MPI of its own
# $ mpiexec -n 2 python examples/beyond/more_than_one_process.py
# ```
#
# Each process runs this whole program, and has the whole model. `world()` says which of them it
# is; as `python examples/beyond/more_than_one_process.py`, or as a notebook, it is rank 0 of 1, and
# everything below happens just the same – to the last bit.

# %%
import hashlib
import tempfile
from pathlib import Path

import numpy as np

import tensorgraph as tg
from tensorgraph import data, nn, optim, train

world = tg.distributed.world()


def say(text):
    """Print once, however many processes there are."""
    if world.rank == 0:
        print(text)


say(f"{world.size} process{'es' * (world.size > 1)}")

# %% [markdown]
# ## Data and a model
#
# Each process makes the same arrays and the same model. They could be read from a memory-mapped
# file as well: of a batch, a process only reads what it works on. Dropout and batch norm are here
# because they are what usually makes the result depend on who computes what.

# %%
rng = np.random.default_rng(0)
images = rng.normal(size=(600, 1, 8, 8)).astype("float32")
quadrants = np.stack([images[:, 0, :4, :4], images[:, 0, :4, 4:], images[:, 0, 4:, :4]], axis=1)
labels = quadrants.mean(axis=(2, 3)).argmax(axis=1)


def network():
    tg.random.seed(1)
    return nn.Sequential(
        nn.Conv2d(1, 6, 3), nn.BatchNorm(6), nn.ReLU(),
        nn.Flatten(), nn.Dropout(p=0.2), nn.Linear(6 * 36, 3),
    )  # fmt: skip


def batches():
    return data.Batches(images[:500], labels[:500], batch_size=96, shards=8)


# %% [markdown]
# `shards=8` is the whole trick. A batch is cut in eight parts, *whatever* the number of processes:
# two of them take four each, four take two each. Each part is computed as by itself, its dropout is
# drawn from a stream of its own, its batch norm sees the part alone (*ghost* batch norm;
# `tg.distributed.SyncBatchNorm` sees the whole batch instead), and the eight gradients are added in
# the order of a fixed tree. The last batch is smaller, and its parts differ in size; each counts by
# its number of examples.
#
# ## Train together
#
# One argument. Rank 0 prints, and writes the checkpoint; all ranks have the same history in the
# end. A rank that fails ends all of them, with one message.


# %%
def trained(parallel, epochs=6, checkpoint=None):
    model = network()
    history = train.fit(
        model, nn.losses.cross_entropy, optim.Adam(model.named_parameters(), lr=0.005), batches(),
        dev=(images[500:], labels[500:]), epochs=epochs, parallel=parallel, progress=False,
        checkpoint=checkpoint, metrics={"error": lambda z, y: (z.argmax(axis=1) != y).mean()},
    )  # fmt: skip
    weights = b"".join(array.tobytes() for array in model.state_dict().values())
    return history, hashlib.sha256(weights).hexdigest()[:16]


history, weights = trained("same_bits")

# %% [markdown]
# ## … and alone
#
# Without `parallel=`, a process does all eight parts of each batch by itself. The two curves do not
# lie *near* each other: they are one curve. So a run on a cluster can be looked into on a laptop.

# %%
alone, weights_alone = trained(None)
say("epoch  together   alone      difference")
for epoch, one, other in zip(history["epoch"], history["cost"], alone["cost"], strict=True):
    say(f"{epoch:5.0f}  {one:.6f}   {other:.6f}   {one - other}")
say(f"weights: {weights} and {weights_alone}")
assert weights == weights_alone
assert list(history["dev_loss"]) == list(alone["dev_loss"])

# %% [markdown]
# ## Go on with another number of processes
#
# The file of `checkpoint=` knows nothing of processes. Here three epochs are trained together, and
# the rest by each process alone; it could be four machines first and two later.

# %%
with tempfile.TemporaryDirectory() as folder:
    file = Path(world.broadcast(folder), "run.safetensors")
    trained("same_bits", epochs=3, checkpoint=file)
    resumed = world.first(lambda: trained(None, epochs=6, checkpoint=file)[1], "the rest")
    say(f"weights: {resumed} after a stop")
    assert resumed == weights

# %% [markdown]
# ## A loop of one's own
#
# `DataParallel` is what `fit` uses. `reduction="fast"` gives up the last bits: gradients are summed
# in whatever order MPI likes, in buckets that are sent while backward is still at work.

# %%
model = network()
optimizer = optim.Adam(model.named_parameters(), lr=0.005)
parallel = tg.distributed.DataParallel(model, optimizer, reduction="fast")


def cost(shard):
    inputs, target = shard
    return nn.losses.cross_entropy(model(inputs), target)


costs = []
for shards in parallel.batches(batches()):
    optimizer.zero_grad()
    costs.append(parallel.backward(shards, cost))
    optimizer.step()
sizes = [96] * 5 + [20]
mean = np.average(costs, weights=sizes)
say(f"first epoch: {mean:.6f}, by the fixed order {history['cost'][0]:.6f}")
assert abs(mean - history["cost"][0]) < 1e-4

# %% [markdown]
# ## Operations that several processes do together
#
# `allreduce`, `allgather` and `broadcast` are operations on tensors, with gradients of any order.
# What is differentiated is the sum of all processes' costs:

# %%
x = tg.tensor([1.0, 2.0], requires_grad=True)
total = tg.distributed.allreduce(x)
(total * total).sum().backward()
say(f"the sum {total.numpy()}, its gradient {x.grad.numpy()}")
assert np.allclose(x.grad.numpy(), 2 * world.size**2 * np.array([1.0, 2.0]))

# %% [markdown]
# ## What it costs
#
# With $P$ bytes of gradients and $n$ processes, each sends $2 P (n-1)/n$ bytes a step in either way
# of summing, in $2 (n-1)$ messages for the fixed order, and in about $2 \log_2 n$ messages for each
# bucket otherwise. With a latency $\alpha$ and a bandwidth $\beta$ the time that is added to a step
# is about
#
# $$t = 2 (n-1)\,\alpha + \frac{2 P (n-1)}{n\,\beta}\qquad\text{or}\qquad
# t = 2 \lceil\log_2 n\rceil\,\alpha\, b + \frac{2 P (n-1)}{n\,\beta} - \text{what backward hides}$$
#
# for $b$ buckets. On a network of 10 Gbit/s ($\alpha$ = 30 µs, $\beta$ = 1.1 GB/s), what do 64
# processes need for a million weights in single precision?


# %%
def added(weights, processes, latency, bandwidth, bucket=None):
    """Return the seconds that summing gradients adds to a step; by buckets, nothing is hidden."""
    nbytes = 4 * weights
    messages = 2 * (processes - 1)
    if bucket is not None:
        messages = 2 * np.ceil(np.log2(processes)) * np.ceil(nbytes / bucket)
    return messages * latency + 2 * nbytes * (processes - 1) / processes / bandwidth


for weights_count in (100_000, 1_000_000, 25_000_000):
    exact = added(weights_count, 64, 30e-6, 1.1e9)
    fast = added(weights_count, 64, 30e-6, 1.1e9, bucket=2**20)
    say(f"{weights_count:>10,} weights: {1e3 * exact:6.1f} ms, in buckets {1e3 * fast:6.1f} ms")

# %% [markdown]
# It pays where a step takes several times as long by itself: wide or convolutional networks and
# large batches, from some 20 ms a step on one machine and 100 ms on a network. For small networks,
# let processes try different hyperparameters instead: `train.search` takes the executors of
# `concurrent.futures`, `mpi4py.futures.MPIPoolExecutor()`, started by
# `mpiexec -n 3 python -m mpi4py.futures search.py`, and Dask's `client.get_executor()`.
