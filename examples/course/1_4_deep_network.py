# %% [markdown]
# # A deep network
#
# *Deep Learning Specialization, course 1, week 4.*
#
# $L$ layers instead of two. Each computes a little more than the one before: edges, then strokes,
# then digits. The code has one new thing only, a loop over the layers; and getting the shapes
# right.

# %%
import numpy as np
from sklearn.datasets import load_digits

import tensorgraph as tg
from tensorgraph import data, diagnose, nn, optim, train

# %% [markdown]
# ## The data
#
# The course asks whether a picture shows a cat. Here are 1,797 handwritten digits of 8×8 pixels,
# and the question is whether a digit has a loop, as 0, 6, 8 and 9 have. Some are set aside for the
# test.

# %%
images, digits = load_digits(return_X_y=True)
loop = np.isin(digits, [0, 6, 8, 9])
sets = data.split(images / 16, loop, train=0.8, dev=0, test=0.2, stratify=digits)
(X, Y), (X_test, Y_test) = ((x.T, y.reshape(1, -1)) for x, y in (sets.train, sets.test))
m = X.shape[1]
print(X.shape, Y.shape, X_test.shape)

# %% [markdown]
# ## Shapes
#
# For layer $l$ with $n^{[l]}$ units
#
# $$Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]} \qquad A^{[l]} = g^{[l]}(Z^{[l]}) \qquad A^{[0]} = X,$$
#
# $W^{[l]}$ has shape $(n^{[l]}, n^{[l-1]})$, $b^{[l]}$ has $(n^{[l]}, 1)$, and $Z^{[l]}$ and
# $A^{[l]}$ have $(n^{[l]}, m)$: one column for each sample. Every gradient has the shape of its
# value. What the network learns, $W$ and $b$, are its **parameters**; what you choose, such as the
# number of layers, the units in each and the learning rate, are **hyperparameters**.


# %%
def initialize_parameters_deep(layer_dims, seed=1):
    rng = np.random.default_rng(seed)
    parameters = {}
    for l in range(1, len(layer_dims)):
        shape = layer_dims[l], layer_dims[l - 1]
        W = rng.normal(size=shape) * np.sqrt(2 / layer_dims[l - 1])
        parameters[f"W{l}"] = tg.tensor(W, requires_grad=True)
        parameters[f"b{l}"] = tg.tensor(np.zeros((layer_dims[l], 1)), requires_grad=True)
    return parameters


parameters = initialize_parameters_deep([64, 20, 7, 5, 1])
for name, parameter in parameters.items():
    print(name, parameter.shape)

# %% [markdown]
# ## Forward
#
# Rectified linear units, **ReLU**, in all layers but the last: $g(z) = \max(0, z)$, whose slope is
# 1 wherever the unit is active, so that gradients pass through many layers. The last layer answers
# with a probability. The **cache** keeps what the backward pass needs.


# %%
def L_model_forward(X, parameters):
    L = len(parameters) // 2
    A, cache = X, {}
    for l in range(1, L + 1):
        Z = parameters[f"W{l}"] @ A + parameters[f"b{l}"]
        A = tg.relu(Z) if l < L else tg.sigmoid(Z)
        cache |= {f"Z{l}": Z, f"A{l}": A}
    return A, cache


def compute_cost(AL, Y):
    m = Y.shape[1]
    return -(Y * tg.log(AL) + (1 - Y) * tg.log(1 - AL)).sum() / m


AL, cache = L_model_forward(X, parameters)
cost = compute_cost(AL, Y)
print(f"cost {cost:.2f}")

# %% [markdown]
# ## Backward
#
# From the last layer to the first,
#
# $$\begin{aligned}
# dZ^{[l]} &= dA^{[l]} \ast g^{[l]\prime}(Z^{[l]}) & dW^{[l]} &= \tfrac1m\, dZ^{[l]} A^{[l-1]T} \\
# dA^{[l-1]} &= W^{[l]T} dZ^{[l]} & db^{[l]} &= \tfrac1m \textstyle\sum_i dZ^{[l](i)}
# \end{aligned}$$
#
# The engine finds the same, layer by layer; $\circ$ is the course's $\ast$, and $[A > 0]$ is 1
# where a unit is active, else 0.

