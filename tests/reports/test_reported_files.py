"""Reports of saved weights: shared and strided arrays, odd sizes, parts that are missing."""

import numpy as np
import pytest
import safetensors.numpy

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.train import load, save


class Words(nn.Module):
    def __init__(self, tied):
        super().__init__()
        self.table = nn.Embedding(5, 3)
        self.scores = nn.Linear(3, 5, bias=False)
        if tied:
            self.scores.weight = self.table.weight


class Holder(nn.Module):
    """Keeps arrays as buffers."""

    def __init__(self, arrays):
        super().__init__()
        for name, array in arrays.items():
            setattr(self, name, tg.asarray(array))


def round_trip(path, arrays):
    save(path, model=Holder(arrays))
    other = Holder({name: np.zeros_like(array) for name, array in arrays.items()})
    load(path, model=other)
    return other.state_dict()


def test_shared_weights_are_saved_once_and_come_back_shared(tmp_path):
    """safetensors/safetensors#98, safetensors/safetensors#493: tied weights could not be saved."""
    path = tmp_path / "words.safetensors"
    model, other = Words(tied=True), Words(tied=True)
    save(path, model=model)
    assert list(safetensors.numpy.load_file(path)) == ["model/table.weight"]
    load(path, model=other)
    assert other.scores.weight is other.table.weight
    np.testing.assert_array_equal(other.scores.weight, model.table.weight)


@pytest.mark.parametrize(("saved", "made", "told"), [
    (True, False, "missing: scores.weight"), (False, True, "scores.weight are one tensor"),
])  # fmt: skip
def test_a_model_that_ties_what_the_file_does_not(saved, made, told, tmp_path):
    """huggingface/transformers#38870, huggingface/transformers#30202: a weight stayed random."""
    path = tmp_path / "words.safetensors"
    save(path, model=Words(tied=saved))
    model = Words(tied=made)
    before = model.state_dict()
    with pytest.raises(tg.errors.StateError, match=told):
        load(path, model=model)
    assert all(np.array_equal(value, before[name]) for name, value in model.state_dict().items())


def test_arrays_of_any_layout(tmp_path):
    """safetensors/safetensors#469, MinishLab/model2vec#341, ml-explore/mlx-examples#224: order."""
    arrays = {
        "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "turned": np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1),
        "backwards": np.arange(10)[::-2],
        "row": np.arange(12.0).reshape(3, 4)[1],
        "repeated": np.broadcast_to(np.float32(7), (2, 3)),
    }
    found = round_trip(tmp_path / "layouts.safetensors", arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array, strict=True)


def test_arrays_without_axes_or_elements(tmp_path):
    """huggingface/accelerate#2145: what is no ordinary array in a state broke its saving."""
    arrays = {
        "nothing": np.zeros((0, 3), "float32"),
        "no_columns": np.zeros((3, 0)),
        "scalar": np.array(5.0),
        "flags": np.array([True, False]),
        "count": np.array(2**62),
        "halves": np.array([np.nan, -0.0, np.inf, 6e-8], "float16"),
    }
    found = round_trip(tmp_path / "sizes.safetensors", arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array, strict=True)
        if array.dtype.kind == "f":
            np.testing.assert_array_equal(np.signbit(found[name]), np.signbit(array))


def test_a_file_holds_no_view_of_a_larger_array(tmp_path):
    """safetensors/safetensors#17: a column would need the whole matrix it was cut from."""
    path = tmp_path / "column.safetensors"
    save(path, model=Holder({"column": np.zeros((1000, 1000))[:, 0]}))
    assert path.stat().st_size < 8 * 1000 + 2000


@pytest.mark.parametrize("dtype", [">f8", ">f4", ">i2", ">i8"])
def test_numbers_in_the_other_order_of_bytes(tmp_path, dtype):
    """safetensors/safetensors#307: 1.5e-38 where 0.05 was saved."""
    array = np.array([1, -2, 3000], dtype)
    save(tmp_path / "other.safetensors", arrays={"array": array})
    found = load(tmp_path / "other.safetensors")["arrays"]["array"]
    np.testing.assert_array_equal(found, array.astype(array.dtype.newbyteorder("=")), strict=True)
