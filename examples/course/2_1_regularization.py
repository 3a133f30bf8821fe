# %% [markdown]
# # Regularisation
#
# *Deep Learning Specialization, course 2, week 1.*
#
# A network that does well on the training set and badly on others **overfits**: it has high
# **variance**. More data would help most. Where there are none, regularisation takes some of the
# network's freedom away.

# %%
from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import make_moons

import tensorgraph as tg
from tensorgraph import data, diagnose, nn, optim, train

# %% [markdown]
# ## The data
#
# Two moons with much noise: few samples to train on, many to see how it does on others.

# %%
m = 80
points, labels = make_moons(1200, noise=0.3, random_state=0)
X, Y = points[:m].T, labels[:m].reshape(1, -1)
X_dev, Y_dev = points[m:].T, labels[m:].reshape(1, -1)

# %% [markdown]
# ## L2 regularisation
#
# The cost gets a penalty for large weights, with the **Frobenius norm** $\|W\|_F^2 = \sum_{ij}
# w_{ij}^2$ and a hyperparameter $\lambda$; `lambda` is a word of Python, so the course writes
# `lambd`:
#
# $$J = \frac1m \sum_i L(a^{(i)}, y^{(i)}) + \frac{\lambda}{2m} \sum_l \|W^{[l]}\|_F^2$$


# %%
def initialize_parameters(layer_dims, seed=3):
    rng = np.random.default_rng(seed)
    parameters = {}
    for l, (n_prev, n) in enumerate(pairwise(layer_dims), 1):
        W = np.sqrt(2 / n_prev) * rng.normal(size=(n, n_prev))
        parameters[f"W{l}"] = tg.tensor(W, requires_grad=True)
        parameters[f"b{l}"] = tg.tensor(np.zeros((n, 1)), requires_grad=True)
    return parameters


def compute_cost(A2, Y):
    m = Y.shape[1]
    return -(Y * tg.log(A2) + (1 - Y) * tg.log(1 - A2)).sum() / m


W1, b1, W2, b2 = initialize_parameters([2, 20, 1]).values()
lambd = 0.7

A1 = tg.tanh(W1 @ X + b1)
A2 = tg.sigmoid(W2 @ A1 + b2)
penalty = lambd / (2 * m) * (np.sum(np.square(W1)) + np.sum(np.square(W2)))
J = compute_cost(A2, Y) + penalty

# %% [markdown]
# What the penalty changes in the backward pass, for any network: $dW$ gets $\frac{\lambda}{m} W$.

# %%
formulas = tg.derive(J, wrt=[W1, W2])
assert "+ λ W1 / m" in str(formulas)
formulas

# %% [markdown]
# A step of gradient descent, $W := W - \alpha\,dW$, thus first shrinks $W$ by the factor $1 -
# \frac{\alpha \lambda}{m}$, which is why it is called **weight decay**:

# %%
learning_rate = 0.1
dW1 = tg.gradients(J, W1, retain_graph=True).numpy()
dW1_of_data = tg.gradients(J - penalty, W1, retain_graph=True).numpy()
step = W1.numpy() - learning_rate * dW1
decayed = (1 - learning_rate * lambd / m) * W1.numpy() - learning_rate * dW1_of_data
assert np.allclose(step, decayed)

# %% [markdown]
# ## Dropout
#
# **Dropout** switches units off at random in each pass, each with probability $1 -$ `keep_prob`, so
# that no unit can rely on a single other one. **Inverted dropout** divides what is left by
# `keep_prob`: the expectation stays what it was, and nothing has to be done at test time, when no
# unit is switched off.

# %%
keep_prob = 0.8
rng = np.random.default_rng(1)

D1 = (rng.random(A1.shape) < keep_prob).astype(int)
A1_dropped = A1 * D1 / keep_prob
print(f"mean {A1.mean():.2f} before, {A1_dropped.mean():.2f} after")

# %% [markdown]
# Backward, the same units are switched off, and what is left is divided likewise:

# %%
dA1_dropped = rng.normal(size=A1.shape)
dropout = tg.derive(A1_dropped, wrt=A1, gradient=dA1_dropped)
assert str(dropout).startswith("dA1 = D1 ∘ dA1_dropped / keep_prob")
dropout

# %% [markdown]
# ## The three, by hand
#
# A network that is too large for so few samples, without regularisation, with L2 and with dropout.
# `tg.sigmoid_cross_entropy` takes the cost from $Z$, where a confident answer makes $\log 0$
# otherwise.


