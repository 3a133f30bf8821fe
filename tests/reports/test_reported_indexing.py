"""Reports of gathering, scattering and contracting: repeated indices, nothing at all, einsum."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph.testing import gradcheck
from tests.reports.gradients_of import gradient_of, gradients_of

# ------------------------------------------------------------------------------------- indexing


@pytest.mark.parametrize(
    "read",
    [
        lambda x: x[[0, 0]],
        lambda x: tg.take(x, [0, 0]),
        lambda x: tg.take_along_axis(x, np.array([0, 0]), axis=0),
        lambda x: x[np.array([0, -3])],
    ],
)
def test_an_element_read_twice_gathers_both_gradients(read):
    """pytorch/pytorch#1528, pytorch/pytorch#1631: of a repeated index only the last one counted."""
    np.testing.assert_allclose(gradient_of(read, [1.0, 2.0, 3.0], upstream=[0.2, 0.3]), [0.5, 0, 0])


def test_a_row_read_by_every_place_of_a_long_sequence():
    """pytorch/pytorch#28716: an embedding's gradient changed from 768 to 769 equal ids."""
    table = tg.nn.Embedding(10, 8)
    table(np.zeros((1, 769), int)).sum().backward()
    assert (table.weight.grad.numpy()[0] == 769).all()
    assert not table.weight.grad.numpy()[1:].any()


def test_an_identity_gather_over_the_middle_axis():
    """jax-ml/jax#39025: the gradient of x[:, idx, :] lost whole rows of the batch."""
    rng = np.random.default_rng(0)
    x, g = rng.normal(size=(2, 6, 4, 5))
    np.testing.assert_array_equal(gradient_of(lambda x: x[:, np.arange(4), :], x, upstream=g), g)
    order = rng.permutation(4)
    found = gradient_of(lambda x: x[:, order, :], x, upstream=g)
    np.testing.assert_array_equal(found[:, order], g)


def test_what_is_added_may_broadcast():
    """pytorch/pytorch#71155: index_add of a vector to rows raised in the backward pass."""
    rng = np.random.default_rng(0)
    g = rng.normal(size=(4, 5))

    def add(m, v):
        return tg.add_at(m, [0, 2, 2, 3], v)

    by_m, by_v = gradients_of(add, np.zeros((4, 5)), np.ones(5), upstream=g)
    np.testing.assert_array_equal(by_m, g)
    np.testing.assert_allclose(by_v, g[0] + 2 * g[2] + g[3], rtol=1e-14)


@pytest.mark.parametrize("write", [tg.set_at, tg.add_at])
def test_what_is_written_may_lack_leading_axes(write):
    """pymc-devs/pytensor#266: the gradient of b[:] = x failed where b had a leading axis of 1."""
    for rows in (1, 3):
        found = gradient_of(lambda x, n=rows: write(tg.zeros((n, 2)), slice(None), x), [1.0, 2.0])
        assert found.tolist() == [rows, rows]


def test_segments_that_do_not_exist():
    """jax-ml/jax#8634: a sum into segments out of range was dropped, its gradient was not."""
    with pytest.raises(
        tg.errors.AxisError, match="index 2 is out of bounds for axis 0 with size 2"
    ):
        tg.add_at(tg.zeros(2), np.array([2, 3]), tg.ones(2, requires_grad=True))


@pytest.mark.parametrize("ids", [[-1], [[0, 3], [1, 2]]])
def test_ids_do_not_count_from_the_end(ids):
    """pytorch/pytorch#14844: padding with -1 must not quietly be the last word."""
    with pytest.raises(tg.errors.AxisError, match=r"is not one of the 3 ids 0 … 2"):
        tg.nn.Embedding(3, 2)(np.array(ids))


# ---------------------------------------------------------------------------------- nothing at all


def test_broadcasting_to_nothing():
    """pytorch/pytorch#15223: b[:, None] + an array of shape (4, 0) had no backward pass."""

    def f(b):
        return (np.zeros((4, 0)) + tg.expand_dims(b, axis=1)).sum()

    assert gradient_of(f, np.ones(4)).tolist() == [0] * 4


def test_running_sums_of_nothing():
    """pytorch/pytorch#31515: cumsum along an axis of length 0 raised in the backward pass."""
    for axis, shape in ((-1, (2, 0)), (0, (0, 3)), (0, (3, 0))):

        def f(x, axis=axis):
            return tg.cumulative_sum(x, axis=axis).sum()

        assert gradient_of(f, np.zeros(shape)).shape == shape


def test_joining_and_splitting_with_an_empty_part():
    """chainer/chainer#4333: concat with an empty array at its tail failed in the backward pass."""
    a, b = np.ones((2, 5)), np.ones((0, 5))
    for parts in ((a, b), (b, a), (b, b), (b, a, b)):
        whole = sum(len(part) for part in parts)
        g = np.arange(whole * 5.0).reshape(whole, 5)
        found = gradients_of(lambda *parts: tg.concat(parts, axis=0), *parts, upstream=g)
        np.testing.assert_array_equal(np.concatenate(found), g)
        assert [x.shape for x in found] == [part.shape for part in parts]
    assert [part.shape for part in tg.split(tg.ones((3, 2)), [0, 3, 3])] == [
        (0, 2), (3, 2), (0, 2), (0, 2)
    ]  # fmt: skip


