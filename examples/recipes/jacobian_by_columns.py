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
# ## By rows: `tg.jacobian`
#
# Fifty backward passes here. Right where there are few outputs.

# %%
by_rows = tg.jacobian(f)(x)
print(by_rows.shape)

# %% [markdown]
# ## By columns: `tg.jvp`
#
# Three passes: along each axis of the input.

# %%
by_columns = np.stack([tg.jvp(f, (x,), (axis,))[1] for axis in tg.eye(3, dtype="float64")], axis=1)
assert np.allclose(by_columns, by_rows)

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