# %%
def forward_propagation(X, parameters, keep_prob=1.0, rng=None):
    W1, b1, W2, b2, W3, b3 = parameters.values()
    A1 = tg.relu(W1 @ X + b1)
    A1 = A1 * (rng.random(A1.shape) < keep_prob) / keep_prob if rng else A1
    A2 = tg.relu(W2 @ A1 + b2)
    A2 = A2 * (rng.random(A2.shape) < keep_prob) / keep_prob if rng else A2
    return W3 @ A2 + b3


def model(X, Y, lambd=0.0, keep_prob=1.0, iterations=500, learning_rate=0.5):
    rng = np.random.default_rng(0) if keep_prob < 1 else None
    parameters = initialize_parameters([2, 60, 20, 1])
    weights = [parameters[name] for name in ("W1", "W2", "W3")]
    m = X.shape[1]
    for _ in range(iterations):
        Z3 = forward_propagation(X, parameters, keep_prob, rng)
        J = tg.sigmoid_cross_entropy(Z3, Y).mean()
        if lambd:
            J = J + lambd / (2 * m) * sum(np.sum(np.square(W)) for W in weights)
        J.backward()
        for parameter in parameters.values():
            parameter.assign(parameter - learning_rate * parameter.grad)
            parameter.grad = None
    return parameters


figure = Figure(figsize=(12, 3.4), layout="constrained")
gaps = {}
ways = {"nothing": {}, "L2": {"lambd": 1.0}, "dropout": {"keep_prob": 0.8}}
for (name, settings), axes in zip(ways.items(), figure.subplots(1, 3), strict=True):
    parameters = model(X, Y, **settings)
    predict = lambda p, parameters=parameters: forward_propagation(p.T, parameters).numpy() > 0
    on_train = diagnose.accuracy(predict(X.T), Y)
    on_dev = diagnose.accuracy(predict(X_dev.T), Y_dev)
    gaps[name] = on_train - on_dev
    assert on_dev > 0.8
    diagnose.decision_boundary(predict, X.T, Y, ax=axes)
    axes.set_title(f"{name}: train {on_train:.0%}, dev {on_dev:.0%}")
    print(f"{name:8} train {on_train:.0%}, dev {on_dev:.0%}")
assert gaps["L2"] < gaps["nothing"]
figure

# %% [markdown]
# ## With `tg.nn`
#
# `nn.Dropout` takes `keep_prob`, and knows whether the model trains: `train.fit` and
# `train.predict` see to it, in your own loop `model.train()` and `model.eval()` do. `nn.l2_penalty`
# is the course's; `optim.AdamW` decays weights itself.
#
# **Early stopping** ends training where the dev set has seen nothing better for a while, and goes
# back to the best weights. It mixes two tasks, fitting and not overfitting, which the course would
# rather keep apart (**orthogonalisation**), but it needs a single run. **Data augmentation** makes
# more samples of those there are: mirrored, shifted, or with some noise.

# %%
tg.random.seed(0)
net = nn.Sequential(
    nn.Linear(2, 60), nn.ReLU(), nn.Dropout(keep_prob=0.8),
    nn.Linear(60, 20), nn.ReLU(), nn.Dropout(keep_prob=0.8),
    nn.Linear(20, 1),
)  # fmt: skip


def cost_with_penalty(z, y):
    data_cost = nn.losses.binary_cross_entropy_with_logits(z, y)
    return data_cost + nn.l2_penalty(net, lambd=0.1, m=m)


noise = data.augment.noise(0.2)
history = train.fit(
    net,
    cost_with_penalty,
    optim.Adam(net.parameters(), lr=0.01),
    data.Batches(X.T.astype(np.float32), Y.T, batch_size=32, augment=noise),
    (X_dev.T.astype(np.float32), Y_dev.T),
    epochs=40,
    metrics={"error": lambda z, y: 1 - diagnose.accuracy(z > 0, y)},
    early_stopping=train.EarlyStopping(patience=15, optimize="dev_error"),
    progress=False,
)
print(f"dev error {history['dev_error'].min():.0%}")
assert history["dev_error"].min() < 0.2
history.plot()

# %% [markdown]
# **Next:** is the gradient right? [Gradient checking](2_1_gradient_checking.py).