def test_joining_scalars_is_refused():
    """tensorflow/tensorflow#48762: concat of 0-d tensors worked, its gradient divided by zero."""
    x = tg.tensor(1.0, requires_grad=True)
    with pytest.raises(tg.errors.AxisError, match="it has no axes"):
        tg.concat([x, x])
    assert gradient_of(lambda x: tg.stack([x, x * x]), 3.0).tolist() == 7


@pytest.mark.parametrize(
    ("one", "two"),
    [((2, 3, 0), (0, 4)), ((3, 0, 0), (0, 0)), ((0, 3), (3, 4)), ((2, 3), (3, 0)), ((0,), (0,)),
     ((0, 2, 3), (3, 4)), ((5, 0, 2), (5, 2, 3))],
)  # fmt: skip
def test_products_over_no_terms(one, two):
    """pytorch/pytorch#63352, huggingface/candle#3756: matmul of length 0, and its two gradients."""
    x, y = np.ones(one), np.ones(two)
    np.testing.assert_array_equal(tg.matmul(tg.tensor(x), tg.tensor(y)), x @ y)
    by_x, by_y = gradients_of(tg.matmul, x, y)
    assert (by_x.shape, by_y.shape) == (one, two)
    assert not by_x.any() and not by_y.any()


def test_a_product_over_no_terms_still_has_to_fit():
    """huggingface/candle#3756: shapes that do not fit were accepted if one length was 0."""
    with pytest.raises(tg.errors.ShapeError, match="must be equal"):
        tg.zeros((2, 3, 0)) @ tg.zeros((1, 4))


# ------------------------------------------------------------------------------------ contractions

EINSUMS = [
    ("abcd->bd", [(3, 2, 3, 2)]),
    ("bnij,bnjc->bnic", [(1, 1, 5, 3), (1, 1, 3, 2)]),
    ("i,j->ij", [(3,), (4,)]),
    ("ij->", [(2, 3)]),
    ("ii", [(3, 3)]),
    ("iij->ji", [(2, 2, 3)]),
    ("i,i", [(2,), (1,)]),
    ("ij,ij->j", [(1, 5), (5, 5)]),
    ("...i,...i->...", [(4, 1, 3), (2, 3)]),
    ("ij,jk,kl->il", [(2, 3), (3, 2), (2, 4)]),
]


@pytest.mark.parametrize(("subscripts", "shapes"), EINSUMS)
def test_einsum_and_its_gradients(subscripts, shapes):
    """apache/mxnet#18102, ml-explore/mlx#2376, HIPS/autograd#242, numpy/numpy#11218: einsum."""
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape) for shape in shapes]
    found = tg.einsum(subscripts, *map(tg.tensor, arrays))
    np.testing.assert_allclose(found, np.einsum(subscripts, *arrays), rtol=1e-13)
    gradcheck(lambda *xs: tg.einsum(subscripts, *xs), *arrays, order=2)


def test_tensordot_over_the_last_axes():
    """pymc-devs/pytensor#606: tensordot over axes counted from the end had a wrong shape."""
    x, h = np.ones(2), np.arange(42.0).reshape(7, 3, 2)
    for axes in ([[-1], [-1]], [[0], [2]]):
        found = tg.tensordot(tg.tensor(x), tg.tensor(h), axes=axes)
        np.testing.assert_array_equal(found, h.sum(-1))
    gradcheck(lambda x, h: tg.tensordot(x, h, axes=[[-1], [-1]]), x, h)


# ---------------------------------------------------------------------------- arrays and operators


def test_operators_with_numpys_on_the_left():
    """mdhaber/marray#40, pygae/clifford#2, numpy/numpy#8155: an array took the tensor apart."""
    x = tg.tensor([1.0, 2.0, 3.0], dtype="float64", requires_grad=True)
    row, one = np.array([3.0, 1.0, 2.0]), np.float64(2)
    pairs = [
        (row * x, row * x.numpy()), (row - x, row - x.numpy()), (row / x, row / x.numpy()),
        (row**x, row ** x.numpy()), (one * x, one * x.numpy()), (one - x, one - x.numpy()),
        (one**x, one ** x.numpy()), (np.eye(3) @ x, x.numpy()), (row < x, row < x.numpy()),
    ]  # fmt: skip
    for found, expected in pairs:
        assert type(found) is tg.Tensor
        np.testing.assert_allclose(found, expected, rtol=1e-15)
    assert gradient_of(lambda x: np.eye(3) @ x, np.ones(3), upstream=row).tolist() == row.tolist()
