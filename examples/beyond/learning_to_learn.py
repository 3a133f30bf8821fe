# %% [markdown]
# # A learning rate that is learned
#
# Gradient descent on the outcome of gradient descent. With `differentiable=True` every step of an
# optimizer is part of the graph, so the cost after $k$ steps has a derivative by the learning rate
# of those steps: the **hypergradient** (Bengio 2000; Maclaurin, Duvenaud & Adams 2015). It says
# whether training would have gone further with longer or with shorter steps, and the learning rate
# can follow it downhill.

# %%
import math

import numpy as np

import tensorgraph as tg
from tensorgraph.testing import gradcheck

rng = np.random.default_rng(0)
X = rng.normal(size=(100, 4)) * [2.0, 1.0, 0.5, 0.3]  # columns of different size: no rate suits all
y = X @ [2.0, -1.0, 0.5, 3.0] + 0.1 * rng.normal(size=100)
STEPS = 10


def cost(w):
    """Return half the mean squared error of a linear model."""
    return ((X @ w - y) ** 2).mean() / 2


def after_training(log_lr):
    """Return the cost after k steps of gradient descent from w = 0, with this learning rate."""
    w = tg.zeros(4, dtype="float64", requires_grad=True)
    optimizer = tg.optim.SGD([("w", w)], lr=tg.exp(log_lr), differentiable=True)
    for _ in range(STEPS):
        optimizer.zero_grad()
        cost(w).backward(create_graph=True)
        optimizer.step()
    return cost(w)


# %% [markdown]
# The logarithm of the rate is what is learned: it keeps the rate positive, and steps in it are
# factors. Is the hypergradient right? The same derivative from the values alone says so:

# %%
log_lr = tg.tensor(math.log(0.01), dtype="float64", requires_grad=True)
found = gradcheck(after_training, log_lr)
print("the hypergradient was compared by", found.method)

# %% [markdown]
# ## Learn it

# %%
hyper = tg.optim.Adam([("log_lr", log_lr)], lr=0.2)
for update in range(61):
    # Not outcome.backward(): log_lr.grad would also get what the k backward passes inside leave.
    outcome, log_lr.grad = tg.value_and_grad(after_training)(log_lr)
    if update % 10 == 0:
        print(f"update {update:2}: rate {math.exp(log_lr.item()):.2f}, cost {outcome:.2f}")
    hyper.step()

# %% [markdown]
# Nothing much better is to be found by trying rates one by one.

# %%
tried = {
    rate: after_training(tg.tensor(math.log(rate), dtype="float64")).item()
    for rate in np.geomspace(0.01, 0.6, 60)
}
best = min(tried, key=tried.get)
print(f"best of {len(tried)} rates tried: {best:.2f} with cost {tried[best]:.2f}")
assert outcome.item() < 1.2 * tried[best]
