# %% [markdown]
# # Planar data and one hidden layer
#
# *Deep Learning Specialization, course 1, week 3.*
#
# A flower of two colours: no straight line tells its petals apart. With a **hidden layer** between
# input and output the border may be curved, and nothing else changes: forward, cost, backward,
# step.

# %%
import numpy as np
from matplotlib.figure import Figure

import tensorgraph as tg
from tensorgraph import data, diagnose, nn, optim, train

# %% [markdown]
# ## The data
#
# The points of a rose curve, $r = 4 \sin 4\theta$, and some noise: which half of the petals?
# Samples in columns, X of shape (2, m) and Y of shape (1, m).

# %%
X, Y = data.toy.flower(400, axis=0, dtype="float64")
n_x, m = X.shape

# %% [markdown]
# What [logistic regression](1_2_logistic_regression.py) makes of it, first:

# %%
line = nn.Linear(2, 1, init=nn.init.zeros, dtype="float64")
train.fit(
    line,
    nn.losses.binary_cross_entropy_with_logits,
    optim.SGD(line.parameters(), lr=0.5),
    (X.T, Y.T),
    epochs=100,
    batch_size=m,
    progress=False,
)
straight = diagnose.accuracy(line(X.T).numpy() > 0, Y)
print(f"{straight:.0%} right: little better than a guess")
assert straight < 0.7
diagnose.decision_boundary(line, X.T, Y)

# %% [markdown]
# ## Forward
#
# $$\begin{aligned}
# Z^{[1]} &= W^{[1]} X + b^{[1]} & A^{[1]} &= \tanh(Z^{[1]}) \\
# Z^{[2]} &= W^{[2]} A^{[1]} + b^{[2]} & A^{[2]} &= \sigma(Z^{[2]})
# \end{aligned}$$
#
# The number in brackets is that of the **layer**. $W^{[1]}$ has a row for each of $n_h$ **hidden
# units**, so that column $i$ of $Z^{[1]}$ belongs to sample $i$. The **activation function**
# between the layers must not be linear, or the two layers would be one. The weights start small and
# *random*: from zeros all hidden units would compute the same for ever; that is called **symmetry
# breaking**.


# %%
def initialize_parameters(n_x, n_h, n_y, seed=2):
    rng = np.random.default_rng(seed)
    return {
        "W1": tg.tensor(rng.normal(size=(n_h, n_x)) * 0.1, requires_grad=True),
        "b1": tg.tensor(np.zeros((n_h, 1)), requires_grad=True),
        "W2": tg.tensor(rng.normal(size=(n_y, n_h)) * 0.1, requires_grad=True),
        "b2": tg.tensor(np.zeros((n_y, 1)), requires_grad=True),
    }


def forward_propagation(X, parameters):
    W1, b1, W2, b2 = parameters.values()
    Z1 = W1 @ X + b1
    A1 = tg.tanh(Z1)
    Z2 = W2 @ A1 + b2
    A2 = tg.sigmoid(Z2)
    return A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}


def compute_cost(A2, Y):
    m = Y.shape[1]
    return -(Y * tg.log(A2) + (1 - Y) * tg.log(1 - A2)).sum() / m


parameters = initialize_parameters(n_x, n_h=4, n_y=1)
A2, cache = forward_propagation(X, parameters)
cost = compute_cost(A2, Y)
print(f"cost {cost:.2f}")

# %% [markdown]
# ## Backward
#
# The six formulas of the course's summary, from the graph alone. What stands in them besides the
# parameters, here $A^{[1]}$, $A^{[2]}$ and $X$, is what a forward pass has to keep in its
# **cache**.

# %%
formulas = tg.derive(cost, wrt=parameters)
assert "dZ2 = m ∂cost/∂Z2 = A2 − Y" in str(formulas)
assert {"A1", "A2", "X"} <= set(formulas.saved)
formulas

# %% [markdown]
# By hand:


