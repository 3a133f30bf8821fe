# %% [markdown]
# # Updating parameters by hand
#
# An optimizer is a loop over parameters. Write it yourself to see what it does, or to try a rule
# that nobody has named yet.

# %%
import numpy as np

import tensorgraph as tg

rng = np.random.default_rng(0)
X = rng.normal(size=(100, 3))
y = X @ [1.0, -2.0, 0.5] + 3.0

w = tg.tensor(np.zeros(3), requires_grad=True)
b = tg.tensor(np.zeros(()), requires_grad=True)


def cost(w, b):
    return ((X @ w + b - y) ** 2).mean()


# %% [markdown]
# ## With `backward` and `assign`
#
# `assign` gives a leaf a new array: the tensor stays the same, and so do the models that hold it.
# (`w = w - lr * w.grad` would make a *new* tensor, the result of an operation, which has no
# `grad`.)

# %%
for _ in range(200):
    cost(w, b).backward()
    for p in (w, b):
        p.assign(p - 0.1 * p.grad)
        p.grad = None
print(w.round(3), b.round(3))
assert np.allclose(w, [1.0, -2.0, 0.5], atol=1e-3)

# %% [markdown]
# ## With functions
#
# `tg.value_and_grad` takes and returns containers, and nothing has to be reset.

# %%
parameters = {"w": tg.tensor(np.zeros(3)), "b": tg.tensor(np.zeros(()))}
step = tg.value_and_grad(lambda p: cost(p["w"], p["b"]))
for _ in range(200):
    value, slopes = step(parameters)
    parameters = {name: p - 0.1 * slopes[name] for name, p in parameters.items()}
print(parameters["w"].round(3), f"cost {value:.1e}")
assert np.allclose(parameters["w"], w, atol=1e-3)

# %% [markdown]
# ## As an optimizer
#
# A rule is one pure function in operations. So it can be printed as a formula, saved and resumed,
# and differentiated through.


# %%
class SignDescent(tg.optim.Optimizer):
    """Take a step against the sign: θ ← θ − lr · sign(g)."""

    def update(self, param, grad, state, t, lr):
        return param - lr * tg.sign(grad), state


w.assign(np.zeros(3))
optimizer = SignDescent([w], lr=tg.optim.schedules.exponential(0.1, 0.97))
for _ in range(200):
    optimizer.zero_grad()
    cost(w, b).backward()
    optimizer.step()
print(w.round(2))
assert np.allclose(w, [1.0, -2.0, 0.5], atol=0.05)
tg.update_rule(optimizer)
