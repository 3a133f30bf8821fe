"""Embedding against the product of one-hot vectors with the table."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, AxisError, DTypeError, ShapeError

DTYPES = ["float32", "float64"]


@given(
    st.integers(1, 5),
    st.integers(1, 3),
    st.lists(st.integers(0, 3), max_size=3).map(tuple),
    st.sampled_from(DTYPES),
    st.data(),
)
def test_rows_and_their_gradients_are_those_of_one_hot_vectors_times_the_table(
    count, dim, shape, dtype, data
):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    layer = nn.Embedding(count, dim, dtype=dtype)
    ids = rng.integers(0, count, shape).astype(data.draw(st.sampled_from(["int64", "uint8"])))
    one_hot = np.eye(count)[ids]
    forms = [ids, tg.tensor(ids)]
    if np.shape(ids.tolist()) == shape:  # empty lists do not tell all of their lengths
        forms.append(ids.tolist())
    rows = layer(data.draw(st.sampled_from(forms)))
    assert rows.dtype == dtype
    np.testing.assert_array_equal(rows.data, (one_hot @ layer.weight.data).astype(dtype))
    g = rng.standard_normal(rows.shape).astype(dtype)
    rows.backward(g)
    assert layer.weight.grad.dtype == dtype
    expected = one_hot.reshape(-1, count).T @ g.reshape(-1, dim)
    tolerance = 1e-5 if dtype == "float32" else 1e-13
    np.testing.assert_allclose(layer.weight.grad.data, expected, atol=tolerance)


def test_an_id_that_occurs_twice_gathers_both_gradients():
    layer = nn.Embedding(3, 1)
    (layer([2, 0, 2]) * np.float32([[1.0], [10.0], [100.0]])).sum().backward()
    assert layer.weight.grad.data.tolist() == [[10.0], [0.0], [101.0]]


@pytest.mark.parametrize("order", [1, 2])
def test_gradients(order):
    layer = nn.Embedding(4, 2, dtype="float64")

    def f(weight):
        rows = nn.functional_call(layer, {"weight": weight}, [[3, 1], [1, 1]])
        return (rows * rows * rows).sum()

    tg.testing.gradcheck(f, layer.weight.data.copy(), order=order)


def test_rows_start_as_standard_normal_numbers():
    weight = nn.Embedding(300, 200, generator=tg.random.Generator(0)).weight.data
    assert weight.dtype == np.float32
    assert abs(weight.mean()) < 5 / np.sqrt(weight.size)
    assert weight.std() == pytest.approx(1, rel=0.02)
    assert np.abs(weight).max() > 3.5
    small = nn.Embedding(300, 200, init=nn.init.normal(0.02), generator=tg.random.Generator(0))
    assert small.weight.data.std() == pytest.approx(0.02, rel=0.02)
    assert repr(small) == "Embedding(300 → 200, init=normal(0.02))"


def test_ids_that_were_changed_since_do_not_change_the_gradient():
    layer, ids = nn.Embedding(3, 1), np.array([0, 0])
    rows = layer(ids)
    ids[:] = 2
    rows.sum().backward()
    assert layer.weight.grad.data.tolist() == [[2.0], [0.0], [0.0]]


@pytest.mark.parametrize(
    ("ids", "error", "message"),
    [
        ([[0, 1], [7, 9]], AxisError, r"id 7 at index \(1, 0\) is not one of the 7 ids 0 … 6"),
        ([1, -1], AxisError, r"id -1 at index \(1,\) is not one of the 7 ids"),
        (7, AxisError, r"id 7 at index \(\) is"),
        (tg.tensor([1.0]), DTypeError, r"ids are integers, not float32; write .astype\('int64'\)"),
        (np.zeros((2, 0)), DTypeError, "ids are integers, not float64"),
        ([[1, 2], [3]], ShapeError, r"ragged data: data\[0\] has length 2, data\[1\] has length 1"),
        (np.int8([3, -100]), AxisError, r"id -100 at index \(1,\) is not one of the 7 ids"),
        ("word", DTypeError, "tensors hold real numbers, integers or booleans, not strings"),
        ([True, False], DTypeError, "ids are integers, not bool"),
    ],
)
def test_ids_that_stand_for_nothing(ids, error, message):
    model = nn.Sequential(nn.Embedding(7, 2))
    with pytest.raises(error, match=rf"embedding in model\.layers\[0\] Embedding: {message}"):
        model(ids)


@given(st.sampled_from("bhilBHIL"), st.sampled_from("<>"), st.integers(1, 300), st.data())
def test_ids_are_checked_in_every_kind_of_integer(kind, order, count, data):
    dtype = np.dtype(kind).newbyteorder(order)
    limits = np.iinfo(dtype)
    number = data.draw(st.integers(max(limits.min, -400), min(limits.max, 400)))
    layer, ids = nn.Embedding(count, 1), np.array([0, number], dtype)
    if 0 <= number < count:
        assert layer(ids).data[1] == layer.weight.data[number]
    else:
        with pytest.raises(AxisError, match=rf"id {number} at index \(1,\)"):
            layer(ids)


def test_sizes_that_make_no_table():
    with pytest.raises(ArgumentError, match="Embedding: num_embeddings is at least 1, not 0"):
        nn.Embedding(0, 3)
    with pytest.raises(DTypeError, match=r"Embedding: embedding_dim is an integer, not 2.5"):
        nn.Embedding(3, 2.5)
