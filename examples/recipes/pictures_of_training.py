# %% [markdown]
# # The course's pictures
#
# What a classifier says of the plane, what an initialisation does to each layer, where optimizers
# go, and the cost around the weights: the pictures by which the Deep Learning Specialization
# explains, for networks of your own. Each is an array first; matplotlib draws it, on axes of yours
# (`ax=`) or on its own, in the colours of your style.

# %%
import numpy as np
from matplotlib.figure import Figure

import tensorgraph as tg
from tensorgraph import data, diagnose, nn, optim, train

# %% [markdown]
# ## Sets in the plane
#
# `data.toy` has those of the course and some more. The same call gives the same set; `noise=0`
# gives the formula itself, `axis=0` samples in columns.

# %%
X, y = data.toy.flower(400)
columns, Y = data.toy.flower(400, axis=0)
assert np.array_equal(columns, X.T) and Y.shape == (1, 400)

figure = Figure(figsize=(11, 2.6), layout="constrained")
sets = data.toy.flower, data.toy.moons, data.toy.circles, data.toy.spirals, data.toy.blobs
for make, ax in zip(sets, figure.subplots(1, 5), strict=True):
    points, labels = make(300)
    ax.scatter(*points.T, c=labels, s=5)
    ax.set_title(make.__name__)
figure

# %% [markdown]
# ## What a classifier says of the plane
#
# A flower and a network with one hidden layer. The model is called in evaluation mode, and left as
# it is. Its output, here a logit, is read as a class; `probabilities=True` shades what it is sure
# of.

# %%
tg.random.seed(1)
model = nn.Sequential(nn.Linear(2, 12), nn.Tanh(), nn.Linear(12, 1))
path = diagnose.TrainingPath(model)  # remembers where the weights have been
train.fit(
    model,
    nn.losses.binary_cross_entropy_with_logits,
    optim.Adam(model.parameters(), lr=0.05),
    (X, y[:, None]),
    epochs=40,
    callbacks=[path],
    progress=False,
)
accuracy = diagnose.accuracy(train.predict(model, X) > 0, y)
assert accuracy > 0.8

figure = Figure(figsize=(9, 3.6), layout="constrained")
hard, soft = figure.subplots(1, 2)
diagnose.decision_boundary(model, X, y, ax=hard).set_title(f"{accuracy:.0%} right")
diagnose.decision_boundary(model, X, y, probabilities=True, ax=soft).set_title("how sure it is")
figure

# %% [markdown]
# A network by hand, samples in columns, is a function of the points:

# %%
W1, b1, W2, b2 = (p.numpy() for p in model.parameters())


def forward(X):
    A1 = np.tanh(W1 @ X + b1[:, None])
    return 1 / (1 + np.exp(-(W2 @ A1 + b2[:, None])))  # A2, of shape (1, m)


diagnose.decision_boundary(forward, columns, Y, axis=0)

# %% [markdown]
# ## What an initialisation does
#
# Six layers with tanh. From zeros nothing comes; what starts small dies out, what starts large is
# $\pm 1$ everywhere, where the slope of tanh is 0; Xavier's keeps its spread.

# %%
x = np.random.default_rng(0).normal(size=(200, 100)).astype(np.float32)
inits = {
    "zeros": nn.init.zeros,
    "small": nn.init.normal(std=0.01),
    "large": nn.init.normal(std=1.0),
    "Xavier": nn.init.xavier_normal,
    "He": nn.init.he_normal,
}


def deep(init):
    tg.random.seed(0)
    layers = [layer for _ in range(6) for layer in (nn.Linear(100, 100, init=init), nn.Tanh())]
    return nn.Sequential(*layers)


after_tanh = ["layers.1", "layers.5", "layers.11"]
found = diagnose.activation_histograms(
    {name: deep(init) for name, init in inits.items()}, x, layers=after_tanh
)
print(found)
last = {name: found[name]["layers.11"] for name in inits}
assert last["zeros"].zero == 1 and last["small"].std < 1e-5
assert last["large"].saturated > 0.7 and last["Xavier"].saturated < 0.01
found.plot()

# %% [markdown]
# Of a network by hand give what its cache holds: `activation_histograms({"A1": A1, "A2": A2})`.
#
# ## Optimizers on a ravine
#
# Steep along one variable and flat along the other: **gradient descent** swings from side to side
# and hardly moves on. **Momentum** averages the swings away, **RMSprop** and **Adam** divide each
# direction by how steep it is.

# %%
descent = optim.descent_paths(
    lambda x, y: x**2 / 20 + y**2,
    start=(-8.0, 2.0),
    optimizers={
        "gradient descent": lambda w: optim.SGD(w, lr=0.95),
        "momentum": lambda w: optim.EWMAMomentum(w, lr=0.95),
        "RMSprop": lambda w: optim.RMSprop(w, lr=0.4),
        "Adam": lambda w: optim.Adam(w, lr=0.5),
    },
    steps=40,
)
figure = Figure(figsize=(10, 3.8), layout="constrained")
ways, costs = figure.subplots(1, 2)
descent.plot(ways)
descent.plot_costs(costs)
assert descent.costs["RMSprop"][-1] < descent.costs["gradient descent"][-1]
figure

# %% [markdown]
# ## The cost around the weights
#
# A network has too many weights for a picture. `cost_surface` takes two directions among them: at
# random, each filter as long as the weights' own (Li et al. 2018); the principal ones of the path
# that training took; the gradient; two single weights.

# %%
loss = nn.losses.binary_cross_entropy_with_logits
around = diagnose.cost_surface(model, loss, (X, y[:, None]))
along = diagnose.cost_surface(model, loss, (X, y[:, None]), path=path)
line = diagnose.cost_surface(model, loss, (X, y[:, None]), to=path[0])

figure = Figure(figsize=(13, 3.8), layout="constrained")
places = figure.subplots(1, 3)
for surface, ax in zip((around, along, line), places, strict=True):
    surface.plot(ax)
assert along.costs[-1, -1] > along.lowest[0]
figure

# %% [markdown]
# On axes of three dimensions it is a relief, and without matplotlib it is text:

# %%
figure = Figure(figsize=(5, 4))
around.plot(figure.add_subplot(projection="3d"))
print(along)
figure

# %% [markdown]
# ## What units look for
#
# The weights of a unit have the shape of its input. Blue is negative, red positive:

# %%
rng = np.random.default_rng(0)
stripes = np.zeros((600, 8, 8), np.float32)
upright, place = rng.integers(0, 2, 600), rng.integers(0, 8, 600)
for image, up, k in zip(stripes, upright, place, strict=True):
    image[(slice(None), k) if up else k] = 1
tg.random.seed(0)
units = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 2))
train.fit(
    units,
    nn.losses.cross_entropy,
    optim.AdamW(optim.decay_groups(units, weight_decay=0.05), lr=0.01),
    (stripes.reshape(600, 64), upright),
    epochs=15,
    progress=False,
)
images = diagnose.weight_images(units)
assert images.images.shape == (16, 8, 8)
images.plot()
