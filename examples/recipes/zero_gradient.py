# %% [markdown]
# # Why is my gradient zero?
#
# A network that does not learn raises no error: its gradient is `None`, 0 or NaN, and nobody says
# why. `tg.explain` follows the gradient from the tensor you ask about towards the loss, and tells
# where it stops, with the module, the line and numbers. What it says it has computed: let the
# gradient through there, and it arrives.

# %%
import warnings

import numpy as np

import tensorgraph as tg
from tensorgraph import nn, optim

rng = np.random.default_rng(0)
X = rng.normal(size=(200, 3)).astype("float32")
labels = (X[:, 0] > X[:, 1]).astype("int64")
Y = labels[:, None].astype("float32")

# %% [markdown]
# ## All weights start at zero
#
# The first network of many: everything starts at 0, as it did in logistic regression.

# %%
W1 = tg.tensor(np.zeros((3, 4)), dtype="float32", requires_grad=True)
b1 = tg.tensor(np.zeros(4), dtype="float32", requires_grad=True)
W2 = tg.tensor(np.zeros((4, 1)), dtype="float32", requires_grad=True)
b2 = tg.tensor(np.zeros(1), dtype="float32", requires_grad=True)


def cost():
    Z2 = tg.tanh(X @ W1 + b1) @ W2 + b2
    return nn.losses.binary_cross_entropy_with_logits(Z2, Y)


cost().backward()
print(W1.grad.data.any())

# %% [markdown]
# The gradient of the hidden layer is multiplied by `W2`, which is 0. That of `W2` is multiplied by
# what the hidden layer puts out, which is 0 because `W1` is. Neither can begin.

# %%
print(tg.explain([W1, W2], cost))
assert tg.explain(W1, cost).causes[0].kind == "zero weights"

# %% [markdown]
# A constant other than 0 is not enough: then the units are all alike, and stay so.

# %%
for W in (W1, W2):
    W.assign(np.full(W.shape, 0.5))
print(tg.explain(W1, cost))
assert tg.explain(W1, cost).verdict == "alike"

# %% [markdown]
# Random numbers break the tie. Only biases may start at 0.

# %%
for W in (W1, W2):
    W.assign(rng.normal(size=W.shape) * np.sqrt(1 / W.shape[0]))
print(tg.explain(W1, cost))
assert tg.explain(W1, cost).healthy

# %% [markdown]
# ## A dead layer
#
# A single step that was far too long has made all biases of a layer so negative that no input
# reaches above 0. Its ReLU puts out 0 for every example, and its derivative is 0 as well.

# %%
tg.random.seed(0)
model = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 2))
model.layers[2].bias.assign(np.full(16, -20.0))
loss = nn.losses.cross_entropy(model(tg.tensor(X)), labels)
loss.backward()
why = tg.explain(model)
print(why)
assert why["layers.0.weight"].causes[0].module == "model.layers[3] ReLU"

# %% [markdown]
# The loss was not given: `tg.explain(model)` found the newest that was computed from the model.
# `backward()` had released the graph, and it was run again from the parameters.
#
# Often only some units are dead. Then some rows of the gradient are 0:

# %%
bias = np.zeros(16)
bias[[3, 7]] = -20
model.layers[2].bias.assign(bias)
loss = nn.losses.cross_entropy(model(tg.tensor(X)), labels)
why = tg.explain(model.layers[2].weight, loss)
print(why)
assert why.causes[0].units == (3, 7)

# %% [markdown]
# ## A gradient that is lost
#
# Give a *function* that computes the loss, and every line is told in which values leave the graph.


# %%
def decided():
    probability = tg.sigmoid(tg.tensor(X) @ W1 @ W2)
    decision = (probability > 0.5).astype("float32")
    return ((decision - Y) ** 2).mean()


why = tg.explain(W1, decided)
print(why)
assert (why.verdict, why.causes[0].op) == ("none", "greater")

# %% [markdown]
# ## While training
#
# `fit(explain=True)` looks at all gradients before each epoch and warns once of each cause; in a
# loop of your own, `nn.Watch(model, explain=tg.explain)` does.

# %%
model.layers[2].bias.assign(np.full(16, -20.0))
with warnings.catch_warnings(record=True) as shown:
    warnings.simplefilter("always")
    tg.train.fit(
        model, nn.losses.cross_entropy, optim.SGD(model.named_parameters(), lr=0.1), (X, labels),
        epochs=1, progress=False, explain=True,
    )  # fmt: skip
print(str(shown[0].message)[:200])
assert any("all 16 units are dead" in str(warning.message) for warning in shown)
