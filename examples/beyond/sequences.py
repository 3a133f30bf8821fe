# %% [markdown]
# # Sequences: what happened long ago
#
# The **adding problem**: a sequence of $T$ random numbers, two of which are marked, one in each
# half; what is asked for is the sum of these two (Hochreiter & Schmidhuber 1997, "Long short-term
# memory", section 5.4). A simple recurrent network forgets the first while it reads on; gates keep
# it, and attention looks it up.

# %%
import numpy as np

import tensorgraph as tg
from tensorgraph import nn, optim

HIDDEN, BATCH, T = 32, 64, 10


def examples(rng, m):
    """Return m sequences of (number, mark), and the sums of the marked numbers."""
    x = np.zeros((m, T, 2), np.float32)
    x[..., 0] = rng.random((m, T))
    for low, high in [(0, T // 2), (T // 2, T)]:
        x[np.arange(m), rng.integers(low, high, m), 1] = 1
    return x, (x[..., 0] * x[..., 1]).sum(axis=1)


# %% [markdown]
# ## Two kinds of networks


# %%
class Recurrent(nn.Module):
    """Reads the sequence step by step; the last state tells the answer."""

    def __init__(self, kind):
        self.memory = kind(2, HIDDEN)
        self.answer = nn.Linear(HIDDEN, 1)

    def forward(self, x):
        outputs, _ = self.memory(x)
        return self.answer(outputs[:, -1])[:, 0]


class Attentive(nn.Module):
    """Looks at all steps at once, with a single question that is learned too."""

    def __init__(self):
        self.read = nn.Linear(2, HIDDEN)
        self.question = tg.zeros((1, 1, HIDDEN), requires_grad=True)
        self.attention = nn.MultiHeadAttention(HIDDEN, heads=4)
        self.answer = nn.Linear(HIDDEN, 1)

    def forward(self, x):
        question = tg.broadcast_to(self.question, (len(x), 1, HIDDEN))
        return self.answer(self.attention(question, self.read(x))[:, 0])[:, 0]


# %% [markdown]
# ## Train
#
# Fresh sequences in every step, so there is nothing to overfit.

# %%
test_x, test_y = examples(np.random.default_rng(1), 1000)
always = ((test_y - 1) ** 2).mean()
print(f"always to say 1 has the mean squared error {always:.2f}")

errors = {}
for name, kind in {"RNN": nn.RNN, "GRU": nn.GRU, "attention": None}.items():
    tg.random.seed(0)
    rng = np.random.default_rng(0)
    model = Recurrent(kind) if kind else Attentive()
    optimizer = optim.Adam(model.named_parameters(), lr=0.01)
    for _ in range(250):
        x, y = examples(rng, BATCH)
        cost = nn.losses.mse(model(x), y)
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
    with tg.no_grad():
        errors[name] = abs(model(test_x).numpy() - test_y)
    count = sum(p.size for p in model.parameters())
    print(f"{name:9} {count:6,} parameters, within 0.1: {(errors[name] < 0.1).mean():.0%}")

assert (errors["RNN"] ** 2).mean() < always / 2
assert (errors["GRU"] < 0.1).mean() > 0.8
assert (errors["attention"] < 0.1).mean() > 0.8
