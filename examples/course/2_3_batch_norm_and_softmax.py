# %% [markdown]
# # Batch norm and softmax
#
# *Deep Learning Specialization, course 2, week 3.*

# %%
import numpy as np
from sklearn.datasets import load_digits

import tensorgraph as tg
from tensorgraph import data, diagnose, nn, optim, train

# %% [markdown]
# ## Tuning hyperparameters
#
# Not on a grid: of many hyperparameters few matter, and random points try more values of these.
# Learning rates are drawn on a **logarithmic scale**, as from 0.0001 to 0.001 is as far as from 0.1
# to 1; and of momentum's $\beta$ it is $1 - \beta$ that is drawn so.

# %%
space = {
    "lr": train.log_uniform(1e-4, 1.0),
    "beta": train.one_minus_log_uniform(0.9, 0.999),
    "hidden": train.integers(10, 100),
}
rng = np.random.default_rng(0)
for name, draws in space.items():
    print(name, [float(f"{draws.draw(rng):.3g}") for _ in range(4)])

# %% [markdown]
# ## Batch norm
#
# Inputs are normalised to mean 0 and variance 1, so that the valley is round; **batch norm** does
# it to the $Z$ of hidden layers, for each mini-batch, and lets the network choose another mean
# $\beta$ and another scale $\gamma$:
#
# $$\mu = \frac1m \sum_i z^{(i)} \qquad \sigma^2 = \frac1m \sum_i (z^{(i)} - \mu)^2 \qquad
# z_{norm}^{(i)} = \frac{z^{(i)} - \mu}{\sqrt{\sigma^2 + \varepsilon}} \qquad
# \tilde z^{(i)} = \gamma\, z_{norm}^{(i)} + \beta$$
#
# Later layers then see less of what changes in earlier ones, the **covariate shift**. A bias $b$
# before it is useless: $\mu$ takes it away again.

# %%
n, m, epsilon = 4, 8, 1e-8
rng = np.random.default_rng(0)
Z = tg.tensor(3 * rng.normal(size=(n, m)) + 5, requires_grad=True)
gamma = tg.tensor(rng.normal(size=(n, 1)), requires_grad=True)
beta = tg.tensor(rng.normal(size=(n, 1)), requires_grad=True)

mu = np.mean(Z, axis=1, keepdims=True)
var = np.mean((Z - mu) ** 2, axis=1, keepdims=True)
Z_norm = (Z - mu) / np.sqrt(var + epsilon)
Z_tilde = gamma * Z_norm + beta
assert np.allclose(Z_norm.mean(axis=1), 0)
assert np.allclose(Z_norm.std(axis=1), 1)

# %% [markdown]
# Backward, the course leaves it to the framework. Here it is: what $\mu$ and $\sigma^2$ have in
# common with $Z$ is taken out of the gradient.

# %%
dZ_tilde = rng.normal(size=(n, m))
backward = tg.derive(Z_tilde, wrt=[Z, gamma, beta], gradient=dZ_tilde)
assert "dβ = Σ₁ dZ_tilde" in str(backward)
backward

# %% [markdown]
# By hand, the same:

# %%
shared = dZ_tilde - dZ_tilde.mean(axis=1, keepdims=True)
shared -= Z_norm.numpy() * (Z_norm.numpy() * dZ_tilde).mean(axis=1, keepdims=True)
dZ = gamma.numpy() * shared / np.sqrt(var.numpy() + epsilon)
Z_tilde.backward(dZ_tilde)
assert np.allclose(Z.grad, dZ)
assert np.allclose(beta.grad, dZ_tilde.sum(axis=1, keepdims=True))

# %% [markdown]
# ### At test time
#
# A single sample has no batch to be normalised by. So in training an exponentially weighted average
# of $\mu$ and $\sigma^2$ is kept for each layer, and used at test time: the **running averages**.
# `nn.BatchNorm` keeps them; `axis=0` says that features are rows here. `eval()` switches over.

# %%
layer = nn.BatchNorm(n, axis=0, keep_old=0.9, dtype="float64")
for _ in range(100):
    layer(3 * rng.normal(size=(n, 64)) + 5)
print("running mean about 5:", layer.running_mean.round(0), "variance about 9")
assert np.allclose(layer.running_mean, 5, atol=0.5)
assert np.allclose(layer.running_var, 9, atol=2)

layer.eval()
single = layer(np.full((n, 1), 8.0))
assert np.allclose(single, 1, atol=0.3), "8 is one standard deviation above 5"

