# %% [markdown]
# # An operation of your own
#
# Its computation, its gradient rule, and the proof that they agree. Softsign, $x / (1 + |x|)$,
# squeezes the line into $(-1, 1)$ more gently than tanh. With $y = \mathrm{softsign}(x)$ its
# derivative is $1 / (1 + |x|)^2 = (1 - |y|)^2$, so the rule asks for the result only (`out`), and
# that is all that the graph keeps.

# %%
import numpy as np

import tensorgraph as tg
from tensorgraph.testing import check_op, gradcheck

softsign = tg.op(
    "softsign",
    kernel=lambda x: x / (1 + np.abs(x)),
    vjp={"x": lambda g, out: g * (1 - tg.abs(out)) ** 2},
    domain={"x": tg.Real(-5, 5, avoid=(0,))},
    ref=lambda x: x / (1 + abs(x)),
    doc="Return x / (1 + |x|).",
)

x = tg.tensor([-3.0, 0.0, 1.0], requires_grad=True)
y = softsign(x)
y.sum().backward()
print("x    ", x)
print("y    ", y)
print("dy/dx", x.grad)
assert np.allclose(x.grad, [1 / 16, 1, 1 / 4])

# %% [markdown]
# ## The proof
#
# The rule is code over operations, so it has a gradient itself. `gradcheck` compares both with
# numeric ones; `check_op` does that and all else that an operation promises: value, dtypes, sizes,
# broadcasting, what is saved.

# %%
inputs = np.random.default_rng(0).uniform(0.1, 3.0, size=(2, 3)) * [-1, 1, -1]
found = gradcheck(softsign, inputs, order=2)
print(f"gradcheck passed, order {found.order}, by {found.method}")
check_op(softsign)

# %% [markdown]
# A rule with a mistake does not pass: here the square was forgotten.

# %%
wrong = tg.op(
    "wrong_softsign",
    kernel=lambda x: x / (1 + np.abs(x)),
    vjp={"x": lambda g, out: g * (1 - tg.abs(out))},
)
try:
    gradcheck(wrong, inputs)
except tg.errors.GradcheckError as error:
    message = str(error)
print(message.splitlines()[0])
assert message.startswith("gradcheck: the gradient is wrong")

# %% [markdown]
# It works wherever an operation works: in formulas, or as a layer.

# %%
net = tg.nn.Sequential(tg.nn.Linear(4, 8), softsign, tg.nn.Linear(8, 1))
assert net(tg.ones((5, 4))).shape == (5, 1)
tg.derive(softsign(x).sum(), wrt=x)
