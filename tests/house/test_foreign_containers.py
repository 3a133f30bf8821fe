"""Containers of other libraries at every door: the same answer as for NumPy's own arrays."""

import importlib.util

import numpy as np
import pandas as pd
import polars as pl
import pytest

import tensorgraph as tg
from tensorgraph import data, diagnose, nn, train
from tensorgraph.engine.tensor import wrap
from tensorgraph.errors import DTypeError
from tests.engine.device import DeviceArray

RNG = np.random.default_rng(0)
N = RNG.uniform(0.1, 0.9, (12, 3))
L = np.arange(12) % 3
P = N / N.sum(axis=1, keepdims=True)
S, B = N[:, 0], (L > 0).astype(int)
HAS_ARROW = importlib.util.find_spec("pyarrow") is not None


class OnlyDLPack:
    """An array that speaks DLPack and nothing else."""

    def __init__(self, array):
        self._array = np.array(array)
        self.shape, self.dtype = self._array.shape, self._array.dtype

    def __len__(self):
        return len(self._array)

    def __dlpack__(self, **given):
        return self._array.__dlpack__(**given)

    def __dlpack_device__(self):
        return self._array.__dlpack_device__()


class OnlyArray:
    """An array as JAX and PyTorch have it, that gives NumPy its values when asked."""

    def __init__(self, array):
        self._array = np.array(array)
        self._array.flags.writeable = False
        self.shape, self.dtype, self.ndim = array.shape, array.dtype, array.ndim

    def __len__(self):
        return len(self._array)

    def __getitem__(self, key):
        return OnlyArray(self._array[key])

    def __array__(self, dtype=None, copy=None):
        return self._array if dtype is None else self._array.astype(dtype)


def framed(array, **settings):
    return (pd.DataFrame if array.ndim == 2 else pd.Series)(array, **settings)


def arrow(array):
    import pyarrow

    if array.ndim == 1:
        return pyarrow.chunked_array([array[:5], array[5:]])
    return pyarrow.table({f"c{i}": column for i, column in enumerate(array.T)})


CONTAINERS = {
    "pandas, names": lambda a: framed(a, index=[f"row {i}" for i in range(12)]),
    "pandas, backwards": lambda a: framed(a, index=range(12, 0, -1)),
    "pandas, dates": lambda a: framed(a, index=pd.date_range("2020", periods=12)),
    "pandas, levels": lambda a: framed(
        a, index=pd.MultiIndex.from_product([range(4), list("abc")])
    ),
    "pandas, twice": lambda a: framed(a, index=[0] * 12),
    "pandas, nullable": lambda a: framed(a).convert_dtypes(),
    "polars": lambda a: pl.DataFrame(a) if a.ndim == 2 else pl.Series(a),
    "DLPack": OnlyDLPack,
    "__array__": OnlyArray,
    "tensor": tg.tensor,
}
if HAS_ARROW:
    CONTAINERS["Arrow"] = arrow
    CONTAINERS["pandas on Arrow"] = lambda a: framed(a).convert_dtypes(dtype_backend="pyarrow")


def network():
    tg.random.seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 3)).astype("float64")


def fitted(x, y, kind=lambda x, y: (x, y)):
    model = network()
    optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
    settings = {"epochs": 2, "batch_size": 5, "progress": False}
    train.fit(model, nn.losses.cross_entropy, optimizer, kind(x, y), kind(x, y), **settings)
    return model.state_dict()["layers.0.weight"]


def accuracy(z, y):
    return diagnose.accuracy(z.argmax(axis=1), y)


