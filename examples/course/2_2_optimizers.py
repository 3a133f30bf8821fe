# %% [markdown]
# # Optimisation algorithms
#
# *Deep Learning Specialization, course 2, week 2.*
#
# Gradient descent goes straight downhill, with all data for every step. Better: many steps with
# some of the data each, and a memory of the steps before.

# %%
from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import make_moons

import tensorgraph as tg
from tensorgraph import data, diagnose, nn, optim, train

# %% [markdown]
# ## Mini-batches
#
# An **epoch** is one pass over the training set. **Batch gradient descent** takes one step in it,
# **stochastic gradient descent** one for each sample, and **mini-batch gradient descent** one for
# each batch of, say, 64: fast on a computer, and enough for a fair direction. Batches are drawn
# without replacement: shuffle, then cut.

# %%
points, labels = make_moons(512, noise=0.2, random_state=3)
X, Y = points.T, labels.reshape(1, -1)
m = X.shape[1]


def random_mini_batches(X, Y, mini_batch_size=64, seed=0):
    permutation = np.random.default_rng(seed).permutation(X.shape[1])
    return [
        (X[:, chosen], Y[:, chosen])
        for chosen in np.split(permutation, range(mini_batch_size, X.shape[1], mini_batch_size))
    ]


batches = random_mini_batches(X, Y)
print(len(batches), "batches of", batches[0][0].shape)

# %% [markdown]
# `data.Batches` does the same with rows, and can resume in the middle of an epoch after a crash.

# %%
assert [len(x) for x, _ in data.Batches(points, labels, batch_size=64)] == [64] * 8

# %% [markdown]
# ## The exponentially weighted average
#
# $$v_t = \beta\, v_{t-1} + (1 - \beta)\, \theta_t$$
#
# It is about the mean of the last $\frac{1}{1 - \beta}$ values. As it starts at $v_0 = 0$, it is
# too small at first; **bias correction** divides by $1 - \beta^t$.


# %%
def weighted_average(values, beta, bias_correction=True):
    v, averages = 0.0, []
    for t, value in enumerate(values, 1):
        v = beta * v + (1 - beta) * value
        averages.append(v / (1 - beta**t) if bias_correction else v)
    return np.array(averages)


days = np.arange(365)
temperatures = (
    14 - 10 * np.cos(2 * np.pi * days / 365) + 3 * np.random.default_rng(0).normal(size=365)
)
figure = Figure(figsize=(7, 3.2), layout="constrained")
axes = figure.subplots()
axes.scatter(days, temperatures, s=4, color="grey")
axes.plot(weighted_average(temperatures, 0.9), label="β = 0.9: about 10 days")
axes.plot(weighted_average(temperatures, 0.98), label="β = 0.98: about 50 days")
axes.plot(weighted_average(temperatures, 0.98, bias_correction=False), "--", label="no correction")
axes.set(xlabel="day", ylabel="°C")
axes.legend()
assert np.isclose(weighted_average(temperatures, 0.98)[0], temperatures[0])
figure

# %% [markdown]
# ## Momentum, RMSprop, Adam
#
# **Momentum** takes the average of the gradients: what changes its sign from step to step cancels,
# what points downhill adds up. **RMSprop** divides by the root of the average of their squares:
# steep directions get small steps. **Adam** does both, with bias correction. Each as the library
# computes it; the print is read off the code of the rule:

# %%
w = tg.zeros(3, requires_grad=True)
for optimizer in (
    optim.SGD([w], lr=0.1),
    optim.EWMAMomentum([w], lr=0.1),
    optim.RMSprop([w], lr=0.1),
    optim.Adam([w], lr=0.1),
):
    print(f"{type(optimizer).__name__}\n{tg.update_rule(optimizer)}\n")

# %% [markdown]
# The course's values: $\beta_1 = 0.9$, $\beta_2 = 0.999$, $\varepsilon = 10^{-8}$; the learning
# rate $\alpha$ is to be tuned. (`EWMAMomentum` is the course's momentum, whose gradients are
# weighted by $1 - \beta$. PyTorch's is `HeavyBall`, which leaves that factor out.)
#
# ## By hand


# %%
def initialize_parameters(layer_dims, seed=3):
    rng = np.random.default_rng(seed)
    parameters = {}
    for l, (n_prev, n) in enumerate(pairwise(layer_dims), 1):
        W = np.sqrt(2 / n_prev) * rng.normal(size=(n, n_prev))
        parameters[f"W{l}"] = tg.tensor(W, requires_grad=True)
        parameters[f"b{l}"] = tg.tensor(np.zeros((n, 1)), requires_grad=True)
    return parameters


def forward_propagation(X, parameters):
    W1, b1, W2, b2, W3, b3 = parameters.values()
    A1 = tg.relu(W1 @ X + b1)
    A2 = tg.relu(W2 @ A1 + b2)
    return W3 @ A2 + b3


def update_parameters_with_gd(parameters, grads, state, t, learning_rate):
    return {n: p - learning_rate * grads[n] for n, p in parameters.items()}


def update_parameters_with_momentum(parameters, grads, state, t, learning_rate, beta=0.9):
    new = {}
    for name, p in parameters.items():
        v = beta * state.get(f"v{name}", 0) + (1 - beta) * grads[name]
        state[f"v{name}"] = v
        new[name] = p - learning_rate * v
    return new


