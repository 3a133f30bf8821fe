"""A convolutional net reads handwritten digits, with fewer weights than the dense one.

    python examples/04_convnet.py [--quick] [--seed 0]

The data, their split and the noise are those of digits.py. A convolution knows what a dense layer
has to find out: that neighbouring pixels belong together, and that a stroke is a stroke wherever it
is. (Deep Learning Specialization, course 4, week 1.)
"""

import argparse

import numpy as np
from digits import error_rate, fitted, load

import tensorgraph as tg
from tensorgraph import nn, optim, train

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


parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--quick", action="store_true", help=f"train {QUICK_EPOCHS} epochs only")
parser.add_argument("--seed", type=int, default=0, help="of weights, batches and noise")
options = parser.parse_args()

# Rows of 64 pixels become images with one channel: (batch, channels, height, width).
sets = {name: (x.reshape(-1, 1, 8, 8), labels) for name, (x, labels) in load().items()}
tg.random.seed(options.seed)
model = network()
print(f"{model}\n")
show_shapes(model, sets["train"][0][:64])
epochs = QUICK_EPOCHS if options.quick else EPOCHS
fitted(model, sets, epochs, optim.schedules.exponential(0.003, base=0.85), options.seed)
for name in "dev", "test":
    images, labels = sets[name]
    print(f"{name} accuracy: {1 - error_rate(train.predict(model, images), labels):.2%}")
