"""NaN, infinities, equal elements and few of them: what reductions and masks make of these."""

import numpy as np
import pytest

import tensorgraph as tg
from tensorgraph import errors

INF, NAN = np.inf, np.nan
equal = np.testing.assert_array_equal


def slope(f, x, dtype=np.float64):
    return tg.grad(lambda x: tg.sum(f(x)))(tg.tensor(np.array(x, dtype))).numpy()


# ------------------------------------------------------------------------------------------ extrema


@pytest.mark.parametrize("reduce", [tg.max, tg.min])
def test_a_nan_takes_the_gradient(reduce):
    equal(slope(reduce, [1, NAN]), [0, 1])
    equal(slope(reduce, [NAN, 1, NAN]), [0.5, 0, 0.5])
    equal(slope(lambda x: reduce(x, axis=1), [[1, NAN], [2, 2]]), [[0, 1], [0.5, 0.5]])
    equal(slope(reduce, [INF, 1, INF]), slope(reduce, [2, 1, 2]))


def test_a_nan_takes_the_gradient_of_its_window():
    x = [[[1, NAN, 3, 4, NAN]]]
    equal(slope(lambda x: tg.max_pool(x, size=2), x), [[[0, 1, 0, 1, 0]]])
    equal(slope(lambda x: tg.max_pool(x, size=2, stride=1, padding=1), x), [[[1, 2, 0, 1, 2]]])
    twice = lambda x: tg.grad(lambda x: (tg.max_pool(x, size=2) ** 2).sum())(x)  # noqa: E731
    equal(slope(twice, [[[1.0, 5.0]]]), [[[0, 2]]])


def test_same_counts_nan_as_equal():
    equal(tg.same([1, NAN, NAN, 2], [1, NAN, 1, NAN]), [True, True, False, False])
    equal(tg.same(tg.tensor([1, 2]), [1, 3]), [True, False])


# ------------------------------------------------------------------------------------------ moments


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [0.1, 1.7, 1e-3, 12345.678, -0.3, 1e10 / 3])
def test_equal_elements_have_no_spread(value, dtype):
    for n in (3, 7, 10, 33, 49, 64, 99, 1000):
        for x, axis in ((np.full(n, value, dtype), 0), (np.full((n, 2), value, dtype), 0)):
            assert not tg.center(x, axis=axis).any()
            assert not tg.std(x, axis=axis).any()
            assert not slope(lambda x, axis=axis: tg.std(x, axis=axis), x, dtype).any()


def test_no_more_elements_than_the_correction():
    for x in (tg.tensor([1.0, 3.0]), [1.0, 3.0], np.array([1.0, 3.0])):
        for correction in (2, 5):
            assert np.asarray(tg.var(x, correction=correction)) == INF
            assert np.asarray(tg.std(x, correction=correction)) == INF
    assert np.isnan(tg.var([1.0, 1.0], correction=2).item())
    assert np.isnan(tg.var([2.0], correction=1).item())
    for correction in (0, 1):
        equal(tg.var(tg.zeros((0, 3)), axis=0, correction=correction), [NAN] * 3)


def test_means_of_what_adds_up_to_too_much():
    large = np.finfo(np.float32).max
    for n in (2, 3, 7):
        assert tg.mean(np.full(n, large)).item() == large
        assert not tg.center(np.full(n, large), axis=0).any()
        equal(tg.avg_pool(np.full((1, 1, n), large), size=n), [[[large]]])
    equal(tg.mean([[large, large], [INF, 1], [INF, -INF], [1, 3]], axis=1), [large, INF, NAN, 2])


@pytest.mark.parametrize("scale", [2.0**66, 2.0**100])
def test_normalising_layers_do_not_see_a_scale(scale):
    x = np.array([[1, 2, 3, 6], [0, -1, 1, 5]], np.float32)
    weight = np.array([[1, -2, 0.5, 3], [2, 1, -1, 1]], np.float32)
    for layer in (tg.nn.LayerNorm(4, eps=0), tg.nn.RMSNorm(4, eps=0), tg.nn.LayerNorm(4)):
        run = lambda x, layer=layer: layer(x) * weight  # noqa: E731
        plain, large = layer(tg.tensor(x)).numpy(), layer(tg.tensor(x * np.float32(scale))).numpy()
        np.testing.assert_allclose(large, plain, rtol=1e-5, atol=1e-7)
        found = slope(run, x * np.float32(scale), np.float32) * np.float32(scale)
        np.testing.assert_allclose(found, slope(run, x, np.float32), rtol=2e-4, atol=1e-5)


# ----------------------------------------------------------------------------------------- products


def test_products_of_which_a_part_leaves_the_range():
    small, large = np.float32(2.0**-100), np.float32(2.0**100)
    equal(tg.prod(np.array([small, small, large, large])), np.float32(1))
    rows = np.array([[large, large, small, small], [large, large, 1, 1]], np.float32)
    equal(tg.prod(rows, axis=1), np.float32([1, INF]))
    equal(tg.prod(np.array([1e-40, 1], np.float32)), np.float32(1e-40))
    equal(tg.prod([INF, 0.0]), NAN)
    equal(tg.prod([INF, -2.0]), -INF)
    equal(tg.prod([NAN, 0.0]), NAN)
    equal(tg.prod([0.0, -2.0]), 0)
    assert tg.prod(np.full(2000, 0.5)).item() == 0  # below all numbers


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("first", [0.25, 4.0])
def test_products_of_many_small_and_many_large_factors(first, dtype):
    x = np.repeat(np.array([first, 1 / first, 1], dtype), 3001)
    rows = np.stack([x, np.full_like(x, first)], axis=1)
    equal(tg.prod(x), 1)
    equal(tg.prod(rows, axis=0), dtype([1, INF if first > 1 else 0]))
    equal(tg.prod(rows[:, :1].T, axis=(0, 1)), 1)


