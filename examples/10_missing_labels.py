"""One network answers four yes-or-no questions, though most answers are missing in training.

The questions are about handwritten digits: is it even, at least 5, a prime, does it have a loop?
Half of all labels are unknown, as if everybody had answered some of the questions only. The cost
sums over the labels that are there (Deep Learning Specialization, course 3, week 2, "Multi-task
learning").
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

import tensorgraph as tg
from tensorgraph import data, diagnose, nn, optim, train

MISSING = 0.5
ANSWERS = {
    "even": {0, 2, 4, 6, 8},
    "5 or more": {5, 6, 7, 8, 9},
    "prime": {2, 3, 5, 7},
    "loop": {0, 6, 8, 9},
}

pixels, digits = load_digits(return_X_y=True)
tags = data.Tags(ANSWERS)
known = tags.encode([[q for q, yes in ANSWERS.items() if digit in yes] for digit in digits])
sets = data.split(pixels, known, train=0.7, dev=0.15, test=0.15, stratify=digits)
normalize = data.Normalize(axis=(0, 1)).fit(sets.train[0])
(x_train, y_train), dev, (x_test, y_test) = ((normalize(x), y) for x, y in sets)

hidden = np.random.default_rng(0).random(y_train.shape) < MISSING
partly = np.where(hidden, np.nan, y_train).astype(np.float32)
print(f"{len(partly)} examples to train on; labels that are known:")
for question, column in zip(ANSWERS, partly.T, strict=True):
    print(f"  {question:10} {np.isfinite(column).sum():5}")
print(f"the first example: {tags.decode(partly)[0]}\n")


def train_on(x, y):
    """Return the test accuracy of each label, after training on these."""
    tg.random.seed(0)
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, len(ANSWERS)))
    optimizer = optim.Adam(model.named_parameters(), lr=0.003)
    train.fit(model, nn.losses.multi_label, optimizer, (x, y), dev, epochs=30, progress=False)
    logits = train.predict(model, x_test)
    return [
        diagnose.accuracy(column > 0, truth == 1)
        for column, truth in zip(logits.T, y_test.T, strict=True)
    ]


complete = np.isfinite(partly).all(axis=1)
print(f"{'test accuracy':22}" + "".join(f"{question:>11}" for question in ANSWERS))
for name, rows in {"complete examples": complete, "all, NaN where unknown": slice(None)}.items():
    accuracies = train_on(x_train[rows], partly[rows])
    print(f"{name:22}" + "".join(f"{accuracy:11.1%}" for accuracy in accuracies))
print(f"\nOnly {complete.sum()} of {len(partly)} examples have all four labels.")