# %%
def backward_propagation(parameters, cache, X, Y):
    m = X.shape[1]
    W2 = parameters["W2"].numpy()
    A1, A2 = cache["A1"].numpy(), cache["A2"].numpy()
    dZ2 = A2 - Y
    dW2 = dZ2 @ A1.T / m
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m
    dZ1 = W2.T @ dZ2 * (1 - A1**2)  # tanh′(z) = 1 − tanh²(z)
    dW1 = dZ1 @ X.T / m
    db1 = np.sum(dZ1, axis=1, keepdims=True) / m
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


by_hand = backward_propagation(parameters, cache, X, Y)
cost.backward()
for name, parameter in parameters.items():
    assert np.allclose(parameter.grad, by_hand[name])
print("the same as backward() finds")

# %% [markdown]
# Both passes as a picture. Each derivative has the shape of its value and stands in its row.

# %%
tg.render(formulas)

# %% [markdown]
# ## The model
#
# All of it in a loop. `parameters` stay the same tensors; `assign` gives them new elements.


# %%
def nn_model(X, Y, n_h, iterations=1200, learning_rate=1.2):
    """Return trained parameters and the costs on the way."""
    parameters = initialize_parameters(len(X), n_h, len(Y))
    costs = []
    for _ in range(iterations):
        A2, _ = forward_propagation(X, parameters)
        cost = compute_cost(A2, Y)
        cost.backward()
        for parameter in parameters.values():
            parameter.assign(parameter - learning_rate * parameter.grad)
            parameter.grad = None
        costs.append(cost.item())
    return parameters, costs


def predict(parameters, X):
    """Return 0 or 1 for each column."""
    A2, _ = forward_propagation(X, parameters)
    return A2.numpy() > 0.5


parameters, costs = nn_model(X, Y, n_h=4)
accuracy = diagnose.accuracy(predict(parameters, X), Y)
print(f"{accuracy:.0%} right")
assert accuracy > 0.8
diagnose.decision_boundary(lambda points: predict(parameters, points), X, Y, axis=0)

# %% [markdown]
# ## How many hidden units?
#
# A single unit makes a straight border, a few make a few bends; more fit the petals, and too many
# begin to fit the noise, which [regularisation](2_1_regularization.py) is there to prevent.

# %%
figure = Figure(figsize=(11, 3.4), layout="constrained")
accuracies = {}
for n_h, axes in zip([1, 3, 20], figure.subplots(1, 3), strict=True):
    parameters, _ = nn_model(X, Y, n_h, iterations=600)
    accuracies[n_h] = diagnose.accuracy(predict(parameters, X), Y)
    axes.set_title(f"{n_h} hidden: {accuracies[n_h]:.0%}")
    predictions = lambda points: predict(parameters, points)  # noqa: B023
    diagnose.decision_boundary(predictions, X, Y, axis=0, ax=axes)
assert accuracies[20] > accuracies[1]
figure

# %% [markdown]
# ## Other activations
#
# The course's four, with their derivatives, which the engine knows and here derives by $z$:

# %%
z = tg.tensor(np.linspace(-3, 3, 7), requires_grad=True)
for activation in tg.sigmoid, tg.tanh, tg.relu, tg.leaky_relu:
    a = activation(z)
    print(f"{activation.__name__:10}", tg.derive(a.sum(), wrt=z))

# %% [markdown]
# ## The same with `tg.nn`
#
# `nn.Sequential` puts layers one after the other; samples are rows now. **Adam**, of course 2, gets
# there in a fraction of the steps.

# %%
tg.random.seed(0)
model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
history = train.fit(
    model,
    nn.losses.binary_cross_entropy_with_logits,
    optim.Adam(model.parameters(), lr=0.05),
    (X.T.astype(np.float32), Y.T),
    epochs=200,
    batch_size=m,
    metrics={"accuracy": lambda z, y: diagnose.accuracy(z > 0, y)},
    progress=False,
)
print(model)
print(f"{history['train_accuracy'][-1]:.0%} right")
assert history["train_accuracy"][-1] > 0.8
history.plot()

# %% [markdown]
# **Next:** [a deep network](1_4_deep_network.py), with as many layers as you like.
