"""What other libraries hold, at every door by which arrays come in: taken rightly, or the line."""

import re
import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, strategies as st
from scipy import sparse

import tensorgraph as tg
from tensorgraph.array_likes import is_missing, missing_in, numbers_of, one_each, to_plain
from tensorgraph.data import Batches, Classes, Normalize, alike, augment, split
from tensorgraph.errors import ArgumentError, DTypeError, ShapeError

D = tg.diagnose

# ------------------------------------------------------------------------------ masked arrays

MASKED = np.ma.array([[1.0, 2.0], [3.0, -999.0], [5.0, 6.0]], mask=[[0, 0], [0, 1], [0, 0]])
RIGHT = np.array([0, 1, 1])

DOORS = {
    "tensor": tg.tensor,
    "asarray": tg.asarray,
    "operand": lambda x: tg.tensor(1.0) + x,
    "operand of NumPy": lambda x: np.multiply(tg.ones((3, 2)), x),
    "assigned": lambda x: tg.tensor(np.zeros((3, 2))).assign(x),
    "loss": lambda x: tg.nn.losses.mse(tg.zeros((3, 2)), x),
    "Normalize": lambda x: Normalize().fit(x),
    "normalize": lambda x: Normalize().fit(np.arange(6.0).reshape(3, 2))(x),
    "split": split,
    "Batches": lambda x: Batches(x, RIGHT),
    "alike": lambda x: alike(np.ones((3, 2)), x),
    "augment": lambda x: augment.flip()(x, np.random.default_rng(0)),
    "roc_auc": lambda x: D.roc_auc(x, RIGHT),
    "log_loss": lambda x: D.log_loss(x, RIGHT),
    "report": lambda x: D.report(confusion=x),
}
DOORS_OF_LABELS = {
    "Classes": Classes.of,
    "stratify": lambda y: split(np.arange(len(y)), stratify=y, dev=0, test=0),
    "groups": lambda y: split(np.arange(len(y)), groups=y, dev=0, test=0),
    "predictions": lambda y: D.accuracy(y, [0, 1, 1]),
    "labels": lambda y: D.f1([0, 1, 1], y),
    "sample_weight": lambda y: D.accuracy([0, 1, 1], RIGHT, sample_weight=y),
    "corrections": lambda y: D.apply_corrections(dev=(y, {}), test=([0], {})),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("given", [MASKED, list(MASKED)], ids=["array", "list"])
def test_a_masked_value_goes_through_no_door(door, given):
    with pytest.raises(ArgumentError, match=r"1 of [26] values is masked, .*filled\(np.nan\)"):
        DOORS[door](given)


@pytest.mark.parametrize("door", DOORS_OF_LABELS)
def test_a_masked_label_goes_through_no_door(door):
    with pytest.raises(ArgumentError, match="1 of 3 values is masked, the first at index 2; leave"):
        DOORS_OF_LABELS[door](np.ma.array([0, 1, 1], mask=[0, 0, 1]))


def test_the_line_for_masked_values_is_right():
    assert np.isnan(tg.tensor(MASKED.astype(float).filled(np.nan))[1, 1].item())
    whole = np.ma.array([1, 2], mask=[0, 1])
    assert np.isnan(tg.tensor(whole.astype(float).filled(np.nan))[1].item())


def test_an_array_without_masked_values_is_a_plain_one():
    whole = np.ma.array([[1.0, 2.0], [3.0, 4.0]], mask=False)
    assert type(tg.tensor(whole).data) is np.ndarray
    assert type(Batches(whole, batch_size=2).arrays) is np.ndarray
    assert np.array_equal(Normalize().fit(whole).mean, [[2.0, 3.0]])
    records = np.ma.array([(1, 2.0), (3, 4.0)], dtype=[("a", int), ("b", float)])
    assert to_plain(records, "x")["b"].tolist() == [2.0, 4.0]
    records["b"][1] = np.ma.masked
    with pytest.raises(ArgumentError, match=r"^x: 1 of 2 values is masked, the first at index 1"):
        to_plain(records, "x")


def test_a_matrix_is_an_array(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        matrix = np.matrix([[1.0, 2.0], [3.0, 6.0]])
    normalize = Normalize().fit(matrix)
    assert np.array_equal(normalize(matrix), [[-1, -1], [1, 1]])
    assert tg.tensor(matrix)[0].shape == (2,)
    assert [part.shape for part in Batches(matrix, batch_size=1)] == [(1, 2)] * 2
    mapped = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, (4, 2))
    assert to_plain(mapped, "x") is mapped


# ------------------------------------------------------------------------------------ frames

NUMBERS = np.array([[1.5, 1.0, 0.0], [2.5, 0.0, 1.0], [3.5, 1.0, 0.0]])
DUMMIES = pd.get_dummies(pd.DataFrame({"a": [1.5, 2.5, 3.5], "c": ["x", "y", "x"]}))
FRAMES = {
    "dummies beside numbers": DUMMIES,
    "objects": DUMMIES.astype(object),
    "nullable": pd.DataFrame(
        {
            "a": pd.array([1.5, 2.5, 3.5], "Float64"),
            "b": pd.array([1, 0, 1], "Int64"),
            "c": pd.array([False, True, False], "boolean"),
        }
    ),
    "sparse": pd.DataFrame({k: pd.arrays.SparseArray(v) for k, v in enumerate(NUMBERS.T)}),
    "polars": pl.DataFrame(
        {"a": [1.5, 2.5, 3.5], "b": [1, 0, 1], "c": [False, True, False]}, strict=False
    ),
    "rows of mixed types": [[1.5, True, np.float32(0)], [2.5, 0, 1], [np.float64(3.5), 1, False]],
    "tensors": list(tg.tensor(NUMBERS)),
    "Fortran": np.asfortranarray(NUMBERS),
    "read-only": np.broadcast_to(NUMBERS, (3, 3)),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_of_numbers_is_taken_as_its_numbers(name):
    frame = FRAMES[name]
    assert np.array_equal(tg.tensor(frame), NUMBERS)
    assert np.array_equal(tg.tensor(np.zeros((3, 3))) + frame, NUMBERS)
    normalize = Normalize().fit(frame)
    assert np.allclose(normalize.mean, NUMBERS.mean(axis=0))
    assert np.allclose(normalize(frame), Normalize().fit(NUMBERS)(NUMBERS), atol=1e-6)
    assert np.array_equal(np.asarray(split(frame, train=1.0, dev=0, test=0).train).sum(), 10.5)
    inside = frame / 10 if isinstance(frame, np.ndarray) else np.array(NUMBERS) / 10
    p = np.column_stack([inside, 1 - inside.sum(axis=1)])
    assert D.roc_auc(FRAMES[name], [1, 2, 0]) == D.roc_auc(NUMBERS, [1, 2, 0])
    assert D.log_loss(pd.DataFrame(p), [0, 1, 2], sample_weight=[1, 1, 0]) > 0


COLUMNS = {
    "numbers": [1, 0, 1],
    "Int64": pd.Series([1, 0, 1], dtype="Int64"),
    "boolean": pd.Series([True, False, True], dtype="boolean"),
    "category of numbers": pd.Series([1, 0, 1]).astype("category"),
    "objects": pd.Series([1, 0, 1], dtype=object),
    "a frame of one column": pd.DataFrame({"y": [1, 0, 1]}),
    "polars": pl.Series([1, 0, 1]),
    "floats": np.array([1.0, 0.0, 1.0], np.float16),
    "unsigned": np.array([1, 0, 1], np.uint64),
    "big-endian": np.array([1, 0, 1], ">i4"),
    "an index": pd.Index([1, 0, 1]),
    "strings": ["1", "0", "1"],
    "objects that are strings": np.array(["1", "0", "1"], object),
    "pandas strings": pd.Series(["1", "0", "1"], dtype="string"),
    "category": pd.Series(["1", "0", "1"]).astype("category"),
    "polars category": pl.Series(["1", "0", "1"], dtype=pl.Categorical),
    "strings of any length": np.array(["1", "0", "1"], np.dtypes.StringDType()),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_of_labels_is_taken_as_its_labels(name):
    y = COLUMNS[name]
    said = ["1", "1", "1"] if "str" in name or name.endswith("category") else [1, 1, 1]
    assert D.accuracy(said, y) == pytest.approx(2 / 3)
    assert D.accuracy(y, y) == 1
    assert D.f1(said, y, positive=said[0]) == pytest.approx(0.8)
    numbers = Classes.of(y).encode(y)
    assert numbers.tolist() == [1, 0, 1]
    for door in ("groups", "stratify"):
        assert sorted(DOORS_OF_LABELS[door](y).train) == [0, 1, 2]


MISSING = {
    "None": ["a", None, "b"],
    "NaN": ["a", float("nan"), "b"],
    "pandas strings": pd.Series(["a", None, "b"], dtype="string"),
    "category": pd.Series(["a", None, "b"]).astype("category"),
    "boolean": pd.Series([True, None, False], dtype="boolean"),
    "Int64": pd.Series([1, None, 0], dtype="Int64"),
    "objects": np.array([1, pd.NA, 0], object),
    "polars": pl.Series(["a", None, "b"]),
    "polars numbers": pl.Series([1, None, 0]),
    "strings of any length": np.array(["a", None, "b"], np.dtypes.StringDType(na_object=None)),
}
NOT_A_TIME = {
    "dates": np.array(["2020-01-01", "NaT", "2020-01-02"], "M8[D]"),
    "durations": np.array([1, "NaT", 2], "m8[D]"),
    "pandas dates": pd.Series(pd.to_datetime(["2020-01-01", None, "2020-01-02"])),
    "objects": np.array([pd.Timestamp("2020-01-01"), pd.NaT, 3], object),
}


@pytest.mark.parametrize("y", [*MISSING.values(), *NOT_A_TIME.values()])
@pytest.mark.parametrize("door", ["Classes", "stratify", "groups", "predictions", "labels"])
def test_a_missing_label_is_told(door, y):
    with pytest.raises(ArgumentError, match=r"index 1|\[1\] is|hold nan at index 1"):
        DOORS_OF_LABELS[door](y)


def test_dates_are_groups_and_distributions():
    days = np.repeat(np.arange("2020-01-01", "2020-01-11", dtype="M8[D]"), 5)
    sets = split(np.arange(50), groups=days)
    assert not set(days[sets.indices.train]) & set(days[sets.indices.test])
    assert not alike(days, days + np.timedelta64(100, "D"))
    assert alike(days, pd.Series(days))


# ---------------------------------------------------------------- what else, and what to write

STRINGS = r"strings such as 'cat'; number classes by tg.data.Classes.of\(labels\).encode\(labels\)"
ELSE = {
    "strings": (["cat", "dog"], STRINGS),
    "a series of strings": (pd.Series(["cat", "dog"]), STRINGS),
    "objects that are strings": (np.array(["cat", "dog"], object), STRINGS),
    "a category": (pd.Series(["cat", "dog"]).astype("category"), STRINGS),
    "polars strings": (pl.Series(["cat", "dog"]), STRINGS),
    "strings of any length": (np.array(["cat", "dog"], np.dtypes.StringDType()), STRINGS),
    "a frame with a name": (
        pd.DataFrame({"a": [1.5, 2], "name": ["cat", "dog"]}),
        r"strings such as 'cat' in the columns \['name'\]; write pd.get_dummies\(x, columns=\['nam",
    ),
    "polars' frame with a name": (
        pl.DataFrame({"a": [1.5, 2], "name": ["cat", "dog"]}),
        r"strings such as 'cat' in the columns \['name'\]; write x.to_dummies\(\['name'\]\)",
    ),
    "bytes": ([b"cat", b"dog"], "bytes such as b'cat'; number classes"),
    "numbers as strings": (["1.5", "2"], r"strings such as '1.5'; write x.astype\(float\)"),
    "numbers as objects": (np.array(["1.5"], object), r"'1.5'; write x.astype\(float\)"),
    "decimals": ([Decimal("0.1")], r"objects such as Decimal\('0.1'\); write np.asarray\(x, float"),
    "fractions": ([Fraction(1, 3), 1], r"such as Fraction\(1, 3\); write np.asarray\(x, float\)"),
    "a large integer": ([0.5, 2**70], "an integer that does not fit in 64 bits; write it as"),
    "pandas NA": (pd.Series([True, None], dtype="boolean"), r"index 1; .*na_value=np.nan\)$"),
    "NA in objects": (np.array([pd.NA, 1.5], object), "<NA>: 1 of 2 .* or write np.nan in their"),
    "None": ([1.5, None], "None: 1 of 2 values is missing, the first at index 1; leave these"),
    "a missing string": (pd.Series(["cat", None]), "index 1; .* and number classes by tg.data"),
    "dates": (pd.Series(pd.to_datetime(["2020-01-01"])), r"dates .*dtype.*; write \(d - d.min"),
    "durations": (np.array([1, 2], "m8[D]"), r"durations .*write np.asarray\(x\) / np"),
    "complex": (np.array([1j]), "complex numbers .*; write their .real and .imag"),
    "records": (np.array([(1, 2.0)], "i4,f4"), "records .*; write their fields as columns"),
    "periods": (pd.Series(pd.period_range("2020", periods=2, freq="D")), "write a number for each"),
    "sparse": (
        sparse.csr_matrix(np.eye(2)),
        r"a sparse matrix \(csr_matrix\); write x.toarray\(\)",
    ),
    "a generator": ((i for i in range(3)), r"a generator; write list\(...\) around it"),
    "a set": ({1, 2}, r"a set; write list\(...\) around it"),
    "a dict": ({"a": 1}, "a dict$"),
}


@pytest.mark.parametrize("name", ELSE)
def test_what_is_no_number_is_told_with_the_line_to_write(name):
    data, message = ELSE[name]
    for call in (tg.tensor, Normalize().fit, lambda x: D.roc_auc(x, [0, 1])):
        with pytest.raises(DTypeError, match=message):
            call(data)


def test_the_lines_to_write_are_right():
    names = pd.Series(["cat", "dog"])
    assert tg.tensor(Classes.of(names).encode(names)).numpy().tolist() == [0, 1]
    words = {"a": [1.5, 2], "c": ["cat", "dog"], "d": ["x", "y"]}
    category = pl.Series(words["c"], dtype=pl.Categorical)
    for x in (
        pd.DataFrame(words | {"c": pd.Categorical(words["c"])}),
        pl.DataFrame(words | {"c": category}),
    ):
        for door in (tg.tensor, lambda x: tg.train.predict(tg.nn.Linear(3, 1), x)):
            with pytest.raises(DTypeError, match=r"the columns \['c', 'd'\]; write") as refused:
                door(x)
            line = str(refused.value).rpartition("; write ")[2]
            assert tg.tensor(eval(line, {"pd": pd, "x": x})).shape == (2, 5)
    dates = np.array(["2020-01-01", "2020-01-03"], "M8[us]")
    for values in (dates, dates - dates[0]):
        for make in (np.array, list, pd.Series, pd.DataFrame, pd.Index, pl.Series, pl.DataFrame):
            with pytest.raises(DTypeError) as refused:
                Normalize().fit(x := make(values))
            line = re.search(r"; write (.*?'D'\))", str(refused.value))[1]
            numbers = eval(line, {"np": np, "x": x, "d": np.asarray(x)})
            assert np.ravel(tg.tensor(numbers).numpy()).tolist() == [0, 2]
    assert tg.tensor(np.asarray([Decimal("0.5"), Fraction(1, 4)], float)).numpy().tolist() == [
        0.5,
        0.25,
    ]
    flags = pd.Series([True, None], dtype="boolean")
    assert np.isnan(tg.tensor(flags.to_numpy(float, na_value=np.nan))[1].item())
    assert tg.tensor(sparse.csr_matrix(np.eye(2)).toarray()).shape == (2, 2)
    assert tg.tensor(np.array(["1.5"]).astype(float)).numpy().tolist() == [1.5]


def test_labels_of_several_types_are_refused_and_not_written_as_strings():
    with pytest.raises(DTypeError, match=r"predictions must be .* not object; write \[str\(one\)"):
        D.accuracy([1, "a", 2.5], ["1", "a", "2.5"])


# ------------------------------------------------------------------------------------ pieces

OBJECTS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=3),
    st.decimals(allow_nan=False), st.sampled_from([pd.NA, pd.NaT, np.float32(1), np.int8(3)]),
)  # fmt: skip


@given(st.lists(OBJECTS, min_size=1, max_size=6))
def test_objects_are_numbers_only_if_all_are(values):
    array = np.empty(len(values), object)
    array[:] = values
    found = numbers_of(array)
    plain = all(isinstance(v, (bool, int, float, np.number)) for v in values)
    fits = all(not isinstance(v, int) or -(2**63) <= v < 2**64 for v in values)
    if plain and fits:
        assert [float(a) for a in found] == pytest.approx(
            [float(v) for v in values], nan_ok=True, rel=1e-6
        )
    elif not plain:
        assert found is array
    expected = [v is None or v is pd.NA or v is pd.NaT or v != v for v in values]
    assert missing_in(array).tolist() == expected


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=5))
def test_lists_of_integers_keep_their_digits(values):
    # NumPy makes float64 of 2**63 beside a smaller one.
    objects = np.array(values, object)
    for made in (tg.tensor(values), tg.tensor([values]), tg.tensor(objects)):
        assert made.numpy().ravel().tolist() == values
    assert tg.tensor(values, dtype="uint64").numpy().tolist() == values
    assert tg.tensor([*values, 2**63, 0.5]).dtype == np.float32


