# %% [markdown]
# # A deep equilibrium network, by `tg.implicit`
#
# A layer that is applied again and again comes to rest: $z = \tanh(W z + U x + b)$. A *deep
# equilibrium* network (Bai, Kolter and Koltun, 2019) takes that fixed point for its output. Its
# gradient is not that of the iterations, but of the equation: memory does not grow with their
# number, and any solver will do.

# %%
import numpy as np

import tensorgraph as tg

tg.random.seed(0)
rng = np.random.default_rng(0)
X = rng.normal(size=(60, 2))
Y = (X**2).sum(axis=1, keepdims=True) > 1.4  # inside or outside of a circle
X, Y = tg.tensor(X, dtype="float32"), tg.tensor(Y, dtype="float32")

width = 8
params = {
    "W": 0.1 * tg.random.normal((width, width)),
    "U": tg.random.normal((2, width)),
    "b": tg.zeros(width),
    "out": 0.3 * tg.random.normal((width, 1)),
}

# %% [markdown]
# ## The equation, and what solves it
#
# `tg.implicit` takes the residual, which is 0 at the solution, and a solver. Here the solver is the
# iteration itself; none of its steps are recorded.


# %%
def layer(z, p, x):
    """One application of the layer."""
    return tg.tanh(z @ p["W"] + x @ p["U"] + p["b"])


def solve(p, x):
    """Apply the layer until nothing changes."""
    z = tg.zeros((x.shape[0], width))
    for _ in range(200):
        z, before = layer(z, p, x), z
        if abs(z - before).max().item() < 1e-6:
            break
    return z


equilibrium = tg.implicit(lambda z, p, x: layer(z, p, x) - z, solve)

# %% [markdown]
# ## It is trained like any other function


# %%
def cost(p):
    """Binary cross-entropy of the equilibrium's output."""
    return tg.nn.losses.binary_cross_entropy_with_logits(equilibrium(p, X) @ p["out"], Y)


before = cost(params).item()
for _ in range(40):
    gradient = tg.grad(cost)(params)
    params = tg.tree.map(lambda p, g: p - 2.0 * g, params, gradient)
print(f"cost {before:.2f} before, {cost(params).item():.2f} after")
assert cost(params).item() < 0.7 * before

# %% [markdown]
# ## The same gradient as through all iterations
#
# Only that these keep every step. And it can be differentiated again.


# %%
def unrolled(p):
    """The cost with the iterations recorded."""
    z = tg.zeros((X.shape[0], width))
    for _ in range(60):
        z = layer(z, p, X)
    return tg.nn.losses.binary_cross_entropy_with_logits(z @ p["out"], Y)


implicit, explicit = tg.grad(cost)(params), tg.grad(unrolled)(params)
for name, g in implicit.items():
    assert np.allclose(g, explicit[name], atol=1e-4), name

direction = tg.tree.map(tg.ones_like, params)
curvature = tg.hvp(cost, params, direction)["b"]
assert np.allclose(curvature, tg.hvp(unrolled, params, direction)["b"], atol=1e-3)
print("Hessian times a vector, by b:", curvature.round(3))