THIRDS = {"train": 0.34, "dev": 0.33, "test": 0.33}
PARTS = {"train": 0.5, "dev": 0.25, "test": 0.25}
cross_entropy = nn.losses.cross_entropy
DOORS = {
    "tensor": (tg.tensor, N),
    "tensor of labels": (tg.tensor, L),
    "asarray": (tg.asarray, N),
    "operand": (lambda x: tg.ones((12, 3)) * x, N),
    "left operand": (lambda x: tg.ones((2, 12)) @ x, N),
    "model": (lambda x: network()(x).detach(), N),
    "target": (lambda x: nn.losses.mse(tg.zeros((12, 3)), x), N),
    "logits": (lambda x: cross_entropy(x, L), N),
    "labels": (lambda y: cross_entropy(N, y), L),
    "one_hot": (lambda y: tg.one_hot(y, 3), L),
    "split": (lambda x: data.split(x, L, **PARTS).train[0], N),
    "split labels": (lambda y: data.split(N, y, stratify=y, **PARTS).train[1], L),
    "split groups": (lambda y: data.split(N, groups=y, **THIRDS).train, L),
    "split_by_target": (lambda x: data.split_by_target(x, N).train, N),
    "Batches": (lambda x: next(iter(data.Batches(x, L, batch_size=4)))[0], N),
    "Batches of dicts": (lambda y: next(iter(data.Batches({"y": y}, batch_size=4)))["y"], L),
    "Batches, indices": (lambda y: next(iter(data.Batches(N, indices=y, batch_size=4))), L),
    "Normalize": (lambda x: data.Normalize().fit(x)(x), N),
    "Classes": (lambda y: data.Classes.of(y).encode(y), L),
    "from_one_hot": (data.from_one_hot, np.eye(3)[L]),
    "alike": (lambda x: bool(data.alike(x, N)), N),
    "duplicate_groups": (data.duplicate_groups, N),
    "fit": (lambda x: fitted(x, L), N),
    "fit labels": (lambda y: fitted(N, y), L),
    "fit of dicts": (lambda x: fitted(x, L, lambda x, y: {"x": x, "y": y}), N),
    "predict": (lambda x: train.predict(network(), x), N),
    "evaluate": (lambda x: train.evaluate(network(), cross_entropy, (x, L))["loss"], N),
    "metric": (
        lambda y: train.evaluate(network(), cross_entropy, (N, y), {"a": accuracy})["a"],
        L,
    ),
    "accuracy": (lambda y: diagnose.accuracy(y, L), L),
    "accuracy of labels": (lambda y: diagnose.accuracy(L, y), L),
    "weights": (lambda w: diagnose.accuracy(B, L, sample_weight=w), S),
    "f1": (lambda y: diagnose.f1(y, L, average="macro"), L),
    "confusion_matrix": (lambda y: diagnose.confusion_matrix(y, L).counts, L),
    "roc_auc": (lambda s: diagnose.roc_auc(s, B), S),
    "roc_auc of labels": (lambda y: diagnose.roc_auc(S, y), B),
    "log_loss": (lambda p: diagnose.log_loss(p, L), P),
    "brier_score": (lambda s: diagnose.brier_score(s, B), S),
    "calibration": (lambda s: diagnose.expected_calibration_error(s, B), S),
    "suspicious_labels": (lambda p: diagnose.suspicious_labels(p, L).indices, P),
    "labels that are suspicious": (lambda y: diagnose.suspicious_labels(P, y).margin, L),
    "misclassified": (lambda x: diagnose.misclassified(P, L, x).examples, N),
    "labels that are missed": (lambda y: diagnose.misclassified(P, y, N).true, L),
    "apply_corrections": (lambda y: diagnose.apply_corrections(dev=(y, {}), test=(L, {})).dev, L),
}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("door", DOORS)
def test_what_is_in_a_container_goes_through_every_door(door, container):
    call, array = DOORS[door]
    found, wanted = np.asarray(call(CONTAINERS[container](array))), np.asarray(call(array))
    assert found.shape == wanted.shape
    assert found.dtype.kind == wanted.dtype.kind
    assert np.allclose(found, wanted, rtol=1e-12, atol=0)  # sums may go by columns


OPERATIONS = {
    "exp": tg.exp,
    "sum": tg.sum,
    "max along": lambda x: tg.max(x, axis=0),
    "argmax": tg.argmax,
    "add": lambda x: tg.add(x, 1.0),
    "subtract": lambda x: tg.subtract(N, x),
    "matmul": lambda x: tg.matmul(x, np.ones((3, 2))),
    "where": lambda x: tg.where(N > 0.5, x, 0.0),
    "sort": lambda x: tg.sort(x, axis=0),
    "cumulative_sum": lambda x: tg.cumulative_sum(x, axis=0),
    "concat": lambda x: tg.concat([x, N]),
    "reshape": lambda x: tg.reshape(x, shape=(-1,)),
    "softmax": lambda x: tg.softmax(x, axis=1),
    "ReLU": nn.ReLU(),
}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_makes_a_tensor_of_a_container_as_of_a_list(name, container):
    call = OPERATIONS[name]
    found = call(CONTAINERS[container](N))
    assert type(found) is type(call(N.tolist())) is tg.Tensor
    np.testing.assert_allclose(found.data, call(N), rtol=1e-14)


