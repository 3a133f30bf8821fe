"""Bags of embeddings against loops, and rows of padding."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tensorgraph as tg
from tensorgraph import nn
from tensorgraph.errors import ArgumentError, AxisError, DTypeError, ShapeError
from tensorgraph.testing import gradcheck

REDUCE = {"sum": np.sum, "mean": np.mean, "max": np.max}


@given(
    st.sampled_from(list(REDUCE)),
    st.lists(st.lists(st.integers(0, 4), max_size=4), min_size=1, max_size=4),
    st.sampled_from([None, 0, -1]),
    st.sampled_from(["float32", "float64"]),
)
def test_a_bag_is_reduced_row_by_row(mode, bags, padding, dtype):
    layer = nn.EmbeddingBag(5, 3, mode, dtype=dtype, padding_idx=padding)
    table = layer.weight.numpy()
    ids = np.array([k for bag in bags for k in bag], int)
    offsets = np.cumsum([0, *map(len, bags)])[:-1]
    found = layer(ids, offsets)
    assert found.dtype == dtype
    for row, bag in zip(found.numpy(), bags, strict=True):
        kept = [k for k in bag if padding is None or k != padding % 5]
        expected = REDUCE[mode](table[kept], axis=0) if kept else np.zeros(3)
        np.testing.assert_allclose(row, expected, rtol=1e-5)
    longest = max(map(len, bags))
    if padding is not None and longest:
        rows = np.array([[*bag, *[padding % 5] * (longest - len(bag))] for bag in bags])
        np.testing.assert_allclose(layer(rows).numpy(), found.numpy(), rtol=1e-5)


def test_weights_of_a_sum_have_a_gradient():
    layer = nn.EmbeddingBag(5, 3, "sum", dtype="float64")
    ids, offsets = np.array([3, 1, 3, 0]), np.array([0, 3])
    gradcheck(lambda w: layer(ids, offsets, w) ** 2, np.array([0.5, -1.0, 2.0, 3.0]), order=2)
    w = np.array([0.5, -1.0, 2.0, 3.0])
    expected = w[:3] @ layer.weight.data[ids[:3]]
    np.testing.assert_allclose(layer(ids, offsets, w).data[0], expected)


def test_what_is_no_bag_is_refused():
    layer = nn.EmbeddingBag(5, 3)
    with pytest.raises(
        ShapeError, match=r"\(n,\) with offsets of shape \(m,\); write offsets=\[0\]"
    ):
        layer([1, 2])
    with pytest.raises(ShapeError, match="ids of shape"):
        layer([[1, 2]], [0])
    with pytest.raises(AxisError, match=r"embedding_bag .*id 5 at index"):
        layer([[5]])
    for offsets in ([1], [0, 3, 2], [0, 9], []):
        with pytest.raises((ArgumentError, DTypeError), match="offsets"):
            layer([1, 2, 3], np.array(offsets))
    with pytest.raises(DTypeError, match="offsets are integers"):
        layer([1, 2], np.array([0.0]))
    with pytest.raises(ShapeError, match="are for mode='sum'"):
        layer([[1, 2]], weights=np.ones((1, 2)))
    with pytest.raises(ArgumentError, match="EmbeddingBag: mode is one of 'sum', 'mean', 'max'"):
        nn.EmbeddingBag(5, 3, "median")


@pytest.mark.parametrize("kind", [nn.Embedding, nn.EmbeddingBag])
def test_the_row_of_padding_starts_at_0_and_has_no_gradient(kind):
    layer = kind(4, 2, dtype="float64", padding_idx=-3)
    assert layer.padding_idx == 1 and "padding_idx=1" in repr(layer)
    assert not layer.weight.data[1].any() and layer.weight.data[0].all()
    layer(np.array([[1, 0, 1]])).sum().backward()
    assert not layer.weight.grad.data[1].any() and layer.weight.grad.data[0].all()
    layer.weight.assign(np.ones((4, 2)))  # as from elsewhere: the row is used as it is
    if kind is nn.Embedding:
        assert layer(np.array([1])).data.tolist() == [[1, 1]]
    with pytest.raises(ArgumentError, match="padding_idx=4 is not one of the 4 ids"):
        kind(4, 2, padding_idx=4)
    assert isinstance(layer.weight, tg.Tensor)


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("padding_idx", [None, 2])
def test_offsets_are_arguments_of_what_is_mapped_and_compiled(mode, padding_idx):
    bags = nn.EmbeddingBag(6, 3, mode, dtype="float64", padding_idx=padding_idx)
    ids = np.array([[1, 2, 3, 3, 5], [0, 2, 2, 4, 4]])
    offsets = np.array([[0, 2, 2], [0, 1, 3]])
    with tg.no_grad():
        expected = [bags(i, o).numpy() for i, o in zip(ids, offsets, strict=True)]
        each = tg.vmap(lambda i, o: bags(i, o))(tg.tensor(ids), tg.tensor(offsets))
        np.testing.assert_allclose(each.numpy(), expected, rtol=1e-12)
        run = tg.compile(bags)
        for _ in range(2):
            for i, o, wanted in zip(ids, offsets, expected, strict=True):
                np.testing.assert_allclose(run(i, o).numpy(), wanted, rtol=1e-12)
        with pytest.raises(tg.errors.ArgumentError, match="offsets begin at 0"):
            run(ids[0], np.array([0, 3, 2]))
    table = bags.weight.numpy()
    for i, o, found in zip(ids, offsets, expected, strict=True):
        for k, bag in enumerate(np.split(i, o[1:])):
            rows = table[bag[bag != padding_idx]] if padding_idx is not None else table[bag]
            wanted = getattr(np, mode)(rows, axis=0) if len(rows) else np.zeros(3)
            np.testing.assert_allclose(found[k], wanted, rtol=1e-12)
