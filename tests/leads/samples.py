"""What the variables in the lines of the table hold, and the objects whose names have rows."""

import numpy as np
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

import tensorgraph as tg


def variables():
    """Return the variables that lines are written with, anew."""
    rng = np.random.default_rng(0)

    def positive(*shape):
        return tg.tensor(rng.uniform(0.1, 0.9, size=shape).astype("float32"))

    tg.random.seed(0)
    X, labels = rng.normal(size=(12, 3)).astype("float32"), np.arange(12) % 3
    model = tg.nn.Sequential(tg.nn.Linear(3, 4), tg.nn.ReLU(), tg.nn.Linear(4, 3))
    optimizer = tg.optim.Adam(model.parameters())

    def network(n_features_in_, n_outputs_, width=4):
        first = tg.nn.Linear(n_features_in_, width)
        return tg.nn.Sequential(first, tg.nn.ReLU(), tg.nn.Linear(width, n_outputs_))

    def step(x, y):
        optimizer.zero_grad()
        cost = tg.nn.losses.mse(model(x), y)
        cost.backward()
        optimizer.step()
        return cost

    history = tg.train.History()
    history.append(epoch=0, train_loss=1.0)
    return {
        "tg": tg,
        "np": np,
        "x": positive(2, 3, 3),
        "y": positive(2, 3, 3),
        "mask": positive(2, 3, 3) > 0.5,
        "A": positive(3, 3),
        "B": positive(3, 3),
        "S": tg.eye(3) + 0.1,
        "index": np.array([[0, 1], [1, 0], [2, 2]]),
        "u": positive(3),
        "v": positive(3),
        "w": tg.tensor([0.5, -1.0, 2.0], requires_grad=True),
        "f": lambda t: (t * t).sum(),
        "g": lambda t: ((t * t).sum(), t),
        "cost": lambda w: (w * w).sum(),
        "dw": np.ones(3),
        "X": X,
        "Y": labels,
        "labels": labels,
        "weights": np.linspace(1, 2, 12, dtype="float32"),
        "points": X[:, :2],
        "predict": lambda points: np.argmax(points, axis=1),
        "logits": tg.tensor(X),
        "one_hot": tg.one_hot(labels, 3),
        "predictions": np.arange(12) // 4,
        "scores": positive(4) - 0.5,
        "probabilities": positive(4),
        "targets": np.array([0, 1, 1, 0], "float32"),
        "images": positive(2, 4, 8, 8),
        "sequences": positive(4, 5, 2),
        "kernel": positive(4, 3, 2),
        "model": model,
        "layer": model.layers[0],
        "network": network,
        "classifier": tg.sklearn.Classifier(network, epochs=1),
        "GridSearchCV": GridSearchCV,
        "make_pipeline": make_pipeline,
        "state": model.state_dict(),
        "optimizer": optimizer,
        "lbfgs": tg.optim.LBFGS(model.parameters(), max_iter=1),
        "ema": tg.optim.EMA(model.parameters()),
        "rate": tg.optim.schedules.Plateau(0.1),
        "metric": 0.5,
        "step": step,
        "loss": tg.nn.losses.cross_entropy,
        "batches": tg.data.Batches(X),
        "history": history,
        "generator": tg.random.Generator(0),
        "random_state": tg.random.default_generator().state_dict(),
    }


def objects():
    """Return an object of each class that has rows, by its name."""
    values = variables()
    return {
        "Tensor": values["x"],
        "Module": values["layer"],
        "Sequential": values["model"],
        "Linear": values["layer"],
        "Optimizer": values["optimizer"],
        "LBFGS": values["lbfgs"],
        "EMA": values["ema"],
        "Plateau": values["rate"],
        "Schedule": tg.optim.schedules.constant(0.1),
        "Batches": values["batches"],
        "History": values["history"],
        "Generator": values["generator"],
        "EarlyStopping": tg.train.EarlyStopping(),
    }
