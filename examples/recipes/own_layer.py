# %% [markdown]
# # A layer of your own
#
# A layer is a `Module`: tensors that require a gradient and stand in its attributes are its
# parameters, others are buffers; `forward` is what it computes. There is nothing to register.

# %%
import numpy as np

import tensorgraph as tg
from tensorgraph import nn, optim
from tensorgraph.testing import gradcheck


class Bilinear(nn.Module):
    """y_k = xᵀ W_k z + b_k: how two inputs go together."""

    def __init__(self, left, right, outputs, dtype="float32"):
        self.weight = nn.init.xavier_normal((outputs, left, right), dtype=dtype)
        self.bias = tg.zeros(outputs, dtype=dtype, requires_grad=True)
        self.weight.requires_grad = True

    def forward(self, x, z):
        return tg.einsum("ni,kij,nj->nk", x, self.weight, z) + self.bias


tg.random.seed(0)
layer = Bilinear(3, 4, 2)
print([(path, p.shape) for path, p in layer.named_parameters()])

# %% [markdown]
# ## Check it
#
# In float64, against a numeric derivative, by inputs and parameters.

# %%
rng = np.random.default_rng(0)
exact = Bilinear(3, 4, 2, dtype="float64")
x, z = rng.normal(size=(5, 3)), rng.normal(size=(5, 4))
print(gradcheck(exact, x, z, order=2))
weight = exact.weight.detach()
gradcheck(lambda w: nn.functional_call(exact, {"weight": w}, x, z), weight)

# %% [markdown]
# ## Use it
#
# It goes into models, optimizers, `save` and `load`, pictures and formulas like any other.


# %%
class Match(nn.Module):
    """Do two things belong together?"""

    def __init__(self):
        self.read = nn.Linear(6, 3)
        self.compare = Bilinear(3, 3, 1)

    def forward(self, a, b):
        return self.compare(tg.tanh(self.read(a)), tg.tanh(self.read(b)))[:, 0]


a = rng.normal(size=(200, 6)).astype(np.float32)
b = rng.normal(size=(200, 6)).astype(np.float32)
together = (a[:, 0] * b[:, 0] > 0).astype(float)
model = Match()
optimizer = optim.Adam(model.named_parameters(), lr=0.02)
for _ in range(150):
    optimizer.zero_grad()
    cost = nn.losses.binary_cross_entropy_with_logits(model(a, b), together)
    cost.backward()
    optimizer.step()
print(model)
right = ((model(a, b) > 0) == together).mean()
print(f"{right:.0%} right")
assert right > 0.9