def test_an_operation_on_a_column_of_truth_values():
    for column in (pd.Series(B > 0), pl.Series(B > 0), pd.Series(B > 0, dtype="boolean")):
        assert tg.where(column, S, 0.0).data.tolist() == np.where(B > 0, S, 0.0).tolist()


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_an_operation_tells_of_strings_in_a_frame(frame):
    text = frame({"size": [1.0, 2.0], "colour": ["red", "blue"]})
    for call in (tg.exp, tg.sum, lambda x: tg.add(x, 1.0), lambda x: tg.add(tg.ones(2), x)):
        with pytest.raises(DTypeError, match=r"strings such as 'red' in the columns \['colour'\]"):
            call(text)


# ------------------------------------------------------------------------- names that come back


def test_rows_that_are_suspicious_have_the_names_of_the_frame():
    labels = pd.Series([0, 0, 1, 1], index=["a", "b", "c", "d"])
    p = [[0.9, 0.1], [0.8, 0.2], [0.9, 0.1], [0.2, 0.8]]
    found = diagnose.suspicious_labels(p, labels)
    assert (found.indices.tolist(), found.names.tolist()) == ([2], ["c"])
    assert str(found).splitlines()[:2] == [
        "example  index  label  suggested  margin",
        "      2      c      1          0  +0.800",
    ]
    assert "<th>index" in found._repr_html_().replace('"', "")
    for plain in (labels.tolist(), labels.reset_index(drop=True), pl.Series(labels)):
        assert diagnose.suspicious_labels(p, plain).names is None
    framed = pd.DataFrame(p, index=[7, 8, 9, 10])
    assert diagnose.suspicious_labels(framed, labels.tolist()).names.tolist() == [9]


def test_rows_that_are_misclassified_have_the_names_of_the_frame():
    frame = pd.DataFrame(
        {"length": [5.1, 4.9, 6.2], "width": [3.5, 3.0, 2.9]}, index=pd.Index(["x", "y", "z"])
    )
    p = [[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]]
    found = diagnose.misclassified(p, [0, 0, 1], frame)
    assert (found.names.tolist(), found.columns) == (["y"], ("length", "width"))
    assert str(found).splitlines()[:2] == [
        "example  index  true  predicted  confidence  length  width",
        "      1      y     0          1        80 %     4.9      3",
    ]
    assert frame.loc[found.names].equals(frame.iloc[found.indices])
    images = np.zeros((3, 2, 2))
    by_label = diagnose.misclassified(p, pd.Series([0, 0, 1], index=["u", "v", "w"]), images)
    assert by_label.names.tolist() == ["v"]
    assert "example 1" in by_label._repr_html_()


def test_tags_may_be_a_frame():
    tags = pd.DataFrame({"blurry": [1, 0], "dark": [True, True]}, index=["7.png", "9.png"])
    wanted = diagnose.error_table(["7.png", "9.png"], {"blurry": [1, 0], "dark": [1, 1]})
    assert diagnose.error_table(tags.index, tags) == wanted
    assert diagnose.error_table(list(tags.index), pl.DataFrame(tags)) == wanted
    listed = pd.Series([["blurry", "dark"], ["dark"]], index=tags.index)
    assert diagnose.error_table(listed.index, listed) == wanted


def test_an_array_of_a_device_is_told():
    array = DeviceArray(np.ones(2))
    for door in (data.Normalize().fit, lambda x: tg.tensor([x, x])):
        with pytest.raises(DTypeError, match=r"in a device's memory; write x.get\(\)"):
            door(array)
    tensors = [wrap(array), wrap(array)]
    for door in (tg.tensor, tg.sum, tg.exp, lambda x: tg.concat([x, x])):
        with pytest.raises(DTypeError, match=r"tensors in a device's memory; write tg\.stack"):
            door(tensors)
    assert type(tg.stack(tensors).data) is DeviceArray
