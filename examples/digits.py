"""A network learns to read handwritten digits: real data, one command, under 20 seconds.

    python examples/digits.py [--quick] [--seed 0] [--out digits_learning_curve.png]

The data are the 1,797 images of 8×8 pixels that come with scikit-learn (Alpaydin & Kaynak 1998).
Trained on 70 % of them; the learning rate and the number of epochs were chosen on the dev set
(15 %), and the test set (15 %) is looked at once, at the end.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

import tensorgraph as tg
from tensorgraph import nn, optim

try:
    import matplotlib
    from sklearn.datasets import load_digits

    matplotlib.use("Agg")  # draws into files, needs no screen
    from matplotlib import pyplot as plt
except ImportError as error:
    raise ImportError(
        f'this example needs {error.name}; write: pip install "tensorgraph-engine[examples]"'
    ) from error

try:
    from tqdm import tqdm
except ImportError:
    tqdm = None  # then there are plain lines

Data = dict[str, tuple[np.ndarray, np.ndarray]]
Errors = tuple[float, float]

BATCH = 64
NOISE = 0.5  # standard deviation of what is added to the pixels in training: a regulariser
EPOCHS, QUICK_EPOCHS = 40, 5


def load() -> Data:
    """Return images and labels of the three sets, always split in the same way."""
    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    train, dev, test = np.split(order, [int(0.70 * len(order)), int(0.85 * len(order))])
    # What the training set says of the pixels is applied to all sets.
    mean, std = pixels[train].mean(), pixels[train].std()
    images = ((pixels - mean) / std).astype(np.float32)
    return {
        name: (images[rows], labels[rows])
        for name, rows in [("train", train), ("dev", dev), ("test", test)]
    }


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)
    )


def error_of(model: nn.Module, images: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of images that the model gets wrong."""
    with tg.no_grad():
        guesses = model(tg.asarray(images)).argmax(axis=-1)
    return float((guesses != labels).numpy().mean())


def train(model: nn.Module, data: Data, epochs: int, rng: np.random.Generator) -> list[Errors]:
    """Train the model; return train and dev error before the first epoch and after each."""
    images, labels = data["train"]
    steps = -(-len(images) // BATCH)  # in an epoch
    optimizer = optim.Adam(
        model.named_parameters(), lr=lambda step: 0.002 * 0.93 ** (step // steps)
    )
    # disable=None: no bar where the output is not a terminal.
    bar = tqdm(total=epochs * steps, unit="step", leave=False, disable=None) if tqdm else None
    write = bar.write if bar else print
    write(" epoch     cost   train error   dev error")
    errors = [(error_of(model, *data["train"]), error_of(model, *data["dev"]))]
    for epoch in range(1, epochs + 1):
        cost = 0.0
        for batch in np.array_split(rng.permutation(len(images)), steps):
            noise = NOISE * rng.standard_normal((len(batch), 64), dtype=np.float32)
            logits = model(tg.asarray(images[batch] + noise))
            loss = nn.losses.cross_entropy(logits, labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            cost += loss.item() * len(batch) / len(images)
            if bar:
                bar.update()
        errors.append((error_of(model, *data["train"]), error_of(model, *data["dev"])))
        write(f"{epoch:6d} {cost:8.4f} {errors[-1][0]:13.2%} {errors[-1][1]:11.2%}")
    if bar:
        bar.close()
    return errors


def draw(errors: list[Errors], path: Path) -> None:
    """Save the learning curve: error against epoch, on train and dev set."""
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    for curve, name in zip(np.array(errors).T, ["train", "dev"], strict=True):
        axes.plot(100 * curve, label=name, marker=".")
    axes.set(xlabel="epoch", ylabel="error (%)", yscale="symlog", title="Handwritten digits")
    axes.set_yticks([0, 1, 10, 100], ["0", "1", "10", "100"])
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=150)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"train {QUICK_EPOCHS} epochs only")
    parser.add_argument("--seed", type=int, default=0, help="of weights, batches and noise")
    parser.add_argument("--out", type=Path, default=Path("digits_learning_curve.png"))
    options = parser.parse_args()

    start = time.perf_counter()
    data = load()
    print(", ".join(f"{name} set: {len(labels)} images" for name, (_, labels) in data.items()))
    tg.random.seed(options.seed)
    model = network()
    print(f"{model}\n")
    epochs = QUICK_EPOCHS if options.quick else EPOCHS
    errors = train(model, data, epochs, np.random.default_rng(options.seed))
    print(f"\ntest accuracy: {1 - error_of(model, *data['test']):.2%}")
    print(f"time: {time.perf_counter() - start:.1f} s")
    draw(errors, options.out)
    print(f"learning curve: {options.out.resolve()}")


if __name__ == "__main__":
    main()
