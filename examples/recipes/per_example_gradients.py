# %% [markdown]
# # Per-example gradients, and private SGD
#
# `backward` sums over the batch. Where each example's own gradient is wanted (to clip it, to see
# which example pulls how hard), write the loss of *one* example as a function of the parameters,
# and map its gradient over the batch.

# %%
import numpy as np

import tensorgraph as tg
from tensorgraph import nn

tg.random.seed(0)
rng = np.random.default_rng(0)
model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
x = rng.normal(size=(60, 4)).astype(np.float32)
labels = np.argmax(x @ rng.normal(size=(4, 3)), axis=1)


def loss(params, x, label):
    """Return the loss of one example: x has 4 numbers, label is one."""
    return tg.class_cross_entropy(nn.functional_call(model, params, x), label)


# %% [markdown]
# ## All at once
#
# `in_axes` says that all examples share the parameters. Each gradient has an axis of examples in
# front.

# %%
each_gradient = tg.vmap(tg.grad(loss), in_axes=(None, 0, 0))
params = dict(model.named_parameters())
gradients = each_gradient(params, x, labels)
for name, gradient in gradients.items():
    print(f"{name:16} {params[name].shape!s:8} {gradient.shape}")

# %% [markdown]
# That is what one graph for each example gives, and their mean what `backward` gives of the mean:

# %%
one = tg.grad(loss)(params, x[3], labels[3])
assert all(np.allclose(gradients[name][3], g, atol=1e-6) for name, g in one.items())
nn.losses.cross_entropy(model(x), labels).backward()
assert all(np.allclose(gradients[n].mean(axis=0), p.grad, atol=1e-6) for n, p in params.items())
model.zero_grad()

# %% [markdown]
# ## Clip each, add noise, take a step
#
# Private SGD (Abadi et al. 2016, "Deep learning with differential privacy"): no example moves the
# parameters by more than `limit`, and noise of that size hides which ones were there.

# %%
limit, noise = 1.0, 0.5


def clipped(params, x, label):
    """Return one example's gradient, shortened to the limit."""
    gradient = tg.grad(loss)(params, x, label)
    length = tg.sqrt(sum(tg.square(g).sum() for g in gradient.values()))
    return {name: g / tg.maximum(length / limit, 1.0) for name, g in gradient.items()}


def lengths(gradients):
    """Return the length of each example's gradient."""
    return np.sqrt(
        sum((g.numpy().reshape(len(x), -1) ** 2).sum(axis=1) for g in gradients.values())
    )


bounded = tg.vmap(clipped, in_axes=(None, 0, 0))(params, x, labels)
print("longest:", lengths(gradients).max().round(2), "clipped:", lengths(bounded).max().round(2))
assert lengths(bounded).max() <= limit * 1.0001

# %%
optimizer = tg.optim.SGD(model.parameters(), lr=0.5)
for _ in range(60):
    bounded = tg.vmap(clipped, in_axes=(None, 0, 0))(params, x, labels)
    for name, p in params.items():
        p.grad = (bounded[name].sum(axis=0) + tg.random.normal(p.shape, std=noise * limit)) / len(x)
    optimizer.step()
accuracy = (model(x).numpy().argmax(axis=1) == labels).mean()
print(f"accuracy {accuracy:.0%}")
assert accuracy > 0.7