def update_parameters_with_adam(
    parameters, grads, state, t, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8
):
    new = {}
    for name, p in parameters.items():
        v = beta1 * state.get(f"v{name}", 0) + (1 - beta1) * grads[name]
        s = beta2 * state.get(f"s{name}", 0) + (1 - beta2) * grads[name] ** 2
        state |= {f"v{name}": v, f"s{name}": s}
        v_corrected = v / (1 - beta1**t)
        s_corrected = s / (1 - beta2**t)
        new[name] = p - learning_rate * v_corrected / (np.sqrt(s_corrected) + epsilon)
    return new


def model(X, Y, update, learning_rate, num_epochs=60):
    parameters, state, costs, t = initialize_parameters([2, 5, 2, 1]), {}, [], 0
    for epoch in range(num_epochs):
        for X_batch, Y_batch in random_mini_batches(X, Y, seed=epoch):
            t += 1
            J = tg.sigmoid_cross_entropy(forward_propagation(X_batch, parameters), Y_batch).mean()
            J.backward()
            values = {name: p.numpy() for name, p in parameters.items()}
            grads = {name: p.grad.numpy() for name, p in parameters.items()}
            for name, value in update(values, grads, state, t, learning_rate).items():
                parameters[name].assign(value)
                parameters[name].grad = None
            costs.append(J.item())
    return parameters, costs


ways = {
    "gradient descent": (update_parameters_with_gd, 0.02),
    "momentum": (update_parameters_with_momentum, 0.02),
    "Adam": (update_parameters_with_adam, 0.02),
}
figure = Figure(figsize=(14, 3.4), layout="constrained")
curves, *maps = figure.subplots(1, 4)
accuracies = {}
for (name, (update, rate)), axes in zip(ways.items(), maps, strict=True):
    parameters, costs = model(X, Y, update, rate)
    predict = lambda p, parameters=parameters: forward_propagation(p.T, parameters).numpy() > 0
    accuracies[name] = diagnose.accuracy(predict(X.T), Y)
    diagnose.decision_boundary(predict, X.T, Y, ax=axes)
    axes.set_title(f"{name}: {accuracies[name]:.0%}")
    curves.plot(weighted_average(costs, 0.9), label=name)
curves.set(xlabel="step", ylabel="cost")
curves.legend()
print({name: f"{accuracy:.0%}" for name, accuracy in accuracies.items()})
assert accuracies["Adam"] > 0.9
assert accuracies["Adam"] >= accuracies["gradient descent"]
figure

# %% [markdown]
# ## The library's rules are the same

# %%
pairs = {
    update_parameters_with_gd: optim.SGD,
    update_parameters_with_momentum: optim.EWMAMomentum,
    update_parameters_with_adam: optim.Adam,
}
target = np.array([1.0, -2.0, 3.0])
for update, rule in pairs.items():
    by_hand, state = {"w": np.zeros(3)}, {}
    w = tg.tensor(np.zeros(3), requires_grad=True)
    optimizer = rule([w], lr=0.1)
    for t in range(1, 6):
        by_hand = update(by_hand, {"w": by_hand["w"] - target}, state, t, 0.1)
        optimizer.zero_grad()
        (((w - target) ** 2).sum() / 2).backward()
        optimizer.step()
    assert np.allclose(w, by_hand["w"]), rule
print("equal after five steps each")

# %% [markdown]
# ## Learning rate decay
#
# Near the valley's floor long steps only go round it. **Learning rate decay** shortens them, epoch
# by epoch:
#
# $$\alpha = \frac{1}{1 + decay\_rate \cdot epoch}\, \alpha_0 \qquad
# \alpha = 0.95^{epoch}\, \alpha_0 \qquad \alpha = \frac{k}{\sqrt{epoch}}\, \alpha_0$$

# %%
schedules = {
    "1 / (1 + t)": optim.schedules.inverse_time(0.2, rate=1.0),
    "0.95 ^ t": optim.schedules.exponential(0.2, base=0.95),
    "staircase": optim.schedules.staircase(0.2, factor=0.5, every=10),
}
figure = Figure(figsize=(6, 3), layout="constrained")
axes = figure.subplots()
for name, schedule in schedules.items():
    axes.plot([schedule(epoch) for epoch in range(40)], label=name)
axes.set(xlabel="epoch", ylabel="learning rate")
axes.legend()
assert np.isclose(schedules["1 / (1 + t)"](1), 0.1)
figure

# %% [markdown]
# ## With `tg.nn`
#
# A schedule goes where a learning rate goes; `per_epoch` counts epochs in place of steps.

# %%
tg.random.seed(0)
net = nn.Sequential(nn.Linear(2, 10), nn.ReLU(), nn.Linear(10, 1))
batches = data.Batches(points.astype(np.float32), labels.reshape(-1, 1), batch_size=64)
decay = optim.schedules.inverse_time(0.05, rate=0.1)
history = train.fit(
    net,
    nn.losses.binary_cross_entropy_with_logits,
    optim.Adam(net.parameters(), lr=optim.schedules.per_epoch(decay, len(batches))),
    batches,
    epochs=30,
    metrics={"accuracy": lambda z, y: diagnose.accuracy(z > 0, y)},
    progress=False,
)
assert history["train_accuracy"][-1] > 0.9
history.plot()

# %% [markdown]
# **Next:** [batch norm and softmax](2_3_batch_norm_and_softmax.py).
