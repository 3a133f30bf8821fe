"""einsum over made-up subscripts, and matmul over all shapes that it takes."""

import re
import string

import numpy as np
import pytest
from hypothesis import event, given, settings, strategies as st
from hypothesis.extra import numpy as hnp

import tensorgraph as tg
from tensorgraph.engine.graph import ancestors
from tensorgraph.testing.strategies import einsum_spec
from tests.ops import elements

MORE = settings(max_examples=3 * settings().max_examples)


def fill(shape, seed):
    return np.random.default_rng(seed).standard_normal(shape)


def _describe(subscripts, operands):
    terms = subscripts.partition("->")[0].split(",")
    event("repeated letter", any(len(set(t) - {"."}) < len(t.replace(".", "")) for t in terms))
    event("ellipsis", "..." in subscripts)
    event("length 1", any(1 in x.shape for x in operands))
    event("operands", len(operands))


@MORE
@given(einsum_spec())
def test_einsum_is_the_sum_of_products(made):
    subscripts, operands = made
    _describe(subscripts, operands)
    found = tg.einsum(subscripts, *map(tg.tensor, operands)).numpy()
    expected = elements.einsum(*operands, subscripts=subscripts)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(found, np.einsum(subscripts, *operands), rtol=1e-12, atol=1e-13)


@MORE
@given(einsum_spec(), st.permutations(range(52)))
def test_einsum_with_lists_of_numbers_is_numpys(made, numbers):
    subscripts, operands = made
    stands_for = dict(zip(string.ascii_letters, numbers, strict=True), **{"...": ...})
    left, arrow, result = subscripts.partition("->")
    terms = [re.findall(r"\.{3}|\w", term) for term in [*left.split(","), result]]
    lists = [[stands_for[letter] for letter in term] for term in terms]
    args = [arg for pair in zip(operands, lists, strict=False) for arg in pair]
    args += lists[-1:] if arrow else []  # if not, the sorted numbers of one axis are kept
    found = tg.einsum(*args)
    np.testing.assert_allclose(found, np.einsum(*args), rtol=1e-12, atol=1e-13)
    tensors = [tg.tensor(arg) if isinstance(arg, np.ndarray) else arg for arg in args]
    assert type(np.einsum(*tensors)) is tg.Tensor
    assert np.array_equal(np.einsum(*tensors), found)


def test_einsum_with_lists_of_more_numbers_than_small_letters():
    x = fill((1,) * 26 + (2, 3), 0)
    found = tg.einsum(tg.tensor(x), [*range(51, 25, -1), 1, 0])
    assert np.array_equal(found, x.reshape(2, 3).T.reshape(found.shape))
    assert found.shape == (3, 2, *(1,) * 26)
    tg.testing.gradcheck(lambda x: tg.einsum(x, [51, 3, ..., 3], [..., 51]), fill((2, 3, 2, 3), 0))


@MORE
@given(einsum_spec())
def test_einsum_has_the_right_gradients(made):
    subscripts, operands = made
    tg.testing.gradcheck(lambda *xs: tg.einsum(subscripts, *xs), *operands, order=2)


@pytest.mark.parametrize(
    "subscripts, shapes",
    [
        ("ii", [(3, 3)]),
        ("iii->i", [(2, 2, 2)]),
        ("iji->j", [(2, 3, 2)]),
        ("ij->", [(2, 3)]),
        ("i,j->j", [(2,), (3,)]),
        ("i,i->i", [(1,), (3,)]),
        ("ij,ij->i", [(2, 1), (2, 3)]),
        ("ij,ij->", [(2, 1), (1, 3)]),
        ("...i,...i", [(2, 3), (3,)]),
        ("i...,i...->...", [(3, 1, 2), (3, 2)]),
        ("...,...->...", [(2, 1), (3,)]),
        ("ii,ij->j", [(2, 2), (2, 3)]),
        ("ii,jj->", [(2, 2), (3, 3)]),
        ("ab,bc,cd,de->ae", [(2, 3), (3, 2), (2, 3), (3, 2)]),
        (",->", [(), ()]),
        ("ij , jk -> k i", [(2, 3), (3, 2)]),
    ],
)
def test_einsum_corner_by_corner(subscripts, shapes):
    operands = [fill(shape, k) for k, shape in enumerate(shapes)]
    found = tg.einsum(subscripts, *operands)
    expected = elements.einsum(*operands, subscripts=subscripts)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)
    tg.testing.gradcheck(lambda *xs: tg.einsum(subscripts, *xs), *operands, order=2)


SHAPES = hnp.mutually_broadcastable_shapes(
    signature=np.matmul.signature, max_dims=2, max_side=3, min_side=0
)


@MORE
@given(SHAPES, st.integers(0, 5))
def test_matmul_takes_all_shapes_that_numpy_does(shapes, seed):
    x, y = (fill(shape, seed + k) for k, shape in enumerate(shapes.input_shapes))
    event("axes", f"{x.ndim} @ {y.ndim}")
    found = tg.matmul(tg.tensor(x), tg.tensor(y)).numpy()
    assert found.shape == shapes.result_shape
    np.testing.assert_allclose(found, elements.matmul(x, y), rtol=1e-12, atol=1e-13)
    tg.testing.gradcheck(tg.matmul, x, y, order=2)


