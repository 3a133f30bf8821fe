# %% [markdown]
# # What to aim at
#
# *Deep Learning Specialization, course 3, week 1.*
#
# There are a hundred ways to improve a network: more data, more layers, other features. Course 3 is
# about choosing. Each knob should turn one thing only (**orthogonalisation**): fit the training
# set, then the dev set, then the test set, then do well in the world.

# %%
import numpy as np
from sklearn.datasets import load_breast_cancer

import tensorgraph as tg
from tensorgraph import data, diagnose, nn, optim, train

# %% [markdown]
# ## Train, dev and test set
#
# The network learns from the **training set**, you choose by the **dev set**, and the **test set**
# tells in the end how good the choice was. Dev and test must come from the distribution in which
# the network has to do well. With some hundred samples 60/20/20 is usual, with a million 98/1/1.
#
# Here: 569 tumours, 30 measurements each; is it malignant? (Street, Wolberg & Mangasarian 1993.)

# %%
features, benign = load_breast_cancer(return_X_y=True)
malignant = (1 - benign).reshape(-1, 1)
sets = data.split(features, malignant, stratify=malignant[:, 0])
print(sets)

# %% [markdown]
# Inputs are normalised by mean and deviation of the *training* set, and all sets by the same. No
# sample may stand in two sets:

# %%
normalize = data.Normalize().fit(sets.train[0])
(x_train, y_train), (x_dev, y_dev), (x_test, y_test) = ((normalize(x), y) for x, y in sets)
leaks = data.leaks({"train": x_train, "dev": x_dev, "test": x_test})
assert not leaks

# %%
tg.random.seed(0)
model = nn.Linear(30, 1)


def loss(logits, y):
    cost = nn.losses.binary_cross_entropy_with_logits(logits, y)
    return cost + nn.l2_penalty(model, lambd=0.5, m=len(y_train))


history = train.fit(
    model,
    loss,
    optim.Adam(model.named_parameters(), lr=0.02),
    (x_train, y_train),
    (x_dev, y_dev),
    epochs=40,
    metrics={"f1": lambda logits, y: diagnose.f1(logits > 0, y)},
    progress=False,
)
assert history["dev_f1"][-1] > 0.9
history.plot()

# %% [markdown]
# ## A single number
#
# **Precision**: of what the network calls malignant, how much is? **Recall**: of what is malignant,
# how much does it find? With two numbers you cannot tell which of two networks is better, so take
# one: **F1**, the harmonic mean, $\frac{2}{1/P + 1/R}$, which is low as soon as one of them is.

# %%
p_dev = tg.sigmoid(train.predict(model, x_dev))
P = diagnose.precision(p_dev > 0.5, y_dev)
R = diagnose.recall(p_dev > 0.5, y_dev)
assert np.isclose(diagnose.f1(p_dev > 0.5, y_dev), 2 / (1 / P + 1 / R))
diagnose.confusion_matrix(p_dev > 0.5, y_dev)

# %% [markdown]
# ## Optimising and satisficing
#
# What matters more than one thing: choose one **optimising metric**, and let the others be
# **satisficing** ones, which need only be good enough. A missed tumour is worse than a false alarm:
# the best F1, of those thresholds that find at least 95 %.

# %%
candidates = {}
for threshold in np.linspace(0.1, 0.9, 9).round(1):
    said = p_dev > threshold
    candidates[float(threshold)] = {
        "f1": diagnose.f1(said, y_dev),
        "recall": diagnose.recall(said, y_dev),
    }
chosen = diagnose.select(candidates, optimize="f1", satisfy={"recall": (">=", 0.95)})
assert candidates[chosen.winner]["recall"] >= 0.95
chosen

# %% [markdown]
# The test set is looked at once, with what was chosen:

# %%
p_test = tg.sigmoid(train.predict(model, x_test))
f1 = diagnose.f1(p_test > chosen.winner, y_test)
print(f"F1 on the test set: {f1:.2f}")
assert f1 > 0.9
assert diagnose.roc_auc(p_test, y_test) > 0.97

# %% [markdown]
# Do the probabilities mean what they say? Of those around 0.9, nine in ten should be malignant:

# %%
diagnose.calibration(p_test, y_test, bins=5)

# %% [markdown]
# ## Bias and variance
#
# **Human-level performance** stands for the **Bayes error**, below which nobody gets. What the
# training error lies above it is **avoidable bias**; what the dev error lies above the training
# error is **variance**. The course's example: training error 8 %, dev error 10 %. If humans err in
# 1 %, work on the bias; if in 7.5 %, on the variance.

# %%
bias = diagnose.ladder(human=0.01, train=0.08, dev=0.10)
print(bias)
assert "avoidable bias" in str(bias).splitlines()[3]

# %%
variance = diagnose.ladder(human=0.075, train=0.08, dev=0.10)
print(variance)
assert "the largest step is variance" in str(variance)

# %% [markdown]
# **Next:** [where the errors come from](3_2_error_analysis.py), when training data are others than
# those the network meets.
