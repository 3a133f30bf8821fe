# %% [markdown]
# # A loss of your own
#
# A loss is a function of predictions and labels that returns one number. Any operations will do;
# let the ones that are stable do the delicate part.

# %%
import numpy as np

import tensorgraph as tg
from tensorgraph import nn, optim, train
from tensorgraph.testing import gradcheck


def focal(logits, labels, gamma=2.0):
    """−(1 − p)^γ log p of the right class: what is easy counts less (Lin et al. 2017)."""
    log_p = tg.take_along_axis(tg.log_softmax(logits, axis=1), labels[:, None], axis=1)
    return -((1 - tg.exp(log_p)) ** gamma * log_p).mean()


# %% [markdown]
# ## Check it
#
# Labels are integers, so they are passed on unchecked.

# %%
rng = np.random.default_rng(0)
labels = rng.integers(0, 3, 8)
print(gradcheck(focal, rng.normal(size=(8, 3)), labels, order=2))
plain = nn.losses.cross_entropy(rng.normal(size=(8, 3)), labels)
assert np.isclose(focal(np.zeros((8, 3)), labels, gamma=0.0), np.log(3))

# %% [markdown]
# ## Its gradient, as a formula

# %%
tg.derive(focal, rng.normal(size=(8, 3)), labels, 0.0, wrt="logits")

# %% [markdown]
# ## Train with it
#
# `train.fit` takes any function of the model's output and the labels.

# %%
tg.random.seed(0)
x = rng.normal(size=(300, 2)).astype(np.float32)
y = (np.hypot(*x.T) > 1.2).astype(int)
model = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 2))
history = train.fit(
    model,
    focal,
    optim.Adam(model.parameters(), lr=0.02),
    (x, y),
    epochs=40,
    batch_size=64,
    metrics={"accuracy": lambda logits, y: (logits.argmax(axis=1) == y).mean()},
    progress=False,
)
print(f"{history['train_accuracy'][-1]:.0%} right")
assert history["train_accuracy"][-1] > 0.9
