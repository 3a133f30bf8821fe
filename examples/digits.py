"""From data to decision: a network learns to read handwritten digits, and says what to do next.

    python examples/digits.py [--quick] [--seed 0] [--out digits]

The data are the 1,797 images of 8×8 pixels that come with scikit-learn (Alpaydin & Kaynak 1998).
Trained on 70 % of them; learning rate, noise and the epoch whose weights are kept are chosen on
the dev set (15 %), and the test set (15 %) is looked at once, at the end.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import tensorgraph as tg
from tensorgraph import data, diagnose, nn, optim, train
from tensorgraph.drawing import Picture

try:
    import matplotlib  # noqa: F401  # for the learning curve
    from sklearn.datasets import load_digits
except ImportError as error:
    raise ImportError(
        f'this example needs {error.name}; write: pip install "tensorgraph-engine[examples]"'
    ) from error

Sets = dict[str, tuple[np.ndarray, np.ndarray]]

NOISE = 0.5  # standard deviation of what is added to the pixels in training: a regulariser
EPOCHS, QUICK_EPOCHS = 60, 5
NAMES = ("train", "dev", "test")
HUMAN = 0.01  # error rate; people hardly do better on images of 8×8 pixels


def error_rate(logits: np.ndarray, labels: np.ndarray) -> float:
    return 1 - diagnose.accuracy(logits.argmax(axis=1), labels)


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)
    )


def load() -> Sets:
    """Return images and labels of the three sets, always split in the same way."""
    pixels, labels = load_digits(return_X_y=True)
    sets = data.split(pixels, labels, train=0.7, dev=0.15, test=0.15, stratify=labels)
    print(sets)
    normalize = data.Normalize(axis=(0, 1)).fit(sets.train[0])  # one μ and σ for all pixels
    return {
        name: (normalize(images).astype(np.float32), classes)
        for name, (images, classes) in zip(NAMES, sets, strict=True)
    }


def fitted(
    model: nn.Module, sets: Sets, epochs: int, decay: Callable[[int], float], seed: int
) -> train.History:
    """Train the model; in the end it has the weights of its best epoch."""
    noise = data.augment.noise(NOISE)
    batches = data.Batches(*sets["train"], batch_size=64, seed=seed, augment=noise)
    rate = optim.schedules.per_epoch(decay, steps_per_epoch=len(batches))
    return train.fit(
        model,
        nn.losses.cross_entropy,
        optim.Adam(model.named_parameters(), lr=rate),
        batches,
        sets["dev"],
        epochs=epochs,
        metrics={"error": error_rate},
        early_stopping=train.EarlyStopping(patience=20, optimize="dev_error"),
        watch=True,
    )


def tagged(wrong: np.ndarray, labels: np.ndarray, guesses: np.ndarray) -> diagnose.ErrorTable:
    """Tag each wrong answer with the digit it was, and with what it was taken for."""
    tags = [[f"a {labels[i]}", f"read as {guesses[i]}"] for i in wrong]
    return diagnose.error_table(wrong, tags, error=len(wrong) / len(labels))


def picture_of(model: nn.Module, images: np.ndarray, labels: np.ndarray) -> Picture:
    """Return the graph of one mini-batch, with its backward pass done."""
    loss = nn.losses.cross_entropy(model(images), labels)
    loss.backward(retain_graph=True)
    return tg.render(loss)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"train {QUICK_EPOCHS} epochs only")
    parser.add_argument("--seed", type=int, default=0, help="of weights, batches and noise")
    parser.add_argument("--out", type=Path, default=Path("digits"), help="folder to save into")
    options = parser.parse_args()
    start = time.perf_counter()

    sets = load()
    tg.random.seed(options.seed)
    model = network()
    print(f"{model}\n")
    epochs = QUICK_EPOCHS if options.quick else EPOCHS
    decay = optim.schedules.exponential(0.002, base=0.93)
    history = fitted(model, sets, epochs, decay, options.seed)

    rates, scores, answers = {}, {}, {}
    for name, (images, classes) in sets.items():
        scores[name] = logits = train.predict(model, images)
        answers[name] = logits.argmax(axis=1)
        rates[name] = error_rate(logits, classes)
    sizes = {name: len(guesses) for name, guesses in answers.items()}
    ladder = diagnose.ladder(human=HUMAN, **rates, sizes=sizes)
    dev_images, dev_labels = sets["dev"]
    (wrong,) = np.nonzero(answers["dev"] != dev_labels)
    errors = tagged(wrong, dev_labels, answers["dev"])
    print(f"\n{ladder}\n\n{errors}")
    print(f"\ntest accuracy: {1 - rates['test']:.2%}")
    print(f"time: {time.perf_counter() - start:.1f} s\n")

    out = options.out
    out.mkdir(parents=True, exist_ok=True)
    picture = picture_of(model, *(part[:64] for part in sets["train"]))
    history.plot().savefig(out / "learning_curve.png", dpi=150)
    picture.save(out / "graph.svg")
    picture.save(out / "explorer.html", run=history)
    confusion = diagnose.confusion_matrix(answers["dev"], dev_labels)
    mistakes = diagnose.misclassified(
        tg.softmax(scores["dev"], axis=1), dev_labels, dev_images, image_shape=(8, 8)
    )
    diagnose.report(
        out / "report.html",
        title="Handwritten digits",
        history=history,
        ladder=ladder,
        confusion=confusion,
        misclassified=mistakes,
        errors=errors,
        picture=picture,
    )
    for name in "learning_curve.png", "graph.svg", "explorer.html", "report.html":
        print((out / name).resolve())


if __name__ == "__main__":
    main()
