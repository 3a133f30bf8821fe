"""The dev error is high: variance or data mismatch? A train-dev set tells them apart.

Clean images of digits are plentiful, but users take noisy ones. Dev and test hold noisy images
only, as that is where the network has to do well; of the clean ones some are held out of training.
The ladder of errors then shows where the error comes from (Deep Learning Specialization, course 3,
week 2, "Bias and variance with mismatched data distributions").
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

import tensorgraph as tg
from tensorgraph import data, diagnose, nn, optim, train

HUMAN = 0.01
NOISE = 1.0  # standard deviation, in those of the clean pixels


def error_rate(model, x, y):
    return 1 - diagnose.accuracy(train.predict(model, x).argmax(axis=1), y)


def examined(name, sets, augment=None):
    """Train on a training set and climb the ladder."""
    tg.random.seed(0)
    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = optim.Adam(model.named_parameters(), lr=0.003)
    batches = data.Batches(*sets.train, batch_size=64, augment=augment)
    train.fit(model, nn.losses.cross_entropy, optimizer, batches, epochs=40, progress=False)
    names = ("train", "train_dev", "dev", "test")
    parts = dict(zip(names, sets, strict=True))
    rates = {which: error_rate(model, *part) for which, part in parts.items()}
    sizes = {which: len(y) for which, (_, y) in parts.items()}
    print(f"\n{name}\n{diagnose.ladder(human=HUMAN, **rates, sizes=sizes)}")


pixels, digits = load_digits(return_X_y=True)
rng = np.random.default_rng(0)
users = rng.permutation(len(digits)) < 600  # who takes which image
images = data.Normalize(axis=(0, 1)).fit(pixels[~users])(pixels)
images[users] += NOISE * rng.standard_normal(images[users].shape)
clean, noisy = (images[~users], digits[~users]), (images[users], digits[users])

sets = data.split_by_target(clean, noisy, dev=0.45, test=0.45, train_dev=200)
print(f"{sets}\n")
dev = sets.dev[0]
for name, other in [("train-dev", sets.train_dev[0]), ("test", sets.test[0])]:
    print(f"dev and {name} {'look' if data.alike(dev, other) else 'do not look'} alike")

examined("As collected", sets)
# Against data mismatch: make the training set look like what users send.
examined("With noise added in training", sets, data.augment.noise(NOISE))
