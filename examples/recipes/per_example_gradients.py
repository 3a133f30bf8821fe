# %% [markdown]
# # Per-example gradients
#
# `backward` sums over the batch. Where each example's own gradient is wanted (to clip it, to see
# which example pulls how hard), there are two ways.

# %%
import numpy as np

import tensorgraph as tg
from tensorgraph import nn

tg.random.seed(0)
rng = np.random.default_rng(0)
model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
x = rng.normal(size=(6, 4)).astype(np.float32)
labels = rng.integers(0, 3, 6)

# %% [markdown]
# ## One at a time
#
# For any model: a loss for each example, and a gradient for each loss, of one graph.

# %%
losses = nn.losses.cross_entropy(model(x), labels, reduction="none")
weight = model.layers[0].weight
one_by_one = np.stack([tg.gradients(loss, weight, retain_graph=True) for loss in losses])
print(one_by_one.shape, "for a weight of shape", weight.shape)

# %% [markdown]
# ## All at once
#
# Give each example its own copy of the weight. What then arrives at the copies is not summed.

# %%
copies = tg.tensor(np.broadcast_to(weight.numpy(), (len(x), *weight.shape)), requires_grad=True)
hidden = (copies @ x[:, :, None])[:, :, 0] + model.layers[0].bias
logits = model.layers[2](tg.tanh(hidden))
nn.losses.cross_entropy(logits, labels, reduction="sum").backward()
assert np.allclose(copies.grad, one_by_one, atol=1e-6)

lengths = np.sqrt((copies.grad.numpy() ** 2).sum(axis=(1, 2)))
print("norms", lengths.round(3))

# %% [markdown]
# ## Clip each, then average
#
# Each example then has the same say at most, as private training asks for.

# %%
limit = 0.5
scale = np.minimum(1.0, limit / lengths)
clipped = (scale[:, None, None] * copies.grad.numpy()).mean(axis=0)
weight.assign(weight - 0.1 * clipped)
assert np.linalg.norm(clipped) <= limit
