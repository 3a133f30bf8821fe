"""See the graph: a mirror with its formulas, a deep network folded, and an explorer of both passes.

    python examples/08_see_the_graph.py [folder]

The mirror shows the forward pass on the left and the backward pass on the right, each gradient in
the row of its value. (Deep Learning Specialization, course 1, weeks 2 to 4.)
"""

import sys
from pathlib import Path

import numpy as np

import tensorgraph as tg
from tensorgraph import nn

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
rng = np.random.default_rng(0)
m = 8


def leaf(*shape):
    return tg.tensor(0.5 * rng.normal(size=shape), requires_grad=True)


def save(picture, name):
    folder.mkdir(parents=True, exist_ok=True)
    picture.save(folder / name)
    print(f"{picture} -> {folder / name}")


# ------------------------------------------------- a network of two layers, and what it derives to
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
print(f"{formulas}\n")
J.backward()
save(tg.render(formulas, engine="own"), "mirror.svg")


# -------------------------------------------------------------------- a deep network, folded × 12
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
save(tg.render(model, x, engine="own"), "deep.svg")

# --------------------------------------------- the explorer, with the norms of some training steps
watch = nn.Watch(model)
descent = tg.optim.Adam(model.named_parameters(), lr=0.01)
for _ in range(20):
    with watch, tg.profile():
        model.zero_grad()
        loss = nn.losses.cross_entropy(model(x), labels)
        loss.backward()
    descent.step()
picture = tg.render(loss, color_by="time")
picture.save(folder / "explorer.html", run=watch)
print(f"{picture} -> {folder / 'explorer.html'}: open it in a browser")
