# %% [markdown]
# # Initialisation
#
# *Deep Learning Specialization, course 2, week 1.*
#
# Where gradient descent starts decides whether it gets anywhere. Three starts for the same network:
# zeros, large random numbers, and random numbers of the right size.

# %%
from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import make_circles

import tensorgraph as tg
from tensorgraph import diagnose, nn

# %% [markdown]
# ## The data, and the network
#
# Two rings; samples in columns. The network is linear → ReLU → linear → ReLU → linear → sigmoid, as
# in [the guide before](1_4_deep_network.py).

# %%
m = 300
points, labels = make_circles(m, noise=0.06, factor=0.75, random_state=1)
X, Y = points.T, labels.reshape(1, m)


def forward_propagation(X, parameters):
    """Return Z3: its sigmoid is the probability."""
    W1, b1, W2, b2, W3, b3 = parameters.values()
    A1 = tg.relu(W1 @ X + b1)
    A2 = tg.relu(W2 @ A1 + b2)
    return W3 @ A2 + b3


def initialize_parameters(layer_dims, std, seed=3):
    """Return biases of zero, and weights of the standard deviation that std says of n_prev."""
    rng = np.random.default_rng(seed)
    parameters = {}
    for l, (n_prev, n) in enumerate(pairwise(layer_dims), 1):
        W = std(n_prev) * rng.normal(size=(n, n_prev))
        parameters[f"W{l}"] = tg.tensor(W, requires_grad=True)
        parameters[f"b{l}"] = tg.tensor(np.zeros((n, 1)), requires_grad=True)
    return parameters


def model(X, Y, std, iterations=500, learning_rate=0.3):
    """Return trained parameters and the costs on the way."""
    parameters, costs = initialize_parameters([2, 10, 5, 1], std), []
    for _ in range(iterations):
        J = tg.sigmoid_cross_entropy(forward_propagation(X, parameters), Y).mean()
        J.backward()
        for parameter in parameters.values():
            parameter.assign(parameter - learning_rate * parameter.grad)
            parameter.grad = None
        costs.append(J.item())
    return parameters, costs


# %% [markdown]
# ## Zeros
#
# From zeros nothing is learned. Every hidden unit computes the same as its neighbours, and gets the
# same gradient: the **symmetry** is not broken. Here the gradients are zero altogether:

# %%
parameters = initialize_parameters([2, 10, 5, 1], std=lambda n_prev: 0)
tg.sigmoid_cross_entropy(forward_propagation(X, parameters), Y).mean().backward()
for name, parameter in parameters.items():
    print(f"d{name} is", "zero" if np.allclose(parameter.grad, 0, atol=1e-12) else "not zero")
assert not any(parameters[name].grad.any() for name in ("W1", "b1", "W2", "b2", "W3"))

# %% [markdown]
# Biases may start at zero; it is the weights that have to differ.
#
# ## Random, of the right size
#
# Large weights make large $Z$: the sigmoid says 0 or 1 with confidence, is often wrong, and pays
# $-\log$ of nearly nothing. Of $n^{[l-1]}$ inputs a unit takes the sum, whose variance is
# $n^{[l-1]}\,\mathrm{Var}(W)$ times theirs. For layers with ReLU, which lets half of it pass, **He
# initialisation** keeps the variance as it was:
#
# $$W^{[l]} \sim N\Big(0, \frac{2}{n^{[l-1]}}\Big)$$
#
# and for tanh **Xavier initialisation**, with $\frac{1}{n^{[l-1]}}$.

# %%
starts = {
    "zeros": lambda n_prev: 0,
    "large": lambda n_prev: 10,
    "He": lambda n_prev: np.sqrt(2 / n_prev),
}
figure = Figure(figsize=(14, 3.4), layout="constrained")
curves, *maps = figure.subplots(1, 4)
accuracies = {}
for (name, std), axes in zip(starts.items(), maps, strict=True):
    parameters, costs = model(X, Y, std)
    predict = lambda p, parameters=parameters: forward_propagation(p.T, parameters).numpy() > 0
    accuracies[name] = diagnose.accuracy(predict(X.T), Y)
    axes.set_title(f"{name}: {accuracies[name]:.0%} right")
    diagnose.decision_boundary(predict, X.T, Y, ax=axes)
    curves.plot(costs, label=name)
curves.set(xlabel="iteration", ylabel="cost", ylim=(0, 2))
curves.legend()
print({name: f"{accuracy:.0%}" for name, accuracy in accuracies.items()})
assert accuracies["zeros"] == 0.5
assert accuracies["He"] > 0.9
figure

# %% [markdown]
# ## Vanishing and exploding gradients
#
# In a deep network a factor per layer is a power: weights a little too small, and after many layers
# nothing is left, of the activations on the way forward and of the gradients on the way back
# (**vanishing gradients**); a little too large, and they grow without bound (**exploding
# gradients**). `nn.Watch` records both, layer by layer. Twenty layers of 64 units with tanh:

# %%
x = np.random.default_rng(0).normal(size=(64, 64)).astype(np.float32)
inits = {
    "small": nn.init.normal(std=0.02),
    "Xavier": nn.init.xavier_normal,
    "large": nn.init.normal(std=0.5),
}
figure = Figure(figsize=(11, 3.4), layout="constrained")
forward, backward = figure.subplots(1, 2)
ratios = {}
for name, init in inits.items():
    tg.random.seed(0)
    layers = [layer for _ in range(20) for layer in (nn.Linear(64, 64, init=init), nn.Tanh())]
    deep = nn.Sequential(*layers)
    watch = nn.Watch(deep)
    with watch:
        (deep(x) ** 2).mean().backward()
    gradients = [norms[0] for norms in watch.gradients.values()]
    activations = [norms[0] for norms in watch.activations.values()][1::2]
    forward.semilogy(range(1, 21), activations, label=name)
    backward.semilogy(range(1, 21), gradients, label=name)
    ratios[name] = gradients[0] / gradients[-1], activations[-1] / activations[0]
forward.set(title="activations, forward", xlabel="layer")
backward.set(title="gradients, backward", xlabel="layer")
forward.legend()
assert ratios["small"][1] < 1e-6  # hardly anything arrives at the last layer
assert ratios["large"][0] > 100  # at the first one, far too much
assert 0.01 < ratios["Xavier"][1] < 1
figure

# %% [markdown]
# ## In `tg.nn`
#
# Layers start with He initialisation unless told otherwise: `init=` takes another one, or a
# function of your own.

# %%
tg.random.seed(0)
layer = nn.Linear(500, 100)
print(layer, f"has weights of standard deviation {layer.weight.std():.3f}")
print(f"He: √(2/500) = {np.sqrt(2 / 500):.3f}, Xavier: √(1/500) = {np.sqrt(1 / 500):.3f}")
xavier = nn.Linear(500, 100, init=nn.init.xavier_normal)
assert np.isclose(layer.weight.std(), np.sqrt(2 / 500), rtol=0.05)
assert np.isclose(xavier.weight.std(), np.sqrt(1 / 500), rtol=0.05)

# %% [markdown]
# **Next:** a network that fits the training set too well: [regularisation](2_1_regularization.py).
