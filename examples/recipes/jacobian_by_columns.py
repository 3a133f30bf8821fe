# %% [markdown]
# # A Jacobian, by rows, by columns, or not at all
#
# Reverse mode gives a row of the Jacobian for each *output*, forward mode a column for each
# *input*. So choose by which there are fewer of.

# %%
import numpy as np

import tensorgraph as tg

A = np.random.default_rng(0).normal(size=(50, 3))


def f(x):
    """From 3 numbers to 50."""
    return tg.sin(A @ x)


x = tg.tensor([0.1, 0.2, 0.3], dtype="float64")

# %% [markdown]
# ## By rows, or by columns
#
# `tg.jacobian` computes the fewer ones, all in one pass. `mode` says which: fifty gradients here,
# or three directional derivatives.

# %%
jacobian = tg.jacobian(f)(x)
by_rows = tg.jacobian(f, mode="reverse")(x)
by_columns = tg.jacobian(f, mode="forward")(x)
print(jacobian.shape)
assert np.allclose(by_rows, jacobian) and np.allclose(by_columns, jacobian)

# %% [markdown]
# A column is a `jvp` along an axis of the input; `tg.vmap` takes all axes at once.

# %%
columns = tg.vmap(lambda axis: tg.jvp(f, (x,), (axis,))[1], out_axes=1)(np.eye(3))
assert np.allclose(columns, jacobian)

# %% [markdown]
# ## Not at all
#
# Often only a product with the Jacobian is wanted: $Jv$ is one `jvp`, $u^T J$ one `vjp`, and the
# Hessian times a vector one `hvp`.

# %%
u, v = np.ones(50), np.ones(3)
y, Jv = tg.jvp(f, (x,), (v,))
y, pull = tg.vjp(f, x)
(uJ,) = pull(u)
assert np.allclose(u @ Jv, uJ @ v)
print("u·(Jv) = (uJ)·v =", round(float(uJ @ v), 6))

# %% [markdown]
# For an elementwise function the Jacobian is a diagonal, and the sum's gradient is all of it:

# %%
print(tg.grad(lambda x: tg.tanh(x).sum())(x).round(4))
