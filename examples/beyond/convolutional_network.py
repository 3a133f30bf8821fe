# %% [markdown]
# # A convolutional network
#
# It reads handwritten digits, with fewer weights than a dense network would take. A **convolution**
# knows what a dense layer has to find out: that neighbouring pixels belong together, and that a
# stroke is a stroke wherever it is. *(Deep Learning Specialization, course 4, week 1.)*

# %%
import numpy as np
from sklearn.datasets import load_digits

import tensorgraph as tg
from tensorgraph import data, diagnose, nn, optim, train

# %% [markdown]
# Images have the shape (batch, channels, height, width).

# %%
images, labels = load_digits(return_X_y=True)
images = (images / 16).reshape(-1, 1, 8, 8).astype(np.float32)
sets = data.split(images, labels, train=0.8, dev=0, test=0.2, stratify=labels)
print(sets)

# %% [markdown]
# ## The network
#
# With padding `"same"` a convolution keeps height and width; **max pooling** halves them.

# %%
tg.random.seed(0)
model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding="same"), nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding="same"), nn.ReLU(),
    nn.Flatten(),
    nn.Linear(32 * 4 * 4, 10),
)  # fmt: skip
print(model)

# %% [markdown]
# What each layer makes of a batch:

# %%
with tg.no_grad():
    x = tg.asarray(images[:64])
    print(f"images     {x.shape}")
    for layer in model:
        x = layer(x)
        print(f"{type(layer).__name__:10} {x.shape}")
assert x.shape == (64, 10)

# %% [markdown]
# ## Train

# %%
history = train.fit(
    model,
    nn.losses.cross_entropy,
    optim.Adam(model.named_parameters(), lr=0.005),
    data.Batches(*sets.train, batch_size=32),
    epochs=2,
    progress=False,
)
accuracy = diagnose.accuracy(train.predict(model, sets.test[0]).argmax(axis=1), sets.test[1])
print(f"test accuracy {accuracy:.0%}")
assert accuracy > 0.9

# %% [markdown]
# The graph, with the gradients that one batch gives:

# %%
loss = nn.losses.cross_entropy(model(images[:32]), labels[:32])
loss.backward()
tg.render(loss)
