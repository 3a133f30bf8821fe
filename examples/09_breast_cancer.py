"""Logistic regression on real data: split, normalise, fit, and one number to decide by.

569 tumours, 30 measurements each; is it malignant? The data (Street, Wolberg & Mangasarian 1993)
come with scikit-learn. To miss a malignant tumour is worse than a false alarm: the threshold is
chosen on the dev set, for the best F1 among those that find at least 97 % of them.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_breast_cancer

import tensorgraph as tg
from tensorgraph import data, diagnose, nn, optim, train

LAMBDA = 0.5  # of the L2 penalty: the measurements are many and alike

features, benign = load_breast_cancer(return_X_y=True)
malignant = (1 - benign).reshape(-1, 1)
sets = data.split(features, malignant, stratify=malignant[:, 0])  # 60/20/20: these are few
normalize = data.Normalize().fit(sets.train[0])
(x_train, y_train), (x_dev, y_dev), (x_test, y_test) = ((normalize(x), y) for x, y in sets)
print(sets)

tg.random.seed(0)
model = nn.Linear(30, 1)


def loss(logits, y):
    cost = nn.losses.binary_cross_entropy_with_logits(logits, y)
    return cost + nn.l2_penalty(model, LAMBDA, m=len(y_train))


history = train.fit(
    model,
    loss,
    optim.Adam(model.named_parameters(), lr=0.02),
    (x_train, y_train),
    (x_dev, y_dev),
    epochs=60,
    metrics={"f1": lambda logits, y: diagnose.f1(logits[:, 0] > 0, y[:, 0])},
    progress=False,
)
print(f"dev loss {history['dev_loss'][-1]:.4f}, F1 {history['dev_f1'][-1]:.4f}\n")


def probabilities(x):
    return tg.sigmoid(train.predict(model, x)[:, 0])


p_dev, p_test = probabilities(x_dev), probabilities(x_test)
candidates = {}
for threshold in np.linspace(0.1, 0.9, 9).round(1):
    guesses = p_dev > threshold
    candidates[threshold] = {
        "f1": diagnose.f1(guesses, y_dev[:, 0]),
        "recall": diagnose.recall(guesses, y_dev[:, 0]),
    }
chosen = diagnose.select(candidates, optimize="f1", satisfy={"recall": (">=", 0.97)})
print(f"Thresholds on dev:\n{chosen}\n")

labels = y_test[:, 0]
guesses = p_test > chosen.winner
print(f"On test:\n{diagnose.confusion_matrix(guesses, labels)}")
print(f"F1 {diagnose.f1(guesses, labels):.3f}", end=", ")
print(f"recall {diagnose.recall(guesses, labels):.3f}", end=", ")
print(f"area under the ROC curve {diagnose.roc_auc(p_test, labels):.4f}\n")
print(diagnose.calibration(p_test, labels, bins=5))
