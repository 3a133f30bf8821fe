# %% [markdown]
# # A neural differential equation, by `tg.scan`
#
# A network says how fast a state changes, $\dot y = f_\theta(y)$, and is fitted to a path
# (Chen et al., 2018). The solver takes many small steps. `tg.scan` is that loop: of $n$ steps it
# keeps about $\sqrt n$, and computes the others once more on the way back.

# %%
import tracemalloc

import numpy as np
from scipy.optimize import minimize

import tensorgraph as tg

tg.random.seed(0)
steps, h = 200, 0.04
times = h * np.arange(1, steps + 1)
seen = np.stack([np.exp(-0.1 * times) * np.cos(times), np.exp(-0.1 * times) * np.sin(times)], 1)
start = tg.tensor([1.0, 0.0], dtype="float64")

params = {
    "A": tg.tensor(0.1 * np.ones((2, 2))),
    "W": tg.random.normal((2, 8), std=0.3, dtype="float64"),
    "V": tg.random.normal((8, 2), std=0.1, dtype="float64"),
}

# %% [markdown]
# ## The path
#
# One step of Heun's method takes the state, which is carried on, and returns what is kept of it.


# %%
def slope(p, y):
    """The network: how fast the state changes."""
    return y @ p["A"] + tg.tanh(y @ p["W"]) @ p["V"]


def path(p, block=None):
    """All states, one row for each step."""

    def step(y, _):
        first = slope(p, y)
        y = y + h / 2 * (first + slope(p, y + h * first))
        return y, y

    return tg.scan(step, start, length=steps, block=block)[1]


def cost(p):
    """How far the path is from what was seen."""
    return ((path(p) - seen) ** 2).mean()


# %% [markdown]
# ## It is fitted like any other function
#
# Here by the weights as one vector, with SciPy's quasi-Newton method.

# %%
vector, unravel = tg.tree.ravel(params)
found = minimize(
    tg.value_and_grad(lambda v: cost(unravel(v))),
    vector.numpy(),
    jac=True,
    method="L-BFGS-B",
    options={"maxiter": 20},
)
fitted = unravel(tg.tensor(found.x))
print(f"cost {cost(params).item():.3f} before, {cost(fitted).item():.5f} after")
assert cost(fitted).item() < 0.1 * cost(params).item()

# %% [markdown]
# ## What it saves
#
# With `block=steps` every step is kept, as a loop of Python's would. The gradient is the same.


# %%
def peak(block):
    """The memory that a gradient takes at most, in kB, and the gradient."""
    tracemalloc.start()
    gradient = tg.grad(lambda p: ((path(p, block) - seen) ** 2).mean())(params)
    memory = tracemalloc.get_traced_memory()[1] / 1000
    tracemalloc.stop()
    return memory, gradient


few, gradient = peak(None)
all_of_them, same = peak(steps)
for name, g in gradient.items():
    assert np.allclose(g, same[name])
print(f"{all_of_them / few:.0f} times less memory")
assert few < all_of_them / 3
