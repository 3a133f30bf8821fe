# %% [markdown]
# # Logistic regression
#
# *Deep Learning Specialization, course 1, week 2.*
#
# Is it this or that? Logistic regression answers with a probability, and is a neural network with a
# single neuron. Everything that deep networks need is already here: a cost, a **computation
# graph**, a **forward pass** that computes the cost from left to right, and a **backward pass**
# that computes from right to left how the cost answers to each value on the way.

# %%
import numpy as np

import tensorgraph as tg
from tensorgraph import diagnose, nn, optim, train

# %% [markdown]
# ## The computation graph
#
# The course's example is $J = 3\,(a + b c)$. Each operation on a tensor is recorded, with where its
# operands came from.

# %%
a = tg.tensor(5.0, requires_grad=True)
b = tg.tensor(3.0, requires_grad=True)
c = tg.tensor(2.0, requires_grad=True)

u = b * c
v = a + u
J = 3 * v
print(f"u = {u:g}, v = {v:g}, J = {J:g}")

# %% [markdown]
# The **chain rule** takes the derivative of $J$ by each value from that of the next one:
# $\frac{dJ}{du} = \frac{dJ}{dv}\,\frac{dv}{du}$. The course writes `du` for $\frac{dJ}{du}$. By
# hand:

# %%
dv = 3.0  # J = 3v
du = dv * 1.0  # v = a + u
da = dv * 1.0
db = du * 2.0  # u = bc, and c = 2
dc = du * 3.0  # b = 3

# %% [markdown]
# `tg.derive` reads the same off the graph, as formulas, and compares them with the engine's own
# backward pass before it shows them.

# %%
formulas = tg.derive(J, wrt=[v, u, a, b, c])
formulas

# %% [markdown]
# `backward()` runs the backward pass; each leaf of the graph then holds its derivative in `.grad`.

# %%
J.backward()
print(f"da = {a.grad:g}, db = {b.grad:g}, dc = {c.grad:g}")
assert (a.grad, b.grad, c.grad) == (da, db, dc) == (3, 6, 9)

# %% [markdown]
# The picture: down the left the forward pass, up the right the backward pass, each derivative in
# the row of its value.

# %%
tg.render(formulas)

# %% [markdown]
# A derivative is a function as well and has derivatives of its own: $\frac{d^2 J}{db\,dc} = 3$.

# %%
mixed = tg.grad(tg.grad(lambda b, c: 3 * (a + b * c), argnums=0), argnums=1)(b, c)
print(f"d²J / db dc = {mixed:g}")
assert mixed == 3

# %% [markdown]
# ## The data: samples in columns
#
# The course puts each sample into a column: $X$ has shape $(n_x, m)$ for $m$ samples with $n_x$
# features, and the labels $Y$ have shape $(1, m)$. Here are two clouds of points in the plane.

# %%
m = 400
rng = np.random.default_rng(1)
Y = np.arange(m).reshape(1, m) % 2
X = rng.normal(size=(2, m)) + np.where(Y == 1, [[1.0], [1.0]], [[-1.0], [0.0]])
print(X.shape, Y.shape)

# %% [markdown]
# ## Forward
#
# $$z^{(i)} = w^T x^{(i)} + b \qquad \hat y^{(i)} = a^{(i)} = \sigma(z^{(i)})
# \qquad \sigma(z) = \frac{1}{1 + e^{-z}}$$
#
# The **sigmoid** $\sigma$ makes a probability of any number. What a single answer costs is its
# **loss**, and the **cost** $J$ is the mean of all losses:
#
# $$L(a, y) = -\big(y \log a + (1 - y) \log(1 - a)\big) \qquad
# J = \frac{1}{m} \sum_{i=1}^m L(a^{(i)}, y^{(i)})$$
#
# This loss, the **binary cross-entropy**, is convex in $w$ and $b$: there is one valley only. With
# samples in columns all $m$ of them are computed at once, without a loop; that is
# **vectorisation**. The number $b$ is added to every column, by **broadcasting**.

# %%
w = tg.tensor(np.zeros((2, 1)), requires_grad=True)
b = tg.tensor(0.0, requires_grad=True)