@pytest.mark.parametrize("x_shape", [(3,), (2, 3), (4, 2, 3), (1, 2, 3), (5, 1, 2, 3)])
@pytest.mark.parametrize("y_shape", [(3,), (3, 2), (4, 3, 2), (1, 3, 2), (5, 4, 3, 2)])
def test_matmul_over_numbers_of_axes(x_shape, y_shape):
    x, y = fill(x_shape, 0), fill(y_shape, 1)
    expected = elements.matmul(x, y)
    np.testing.assert_allclose((tg.tensor(x) @ y).numpy(), expected, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose((x @ tg.tensor(y)).numpy(), expected, rtol=1e-12, atol=1e-13)
    tg.testing.gradcheck(tg.matmul, x, y)


def ops_of(x):
    """Return the names of the operations that led to a tensor, first to last."""
    return [node.op.name for node in ancestors([x._node])]


X, Y, U, V = fill((4, 3), 0), fill((3, 5), 1), fill(3, 2), fill(3, 3)


@pytest.mark.parametrize(
    "product, x, y",
    [
        (np.dot, X, Y),
        (np.dot, X, V),
        (np.dot, U, Y),
        (np.dot, U, V),
        (np.vdot, U, V),
        (np.inner, U, V),
        (np.inner, X, V),
        (np.matmul, X, Y),
        (lambda x, y: np.tensordot(x, y, 1), X, Y),
        (lambda x, y: np.einsum("ij,jk->ik", x, y), X, Y),
        (lambda x, y: np.einsum("ij,jk", x, y), X, Y),
        (lambda x, y: np.einsum("ij,j->i", x, y), X, V),
        (lambda x, y: np.einsum("i,ij", x, y), U, Y),
        (lambda x, y: np.einsum("i,i", x, y), U, V),
        (lambda x, y: np.einsum("bij,bjk->bik", x, y), fill((2, 4, 3), 0), fill((2, 3, 5), 1)),
    ],
)
def test_a_product_of_matrices_is_one_operation_however_it_is_written(product, x, y):
    found = product(tg.tensor(x, requires_grad=True), tg.tensor(y, requires_grad=True))
    assert ops_of(found) == ["matmul"]
    np.testing.assert_allclose(found.numpy(), product(x, y), rtol=1e-13)


@pytest.mark.parametrize(
    "product, x, y",
    [
        (np.inner, X, Y.T),
        (lambda x, y: np.einsum("ij,kj->ik", x, y), X, Y.T),
        (lambda x, y: np.einsum("ij,kj", x, y), X, Y.T),
        (lambda x, y: np.einsum("bij,bkj->bik", x, y), fill((2, 4, 3), 0), fill((2, 5, 3), 1)),
    ],
)
def test_a_product_with_a_transposed_matrix_is_a_transpose_and_a_product(product, x, y):
    found = product(tg.tensor(x, requires_grad=True), tg.tensor(y, requires_grad=True))
    assert ops_of(found) in (["matrix_transpose", "matmul"], ["permute_dims", "matmul"])
    np.testing.assert_allclose(found.numpy(), product(x, y), rtol=1e-13)


@pytest.mark.parametrize(
    "subscripts", ["ij,ij->i", "ij,jk->", "bi,bi->b", "ij,jk->ijk", "ii,ij->j"]
)
def test_what_is_no_product_of_matrices_stays_einsum(subscripts):
    found = tg.einsum(subscripts, tg.tensor(fill((3, 3), 0), requires_grad=True), fill((3, 3), 1))
    assert ops_of(found) == ["einsum"]


@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4), (5, 2, 3, 4), (0, 3, 4), (2, 0, 4)])
@pytest.mark.parametrize("turned", [False, True])
def test_linear_of_stacks_is_that_of_each_row(shape, turned):
    x, weight, bias = fill(shape, 0), fill((2, 4), 1), fill((2,), 2)
    x = np.ascontiguousarray(x.T).T if turned else x
    rows = [weight @ row + bias for row in x.reshape(-1, 4)]
    expected = np.reshape(rows, (*shape[:-1], 2))
    np.testing.assert_allclose(tg.linear(x, weight, bias), expected, rtol=1e-14)


def test_linear_of_no_features_is_the_bias():
    y = tg.linear(np.ones((5, 3, 0)), np.ones((2, 0)), np.array([1.0, 2.0]))
    np.testing.assert_array_equal(y, np.broadcast_to([1.0, 2.0], (5, 3, 2)))


@pytest.mark.parametrize("x", [np.float32(3), np.array(3.0), 3.0, np.ones((1, 1))])
@pytest.mark.parametrize("shape", [(2, 3), (0, 3), (1, 1)])
def test_what_is_repeated_can_only_be_read(x, shape):
    y = tg.broadcast_to(x, shape)
    np.testing.assert_array_equal(y, np.broadcast_to(x, shape), strict=True)
    assert not y.flags.writeable