@given(st.sampled_from([True, False, 0, 1, "", "nan", np.True_, np.False_, (), np.float64(0)]))
def test_what_is_there_is_not_missing(value):
    assert not is_missing(value)


def test_labels_that_are_missing_are_not_to_be_written_as_integers():
    one_hot = lambda y: tg.one_hot(y, num_classes=2)  # noqa: E731
    labels = pd.Series(pd.array([1, None, 0], dtype="Int64"))
    for door in (lambda y: tg.nn.losses.cross_entropy(tg.zeros((3, 2)), y), one_hot):
        with pytest.raises(DTypeError, match=r"1 of 3 values is NaN or infinite, .*: leave"):
            door(labels)
        with pytest.raises(DTypeError, match=r"not float64; write .astype\('int64'\)$"):
            door(np.array([1.0, 0.0, 1.0]))


def test_one_each():
    for shape, size in [((3, 1), 3), ((1, 3), 3), ((1, 1), 1), ((0, 1), 0)]:
        assert one_each(np.zeros(shape)).shape == (size,)
    for shape in [(2, 3), (3,), (), (1, 1, 3)]:
        assert one_each(np.zeros(shape)).shape == shape


def test_objects_that_are_arrays_are_not_taken_apart():
    array = np.empty(2, object)
    array[:] = [np.zeros(3), np.ones(3)]
    assert numbers_of(array) is array
    with pytest.raises(
        DTypeError, match=r"not objects such as shape \(3,\) float64; write np.stack"
    ):
        tg.tensor(array)
    assert tg.tensor(np.stack(list(array))).shape == (2, 3)