def test_vecdot_is_numpys():
    x, y = np.array([200, 100], np.uint8), np.array([2, 1], np.uint8)
    found = tg.vecdot(x, y)
    assert (np.asarray(found), found.dtype) == (np.vecdot(x, y), np.uint8)
    assert tg.vecdot(x > 0, y > 1).dtype == bool
    a, b = np.arange(6.0).reshape(3, 2), np.arange(3.0)
    equal(tg.vecdot(a, b, axis=0), np.vecdot(a, b, axis=0))
    for one in (np.ones(1), np.ones((3, 1))):
        with pytest.raises(
            errors.ShapeError, match="vecdot: the vectors along axis -1 have length 1"
        ):
            tg.vecdot(tg.tensor(one), [1.0, 2.0, 3.0])


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "bool"])
def test_contractions_of_whole_numbers_keep_numpys_dtype(dtype):
    x = (np.arange(12).reshape(3, 4) * 37 % 128).astype(dtype)
    for ours, numpys in (
        (tg.einsum("ij->j", x), np.einsum("ij->j", x)),
        (tg.einsum("ij,kj->ik", x, x), np.einsum("ij,kj->ik", x, x)),
        (tg.einsum("ij,k->j", x, x[0]), np.einsum("ij,k->j", x, x[0])),
        (tg.matmul(x, x.T), np.matmul(x, x.T)),
        (tg.tensordot(x, x, axes=2), np.tensordot(x, x, axes=2)),
        (tg.outer(x[0], x[1]), np.outer(x[0], x[1])),
    ):
        assert ours.dtype == numpys.dtype
        equal(ours, numpys)


# -------------------------------------------------------------------------------------------- masks


def test_what_is_dropped_may_be_anything():
    x, mask = tg.tensor([INF, NAN, 1.0]), np.array([False, False, True])
    equal(tg.dropout(x, mask, keep_prob=0.5), [0, 0, 2])
    upstream = tg.tensor([INF, NAN, 1.0])
    found = tg.grad(lambda x: (tg.dropout(x, mask, keep_prob=0.5) * upstream).sum())(tg.ones(3))
    equal(found, [0, 0, 2])


MASK = np.array([[True, False, False], [True, True, False], [True, False, False]])


def attention(q, k, v):
    return tg.nn.scaled_dot_product_attention(q, k, v, MASK)


@pytest.mark.parametrize("bad", [NAN, INF, -INF])
@pytest.mark.parametrize("order", [1, 2])
def test_masked_keys_and_values_are_ignored(bad, order):
    q, k, v = (np.random.default_rng(i).normal(size=(3, 2)) for i in range(3))
    hidden = np.array([[False], [False], [True]])  # no query may attend to it
    seen = np.array([[False], [True], [False]])  # query 1 may
    upstream = np.array([[1.0, 2.0], [0.0, 0.0], [3.0, 4.0]])

    def cost(q, k, v):
        return (tg.where(upstream > 0, attention(q, k, v), 0) * upstream).sum()

    def slopes(i, *arrays):
        first = tg.grad(cost, argnums=i)
        wanted = first if order == 1 else tg.grad(lambda *a: (first(*a) ** 2).sum(), argnums=i)
        return wanted(*map(tg.tensor, arrays)).numpy()

    others = [0, 2]
    spoilt = np.where(seen, bad, v)
    equal(attention(q, k, spoilt)[others], attention(q, k, v)[others])
    assert not np.isfinite(attention(q, k, spoilt)[1]).any()
    equal(slopes(0, q, k, spoilt)[others], slopes(0, q, k, v)[others])
    for i in range(3):
        found = slopes(i, q, np.where(hidden, bad, k), np.where(hidden, bad, v))
        np.testing.assert_allclose(found, slopes(i, q, k, v), rtol=1e-12, atol=1e-15)


def test_masked_keys_leave_the_projections_alone():
    layer = tg.nn.MultiHeadAttention(4, heads=2, dtype="float64")
    x, other = (np.random.default_rng(i).normal(size=(2, 3, 4)) for i in range(2))
    mask = np.array([[True, True, False]] * 2)
    spoilt = np.where(mask[:, :, None], other, NAN)
    found = []
    for keys in (other, spoilt):
        layer.zero_grad()
        layer(tg.tensor(x), tg.tensor(keys), key_mask=mask).sum().backward()
        found.append([p.grad.numpy() for p in layer.parameters()])
    for plain, masked in zip(*found, strict=True):
        np.testing.assert_allclose(masked, plain, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("number", [np.asarray(0.5), np.float32(0.5)])
def test_a_number_is_reduced_to_itself_and_has_no_spread(number):
    with tg.no_grad():
        for reduce in (tg.sum, tg.mean, tg.max, tg.prod, tg.norm):
            equal(reduce(number), 0.5)
        for spread in (tg.var, tg.std):
            equal(spread(number), 0)
    symbolic = tg.trace(lambda x: (tg.var(x), tg.std(x)), number)
    assert [float(found) for found in symbolic(number)] == [0, 0]
