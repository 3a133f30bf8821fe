# %% [markdown]
# # See the graph
#
# A mirror with its formulas, a deep network folded, and an explorer of both passes. The **mirror**
# shows the forward pass on the left and the backward pass on the right, each gradient in the row of
# its value; dashed lines are what is kept for it.

# %%
from pathlib import Path

import numpy as np

import tensorgraph as tg
from tensorgraph import nn

folder = Path("pictures")
folder.mkdir(exist_ok=True)
rng = np.random.default_rng(0)
m = 8


def leaf(*shape):
    return tg.tensor(0.5 * rng.normal(size=shape), requires_grad=True)


# %% [markdown]
# ## A network of two layers, and what it derives to

# %%
X = rng.normal(size=(m, 4))
labels = rng.integers(0, 3, m)
Y = tg.assume(np.eye(3)[labels], one_hot=1)
W1, b1, W2, b2 = leaf(4, 5), leaf(5), leaf(5, 3), leaf(3)
Z1 = X @ W1 + b1
A1 = tg.tanh(Z1)
Z2 = A1 @ W2 + b2
A2 = tg.softmax(Z2, axis=1)
J = -(Y * tg.log(A2)).sum() / m
formulas = tg.derive(J, wrt=[Z2, W2, b2, Z1, W1, b1])
assert str(formulas).startswith("dZ2 = (A2 − Y) / m    assuming Σ₁ Y = 1 (checked on the data)\n")
J.backward()
mirror = tg.render(formulas)
mirror.save(folder / "mirror.svg")
mirror

# %% [markdown]
# ## A deep network, folded
#
# Modules fold, and equal ones in a row are drawn once.


# %%
class Block(nn.Module):
    """Two layers with a connection around them."""

    def __init__(self, width):
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)

    def forward(self, x):
        return x + self.narrow(tg.gelu(self.widen(self.norm(x))))


model = nn.Sequential(nn.Linear(4, 16), *[Block(16) for _ in range(12)], nn.Linear(16, 3))
x = X.astype(np.float32)
deep = tg.render(model, x)
deep.save(folder / "deep.svg")
print(deep)
deep

# %% [markdown]
# ## The explorer
#
# A page that shows one operation after the other, with the norms of some training steps. Open
# `pictures/explorer.html` in a browser.

# %%
watch = nn.Watch(model)
descent = tg.optim.Adam(model.named_parameters(), lr=0.01)
for _ in range(10):
    with watch, tg.profile():
        model.zero_grad()
        loss = nn.losses.cross_entropy(model(x), labels)
        loss.backward()
    descent.step()
picture = tg.render(loss, color_by="time")
picture.save(folder / "explorer.html", run=watch)
print(picture)