@pytest.mark.parametrize("rows", [[[1.0, 2.0], [3.0, 4.0]], [(1, 2), (3, 4)]])
def test_a_column_of_lists_is_told_to_be_stacked(rows):
    x = pd.Series(rows)
    for door in (tg.tensor, Normalize().fit):
        with pytest.raises(
            DTypeError, match=r"not objects such as .*; write np.stack\(list\(x\)\)$"
        ):
            door(x)
    assert tg.tensor(np.stack(list(x))).shape == (2, 2)


def test_ragged_lists_say_where():
    with pytest.raises(ShapeError, match=r"^x: ragged data: data\[0\] has length 1, data\[1\]"):
        to_plain([[1], [1, 2]], "x")


# ---------------------------------------------------------------------- tensors of other libraries


class Torch:
    """A tensor as PyTorch has it, which refuses to be an array."""

    __module__ = "torch"

    def __init__(self, requires_grad, dtype):
        self.requires_grad, self.dtype, self.shape = requires_grad, dtype, (2, 2)

    def __len__(self):
        return 2

    def __array__(self, dtype=None, copy=None):
        if self.requires_grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")
        raise TypeError("Got unsupported ScalarType BFloat16")


REFUSING = {
    "requires a gradient; write x.detach().numpy()": Torch(True, "torch.float32"),
    "requires a gradient; write x.detach().float().numpy()": Torch(True, "torch.bfloat16"),
    "of torch of dtype bfloat16; write x.float().numpy()": Torch(False, "torch.bfloat16"),
    "a Torch of torch that gives NumPy no array: Got uns": Torch(False, "torch.complex32"),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("told", REFUSING)
def test_a_tensor_of_another_library_is_told_how_it_becomes_an_array(door, told):
    with pytest.raises(DTypeError, match=re.escape(told)):
        DOORS[door](REFUSING[told])


def test_a_list_of_such_tensors_is_told_too():
    with pytest.raises(DTypeError, match=r"write x\.detach\(\)\.numpy\(\)$"):
        tg.tensor([Torch(True, "torch.float32")] * 2)
    with pytest.raises(TypeError, match=r"parameter '0' is a torch\.Torch; write tg"):
        tg.optim.SGD([Torch(True, "torch.float32")], lr=0.1)


def test_dates_beside_numbers_and_sparse_operands_are_told_what_to_write():
    dates = pd.to_datetime(["2020-01-01", "2020-01-03"])
    frame = pd.DataFrame({"a": [1.0, 2.0], "d": dates})
    line = re.escape("d write (d - d.min()) / np.timedelta64(1, 'D')")
    for mixed in (
        frame,
        frame.assign(d=dates - dates[0]),
        frame.assign(d=[d.date() for d in dates]),
    ):
        with pytest.raises(DTypeError, match=f"not dates or durations such as .*{line}"):
            tg.tensor(mixed)
    d = frame["d"]
    assert list((d - d.min()) / np.timedelta64(1, "D")) == [0.0, 2.0]
    with pytest.raises(DTypeError, match=r"x is a sparse matrix \(csr_matrix\); write x\.toarray"):
        tg.nn.Linear(2, 3)(sparse.csr_matrix(np.ones((3, 2))))


def test_arrays_without_elements_and_of_foreign_types():
    assert numbers_of(np.array([], object)).dtype == object
    with pytest.raises(DTypeError, match=r"numbers of dtype \|V2; write x\.astype\('float32'\)"):
        tg.tensor(np.zeros(2, "V2"))  # as bfloat16 is, where nobody registered it
