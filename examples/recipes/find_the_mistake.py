# %% [markdown]
# # Find the mistake in your backpropagation
#
# You derived the backward pass yourself, and a number does not agree. A check that says *wrong*
# leaves you where you were. `tg.judge` says **what** is wrong: it takes the graph of the loss,
# changes the backward pass in it here and there, and sees which change gives exactly your numbers.
#
# Here is a student's network of the course, `L` layers with ReLU, sigmoid and an L2 penalty. The
# forward pass is computed with tensors, so that there is a graph; the backward pass is all NumPy.

# %%
import numpy as np

import tensorgraph as tg

rng = np.random.default_rng(1)
m, lambd = 50, 0.7
X = rng.normal(size=(4, m))
Y = (X[:1] * X[1:2] > 0).astype(float)

sizes = [4, 6, 5, 1]
L = len(sizes) - 1
parameters = {}
for l in range(1, L + 1):
    W = rng.normal(size=(sizes[l], sizes[l - 1])) * np.sqrt(2 / sizes[l - 1])
    parameters[f"W{l}"] = tg.tensor(W, requires_grad=True)
    parameters[f"b{l}"] = tg.tensor(0.1 * rng.normal(size=(sizes[l], 1)), requires_grad=True)


def forward(X, parameters):
    """Return the prediction, and what the backward pass needs of each layer."""
    A, caches = X, []
    for l in range(1, L + 1):
        W, b = parameters[f"W{l}"], parameters[f"b{l}"]
        Z = W @ A + b
        caches.append((A, W, b, Z))
        A = tg.relu(Z) if l < L else tg.sigmoid(Z)
    return A, caches


AL, caches = forward(X, parameters)
penalty = sum(tg.sum(parameters[f"W{l}"] ** 2) for l in range(1, L + 1))
cost = -tg.sum(Y * tg.log(AL) + (1 - Y) * tg.log(1 - AL)) / m + lambd / (2 * m) * penalty
print(f"cost {cost.item():.4f}")

# %% [markdown]
# ## The student's backward pass
#
# It runs, and it trains, after a fashion. There are four mistakes in it.


# %%
def relu_backward(dA, Z):
    """Return dZ of a ReLU layer."""
    return np.array(dA)


def linear_backward(dZ, A_prev, W):
    """Return dW, db and the gradient of what came in."""
    dW = np.dot(dZ, A_prev.T)
    db = np.sum(dZ, axis=1) / m
    dA_prev = np.dot(W.T, dZ)
    return dW, db, dA_prev


def regularised(dW, W):
    """Return dW with the part of the penalty."""
    return dW + lambd * W


def backward(AL, Y, caches):
    """Return all gradients, as the course keeps them."""
    grads = {}
    for l in range(L, 0, -1):
        A_prev, W, _, Z = caches[l - 1]
        dZ = AL - Y if l == L else relu_backward(grads[f"dA{l}"], Z)
        dW, db, dA_prev = linear_backward(dZ, A_prev, W)
        grads[f"dZ{l}"], grads[f"dW{l}"], grads[f"db{l}"] = dZ, regularised(dW, W), db
        if l > 1:
            grads[f"dA{l - 1}"] = dA_prev
    return grads


# %% [markdown]
# ## Step by step
#
# With `steps=True` the judge walks the backward pass in the order of the course, from the loss on,
# and stops at the first gradient that is wrong. `backward` is called with the caller's variables of
# its parameters' names, as NumPy arrays.

# %%
print(tg.judge(cost, backward, steps=True))

# %% [markdown]
# `dZ3` is right: it leaves out the 1/m, as the course writes it. Then `dW3` has to bring it in, and
# does not:


# %%
def linear_backward(dZ, A_prev, W):  # noqa: F811
    """Return dW, db and the gradient of what came in."""
    dW = np.dot(dZ, A_prev.T) / m
    db = np.sum(dZ, axis=1) / m
    dA_prev = np.dot(W.T, dZ)
    return dW, db, dA_prev


print(tg.judge(cost, backward, steps=True))


# %% [markdown]
# That was but one half of it: the penalty in the cost is λ/(2m) Σ W², so its part needs a 1/m, too.


# %%
def regularised(dW, W):  # noqa: F811
    """Return dW with the part of the penalty."""
    return dW + lambd / m * W


print(tg.judge(cost, backward, steps=True))


# %% [markdown]
# Now `db3` has lost an axis. That is no matter of taste: (5,) instead of (5, 1) broadcasts to
# (5, 5) in the update, and nobody complains.


# %%
def linear_backward(dZ, A_prev, W):  # noqa: F811
    """Return dW, db and the gradient of what came in."""
    dW = np.dot(dZ, A_prev.T) / m
    db = np.sum(dZ, axis=1, keepdims=True) / m
    dA_prev = np.dot(W.T, dZ)
    return dW, db, dA_prev


print(tg.judge(cost, backward, steps=True))

# %% [markdown]
# Without `steps`, all of it is marked, each gradient given those before it: `dW2` follows from the
# wrong `dZ2` as it should, so it is right, given that.

# %%
print(tg.judge(cost, backward))


# %%
def relu_backward(dA, Z):  # noqa: F811
    """Return dZ of a ReLU layer."""
    return dA * (Z > 0)


judged = tg.judge(cost, backward)
print(judged)
assert judged

# %% [markdown]
# In a notebook the result is a table with the derived formulas, and in a test `assert
# tg.judge(cost, backward)` shows it where it fails.
#
# ## One line at a time
#
# There need be no function: arrays do, and so do formulas, which use the names that are here.

# %%
A2 = caches[2][0]
db3 = (AL.numpy() - Y).mean(axis=1, keepdims=True)
print(tg.judge(cost, {"dZ3": "AL - Y", "dW3": "dZ3 @ A2.T / m", "db3": db3}))