Z = w.T @ X + b
A = tg.sigmoid(Z)
J = -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
print(f"J = {J:.4f}: with w = 0 every answer is ½, which costs log 2")
assert np.isclose(J.item(), np.log(2))

# %% [markdown]
# ## Backward
#
# The course derives $dZ = A - Y$ by hand, in a video of its own. Here it is read off the graph:

# %%
backward_pass = tg.derive(J, wrt=[w, b])
assert "dZ = m ∂J/∂Z = A − Y" in str(backward_pass)
backward_pass

# %% [markdown]
# The course leaves the factor $\frac1m$ out of `dZ`, and puts it into `dw` and `db`; that is said
# in the last line. How the simple $A - Y$ comes about from the sigmoid and two logarithms, step by
# step:

# %%
print(*tg.derive(J, wrt=Z).steps(), sep="\n")

# %% [markdown]
# The student's code, against the engine's:

# %%
dZ = A.numpy() - Y
dw = X @ dZ.T / m
db = np.sum(dZ) / m

J.backward()
assert np.allclose(w.grad, dw)
assert np.allclose(b.grad, db)

# %% [markdown]
# And the same once more, written by the machine: a function in NumPy alone.

# %%
print(backward_pass.python())

# %% [markdown]
# ## Gradient descent
#
# **Gradient descent** goes downhill, by steps as long as the **learning rate** $\alpha$ says: $w :=
# w - \alpha\,dw$ and $b := b - \alpha\,db$. The elements of a tensor never change in place;
# `assign` gives a leaf new ones, and it stays the same leaf.

# %%
learning_rate = 0.5
costs = []
for _ in range(200):
    A = tg.sigmoid(w.T @ X + b)
    J = -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    w.grad = b.grad = None  # or they would add up
    J.backward()
    w.assign(w - learning_rate * w.grad)
    b.assign(b - learning_rate * b.grad)
    costs.append(J.item())
print(f"cost {costs[0]:.2f} -> {costs[-1]:.2f}")
assert costs[-1] < 0.4
assert all(np.diff(costs) < 1e-6), "on a convex cost, each step of a fair length goes down"

# %% [markdown]
# ## Predict
#
# The answer is 1 where the probability is above ½, which is where $w^T x + b > 0$: the border is a
# straight line.


# %%
def predict(X):
    """Return 0 or 1 for each column, in shape (1, m)."""
    return (w.T @ X + b).numpy() > 0


accuracy = diagnose.accuracy(predict(X), Y)
print(f"training accuracy {accuracy:.0%}")
assert accuracy > 0.8
diagnose.decision_boundary(predict, X, Y, axis=0)

# %% [markdown]
# ## The same with `tg.nn`
#
# A layer takes samples in *rows*, as most libraries do now: $X$ is turned round. `nn.Linear(2, 1)`
# is $z = x W^T + b$. The cost is taken from $Z$, not from $A$, which is the same but stays right
# where $1 - A$ is rounded to 0.

# %%
model = nn.Linear(2, 1, init=nn.init.zeros, dtype="float64")
optimizer = optim.SGD(model.parameters(), lr=0.5)
for _ in range(200):
    optimizer.zero_grad()
    J = nn.losses.binary_cross_entropy_with_logits(model(X.T), Y.T)
    J.backward()
    optimizer.step()
print(model.weight.round(decimals=2), "is", w.T.round(decimals=2), "from above")
assert np.allclose(model.weight, w.T)
assert np.allclose(model.bias, b)

# %% [markdown]
# `train.fit` writes the loop: with all samples in one batch, it does the same once more. It returns
# a history, which can be plotted.

# %%
model = nn.Linear(2, 1, init=nn.init.zeros, dtype="float64")
history = train.fit(
    model,
    nn.losses.binary_cross_entropy_with_logits,
    optim.SGD(model.parameters(), lr=0.5),
    (X.T, Y.T),
    epochs=200,
    batch_size=m,
    metrics={"accuracy": lambda z, y: diagnose.accuracy(z > 0, y)},
    progress=False,
)
assert np.allclose(model.weight, w.T)
history.plot()

# %% [markdown]
# **Next:** a line is a poor border for most data. With a layer between, the border may be curved:
# see [planar data](1_3_planar_data.py).
