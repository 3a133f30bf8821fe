# %% [markdown]
# # Error analysis, mismatched data, transfer and many tasks
#
# *Deep Learning Specialization, course 3, week 2.*

# %%
import numpy as np
from sklearn.datasets import load_digits

import tensorgraph as tg
from tensorgraph import data, diagnose, nn, optim, train

pixels, digits = load_digits(return_X_y=True)


def network(inputs, outputs):
    return nn.Sequential(nn.Linear(inputs, 64), nn.ReLU(), nn.Linear(64, outputs))


def fitted(model, loss, x, y, epochs, augment=None, lr=0.005):
    """Train what is not frozen; return the model."""
    batches = data.Batches(x.astype(np.float32), y, batch_size=64, augment=augment)
    optimizer = optim.Adam(model.named_parameters(), lr=lr)
    train.fit(model, loss, optimizer, batches, epochs=epochs, progress=False)
    return model


def predicted(model, x):
    return train.predict(model, x.astype(np.float32)).argmax(axis=1)


# %% [markdown]
# ## Data mismatch
#
# Clean images are plentiful, but users take noisy ones. **Dev and test set hold what users send**,
# as that is where the network has to do well; the rest of theirs joins the training set. Now the
# error grows from training to dev set for two reasons: other samples, and other images. A
# **train-dev set**, held out of the training set, tells **variance** from **data mismatch**.

# %%
rng = np.random.default_rng(0)
users = rng.permutation(len(digits)) < 600  # who takes which image
images = data.Normalize(axis=(0, 1)).fit(pixels[~users])(pixels)
images[users] += rng.standard_normal(images[users].shape)
sets = data.split_by_target(
    (images[~users], digits[~users]),
    (images[users], digits[users]),
    dev=0.45, test=0.45, train_dev=200,
)  # fmt: skip
print(sets)


def ladder_of(model):
    names = ("train", "train_dev", "dev", "test")
    rates = {
        name: 1 - diagnose.accuracy(predicted(model, x), y)
        for name, (x, y) in zip(names, sets, strict=True)
    }
    return diagnose.ladder(
        human=0.01, **rates, sizes={n: len(s[1]) for n, s in zip(names, sets, strict=True)}
    )


tg.random.seed(0)
model = fitted(network(64, 10), nn.losses.cross_entropy, *sets.train, epochs=15)
before = ladder_of(model)
assert "the largest step is data mismatch" in str(before)
before

# %% [markdown]
# Against data mismatch: make the training images look like what users send, by **artificial data
# synthesis**. Here that is noise, drawn anew in each epoch.

# %%
tg.random.seed(0)
noise = data.augment.noise(1.0)
model = fitted(network(64, 10), nn.losses.cross_entropy, *sets.train, epochs=30, augment=noise)
after = ladder_of(model)
after

# %% [markdown]
# ## Error analysis
#
# Before you spend months on one kind of error, look at a hundred wrong ones by hand, and count. The
# **ceiling** of a kind is what is gained at best if it is solved altogether. Here tags stand for
# what you would note.

# %%
x_dev, y_dev = sets.dev
guesses = predicted(model, x_dev)
(wrong,) = np.nonzero(guesses != y_dev)
tags = [[f"a {y_dev[i]}", f"read as {guesses[i]}"] for i in wrong]
table = diagnose.error_table(wrong, tags, error=len(wrong) / len(y_dev))
table

# %% [markdown]
# Some labels may be wrong themselves. Random ones hardly hurt training, but if they make up much of
# the dev error, correct them, in dev and test set alike. To see whether they are found, some are
# spoilt here on purpose:

# %%
spoilt = y_dev.copy()
places = np.random.default_rng(1).choice(len(y_dev), 10, replace=False)
spoilt[places] = (spoilt[places] + 1) % 10
probabilities = tg.softmax(train.predict(model, x_dev.astype(np.float32)), axis=1)
suspicious = diagnose.suspicious_labels(probabilities, spoilt)
found = len(set(places.tolist()) & set(suspicious.indices.tolist()))
print(f"{found} of {len(places)} wrong labels are among the suspicious ones")
assert found >= 6

# %% [markdown]
# ## Transfer learning
#
# A network that learned task A, for which there is much data, has learned features that task B can
# use, for which there is little: replace the last layer, **freeze** the others, and train
# (**fine-tuning**, if they are trained further as well). A: the digits 0–4; B: 5–9, of which we
# have 30.

# %%
small = digits < 5
inputs = images.copy()
inputs[users] = data.Normalize(axis=(0, 1)).fit(pixels[~users])(pixels[users])
tg.random.seed(0)
pretrained = fitted(
    network(64, 5), nn.losses.cross_entropy, inputs[small], digits[small], epochs=10
)

few = data.split(inputs[~small], digits[~small] - 5, train=30, dev=0, stratify=digits[~small])
print(nn.transfer_advice(examples=30, pretrained_on=int(small.sum())))
nn.replace_head(pretrained, nn.Linear(64, 5))
nn.freeze(pretrained, "layers.0")
frozen = pretrained.layers[0].weight.numpy().copy()
fitted(pretrained, nn.losses.cross_entropy, *few.train, epochs=60)
transferred = diagnose.accuracy(predicted(pretrained, few.test[0]), few.test[1])
print(f"5–9 from 30 images: {transferred:.0%}")
assert np.array_equal(pretrained.layers[0].weight, frozen)
assert transferred > 0.7

# %% [markdown]
# ## Multi-task learning
#
# One network, several yes-or-no questions about the same image; the first layers are shared. Unlike
# softmax, each answer may be yes: the loss is a sum over the questions of **logistic losses**. And
# where a label is missing, the sum leaves it out, so that partly labelled images can be used:
#
# $$J = \frac1m \sum_i \sum_{j\ labelled} L(\hat y_j^{(i)}, y_j^{(i)})$$

# %%
ANSWERS = {
    "even": {0, 2, 4, 6, 8},
    "5 or more": {5, 6, 7, 8, 9},
    "prime": {2, 3, 5, 7},
    "loop": {0, 6, 8, 9},
}
labels = data.Tags(ANSWERS).encode([[q for q, yes in ANSWERS.items() if d in yes] for d in digits])
split = data.split(inputs, labels, train=0.7, dev=0.3, test=0, stratify=digits)
(x_train, y_train), (x_dev, y_dev) = split.train, split.dev

hidden = np.random.default_rng(0).random(y_train.shape) < 0.5
partly = np.where(hidden, np.nan, y_train).astype(np.float32)
complete = np.isfinite(partly).all(axis=1)
print(f"only {complete.mean():.0%} of the images have all four labels")

accuracies = {}
for name, rows in {"complete images": complete, "all, NaN where unknown": slice(None)}.items():
    tg.random.seed(0)
    model = fitted(network(64, 4), nn.losses.multi_label, x_train[rows], partly[rows], epochs=20)
    said = train.predict(model, x_dev.astype(np.float32)) > 0
    accuracies[name] = (said == (y_dev == 1)).mean()
    print(f"{name}: {accuracies[name]:.0%} of the answers are right")
assert accuracies["all, NaN where unknown"] > accuracies["complete images"]
assert accuracies["all, NaN where unknown"] > 0.93

# %% [markdown]
# ## End-to-end learning
#
# A single network from the image to the answer needs much data, and no features made by hand; with
# little data, a chain of steps, each of which is easier to learn, does better.
