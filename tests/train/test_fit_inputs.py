"""What a model is given: the dtype of its weights decides, and ids stay ids."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import UsageWarning
from tensorgraph.train import evaluate, lr_range_test, overfit_one_batch, predict
from tests.train.fit_cases import adam, cross_entropy, network, quick, same

INTEGERS = np.random.default_rng(0).integers(-5, 5, (40, 3))
LABELS = (INTEGERS[:, 0] > 0).astype(int)


class Seen(nn.Module):
    """A model that remembers in which dtypes it was called in training, and what it made."""

    def __init__(self, *layers):
        self.inner = nn.Sequential(*layers)
        self.dtypes = []

    def forward(self, x):
        z = self.inner(x)
        if self.training:
            self.dtypes.append((str(x.dtype), str(z.dtype)))
        return z


def linear(dtype="float32"):
    return Seen(nn.Linear(3, 2, dtype=dtype))


def fitted(model, x):
    """Return the dtypes of inputs and outputs in training, and what was warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        quick(model, (x, LABELS), (x, LABELS))
    return set(model.dtypes), [str(w.message) for w in caught]


@pytest.mark.parametrize("weights", ["float32", "float64"])
@pytest.mark.parametrize(
    "kind", "float16 float32 float64 int8 uint8 int32 uint32 int64 bool".split()
)
def test_the_dtype_of_the_weights_decides(weights, kind):
    x = (INTEGERS if kind[0] == "i" else abs(INTEGERS)).astype(kind)
    seen, warned = fitted(linear(weights), x)
    assert {made for _, made in seen} == {weights}
    wide = np.result_type(kind, weights) != weights and kind[0] in "iu"
    assert len(warned) == wide  # once, for training and both sets
    if wide:
        assert warned == [
            f"fit: the inputs are {kind}, the model's weights {weights}; each batch is converted to"
            f" that; write x.astype('{weights}') once"
        ]


def test_the_warning_points_to_the_call_of_fit():
    with pytest.warns(UsageWarning, match="the inputs are int64") as caught:
        quick(network(), (INTEGERS, LABELS))
    assert [w.filename for w in caught] == [__file__.replace("test_fit_inputs", "fit_cases")]


def test_integers_train_as_their_numbers_do():
    models = [network(nn.Dropout(p=0.3)) for _ in range(2)]
    histories = []
    for model, dtype in zip(models, ("int64", "float32"), strict=True):
        tg.random.seed(5)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UsageWarning)
            histories.append(quick(model, (INTEGERS.astype(dtype), LABELS)))
    assert same(*models)
    assert histories[0] == histories[1]


def test_every_door_converts_and_says_so():
    x, model = INTEGERS, network()
    doors = {
        "predict": lambda: predict(model, x, batch_size=7),
        "evaluate": lambda: evaluate(model, cross_entropy, (x, LABELS), batch_size=7),
        "overfit_one_batch": lambda: overfit_one_batch(
            model, cross_entropy, adam(model), (x, LABELS), 3
        ),
        "lr_range_test": lambda: lr_range_test(
            model, cross_entropy, adam(model), (x, LABELS), steps=10
        ),
    }
    for name, door in doors.items():
        with pytest.warns(UsageWarning, match=f"{name}: the inputs are int64") as caught:
            found = door()
        assert [w.filename for w in caught] == [__file__]
        if name == "predict":
            assert found.dtype == np.float32


IDS = np.abs(INTEGERS)


class OneHot(nn.Module):
    """Ids without an embedding: as rows of a matrix."""

    def __init__(self):
        self.weight = nn.Linear(8, 2)

    def forward(self, ids):
        return self.weight(tg.one_hot(ids, 8).sum(axis=1).astype("float32"))


class Rows(nn.Module):
    """Ids as an index."""

    def __init__(self):
        self.table = tg.random.normal((8, 2))
        self.table.requires_grad = True

    def forward(self, ids):
        return self.table[ids].sum(axis=1)


@pytest.mark.parametrize(
    "model",
    [nn.Sequential(nn.Embedding(8, 4), nn.Flatten(), nn.Linear(12, 2)), OneHot(), Rows()],
    ids=["embedding", "one hot", "index"],
)
def test_ids_stay_ids(model):
    for dtype in ("int64", "int32", "uint8"):
        history = quick(model, (IDS.astype(dtype), LABELS), epochs=5)
        assert history["train_loss"][-1] < history["train_loss"][0]


def test_of_several_inputs_numbers_are_converted_and_ids_are_not():
    class Both(nn.Module):
        def __init__(self):
            self.words, self.counts = nn.Embedding(8, 2), nn.Linear(3, 2)
            self.dtypes = set()

        def forward(self, counts, ids):
            z = self.counts(counts) + self.words(ids).sum(axis=1)
            self.dtypes.add((counts.dtype.name, ids.dtype.name, z.dtype.name))
            return z

    model = Both()
    with pytest.warns(UsageWarning, match="the inputs are int64"):
        quick(model, (INTEGERS, IDS, LABELS))
    tried = {("int64", "int64", "float64"), ("float32", "int64", "float32")}
    assert model.dtypes == tried


def test_a_model_that_refuses_integers_is_given_numbers():
    class Strict(nn.Module):
        def __init__(self):
            self.inner = nn.Linear(3, 2)

        def forward(self, x):
            if x.dtype.kind != "f":
                raise TypeError("numbers only")
            return self.inner(x)

    with pytest.warns(UsageWarning, match="the inputs are int64"):
        quick(Strict(), (INTEGERS, LABELS))


def test_a_model_that_fails_either_way_says_why():
    with pytest.raises(tg.errors.ShapeError, match="has 3 features"):
        quick(nn.Linear(4, 2), (INTEGERS, LABELS))


def test_trying_leaves_no_trace():
    class Counts(nn.Module):
        """Draws random numbers in any mode."""

        def __init__(self):
            self.inner = nn.Linear(3, 2)
            self.norm = nn.BatchNorm(2)

        def forward(self, x):
            return self.norm(self.inner(x)) + 0.1 * tg.random.normal(2)

    model = Counts()
    tg.random.seed(3)
    with pytest.warns(UsageWarning):
        first = predict(model, INTEGERS)
    tg.random.seed(3)
    assert np.array_equal(first, predict(model, INTEGERS.astype("float32")))
    assert model.training
    assert model.norm.running_mean.numpy().tolist() == [0, 0]


def test_a_frozen_model_computes_in_its_own_dtype():
    model = nn.Linear(3, 2, dtype="float64")
    x = np.random.default_rng(0).normal(size=(5, 3))
    before = predict(model, x)
    nn.freeze(model)
    assert predict(model, x).dtype == np.float64
    assert np.array_equal(predict(model, x), before)


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_columns_of_a_frame_are_given_as_the_refusal_of_a_frame_says(frame):
    x = INTEGERS.astype(np.float32)
    df = frame({"a": x[:, 0], "target": LABELS, "b": x[:, 1], "c": x[:, 2]})
    with pytest.raises(tg.errors.DTypeError) as refused:
        quick(network(), df)
    line = str(refused.value).partition("write train=")[2].partition(", where")[0]
    given = eval(line, {"df": df, "inputs": ["a", "b", "c"]})
    assert quick(network(), given) == quick(network(), (x, LABELS))
