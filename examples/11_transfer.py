"""What a network learned of the digits 0–4 helps it to read 5–9 from 50 images.

The digits do not stand in the middle of their images. From many images of 0–4, moved anew in each
epoch, a network learns to cope with that; then the last layer is replaced and the others are
frozen, as 50 images are enough for the new one only (Deep Learning Specialization, course 3,
week 2, "Transfer learning"). Another network learns from the same 50 images from scratch.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

import tensorgraph as tg
from tensorgraph import data, diagnose, nn, optim, train

EXAMPLES = 50
RUNS = 3  # draws of the 50 images
PIXELS = 2  # by how much a digit is moved, at most


def network():
    trunk = nn.Linear(144, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU()
    return nn.Sequential(nn.Flatten(), *trunk, nn.Linear(128, 5))


def trained(model, examples, epochs, augment=None):
    """Train what is not frozen; return the model."""
    batches = data.Batches(*examples, batch_size=32, augment=augment)
    optimizer = optim.Adam(model.named_parameters(), lr=0.002)
    train.fit(model, nn.losses.cross_entropy, optimizer, batches, epochs=epochs, progress=False)
    return model


def accuracy(model, x, y):
    return diagnose.accuracy(train.predict(model, x).argmax(axis=1), y)


pixels, digits = load_digits(return_X_y=True)
small = digits < 5
images = np.zeros((len(pixels), 1, 12, 12), np.float32)
images[:, 0, 2:10, 2:10] = pixels.reshape(-1, 8, 8) / 16
move = data.augment.shift(PIXELS)
rng = np.random.default_rng(0)
moved = np.stack([move(image, rng) for image in images])

tg.random.seed(0)
pretrained = trained(network(), (images[small], digits[small]), epochs=40, augment=move)
print(f"0–4: {accuracy(pretrained, moved[small], digits[small]):.1%} right after pre-training")
print(f"advice: {nn.transfer_advice(examples=EXAMPLES, pretrained_on=int(small.sum()))}\n")

target = digits[~small] - 5
found = {"from scratch": [], "transferred": []}
for seed in range(RUNS):
    few = data.split(moved[~small], target, train=EXAMPLES, dev=0, stratify=target, seed=seed)
    model = network()
    model.load_state_dict(pretrained.state_dict())
    nn.replace_head(model, nn.Linear(128, 5))
    nn.freeze(model, "layers.[1-4]")
    found["transferred"].append(accuracy(trained(model, few.train, epochs=60), *few.test))
    found["from scratch"].append(accuracy(trained(network(), few.train, epochs=60), *few.test))

print(f"5–9 from {EXAMPLES} images, test accuracy of {RUNS} draws:")
for name, accuracies in found.items():
    each = "  ".join(f"{a:.1%}" for a in accuracies)
    print(f"  {name:13} {np.mean(accuracies):.1%}   ({each})")
