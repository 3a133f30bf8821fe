# %% [markdown]
# # An operation of your own
#
# An operation is one record: its kernel, its gradient rule, and what others are told of it. What a
# rule asks for by its parameter names (`x`: an input, `out`: the result, `g`: the gradient that
# arrives) is all that the graph keeps.

# %%
import math

import numpy as np

import tensorgraph as tg
from tensorgraph.testing import check_op

bump = tg.op(
    "bump",
    kernel=lambda x: np.exp(-x * x),
    vjp={"x": lambda g, x, out: g * -2 * x * out},
    domain={"x": tg.Real(-3, 3)},
    ref=lambda x: math.exp(-x * x),
    code="np.exp(-x * x)",
    letter="A",
    doc="Return exp(−x²).",
)
x = tg.tensor([-1.0, 0.0, 1.0], requires_grad=True)
bump(x).sum().backward()
print(x.grad.round(decimals=4))

# %% [markdown]
# ## Check it
#
# `check_op` holds it to all that the engine promises of its own operations: the value against
# `ref`, gradients of both orders, broadcasting, dtypes, what is saved.

# %%
check_op(bump)

# %% [markdown]
# A mistake does not pass. Here the 2 was forgotten:

# %%
wrong = tg.op(
    "wrong",
    lambda x: np.exp(-x * x),
    {"x": lambda g, x, out: g * -x * out},
    domain={"x": tg.Real(-3, 3)},
)
try:
    check_op(wrong)
except tg.errors.GradcheckError as error:
    print(error)
else:
    raise AssertionError("a wrong rule passed")

# %% [markdown]
# ## Use it
#
# It works wherever operations do: in graphs, formulas, pictures, layers.

# %%
Z = tg.tensor([0.5, -1.0], requires_grad=True, dtype="float64")
A = bump(Z)
tg.derive(A.sum(), wrt=Z)

# %% [markdown]
# ## With a static parameter
#
# What is no array stands after the arrays, by keyword.

# %%
scaled = tg.op(
    "scaled_tanh",
    kernel=lambda x, *, a=1.0: a * np.tanh(x),
    vjp={"x": lambda g, out, a: g * (a - out * out / a)},
    ref=lambda x, a=1.0: a * math.tanh(x),
)
check_op(scaled)
print(scaled([1.0, 2.0], a=1.7159).round(3))
