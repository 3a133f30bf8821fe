# %% [markdown]
# # Two models at once
#
# An adversary, a teacher, a target network: which parameters move is said by the optimizer that has
# them, and where gradients stop by `detach`, `no_grad` or `freeze`.

# %%
import numpy as np

import tensorgraph as tg
from tensorgraph import nn, optim

tg.random.seed(0)
rng = np.random.default_rng(0)
x = rng.normal(size=(64, 2)).astype(np.float32)

# %% [markdown]
# ## A teacher
#
# What it says is a constant: under `no_grad` nothing of it is recorded.

# %%
teacher = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 1))
student = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
with tg.no_grad():
    wanted = teacher(x)

optimizer = optim.Adam(student.parameters(), lr=0.02)
for _ in range(200):
    optimizer.zero_grad()
    cost = nn.losses.mse(student(x), wanted)
    cost.backward()
    optimizer.step()
print(f"the student differs by {cost:.4f}")
assert cost < 0.05

# %% [markdown]
# ## A generator and a discriminator
#
# Each has an optimizer. The discriminator learns from a *detached* fake; the generator learns
# through the discriminator, whose gradients then are reset before its own step.

# %%
generator = nn.Sequential(nn.Linear(1, 16), nn.ReLU(), nn.Linear(16, 1))
discriminator = nn.Sequential(nn.Linear(1, 16), nn.ReLU(), nn.Linear(16, 1))
of_generator = optim.Adam(generator.parameters(), lr=0.01)
of_discriminator = optim.Adam(discriminator.parameters(), lr=0.01)
bce = nn.losses.binary_cross_entropy_with_logits
ones, zeros = np.ones((64, 1)), np.zeros((64, 1))

for _ in range(300):
    real = rng.normal(3.0, 0.5, size=(64, 1)).astype(np.float32)
    fake = generator(rng.normal(size=(64, 1)).astype(np.float32))

    of_discriminator.zero_grad()
    (bce(discriminator(real), ones) + bce(discriminator(fake.detach()), zeros)).backward()
    of_discriminator.step()

    of_generator.zero_grad()
    bce(discriminator(fake), ones).backward()
    of_generator.step()
print(f"what it makes has the mean {fake.mean():.1f}; the real numbers have 3.0")
assert 1.5 < fake.mean() < 4.5

# %% [markdown]
# ## A slow copy
#
# A target network follows its model as an exponentially weighted average, by `assign`.

# %%
slow = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
slow.load_state_dict(student.state_dict())


def follow(slow, model, keep=0.99):
    """Move each parameter a little towards the model's."""
    for average, now in zip(slow.parameters(), model.parameters(), strict=True):
        average.assign(keep * average.data + (1 - keep) * now.data)


follow(slow, student)
assert np.allclose(slow(x), student(x), atol=1e-5)