# %%
formulas = tg.derive(cost, wrt=parameters)
assert "dZ4 = m ∂cost/∂Z4 = AL − Y" in str(formulas)
assert "dZ1 = m ∂cost/∂Z1 = W2ᵀ dZ2 ∘ [A1 > 0]" in str(formulas)
formulas

# %% [markdown]
# By hand, as in the course's exercise:


# %%
def linear_backward(dZ, A_prev, W):
    """Return dA of the layer before, dW and db."""
    m = A_prev.shape[1]
    return W.T @ dZ, dZ @ A_prev.T / m, np.sum(dZ, axis=1, keepdims=True) / m


def L_model_backward(X, Y, parameters, cache):
    L = len(parameters) // 2
    W = {l: parameters[f"W{l}"].numpy() for l in range(1, L + 1)}
    A = {0: X} | {l: cache[f"A{l}"].numpy() for l in range(1, L + 1)}
    grads = {}
    dZ = A[L] - Y
    for l in reversed(range(1, L + 1)):
        dA_prev, grads[f"W{l}"], grads[f"b{l}"] = linear_backward(dZ, A[l - 1], W[l])
        dZ = dA_prev * (A[l - 1] > 0)
    return grads


by_hand = L_model_backward(X, Y, parameters, cache)
cost.backward()
for name, parameter in parameters.items():
    assert np.allclose(parameter.grad, by_hand[name]), name
print("the same as backward() finds")

# %% [markdown]
# The graph, forward on the left and backward on the right:

# %%
tg.render(cost)

# %% [markdown]
# ## Train


# %%
def update_parameters(parameters, learning_rate):
    for parameter in parameters.values():
        parameter.assign(parameter - learning_rate * parameter.grad)
        parameter.grad = None


def L_layer_model(X, Y, layer_dims, learning_rate=0.3, num_iterations=400):
    parameters = initialize_parameters_deep(layer_dims)
    for i in range(num_iterations):
        AL, _ = L_model_forward(X, parameters)
        cost = compute_cost(AL, Y)
        cost.backward()
        update_parameters(parameters, learning_rate)
        if i % 100 == 0 or i == num_iterations - 1:
            print(f"cost after iteration {i}: {cost:.2f}")
    return parameters


def predict(X, parameters):
    AL, _ = L_model_forward(X, parameters)
    return AL.numpy() > 0.5


parameters = L_layer_model(X, Y, [64, 20, 7, 5, 1])
accuracy = diagnose.accuracy(predict(X_test, parameters), Y_test)
print(f"test accuracy {accuracy:.0%}")
assert accuracy > 0.9

# %% [markdown]
# ## The same with `tg.nn`
#
# The library's layers keep their weights in the course's shape, $(n^{[l]}, n^{[l-1]})$, and take
# samples in rows.

# %%
tg.random.seed(0)
model = nn.Sequential(
    nn.Linear(64, 20), nn.ReLU(),
    nn.Linear(20, 7), nn.ReLU(),
    nn.Linear(7, 5), nn.ReLU(),
    nn.Linear(5, 1),
)  # fmt: skip
history = train.fit(
    model,
    nn.losses.binary_cross_entropy_with_logits,
    optim.Adam(model.parameters(), lr=0.005),
    (X.T.astype(np.float32), Y.T),
    (X_test.T.astype(np.float32), Y_test.T),
    epochs=15,
    batch_size=64,
    metrics={"accuracy": lambda z, y: diagnose.accuracy(z > 0, y)},
    progress=False,
)
print(model)
print(f"test accuracy {history['dev_accuracy'][-1]:.0%}")
assert history["dev_accuracy"][-1] > 0.9
history.plot()

# %% [markdown]
# **Next:** why the weights were scaled by $\sqrt{2 / n^{[l-1]}}$:
# [initialisation](2_1_initialization.py).
