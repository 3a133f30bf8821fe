"""A convolutional net reads handwritten digits, with fewer weights than the dense one.

    python examples/04_convnet.py [--quick] [--seed 0]

The data, their split and the noise are those of digits.py. A convolution knows what a dense layer
has to find out: that neighbouring pixels belong together, and that a stroke is a stroke wherever it
is. (Deep Learning Specialization, course 4, week 1.)
"""

import argparse

import numpy as np
from digits import BATCH, NOISE, error_of, load

import tensorgraph as tg
from tensorgraph import nn, optim

EPOCHS, QUICK_EPOCHS = 20, 2


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding="same"), nn.ReLU(),
        nn.Conv2d(32, 32, 3, padding="same"), nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding="same"), nn.ReLU(),
        nn.Flatten(),
        nn.Linear(64 * 4 * 4, 10),
    )  # fmt: skip


def show_shapes(model: nn.Sequential, images: np.ndarray) -> None:
    """Print what each layer makes of a batch of images."""
    with tg.no_grad():
        x = tg.asarray(images)
        print(f"images     {x.shape}")
        for layer in model:
            x = layer(x)
            print(f"{type(layer).__name__:10} {x.shape}")


def train(model: nn.Module, images: np.ndarray, labels: np.ndarray, options) -> None:
    epochs = QUICK_EPOCHS if options.quick else EPOCHS
    rng = np.random.default_rng(options.seed)
    steps = -(-len(images) // BATCH)  # in an epoch
    optimizer = optim.Adam(
        model.named_parameters(), lr=lambda step: 0.003 * 0.85 ** (step // steps)
    )
    print("\n epoch     cost")
    for epoch in range(1, epochs + 1):
        cost = 0.0
        for batch in np.array_split(rng.permutation(len(images)), steps):
            noise = NOISE * rng.standard_normal(images[batch].shape, dtype=np.float32)
            loss = nn.losses.cross_entropy(model(images[batch] + noise), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            cost += loss.item() * len(batch) / len(images)
        print(f"{epoch:6d} {cost:8.4f}")


parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--quick", action="store_true", help=f"train {QUICK_EPOCHS} epochs only")
parser.add_argument("--seed", type=int, default=0, help="of weights, batches and noise")
options = parser.parse_args()

# Rows of 64 pixels become images with one channel: (batch, channels, height, width).
data = {name: (x.reshape(-1, 1, 8, 8), labels) for name, (x, labels) in load().items()}
tg.random.seed(options.seed)
model = network()
print(f"{model}\n")
show_shapes(model, data["train"][0][:BATCH])
train(model, *data["train"], options)
print(f"\ndev accuracy:  {1 - error_of(model, *data['dev']):.2%}")
print(f"test accuracy: {1 - error_of(model, *data['test']):.2%}")