# %% [markdown]
# ## Softmax
#
# For $C$ classes the last layer has $C$ units, and **softmax** makes probabilities of them, which
# sum to 1:
#
# $$t = e^{z^{[L]}} \qquad a^{[L]}_j = \frac{t_j}{\sum_k t_k}$$
#
# **Hardmax** puts 1 at the largest $z$ and 0 elsewhere; softmax is a gentle version of it. Divided
# by a **temperature** $T$ first, it is the gentler the higher $T$ is, and comes near hardmax as $T$
# goes to 0.

# %%
z = np.array([[5.0], [2.0], [-1.0], [3.0]])
t = np.exp(z)
a = t / t.sum(axis=0)
assert np.allclose(a, tg.softmax(z, axis=0))
for T in (10, 1, 0.1):
    print(f"T = {T:>4}:", tg.softmax(z / T, axis=0)[:, 0].round(2))
hardmax = (z == z.max()).astype(float)
assert np.allclose(tg.softmax(z / 0.05, axis=0), hardmax)

# %% [markdown]
# With two classes softmax is logistic regression: $\frac{e^{z_1}}{e^{z_1} + e^{z_2}} = \sigma(z_1 -
# z_2)$.

# %%
pair = np.array([[1.3], [0.4]])
assert np.isclose(tg.softmax(pair, axis=0)[0, 0], tg.sigmoid(1.3 - 0.4))

# %% [markdown]
# ### The cost, and its gradient
#
# Labels are **one-hot** columns: 1 in the row of the class, else 0. The loss is $L(\hat y, y) =
# -\sum_j y_j \log \hat y_j$, which is $-\log$ of the probability of the right class. `tg.assume`
# tells `derive` that the columns are one-hot; it is checked on the data.

# %%
C, m = 3, 8
X = rng.normal(size=(4, m))
labels = rng.integers(0, C, m)
Y = tg.assume(np.eye(C)[labels].T, one_hot=0)
W = tg.tensor(rng.normal(size=(C, 4)), requires_grad=True)
b = tg.tensor(np.zeros((C, 1)), requires_grad=True)

Z = W @ X + b
T = tg.exp(Z)
A = T / np.sum(T, axis=0, keepdims=True)
J = -np.sum(Y * np.log(A)) / m
softmax = tg.derive(J, wrt=[W, b])
assert "dZ = m ∂J/∂Z = A − Y" in str(softmax)
softmax

# %% [markdown]
# $A - Y$ once more, as in [logistic regression](1_2_logistic_regression.py). How it comes about:

# %%
steps = tg.derive(J, wrt=Z).steps()
print(*steps, sep="\n")

# %% [markdown]
# ## Digits, with `tg.nn`
#
# `nn.losses.cross_entropy` takes the $Z$ of the last layer and classes as integers; softmax and
# logarithm are inside, where they cannot overflow. A deep network, with and without batch norm:

# %%
images, digits = load_digits(return_X_y=True)
sets = data.split(images, digits, train=0.7, dev=0.3, test=0, stratify=digits)
normalize = data.Normalize(axis=(0, 1)).fit(sets.train[0])
(x_train, y_train), (x_dev, y_dev) = (
    (normalize(x).astype(np.float32), y) for x, y in (sets.train, sets.dev)
)


def block(n_in, n_out, batch_norm):
    norm = [nn.BatchNorm(n_out)] if batch_norm else []
    return [nn.Linear(n_in, n_out), *norm, nn.Tanh()]


accuracies = {}
for batch_norm in (False, True):
    tg.random.seed(0)
    net = nn.Sequential(
        *block(64, 32, batch_norm),
        *[layer for _ in range(4) for layer in block(32, 32, batch_norm)],
        nn.Linear(32, 10),
    )
    history = train.fit(
        net,
        nn.losses.cross_entropy,
        optim.SGD(net.parameters(), lr=0.1),
        data.Batches(x_train, y_train, batch_size=64, drop_last=True),
        (x_dev, y_dev),
        epochs=5,
        metrics={"accuracy": lambda z, y: diagnose.accuracy(z.argmax(axis=1), y)},
        progress=False,
    )
    accuracies[batch_norm] = history["dev_accuracy"][-1]
    print(f"{'with' if batch_norm else 'without'} batch norm: {accuracies[batch_norm]:.0%}")
assert accuracies[True] > 0.9

# %% [markdown]
# Where it errs, class by class:

# %%
predictions = train.predict(net, x_dev).argmax(axis=1)
diagnose.confusion_matrix(predictions, y_dev)

# %% [markdown]
# **Next:** what to work on: [course 3](3_1_goals_and_errors.py).
