# %% [markdown]
# # Pictures and formulas for a paper
#
# What a notebook shows can stand in a paper: pictures as vector graphics, formulas as LaTeX.

# %%
import tempfile
from pathlib import Path

import numpy as np

import tensorgraph as tg
from tensorgraph import nn

folder = Path(tempfile.mkdtemp())
rng = np.random.default_rng(0)
X, labels = rng.normal(size=(8, 4)), np.arange(8) % 3
Y = tg.assume(np.eye(3)[labels], one_hot=1)
W = tg.tensor(rng.normal(size=(4, 3)), requires_grad=True)
b = tg.tensor(np.zeros(3), requires_grad=True)
Z = X @ W + b
A = tg.softmax(Z, axis=1)
J = -(Y * tg.log(A)).sum() / len(X)

# %% [markdown]
# ## Formulas
#
# An `align*` environment (it needs `amsmath`), broken into lines where it is long.

# %%
d = tg.derive(J, wrt=[Z, W, b])
print(d.latex())
d

# %% [markdown]
# ## A graph
#
# `.pdf` goes into LaTeX by `\includegraphics`, `.tex` (TikZ, in the paper's own fonts) by `\input`.
# What ends the name chooses the format. With `backward=False` only the forward pass is drawn;
# `direction="right"` makes it as wide as a column, `theme="print"` draws it in greys that a printer
# keeps, and `show` says what stands in a box.

# %%
picture = tg.render(
    J, backward=False, direction="right", theme="print", show=["op", "name", "shape"], legend=False
)
picture.save(folder / "forward.pdf", width="175mm")
picture.save(folder / "forward.tex", width="175mm")
picture

# %% [markdown]
# ## An architecture
#
# A module is drawn with an example of its input. Equal blocks in a row are drawn once, × n; `depth`
# says how far modules are opened.


# %%
class Block(nn.Module):
    """Two layers with a connection around them."""

    def __init__(self, width):
        self.norm = nn.LayerNorm(width)
        self.inner = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x):
        return x + self.inner(self.norm(x))


model = nn.Sequential(nn.Linear(4, 16), *[Block(16) for _ in range(6)], nn.Linear(16, 3))
architecture = tg.render(model, X.astype(np.float32), backward=False, depth=1)
architecture.save(folder / "architecture.svg")
print(sorted(path.name for path in folder.iterdir()))
architecture
