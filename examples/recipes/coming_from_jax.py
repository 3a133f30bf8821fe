# %% [markdown]
# # Coming from JAX
#
# The transforms have JAX's names and nest as they do there. What differs: code runs as Python runs,
# so values are there to be looked at, and there is nothing to trace.

# %%
import numpy as np

import tensorgraph as tg
from tensorgraph import nn

tg.random.seed(0)
rng = np.random.default_rng(0)

# %% [markdown]
# ## `grad`, `value_and_grad`, `jvp`, `vjp`, `jacobian`, `hessian`
#
# A `list` is a container, as in JAX; `has_aux` hands out what else was computed. `jacfwd` and
# `jacrev` are `tg.jacobian(f, mode="forward")` and `mode="reverse"`.


# %%
def loss(params, x, y):
    """Return the squared error, and the prediction beside it."""
    prediction = tg.tanh(x @ params["w"] + params["b"])
    return ((prediction - y) ** 2).mean(), prediction


params = {"w": tg.tensor(rng.normal(size=3)), "b": tg.tensor(0.5, dtype="float64")}
X, Y = rng.normal(size=(8, 3)), rng.normal(size=8)
(value, prediction), gradient = tg.value_and_grad(loss, has_aux=True)(params, X, Y)
print(round(float(value), 4), prediction.shape, gradient["w"].shape)

# %% [markdown]
# ## Trees
#
# `jax.tree.map` is `tg.tree.map`, `ravel_pytree` is `tg.tree.ravel`. Dataclasses and named tuples
# need not be registered.

# %%
params = tg.tree.map(lambda p, g: p - 0.1 * g, params, gradient)
flat, unravel = tg.tree.ravel(params)
assert unravel(flat)["w"].shape == (3,)
assert loss(params, X, Y)[0] < value

# %% [markdown]
# ## `vmap`
#
# Per-example gradients are `vmap(grad(f))`. Random numbers are drawn from a generator that keeps
# its state, not from keys; inside, `randomness` says whether each example has its own.

# %%
squared = lambda p, x, y: loss(p, x, y)[0]
each = tg.vmap(tg.grad(squared), in_axes=(None, 0, 0))(params, X, Y)
whole = tg.grad(squared)(params, X, Y)
assert np.allclose(each["w"].mean(axis=0), whole["w"])
noisy = tg.vmap(lambda x: x + tg.random.normal(x.shape), randomness="different")(X)
print(noisy.shape)

# %% [markdown]
# ## Control flow
#
# `lax.cond` and `lax.while_loop` are Python's `if` and `while`: each run records what it did. For
# long loops `tg.scan` and `tg.fori_loop` have JAX's arguments and keep little in memory. Inside
# `vmap` nothing can be decided by a value, as in JAX: write `tg.where`.


# %%
def newton(x):
    """Return the square root of x; the steps depend on the values."""
    z = x
    while abs(float(z * z - x)) > 1e-6:
        z = (z + x / z) / 2
    return z


assert np.isclose(tg.grad(newton)(2.0), 0.5 / np.sqrt(2))
start = tg.zeros((), dtype="float64")  # a carry keeps its shape and dtype
total, partial = tg.scan(lambda carry, x: (carry + x, carry), start, X[:, 0])
assert np.isclose(total, X[:, 0].sum()) and partial.shape == (8,)

# %% [markdown]
# ## Gradients of one's own
#
# `jax.custom_vjp` is `tg.custom_gradient`: the function returns its result and what pulls a
# gradient back. Fixed points and optima are `tg.implicit`.


# %%
@tg.custom_gradient
def clipped_gradient(x):
    """Return x; its gradient is cut to [−1, 1]."""
    return x, lambda g: tg.clip(g, -1, 1)


assert tg.grad(lambda x: 100 * clipped_gradient(x))(3.0) == 1
root = tg.implicit(lambda z, x: z**2 - x, lambda x: np.sqrt(x.numpy()))
assert np.isclose(tg.grad(root)(2.0), 0.5 / np.sqrt(2))

# %% [markdown]
# ## `jit`, Flax and Optax
#
# `tg.compile` captures a whole imperative step, the optimizer's included. Modules hold their
# parameters; `nn.functional_call` takes them from a dict.

# %%
model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
weights = dict(model.named_parameters())


def of_weights(weights, x):
    """Return the model's answer with these weights."""
    return nn.functional_call(model, weights, x)[0]


optimizer = tg.optim.Adam(model.parameters(), lr=0.01)


@tg.compile
def step(x, y):
    """Take one step, and return the loss before it."""
    optimizer.zero_grad()
    cost = nn.losses.mse(model(x)[:, 0], y)
    cost.backward()
    optimizer.step()
    return cost


x, y = X.astype(np.float32), Y.astype(np.float32)
costs = [float(step(x, y)) for _ in range(50)]
assert costs[-1] < costs[0]
slopes = tg.grad(of_weights)(weights, x[0])
print({name: slope.shape for name, slope in slopes.items()})
